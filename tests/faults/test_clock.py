"""A clock that is stepped a day back and forth under load: the log is ordered by seq, and nothing else hangs on it."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory, Policy, Settings
from ricordo.store.memory import MemoryStore
from ricordo.testing import FixedClock
from ricordo.testing.operations import INDEX, START

DAY = timedelta(days=1)
WRITERS, CALLS = 4, 30
QUERIES = ("green tea", "Who likes tea?", "the lamp in Porto", "writer 2", "rain and the lamp", "note 7")
_WORDS = ("green", "tea", "rain", "lamp", "Porto", "Lisbon", "purple", "office", "meeting", "train")


class StepClock(FixedClock):
    """Goes on by a second with every reading, and is stepped a day to either side now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(START, step=timedelta(seconds=1))
        self._random = random.Random(seed)
        self.steps = 0

    def now(self) -> datetime:
        """Return a time that may be a day before the last."""
        if self._random.random() < 0.3:
            self.steps += 1
            self.advance(days=self._random.choice((-1, 1)))
        return super().now()


def _item(writer: int, number: int) -> dict[str, Any]:
    draw = random.Random(f"{writer} {number}")
    text = f"Note {number} of writer {writer}: {' '.join(draw.choices(_WORDS, k=6))}."
    at = START - timedelta(minutes=draw.randrange(100_000))
    return {"content": text, "ref": f"{writer}/{number}", "at": at.isoformat(), "key": f"{writer}/{number}"}


def _opened(folder: Path, clock: FixedClock, **settings: Any) -> Memory:
    return Memory.open(folder, embedder=None, clock=clock, settings=Settings(**settings))


def _at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, list[int]]]:
    """A space that writers with stepping clocks have filled at once; by writer, the events it was told of."""
    folder = tmp_path_factory.mktemp("stepped") / "space"
    told: dict[int, list[int]] = {writer: [] for writer in range(WRITERS)}
    clocks = [StepClock(writer) for writer in range(WRITERS)]
    with ExitStack() as stack:
        memories = [stack.enter_context(_opened(folder, clock)) for clock in clocks]

        def write(writer: int) -> None:
            for number in range(CALLS):
                verdict = memories[writer].retain(**_item(writer, number))
                told[writer].append(verdict.event)
                if number % 5 == 4:  # the answer was lost: once more, on another day
                    assert memories[writer].retain(**_item(writer, number)).event == verdict.event
                if number % 7 == 6:
                    memories[writer].feedback(verdict.record.id, "helped")

        _at_once([lambda writer=writer: write(writer) for writer in range(WRITERS)])  # type: ignore[misc]
    assert all(clock.steps > 5 for clock in clocks)
    return folder, told


def _events(memory: Memory) -> list[Any]:
    with memory._engine.store.read() as snapshot:
        return list(snapshot.events())


def test_the_log_is_in_order(written: tuple[Path, dict[int, list[int]]]) -> None:
    """No seq is missing, no writer's writes change places, event time never goes back, all is sound."""
    folder, told = written
    with _opened(folder, FixedClock()) as memory:
        events = _events(memory)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert all(one.at <= other.at for one, other in pairwise(events))
        assert all(seqs == sorted(set(seqs)) for seqs in told.values())
        retained = sorted(seq for seqs in told.values() for seq in seqs)
        assert retained == [event.seq for event in events if event.op == "retain"]
        assert memory.verify().problems == ()
        reference = MemoryStore(INDEX)
        reference.load(iter(events), "space", b"secret")
        with memory._engine.store.read() as snapshot, reference.read() as copy:
            assert _digest(snapshot.dump()) == _digest(copy.dump())


def _digest(parts: Iterator[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def test_recall_is_that_of_a_steady_clock(written: tuple[Path, dict[int, list[int]]], tmp_path: Path) -> None:
    """The same writes in the same order, under a clock that only goes on, are recalled alike."""
    folder, told = written
    places = {seq: (writer, number) for writer, seqs in told.items() for number, seq in enumerate(seqs)}
    later = FixedClock(START + 10 * DAY)
    with _opened(folder, later) as stepped, _opened(tmp_path, FixedClock(START, timedelta(seconds=1))) as steady:
        ids = {}
        for event in _events(stepped):
            if event.op == "retain":
                ids[event.targets[0].id] = steady.retain(**_item(*places[event.seq])).record.id
            else:
                steady.feedback(ids[event.targets[0].id], "helped")
        steady._engine.clock.set(later.now())  # type: ignore[attr-defined]
        assert _found(stepped) == _found(steady)


def _found(memory: Memory) -> list[Any]:
    answers = [memory.recall(query, k=15) for query in QUERIES]
    listed = [record.ref for record in memory.list(limit=1000).records]
    return [listed, *([(item.record.ref, round(item.score, 9)) for item in answer] for answer in answers)]


def test_what_expires_is_asked_of_the_clock_alone(tmp_path: Path) -> None:
    """A record is left out while the clock is past its end, and only then; nothing is written by looking."""
    clock = FixedClock(START)
    with _opened(tmp_path, clock) as memory:
        memory.retain("The green tea is on sale.", expires_at=(START + timedelta(hours=6)).isoformat())
        for days, shown in ((0, True), (1, False), (-1, True), (-1, True), (2, False)):
            clock.advance(days=days)
            assert bool(memory.recall("green tea")) == shown
            assert memory.stats().seq == 1


def test_policies_and_bounds_bear_a_clock_that_steps(tmp_path: Path) -> None:
    """What was said a day ahead is not old; bounds hold at every write; a policy takes what is old, once."""
    clock = StepClock(9)
    policy = Policy("passing", kinds="context", after="7 days")
    with _opened(tmp_path, clock, max_records=20) as memory:
        old = memory.retain("The build was red.", kind="context", at=(START - 30 * DAY).isoformat(), pinned=False)
        assert memory.expire([policy]).records == {"passing": (old.record.id,)}
        for number in range(60):
            memory.retain(f"Build {number} is {number % 7}.", kind="context")
            assert memory.stats().records <= 20
            assert memory.expire([policy]).records.get("passing", ()) == ()
        assert clock.steps > 10
        assert memory.verify().problems == ()
        clock.advance(days=30)
        live = memory.stats().records
        assert len(memory.expire([policy]).records["passing"]) == live > 0
        assert memory.stats().records == 0
