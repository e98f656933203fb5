"""The answer to a request that a gate turns away: a problem document (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ricordo.wire.problems import MEDIA_TYPE, told

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is turned away.

    Args:
        status: The HTTP status.
        kind: What it is about, in one word.
        detail: What is wrong, and what to do.
        headers: What else the answer says.
    """

    status: HTTPStatus
    kind: str
    detail: str
    headers: tuple[Header, ...] = ()


async def refuse(send: Send, refusal: Refusal, request_id: str) -> None:
    """Answer with a problem document."""
    status, title = int(refusal.status), refusal.status.phrase
    body = json.dumps(told(status, title, refusal.detail, refusal.kind, request_id), ensure_ascii=False).encode()
    await answer(send, status, body, ((b"content-type", MEDIA_TYPE.encode()), *refusal.headers))


async def answer(send: Send, status: int, body: bytes, headers: Iterable[Header] = ()) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
