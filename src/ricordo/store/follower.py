"""A follower: a SQLite space on this machine that holds what a log elsewhere says, and never more."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import apsw

from ricordo.errors import CorruptError
from ricordo.store.base import Event, Indexer, Transaction, Write
from ricordo.store.fold import GENESIS
from ricordo.store.handle import Handle
from ricordo.store.lexical import Lexical
from ricordo.store.sqlite import SqliteStore
from ricordo.store.sqlite_read import SqliteSnapshot
from ricordo.store.sqlite_write import Posted, SqliteTransaction

T = TypeVar("T")


class Primary(Protocol):
    """Where the log is: says what comes before a transaction's own work, and keeps what that did."""

    def begin(self, catching: FollowerTransaction, patience_s: float) -> None:
        """Take the right to write, and bring the follower up to the log; then the work begins."""

    def seal(self, pieces: Sequence[FollowerTransaction], until: float) -> None:
        """Make durable what the work did, before the follower keeps it; `until` is a moment of `time.monotonic`."""

    def release(self) -> None:
        """Let go of what `begin` took, whatever came of it."""

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, as it is there."""

    def handle_within(self, digest: bytes) -> Handle | None:
        """As `handle`, in the transaction that `begin` began."""

    def expired_within(self, before: datetime) -> set[bytes]:
        """Return the digests of handles that expired before a moment, in the transaction that `begin` began."""


class Position(NamedTuple):
    """How far a follower has come: the last event with its hash, and the count of changes of vectors and marks."""

    seq: int
    hash: str
    marked: int


class FollowerSnapshot(SqliteSnapshot):
    """Reads of a follower; read handles are where the log is."""

    primary: Primary

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""
        return self.primary.handle(digest)

    def position(self) -> Position:
        """Return how far the follower has come."""
        row = self._db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        marked = self._db.execute("SELECT value FROM meta WHERE key = 'marked'").get
        return Position(row[0], row[1].hex(), marked or 0) if row else Position(0, GENESIS, marked or 0)

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of an event, or None where it is not there."""
        if not seq:
            return GENESIS
        found = self._db.execute("SELECT hash FROM event WHERE seq = ?", (seq,)).get
        return None if found is None else str(found.hex())


class FollowerTransaction(SqliteTransaction):
    """Writes of a follower: what the log must keep is noted for the primary."""

    def __init__(
        self,
        db: apsw.Connection,
        index: Indexer,
        primary: Primary,
        before: Sequence[FollowerTransaction],
        posted: Mapping[int, Posted],
    ) -> None:
        super().__init__(db, index, posted)
        self._primary = primary
        self._earlier = before
        #: The events it has appended.
        self.appended: list[Event] = []
        #: Handles kept, or forgotten (None).
        self.handles: dict[bytes, Handle | None] = {}
        #: Followers of the index that came further, with the vectors they brought.
        self.followed_by: list[tuple[str, Sequence[tuple[int, bytes]]]] = []

    def append(self, op: str, writes: Sequence[Write], at: datetime) -> Event:
        """Append one event and apply it, and note it for the primary."""
        event = super().append(op, writes, at)
        self.appended.append(event)
        return event

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""
        for piece in (self, *reversed(self._earlier)):
            if digest in piece.handles:
                return piece.handles[digest]
        return self._primary.handle_within(digest)

    def hold(self, handle: Handle) -> None:
        """Keep a read handle, in place of the one with its digest."""
        self.handles[handle.digest] = handle

    def let_go(self, before: datetime) -> int:
        """Forget the read handles that expired before a moment; return how many."""
        known: dict[bytes, Handle | None] = {}
        for piece in (*self._earlier, self):
            known |= piece.handles
        gone = self._primary.expired_within(before) - known.keys()
        gone |= {digest for digest, handle in known.items() if handle is not None and handle.expires < before}
        self.handles |= dict.fromkeys(gone)
        return len(gone)

    def follow(self, follower: str, vid: int, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of versions and note that the follower has seen every version up to `vid`."""
        super().follow(follower, vid, vectors)
        sql = "SELECT vid FROM record WHERE vid IN (SELECT value FROM json_each(?)) AND status <> 'erased'"
        left = {vid for (vid,) in self._db.execute(sql, (json.dumps([vid for vid, _ in vectors]),))}
        self.followed_by.append((follower, [one for one in vectors if one[0] in left]))

    # -- catching up -------------------------------------------------------------------------------------------

    def last(self) -> tuple[int, str]:
        """Return (seq, hash) of the last event."""
        last = self._last or self._newest_event()
        return last.seq, last.hash

    def marked(self) -> int:
        """Return up to which count changes of vectors and marks were taken in."""
        return int(self._db.execute("SELECT value FROM meta WHERE key = 'marked'").get or 0)

    def note(self, marked: int) -> None:
        """Note up to which count changes of vectors and marks were taken in."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('marked', ?)", (marked,))

    def take(self, vectors: Iterable[tuple[int, str, bytes]], marks: Iterable[tuple[str, int, int]]) -> None:
        """Take in vectors (vid, model, value) and marks (name, seq, vid) as they are."""
        self._db.executemany(
            "INSERT OR REPLACE INTO vector SELECT vid, ?, ? FROM record WHERE vid = ? AND status <> 'erased'",
            [(model, value, vid) for vid, model, value in vectors],
        )
        rows = [(name, seq, vid) for name, seq, vid in marks]
        self._db.executemany("INSERT OR REPLACE INTO follower VALUES (?, ?, ?)", rows)

    def unmark(self) -> None:
        """Take all vectors and their marks away."""
        self._db.execute("DELETE FROM vector; DELETE FROM follower WHERE name NOT LIKE 'propose:%'")

    def versions_of(self, ids: Iterable[str]) -> list[int]:
        """Return every version of these records."""
        sql = "SELECT vid FROM record WHERE id = ?"
        return [vid for id in ids for (vid,) in self._db.execute(sql, (id,))]

    def empty(self) -> None:
        """Take everything away that comes from the log; what is kept is who the space is, and its bounds."""
        self._db.execute(
            "DELETE FROM event; DELETE FROM payload; DELETE FROM follower; DELETE FROM meta WHERE key = 'marked'"
        )
        self._last = None
        self.rebuild()


class Follower(SqliteStore):
    """Keeps a copy that can be made anew; so a loss of power may take its last commits.

    Args:
        folder: The directory of the files.
        index: Makes the index entry of a record version.
        primary: Where the log is.
        busy_deadline_s, lexical: As of `SqliteStore`.
    """

    SYNC = "NORMAL"

    def __init__(
        self,
        folder: Path,
        index: Indexer,
        primary: Primary,
        *,
        busy_deadline_s: float = 30.0,
        lexical: Lexical | None = None,
    ) -> None:
        super().__init__(folder, index, busy_deadline_s=busy_deadline_s, lexical=lexical)
        self._primary = primary
        try:
            self._inode = self._path.stat().st_ino
        except FileNotFoundError:
            self.close()
            raise CorruptError(f"{self._path}: the follower was replaced by another process") from None

    @property
    def replaced(self) -> bool:
        """Whether another file is in place of the one that was opened."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def identify(self, space_id: str, secret: bytes) -> None:
        """Be the copy of a space."""
        if (self._space_id, self._secret) != (space_id, secret):
            self.local(lambda transaction: transaction.identify(space_id, secret))
            self._space_id, self._secret = space_id, secret
            if self._lexical:
                self._lexical.bind(self.folder, space_id)

    def local(self, work: Callable[[FollowerTransaction], T]) -> T:
        """Run `work` in a transaction of the follower alone."""
        with self._begun(self._deadline_s):
            try:
                transaction = self._transaction(())
                result = work(transaction)
                transaction.settle()
                self._db.execute("COMMIT")
            except BaseException:
                self._take_back()
                raise
            self._forget_erased([transaction])
            return result

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in one transaction of the primary."""
        patience_s = self._deadline_s if deadline_s is None else deadline_s
        until = time.monotonic() + patience_s
        with self._begun(patience_s):
            try:
                return self._work(works, until)
            except BaseException:
                self._take_back()
                raise
            finally:
                self._primary.release()

    def _work(self, works: Sequence[Callable[[Transaction], T]], until: float) -> list[T | Exception]:
        catching = self._transaction(())
        self._primary.begin(catching, max(0.0, until - time.monotonic()))
        catching.settle()
        done: list[SqliteTransaction] = []
        outcomes = [self._attempt(work, done, alone=False) for work in works]
        pieces = [piece for piece in done if isinstance(piece, FollowerTransaction)]
        self._primary.seal(pieces, until)
        try:
            self._db.execute("COMMIT")
        except apsw.Error:  # it is durable where the log is, and so it happened; the follower is behind
            self._take_back()
        self._forget_erased([catching, *pieces])
        return outcomes

    def _take_back(self) -> None:
        self._posted = {}
        if self._db.in_transaction:
            with suppress(apsw.Error):
                self._db.execute("ROLLBACK")

    def _forget_erased(self, pieces: Sequence[FollowerTransaction]) -> None:
        if any(piece.erased for piece in pieces):
            self._scrub_due, self._signals, self._posted = True, {}, {}

    def _transaction(self, done: Sequence[SqliteTransaction]) -> FollowerTransaction:
        before = [piece for piece in done if isinstance(piece, FollowerTransaction)]
        return FollowerTransaction(self._db, self._index, self._primary, before, self._posted)

    def _snapshot(self, db: apsw.Connection) -> FollowerSnapshot:
        made = FollowerSnapshot(db, self._signals, self._lexical)
        made.primary = self._primary
        return made

    def _connect(self) -> apsw.Connection:
        if hasattr(self, "_inode") and self.replaced:
            raise CorruptError(f"{self._path}: the follower was replaced by another process")
        return super()._connect()
