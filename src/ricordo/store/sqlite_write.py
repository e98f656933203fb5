"""Writes of a SQLite space: an event is appended and applied in one transaction."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import apsw

from ricordo.errors import CorruptError
from ricordo.store.base import INDEXED, Entry, Event, Indexer, Made, State, Target, Write
from ricordo.store.fold import (
    GENESIS,
    canonical,
    event_hash,
    evidence_in,
    handle_body,
    heads,
    micros,
    moment,
    patched,
    payload_of,
    record_of,
    salted,
    seal,
    stands_for_turns,
    unspelt,
    withdrawn_by,
)
from ricordo.store.handle import Handle
from ricordo.store.order import Ledger
from ricordo.store.sizes import Grown, Totals, Weak
from ricordo.store.sqlite_order import BEGIN, SqliteOrder
from ricordo.store.sqlite_read import SqliteSnapshot
from ricordo.store.sqlite_rows import (
    Columns,
    Lookup,
    label,
    literals,
    lookups,
    placed,
    record_row,
    spelling,
    subject_of,
)
from ricordo.types import BELIEVED, RECALLABLE, Record

_DERIVED = (
    *("record", "evidence", "witness", "usage", "key", "slot", "twin", "name", "time", "link", "said"),
    *("lexical", "lexical_past"),
    *("total", "eviction"),
)


#: Events whose rows wait at most, and records that are remembered.
_MOST_WAITING, _MOST_KNOWN = 256, 10_000


class _Current(NamedTuple):
    vid: int
    rid: int
    first: int
    version: int
    state: str


class _Last(NamedTuple):
    seq: int
    at: datetime
    hash: str


class Posted(NamedTuple):
    """A current version with its index entry and look-up rows: what it takes to end it."""

    record: Record
    entry: Entry
    lookups: Sequence[Lookup]


class SqliteTransaction(SqliteSnapshot):
    """Reads and writes of one write transaction.

    New rows wait until something is read or the transaction settles: those of many events, written together, table by
    table, cost half.

    Args:
        db: The connection.
        index: Makes index entries.
        posted: Versions that were written lately, by vid: what they hold of them in the indexes is not made again.
    """

    def __init__(self, db: apsw.Connection, index: Indexer, posted: Mapping[int, Posted] | None = None) -> None:
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        self._keys: set[bytes] = set()
        super().__init__(db)
        self._index = index
        #: The versions it has made current.
        self.posted: dict[int, Posted] = {}
        self._before = posted or {}
        self.erased = False
        self._made: dict[str, Made] = {}
        self._newest: int | None = None
        self._known: dict[str, _Current | None] = {}
        self._last: _Last | None = None
        self._random = b""
        self._ledger = Ledger()
        self._order = SqliteOrder(self)
        self._folding = False

    @property
    def _db(self) -> Any:
        """The connection, with every row written down."""
        if self._waiting:
            self._write_down()
        return self._connection

    @_db.setter
    def _db(self, db: Any) -> None:
        self._connection = db

    def _add(self, sql: str, *rows: tuple[Any, ...]) -> None:
        """Insert rows, before anything is read."""
        if rows:
            self._waiting.setdefault(sql, []).extend(rows)

    def _write_down(self) -> None:
        for sql, rows in self._waiting.items():
            self._connection.executemany(sql, rows)
        self._waiting.clear()
        self._keys.clear()
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
            self.posted.clear()

    def append(self, op: str, writes: Sequence[Write], at: datetime) -> Event:
        """Append one event and apply it: records, look-ups and indexes."""
        last = self._last or self._newest_event()
        seq, previous = last.seq + 1, last.hash
        at = max(at, last.at)
        self._made = {write.id: write.made for write in writes if write.made is not None}
        self._known.update(dict.fromkeys(self._made))
        payloads = [payload_of(write) for write in writes]
        bodies = [canonical(payload) for payload in payloads]
        salts = [self._salt() for _ in writes]
        targets = [
            Target(write.id, self._version(write.id) + (1 if write.set or write.erase else 0), salted(salt, body))
            for write, salt, body in zip(writes, salts, bodies, strict=True)
        ]
        header = heads(targets)
        digest = event_hash(previous, seq, at, op, header)
        hexed = tuple(salt.hex() for salt in salts)
        event = Event(seq, at, op, tuple(targets), digest, tuple(payloads), hexed)
        self._insert(event, header, bodies)
        for write in writes:
            if write.erase:
                self._blank(write.id, seq)
        return event

    def adopt(self, event: Event, header: str | None = None, bodies: Sequence[str | None] | None = None) -> None:
        """Write an event as it is and apply it; what it erased is emptied here too.

        Args:
            event: The next event.
            header: Its targets as the log spells them, where that is at hand.
            bodies: Its payloads as the log spells them, where they are at hand.
        """
        if bodies is None:
            bodies = [None if payload is None else canonical(payload) for payload in event.payloads]
        for target, payload in zip(event.targets, event.payloads, strict=True):
            if target.version == 1 and payload is not None and payload.get("set"):
                self._known[target.id] = None  # it is new: to look for it costs more
        self._insert(event, heads(event.targets) if header is None else header, bodies)
        for target, payload in zip(event.targets, event.payloads, strict=True):
            if payload is not None and payload.get("erase"):
                self._blank(target.id, event.seq)

    def _insert(self, event: Event, header: str, bodies: Sequence[str | None]) -> None:
        row = (event.seq, micros(event.at), event.op, header, bytes.fromhex(event.hash))
        self._add("INSERT INTO event VALUES (?, ?, ?, ?, ?)", row)
        self._last = _Last(event.seq, event.at, event.hash)
        if not event.seq % _MOST_WAITING:
            self._write_down()
        for position, target in enumerate(event.targets):
            salt = event.salts[position]
            rid = self._apply(event, target, event.payloads[position])
            values = (event.seq << 20 | position, rid, None if salt is None else bytes.fromhex(salt), bodies[position])
            self._add("INSERT INTO payload VALUES (?, ?, ?, ?)", values)

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None; rows wait on for a new key."""
        key = unspelt(digest)
        if key in self._keys or self._connection.execute("SELECT 1 FROM key WHERE digest = ?", (key,)).get:
            return super().keyed(digest)
        return None

    def _salt(self) -> bytes:
        """Return 16 random bytes; they are drawn in blocks that end with the transaction."""
        if len(self._random) < 16:
            self._random = os.urandom(1024)
        salt, self._random = self._random[:16], self._random[16:]
        return salt

    def _newest_event(self) -> _Last:
        last = self._db.execute("SELECT seq, at, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        return _Last(last[0], moment(last[1]), last[2].hex()) if last else _Last(0, moment(0), GENESIS)

    def identify(self, space_id: str, secret: bytes) -> None:
        """Give the space an identity."""
        rows = [("space", space_id), ("secret", secret), ("seal", seal(space_id, secret))]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def hold(self, handle: Handle) -> None:
        """Keep a read handle, in place of the one with its digest."""
        row = (handle.digest, handle.principal, handle.seq, micros(handle.expires), handle_body(handle))
        self._db.execute("INSERT OR REPLACE INTO handle VALUES (?, ?, ?, ?, ?)", row)

    def let_go(self, before: datetime) -> int:
        """Forget the read handles that expired before a moment; return how many."""
        self._db.execute("DELETE FROM handle WHERE expires < ?", (micros(before),))
        return int(self._db.changes())

    def rebuild(self) -> None:
        """Fold the whole log anew."""
        for table in _DERIVED:
            self._db.execute(_CLEAR.get(table, f"DELETE FROM {table}"))
        self._newest, self._known = None, {}
        self._db.execute("DELETE FROM vector; DELETE FROM follower WHERE name NOT LIKE 'propose:%'")
        self._ledger, self._folding = Ledger(), True
        events = self.events()
        while some := list(islice(events, _MOST_WAITING)):
            for event in some:
                for target, payload in zip(event.targets, event.payloads, strict=True):
                    self._apply(event, target, payload)
        self._folding = False
        if self._ordered:
            self._order.build()

    def rename(self) -> None:
        """Derive anew what every version can be named by."""
        self._db.execute("DELETE FROM name")
        for (vid,) in self._db.execute("SELECT vid FROM record ORDER BY vid").fetchall():
            row = self.rows([vid])[vid]
            if row.record.status in BELIEVED:
                live = row.died is None and row.record.status in RECALLABLE
                self._name(vid, row.record, self._index(row.record), live=live)
        self._write_down()

    def look_up(self) -> None:
        """Derive anew what the verdicts of later writes depend on."""
        self._db.execute("DELETE FROM slot; DELETE FROM twin")
        for (vid,) in self._db.execute("SELECT vid FROM record WHERE died IS NULL ORDER BY vid").fetchall():
            for table, columns in lookups(self.rows([vid])[vid].record):
                self._add(f"INSERT INTO {table} VALUES ({'?, ' * len(columns)}?)", (*columns, vid))
        self._write_down()

    def resay(self) -> None:
        """Derive anew under which keys what every record says or said is recognised."""
        self._db.execute("DELETE FROM said")
        for (vid,) in self._db.execute("SELECT vid FROM record ORDER BY vid").fetchall():
            row = self.rows([vid])[vid]
            if row.record.status in BELIEVED:
                self._say(row.rid, self._index(row.record))
        self._write_down()

    def follow(self, follower: str, vid: int, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of versions and note that the follower has seen every version up to `vid`."""
        self._db.executemany(
            "INSERT OR REPLACE INTO vector SELECT vid, ?, ? FROM record WHERE vid = ? AND status <> 'erased'",
            [(follower, value, number) for number, value in vectors],
        )
        vid = max(vid, self.followed(follower)[1])
        more = self._db.execute(
            "SELECT born FROM record WHERE vid > ? AND died IS NULL ORDER BY vid LIMIT 1", (vid,)
        ).get
        seq = self.head() if more is None else more - 1
        self._db.execute("INSERT OR REPLACE INTO follower VALUES (?, ?, ?)", (follower, seq, vid))

    # -- totals and the order of eviction ----------------------------------------------------------------------

    def changed(self) -> Mapping[str, Totals]:
        """Return by scope what this transaction has added to the totals."""
        return self._ledger.changes

    def grown(self) -> Mapping[str, Grown]:
        """Return by id the live records that this transaction has made live, or larger."""
        return self._ledger.grown

    def bounded(self) -> str | None:
        """Return what `bind` was told last; None where it never was."""
        return self._order.bound

    def bind(self, bounds: str) -> None:
        """Note under which bounds the space stands; the first time build the order of eviction."""
        self._order.bind(bounds)

    def weakest(self, scope: str | None, now: datetime) -> Iterator[Weak]:
        """Yield live records in the order in which they make room."""
        return self._order.weakest(scope, micros(now))

    def totals(self, scopes: tuple[str, ...] | None) -> Totals:
        """Return what the live records of these scopes come to; None is the space."""
        self.settle()
        return super().totals(scopes)

    @property
    def _ordered(self) -> bool:
        """Whether each write keeps the order of eviction; folding the whole log builds it at the end."""
        return not self._folding and self._order.bound is not None

    def settle(self) -> None:
        """Write down what waits, and what was added to the totals; the last thing in a transaction."""
        self._write_down()
        if due := self._ledger.due():
            self._order.add(due)

    def recount(self) -> None:
        """Derive the totals anew."""
        self._order.recount()

    # -- folding -----------------------------------------------------------------------------------------------

    def _version(self, id: str) -> int:
        current = self._current(id)
        return current.version if current else 0

    def _current(self, id: str) -> _Current | None:
        """Return where the current version of a record stands; remembered until the transaction writes the next."""
        if id not in self._known:
            sql = "SELECT vid, rid, first, version, state FROM record WHERE id = ? ORDER BY version DESC LIMIT 1"
            row = self._db.execute(sql, (id,)).fetchone()
            self._known[id] = _Current(*row) if row else None
        return self._known[id]

    def _apply(self, event: Event, target: Target, payload: dict[str, Any] | Any) -> int:
        """Fold one target of an event; return the rid of its record."""
        body = payload or {}
        new = target.version == 1 and "set" in body  # nothing to look up
        current = None if new else self._current(target.id)
        if body.get("erase"):
            return self._erase(event, target)
        stub = payload is None and target.version > self._version(target.id)
        if body.get("set") or stub:
            state = {} if stub else patched(json.loads(current.state), body["set"]) if current else body["set"]
            current = self._put(event, target, state, current)
        if current is None:
            raise CorruptError(f"event {event.seq} adds to record {target.id}, which does not exist")
        rid = current.rid
        if body.get("source"):
            self._add("INSERT INTO evidence VALUES (?, ?, ?, NULL)", (rid, event.seq, canonical(body["source"])))
            witnesses = [(part["record"], rid, event.seq) for part in evidence_in(body) if "record" in part]
            self._add("INSERT OR IGNORE INTO witness VALUES (?, ?, ?)", *witnesses)
        for seq in withdrawn_by(body):
            if seq == current.first:  # the evidence a record was made with is in its state
                self._db.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, '[]', NULL)", (rid, seq))
            sql = "UPDATE evidence SET withdrawn = ? WHERE rid = ? AND seq = ?"
            self._db.execute(sql, (event.seq, rid, seq))
        if body.get("outcome"):
            self._count(rid, body["outcome"])
        if self._ordered and any(name in body for name in ("source", "withdraw", "outcome")):
            self._order.again(current.vid)
        if body.get("key"):
            key = unspelt(body["key"])
            self._keys.add(key)
            self._add("INSERT INTO key VALUES (?, ?, ?)", (key, event.seq, rid))
        return int(rid)

    def _put(self, event: Event, target: Target, state: State, current: _Current | None) -> _Current:
        if self._newest is None:
            self._newest = int(self._db.execute("SELECT max(vid) FROM record").get or 0)
        vid = self._newest = self._newest + 1
        rid, first = (current.rid, current.first) if current else (vid, event.seq)
        before = self._end(current.vid, event.seq) if current else None
        text = canonical(state)
        made = self._made.get(target.id) if current is None else None
        record = made.record if made else record_of(target.id, target.version, event.seq, event.at, state, (), first)
        head = (vid, rid, target.id, target.version, event.seq, None, first, micros(event.at))
        self._add(_INSERT, (*head, *record_row(record), text, self._place(vid, rid, record)))
        self._enter(vid, rid, record, made, before)
        size = self._ledger.enter(event.seq, target.id, record)
        now = self._known[target.id] = _Current(vid, rid, first, target.version, text)
        if size.records and self._ordered:
            if current:
                self._order.again(vid)
            else:
                self._add(BEGIN, self._order.beginning(vid, record, micros(event.at)))
        return now

    def _place(self, vid: int, rid: int, record: Record) -> int:
        """Return where a record stands among turns of one moment: as it came, or in place of those it stands for."""
        if rid != vid:
            return int(self._db.execute("SELECT place FROM record WHERE vid = ?", (rid,)).get)
        if not stands_for_turns(record):
            return vid
        sql = "SELECT min(rid) FROM record WHERE id IN (SELECT value FROM json_each(?))"
        return int(self._db.execute(sql, (json.dumps(list(record.supersedes)),)).get or vid)

    def _enter(self, vid: int, rid: int, record: Record, made: Made | None, before: Posted | None) -> None:
        """Put a current version into the look-ups and indexes; of one that reads as the last did, the same as then."""
        same = before if before and _indexed(before.record) == _indexed(record) else None
        if record.links:
            rows = [(link.target, link.type, vid) for link in record.links]
            self._add("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", *rows)
        places = same.lookups if same else lookups(record) if made is None else _placed(record, made)
        for table, columns in places:
            self._add(f"INSERT INTO {table} VALUES ({'?, ' * len(columns)}?)", (*columns, vid))
        if record.status in BELIEVED:
            entry = made.entry if made else same.entry if same else self._index(record)
            self._post(vid, record, entry, live=record.status in RECALLABLE)
            if not same:
                self._say(rid, entry)
            self.posted[vid] = Posted(record, entry, places)

    def _post(self, vid: int, record: Record, entry: Entry, *, live: bool) -> None:
        table = "lexical" if live else "lexical_past"
        labels = f"{label('s', record.scope)} {label('k', record.kind)}"
        self._add(f"INSERT INTO {table} (rowid, body, labels) VALUES (?, ?, ?)", (vid, literals(entry.terms), labels))
        self._name(vid, record, entry, live=live)
        for begin, finish in entry.times:
            width = max(0, (finish - begin) // 1_000_000).bit_length()
            self._add("INSERT OR IGNORE INTO time VALUES (?, ?, ?, ?, ?)", (vid, begin, finish, width, int(live)))

    def _say(self, rid: int, entry: Entry) -> None:
        """Keep under which keys a record is recognised; what an earlier version said stays."""
        self._add("INSERT OR IGNORE INTO said VALUES (?, ?)", *[(key, rid) for key in entry.said])

    def _name(self, vid: int, record: Record, entry: Entry, *, live: bool) -> None:
        rows = [
            (key, record.scope, vid, role, int(live), spelling(key, role), subject_of(record, role))
            for key, role in entry.names
        ]
        self._add("INSERT OR IGNORE INTO name VALUES (?, ?, ?, ?, ?, ?, ?)", *rows)

    def _end(self, vid: int, seq: int) -> Posted | None:
        """End a version: it leaves what is believed now for what was. Return what is known of it without a look."""
        known = self.posted.pop(vid, None) or self._before.get(vid)
        record = known.record if known else self.rows([vid])[vid].record
        self._db.execute("UPDATE record SET died = ? WHERE vid = ?", (seq, vid))
        self._leave(vid, known.lookups if known else lookups(record))
        self._ledger.leave(record.id, record)
        if self._ordered:
            self._order.drop(vid)
        if record.status in RECALLABLE:
            self._db.execute("DELETE FROM lexical WHERE rowid = ?", (vid,))
            for table in ("name", "time"):
                # To look first is far cheaper than to delete nothing.
                if self._db.execute(f"SELECT 1 FROM {table} WHERE vid = ? LIMIT 1", (vid,)).get:
                    self._db.execute(f"DELETE FROM {table} WHERE vid = ?", (vid,))
            self._post(vid, record, known.entry if known else self._index(record), live=False)
        return known

    def _leave(self, vid: int, places: Sequence[Lookup]) -> None:
        for table, (key, *_) in places:
            self._db.execute(f"DELETE FROM {table} WHERE key = ? AND vid = ?", (key, vid))

    def _erase(self, event: Event, target: Target) -> int:
        """Take a record's versions and index rows away; leave stubs, as replaying the log without its payloads does."""
        sql = "SELECT vid, rid FROM record WHERE id = ? ORDER BY version"
        rows = self._db.execute(sql, (target.id,)).fetchall()
        vids, rid = [row[0] for row in rows], rows[-1][1]
        self.posted, self._before = {}, {}
        self._drop_keys(rid)
        for row in self.rows(vids).values():
            self._leave(row.vid, lookups(row.record))
            if row.died is None:
                self._ledger.leave(target.id, row.record)
        for vid in vids:
            for table in ("lexical", "lexical_past"):
                self._db.execute(f"DELETE FROM {table} WHERE rowid = ?", (vid,))
            for table in ("name", "time", "link", "vector", "eviction"):
                self._db.execute(f"DELETE FROM {table} WHERE vid = ?", (vid,))
        self._db.execute(_STUB, (json.dumps(vids),))
        for seq, body in self._db.execute("SELECT seq, body FROM evidence WHERE rid = ?", (rid,)).fetchall():
            for part in evidence_in({"source": json.loads(body)}):
                spot = (part.get("record"), rid, seq)
                self._db.execute("DELETE FROM witness WHERE record = ? AND rid = ? AND seq = ?", spot)
        self._db.execute("DELETE FROM evidence WHERE rid = ?", (rid,))
        self._db.execute("DELETE FROM usage WHERE rid = ?", (rid,))
        self._db.execute("DELETE FROM said WHERE rid = ?", (rid,))
        self._put(event, target, {"status": "erased"}, self._current(target.id))
        return int(rid)

    def _blank(self, id: str, seq: int) -> None:
        """Empty the payloads of a record before an event, and note that their bytes are still in the file."""
        rid = self._db.execute("SELECT rid FROM record WHERE id = ? LIMIT 1", (id,)).get
        sql = "UPDATE payload SET salt = NULL, body = NULL WHERE rid = ? AND pid < ? AND salt IS NOT NULL"
        self._db.execute(sql, (rid, seq << 20))
        if not self._db.changes():  # a log that is taken over may have been emptied where it came from
            return
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('scrub', ?)", (seq,))
        self.erased = True

    def _drop_keys(self, rid: int) -> None:
        bodies = self._db.execute("SELECT body FROM payload WHERE rid = ? AND body IS NOT NULL", (rid,)).fetchall()
        for (body,) in bodies:
            if key := json.loads(body).get("key"):
                self._db.execute("DELETE FROM key WHERE digest = ?", (unspelt(key),))

    def _count(self, rid: int, outcome: str) -> None:
        known = self._db.execute("SELECT counts FROM usage WHERE rid = ?", (rid,)).get
        counts = json.loads(known) if known else {}
        name = outcome.removeprefix("-")
        counts[name] = counts.get(name, 0) + (1 if name == outcome else -1)
        self._db.execute("INSERT OR REPLACE INTO usage VALUES (?, ?)", (rid, canonical(counts)))


_indexed = attrgetter(*INDEXED)


def _placed(record: Record, made: Made) -> Sequence[Lookup]:
    return placed(record.status, made.slot, made.twin)


_INSERT = f"""
INSERT INTO record (vid, rid, id, version, born, died, first, recorded_at, {", ".join(Columns._fields)}, state, place)
    VALUES ({", ".join("?" * (len(Columns._fields) + 10))})
"""
_CLEAR = {
    "lexical": "INSERT INTO lexical (lexical) VALUES ('delete-all')",
    "lexical_past": "INSERT INTO lexical_past (lexical_past) VALUES ('delete-all')",
}
_STUB = """
UPDATE record SET scope = NULL, kind = NULL, status = 'erased', said_at = NULL, session = NULL, speaker = NULL,
    size = 0, expires_at = NULL, valid_from = NULL, valid_to = NULL, pinned = NULL, asks = 0, state = '{}',
    place = rid
    WHERE vid IN (SELECT value FROM json_each(?))
"""
