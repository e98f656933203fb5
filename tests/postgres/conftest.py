"""One server for all tests of the session, a database for each that asks, and memories on it."""

from __future__ import annotations

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
