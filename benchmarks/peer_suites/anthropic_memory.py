"""Runs the memory-tool tests of the `anthropic` package against our class, out of its source distribution.

    python -m benchmarks.peer_suites.anthropic_memory anthropic-2.11.0/

Their tests look at files on disk. So the class they get keeps its files in a memory, and shows them as files before and
after each command; nothing else of theirs is changed. None of their code is kept here.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from anthropic.lib.tools import _beta_builtin_memory_tool as theirs

from ricordo import Memory
from ricordo.adapters.anthropic_memory import AsyncMemoryTool, MemoryTool
from ricordo.adapters.files import Files, text_of
from ricordo.config import resolve

SUITE = Path("tests/lib/tools/memory_tools/test_filesystem.py")
#: Tests of what only files on a disk have, by a part of their name.
LEFT_OUT = {
    "mkdir_parents_not_world_writable": "permission bits of directories on disk; we make none",
    "symlink": "links on disk; a path of ours is an exact name and follows nothing",
}


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


class Tool(MemoryTool):
    """Our tool, as their tests make theirs."""

    def __init__(self, base_path: str = "./memory") -> None:
        memory = _memory()
        super().__init__(memory, scope="suite")
        self.base_path, self._shown = Path(base_path), _Shown(base_path, memory)
        self.memory_root = self._shown.root

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return _around(found, self._shown) if name in _COMMANDS else found


class AsyncTool(AsyncMemoryTool):
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


class Run:
    """What pytest is told: which tests are left out, how asynchronous ones run; and what came of them."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.left_out: dict[str, str] = {}

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Leave out what tests the peer's private parts."""
        kept = []
        for item in items:
            reason = next((why for part, why in LEFT_OUT.items() if part in item.name), None)
            if reason is None:
                kept.append(item)
            else:
                self.left_out[item.nodeid.split("::", 1)[1]] = reason
        items[:] = kept

    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
        """Run an asynchronous test."""
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        asyncio.run(pyfuncitem.obj(**given))
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what came of a test."""
        name = report.nodeid.split("::", 1)[1]
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[name] = report.outcome


def run(source: Path) -> Run:
    """Run the suite of an unpacked source distribution against our classes."""
    kept = theirs.BetaLocalFilesystemMemoryTool, theirs.BetaAsyncLocalFilesystemMemoryTool
    told = Run()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(shutil.copy(source / SUITE, folder))
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        try:
            theirs.BetaLocalFilesystemMemoryTool = Tool  # type: ignore[misc, assignment]
            theirs.BetaAsyncLocalFilesystemMemoryTool = AsyncTool  # type: ignore[misc, assignment]
            options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:anyio", "--rootdir", folder]
            pytest.main([str(file), *options, "-c", f"{folder}/pytest.ini"], plugins=[told])
        finally:
            theirs.BetaLocalFilesystemMemoryTool, theirs.BetaAsyncLocalFilesystemMemoryTool = kept  # type: ignore[misc]
    return told


def main(arguments: list[str] | None = None) -> int:
    """Print passed, failed and left out; return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="the unpacked source distribution of anthropic")
    told = run(parser.parse_args(arguments).source)
    counts = Counter(told.outcomes.values())
    print(f"anthropic memory tool: {counts['passed']} passed, {counts['failed']} failed, {len(told.left_out)} left out")
    for name, reason in sorted(told.left_out.items()):
        print(f"  left out: {name}: {reason}")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
