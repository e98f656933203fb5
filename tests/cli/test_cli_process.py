"""The command line as a process: `python -m ricordo`, pipes, signals, encodings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ricordo

_SOURCE = str(Path(ricordo.__file__).parent.parent)
_RICORDO = [sys.executable, "-m", "ricordo"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": _SOURCE, **more}


def ricordo_(*arguments: str, input: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_RICORDO, *arguments],
        input=input,
        capture_output=True,
        encoding="utf-8",
        env=environment(**more),
        check=False,
    )


def test_write_and_read_in_processes_of_their_own() -> None:
    assert ricordo_("retain", "Ada lives in Lisbon.").returncode == 0
    assert "Lisbon" in ricordo_("recall", "Where does Ada live?").stdout
    missing = ricordo_("show", "nope")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr == "Error: id: no record 'nope' is visible here\n"
    assert ricordo_("--help").stdout.startswith("Usage: ricordo ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_is_utf8_whatever_the_locale(encoding: str) -> None:
    result = ricordo_("retain", "Zürich ☕ 山", "--json", PYTHONIOENCODING=encoding)
    assert json.loads(result.stdout)["record"]["content"] == "Zürich ☕ 山"


def test_bytes_that_are_no_text_are_refused() -> None:
    result = subprocess.run([*_RICORDO, "retain", b"\xff\xfe"], capture_output=True, env=environment(), check=False)
    assert result.returncode == 2
    assert b"surrogate" in result.stderr


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    items = tmp_path / "many.jsonl"
    items.write_text("\n".join(json.dumps({"content": f"Fact number {number} of many."}) for number in range(3000)))
    assert ricordo_("import", str(items)).returncode == 0
    with subprocess.Popen(
        [*_RICORDO, "list", "--all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in (0, 1)


def test_ctrl_c_exits_with_130_and_leaves_a_sound_space(tmp_path: Path) -> None:
    items = tmp_path / "many.jsonl"
    with items.open("w") as file:
        file.writelines(json.dumps({"content": f"Fact number {number} of many."}) + "\n" for number in range(60_000))
    with subprocess.Popen(
        [*_RICORDO, "import", str(items)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests that run in the background ignore it
    ) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "space" / "memory.db-wal").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
    assert ricordo_("verify").returncode == 0


def test_light_start() -> None:
    """What a bare recall needs must not load a model library."""
    code = (
        "import sys; from ricordo.cli import main; main(['recall', 'x'], standalone_mode=False)\n"
        "print([name for name in ('numpy', 'onnx', 'onnxruntime', 'tokenizers', 'dateparser') if name in sys.modules])"
    )
    assert ricordo_("retain", "x").returncode == 0
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment(), check=False
    )
    assert result.stdout.splitlines()[-1] == "[]", result.stderr


def test_completion_works_in_a_shell() -> None:
    told = ricordo_(COMP_WORDS="ricordo re", COMP_CWORD="1", _RICORDO_COMPLETE="bash_complete").stdout
    names = ("recall", "reflect", "reindex", "restore", "retain")
    assert sorted(told.split()) == [f"plain,{name}" for name in names]
