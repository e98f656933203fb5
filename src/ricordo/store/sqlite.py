"""The default store: one SQLite file per space; the log, the records and the indexes change in one transaction."""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

from ricordo.errors import (
    BusyError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    NotFoundError,
    ReadOnlyError,
    RicordoError,
    StoreError,
)
from ricordo.store.audit import audit
from ricordo.store.base import Event, Indexer, State, Target, Transaction, Write
from ricordo.store.fold import (
    GENESIS,
    canonical,
    event_hash,
    heads,
    micros,
    moment,
    patched,
    payload_of,
    record_of,
    salted,
)
from ricordo.store.migrations import APPLICATION_ID, STEPS, migrate
from ricordo.store.sqlite_read import SqliteSnapshot, label, literals, lookups, record_row
from ricordo.types import BELIEVED, RECALLABLE, Record

T = TypeVar("T")
_JITTER_S = 0.001
_MAGIC = b"SQLite format 3\x00"
_DERIVED = ("record", "evidence", "usage", "key", "slot", "twin", "name", "time", "lexical", "lexical_past")


class SqliteStore:
    """Keeps a space in the directory `folder`, as one file in WAL mode with full synchronisation.

    Args:
        folder: The directory of the space; made if it is missing and `create` is true.
        index: Makes the index entry of a record version.
        busy_deadline_s: How long a write waits for other writers.
        max_file_bytes: Bound of the file; 0 is none.
        create: Make the space if it does not exist.

    Raises:
        NotFoundError: There is no space, and `create` is false.
        ForeignFileError, CorruptError, SchemaError, ReadOnlyError: The file can't be used.
    """

    def __init__(
        self,
        folder: Path,
        index: Indexer,
        *,
        busy_deadline_s: float = 30.0,
        max_file_bytes: int = 0,
        create: bool = True,
    ) -> None:
        self.folder = folder
        self._index = index
        self._deadline_s = busy_deadline_s
        self._max_file_bytes = max_file_bytes
        self._path = folder / "memory.db"
        self._writing = threading.RLock()
        self._idle: list[apsw.Connection] = []
        self._closed = False
        self._scrub_due = False
        with _translated(self._path):
            self._prepare_folder(create)
            self._check_length()
            self._db = self._connect()
            try:
                self._initialise()
                self._read_identity()
            except BaseException:
                self._db.close()
                raise

    @property
    def space_id(self) -> str:
        """Opaque id of the space, made when it was created."""
        return self._space_id

    @property
    def secret(self) -> bytes:
        """Key of the digests that must not be guessed from outside the space."""
        return self._secret

    @contextmanager
    def read(self) -> Iterator[SqliteSnapshot]:
        """Open a snapshot on a connection of its own."""
        with _translated(self._path):
            db = self._take_reader()
            try:
                db.execute("BEGIN")
                yield SqliteSnapshot(db)
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                self._give_back(db)

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work` in one transaction, when no other writer is at it.

        SQLite's own busy handler starves writers; a short capped jitter keeps them even.
        """
        with _translated(self._path), self._writing:
            self._check_open()
            patience_s = self._deadline_s if deadline_s is None else deadline_s
            deadline = time.monotonic() + patience_s
            while True:
                try:
                    self._db.execute("BEGIN IMMEDIATE")
                    break
                except apsw.BusyError:
                    if time.monotonic() > deadline:
                        raise BusyError(
                            f"{self._path}: other writers held the space for {patience_s:g} s; try again, "
                            "or raise busy_deadline_s"
                        ) from None
                    time.sleep(random.uniform(0, _JITTER_S))
            return self._commit(work)

    def _commit(self, work: Callable[[Transaction], T]) -> T:
        transaction = SqliteTransaction(self._db, self._index)
        try:
            result = work(transaction)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._scrub_due = self._scrub_due or transaction.erased
        return result

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space, with its hashes as they are."""

        def work(transaction: Transaction) -> None:
            assert isinstance(transaction, SqliteTransaction)
            for event in events:
                transaction.adopt(event)
            transaction.identify(space_id, secret)

        self.transact(work)
        self._space_id, self._secret = space_id, secret

    def scrub(self) -> str | None:
        """Remove the bytes of erased payloads from every file; return why it must wait, or None when done."""
        with _translated(self._path), self._writing:
            self._check_open()
            if not self._scrub_due:
                return None
            mark = self._db.execute("SELECT value FROM meta WHERE key = 'scrub'").get
            try:
                for table in ("lexical", "lexical_past"):
                    self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
                self._db.execute("VACUUM")
                busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except (apsw.BusyError, apsw.LockedError):
                return "another process is writing to the space"
            except apsw.FullError:
                return "there is no room to rewrite the file; free space or raise max_file_bytes"
            except apsw.ReadOnlyError:
                return "the space is read-only"
            if busy is None or busy[0]:
                return "another process is reading the space and keeps old pages alive"
            self._db.execute("DELETE FROM meta WHERE key = 'scrub' AND value = ?", (mark,))
            self._scrub_due = False
            return None

    def pending(self) -> bool:
        """Tell whether erased bytes are still waiting for `scrub`."""
        return self._scrub_due

    def reindex(self) -> None:
        """Rebuild records, look-ups and indexes from the log, in one transaction."""

        def work(transaction: Transaction) -> None:
            assert isinstance(transaction, SqliteTransaction)
            transaction.rebuild()

        self.transact(work)

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Return (events, versions compared, first bad seq, problems)."""
        try:
            with self.read() as snapshot:
                return audit(snapshot._db, snapshot, self._index)
        except CorruptError as error:
            return 0, 0, None, [str(error)]

    def size(self) -> int:
        """Return the bytes of the space's files."""
        return sum(path.stat().st_size for path in self.folder.glob("memory.db*"))

    def close(self) -> None:
        """Release every connection; the store can't be used afterwards."""
        with self._writing:
            if not self._closed:
                self._closed = True
                for reader in self._idle:
                    reader.close()
                self._db.close()

    # -- opening -----------------------------------------------------------------------------------------------

    def _prepare_folder(self, create: bool) -> None:
        try:
            if self.folder.is_file():
                raise ForeignFileError(
                    f"{self.folder} is a file: a space is a directory (ricordo restore opens an archive)"
                )
            if not self._path.exists() and not create:
                raise NotFoundError(f"no space at {self.folder}: retain or import something first, or check the path")
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                f"{self.folder}: can't make or enter the directory of the space ({error.strerror})"
            ) from error

    def _check_length(self) -> None:
        """Refuse a file that is no SQLite file, or shorter than its own header says while no log can hold the rest.

        SQLite itself would take a file of a few bytes for an empty one, and begin a new space in it.
        """
        log = self._path.with_name("memory.db-wal")
        if not self._path.exists() or (log.exists() and log.stat().st_size):
            return
        with self._path.open("rb") as file:
            header = file.read(100)
        if not header.startswith(_MAGIC[: len(header)]):
            raise ForeignFileError(f"{self._path} is not a Ricordo space (not a SQLite file, or its header is damaged)")
        page = int.from_bytes(header[16:18], "big")
        pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 1
        if header and self._path.stat().st_size < max(512, pages * (65536 if page == 1 else page)):
            raise CorruptError(f"{self._path}: the file was cut short; restore the space from an export")

    def _connect(self) -> apsw.Connection:
        writable = os.access(self._path if self._path.exists() else self.folder, os.W_OK)
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writable else apsw.SQLITE_OPEN_READONLY
        db = apsw.Connection(str(self._path), flags=flags)
        db.set_busy_timeout(0)
        db.execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096")
        if self._max_file_bytes:
            page = db.pragma("page_size")
            db.pragma("max_page_count", max(1, self._max_file_bytes // page))
        return db

    def _initialise(self) -> None:
        if self._ready():
            return
        deadline = time.monotonic() + self._deadline_s
        while True:
            try:
                self._db.pragma("journal_mode", "wal")
                self._db.execute("BEGIN IMMEDIATE")
                break
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0, _JITTER_S))
        try:
            fresh = not self._db.pragma("user_version")
            migrate(self._db)
            if fresh:
                self._db.pragma("application_id", APPLICATION_ID)
                transaction = SqliteTransaction(self._db, self._index)
                transaction.identify(secrets.token_hex(16), secrets.token_bytes(32))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def _ready(self) -> bool:
        """Tell whether the file is a space of this schema; refuse a file that is something else."""
        mark, version = self._db.pragma("application_id"), self._db.pragma("user_version")
        if mark == APPLICATION_ID:
            return bool(version == len(STEPS))
        if mark or version or self._db.execute("SELECT count(*) FROM sqlite_schema").get:
            raise ForeignFileError(f"{self._path} is a SQLite file of another program: choose another path")
        return False

    def _read_identity(self) -> None:
        rows: Any = self._db.execute("SELECT key, value FROM meta WHERE key IN ('space', 'secret', 'scrub')").fetchall()
        meta = dict(rows)
        if not {"space", "secret"} <= set(meta):
            raise CorruptError(f"{self._path}: the identity of the space is missing; restore it from an export")
        self._space_id, self._secret = str(meta["space"]), bytes(meta["secret"])
        self._scrub_due = "scrub" in meta

    def _take_reader(self) -> apsw.Connection:
        self._check_open()
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, reader: apsw.Connection) -> None:
        if self._closed:
            reader.close()
        else:
            self._idle.append(reader)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self._path}: this memory is closed; open it again")


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


class SqliteTransaction(SqliteSnapshot):
    """Reads and writes of one write transaction."""

    def __init__(self, db: apsw.Connection, index: Indexer) -> None:
        super().__init__(db)
        self._index = index
        self.erased = False
        self._newest: int | None = None
        self._known: dict[str, _Current | None] = {}
        self._last: _Last | None = None

    def append(self, op: str, writes: Sequence[Write], at: datetime) -> Event:
        """Append one event and apply it: records, look-ups and indexes."""
        last = self._last or self._newest_event()
        seq, previous = last.seq + 1, last.hash
        at = max(at, last.at)
        payloads = [payload_of(write) for write in writes]
        bodies = [canonical(payload) for payload in payloads]
        salts = [secrets.token_bytes(16) for _ in writes]
        targets = [
            Target(write.id, self._version(write.id) + (1 if write.set or write.erase else 0), salted(salt, body))
            for write, salt, body in zip(writes, salts, bodies, strict=True)
        ]
        digest = event_hash(previous, seq, at, op, targets)
        hexed = tuple(salt.hex() for salt in salts)
        event = Event(seq, at, op, tuple(targets), digest, tuple(payloads), hexed)
        self._insert(event, bodies)
        for write in writes:
            if write.erase:
                self._blank(write.id, seq)
        return event

    def adopt(self, event: Event) -> None:
        """Write an event as it is and apply it."""
        self._insert(event, [None if payload is None else canonical(payload) for payload in event.payloads])

    def _insert(self, event: Event, bodies: Sequence[str | None]) -> None:
        row = (event.seq, micros(event.at), event.op, heads(event.targets), bytes.fromhex(event.hash))
        self._db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", row)
        self._last = _Last(event.seq, event.at, event.hash)
        for position, target in enumerate(event.targets):
            salt = event.salts[position]
            rid = self._apply(event, target, event.payloads[position])
            values = (event.seq << 20 | position, rid, None if salt is None else bytes.fromhex(salt), bodies[position])
            self._db.execute("INSERT INTO payload VALUES (?, ?, ?, ?)", values)

    def _newest_event(self) -> _Last:
        last = self._db.execute("SELECT seq, at, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        return _Last(last[0], moment(last[1]), last[2].hex()) if last else _Last(0, moment(0), GENESIS)

    def identify(self, space_id: str, secret: bytes) -> None:
        """Give the space an identity."""
        rows = [("space", space_id), ("secret", secret)]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def rebuild(self) -> None:
        """Fold the whole log anew."""
        for table in _DERIVED:
            self._db.execute(_CLEAR.get(table, f"DELETE FROM {table}"))
        self._newest, self._known = None, {}
        self._db.execute("DELETE FROM vector; DELETE FROM follower")
        for event in self.events():
            for target, payload in zip(event.targets, event.payloads, strict=True):
                self._apply(event, target, payload)

    def follow(self, follower: str, vid: int, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of versions and note that the follower has seen every version up to `vid`."""
        self._db.executemany(
            "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", [(number, follower, value) for number, value in vectors]
        )
        more = self._db.execute("SELECT min(born) FROM record WHERE vid > ? AND died IS NULL", (vid,)).get
        seq = self.head() if more is None else more - 1
        self._db.execute("INSERT OR REPLACE INTO follower VALUES (?, ?, ?)", (follower, seq, vid))

    # -- folding -----------------------------------------------------------------------------------------------

    def _version(self, id: str) -> int:
        current = self._current(id)
        return current.version if current else 0

    def _current(self, id: str) -> _Current | None:
        """Return where the current version of a record stands; remembered until the transaction writes the next."""
        if id not in self._known:
            sql = "SELECT vid, rid, first, version, state FROM record WHERE id = ? AND died IS NULL"
            row = self._db.execute(sql, (id,)).fetchone()
            self._known[id] = _Current(*row) if row else None
        return self._known[id]

    def _apply(self, event: Event, target: Target, payload: dict[str, Any] | Any) -> int:
        """Fold one target of an event; return the rid of its record."""
        current = self._current(target.id)
        body = payload or {}
        if body.get("erase"):
            return self._erase(event, target)
        stub = payload is None and target.version > self._version(target.id)
        if body.get("set") or stub:
            state = {} if stub else patched(json.loads(current.state) if current else {}, body["set"])
            current = self._put(event, target, state, current)
        if current is None:
            raise CorruptError(f"event {event.seq} adds to record {target.id}, which does not exist")
        rid = current.rid
        if body.get("source"):
            self._db.execute("INSERT INTO evidence VALUES (?, ?, ?, NULL)", (rid, event.seq, canonical(body["source"])))
        if body.get("withdraw"):
            sql = "UPDATE evidence SET withdrawn = ? WHERE rid = ? AND seq = ?"
            self._db.execute(sql, (event.seq, rid, body["withdraw"]))
        if body.get("outcome"):
            self._count(rid, body["outcome"])
        if body.get("key"):
            self._db.execute("INSERT INTO key VALUES (?, ?, ?)", (bytes.fromhex(body["key"]), event.seq, rid))
        return int(rid)

    def _put(self, event: Event, target: Target, state: State, current: _Current | None) -> _Current:
        if self._newest is None:
            self._newest = int(self._db.execute("SELECT max(vid) FROM record").get or 0)
        vid = self._newest = self._newest + 1
        rid, first = (current.rid, current.first) if current else (vid, event.seq)
        if current:
            self._end(current.vid, event.seq)
        text = canonical(state)
        record = record_of(target.id, target.version, event.seq, event.at, state, (), first)
        columns = record_row(record)
        values = [vid, rid, target.id, target.version, event.seq, None, first, micros(event.at)]
        names = ("scope", "kind", "status", "said_at", "session", "speaker", "size")
        values += [columns[name] for name in (*names, "expires_at", "valid_from", "valid_to", "pinned")]
        self._db.execute(_INSERT, (*values, text))
        self._enter(vid, record)
        made = self._known[target.id] = _Current(vid, rid, first, target.version, text)
        return made

    def _enter(self, vid: int, record: Record) -> None:
        """Put a current version into the look-ups and indexes."""
        for table, key in lookups(record):
            self._db.execute(f"INSERT INTO {table} VALUES (?, ?)", (key, vid))
        if record.status in BELIEVED:
            self._post(vid, record, record.status in RECALLABLE)

    def _post(self, vid: int, record: Record, live: bool) -> None:
        entry = self._index(record)
        table = "lexical" if live else "lexical_past"
        labels = f"{label('s', record.scope)} {label('k', record.kind)}"
        self._db.execute(
            f"INSERT INTO {table} (rowid, body, labels) VALUES (?, ?, ?)", (vid, literals(entry.terms), labels)
        )
        for key, role in entry.names:
            prefix = key[:2] if role != "slot" and " " not in key else None
            self._db.execute("INSERT OR IGNORE INTO name VALUES (?, ?, ?, ?, ?)", (key, vid, role, int(live), prefix))
        for begin, finish in entry.times:
            width = max(0, (finish - begin) // 1_000_000).bit_length()
            self._db.execute(
                "INSERT OR IGNORE INTO time VALUES (?, ?, ?, ?, ?)", (vid, begin, finish, width, int(live))
            )

    def _end(self, vid: int, seq: int) -> None:
        """End a version: it leaves what is believed now for what was."""
        record = self.rows([vid])[vid].record
        self._db.execute("UPDATE record SET died = ? WHERE vid = ?", (seq, vid))
        self._leave(vid, record)
        if record.status in RECALLABLE:
            self._db.execute("DELETE FROM lexical WHERE rowid = ?", (vid,))
            for table in ("name", "time"):
                self._db.execute(f"DELETE FROM {table} WHERE vid = ?", (vid,))
            self._post(vid, record, live=False)

    def _leave(self, vid: int, record: Record) -> None:
        for table, key in lookups(record):
            self._db.execute(f"DELETE FROM {table} WHERE key = ? AND vid = ?", (key, vid))

    def _erase(self, event: Event, target: Target) -> int:
        """Take a record's versions and index rows away; leave stubs, as replaying the log without its payloads does."""
        sql = "SELECT vid, rid FROM record WHERE id = ? ORDER BY version"
        rows = self._db.execute(sql, (target.id,)).fetchall()
        vids, rid = [row[0] for row in rows], rows[-1][1]
        self._drop_keys(rid)
        for row in self.rows(vids).values():
            self._leave(row.vid, row.record)
        for vid in vids:
            for table in ("lexical", "lexical_past"):
                self._db.execute(f"DELETE FROM {table} WHERE rowid = ?", (vid,))
            for table in ("name", "time", "vector"):
                self._db.execute(f"DELETE FROM {table} WHERE vid = ?", (vid,))
        self._db.execute(_STUB, (rid,))
        self._db.execute("DELETE FROM evidence WHERE rid = ?", (rid,))
        self._db.execute("DELETE FROM usage WHERE rid = ?", (rid,))
        self._put(event, target, {"status": "erased"}, self._current(target.id))
        return int(rid)

    def _blank(self, id: str, seq: int) -> None:
        """Empty the payloads of a record before an event, and note that their bytes are still in the file."""
        rid = self._db.execute("SELECT rid FROM record WHERE id = ? LIMIT 1", (id,)).get
        sql = "UPDATE payload SET salt = NULL, body = NULL WHERE rid = ? AND pid < ?"
        self._db.execute(sql, (rid, seq << 20))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('scrub', ?)", (seq,))
        self.erased = True

    def _drop_keys(self, rid: int) -> None:
        bodies = self._db.execute("SELECT body FROM payload WHERE rid = ? AND body IS NOT NULL", (rid,)).fetchall()
        for (body,) in bodies:
            if key := json.loads(body).get("key"):
                self._db.execute("DELETE FROM key WHERE digest = ?", (bytes.fromhex(key),))

    def _count(self, rid: int, outcome: str) -> None:
        known = self._db.execute("SELECT counts FROM usage WHERE rid = ?", (rid,)).get
        counts = json.loads(known) if known else {}
        name = outcome.removeprefix("-")
        counts[name] = counts.get(name, 0) + (1 if name == outcome else -1)
        self._db.execute("INSERT OR REPLACE INTO usage VALUES (?, ?)", (rid, canonical(counts)))


_INSERT = f"INSERT INTO record VALUES ({', '.join('?' * 20)})"
_CLEAR = {
    "lexical": "INSERT INTO lexical (lexical) VALUES ('delete-all')",
    "lexical_past": "INSERT INTO lexical_past (lexical_past) VALUES ('delete-all')",
}
_STUB = """
UPDATE record SET scope = NULL, kind = NULL, status = 'erased', said_at = NULL, session = NULL, speaker = NULL,
    size = 0, expires_at = NULL, valid_from = NULL, valid_to = NULL, pinned = NULL, state = '{}' WHERE rid = ?
"""


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, each with what to do."""
    try:
        yield
    except RicordoError:
        raise
    except apsw.BusyError as error:
        raise BusyError(f"{path}: the space is locked by another process; try again") from error
    except apsw.FullError as error:
        raise DiskFullError(f"{path}: no room left, nothing was written; free space or raise max_file_bytes") from error
    except apsw.ReadOnlyError as error:
        raise ReadOnlyError(
            f"{path}: the space is read-only; check the rights of the file and its directory"
        ) from error
    except apsw.NotADBError as error:
        raise ForeignFileError(
            f"{path} is not a Ricordo space (not a SQLite file, or its header is damaged)"
        ) from error
    except apsw.CorruptError as error:
        raise CorruptError(f"{path}: the file is damaged ({error}); restore the space from an export") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CorruptError(f"{path}: stored text is damaged ({error}); restore the space from an export") from error
    except PermissionError as error:
        raise StoreError(f"{path}: {error.strerror}; check the rights of the file and its directory") from error
    except apsw.CantOpenError as error:
        if path.exists() and not os.access(path.parent, os.W_OK):
            raise ReadOnlyError(
                f"{path}: the directory of the space can't be written, which reading needs too; copy it elsewhere"
            ) from error
        raise StoreError(f"{path}: can't open the file of the space; check the path and its rights") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from error
