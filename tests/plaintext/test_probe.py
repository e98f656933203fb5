"""The evidence loop: what is missing, what is asked next, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import Memory
from ricordo.errors import InvalidInputError
from ricordo.plaintext.asked import Asked, read_query
from ricordo.plaintext.probe import DISCOUNT, PROBES, Held, Probe, merged, probes
from ricordo.testing import FixedClock
from ricordo.text import Tokeniser

TOKENISER = Tokeniser()


def ask(text: str) -> Asked:
    return read_query(text, TOKENISER, datetime(2026, 5, 1, tzinfo=UTC), UTC)


def pool(*texts: str) -> list[Held]:
    return [
        Held(vid, 1.0 - vid / 100, text, frozenset(TOKENISER.index_terms(text))) for vid, text in enumerate(texts, 1)
    ]


def test_a_probe_asks_for_a_name_with_what_its_record_leaves_open() -> None:
    found = probes(
        ask("When was the director of Blue Harbour born?"), pool("Blue Harbour is by Ines Duarte."), (), TOKENISER
    )
    assert [probe.text for probe in found] == ["Ines Duarte director born"]
    assert found[0].origin == 1


def test_a_lead_is_followed_once() -> None:
    asked, held = ask("When was the director of Blue Harbour born?"), pool("Blue Harbour is by Ines Duarte.")
    assert probes(asked, held, {"ines duarte"}, TOKENISER) == []


def test_a_record_that_leaves_nothing_open_leads_nowhere() -> None:
    assert probes(ask("Who directed Blue Harbour?"), pool("Ines Duarte directed Blue Harbour."), (), TOKENISER) == []


@given(st.lists(st.text(max_size=80), max_size=8), st.text(max_size=60))
def test_a_round_is_bounded_and_asks_nothing_twice(texts: list[str], question: str) -> None:
    asked, held, tried = ask(question), pool(*texts), set[str]()
    for _ in range(30):
        following = probes(asked, held, tried, TOKENISER)
        leads = {probe.lead for probe in following}
        assert len(following) <= PROBES
        assert len(leads) == len(following)
        assert not leads & tried
        if not following:
            return
        tried |= leads


SCORES = st.dictionaries(st.integers(1, 9), st.floats(0, 5), max_size=9)


@given(SCORES, st.lists(SCORES, max_size=3), st.integers(1, 4))
def test_a_probe_only_raises_and_never_past_its_discount(
    first: dict[int, float], answers: list[dict[int, float]], round_: int
) -> None:
    probed = [(Probe(str(spot), 1, str(spot)), scores) for spot, scores in enumerate(answers)]
    top = max(first.values(), default=1.0)
    for vid, (score, _) in merged(first, probed, round_).items():
        assert first.get(vid, 0.0) < score <= top * DISCOUNT**round_ + 1e-9


@pytest.fixture
def memory() -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock())
    memory.retain("Ada Lind works for Brightwater.", ref="firm")
    memory.retain("Brightwater keeps its archive with Jonas Hale.", ref="archive")
    memory.retain("Jonas Hale lives by the canal.", ref="canal")
    memory.retain_many(
        [{"content": f"Note {number} about the weather in April.", "ref": f"w{number}"} for number in range(9)]
    )
    return memory


QUESTION = "Where does the keeper of the archive of Ada Lind's employer reside?"


def test_each_added_item_says_which_probe_found_it(memory: Memory) -> None:
    one, more = memory.recall(QUESTION, hops=1), memory.recall(QUESTION, hops=3)
    assert one.probes == ()
    assert one.rounds == 1
    assert {item.why.probe for item in one} == {None}
    found = {item.record.ref: item for item in more}
    assert found["canal"].why.probe in more.probes
    assert "Jonas Hale" in (found["canal"].why.probe or "")
    assert found["canal"].why.arms["probe"].share > 0


def test_shares_still_add_up_to_the_score(memory: Memory) -> None:
    for item in memory.recall(QUESTION, hops=4):
        assert item.score == pytest.approx(sum(arm.share for arm in item.why.arms.values()), abs=1e-5)


def test_what_stays_uncovered_is_told(memory: Memory) -> None:
    told = memory.reflect("Where does Jonas Hale keep his zeppelin?")
    assert told.evidence.uncovered == ("zeppelin",)
    assert 0 < told.coverage < 1
    assert told.answer is None
    assert memory.reflect("canal").coverage == 1.0


def test_coverage_claims_nothing_that_cannot_be_told(memory: Memory) -> None:
    """Without terms nothing is covered, with evidence or without; the day of an item is held by it."""
    nowhere = memory.reflect("???", scope="nowhere")
    assert (nowhere.coverage, len(nowhere.evidence)) == (0.0, 0)
    assert memory.reflect("the of").coverage == 0.0
    tiny = memory.reflect("canal", max_tokens=1)
    assert (tiny.coverage, len(tiny.evidence), tiny.evidence.uncovered) == (0.0, 0, ("canal",))
    day = memory.recall("canal").items[0].record.said_at
    assert memory.reflect(f"What of the canal in {day.year}?").coverage == 1.0


def test_hops_are_bounded(memory: Memory) -> None:
    for wrong in (0, 6, True, "2"):
        with pytest.raises(InvalidInputError, match="hops"):
            memory.recall("canal", hops=wrong)
        with pytest.raises(InvalidInputError, match="rounds"):
            memory.reflect("canal", rounds=wrong)
    with pytest.raises(InvalidInputError, match="question"):
        memory.reflect("  ")


def test_the_loop_stays_within_the_scope(memory: Memory) -> None:
    memory.retain("Jonas Hale lives in a secret tower.", scope="other")
    found = memory.recall(QUESTION, hops=5, scope="default", k=20)
    assert {item.record.scope for item in found} == {"default"}


def test_a_word_that_only_opens_sentences_and_who_is_spoken_to_lead_nowhere() -> None:
    text = (
        "Thanks, Gina! Hey Gina. Actually it was the Perseid's night. Porto? I like Porto on a Thursday in June 2024."
    )
    one = Held(1, 1.0, text, frozenset(TOKENISER.index_terms(text)), "Jon")
    other = Held(2, 0.9, "Nothing.", frozenset({"noth"}), "Gina")
    asked, leads = ask("When did they go camping?"), set[str]()
    while found := probes(asked, [one, other], leads, TOKENISER):
        leads |= {probe.lead for probe in found}
    assert leads == {"perseid", "porto"}


def test_a_probe_is_worth_no_more_than_the_record_that_led_to_it() -> None:
    raised = merged({1: 1.0, 2: 0.4}, [(Probe("x", 2, "x"), {3: 5.0})], 1)
    assert raised[3][0] == pytest.approx(0.4 * DISCOUNT)
