"""What docs/keys.md and docs/operations.md tell to type, and the units of systemd."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

from ricordo.access.keys import Keys
from ricordo.config import Settings
from ricordo.observe import Metrics

Run = Callable[..., Any]
_ROOT = Path(__file__).parents[2]
_KEYS, _OPERATIONS = ((_ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("keys.md", "operations.md"))
_UNITS = sorted((_ROOT / "deploy").iterdir())


def typed(page: str) -> list[list[str]]:
    """Return the commands of Ricordo that a page tells to type, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("ricordo ")]
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RICORDO_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_page_on_keys_tells_what_happens(run: Run, state: Path) -> None:
    first, *others = typed(_KEYS)
    told = run(*first).stdout
    id = re.search(r"^key +(\w+)$", told, re.M)
    assert id is not None
    [shown] = re.findall(r"^```\n(key .*?)^```", _KEYS, re.M | re.S)
    assert [line.split()[0] for line in told.splitlines()] == [line.split()[0] for line in shown.splitlines()]
    assert [" ".join(command[:2]) for command in others] == ["keys list", "keys issue", "keys rotate", "keys revoke"]
    for command in others:
        run(*(id[1] if word == "3kq0v7x2m9ab" else word for word in command))
    with Keys.open(state) as keys:
        old, *rest = keys.list()
    assert old.revoked_at is not None
    assert {key.principal for key in rest} == {old.principal, "agent:coder"}


def test_the_page_on_operations_tells_what_works(run: Run, tmp_path: Path) -> None:
    run("retain", "I live in Porto.")
    commands = typed(_OPERATIONS)
    assert [command[0] for command in commands] == ["backup", "backup", "restore", "--space", "backup", "doctor"]
    home = str(tmp_path / "home")
    for command in commands:
        words = [word.replace("~", home) for word in command]
        if words[0] == "restore":
            words[1] = str(next(Path(home, "backups").glob("*.ricordo")))
        run(*words)


def test_the_metrics_are_those_of_the_page() -> None:
    page, _ = Metrics("http").page()
    there = set(re.findall(r"^# HELP (\w+)", page.decode(), re.M))
    assert set(re.findall(r"^\| `(ricordo_\w+)`", _OPERATIONS, re.M)) == there


def test_the_line_of_the_page_is_a_line_of_the_log() -> None:
    [line] = re.findall(r"^```json\n(.*?)\n```", _OPERATIONS, re.M | re.S)
    assert list(json.loads(line)) == [
        *("at", "level", "log", "event", "request_id", "method", "route", "status", "ms", "principal")
    ]


# -- units


def unit(name: str) -> configparser.ConfigParser:
    """Read a unit; of a key that is there several times, the values are joined."""
    told = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    told.optionxform = str  # type: ignore[assignment,method-assign]
    counted: dict[str, int] = {}
    lines = []
    for line in (_ROOT / "deploy" / name).read_text().splitlines():
        key = line.partition("=")[0]
        counted[key] = counted.get(key, 0) + 1
        lines.append(line.replace(key, f"{key}.{counted[key]}", 1) if "=" in line and counted[key] > 1 else line)
    told.read_string("\n".join(lines))
    return told


def environment(service: configparser.SectionProxy) -> dict[str, str]:
    pairs = [value.partition("=") for key, value in service.items() if key.split(".")[0] == "Environment"]
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize("path", _UNITS, ids=lambda path: path.name)
def test_systemd_reads_the_unit_without_a_word(path: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    text = path.read_text()
    assert "[Unit]\nDescription=" in text
    assert unit(path.name).sections()[0] == "Unit"
    if analyze is None:
        return
    for one in _UNITS:
        (tmp_path / one.name).write_text(one.read_text().replace("/opt/ricordo/bin/ricordo", sys.executable))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / path.name)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("name", ["ricordo.service", "ricordo-backup@.service"])
def test_the_service_is_locked_in(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(_ROOT / "deploy" / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]


def test_the_service_waits_longer_than_the_server() -> None:
    service = unit("ricordo.service")["Service"]
    assert float(service["TimeoutStopSec"]) > Settings().shutdown_s
    known = {f"RICORDO_{field.name.upper()}" for field in fields(Settings)}
    for name in ("ricordo.service", "ricordo-backup@.service"):
        assert set(environment(unit(name)["Service"])) - {"HOME"} <= known


def test_the_command_of_the_service_serves_and_stops(tmp_path: Path, run: Run) -> None:
    """With the environment of the unit, in folders of its own; it is told to stop as systemd tells it."""
    service = unit("ricordo.service")["Service"]
    own = {name: value.replace("/var", str(tmp_path / "var")) for name, value in environment(service).items()}
    own |= {"RICORDO_EMBEDDER": "none", "RICORDO_PORT": "0"}
    words = shlex.split(service["ExecStart"])
    env = {**os.environ, **own}
    ricordo = [sys.executable, "-m", "ricordo"]
    (tmp_path / "var/lib/ricordo").mkdir(parents=True)
    issued = subprocess.run(
        [*ricordo, "keys", "issue", "--every-scope", "--json"], env=env, capture_output=True, check=True
    )
    secret = json.loads(issued.stdout)["secret"]
    with subprocess.Popen([*ricordo, *words[1:]], env=env, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        address = next(found[0] for line in lines if (found := re.search(r"http://\S+[0-9]", line)))
        answer = httpx.get(f"{address}/v1/spaces", headers={"Authorization": f"Bearer {secret}"}, trust_env=False)
        refused = httpx.get(f"{address}/v1/spaces", trust_env=False)
        server.send_signal(getattr(signal, service["KillSignal"]))
        rest = server.stderr.read()
        code = server.wait(30)
    assert (answer.status_code, refused.status_code) == (200, 401)
    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in rest
    assert secret not in rest
