"""What policies take from texts and the states they tell."""

from __future__ import annotations

from ricordo import Memory, Policy
from ricordo.testing import FixedClock


def test_what_rested_on_an_expired_text_alone_goes_with_it_unless_it_is_kept() -> None:
    """A state whose only evidence is retracted is retracted in the same event, as with `forget`, and comes back."""
    rules = [
        Policy("keep homes", attributes="lives_in", action="keep"),
        Policy("talk", kinds="observation", after="7 days"),
    ]
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        said = memory.retain("I live in Porto and work at Acme.", speaker="Ada", at="2024-01-01")
        home, work = (state.record.id for state in said.states)
        told = memory.expire(rules)
        assert told.records["talk"] == (said.record.id,)
        assert [memory.get(id).status for id in (said.record.id, home, work)] == ["retracted", "active", "retracted"]
        memory.undo(told.events[0])
        assert {memory.get(id).status for id in (said.record.id, home, work)} == {"active"}
        assert memory.verify().ok
