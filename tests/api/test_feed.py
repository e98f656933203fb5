"""The log as a feed, and what is in dispute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, LogEntry, Memory
from ricordo.testing import FixedClock

WRITES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["retain", "update", "forget", "erase"])), max_size=20
)


def written(writes: list[tuple[str, str]]) -> tuple[Memory, dict[str, str]]:
    """Return a space, and the scope of every record that was not erased."""
    memory, scopes = Memory.open(":memory:", embedder=None, clock=FixedClock()), dict[str, str]()
    for number, (scope, act) in enumerate(writes):
        id = memory.retain(f"note {number}", scope=scope, kind="event").record.id
        scopes[id] = scope
        if act == "update":
            memory.update(id, content=f"other {number}")
        elif act == "forget":
            memory.forget(id)
        elif act == "erase":
            memory.erase(id)
            del scopes[id]
    return memory, scopes


@given(WRITES, st.integers(1, 5))
def test_a_feed_told_in_pages_is_the_whole_log(writes: list[tuple[str, str]], limit: int) -> None:
    """A reader who goes on where a page ended gets each event once, in order, up to the head."""
    memory, _ = written(writes)
    entries: list[LogEntry] = []
    after, more = 0, True
    while more:
        page = memory.events(after, limit=limit)
        assert len(page.entries) <= limit
        entries += page.entries
        after, more = page.seq, page.more
    assert [entry.seq for entry in entries] == list(range(1, memory.stats().seq + 1))


@given(WRITES)
def test_a_bound_reader_is_told_of_its_own_records_alone(writes: list[tuple[str, str]]) -> None:
    memory, scopes = written(writes)
    for scope in "abc":
        page = memory.scoped(read=[scope]).events()
        assert {id for entry in page.entries for id in entry.records} == {i for i, s in scopes.items() if s == scope}
        assert all(entry.records for entry in page.entries)
        assert page.seq == memory.stats().seq


def test_a_feed_refuses_what_is_no_place_in_the_log() -> None:
    memory = Memory.open(":memory:", embedder=None)
    for after in (-1, True, "1", 1 << 62):
        with pytest.raises(InvalidInputError, match="after"):
            memory.events(after)
    assert memory.events(7).seq == 7


def test_a_settled_conflict_is_told_no_more() -> None:
    """Of three that contradict each other each pair is told once; what is forgotten settles its pairs."""
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock())
    fields = {"subject": "Ada", "attribute": "lives in", "at": "2026-05-03"}
    ids = [
        memory.retain(f"Ada lives in {city}.", value=city, speaker=city, **fields).record.id
        for city in ("Faro", "Rome")
    ]
    (conflict,) = memory.conflicts().conflicts
    assert [conflict.record.id, *(one.id for one in conflict.against)] == ids
    assert memory.conflicts(scope="elsewhere").conflicts == ()
    memory.forget(ids[1])
    assert memory.conflicts().conflicts == ()
    assert len(memory.conflicts(as_of=2).conflicts) == 1
