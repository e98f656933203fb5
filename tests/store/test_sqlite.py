"""The SQLite store keeps the laws of a store."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from ricordo.store import sqlite_records
from ricordo.store.base import Indexer, Store, Write
from ricordo.store.sqlite import _MOST_POSTED, SqliteStore
from ricordo.testing.operations import INDEX, START, put, state
from ricordo.testing.store import StoreContract


class TestLaws(StoreContract):
    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def make_store(self, index: Indexer) -> Store:
        return SqliteStore(Path(tempfile.mkdtemp(dir=self._folder)), index)


def test_signals_that_must_make_room_are_still_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of signals is bounded; a read that finds it full gets every signal it asked for."""
    monkeypatch.setattr(sqlite_records, "_MOST_SIGNALS", 4)
    store = SqliteStore(tmp_path, INDEX)
    for number in range(12):
        put(store, f"r{number}", f"turn {number}")
    with store.read() as snapshot:
        for size in range(1, 13):
            assert list(snapshot.signals(list(range(size, 0, -1)))) == list(range(size, 0, -1))
        assert len(snapshot._signals) <= 12
    store.close()


def test_what_is_remembered_of_versions_is_bounded(tmp_path: Path) -> None:
    """However many records one transaction writes, only the latest stay in mind."""
    with closing(SqliteStore(tmp_path / "space", INDEX)) as store:
        for start in (0, 3_000):
            writes = [Write(f"r{number}", set=state(f"Note {number}.")) for number in range(start, start + 3_000)]
            store.transact(lambda transaction: transaction.append("retain", writes, START))  # noqa: B023
        assert 0 < len(store._posted) <= _MOST_POSTED
        assert max(store._posted) == 6_000
