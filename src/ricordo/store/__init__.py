"""Stores: the event log and the records folded from it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ricordo.errors import InvalidInputError, StoreError
from ricordo.store.archive import read_events, read_manifest
from ricordo.store.base import Indexer, Lexical, Store
from ricordo.store.directory import make_directory, sync_directory
from ricordo.store.memory import MemoryStore
from ricordo.store.sqlite import SqliteStore

__all__ = ["open_store", "restore_store"]


def open_store(
    location: str | Path,
    index: Indexer,
    *,
    busy_deadline_s: float = 30.0,
    max_file_bytes: int = 0,
    create: bool = True,
    lexical: Lexical | None = None,
) -> Store:
    """Open the store of a location: a directory, or ":memory:" for one that lives only in this process.

    Args:
        location: A path, or ":memory:".
        index: Makes the index entry of a record version.
        busy_deadline_s: How long a write waits for other writers.
        max_file_bytes: Bound of the file; 0 is none.
        create: Make the space if it does not exist.
        lexical: A faster full-text index, for a space in a directory.

    Raises:
        InvalidInputError: The location is of a kind this version can't open.
        StoreError: The space can't be opened.
    """
    if str(location) == ":memory:":
        return MemoryStore(index)
    if not str(location) or "\x00" in str(location):
        raise InvalidInputError("path", "a directory or :memory:", location)
    if "://" in str(location):
        raise InvalidInputError("path", "a directory or :memory:; this version keeps spaces in directories", location)
    folder = Path(location).expanduser()
    return SqliteStore(
        folder,
        index,
        busy_deadline_s=busy_deadline_s,
        max_file_bytes=max_file_bytes,
        create=create,
        lexical=lexical,
    )


def restore_store(archive: Path, location: str | Path, index: Indexer) -> None:
    """Make a space from an archive: beside its place first, moved there when the whole archive proved sound.

    Raises:
        ArchiveError: The archive is damaged, cut or altered; nothing was made.
        InvalidInputError: There is a space already, or the location can't hold one.
    """
    manifest = read_manifest(archive)
    if "://" in str(location) or str(location) == ":memory:":
        raise InvalidInputError("path", "a directory for the new space", location)
    folder = Path(location).expanduser()
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise InvalidInputError("path", "a directory that is empty or does not exist", str(folder))
    try:
        make_directory(folder.parent)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise StoreError(f"{folder}: can't make the directory of the space ({error.strerror})") from error
    try:
        store = open_store(draft, index)
        try:
            store.load(read_events(archive, manifest), manifest.space, bytes.fromhex(manifest.secret))
        finally:
            store.close()
        draft.replace(folder)
        sync_directory(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
