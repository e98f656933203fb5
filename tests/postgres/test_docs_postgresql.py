"""What docs/postgresql.md says: its Python prints what it shows, on a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ricordo.config import Settings

PAGE = (Path(__file__).parents[2] / "docs/postgresql.md").read_text(encoding="utf-8")


def test_the_examples_run(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RICORDO_FOLLOWERS", str(tmp_path / "followers"))
    names: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S):
        exec(compile(code.replace("postgresql://ada@db.example/memory", url), "postgresql", "exec"), names)
    (shown,) = re.findall(r"^```python\n.*?^```\n\n```\n(.*?)^```", PAGE, re.M | re.S)
    assert capsys.readouterr().out == shown


def test_the_settings_are_those_in_force() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| .* \| `?([^|`]+)`? \|$", PAGE, re.M))
    assert set(told) == {"followers", "max_followers", "followers_mb", "follow_seconds"}
    for name, value in told.items():
        assert str(getattr(Settings(), name)).removesuffix(".0") == value
