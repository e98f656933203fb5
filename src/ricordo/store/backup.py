"""Backups: dated archives of a space in a folder, each read again before it counts, the oldest removed."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ricordo.errors import ArchiveError, InvalidInputError, RicordoError, StoreError
from ricordo.store.archive import Manifest, read_events, read_manifest
from ricordo.store.directory import make_directory, sync_directory

_SUFFIX, _PART = ".ricordo", ".part"
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
#: After so long what an interrupted backup left is not in the making any more.
_LEFT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup made.

    Args:
        path: The archive; `ricordo restore` makes a space of it.
        bytes: Its size.
        seq: The last event in it.
        removed: Older archives of the same space that were removed.
    """

    path: Path
    bytes: int
    seq: int
    removed: tuple[Path, ...]


def back_up(
    write: Callable[[Path], object], folder: Path, *, name: str, now: datetime, least: int = 0, keep: int = 0
) -> Backup:
    """Write an archive into a folder under a name with the time, and read the whole of it before it gets that name.

    Others may write to the space meanwhile: an archive holds what one snapshot held.

    Args:
        write: Writes the archive to the path it is given, as `Memory.export` does.
        folder: Where to; made for its owner alone where it is missing.
        name: What the archive is called before the time.
        now: The time.
        least: The event that must be in it: what was acknowledged before.
        keep: How many archives of this space stay, this one included; 0 is all.

    Raises:
        InvalidInputError: `keep` is negative, or the folder is a file.
        StoreError: The archive can't be written; the folder is as it was.
        ArchiveError: What was written can't be read again; the folder is as it was.
    """
    if keep < 0:
        raise InvalidInputError("keep", "0 or more", keep)
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError("folder", "a directory for the archives", str(folder))
    stem = f"{_UNFIT.sub('-', name).strip('-') or 'space'}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    draft = folder / f".{stem}-{secrets.token_hex(4)}{_SUFFIX}{_PART}"
    try:
        make_directory(folder, 0o700)
        _tidy(folder)
        write(draft)
        manifest = check(draft)
        if manifest.seq < least:
            raise ArchiveError("archive", f"event {least} is missing, the last one is {manifest.seq}; try again")
        path = _free(folder, stem)
        size = draft.stat().st_size
        draft.replace(path)
        sync_directory(folder)
    except RicordoError:  # some are also errors of the system by their class
        raise
    except OSError as error:
        raise StoreError(f"{folder}: can't write the backup ({error.strerror}); nothing was changed") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return Backup(path, size, manifest.seq, _trim(folder, manifest.space, path, keep) if keep else ())


def check(archive: Path) -> Manifest:
    """Read the whole of an archive: every event against the chain, the last against the checkpoint.

    Raises:
        ArchiveError: It is damaged, cut or altered.
    """
    manifest = read_manifest(archive)
    for _ in read_events(archive, manifest):
        pass
    return manifest


def _free(folder: Path, stem: str) -> Path:
    """Return a name that nothing has."""
    path, number = folder / f"{stem}{_SUFFIX}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{_SUFFIX}"
    return path


def _trim(folder: Path, space: str, newest: Path, keep: int) -> tuple[Path, ...]:
    """Remove the oldest archives of a space; what is no whole archive, or another space's, stays."""
    older = sorted((at, path) for at, path in _archives(folder, space) if path != newest)
    gone = [path for _, path in older[: max(0, len(older) - (keep - 1))]]
    for path in gone:
        path.unlink(missing_ok=True)
    sync_directory(folder)
    return tuple(gone)


def _archives(folder: Path, space: str) -> Iterator[tuple[datetime, Path]]:
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(ArchiveError):
            manifest = read_manifest(path)
            if manifest.space == space:
                yield datetime.fromisoformat(manifest.exported_at), path


def _tidy(folder: Path) -> None:
    """Remove what backups left that were interrupted long ago."""
    for path in folder.glob(f".*{_SUFFIX}{_PART}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_S:
                path.unlink()
