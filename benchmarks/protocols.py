"""Commit protocols on a store: one that is right, and broken ones that a checker of histories must catch.

Each reads and commits as `ricordo.testing.contention.Port` says. Where a broken one leaves a gap that others can come
in by, it calls `pause`, so that a schedule can make them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from ricordo.index.entry import Indexing
from ricordo.store.base import Event, Snapshot, Store, Transaction, Visible, Write
from ricordo.store.fold import spelt
from ricordo.store.memory import MemoryStore
from ricordo.testing.contention import Answer, log_of
from ricordo.testing.history import Logged, Read, Written
from ricordo.text import Tokeniser

START = datetime(2026, 5, 1, tzinfo=UTC)
_ALL = Visible(scopes=None, now=START)
REJECTED, UNKNOWN = Answer("rejected"), Answer("unknown")


def a_store() -> Store:
    """Return an empty store that lives in this process."""
    return MemoryStore(Indexing(Tokeniser("english")))


class Right:
    """Check and write in one transaction; an idempotency key that was used tells what it wrote.

    Args:
        store: Where the records are.
        pause: Called between steps.
        seed: Tells where what may fail does.
    """

    def __init__(self, store: Store, pause: Callable[[], object] = lambda: None, seed: int = 0) -> None:
        self.store = store
        self.pause = pause
        self.random = random.Random(seed)

    def setup(self, records: Sequence[str]) -> None:
        """Make the records."""
        state = {"kind": "fact", "scope": "check", "status": "active"}
        writes = [Write(record, set={**state, "content": f"start of {record}"}) for record in records]
        self.store.transact(lambda transaction: transaction.append("retain", writes, START))

    def read(self, record: str) -> tuple[int, str]:
        """Return version and content."""
        with self.store.read() as snapshot:
            return current(snapshot, record)

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check what was read and write, in one transaction."""

        def work(transaction: Transaction) -> Answer:
            return self.written(transaction, puts, content, key) if fresh(transaction, reads) else REJECTED

        return self.store.transact(lambda transaction: self.known(transaction, key) or work(transaction))

    def known(self, transaction: Transaction, key: str | None) -> Answer | None:
        """Return what a commit with this key has written, or None."""
        found = transaction.keyed(digest(key)) if key else None
        return None if found is None else answered(next(transaction.events(found[0] - 1)))

    def written(self, transaction: Transaction, puts: Sequence[str], content: str, key: str | None) -> Answer:
        """Write, and return what is to be answered."""
        keys = [digest(key) if key else None, *[None for _ in puts[1:]]]
        writes = [Write(put, set={"content": content}, key=key) for put, key in zip(puts, keys, strict=True)]
        return answered(transaction.append("update", writes, START))

    def log(self) -> Iterator[Logged]:
        """Return what counts as the log in the end."""
        with self.store.read() as snapshot:
            yield from log_of(snapshot)


def digest(key: str) -> str:
    """Return an idempotency key as stores keep it."""
    return spelt(hashlib.sha256(key.encode()).digest())


def current(snapshot: Snapshot, record: str) -> tuple[int, str]:
    """Return version and content of a record."""
    row = snapshot.find(record, _ALL)
    return (0, "") if row is None else (row.record.version, row.record.content)


def fresh(snapshot: Snapshot, reads: Sequence[Read], only: Sequence[str] | None = None) -> bool:
    """Tell whether reads are current; with `only`, those of these records."""
    return all(current(snapshot, read.key)[0] == read.version for read in reads if only is None or read.key in only)


def answered(event: Event) -> Answer:
    """Return the answer to a commit that made an event."""
    return Answer("acked", event.seq, tuple(Written(target.id, target.version) for target in event.targets))


class Blind(Right):
    """Writes whatever was read before."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Write."""
        return self.store.transact(lambda transaction: self.written(transaction, puts, content, key))


class PrimaryOnly(Right):
    """Compares the version of the first record it writes, and of no other."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check one version and write, in one transaction."""
        return super().commit([read for read in reads if read.key == puts[0]], puts, content, key)


class NoReadSet(Right):
    """Compares the versions of what it writes, and not of what it read beside."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check the versions of what is written and write, in one transaction."""
        return super().commit([read for read in reads if read.key in puts], puts, content, key)


class TwoStep(Right):
    """Checks what was read in one transaction; compares the versions of what it writes, and writes, in another."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check, let others in, write."""
        if not self.store.transact(lambda transaction: fresh(transaction, reads)):
            return REJECTED
        self.pause()
        return super().commit([read for read in reads if read.key in puts], puts, content, key)


class LockedLate(Right):
    """Looks the versions up before it has the lock, and writes when it has it."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check on a snapshot, wait for the lock, write."""
        with self.store.read() as snapshot:
            if not fresh(snapshot, reads):
                return REJECTED
        self.pause()
        return self.store.transact(lambda transaction: self.written(transaction, puts, content, key))


class Unsynced(Right):
    """Acknowledges before what was written is durable; at the end the machine stops and the tail is gone."""

    every = 7

    def log(self) -> Iterator[Logged]:
        """Return what was durable when the machine stopped."""
        kept = list(super().log())
        return iter(kept[: (len(kept) - 1) // self.every * self.every])


class LosesAnswers(Right):
    """Right, but some answers get lost on the way, after the commit or before it; the writer tries again."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Commit over a bad line."""
        kind = self.random.random()
        if kind < 0.1:
            return UNKNOWN
        answer = super().commit(reads, puts, content, key)
        return UNKNOWN if kind < 0.3 else answer


class AppliedTwice(LosesAnswers):
    """The same line, and a server that knows no idempotency keys; a retry goes by what is current now."""

    def known(self, transaction: Transaction, key: str | None) -> Answer | None:
        """Return that nothing is known."""
        return None

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Commit over a bad line; what was tried before is read anew."""
        if content == getattr(self, "_last", None):
            reads = [Read(read.key, self.read(read.key)[0]) for read in reads]
        self._last = content
        return super().commit(reads, puts, content, key)


class LostRetry(LosesAnswers):
    """The same line, and a server that notes a key before the commit: a retry of what never came to be is answered."""

    def __init__(self, store: Store, pause: Callable[[], object] = lambda: None, seed: int = 0) -> None:
        super().__init__(store, pause, seed)
        self._noted: set[str] = set()

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Answer a key that was noted, else note it and commit over the bad line."""
        if content in self._noted:
            return Answer("acked", self._head(), tuple(Written(put, self.read(put)[0]) for put in puts))
        self._noted.add(content)
        return super().commit(reads, puts, content, key)

    def _head(self) -> int:
        with self.store.read() as snapshot:
            return snapshot.head()


class StaleFollower(Right):
    """Reads from a copy that follows the log when it comes to it; commits are checked against the log itself."""

    def __init__(self, store: Store, pause: Callable[[], object] = lambda: None, seed: int = 0) -> None:
        super().__init__(store, pause, seed)
        self._copy: dict[str, tuple[int, str]] = {}
        self._seq = 0
        self._followed: list[Logged] = []

    def read(self, record: str) -> tuple[int, str]:
        """Read from the copy, which now and then catches up first."""
        if record not in self._copy or self.random.random() < 0.5:
            self._follow()
        return self._copy[record]

    def _follow(self) -> None:
        with self.store.read() as snapshot:
            for entry in log_of(snapshot, self._seq):
                if self.sees(entry):
                    self._followed.append(entry)
                    self._copy.update({key: (version, entry.tag or "") for key, version in entry.writes})
            self._seq = snapshot.head()

    def sees(self, entry: Logged) -> bool:
        """Tell whether the copy gets to see an event at all."""
        return True


class CheckedOnFollower(StaleFollower):
    """The same copy, and commits are checked against it."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Check against the copy and write."""
        if any(self.read(read.key)[0] != read.version for read in reads):
            return REJECTED
        self.pause()
        return self.store.transact(lambda transaction: self.written(transaction, puts, content, key))


class SkippedSeq(StaleFollower):
    """A copy that asks for what is later than its last event, and so misses what became visible out of order.

    It is what is left in the end.
    """

    def sees(self, entry: Logged) -> bool:
        """Miss some events for ever; never those that made the records."""
        return entry.seq == 1 or self.random.random() > 0.1

    def log(self) -> Iterator[Logged]:
        """Return the log as the copy knows it."""
        self._follow()
        return iter(self._followed)


class Uncommitted(Right):
    """Reads show what a transaction is about to write, also when it then does not."""

    def __init__(self, store: Store, pause: Callable[[], object] = lambda: None, seed: int = 0) -> None:
        super().__init__(store, pause, seed)
        self._about: dict[str, tuple[int, str]] = {}

    def read(self, record: str) -> tuple[int, str]:
        """Return what is about to be, where something is."""
        return self._about.get(record) or super().read(record)

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Write where others see it, then check."""
        with self._shown(puts, content):
            self.pause()
        return super().commit(reads, puts, content, key)

    @contextmanager
    def _shown(self, puts: Sequence[str], content: str) -> Iterator[None]:
        self._about.update({put: (super(Uncommitted, self).read(put)[0] + 1, content) for put in puts})
        try:
            yield
        finally:
            for put in puts:
                self._about.pop(put, None)


class Forgetful(Right):
    """Rejects, and has written all the same."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Write, then check."""
        stale = not self.store.transact(lambda transaction: fresh(transaction, reads))
        answer = super().commit([], puts, content, key)
        return REJECTED if stale else answer


#: What each broken protocol must be caught by: kinds of findings, or "cycle".
BROKEN: dict[str, tuple[type[Right], tuple[str, ...]]] = {
    "two-step check": (TwoStep, ("cycle", "outdated")),
    "no read set": (NoReadSet, ("cycle", "outdated")),
    "first record only": (PrimaryOnly, ("cycle", "outdated")),
    "no check": (Blind, ("cycle", "outdated")),
    "wrong lock order": (LockedLate, ("cycle", "outdated")),
    "dropped sync": (Unsynced, ("lost",)),
    "lost retry": (LostRetry, ("lost",)),
    "retry applied twice": (AppliedTwice, ("twice",)),
    "stale follower": (StaleFollower, ("stale", "back")),
    "check on a follower": (CheckedOnFollower, ("cycle", "outdated", "stale")),
    "skipped seq": (SkippedSeq, ("gap", "lost")),
    "reads of what is not committed": (Uncommitted, ("dirty",)),
    "writes what it rejects": (Forgetful, ("refused",)),
}
