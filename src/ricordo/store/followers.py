"""The folders of followers on this machine: bounded in number and bytes; the least recently used go first."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ricordo.errors import StoreError

_LOCK, _SPACE = "lock", "space"


@dataclass(slots=True)
class Place:
    """A folder that is in use by this process, so that no other removes it.

    Args:
        home: The folder of the follower, with its lock.
        lock: The open lock file.
    """

    home: Path
    lock: int

    @property
    def space(self) -> Path:
        """Where the follower's own files are."""
        return self.home / _SPACE

    def discard(self) -> None:
        """Remove the follower's files; who has them open goes on with what is open."""
        gone = self.home / f"gone-{secrets.token_hex(6)}"
        with suppress(FileNotFoundError):
            self.space.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def leave(self) -> None:
        """Say that this process no longer uses it."""
        if self.lock >= 0:
            with suppress(OSError):
                os.utime(self.lock)
            os.close(self.lock)
            self.lock = -1


class Followers:
    """Keeps followers in a folder, one to a space.

    Args:
        folder: Where; made if it is missing.
        most: How many there may be; 0 is no bound.
        most_bytes: Bytes of all together; 0 is no bound. One that is open in any process is never removed.
    """

    def __init__(self, folder: Path, *, most: int = 0, most_bytes: int = 0) -> None:
        self.folder = folder
        self._most, self._most_bytes = most, most_bytes

    def take(self, name: str) -> Place:
        """Use the folder of a name, and make room where there are too many.

        Raises:
            StoreError: The folder can't be made.
        """
        home = self.folder / name
        try:
            while True:
                home.mkdir(parents=True, exist_ok=True, mode=0o700)
                with suppress(FileNotFoundError):  # another process removed it in between
                    lock = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                    fcntl.flock(lock, fcntl.LOCK_SH)
                    if _same(lock, home / _LOCK):
                        os.utime(lock)
                        self.trim()
                        return Place(home, lock)
                    os.close(lock)
        except OSError as error:
            raise StoreError(
                f"{home}: can't make the folder of a follower ({error.strerror}); name another in the setting followers"
            ) from error

    def trim(self) -> list[Path]:
        """Remove what is over the bounds, the least recently used first; return the folders that went."""
        held = sorted(self._known(), reverse=True)
        number, size, gone = 0, 0, []
        for _, home in held:
            number, size = number + 1, size + _bytes_of(home)
            over = (self._most and number > self._most) or (self._most_bytes and size > self._most_bytes)
            if over and self._remove(home):
                gone.append(home)
        return gone

    def _known(self) -> list[tuple[float, Path]]:
        found = []
        for lock in self.folder.glob(f"*/{_LOCK}"):
            with suppress(FileNotFoundError):
                found.append((lock.stat().st_mtime, lock.parent))
        return found

    def _remove(self, home: Path) -> bool:
        """Remove a folder, unless it is in use."""
        try:
            lock = os.open(home / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(home, ignore_errors=True)
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True


def _same(lock: int, path: Path) -> bool:
    """Tell whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _bytes_of(home: Path) -> int:
    total = 0
    for path in home.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total
