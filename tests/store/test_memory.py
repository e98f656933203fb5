"""The reference store keeps the laws of a store."""

from __future__ import annotations

from ricordo.store.base import Indexer, Store
from ricordo.store.memory import MemoryStore
from ricordo.testing.store import StoreContract


class TestLaws(StoreContract):
    def make_store(self, index: Indexer) -> Store:
        return MemoryStore(index)
