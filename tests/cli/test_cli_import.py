"""`ricordo import`: what it reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ricordo import Import
from ricordo.cli import write

Run = Callable[..., Result]
Ask = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jsonl"
    good = [{"content": f"Note {number}.", "ref": f"n{number}", "at": "2026-05-03T10:00Z"} for number in range(3)]
    lines = [*map(json.dumps, good), *("{bad" for _ in range(25))]
    path.write_text("\n".join(lines))
    return path


def test_report_names_skipped_lines(file: Path, run: Run) -> None:
    lines = run("import", str(file), "--scope", "notes").stdout.splitlines()
    assert lines[0] == f"{file} (jsonl): 28 read; 3 added, 25 skipped."
    assert lines[1].startswith("  line 4: ")
    assert len(lines) == 22
    assert lines[-1] == "  and 5 more skipped lines (--json lists them)"
    assert len(run("list", "--scope", "notes").stdout.splitlines()) == 3


def test_json_report_and_importing_again(file: Path, ask: Ask) -> None:
    report = ask("import", str(file))
    assert set(report) == {"imports", "embedded"}
    (first,) = report["imports"]
    assert set(first) == {field.name for field in fields(Import)}
    assert (first["read"], first["actions"], len(first["skipped"])) == (28, {"added": 3}, 25)
    again = ask("import", str(file), "--format", "jsonl", "--no-embed")["imports"][0]
    assert (again["actions"], again["repeated"]) == ({}, 3)


def test_several_paths(file: Path, ask: Ask, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "tea.md").write_text("# Tea\n\nAda likes green tea.\n")
    report = ask("import", str(file), str(notes), "--session", "s1")
    assert [one["format"] for one in report["imports"]] == ["jsonl", "directory"]
    assert ask("recall", "green tea")["items"][0]["record"]["title"] == "Tea"


def test_counts_on_a_terminal(
    file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def terminal() -> Iterator[None]:
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        with write.counter("items") as advance:
            assert advance is not None
            advance(500)
            advance(2)
        yield

    next(terminal())
    assert capsys.readouterr().err == "\ritems: 500\ritems: 502\r\x1b[K"


def test_no_counting_elsewhere(file: Path, run: Run) -> None:
    assert run("import", str(file)).stderr == ""
