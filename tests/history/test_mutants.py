"""The checker catches every broken protocol, under schedules that a seed tells, and nothing in the right ones."""

from __future__ import annotations

from collections import Counter

import pytest
from benchmarks.histories import SKEWED, contend, skew_by_schedule
from benchmarks.protocols import BROKEN, LosesAnswers, Right

SEEDS = range(3)


@pytest.mark.parametrize("protocol", [Right, LosesAnswers])
def test_nothing_is_found_in_a_right_protocol(protocol: type[Right]) -> None:
    """Several schedules, also with answers that get lost: accepted and rejected both, and no finding."""
    told = Counter[str]()
    for seed in SEEDS:
        report = contend(protocol, seed)
        assert report.ok, (seed, report.cycles, report.findings)
        told.update(accepted=report.accepted, rejected=report.rejected)
    assert min(told.values()) > 120, told


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_protocol_is_caught(name: str) -> None:
    """By each of its marks, under every schedule."""
    protocol, marks = BROKEN[name]
    for seed in SEEDS:
        report = contend(protocol, seed)
        found = {*report.found, *(["cycle"] if report.cycles else [])}
        assert set(marks) <= found, (seed, found)


def test_a_schedule_is_the_same_again() -> None:
    protocol, _ = BROKEN["two-step check"]
    assert contend(protocol, 5) == contend(protocol, 5)
    assert contend(protocol, 5) != contend(protocol, 6)


def test_only_a_check_with_the_write_keeps_a_constraint_over_two_records() -> None:
    """Of 100 pairs under each schedule, the right protocol breaks none, and the others break some."""
    for seed in range(3):
        assert skew_by_schedule(Right, 100, seed) == 0
        for name in SKEWED:
            assert skew_by_schedule(BROKEN[name][0], 100, seed) > 10, name
