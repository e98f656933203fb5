"""One server for all tests of the session, and a database for each that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ricordo.testing.postgres import PostgresServer


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
