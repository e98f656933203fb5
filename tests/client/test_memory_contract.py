"""Memory itself keeps the contract, in a file and in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from ricordo import Memory
from ricordo.testing import MemoryContract


class TestInProcess(MemoryContract):
    def make_memory(self) -> Memory:
        return Memory.open(":memory:", embedder=None)


class TestInAFile(MemoryContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "space"

    def make_memory(self) -> Memory:
        return Memory.open(self.path, embedder=None)
