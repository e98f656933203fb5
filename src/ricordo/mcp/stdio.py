"""Standard input and output: one client, which started this process and ends it by closing the pipe, or by SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from mcp.server import Server
from mcp.server.stdio import stdio_server

from ricordo.mcp.caller import Callers
from ricordo.mcp.server import memory_server

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_CHUNK = 1 << 16


def serve_stdio(callers: Callers) -> None:
    """Serve memory on standard input and output until the input ends, or a signal asks to stop.

    Nothing but the protocol is written to standard output: what else is printed goes to standard error.

    Args:
        callers: Returns who sends a request; it is given None.
    """
    asyncio.run(_serve(memory_server(callers)))


async def _serve(server: Server[Any]) -> None:
    lines: Any = _Lines(asyncio.get_running_loop())
    async with stdio_server(stdin=lines) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


class _Lines:
    """The lines of standard input. A thread of its own waits for them, for nothing else could end that wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        for stop in _STOPPING:
            with suppress(NotImplementedError):  # on Windows, where a client ends us by closing the pipe
                loop.add_signal_handler(stop, self._queue.put_nowait, None)
        threading.Thread(target=self._read, name="ricordo-stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._queue.get()) is not None:
            yield line

    def _read(self) -> None:
        held = b""
        while chunk := os.read(0, _CHUNK):
            *whole, held = (held + chunk).split(b"\n")
            for line in whole:
                self._put(line.decode(errors="replace"))
        self._put(held.decode(errors="replace") or None)
        self._put(None)

    def _put(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody is there to read
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line)
