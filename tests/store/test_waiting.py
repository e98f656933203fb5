"""Rows that wait within a transaction: every read sees them, and nothing of what was erased is left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ricordo import Memory
from ricordo.store.base import Transaction, Write
from ricordo.store.sqlite import SqliteStore
from ricordo.testing import FixedClock
from ricordo.testing.operations import INDEX, START, Operations, seen, snapped, state


def test_a_transaction_sees_what_it_has_appended(tmp_path: Path) -> None:
    """By id, by word, by key, by number; a key that waits is known, and so is one that was written down."""
    store = SqliteStore(tmp_path, INDEX)

    def work(transaction: Transaction) -> None:
        for number in range(3):
            told = state(f"Ada keeps bees {number}.", name=f"Bees {number}")
            transaction.append("retain", [Write(f"r{number}", set=told, key=f"{number:032}")], START)
            assert transaction.keyed(f"{number + 1:032}") is None
            assert transaction.head() == number + 1
            assert transaction.keyed(f"{number:032}") == (number + 1, f"r{number}")
        assert len(transaction.search(["bee"], seen(), 9)) == 3
        transaction.append("update", [Write("r1", set={"content": "Ada keeps wasps."})], START)
        assert len(transaction.search(["wasp"], seen(), 9)) == 1
        assert transaction.named(["bees 1"], seen())[0].vid == transaction.newest() == 4

    store.transact(work)
    assert store.verify()[2:] == (None, [])
    store.close()


def test_a_record_erased_where_it_was_made_leaves_no_word(tmp_path: Path) -> None:
    """Made, changed and erased in one transaction: only stubs are left."""
    store = SqliteStore(tmp_path, INDEX)

    def work(transaction: Transaction) -> None:
        transaction.append("retain", [Write("a", set=state("The secret is Porto.", name="Secret"))], START)
        transaction.append("update", [Write("a", set={"content": "The secret is Faro."})], START)
        transaction.append("erase", [Write("a", erase=True)], START)

    store.transact(work)
    with store.read() as snapshot:
        assert not snapshot.search(["secret", "porto", "faro"], seen(as_of=2), 9)
        assert not any(b"secret" in part.lower() for part in snapshot.dump())
    assert store.verify()[2:] == (None, [])
    store.close()


def test_a_log_of_many_events_is_folded_to_the_same(tmp_path: Path) -> None:
    """In one transaction, in one for each event, and again from the log: all that can be read is the same."""
    with Memory.open(tmp_path / "a", embedder=None, clock=FixedClock(START, step=timedelta(seconds=1))) as memory:
        Operations(seed=5).apply(memory, 700)
        source = memory._engine.store
        expected = snapped(source)
        with source.read() as snapshot:
            events = list(snapshot.events())
        assert len(events) > 512
        whole, parts = SqliteStore(tmp_path / "b", INDEX), SqliteStore(tmp_path / "c", INDEX)
        whole.load(iter(events), source.space_id, source.secret)
        for event in events:
            parts.transact(lambda transaction: transaction.adopt(event))  # type: ignore[attr-defined]  # noqa: B023
        assert snapped(whole) == snapped(parts) == expected
        whole.reindex()
        assert snapped(whole) == expected
        for store in (whole, parts):
            assert store.verify()[2:] == (None, [])
            store.close()
