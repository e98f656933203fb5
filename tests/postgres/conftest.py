"""One server for all tests of the session, a database for each that asks, and memories on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.config import resolve
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The server; where none can be had the tests fail, unless a developer set RICORDO_TEST_POSTGRES=none."""
    given = os.environ.get("RICORDO_TEST_POSTGRES")
    if given == "none":
        pytest.skip("RICORDO_TEST_POSTGRES=none")
    with PostgresServer(given or None) as made:
        yield made


@pytest.fixture
def url(server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with server.database() as made:
        yield made


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens memories on the empty database; each `node` is a machine with followers of its own."""
    with ExitStack() as stack:

        def make(node: str = "a", *, space: str = "team", at: str = url, embedder: Any = None, **given: Any) -> Memory:
            chosen = replace(resolve(), **{"followers": str(tmp_path / node), **given.pop("settings", {})})
            return stack.enter_context(Memory.open(at, space=space, embedder=embedder, settings=chosen, **given))

        yield make
