"""A server of Ricordo's, run until a signal asks it to stop."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from ricordo.access.listening import certified
from ricordo.access.refusal import ASGIApp
from ricordo.config import Settings

#: How long an idle connection is kept, in seconds: longer than clients keep theirs, so that no request meets its end.
_IDLE_S = 75


def configured(application: ASGIApp, settings: Settings, *, dated: bool = True) -> uvicorn.Config:
    """Return how uvicorn runs an application.

    Args:
        application: The application.
        settings: Have the certificate, and how long a stop may take.
        dated: Whether answers get a date.

    Raises:
        InvalidInputError: The certificate or its key can't be read.
    """
    made = uvicorn.Config(
        application,
        host=settings.host,
        port=0,  # where no socket is handed to it
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=dated,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_s)),
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )
    certified(made.load, settings)
    return made


class Server(uvicorn.Server):
    """A uvicorn server that says where it listens, and returns when a signal ends it, so that all else is closed.

    Args:
        config: How uvicorn runs it.
        ready: Is told the address, such as http://127.0.0.1:8474, once it is listened on.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal; nothing is raised again afterwards, for there is more to close than uvicorn knows of."""
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
            place = sockets[0] if sockets else self.servers[0].sockets[0]
            self._ready(f"{'https' if self.config.is_ssl else 'http'}://{_shown(place)}")


def _shown(place: socket.socket) -> str:
    host, port = place.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
