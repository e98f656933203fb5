"""A directory of notes: its Markdown and text files, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ricordo.errors import InvalidInputError
from ricordo.formats.base import Bad, Found, Reader, ReadOptions, read_head

_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".txt", ".text"})


class DirectoryReader:
    """Reads the Markdown and text files of a directory and those below it.

    Args:
        readers: Those that may read a file, in order of precedence.
    """

    name = "directory"
    owners = ()

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell whether the path is a directory."""
        return path.is_dir()

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the items of every file in sorted order; refs hold the file's place below the directory.

        Hidden files and directories are passed over. A link that leads out of the directory, and a file that can't
        be read, are reported as line 1 of that file.

        Raises:
            InvalidInputError: It is no directory, or holds no Markdown or text file.
        """
        if not path.is_dir():
            raise InvalidInputError("path", "a directory", str(path))
        empty = True
        for file in _walk(path):
            empty = False
            yield from self._file(path, file, options)
        if empty:
            raise InvalidInputError(
                "path", f"a directory with files that end in {', '.join(sorted(_SUFFIXES))}", str(path)
            )

    def _file(self, root: Path, file: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        place = file.relative_to(root).as_posix()
        if fault := _link_fault(root, file):
            yield Bad(1, f"{place}: {fault}")
            return
        source = f"{options.source}/{place}" if options.source else place
        try:
            head = read_head(file)
            reader = next((one for one in self._readers if one.recognises(file, head)), self._readers[-1])
            for one in reader.read(file, replace(options, source=source)):
                yield Bad(one.line, f"{place}: {one.reason}") if isinstance(one, Bad) else one
        except InvalidInputError as error:
            yield Bad(1, f"{place}: {error.rule}")


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in _SUFFIXES:
                yield Path(folder) / name


def _link_fault(root: Path, file: Path) -> str | None:
    if not file.is_symlink():
        return None
    try:
        inside = file.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself
        return "a link that leads nowhere"
    return None if inside else "a link that leads out of the directory"
