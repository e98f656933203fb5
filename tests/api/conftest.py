"""A memory on each engine, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ricordo import Memory
from ricordo.testing import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "sqlite"])
def memory(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Memory]:
    location = ":memory:" if request.param == "memory" else tmp_path / "space"
    settings = getattr(request.module, "SETTINGS", None)
    with Memory.open(location, embedder=None, clock=clock, settings=settings) as opened:
        yield opened


@pytest.fixture
def space(tmp_path: Path, clock: FixedClock) -> Iterator[Memory]:
    with Memory.open(tmp_path / "space", embedder=None, clock=clock) as opened:
        yield opened
