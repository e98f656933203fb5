"""`ricordo mcp --http`: the application behind the gate, on an address of its own."""

from __future__ import annotations

from collections.abc import Callable

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.listening import listening
from ricordo.access.origins import is_loopback
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send, answer
from ricordo.access.running import Server, configured
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.mcp.caller import PATH
from ricordo.observe.watch import Observer, watch

_PLAIN = ((b"content-type", b"text/plain"),)


def guarded(app: ASGIApp, keys: Keys | None, settings: Settings, observer: Observer | None = None) -> ASGIApp:
    """Return an application that serves another at `/mcp`, behind the gate, and says at `/healthz` that it is there.

    Args:
        app: What serves the protocol.
        keys: The keys of this server; None asks for none.
        settings: Address, names, origins, rate and size.
        observer: Is told of every request, and shows its counts at `/metrics`; None for none.

    Raises:
        InvalidInputError: Others can reach the address, and there are no keys, or keys would be sent in the clear.
    """
    if not is_loopback(settings.host) and not (settings.tls_cert and settings.tls_key):
        rule = "an address of this machine alone, such as 127.0.0.1, unless tls_cert and tls_key are set"
        raise InvalidInputError("host", rule, settings.host)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["path"].rstrip("/") == PATH:
            scope["state"]["route"] = PATH
            await app(scope, receive, send)
        elif scope["path"] == "/healthz":
            scope["state"]["route"] = "/healthz"
            await answer(send, 200, b"ok", _PLAIN)
        else:
            await answer(send, 404, f"there is only {PATH}".encode(), _PLAIN)

    if observer is None:
        return gate(routed, keys=keys, settings=settings)
    return watch(gate(observer.beside(routed), keys=keys, settings=settings), observer)


def serve(app: ASGIApp, settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve an application until a signal asks to stop.

    Args:
        app: What is served.
        settings: Address, port `mcp_port` (0 takes a free one), certificate, and how long a stop may take.
        ready: Is told the address, once it is listened on.

    Raises:
        InvalidInputError: The address can't be had, or the certificate can't be read.
    """
    config = configured(app, settings)
    with listening(settings, "mcp_port") as place:
        Server(config, lambda url: ready(f"{url}{PATH}")).run(sockets=[place])
