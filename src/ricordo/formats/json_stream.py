"""Reads a JSON array one element at a time, so that a file of any size needs the memory of one element.

The text is cut where commas part the elements, by regular expressions that run over whole chunks, and each piece
is then parsed by `json`. A broken element is reported and the next one read. Where brackets no longer match, nothing
tells where the next element begins: the reading stops and says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from ricordo.formats.base import Bad

#: The largest element that is read.
MAX_ELEMENT_BYTES = 256 * 1024 * 1024
CHUNK_BYTES = 256 * 1024

_LEVELS = 4
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _whole(levels: int) -> bytes:
    """Return a pattern for a string, or for an object or array that nests at most `levels` deep."""
    if levels == 0:
        return _STRING
    return _STRING + rb'|[\[{](?:[^"\[\]{}]++|' + _whole(levels - 1) + rb")*+[\]}]"


#: All up to the next bracket, and all up to the next bracket or comma; what is whole within the chunk is passed over.
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _whole(_LEVELS) + rb")*+", re.DOTALL)
_TO_COMMA = re.compile(rb'(?:[^"\[\]{},]++|' + _whole(_LEVELS) + rb")*+", re.DOTALL)
_TO_NEXT_OBJECT = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+", re.DOTALL)
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the array and its number, from 1."""

    number: int
    value: Any


def elements(
    stream: BinaryIO, limit: int = MAX_ELEMENT_BYTES, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[Element | Bad]:
    """Yield the elements of a JSON array; objects that follow each other without an array are read as one too.

    Args:
        stream: The open file.
        limit: The largest element in bytes; a larger one is skipped without being held.
        chunk_bytes: How much is read at a time.

    >>> import io
    >>> [element.value for element in elements(io.BytesIO(b'[{"a": "]"}, 2]'))]
    [{'a': ']'}, 2]
    """
    splitter = _Splitter(limit)
    for chunk in _chunks(stream, chunk_bytes):
        yield from splitter.feed(chunk)
        if splitter.stopped:
            return
    yield from splitter.finish()


def _chunks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    if head := stream.read(len(_BOM)).removeprefix(_BOM):
        yield head
    while chunk := stream.read(size):
        yield chunk


class _Splitter:
    """Cuts the text of an array into elements. Depth 0 is outside the array, 1 between its brackets."""

    def __init__(self, limit: int) -> None:
        self._stop = False
        self._limit = limit
        self._depth = 0
        self._bare = False  # objects that follow each other, no array around them
        self._closed = False
        self._in_string = False
        self._escaped = False
        self._parts: list[bytes] = []
        self._size = 0
        self._commas = 0
        self._number = 0

    @property
    def stopped(self) -> bool:
        """Whether the rest of the file can't be told apart."""
        return self._stop

    def feed(self, chunk: bytes) -> Iterator[Element | Bad]:
        """Take the next bytes of the file, and yield the elements that end in them."""
        position = start = 0
        while position < len(chunk) and not self._stop:
            if self._depth == 0:
                inside = self._outside(chunk, position)
                if inside is None:
                    yield self._fault_outside()
                    return
                position = start = inside
                continue
            stop = self._advance(chunk, position)
            if stop == len(chunk):
                break
            position = stop + 1
            if self._at(chunk[stop]):
                yield from self._cut(chunk[start : position if self._bare and chunk[stop] != _COMMA else stop])
                start = position
        if self._depth > 0:
            self._keep(chunk[start:])

    def finish(self) -> Iterator[Element | Bad]:
        """Yield what is left at the end of the file."""
        left = b"".join(self._parts).strip(_SPACE)
        if self._bare and self._depth == 1 and not self._in_string:
            if left:
                yield self._parse(left)
        elif self._depth > 0:
            yield Bad(self._number + 1, "the file ends inside this item; nothing after its start could be read")
        elif not self._closed:
            yield Bad(1, "the file is empty")

    def _outside(self, chunk: bytes, position: int) -> int | None:
        """Step over the space before or after the array, or into it; None where anything else stands there."""
        space = len(chunk) - len(chunk[position:].lstrip(_SPACE))
        if space == len(chunk):
            return space
        if self._closed or chunk[space] not in b"[{":
            self._stop = True
            return None
        self._bare = chunk[space] == _BRACE
        self._depth = 1
        return space if self._bare else space + 1

    def _fault_outside(self) -> Bad:
        if self._closed:
            return Bad(self._number + 1, "text after the end of the array was not read")
        return Bad(1, "not a JSON array or object in UTF-8")

    def _advance(self, chunk: bytes, position: int) -> int:
        """Return the place of the next character that matters, or the chunk's end."""
        if self._in_string:
            position = self._leave_string(chunk, position)
        pattern = _TO_BRACKET if self._depth > 1 else _TO_NEXT_OBJECT if self._bare else _TO_COMMA
        while position < len(chunk):
            match = pattern.match(chunk, position)
            position = match.end() if match else len(chunk)
            if position == len(chunk) or chunk[position] != _QUOTE:
                return position
            self._in_string = True  # it is cut by the end of the chunk
            position = self._leave_string(chunk, position + 1)
        return position

    def _leave_string(self, chunk: bytes, position: int) -> int:
        if self._escaped:
            self._escaped = False
            position += 1
        match = _STRING_REST.match(chunk, position)
        stop = match.end() if match else len(chunk)
        if stop >= len(chunk):
            return len(chunk)
        if chunk[stop] == _QUOTE:
            self._in_string = False
        else:
            self._escaped = True  # a backslash is the chunk's last byte
        return stop + 1

    def _at(self, character: int) -> bool:
        """Take in a bracket or comma; tell whether an element ends with it."""
        if character == _COMMA:
            self._commas += 1
            return True
        if character in b"[{":
            self._depth += 1
            return False
        self._depth -= 1
        if self._depth == 0:
            self._closed = character == _CLOSE and not self._bare
            self._stop = not self._closed
            return True
        return self._bare and self._depth == 1

    def _cut(self, last: bytes) -> Iterator[Element | Bad]:
        size = self._size + len(last)
        text = last if not self._parts else b"".join([*self._parts, last])
        self._parts, self._size = [], 0
        if self._stop:
            yield Bad(self._number + 1, "brackets don't match; nothing from this item on could be read")
        elif size > self._limit:
            self._number += 1
            yield Bad(self._number, f"over {self._limit} bytes")
        elif text.strip(_SPACE) or (self._commas and not self._bare):
            yield self._parse(text)

    def _keep(self, rest: bytes) -> None:
        self._size += len(rest)
        if self._size <= self._limit:
            self._parts.append(rest)
        else:
            self._parts.clear()

    def _parse(self, raw: bytes) -> Element | Bad:
        self._number += 1
        value, fault = load(raw)
        return Element(self._number, value) if fault is None else Bad(self._number, fault)


_QUOTE, _COMMA, _BRACE, _CLOSE = b'",{]'


def load(raw: bytes | str) -> tuple[Any, str | None]:
    """Parse JSON; return its value, and what was wrong with it or None.

    >>> load(b'{"a": 1}'), load("nope")
    (({'a': 1}, None), (None, 'invalid JSON: Expecting value at character 1'))
    """
    try:
        return json.loads(raw.decode("utf-8") if isinstance(raw, bytes) else raw), None
    except UnicodeDecodeError:
        return None, "not valid UTF-8"
    except json.JSONDecodeError as error:
        return None, f"invalid JSON: {error.msg} at character {error.pos + 1}"
    except ValueError as error:  # a number of thousands of digits
        return None, f"invalid JSON: {error}"
    except RecursionError:
        return None, "nested too deeply"
