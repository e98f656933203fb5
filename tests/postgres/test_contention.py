"""Strict commits on PostgreSQL under contention: recorded by processes, and held against the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.histories import skew_at_once

from ricordo.errors import InvalidInputError
from ricordo.testing.contention_run import Contest, MemoryPort, opened, run


@pytest.fixture(autouse=True)
def followers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_FOLLOWERS", str(tmp_path / "followers"))


@pytest.mark.parametrize("group", [False, True])
def test_writers_in_processes_are_recorded_and_checked(group: bool, url: str) -> None:
    """In a space of its own, which stays; a space with anything in it is refused."""
    outcome = run(Contest(url, writers=4, attempts=120, records=3, processes=2, group=group))
    report = outcome.report
    assert report.ok, report
    assert (report.attempts, report.accepted + report.rejected) == (120, 120)
    assert report.rejected > 12
    assert (outcome.contest.space or "").startswith("check-")
    with pytest.raises(InvalidInputError, match="space: a space with nothing in it"):
        run(Contest(url, attempts=1, space=outcome.contest.space))


def test_one_of_two_that_rest_on_each_other_is_rejected(url: str) -> None:
    """Two memories that have both read before either commits: no pair is left with nobody on duty."""
    contest = Contest(url, space="duty")
    with opened(contest) as one, opened(contest) as two:
        ids = [verdict.record.id for verdict in one.retain_many([{"content": f"on: {spot}"} for spot in range(40)])]
        pairs = list(zip(ids[::2], ids[1::2], strict=True))
        found = skew_at_once([MemoryPort(one), MemoryPort(two)], pairs)
    assert (found["pairs"], found["broken"], found["acked"], found["rejected"]) == (20, 0, 20, 20)
