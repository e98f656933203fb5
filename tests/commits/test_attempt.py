"""`Memory.attempt`: reads, decides and commits again until what it read still holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.commits.conftest import Open

from ricordo import GoneError, InvalidInputError, KeyConflictError, Memory, NotFoundError, StaleReadError
from ricordo.reads import Reads


def counter(memory: Memory, **fields: Any) -> str:
    return memory.retain("A counter.", metadata={"n": 0}, **fields).record.id


def counted(reading: Reads, id: str) -> list[Any]:
    return [{"op": "put", "id": id, "metadata": {"n": reading.get(id).metadata["n"] + 1}}]


def test_a_conflict_is_decided_anew(memory: Memory) -> None:
    id, waits, seen = counter(memory), [], []  # type: ignore[var-annotated]

    def decide(reading: Reads) -> list[Any]:
        ops = counted(reading, id)
        seen.append(ops[0]["metadata"]["n"])
        if len(seen) < 4:
            memory.commit([{"op": "merge", "id": id, "add": {"n": 10}}])
        return ops

    done = memory.attempt(decide, sleep=waits.append)
    assert done is not None
    assert (seen, done.verdicts[0].record.metadata) == ([1, 11, 21, 31], {"n": 31})
    assert len(waits) == 3
    assert all(0 <= wait <= 0.005 * 2**number for number, wait in enumerate(waits))


def test_at_last_the_conflict_is_raised(memory: Memory) -> None:
    id, runs = counter(memory), list[int]()
    waits: list[float] = []

    def decide(reading: Reads) -> list[Any]:
        ops = counted(reading, id)
        runs.append(1)
        memory.update(id, why=f"run {len(runs)}")
        return ops

    with pytest.raises(StaleReadError) as caught:
        memory.attempt(decide, retries=2, sleep=waits.append)
    (stale,) = caught.value.stale
    assert (len(waits), stale.id, stale.read, stale.now) == (2, id, 3, 4)
    assert stale.theirs is not None
    assert stale.theirs.why == "run 3"
    with pytest.raises(StaleReadError):
        memory.attempt(decide, retries=0, sleep=waits.append)
    assert len(waits) == 2


def test_nothing_to_do_commits_nothing(memory: Memory) -> None:
    assert memory.attempt(lambda reading: None) is None
    assert memory.attempt(lambda reading: []) is None
    assert memory.stats().seq == 0


def test_absence_is_decided_on_with_strict_scope(memory: Memory) -> None:
    runs: list[int] = []

    def decide(reading: Reads) -> list[Any] | None:
        if reading.list(scope="team", filters={"metadata.task": 7}).records:
            return None
        if not runs:
            memory.retain("I take it.", scope="team", metadata={"task": 7})
        runs.append(1)
        return [{"op": "put", "content": "I take it, too.", "scope": "team", "metadata": {"task": 7}}]

    assert memory.attempt(decide, strict="scope", sleep=lambda _: None) is None
    assert (len(runs), memory.stats().records) == (1, 1)


def test_what_is_no_conflict_is_raised_at_once(memory: Memory) -> None:
    id, waits = counter(memory), []  # type: ignore[var-annotated]
    with pytest.raises(NotFoundError):
        memory.attempt(lambda reading: [reading.get("nowhere")], sleep=waits.append)  # type: ignore[list-item]
    with pytest.raises(InvalidInputError):
        memory.attempt(lambda reading: [{"op": "put", "id": id, "kind": "odd"}], sleep=waits.append)
    memory.attempt(lambda reading: counted(reading, id), key="k1")
    with pytest.raises(KeyConflictError):
        memory.attempt(lambda reading: counted(reading, id), key="k1", sleep=waits.append)
    assert not waits
    memory.forget(id)
    with pytest.raises(GoneError):
        memory.attempt(lambda _: [{"op": "append", "id": id, "text": "x"}], sleep=waits.append)
    assert len(waits) == 5
    for retries in (-1, 101, True, 1.5):
        with pytest.raises(InvalidInputError):
            memory.attempt(lambda reading: [], retries=retries)


def test_what_is_read_with_is_bound_as_the_handle_is(memory: Memory) -> None:
    hidden = counter(memory, scope="user:ada")
    bob = memory.scoped(write="user:bob", principal="bob")

    def decide(reading: Reads) -> list[Any]:
        with pytest.raises(NotFoundError):
            reading.get(hidden)
        with pytest.raises(InvalidInputError, match="as_of"):
            reading.list(as_of=1)
        assert not hasattr(reading, "retain")
        return [{"op": "put", "content": "Mine.", "metadata": {"n": len(reading.list().records)}}]

    done = bob.attempt(decide)
    assert done is not None
    assert done.verdicts[0].record.metadata == {"n": 0}


@pytest.mark.parametrize("grouped", [False, True])
def test_counting_by_many_threads_loses_nothing(open_memory: Open, grouped: bool) -> None:
    memory = open_memory(group_commit=grouped)
    id, barrier = counter(memory), Barrier(4)

    def count(_: int) -> None:
        barrier.wait()
        for _ in range(10):
            assert memory.attempt(lambda reading: counted(reading, id), retries=100, sleep=lambda _: None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert memory.get(id).metadata == {"n": 40}


def test_what_is_read_under_a_token_counts_here_too(memory: Memory) -> None:
    """A token given to a read inside of an attempt takes nothing from what the attempt rests on."""
    id, token = counter(memory), memory.read_token()

    def decide(reading: Reads) -> list[Any]:
        left = reading.get(id, read_token=token).metadata["n"]
        memory.update(id, why="meanwhile")
        return [{"op": "put", "content": f"There are {left}."}]

    with pytest.raises(StaleReadError):
        memory.attempt(decide, retries=0)
    with pytest.raises(StaleReadError):
        memory.commit([{"op": "put", "content": "There are none."}], read_token=token)
