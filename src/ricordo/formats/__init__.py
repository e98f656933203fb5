"""Reads outside files into items for `Memory.retain`, as a stream, whatever their size.

To add a format, write a `Reader` in a module of its own and name it in `FILE_READERS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ricordo.errors import InvalidInputError
from ricordo.formats.base import Bad, Found, Reader, ReadOptions, check_scope_by, read_head
from ricordo.formats.chatgpt import ChatGPTReader
from ricordo.formats.claude import ClaudeReader
from ricordo.formats.directory import DirectoryReader
from ricordo.formats.jsonl import JsonlReader
from ricordo.formats.langgraph import LangGraphReader
from ricordo.formats.locomo import LocomoReader
from ricordo.formats.longmemeval import LongMemEvalReader
from ricordo.formats.markdown import MarkdownReader
from ricordo.formats.mcp_memory import MCPMemoryReader
from ricordo.formats.mem0 import Mem0Reader
from ricordo.formats.pages import PagesReader
from ricordo.formats.text import TextReader
from ricordo.formats.transcript import TranscriptReader

__all__ = ["READERS", "Bad", "Found", "ReadOptions", "Reader", "detect", "read_items", "reader_named"]

_PAGES, _MARKDOWN, _TEXT, _TRANSCRIPT = PagesReader(), MarkdownReader(), TextReader(), TranscriptReader()
#: Readers of single files; the first that recognises a file reads it.
FILE_READERS: tuple[Reader, ...] = (
    LocomoReader(),
    LongMemEvalReader(),
    ChatGPTReader(),
    ClaudeReader(),
    Mem0Reader(),
    MCPMemoryReader(),
    LangGraphReader(),
    JsonlReader(),
    _PAGES,
    _TRANSCRIPT,
    _MARKDOWN,
    _TEXT,
)
#: Readers that may read the files of a directory.
_NOTES: tuple[Reader, ...] = (_PAGES, _TRANSCRIPT, _MARKDOWN, _TEXT)
#: Every reader, in order of precedence.
READERS: tuple[Reader, ...] = (DirectoryReader(_NOTES), *FILE_READERS)


def reader_named(name: str) -> Reader:
    """Return the reader of a format.

    Args:
        name: The format's name.

    Raises:
        InvalidInputError: There is no such format; the message lists those there are.

    >>> reader_named("markdown").name
    'markdown'
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    raise InvalidInputError("format", f"one of {_names()}", name)


def detect(path: str | os.PathLike[str]) -> Reader:
    """Return the reader that recognises a file or directory.

    Args:
        path: The file or directory.

    Raises:
        InvalidInputError: It can't be read, or no reader knows it.

    >>> detect(Path(__file__).parent).name
    'directory'
    """
    place = Path(path)
    head = b"" if place.is_dir() else read_head(place)
    for reader in READERS:
        if reader.recognises(place, head):
            return reader
    rule = f'its format was not recognised; name one, as in format="text": {_names()}'
    raise InvalidInputError("path", rule, str(place))


def read_items(
    path: str | os.PathLike[str], format: str | None = None, options: ReadOptions | None = None
) -> Iterator[Found | Bad]:
    """Read a file, or the notes of a directory, item by item.

    Args:
        path: The file or directory.
        format: The name of its format; it is recognised where this is None.
        options: What else the caller knows about it.

    Returns:
        The items in order, and a `Bad` for each that was left out.

    Raises:
        InvalidInputError: It can't be read, the format is unknown, or gives nobody that `scope_by` asks for. Bad
            content never raises.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "note.md"
    ...     _ = file.write_text("# Tea\\n\\nAda likes green tea.\\n")
    ...     [found.item["title"] for found in read_items(file)]
    ['Tea']
    """
    place, given = Path(path), options or ReadOptions()
    reader = detect(place) if format is None else reader_named(format)
    if given.scope_by is not None:
        check_scope_by(reader, given.scope_by)
    if place.is_dir() and not isinstance(reader, DirectoryReader):
        if reader not in _NOTES:
            raise InvalidInputError("format", "a directory is read as markdown, text or transcript", format)
        reader = DirectoryReader((reader,))
    elif not place.is_dir():
        read_head(place)
    return reader.read(place, given)


def _names() -> str:
    return ", ".join(reader.name for reader in READERS)
