"""A newcomer's ways, as the docs print them, lead to a remembered fact; benchmarks/newcomer.py times them."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from benchmarks.newcomer import ROOT, WAYS, Way, desk

#: As many lines as a newcomer copies, at most; a command is one of them.
MOST_LINES = 5


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_lines_of_the_docs_lead_to_a_remembered_fact(tmp_path: Path, way: Way) -> None:
    told = way.take(desk(Path(sys.executable), tmp_path, RICORDO_EMBEDDER="none"))
    assert way.fact in told
    assert (tmp_path / ".ricordo" / "default").is_dir()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_there_are_few_lines(way: Way) -> None:
    assert 1 <= len(way.lines) <= MOST_LINES


def test_what_is_to_be_installed_is_there_and_works_from_a_checkout() -> None:
    """No page names the package as a registry would: from a checkout that finds nothing."""
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for wanted in re.findall(r"pip install[^`\n]*?\"(.*?)\[([\w,-]+)\]\"", page.read_text(encoding="utf-8")):
            assert wanted[0] == ".", f"{page.name}: {wanted}"
            assert set(wanted[1].split(",")) <= extras, f"{page.name}: {wanted}"
