"""Checking a SQLite space against its own log, event by event; memory grows with the index rows it compares."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import apsw

from ricordo.store.base import Event, Indexer, Row, Target
from ricordo.store.fold import (
    canonical,
    chained,
    evidence_in,
    micros,
    patched,
    record_of,
    seal,
    unspelt,
    withdrawn_by,
)
from ricordo.store.migrations import migrate
from ricordo.store.order import SPACE, measure, sum_of
from ricordo.store.sizes import Totals
from ricordo.store.sqlite_order import ranked
from ricordo.store.sqlite_read import SqliteSnapshot
from ricordo.store.sqlite_rows import label, literal, lookups, record_row, spelling, subject_of
from ricordo.types import BELIEVED, RECALLABLE

_LIMIT = 20
_NOTHING: Any = None
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
_COLUMNS = {
    "name": "key, scope, role, live, prefix, subject",
    "time": "begin, finish, width, live",
    "slot": "key, live, begin, value, whose",
    "twin": "key",
    "link": "target, type",
    "eviction": "scope, tier, days, key, expires",
}
_VERSION = """
SELECT state, died, recorded_at, scope, kind, status, said_at, session, speaker, size, expires_at, valid_from, valid_to,
    pinned, asks, first FROM record WHERE id = ? AND version = ? AND born = ?
"""
_ERASED_LATER = "SELECT 1 FROM record WHERE id = ? AND status = 'erased' AND born > ?"
_ASTRAY = """
SELECT count(*) FROM record r LEFT JOIN record f ON f.id = r.id AND f.version = 1
    WHERE f.vid IS NULL OR r.rid <> f.vid OR r.first <> f.born
"""
_MISPLACED = """
SELECT count(*) FROM record r JOIN record f ON f.vid = r.rid WHERE r.place <> coalesce((
    SELECT min(m.rid) FROM json_each(CASE WHEN json_valid(f.state) THEN f.state ELSE '{}' END, '$.supersedes') s
    JOIN record m ON m.id = s.value
    WHERE f.kind = 'observation' AND f.session IS NOT NULL), r.rid)
"""


def audit(db: Any, snapshot: SqliteSnapshot, index: Indexer) -> tuple[int, int, int | None, list[str]]:
    """Compare headers, payloads, records, look-ups and indexes with what the log says they must be.

    Args:
        db: An apsw connection inside a read transaction.
        snapshot: Reads through the same connection.
        index: Makes the index entry of a version.

    Returns:
        (events, record versions compared, first bad seq, problems); at most 20 problems are kept.
    """
    found = _Findings()
    for row in db.execute("PRAGMA integrity_check(10)").fetchall():
        if row[0] != "ok":
            found.add(None, f"the file is damaged: {row[0]}")
    _check_frame(db, found)
    tally = _Tally()
    previous: Event | None = None
    try:
        for event in snapshot.events():
            expected = previous.seq + 1 if previous else 1
            if problem := chained(previous, event):
                found.add(expected, problem)
            else:
                _check_event(db, event, found, tally)
            previous = event
    except _UNREADABLE as error:
        bad = previous.seq + 1 if previous else 1
        found.add(bad, f"event {bad} can't be read: {error!r}")
    _check_totals(db, tally, found)
    _check_indexes(db, snapshot, index, found)
    return (previous.seq if previous else 0), tally.versions, found.first, found.problems


@dataclass
class _Tally:
    """What the log says the derived tables must hold in all."""

    versions: int = 0
    payloads: int = 0
    evidence: int = 0
    keys: int = 0
    witnesses: int = 0
    bare: set[int] = field(default_factory=set)
    usage: dict[int, Counter[str]] = field(default_factory=dict)


def _check_frame(db: Any, found: _Findings) -> None:
    """Compare the schema with a new one, and the identity of the space with its seal."""
    fresh = apsw.Connection(":memory:")
    try:
        migrate(fresh)
        sql = (
            "SELECT type, name, tbl_name, sql FROM sqlite_schema"
            " WHERE name NOT LIKE 'lexical%' OR name IN ('lexical', 'lexical_past') ORDER BY type, name"
        )
        if db.execute(sql).fetchall() != fresh.execute(sql).fetchall():
            found.add(None, "the schema of the file was altered; restore the space from an export")
    finally:
        fresh.close()
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
    if meta.get("seal") != seal(str(meta.get("space")), bytes(meta.get("secret", b""))):
        found.add(None, "the identity of the space was altered; restore the space from an export")


class _Findings:
    def __init__(self) -> None:
        self.first: int | None = None
        self.problems: list[str] = []

    def add(self, seq: int | None, problem: str) -> None:
        if seq is not None and (self.first is None or seq < self.first):
            self.first = seq
        if len(self.problems) < _LIMIT:
            self.problems.append(problem)


def _check_event(db: Any, event: Event, found: _Findings, tally: _Tally) -> None:
    for position, (target, payload) in enumerate(zip(event.targets, event.payloads, strict=True)):
        row = db.execute(_VERSION, (target.id, target.version, event.seq)).fetchone()
        body = payload or {}
        fresh = bool(body.get("set") or body.get("erase")) or (payload is None and row is not None)
        tally.versions += fresh
        if fresh and (problem := _compare(db, event, target, payload, row)):
            found.add(event.seq, f"record {target.id} version {target.version}: {problem}")
        for problem in _effects(db, event, position, body, tally):
            found.add(event.seq, f"record {target.id}: the {problem} of event {event.seq} is missing or altered")


def _effects(db: Any, event: Event, position: int, body: Any, tally: _Tally) -> Iterator[str]:
    """Yield what an event did to a record, beside a new version, that is not there."""
    target = event.targets[position]
    rid = db.execute("SELECT vid FROM record WHERE id = ? AND version = 1", (target.id,)).get
    tally.payloads += 1
    if db.execute("SELECT rid FROM payload WHERE pid = ?", (event.seq << 20 | position,)).get != rid:
        yield "place"
    if event.payloads[position] is None and not db.execute(_ERASED_LATER, (target.id, event.seq)).get:
        yield "payload"
    if body.get("source"):
        tally.evidence += 1
        yield from _witnesses(db, rid, event.seq, body, tally)
        if db.execute("SELECT body FROM evidence WHERE rid = ? AND seq = ?", (rid, event.seq)).get != canonical(
            body["source"]
        ):
            yield "evidence"
    for seq in withdrawn_by(body):
        sql = "SELECT withdrawn, body FROM evidence WHERE rid = ? AND seq = ?"
        gone, told = db.execute(sql, (rid, seq)).fetchone() or (0, None)
        if told == "[]" and rid not in tally.bare:
            tally.bare.add(rid)
            tally.evidence += 1
        if (gone or 0) < event.seq:
            yield "withdrawal"
    if body.get("outcome"):
        name = body["outcome"].removeprefix("-")
        tally.usage.setdefault(rid, Counter())[name] += 1 if name == body["outcome"] else -1
    if body.get("key"):
        tally.keys += 1
        found = db.execute("SELECT seq, rid FROM key WHERE digest = ?", (unspelt(body["key"]),)).fetchone()
        if found != (event.seq, rid):
            yield "idempotency key"


def _witnesses(db: Any, rid: int, seq: int, body: Any, tally: _Tally) -> Iterator[str]:
    """Yield that it can't be found from a record that its words count for another."""
    for witness in {part["record"] for part in evidence_in(body) if "record" in part}:
        tally.witnesses += 1
        sql = "SELECT 1 FROM witness WHERE record = ? AND rid = ? AND seq = ?"
        if not db.execute(sql, (witness, rid, seq)).get:
            yield "witness"


def _compare(db: Any, event: Event, target: Target, payload: Any, row: Any) -> str | None:
    if row is None:
        return "missing from the records"
    if payload is None:
        state = {}
    elif payload.get("erase"):
        state = {"status": "erased"}
    else:
        before = db.execute(
            "SELECT state FROM record WHERE id = ? AND version = ?", (target.id, target.version - 1)
        ).get
        state = patched(json.loads(before) if before else {}, payload["set"])
    if row[0] != canonical(state):
        return f"differs from what event {event.seq} wrote"
    columns = record_row(record_of(target.id, target.version, event.seq, event.at, state, (), row[15]))
    if row[2] != micros(event.at) or tuple(row[3:15]) != tuple(columns):
        return f"its columns differ from what event {event.seq} wrote"
    after = db.execute("SELECT born FROM record WHERE id = ? AND version = ?", (target.id, target.version + 1)).get
    return None if row[1] == after else "its end differs from the next version's beginning"


def _check_totals(db: Any, tally: _Tally, found: _Findings) -> None:
    due = {"record": tally.versions, "payload": tally.payloads, "evidence": tally.evidence, "key": tally.keys}
    due["witness"] = tally.witnesses
    for table, number in due.items():
        stored = db.execute(f"SELECT count(*) FROM {table}").get
        if stored != number:
            found.add(None, f"{stored} rows of {table} are stored, the log has {number}")
    astray = db.execute(_ASTRAY).get
    if astray:
        found.add(None, f"{astray} record versions do not belong to the first version of their record")
    if misplaced := db.execute(_MISPLACED).get:
        found.add(None, f"{misplaced} record versions do not stand in their place among turns")
    lost = db.execute("SELECT count(*) FROM evidence WHERE withdrawn NOT IN (SELECT seq FROM event)").get
    if lost:
        found.add(None, f"{lost} withdrawals of evidence belong to no event")
    try:
        usage = {rid: json.loads(counts) for rid, counts in db.execute("SELECT rid, counts FROM usage")}
    except _UNREADABLE as error:
        found.add(None, f"the feedback counts can't be read: {error!r}")
    else:
        if usage != {rid: dict(counts) for rid, counts in tally.usage.items()}:
            found.add(None, "the feedback counts differ from the log; reindex")


def _check_indexes(db: Any, snapshot: SqliteSnapshot, index: Indexer, found: _Findings) -> None:
    try:
        held = {table: _fingerprints(db, table) for table in ("lexical", "lexical_past")}
        held |= {table: _stored(db, table) for table in _COLUMNS}
        said = set(db.execute("SELECT rid, key FROM said").fetchall())
    except _UNREADABLE as error:
        found.add(None, f"the indexes can't be read: {error!r}; reindex")
        return
    due_said: set[tuple[int, int]] = set()
    ordered = db.execute("SELECT 1 FROM meta WHERE key = 'bounds'").get
    live: dict[str, list[Totals]] = {}
    for vid, born in db.execute("SELECT vid, born FROM record ORDER BY vid").fetchall():
        try:
            row = snapshot.rows([vid])[vid]
            due = _due(row, index)
            due_said |= {(row.rid, key) for key in due.pop("said", ())}
            if row.died is None and row.record.status in RECALLABLE:
                live.setdefault(row.record.scope, []).append(measure(row.record))
                if ordered:
                    due["eviction"] = {(row.record.scope, *ranked(db, vid, row.record))}
        except _UNREADABLE as error:
            found.add(born, f"record version {vid} can't be read: {error!r}")
            continue
        for table, rows in held.items():
            if rows.pop(vid, _NOTHING) != due.get(table, _NOTHING):
                what = f"record {row.record.id} version {row.record.version}"
                found.add(born, f"the rows of {what} in {table} are wrong; reindex")
    for table, left in held.items():
        if left:
            found.add(None, f"{len(left)} rows of {table} belong to no record; reindex")
    if said != due_said:
        found.add(None, f"{len(said ^ due_said)} rows of said are not what the records said; reindex")
    scopes = {scope: sum_of(parts) for scope, parts in live.items()}
    totals = {scope: Totals(*rest) for scope, *rest in db.execute("SELECT * FROM total")}
    if totals != ({**scopes, SPACE: sum_of(scopes.values())} if scopes else {}):
        found.add(None, "the totals of live records differ from the records; reindex")


def _due(row: Row, index: Indexer) -> dict[str, Any]:
    """Return what each index must hold of a version; tables that hold nothing of it are left out."""
    record, believed = row.record, row.record.status in BELIEVED
    live = row.died is None and record.status in RECALLABLE
    due: dict[str, Any] = {table: {columns} for table, columns in lookups(record)} if row.died is None else {}
    due["link"] = {(link.target, link.type) for link in record.links}
    if believed:
        entry = index(record)
        labels = (label("s", record.scope), label("k", record.kind))
        due["lexical" if live else "lexical_past"] = _print([literal(term) for term in entry.terms], labels)
        due["said"] = entry.said
        due["name"] = {
            (key, record.scope, role, live, spelling(key, role), subject_of(record, role)) for key, role in entry.names
        }
        due["time"] = {
            (begin, end, max(0, (end - begin) // 1_000_000).bit_length(), live) for begin, end in entry.times
        }
    return {table: rows for table, rows in due.items() if rows}


def _fingerprints(db: Any, table: str) -> dict[int, int]:
    """Return for each document the sum of the hashes of its (term, column, offset)."""
    prints: dict[int, int] = {}
    db.execute(f"CREATE VIRTUAL TABLE temp.{table}_terms USING fts5vocab('main', '{table}', 'instance')")
    try:
        for term, doc, col, offset in db.execute(f"SELECT term, doc, col, offset FROM temp.{table}_terms"):
            prints[doc] = prints.get(doc, 0) + zlib.crc32(f"{term} {col[0]} {offset}".encode())
    finally:
        db.execute(f"DROP TABLE temp.{table}_terms")
    return prints


def _print(terms: list[str], labels: tuple[str, ...]) -> int:
    spots = [*((term, "b", i) for i, term in enumerate(terms)), *((term, "l", i) for i, term in enumerate(labels))]
    return sum(zlib.crc32(f"{term} {column} {offset}".encode()) for term, column, offset in spots)


def _stored(db: Any, table: str) -> dict[int, Any]:
    stored: dict[int, Any] = {}
    for vid, *rest in db.execute(f"SELECT vid, {_COLUMNS[table]} FROM {table}"):
        stored.setdefault(vid, set()).add(tuple(rest))
    return stored
