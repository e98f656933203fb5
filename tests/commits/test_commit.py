"""`Memory.commit`: all or none, each operation as its own method does it, and only if what it rests on is still so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ricordo import (
    AccessError,
    BoundError,
    GoneError,
    InvalidInputError,
    Memory,
    NotFoundError,
    Record,
    SlotTakenError,
    StaleReadError,
    VersionConflictError,
)
from ricordo.testing import FixedClock


def note(memory: Memory, content: str = "Tea at four.", **fields: Any) -> Record:
    return memory.retain(content, **{"kind": "fact", **fields}).record


def read(record: Record) -> dict[str, Any]:
    return {"id": record.id, "version": record.version}


def head(memory: Memory) -> int:
    return memory.stats().seq


# -- what the operations do --------------------------------------------------------------------------------------------


def test_a_put_without_id_is_a_retain(memory: Memory) -> None:
    """With its revision: no slot ever has two states, also within one commit."""
    slot = {"subject": "Ada", "attribute": "home"}
    first = memory.retain("Ada lives in Porto.", **slot, value="Porto", at="2026-01-01").record
    done = memory.commit(
        [
            {"op": "put", "content": "Ada lives in Lisbon.", **slot, "value": "Lisbon", "at": "2026-05-01"},
            {"op": "put", "content": "Ada lives in Faro.", **slot, "value": "Faro", "at": "2026-06-01"},
        ]
    )
    assert [verdict.rule for verdict in done.verdicts] == ["slot.later", "slot.later"]
    assert done.verdicts[1].affected == (done.verdicts[0].record.id,)
    assert (done.seq, done.events, done.repeated) == (3, (2, 3), False)
    assert memory.get(first.id).superseded_by == done.verdicts[0].record.id
    assert [record.value for record in memory.list(filters={"subject": "Ada"}).records] == ["Faro"]
    assert memory.retain("It rained.").event == 4


def test_a_put_with_id_is_an_update(memory: Memory) -> None:
    record = note(memory, why="habit")
    op = {"op": "put", "id": record.id, "content": "Tea at five.", "why": None, "if_version": 1, "reason": "moved"}
    (verdict,) = memory.commit([op]).verdicts
    assert (verdict.action, verdict.rule, verdict.record) == ("revised", "update", memory.get(record.id))
    assert (verdict.record.content, verdict.record.why, verdict.record.user_edited) == ("Tea at five.", None, True)
    assert memory.history(record.id)[-1].reason == "moved"
    with pytest.raises(VersionConflictError):
        memory.commit([op])
    (same,) = memory.commit([{"op": "put", "id": record.id, "content": "Tea at five."}]).verdicts
    assert (same.action, same.event) == ("unchanged", verdict.event)


def test_an_edited_text_is_read_again(memory: Memory) -> None:
    """The states of a text follow a put and an append, in its event."""
    said = memory.retain("I live in Porto.", speaker="Ada").record
    edit = {"op": "put", "id": said.id, "content": "I live in Lisbon."}
    add = {"op": "append", "id": said.id, "text": "I work at Acme."}
    done = memory.commit([edit, add])
    states = {one.attribute: one.value for one in memory.list(filters={"subject": "Ada"}).records}
    assert (states, len(done.events)) == ({"lives_in": "Lisbon", "works_at": "Acme"}, 2)


def test_an_append_takes_the_record_as_it_then_is(memory: Memory) -> None:
    record = note(memory, "Agenda:", kind="observation")
    memory.update(record.id, content="Agenda of Monday:")
    first = memory.commit([{"op": "append", "id": record.id, "text": "- budget"}]).verdicts[0]
    again = memory.commit([{"op": "append", "id": record.id, "text": "hiring", "separator": "; "}]).verdicts[0]
    assert (first.rule, again.record) == ("append", memory.get(record.id))
    assert again.record.content == "Agenda of Monday:\n- budget; hiring"
    assert memory.recall("hiring").items[0].record.version == 4


def test_an_append_is_no_correction(memory: Memory) -> None:
    """What a machine appends is not what a person edited."""
    record = note(memory, "Seen at the gate:", kind="observation")
    (verdict,) = memory.commit([{"op": "append", "id": record.id, "text": "a van"}]).verdicts
    assert (verdict.record.user_edited, verdict.record.derivation) == (False, "stated")


def test_a_merge_is_bookkeeping(memory: Memory) -> None:
    """It needs no read, makes a version, and is nobody's edit."""
    other = note(memory, "Another.")
    record = note(memory, metadata={"asked": 1, "tags": ["x"], "first": "2026-05"}, aliases=["tea"])
    op = {"op": "merge", "id": record.id, "add": {"asked": 2, "new": 1}, "max": {"last": "2026-06"}}
    more = {"min": {"first": "2026-01"}, "union": {"tags": ["b", "x"]}, "set": {"state": "open"}, "aliases": ["chai"]}
    (verdict,) = memory.commit([{**op, **more, "links": [("about", other.id)]}]).verdicts
    after = memory.get(record.id)
    assert (verdict.action, verdict.rule, verdict.record, after.version) == ("revised", "merge", after, 2)
    metadata = {"asked": 3, "new": 1, "last": "2026-06", "first": "2026-01", "tags": ["b", "x"], "state": "open"}
    assert (after.metadata, after.aliases, after.links[0].target) == (metadata, ("chai", "tea"), other.id)
    assert not after.user_edited
    (gone,) = memory.commit([{"op": "merge", "id": record.id, "set": dict.fromkeys(metadata)}]).verdicts
    assert (gone.record.metadata, memory.get(record.id).metadata) == ({}, {})
    (same,) = memory.commit([{"op": "merge", "id": record.id, "union": {}, "aliases": ["tea"]}]).verdicts
    assert (same.action, same.rule, same.record.version) == ("unchanged", "merge.same", 3)


def test_a_delete_takes_along_what_rests_on_it(memory: Memory) -> None:
    said = memory.retain("I moved to Lisbon.", speaker="Ada")
    (verdict,) = memory.commit([{"op": "delete", "id": said.record.id, "reason": "a joke"}]).verdicts
    assert (verdict.rule, verdict.record.status) == ("forget", "retracted")
    assert verdict.affected == (said.states[0].record.id,)
    assert memory.list().records == ()
    (again,) = memory.commit([{"op": "delete", "id": said.record.id}]).verdicts
    assert (again.action, again.rule) == ("unchanged", "forget.same")
    memory.undo(verdict.event)
    assert len(memory.list().records) == 2


def test_operations_see_what_those_before_them_did(memory: Memory) -> None:
    record = note(memory)
    ops: list[Any] = [
        {"op": "put", "id": record.id, "content": "Tea at five."},
        {"op": "append", "id": record.id, "text": "Bring cake."},
        {"op": "merge", "id": record.id, "add": {"seen": 1}},
        {"op": "delete", "id": record.id},
    ]
    done = memory.commit(ops)
    assert [verdict.record.version for verdict in done.verdicts] == [2, 3, 4, 5]
    assert done.verdicts[-1].record.content == "Tea at five.\nBring cake."


# -- all or none -------------------------------------------------------------------------------------------------------


def test_a_commit_that_fails_leaves_nothing(memory: Memory) -> None:
    """Whatever fails, and wherever: nothing of the operations before it stays."""
    record, gone, spare = note(memory), note(memory, "Gone."), note(memory, "Spare.")
    other = note(memory, "Ada.", subject="Ada", attribute="home")
    note(memory, "Bob.", subject="Bob", attribute="home")
    memory.forget(gone.id)
    first = {"op": "put", "content": "New."}
    failing: list[tuple[type[Exception], Mapping[str, Any]]] = [
        (NotFoundError, {"op": "append", "id": "nowhere", "text": "x"}),
        (NotFoundError, {"op": "put", "content": "x", "links": [("about", "nowhere")]}),
        (NotFoundError, {"op": "put", "id": record.id, "links": [("about", "nowhere")]}),
        (NotFoundError, {"op": "merge", "id": record.id, "links": [("about", "nowhere")]}),
        (GoneError, {"op": "append", "id": gone.id, "text": "x"}),
        (GoneError, {"op": "merge", "id": gone.id, "add": {"n": 1}}),
        (VersionConflictError, {"op": "put", "id": record.id, "content": "x", "if_version": 7}),
        (SlotTakenError, {"op": "put", "id": other.id, "subject": "Bob"}),
        (InvalidInputError, {"op": "put", "id": record.id, "valid_from": "2026", "valid_to": "2025"}),
        (InvalidInputError, {"op": "append", "id": record.id, "text": "x" * memory.settings.max_content_bytes}),
    ]
    before = (head(memory), memory.list(limit=99).records)
    for error, op in failing:
        with pytest.raises(error):
            memory.commit([first, op])
        with pytest.raises(error):
            memory.commit([first, {"op": "delete", "id": spare.id}, op])
        assert (head(memory), memory.list(limit=99).records) == before
    assert memory.verify().ok


def test_bounds_hold_inside_a_commit(open_memory: Callable[..., Memory]) -> None:
    """Room is made in the commit's own transaction; what cannot fit is refused whole."""
    memory = open_memory(max_records=3)
    for number in range(3):
        note(memory, f"Note {number} on tea.")
    done = memory.commit([{"op": "put", "content": f"More {number} on milk."} for number in range(2)])
    assert (memory.stats().records, done.events) == (3, (4, 5))
    with pytest.raises(BoundError):
        memory.commit([{"op": "put", "content": f"Pin {number}.", "pinned": True} for number in range(4)])
    assert memory.stats().records == 3


# -- what it rests on --------------------------------------------------------------------------------------------------


def test_what_was_read_must_still_be_so(memory: Memory) -> None:
    """A conflict says what was read, what is there, what happened, and what was wanted."""
    plan, other = note(memory, "Deploy on Friday."), note(memory, "The gate is shut.")
    memory.update(plan.id, content="Deploy on Monday.", reason="holiday")
    memory.feedback(plan.id, "used")
    op: dict[str, Any] = {"op": "put", "id": plan.id, "content": "Deploy on Friday at noon."}
    before = head(memory)
    with pytest.raises(StaleReadError) as caught:
        memory.commit([op, {"op": "put", "content": "Tell all."}], reads=[read(plan), read(other)])
    assert (head(memory), caught.value.versions, caught.value.event) == (before, {plan.id: (1, 2)}, None)
    memory.update(plan.id, content="Deploy on Tuesday.")
    (stale,) = caught.value.stale
    assert (stale.id, stale.read, stale.now, stale.ops) == (plan.id, 1, 2, (op,))
    assert stale.base is not None
    assert stale.theirs is not None
    assert (stale.base.content, stale.theirs.content) == ("Deploy on Friday.", "Deploy on Monday.")
    assert [(change.op, change.reason) for change in stale.changes] == [("update", "holiday"), ("feedback", None)]
    assert "Monday" not in str(caught.value)
    assert plan.id in str(caught.value)
    memory.commit([op], reads=[{"id": plan.id, "version": 3}, read(other)])


def test_absence_can_be_rested_on(memory: Memory) -> None:
    record = note(memory)
    done = memory.commit([{"op": "put", "content": "First."}], reads=[{"id": "nowhere", "version": 0}])
    assert done.verdicts[0].action == "added"
    with pytest.raises(StaleReadError) as caught:
        memory.commit([{"op": "put", "content": "Second."}], reads=[{"id": record.id, "version": 0}])
    (stale,) = caught.value.stale
    assert (stale.read, stale.now, stale.base, stale.theirs) == (0, 1, None, record)
    assert [change.op for change in stale.changes] == ["retain"]


def test_what_was_forgotten_or_erased_is_another_version(memory: Memory) -> None:
    one, two = note(memory, "One."), note(memory, "Two.")
    memory.forget(one.id)
    memory.erase(two.id)
    with pytest.raises(StaleReadError) as caught:
        memory.commit([{"op": "put", "content": "x"}], reads=[read(one)])
    assert (caught.value.stale[0].now, caught.value.stale[0].changes[0].op) == (2, "forget")
    with pytest.raises(NotFoundError):
        memory.commit([{"op": "put", "content": "x"}], reads=[read(two)])
    memory.commit([{"op": "put", "content": "x"}], reads=[{"id": two.id, "version": 0}])


def test_evidence_is_no_other_version(memory: Memory) -> None:
    """Who wants to rest on that as well commits with strict="scope"."""
    record = note(memory)
    assert note(memory, ref="again").id == record.id
    memory.commit([{"op": "put", "content": "x"}], reads=[read(record)])


# -- who may -----------------------------------------------------------------------------------------------------------


def test_a_commit_tells_nothing_of_other_scopes(memory: Memory) -> None:
    """The same answer for "no right" and "not there", in reads and in operations."""
    hidden = note(memory, "The code is 1234.", scope="user:ada")
    bob = memory.scoped(write="user:bob")
    put = {"op": "put", "content": "x"}
    attempts: list[Callable[[str], Any]] = [
        lambda id: bob.commit([put], reads=[{"id": id, "version": 1}]),
        lambda id: bob.commit([{"op": "put", "id": id, "content": "x"}]),
        lambda id: bob.commit([{"op": "append", "id": id, "text": "x"}]),
        lambda id: bob.commit([{"op": "merge", "id": id, "add": {"n": 1}}]),
        lambda id: bob.commit([{"op": "delete", "id": id}]),
        lambda id: bob.commit([{**put, "links": [("about", id)]}]),
    ]
    for attempt in attempts:
        told = []
        for id in (hidden.id, "nowhere"):
            with pytest.raises(NotFoundError) as caught:
                attempt(id)
            told.append(str(caught.value).replace(id, ""))
        assert told[0] == told[1]
    assert bob.commit([put], reads=[{"id": hidden.id, "version": 0}]).verdicts[0].record.scope == "user:bob"


def test_a_bound_handle_commits_to_its_scope(memory: Memory) -> None:
    shared = note(memory, "Shared.", scope="team")
    ada = memory.scoped(write="user:ada", read=["user:ada", "team"])
    assert ada.commit([{"op": "put", "content": "Mine."}], reads=[read(shared)]).verdicts[0].record.scope == "user:ada"
    for op in ({"op": "append", "id": shared.id, "text": "x"}, {"op": "put", "content": "x", "scope": "team"}):
        with pytest.raises(AccessError):
            ada.commit([op])
    with pytest.raises(AccessError):
        memory.scoped(read=["team"]).commit([{"op": "put", "content": "x"}])


def test_who_may_not_read_gets_back_what_was_given(memory: Memory) -> None:
    note(memory, "The office is in Porto.", scope="inbox", speaker="Ada", ref="secret-1")
    blind = memory.scoped(write="inbox", read=[])
    op = {"op": "put", "content": "The office is in Porto.", "kind": "fact", "speaker": "Ada", "ref": "mine"}
    (verdict,) = blind.commit([op]).verdicts
    assert (verdict.action, verdict.record.refs, verdict.affected) == ("reinforced", (), ())


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ops", "field"),
    [
        ([], "ops"),
        ("put", "ops"),
        ({"op": "put", "content": "x"}, "ops"),
        (None, "ops"),
        ([{"op": "put", "content": "x"}] * 257, "ops"),
        (["put"], "ops[0]"),
        ([{}], "ops[0]"),
        ([{"op": "drop", "id": "x"}], "ops[0]"),
        ([{"op": ["put"], "content": "x"}], "ops[0]"),
        ([{"op": "put"}], "ops[0].content"),
        ([{"op": "put", "content": "x", "key": "k"}], "ops[0].key"),
        ([{"op": "put", "content": "x", "id": None}], "ops[0].id"),
        ([{"op": "put", "content": "ok"}, {"op": "put", "content": "x", "kind": "odd"}], "ops[1].kind"),
        ([{"op": "put", "id": "x", "scope": "team"}], "ops[0].scope"),
        ([{"op": "put", "id": "x", "content": None}], "ops[0].content"),
        ([{"op": "put", "id": "x", "if_version": -1}], "ops[0].if_version"),
        ([{"op": "append", "id": "x"}], "ops[0].text"),
        ([{"op": "append", "id": "x", "text": " "}], "ops[0].text"),
        ([{"op": "append", "id": "x", "text": "y", "sep": "z"}], "ops[0].sep"),
        ([{"op": "append", "text": "y"}], "ops[0].id"),
        ([{"op": "merge", "id": "x"}], "ops[0]"),
        ([{"op": "merge", "id": "x", "add": {"n": 1.5}}], "ops[0].add.n"),
        ([{"op": "merge", "id": "x", "add": {"n": True}}], "ops[0].add.n"),
        ([{"op": "merge", "id": "x", "max": {"n": [1]}}], "ops[0].max.n"),
        ([{"op": "merge", "id": "x", "union": {"n": "ab"}}], "ops[0].union.n"),
        ([{"op": "merge", "id": "x", "add": {"n": 1}, "set": {"n": 1}}], "ops[0].set.n"),
        ([{"op": "merge", "id": "x", "add": [1]}], "ops[0].add"),
        ([{"op": "merge", "id": "x", "max": {"n": float("nan")}}], "ops[0].metadata"),
        ([{"op": "merge", "id": "x", "aliases": "tea"}], "ops[0].aliases"),
        ([{"op": "delete", "id": 7}], "ops[0].id"),
        ([{"op": "delete", "id": "x", "text": "y"}], "ops[0].text"),
    ],
)
def test_bad_operations_name_their_field(ops: Any, field: str) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        with pytest.raises(InvalidInputError) as caught:
            memory.commit(ops)
        assert (caught.value.field, memory.stats().seq) == (field, 0)


@pytest.mark.parametrize(
    "given",
    [
        {"reads": "x"},
        {"reads": {"id": "x", "version": 1}},
        {"reads": ["x"]},
        {"reads": [{"id": "x"}]},
        {"reads": [{"id": "x", "version": "1"}]},
        {"reads": [{"id": "x", "version": True}]},
        {"reads": [{"id": "x", "version": -1}]},
        {"reads": [{"id": "x", "version": 1, "scope": "y"}]},
        {"strict": "very"},
        {"strict": "scope"},
        {"strict": "scope", "reads": [{"id": "x", "version": 0}]},
        {"key": ""},
        {"key": 7},
        {"read_token": 7},
    ],
)
def test_bad_arguments_are_refused(given: dict[str, Any]) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        with pytest.raises(InvalidInputError):
            memory.commit([{"op": "put", "content": "x"}], **given)
        assert memory.stats().seq == 0


def test_a_verdict_has_the_record_as_it_is(memory: Memory, clock: FixedClock) -> None:
    """The record of a verdict is what `get` returns, whatever was changed."""
    record = note(memory, speaker="Ada", metadata={"n": 1}, aliases=["a"])
    target = note(memory, "Target.")
    changes: list[dict[str, Any]] = [
        {"content": "Tea at five."},
        {"speaker": "Bob"},
        {"links": [("derived_from", target.id)]},
        {"metadata": None, "aliases": None},
        {"valid_from": "2026", "valid_to": "2027"},
        {"valid_from": None},
        {"subject": "Tea", "attribute": "time", "value": "five"},
        {"content": "Tea is at six.", "value": "six"},
        {"subject": None, "attribute": None, "value": None},
        {"pinned": True, "expires_at": "2030-01-01"},
    ]
    for change in changes:
        clock.advance(seconds=1)
        (verdict,) = memory.commit([{"op": "put", "id": record.id, **change}]).verdicts
        assert verdict.record == memory.get(record.id), change
    assert memory.verify().ok
