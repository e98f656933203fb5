"""Commands that forget: a dry run changes nothing, what goes names its rule, what can't be undone asks first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Ask = Callable[..., Any]
RULES = """
[[policy]]
name = "noise"
kinds = ["context"]
after = "7 days"
reason = "Of use for a week."
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return str(file)


def test_expire_tells_rules_and_takes_what_they_match(run: Run, ask: Ask, rules: str) -> None:
    """With --dry-run nothing goes; without it the history has the rule."""
    id = ask("retain", "The build is red.", "--kind", "context", "--at", "2020-05-01")["record"]["id"]
    ask("retain", "Ada lives in Lisbon.", "--at", "2020-05-01")
    assert run("expire", "--policies", rules, "--dry-run").stdout == f"noise: record {id} would go.\n"
    assert ask("stats")["records"] >= 2
    done = ask("expire", "--policies", rules)
    assert (done["records"], done["dry_run"]) == ({"noise": [id]}, False)
    change = ask("history", id)[-1]
    assert (change["op"], change["rule"], change["reason"]) == ("expire", "noise", "Of use for a week.")
    assert run("expire", "--policies", rules).stdout == "Nothing to retire.\n"


def test_expire_takes_the_file_of_the_settings(run: Run, ask: Ask, rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --policies the setting names the file; without that it is an error that says so."""
    ask("retain", "The build is red.", "--kind", "context", "--at", "2020-05-01")
    assert "setting policies" in run("expire", code=2).stderr
    monkeypatch.setenv("RICORDO_POLICIES", rules)
    assert list(ask("expire", "--dry-run")["records"]) == ["noise"]


def test_a_wrong_policy_names_rule_and_key(run: Run, ask: Ask, tmp_path: Path) -> None:
    """The error of a wrong rule says which one, and what a valid value is."""
    ask("retain", "Something.")
    file = tmp_path / "wrong.toml"
    file.write_text(RULES.replace("7 days", "one week"))
    assert 'policies: noise.after: a time such as "90 days"' in run("expire", "--policies", str(file), code=2).stderr


def test_compact_asks_first(run: Run, ask: Ask) -> None:
    """A dry run tells; where nobody can be asked --yes is needed; then the content is gone."""
    id = ask("retain", "Something to forget.")["record"]["id"]
    run("forget", id)
    told = run("compact", "--before", "2999-01-01", "--dry-run").stdout
    assert told.startswith(f"Would go: record {id}, ")
    assert "repeat the command with --yes" in run("compact", "--before", "2999-01-01", code=2).stderr
    assert ask("show", id)["content"] == "Something to forget."
    assert ask("compact", "--before", "2999-01-01", "--yes")["records"] == [id]
    run("show", id, code=3)
    assert run("compact", "--before", "2999-01-01", "--yes").stdout == "Nothing to take away.\n"
    assert "before" in run("compact", "--before", "soon", "--yes", code=2).stderr


def test_stats_tell_what_is_live_and_its_bounds(run: Run, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of stats has bytes, tokens and bounds; a write that can't be had within them exits with 5."""
    monkeypatch.setenv("RICORDO_MAX_BYTES", "20")
    ask("retain", "Tea, please.")
    told = run("stats").stdout
    assert "12 bytes, 4 tokens of content" in told
    assert "max_bytes 20" in told
    assert "max_bytes: at most 20 bytes may be live" in run("retain", "Much longer than twenty.", code=5).stderr
