"""A space in PostgreSQL: the log is the truth there, and every server folds it into a follower on its own disk.

A write holds the follower's write lock, then the counter row of the space, in this order everywhere; what it appended
is committed in PostgreSQL first and kept by the follower after that. A read asks for the head of the log, lets the
follower catch up to it, and runs there.
"""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from ricordo.errors import CorruptError, ForeignFileError, InvalidInputError, SchemaError, StoreError, UnreachableError
from ricordo.store.base import Event, Indexer, Transaction, alone
from ricordo.store.fold import GENESIS, seal
from ricordo.store.follower import Follower, FollowerSnapshot, FollowerTransaction
from ricordo.store.followers import Followers
from ricordo.store.handle import Handle
from ricordo.store.lexical import Lexical
from ricordo.store.postgres_audit import audit
from ricordo.store.postgres_link import Connections, Interrupted, address_of, driver, lost
from ricordo.store.postgres_log import DamagedLogError, Head, Log, Told, checked, written_by
from ricordo.store.postgres_schema import prepare

if TYPE_CHECKING:
    from ricordo.store.postgres_link import Link

T = TypeVar("T")
_RETRIES = 5
_LONGEST_WAIT_S = 1.0
#: Events taken in by one transaction of the follower; further behind than this a writer does not hold the counter.
PAGE = 500
_FAR = 256
_ROUNDS = 10


class Behind(Exception):  # noqa: N818  it never leaves the store
    """The follower is too far behind to catch up while the counter is held."""


class _OfThread(threading.local):
    """The transaction that a thread is in: the connection that holds the counter, and the head it was locked at."""

    connection: Link | None = None
    head: Head


class PostgresStore:
    """Keeps a space in a PostgreSQL database, read from a follower on this machine.

    Args:
        url: The database, such as postgresql://user@host/database?space=team.
        index: Makes the index entry of a record version.
        followers: Where followers are kept.
        space: The name of the space in the database; outranks the one in the URL.
        busy_deadline_s: How long a write waits for other writers, and for a lost server to come back.
        create: Make tables and space where they are missing.
        lexical: A faster full-text index beside the follower.
        variant: Followers of another variant are kept apart: name what the index depends on.

    Raises:
        NotFoundError: There is no such space, and `create` is false.
        UnreachableError: The server can't be reached.
        MissingExtraError: psycopg is not installed.
    """

    def __init__(
        self,
        url: str,
        index: Indexer,
        followers: Followers,
        *,
        space: str | None = None,
        busy_deadline_s: float = 30.0,
        create: bool = True,
        lexical: Lexical | None = None,
        variant: str = "",
    ) -> None:
        self.address = address_of(url, space)
        self._index, self._lexical, self._deadline_s = index, lexical, busy_deadline_s
        self._connections = Connections(self.address, patience_s=busy_deadline_s)
        self._log = Log(self._connections)
        self._process, self._closed = os.getpid(), False
        self._mine = _OfThread()
        self._damaged: Follower | None = None
        self._swapping = threading.RLock()
        try:
            prepare(self._connections, create=create)
            self._head = self._found(create)
            self._place = followers.take(f"{self._head.home}-{_short(variant)}")
            self._followers = followers
            try:
                self._follower = self._opened()
            except BaseException:
                self._place.leave()
                raise
        except Interrupted as stop:
            self._connections.close()
            raise stop.error from stop.__cause__
        except BaseException:
            self._connections.close()
            raise
        self._seen = (0, GENESIS)
        self._loaded = GENESIS

    @property
    def space_id(self) -> str:
        """Opaque id of the space, made when it was created."""
        return self._head.id

    @property
    def secret(self) -> bytes:
        """Key of the digests that must not be guessed from outside the space."""
        return self._head.secret

    # -- reading -----------------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[FollowerSnapshot]:
        """Open a snapshot of the follower that holds everything acknowledged before.

        Raises:
            UnreachableError: The server can't be asked how far the log has come.
        """
        self._check_open()
        head = self._ask(self._log.head)
        for _ in range(_ROUNDS):
            follower = self._current()
            with ExitStack() as stack:
                try:
                    snapshot = stack.enter_context(follower.read())
                    assert isinstance(snapshot, FollowerSnapshot)
                    spot = snapshot.position()
                except CorruptError:
                    self._damaged = follower
                    continue
                if spot.seq >= head.seq and spot.marked >= head.marked:
                    self._check_past(snapshot, head, spot.seq)
                    with self._watching(follower):
                        yield snapshot
                    return
            self._ask(self._catch_up)
        raise StoreError(f"{self.address.shown}: the follower does not catch up with the log; try again")

    def _check_past(self, snapshot: FollowerSnapshot, head: Head, seq: int) -> None:
        """Refuse to go on where the database holds another past than the follower: a backup was put in its place."""
        seen = self._seen
        ahead = seq > head.seq and seq > self._ask(self._log.head).seq
        if (
            ahead
            or snapshot.hash_at(head.seq) != head.hash
            or (seen[0] <= seq and snapshot.hash_at(seen[0]) != seen[1])
        ):
            raise self._forked()
        self._seen = (head.seq, head.hash)
        if head.seq >= self._head.seq:
            self._head = head

    def refresh(self) -> int:
        """Bring the follower up to the log, without what was erased since; return how many events that were."""
        with self._current().read() as snapshot:
            before = snapshot.head()
        with self.read() as snapshot:
            now = snapshot.head()
        if self._follower.pending():
            self._current().scrub()
        return now - before

    # -- writing -----------------------------------------------------------------------------------------------

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work` in one transaction, when no other writer is at it."""
        return alone(self.transact_many([work], deadline_s=deadline_s))

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in one transaction, each in a savepoint of its own.

        Raises:
            UnreachableError: The server can't be reached; where it broke off in the middle of a commit and does not
                come back in time, `unknown` is true and the write may be there.
        """
        self._check_open()
        until = time.monotonic() + (self._deadline_s if deadline_s is None else deadline_s)

        def once() -> list[T | Exception]:
            while True:
                follower = self._current()
                try:
                    with self._watching(follower):
                        done = follower.transact_many(works, deadline_s=max(0.0, until - time.monotonic()))
                except Behind:
                    self._catch_up()
                    continue
                if any(isinstance(outcome, CorruptError) for outcome in done):
                    self._damaged = follower
                return done

        return self._ask(once, until)

    def begin(self, catching: FollowerTransaction, patience_s: float) -> None:
        """Take the counter of the space, and bring the follower up to the log."""
        connection = self._mine.connection = self._connections.take()
        with self._connections.translated():
            self._mine.head = self._log.lock(connection, patience_s)
            seq, digest = catching.last()
            if self._mine.head.seq - seq > _FAR:
                raise Behind
            if self._mine.head.seq > seq:
                for told in self._log.events(connection, seq, _FAR):
                    self._adopt(catching, told)
                self._check_reached(self._mine.head, *catching.last())
            elif (seq, digest) != (self._mine.head.seq, self._mine.head.hash):
                raise self._forked()
            self._take_marks(
                catching, self._mine.head, self._log.changes(connection, catching.marked(), self._mine.head.marked)
            )

    def seal(self, pieces: Sequence[FollowerTransaction], until: float) -> None:
        """Commit in PostgreSQL what the pieces have done; where the answer is lost, find out."""
        connection = self._mine.connection
        assert connection is not None
        new = written_by(pieces)
        if lost(connection) or connection.info.transaction_status != 2:  # lost, or spoilt, in the work
            raise Interrupted(UnreachableError(f"{self.address.shown}: the server broke off; try again"))
        if not new:
            with self._connections.translated():
                connection.execute("ROLLBACK")
            return
        try:
            self._log.commit(connection, self._mine.head, new)
        except driver().Error as error:
            fault = self._connections.fault(error)
            refused = not isinstance(fault, Interrupted) or error.sqlstate in ("40001", "40P01")
            if refused or not new.events:  # the server said no, or doing it twice is doing it once
                raise fault from error
            if not self._is_there(new.events[-1], until):
                raise fault from error
        self._head = self._mine.head._replace(scrub=max(new.erased.values(), default=self._mine.head.scrub))
        if new.events:
            self._head = self._head._replace(seq=new.events[-1].seq, at=new.events[-1].at, hash=new.events[-1].hash)
            self._seen = (self._head.seq, self._head.hash)

    def release(self) -> None:
        """Give back the connection of a transaction; what it did not commit is taken back."""
        connection, self._mine.connection = self._mine.connection, None
        if connection is not None:
            self._connections.give_back(connection)

    def _is_there(self, event: Event, until: float) -> bool:
        """Tell whether a commit whose answer was lost came to pass; waits for the one who may still be at it."""
        until = max(until, time.monotonic() + _LONGEST_WAIT_S)
        self._connections.forget()
        tries = 0
        while True:
            try:
                with self._own() as connection:
                    self._log.lock(connection, max(0.001, until - time.monotonic()))
                    found = self._log.holds(connection, event)
                    connection.execute("ROLLBACK")
                    return found
            except (Interrupted, StoreError) as error:
                tries += 1
                if time.monotonic() > until:
                    raise UnreachableError(
                        f"{self.address.shown}: the server broke off while the write was committed, and can't be asked "
                        "whether it was; repeat the write with the same idempotency key when the server is back",
                        unknown=True,
                    ) from error
                _pause(tries, until)

    @contextmanager
    def _own(self) -> Iterator[Link]:
        """Open a connection beside the pool."""
        connection = self._connections.connect()
        try:
            with self._connections.translated():
                yield connection
        finally:
            connection.close()

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""
        return self._ask(lambda: self._log.handle(digest))

    def handle_within(self, digest: bytes) -> Handle | None:
        """As `handle`, in the transaction that holds the counter."""
        assert self._mine.connection is not None
        with self._connections.translated():
            return self._log.handle(digest, self._mine.connection)

    def expired_within(self, before: datetime) -> set[bytes]:
        """Return the digests of handles that expired before a moment."""
        assert self._mine.connection is not None
        with self._connections.translated():
            return self._log.expired(before, self._mine.connection)

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space, with its hashes as they are.

        Raises:
            InvalidInputError: The space holds events; nothing was changed.
        """
        self._check_open()
        last: Event | None = None
        with self._unbroken(), self._connections.lent() as connection:
            if self._log.lock(connection, self._deadline_s).seq:
                raise InvalidInputError("space", "an empty one", self.address.space)
            while part := list(islice(events, PAGE)):
                self._log.insert(connection, part)
                last = part[-1]
            self._log.identify(connection, space_id, secret, seal(space_id, secret), last)
            self._loaded = last.hash if last else GENESIS
            connection.execute("COMMIT")
        self._head = self._ask(self._log.head)
        self._follower.identify(space_id, secret)
        self._ask(self._catch_up)

    # -- keeping -----------------------------------------------------------------------------------------------

    def scrub(self) -> str | None:
        """Remove the bytes of erased payloads from the tables and the follower; return why it must wait, or None.

        What PostgreSQL has written elsewhere (its log of changes, replicas, backups) is not in reach.
        """
        self._check_open()
        with suppress(Interrupted):
            self._head = self._log.head()
        mark = self._head.scrub
        if mark is not None:
            try:
                with self._own() as connection:
                    reason = self._log.vacuum(connection)
                if reason:
                    return reason
                self._log.scrubbed(mark)
            except Interrupted as stop:
                return str(stop.error)
            except StoreError as error:
                return str(error)
            self._head = self._head._replace(scrub=None)
        return self._current().scrub()

    def pending(self) -> bool:
        """Tell whether erased bytes are still waiting for `scrub`, as far as is known here."""
        return not self._closed and (self._head.scrub is not None or self._follower.pending())

    def reindex(self) -> None:
        """Rebuild the follower from the log; vectors are made anew, for every server."""
        self._check_open()

        def remake() -> None:
            with self._connections.lent() as connection:
                self._log.remake(connection, self._log.lock(connection, self._deadline_s))
                connection.execute("COMMIT")

        self._ask(remake)
        self._current().local(lambda transaction: transaction.empty())
        self._ask(self._catch_up)
        if self._lexical:
            self._lexical.scrub()

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Return (events, versions compared, first bad seq, problems): of the log, and of the follower against it."""
        self._check_open()
        if self._follower.replaced:
            self._damaged = self._follower
        try:
            events, first, problems = self._ask(lambda: audit(self._log, self._compared))
        except DamagedLogError as error:
            return self._head.seq, 0, error.seq, [str(error)]
        if problems:
            return events, 0, first, problems
        follower = self._current()
        counted, versions, bad, found = follower.verify()
        return max(events, counted), versions, bad, found

    @contextmanager
    def _compared(self) -> Iterator[FollowerSnapshot]:
        with self.read() as snapshot:
            yield snapshot

    def size(self) -> int:
        """Return the bytes of the follower's files, which hold all of the log."""
        return self._follower.size()

    def drop(self) -> None:
        """Take the space away, also from the database, where it holds nothing but what `load` took over.

        What others have put there meanwhile stays. The store can't be used afterwards.
        """
        gone = self._ask(lambda: self._log.drop(self._loaded))
        self.close()
        if gone:
            self._place.discard()

    def close(self) -> None:
        """Release every connection and the follower; the store can't be used afterwards."""
        if not self._closed:
            self._closed = True
            self._follower.close()
            self._place.leave()
            self._connections.close()
            with suppress(OSError):
                self._followers.trim()

    # -- the follower ------------------------------------------------------------------------------------------

    def _found(self, create: bool) -> Head:
        """Return the row of the space, made where it is missing."""
        found = self._log.find()
        if found is None and create:
            id, secret = secrets.token_hex(16), secrets.token_bytes(32)
            self._log.make(secrets.token_hex(16), id, secret, seal(id, secret))
            found = self._log.find()
        head = found or self._log.head()
        if head.seal != seal(head.id, head.secret):
            raise CorruptError(f"{self.address.shown}: the identity of the space was altered; restore it from a backup")
        return head

    def _opened(self) -> Follower:
        """Open the follower of this machine; one that can't be one, or has another past, is made anew."""
        for fresh in (False, True):
            try:
                if fresh:
                    self._place.discard()
                made = Follower(
                    self._place.space, self._index, self, busy_deadline_s=self._deadline_s, lexical=self._lexical
                )
            except (CorruptError, ForeignFileError, SchemaError):
                if fresh:
                    raise
                continue
            with ExitStack() as stack:
                stack.callback(made.close)
                with suppress(CorruptError):
                    if fresh or self._fits(made):
                        made.identify(self._head.id, self._head.secret)
                        stack.pop_all()
                        return made
        raise StoreError(f"{self._place.space}: the follower can't be opened; remove the folder")

    def _fits(self, follower: Follower) -> bool:
        """Tell whether a follower holds a beginning of the log."""
        with follower.read() as snapshot:
            assert isinstance(snapshot, FollowerSnapshot)
            spot = snapshot.position()
        head = self._log.head()  # after it: others may be bringing the follower forward
        return spot.seq <= head.seq and self._log.hash_at(spot.seq) == spot.hash

    def _current(self) -> Follower:
        """Return the follower; another one where its files were damaged or replaced."""
        with self._swapping:
            if self._damaged is self._follower:
                if not self._follower.replaced:
                    self._place.discard()
                self._follower.close()
                made = self._ask(self._opened)  # where that fails, the next to ask tries again
                self._damaged, self._follower = None, made
            return self._follower

    @contextmanager
    def _watching(self, follower: Follower) -> Iterator[None]:
        """Note that the files of a follower are damaged, so that the next to ask gets another."""
        try:
            yield
        except CorruptError as error:
            if not isinstance(error, DamagedLogError):
                self._damaged = follower
            raise

    def _catch_up(self) -> None:
        """Take in what the log has more, page by page, each in a transaction of the follower's own."""
        while True:
            follower = self._current()
            with self._watching(follower):
                with follower.read() as snapshot:
                    assert isinstance(snapshot, FollowerSnapshot)
                    spot = snapshot.position()
                head, page = self._ask(lambda: self._log.page(spot.seq, PAGE))  # noqa: B023
                if page:
                    follower.local(lambda transaction: self._adopt_all(transaction, page))  # noqa: B023
                if len(page) < PAGE:
                    last = page[-1].event if page else spot
                    self._check_reached(head, last.seq, last.hash)
                    if spot.marked < head.marked:
                        self._catch_up_marks(follower, head)
                    return

    @staticmethod
    def _check_reached(head: Head, seq: int, digest: str) -> None:
        """Refuse to go on where the last events of the log are gone: others would take their numbers."""
        if seq < head.seq:
            raise DamagedLogError(seq + 1, f"lacks event {seq + 1}")
        if seq == head.seq and digest != head.hash:
            raise DamagedLogError(seq, f"is damaged at event {seq}: its counter tells another hash")

    def _adopt_all(self, transaction: FollowerTransaction, page: Sequence[Told]) -> None:
        if page[0].event.seq > transaction.last()[0] + 1:  # someone has emptied the follower: from the start, then
            return
        for told in page:
            if told.event.seq > transaction.last()[0]:
                self._adopt(transaction, told)

    def _adopt(self, transaction: FollowerTransaction, told: Told) -> None:
        seq, previous = transaction.last()
        try:
            checked(told, seq + 1, previous)
        except DamagedLogError:
            if self._ask(lambda: self._log.hash_at(seq)) != previous:  # it follows another event than ours
                raise self._forked() from None
            raise
        transaction.adopt(told.event, told.header, told.bodies)

    def _catch_up_marks(self, follower: Follower, head: Head) -> None:
        def work(transaction: FollowerTransaction) -> None:
            if transaction.last()[0] < head.seq:  # someone has emptied it: vectors come after their versions
                return
            self._take_marks(transaction, head, self._log.marks(transaction.marked(), head.marked))

        follower.local(work)

    @staticmethod
    def _take_marks(transaction: FollowerTransaction, head: Head, changes: Any) -> None:
        known = transaction.marked()
        if known >= head.marked:
            return
        if known < head.remade:
            transaction.unmark()
        for part in changes:
            transaction.take(part.vectors, part.marks)
        transaction.note(head.marked)

    # -- inside ------------------------------------------------------------------------------------------------

    def _ask(self, work: Callable[[], T], until: float | None = None) -> T:
        """Do something that may be done again, a few times, where the server breaks off or stands in the way."""
        until = time.monotonic() + self._deadline_s if until is None else until
        tries = 0
        while True:
            try:
                return work()
            except (Interrupted, CorruptError) as stop:
                again = isinstance(stop, Interrupted) or self._damaged is not None
                tries += 1
                if not again or tries > _RETRIES or time.monotonic() > until:
                    raise (stop.error if isinstance(stop, Interrupted) else stop) from stop.__cause__
                _pause(tries, until)

    @staticmethod
    @contextmanager
    def _unbroken() -> Iterator[None]:
        """Say of what can't be done again that the server broke off."""
        try:
            yield
        except Interrupted as stop:
            raise stop.error from stop.__cause__

    def _forked(self) -> StoreError:
        return StoreError(
            f"{self.address.shown}: the log in the database is not the one this process has read (a backup that was "
            "restored?); open the memory again"
        )

    def _check_open(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(f"{self.address.shown}: opened before this process was forked; open it again here")
        if self._closed:
            raise StoreError(f"{self.address.shown}: this memory is closed; open it again")


def _pause(tries: int, until: float) -> None:
    """Wait a little, longer from try to try, and never past the deadline."""
    longest = min(_LONGEST_WAIT_S, 0.02 * 4**tries, max(0.0, until - time.monotonic()))
    time.sleep(random.uniform(0, longest))


def _short(variant: str) -> str:
    """Return a variant as a part of a folder's name."""
    import hashlib

    return hashlib.sha256(variant.encode()).hexdigest()[:12]
