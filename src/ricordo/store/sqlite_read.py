"""Reads of a SQLite space: every query takes what the viewer may see, inside the query."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import apsw

from ricordo.store.base import SPELT_ROLES, Event, Naming, Row, Signal, Target, Visible
from ricordo.store.fold import canonical, micros, moment, record_of, slot_key, source_of, twin_key, unspelt
from ricordo.text import one_edit
from ricordo.types import BELIEVED, RECALLABLE, Change, Record, Source

_ROW = "r.vid, r.rid, r.id, r.version, r.born, r.died, r.first, r.recorded_at, r.state"
_WIDEST = 60  # interval widths are powers of two of a second; 2**60 s is past the calendar
_PAYLOAD_BITS = 20


@lru_cache(maxsize=4096)
def label(kind: str, value: str) -> str:
    """Return the index term that stands for a scope or a kind; no text can produce it."""
    return (
        f"\ue000{kind}{base64.b32hexencode(hashlib.blake2b(value.encode(), digest_size=10).digest()).decode().lower()}"
    )


def literal(term: str) -> str:
    """Return a term in the form the full-text table keeps: its ASCII tokeniser splits at ASCII punctuation."""
    return term if term.isalnum() else term.translate(_PUNCTUATION)


def literals(terms: Sequence[str]) -> str:
    """Return terms as one text for the full-text table."""
    body = " ".join(terms)
    return " ".join([literal(term) for term in terms]) if _PUNCTUATED.search(body) else body


_PUNCTUATION = {code: 0xE100 + code for code in range(128) if not chr(code).isalnum()}
_PUNCTUATED = re.compile(r"[!-/:-@\[-`{-~]")


class SqliteSnapshot:
    """One consistent view of a space, through one connection that is inside a transaction."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db: Any = db  # apsw's rows are unions of every SQL type; the schema is STRICT

    # -- the log -----------------------------------------------------------------------------------------------

    def head(self) -> int:
        """Return the `seq` of the last event, 0 before the first."""
        row = self._db.execute("SELECT max(seq) FROM event").fetchone()
        return int(row[0] or 0) if row else 0

    def seq_at(self, moment: datetime) -> int:
        """Return the last `seq` recorded at or before `moment`; events never go back in time, so halving finds it."""
        low, high, bound = 0, self.head(), micros(moment)
        while low < high:
            middle = (low + high + 1) // 2
            at = self._db.execute("SELECT at FROM event WHERE seq = ?", (middle,)).fetchone()
            low, high = (middle, high) if at and at[0] <= bound else (low, middle - 1)
        return low

    def events(self, after: int = 0, record: str | None = None) -> Iterator[Event]:
        """Yield events after a `seq`, in order; only those of `record` where it is given."""
        sql = "SELECT seq, at, op, targets, hash FROM event WHERE seq > ?"
        params: list[Any] = [after]
        if record is not None:
            sql += (
                " AND seq IN (SELECT pid >> 20 FROM payload WHERE rid = (SELECT rid FROM record WHERE id = ? LIMIT 1))"
            )
            params.append(record)
        for seq, at, op, targets, digest in self._db.execute(f"{sql} ORDER BY seq", params):
            heads = tuple(Target(*target) for target in json.loads(targets))
            kept = dict(self._payloads(seq))
            pairs = [kept.get(position, (None, None)) for position in range(len(heads))]
            yield Event(
                seq,
                moment(at),
                op,
                heads,
                digest.hex(),
                tuple(None if body is None else json.loads(body) for _, body in pairs),
                tuple(None if salt is None else salt.hex() for salt, _ in pairs),
            )

    def _payloads(self, seq: int) -> Iterator[tuple[int, tuple[bytes | None, str | None]]]:
        low = seq << _PAYLOAD_BITS
        sql = "SELECT pid, salt, body FROM payload WHERE pid >= ? AND pid < ?"
        for pid, salt, body in self._db.execute(sql, (low, (seq + 1) << _PAYLOAD_BITS)):
            yield pid - low, (salt, body)

    # -- records -----------------------------------------------------------------------------------------------

    def find(self, id: str, visible: Visible) -> Row | None:
        """Return the version of a record that `visible` shows, whatever its status, or None."""
        clauses, params = _filters(visible, any_status=True)
        sql = f"SELECT {_ROW} FROM record r WHERE r.id = ? AND {clauses}"
        found = self._db.execute(sql, [id, *params]).fetchone()
        return self._rows([found], visible.as_of)[0] if found else None

    def changes(self, id: str) -> list[Change]:
        """Return what happened to a record, oldest first."""
        rows = self._db.execute(f"SELECT {_ROW} FROM record r WHERE r.id = ? ORDER BY r.version", (id,)).fetchall()
        born = {row[4]: self._rows([row], row[4])[0].record for row in rows}
        changes = []
        for event in self.events(record=id):
            spot = next(i for i, target in enumerate(event.targets) if target.id == id)
            body = event.payloads[spot] or {}
            source = source_of(body["source"], event.seq) if body.get("source") else None
            version = event.targets[spot].version
            rule, reason = body.get("rule"), body.get("reason")
            changes.append(Change(event.seq, event.op, event.at, version, rule, reason, source, born.get(event.seq)))
        return changes

    def page(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions with rid > `after`, by rid."""
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        sql = f"SELECT {_ROW} FROM record r WHERE r.rid > ? AND {clauses} ORDER BY r.rid LIMIT ?"
        return self._rows(self._db.execute(sql, [after, *params, limit]).fetchall(), visible.as_of)

    def rows(self, vids: Sequence[int], as_of: int | None = None) -> dict[int, Row]:
        """Return versions by vid, with the evidence there was at `as_of`."""
        sql = f"SELECT {_ROW} FROM record r WHERE r.vid IN (SELECT value FROM json_each(?))"
        found = self._db.execute(sql, (json.dumps(list(vids)),)).fetchall()
        return {row.vid: row for row in self._rows(found, as_of)}

    def signals(self, vids: Sequence[int]) -> dict[int, Signal]:
        """Return what ranking needs of these versions."""
        sql = (
            "SELECT vid, rid, id, coalesce(scope, ''), session, speaker, coalesce(said_at, recorded_at), size"
            " FROM record WHERE vid IN (SELECT value FROM json_each(?))"
        )
        return {row[0]: Signal(*row) for row in self._db.execute(sql, (json.dumps(list(vids)),))}

    def usage(self, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return feedback counts by record id."""
        sql = (
            "SELECT DISTINCT r.id, u.counts FROM record r JOIN usage u ON u.rid = r.rid"
            " WHERE r.id IN (SELECT value FROM json_each(?))"
        )
        return {id: json.loads(counts) for id, counts in self._db.execute(sql, (json.dumps(list(ids)),))}

    def _rows(self, rows: Sequence[tuple[Any, ...]], as_of: int | None = None) -> list[Row]:
        """Return stored rows as records; the evidence of a past version ends with it."""
        added = self._evidence([row[1] for row in rows])
        found = []
        for vid, rid, id, version, born, died, first, recorded_at, state in rows:
            until = as_of if as_of is not None else died
            sources = [source for source, gone in added.get(rid, ()) if _counts(source.event, gone, until)]
            record = record_of(id, version, born, moment(recorded_at), json.loads(state), sources, first)
            found.append(Row(vid, rid, record, died))
        return found

    def _evidence(self, rids: Sequence[int]) -> dict[int, list[tuple[Source, int | None]]]:
        sql = (
            "SELECT rid, seq, body, withdrawn FROM evidence WHERE rid IN (SELECT value FROM json_each(?))"
            " ORDER BY rid, seq"
        )
        found: dict[int, list[tuple[Source, int | None]]] = {}
        for rid, seq, body, gone in self._db.execute(sql, (json.dumps(rids),)):
            found.setdefault(rid, []).append((source_of(json.loads(body), seq), gone))
        return found

    # -- what a verdict depends on -----------------------------------------------------------------------------

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None."""
        spot = self._db.execute("SELECT seq, rid FROM key WHERE digest = ?", (unspelt(digest),)).fetchone()
        if spot is None:
            return None
        return spot[0], self._db.execute("SELECT id FROM record WHERE vid = ?", (spot[1],)).get

    def holders(self, slot: bytes) -> list[Row]:
        """Return the current records that hold or held a slot: recallable and superseded ones."""
        return self._keyed_rows("slot", slot)

    def twins(self, key: bytes) -> list[Row]:
        """Return the current recallable records with this duplicate key."""
        return self._keyed_rows("twin", key)

    def _keyed_rows(self, table: str, key: bytes) -> list[Row]:
        vids = [row[0] for row in self._db.execute(f"SELECT vid FROM {table} WHERE key = ?", (key,))]
        return sorted(self.rows(vids).values(), key=lambda row: row.rid) if vids else []

    # -- candidates --------------------------------------------------------------------------------------------

    def search(self, terms: Sequence[str], visible: Visible, limit: int) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of versions with any of the terms, best first."""
        if not terms or () in (visible.scopes, visible.kinds):
            return []
        match = _expression(terms, visible)
        found: list[tuple[int, float]] = []
        for table in _tables(visible):
            sql, params = _search_sql(table, match, visible)
            found += [(vid, -rank) for vid, rank in self._db.execute(sql, [*params, limit])]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def named(self, keys: Sequence[str], visible: Visible) -> list[Naming]:
        """Return the names of every role with one of these keys."""
        return self._names("n.key IN (SELECT value FROM json_each(?))", [json.dumps(list(keys))], visible)

    def similar_names(self, words: Sequence[str], visible: Visible) -> list[Naming]:
        """Return one-word names and aliases one edit from one of the words, that begin with its first two letters.

        An edit leaves the first or the second half of a name as it is, or swaps the two letters where they meet.
        """
        if not words or visible.scopes == ():
            return []
        found = self._db.execute(_SIMILAR, [json.dumps([part for word in words for part in _halves(word)])])
        by_head: dict[str, list[str]] = {}
        for word in words:
            by_head.setdefault(word[:2], []).append(word)
        near = [key for (key,) in found if any(one_edit(word, key) for word in by_head.get(key[:2], ()))]
        if not near:
            return []
        return self._names(
            "n.key IN (SELECT value FROM json_each(?)) AND n.prefix IS NOT NULL", [json.dumps(near)], visible
        )

    def _names(self, condition: str, given: list[Any], visible: Visible) -> list[Naming]:
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        live = " AND n.live = 1" if _live_only(visible) else ""
        if visible.scopes is not None:
            within, labels = _among("n.scope", visible.scopes)
            condition, given = f"{condition} AND {within}", [*given, *labels]
        sql = (
            "SELECT n.key, n.vid, n.role, json_extract(r.state, '$.subject') FROM name n CROSS JOIN record r"
            f" ON r.vid = n.vid WHERE {condition}{live} AND {clauses} ORDER BY n.key, n.vid, n.role"
        )
        return [Naming(*row) for row in self._db.execute(sql, [*given, *params])]

    def timed(self, begin: datetime, end: datetime, visible: Visible, limit: int) -> list[int]:
        """Return versions that speak of a time overlapping [begin, end), latest written first."""
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        low, high = micros(begin), micros(end)
        found: set[int] = set()
        for live in (1,) if _live_only(visible) else (1, 0):
            for width in self._widths(live):
                sql = (
                    f"SELECT t.vid FROM time t JOIN record r ON r.vid = t.vid WHERE t.live = {live} AND t.width = ?"
                    f" AND t.begin > ? AND t.begin < ? AND t.finish > ? AND {clauses} ORDER BY t.vid DESC LIMIT ?"
                )
                floor = low - (1 << width) * 1_000_000
                found.update(row[0] for row in self._db.execute(sql, [width, floor, high, low, *params, limit]))
        return sorted(found, reverse=True)[:limit]

    def _widths(self, live: int) -> list[int]:
        widths, last = [], -1
        sql = "SELECT min(width) FROM time WHERE live = ? AND width > ?"
        while (row := self._db.execute(sql, (live, last)).fetchone()) and row[0] is not None:
            widths.append(last := row[0])
        return widths

    def when(self, vids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the intervals each version speaks of, in microseconds since 1970."""
        found: dict[int, list[tuple[int, int]]] = {}
        sql = "SELECT vid, begin, finish FROM time WHERE vid IN (SELECT value FROM json_each(?))"
        for vid, begin, finish in self._db.execute(sql, (json.dumps(list(vids)),)):
            found.setdefault(vid, []).append((begin, finish))
        return found

    def recent(self, visible: Visible, limit: int) -> list[int]:
        """Return the latest written versions, newest first."""
        return self._vids("record r", "1", "r.vid DESC", visible, limit)

    def pinned(self, visible: Visible) -> list[int]:
        """Return the pinned versions, oldest first."""
        index = " INDEXED BY record_by_pin" if visible.as_of is None else ""
        return self._vids(f"record r{index}", "r.pinned", "r.rid", visible, -1)

    def _vids(self, table: str, condition: str, order: str, visible: Visible, limit: int) -> list[int]:
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        sql = f"SELECT r.vid FROM {table} WHERE {condition} AND {clauses} ORDER BY {order} LIMIT ?"
        return [row[0] for row in self._db.execute(sql, [*params, limit])]

    def neighbours(self, vids: Sequence[int], visible: Visible) -> dict[int, tuple[int | None, int | None]]:
        """Return for each version the one said before and the one said after it in its session, if visible."""
        clauses, params = _filters(visible)
        before, after = (_beside(side, order, clauses) for side, order in (("<", "DESC"), (">", "ASC")))
        sql = (
            f"SELECT o.vid, ({before}), ({after}) FROM record o"
            " WHERE o.vid IN (SELECT value FROM json_each(?)) AND o.session IS NOT NULL"
        )
        spots = self._db.execute(sql, [*params, *params, json.dumps(list(vids))])
        return {vid: (one, other) for vid, one, other in spots}

    # -- followers ---------------------------------------------------------------------------------------------

    def followed(self, follower: str) -> tuple[int, int]:
        """Return the last `seq` a follower has applied, and the last vid it has seen."""
        return self._db.execute("SELECT seq, vid FROM follower WHERE name = ?", (follower,)).fetchone() or (0, 0)

    def unfollowed(self, follower: str, limit: int) -> list[Row]:
        """Return the next current versions a follower has not seen, oldest first."""
        last = self.followed(follower)[1]
        sql = f"SELECT {_ROW} FROM record r WHERE r.vid > ? AND r.died IS NULL ORDER BY r.vid LIMIT ?"
        return self._rows(self._db.execute(sql, (last, limit)).fetchall())

    def vectors(self, model: str, visible: Visible) -> Iterator[tuple[int, bytes]]:
        """Yield (vid, float16 vector) of the versions that `visible` shows."""
        if visible.scopes == ():
            return
        clauses, params = _filters(visible)
        sql = f"SELECT v.vid, v.value FROM record r JOIN vector v ON v.vid = r.vid AND v.model = ? WHERE {clauses}"
        yield from self._db.execute(sql, [model, *params])

    # -- the whole ---------------------------------------------------------------------------------------------

    def counts(self, scopes: tuple[str, ...] | None) -> Mapping[str, Mapping[str, int]]:
        """Return counts of current records by "scope", "kind", "status", and of "versions"."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("scope", "kind", "status", "versions")}
        sql = "SELECT scope, kind, status, died IS NULL, count(*) FROM record{} GROUP BY 1, 2, 3, 4"
        where, params = ("", []) if scopes is None else _among("scope", scopes)
        for scope, kind, status, current, number in self._db.execute(sql.format(where and f" WHERE {where}"), params):
            counts["versions"]["all"] += number
            if current:
                counts["status"][status] += number
            if current and status in RECALLABLE:
                counts["scope"][scope] += number
                counts["kind"][kind] += number
        return counts

    def dump(self) -> Iterator[bytes]:
        """Yield every record version and its evidence in canonical bytes, by record and version."""
        for row in self._db.execute(f"SELECT {_ROW} FROM record r ORDER BY r.id, r.version"):
            _, rid, id, version, born, died, first, recorded_at, state = row
            yield canonical([id, version, born, died, first, recorded_at, json.loads(state)]).encode()
            if died is None:
                evidence = self._db.execute(
                    "SELECT seq, body, withdrawn FROM evidence WHERE rid = ? ORDER BY seq", (rid,)
                )
                yield canonical([[seq, json.loads(body), gone] for seq, body, gone in evidence]).encode()


#: One-word names that share the first or the second half with a word, or have the letters at its middle swapped.
_SIMILAR = """
WITH part (prefix, size, head, tail, swapped) AS (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)
)
SELECT n.key FROM part p CROSS JOIN name n INDEXED BY name_by_head
    ON n.prefix = p.prefix AND length(n.key) = p.size AND substr(n.key, 1, length(n.key) / 2) = p.head
UNION SELECT n.key FROM part p CROSS JOIN name n INDEXED BY name_by_tail
    ON n.prefix = p.prefix AND length(n.key) = p.size AND substr(n.key, length(n.key) / 2 + 1) = p.tail
UNION SELECT swapped FROM part WHERE swapped IS NOT NULL
"""


def _halves(word: str) -> Iterator[tuple[str, int, str, str, str | None]]:
    """Yield (prefix, length, first half, second half, middle letters swapped) of the names an edit away, by length."""
    for size in range(max(1, len(word) - 1), len(word) + 2):
        half = size // 2
        crossing = size == len(word) and half > 2
        swapped = word[: half - 1] + word[half - 1 : half + 1][::-1] + word[half + 1 :] if crossing else None
        yield word[:2], size, word[:half], word[len(word) - (size - half) :], swapped


def _beside(side: str, order: str, clauses: str) -> str:
    return (
        "SELECT r.vid FROM record r WHERE r.session = o.session AND r.scope = o.scope"
        f" AND (r.said_at, r.rid) {side} (o.said_at, o.rid) AND {clauses}"
        f" ORDER BY r.said_at {order}, r.rid {order} LIMIT 1"
    )


def _counts(event: int, withdrawn: int | None, until: int | None) -> bool:
    """Tell whether evidence counts at a `seq`, or now."""
    if until is None:
        return withdrawn is None
    return event <= until and (withdrawn is None or withdrawn > until)


def _live_only(visible: Visible) -> bool:
    return visible.as_of is None and visible.valid is None and not set(visible.statuses or ()) - RECALLABLE


def _tables(visible: Visible) -> tuple[str, ...]:
    return ("lexical",) if _live_only(visible) else ("lexical", "lexical_past")


def _expression(terms: Sequence[str], visible: Visible) -> str:
    groups = [[literal(term) for term in terms]]
    if visible.scopes is not None:
        groups.append([label("s", scope) for scope in visible.scopes])
    if visible.kinds is not None:
        groups.append([label("k", kind) for kind in visible.kinds])
    return " AND ".join("(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups)


def _search_sql(table: str, match: str, visible: Visible) -> tuple[str, list[Any]]:
    if _live_only(visible) and not _narrowed(visible):
        expired = "(SELECT vid FROM record WHERE expires_at <= ? AND died IS NULL)"
        sql = (
            f"SELECT rowid, rank FROM {table} WHERE {table} MATCH ? AND rowid NOT IN {expired}"
            " ORDER BY rank, rowid LIMIT ?"
        )
        return sql, [match, micros(visible.now)]
    clauses, params = _filters(visible)
    sql = (
        f"SELECT f.rowid, f.rank FROM {table} f CROSS JOIN record r ON r.vid = f.rowid"
        f" WHERE f.{table} MATCH ? AND {clauses} ORDER BY f.rank, f.rowid LIMIT ?"
    )
    return sql, [match, *params]


def _narrowed(visible: Visible) -> bool:
    sets = (visible.speakers, visible.sessions, visible.subjects, visible.attributes, visible.refs, visible.statuses)
    return any(part is not None for part in (*sets, visible.since, visible.until)) or bool(visible.metadata)


def _among(column: str, values: Sequence[str]) -> tuple[str, list[Any]]:
    if 0 < len(values) <= 8:  # an empty list would be folded away, and INDEXED BY find no plan
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))]


def _filters(visible: Visible, any_status: bool = False) -> tuple[str, list[Any]]:
    """Return the conditions on `record r` that hold for exactly the versions `visible` shows."""
    clauses, params = _moment(visible)
    if not any_status:
        shown = visible.statuses
        if shown is None:
            shown = tuple(sorted(BELIEVED if visible.valid else RECALLABLE))
        _add(clauses, params, *_among("r.status", shown))
        _add(clauses, params, "(r.expires_at IS NULL OR r.expires_at > ?)", [micros(visible.now)])
    if visible.scopes is not None:
        _add(clauses, params, *_among("r.scope", visible.scopes))
    for column in ("kind", "session", "speaker"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            _add(clauses, params, *_among(f"r.{column}", values))
    for column in ("subject", "attribute", "ref"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            _add(clauses, params, *_among(f"json_extract(r.state, '$.{column}')", values))
    for name, value in visible.metadata:
        path = f'$.metadata."{name}"'
        plain = "json_type(r.state, ?) NOT IN ('array', 'object')"
        _add(clauses, params, f"json_extract(r.state, ?) IS ? AND {plain}", [path, _bindable(value), path])
    if visible.since is not None:
        _add(clauses, params, "r.said_at >= ?", [micros(visible.since)])
    if visible.until is not None:
        _add(clauses, params, "r.said_at < ?", [micros(visible.until)])
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
        _add(clauses, params, "r.born <= ? AND (r.died IS NULL OR r.died > ?)", [visible.as_of, visible.as_of])
    if visible.valid is not None:
        begin, end = map(micros, visible.valid)
        _add(clauses, params, "(r.valid_from IS NULL OR r.valid_from < ?)", [end])
        _add(clauses, params, "(r.valid_to IS NULL OR r.valid_to > ?)", [begin])
    return clauses, params


def _add(clauses: list[str], params: list[Any], clause: str, values: list[Any]) -> None:
    clauses.append(clause)
    params.extend(values)


class Columns(NamedTuple):
    """The columns of a record version that queries filter by, in the order of the table."""

    scope: str | None
    kind: str | None
    status: str
    said_at: int | None
    session: str | None
    speaker: str | None
    size: int
    expires_at: int | None
    valid_from: int | None
    valid_to: int | None
    pinned: int | None


def record_row(record: Record) -> Columns:
    """Return the columns of a record version; a stub has none that carries a meaning."""
    if record.status == "erased":
        return Columns(None, None, "erased", None, None, None, 0, None, None, None, None)
    return Columns(
        record.scope,
        record.kind,
        record.status,
        micros(record.said_at),
        record.session,
        record.speaker,
        len(record.content.split()),
        _micros(record.expires_at),
        _micros(record.valid_from),
        _micros(record.valid_to),
        1 if record.pinned else None,
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def spelling(key: str, role: str) -> str | None:
    """Return the first two letters of a name that may be misspelt, else None."""
    return key[:2] if role in SPELT_ROLES and " " not in key else None


def lookups(record: Record) -> list[tuple[str, bytes]]:
    """Return the (table, key) rows that a current version has among the look-ups a verdict depends on."""
    return placed(record.status, slot_key(record), twin_key(record))


def placed(status: str, slot: bytes | None, twin: bytes | None) -> list[tuple[str, bytes]]:
    """Return the look-up rows of a version with this status and these keys."""
    rows = []
    if slot is not None and status in BELIEVED:
        rows.append(("slot", slot))
    if twin is not None and status in RECALLABLE:
        rows.append(("twin", twin))
    return rows
