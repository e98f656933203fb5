"""Totals and the order of eviction of a SQLite space: two tables that every write keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import Any

from ricordo.store.base import Row
from ricordo.store.fold import micros
from ricordo.store.order import CLASSES, SPACE, TIERS, Rank, fading, heard, measure, rank, sum_of, tier_of
from ricordo.store.sizes import Totals, Weak
from ricordo.store.sqlite_records import SqliteRecords
from ricordo.types import RECALLABLE, Record

_FIRST_PAGE, _LARGEST_PAGE = 4, 512


class SqliteOrder:
    """The tables `total` and `eviction`, within one write transaction.

    Args:
        records: Reads of the transaction.
    """

    def __init__(self, records: SqliteRecords) -> None:
        self._records = records
        self._bound: str | None = None
        self._asked = False

    @property
    def _db(self) -> Any:
        return self._records.connection

    @property
    def bound(self) -> str | None:
        """The bounds the space stands under; None where no order is kept."""
        if not self._asked:
            self._bound = self._db.execute("SELECT value FROM meta WHERE key = 'bounds'").get
            self._asked = True
        return self._bound

    def bind(self, bounds: str) -> None:
        """Note the bounds; the first time build the order."""
        if self.bound is None:
            self.build()
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('bounds', ?)", (bounds,))
        self._bound = bounds

    def add(self, due: Mapping[str, Totals]) -> None:
        """Add to the totals; a scope that holds nothing any more has no row."""
        self._db.executemany(_ADD, [(scope, *part) for scope, part in due.items()])
        self._db.executemany("DELETE FROM total WHERE scope = ? AND records = 0", [(scope,) for scope in due])

    def recount(self) -> None:
        """Derive the totals anew."""
        self._db.execute("DELETE FROM total")
        found: dict[str, list[Totals]] = {}
        for row in self._live():
            found.setdefault(row.record.scope, []).append(measure(row.record))
        if found:
            due = {scope: sum_of(parts) for scope, parts in found.items()}
            self.add({**due, SPACE: sum_of(due.values())})

    def build(self) -> None:
        """Derive the order anew."""
        self._db.execute("DELETE FROM eviction")
        for row in self._live():
            self.put(row.vid, row.record)

    def beginning(self, vid: int, record: Record, at: int) -> tuple[Any, ...]:
        """Return the row that `BEGIN` inserts: the place of the first version of a record."""
        return (vid, record.scope, *rank(record, {}, min(micros(record.said_at), at)))

    def put(self, vid: int, record: Record) -> None:
        """Give a live version its place, by its sources and its feedback."""
        self.drop(vid)  # a replacing insert takes ten times as long: it opens a savepoint
        self._db.execute(BEGIN, (vid, record.scope, *ranked(self._db, vid, record)))

    def again(self, vid: int) -> None:
        """Give a current version, where it is live, its place anew."""
        row = self._records.rows([vid])[vid]
        if row.record.status in RECALLABLE:
            self.put(vid, row.record)

    def drop(self, vid: int) -> None:
        """Take a version out of the order."""
        self._db.execute("DELETE FROM eviction WHERE vid = ?", (vid,))

    def weakest(self, scope: str | None, now: int) -> Iterator[Weak]:
        """Yield live records as they make room; see `Transaction.weakest`."""
        yield from self._weak(self._pages(scope, _EXPIRED, [now]))
        for tier in TIERS:
            yield from self._weak(merge(*(self._stream(scope, tier, days, now) for days in CLASSES)))

    def _weak(self, stream: Iterator[tuple[Any, int]]) -> Iterator[Weak]:
        for _, vid in stream:
            record = self._records.rows([vid])[vid].record
            yield Weak(vid, record.id, record.scope, tier_of(record), measure(record))

    def _stream(self, scope: str | None, tier: int, days: int, now: int) -> Iterator[tuple[tuple[int, int], int]]:
        for key, vid in self._pages(scope, _STANDING, [tier, days, now]):
            yield fading(Rank(tier, days, key), now), vid

    def _pages(self, scope: str | None, sql: str, params: list[int]) -> Iterator[tuple[int, int]]:
        within = ["", []] if scope is None else ["scope = ? AND", [scope]]
        last, size = (-(1 << 63), 0), _FIRST_PAGE
        while page := self._db.execute(sql.format(within[0]), (*within[1], *params, *last, size)).fetchall():
            yield from page
            last, size = page[-1], min(_LARGEST_PAGE, 2 * size)

    def _live(self) -> Iterable[Row]:
        marks = ", ".join("?" * len(RECALLABLE))
        sql = f"SELECT vid FROM record WHERE died IS NULL AND status IN ({marks}) ORDER BY vid"
        vids = [vid for (vid,) in self._db.execute(sql, sorted(RECALLABLE)).fetchall()]
        for start in range(0, len(vids), _LARGEST_PAGE):
            yield from self._records.rows(vids[start : start + _LARGEST_PAGE]).values()


def ranked(db: Any, vid: int, record: Record) -> Rank:
    """Return the place of a live version, by its sources and its feedback as they are stored."""
    seqs = json.dumps([source.event for source in record.sources])
    taken = dict(db.execute("SELECT seq, at FROM event WHERE seq IN (SELECT value FROM json_each(?))", (seqs,)))
    counts = db.execute("SELECT counts FROM usage WHERE rid = (SELECT rid FROM record WHERE vid = ?)", (vid,)).get
    return rank(record, json.loads(counts) if counts else {}, heard(record, taken))


BEGIN = "INSERT INTO eviction VALUES (?, ?, ?, ?, ?, ?)"
_EXPIRED = """
SELECT expires, vid FROM eviction WHERE {} expires IS NOT NULL AND tier < 2 AND expires <= ? AND (expires, vid) > (?, ?)
    ORDER BY expires, vid LIMIT ?
"""
_STANDING = """
SELECT key, vid FROM eviction WHERE {} tier = ? AND days = ? AND (expires IS NULL OR expires > ? OR tier = 2)
    AND (key, vid) > (?, ?) ORDER BY key, vid LIMIT ?
"""
_ADD = """
INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope) DO UPDATE SET
    records = records + excluded.records, bytes = bytes + excluded.bytes, tokens = tokens + excluded.tokens,
    pinned_records = pinned_records + excluded.pinned_records,
    pinned_bytes = pinned_bytes + excluded.pinned_bytes, pinned_tokens = pinned_tokens + excluded.pinned_tokens
"""
