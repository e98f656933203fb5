"""What is put together, and what is not: laws of the planners and of the extractive summary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.regions import LONGEST, LOW, MOST_TURNS, Turn, exchange, exchanges, near_duplicates, turns
from ricordo.plaintext.summary import Quote, summarise
from ricordo.testing import a_record
from ricordo.text import Tokeniser
from ricordo.types import Record

TERMS = Tokeniser().index_terms
WORDS = ("Lisbon", "beagle", "kiln", "thanks", "great", "so", "the", "marathon", "2026", "Clara", "sure", "why")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(lambda words: f"{' '.join(words)}.")
said = st.tuples(texts, st.sampled_from(["Ada", "Bob"]), st.sampled_from([True, True, True, False]), st.booleans())
sessions = st.lists(said, max_size=14)


def session(parts: list[tuple[str, str, bool, bool]]) -> list[Turn]:
    records = [
        a_record(
            id=f"t{spot}",
            content=text.replace(".", "?") if asks else text,
            kind="observation",
            speaker=who,
            session="s1",
            scope="a",
        )
        for spot, (text, who, _, asks) in enumerate(parts)
    ]
    free = {record.id: part[2] for record, part in zip(records, parts, strict=True)}
    return turns(records, lambda record: free[record.id], TERMS)


@given(sessions)
def test_exchanges_are_neighbours_and_bounded(parts: list[tuple[str, str, bool, bool]]) -> None:
    order = session(parts)
    groups = exchanges(order)
    placed = [spot for group in groups for spot in group]
    assert len(placed) == len(set(placed))
    for group in groups:
        assert group == list(range(group[0], group[-1] + 1))
        assert 2 <= len(group) <= MOST_TURNS
        assert sum(len(order[spot].record.content) for spot in group) <= LONGEST
        assert all(order[spot].free for spot in group)
        assert any(order[spot].worth <= LOW for spot in group)


@given(sessions, st.integers(0, 20))
def test_a_plan_goes_on_where_it_was_cut_off(parts: list[tuple[str, str, bool, bool]], done: int) -> None:
    """With any of the exchanges made already, the others come out the same."""
    order = session(parts)
    groups = exchanges(order)
    made = {spot for group in groups[: done % (len(groups) + 1)] for spot in group}
    left = [Turn(turn.record, turn.worth, turn.free and spot not in made) for spot, turn in enumerate(order)]
    assert exchanges(left) == [group for group in groups if not made & set(group)]


@given(sessions)
def test_an_exchange_quotes_every_turn_under_its_name(parts: list[tuple[str, str, bool, bool]]) -> None:
    order = session(parts)
    for group in exchanges(order):
        draft = exchange([order[spot] for spot in group])
        lines = draft.fields["content"].split("\n")
        assert lines == [f"{one.speaker}: {one.content}" for one in draft.members]
        assert [link.target for link in draft.fields["links"]] == [one.id for one in draft.members]
        assert draft.fields["speaker"] in {one.speaker for one in draft.members}


def fact(id: str, **given: object) -> Record:
    return a_record(id=id, content="Ada likes tea.", **given)  # type: ignore[arg-type]


def test_the_best_supported_stands_for_all() -> None:
    (draft,) = near_duplicates([fact("a", derivation="inferred"), fact("b"), fact("c", derivation="imported")])
    assert draft.kept is not None
    assert (draft.kept.id, [one.id for one in draft.retired]) == ("b", ["a", "c"])


def test_what_is_fixed_is_not_merged() -> None:
    for bad in ({"pinned": True}, {"user_edited": True}, {"kind": "event"}, {"status": "superseded"}):
        assert list(near_duplicates([fact("a"), fact("b", **bad)])) == []


def test_states_of_other_times_are_not_merged() -> None:
    slot = {"subject": "Ada", "attribute": "home", "value": "Porto"}
    first, again = fact("a", at="2020-01-01", **slot), fact("b", at="2024-01-01", **slot)
    assert list(near_duplicates([first, again])) == []


# -- summaries

sources = st.lists(st.lists(texts, min_size=1, max_size=4).map(" ".join), max_size=6)


@given(sources, st.integers(0, 400))
def test_a_summary_is_made_of_sentences_of_its_sources(told: list[str], most: int) -> None:
    quotes = summarise(told, TERMS, len, most=most)
    for quote in quotes:
        assert told[quote.source][quote.begin : quote.end].strip() == quote.text
    assert sum(len(quote.text) for quote in quotes) <= most
    places = [(quote.source, quote.begin) for quote in quotes]
    assert places == sorted(set(places))
    assert quotes == summarise(told, TERMS, len, most=most)


def test_a_summary_says_each_thing_once_and_prefers_what_tells() -> None:
    told = [
        "Ada moved to Lisbon in May 2026.",
        "Ada moved to Lisbon in May 2026.",
        "We talked and talked about things.",
    ]
    (quote,) = summarise(told, TERMS, len, most=40)
    assert quote == Quote(0, 0, 32, "Ada moved to Lisbon in May 2026.")
