"""The commands of docs/http.md, run in order against a server."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.http.conftest import SPACE, Site

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if "curl" in line]
HERE = "http://127.0.0.1:8474"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")
def test_the_commands_of_the_page_do_what_it_says(site: Site, tmp_path: Path) -> None:
    client = site.client()
    lines = COMMANDS
    assert len(lines) > 15
    named = [f"URL={site.url}{SPACE}", f'KEY="Authorization: {client.headers["Authorization"]}"', "set -e"]
    marked = [f"{line.replace(HERE, site.url)}\necho '\n== {spot}'" for spot, line in enumerate(lines)]
    arguments = ["bash", "-c", "\n".join([*named, *marked])]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = re.split(r"\n== \d+\n", done.stdout)
    answers = dict(zip(lines, told, strict=False))
    for line, answer in answers.items():
        if "too late" in line:
            assert "VersionConflictError" in answer
        else:
            assert "urn:ricordo:error" not in answer, (line, answer)
    assert "Lisbon" in next(answer for line, answer in answers.items() if "/recall" in line)
    again = [answer for line, answer in answers.items() if "7f3a" in line]
    assert "idempotency-replayed: true" in told[lines.index(next(line for line in lines if "7f3a" in line)) + 1]
    assert len(again) == 1
    assert any("id: 2" in answer for line, answer in answers.items() if "stream" in line)
    assert (tmp_path / "space.ricordo").read_bytes()[:2] == b"PK"
