"""Standard input and output: one client, which started this process and ends it by closing the pipe, or by SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any

from anyio import BrokenResourceError, create_memory_object_stream, create_task_group, move_on_after
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from ricordo.mcp.caller import Callers
from ricordo.mcp.server import memory_server

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_CHUNK = 1 << 16


def serve_stdio(callers: Callers, patience_s: float = 30.0) -> None:
    """Serve memory on standard input and output until the input ends, or a signal asks to stop.

    What was asked before is answered still. Nothing but the protocol is written to standard output: what else is
    printed goes to standard error.

    Args:
        callers: Lends who sends a request; it is given None.
        patience_s: How long the last answers may take.
    """
    asyncio.run(_serve(memory_server(callers), patience_s))


async def _serve(server: Server[Any], patience_s: float) -> None:
    lines: Any = _Lines(asyncio.get_running_loop())
    pending = _Pending()
    read, asked = create_memory_object_stream[Any]()
    answers, written = create_memory_object_stream[Any]()

    async def take(incoming: AsyncIterable[Any]) -> None:
        with suppress(BrokenResourceError):  # the server has ended by itself
            async with read:
                async for message in incoming:
                    pending.asked(message)
                    await read.send(message)
                with move_on_after(patience_s):
                    await pending.none.wait()

    async def give(outgoing: Any) -> None:
        async with outgoing:
            async for message in written:
                await outgoing.send(message)
                pending.answered(message)

    async with stdio_server(stdin=lines) as (incoming, outgoing), create_task_group() as tasks:
        tasks.start_soon(take, incoming)
        tasks.start_soon(give, outgoing)
        await server.run(asked, answers, server.create_initialization_options())


class _Pending:
    """The requests that wait for an answer."""

    def __init__(self) -> None:
        self._ids: set[object] = set()
        self.none = asyncio.Event()
        self.none.set()

    def asked(self, given: SessionMessage | Exception) -> None:
        """Take note of a request, or of one that was cancelled and is answered no more."""
        message = given.message if isinstance(given, SessionMessage) else None
        if isinstance(message, JSONRPCRequest):
            self._ids.add(message.id)
            self.none.clear()
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._settle((message.params or {}).get("requestId"))

    def answered(self, given: SessionMessage) -> None:
        """Take note of an answer that was written."""
        if isinstance(given.message, JSONRPCResponse | JSONRPCError):
            self._settle(given.message.id)

    def _settle(self, id: object) -> None:
        self._ids.discard(id)
        if not self._ids:
            self.none.set()


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
