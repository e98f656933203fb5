"""A server that can't listen says why in one line, and what to set; nothing of it is left behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = {
    "port": ["serve", "--insecure"],
    "mcp_port": ["mcp", "--http", "--insecure"],
    "proxy_port": ["proxy", "--upstream", "http://127.0.0.1:1"],
}


def refused(tmp_path: Path, words: list[str], **variables: str) -> str:
    """Return the only line that a command ends with; it is of a user's mistake."""
    own = {"RICORDO_PATH": str(tmp_path / "space"), "RICORDO_STATE": str(tmp_path / "state")}
    environment = {**os.environ, "RICORDO_SETTINGS": str(tmp_path / "none"), "RICORDO_EMBEDDER": "none"}
    command = [sys.executable, "-m", "ricordo", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**environment, **own, **variables}
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("setting", COMMANDS)
def test_a_port_that_is_taken(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = refused(tmp_path, [*COMMANDS[setting], "--port", str(port)])
    rule = f"an address and a port that are free (Address already in use); set host and {setting}, or use --port"
    assert told == f"Error: {setting}: {rule}; got '127.0.0.1:{port}'"


@pytest.mark.parametrize("setting", COMMANDS)
def test_a_certificate_that_is_none(tmp_path: Path, setting: str) -> None:
    pem = tmp_path / "own.pem"
    pem.write_text("nonsense", encoding="utf-8")
    told = refused(tmp_path, [*COMMANDS[setting], "--port", "0"], RICORDO_TLS_CERT=str(pem), RICORDO_TLS_KEY=str(pem))
    assert told.startswith("Error: tls_cert: a certificate and with tls_key its key, PEM files that can be read (")
    assert told.endswith(f"; got '{pem}'")


def test_a_server_without_keys_says_what_makes_one(tmp_path: Path) -> None:
    """A command that works as it is printed."""
    own = {"RICORDO_PATH": str(tmp_path / "space"), "RICORDO_STATE": str(tmp_path / "state")}
    environment = {**os.environ, "RICORDO_SETTINGS": str(tmp_path / "none"), "RICORDO_EMBEDDER": "none", **own}
    for words in (["serve", "--port", "0"], ["mcp", "--http", "--port", "0"]):
        told = refused(tmp_path, words)
        (command,) = re.findall("`ricordo (.*?)`", told)
        assert command == "keys issue --every-scope"
    done = subprocess.run(
        [sys.executable, "-m", "ricordo", *command.split()], env=environment, check=False, capture_output=True
    )
    assert done.returncode == 0
