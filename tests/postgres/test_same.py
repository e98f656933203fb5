"""A memory over PostgreSQL and one over SQLite do the same and must tell the same, ties included."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from benchmarks.congruence import compare, run, state
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.congruence.test_congruence import Twins

from ricordo import Memory
from ricordo.config import resolve
from ricordo.testing import FixedClock

OPERATIONS, RECALLS = 300, 30


def test_both_stores_tell_the_same(url: str) -> None:
    """Whatever is done, both memories give the same verdicts, errors, records, scores and order."""

    class Both(Twins):
        def opened(self, side: int, clock: FixedClock) -> Memory:
            path = url if side else self.folder / "space"
            chosen = replace(resolve(), followers=str(self.folder / "followers"))
            name = secrets.token_hex(4) if side else None
            return Memory.open(path, space=name, embedder=None, clock=clock, settings=chosen)

    run_state_machine_as_test(
        Both,
        settings=settings(
            max_examples=6, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_generated_operations_tell_the_same(url: str, tmp_path: Path) -> None:
    """Some hundred operations, some dozen recalls: equal to the last digit, also by a follower that starts empty."""
    found = run(tmp_path, url, OPERATIONS, RECALLS, seed=7)
    assert (found["differing_recalls"], found["differing_recalls_of_a_new_follower"]) == ([], [])
    assert found["records_are_equal"]
    assert found["problems"] == []
    assert found["events"][0] == found["events"][1] > 100


def test_a_difference_would_be_told() -> None:
    """Two memories that differ in one record are told apart, by their records and by a recall."""
    with Memory.open(":memory:", embedder=None) as one, Memory.open(":memory:", embedder=None) as other:
        for memory in (one, other):
            memory.retain("Ada met Bob over tea.", ref="D1", at="2026-05-01T10:00Z")
        assert state(one) != state(other)  # recorded at another moment
        other.retain("Tea again.", ref="D2")
        assert compare(one, other, 7, 20)
