"""The PostgreSQL store keeps the laws of a store."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from ricordo.store.base import Indexer, Store
from ricordo.store.followers import Followers
from ricordo.store.postgres import PostgresStore
from ricordo.testing.postgres import PostgresServer
from ricordo.testing.store import StoreContract


@pytest.fixture(scope="module")
def shared(server: PostgresServer) -> Iterator[str]:
    """One database for the spaces of all laws."""
    with server.database() as url:
        yield url


class TestLaws(StoreContract):
    @pytest.fixture(autouse=True)
    def _somewhere(self, shared: str, tmp_path: Path) -> None:
        self._url, self._followers = shared, Followers(tmp_path)

    def make_store(self, index: Indexer) -> Store:
        return PostgresStore(self._url, index, self._followers, space=secrets.token_hex(4))
