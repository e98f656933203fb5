"""Group commit: one thread writes to a space, and takes all that waits into one transaction."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

from ricordo.errors import BusyError, DiskFullError, QueueFullError, StoreError
from ricordo.store.base import Event, Snapshot, Store, Transaction

T = TypeVar("T")
#: Pieces of work in one transaction.
MOST_PIECES = 256
#: How long a transaction waits at most for those who were in the last one, or came while it ran: they come again.
GATHER_S = 0.001
_WAITING, _RUNNING, _DONE, _DROPPED = range(4)


class _Piece:
    """One piece of work and what became of it; `settled` is held until then, `behind`: others come first."""

    __slots__ = ("behind", "caller", "deadline", "outcome", "settled", "state", "work")

    def __init__(self, work: Callable[[Transaction], Any], deadline: float) -> None:
        self.work = work
        self.caller = threading.get_ident()
        self.deadline = deadline
        self.behind = False
        self.state = _WAITING
        self.outcome: Any = None
        self.settled = threading.Lock()
        self.settled.acquire()

    def settle(self, outcome: Any) -> None:
        self.outcome, self.state = outcome, _DONE
        self.settled.release()


class GroupStore:
    """A store whose writes queue up for one thread, which commits what waits together: fair, and one sync for many.

    What a caller gets back is durable, as without it. Reads go to the store itself.

    Args:
        store: The store it stands before; closed with it.
        max_waiting: Writes that may wait at once; 0 is no bound.
        busy_deadline_s: How long a write waits for its turn.
    """

    def __init__(self, store: Store, *, max_waiting: int = 1024, busy_deadline_s: float = 30.0) -> None:
        self._store = store
        self._max_waiting = max_waiting
        self._patience_s = busy_deadline_s
        self._process = os.getpid()
        self._waiting: deque[_Piece] = deque()
        self._news = threading.Condition(threading.Lock())
        self._closing = self._running = False
        self._expected = 0
        self._last: set[int] = set()
        self._writer = threading.Thread(target=self._run, name="ricordo-writer", daemon=True)
        self._writer.start()

    # -- writing -----------------------------------------------------------------------------------------------

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work` in one transaction with what else waits, and return when that is committed.

        Raises:
            QueueFullError: Too many wait already.
            BusyError: Its turn did not come before the deadline; it was not run.
            StoreError: The store can't do its work; nothing of it was written.
        """
        if threading.current_thread() is self._writer:  # work inside of work: as the store takes it
            return self._store.transact(work, deadline_s=deadline_s)
        patience_s = self._patience_s if deadline_s is None else deadline_s
        piece = _Piece(work, time.monotonic() + patience_s)
        self._enqueue(piece)
        self._await(piece, patience_s)
        if isinstance(piece.outcome, BaseException):
            raise piece.outcome
        return cast(T, piece.outcome)

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in one transaction of their own."""
        return self._store.transact_many(works, deadline_s=deadline_s)

    def _enqueue(self, piece: _Piece) -> None:
        if os.getpid() != self._process:  # first: whoever held the lock at the fork is not here to let it go
            raise StoreError("this memory was opened before this process was forked; open it again here")
        with self._news:
            if self._closing:
                raise StoreError("this memory is closed; open it again")
            if 0 < self._max_waiting <= len(self._waiting):
                raise QueueFullError(len(self._waiting))
            piece.behind = self._running or bool(self._waiting)
            if len(self._waiting) + 1 in (1, self._expected):
                self._news.notify()  # before it waits: an interrupt in between must leave nobody waiting unheard
            self._waiting.append(piece)

    def _await(self, piece: _Piece, patience_s: float) -> None:
        """Wait until a piece is done; one that has not begun is dropped at its deadline, or on an interrupt."""
        try:
            if piece.behind and not piece.settled.acquire(timeout=min(patience_s, threading.TIMEOUT_MAX)):
                if self._drop(piece):
                    raise self._busy(patience_s)
                piece.settled.acquire()
            elif not piece.behind:
                piece.settled.acquire()
        except KeyboardInterrupt:
            if not self._drop(piece):
                piece.settled.acquire()
            raise

    def _drop(self, piece: _Piece) -> bool:
        """Take a piece out of the queue; tell whether it had not begun."""
        with self._news:
            if piece.state != _WAITING:
                return False
            piece.state = _DROPPED
            self._waiting.remove(piece)
            return True

    @staticmethod
    def _busy(patience_s: float) -> BusyError:
        return BusyError(f"other writes held the space for {patience_s:g} s; try again, or raise busy_deadline_s")

    # -- the writer --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while pieces := self._next():
            self._commit(pieces)

    def _next(self) -> list[_Piece]:
        """Return what waits, at most `MOST_PIECES`; nothing once the store is closing and all is done.

        One who writes alone is never waited for.
        """
        with self._news:
            self._running = False
            self._expected = min(len(self._last | {piece.caller for piece in self._waiting}), MOST_PIECES)
            while not self._waiting and not self._closing:
                self._news.wait()
            if 0 < len(self._waiting) < self._expected and not self._closing:
                self._news.wait(GATHER_S)
            pieces = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_PIECES))]
            for piece in pieces:
                piece.state = _RUNNING
            self._running = bool(pieces)
            self._last = {piece.caller for piece in pieces}
            return pieces

    def _commit(self, pieces: list[_Piece]) -> None:
        """Commit pieces together. Where one of them leaves no room, or ends the thread, each alone: it is told alone.

        What else fails as a whole is told to all and not tried again: it may be that something was written.
        """
        while pieces := self._in_time(pieces):
            soonest = min(piece.deadline for piece in pieces) - time.monotonic()
            try:
                outcomes = self._store.transact_many([piece.work for piece in pieces], deadline_s=max(0.0, soonest))
            except BusyError:
                for piece in pieces:
                    piece.behind = True  # others held the space: whose time is over is told so
            except BaseException as error:  # noqa: BLE001
                nothing_written = isinstance(error, DiskFullError) or not isinstance(error, Exception)
                for piece in pieces:
                    if len(pieces) > 1 and nothing_written:
                        self._commit([piece])
                    else:
                        piece.settle(error)
                return
            else:
                for piece, outcome in zip(pieces, outcomes, strict=True):
                    piece.settle(outcome)
                return

    def _in_time(self, pieces: list[_Piece]) -> list[_Piece]:
        """Return the pieces whose deadline has not passed; the others are not run."""
        now = time.monotonic()
        late = [piece for piece in pieces if piece.behind and piece.deadline <= now]
        for piece in late:
            piece.settle(self._busy(self._patience_s))
        return [piece for piece in pieces if piece not in late] if late else pieces

    def close(self) -> None:
        """Write what waits, end the thread, and close the store."""
        if os.getpid() == self._process:
            with self._news:
                self._closing = True
                self._news.notify()
            if threading.current_thread() is not self._writer:
                self._writer.join()
        self._store.close()

    # -- all else is the store's -------------------------------------------------------------------------------

    @property
    def space_id(self) -> str:
        """Opaque id of the space, made when it was created."""
        return self._store.space_id

    @property
    def secret(self) -> bytes:
        """Key of the digests that must not be guessed from outside the space."""
        return self._store.secret

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open a snapshot."""
        return self._store.read()

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space, with its hashes as they are."""
        self._store.load(events, space_id, secret)

    def scrub(self) -> str | None:
        """Remove the bytes of erased payloads from every file; return why it must wait, or None when done."""
        return self._store.scrub()

    def reindex(self) -> None:
        """Rebuild records, look-ups and indexes from the log."""
        self._store.reindex()

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Return (events, versions compared, first bad seq, problems)."""
        return self._store.verify()

    def pending(self) -> bool:
        """Tell whether erased bytes are still waiting for `scrub`."""
        return self._store.pending()

    def size(self) -> int:
        """Return the bytes the space takes."""
        return self._store.size()
