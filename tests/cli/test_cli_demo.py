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
        ("What is Tomas allergic to?", "penicillin"),
        ("What is the name of the dog that Tomas adopted?", "Biscuit"),
        ("Which PostgreSQL version does the orders database run?", "PostgreSQL 18"),
        ('Where does Nora live?" --filter attribute=home_city', "Nora lives in Ghent"),
        ("--valid-at 2025-10", '(superseded) "Nora lives in Porto'),
    )
    for question, answer in answers:
        first = text.partition(question)[2].split("\n", 2)[1]
        assert answer in first, question
    assert "superseded by" in text
    assert re.search(r'\$ ricordo inject "Book .*\n.*\n\[1\].*short sentences.*\n\[2\].*walnuts', text)
    assert "Nothing found." in text
    assert "put back" in text
    assert "Sound: " in text
    assert "demo 283" in text
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith(("$", "[", "/")))


def test_every_printed_command_can_be_typed(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    lines = run("demo", "--keep", str(kept)).stdout.splitlines()
    commands = [shlex.split(line[2:]) for line in lines if line.startswith("$ ricordo ")]
    assert len(commands) == 18
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
