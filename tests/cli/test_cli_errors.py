"""What goes wrong: exit codes, messages, and JSON on stderr."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ricordo import errors
from ricordo.cli.app import MEANINGS, exit_code

Run = Callable[..., Result]
Ask = Callable[..., Any]

READS = (
    ["recall", "x"], ["inject", "x"], ["show", "x"], ["list"], ["history", "x"], ["stats"], ["verify"], ["reindex"],
    ["embed"], ["propose"], ["export", "out"], ["update", "x", "--content", "y"], ["feedback", "used", "x"],
    ["undo", "1"], ["forget", "x"], ["erase", "x", "--yes"],
    ["embed"], ["export", "out"], ["update", "x", "--content", "y"], ["feedback", "used", "x"], ["undo", "1"],
    ["forget", "x"], ["erase", "x", "--yes"], ["compact", "--before", "2020-01-01"],
)  # fmt: skip


@pytest.mark.parametrize("arguments", READS, ids=lambda arguments: arguments[0])
def test_a_missing_space_is_not_made(arguments: list[str], run: Run, tmp_path: Path) -> None:
    result = run(*arguments, code=3)
    assert "no space at" in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["recall"],
        ["recall", "x", "-k", "many"],
        ["recall", "x", "-k", "0"],
        ["recall", " "],
        ["recall", "x", "--filter", "speaker"],
        ["recall", "x", "--filter", "colour=red"],
        ["recall", "x", "--valid-at", "someday"],
        ["recall", "x", "--as-of", "2026-05-03T10:00"],
        ["recall", "x", "--kind", "thing"],
        ["recall", "x", "--lane", "fast"],
        ["list", "--cursor", "zz"],
        ["list", "--limit", "0"],
        ["retain", " "],
        ["retain", "x", "--at", "2026-05-03T10:00"],
        ["retain", "x", "--meta", "=3"],
        ["retain", "x", "--link", "about"],
        ["retain", "x", "--link", "likes:y"],
        ["retain", "x", "--scope", " x"],
        ["retain", "x", "--subject", "Ada"],
        ["retain", "x", "--messages", "y.json"],
        ["retain", "--messages", "no-such.json"],
        ["retain", "nul\x00"],
        ["update", "x", "--clear", "content"],
        ["feedback", "liked", "x"],
        ["feedback", "used"],
        ["undo", "first"],
        ["forget"],
        ["erase"],
        ["erase", "--scope", "default"],
        ["forget", "--scope", "default"],
        ["expire"],
        ["expire", "--policies", "no-such-file"],
        ["compact"],
        ["compact", "--before", "soon", "--yes"],
        ["import", "no-such-file"],
        ["import"],
        ["import", ".", "--format", "jsonl"],
        ["restore", "no-such-file", "x"],
        ["completion", "tcsh"],
        ["--space", "mysql://x", "stats"],
    ],
    ids=" ".join,
)
def test_bad_input_exits_with_2_and_changes_nothing(arguments: list[str], run: Run, ask: Ask) -> None:
    ask("retain", "Something.")
    assert "Error" in run(*arguments, code=2).stderr
    body = json.loads(run(*arguments, "--json", code=2).stderr)
    assert body["error"]["type"] in {"UsageError", "InvalidInputError", "ArchiveError"}
    assert body["error"]["message"]
    assert ask("stats")["events"] == 1


def test_errors_as_json_name_the_field(run: Run) -> None:
    body = json.loads(run("retain", "x", "--at", "noon", "--json", code=2).stderr)["error"]
    assert (body["type"], body["field"]) == ("InvalidInputError", "at")
    body = json.loads(run("recall", "x", "--kind", "thing", "--json", code=2).stderr)["error"]
    assert (body["type"], body["field"]) == ("UsageError", "kinds")
    body = json.loads(run("--space", "elsewhere", "stats", "--json", code=3).stderr)["error"]
    assert body["type"] == "NotFoundError"
    assert "field" not in body


def test_retain_without_content(run: Run, tmp_path: Path) -> None:
    assert "content" in run("retain", code=2).stderr
    assert "UTF-8" in run("retain", input=b"\xff\xfe\x00", code=2).stderr
    assert "max_content_bytes" in run("retain", input=b"x" * 1_000_100, code=2).stderr
    file = tmp_path / "chat.json"
    file.write_text("[")
    assert "messages: a JSON file" in run("retain", "--messages", str(file), code=2).stderr
    file.write_text("{}")
    run("retain", "--messages", str(file), code=2)


def test_conflicts_exit_with_4(run: Run, ask: Ask) -> None:
    id = ask("retain", "Tea.", "--key", "k")["record"]["id"]
    assert "version" in run("update", id, "--content", "x", "--if-version", "7", code=4).stderr
    run("retain", "Coffee.", "--key", "k", code=4)


def test_unknown_ids_exit_with_3(run: Run, ask: Ask) -> None:
    id = ask("retain", "Tea.", "--scope", "a")["record"]["id"]
    for arguments in (["show", "no"], ["history", "no"], ["undo", "99"], ["forget", "no"], ["feedback", "used", "no"]):
        run(*arguments, code=3)
    run("show", id, "--scope", "b", code=3)
    run("erase", id, "--scope", "b", "--yes", code=3)
    run("erase", "no", code=3)


def test_store_errors_exit_with_5(run: Run, tmp_path: Path) -> None:
    foreign = tmp_path / "space"
    foreign.mkdir()
    with sqlite3.connect(foreign / "memory.db") as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    body = json.loads(run("retain", "x", "--json", code=5).stderr)["error"]
    assert body["type"] == "ForeignFileError"
    (tmp_path / "file").write_text("x")
    run("--space", str(tmp_path / "file"), "stats", code=5)


def test_a_damaged_space_fails_verify_and_doctor(run: Run, ask: Ask, tmp_path: Path) -> None:
    for number in range(5):
        run("retain", f"Fact number {number}.")
    database = sqlite3.connect(tmp_path / "space" / "memory.db")
    with database:
        database.execute("UPDATE record SET state = replace(state, 'number 3', 'number 8')")
    database.close()
    result = run("verify", code=6)
    assert result.stdout.startswith("Not sound")
    assert "First bad event: 4." in result.stdout
    assert json.loads(run("verify", "--json", code=6).stdout)["first_bad"] == 4
    text = run("doctor", code=6).stdout
    assert "problem:" in text
    assert "ricordo reindex" in text
    run("reindex")
    run("verify")
    assert run("doctor").stdout.endswith("All well.\n")


def test_doctor(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = run("doctor").stdout
    assert "profile        lexical\n" in text
    assert "missing" in text
    assert not (tmp_path / "space").exists()
    run("retain", "x")
    file = tmp_path / "settings.toml"
    file.write_text('zone = "Europe/Lisbon"\n')
    monkeypatch.setenv("RICORDO_SETTINGS", str(file))
    found = json.loads(run("doctor", "--json", "--space", str(tmp_path / "space")).stdout)
    assert found["problems"] == []
    assert found["settings"]["zone"] == {"value": "Europe/Lisbon", "source": "file"}
    assert found["settings"]["embedder"]["source"] == "environment"
    assert found["settings"]["scope"]["source"] == "default"
    assert (found["space"]["state"], found["space"]["verified"]) == ("open", True)
    assert set(found["versions"]) == {"ricordo", "python", "apsw", "sqlite"}


def test_doctor_reports_what_is_broken(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    space = tmp_path / "space"
    space.mkdir()
    (space / "memory.db").write_bytes(b"not a database at all" * 500)
    result = run("doctor", code=6)
    assert "do: Name a directory" in result.stdout or "do: Copy the directory" in result.stdout
    monkeypatch.setenv("RICORDO_EMBEDDER", str(tmp_path / "no-model"))
    assert "problem: " in run("doctor", code=6).stdout
    monkeypatch.setenv("RICORDO_THREADS", "many")
    found = json.loads(run("doctor", "--json", code=6).stdout)
    assert "threads" in found["problems"][0]["what"]
    assert "setting" in found["problems"][0]["advice"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_space_exits_with_5(run: Run, tmp_path: Path) -> None:
    run("retain", "x")
    (tmp_path / "space" / "memory.db").chmod(0o400)
    (tmp_path / "space").chmod(0o500)
    run("retain", "y", code=5)


def test_every_error_has_a_documented_exit_code() -> None:
    for name in vars(errors):
        error = getattr(errors, name)
        if isinstance(error, type) and issubclass(error, errors.RicordoError):
            assert exit_code(error) in MEANINGS
    assert exit_code(errors.AccessError) == 7
    assert exit_code(errors.MissingExtraError) == exit_code(errors.ProviderError) == 8
    assert exit_code(errors.ArchiveError) == 2
