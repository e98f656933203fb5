"""Undo of events that touch several records: content and metadata come back, what changed since is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory, Record
from ricordo.config import resolve
from ricordo.plaintext.retain import new_id
from ricordo.store.base import Write
from ricordo.store.fold import fields_of, state_of, trimmed
from ricordo.testing import FixedClock


@pytest.fixture(params=["memory", "sqlite"])
def memory(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Memory]:
    """A memory that reads no states of texts: here what rests on what is said by the test."""
    location = ":memory:" if request.param == "memory" else tmp_path / "space"
    settings = replace(resolve(), read_states=False)
    with Memory.open(location, embedder=None, clock=clock, settings=settings) as opened:
        yield opened


def notes(memory: Memory, count: int) -> list[Record]:
    return [
        memory.retain(
            f"Note {number} on tea.", metadata={"number": number}, title=f"T{number}", aliases=[f"n{number}"]
        ).record
        for number in range(count)
    ]


def append(memory: Memory, op: str, writes: Sequence[Write]) -> int:
    return memory._engine.write(lambda transaction: transaction.append(op, writes, memory._engine.now()).seq)


def consolidate(memory: Memory, members: Sequence[Record]) -> tuple[int, str]:
    """Replace records by a summary that cites them, in one event."""
    summary = new_id(memory._engine.now())
    links = [["derived_from", one.id] for one in members]
    state = state_of(kind="fact", scope="default", status="active", content="Notes on tea.", derivation="inferred")
    patch = {"status": "superseded", "superseded_by": summary, "metadata": None, "title": None}
    writes = [Write(summary, set={**state, "links": links}), *(Write(one.id, set=patch) for one in members)]
    return append(memory, "consolidate", writes), summary


def same(memory: Memory, record: Record) -> bool:
    now = memory.get(record.id)
    return fields_of(now) == fields_of(record) and now.version > record.version


def test_a_consolidation_is_put_back_under_new_versions(memory: Memory) -> None:
    members = notes(memory, 3)
    event, summary = consolidate(memory, members)
    undone = memory.undo(event)
    assert set(undone.records) == {summary, *(one.id for one in members)}
    assert undone.conflicts == ()
    assert all(same(memory, one) for one in members)
    assert memory.get(summary).status == "retracted"
    memory.undo(undone.event)
    assert {memory.get(one.id).superseded_by for one in members} == {summary}
    assert memory.get(summary).status == "active"
    assert memory.verify().ok


def test_what_changed_since_is_left_and_told(memory: Memory) -> None:
    members = notes(memory, 4)
    event, summary = consolidate(memory, members)
    memory.update(members[0].id, why="Read it again.")
    memory.update(members[1].id, title="Tea")
    undone = memory.undo(event)
    assert set(undone.conflicts) == {members[0].id, members[1].id}
    assert all(same(memory, one) for one in members[2:])
    assert memory.get(members[0].id).why == "Read it again."
    assert memory.get(summary).status == "retracted"


@pytest.mark.parametrize(("op", "status"), [("evict", "archived"), ("expire", "archived"), ("forget", "retracted")])
def test_an_eviction_is_put_back(op: str, status: str, memory: Memory) -> None:
    members = notes(memory, 3)
    patch = {"status": status, "expires_at": None}
    event = append(memory, op, [Write(one.id, set=patch, rule=f"{op}.oldest") for one in members])
    assert memory.list().records == ()
    memory.undo(event)
    assert all(same(memory, one) for one in members)
    with pytest.raises(InvalidInputError, match="nothing to put back"):
        memory.undo(event)


def test_what_was_said_and_the_states_it_tells_go_back_together(memory: Memory) -> None:
    home: dict[str, Any] = {"subject": "Ada", "attribute": "lives_in"}
    porto = memory.retain("Ada lives in Porto", value="Porto", valid_from="2026-01-01", **home).record
    said, lisbon, faro = (new_id(memory._engine.now()) for _ in range(3))
    held = {
        "scope": "default",
        "status": "active",
        "said_at": "2026-05-01T10:00:00Z",
        "links": [["derived_from", said]],
    }
    moved = {**home, "content": "Ada lives in Lisbon", "value": "Lisbon", "kind": "fact", **held}
    bob = {"subject": "Bob", "attribute": "lives_in", "content": "Bob lives in Faro", "kind": "fact", **held}
    turn = {**held, "content": "I moved to Lisbon. Bob lives in Faro.", "kind": "observation", "links": None}
    before = {"status": "superseded", "superseded_by": lisbon, "valid_to": "2026-05-01T10:00:00Z"}
    writes = [
        Write(said, set=trimmed(turn)),
        Write(lisbon, set=moved),
        Write(faro, set=bob),
        Write(porto.id, set=before),
    ]
    event = append(memory, "retain", writes)
    undone = memory.undo(event)
    assert set(undone.records) == {said, lisbon, faro, porto.id}
    assert same(memory, porto)
    assert {memory.get(id).status for id in (said, lisbon, faro)} == {"retracted"}
    memory.undo(undone.event)
    assert {memory.get(id).status for id in (said, lisbon, faro)} == {"active"}
    assert memory.get(porto.id).status == "superseded"
    memory.update(faro, why="He told me.")
    with pytest.raises(InvalidInputError, match=faro):
        memory.undo(event)


def test_evidence_of_what_has_changed_since_is_left(memory: Memory) -> None:
    """A piece of evidence that came with a change goes back with it or not at all; the record itself stays."""
    said = memory.retain("Tea, please.", kind="observation").record.id
    first = memory.retain("Ada likes tea.", kind="fact", ref="D1", links=[("derived_from", said)])
    again = memory.retain("Ada likes tea.", kind="fact", ref="D2", name="tea", at="2026-01-01T00:00Z")
    memory.forget(said)
    memory.feedback(first.record.id, "helped")
    assert memory.get(first.record.id).refs == ("D2",)
    append(memory, "propose", [Write(first.record.id, set={"why": "She said so."})])
    with pytest.raises(InvalidInputError, match="nothing to put back"):
        memory.undo(again.event)
    assert memory.get(first.record.id).status == "active"


STEPS = st.sampled_from(["consolidate", "forget", "update", "feedback", "undo"])


@given(st.lists(st.tuples(STEPS, st.integers(0, 9)), max_size=9))
def test_undoing_everything_backwards_is_the_beginning(steps: list[tuple[str, int]]) -> None:
    """Any stream of changes, undone from the last to the first, leaves every record as it was first written."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        members = notes(memory, 5)
        first = memory.stats().seq
        for step, number in steps:
            record = members[number % 5]
            live = [one for one in members if memory.get(one.id).status == "active"]
            if step == "consolidate" and len(live) >= 3:
                consolidate(memory, live[:3])
            elif step == "forget" and record in live:
                memory.forget(record.id)
            elif step == "update":
                memory.update(record.id, why=f"because of {number}", metadata={"again": number})
            elif step == "feedback":
                memory.feedback(record.id, "harmed")
            elif step == "undo" and memory.stats().seq > first:
                memory.undo(memory.stats().seq)
        for seq in range(memory.stats().seq, first, -1):
            memory.undo(seq)
        assert all(fields_of(memory.get(one.id)) == fields_of(one) for one in members)
        assert {record.id for record in memory.list().records} == {one.id for one in members}
        assert memory.verify().ok


_HOME: dict[str, Any] = {"kind": "fact", "subject": "Ada", "attribute": "lives_in"}


def test_one_side_of_a_conflict_comes_back_to_the_other(memory: Memory) -> None:
    """A forgetting of one side is undone though the other holds the slot: it held it beside this one before."""
    for derivation, city in (("stated", "Lisbon"), ("inferred", "Faro")):
        memory.retain(f"In {city}.", **_HOME, value=city, derivation=derivation, at="2026-05-03")
    (before,) = memory.conflicts().conflicts
    gone = memory.forget(before.against[0].id)
    assert memory.conflicts().conflicts == ()
    memory.undo(gone.events[0])
    (after,) = memory.conflicts().conflicts
    assert (after.record.id, after.against[0].id) == (before.record.id, before.against[0].id)


def test_a_side_of_a_conflict_stays_gone_where_a_third_has_taken_the_slot(memory: Memory) -> None:
    for derivation, city in (("stated", "Lisbon"), ("inferred", "Faro")):
        memory.retain(f"In {city}.", **_HOME, value=city, derivation=derivation, at="2026-05-03")
    (before,) = memory.conflicts().conflicts
    gone = memory.forget(before.against[0].id)
    memory.retain("In Braga.", **_HOME, value="Braga", at="2026-06-01")
    with pytest.raises(InvalidInputError, match="changed since"):
        memory.undo(gone.events[0])
