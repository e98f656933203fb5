"""The pages made from the code are fresh, and what the README tells to type works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ricordo import Memory

Run = Callable[..., Result]
_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")


def test_reference_pages_are_fresh() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tools.reference", "--check"],
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, f"run python -m tools.reference\n{result.stdout}{result.stderr}"


def test_readme_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example, shared = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    assert 8 <= len([line for line in example.splitlines() if line.strip()]) <= 15
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    context, _, rest = printed.partition("[(")
    assert 'Ada lives in Lisbon" (D3:7)\n' in context
    assert "Porto" not in context
    assert "\nPorto\n0.75\nKnown of" in rest
    assert 'lives in: "Lisbon" since 2026-04' in rest
    assert 'lives in: was "Porto" from 2025-01-05 until 2026-04' in rest
    assert '["was Porto until 2026-04' in rest
    assert printed.rstrip().endswith("('river',)")
    exec(compile(shared, "README.md", "exec"), {"Memory": Memory})
    assert capsys.readouterr().out == "1\n"


def test_readme_commands_work_in_order(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = re.findall(r"^ricordo .*$", _README, re.MULTILINE)
    promised = re.findall(r"\| `(ricordo .*)` \|$", _README, re.MULTILINE)
    assert (len(typed), len(promised)) == (7, 18)
    told = {line: run(*shlex.split(line)[1:]).stdout for line in [*typed, *promised]}
    for part, expected in {
        'retain "I live': "added       Ada / lives_in = Porto  (new)",
        "profile": 'lives in: "Lisbon"',
        "--explain": "raw: lexical",
        "--valid-at": '(superseded) "Ada lives in Porto"',
        "--as-of 1": "Ada lives in Porto",
        'retain "I moved': "repeated",
        "As you told me": "unchanged",
        "Faro": "conflicted",
        "user:bo": "Nothing found",
        "inject": "was Porto until",
        "reflect": "in no item: river",
        "--max-tokens 40": "Remembered",
        "undo 3": "3 records put back",
        "consolidate": "Nothing to consolidate",
        "verify": "Sound",
        "reindex": "Rebuilt",
        "erase": "The bytes are gone",
        "doctor": "All well",
        "ricordo check": "findings            0",
    }.items():
        assert any(expected in text for line, text in told.items() if part in line), part
    assert told['ricordo inject "How was lunch?"'] == ""
