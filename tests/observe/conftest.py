"""A real server for any application, and a log that can be read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO

import pytest
from tests.access.conftest import Serve, served


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


@pytest.fixture
def written() -> StringIO:
    return StringIO()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    names = ("ricordo", "uvicorn", "uvicorn.access", "opentelemetry")
    before = {name: (one.level, one.propagate, one.handlers[:], one.disabled) for name, one in _loggers(names)}
    yield
    for name, one in _loggers(names):
        one.level, one.propagate, one.handlers[:], one.disabled = before[name]


def _loggers(names: tuple[str, ...]) -> list[tuple[str, logging.Logger]]:
    return [(name, logging.getLogger(name)) for name in names]
