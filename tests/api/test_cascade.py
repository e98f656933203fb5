"""What rests on a record goes with it, what stands on something else stays, and undo brings all of it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, KeyConflictError, Memory, NotFoundError, PartlyWrittenError, SlotTakenError
from ricordo.config import Settings
from ricordo.store.base import Write
from ricordo.testing import FixedClock

#: These tests say themselves what rests on what.
SETTINGS = Settings(read_states=False)
HOME: dict[str, Any] = {"subject": "Ada", "attribute": "lives_in"}


def said(memory: Memory, text: str, speaker: str = "Ada", **given: Any) -> str:
    return memory.retain(text, speaker=speaker, kind="observation", **given).record.id


def derived(memory: Memory, city: str, *evidence: str, **given: Any) -> str:
    links = [("derived_from", id) for id in evidence]
    return memory.retain(f"Ada lives in {city}", value=city, **HOME, links=links, **given).record.id


def reinforce(memory: Memory, id: str, witness: str) -> int:
    """Let one record be evidence of another, as a text does that tells a state again."""
    write = Write(id, source={"record": witness}, rule="slot.same", action="reinforced")
    return memory._engine.write(lambda transaction: transaction.append("retain", [write], memory._engine.now()).seq)


def status(memory: Memory, *ids: str) -> list[str]:
    found = []
    for id in ids:
        try:
            found.append(memory.get(id).status)
        except NotFoundError:
            found.append("erased")
    return found


def sound(memory: Memory) -> None:
    assert memory.verify().problems == ()
    with memory._engine.store.read() as snapshot:
        before = list(snapshot.dump())
    memory.reindex()
    with memory._engine.store.read() as snapshot:
        assert list(snapshot.dump()) == before


def test_what_rested_on_a_forgotten_record_alone_goes_in_the_same_event(memory: Memory) -> None:
    evidence = said(memory, "I moved to Lisbon.")
    state = derived(memory, "Lisbon", evidence)
    beyond = memory.retain("Ada needs a Portuguese bank.", links=[("derived_from", state)]).record.id
    other = said(memory, "Tea, please.")
    gone = memory.forget(evidence, reason="a joke")
    assert gone.records == (evidence,)
    assert set(gone.unsupported) == {state, beyond}
    assert len(gone.events) == 1
    last = memory.history(beyond)[-1]
    assert (last.op, last.rule, last.reason) == ("forget", "forget.unsupported", f"rested on {state}")
    assert status(memory, evidence, state, beyond, other) == ["retracted"] * 3 + ["active"]
    undone = memory.undo(gone.events[0])
    assert set(undone.records) == {evidence, state, beyond}
    assert status(memory, evidence, state, beyond) == ["active"] * 3
    sound(memory)


def test_what_has_other_evidence_stays_without_this(memory: Memory) -> None:
    first, second = said(memory, "I moved to Lisbon."), said(memory, "She lives in Lisbon.", "Bob")
    state = derived(memory, "Lisbon", first, ref="own")
    reinforce(memory, state, second)
    assert memory.belief(state).proofs == 2
    gone = memory.forget(first)
    assert gone.unsupported == ()
    assert [source.record for source in memory.get(state).sources] == [second]
    assert memory.belief(state).proofs == 1
    assert memory.history(state)[-1].rule == "forget.withdrawn"
    memory.undo(gone.events[0])
    assert {source.record for source in memory.get(state).sources} == {first, second}
    assert memory.forget(second).unsupported == ()
    assert memory.forget(first).unsupported == (state,)
    sound(memory)


def test_the_time_that_came_with_evidence_goes_with_it(memory: Memory) -> None:
    first, second = said(memory, "I am in Lisbon."), said(memory, "She has been there since 2020.", "Bob")
    state = derived(memory, "Lisbon", first, valid_from="2026-05-01")
    before = memory.get(state)
    patch = {"valid_from": "2020-01-01T00:00:00Z", "valid_precision": "year"}
    write = Write(state, set=patch, source={"record": second}, rule="slot.same")
    memory._engine.write(lambda transaction: transaction.append("retain", [write], memory._engine.now()))
    assert memory.get(state).valid_from != before.valid_from
    gone = memory.forget(second)
    assert (memory.get(state).valid_from, memory.get(state).valid_precision) == (before.valid_from, "day")
    memory.undo(gone.events[0])
    assert memory.get(state).valid_precision == "year"
    memory.update(state, valid_from="2021-01-01")
    memory.forget(second)
    assert memory.get(state).valid_from == datetime(2021, 1, 1, tzinfo=UTC)
    sound(memory)


def test_the_state_before_a_retracted_one_stays_past(memory: Memory) -> None:
    porto = memory.retain("Ada lives in Porto", value="Porto", **HOME, valid_from="2026-01-01").record.id
    evidence = said(memory, "I moved to Lisbon.")
    lisbon = derived(memory, "Lisbon", evidence, valid_from="2026-05-01")
    memory.forget(evidence)
    assert status(memory, porto, lisbon) == ["superseded", "retracted"]


def test_a_verdict_tells_the_evidence_as_get_does(memory: Memory) -> None:
    one, other = said(memory, "I moved to Lisbon."), said(memory, "She did.", "Bob")
    for links in ([one], [one, other]):
        told = memory.retain(f"Rests on {len(links)}.", links=[("derived_from", id) for id in links]).record
        assert told == memory.get(told.id)


def test_beliefs_that_hold_each_other_up_fall_together(memory: Memory) -> None:
    """Support is well founded: a circle with nothing under it does not stand."""
    evidence = said(memory, "I moved to Lisbon.")
    one = memory.retain("Ada speaks Portuguese.", links=[("derived_from", evidence)]).record.id
    other = memory.retain("Ada reads Pessoa.", links=[("derived_from", one)]).record.id
    reinforce(memory, one, other)
    assert set(memory.forget(evidence).unsupported) == {one, other}


def test_what_a_person_edited_stands_by_itself(memory: Memory) -> None:
    evidence = said(memory, "I moved to Lisbon.")
    state = derived(memory, "Lisbon", evidence)
    memory.update(state, content="Ada lives in Lisbon, I have seen it.")
    assert memory.forget(evidence).unsupported == ()
    assert status(memory, state) == ["active"]


def test_a_summary_is_taken_apart_when_a_member_goes(memory: Memory) -> None:
    members = [memory.retain(f"Note {number} on tea.").record.id for number in range(3)]
    summary = memory.retain("Notes on tea.", links=[("derived_from", id) for id in members]).record.id
    retire = [Write(id, set={"status": "superseded", "superseded_by": summary}) for id in members]
    memory._engine.write(lambda transaction: transaction.append("consolidate", retire, memory._engine.now()))
    gone = memory.forget(members[0])
    assert gone.unsupported == (summary,)
    assert status(memory, summary, *members) == ["retracted", "retracted", "active", "active"]
    memory.undo(gone.events[0])
    assert status(memory, summary, *members) == ["active", *["superseded"] * 3]
    done = memory.erase(members[1])
    assert done.derived == (summary,)
    assert status(memory, summary, *members) == ["erased", "active", "erased", "active"]
    sound(memory)


def test_undo_of_a_write_keeps_what_was_said_again(memory: Memory) -> None:
    first = memory.retain("Ada likes tea.", kind="fact", speaker="Bob", ref="D1")
    again = memory.retain("Ada likes tea.", kind="fact", speaker="Eve", ref="D2", at="2026-01-01T00:00Z")
    assert again.record.id == first.record.id
    undone = memory.undo(first.event)
    assert memory.get(first.record.id).refs == ("D2",)
    memory.undo(undone.event)
    assert set(memory.get(first.record.id).refs) == {"D1", "D2"}
    memory.undo(first.event)
    memory.undo(again.event)
    assert status(memory, first.record.id) == ["retracted"]
    sound(memory)


def test_undo_of_evidence_takes_what_came_to_rest_on_it(memory: Memory) -> None:
    evidence = memory.retain("I moved to Lisbon.", speaker="Ada")
    state = derived(memory, "Lisbon", evidence.record.id)
    undone = memory.undo(evidence.event)
    assert set(undone.records) == {evidence.record.id, state}
    assert status(memory, state) == ["retracted"]
    memory.undo(undone.event)
    assert status(memory, evidence.record.id, state) == ["active", "active"]


def test_a_handle_takes_nothing_of_a_scope_it_may_not_write(memory: Memory) -> None:
    evidence = said(memory, "I moved to Lisbon.", scope="team")
    state = derived(memory, "Lisbon", evidence, scope="user:ada")
    team = memory.scoped(write="team", read=["team", "user:ada"])
    assert team.forget(evidence).unsupported == ()
    assert status(memory, state) == ["active"]
    assert memory.belief(state).proofs == 0
    assert team.erase(evidence).derived == ()


def test_erasing_takes_what_was_made_of_it_and_keeps_what_was_said_elsewhere(memory: Memory) -> None:
    first, second = said(memory, "I moved to Lisbon yesterday!"), said(memory, "She lives in Lisbon.", "Bob", ref="B1")
    porto = memory.retain("Ada lives in Porto", value="Porto", **HOME, valid_from="2026-01-01").record.id
    state = derived(memory, "Lisbon", first, valid_from="2026-05-01")
    reinforce(memory, state, second)
    done = memory.erase(first)
    assert (done.records, done.derived, len(done.kept)) == ((first,), (state,), 1)
    kept = memory.get(done.kept[0])
    assert (kept.content, kept.value, kept.speaker, kept.ref) == ("Ada lives in Lisbon", "Lisbon", "Bob", "B1")
    assert memory.get(porto).superseded_by == kept.id
    assert memory.belief(kept.id).proofs == 1
    assert status(memory, first, state, second) == ["erased", "erased", "active"]
    with pytest.raises(InvalidInputError, match="erasure"):
        memory.undo(done.events[0])
    sound(memory)


def test_words_that_only_the_erased_held_do_not_come_back(memory: Memory) -> None:
    """Where a kept state could only be written with them, the other evidence stays as text."""
    first = said(memory, "I moved to Santa Maria de Lamas.")
    second = said(memory, "She lives down in S. M. de Lamas.", "Bob")
    state = derived(memory, "Santa Maria de Lamas", first)
    reinforce(memory, state, second)
    done = memory.erase(first)
    assert (done.derived, done.kept) == ((state,), ())
    assert status(memory, second) == ["active"]


def test_erasing_further_evidence_leaves_the_record_without_it(memory: Memory) -> None:
    first, second = said(memory, "I moved to Lisbon."), said(memory, "Lisbon is her home.", "Bob", ref="B1")
    state = derived(memory, "Lisbon", first)
    reinforce(memory, state, second)
    done = memory.erase(second)
    assert (done.derived, done.kept) == ((), ())
    assert memory.get(state).sources == memory.get(state, as_of=memory.get(state).event).sources
    assert "Bob" not in repr(memory.history(state))
    assert memory.history(state)[-1].rule == "erase.withdrawn"
    sound(memory)


def test_a_record_that_was_once_made_of_it_goes_too(memory: Memory) -> None:
    evidence = said(memory, "I moved to Lisbon.")
    state = derived(memory, "Lisbon", evidence)
    memory.update(state, links=None)
    assert memory.erase(evidence).derived == (state,)


@given(st.data())
def test_forgetting_anything_leaves_nothing_that_rests_on_nothing(data: st.DataObject) -> None:
    """Against a naive fixpoint: what stands is what can be reached from what was said directly and still speaks."""
    with Memory.open(":memory:", settings=SETTINGS, embedder=None, clock=FixedClock()) as memory:
        ids = [said(memory, f"turn {number}") for number in range(3)]
        rests: dict[str, set[str]] = {id: set() for id in ids}
        for number in range(data.draw(st.integers(1, 6))):
            on = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
            id = memory.retain(f"thought {number}", links=[("derived_from", one) for one in on]).record.id
            rests[id] = set(on)
            ids.append(id)
        for one, other in data.draw(st.lists(st.tuples(st.sampled_from(ids[3:]), st.sampled_from(ids)), max_size=3)):
            reinforce(memory, one, other)
            rests[one].add(other)
        gone: set[str] = set()
        events: list[int] = []
        for id in data.draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)):
            if status(memory, id) == ["active"]:
                events += memory.forget(id).events
                gone.add(id)
            assert _standing(memory, ids) == _grounded(rests, gone)
            gone = set(ids) - _grounded(rests, gone)
        for event in reversed(events):
            memory.undo(event)
        assert _standing(memory, ids) == set(ids)
        assert all({source.record for source in memory.get(id).sources} for id in ids)


def _standing(memory: Memory, ids: Sequence[str]) -> set[str]:
    return {id for id in ids if memory.get(id).status == "active"}


def _grounded(rests: dict[str, set[str]], gone: set[str]) -> set[str]:
    standing: set[str] = set()
    while fresh := {id for id, on in rests.items() if id not in gone | standing and (not on or on & standing)}:
        standing |= fresh
    return standing


def test_an_update_never_puts_two_states_into_one_slot(memory: Memory) -> None:
    holder = memory.retain("Ada lives in Porto", value="Porto", **HOME).record.id
    other = memory.retain("Bob lives in Lisbon", subject="Bob", attribute="lives_in", value="Lisbon").record
    with pytest.raises(SlotTakenError, match=holder) as caught:
        memory.update(other.id, subject="Ada")
    assert caught.value.holder == holder
    assert memory.get(other.id) == other
    assert memory.update(other.id, subject="Ada", cardinality="many").action == "revised"
    with pytest.raises(SlotTakenError):
        memory.update(other.id, cardinality="one")
    memory.forget(holder)
    assert memory.update(other.id, cardinality="one").action == "revised"


def test_many_say_how_far_they_came(memory: Memory) -> None:
    """What fails in a later transaction says how many items were written; in the first, nothing was."""
    memory.retain("taken", key="k")
    items: list[dict[str, Any]] = [{"content": f"note {number}", "kind": "event"} for number in range(1_002)]
    items[1_001]["key"] = "k"
    with pytest.raises(PartlyWrittenError, match="first 1000 of 1002") as caught:
        memory.retain_many(items)
    assert caught.value.written == 1_000
    assert isinstance(caught.value.__cause__, KeyConflictError)
    assert memory.stats().records == 1_001
    with pytest.raises(KeyConflictError):
        memory.retain_many(items[1_000:])
    assert memory.stats().records == 1_001


def test_a_scope_is_forgotten_and_erased_with_what_rests_on_it_elsewhere(space: Memory) -> None:
    """More records than one event names: all of the scope, what rests on it in other scopes, and nothing else."""
    items = [{"content": f"turn {number}", "kind": "event", "scope": "team"} for number in range(1_100)]
    turns = [verdict.record.id for verdict in space.retain_many(items)]
    inside = space.retain("thought", scope="team", links=[("derived_from", turns[5])]).record.id
    outside = space.retain("idea", scope="user:ada", links=[("derived_from", turns[1_050])]).record.id
    both = space.retain(
        "plan", scope="user:ada", links=[("derived_from", turns[0]), ("derived_from", turns[1_099])]
    ).record
    own = space.retain("fact", scope="user:ada").record.id
    reinforce(space, own, turns[7])
    gone = space.forget(scope="team")
    assert set(gone.records) == {*turns, inside}
    assert set(gone.unsupported) == {outside, both.id}
    assert len(gone.events) == 2
    for event in reversed(gone.events):
        space.undo(event)
    assert status(space, inside, outside, both.id, own) == ["active"] * 4
    assert {source.record for source in space.get(own).sources} == {None, turns[7]}
    done = space.erase(scope="team")
    assert set(done.records) == {*turns, inside}
    assert set(done.derived) == {outside, both.id}
    assert [source.record for source in space.get(own).sources] == [None]
    assert space.verify().problems == ()
