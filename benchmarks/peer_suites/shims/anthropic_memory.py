"""Puts our tool in the place of Anthropic's memory tools on a file system.

Their tests look at files on disk. So our tools, which keep files in a memory, show them there before and after each
command.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import anyio
from anthropic.lib.tools import _beta_builtin_memory_tool as theirs

from ricordo import Memory
from ricordo.adapters.anthropic_memory import AsyncRicordoMemoryTool, RicordoMemoryTool
from ricordo.adapters.files import Files, text_of
from ricordo.config import resolve


class _Shown:
    """Shows the files of a memory in a directory, and takes over what was put there by hand."""

    def __init__(self, base_path: str, memory: Memory) -> None:
        self.root = Path(base_path) / "memories"
        self.files = Files(memory, "suite")
        self.root.mkdir(parents=True, exist_ok=True)

    def take(self) -> None:
        known = self.files.below("")
        for file in filter(Path.is_file, self.root.rglob("*")):
            name, text = file.relative_to(self.root).as_posix(), file.read_bytes().decode()
            if name not in known:
                self.files.create(name, text)
            elif text_of(known[name]) != text:
                self.files.write(known[name], text)

    def show(self) -> None:
        shutil.rmtree(self.root)
        self.root.mkdir()
        for name, record in self.files.below("").items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text_of(record).encode())


def _memory() -> Memory:
    return Memory.open(":memory:", embedder=None, settings=resolve({"max_content_bytes": 8_000_000}))


class Tool(RicordoMemoryTool):
    """Our tool, as their tests make theirs."""

    def __init__(self, base_path: str = "./memory") -> None:
        memory = _memory()
        super().__init__(memory, scope="suite")
        self.base_path, self._shown = Path(base_path), _Shown(base_path, memory)
        self.memory_root = self._shown.root

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return _around(found, self._shown) if name in _COMMANDS else found


class AsyncTool(AsyncRicordoMemoryTool):
    """Our asynchronous tool, as their tests make theirs."""

    def __init__(self, base_path: str = "./memory") -> None:
        memory = _memory()
        super().__init__(memory, scope="suite")
        self.base_path, self._shown = anyio.Path(base_path), _Shown(base_path, memory)
        self.memory_root = anyio.Path(self._shown.root)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return _around_async(found, self._shown) if name in _COMMANDS else found


_COMMANDS = frozenset({"view", "create", "str_replace", "insert", "delete", "rename"})


def _around(command: Any, shown: _Shown) -> Any:
    def run(given: Any) -> Any:
        shown.take()
        try:
            return command(given)
        finally:
            shown.show()

    return run


def _around_async(command: Any, shown: _Shown) -> Any:
    async def run(given: Any) -> Any:
        shown.take()
        try:
            return await command(given)
        finally:
            shown.show()

    return run


theirs.BetaLocalFilesystemMemoryTool = Tool  # type: ignore[misc, assignment]
theirs.BetaAsyncLocalFilesystemMemoryTool = AsyncTool  # type: ignore[misc, assignment]
