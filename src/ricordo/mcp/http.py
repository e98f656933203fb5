"""`ricordo mcp --http`: the application behind the gate, on an address of its own."""

from __future__ import annotations

from typing import Any

import uvicorn

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send, answer
from ricordo.config import Settings
from ricordo.mcp.caller import Callers
from ricordo.mcp.transport import mcp_app

PATH = "/mcp"


def guarded(app: ASGIApp, keys: Keys | None, settings: Settings) -> ASGIApp:
    """Return an application that serves another at `/mcp`, behind the gate, and says at `/healthz` that it is there.

    Args:
        app: What serves the protocol.
        keys: The keys of this server; None asks for none.
        settings: Address, names, origins, rate and size.

    Raises:
        InvalidInputError: No keys, and an address that others can reach.
    """

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"].rstrip("/") == PATH:
            await app(scope, receive, send)
        elif scope["path"] == "/healthz":
            await answer(send, 200, b"ok", [(b"content-type", b"text/plain")])
        else:
            await answer(send, 404, f"there is only {PATH}".encode(), [(b"content-type", b"text/plain")])

    return gate(routed, keys=keys, settings=settings)


def serve_http(callers: Callers, keys: Keys | None, settings: Settings) -> None:
    """Serve memory over streamable HTTP until a signal asks to stop.

    Args:
        callers: Returns who sends a request, given its ASGI scope.
        keys: The keys of this server; None asks for none, on an address of this machine alone.
        settings: Address, port `mcp_port`, certificate and bounds.

    Raises:
        InvalidInputError: No keys, and an address that others can reach.
    """
    tls: dict[str, Any] = {"ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key or None}
    uvicorn.run(
        guarded(mcp_app(callers, settings), keys, settings),
        host=settings.host,
        port=settings.mcp_port,
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_s),
        **(tls if settings.tls_cert else {}),
    )
