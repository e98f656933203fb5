"""The checker catches every broken protocol, under schedules that a seed tells, and nothing in the right ones."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from benchmarks.protocols import BROKEN, LosesAnswers, Right, a_store

from ricordo.testing.contention import Load, work
from ricordo.testing.history import Attempt, Report, check
from ricordo.testing.schedule import Schedule

RECORDS = tuple("abcd")
SEEDS = range(5)


def run(protocol: type[Right], seed: int, *, writers: int = 4, attempts: int = 40) -> Report:
    """Let writers contend under one schedule and check what they did."""
    schedule, store = Schedule(seed), a_store()
    port = protocol(store, schedule.pause, seed)
    port.setup(RECORDS)
    done: list[Attempt] = []
    load = Load(RECORDS, attempts, seed, keyed=1, lost=0)

    def worker(name: str) -> None:
        for attempt in work(port, load, name, clock=schedule.now, pause=schedule.pause):
            done.append(attempt)

    schedule.run([partial(worker, f"w{spot}") for spot in range(writers)])
    return check(done, port.log())


@pytest.mark.parametrize("protocol", [Right, LosesAnswers])
def test_nothing_is_found_in_a_right_protocol(protocol: type[Right]) -> None:
    """Several schedules, also with answers that get lost: accepted and rejected both, and no finding."""
    told = Counter[str]()
    for seed in SEEDS:
        report = run(protocol, seed)
        assert report.ok, (seed, report.cycles, report.findings)
        told.update(accepted=report.accepted, rejected=report.rejected)
    assert min(told.values()) > 200, told


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_protocol_is_caught(name: str) -> None:
    """By each of its marks, under every schedule."""
    protocol, marks = BROKEN[name]
    for seed in SEEDS:
        report = run(protocol, seed)
        found = {*report.found, *(["cycle"] if report.cycles else [])}
        assert set(marks) <= found, (seed, found)


def test_a_schedule_is_the_same_again() -> None:
    protocol, _ = BROKEN["two-step check"]
    assert run(protocol, 5) == run(protocol, 5)
    assert run(protocol, 5) != run(protocol, 6)
