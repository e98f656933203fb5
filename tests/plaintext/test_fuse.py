"""Fusion: scaled scores, neighbours and sessions, and an order that does not depend on chance."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.fuse import WEIGHTS, Evidence, base, fuse, scaled
from ricordo.store.base import Signal


def signal(vid: int, session: str | None = None, size: int = 20, asks: bool = False) -> Signal:
    return Signal(vid, vid, f"r{vid}", "s", session, None, vid, size, asks=int(asks))


def evidence(
    vids: int = 3,
    session: str | None = None,
    lexical: dict[int, float] | None = None,
    vector: dict[int, float] | None = None,
    **arms: dict[int, float],
) -> Evidence:
    signals = {vid: signal(vid, session) for vid in range(1, vids + 1)}
    return Evidence(base(lexical or {}, vector or {}, signals), arms, signals)


def talk(
    lexical: dict[int, float], signals: dict[int, Signal], around: dict[int, tuple[int | None, int | None]]
) -> Evidence:
    return Evidence(base(lexical, {}, signals), {}, signals, around)


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


def test_a_neighbour_carries_and_the_one_behind_it_half_as_much() -> None:
    around = {1: (None, 2), 2: (1, 3), 3: (2, None)}
    signals = {vid: signal(vid) for vid in (1, 2, 3, 4)}
    found = {one.vid: one for one in fuse(talk({1: 3.0, 4: 1.0}, signals, around))}
    assert found[2].arms["before"] == (1.0, WEIGHTS["before"])
    assert found[3].arms["before"] == (0.5, WEIGHTS["before"] / 2)
    assert found[2].score > found[3].score > 0


def test_what_follows_a_question_is_taken_for_its_answer() -> None:
    around = {1: (None, 2), 2: (1, None), 3: (None, 4), 4: (3, None)}
    signals = {1: signal(1, asks=True), 2: signal(2), 3: signal(3), 4: signal(4)}
    found = {one.vid: one for one in fuse(talk({1: 3.0, 3: 3.0}, signals, around))}
    assert found[2].arms["reply"] == (1.0, WEIGHTS["reply"])
    assert "reply" not in found[4].arms
    assert found[2].score - found[4].score == pytest.approx(WEIGHTS["reply"])


def test_a_turn_that_asks_tells_less() -> None:
    signals = {1: signal(1, "a", asks=True), 2: signal(2, "b"), 3: signal(3, asks=True)}
    found = {one.vid: one for one in fuse(talk({1: 3.0, 2: 3.0, 3: 3.0}, signals, {}))}
    assert found[2].score - found[1].score == pytest.approx(-WEIGHTS["asks"])
    assert "asks" not in found[3].arms, "a document may ask what it likes"


def test_a_session_lifts_its_turns() -> None:
    signals = {1: signal(1, "a"), 2: signal(2, "a"), 3: signal(3, "b"), 4: signal(4, "b")}
    found = fuse(talk({1: 3.0, 2: 2.0, 3: 2.0}, signals, {}))
    assert [one.vid for one in found[:3]] == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0.1, 20)), min_size=1, max_size=30))
def test_turns_are_scored_as_bm25_with_their_own_length_norm_would(drawn: list[tuple[int, float]]) -> None:
    """For terms that stand once: the engine's score, times a constant, is turned into that of k1 .8 and b .4."""
    mean = sum(size + 5 for size, _ in drawn) / len(drawn)

    def bm25(size: int, weight: float, k1: float, b: float) -> float:
        return weight * (k1 + 1) / (1 + k1 * (1 - b + b * (size + 5) / mean))

    signals = {vid: signal(vid, "a", size) for vid, (size, _) in enumerate(drawn)}
    found = base({vid: bm25(size, weight, 1.2, 0.75) for vid, (size, weight) in enumerate(drawn)}, {}, signals)
    wanted = [bm25(size, weight, 0.8, 0.4) for size, weight in drawn]
    for vid, score in enumerate(wanted):
        assert found[vid]["lexical"][1] == pytest.approx(score / max(wanted))


def test_what_the_vector_index_has_not_seen_is_not_held_back() -> None:
    signals = {vid: signal(vid) for vid in (1, 2, 3)}
    found = base({1: 4.0, 3: 4.0}, {1: 0.9, 2: 0.3}, signals, embedded_to=2)
    assert sum(share for _, share in found[3].values()) == pytest.approx(1.0)
    assert sum(share for _, share in found[1].values()) == pytest.approx(1.0)


def test_equal_scores_go_to_the_one_said_last() -> None:
    assert [one.vid for one in fuse(evidence(lexical={1: 1.0, 2: 1.0, 3: 1.0}))] == [3, 2, 1]


@given(st.dictionaries(st.integers(1, 9), st.floats(0.1, 10), min_size=1))
def test_the_score_is_the_sum_of_its_shares(lexical: dict[int, float]) -> None:
    for one in fuse(evidence(9, "a", lexical=lexical)):
        assert one.score == pytest.approx(sum(share for _, share in one.arms.values()))
