"""Compaction: long retired content goes, what something rests on stays, chain and replay hold, the file shrinks."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory, NotFoundError, Policy
from ricordo.store.memory import MemoryStore
from ricordo.testing import FixedClock
from ricordo.testing.operations import INDEX, START, Operations
from ricordo.types import RECALLABLE, Change, Record

DAY = timedelta(days=1)


def opened(place: Path | str = ":memory:", step: timedelta = timedelta(0)) -> Memory:
    return Memory.open(place, embedder=None, clock=FixedClock(START, step=step))


def advance(memory: Memory, **amount: float) -> None:
    clock: Any = memory._engine.clock
    clock.advance(**amount)


def without(change: Change, gone: Collection[str]) -> Change:
    """Return a change as it reads once the records that held the words of its evidence have no content."""
    if change.source and change.source.record in gone:
        change = replace(change, source=None)
    if change.record is None:
        return change
    left = tuple(source for source in change.record.sources if source.record not in gone)
    return replace(change, record=replace(change.record, sources=left))


def needed(current: Mapping[str, Record], due: Collection[str]) -> set[str]:
    """Return what the records that stay rest on, at any remove, and what live ones followed."""
    found: set[str] = set()
    waiting = [record for id, record in current.items() if id not in due]
    while waiting:
        record = waiting.pop()
        ids = {link.target for link in record.links} | {source.record or "" for source in record.sources}
        fresh = (ids | set(record.supersedes)) & current.keys() - found
        found |= fresh
        waiting += [current[id] for id in fresh if id in due]
    return found


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1))
def test_what_is_kept_reads_as_before_at_every_moment(seed: int, share: float) -> None:
    """Live records, their versions and all that is kept are the same at every `as_of`; chain and replay hold."""
    memory = opened(step=timedelta(minutes=1))
    Operations(seed).apply(memory, 150)
    with memory._engine.store.read() as snapshot:
        events = list(snapshot.events())
        ids = sorted({target.id for event in events for target in event.targets})
        before = {id: snapshot.changes(id) for id in ids}
        rows = snapshot.rows(range(1, snapshot.newest() + 1))
    current = {row.record.id: row.record for row in rows.values() if row.died is None}
    moment = events[int(share * (len(events) - 1))].at
    live = [record for record in current.values() if record.status in RECALLABLE]
    told = memory.compact(before=moment, dry_run=True)
    done = memory.compact(before=moment)
    assert (told.records, told.bytes, told.kept) == (done.records, done.bytes, done.kept)
    due = {r.id for r in current.values() if r.status in ("superseded", "retracted") and r.recorded_at < moment}
    assert due - needed(current, due) <= set(done.records) <= due
    assert not set(done.records) & {target for record in live for target in record.supersedes}
    with memory._engine.store.read() as snapshot:
        for id in ids:
            if id not in done.records:
                assert snapshot.changes(id) == [without(change, done.records) for change in before[id]]
        for id in done.records:
            assert {change.record.content for change in snapshot.changes(id) if change.record} == {""}
            assert (snapshot.changes(id)[-1].op, snapshot.changes(id)[-1].rule) == ("compact", "compact")
        dump = list(snapshot.dump())
        reference = MemoryStore(INDEX)
        reference.load(snapshot.events(), "space", b"secret")
    assert memory.verify().problems == ()
    with reference.read() as snapshot:
        assert list(snapshot.dump()) == dump
    assert memory.compact(before=moment).records == ()


def test_evidence_of_what_is_live_stays() -> None:
    """What a live record was derived from stays, and what that rests on; once it goes, all of it may."""
    memory = opened()
    first = memory.retain("Ada said she moved.", kind="observation").record.id
    second = memory.retain("Ada moved.", kind="observation", links=[("derived_from", first)]).record.id
    third = memory.retain("Ada lives elsewhere now.", links=[("derived_from", second)]).record.id
    other = memory.retain("Nobody needs this.", kind="observation").record.id
    advance(memory, days=1)
    memory.expire([Policy("said", kinds="observation", after="1 hour", action="archive")])
    advance(memory, days=1)
    done = memory.compact(before=START + 2 * DAY)
    assert (done.records, done.kept) == ((other,), 2)
    assert memory.get(first).content == "Ada said she moved."
    memory.forget(third)
    advance(memory, days=1)
    assert set(memory.compact(before=START + 9 * DAY).records) == {third, second, first}


def test_the_state_before_a_live_one_stays() -> None:
    """Of a slot's chain the direct predecessor of the live state stays; the change can be undone."""
    memory = opened()
    ids = []
    for home in ("Faro", "Porto", "Lisbon"):
        advance(memory, days=1)
        slot = {"subject": "Ada", "attribute": "home", "value": home}
        ids.append(memory.retain(f"Ada lives in {home}.", **slot).record.id)
    done = memory.compact(before=START + 99 * DAY)
    assert (done.records, done.kept) == ((ids[0],), 1)
    memory.undo(memory.history(ids[2])[-1].event)
    assert [memory.get(id).status for id in ids[1:]] == ["active", "retracted"]


def test_what_was_retired_later_stays() -> None:
    """Only what was retired before the moment goes; a dry run changes nothing."""
    memory = opened()
    ids = [memory.retain(f"Fact {n}.").record.id for n in range(3)]
    for id in ids[:2]:
        memory.forget(id, reason="old")
        advance(memory, days=10)
    seq = memory.stats().seq
    told = memory.compact(before=START + DAY, dry_run=True)
    assert (told.records, told.events, memory.stats().seq) == ((ids[0],), (), seq)
    assert told.bytes > 100
    done = memory.compact(before="2026-05-02")
    assert done.records == (ids[0],)
    with pytest.raises(NotFoundError):
        memory.get(ids[0])
    change = memory.history(ids[0])[-1]
    assert (change.op, change.rule, change.reason) == ("compact", "compact", "retired before 2026-05-02T00:00:00Z")
    assert memory.get(ids[1]).content == "Fact 1."
    with pytest.raises(InvalidInputError, match="an erasure can't be undone"):
        memory.undo(done.events[0])
    with pytest.raises(InvalidInputError, match="before"):
        memory.compact(before="soon")


def test_the_file_shrinks_and_holds_no_byte_of_it(tmp_path: Path) -> None:
    """After compaction the file is smaller, no window of eight bytes of what went is in it, and it verifies."""
    choose = random.Random(7)
    secrets = ["".join(choose.choices("0123456789abcdef", k=400)) for _ in range(300)]
    with opened(tmp_path) as memory:
        memory.retain_many([{"content": f"The word is {secret}.", "scope": "x"} for secret in secrets])
        kept = memory.retain("Kept.").record.id
        memory.forget(scope="x")
        advance(memory, days=1)
        before = memory.stats().bytes
        done = memory.compact(before=START + timedelta(hours=1))
        assert (len(done.records), done.status, done.bytes > 300 * 400) == (300, "done", True)
        assert memory.stats().bytes < before / 2
        assert memory.get(kept).content == "Kept."
        assert memory.verify().problems == ()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("*"))
    windows = {raw[spot : spot + 8] for spot in range(len(raw) - 7)}
    assert not any(secret[spot : spot + 8].encode() in windows for secret in secrets for spot in range(393))
