"""Cuts running text into pieces that are worth one record each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: A longer paragraph is split at the ends of its sentences.
MAX_PARAGRAPH = 4_000
#: A block that grows past this is handed over before it ends, so that no file needs more memory.
MAX_BLOCK = 64_000

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s+|\n+")


@dataclass(slots=True)
class Block:
    """Lines that belong together, and the line they begin on."""

    line: int = 0
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, number: int, text: str) -> None:
        """Take in one more line."""
        if not self.lines:
            self.line = number
        self.lines.append(text)
        self.size += len(text) + 1

    def take(self) -> str:
        """Return the text and be empty again."""
        text = "\n".join(self.lines)
        self.lines.clear()
        self.size = 0
        return text


def split_paragraph(text: str, limit: int = MAX_PARAGRAPH) -> Iterator[str]:
    """Yield a paragraph in pieces of at most `limit` characters.

    It is cut at the ends of sentences; a sentence that is longer itself at white space, else anywhere.

    >>> list(split_paragraph("It rained. We stayed in. Tea.", limit=16))
    ['It rained.', 'We stayed in.', 'Tea.']
    """
    start = 0
    while len(text) - start > limit:
        stop = _cut(text, start, limit)
        if piece := text[start:stop].strip():
            yield piece
        start = stop
    if piece := text[start:].strip():
        yield piece


def _cut(text: str, start: int, limit: int) -> int:
    window = text[start : start + limit]
    ends = [match.end() for match in _SENTENCE_END.finditer(window)]
    if ends:
        return start + ends[-1]
    space = max(window.rfind(" "), window.rfind("\t"))
    return start + (space + 1 if space > 0 else limit)


def paragraphs(text: str) -> Iterator[str]:
    r"""Yield the paragraphs of a text, which blank lines part; a long one in pieces.

    >>> list(paragraphs("one\ntwo\n\nthree\n"))
    ['one\ntwo', 'three']
    """
    block = Block()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            block.add(number, line.rstrip())
        if block.lines and (not line.strip() or block.size > MAX_BLOCK):
            yield from split_paragraph(block.take())
    if block.lines:
        yield from split_paragraph(block.take())


def split_lines(text: str, limit: int = MAX_BLOCK) -> Iterator[str]:
    r"""Yield text whose line ends matter in pieces of at most `limit` characters, cut between lines.

    >>> list(split_lines("one\ntwo\nthree", limit=8))
    ['one\ntwo', 'three']
    """
    block = Block()
    for number, line in enumerate(text.split("\n"), 1):
        if block.lines and block.size + len(line) > limit:
            yield block.take()
        block.add(number, line)
    yield block.take()
