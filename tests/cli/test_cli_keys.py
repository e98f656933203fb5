"""`ricordo keys`: what is printed, kept and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ricordo.access.keys import Keys

Run = Callable[..., Result]
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RICORDO_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_issue_prints_the_secret_once(run: Run, state: Path) -> None:
    told = run("keys", "issue", "--scope", "user:ada", "--expires", "90 days")
    secret = next(line.split()[1] for line in told.stdout.splitlines() if line.startswith("secret"))
    assert told.stdout.count("mos_") == 1
    assert "shown this once" in told.stderr
    assert "mos_" not in run("keys", "list").output
    with Keys.open(state) as keys:
        key = keys.check(secret, datetime.now(UTC))
    assert key is not None
    assert (key.space, key.read, key.write) == ("default", ("user:ada",), ("user:ada",))
    assert key.rights == {"read", "write"}
    assert key.expires_at is not None
    assert abs(key.expires_at - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=1)


def test_what_is_not_said_is_less(ask: Ask) -> None:
    only_read = ask("keys", "issue", "--read", "team")["key"]
    assert (only_read["read"], only_read["write"], only_read["rights"]) == (["team"], [], ["read"])
    only_write = ask("keys", "issue", "--write", "team")["key"]
    assert (only_write["read"], only_write["write"], only_write["rights"]) == (["team"], ["team"], ["read", "write"])
    every = ask("keys", "issue", "--every-scope", "--space", "*", "--right", "read", "--expires", "never")["key"]
    assert (every["space"], every["read"], every["write"], every["rights"]) == ("*", None, None, ["read"])
    assert every["expires_at"] is None
    assert every["principal"] == f"key:{every['id']}"


def test_a_key_for_every_scope_must_be_asked_for(run: Run, ask: Ask) -> None:
    run("keys", "issue", code=2)
    run("keys", "issue", "--every-scope", "--scope", "a", code=2)
    assert ask("keys", "list") == []


@pytest.mark.parametrize(
    "wrong",
    [["--expires", "soon"], ["--expires", "2020-01-01"], ["--right", "fly"], ["--space", ""], ["--principal", " a"]],
)
def test_wrong_values_make_no_key(run: Run, ask: Ask, wrong: list[str]) -> None:
    run("keys", "issue", "--scope", "a", *wrong, code=2)
    assert ask("keys", "list") == []


def test_list_rotate_and_revoke(run: Run, ask: Ask) -> None:
    first = ask("keys", "issue", "--scope", "a", "--principal", "agent:coder")
    id = first["key"]["id"]
    second = ask("keys", "rotate", id, "--grace", "2 hours")
    assert second["key"]["principal"] == "agent:coder"
    assert second["secret"] != first["secret"]
    assert [key["state"] for key in ask("keys", "list")] == ["valid", "valid"]
    assert ask("keys", "revoke", id)["state"] == "revoked"
    listed = run("keys", "list").stdout
    assert "state      revoked" in listed
    assert "principal  agent:coder" in listed
    run("keys", "rotate", id, code=2)
    run("keys", "rotate", second["key"]["id"], "--grace", "a bit", code=2)
    run("keys", "revoke", "nobody", code=3)


def test_no_keys(run: Run) -> None:
    told = run("keys", "list")
    assert told.stdout == ""
    assert "keys issue" in told.stderr
