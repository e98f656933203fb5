"""Writing pages to a directory: all of them beside first, then one file after the other in its place."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ricordo.errors import InvalidInputError, RicordoError
from ricordo.plaintext.pages import Place, entry, index, opening, place_of
from ricordo.results import Pages
from ricordo.store.directory import make_directory, sync_directory
from ricordo.types import Change, Record

INDEX = "index.md"
#: What the pages are called that were written last, so that those that are no more can be taken away.
_LIST = ".ricordo-pages.json"
_PAGE_NAME = re.compile(r"[a-z0-9-]{1,60}/[a-z0-9-]{1,60}\.md")
_MOST_LIST = 64 * 1024 * 1024


def publish(folder: Path, records: Iterable[tuple[Record, Iterable[Change]]], seq: int) -> Pages:
    """Write pages, and take away those of an earlier time that are no more; other files stay as they are.

    Nothing in the directory is touched before every page is written beside it; then each file is put in its place at
    once, the index last, and those that would not change not at all.

    Args:
        folder: The directory.
        records: Every record with its history.
        seq: The event up to which they tell.

    Raises:
        InvalidInputError: The directory can't be written, or holds an index of something else.
    """
    try:
        make_directory(folder)
        before = _listed(folder)
        with tempfile.TemporaryDirectory(prefix=".ricordo-pages-", dir=folder) as beside:
            counts = _write(Path(beside), records, seq)
            names = sorted(place.path for place in counts)
            Path(beside, _LIST).write_text(json.dumps(sorted({*names, *before})), encoding="utf-8")
            os.replace(Path(beside, _LIST), folder / _LIST)
            written = sum([_place(Path(beside), folder, name) for name in [*names, INDEX]])
            gone = [name for name in before if name not in set(names)]
            for name in gone:
                _remove(folder, name)
            Path(beside, _LIST).write_text(json.dumps(names), encoding="utf-8")
            os.replace(Path(beside, _LIST), folder / _LIST)
        sync_directory(folder)
    except RicordoError:  # some are also errors of the system by their class
        raise
    except OSError as error:
        rule = f"a directory that pages can be written to ({error.strerror or error})"
        raise InvalidInputError("folder", rule, str(folder)) from error
    return Pages(folder, len(names), sum(counts.values()), written, len(gone), seq)


def _listed(folder: Path) -> list[str]:
    """Return the pages that are there from an earlier time, by name."""
    file = folder / _LIST
    if not file.exists():
        if (folder / INDEX).exists():
            raise InvalidInputError(
                "folder", f"a directory whose {INDEX} is one of earlier pages, or without", str(folder)
            )
        return []
    with file.open(encoding="utf-8", errors="replace") as stream:
        try:
            names = json.loads(stream.read(_MOST_LIST))
        except (ValueError, RecursionError):
            names = []
    return [name for name in names if isinstance(name, str) and _PAGE_NAME.fullmatch(name)] if names else []


def _write(folder: Path, records: Iterable[tuple[Record, Iterable[Change]]], seq: int) -> dict[Place, int]:
    counts: dict[Place, int] = {}
    for record, changes in records:
        place = place_of(record)
        file = folder / place.path
        begun = place in counts
        if not begun:
            file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8", newline="\n") as page:
            page.write(("" if begun else opening(place)) + entry(record, tuple(changes)))
        counts[place] = counts.get(place, 0) + 1
    (folder / INDEX).write_text(index(counts, seq), encoding="utf-8", newline="\n")
    return counts


def _place(beside: Path, folder: Path, name: str) -> bool:
    """Put one page in its place; tell whether it is another than before."""
    new, old = beside / name, folder / name
    if old.parent.is_symlink() and old.parent != folder:
        raise InvalidInputError("folder", f"no links in the place of {old.parent.name}", str(folder))
    old.parent.mkdir(exist_ok=True)
    if old.is_file() and not old.is_symlink() and _same(new, old):
        return False
    with new.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(new, old)
    return True


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(1 << 20):
            if chunk != second.read(1 << 20):
                return False
    return True


def _remove(folder: Path, name: str) -> None:
    file = folder / name
    if file.parent.is_symlink():
        return
    file.unlink(missing_ok=True)
    if file.parent.is_dir() and not any(file.parent.iterdir()):
        file.parent.rmdir()
