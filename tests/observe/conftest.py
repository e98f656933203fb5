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
    """Put the loggers back that a test leaves to its log."""
    every = [logging.getLogger(name) for name in ("ricordo", "uvicorn", "uvicorn.access", "opentelemetry")]
    before = [(one.handlers, one.level, one.propagate) for one in every]
    yield
    for one, (handlers, level, propagate) in zip(every, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)
