"""Writers that contend for a few records, and the record of what they did: the workload of `ricordo check`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from ricordo.store.base import Snapshot
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

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str) -> Answer:
        """Give records a content, provided that what was read is current.

        Args:
            reads: What the commit rests on.
            puts: The records to write; all are among `reads`.
            content: Theirs to be; also the idempotency key of the commit.
        """


class Load(NamedTuple):
    """What each worker does.

    Args:
        records: The records that all contend for.
        attempts: How many attempts each worker makes.
        seed: Tells what each attempt reads and writes.
        held: The share of attempts that hold their reads for a while before they commit.
        pairs: The share of attempts that write two records.
    """

    records: Sequence[str]
    attempts: int
    seed: int = 0
    held: float = 0.25
    pairs: float = 0.1


def work(
    port: Port,
    load: Load,
    worker: str,
    *,
    clock: Callable[[], int] = time.monotonic_ns,
    pause: Callable[[], object] = lambda: None,
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
    """
    rng = random.Random(f"{load.seed}/{worker}")
    for number in range(load.attempts):
        name = f"{worker}-{number}"
        begin = clock()
        reads = []
        for record in rng.sample(load.records, min(rng.choice((2, 2, 3)), len(load.records))):
            pause()
            began = clock()
            version, content = port.read(record)
            reads.append(Read(record, version, began, content))
        if rng.random() < load.held:
            for _ in range(rng.randint(1, 8)):
                pause()
        puts = [read.key for read in reads[: 2 if rng.random() < load.pairs else 1]]
        for turn in range(1 + _RETRIES):
            pause()
            answer = port.commit(reads, puts, name)
            key = name if turn else None
            id = f"{name}/{turn}" if turn else name
            yield Attempt(id, worker, begin, clock(), answer.outcome, tuple(reads), answer.writes, answer.seq, key)
            if answer.outcome != "unknown":
                break


def log_of(snapshot: Snapshot) -> Iterator[Logged]:
    """Yield the log of a space as the checker wants it: an event that gave one content is tagged with it."""
    for event in snapshot.events():
        writes, contents = [], set()
        for target, payload in zip(event.targets, event.payloads, strict=True):
            made = {"erase": True} if payload is None else payload
            if made.get("set") or made.get("erase"):
                writes.append(Written(target.id, target.version))
                contents.add(made.get("set", {}).get("content"))
        yield Logged(event.seq, tuple(writes), contents.pop() if len(contents) == 1 else None)
