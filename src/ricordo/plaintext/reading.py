"""What a reader was given, so that a commit can tell whether it still holds: versions, scopes, the time."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol

from ricordo.errors import InvalidInputError, NotFoundError, ReadTokenError
from ricordo.store.base import Snapshot, Store, Transaction
from ricordo.store.handle import Handle

#: Records that one handle remembers at most.
MOST_READS = 10_000
#: How long a read token may last.
LONGEST_S = 30 * 86_400
_PREFIX = "rt_"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was delivered.

    Args:
        reads: Version of each record by id; 0 where there was none.
        seq: The log as it was at the first look into a scope.
        scopes: Scopes that were looked in; None is every scope.
    """

    reads: Mapping[str, int] = field(default_factory=dict)
    seq: int = 0
    scopes: tuple[str, ...] | None = ()


def joined(before: Seen, more: Seen) -> Seen:
    """Return both: of a record that was delivered twice the older version, of two looks the earlier moment.

    >>> joined(Seen({"a": 3}, 9, ("team",)), Seen({"a": 4, "b": 0}, 7, ("user:ada",)))
    Seen(reads={'a': 3, 'b': 0}, seq=7, scopes=('team', 'user:ada'))
    """
    reads = dict(before.reads)
    for id, version in more.reads.items():
        reads[id] = min(version, reads.get(id, version))
    looks = [part.seq for part in (before, more) if part.scopes != ()]
    if before.scopes is None or more.scopes is None:
        return Seen(reads, min(looks), None)
    return Seen(reads, min(looks, default=0), tuple(sorted({*before.scopes, *more.scopes})))


def stale(snapshot: Snapshot, seen: Seen, scopes: tuple[str, ...] | None) -> dict[str, tuple[int, int]]:
    """Return the records that are not as they were delivered, by id: the version delivered, and that of now.

    Args:
        snapshot: Where to look.
        seen: What was delivered.
        scopes: What the committer may read: what lies elsewhere is not there.
    """
    now = snapshot.versions(seen.reads, scopes)
    return {id: (version, now.get(id, 0)) for id, version in seen.reads.items() if now.get(id, 0) != version}


def moved(snapshot: Snapshot, seen: Seen) -> int | None:
    """Return the first event since that touched a scope which was looked in, or None."""
    return None if seen.scopes == () else snapshot.touched(seen.seq, seen.scopes)


def advanced(transaction: Transaction, seen: Seen, before: int) -> Seen:
    """Return what was delivered with the records that a commit wrote at the versions it left.

    Args:
        transaction: The commit; `seen` was checked and held in it.
        seen: What was delivered.
        before: The `seq` before the commit's own events.
    """
    reads = dict(seen.reads)
    for event in transaction.events(before):
        reads |= {target.id: target.version for target in event.targets if target.id in reads}
    first = moved(transaction, seen)
    alone = first is None or first > before  # nothing but the commit itself touched what was looked in
    return Seen(reads, transaction.head() if alone else seen.seq, seen.scopes)


# -- tokens ------------------------------------------------------------------------------------------------------------


def new_token() -> str:
    """Return the text of a read token: nobody can guess it."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str, secret: bytes) -> bytes:
    """Return what a store keeps of a token."""
    if not isinstance(token, str):
        raise InvalidInputError("read_token", "what read_token() returned", token)
    return hashlib.blake2b(token.encode("utf-8", "replace"), key=secret, digest_size=32).digest()


def usable(handle: Handle | None, principal: str, now: datetime) -> Handle:
    """Return a handle that may be used, or raise ReadTokenError; one answer for "unknown" and "another's"."""
    if handle is None or handle.principal != principal:
        raise ReadTokenError("no such token is known here: it was made elsewhere, or has expired")
    if handle.expires <= now:
        raise ReadTokenError(f"the token expired at {handle.expires.isoformat(timespec='seconds')}")
    return handle


def seen_by(handle: Handle) -> Seen:
    """Return what was delivered under a handle."""
    return Seen(handle.reads, handle.seq, handle.scopes)


def with_seen(handle: Handle, seen: Seen) -> Handle:
    """Return a handle that remembers what was delivered.

    Raises:
        ReadTokenError: It would be more than one handle may remember.
    """
    if len(seen.reads) > MOST_READS:
        raise ReadTokenError(f"the token has delivered {MOST_READS} records, more are not remembered")
    return replace(handle, seq=seen.seq, reads=seen.reads, scopes=seen.scopes)


# -- noting what a read delivers ---------------------------------------------------------------------------------------


class Keeper(Protocol):
    """Remembers what was delivered."""

    def check(self, snapshot: Snapshot) -> None:
        """Refuse to go on where nothing could be remembered."""

    def keep(self, seen: Seen) -> None:
        """Remember it; it is kept when this returns."""


class InProcess:
    """Remembers what one attempt was given, in this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seen = Seen()

    def check(self, snapshot: Snapshot) -> None:
        """Nothing stands against it."""

    def keep(self, seen: Seen) -> None:
        """Remember it."""
        with self._lock:
            self.seen = joined(self.seen, seen)


@dataclass(frozen=True, slots=True)
class Durable:
    """Remembers in the store what was delivered under a token.

    Args:
        store: The space.
        digest: Of the token.
        principal: Who reads.
        now: Tells the present moment.
    """

    store: Store
    digest: bytes
    principal: str
    now: Callable[[], datetime]

    def check(self, snapshot: Snapshot) -> None:
        """Raise ReadTokenError where the token can't be used."""
        usable(snapshot.handle(self.digest), self.principal, self.now())

    def keep(self, seen: Seen) -> None:
        """Remember it, durably; costs a transaction only where it is news."""
        with self.store.read() as snapshot:
            known = seen_by(usable(snapshot.handle(self.digest), self.principal, self.now()))
        if joined(known, seen) != known:
            self.store.transact(lambda transaction: self._hold(transaction, seen))

    def _hold(self, transaction: Transaction, seen: Seen) -> None:
        handle = usable(transaction.handle(self.digest), self.principal, self.now())
        transaction.hold(with_seen(handle, joined(seen_by(handle), seen)))


class Note:
    """Gathers what one call delivers, and has it kept when the call ends well, or finds nothing.

    Args:
        keepers: What remembers it; none where nobody asked for that.
        scopes: What the reader may read.
    """

    __slots__ = ("_keepers", "_scopes", "_seen", "_seq")

    def __init__(self, keepers: Sequence[Keeper], scopes: tuple[str, ...] | None) -> None:
        self._keepers = keepers
        self._scopes = scopes
        self._seen: Seen | None = None
        self._seq = 0

    def begin(self, snapshot: Snapshot) -> None:
        """Say what is read from, before anything is; once a call."""
        for keeper in self._keepers:
            keeper.check(snapshot)
        if self._keepers:
            self._seq = snapshot.head()

    def took(self, snapshot: Snapshot, ids: Collection[str], looked: tuple[str, ...] | None) -> None:
        """Say what is delivered: records, also those that are not there, and the scopes that were looked in."""
        if self._keepers:
            now = snapshot.versions(ids, self._scopes)
            self._seen = Seen({id: now.get(id, 0) for id in ids}, self._seq, looked)

    def __enter__(self) -> Note:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        found = error is None or isinstance(error, NotFoundError)
        if self._seen is not None and found:
            for keeper in self._keepers:
                keeper.keep(self._seen)
