"""The command line in this process, on a space and a home of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ricordo.cli import main

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("RICORDO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RICORDO_SETTINGS", str(tmp_path / "no-settings.toml"))
    monkeypatch.setenv("RICORDO_EMBEDDER", "none")
    monkeypatch.setenv("RICORDO_PATH", str(tmp_path / "space"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


@pytest.fixture
def run() -> Run:
    def call(*arguments: str, input: str | bytes | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=input, prog_name="ricordo")
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it prints."""

    def call(*arguments: str, **named: Any) -> Any:
        result = run(*arguments, "--json", **named)
        return json.loads(result.stdout)

    return call
