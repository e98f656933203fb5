"""Texts and the states they tell: what was said stays, each state is a record beside it, and both are kept true."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from ricordo import Memory, StateRule
from ricordo.config import Settings
from ricordo.testing import FixedClock
from ricordo.text.states import RULES
from ricordo.types import Verdict


def told(verdict: Verdict) -> list[tuple[str, str, str]]:
    return [(state.action, state.rule, state.record.content) for state in verdict.states]


def live(memory: Memory, **slot: str) -> list[str | None]:
    return [record.value for record in memory.list(filters=slot).records]


def test_what_was_said_and_its_states_are_one_event(memory: Memory) -> None:
    verdict = memory.retain(
        "I moved to Lisbon and work at Brightwater.", speaker="Ada", ref="D1", at="2026-05-03T10:00Z"
    )
    assert (verdict.action, verdict.rule, verdict.record.subject) == ("added", "event", None)
    assert told(verdict) == [("added", "new", "Ada lives in Lisbon"), ("added", "new", "Ada works at Brightwater")]
    for state in verdict.states:
        assert state.event == verdict.event
        assert [(source.record, source.ref) for source in state.record.sources] == [(verdict.record.id, "D1")]
        assert [(link.type, link.target) for link in state.record.links] == [("derived_from", verdict.record.id)]
        assert (state.record.session, state.record.kind) == (None, "fact")
    again = memory.retain("I moved to Lisbon and work at Brightwater.", speaker="Ada", ref="D1", at="2026-05-03T10:00Z")
    assert (again.repeated, told(again)) == (True, told(verdict))


def test_a_text_that_is_one_state_holds_it_itself(memory: Memory) -> None:
    rome = memory.retain("Bob lives in Rome.", at="2026-01-01T10:00Z")
    assert (rome.record.subject, rome.record.attribute, rome.record.value) == ("Bob", "lives_in", "Rome")
    same = memory.retain("Bob's home is in Rome.", at="2026-02-01T10:00Z", ref="b")
    assert (same.action, same.record.id, same.record.sources[-1].said) == (
        "reinforced",
        rome.record.id,
        "Bob's home is in Rome.",
    )
    oslo = memory.retain("Bob has moved to Oslo.", at="2026-03-01T10:00Z")
    assert (oslo.action, oslo.affected) == ("superseded", (rome.record.id,))
    assert memory.stats().records == 1


def test_a_later_text_supersedes_and_recall_shows_the_present(memory: Memory) -> None:
    memory.retain("I live in Porto.", speaker="Ada", at="2026-01-01T10:00Z")
    verdict = memory.retain("I moved to Lisbon.", speaker="Ada", at="2026-05-03T10:00Z")
    assert (verdict.action, verdict.rule) == ("superseded", "slot.later")
    found = memory.recall("Where does Ada live?")
    assert found.items[0].record.value == "Lisbon"
    assert "Porto" not in found.text
    then = memory.recall("Where does Ada live?", valid_at="2026-02")
    assert "Porto" in then.text
    assert memory.recall("Where did Ada live before?").text.count("was so until 2026-05-03") >= 1


@pytest.mark.parametrize(
    ("text", "rule", "left"),
    [
        ("I no longer live in Porto.", "cue.ended", []),
        ("I used to live in Porto.", "cue.ended", []),
        ("I moved from Porto to Ghent.", "slot.later", ["Ghent"]),
    ],
)
def test_what_is_over_ends_with_or_without_a_successor(memory: Memory, text: str, rule: str, left: list[str]) -> None:
    first = memory.retain("I live in Porto.", speaker="Ada", at="2026-01-01T10:00Z").states[0].record
    verdict = memory.retain(text, speaker="Ada", at="2026-05-03T10:00Z")
    assert (verdict.action, verdict.rule) == ("superseded", rule)
    assert live(memory, subject="Ada", attribute="lives_in") == left
    ended = memory.get(first.id)
    assert (ended.status, ended.valid_to) == ("superseded", datetime(2026, 5, 3, 10, tzinfo=UTC))


def test_what_was_is_history_that_nobody_takes_for_the_present(memory: Memory) -> None:
    verdict = memory.retain("I used to live in Madrid.", speaker="Ada", at="2026-05-03T10:00Z")
    assert told(verdict) == [("added", "cue.past", "Ada lives in Madrid")]
    assert live(memory, subject="Ada", attribute="lives_in") == []
    memory.retain("I live in Lisbon.", speaker="Ada", at="2026-06-03T10:00Z")
    assert live(memory, subject="Ada", attribute="lives_in") == ["Lisbon"]


def test_a_person_s_edit_is_never_overwritten_by_a_text(memory: Memory) -> None:
    state = memory.retain("I live in Porto.", speaker="Ada", at="2026-01-01T10:00Z").states[0].record
    memory.update(state.id, value="Braga")
    moved = memory.retain("I moved to Lisbon.", speaker="Ada", at="2026-05-03T10:00Z")
    assert (moved.action, moved.rule) == ("conflicted", "slot.user_edited")
    gone = memory.retain("I no longer live in Braga.", speaker="Ada", at="2026-06-03T10:00Z")
    assert (gone.action, gone.rule) == ("conflicted", "cue.user_edited")
    assert ("contradicts", state.id) in [(link.type, link.target) for link in memory.get(gone.record.id).links]
    assert memory.get(state.id).status == "active"


def test_a_machine_s_words_never_outrank_a_person_s(memory: Memory) -> None:
    memory.retain("I live in Porto.", speaker="Ada", at="2026-01-01T10:00Z")
    verdict = memory.retain("Ada lives in Paris.", speaker="assistant", at="2026-05-03T10:00Z")
    assert (verdict.states[0].rule, verdict.states[0].record.derivation) == ("slot.weaker", "inferred")
    assert memory.retain("I live in the cloud.", speaker="assistant").states == ()


def test_a_name_the_caller_uses_is_the_same_attribute(memory: Memory) -> None:
    home = memory.retain("Ada's home: Porto", subject="Ada", attribute="home", value="Porto", at="2026-01-01").record
    assert memory.retain("I moved to Lisbon.", speaker="Ada", at="2026-05-03T10:00Z").affected == (home.id,)
    chat = memory.retain(
        "We chat in Slack.", subject="user", attribute="messenger", value="Slack", at="2026-01-01"
    ).record
    memory.retain("We switched from Slack to Teams.", speaker="user", at="2026-05-03T10:00Z")
    assert memory.get(chat.id).status == "superseded"
    assert live(memory, subject="user", attribute="messenger") == ["Teams"]


def test_states_follow_an_edit_of_their_text_and_undo_brings_them_back(memory: Memory) -> None:
    said = memory.retain("I live in Porto and I work at Acme.", speaker="Ada", at="2026-01-01T10:00Z")
    edit = memory.update(said.record.id, content="I live in Lagos and I own a bike.")
    assert live(memory, subject="Ada", attribute="lives_in") == ["Lagos"]
    assert live(memory, subject="Ada", attribute="works_at") == []
    assert live(memory, subject="Ada", attribute="owns") == ["bike"]
    memory.undo(edit.event)
    assert live(memory, subject="Ada", attribute="lives_in") == ["Porto"]
    assert live(memory, subject="Ada", attribute="works_at") == ["Acme"]
    assert live(memory, subject="Ada", attribute="owns") == []
    assert memory.verify().problems == ()


def test_a_fact_that_is_edited_holds_what_it_says_now(memory: Memory) -> None:
    rome = memory.retain("Bob lives in Rome.", at="2026-01-01T10:00Z").record
    assert memory.update(rome.id, content="Bob lives in Oslo.").record.value == "Oslo"
    assert memory.update(rome.id, content="Bob is away.").record.subject is None
    mine = memory.retain("Home of Bob", subject="Bob", attribute="lives_in", value="Graz").record
    assert memory.update(mine.id, content="Where Bob lives").record.value == "Graz"


def test_states_are_read_only_where_wanted(clock: FixedClock) -> None:
    with Memory.open(":memory:", embedder=None, clock=clock, settings=Settings(read_states=False)) as memory:
        assert memory.retain("I moved to Lisbon.", speaker="Ada").states == ()
        assert memory.retain("Bob lives in Rome.").record.subject is None
    with Memory.open(":memory:", embedder=None, clock=clock) as memory:
        own = memory.retain("I moved to Lisbon.", speaker="Ada", subject="Ada", attribute="mood", value="glad")
        assert (own.states, own.record.attribute) == ((), "mood")


def test_an_erased_text_takes_its_states_along(memory: Memory) -> None:
    said = memory.retain("My phone number is 555 0199 23.", speaker="Ada")
    gone = memory.erase(said.record.id)
    assert set(gone.derived) == {state.record.id for state in said.states}
    assert live(memory, subject="Ada") == []


def test_rules_of_one_s_own_are_added_to_those_there_are(clock: FixedClock) -> None:
    commute = StateRule("commute", ("{subject} commute by {value:text}",), asked=("commute",))
    with Memory.open(":memory:", embedder=None, clock=clock, rules=(*RULES, commute)) as memory:
        first = memory.retain("I commute by train.", speaker="Ada", at="2026-01-01T10:00Z")
        assert told(first) == [("added", "new", "Ada: commute is train")]
        memory.retain("I live in Porto and commute by bike.", speaker="Ada", at="2026-02-01T10:00Z")
        assert live(memory, subject="Ada", attribute="commute") == ["bike"]
        assert memory.recall("How does Ada commute?").items[0].record.value == "bike"


def test_a_text_keeps_the_name_that_the_slot_is_known_by(memory: Memory) -> None:
    """What a caller calls an attribute stays its name: filters, profiles and edits go on finding it."""
    home = {"subject": "Ada", "attribute": "home_city"}
    memory.retain("Porto it is.", value="Porto", at="2026-01-01", **home)
    said = memory.retain("I moved to Lisbon.", speaker="Ada", at="2026-02-01")
    assert [(state.rule, state.record.attribute) for state in said.states] == [("slot.later", "home_city")]
    own = memory.retain("Ada lives in Faro.", at="2026-03-01")
    assert (own.rule, own.record.attribute) == ("slot.later", "home_city")
    memory.update(own.record.id, content="Ada lives in Braga.")
    assert live(memory, **home) == ["Braga"]
    (line,) = memory.profile("Ada").text.splitlines()[1:]
    assert "home city" in line
    assert memory.verify().ok
    for question in ("Where does Ada live?", "What is Ada's home city?"):
        assert memory.recall(question).items[0].record.value == "Braga"
        assert memory.recall(question, valid_at="2026-01").items[0].record.value == "Porto"


def test_what_is_said_later_of_now_is_later_whenever_it_began(memory: Memory) -> None:
    memory.retain("My sister Clara lives in Madrid.", speaker="Ada", at="2026-04-10T10:00Z")
    moved = memory.retain("Clara moved from Madrid to Valencia in April.", speaker="Ben", at="2026-05-25T10:00Z")
    assert told(moved) == [("superseded", "slot.later", "Clara lives in Valencia")]
    memory.retain("Project Apollo is on hold.", speaker="Ada", at="2026-06-30T10:00Z")
    memory.retain("Project Apollo is active again since 1 June.", speaker="Ben", at="2026-07-03T10:00Z")
    assert live(memory, subject="Project Apollo") == ["active"]
    early = memory.retain("Clara has lived in Cadiz since 2020.", speaker="Ben", at="2026-04-01T10:00Z")
    assert told(early) == [("added", "slot.past", "Clara lives in Cadiz")]
    assert live(memory, subject="Clara", attribute="lives_in") == ["Valencia"]


def test_a_plan_that_begins_later_is_not_ended_by_what_is_so_until_then(memory: Memory) -> None:
    plan = {"subject": "Ada", "attribute": "lives_in", "value": "Berlin"}
    memory.retain("Ada moves to Berlin.", valid_from="2026-12-01", at="2026-05-01T10:00Z", **plan)
    now = memory.retain("I have lived in Porto since March.", speaker="Ada", at="2026-05-03T10:00Z")
    assert told(now) == [("added", "slot.past", "Ada lives in Porto")]
    assert now.states[0].record.valid_to == datetime(2026, 12, 1, tzinfo=UTC)


def test_what_is_turned_down_was_not_so_before(memory: Memory) -> None:
    rather = memory.retain("I prefer tea over coffee.", speaker="Ben")
    assert told(rather) == [("added", "new", "Ben prefers tea")]
    corrected = memory.retain("Actually, my favourite colour is teal, not green.", speaker="Ben")
    assert told(corrected) == [("added", "new", "Ben: favourite colour is teal")]


def test_a_switch_between_values_of_a_known_slot_is_told_as_that_slot(memory: Memory) -> None:
    memory.retain("I work at Brightwater Mills.", speaker="Ada", at="2026-05-01T10:00Z")
    switched = memory.retain("I switched from Brightwater Mills to Northwind.", speaker="Ada", at="2026-06-01T10:00Z")
    assert told(switched) == [("superseded", "slot.later", "Ada works at Northwind")]
    assert live(memory, subject="Ada") == ["Northwind"]


def test_what_was_before_follows_what_is(memory: Memory) -> None:
    for month, city in enumerate(("Lisbon", "Faro", "Porto"), 1):
        memory.retain(f"I moved to {city} and I like it.", speaker="Ada", at=f"2024-0{month}-01")
    for month in range(1, 9):
        memory.retain(
            f"The lives of cats, part {month}: Ada told where they live.", speaker="Ada", at=f"2024-1{month % 3}-02"
        )
    found = memory.recall("Where did Ada live before?")
    assert [item.record.value for item in found.items[:3]] == ["Porto", "Faro", "Lisbon"]
    assert [item.standing.state for item in found.items[:3]] == ["current", "stale", "stale"]


def test_an_article_makes_no_other_subject(memory: Memory) -> None:
    memory.retain("The stand-up is at 10:00.", at="2026-01-01T10:00Z")
    moved = memory.retain("Stand-up: time 10:30", subject="stand-up", attribute="time", value="10:30", at="2026-02-01")
    assert moved.action == "superseded"
    assert memory.recall("When is the stand-up?").items[0].record.value == "10:30"


def test_states_told_in_any_order_of_arrival_end_at_what_was_said_last() -> None:
    said = [
        ("Ada lives in Oslo.", "2026-02-05"),
        ("Ada has lived in Porto since 2020.", "2026-05-05"),
        ("Ada lives in Lund.", "2026-04-05"),
    ]
    for order in permutations(said):
        with Memory.open(":memory:", embedder=None) as memory:
            for text, at in order:
                memory.retain(text, at=at)
            assert live(memory, subject="Ada", attribute="lives_in") == ["Porto"], order


def test_an_edit_of_an_event_whose_slot_was_given_is_taken_at_its_word() -> None:
    """As its first writing was: a write that names its slot is not read."""
    with Memory.open(":memory:", embedder=None) as memory:
        own = {"kind": "event", "subject": "store", "attribute": "key"}
        first = memory.retain("I live in Porto.", **own)
        second = memory.update(first.record.id, content="I live in Lisbon.")
        assert (first.states, second.affected) == ((), ())
        assert [record.content for record in memory.list().records] == ["I live in Lisbon."]
        plain = memory.retain("I live in Porto.", kind="event")
        assert memory.update(plain.record.id, content="I live in Faro.").affected == (plain.states[0].record.id,)
