"""The demo and the sample it ships with."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ricordo.cli.demo import quoted
from ricordo.data import sample

Run = Callable[..., Result]
Ask = Callable[..., Any]


def test_demo_shows_each_thing(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RICORDO_ZONE", "Asia/Tokyo")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    text = run("demo").stdout
    answers = (
        ("When is Clara's wedding?", "12 September 2026"),
        ("What is the name of the dog that Tomas adopted?", "Biscuit"),
        ("Which PostgreSQL version does the orders database run?", "PostgreSQL 18"),
        ('Where does Nora live?" -k 1', "Nora lives in Antwerp"),
        ("--valid-at 2026-03", '(superseded) "Nora lives in Ghent'),
    )
    for question, answer in answers:
        first = text.partition(question)[2].split("\n", 2)[1]
        assert answer in first, question
    assert "  superseded  Nora / home_city = Antwerp  (slot.later)" in text
    assert "superseded by" in text
    assert "slot “home city”" in " ".join(text.split())
    assert "conflicted  Nora / home_city = Bruges  (slot.weaker)" in text
    assert re.search(r"\nagainst +1 independent source\n", text)
    assert 'home city: "Antwerp" since 2026-05-1' in text
    assert 'home city: was "Porto" from 2021-03-01 until 2026-01-17' in text
    assert re.search(r'\$ ricordo inject "Book .*\n.*\n\[1\].*short sentences.*\n\[2\].*walnuts', text)
    assert re.search(r'plumber in Ghent."\n.*\n\[1\].*short sentences.*\n\[2\].*Antwerp.*was Ghent until', text)
    assert re.search(r'all for today."\n.*\n\[1\].*short sentences[^\n]*\n\(', text)
    assert "3 records put back" in text
    assert "contradicted" not in text.partition("put back")[2]
    assert "2 regions: 4 records replaced, 2 added." in text
    assert re.search(r"old chatter: \d{3} records would go", text)
    assert "allergies stay: 2 kept" in text
    assert "Sound: " in text
    assert "demo 290" in text
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith(("$", "[", "/")))


def test_every_printed_command_can_be_typed(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    lines = run("demo", "--keep", str(kept)).stdout.splitlines()
    commands = [shlex.split(line[2:]) for line in lines if line.startswith("$ ricordo ")]
    assert len(commands) == 22
    for words in commands:
        if words[1] not in ("forget", "undo"):
            run("--space", str(kept), *words[1:])
    run("demo", "--keep", str(kept), code=2)


def test_demo_as_json(ask: Ask) -> None:
    report = ask("demo")
    assert report["kept"] is None
    assert report["seconds"] < 10
    assert {"command", "seconds"} == set(report["steps"][0])


def test_the_sample_imports_whole(ask: Ask) -> None:
    with sample() as file:
        report = ask("import", str(file))["imports"][0]
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert report["skipped"] == []
    assert report["read"] == len(lines)
    assert {line["scope"] for line in lines} == {"demo"}


@pytest.mark.parametrize("word", ["plain", "two words", "it's", 'say "no"', "$HOME", "a\\b", "!x", "`x`", ""])
def test_quoted_words_are_read_back_by_a_shell(word: str) -> None:
    assert shlex.split(quoted(word)) == [word]
