"""Counts how often SQLite asks the system to put bytes on the disk, by a VFS that passes everything through."""

from __future__ import annotations

from typing import Any

import apsw


class SyncCounter(apsw.VFS):
    """While it is registered, every new connection of the process goes through it.

    >>> with_counter = SyncCounter()
    >>> apsw.Connection(":memory:").close()
    >>> with_counter.count
    0
    >>> with_counter.unregister()
    """

    def __init__(self) -> None:
        self.count = 0
        self._base = apsw.vfs_names()[0]
        super().__init__("ricordo-sync-counter", self._base, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file whose syncs are counted."""
        return _File(self, self._base, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, counter: SyncCounter, base: str, name: Any, flags: list[int]) -> None:
        super().__init__(base, name, flags)
        self._counter = counter

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Sync, and count it once it is done."""
        super().xSync(flags)
        self._counter.count += 1
