"""The idempotency key of a commit: once for ever, whatever the operations, across restarts and between threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.commits.conftest import LASTING, Open

from ricordo import KeyConflictError, Memory, Record, StaleReadError
from ricordo.testing import FixedClock

OPS: dict[str, Callable[[Record], list[Any]]] = {
    "put": lambda r: [{"op": "put", "content": "I moved to Faro.", "speaker": "Ada"}],
    "edit": lambda r: [{"op": "put", "id": r.id, "content": "Tea at five."}],
    "append": lambda r: [{"op": "append", "id": r.id, "text": "Bring cake."}],
    "merge": lambda r: [{"op": "merge", "id": r.id, "add": {"n": 1}}],
    "nothing": lambda r: [{"op": "merge", "id": r.id, "max": {"n": 0}}],
    "delete": lambda r: [{"op": "delete", "id": r.id}],
    "all": lambda r: [op for name in ("put", "edit", "append", "merge", "delete") for op in OPS[name](r)],
}


def note(memory: Memory) -> Record:
    return memory.retain("Tea at four.", kind="fact", metadata={"n": 1}).record


@pytest.mark.parametrize("name", OPS)
def test_a_commit_with_a_key_is_done_once(memory: Memory, clock: FixedClock, name: str) -> None:
    """A repetition returns the first result, also when the record has changed since, and nothing is done."""
    record = note(memory)
    ops, reads = OPS[name](record), [{"id": record.id, "version": 1}]
    first = memory.commit(ops, reads=reads, key="k1")
    assert not first.repeated
    if name not in ("delete", "all"):
        memory.commit([{"op": "merge", "id": record.id, "set": {"n": -5}}])
    clock.advance(days=400)
    seq = memory.stats().seq
    for _ in range(2):
        again = memory.commit(ops, reads=reads, key="k1")
        assert (again.repeated, again.seq, again.events) == (True, first.seq, first.events)
        told = [(one.action, one.rule, one.record, one.event, one.affected) for one in again.verdicts]
        assert told == [(one.action, one.rule, one.record, one.event, one.affected) for one in first.verdicts]
        assert [len(one.states) for one in again.verdicts] == [len(one.states) for one in first.verdicts]
    assert memory.stats().seq == seq
    assert memory.verify().ok


def test_a_key_stands_for_its_operations(memory: Memory) -> None:
    record = note(memory)
    ops = OPS["merge"](record)
    memory.commit(ops, key="k1")
    for other in (OPS["append"](record), [{"op": "merge", "id": record.id, "add": {"n": 2}}], [*ops, *ops]):
        with pytest.raises(KeyConflictError):
            memory.commit(other, key="k1")
    assert memory.commit(ops, key="k2").verdicts[0].record.metadata == {"n": 3}
    assert memory.retain("Something else.", key="k1").action == "added"


def test_a_key_is_its_principals_own(memory: Memory) -> None:
    """Nobody is answered with what another committed."""
    ops = [{"op": "put", "content": "Mine."}]
    handles = [
        memory.scoped(write="team", principal="agent:coder"),
        memory.scoped(write="team", principal="agent:tester"),
        memory.scoped(write="team"),
        memory.scoped(write="notes"),
    ]
    assert [handle.commit(ops, key="k1").repeated for handle in handles] == [False] * 4
    assert [handle.commit(ops, key="k1").repeated for handle in handles] == [True] * 4
    with pytest.raises(KeyConflictError):
        handles[0].commit([{"op": "put", "content": "Other."}], key="k1")


def test_a_refused_commit_uses_no_key_up(memory: Memory) -> None:
    record = note(memory)
    with pytest.raises(StaleReadError):
        memory.commit(OPS["merge"](record), reads=[{"id": record.id, "version": 7}], key="k1")
    assert not memory.commit(OPS["merge"](record), key="k1").repeated


def test_a_lost_answer_is_asked_for_again_with_the_same_token(memory: Memory) -> None:
    """The commit moved what the token had delivered: the repetition is told what happened, not that it is stale."""
    record, token = note(memory), memory.read_token(ttl_s=60)
    memory.get(record.id, read_token=token)
    first = memory.commit(OPS["edit"](record), read_token=token, key="k1")
    memory.update(record.id, content="Tea at six.")
    assert memory.commit(OPS["edit"](record), read_token=token, key="k1").seq == first.seq


def test_keyed_commits_follow_each_other_under_one_token(memory: Memory) -> None:
    """That the key was noted is no event of somebody else."""
    record, token = note(memory), memory.read_token()
    memory.list(read_token=token)
    for number in range(3):
        done = memory.commit(OPS["merge"](record), read_token=token, strict="scope", key=f"k{number}")
        assert not done.repeated


def test_who_may_not_read_gets_the_same_twice(memory: Memory) -> None:
    blind = memory.scoped(write="inbox", read=[])
    ops = [{"op": "put", "content": "Ada lives in Porto.", "kind": "fact"}]
    first, again = (blind.commit(ops, key="k1").verdicts[0] for _ in range(2))
    assert (first.record.content, first.record.id) == (again.record.content, again.record.id)


@pytest.mark.parametrize("engine", LASTING, indirect=True)
def test_a_key_outlives_the_process(open_memory: Open) -> None:
    memory = open_memory()
    record = note(memory)
    first = memory.commit(OPS["all"](record), key="k1")
    memory.reindex()
    memory.close()
    again = open_memory()
    assert again.commit(OPS["all"](record), key="k1").seq == first.seq
    assert again.stats().seq == first.seq + 1


@pytest.mark.parametrize("grouped", [False, True])
def test_of_threads_with_one_key_one_does_it(open_memory: Open, grouped: bool) -> None:
    memory = open_memory(group_commit=grouped)
    record = note(memory)
    barrier = Barrier(8)

    def commit(_: int) -> Any:
        barrier.wait()
        return memory.commit(OPS["merge"](record), key="k1")

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(commit, range(8)))
    assert sorted(one.repeated for one in done) == [False] + [True] * 7
    assert len({one.seq for one in done}) == 1
    assert memory.get(record.id).metadata == {"n": 2}


def test_the_whole_space_may_be_handed_on_under_a_name(memory: Memory) -> None:
    """Keys are the principal's own, also of one that sees everything."""
    first, second = memory.scoped(principal="key:a"), memory.scoped(principal="key:b")
    verdicts = [one.commit([{"op": "put", "content": text}], key="k") for one, text in ((first, "x"), (second, "y"))]
    assert [verdict.repeated for verdict in verdicts] == [False, False]
    assert {record.content for record in first.list().records} == {"x", "y"}


def test_feedback_with_a_key_counts_once(memory: Memory) -> None:
    """A repetition returns the first event and counts nothing; the same key with other feedback is refused."""
    record, other = note(memory), memory.retain("Cake at six.").record
    first = memory.feedback([record.id, other.id], "helped", query="When is tea?", key="k1")
    seen = memory.belief(record.id).confidence
    assert memory.feedback([record.id, other.id], "helped", query="When is tea?", key="k1") == first
    assert (memory.stats().seq, memory.belief(record.id).confidence) == (first, seen)
    for ids, outcome in (([record.id], "helped"), ([record.id, other.id], "harmed")):
        with pytest.raises(KeyConflictError):
            memory.feedback(ids, outcome, query="When is tea?", key="k1")
    assert memory.scoped(principal="other").feedback(record.id, "harmed", key="k1") == first + 1
    assert memory.commit(OPS["merge"](record), key="k1").repeated is False
    assert memory.verify().ok
