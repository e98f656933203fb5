"""Puts our store in the place of LangGraph's in-memory store."""

from __future__ import annotations

import langgraph.store.memory
from langgraph.store.base import IndexConfig

from ricordo import Memory
from ricordo.adapters.langgraph import RicordoStore


class InMemoryStore(RicordoStore):
    """Our store, made as theirs is."""

    def __init__(self, *, index: IndexConfig | None = None) -> None:
        super().__init__(Memory.open(":memory:", embedder=None), index=index)


langgraph.store.memory.__dict__["InMemoryStore"] = InMemoryStore
