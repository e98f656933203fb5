"""The default store: one SQLite file per space; the log, the records and the indexes change in one transaction."""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

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
from ricordo.store.base import Event, Indexer, Signal, Transaction, alone
from ricordo.store.directory import make_directory
from ricordo.store.lexical import Lexical
from ricordo.store.migrations import APPLICATION_ID, COUNTED, LOOKED_UP, RENAMED, RESAID, STEPS, migrate
from ricordo.store.sqlite_read import SqliteSnapshot
from ricordo.store.sqlite_write import Posted, SqliteTransaction

T = TypeVar("T")
_JITTER_S = 0.001
_MOST_POSTED, _LONGEST_POSTED = 1_000, 4_000
_MAGIC = b"SQLite format 3\x00"


class SqliteStore:
    """Keeps a space in the directory `folder`, as one file in WAL mode with full synchronisation.

    Args:
        folder: The directory of the space; made if it is missing and `create` is true.
        index: Makes the index entry of a record version.
        busy_deadline_s: How long a write waits for other writers.
        max_file_bytes: Bound of the file; 0 is none.
        create: Make the space if it does not exist.
        lexical: A faster full-text index; None leaves all to SQLite's own.

    Raises:
        NotFoundError: There is no space, and `create` is false.
        ForeignFileError, CorruptError, SchemaError, ReadOnlyError: The file can't be used.
    """

    #: SQLite's `synchronous`: with FULL what is acknowledged survives a loss of power.
    SYNC = "FULL"

    def __init__(
        self,
        folder: Path,
        index: Indexer,
        *,
        busy_deadline_s: float = 30.0,
        max_file_bytes: int = 0,
        create: bool = True,
        lexical: Lexical | None = None,
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
        self._signals: dict[int, Signal] = {}
        self._posted: dict[int, Posted] = {}
        self._rewritten: object = None
        self._process = os.getpid()
        with _translated(self._path):
            self._prepare_folder(create)
            self._open()
        self._lexical = lexical
        if lexical:
            lexical.bind(folder, self._space_id)

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
                yield self._snapshot(db)
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                self._give_back(db)

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work` in one transaction, when no other writer is at it.

        SQLite's own busy handler starves writers; a short capped jitter keeps them even.
        """
        return alone(self.transact_many([work], deadline_s=deadline_s))

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in one transaction, each in a savepoint of its own."""
        with self._begun(self._deadline_s if deadline_s is None else deadline_s):
            return self._commit(works)

    @contextmanager
    def _begun(self, patience_s: float) -> Iterator[None]:
        """Hold the write lock, of this process and of the file, with a transaction open."""
        deadline = time.monotonic() + patience_s
        if not self._writing.acquire(timeout=patience_s):
            raise self._busy(patience_s)
        try:
            with _translated(self._path):
                self._check_open()
                while not self._begin():
                    if time.monotonic() > deadline:
                        raise self._busy(patience_s)
                    time.sleep(random.uniform(0, _JITTER_S))
                yield
        finally:
            self._writing.release()

    def _begin(self) -> bool:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            return False
        return True

    def _busy(self, patience_s: float) -> BusyError:
        return BusyError(
            f"{self._path}: other writers held the space for {patience_s:g} s; try again, or raise busy_deadline_s"
        )

    def _commit(self, works: Sequence[Callable[[Transaction], T]]) -> list[T | Exception]:
        done: list[SqliteTransaction] = []
        try:
            outcomes = [self._attempt(work, done, alone=len(works) == 1) for work in works]
            self._db.execute("COMMIT" if done else "ROLLBACK")
        except BaseException:
            self._posted = {}
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        if any(transaction.erased for transaction in done):
            self._scrub_due, self._signals, self._posted = True, {}, {}
        return outcomes

    def _attempt(
        self, work: Callable[[Transaction], T], done: list[SqliteTransaction], *, alone: bool
    ) -> T | Exception:
        """Run one piece of work; what it wrote goes when it fails, also what SQLite could not take back itself."""
        transaction = self._transaction(done)
        if not alone:
            self._db.execute("SAVEPOINT piece")
        try:
            with _translated(self._path):
                result = work(transaction)
                transaction.settle()
        except Exception as error:
            if not self._db.in_transaction:  # no room, or no disk: SQLite has taken back all pieces
                raise
            if not alone:
                self._db.execute("ROLLBACK TO piece; RELEASE piece")
            return error
        if not alone:
            self._db.execute("RELEASE piece")
        done.append(transaction)
        self._remember(transaction)
        return result

    def _transaction(self, done: Sequence[SqliteTransaction]) -> SqliteTransaction:
        """Return what a piece of work writes through; `done` are the pieces before it."""
        return SqliteTransaction(self._db, self._index, self._posted)

    def _snapshot(self, db: apsw.Connection) -> SqliteSnapshot:
        """Return what reads through a connection that is inside a transaction."""
        return SqliteSnapshot(db, self._signals, self._lexical)

    def _remember(self, transaction: SqliteTransaction) -> None:
        """Keep what lately written versions hold in the indexes: those that are written often end soon."""
        known = self._posted
        known.update(
            (vid, one) for vid, one in transaction.posted.items() if len(one.record.content) <= _LONGEST_POSTED
        )
        if len(known) > _MOST_POSTED:
            self._posted = dict(list(known.items())[-_MOST_POSTED // 2 :])

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space, with its hashes as they are."""

        def work(transaction: Transaction) -> None:
            assert isinstance(transaction, SqliteTransaction)
            for event in events:
                transaction.adopt(event)
            transaction.identify(space_id, secret)

        self.transact(work)
        self._space_id, self._secret = space_id, secret
        if self._lexical:
            self._lexical.bind(self.folder, space_id)

    def scrub(self) -> str | None:
        """Remove the bytes of erased payloads from every file; return why it must wait, or None when done."""
        with _translated(self._path), self._writing:
            self._check_open()
            if not self._scrub_due:
                return None
            mark = self._db.execute("SELECT value FROM meta WHERE key = 'scrub'").get
            try:
                if mark != self._rewritten:  # a waiting scrub need not write the whole file again
                    if self._lexical and (reason := self._lexical.scrub()):
                        return reason
                    for table in ("lexical", "lexical_past"):
                        self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
                    self._db.execute("VACUUM")
                    self._rewritten = mark
                busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy is not None and not busy[0]:
                    self._db.execute("DELETE FROM meta WHERE key = 'scrub' AND value = ?", (mark,))
                    self._scrub_due = False
                    return None
            except (apsw.BusyError, apsw.LockedError):
                return "another process is writing to the space"
            except apsw.FullError:
                return "there is no room to rewrite the file; free space or raise max_file_bytes"
            except apsw.ReadOnlyError:
                return "the space is read-only"
            except apsw.IOError as error:
                return f"the file could not be rewritten ({error})"
            return "another process is reading the space and keeps old pages alive"

    def pending(self) -> bool:
        """Tell whether erased bytes are still waiting for `scrub`."""
        return self._scrub_due

    def reindex(self) -> None:
        """Rebuild records, look-ups and indexes from the log, in one transaction."""

        def work(transaction: Transaction) -> None:
            assert isinstance(transaction, SqliteTransaction)
            transaction.rebuild()

        self.transact(work)
        if self._lexical:
            self._lexical.scrub()

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Return (events, versions compared, first bad seq, problems)."""
        self._check_open()
        try:
            with _translated(self._path), closing(self._connect()) as db:  # a fresh one holds nothing of the past
                db.execute("BEGIN")
                return audit(db, SqliteSnapshot(db), self._index)
        except CorruptError as error:
            return 0, 0, None, [str(error)]

    def size(self) -> int:
        """Return the bytes of the space's files."""
        own = sum(path.stat().st_size for path in self.folder.glob("memory.db*"))
        return own + (self._lexical.size() if self._lexical else 0)

    def close(self) -> None:
        """Release every connection; the store can't be used afterwards."""
        with _translated(self._path), self._writing:
            if not self._closed:
                self._closed = True
                if self._lexical:
                    self._lexical.close()
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
            if not create and not (self._path.exists() and self._path.stat().st_size):
                raise NotFoundError(f"no space at {self.folder}: retain or import something first, or check the path")
            make_directory(self.folder, 0o700)
        except OSError as error:
            raise StoreError(
                f"{self.folder}: can't make or enter the directory of the space ({error.strerror})"
            ) from error

    def _open(self) -> None:
        """Open the file and make what it lacks; from the start while another process is at it."""
        deadline = time.monotonic() + self._deadline_s
        while True:
            self._check_length()
            try:
                self._db = self._connect()
                try:
                    self._initialise()
                    return self._read_identity()
                except BaseException:  # closing takes back what was begun
                    self._db.close()
                    raise
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0, _JITTER_S))

    def _check_length(self) -> None:
        """Refuse what is no SQLite file (SQLite begins anew in one of a few bytes), or was cut short."""
        length = _length(self._path)
        if not length or self._has_log():
            return
        header = self._header()[:length]
        if not header.startswith(_MAGIC[: len(header)]):
            raise ForeignFileError(f"{self._path} is not a Ricordo space (not a SQLite file, or its header is damaged)")
        page = int.from_bytes(header[16:18], "big")
        pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 1
        least = max(512, pages * (65536 if page == 1 else page))
        if length < least and not self._has_log():
            raise CorruptError(f"{self._path}: the file was cut short; restore the space from an export")

    def _header(self) -> bytes:
        """Return the first bytes of the file, read by SQLite: closing a file drops all locks this process has on it."""
        with closing(apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
            return db.read("main", 0, 0, 100)[1]

    def _has_log(self) -> bool:
        """Tell whether SQLite has something to mend the file from; a journal is there while a space is being made."""
        return any(_length(self._path.with_name(f"memory.db-{name}")) for name in ("wal", "journal"))

    def _connect(self) -> apsw.Connection:
        writable = os.access(self._path if self._path.exists() else self.folder, os.W_OK)
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writable else apsw.SQLITE_OPEN_READONLY
        db = apsw.Connection(str(self._path), flags=flags)
        db.set_busy_timeout(0)
        db.execute(f"PRAGMA synchronous = {self.SYNC}; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -32768")
        # Else SQLite plans a statement anew for every value that it compares with the condition of a partial index.
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if self._max_file_bytes:
            page = db.pragma("page_size")
            db.pragma("max_page_count", max(1, self._max_file_bytes // page))
        return db

    def _initialise(self) -> None:
        if self._ready():
            return
        self._db.pragma("journal_mode", "wal")
        self._db.execute("BEGIN IMMEDIATE")
        fresh = not self._db.pragma("user_version")
        ran = migrate(self._db)
        transaction = SqliteTransaction(self._db, self._index)
        if not fresh and not RENAMED.isdisjoint(ran):
            transaction.rename()
        if not fresh and not LOOKED_UP.isdisjoint(ran):
            transaction.look_up()
        if not fresh and not RESAID.isdisjoint(ran):
            transaction.resay()
        if not fresh and COUNTED in ran:
            transaction.recount()
        if fresh:
            self._db.pragma("application_id", APPLICATION_ID)
            transaction.identify(secrets.token_hex(16), secrets.token_bytes(32))
        self._db.execute("COMMIT")

    def _ready(self) -> bool:
        """Tell whether the file is a space of this schema; refuse a file that is something else."""
        version, filled = self._db.pragma("user_version"), self._db.execute("SELECT count(*) FROM sqlite_schema").get
        mark = self._db.pragma("application_id")  # last: another process may be making the space
        if mark == APPLICATION_ID:
            return bool(version == len(STEPS))
        if mark or version or filled:
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
            reader = self._connect()
            reader.set_busy_timeout(int(self._deadline_s * 1000))
            return reader

    def _give_back(self, reader: apsw.Connection) -> None:
        if self._closed:
            reader.close()
        else:
            self._idle.append(reader)

    def _check_open(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(f"{self._path}: opened before this process was forked; open it again here")
        if self._closed:
            raise StoreError(f"{self._path}: this memory is closed; open it again")


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


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
    except apsw.IOError as error:
        raise StoreError(
            f"{path}: the file could not be read or written ({error}); check the disk. What was being written is there "
            "whole or not at all when the space is opened again: repeat it with the same key"
        ) from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from error
