"""What all tests share: a Hypothesis profile (the same examples every time), and one PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from ricordo.testing.postgres import PostgresServer

# Results must not hang on how far a thread has come; tests of the thread switch it on.
os.environ["RICORDO_BACKGROUND"] = "0"

settings.register_profile(
    "ricordo",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ricordo")


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The server; where none can be had the tests fail, unless a developer set RICORDO_TEST_POSTGRES=none."""
    given = os.environ.get("RICORDO_TEST_POSTGRES")
    if given == "none":
        pytest.skip("RICORDO_TEST_POSTGRES=none")
    with PostgresServer(given or None) as made:
        yield made
