"""How files and streams are sent, and that they end when the client leaves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from ricordo.access.refusal import Receive, Send
from ricordo.http.answers import Answer
from ricordo.http.lanes import Lanes

_PIECE = 1 << 18


async def send_file(send: Send, answer: Answer, file: Path, lanes: Lanes, *, head: bool) -> None:
    """Send a file, and remove it with its folder."""
    try:
        length = (b"content-length", str(file.stat().st_size).encode())
        await send({"type": "http.response.start", "status": answer.status, "headers": [length, *answer.headers]})
        with file.open("rb") as opened:
            while not head and (piece := await lanes.run("read", lambda: opened.read(_PIECE))):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        shutil.rmtree(file.parent, ignore_errors=True)


async def send_stream(
    send: Send, receive: Receive, answer: Answer, first: bytes, rest: AsyncIterator[bytes], *, head: bool
) -> None:
    """Send pieces as they come, until there are no more or the client has left."""
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    if not head:
        await send({"type": "http.response.body", "body": first, "more_body": True})
        sending, leaving = asyncio.ensure_future(_sent(send, rest)), asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (sending, leaving):
                one.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
    await send({"type": "http.response.body", "body": b""})


async def _sent(send: Send, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
