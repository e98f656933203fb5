"""Directories whose names survive a loss of power: a sync of a file does not promise that it can be found again."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_directory(folder: Path, mode: int = 0o777) -> None:
    """Make a directory and its missing parents, and sync where each is named.

    Args:
        folder: The directory.
        mode: Its rights.

    Raises:
        OSError: It can't be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    for path in reversed(missing):
        sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Have the system write down the names in a directory; where it can't, nothing is done."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
