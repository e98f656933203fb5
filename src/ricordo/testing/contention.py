"""Writers that contend for a few records, and the record of what they did: the workload of `ricordo check`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ricordo.store.base import Event, Snapshot
from ricordo.testing.history import Attempt, Logged, Read, Written

_RETRIES = 3


class Answer(NamedTuple):
    """What a commit was told: outcome, and where it was accepted its event and the versions it made."""

    outcome: str
    seq: int | None = None
    writes: tuple[Written, ...] = ()


class Port(Protocol):
    """What the workload needs of a memory."""

    def read(self, record: str) -> tuple[int, str]:
        """Return the version of a record, and its content."""

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Give records a content, provided that what was read is current.

        Args:
            reads: What the commit rests on.
            puts: The records to write; all are among `reads`.
            content: Theirs to be.
            key: Idempotency key of the commit.
        """


class Load(NamedTuple):
    """What each worker does.

    Args:
        records: The records that all contend for.
        attempts: How many attempts each worker makes.
        seed: Tells what each attempt reads and writes.
        held: The share of attempts that hold their reads for a while before they commit.
        pairs: The share of attempts that write two records.
        keyed: The share of attempts that have an idempotency key, and so can be tried again when no answer came.
        lost: The share of those whose first answer is thrown away, as if it had not come.
    """

    records: Sequence[str]
    attempts: int
    seed: int = 0
    held: float = 0.25
    pairs: float = 0.1
    keyed: float = 0.02
    lost: float = 0.5


def work(
    port: Port,
    load: Load,
    worker: str,
    *,
    clock: Callable[[], int] = time.monotonic_ns,
    pause: Callable[[], object] = lambda: None,
    hold: Callable[[float], object] = lambda _: None,
) -> Iterator[Attempt]:
    """Make a worker's attempts, one after the other, and yield each when it has its answer.

    Each reads two or three records, one by one, and writes one or two of them: their content becomes the name of the
    attempt. One without an answer is tried again with the same key.

    Args:
        port: The memory.
        load: What to do.
        worker: The worker's name.
        clock: Nanoseconds; comparable between workers.
        pause: Called where others may come in between.
        hold: Called when an attempt holds its reads for a while, with how long: from 0 to 1.
    """
    rng = random.Random(f"{load.seed}/{worker}")
    for number in range(load.attempts):
        name, begin, reads = f"{worker}-{number}", clock(), []
        for record in rng.sample(load.records, min(rng.choice((2, 2, 3)), len(load.records))):
            pause()
            began = clock()
            version, content = port.read(record)
            reads.append(Read(record, version, began, content))
        if rng.random() < load.held:
            hold(rng.random())
        puts = [read.key for read in reads[: 2 if rng.random() < load.pairs else 1]]
        key = name if rng.random() < load.keyed else None
        lost = key is not None and rng.random() < load.lost
        for turn in range(1 + _RETRIES):
            pause()
            answer = port.commit(reads, puts, name, key)
            if lost and not turn:
                answer = Answer("unknown")
            id = f"{name}/{turn}" if turn else name
            yield Attempt(id, worker, begin, clock(), answer.outcome, tuple(reads), answer.writes, answer.seq, key)
            if answer.outcome != "unknown" or key is None:
                break


def log_of(snapshot: Snapshot, after: int = 0) -> Iterator[Logged]:
    """Yield the log of a space after an event as the checker wants it.

    Events that follow one another and gave one content to different records are one transaction, and have that
    content for a tag.
    """
    open_: Logged | None = None
    for event in snapshot.events(after):
        entry = _logged(event)
        if open_ is None:
            open_ = entry
        elif entry.tag is not None and entry.tag == open_.tag and not {*_keys(entry)} & {*_keys(open_)}:
            open_ = Logged(entry.seq, (*open_.writes, *entry.writes), entry.tag, open_.first or open_.seq)
        else:
            yield open_
            open_ = entry
    if open_ is not None:
        yield open_


def _keys(entry: Logged) -> list[str]:
    return [write.key for write in entry.writes]


def _logged(event: Event) -> Logged:
    writes, contents = [], set()
    for target, payload in zip(event.targets, event.payloads, strict=True):
        made: Mapping[str, Any] = {"erase": True} if payload is None else payload
        if made.get("set") or made.get("erase"):
            writes.append(Written(target.id, target.version))
            contents.add(made.get("set", {}).get("content"))
    return Logged(event.seq, tuple(writes), contents.pop() if len(contents) == 1 else None)
