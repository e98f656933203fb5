"""`ricordo mcp --http`: the application behind the gate, on an address of its own."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.listening import certified, listening
from ricordo.access.origins import is_loopback
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send, answer
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.mcp.caller import PATH
from ricordo.observe.watch import Observer, watch

#: Clients keep their connections for longer than uvicorn does by default.
_KEEP_ALIVE_S = 75
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
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_s)),
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )
    certified(config.load, settings)
    with listening(settings, "mcp_port") as place:
        host, port = place.getsockname()[:2]
        named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        server = _Server(config, lambda: ready(f"{'https' if config.is_ssl else 'http'}://{named}{PATH}"))
        server.run(sockets=[place])


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens, and returns when a signal ends it, so that all else is closed."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and do not raise it again: there is more to close than uvicorn knows of."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sign: signal.signal(sign, self.handle_exit) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()
