"""What the proxy counts is for those who bring a key, where it asks for keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ricordo.access.keys import Keys


@pytest.mark.parametrize("asks", [True, False])
def test_the_counts_are_behind_the_gate(tmp_path: Path, asks: bool) -> None:
    state = tmp_path / "state"
    with Keys.open(state) as keys:
        _, secret = keys.issue()
    own = {"RICORDO_STATE": str(state), "RICORDO_PATH": str(tmp_path / "space"), "RICORDO_EMBEDDER": "none"}
    given = ["--upstream", "http://127.0.0.1:9", "--port", "0", *(["--keys"] if asks else [])]
    words = [sys.executable, "-m", "ricordo", "proxy", *given]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, **own}) as process:
        try:
            assert process.stderr is not None
            line = next(one for one in process.stderr if "listens on" in one)
            url = line.split("listens on ")[1].strip()
            bare, named = (httpx.get(f"{url}/metrics", headers=told) for told in ({}, {"X-Api-Key": secret}))
            rebound = httpx.get(f"{url}/metrics", headers={"Host": "evil.example", "X-Api-Key": secret})
            assert (bare.status_code, named.status_code, rebound.status_code) == (401 if asks else 200, 200, 421)
            assert "ricordo" in named.text
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 0
