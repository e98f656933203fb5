"""`ricordo commit`: operations from a file or from standard input, all or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

Ask = Any


def test_commit_from_standard_input(run: Run, ask: Ask) -> None:
    id = ask("retain", "A counter.", "--meta", "n=1")["record"]["id"]
    ops = [{"op": "merge", "id": id, "add": {"n": 2}}, {"op": "put", "content": "It was counted."}]
    text = run("commit", "--key", "k1", input=json.dumps(ops)).stdout
    assert text.startswith("revised fact")
    assert text.splitlines()[-1] == "Committed as event 3."
    again = run("commit", "-", "--key", "k1", input=json.dumps(ops)).stdout
    assert again.splitlines()[-1] == "Committed as event 3 (known: nothing was written)."
    assert ask("show", id)["metadata"] == {"n": 3}


def test_commit_from_a_file(run: Run, ask: Ask, tmp_path: Path) -> None:
    id = ask("retain", "Deploy on Friday.")["record"]["id"]
    change = {"op": "put", "id": id, "content": "Deploy on Monday."}
    file = tmp_path / "change.json"
    file.write_text(json.dumps({"ops": [change], "reads": [{"id": id, "version": 1}], "strict": "reads"}))
    done = ask("commit", str(file))
    assert (done["seq"], done["repeated"], done["verdicts"][0]["record"]["version"]) == (2, False, 2)
    told = run("commit", str(file), "--json", code=4)
    assert json.loads(told.stderr)["error"]["type"] == "StaleReadError"
    assert "Monday" not in told.stderr


@pytest.mark.parametrize(
    "given",
    ["", "[", "7", '"put"', "{}", '{"ops": [], "odd": 1}', "[]", '[{"op": "drop"}]', '{"ops": [{"op": "put"}]}'],
)
def test_what_is_no_commit_is_refused(run: Run, given: str) -> None:
    run("commit", input=given, code=2)


def test_a_missing_file_is_named(run: Run) -> None:
    assert "nowhere.json" in run("commit", "nowhere.json", code=2).output
