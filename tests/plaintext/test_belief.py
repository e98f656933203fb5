"""The laws of belief: who counts, what weighs, and how evidence comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from ricordo.plaintext.belief import MOST_FEEDBACK, WEIGHTS, confidence, sources_of, trend, weight
from ricordo.results import Evidence
from ricordo.types import DERIVATIONS

NOW = datetime(2026, 5, 30, tzinfo=UTC)
DAY = timedelta(days=1)
_WORDS = st.sampled_from(["Ada lives in Lisbon", "ada lives in LISBON!", "She moved there", "Lisbon it is", ""])
_PIECE = st.builds(
    Evidence,
    said_at=st.integers(0, 200).map(lambda days: NOW - days * DAY),
    speaker=st.sampled_from([None, "Ada", "ada", "Bob", "Eve"]),
    ref=st.sampled_from([None, "D1", "D2"]),
    session=st.sampled_from([None, "s1", "s2"]),
    words=_WORDS,
    record=st.sampled_from([None, None, "a", "b"]),
    derivation=st.sampled_from(DERIVATIONS),
)
_PIECES = st.lists(_PIECE, max_size=8)


def test_every_derivation_has_a_weight_that_follows_its_rank() -> None:
    assert list(WEIGHTS) == list(DERIVATIONS)
    assert sorted(WEIGHTS.values()) == list(WEIGHTS.values())


@given(_PIECES, st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_is_read_does_not_count(pieces: list[Evidence], random: object) -> None:
    shuffled = list(pieces)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(map(weight, sources_of(pieces))) == sorted(map(weight, sources_of(shuffled)))


@given(_PIECES, st.integers(0, 7))
def test_an_echo_adds_nothing(pieces: list[Evidence], which: int) -> None:
    """The same words again from the same source, later, change no count and no weight."""
    assume(which < len(pieces))
    echo = replace(pieces[which], said_at=NOW + DAY, record=None)
    assert list(map(weight, sources_of([*pieces, echo]))) == list(map(weight, sources_of(pieces)))


@given(st.integers(1, 30), st.sampled_from(DERIVATIONS))
def test_one_person_repeating_himself_never_weighs_as_much_as_two(times: int, derivation: str) -> None:
    said = [Evidence(NOW - day * DAY, "Ada", words=f"version {day}", derivation=derivation) for day in range(times)]
    (one,) = sources_of(said)
    two = sources_of([said[0], Evidence(NOW, "Bob", words="so it is", derivation=derivation)])
    assert weight(one) < sum(map(weight, two))
    assert len(two) == 2


@given(st.integers(1, 20))
def test_a_long_text_that_comes_again_word_for_word_is_a_copy(times: int) -> None:
    long, short = "the quarterly plan moves the Lisbon office to Porto in spring", "Lisbon it is"
    copies = [Evidence(NOW + day * DAY, f"person {day}", words=long) for day in range(times)]
    assert len(sources_of(copies)) == 1
    assert len(sources_of([Evidence(NOW, f"person {day}", words=short) for day in range(times)])) == times


@given(st.lists(st.sampled_from(list(WEIGHTS.values())), max_size=6), st.lists(st.just(2.0), max_size=6))
def test_confidence_rises_with_proof_and_falls_with_contradiction(proofs: list[float], against: list[float]) -> None:
    here = confidence(proofs, against, {})
    assert 0 < here < 1
    assert confidence([*proofs, 1.0], against, {}) > here > confidence(proofs, [*against, 1.0], {})
    assert confidence(proofs, against, {"used": 9}) == here
    assert confidence(proofs, proofs, {}) == 0.5


@given(st.integers(0, 200), st.integers(0, 200))
def test_feedback_is_bounded_and_harm_weighs_more(helped: int, harmed: int) -> None:
    """No number of outcomes outweighs one statement and its denial; a harm outweighs a help."""
    assert confidence([], [MOST_FEEDBACK], {"helped": helped}) <= 0.5
    assert confidence([MOST_FEEDBACK], [], {"harmed": harmed}) >= 0.5
    if helped:
        assert confidence([], [], {"helped": helped, "harmed": helped}) < 0.5


@given(st.lists(st.integers(0, 200), max_size=12))
def test_trends_follow_the_table(ages: list[int]) -> None:
    found = trend([NOW - age * DAY for age in ages], NOW)
    recent, before = sum(age < 30 for age in ages), sum(30 <= age < 120 for age in ages)
    if not recent:
        due = "stale"
    elif recent == len(ages):
        due = "new"
    else:
        ratio = (recent / 30) / (before / 90) if before else float("inf")
        due = "strengthening" if ratio > 1.5 else "weakening" if ratio < 0.5 else "stable"
    assert found == due
