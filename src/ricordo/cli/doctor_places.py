"""What `ricordo doctor` looks at on the disk: kind of file system, room, followers that nobody uses."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from ricordo.cli.diagnosis import Diagnosis
from ricordo.config import Settings

_MOUNTS = Path("/proc/mounts")
#: File systems of another machine.
_REMOTE = frozenset(
    (
        *("afs", "beegfs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)
_LEAST_FREE = 100 << 20
_UNUSED_S = 30 * 86_400.0


def look_at_places(found: Diagnosis, settings: Settings) -> None:
    """Look at where the space, the spaces of a server and the followers are."""
    for place in dict.fromkeys((settings.path, settings.spaces)):
        if place and "://" not in place and place != ":memory:":
            found.attempt(partial(_examine_file_system, found, Path(place).expanduser()))
            found.attempt(partial(_examine_room, found, Path(place).expanduser()))
    found.attempt(lambda: _examine_followers(found, Path(settings.followers).expanduser()))


def remote_file_system(path: Path, mounts: str) -> str | None:
    """Return the kind of a path's file system where it is another machine's.

    Args:
        path: An absolute path.
        mounts: What is mounted, in the form of /proc/mounts.

    >>> mounts = "/dev/sda1 / ext4 rw 0 0\\nnas:/home /home nfs4 rw 0 0\\n"
    >>> remote_file_system(Path("/home/ada/.ricordo"), mounts), remote_file_system(Path("/var"), mounts)
    ('nfs4', None)
    """
    rows = [line.split() for line in mounts.splitlines()]
    known = {Path(row[1].replace("\\040", " ")): row[2] for row in rows if len(row) > 2}
    kind = next((known[place] for place in (path, *path.parents) if place in known), None)
    return kind if kind in _REMOTE else None


def _examine_file_system(found: Diagnosis, folder: Path) -> None:
    with suppress(OSError):  # no such file but on Linux
        kind = remote_file_system(folder.resolve(), _MOUNTS.read_text(encoding="utf-8", errors="replace"))
        if kind:
            found.found(
                f"{folder} is on a file system of another machine ({kind})",
                why="SQLite can't share a file between machines: two that write to it at once can damage it.",
                do="Move the space to a disk of this machine (ricordo migrate SRC DST), or use PostgreSQL; "
                "docs/postgresql.md.",
            )


def _examine_room(found: Diagnosis, folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free, size = shutil.disk_usage(there).free, sum(_size(path) for path in folder.rglob("*"))
    needed = max(_LEAST_FREE, size)
    if free < needed:
        found.found(
            f"the disk of {folder} is nearly full: {free >> 20:,} MiB are free, what is there has {size >> 20:,} MiB",
            why="Writes fail when it is full; erasing and compacting rewrite the file, which takes as much room again.",
            do=f"Free at least {needed >> 20:,} MiB; `ricordo compact` and policies make a space smaller "
            "(docs/forgetting.md).",
        )


def _examine_followers(found: Diagnosis, folder: Path) -> None:
    """Tell of followers that were not used for long; they are copies, and can go."""
    old = []
    for lock in folder.glob("*/lock") if folder.is_dir() else ():
        with suppress(OSError):
            if time.time() - lock.stat().st_mtime > _UNUSED_S:
                old.append(lock.parent)
    if old:
        size = sum(_size(path) for home in old for path in home.rglob("*"))
        found.found(
            f"{len(old)} of the followers in {folder} were not used for 30 days; they take {size >> 20:,} MiB",
            why="Each holds a copy of what a space in a database says, also of spaces that are gone.",
            do="Remove them, they are made anew when they are needed: "
            f"rm -r {' '.join(str(path) for path in sorted(old)[:3])}{' ...' if len(old) > 3 else ''}",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
