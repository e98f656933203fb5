"""The Anthropic memory tool on a memory: its files are records, and every version of them stays in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ricordo.adapters.base import Remembers
from ricordo.adapters.files import Files, resolved, text_of
from ricordo.errors import ConflictError, MissingExtraError, RicordoError
from ricordo.types import Record

try:
    from anthropic.lib.tools import ToolError
    from anthropic.lib.tools._beta_builtin_memory_tool import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool
    from anthropic.types.beta import (
        BetaCacheControlEphemeralParam,
        BetaMemoryTool20250818CreateCommand,
        BetaMemoryTool20250818DeleteCommand,
        BetaMemoryTool20250818InsertCommand,
        BetaMemoryTool20250818RenameCommand,
        BetaMemoryTool20250818StrReplaceCommand,
        BetaMemoryTool20250818ViewCommand,
    )
except ImportError as error:
    raise MissingExtraError("anthropic", "ricordo.adapters.anthropic_memory") from error

__all__ = ["AsyncRicordoMemoryTool", "RicordoMemoryTool"]

_ROOT = "/memories"
_MAX_LINES = 999_999
_WIDTH = len(str(_MAX_LINES))
#: How often an edit is made again where somebody else edited the file in between.
_TRIES = 20


class RicordoMemoryTool(BetaAbstractMemoryTool):
    r"""The memory tool `memory_20250818`, for `client.beta.messages.tool_runner(tools=[...])`.

    A file is a record of kind "artifact" in one scope: `recall` finds it by what it says, `history` has its versions,
    and `undo` takes back an edit or a deletion.

    Args:
        memory: A memory, a handle that writes the scope, or a client.
        scope: The scope of the files. No other is read or written.
        cache_control: Where the provider is to cache, as for any tool.

    >>> from ricordo import Memory
    >>> tool = RicordoMemoryTool(Memory.open(":memory:", embedder=None), scope="user:ada")
    >>> tool.call({"command": "create", "path": "/memories/tea.md", "file_text": "Ada drinks green tea."})
    'File created successfully at: /memories/tea.md'
    >>> tool.call({"command": "view", "path": "/memories/tea.md"}).split("\t")[-1]
    'Ada drinks green tea.'
    """

    def __init__(
        self, memory: Remembers, *, scope: str, cache_control: BetaCacheControlEphemeralParam | None = None
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._files = Files(memory, scope)

    def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Return a file with line numbers, or what a directory holds, two levels deep."""
        with _told():
            path = _place(command.path)
            record = self._files.record(path) if path else None
            if record is not None:
                return _numbered(command.path, text_of(record), command.view_range)
            files = self._files.below(path)
            if path and not files:
                raise ToolError(f"The path {command.path} does not exist. Please provide a valid path.")
            return _listing(command.path, path, files)

    def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Make a file; one that is there stays as it is."""
        with _told():
            path = _place(command.path)
            if not path:
                raise ToolError(f"File {command.path} already exists")
            try:
                self._files.create(path, command.file_text)
            except FileExistsError as error:
                raise ToolError(f"File {command.path} already exists") from error
        return f"File created successfully at: {command.path}"

    def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace a text that stands in a file exactly once."""
        spot, after = self._edit(command.path, lambda text: _replaced(command, text))
        line = after[:spot].count("\n") + 1
        lines = after.split("\n")
        shown = range(max(1, line - 2), min(len(lines), line + 2) + 1)
        snippet = "\n".join(f"{number:>{_WIDTH}}\t{lines[number - 1]}" for number in shown)
        return (
            f"The memory file has been edited. Here is the snippet showing the change (with line numbers):\n{snippet}"
        )

    def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert a text behind a line; 0 is the beginning."""
        self._edit(command.path, lambda text: _inserted(command, text))
        return f"The file {command.path} has been edited."

    def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Forget a file, or a directory with all that is in it."""
        with _told():
            path = _place(command.path)
            if not path:
                raise ToolError("Cannot delete the /memories directory itself")
            if not self._files.remove(path):
                raise ToolError(f"The path {command.path} does not exist")
        return f"Successfully deleted {command.path}"

    def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Give a file or directory another path that is free."""
        with _told():
            old, new = _place(command.old_path), _place(command.new_path)
            if not old:
                raise ToolError("Cannot rename the /memories directory itself")
            try:
                moved = self._files.move(old, new) if new else 0
            except FileExistsError as error:
                raise ToolError(f"The destination {command.new_path} already exists") from error
            if not new:
                raise ToolError(f"The destination {command.new_path} already exists")
            if not moved:
                raise ToolError(f"The path {command.old_path} does not exist")
        return f"Successfully renamed {command.old_path} to {command.new_path}"

    def clear_all_memory(self) -> str:
        """Forget every file of the scope; other records stay."""
        with _told():
            self._files.remove("")
        return "All memory cleared"

    def _edit(self, path: str, change: Callable[[str], tuple[int, str]]) -> tuple[int, str]:
        """Change a file as it now is; return where the change is and the text after it."""
        with _told():
            for tries in range(_TRIES):
                record = self._file(path)
                spot, after = change(text_of(record))
                try:
                    self._files.write(record, after)
                except ConflictError:
                    if tries == _TRIES - 1:
                        raise
                    continue
                return spot, after
        raise AssertionError("unreachable")

    def _file(self, path: str) -> Record:
        place = _place(path)
        record = self._files.record(place) if place else None
        if record is not None:
            return record
        if not place or self._files.below(place):
            raise ToolError(f"The path {path} is not a file.")
        raise ToolError(f"The path {path} does not exist. Please provide a valid path.")


class AsyncRicordoMemoryTool(BetaAsyncAbstractMemoryTool):
    """`RicordoMemoryTool` for the asynchronous client; each command runs in a thread.

    Args:
        memory, scope, cache_control: As for `RicordoMemoryTool`.
    """

    def __init__(
        self, memory: Remembers, *, scope: str, cache_control: BetaCacheControlEphemeralParam | None = None
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._tool = RicordoMemoryTool(memory, scope=scope)

    async def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """As `RicordoMemoryTool.view`."""
        return await asyncio.to_thread(self._tool.view, command)

    async def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """As `RicordoMemoryTool.create`."""
        return await asyncio.to_thread(self._tool.create, command)

    async def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """As `RicordoMemoryTool.str_replace`."""
        return await asyncio.to_thread(self._tool.str_replace, command)

    async def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """As `RicordoMemoryTool.insert`."""
        return await asyncio.to_thread(self._tool.insert, command)

    async def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """As `RicordoMemoryTool.delete`."""
        return await asyncio.to_thread(self._tool.delete, command)

    async def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """As `RicordoMemoryTool.rename`."""
        return await asyncio.to_thread(self._tool.rename, command)

    async def clear_all_memory(self) -> str:
        """As `RicordoMemoryTool.clear_all_memory`."""
        return await asyncio.to_thread(self._tool.clear_all_memory)


@contextmanager
def _told() -> Iterator[None]:
    """Tell the model of our errors as of any failure of a tool."""
    try:
        yield
    except RicordoError as error:
        raise ToolError(str(error)) from error


def _place(path: str) -> str:
    """Return the path of a file below the root, "" for the root itself."""
    if path != _ROOT and not path.startswith(f"{_ROOT}/"):
        raise ToolError(f"Path must start with /memories, got: {path}")
    place = resolved(path, _ROOT)
    if place is None:
        raise ToolError(f"Path {path} would escape /memories directory")
    return place


def _numbered(path: str, text: str, view_range: list[int] | None) -> str:
    lines, first = text.split("\n"), 1
    if len(lines) > _MAX_LINES:
        raise ToolError(f"File {path} exceeds maximum line limit of 999,999 lines.")
    if view_range and len(view_range) == 2:
        first = max(1, view_range[0])
        lines = lines[first - 1 : len(lines) if view_range[1] == -1 else view_range[1]]
    shown = "\n".join(f"{number:>{_WIDTH}}\t{line}" for number, line in enumerate(lines, first))
    return f"Here's the content of {path} with line numbers:\n{shown}"


def _listing(path: str, folder: str, files: dict[str, Record]) -> str:
    skipped = len(folder) + 1 if folder else 0
    sizes = {name[skipped:]: len(text_of(record).encode()) for name, record in files.items()}
    seen = {name: size for name, size in sizes.items() if not any(part.startswith(".") for part in name.split("/"))}
    root = path.rstrip("/")
    lines = [f"{_size(sum(sizes.values()))}\t{path}"]
    lines += [f"{_size(size)}\t{root}/{name}" for name, size in _levels(seen, 2)]
    head = f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    return "\n".join([head, *lines])


def _levels(sizes: dict[str, int], depth: int) -> Iterator[tuple[str, int]]:
    """Yield names and sizes, a directory with "/" before what is in it, so many levels deep."""
    for name in sorted({path.split("/", 1)[0] for path in sizes}):
        if name in sizes:
            yield name, sizes[name]
            continue
        inner = {path[len(name) + 1 :]: size for path, size in sizes.items() if path.startswith(f"{name}/")}
        yield f"{name}/", sum(inner.values())
        if depth > 1:
            yield from ((f"{name}/{path}", size) for path, size in _levels(inner, depth - 1))


def _size(count: int) -> str:
    """Return a number of bytes as `ls -h` writes it: 0B, 512B, 1.5K."""
    size, unit = float(count), "B"
    for larger in "KMG":
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f}{unit}" if size == int(size) else f"{size:.1f}{unit}"


def _replaced(command: BetaMemoryTool20250818StrReplaceCommand, text: str) -> tuple[int, str]:
    spots = _spots(text, command.old_str)
    if not spots:
        raise ToolError(
            f"No replacement was performed, old_str `{command.old_str}` did not appear verbatim in {command.path}."
        )
    if len(spots) > 1:
        lines = ", ".join(str(text[:spot].count("\n") + 1) for spot in spots)
        raise ToolError(
            f"No replacement was performed. Multiple occurrences of old_str `{command.old_str}` in lines: {lines}. "
            "Please ensure it is unique"
        )
    return spots[0], text[: spots[0]] + command.new_str + text[spots[0] + len(command.old_str) :]


def _spots(text: str, wanted: str, most: int = 20) -> list[int]:
    """Return where a text stands in another, the first few places; an empty one stands everywhere."""
    spots: list[int] = []
    spot = text.find(wanted)
    while spot >= 0 and len(spots) < most:
        spots.append(spot)
        spot = text.find(wanted, spot + 1)
    return spots


def _inserted(command: BetaMemoryTool20250818InsertCommand, text: str) -> tuple[int, str]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not 0 <= command.insert_line <= len(lines):
        raise ToolError(
            f"Invalid `insert_line` parameter: {command.insert_line}. It should be within the range [0, {len(lines)}]."
        )
    lines.insert(command.insert_line, command.insert_text.rstrip("\n"))
    return 0, "\n".join(lines).removesuffix("\n") + "\n"
