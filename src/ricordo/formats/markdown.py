"""Markdown: one record a paragraph or list item, under the path of its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ricordo.formats.base import Bad, Found, Line, ReadOptions, lines_of, opened
from ricordo.formats.paragraphs import MAX_BLOCK, Block, split_lines
from ricordo.formats.text import Passage
from ricordo.formats.times import read_time

_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t](.*))?")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+(\S.*)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_FRONT_END = frozenset({"---", "..."})
_FRONT_LINES = 200
_FRONT_DATES = ("date", "at", "created")
_PAIR = re.compile(r"([A-Za-z][\w-]*):\s*(.*)")


class MarkdownReader:
    """Reads Markdown: paragraphs and list items, titled with the headings above them."""

    name = "markdown"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell a Markdown file by its ending."""
        return path.suffix.lower() in _SUFFIXES

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the paragraphs and list items; a fenced block stays whole and with the text that leads to it."""
        passage = Passage(path, options)
        with opened(path) as stream:
            front, lines = _front_matter(lines_of(stream))
            document = _Document(passage, front.get("title", (0, None))[1])
            yield from _apply_front(front, passage, options)
            for line in lines:
                if isinstance(line, Bad):
                    yield line
                else:
                    yield from document.feed(line)
            yield from document.end()


class _Document:
    """Follows a document line by line and hands over each block when it ends."""

    def __init__(self, passage: Passage, title: str | None) -> None:
        self._passage = passage
        self._root = title
        self._headings: dict[int, str] = {}
        self._block = Block()
        self._fence: str | None = None
        self._has_fence = False
        self._in_list = False
        self._blank = False  # the last line was blank and the block is still open

    def feed(self, line: Line) -> Iterator[Found | Bad]:
        """Take in a line; yield the items that it ends."""
        if self._fence is not None:
            yield from self._inside_fence(line)
        elif not line.text.strip():
            yield from self._after_blank()
        elif fence := _fence_opens(line.text):
            yield from self._open_fence(line, fence)
        elif heading := _HEADING.fullmatch(line.text):
            yield from self.end()
            self._enter(len(heading[1]), _heading_text(heading[2] or ""))
        elif self._is_underline(line.text):
            self._enter(1 if "=" in line.text else 2, self._block.take().strip())
        elif _RULE.fullmatch(line.text):
            yield from self.end()
        else:
            yield from self._text(line)

    def end(self) -> Iterator[Found | Bad]:
        """Hand over the open block."""
        line, whole = self._block.line, self._has_fence
        text = self._block.take().strip()
        self._has_fence = self._in_list = self._blank = False
        self._fence = None
        if not text:
            return
        if whole:
            for piece in split_lines(text):
                yield self._passage.item(line, piece, self._title())
        else:
            yield from self._passage.items(line, text, self._title())

    def _inside_fence(self, line: Line) -> Iterator[Found | Bad]:
        self._block.add(line.number, line.text.rstrip())
        closing = line.text.strip()
        if self._fence and len(closing) >= len(self._fence) and set(closing) == set(self._fence):
            self._fence = None
        elif self._block.size > MAX_BLOCK:
            fence = self._fence
            yield from self.end()
            self._fence, self._has_fence = fence, True

    def _after_blank(self) -> Iterator[Found | Bad]:
        leads_on = self._block.lines and (self._in_list or self._block.lines[-1].endswith(":"))
        if leads_on and not self._has_fence:
            self._blank = True
        else:
            yield from self.end()

    def _open_fence(self, line: Line, fence: str) -> Iterator[Found | Bad]:
        apart = self._in_list and self._blank and not line.text[0].isspace()
        if apart and not self._block.lines[-1].endswith(":"):
            yield from self.end()
        if self._blank:
            self._block.add(line.number, "")
        self._blank = False
        self._fence, self._has_fence = fence, True
        self._block.add(line.number, line.text.rstrip())

    def _text(self, line: Line) -> Iterator[Found | Bad]:
        item = _LIST_ITEM.fullmatch(line.text)
        nested = self._in_list and line.text[0].isspace() and (not item or line.text.startswith(("  ", "\t")))
        if (item and not nested) or (self._blank and not nested) or self._block.size > MAX_BLOCK:
            yield from self.end()
        self._in_list = self._in_list or item is not None
        self._blank = False
        first = item is not None and not self._block.lines
        self._block.add(line.number, item[1].rstrip() if item and first else line.text.rstrip())

    def _is_underline(self, text: str) -> bool:
        block = self._block
        open_line = len(block.lines) == 1 and not (self._in_list or self._blank or self._has_fence)
        return open_line and _UNDERLINE.fullmatch(text) is not None

    def _enter(self, level: int, text: str) -> None:
        self._headings = {known: title for known, title in self._headings.items() if known < level}
        if text:
            self._headings[level] = text

    def _title(self) -> str | None:
        path = list(self._headings.values())
        if self._root and path[:1] != [self._root]:
            path.insert(0, self._root)
        return " > ".join(path) or None


def _heading_text(text: str) -> str:
    """Return a heading without the `#` characters that may close it."""
    text = text.strip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1].isspace() else text


def _fence_opens(text: str) -> str | None:
    match = _FENCE.fullmatch(text)
    return match[1] if match and not (match[1][0] == "`" and "`" in match[2]) else None


_Front = dict[str, tuple[int, str]]


def _front_matter(lines: Iterator[Line | Bad]) -> tuple[_Front, Iterator[Line | Bad]]:
    """Take the `key: value` lines between two `---` off the top; without a second one nothing is taken."""
    first = next(lines, None)
    if first is None:
        return {}, iter(())
    if isinstance(first, Bad) or first.text.rstrip() != "---":
        return {}, chain([first], lines)
    held: list[Line | Bad] = [first]
    for line in lines:
        held.append(line)
        if isinstance(line, Line) and line.text.rstrip() in _FRONT_END:
            return _pairs(held), chain((one for one in held if isinstance(one, Bad)), lines)
        if len(held) > _FRONT_LINES:
            break
    return {}, chain(held, lines)


def _pairs(held: list[Line | Bad]) -> _Front:
    front: _Front = {}
    for line in held:
        if isinstance(line, Bad):
            continue
        match = _PAIR.fullmatch(line.text.rstrip())
        if match and (value := match[2].strip().strip("\"'").strip()):
            front[match[1].lower()] = (line.number, value)
    return front


def _apply_front(front: _Front, passage: Passage, options: ReadOptions) -> Iterator[Bad]:
    """Take scope and date from the front matter; yield what is wrong with them."""
    if "scope" in front and options.scope is None:
        passage.scope = front["scope"][1]
    written = next((front[name] for name in _FRONT_DATES if name in front), None)
    if written is None:
        return
    try:
        passage.at = read_time(written[1], options.zone)
    except ValueError as error:
        yield Bad(written[0], f"front matter date: {error}; its items get the file's time")
