"""One request through the proxy: memory put in, sent on, the answer passed back byte for byte, a copy kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ricordo.access.origins import Origins, is_embedded
from ricordo.observe import logger
from ricordo.proxy.answers import Copy
from ricordo.proxy.beside import Beside, Remembering
from ricordo.proxy.learning import Learning, Said
from ricordo.proxy.turns import PATHS
from ricordo.proxy.upstream import Upstream, back, is_sound, onward

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[bytes, bytes]
_LOG = logger("proxy")
#: Of an answer, and of a request that is read, so much is kept in memory.
_MOST_COPIED = 16_000_000


class Proxy:
    """The proxy as an ASGI application, without its life: see `application`.

    Args:
        upstream: The model server.
        remembering: The memory.
        learning: What is said goes there.
        origins: By which names it may be called, and from which pages.
        longest: Longest body that is looked into; longer ones go through unread. 0 is no bound.
    """

    def __init__(
        self, upstream: Upstream, remembering: Remembering, learning: Learning, origins: Origins, longest: int
    ) -> None:
        self._upstream, self._remembering, self._learning = upstream, remembering, learning
        self._origins, self._longest = origins, longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path, incoming = str(scope["path"]), _Incoming(receive)
        scope.setdefault("state", {})["route"] = path if path in PATHS else "passed through"
        if (refusal := self._refused(headers, _sent_path(scope))) is not None:
            await _error(send, path, *refusal)
        elif scope["method"] == "POST" and path in PATHS:
            await self._remembered(scope, headers, incoming, send)
        else:
            exchange = _Exchange(send, None)
            await self._through(scope, headers, incoming, exchange, incoming.pieces(), read=False)

    async def _remembered(self, scope: Scope, headers: Headers, incoming: _Incoming, send: Send) -> None:
        """Serve a request that memory is put into."""
        body = await incoming.whole(self._longest)
        if incoming.gone:
            return
        if body is None:
            exchange = _Exchange(send, None, note="off; reason=too large")
            await self._through(scope, headers, incoming, exchange, incoming.pieces(), read=False)
            return
        beside = await self._remembering.beside(str(scope["path"]), headers, body)
        scope["state"]["request_id"] = beside.request_id
        dialect, answered = PATHS[str(scope["path"])]
        keeps = answered and beside.admitted is not None and beside.admitted.writes and bool(beside.turns)
        note = beside.header + ("; learning=full" if keeps and self._learning.full else "")
        exchange = _Exchange(send, self._noting(beside, dialect) if answered else None, note=note)
        if keeps:
            self._learning.expect()
        try:
            await self._through(scope, headers, incoming, exchange, beside.body, read=answered)
        finally:
            if keeps and beside.admitted is not None:
                stream, copy = exchange.stream, exchange.copy if exchange.status == 200 else None
                told = (beside.admitted.owner, beside.session, beside.turns, dialect, stream, copy, beside.request_id)
                self._learning.offer(Said(beside.admitted.memory, *told))

    def _noting(self, beside: Beside, dialect: str) -> Callable[[Copy], bool]:
        """Return what looks into the copy of a response as it comes, until it has seen enough."""
        conversations = self._remembering.conversations

        def look(copy: Copy) -> bool:
            if dialect != "responses" or beside.admitted is None:
                return True
            found = copy.response_id
            if found is not None:
                conversations.answered(beside.admitted.owner, found, beside.key)
            return found is not None

        return look

    async def _through(
        self,
        scope: Scope,
        headers: Headers,
        incoming: _Incoming,
        exchange: _Exchange,
        content: bytes | AsyncIterator[bytes],
        *,
        read: bool,
    ) -> None:
        """Send a request on and its answer back; when the client leaves, the model server is left too."""
        path = _sent_path(scope)
        kept = onward(scope["headers"], read=read)
        if isinstance(content, bytes):
            kept.append((b"content-length", str(len(content)).encode()))
        elif b"content-length" in headers:
            kept.append((b"content-length", headers[b"content-length"]))
        elif b"transfer-encoding" not in headers:
            content = await incoming.whole(0) or b""
        asked = self._upstream.send(scope["method"], path.decode("latin-1"), scope["query_string"], kept, content)
        work = asyncio.ensure_future(exchange.run(asked))
        gone = asyncio.ensure_future(incoming.left())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._told(exchange, str(scope["path"]), work.exception())
        finally:
            for task in (work, gone):
                task.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await work

    async def _told(self, exchange: _Exchange, path: str, error: BaseException | None) -> None:
        """Tell the client that the model server failed; where the answer had begun, break off as it did."""
        if error is None or isinstance(error, _GoneError):
            return
        if not isinstance(error, (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)):
            raise error
        # Its message may hold what was sent, a key too: only its kind is told.
        _LOG.warning("upstream failed", upstream=self._upstream.name, why=type(error).__name__)
        if not exchange.status:
            slow = isinstance(error, httpx.TimeoutException)
            what = "did not answer in time" if slow else "can't be reached, or broke off"
            message = f"upstream: the model server {self._upstream.name} {what} ({type(error).__name__})"
            await _error(exchange.send, path, 504 if slow else 502, message, exchange.note)

    def _refused(self, headers: Headers, path: bytes) -> tuple[int, str] | None:
        if not is_sound(path):
            return 400, "path: it begins with a slash, and has neither dots alone between slashes nor a fragment"
        host, origin = (headers.get(name, b"").decode("latin-1") for name in (b"host", b"origin"))
        if not self._origins.named(host):
            return 421, f"Host: this proxy does not go by the name {host!r}; name it in the setting allowed_hosts"
        if origin and not self._origins.admits(origin, host):
            return 403, f"Origin: pages of {origin!r} may not call this proxy; name it in the setting allowed_origins"
        if is_embedded(headers):
            return 403, "Origin: pages of other servers may not call this proxy"
        return None


class _GoneError(Exception):
    """The client left before its request was whole."""


class _Incoming:
    """The body of a request, and whether its sender is still there."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[bytes] = []
        self._all = asyncio.Event()
        self.gone = False

    async def whole(self, longest: int) -> bytes | None:
        """Return the body, or None where it is longer than that; then `pieces` yields all of it."""
        size = 0
        while not self._all.is_set() and not self.gone:
            self._read.append(await self._next())
            size += len(self._read[-1])
            if longest and size > longest:
                return None
        return b"".join(self._read)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        for piece in self._read:
            yield piece
        while not self._all.is_set():
            piece = await self._next()
            if self.gone:
                raise _GoneError
            yield piece

    async def left(self) -> None:
        """Wait until the client has left."""
        await self._all.wait()
        while not self.gone:
            await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        elif not message.get("more_body", False):
            self._all.set()
        return bytes(message.get("body", b""))


class _Exchange:
    """One answer on its way back.

    Args:
        send: Where it goes.
        look: Looks into the copy until it returns true; None where no copy is made.
        note: The value of the header Ricordo-Memory; None for none.
    """

    def __init__(self, send: Send, look: Callable[[Copy], bool] | None, note: str | None = None) -> None:
        self.send, self._look, self.note = send, look, note
        self.status = 0
        self.stream = False
        self.copy: Copy | None = None

    async def run(self, asked: Awaitable[httpx.Response]) -> None:
        """Pass the answer on: every byte of the body as it came."""
        response = await asked
        try:
            await self._begin(response)
            async for piece in response.aiter_raw():
                if self.copy is not None:
                    self.copy.feed(piece)
                    if self._look is not None and self._look(self.copy):
                        self._look = None
                await self.send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            await response.aclose()
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, response: httpx.Response) -> None:
        headers = back(response.headers.raw)
        if self._look is not None:
            told = dict(headers)
            self.stream = told.get(b"content-type", b"").lower().startswith(b"text/event-stream")
            self.copy = Copy(told.get(b"content-encoding", b"").decode("latin-1").lower(), _MOST_COPIED)
        if self.note is not None:
            headers.append((b"ricordo-memory", self.note.encode("latin-1", "replace")))
        self.status = response.status_code
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": headers})


def application(
    proxy: Proxy, upstream: Upstream, remembering: Remembering, learning: Learning, *, shutdown_s: float
) -> Starlette:
    """Return the proxy with its life: when it ends, what was answered is kept first.

    Its `state.learning` is there to wait for what is being kept: `app.state.learning.flush(10)`.

    Args:
        proxy, upstream, remembering, learning: The parts.
        shutdown_s: How long what waits to be kept is waited for.
    """

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        lost = await asyncio.to_thread(learning.close, shutdown_s)
        if lost:
            _LOG.error("not kept", answers=lost, why="keeping them took longer than shutdown_s")
        remembering.close()
        await upstream.close()

    async def healthy(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    every = ["GET", "HEAD"]
    routes = [Route("/healthz", healthy, methods=every), Route("/readyz", healthy, methods=every)]
    app = Starlette(routes=[*routes, Route("/{path:path}", proxy)], lifespan=life)
    app.state.learning = learning
    return app


def _sent_path(scope: Scope) -> bytes:
    """Return the path as it was sent."""
    return scope.get("raw_path") or str(scope["path"]).encode()


async def _error(send: Send, path: str, status: int, message: str, note: str | None = None) -> None:
    """Answer with an error in the shape that clients of the path read."""
    if path.startswith("/v1/messages"):
        kind = "api_error" if status >= 500 else "permission_error"
        document: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": message}}
    else:
        document = {"error": {"message": message, "type": "proxy_error", "param": None, "code": None}}
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if note is not None:
        headers.append((b"ricordo-memory", note.encode("latin-1", "replace")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
