"""The file of what a server keeps beside the spaces: one SQLite database that several processes may use at once."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from ricordo.errors import (
    BusyError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    ReadOnlyError,
    SchemaError,
    StoreError,
)
from ricordo.store.directory import make_directory

FILE = "server.db"
_APPLICATION_ID = 0x52534552
_VERSION = 1
_WAIT_MS = 10_000
_SCHEMA = """
CREATE TABLE key (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL, space TEXT NOT NULL, principal TEXT NOT NULL, reads TEXT, writes TEXT,
    rights TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER, used INTEGER) WITHOUT ROWID;
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, request_id TEXT NOT NULL, surface TEXT NOT NULL,
    principal TEXT NOT NULL, space TEXT NOT NULL, lane TEXT NOT NULL, scopes TEXT, tokens INTEGER NOT NULL, model TEXT,
    asked TEXT);
CREATE TABLE delivered (
    number INTEGER NOT NULL, rank INTEGER NOT NULL, record TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (number, rank)) WITHOUT ROWID;
CREATE INDEX delivered_record ON delivered (record, number);
"""


class Ledger:
    """`server.db`, open: one connection reads and one writes, so that no look waits for a write.

    The file is made for the eyes of its owner alone, and refused where others may write to it: who can add a row adds a
    key.

    Args:
        folder: The folder of the setting `state`; made where it is missing.
        sync: SQLite's `synchronous`: "FULL" keeps what was committed through a loss of power, "NORMAL" may lose the
            last moments of it.

    Raises:
        StoreError: The file can't be used, or others may write to it.
        ForeignFileError, SchemaError: It is not such a file, or one of a newer Ricordo.
    """

    def __init__(self, folder: Path, *, sync: str = "FULL") -> None:
        self.path = folder.expanduser() / FILE
        self._reading, self._writing = threading.Lock(), threading.Lock()
        with translated(self.path):
            _make(self.path)
            self._writer = apsw.Connection(str(self.path))
            try:
                self._writer.set_busy_timeout(_WAIT_MS)
                self._prepare(self._writer, sync)
                self._reader = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
                self._reader.set_busy_timeout(_WAIT_MS)
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def read(self) -> Iterator[apsw.Connection]:
        """Lend the connection that reads, to one thread at a time."""
        with self._reading, translated(self.path):
            yield self._reader

    @contextmanager
    def write(self) -> Iterator[apsw.Connection]:
        """Lend the connection that writes, inside a transaction, which ends with the block."""
        with self._writing, translated(self.path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def close(self) -> None:
        """Close both connections."""
        with self._reading, self._writing:
            self._reader.close()
            self._writer.close()

    def _prepare(self, db: apsw.Connection, sync: str) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            (told, version), tables = _told(db), db.execute("SELECT count(*) FROM sqlite_schema").get
            if not tables and not told:
                db.execute(f"{_SCHEMA}PRAGMA application_id={_APPLICATION_ID}; PRAGMA user_version={_VERSION}")
            elif told != _APPLICATION_ID:
                raise ForeignFileError(f"{self.path} is not a file of Ricordo; name another folder (setting state)")
            elif version > _VERSION:
                raise SchemaError(f"{self.path} was written by a newer Ricordo; pip install --upgrade ricordo")
        finally:
            db.execute("COMMIT")
        db.execute(f"PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA secure_delete=ON")


def _told(db: apsw.Connection) -> tuple[int, int]:
    return db.execute("PRAGMA application_id").get, db.execute("PRAGMA user_version").get


def _make(path: Path) -> None:
    """Make the file with rights for its owner alone, or check those it has."""
    make_directory(path.parent, 0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & 0o022:
        raise StoreError(f"{path}: others may write to this file, and so make themselves a key; chmod 600 {path}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the system into ours."""
    try:
        yield
    except apsw.BusyError as error:
        raise BusyError(f"{path}: another process holds the file; try again") from error
    except apsw.FullError as error:
        raise DiskFullError(f"{path}: no room left; nothing was written") from error
    except apsw.ReadOnlyError as error:
        raise ReadOnlyError(f"{path}: can't be written; check the rights of the file and its folder") from error
    except apsw.NotADBError as error:
        raise ForeignFileError(f"{path} is not a file of Ricordo; name another folder (setting state)") from error
    except apsw.CorruptError as error:
        raise CorruptError(f"{path}: the file is damaged ({error}); move it away and issue new keys") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; check the folder of the setting state, and its rights") from error
