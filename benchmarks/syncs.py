"""Counts what SQLite asks the system to do with files, by a VFS that passes everything through; may die of it."""

from __future__ import annotations

import os
import signal
from typing import Any

import apsw


class SyncCounter(apsw.VFS):
    """While it is registered, every new connection of the process goes through it.

    Args:
        deadly: Before so many writes, syncs and cuts this process kills itself as `kill -9` does; 0 is never.
        synced: Rather after the next sync from there on.

    >>> with_counter = SyncCounter()
    >>> apsw.Connection(":memory:").close()
    >>> with_counter.count, with_counter.steps
    (0, 0)
    >>> with_counter.unregister()
    """

    def __init__(self, deadly: int = 0, *, synced: bool = False) -> None:
        self.count = 0
        self.steps = 0
        self._deadly, self._synced = deadly, synced
        self._base = apsw.vfs_names()[0]
        super().__init__("ricordo-sync-counter", self._base, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file whose syncs are counted."""
        return _File(self, self._base, name, flags)

    def step(self) -> None:
        """Count a write, a sync or a cut that is about to be made."""
        self.steps += 1
        if self.steps == self._deadly and not self._synced:
            os.kill(os.getpid(), signal.SIGKILL)

    def sync(self) -> None:
        """Count a sync that was made."""
        self.count += 1
        if self._synced and self.steps >= self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


class _File(apsw.VFSFile):
    def __init__(self, counter: SyncCounter, base: str, name: Any, flags: list[int]) -> None:
        super().__init__(base, name, flags)
        self._counter = counter

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        """Write."""
        self._counter.step()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Cut."""
        self._counter.step()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Sync, and count it once it is done."""
        self._counter.step()
        super().xSync(flags)
        self._counter.sync()
