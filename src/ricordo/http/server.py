"""A server, run until it is told to stop: uvicorn with what this application needs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from ricordo.access import running
from ricordo.access.journal import Journal
from ricordo.access.keys import Keys
from ricordo.access.ledger import Ledger
from ricordo.access.listening import listening
from ricordo.access.origins import is_loopback
from ricordo.access.refusal import ASGIApp
from ricordo.access.running import configured
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.http.app import app, opener
from ricordo.http.once import Once
from ricordo.http.places import ONLY, places_of
from ricordo.http.serving import Serving
from ricordo.http.spaces import Spaces
from ricordo.observe import Observer
from ricordo.store import is_address


class Server(running.Server):
    """The server of the HTTP API: its streams end when it stops."""

    def __init__(self, config: uvicorn.Config, serving: Serving, ready: Callable[[str], None]) -> None:
        super().__init__(config, ready)
        self._serving = serving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end at once, requests that are under way are waited for."""
        self._serving.streams.stop()
        await super().shutdown(sockets)


def serve(settings: Settings, *, insecure: bool = False, ready: Callable[[str], None]) -> None:
    """Serve until a signal comes.

    Args:
        settings: The settings in force.
        insecure: Ask for no key; only on an address of this machine alone.
        ready: Is told the address, once it is listened on.

    Raises:
        InvalidInputError: The address may be reached by others, and there are no keys or no TLS; or there are no keys.
    """
    with served(settings, insecure=insecure) as (serving, application), listening(settings, "port") as place:
        Server(configured(application, settings), serving, ready).run(sockets=[place])


@contextmanager
def served(settings: Settings, *, insecure: bool) -> Iterator[tuple[Serving, ASGIApp]]:
    """Open all that the application needs, and close it when it has ended."""
    _check(settings, insecure)
    folder = Path(settings.state).expanduser()
    with ExitStack() as stack:
        keys = None if insecure else stack.enter_context(Keys.open(folder))
        if keys is not None and not keys.list():
            rule = "there are no keys yet; make one with `ricordo keys issue --every-scope`, or serve "
            rule += "this machine alone with --insecure"
            raise InvalidInputError("keys", rule)
        ledger = Ledger(folder)
        stack.callback(ledger.close)
        journal = stack.enter_context(Journal.open(folder))
        observer = Observer.open(settings, "http")
        stack.callback(observer.close)
        spaces = Spaces(places_of(settings, ledger), opener(settings), most=settings.max_open_spaces)
        stack.callback(spaces.close)
        if not settings.spaces or not (is_address(settings.spaces) or spaces.names()):
            with spaces.lease(ONLY, create=True):
                pass
        serving = Serving(spaces, settings, journal, Once(ledger), observer)
        yield serving, app(serving, keys=keys)


def _check(settings: Settings, insecure: bool) -> None:
    if is_loopback(settings.host):
        return
    if insecure:
        rule = "an address of this machine alone, such as 127.0.0.1, with --insecure"
        raise InvalidInputError("host", rule, settings.host)
    if not (settings.tls_cert and settings.tls_key):
        rule = "an address of this machine alone, such as 127.0.0.1, unless tls_cert and tls_key are set"
        raise InvalidInputError("host", rule, settings.host)
