"""A memory on each engine: another engine is one more entry of `ENGINES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.config import resolve
from ricordo.testing import FixedClock

#: Where the space of a test lies, by engine, when no database is needed.
ENGINES: dict[str, Callable[[Path], str | Path] | None] = {
    "memory": lambda folder: ":memory:",
    "sqlite": lambda folder: folder / "space",
    "postgres": None,
}
#: Those of which a space outlives the process.
LASTING = [name for name in ENGINES if name != "memory"]
Open = Callable[..., Memory]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Where the space of the test lies, as arguments of `Memory.open`."""
    if (path := ENGINES[engine]) is not None:
        yield {"path": path(tmp_path)}
        return
    with request.getfixturevalue("server").database() as url:
        yield {"path": url, "space": "team"}


@pytest.fixture
def open_memory(place: dict[str, Any], tmp_path: Path, clock: FixedClock) -> Iterator[Open]:
    """Open the space of the test with other settings than the default; all are closed in the end."""
    opened: list[Memory] = []

    def opening(**settings: Any) -> Memory:
        chosen = replace(resolve(), followers=str(tmp_path / "followers"), **settings)
        opened.append(Memory.open(**place, embedder=None, clock=clock, settings=chosen))
        return opened[-1]

    yield opening
    for memory in opened:
        memory.close()


@pytest.fixture
def memory(open_memory: Open) -> Memory:
    return open_memory()
