"""Which runs of words a record is learnt to be asked by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.learn import heard, longest
from ricordo.store.base import Event, Target

RUNS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(" ".join), unique=True)


def events(*payloads: dict[str, Any] | None) -> list[Event]:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return [Event(seq, at, "x", (Target("r", 1, ""),), "", (body,)) for seq, body in enumerate(payloads, 1)]


def told(*asked: str, outcome: str = "used") -> dict[str, Any]:
    return {"outcome": outcome, "asked": list(asked)}


@given(RUNS)
def test_the_longest_runs_cover_all_and_none_covers_another(runs: list[str]) -> None:
    kept = longest(runs)
    assert all(any(f" {run} " in f" {one} " for one in kept) for run in runs)
    assert not any(f" {one} " in f" {other} " for one in kept for other in kept if one != other)


def test_turns_are_counted_each_once() -> None:
    assert heard(events(told("a", "b"), None, {"set": {}}, told("a", outcome="helped")), "r") == {"a": 2, "b": 1}


def test_a_harm_takes_back_what_it_overlaps() -> None:
    asked = events(told("a b", "b", "c"), told("a b", outcome="harmed"), told("c"))
    assert heard(asked, "r") == {"c": 2}


def test_what_was_undone_does_not_count_and_what_was_redone_does() -> None:
    undone = [told("a"), told("a"), {"undoes": 1}]
    assert heard(events(*undone), "r") == {"a": 1}
    assert heard(events(*undone, {"undoes": 3}), "r") == {"a": 2}
    assert heard(events(*undone, {"undoes": 3}, {"undoes": 4}), "r") == {"a": 1}
