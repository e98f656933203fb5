"""`ricordo mcp --http`: the application behind the gate, on an address of its own."""

from __future__ import annotations

import socket
import sys
from typing import Any, cast

import uvicorn

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send, answer
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
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
        InvalidInputError: No keys, and an address that others can reach; or an address that can't be had.
    """
    serve_app(guarded(mcp_app(callers, settings), keys, settings), settings)


def serve_app(app: ASGIApp, settings: Settings) -> None:
    """Serve an application until a signal asks to stop; say on standard error where.

    Args:
        app: What is served.
        settings: Address, port `mcp_port` (0 takes a free one), certificate, and how long a stop may take.

    Raises:
        InvalidInputError: The address can't be had.
    """
    tls = {"ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key or None} if settings.tls_cert else {}
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_s),
        **cast(Any, tls),
    )
    with _listening(settings) as place:
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        where = f"{'https' if tls else 'http'}://{name}:{place.getsockname()[1]}{PATH}"
        print(f"Serving the Model Context Protocol at {where}", file=sys.stderr, flush=True)
        uvicorn.Server(config).run(sockets=[place])


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.mcp_port), family=family)
    except OSError as error:
        rule = f"an address and a port that are free ({error.strerror or error}); set host and mcp_port, or use --port"
        raise InvalidInputError("mcp_port", rule, f"{settings.host}:{settings.mcp_port}") from error
