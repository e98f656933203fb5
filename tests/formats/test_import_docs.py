"""docs/import.md: every format has its section, and its examples are read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ricordo.formats import READERS, Bad, Found, detect, read_items

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
def test_every_format_has_a_section(name: str) -> None:
    assert f"\n## {name}\n" in TEXT
    assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize(
    ("format", "suffix", "counts"),
    [
        ("jsonl", ".jsonl", [2]),
        ("transcript", ".txt", [2, 2, 2, 2]),
        ("markdown", ".md", [2]),
        ("locomo", ".json", [1]),
        ("longmemeval", ".json", [1]),
        ("chatgpt", ".json", [1]),
        ("claude", ".json", [2, 1]),
        ("mem0", ".json", [2]),
        ("mcp-memory", ".jsonl", [3]),
        ("langgraph", ".jsonl", [1]),
    ],
)
def test_examples_are_recognised_and_read(tmp_path: Path, format: str, suffix: str, counts: list[int]) -> None:
    section = TEXT.split(f"\n## {format}\n")[1].split("\n## ")[0]
    examples = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)
    found = []
    for number, example in enumerate(examples):
        file = tmp_path / f"{number}{suffix}"
        file.write_text(example, encoding="utf-8")
        if suffix != ".txt":
            assert detect(file).name == format
        read = list(read_items(file, format))
        assert not [one for one in read if isinstance(one, Bad)]
        found.append(len(read))
    assert found == counts


def test_the_page_itself_is_markdown() -> None:
    assert all(isinstance(one, Found) for one in read_items(PAGE))
