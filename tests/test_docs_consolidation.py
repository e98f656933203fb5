"""The examples of the page on consolidation run, and print what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "consolidation.md"


def test_the_examples_print_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for code, printed in re.findall(r"^```python\n(.*?)^```\n\n((?:    [^\n]*\n)+)", page, re.M | re.S):
        exec(compile(code, PAGE.name, "exec"), names)
        assert capsys.readouterr().out == re.sub(r"^    ", "", printed, flags=re.M)
