"""What the readers of other products' exports share: a JSON file, or a zip archive that holds several."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, NamedTuple, cast

from ricordo.formats.base import Bad, Found, ReadOptions, found, opened
from ricordo.formats.json_stream import elements
from ricordo.formats.turns import Turns, session_time

#: A file in an archive may unfold to this much of its packed size, once it is over `FREE_BYTES`: chats in JSON unfold
#: to some ten times, a bomb to a thousand times.
MAX_RATIO = 200
FREE_BYTES = 16 * 1024 * 1024
#: The longest title that is kept; what is beyond is cut.
_LONGEST_TITLE = 500

_ZIP = b"PK\x03\x04"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class _UnfoldsError(Exception):
    """A file of an archive unfolds to more than it may."""


#: What a damaged archive raises while one of its files is read, and before that when it is opened.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, _UnfoldsError)
_UNOPENED = (*_DAMAGES, ValueError, OverflowError, NotImplementedError, RuntimeError, struct.error)


class Document(NamedTuple):
    """One JSON file of an export, open to be read: its name in the archive, or "" where it is the file itself."""

    name: str
    stream: BinaryIO


class _Bounded:
    """A file of an archive that stops when it unfolds to far more than it was packed to."""

    def __init__(self, stream: IO[bytes], packed: int) -> None:
        self._stream = stream
        self._left = max(FREE_BYTES, packed * MAX_RATIO)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            _UnfoldsError: It is too much.
        """
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise _UnfoldsError(f"it unfolds to more than {MAX_RATIO} times its size")
        return chunk


def holds(path: Path, head: bytes, wanted: re.Pattern[str], marks: re.Pattern[bytes]) -> bool:
    """Tell whether a file is an export: JSON that begins with `marks`, or an archive whose first such file does.

    Args:
        path: The file.
        head: How it begins.
        wanted: The whole names of the files in an archive, without folders.
        marks: What is found at the beginning of such a file.
    """
    if not head.startswith(_ZIP):
        return _begins(head, marks)
    with opened(path) as stream:
        for document in _unpacked(stream, wanted):
            if isinstance(document, Document):
                try:
                    if _begins(document.stream.read(64 * 1024), marks):
                        return True
                except _DAMAGES:
                    continue
    return False


def _begins(head: bytes, marks: re.Pattern[bytes]) -> bool:
    return head.lstrip()[:1] in (b"[", b"{") and marks.search(head) is not None


def read_export(
    path: Path, options: ReadOptions, noun: str, wanted: re.Pattern[str], turns_of: Turns
) -> Iterator[Found | Bad]:
    """Yield the items of every element of an export; `line` counts what is yielded.

    Args:
        path: The JSON file or archive.
        options: What the caller said about it.
        noun: What one element is called in a reason.
        wanted: The whole names of the files in an archive that are read, without folders; no other is opened.
        turns_of: Yields the items of one element, given the time of those that have none.

    Raises:
        InvalidInputError: The file can't be read.
    """
    default = options.time_of(path)
    for count, one in enumerate(_turns(path, options, noun, wanted, turns_of, default), 1):
        yield Bad(count, one) if isinstance(one, str) else found(count, one)


def _turns(
    path: Path, options: ReadOptions, noun: str, wanted: re.Pattern[str], turns_of: Turns, default: datetime
) -> Iterator[dict[str, Any] | str]:
    for document in documents(path, wanted):
        if isinstance(document, Bad):
            yield document.reason
            continue
        place = f"{document.name}: " if document.name else ""
        try:
            for element in elements(document.stream):
                if isinstance(element, Bad):
                    yield f"{place}{noun} {element.line}: {element.reason}"
                else:
                    yield from turns_of(element, options, default)
        except _DAMAGES as error:
            yield f"{place}the archive is damaged, the rest of this file is not read ({error})"


def documents(path: Path, wanted: re.Pattern[str]) -> Iterator[Document | Bad]:
    """Yield the file itself, or the wanted files of an archive by name; nothing is unpacked to disk.

    Raises:
        InvalidInputError: The file can't be read.
    """
    with opened(path) as stream:
        if stream.read(len(_ZIP)) != _ZIP:
            stream.seek(0)
            yield Document("", stream)
            return
        empty = True
        for document in _unpacked(stream, wanted):
            empty = False
            yield document
        if empty:
            yield Bad(1, "the archive holds none of the files of such an export, or is damaged")


def _unpacked(stream: BinaryIO, wanted: re.Pattern[str]) -> Iterator[Document | Bad]:
    try:
        archive = zipfile.ZipFile(stream)
    except _UNOPENED:
        return
    with closing(archive):
        for member in sorted(archive.infolist(), key=lambda one: one.filename):
            name = PurePosixPath(member.filename).name
            if member.is_dir() or not wanted.fullmatch(name):
                continue
            shown = ascii(name)[1:-1][:100]
            try:
                if member.flag_bits & 1 or member.compress_type not in _METHODS:
                    raise ValueError("encrypted, or packed in a way that is not read")
                with archive.open(member) as inside:
                    yield Document(shown, cast(BinaryIO, _Bounded(inside, member.compress_size)))
            except _UNOPENED as error:
                yield Bad(1, f"{shown}: can't be read from the archive ({error})")


def member_json(path: Path, name: str, most: int = 1024 * 1024) -> Any:
    """Return the first element of a small JSON file of an archive, or None where there is none."""
    for document in documents(path, re.compile(re.escape(name))):
        if isinstance(document, Document) and document.name:
            try:
                return next((one.value for one in elements(document.stream, most) if not isinstance(one, Bad)), None)
            except _DAMAGES:
                return None
    return None


def text_of(value: Any) -> str | None:
    """Return text that is not all white space, else None.

    >>> text_of(" a "), text_of("  "), text_of(5)
    (' a ', None, None)
    """
    return value if isinstance(value, str) and value.strip() else None


def title_of(value: Any) -> str | None:
    r"""Return a title that can be kept: half characters, as cut titles end in, are replaced, and a long one is cut.

    >>> title_of("Trip \ud83d")
    'Trip ?'
    """
    text = text_of(value)
    if text is None:
        return None
    return text.encode("utf-8", "replace").decode().replace("\x00", " ").strip()[:_LONGEST_TITLE].strip() or None


def moment_of(options: ReadOptions, default: datetime, *written: Any) -> datetime | str:
    """Return the first time that is written, or what is wrong with it; the default where none is."""
    return session_time(next((one for one in written if one is not None), None), options, default)


def stable_key(*parts: Any) -> str:
    """Return an idempotency key for what a file keeps without a time: the same parts, the same key.

    >>> stable_key("a", 1) == stable_key("a", 1) != stable_key("a1")
    True
    """
    return f"import {hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()}"


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a mapping, or an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}
