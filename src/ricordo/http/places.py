"""Where the spaces of a server are: one place, a folder of them, or a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ricordo.access.ledger import Ledger
from ricordo.config import Settings
from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.store import is_address

ONLY = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FILE = "memory.db"


@dataclass(frozen=True, slots=True)
class Place:
    """What `Memory.open` takes for a space: a location, and a name in a database."""

    location: str
    space: str | None = None


class Places(Protocol):
    """Where the spaces of a server are."""

    def names(self) -> list[str]:
        """Return the names of the spaces there are."""

    def place(self, name: str) -> Place:
        """Return where a space is, or would be made.

        Raises:
            NotFoundError: There can be no space of this name here.
        """

    def made(self, name: str) -> None:
        """Take note that a space is there."""

    def size(self, name: str) -> int | None:
        """Return the bytes that a space takes, or None where no file says so."""


class One:
    """The one space at a location, as "default"."""

    def __init__(self, location: str) -> None:
        self._location = location

    def names(self) -> list[str]:
        """Return its name."""
        return [ONLY]

    def place(self, name: str) -> Place:
        """Return where it is."""
        if name != ONLY:
            raise unknown(name)
        return Place(self._location)

    def made(self, name: str) -> None:
        """It is known already."""

    def size(self, name: str) -> int | None:
        """Return what is in its directory, where it is one."""
        return None if is_address(self._location) else _size(Path(self._location).expanduser())


class Folder:
    """A space in each folder of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of the folders that hold a space."""
        if not self._folder.is_dir():
            return []
        listed = [one.name for one in self._folder.iterdir() if (one / _FILE).exists()]
        return sorted(name for name in listed if _NAME.fullmatch(name))

    def place(self, name: str) -> Place:
        """Return the folder of a space."""
        return Place(str(self._folder / checked(name)))

    def made(self, name: str) -> None:
        """The folder says so itself."""

    def size(self, name: str) -> int | None:
        """Return what is in its folder."""
        return _size(self._folder / name)


class Database:
    """Spaces in a database. It tells nobody all of their names; known are those that were once used here."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url, self._ledger = url, ledger
        with ledger.write() as db:
            db.execute("CREATE TABLE IF NOT EXISTS space (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def names(self) -> list[str]:
        """Return the names of the spaces that were used here."""
        with self._ledger.read() as db:
            return [str(name) for (name,) in db.execute("SELECT name FROM space ORDER BY name")]

    def place(self, name: str) -> Place:
        """Return the space of a name in the database."""
        return Place(self._url, checked(name))

    def made(self, name: str) -> None:
        """Note the name of a space."""
        with self._ledger.write() as db:
            db.execute("INSERT OR IGNORE INTO space VALUES (?)", (name,))

    def size(self, name: str) -> int | None:
        """No file says so."""
        return None


def _size(folder: Path) -> int | None:
    """Return the bytes of the files of a space; None where there are none, as for one in memory."""
    if not folder.is_dir():
        return None
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def places_of(settings: Settings, ledger: Ledger) -> Places:
    """Return where the spaces are, by the settings `spaces` and `path`."""
    if not settings.spaces:
        return One(settings.path)
    if is_address(settings.spaces):
        return Database(settings.spaces, ledger)
    return Folder(Path(settings.spaces).expanduser())


def checked(name: str) -> str:
    """Return the name of a space, where it can be one."""
    if not _NAME.fullmatch(name):
        raise unknown(name)
    return name


def check_name(name: str) -> str:
    """Return the name of a space that is to be made.

    Raises:
        InvalidInputError: It can be none.
    """
    if not _NAME.fullmatch(name):
        rule = "1 to 64 letters, digits, dots, hyphens or low lines, the first a letter or a digit"
        raise InvalidInputError("space", rule, name)
    return name


def unknown(name: str) -> NotFoundError:
    """Return the error of a space that is not there, or that the caller has no right to."""
    return NotFoundError(f"space: there is no space {name!r} here; GET /v1/spaces lists those that the key reaches")
