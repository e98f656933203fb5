"""The schema in PostgreSQL: made once, brought up step by step, refused where it is newer than this Ricordo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ricordo import Memory, SchemaError, StoreError
from ricordo.store.postgres_link import Connections, address_of
from ricordo.store.postgres_schema import STEPS, prepare
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]
#: Steps that shipped, by the first letters of their digest. Only ever add to it.
SHIPPED = {"initial": "15466c9d1d5c", "walls": "7265dbf5f597"}


def test_steps_that_shipped_are_as_they_were() -> None:
    """A step that was edited would leave older databases behind."""
    assert {name: hashlib.sha256(script.encode()).hexdigest()[:12] for name, script in STEPS} == SHIPPED


def test_steps_run_once_and_in_order(url: str) -> None:
    """A database of an earlier schema gets the steps it lacks, one of this schema none."""
    connections = Connections(address_of(url))
    assert prepare(connections, create=True, steps=STEPS[:1]) == ["initial"]
    assert prepare(connections, create=False) == [name for name, _ in STEPS[1:]]
    assert prepare(connections, create=True) == []
    with pytest.raises(SchemaError, match="newer Ricordo"):
        prepare(connections, create=True, steps=STEPS[:1])
    connections.close()


def test_a_step_that_fails_leaves_nothing(url: str, server: PostgresServer) -> None:
    """A step runs whole or not at all."""
    connections = Connections(address_of(url))
    with pytest.raises(StoreError, match="nonsense"):
        prepare(connections, create=True, steps=[*STEPS, ("broken", "CREATE TABLE here (x int); nonsense")])
    assert server.run("SELECT max(step) FROM ricordo_schema", url) == [(len(STEPS),)]
    assert server.run("SELECT to_regclass('here')", url) == [(None,)]
    connections.close()


def test_many_may_make_it_at_once(opened: Open) -> None:
    """Several servers that start together on an empty database share one schema and one space."""
    with ThreadPoolExecutor(6) as pool:
        memories = list(pool.map(lambda number: opened(f"node{number}"), range(6)))
    assert len({memory._engine.store.space_id for memory in memories}) == 1
    memories[0].retain("One space.")
    assert {memory.stats().records for memory in memories} == {1}


def test_the_encoding_must_hold_every_text(server: PostgresServer, tmp_path: Path) -> None:
    """A database that is not in UTF-8 is refused before anything is made."""
    server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(StoreError, match="UTF8"):
            Memory.open(server.url("latin"), embedder=None)
    finally:
        server.run("DROP DATABASE latin WITH (FORCE)")
