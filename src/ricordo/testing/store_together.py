"""The laws of several writers on one store, as tests; `StoreContract` has the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ricordo.store.base import Transaction, Write
from ricordo.store.handle import Handle
from ricordo.testing.operations import DAY, START, change, erase, put, snapped, state, write
from ricordo.testing.store_bounds import BoundingLaws


class TogetherLaws(BoundingLaws):
    """Pieces of work that share a transaction, read handles: inherit `StoreContract`, which has these laws too."""

    def test_of_several_pieces_the_failed_leave_nothing(self) -> None:
        """Each piece of work sees what stood before it, and fails alone."""

        def writing(id: str) -> Callable[[Transaction], int]:
            write = Write(id, set=state(f"Note {id}."))
            return lambda transaction: transaction.append("retain", [write], START).seq

        def failing(transaction: Transaction) -> int:
            transaction.append("erase", [Write("one", erase=True)], START)
            transaction.append("retain", [Write("lost", set=state("Lost."))], START)
            raise LookupError("on purpose")

        with self.store() as store, self.store() as alone:
            one, lost, two = store.transact_many([writing("one"), failing, writing("two")])
            assert (one, two, type(lost)) == (1, 2, LookupError)
            for id in ("one", "two"):
                alone.transact(writing(id))
            assert snapped(store) == snapped(alone)
            assert [type(part) for part in store.transact_many([failing, failing])] == [LookupError, LookupError]
            assert (snapped(store), store.pending(), store.verify()[3]) == (snapped(alone), False, [])

    def test_versions_are_those_of_now(self) -> None:
        """The current version by id, whatever its status, within scopes; nothing of what is erased or unknown."""
        ids = ["one", "two", "gone", "never"]
        with self.store() as store:
            put(store, "one", "Note one.")
            put(store, "two", "Note two.", scope="b")
            put(store, "gone", "Secret.")
            change(store, "one", content="Note 1.")
            change(store, "one", status="retracted")
            erase(store, "gone")
            with store.read() as snapshot:
                assert snapshot.versions(ids, None) == {"one": 3, "two": 1}
                assert snapshot.versions(ids, ("b", "c")) == {"two": 1}
                assert (snapshot.versions(ids, ()), snapshot.versions([], None)) == ({}, {})
                every = snapshot.changes("one")
                assert [snapshot.changes("one", version) for version in (1, 3, 4)] == [every, every[2:], []]

    def test_what_touched_a_scope_is_told(self) -> None:
        """The first event on records of some scopes: a new one, a version, evidence; an erasure counts for all."""
        with self.store() as store:
            put(store, "one", "Note one.")
            put(store, "two", "Note two.", scope="b")
            change(store, "one", content="Note 1.")
            write(store, Write("two", source={"said_at": START.isoformat()}))
            write(store, Write("two", outcome="used"), Write("one", outcome="used"))
            spots = [(0, None), (5, None), (0, ("a",)), (1, ("a",)), (3, ("a", "c")), (2, ("b",)), (0, ("c",)), (0, ())]
            with store.read() as snapshot:
                told = [snapshot.touched(after, scopes) for after, scopes in spots]
            assert told == [1, None, 1, 3, 5, 4, None, None]
            erase(store, "two")
            with store.read() as snapshot:
                assert [snapshot.touched(after, scopes) for after, scopes in spots[-3:]] == [4, 2, 2]
                assert snapshot.touched(5, ("a",)) == 6

    def test_handles_are_kept_until_they_expire(self) -> None:
        """A handle is kept as it was given, in place of the one before; failed work keeps none, replay keeps all."""
        later = START + DAY
        first = Handle(b"one", "ada", 3, START, {"r": 2}, ("team",))
        second = Handle(b"two", "bob", 0, later, {}, None)

        def work(transaction: Transaction) -> None:
            transaction.hold(replace(first, reads={}))
            transaction.hold(first)
            transaction.hold(second)
            assert transaction.handle(b"one") == first

        def failing(transaction: Transaction) -> None:
            transaction.hold(replace(first, principal="eve"))
            raise LookupError("on purpose")

        with self.store() as store:
            store.transact(work)
            store.transact_many([failing])
            store.reindex()
            with store.read() as snapshot:
                assert [snapshot.handle(name) for name in (b"one", b"two", b"none")] == [first, second, None]
            assert store.transact(lambda transaction: transaction.let_go(later)) == 1
            with store.read() as snapshot:
                assert [snapshot.handle(name) for name in (b"one", b"two")] == [None, second]
