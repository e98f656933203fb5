"""What docs/inspector.md says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect
from tests.web.conftest import Reader

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/inspector.md").read_text(encoding="utf-8")
STATIC = ROOT / "src/ricordo/web/static"


def rows(heading: str) -> list[tuple[str, str]]:
    """Return the first table under a heading."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `?([^|`]+?)`? \| ([^|]+?) \|", part, re.M)[1:]


def test_the_keys_are_those_of_the_page() -> None:
    code = (STATIC / "keyboard.js").read_text(encoding="utf-8")
    assert rows("Keys") == re.findall(r'^  \["([^"]+)", "([^"]+)"\],$', code, re.M)


def test_the_views_are_those_of_the_page(reader: Reader) -> None:
    told = [name for name, _ in rows("Views")]
    reader.open("main/space")
    assert told == ["Search", "Records", "Record", *reader.page.locator("#nav a").all_inner_texts()[2:]]


def test_the_address_it_shows_leads_there(reader: Reader) -> None:
    found = re.search(r"`/inspector/#/default/(search\?[^`]+)`", PAGE)
    assert found
    reader.open(f"main/{found[1]}")
    expect(reader.page.locator(".hit").first).to_contain_text("Ada lives in Lisbon")


def test_its_pictures_are_small() -> None:
    named = re.findall(r"images/inspector-\w+\.png", PAGE)
    assert 5 <= len(set(named)) <= 7
    assert all((ROOT / "docs" / name).stat().st_size < 200_000 for name in named)


def test_its_figures_are_those_that_were_measured() -> None:
    result = json.loads((ROOT / "benchmarks/results/inspector.json").read_text(encoding="utf-8"))
    told = re.findall(r"^\| ([a-z ,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.M)
    columns = ("server_ms_p50", "page_ms_p50", "page_ms_max")
    assert result["records"] == 100_000
    assert told == [(name, *(str(view[one]) for one in columns)) for name, view in result["views"].items()]
    assert all(view["page_ms_p50"] < 300 for view in result["views"].values())
