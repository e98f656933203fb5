"""The laws of what is live in a store, and of what makes room, as tests; `StoreContract` has the rest."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Any

from ricordo.store.base import Store, Transaction, Write
from ricordo.store.memory import MemoryStore
from ricordo.store.order import less, measure, sum_of
from ricordo.testing.operations import DAY, INDEX, START, records, state
from ricordo.testing.store_reads import ReadingLaws


class BoundingLaws(ReadingLaws):
    """Totals, the order of eviction, bounds: inherit `StoreContract`, which has these laws too."""

    def test_totals_are_what_is_live(self) -> None:
        """Totals are number, bytes and tokens of the recallable records, of all and of scopes, pinned ones apart."""
        with self.store(full=True) as store, store.read() as snapshot:
            live = [row.record for row in records(snapshot).values() if row.died is None]
            for scopes in (None, (), ("a",), ("b", "c"), ("nowhere",)):
                within = [record for record in live if scopes is None or record.scope in scopes]
                assert snapshot.totals(scopes) == sum_of(map(measure, within))

    def test_a_transaction_tells_what_it_made_larger(self) -> None:
        """`changed` and `grown` tell of this transaction alone what it added, and to which records."""
        with self.store(full=True) as store:

            def work(transaction: Transaction) -> tuple[Any, ...]:
                before = transaction.totals(None)
                transaction.append("retain", [Write("new", set=state("Four.", scope="d"))], START)
                event = transaction.append(
                    "update", [Write("home2", set={"content": "Ada lives in Lisbon now."})], START
                )
                transaction.append("update", [Write("ts", set={"content": "TS."})], START)
                transaction.append("forget", [Write("pin", set={"status": "archived"})], START)
                more_now = less(transaction.totals(None), before)
                return more_now, dict(transaction.changed()), dict(transaction.grown()), event.seq

            added, changed, grown, seq = store.transact(work)
            assert added == sum_of(changed.values())
            assert set(changed) == {"a", "b", "d"}
            assert (changed["d"].records, changed["a"].bytes, changed["b"].pinned_records) == (1, 4, -1)
            assert (set(grown), grown["home2"].seq, grown["home2"].size.bytes) == ({"new", "home2"}, seq, 24)

    def test_the_order_of_eviction_is_the_references(self) -> None:
        """Built at once, kept by every write, or built anew: one order, in every scope, at every moment."""
        with self.store() as kept, self.store(full=True) as store, closing(MemoryStore(INDEX)) as reference:
            kept.transact(lambda transaction: transaction.bind("x"))
            with store.read() as snapshot:
                events = list(snapshot.events())
            kept.load(iter(events), store.space_id, store.secret)
            reference.load(iter(events), store.space_id, store.secret)
            assert len(_order(reference)[0]) >= 6
            assert _order(kept) == _order(store) == _order(reference)
            kept.reindex()
            assert _order(kept) == _order(reference)
            assert kept.verify()[3] == store.verify()[3] == []

    def test_bounds_are_remembered(self) -> None:
        """What `bind` was told last is known to every later transaction, and survives `reindex` and failed work."""
        with self.store(full=True) as store:
            assert store.transact(lambda transaction: transaction.bounded()) is None
            store.transact(lambda transaction: transaction.bind("one"))
            store.transact(lambda transaction: transaction.bind("two"))

            def work(transaction: Transaction) -> None:
                transaction.bind("three")
                raise LookupError("on purpose")

            with suppress(LookupError):
                store.transact(work)
            store.reindex()
            assert store.transact(lambda transaction: transaction.bounded()) == "two"


def _order(store: Store) -> list[list[str]]:
    """Return who makes room, in order, for several scopes and moments."""

    def work(transaction: Transaction) -> list[list[str]]:
        transaction.bind("x")
        asked = [(scope, days) for scope in (None, "a", "b", "nowhere") for days in (-400, 0, 9, 4000)]
        return [[weak.id for weak in transaction.weakest(scope, START + days * DAY)] for scope, days in asked]

    return store.transact(work)
