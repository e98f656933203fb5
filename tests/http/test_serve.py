"""What `ricordo serve` refuses to start with, and what it says then."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ricordo.access.keys import Keys


def serve(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": str(folder / "space"), "STATE": str(folder / "state"), "EMBEDDER": "none", **settings}
    named = {f"RICORDO_{name}": value for name, value in given.items()}
    command = [sys.executable, "-m", "ricordo", "serve", *arguments]
    return subprocess.run(command, env={**os.environ, **named}, capture_output=True, text=True, timeout=60)


def keyed(folder: Path) -> None:
    with Keys.open(folder / "state") as keys:
        keys.issue(principal="first")


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        ((), {}, "ricordo keys issue"),
        (("--insecure", "--host", "0.0.0.0"), {}, "127.0.0.1"),
        (("--host", "0.0.0.0"), {}, "tls_cert"),
        (("--insecure", "--port", "0"), {"TLS_CERT": "/nowhere.pem", "TLS_KEY": "/nowhere.pem"}, "certificate"),
        (("--insecure", "--host", "203.0.113.9"), {}, "127.0.0.1"),
        (("--insecure",), {"LOG_LEVEL": "loud"}, "log_level"),
    ],
)
def test_what_is_not_safe_or_wrong_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    done = serve(tmp_path, *arguments, **settings)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    keyed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, "--port", str(port))
    assert done.returncode == 2, done.stderr
    assert f"127.0.0.1:{port}" in done.stderr
