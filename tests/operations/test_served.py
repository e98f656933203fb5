"""`ricordo serve` as it runs: its log, its metrics and its traces hold nothing of what was sent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from ricordo import Memory
from ricordo.cli import main

_WORDS = [
    *("content", "speaker", "session", "subject", "value", "query", "turn", "path", "argument", "cookie", "agent"),
    *("scope", "metadata", "reason", "ref", "title", "key"),
]
#: Words that occur nowhere else, each sent in one place.
_CANARY = {name: f"canary{name}zq" for name in _WORDS}


@contextmanager
def serving(log: Path, **settings: str) -> Iterator[str]:
    """Run the server, and yield its address."""
    env = {**os.environ, "RICORDO_PORT": "0", **{f"RICORDO_{name.upper()}": text for name, text in settings.items()}}
    with (
        log.open("w") as told,
        subprocess.Popen([sys.executable, "-m", "ricordo", "serve"], env=env, stderr=told) as server,
    ):
        try:
            yield address_in(log, server)
        finally:
            server.send_signal(signal.SIGTERM)


def address_in(log: Path, server: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        if found := re.search(r"http://[0-9.]+:[0-9]+\n", log.read_text()):
            return found[0].strip()
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"it ended with {server.wait(0.1)}: {log.read_text()}")
    raise AssertionError("nothing listens")


def send_everything(address: str, secret: str) -> str:
    """Send the words in every part of requests of every kind, good ones and bad; return the metrics."""
    headers = {"Authorization": f"Bearer {secret}", "Cookie": f"a={_CANARY['cookie']}", "User-Agent": _CANARY["agent"]}
    wrong = {**headers, "Authorization": f"Bearer {_CANARY['key']}0123456789", "X-Api-Key": _CANARY["key"]}
    fields = {name: _CANARY[name] for name in ("speaker", "session", "scope", "ref", "title")}
    said = {"content": f"The word is {_CANARY['content']}.", **fields, "metadata": {"a": _CANARY["metadata"]}}
    slot = {"content": "A slot.", "subject": _CANARY["subject"], "attribute": "word", "value": _CANARY["value"]}
    posts = [
        ("records", said),
        ("records", {**slot, "scope": _CANARY["scope"]}),
        ("records", {**said, "kind": _CANARY["argument"]}),
        ("records", {_CANARY["argument"]: 1}),
        ("recall", {"query": _CANARY["query"]}),
        ("recall", {"query": _CANARY["query"], "as_of": _CANARY["argument"]}),
        ("inject", {"turn": _CANARY["turn"]}),
        ("reflect", {"query": _CANARY["query"]}),
        ("profile", {"subject": _CANARY["subject"]}),
        ("forget", {"id": _CANARY["path"], "reason": _CANARY["reason"]}),
        (_CANARY["path"], {}),
    ]
    with httpx.Client(base_url=f"{address}/v1/spaces/default", trust_env=False, timeout=30) as client:
        statuses = set()
        for given in (headers, wrong):
            for path, body in posts:
                for params in ({}, {"q": _CANARY["query"]}):
                    statuses.add(client.post(path, params=params, json=body, headers=given).status_code)
            for path in (f"records/{_CANARY['path']}", f"records?scope={_CANARY['scope']}", _CANARY["path"]):
                statuses.add(client.get(path, headers=given).status_code)
            client.post("records", content=f'{{"content": "{_CANARY["content"]}', headers=given)
        client.get(f"{address}/v1/spaces/{_CANARY['path']}/records", headers=headers)
        client.get("records", headers={**headers, "Host": f"{_CANARY['path']}.example"})
        client.get("records", headers={**headers, "Origin": f"http://{_CANARY['path']}.example"})
        assert statuses >= {200, 201, 400, 401, 404}
        return client.get(f"{address}/metrics", headers=headers).text


@pytest.mark.parametrize("form", ["json", "text"])
def test_nothing_that_was_sent_is_in_log_or_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[..., Any], form: str
) -> None:
    monkeypatch.setenv("RICORDO_STATE", str(tmp_path / "state"))
    secret = ask("keys", "issue", "--every-scope", "--right", "read", "--right", "write", "--right", "admin")["secret"]
    log = tmp_path / "log"
    with serving(log, log_format=form, log_level="debug") as address:
        metrics = send_everything(address, secret)
    text = log.read_text()
    for word in (*_CANARY.values(), secret.split("_", 2)[2]):
        assert word not in text + metrics, word
    assert text.count("request_id") >= 30
    if form == "json":
        told = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        assert {"/v1/spaces/{space}/recall", "/v1/spaces/{space}/records/{id}"} <= {line.get("route") for line in told}
        assert {line["status"] for line in told if line["event"] == "request"} >= {200, 201, 400, 401, 403, 404, 421}
    assert 'route="/v1/spaces/{space}/recall",server="http",status="200"' in metrics
    assert 'ricordo_operation_seconds_count{operation="recall",outcome="done",server="http"}' in metrics


def test_a_space_behind_a_server_is_backed_up_and_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[..., Any], run: Callable[..., Any]
) -> None:
    monkeypatch.setenv("RICORDO_STATE", str(tmp_path / "state"))
    rights = [f"--right={right}" for right in ("read", "write", "admin")]
    secret = ask("keys", "issue", "--every-scope", *rights)["secret"]
    weak = ask("keys", "issue", "--scope", "team")["secret"]
    ask("retain", "The office is in Lisbon.", "--scope", "team")
    with serving(tmp_path / "log") as address:
        monkeypatch.setenv("RICORDO_PATH", address)
        monkeypatch.setenv("RICORDO_KEY", secret)
        made = ask("backup", str(tmp_path / "backups"), "--rehearse")
        found = ask("doctor")
        monkeypatch.setenv("RICORDO_KEY", weak)
        refused = CliRunner().invoke(main, ["backup", str(tmp_path / "nothing")])
        examined = run("doctor", code=6).stdout
    assert made["rehearsal"]["ok"] is True
    assert Path(made["backup"]["path"]).name.startswith("default-")
    assert (found["space"]["path"], found["space"]["records"], found["space"]["verified"]) == (address, 1, True)
    assert found["problems"] == []
    assert refused.exit_code
    assert "lacks the right 'admin'" in refused.stderr
    assert list((tmp_path / "nothing").iterdir()) == []
    assert "problem:" in examined
    with Memory.restore(made["backup"]["path"], tmp_path / "restored", embedder=None) as memory:
        assert [record.content for record in memory.list().records] == ["The office is in Lisbon."]
