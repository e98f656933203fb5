"""docs/proxy.md: its Python runs against a proxy, its command runs as it says, and what it promises holds."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.proxy.conftest import Running

from ricordo import Memory
from ricordo.testing import Upstream

PAGE = (Path(__file__).parents[2] / "docs/proxy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


def test_the_examples_run(
    proxy: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    names: dict[str, object] = {}
    for code in BLOCKS:
        here = code.replace("http://127.0.0.1:8475", proxy.url).replace("~/.ricordo/default", str(tmp_path / "other"))
        exec(compile(here, "proxy", "exec"), names)
        proxy.kept()  # what one example says, the next is told
    told = capsys.readouterr().out.splitlines()
    assert told == ["Noted.", "Ada lives in Lisbon", "Ada lives in Lisbon", "Starlette", "True"]
    names["app"].state.learning.close()  # type: ignore[attr-defined]
    names["memory"].close()  # type: ignore[attr-defined]
    for name in ("client", "claude"):
        names[name].close()  # type: ignore[attr-defined]


def test_what_is_shown_is_what_is_put_in(proxy: Running) -> None:
    proxy.memory.retain("I moved to Lisbon.", speaker="Ada", scope="user:ada", at="2026-05-03T10:00Z")
    asked = [{"role": "user", "content": "What is my home?"}]
    httpx.post(f"{proxy.url}/v1/chat/completions", json={"messages": asked})
    (shown,) = re.findall(r"^```\n(<ricordo-memory>.*?)\n```", PAGE, re.M | re.S)
    assert proxy.upstream.requests[0].payload["messages"][0]["content"] == shown


def test_the_command_keeps_what_was_answered_when_it_is_told_to_stop(tmp_path: Path, upstream: Upstream) -> None:
    own = {"RICORDO_PATH": str(tmp_path / "space"), "RICORDO_STATE": str(tmp_path / "state")}
    environment = {**os.environ, **own, "RICORDO_SETTINGS": str(tmp_path / "none"), "RICORDO_EMBEDDER": "none"}
    words = ["proxy", "--upstream", upstream.url, "--port", "0", "--speaker", "Ada", "--scope", "user:ada"]
    words = [sys.executable, "-m", "ricordo", *words]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        for number in range(5):
            asked = [{"role": "user", "content": f"My number {number} is {number}."}]
            httpx.post(f"{url}/v1/chat/completions?key=sk-canary", json={"messages": asked}, timeout=30)
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
        assert process.wait(30) == 0
    assert log.count("route=/v1/chat/completions") == 5
    assert "canary" not in log
    assert "number" not in log
    with Memory.open(tmp_path / "space", embedder=None) as memory:
        kept = memory.list(filters={"speaker": "Ada"}, kinds="observation").records
        assert len(kept) == 5, log
