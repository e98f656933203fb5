"""A memory behind the server, and clients of the protocol: in this process, over pipes, over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, TypeVar

import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from mcp import Client
from ricordo import Memory
from ricordo.access.keys import Key
from ricordo.mcp.caller import Caller
from ricordo.mcp.run import local
from ricordo.mcp.server import memory_server

T = TypeVar("T")
Work = Callable[[Client], Awaitable[T]]

#: How the client speaks: the handshake of old, and requests that stand alone.
ERAS = ("legacy", "2026-07-28")
RICORDO = Path(sys.executable).parent / "ricordo"
_READY_S = 30


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


def with_client(
    memory: Memory, work: Callable[[Client], Awaitable[T]], key: Key | None = None, era: str = ERAS[1]
) -> T:
    """Return what work with a client of a server in this process comes to."""
    caller = Caller(memory, key or local("default", (), False))

    async def do() -> T:
        async with Client(memory_server(lambda _: nullcontext(caller)), mode=era) as client:
            return await work(client)

    return asyncio.run(do())


def calling(memory: Memory, name: str, key: Key | None = None, /, **arguments: Any) -> CallToolResult:
    """Return the result of one call."""
    return with_client(memory, lambda client: client.call_tool(name, arguments), key)


async def refusal(call: Awaitable[object]) -> MCPError:
    """Return the error of the protocol that a request is answered with."""
    with pytest.raises(MCPError) as error:
        await call
    return error.value


def told(result: CallToolResult) -> dict[str, Any]:
    """Return what a call that did not fail told."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


def text_of(result: CallToolResult) -> str:
    """Return the text of a result."""
    return "".join(getattr(part, "text", "") for part in result.content)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a program whose settings, keys and cache are under a folder, and which has no model."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**kept, "HOME": str(home), "RICORDO_EMBEDDER": "none", "RICORDO_STATE": str(home / "state"), **settings}


def piped(home: Path, *options: str, **settings: str) -> StdioServerParameters:
    """Return how a client starts `ricordo mcp`."""
    return StdioServerParameters(command=str(RICORDO), args=["mcp", *options], env=environment(home, **settings))


@asynccontextmanager
async def pipe_client(parameters: StdioServerParameters, era: str = ERAS[1]) -> AsyncIterator[Client]:
    """Start a server over pipes and give a client of it."""
    async with Client(stdio_client(parameters), mode=era) as client:
        yield client


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts programs that serve HTTP and returns their address; they are told to stop at the end, and have to."""
    running: list[subprocess.Popen[str]] = []

    def start(command: Sequence[str | Path], **settings: str) -> str:
        env = environment(tmp_path, **settings)
        program = subprocess.Popen(
            [str(part) for part in command], env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        running.append(program)
        said: Queue[str] = Queue()
        Thread(target=_listen, args=(program, said), daemon=True).start()
        return said.get(timeout=_READY_S)

    yield start
    for program in running:
        program.terminate()
        try:
            assert program.wait(_READY_S) == 0
        finally:
            program.kill()


def _listen(program: subprocess.Popen[str], said: Queue[str]) -> None:
    """Read what a server says, to its end; the first address is where it serves."""
    assert program.stderr is not None
    with program.stderr:
        for line in program.stderr:
            if found := re.search(r"https?://\S+", line):
                said.put(found[0])
