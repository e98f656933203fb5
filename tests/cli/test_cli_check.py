"""`ricordo check`: what it prints, and when it ends with 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from benchmarks.histories import contend
from benchmarks.protocols import Right, TwoStep
from click.testing import Result

from ricordo.testing import contention_run
from ricordo.testing.contention_run import Outcome

Run = Callable[..., Result]


def test_it_tells_what_was_found(run: Run, ask: Callable[..., Any]) -> None:
    shown = run("check", "--attempts", "60", "--writers", "2", "--records", "3", "--processes", "1")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert [line[0] for line in lines[:6]] == ["attempts", "accepted", "rejected", "unknown", "cycles", "findings"]
    assert [lines[spot][1] for spot in (0, 3, 4, 5)] == ["60", "0", "0", "0"]
    found = ask("check", "--attempts", "20", "--writers", "2", "--records", "3", "--tokens")
    assert (found["attempts"], found["cycles"], found["findings"]) == (20, 0, {})
    assert found["contest"]["tokens"]


def test_a_contest_that_is_none_is_refused(run: Run) -> None:
    assert "writers: 1 or more" in run("check", "--writers", "0", code=2).stderr


def test_it_ends_with_1_where_something_is_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a broken protocol came to is told: counts, kinds, the first cycles."""
    report = contend(TwoStep, 0)
    monkeypatch.setattr(contention_run, "run", lambda contest: Outcome(contest, report, 1.0, 0.1, 1.0))
    shown = run("check", code=1).stdout
    assert f"cycles    {len(report.cycles):>11}  {report.tangled} transactions" in shown
    assert f"  outdated  {report.found['outdated']:>9}  accepted, though" in shown
    assert "write skew (G2): " in shown


def test_no_password_is_shown(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a database is printed without it."""
    sound = contend(Right, 0)
    monkeypatch.setattr(contention_run, "run", lambda contest: Outcome(contest, sound, 1.0, 0.1, 1.0))
    found = ask("check", "--store", "postgresql://ada:secret@host:5432/memory")
    assert found["contest"]["store"] == "postgresql://ada@host:5432/memory"
