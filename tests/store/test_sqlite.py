"""The SQLite store keeps the laws of a store."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ricordo.store.base import Indexer, Store
from ricordo.store.sqlite import SqliteStore
from ricordo.testing.store import StoreContract


class TestLaws(StoreContract):
    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def make_store(self, index: Indexer) -> Store:
        return SqliteStore(Path(tempfile.mkdtemp(dir=self._folder)), index)
