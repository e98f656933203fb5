"""Stores: the event log and the records folded from it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ricordo.config import without_password
from ricordo.errors import InvalidInputError, StoreError
from ricordo.store.archive import read_events, read_manifest
from ricordo.store.base import Indexer, Store
from ricordo.store.directory import make_directory, sync_directory
from ricordo.store.lexical import Lexical
from ricordo.store.memory import MemoryStore
from ricordo.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from ricordo.store.postgres import PostgresStore

__all__ = ["Server", "is_address", "new_store", "open_store", "restore_store"]

_SCHEMES = ("postgresql://", "postgres://")


def is_address(location: object) -> bool:
    """Tell whether a location is the URL of a PostgreSQL database.

    >>> is_address("postgresql://ada@db.example/memory"), is_address("~/.ricordo/default")
    (True, False)
    """
    return str(location).startswith(_SCHEMES)


@dataclass(frozen=True, slots=True)
class Server:
    """What a store in a database needs beside its address.

    Args:
        followers: The folder of followers on this machine.
        most: How many followers there may be; 0 is no bound.
        most_bytes: Bytes of all followers together; 0 is no bound.
        variant: Followers of another variant are kept apart: what the index depends on.
    """

    followers: Path
    most: int = 0
    most_bytes: int = 0
    variant: str = ""


def open_store(
    location: str | Path,
    index: Indexer,
    *,
    busy_deadline_s: float = 30.0,
    max_file_bytes: int = 0,
    create: bool = True,
    lexical: Lexical | None = None,
    space: str | None = None,
    server: Server | None = None,
) -> Store:
    """Open the store of a location: a directory, a database, or ":memory:" for one that lives only in this process.

    Args:
        location: A path, the URL of a PostgreSQL database, or ":memory:".
        index: Makes the index entry of a record version.
        busy_deadline_s: How long a write waits for other writers.
        max_file_bytes: Bound of the file; 0 is none.
        create: Make the space if it does not exist.
        lexical: A faster full-text index, for a space in a directory or a database.
        space: The name of the space in a database.
        server: What a store in a database needs beside its address.

    Raises:
        InvalidInputError: The location is of a kind this version can't open.
        StoreError: The space can't be opened.
    """
    if is_address(location):
        given = server or Server(Path(tempfile.gettempdir()) / "ricordo-followers")
        options = {"busy_deadline_s": busy_deadline_s, "create": create, "lexical": lexical}
        return _in_database(str(location), index, given, space, **options)
    if space is not None:
        raise InvalidInputError("space", "none for a directory, which is one space", space)
    if str(location) == ":memory:":
        return MemoryStore(index)
    if not str(location) or "\x00" in str(location):
        raise InvalidInputError("path", "a directory, the URL of a PostgreSQL database, or :memory:", location)
    if "://" in str(location):
        rule = "a directory, :memory:, or the URL of a PostgreSQL database (postgresql://...)"
        raise InvalidInputError("path", rule, without_password(str(location)))
    folder = Path(location).expanduser()
    return SqliteStore(
        folder,
        index,
        busy_deadline_s=busy_deadline_s,
        max_file_bytes=max_file_bytes,
        create=create,
        lexical=lexical,
    )


def _in_database(url: str, index: Indexer, server: Server, space: str | None, **options: Any) -> PostgresStore:
    from ricordo.store.followers import Followers  # needs a POSIX system, which nothing else does
    from ricordo.store.postgres import PostgresStore

    followers = Followers(server.followers, most=server.most, most_bytes=server.most_bytes)
    return PostgresStore(url, index, followers, space=space, variant=server.variant, **options)


def restore_store(
    archive: Path, location: str | Path, index: Indexer, *, space: str | None = None, server: Server | None = None
) -> None:
    """Make a space from an archive: beside its place first, moved there when the whole archive proved sound.

    Raises:
        ArchiveError: The archive is damaged, cut or altered; nothing was made.
        InvalidInputError: There is a space already, or the location can't hold one.
    """
    manifest = read_manifest(archive)
    if str(location) == ":memory:":
        raise InvalidInputError("path", "a directory or a database for the new space", location)
    with new_store(location, index, space=space, server=server) as store:
        store.load(read_events(archive, manifest), manifest.space, bytes.fromhex(manifest.secret))


@contextmanager
def new_store(
    location: str | Path, index: Indexer, *, space: str | None = None, server: Server | None = None
) -> Iterator[Store]:
    """Make a space, to be filled at once; where that fails nothing is left of it.

    Args:
        location: A directory that is empty or missing, or the URL of a database.
        index: Makes the index entry of a record version.
        space, server: As of `open_store`.

    Raises:
        InvalidInputError: There is a space already, or the location can't hold one; nothing was made.
    """
    making = _new_in_database if is_address(location) else _new_in_directory
    with making(location, index, space, server) as store:
        yield store


@contextmanager
def _new_in_database(location: str | Path, index: Indexer, space: str | None, server: Server | None) -> Iterator[Store]:
    store = open_store(location, index, space=space, server=server)
    try:
        with store.read() as snapshot:
            if snapshot.head():
                raise InvalidInputError("space", "one that is empty or does not exist", without_password(str(location)))
        try:
            yield store
        except BaseException:
            store.drop()  # type: ignore[attr-defined]
            raise
    finally:
        store.close()


@contextmanager
def _new_in_directory(
    location: str | Path, index: Indexer, space: str | None, server: Server | None
) -> Iterator[Store]:
    if "://" in str(location) or space is not None or server is not None:
        raise InvalidInputError("path", "a directory for the new space", without_password(str(location)))
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
            yield store
        finally:
            store.close()
        draft.replace(folder)
        sync_directory(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
