"""Reads of a SQLite space: every query takes what the viewer may see, inside the query."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from ricordo.store.base import Naming, Visible
from ricordo.store.fold import micros
from ricordo.store.sqlite_filters import AMONG, EXPIRED, add, among, filters
from ricordo.store.sqlite_records import SqliteRecords
from ricordo.store.sqlite_rows import label, literal
from ricordo.text import one_edit

_WIDEST = 60  # interval widths are powers of two of a second; 2**60 s is past the calendar


class SqliteSnapshot(SqliteRecords):
    """One consistent view of a space: what is drawn from its indexes, beside its log and records."""

    # -- candidates --------------------------------------------------------------------------------------------

    def search(self, terms: Sequence[str], visible: Visible, limit: int) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of versions with any of the terms, best first."""
        if not terms or () in (visible.scopes, visible.kinds):
            return []
        if self._lexical is not None and visible.live_only:
            hits = self._lexical.search(self, terms, visible, limit)
            if hits is not None:
                return hits
        match = _expression([literal(term) for term in terms], visible)
        found: list[tuple[int, float]] = []
        for table in _tables(visible):
            sql, params = _search_sql(table, match, visible)
            found += [
                (vid, -rank)
                for vid, rank in self._db.execute(f"{sql} ORDER BY f.rank, f.rowid LIMIT ?", [*params, limit])
            ]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def phrase(self, terms: Sequence[str], visible: Visible, limit: int) -> list[int]:
        """Return versions that have these terms in a row, latest written first."""
        if not terms or () in (visible.scopes, visible.kinds):
            return []
        match = _expression([" ".join(literal(term) for term in terms)], visible)
        found: list[int] = []
        for table in _tables(visible):
            sql, params = _search_sql(table, match, visible, "f.rowid")
            found += [row[0] for row in self._db.execute(f"{sql} ORDER BY f.rowid DESC LIMIT ?", [*params, limit])]
        return sorted(found, reverse=True)[:limit]

    def has_names(self) -> bool:
        """Tell whether any record of the space can be named."""
        if self._named is None:
            self._named = bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM name)").get)
        return self._named

    def named(
        self,
        keys: Sequence[str],
        visible: Visible,
        *,
        roles: Collection[str] | None = None,
        subjects: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[Naming]:
        """Return the names with one of these keys, by key and version."""
        clauses, given = ["n.key IN (SELECT value FROM json_each(?))"], [json.dumps(list(keys))]
        for column, values in (("role", roles), ("subject", subjects)):
            if values is not None:
                add(clauses, given, f"n.{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))])
        return self._names(" AND ".join(clauses), given, visible, limit)

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

    def _names(self, condition: str, given: list[Any], visible: Visible, limit: int | None = None) -> list[Naming]:
        if not self.has_names() or visible.scopes == ():
            return []
        clauses, params = filters(visible)
        live = " AND n.live = 1" if visible.live_only else ""
        if visible.scopes is not None:
            within, labels = among("n.scope", visible.scopes)
            condition, given = f"{condition} AND {within}", [*given, *labels]
        sql = (
            "SELECT n.key, n.vid, n.role, json_extract(r.state, '$.subject') FROM name n CROSS JOIN record r"
            f" ON r.vid = n.vid WHERE {condition}{live} AND {clauses} LIMIT ?"
        )
        rows = self._db.execute(sql, [*given, *params, -1 if limit is None else limit])
        return sorted(Naming(*row) for row in rows)

    def timed(self, begin: datetime, end: datetime, visible: Visible, limit: int) -> list[int]:
        """Return versions that speak of a time overlapping [begin, end), latest written first."""
        if visible.scopes == ():
            return []
        clauses, params = filters(visible)
        low, high = micros(begin), micros(end)
        found: set[int] = set()
        for live in (1,) if visible.live_only else (1, 0):
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
        clauses, params = filters(visible)
        sql = f"SELECT r.vid FROM {table} WHERE {condition} AND {clauses} ORDER BY {order} LIMIT ?"
        return [row[0] for row in self._db.execute(sql, [*params, limit])]

    def neighbours(
        self, vids: Sequence[int], visible: Visible, *, reach: int = 1
    ) -> dict[int, tuple[int | None, int | None]]:
        """Return for each version the one said before and the one said after it in its session, if visible.

        With `reach` 2 also for those neighbours; then the versions given must be visible themselves.
        """
        clauses, params = filters(visible)
        before, after = (_beside(side, order, clauses, reach) for side, order in (("<", "DESC"), (">", "ASC")))
        sql = (
            f"SELECT o.vid, ({before}), ({after}) FROM {AMONG} record o ON o.vid = j.value WHERE o.session IS NOT NULL"
        )
        spots = self._db.execute(sql, [*params, *params, json.dumps(list(vids))])
        if reach == 1:
            return {vid: (one, other) for vid, one, other in spots}
        found: dict[int, tuple[int | None, int | None]] = {}
        for vid, one, other in spots:
            earlier, later = [[*json.loads(side), None, None] for side in (one, other)]
            found[vid] = (earlier[0], later[0])
            if earlier[0] is not None:
                found.setdefault(earlier[0], (earlier[1], vid))
            if later[0] is not None:
                found.setdefault(later[0], (vid, later[1]))
        return found


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


def _beside(side: str, order: str, clauses: str, reach: int) -> str:
    nearest = (
        "SELECT r.vid FROM record r WHERE r.session = o.session AND r.scope = o.scope"
        f" AND (r.said_at, r.place, r.rid) {side} (o.said_at, o.place, o.rid) AND {clauses}"
        f" ORDER BY r.said_at {order}, r.place {order}, r.rid {order} LIMIT {reach}"
    )
    return nearest if reach == 1 else f"SELECT json_group_array(vid) FROM ({nearest})"


def _tables(visible: Visible) -> tuple[str, ...]:
    return ("lexical",) if visible.live_only else ("lexical", "lexical_past")


def _expression(one_of: Sequence[str], visible: Visible) -> str:
    """Return the full-text expression for any of some terms or phrases, within scopes and kinds."""
    groups: list[Sequence[str]] = [one_of]
    if visible.scopes is not None:
        groups.append([label("s", scope) for scope in visible.scopes])
    if visible.kinds is not None:
        groups.append([label("k", kind) for kind in visible.kinds])
    return " AND ".join("(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups)


def _search_sql(table: str, match: str, visible: Visible, columns: str = "f.rowid, f.rank") -> tuple[str, list[Any]]:
    if visible.live_only and not visible.narrowed:
        sql = f"SELECT {columns} FROM {table} f WHERE f.{table} MATCH ? AND f.rowid NOT IN {EXPIRED}"
        return sql, [match, micros(visible.now)]
    clauses, params = filters(visible)
    sql = (
        f"SELECT {columns} FROM {table} f CROSS JOIN record r ON r.vid = f.rowid WHERE f.{table} MATCH ? AND {clauses}"
    )
    return sql, [match, *params]
