"""Strict commits of a memory under contention: by schedules, threads and processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from benchmarks.histories import skew_at_once

from ricordo.config import resolve
from ricordo.engine import open_engine
from ricordo.errors import InvalidInputError, StoreError
from ricordo.memory import Memory
from ricordo.plaintext.request import View
from ricordo.store.base import Snapshot, Store, Transaction
from ricordo.testing import contention_run
from ricordo.testing.contention import Answer, Load, log_of, work
from ricordo.testing.contention_run import Contest, MemoryPort, TokenPort, opened, run
from ricordo.testing.history import Attempt, Read, check
from ricordo.testing.schedule import Schedule

_HASTY: dict[str, Any] = {"busy_deadline_s": 0.0, "embedder": "none", "lexical": "fts5", "background": False}


class Pausing:
    """A store that lets others in before each read and each transaction."""

    def __init__(self, store: Store, pause: Callable[[], object]) -> None:
        self._store = store
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self) -> AbstractContextManager[Snapshot]:
        self._pause()
        return self._store.read()

    def transact(self, *args: Any, **named: Any) -> Any:
        self._pause()
        return self._store.transact(*args, **named)


def a_memory(place: str, schedule: Schedule) -> Memory:
    """Open a memory whose store goes by a schedule."""
    nothing: dict[str, Any] = dict.fromkeys(["embedder", "reranker", "language_model", "clock", "counter", "rules"])
    engine = open_engine(place, **nothing, settings=None, create=True)
    return Memory(replace(engine, store=Pausing(engine.store, schedule.pause)), View())


@pytest.mark.parametrize("port", [MemoryPort, TokenPort])
@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_strict_commits_hold_under_every_schedule(engine: str, port: type[MemoryPort], tmp_path: Path) -> None:
    """Others come in before each transaction of each commit and read: nothing is found, and many are rejected."""
    rejected = 0
    for seed in range(3):
        schedule, done = Schedule(seed), list[Attempt]()
        with a_memory(":memory:" if engine == "memory" else str(tmp_path / str(seed)), schedule) as memory:
            ids = [memory.retain(f"start of record {spot}").record.id for spot in range(4)]
            load = Load(ids, 25, seed, keyed=0.3)

            def worker(name: str, port: MemoryPort, load: Load = load, schedule: Schedule = schedule) -> None:
                done.extend(work(port, load, name, clock=schedule.now, pause=schedule.pause))  # noqa: B023

            schedule.run([partial(worker, f"w{spot}", port(memory)) for spot in range(4)])
            with memory._engine.store.read() as snapshot:
                report = check(done, log_of(snapshot))
        assert report.ok, (seed, report)
        assert (report.attempts, report.unknown) == (100, 0)
        rejected += report.rejected
    assert 75 < rejected < 250


def test_one_of_two_that_rest_on_each_other_is_rejected(tmp_path: Path) -> None:
    """Two threads, each with the space opened for itself, have both read before either commits: none is left alone."""
    contest = Contest(str(tmp_path / "space"))
    with opened(contest) as one, opened(contest) as two:
        ids = [verdict.record.id for verdict in one.retain_many([{"content": f"on: {spot}"} for spot in range(80)])]
        pairs = list(zip(ids[::2], ids[1::2], strict=True))
        found = skew_at_once([MemoryPort(one), MemoryPort(two)], pairs)
    assert (found["pairs"], found["broken"], found["acked"], found["rejected"]) == (40, 0, 40, 40)


@pytest.mark.parametrize("tokens", [False, True])
def test_writers_in_processes_are_recorded_and_checked(tokens: bool, tmp_path: Path) -> None:
    """Every attempt is recorded; the space stays where it was asked for."""
    outcome = run(Contest(str(tmp_path / "space"), writers=3, attempts=100, records=3, processes=2, tokens=tokens))
    report = outcome.report
    assert report.ok, report
    assert (report.attempts, report.accepted + report.rejected) == (100, 100)
    assert report.transactions >= report.accepted + 3
    assert 0 < outcome.slowest_to_fastest <= 1
    with Memory.open(tmp_path / "space", create=False) as memory:
        assert memory.stats().seq >= report.accepted + 3
        assert memory.verify().ok


def test_no_space_that_is_there_is_touched(tmp_path: Path) -> None:
    """A directory with anything in it is refused, and so are numbers that make no contest."""
    (tmp_path / "mine").write_text("do not touch")
    with pytest.raises(InvalidInputError, match="store: a directory that is empty or missing"):
        run(Contest(str(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    for wrong in ({"writers": 0}, {"attempts": 0}, {"records": 1}, {"processes": 0}, {"held": 1.5}):
        with pytest.raises(InvalidInputError, match=next(iter(wrong))):
            run(Contest(**wrong))


def test_a_writer_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process says why, and the run ends."""
    monkeypatch.setenv("RICORDO_ZONE", "Europe/Lisbon")
    monkeypatch.setattr(contention_run, "_prepared", lambda contest: ["no such record", "nor this"])
    with pytest.raises(StoreError, match="ended early"):
        run(Contest(str(tmp_path / "space"), writers=1, attempts=2, processes=1))


def test_a_busy_space_tells_nothing_of_a_commit_with_a_key(tmp_path: Path) -> None:
    """It may be in the log from a try before; one without a key was tried once, and not run."""
    with opened(Contest(str(tmp_path))) as other, Memory.open(tmp_path, settings=resolve(_HASTY)) as memory:
        id, port = memory.retain("start of record 0").record.id, MemoryPort(memory)
        for key, outcome in ((None, "rejected"), ("k", "unknown")):
            commit = partial(port.commit, [Read(id, 1)], [id], "a", key)
            assert other._engine.store.transact(partial(_during, commit)).outcome == outcome


def _during(commit: Callable[[], Answer], _: Transaction) -> Answer:
    return commit()
