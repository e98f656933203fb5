"""Fusion: scaled scores, neighbours and sessions, and an order that does not depend on chance."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.fuse import WEIGHTS, Evidence, fuse, scaled
from ricordo.store.base import Signal


def signal(vid: int, session: str | None = None, size: int = 20) -> Signal:
    return Signal(vid, vid, f"r{vid}", "s", session, None, vid, size)


def evidence(vids: int = 3, session: str | None = None, **arms: dict[int, float]) -> Evidence:
    return Evidence(arms, {vid: signal(vid, session) for vid in range(1, vids + 1)})


@given(st.dictionaries(st.integers(1, 50), st.floats(0, 1e6), min_size=1))
def test_scaling_keeps_the_order_and_ends_at_one(scores: dict[int, float]) -> None:
    found = scaled(scores, from_zero=True)
    assert max(found.values()) == 1.0
    assert all(0 <= share <= 1 for share in found.values())
    ranked = sorted(scores, key=lambda vid: scores[vid])
    assert all(found[a] <= found[b] for a, b in itertools.pairwise(ranked))


def test_a_clear_winner_of_one_arm_stays_ahead_of_what_is_middling_in_both() -> None:
    """Rank fusion with k = 60 would put 2 first."""
    found = fuse(evidence(lexical={1: 10.0, 2: 2.0, 3: 1.0}, vector={2: 0.5, 3: 0.45, 1: 0.4}))
    assert found[0].vid in (1, 2)
    alone = fuse(evidence(lexical={1: 10.0, 2: 1.0}, vector={1: 0.9, 2: 0.89, 3: 0.2}))
    assert alone[0].vid == 1


def test_lexical_alone_has_the_whole_base() -> None:
    top = fuse(evidence(lexical={1: 4.0, 2: 1.0}))[0]
    assert top.arms["lexical"] == (4.0, 1.0)


def test_a_neighbour_carries() -> None:
    around = {2: (1, None), 1: (None, 2)}
    signals = {vid: signal(vid) for vid in (1, 2, 3)}
    found = {one.vid: one for one in fuse(Evidence({"lexical": {1: 3.0, 3: 1.0}}, signals, around))}
    assert found[2].arms["before"] == (1.0, WEIGHTS["before"])
    assert found[2].score > 0


def test_a_session_lifts_its_turns() -> None:
    signals = {1: signal(1, "a"), 2: signal(2, "a"), 3: signal(3, "b"), 4: signal(4, "b")}
    found = fuse(Evidence({"lexical": {1: 3.0, 2: 2.0, 3: 2.0}}, signals, {}))
    assert [one.vid for one in found[:3]] == [1, 2, 3]


def test_equal_scores_go_to_the_one_said_last() -> None:
    assert [one.vid for one in fuse(evidence(lexical={1: 1.0, 2: 1.0, 3: 1.0}))] == [3, 2, 1]


@given(st.dictionaries(st.integers(1, 9), st.floats(0.1, 10), min_size=1))
def test_the_score_is_the_sum_of_its_shares(lexical: dict[int, float]) -> None:
    for one in fuse(evidence(9, "a", lexical=lexical)):
        assert one.score == pytest.approx(sum(share for _, share in one.arms.values()))
