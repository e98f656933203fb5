"""docs/checker.md says what is so: its example prints that, its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.protocols import BROKEN

from ricordo.testing.history import FINDINGS

_PAGE = (Path(__file__).parents[2] / "docs/checker.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    ((code, shown),) = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```", _PAGE, re.M | re.S)
    exec(compile(code, "checker", "exec"), {})
    assert capsys.readouterr().out == shown


def test_the_tables_are_those_of_the_code() -> None:
    written = _PAGE.partition("<!-- results:")[0]  # what follows is filled in from results
    rows = [tuple(part.strip() for part in row.split("|")[1:-1]) for row in re.findall(r"^\|.*\|$", written, re.M)]
    assert dict(row for row in rows if row[0] in FINDINGS) == dict(FINDINGS)
    caught = {row[0]: row[-1] for row in rows if row[0] in BROKEN}
    assert caught == {name: ", ".join(marks) for name, (_, marks) in BROKEN.items()}
