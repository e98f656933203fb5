"""Replaying the log gives byte-identical records: on every store, under other index rules, after erasures."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from ricordo import Memory
from ricordo.index.entry import Indexing
from ricordo.store.base import Entry, Store
from ricordo.store.memory import MemoryStore
from ricordo.store.sqlite import SqliteStore
from ricordo.testing import FixedClock
from ricordo.testing.operations import INDEX, START, Operations
from ricordo.text import Tokeniser
from ricordo.types import Record

OPERATIONS = 10_000


def digest(store: Store) -> str:
    """Return the digest of every record version and its evidence."""
    with store.read() as snapshot:
        return hashlib.sha256(b"\n".join(snapshot.dump())).hexdigest()


def one_term_more(record: Record) -> Entry:
    """Index as the default does, and add a term."""
    entry = INDEX(record)
    return entry._replace(terms=(*entry.terms, "everywhere"))


def test_ten_thousand_operations_replay_to_the_same_bytes(tmp_path: Path) -> None:
    """Records before == after reindex == of a fresh store with the same events, under any index rule."""
    clock = FixedClock(START, step=timedelta(milliseconds=1))
    with Memory.open(tmp_path, embedder=None, clock=clock) as memory:
        operations = Operations(seed=20260501)
        operations.apply(memory, OPERATIONS)
        statuses = memory.stats().statuses
        assert min(statuses[status] for status in ("active", "superseded", "retracted", "erased")) >= 20
        before = digest(memory._engine.store)
        memory.reindex()
        assert digest(memory._engine.store) == before
        assert memory.verify().problems == ()
        reference = MemoryStore(INDEX)
        with memory._engine.store.read() as snapshot:
            reference.load(snapshot.events(), "space", b"secret")
        assert digest(reference) == before
    for index in (Indexing(Tokeniser("none")), one_term_more):
        store = SqliteStore(tmp_path, index)
        store.reindex()
        assert digest(store) == before
        assert store.verify()[2:] == (None, [])
        store.close()


def test_verify_tells_of_another_index_rule(tmp_path: Path) -> None:
    """A space indexed by one rule and opened with another is told to reindex, and is sound after it."""
    with Memory.open(tmp_path, embedder=None, clock=FixedClock(START)) as memory:
        memory.retain("Ada likes tea.")
    store = SqliteStore(tmp_path, one_term_more)
    assert [problem.endswith("reindex") for problem in store.verify()[3]] == [True]
    store.reindex()
    assert store.verify()[3] == []
    store.close()


def test_the_same_seed_gives_the_same_log() -> None:
    """The generator draws the same operations for the same seed."""

    def told() -> list[tuple[str, int]]:
        with Memory.open(":memory:", embedder=None, clock=FixedClock(START, step=timedelta(seconds=1))) as memory:
            Operations(seed=7).apply(memory, 200)
            with memory._engine.store.read() as snapshot:
                return [(event.op, len(event.targets)) for event in snapshot.events()]

    assert told() == told()
