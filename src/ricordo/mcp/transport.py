"""Streamable HTTP: one application for every version of the protocol, to be put behind a gate."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any

from mcp.server import Server
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from ricordo.access.refusal import Receive, Scope, Send, answer
from ricordo.config import Settings
from ricordo.mcp.caller import Callers
from ricordo.mcp.server import memory_server

_UNBOUNDED = 1 << 62
_ONLY_POST = b"this server sends nothing on its own: there is only POST"
_PLAIN = ((b"allow", b"POST"), (b"content-type", b"text/plain"))


def mcp_app(callers: Callers, settings: Settings) -> Transport:
    """Return the application that serves memory over streamable HTTP, at whatever path it is mounted.

    It asks nobody for a key: put it behind `ricordo.access.gate.gate`, and read the key in `callers`.

    Args:
        callers: Lends who sends a request, given its ASGI scope.
        settings: Gives the longest body.
    """
    return Transport(memory_server(callers), settings)


class Transport:
    """An ASGI application for a server of the protocol.

    Requests stand alone: a client of 2026-07-28 sends no session, and one of an earlier version is given none, so that
    it need not begin anew when this server has been restarted.

    Args:
        server: What is served.
        settings: Gives the longest body.
        sessions: Whether clients of versions before 2026-07-28 get a session: only where the server asks them
            something back. A session belongs to the key that began it.

    Where it is mounted in another application, that one enters `running()` in its own lifespan.
    """

    def __init__(self, server: Server[Any], settings: Settings, *, sessions: bool = False) -> None:
        self._sessions = sessions
        self._manager = StreamableHTTPSessionManager(
            server, stateless=not sessions, max_request_body_size=settings.max_body_bytes or _UNBOUNDED
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Return the time in which requests are served; it can be entered once."""
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif not self._sessions and scope["method"] != "POST":
            await answer(send, HTTPStatus.METHOD_NOT_ALLOWED, _ONLY_POST, _PLAIN)
        else:
            await self._manager.handle_request(_owned(scope), receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _owned(scope: Scope) -> Scope:
    """Return the scope with the owner of what it begins: the key that the gate found."""
    key = scope.get("state", {}).get("key")
    if key is None:
        return scope
    return {**scope, "user": AuthenticatedUser(AccessToken(token=key.id, client_id=key.id, scopes=[]))}
