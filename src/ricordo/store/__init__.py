"""Stores: the event log and the records folded from it."""

from __future__ import annotations

from pathlib import Path

from ricordo.errors import InvalidInput
from ricordo.store.base import Indexer, Store

__all__ = ["open_store"]


def open_store(
    location: str | Path, index: Indexer, *, busy_deadline_s: float = 30.0, max_file_bytes: int = 0, create: bool = True
) -> Store:
    """Open the store of a location: a directory, or ":memory:" for one that lives only in this process.

    Args:
        location: A path, or ":memory:".
        index: Makes the index entry of a record version.
        busy_deadline_s: How long a write waits for other writers.
        max_file_bytes: Bound of the file; 0 is none.
        create: Make the space if it does not exist.

    Raises:
        InvalidInput: The location is of a kind this version can't open.
        StoreError: The space can't be opened.
    """
    if str(location) == ":memory:":
        from ricordo.store.memory import MemoryStore

        return MemoryStore(index)
    if "://" in str(location):
        raise InvalidInput("path", "a directory or :memory:; this version keeps spaces in directories", location)
    from ricordo.store.sqlite import SqliteStore

    folder = Path(location).expanduser()
    return SqliteStore(
        folder, index, busy_deadline_s=busy_deadline_s, max_file_bytes=max_file_bytes, create=create
    )
