"""Where the parts meet: states told by texts, edits, bounds, undo, links and erasure in one space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ricordo import InvalidInputError, Memory
from ricordo.config import resolve
from ricordo.testing import FixedClock


@pytest.fixture(params=["memory", "sqlite"])
def bounded(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Memory]:
    """A memory with a bound on, and states read."""
    location = ":memory:" if request.param == "memory" else tmp_path / "space"
    settings = replace(resolve(), max_records=25)
    with Memory.open(location, embedder=None, clock=clock, settings=settings) as opened:
        yield opened


def test_an_edited_state_whose_evidence_goes_keeps_its_place(bounded: Memory) -> None:
    """What a person edited stands without evidence, also in the order of eviction."""
    verdict = bounded.retain("Bob is 21.", speaker="Ada")
    state = verdict.states[0].record.id
    bounded.update(state, valid_from="2025-01-01")
    bounded.forget(verdict.record.id)
    assert bounded.get(state).status == "active"
    assert bounded.verify().ok
    for number in range(30):
        bounded.retain(f"Note {number} on tea.")
    assert bounded.get(state).status == "active"
    before = [record.id for record in bounded.list(limit=100).records]
    bounded.reindex()
    assert [record.id for record in bounded.list(limit=100).records] == before
    assert bounded.verify().ok


def test_undo_of_an_edit_puts_no_second_state_into_a_slot(memory: Memory) -> None:
    """A record that was taken out of its slot does not come back into it beside the one that has it now."""
    slot = {"subject": "Ada", "attribute": "manager"}
    first = memory.retain("Bob manages Ada.", **slot, value="Bob").record.id
    edit = memory.update(first, subject=None, attribute=None, value=None).event
    second = memory.retain("Eve manages Ada.", **slot, value="Eve").record.id
    with pytest.raises(InvalidInputError, match="changed since"):
        memory.undo(edit)
    assert [one.id for one in memory.list(filters={"subject": "Ada"}).records] == [second]
    memory.forget(second)
    memory.undo(edit)
    assert [one.id for one in memory.list(filters={"subject": "Ada"}).records] == [first]


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("Ada lives in Paris until June 2026.", "Ada lives in Paris until July 2026."),
        ("Ada works at Acme since 2019.", "Ada works at Acme since 2020."),
    ],
)
def test_another_time_is_no_repetition(first: str, later: str, memory: Memory) -> None:
    """The same value with another date is an update: it is not counted as evidence of the earlier one."""
    memory.retain(first)
    verdict = memory.retain(later)
    assert (verdict.action, verdict.rule) == ("superseded", "slot.later")
    assert [one.content for one in memory.list().records] == [later]
    assert memory.retain(later, ref="again").action == "reinforced"


@pytest.mark.parametrize(
    "text", ["Ada likes tea, not coffee.", "Ada prefers tea over coffee.", "Ada lives in Porto, not Lisbon."]
)
def test_what_a_text_turns_down_was_never_so(text: str, memory: Memory) -> None:
    """No past state is made up of a value that a text only denies."""
    memory.retain(text)
    assert memory.list(filters={"status": "superseded"}).records == ()
    assert [one.content for one in memory.list().records] == [text]


def test_a_state_that_returns_is_no_echo(memory: Memory) -> None:
    """What nobody is named for is news where it tells a state that was superseded; where that stands, it is none."""
    for number, text in enumerate(("Bob works at Acme.", "Bob works at Beta.")):
        memory.retain(text, speaker="Ada", at=f"2026-01-0{number + 1}")
    assert memory.retain("Bob works at Beta.").rule == "echo"
    assert memory.retain("Bob works at Acme.", speaker="assistant").rule == "echo"
    verdict = memory.retain("Bob works at Acme.")
    assert (verdict.action, verdict.rule) == ("superseded", "slot.later")
    assert [line.values for line in memory.profile("Bob").lines] == [("Acme",)]


def test_a_state_told_by_an_edited_text_goes_with_it(memory: Memory) -> None:
    """The edit is of the text: what it tells rests on that alone."""
    text = memory.retain("It rained.", speaker="Bob").record.id
    memory.update(text, content="I live in Lisbon now.")
    (state,) = memory.list(filters={"subject": "Bob"}).records
    assert state.derivation == "corrected"
    assert memory.forget(text).unsupported == (state.id,)
    assert memory.list().records == ()


def test_what_happened_before_takes_no_later_state_away(memory: Memory) -> None:
    """An old move that is told late is history, whenever it is told."""
    memory.retain("I moved to Faro in April 2024.", speaker="Ada")
    late = memory.retain("I moved to Porto in 2020.", speaker="Ada")
    assert [state.rule for state in late.states] == ["slot.past"]
    assert memory.retain("Bob joined Acme in 2024.").action == "added"
    assert memory.retain("Bob joined Beta in 2019.").rule == "slot.past"
    assert [one.value for one in memory.list(filters={"subject": ["Ada", "Bob"]}).records] == ["Faro", "Acme"]


def test_what_happened_lately_is_so_now(memory: Memory) -> None:
    """A move of last week ends a state of which only is known that it was said; not one that began after the move."""
    memory.retain("I live in Porto.", speaker="Ada", at="2026-06-10T10:00Z")
    moved = memory.retain("I moved to Faro last week.", speaker="Ada", at="2026-06-11T10:00Z")
    assert [state.rule for state in moved.states] == ["slot.later"]
    memory.retain("I moved to Braga yesterday.", speaker="Bob", at="2026-06-11T10:00Z")
    before = memory.retain("I moved to Faro last week.", speaker="Bob", at="2026-06-12T10:00Z")
    assert [state.rule for state in before.states] == ["slot.past"]


def test_a_list_that_is_sent_again_brings_nothing_old_back_as_news(memory: Memory) -> None:
    """What was erased from a conversation and comes with it again was said where it stands, not now."""
    said = [{"role": "user", "content": text} for text in ("I live in Lisbon.", "I moved to Faro.", "Bye.")]
    first = memory.retain(messages=said, session="s")
    memory.erase(first[0].record.id)
    again = memory.retain(messages=[*said, {"role": "user", "content": "Hello again."}], session="s")
    assert [one.repeated for one in again] == [False, True, True, False]
    assert [one.value for one in memory.list(filters={"subject": "user"}).records] == ["Faro"]
    records = memory.stats().records
    assert all(one.repeated for one in memory.retain(messages=said, session="s"))
    assert memory.stats().records == records
