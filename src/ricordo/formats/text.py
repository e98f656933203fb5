"""Plain text: one record a paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ricordo.formats.base import Bad, Found, ReadOptions, found, lines_of, opened
from ricordo.formats.paragraphs import MAX_BLOCK, Block, split_paragraph

_SUFFIXES = frozenset({".txt", ".text"})


class TextReader:
    """Reads plain text: paragraphs that blank lines part."""

    name = "text"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell a text file by its ending; one without an ending by the absence of NUL bytes."""
        return path.suffix.lower() in _SUFFIXES or (not path.suffix and b"\x00" not in head)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the paragraphs; a long one in pieces that share their ref."""
        block, passage = Block(), Passage(path, options)
        with opened(path) as stream:
            for line in lines_of(stream):
                if isinstance(line, Bad):
                    yield line
                    continue
                if line.text.strip():
                    block.add(line.number, line.text.rstrip())
                if block.lines and (not line.text.strip() or block.size > MAX_BLOCK):
                    yield from passage.items(block.line, block.take())
            if block.lines:
                yield from passage.items(block.line, block.take())


class Passage:
    """Makes items of passages of one document.

    Args:
        path: The document.
        options: What the caller said about it.
    """

    def __init__(self, path: Path, options: ReadOptions) -> None:
        name = options.name_of(path)
        self._name = name
        self.session = options.session or name
        self.scope = options.scope
        self.at = options.time_of(path)

    def items(self, line: int, text: str, title: str | None = None) -> Iterator[Found | Bad]:
        """Yield the items of one paragraph that begins on `line`."""
        for piece in split_paragraph(text):
            yield self.item(line, piece, title)

    def item(self, line: int, text: str, title: str | None = None) -> Found | Bad:
        """Return one item with `text` whole."""
        fields = {"content": text, "kind": "context", "title": title, "session": self.session, "scope": self.scope}
        return found(line, {**fields, "at": self.at, "ref": f"{self._name}#L{line}"})
