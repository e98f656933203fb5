"""`ricordo mcp` as clients start it: over pipes, in every version of the protocol, ended gently or not, and twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from mcp_types.version import OLDEST_SUPPORTED_VERSION
from tests.mcp.conftest import ERAS, RICORDO, environment, pipe_client, piped, told

from mcp import Client
from ricordo import InvalidInputError, Memory
from ricordo.cli import main

_EXIT_S = 20
CLIENT = {"name": "test", "version": "1"}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
}


def call(number: int, name: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments, "_meta": _META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@contextmanager
def started(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start a server whose pipes are spoken to by hand."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [str(RICORDO), "mcp", *options]
    with subprocess.Popen(command, env=environment(home), text=True, **pipes) as server:
        try:
            yield server
        finally:
            server.kill()


def send(server: subprocess.Popen[str], messages: Sequence[dict[str, Any]]) -> None:
    assert server.stdin is not None
    server.stdin.write("".join(f"{json.dumps(message)}\n" for message in messages))
    server.stdin.flush()


def closed(space: Path) -> bool:
    """Tell whether whoever had the space open has closed it: SQLite takes the write-ahead log away then."""
    return space.is_dir() and not list(space.glob("*-wal"))


@pytest.mark.parametrize("era", ERAS)
def test_clients_of_either_era_remember_and_recall(tmp_path: Path, era: str) -> None:
    async def talk() -> str:
        async with pipe_client(piped(tmp_path, "--space", str(tmp_path / "space")), era) as client:
            told(await client.call_tool("remember", {"content": "I live in Porto.", "speaker": "Ada"}))
            return str(told(await client.call_tool("recall", {"query": "Where does Ada live?"}))["text"])

    assert '"Ada lives in Porto"' in asyncio.run(talk())


def test_a_client_of_the_oldest_version_is_answered_in_it(tmp_path: Path) -> None:
    params = {"protocolVersion": OLDEST_SUPPORTED_VERSION, "capabilities": {}, "clientInfo": CLIENT}
    with started(tmp_path) as server:
        send(server, [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}])
        assert server.stdout is not None
        answer = json.loads(server.stdout.readline())["result"]
    assert (answer["protocolVersion"], answer["serverInfo"]["name"]) == ("2024-11-05", "ricordo")
    assert "remember" in answer["instructions"]


def test_what_was_asked_before_the_input_ended_is_answered_and_nothing_else_is_printed(tmp_path: Path) -> None:
    space = tmp_path / "space"
    calls = [call(number, "remember", content=f"Fact {number}.") for number in range(20)]
    text = "".join(f"{json.dumps(one)}\n" for one in calls)
    command = [str(RICORDO), "mcp", "--space", str(space)]
    done = subprocess.run(
        command, input=text, env=environment(tmp_path), capture_output=True, text=True, timeout=_EXIT_S
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(answer["id"] for answer in answers) == list(range(20))
    assert not [answer for answer in answers if answer["result"].get("isError")]
    assert (done.returncode, done.stderr, closed(space)) == (0, "", True)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_gently_while_the_input_is_open(tmp_path: Path, stop: signal.Signals) -> None:
    space = tmp_path / "space"
    with started(tmp_path, "--space", str(space)) as server:
        send(server, [call(1, "remember", content="Tea at four.")])
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["result"]["structuredContent"]["action"] == "added"
        assert not closed(space)
        server.send_signal(stop)
        assert server.wait(_EXIT_S) == 0
        assert closed(space)


def test_lines_that_are_no_messages_do_no_harm(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        assert server.stdin is not None
        server.stdin.write('\nhello\n{"jsonrpc": "2.0"\n[]\n{"jsonrpc": "2.0", "id": 1}\n')
        send(server, [call(2, "remember", content="Tea at four.")])
        assert server.stdout is not None
        answers = iter(server.stdout.readline, "")
        answer = next(found for line in answers if (found := json.loads(line)).get("id") == 2)
        assert answer["result"]["structuredContent"]["action"] == "added"


def test_two_servers_on_one_space_lose_nothing_also_when_killed(tmp_path: Path) -> None:
    """Both write at the same time, each sees what the other wrote, and both are killed: what they said is there is."""
    space, pids = tmp_path / "space", tmp_path / "pids"
    acknowledged: list[str] = []

    async def write(client: Client, who: str, number: int) -> None:
        content = f"{who} saw ship {number}."
        result = told(await client.call_tool("remember", {"content": content, "key": f"{who}-{number}"}))
        acknowledged.append(result["id"])

    async def both() -> None:
        started = piped(tmp_path, "--space", str(space))
        noted = ["-c", f'echo $$ >> {pids}; exec "$0" "$@"', started.command, *started.args]
        parameters = started.model_copy(update={"command": "/bin/sh", "args": noted})
        async with pipe_client(parameters) as one, pipe_client(parameters, "legacy") as two:
            pairs = [(client, who, number) for number in range(40) for client, who in ((one, "Ada"), (two, "Bo"))]
            await asyncio.gather(*(write(*pair) for pair in pairs))
            for client in (one, two):
                assert len(told(await client.call_tool("list", {"limit": 100}))["records"]) == 80
            await asyncio.gather(*(write(*pair) for pair in pairs[:20]))  # sent again: nothing new
            for pid in map(int, pids.read_text().split()):
                os.kill(pid, signal.SIGKILL)

    asyncio.run(asyncio.wait_for(both(), _EXIT_S * 3))
    assert len(pids.read_text().split()) == 2
    with Memory.open(space, embedder=None, create=False) as memory:
        ids = [record.id for record in memory.list(limit=1000).records]
        assert memory.verify().ok
    assert (len(ids), len(acknowledged)) == (80, 100)
    assert set(acknowledged) == set(ids)


@pytest.mark.parametrize("absent", ["mcp", "mcp_types", "uvicorn"])
def test_without_the_extra_it_says_which(tmp_path: Path, absent: str) -> None:
    program = f"import sys; sys.modules[{absent!r}] = None; from ricordo.cli import main; main(['mcp'])"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (8, "")
    assert 'pip install "ricordo[mcp]"' in done.stderr


@pytest.mark.parametrize("options", [["--port", "1"], ["--insecure"], ["--scope", " "], ["--read", "a\nb"]])
def test_wrong_usage_is_told_before_anything_is_opened(tmp_path: Path, options: list[str]) -> None:
    with pytest.raises((click.UsageError, InvalidInputError)):
        main(["--space", str(tmp_path / "space"), "mcp", *options], standalone_mode=False)
    assert not (tmp_path / "space").exists()


def test_a_person_who_starts_it_by_hand_is_told_what_it_is(tmp_path: Path) -> None:
    mine, its = os.openpty()
    with os.fdopen(mine, "w"), os.fdopen(its) as terminal:
        command = [str(RICORDO), "mcp"]
        pipes = {"stdin": terminal, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=environment(tmp_path), text=True, **pipes) as server:
            assert server.stderr is not None
            assert "docs/mcp.md" in server.stderr.readline()
            server.terminate()
            assert server.communicate(timeout=_EXIT_S) == ("", "")
