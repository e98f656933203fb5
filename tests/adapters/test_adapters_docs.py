"""What the page on adapters says: its examples print what it shows, its table of suites is what was measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.common import RESULTS
from benchmarks.tables import fill

PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"


def test_the_examples_print_what_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = re.findall(r"^```python\n(.*?)^```\n(?:\n```\n(.*?)^```)?", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, object] = {}
    assert len(parts) >= 4
    for number, (code, shown) in enumerate(parts):
        exec(compile(code.replace("~/.ricordo/default", str(tmp_path / str(number))), "adapters", "exec"), names)
        assert capsys.readouterr().out == shown


def test_the_table_of_suites_is_what_was_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert fill(page, RESULTS) == page
