"""What a reader may see as SQL: every query of a SQLite space carries these conditions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ricordo.store.base import Visible
from ricordo.store.fold import micros
from ricordo.types import BELIEVED, RECALLABLE

ROW = "r.vid, r.rid, r.id, r.version, r.born, r.died, r.first, r.recorded_at, r.state"
AMONG = "json_each(?) j CROSS JOIN"  # with IN the list would be sorted into a table of its own first
EXPIRED = "(SELECT vid FROM record WHERE expires_at <= ? AND died IS NULL)"


def among(column: str, values: Sequence[str]) -> tuple[str, list[Any]]:
    if 0 < len(values) <= 8:  # an empty list would be folded away, and INDEXED BY find no plan
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))]


def filters(visible: Visible, any_status: bool = False) -> tuple[str, list[Any]]:
    """Return the conditions on `record r` that hold for exactly the versions `visible` shows."""
    clauses, params = _moment(visible)
    if not any_status:
        shown = visible.statuses
        if shown is None:
            shown = tuple(sorted(BELIEVED if visible.valid else RECALLABLE))
        add(clauses, params, *among("r.status", shown))
        add(clauses, params, "(r.expires_at IS NULL OR r.expires_at > ?)", [micros(visible.now)])
    if visible.scopes is not None:
        add(clauses, params, *among("r.scope", visible.scopes))
    for column in ("kind", "session", "speaker"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            add(clauses, params, *among(f"r.{column}", values))
    for column in ("subject", "attribute", "ref"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            add(clauses, params, *among(f"json_extract(r.state, '$.{column}')", values))
    for name, value in visible.metadata:
        path = f'$.metadata."{name}"'
        plain = "json_type(r.state, ?) NOT IN ('array', 'object')"
        add(clauses, params, f"json_extract(r.state, ?) IS ? AND {plain}", [path, _bindable(value), path])
    if visible.since is not None:
        add(clauses, params, "r.said_at >= ?", [micros(visible.since)])
    if visible.until is not None:
        add(clauses, params, "r.said_at < ?", [micros(visible.until)])
    return " AND ".join(clauses), params


def _bindable(value: Any) -> Any:
    """Return a number as SQLite reads it from JSON: a whole number past 64 bits is a float there."""
    return float(value) if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63 else value


def _moment(visible: Visible) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    params: list[Any] = []
    if visible.as_of is None:
        clauses.append("r.died IS NULL")
    else:
        add(clauses, params, "r.born <= ? AND (r.died IS NULL OR r.died > ?)", [visible.as_of, visible.as_of])
    if visible.valid is not None:
        begin, end = map(micros, visible.valid)
        add(clauses, params, "(r.valid_from IS NULL OR r.valid_from < ?)", [end])
        add(clauses, params, "(r.valid_to IS NULL OR r.valid_to > ?)", [begin])
    return clauses, params


def add(clauses: list[str], params: list[Any], clause: str, values: list[Any]) -> None:
    clauses.append(clause)
    params.extend(values)
