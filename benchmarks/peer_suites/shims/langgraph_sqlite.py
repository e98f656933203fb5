"""Puts our store in the place of LangGraph's SQLite stores, synchronous and asynchronous."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Event, Thread
from types import ModuleType
from typing import Any, cast

from langgraph.store.base import IndexConfig, TTLConfig

from ricordo import Memory
from ricordo.adapters.langgraph import RicordoStore


class Opened(RicordoStore):
    """Our store, made as theirs are: by the name of a file, set up, swept by a thread. Always a space in a folder."""

    _swept: Thread | None = None

    @classmethod
    @contextmanager
    def _opened(cls, conn_string: str, index: Any = None, ttl: TTLConfig | None = None) -> Iterator[Opened]:
        place = tempfile.mkdtemp() if conn_string == ":memory:" else f"{conn_string}.ricordo"
        with Memory.open(place, embedder=None) as memory:
            store = cls(memory, index=_fields(index), ttl=ttl)
            store._stop = Event()
            try:
                yield store
            finally:
                Opened.stop_ttl_sweeper(store)
        shutil.rmtree(place)

    _stop: Event

    def start_ttl_sweeper(self) -> None:
        """Sweep now and then, as the configuration says."""
        every = 60 * float((self.ttl_config or {}).get("sweep_interval_minutes") or 5)

        def sweep() -> None:
            while not self._stop.wait(every):
                RicordoStore.sweep_ttl(self)

        self._swept = Thread(target=sweep, daemon=True)
        self._swept.start()

    def stop_ttl_sweeper(self) -> bool:
        """Sweep no more."""
        self._stop.set()
        if self._swept is not None:
            self._swept.join()
        return True


class SqliteStore(Opened):
    """In the place of the synchronous one."""

    @classmethod
    @contextmanager
    def from_conn_string(cls, conn_string: str, **options: Any) -> Iterator[Opened]:
        """Open a space that lies beside the file."""
        with cls._opened(conn_string, **options) as store:
            yield store

    def setup(self) -> None:
        """Nothing is to be set up."""


class AsyncSqliteStore(Opened):
    """In the place of the asynchronous one."""

    @classmethod
    @asynccontextmanager
    async def from_conn_string(cls, conn_string: str, **options: Any) -> AsyncIterator[Opened]:
        """Open a space that lies beside the file."""
        with cls._opened(conn_string, **options) as store:
            yield store

    async def setup(self) -> None:
        """Nothing is to be set up."""

    async def start_ttl_sweeper(self) -> None:  # type: ignore[override]
        """Sweep now and then, as the configuration says."""
        super().start_ttl_sweeper()

    async def sweep_ttl(self) -> int:  # type: ignore[override]
        """Forget what has expired."""
        return super().sweep_ttl()

    async def stop_ttl_sweeper(self) -> bool:  # type: ignore[override]
        """Sweep no more."""
        return Opened.stop_ttl_sweeper(self)


def _fields(index: Any) -> IndexConfig | None:
    """Return the configuration with the fields where LangGraph's own has them; SQLite's store calls them otherwise."""
    return None if index is None else cast(IndexConfig, {**index, "fields": index.get("text_fields")})


def _module(name: str, **names: Any) -> None:
    module = ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module


_PRIVATE = ("BaseSqliteStore", "_escape_glob_literal", "_namespace_match_pattern")
_module("langgraph.store.sqlite", SqliteStore=SqliteStore, AsyncSqliteStore=AsyncSqliteStore, __path__=[])
_module("langgraph.store.sqlite.aio", AsyncSqliteStore=AsyncSqliteStore)
_module(
    "langgraph.store.sqlite.base",
    NS_MATCH_FUNCTION="",
    SqliteIndexConfig=dict,
    **dict.fromkeys(_PRIVATE),
)
