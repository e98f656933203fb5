"""Checking a SQLite space against its own log, event by event, in constant memory."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ricordo.store.base import Event, Indexer, Target
from ricordo.store.fold import canonical, chained, micros, patched, record_of
from ricordo.store.sqlite_read import SqliteSnapshot, label, literal, lookups, record_row
from ricordo.types import BELIEVED, RECALLABLE

_LIMIT = 20


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
    versions = 0
    previous: Event | None = None
    try:
        for event in snapshot.events():
            if problem := chained(previous, event):
                found.add(event.seq if event.seq == (previous.seq if previous else 0) + 1 else event.seq - 1, problem)
            else:
                versions += _check_event(db, event, found)
            previous = event
    except ValueError as error:
        bad = (previous.seq if previous else 0) + 1
        found.add(bad, f"event {bad} can't be read: {error}")
    _check_totals(db, versions, found)
    _check_indexes(db, snapshot, index, found)
    return (previous.seq if previous else 0), versions, found.first, found.problems


class _Findings:
    def __init__(self) -> None:
        self.first: int | None = None
        self.problems: list[str] = []

    def add(self, seq: int | None, problem: str) -> None:
        if seq is not None and (self.first is None or seq < self.first):
            self.first = seq
        if len(self.problems) < _LIMIT:
            self.problems.append(problem)


def _check_event(db: Any, event: Event, found: _Findings) -> int:
    versions = 0
    for target, payload in zip(event.targets, event.payloads, strict=True):
        row = db.execute(
            "SELECT state, died, recorded_at, scope, kind, status, said_at, session, speaker, size, expires_at,"
            " valid_from, valid_to, pinned, first FROM record WHERE id = ? AND version = ? AND born = ?",
            (target.id, target.version, event.seq),
        ).fetchone()
        body = payload or {}
        fresh = bool(body.get("set") or body.get("erase")) or (payload is None and row is not None)
        versions += fresh
        if fresh and (problem := _compare(db, event, target, payload, row)):
            found.add(event.seq, f"record {target.id} version {target.version}: {problem}")
        if body.get("source") and not _has_evidence(db, event, target, body["source"]):
            found.add(event.seq, f"record {target.id}: the evidence of event {event.seq} is missing or altered")
        if body.get("key") and not db.execute("SELECT 1 FROM key WHERE digest = ?", (bytes.fromhex(body["key"]),)).get:
            found.add(event.seq, f"the idempotency key of event {event.seq} is missing")
    return versions


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
    columns = record_row(record_of(target.id, target.version, event.seq, event.at, state, (), row[14]))
    names = "scope kind status said_at session speaker size expires_at valid_from valid_to pinned".split()
    if row[2] != micros(event.at) or list(row[3:14]) != [columns[name] for name in names]:
        return f"its columns differ from what event {event.seq} wrote"
    after = db.execute("SELECT born FROM record WHERE id = ? AND version = ?", (target.id, target.version + 1)).get
    return None if row[1] == after else "its end differs from the next version's beginning"


def _has_evidence(db: Any, event: Event, target: Target, source: Any) -> bool:
    sql = "SELECT body FROM evidence WHERE seq = ? AND rid = (SELECT rid FROM record WHERE id = ? LIMIT 1)"
    return bool(db.execute(sql, (event.seq, target.id)).get == canonical(source))


def _check_totals(db: Any, versions: int, found: _Findings) -> None:
    stored = db.execute("SELECT count(*) FROM record").get
    if stored != versions:
        found.add(None, f"{stored} record versions are stored, the log has {versions}")
    heads = db.execute("SELECT count(*) FROM event").get
    payloads = db.execute("SELECT count(DISTINCT pid >> 20) FROM payload").get
    if payloads != heads:
        found.add(None, f"{heads} events have payloads of {payloads}")


def _check_indexes(db: Any, snapshot: SqliteSnapshot, index: Indexer, found: _Findings) -> None:
    prints = {table: _fingerprints(db, table) for table in ("lexical", "lexical_past")}
    names, times = _stored(db, "name"), _stored(db, "time")
    keys = {table: Counter(vid for (vid,) in db.execute(f"SELECT vid FROM {table}")) for table in ("slot", "twin")}
    cursor = db.execute("SELECT vid, born FROM record ORDER BY vid").fetchall()
    for vid, born in cursor:
        row = snapshot.rows([vid])[vid]
        live = row.died is None and row.record.status in RECALLABLE
        table = "lexical" if live else "lexical_past"
        expected: Any = (0, set(), set())
        if row.record.status in BELIEVED:
            entry = index(row.record)
            labels = (label("s", row.record.scope), label("k", row.record.kind))
            expected = (_print([literal(term) for term in entry.terms], labels), set(entry.names), set(entry.times))
        actual = (prints[table].pop(vid, 0), names.pop(vid, set()), times.pop(vid, set()))
        if expected != actual or prints["lexical_past" if live else "lexical"].get(vid):
            found.add(born, f"the index rows of record {row.record.id} version {row.record.version} are wrong; reindex")
        due = {table for table, _ in lookups(row.record)} if row.died is None else set()
        for name in ("slot", "twin"):
            if keys[name][vid] != int(name in due):
                found.add(born, f"the {name} look-up of record {row.record.id} is wrong; reindex")
    leftovers: tuple[Mapping[int, Any], ...] = (*prints.values(), names, times)
    for left in leftovers:
        if left:
            found.add(None, f"{len(left)} index rows belong to no record; reindex")


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


def _stored(db: Any, table: str) -> dict[int, set[Any]]:
    columns = {"name": "vid, key, role", "time": "vid, begin, finish"}[table]
    rows: Iterator[Any] = db.execute(f"SELECT {columns} FROM {table}")
    stored: dict[int, set[Any]] = {}
    for vid, *rest in rows:
        stored.setdefault(vid, set()).add(tuple(rest))
    return stored
