"""Vectors held in memory answer as reading them from the file does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ricordo import Memory
from ricordo.config import Settings
from ricordo.index import matrix as module
from ricordo.index.matrix import VectorMemory
from ricordo.index.vectors import Target, nearest
from ricordo.store.base import Store, Transaction, Write
from ricordo.store.memory import MemoryStore
from ricordo.testing import FixedClock, HashingEmbedder
from ricordo.testing.operations import INDEX, START, Operations, change, erase, put, seen, state

EMBEDDER = HashingEmbedder(dimension=16)
VIEWS: list[dict[str, Any]] = [
    {},
    {"scopes": ("a",)},
    {"scopes": ("b", "team")},
    {"scopes": ("nowhere",)},
    {"scopes": ()},
    {"kinds": ("preference",)},
    {"speakers": ("Ada",)},
    {"now": START.replace(year=2040)},
]


@contextmanager
def opened(folder: Path | str, **settings: Any) -> Iterator[Memory]:
    chosen = Settings(background=False, **settings)
    with Memory.open(folder, embedder=EMBEDDER, clock=FixedClock(), settings=chosen) as memory:
        yield memory


def compare(held: VectorMemory, store: Store, target: Target, limit: int = 5) -> int:
    """Compare with the exact scan in every view; return how many were answered from memory."""
    answered = 0
    for view in VIEWS:
        with store.read() as snapshot:
            mine = held.nearest(snapshot, target, seen(**view), limit)
            theirs = nearest(snapshot, target, seen(**view), limit)
        if mine is None:
            continue
        answered += 1
        assert (mine.seq, mine.vid) == (theirs.seq, theirs.vid)
        close = [round(score, 3) for score in mine.scores.values()]
        assert close == pytest.approx([round(score, 3) for score in theirs.scores.values()], abs=2e-3)
    return answered


@pytest.mark.parametrize("location", ["memory", "sqlite"])
@pytest.mark.parametrize("coarse", [False, True])
def test_it_is_the_exact_scan(location: str, coarse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After every kind of write, with and without embedding in between, memory and file give the same scores."""
    monkeypatch.setattr(module, "_BLOCK", 64)
    # A block of 64 vectors of 16 takes 5,184 bytes exactly and 2,112 in eight bits.
    held = VectorMemory(5_000 * 20 if not coarse else 2_112 * 12)
    with opened(":memory:" if location == "memory" else tmp_path) as memory:
        operations, answered = Operations(seed=4), 0
        for turn in range(7):
            operations.apply(memory, 60)
            if turn % 2 == 0:
                memory.embed()
            target = Target(EMBEDDER.model_id, EMBEDDER.embed([f"Ada lives in Lisbon {turn}"])[0])
            answered += compare(held, memory._engine.store, target)
        assert answered > 30
        matrix = held._matrix
        assert matrix is not None
        assert matrix.coarse is coarse


def test_past_the_bound_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that holds nothing answers nothing, and recall is the same."""
    monkeypatch.setattr(module, "_BLOCK", 64)
    with opened(tmp_path) as memory:
        Operations(seed=1).apply(memory, 100)
        memory.embed()
        told = [item.record.id for item in memory.recall("Ada and tea")]
        target = Target(EMBEDDER.model_id, EMBEDDER.embed(["tea"])[0])
        for bound in (0, 100, 2_500):
            with memory._engine.store.read() as snapshot:
                small = VectorMemory(bound)
                assert small.nearest(snapshot, target, seen(), 5) is None
                assert small.nearest(snapshot, target, seen(), 5) is None
    with opened(tmp_path, vector_memory_mb=0) as memory:
        assert [item.record.id for item in memory.recall("Ada and tea")] == told


def test_the_past_and_older_snapshots_are_read_from_the_file(tmp_path: Path) -> None:
    """Past moments, other statuses and snapshots from before what is held are not answered from memory."""
    with opened(tmp_path) as memory:
        id = memory.retain("Ada lives in Lisbon.").record.id
        memory.embed()
        held, target = VectorMemory(1 << 20), Target(EMBEDDER.model_id, EMBEDDER.embed(["Lisbon"])[0])
        store = memory._engine.store
        with store.read() as before:
            assert held.nearest(before, target, seen(), 5) is not None
            for past in ({"as_of": 1}, {"valid": (START, START)}, {"statuses": ("superseded",)}):
                assert held.nearest(before, target, seen(**past), 5) is None
            memory.forget(id)
            with store.read() as after:
                found = held.nearest(after, target, seen(), 5)
                assert found is not None
                assert found.scores == {}
            assert held.nearest(before, target, seen(), 5) is None
            assert len(nearest(before, target, seen(), 5).scores) == 1


def test_nothing_is_shown_on_the_word_of_memory(tmp_path: Path) -> None:
    """What is held wrongly is not shown: the store says in the same snapshot what is visible."""
    store, target = MemoryStore(INDEX), Target("m", np.ones(2, np.float32))
    for n in range(4):
        put(store, f"r{n}", "Text.", scope="ab"[n % 2])
    store.transact(lambda transaction: _give(transaction, {n: [1, n / 9] for n in range(1, 5)}))
    held = VectorMemory(1 << 20)
    with store.read() as snapshot:
        assert held.nearest(snapshot, target, seen(scopes=("a",)), 9) is not None
        assert held._matrix is not None
        held._matrix.blocks[0].scopes[:] = 0
        found = held.nearest(snapshot, target, seen(scopes=("a",)), 9)
    assert found is not None
    assert sorted(found.scores) == [1, 3]
    change(store, "r0", content="Other text.")
    erase(store, "r2")
    with store.read() as snapshot:
        after = held.nearest(snapshot, target, seen(), 9)
    assert after is not None
    assert sorted(after.scores) == [2, 4]


def test_filters_that_leave_too_little_are_read_from_the_file() -> None:
    """A filter is applied after drawing; where that starves the answer, the file is read."""
    store, target = MemoryStore(INDEX), Target("m", np.array([1, 0], np.float32))
    for n in range(2000):
        put(store, f"r{n}", "Text.", speaker="Ada" if n < 1990 else "Bob")
    store.transact(lambda transaction: _give(transaction, {n: [1 - n / 4000, 0] for n in range(1, 2001)}))
    held = VectorMemory(1 << 20)
    with store.read() as snapshot:
        assert held.nearest(snapshot, target, seen(speakers=("Ada",)), 5) is not None
        assert held.nearest(snapshot, target, seen(speakers=("Bob",)), 5) is None


def test_coarse_vectors_find_nearly_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 200 nearest among 5,000 vectors without any order, eight bits and scoring again find 99 in 100."""
    choose, dimension = np.random.default_rng(3), 384
    vectors = choose.standard_normal((5_000, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = MemoryStore(INDEX)
    puts = random.Random(1).sample(range(5_000), 5_000)
    store.transact(lambda transaction: [put_in(transaction, n) for n in puts] and None)
    store.transact(lambda transaction: _give(transaction, {n + 1: row for n, row in enumerate(vectors)}))
    held = VectorMemory(8192 * (dimension + 17))
    shared = 0
    for query in choose.standard_normal((5, dimension), dtype=np.float32):
        with store.read() as snapshot:
            mine = held.nearest(snapshot, Target("m", query), seen(), 200)
            theirs = nearest(snapshot, Target("m", query), seen(), 200)
        assert mine is not None
        shared += len(mine.scores.keys() & theirs.scores.keys())
    assert held._matrix is not None
    assert held._matrix.coarse
    assert shared >= 0.99 * 1000


def put_in(transaction: Transaction, number: int) -> Any:
    return transaction.append("retain", [Write(f"r{number}", set=state("Text."))], START)


def _give(transaction: Transaction, vectors: dict[int, Any]) -> None:
    rows = [(vid, np.asarray(value, np.float16).tobytes()) for vid, value in vectors.items()]
    transaction.follow("m", max(vectors), rows)
