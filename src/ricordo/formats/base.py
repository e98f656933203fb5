"""What every reader of an outside file shares: what it yields, what it is told, and how it opens a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from ricordo.errors import InvalidInputError

#: How much of a file `Reader.recognises` is shown.
HEAD_BYTES = 64 * 1024
#: The longest line that is read.
MAX_LINE_BYTES = 8 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SKIPPED_AT_A_TIME = 1024 * 1024
_OWNER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Found:
    """One item to retain.

    Args:
        line: The line it begins on, or its number where the format has no lines; from 1.
        item: Keyword arguments of `Memory.retain`.
    """

    line: int
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """One item that was left out.

    Args:
        line: The line it stands on, or its number where the format has no lines; from 1.
        reason: Why, for a person to read.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the caller says about a file.

    Args:
        scope: The scope of every item; it outranks those that the file names.
        session: The session of items that name none.
        zone: Time zone of times that name none.
        at: When items without a time were said; the file's modification time where it is None.
        source: The file's name in refs; its own name where it is None.
        scope_by: In place of `scope`: a text with "{user}" and the like in it, which is filled with whom the file names
            for each item; an item that names nobody is left out.
    """

    scope: str | None = None
    session: str | None = None
    zone: tzinfo = UTC
    at: datetime | None = None
    source: str | None = None
    scope_by: str | None = None

    def scope_of(self, **owners: str | None) -> str | None:
        """Return the scope of an item, given whom the file names for it.

        Raises:
            ValueError: `scope_by` asks for somebody whom the file does not name.

        >>> ReadOptions(scope_by="user:{user}").scope_of(user="ada", agent=None)
        'user:ada'
        >>> ReadOptions(scope="mine").scope_of(user="ada")
        'mine'
        """
        if self.scope_by is None:
            return self.scope

        def filled(match: re.Match[str]) -> str:
            if (named := owners.get(match[1])) is None:
                raise ValueError(f"names no {match[1]}, which the scope {self.scope_by!r} needs")
            return named

        return _OWNER.sub(filled, self.scope_by)

    def name_of(self, path: Path) -> str:
        """Return the name that refs into `path` begin with.

        >>> ReadOptions(source="notes/a.md").name_of(Path("/tmp/a.md"))
        'notes/a.md'
        """
        return self.source or path.name

    def time_of(self, path: Path) -> datetime:
        """Return the time of items that have none, in UTC.

        Raises:
            InvalidInputError: `at` has no time zone, or the file can't be read.
        """
        if self.at is None:
            try:
                return datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except OSError as error:
                raise unreadable(path, error) from error
        if self.at.tzinfo is None:
            raise InvalidInputError("at", "a datetime with a time zone", self.at)
        return self.at.astimezone(UTC)


class Reader(Protocol):
    """Reads one file format.

    To add a format, write one in a module of its own and name it in `ricordo.formats.READERS`.
    """

    @property
    def name(self) -> str:
        """The name the format goes by."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Whom its files name for an item, as `ReadOptions.scope_by` may ask for them; often nobody."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell whether a file is of this format, by its name and its first `HEAD_BYTES` bytes."""

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield what the file holds, in order and in constant memory; bad content is yielded, never raised.

        Raises:
            InvalidInputError: The file can't be opened or read.
        """


class Line(NamedTuple):
    """A line of a text file, without its line end."""

    number: int
    text: str


def check_scope_by(reader: Reader, template: str) -> None:
    """Refuse a template that a format can't fill.

    Raises:
        InvalidInputError: It holds no name in braces, or one that files of the format don't give.
    """
    asked = _OWNER.findall(template)
    if not asked or set(asked) - set(reader.owners):
        allowed = " or ".join(f"{{{name}}}" for name in reader.owners)
        rule = f"a text with {allowed} in it" if allowed else f"not for {reader.name}, whose files name no owners"
        raise InvalidInputError("scope_by", rule, template)


def unreadable(path: Path, error: OSError) -> InvalidInputError:
    """Return the error for a file that the system won't let us read."""
    return InvalidInputError("path", f"a file that can be read ({error.strerror or error})", str(path))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read its bytes.

    Raises:
        InvalidInputError: The path is no regular file, or opening or reading it fails; the message names it.
    """
    try:
        if path.exists() and not path.is_file():
            raise InvalidInputError("path", "a regular file", str(path))
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise unreadable(path, error) from error


def read_head(path: Path) -> bytes:
    """Return the first `HEAD_BYTES` bytes of a file, without a byte order mark.

    Raises:
        InvalidInputError: The file can't be read.
    """
    with opened(path) as stream:
        return stream.read(HEAD_BYTES).removeprefix(_BOM)


def lines_of(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[Line | Bad]:
    r"""Yield the lines of UTF-8 text, and a `Bad` in the place of each that can't be read.

    Args:
        stream: The open file.
        limit: The longest line in bytes; a longer one is skipped without being held.

    >>> import io
    >>> list(lines_of(io.BytesIO(b"one\r\n\xff\nthree")))
    [Line(number=1, text='one'), Bad(line=2, reason='not valid UTF-8'), Line(number=3, text='three')]
    """
    number = 0
    while raw := stream.readline(limit + 1):
        number += 1
        if number == 1:
            if raw.startswith(_UTF16):
                yield Bad(1, "the file is UTF-16; save it as UTF-8")
                return
            raw = raw.removeprefix(_BOM)
        if len(raw) > limit and not raw.endswith(b"\n"):
            _skip_line(stream)
            yield Bad(number, f"line over {limit} bytes")
        else:
            yield _decoded(number, raw)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(_SKIPPED_AT_A_TIME)) and not rest.endswith(b"\n"):
        pass


def _decoded(number: int, raw: bytes) -> Line | Bad:
    if b"\x00" in raw:
        return Bad(number, "NUL byte")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Bad(number, "not valid UTF-8")
    return Line(number, text.rstrip("\r\n"))


def found(line: int, fields: Mapping[str, Any]) -> Found | Bad:
    """Make an item of the fields that are not None, or say why it can't be kept.

    >>> found(3, {"content": "Ada moved.", "speaker": None})
    Found(line=3, item={'content': 'Ada moved.'})
    >>> found(4, {"content": "  "})
    Bad(line=4, reason='no text')
    """
    item = {name: value for name, value in fields.items() if value is not None}
    content = item.get("content")
    if not isinstance(content, str):
        return Bad(line, "content: must be text" if content is not None else "no text")
    if not content.strip():
        return Bad(line, "no text")
    for name, value in item.items():
        if fault := _text_fault(value):
            return Bad(line, f"{name}: {fault}")
    return Found(line, item)


def _text_fault(value: Any) -> str | None:
    """Say what in a value can't be stored as text; lists and mappings are searched to any depth JSON allows."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\x00" in one:
                return "NUL character"
            if not one.isascii() and not _encodes(one):
                return "lone surrogate, can't be written as UTF-8"
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
