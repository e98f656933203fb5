"""Pages that `Memory.write_pages` wrote: the texts that were quoted, to the letter, with what stands below them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ricordo.formats.base import Bad, Found, ReadOptions, found, opened
from ricordo.formats.markup import unquote
from ricordo.formats.times import read_time

#: The first lines of a page, and of the index of pages.
PAGES_MARK, INDEX_MARK = "---\nricordo: pages\n", "---\nricordo: index\n"
#: What stands below a text and is read back, in the order it is written; the rest is for people.
FIELDS = (
    *("kind", "speaker", "session", "title", "ref", "subject", "attribute", "value", "cardinality"),
    *("valid_from", "valid_to", "name", "why"),
)
_MARKS = (PAGES_MARK.encode(), INDEX_MARK.encode())
_LONGEST_LINE = 8 * 1024 * 1024
_FIELD = re.compile(r"- (\w+): (.*)")
_RECALLABLE = frozenset({"active", "provisional"})


class PagesReader:
    """Reads the pages that a space was written to."""

    name = "pages"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell them by their first lines."""
        return head.replace(b"\r\n", b"\n").startswith(_MARKS)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the records of a page; those that were superseded when it was written are left out."""
        scope, entry = options.scope, _Entry(0)
        with opened(path) as stream:
            for number, line in enumerate(_lines(stream), 1):
                if line is None:
                    yield Bad(number, "line too long, or not valid UTF-8")
                elif line.startswith("## "):
                    yield from entry.item(scope, options)
                    entry = _Entry(number)
                elif line.startswith("scope: ") and not entry.line and options.scope is None:
                    scope = _text(line.removeprefix("scope: "))
                else:
                    entry.take(line)
            yield from entry.item(scope, options)


def _lines(stream: BinaryIO) -> Iterator[str | None]:
    while raw := stream.readline(_LONGEST_LINE):
        try:
            yield raw.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            yield None


@dataclass(slots=True)
class _Entry:
    """One record of a page while its lines come in. Line 0 is what stands before the first."""

    line: int
    quoted: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, line: str) -> None:
        if line.startswith(">"):
            self.quoted.append(line)
        elif match := _FIELD.fullmatch(line):
            self.fields[match[1]] = match[2]

    def item(self, scope: str | None, options: ReadOptions) -> Iterator[Found | Bad]:
        if not self.line or not (self.quoted or self.fields):  # a heading of the index
            return
        status = self.fields.get("status", "active")
        if status not in _RECALLABLE:
            yield Bad(self.line, f"it was {status[:40]}")
            return
        fields: dict[str, Any] = {name: _text(self.fields[name]) for name in FIELDS if name in self.fields}
        try:
            at = read_time(self.fields["said"], options.zone) if "said" in self.fields else None
        except ValueError as error:
            yield Bad(self.line, str(error))
            return
        yield found(self.line, {**fields, "content": unquote(self.quoted), "at": at, "scope": scope})


def _text(written: str) -> str | None:
    """Return a value that stands bare, or as JSON in a code span."""
    with suppress(ValueError, RecursionError):
        value = json.loads(written.strip("`"))
        return value if isinstance(value, str) else None
    return written or None
