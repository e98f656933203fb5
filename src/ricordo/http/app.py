"""The application of `ricordo serve`, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ricordo.access.gate import gate
from ricordo.access.journal import Journal
from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send
from ricordo.config import Settings
from ricordo.http.answers import bad, good, send_whole
from ricordo.http.api import Api
from ricordo.http.lanes import Lanes
from ricordo.http.places import Place
from ricordo.http.spaces import Spaces
from ricordo.memory import Memory

#: Paths that need no key.
PUBLIC = ("/", "/healthz", "/readyz", "/openapi.json")


def app(spaces: Spaces, *, settings: Settings, keys: Keys | None, journal: Journal | None = None) -> ASGIApp:
    """Return the application.

    Args:
        spaces: The spaces it serves; who opened them closes them.
        settings: The settings in force.
        keys: The keys; None asks for none, which is for an address of this machine alone.
        journal: Where is noted which request was given which records; None notes nothing.
    """
    return gate(Root(spaces, Lanes(), journal), keys=keys, settings=settings, public=PUBLIC)


class Root:
    """What is behind the gate: the API, and what needs no space."""

    def __init__(self, spaces: Spaces, lanes: Lanes, journal: Journal | None) -> None:
        self._spaces, self._lanes, self._journal = spaces, lanes, journal
        self._api = Api(spaces, lanes, lambda *_: None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].startswith("/v1/"):
            await self._api(scope, receive, send)
        else:
            await self._plain(scope, send)

    async def _plain(self, scope: Scope, send: Send) -> None:
        request_id = scope["state"]["request_id"]
        if scope["path"] in ("/healthz", "/readyz"):
            answer = good(200, {"status": "ok"})
        else:
            answer = bad(404, "NotFoundError", "there is nothing at this path; /openapi.json has all", request_id)
        await send_whole(send, answer, head=scope["method"] == "HEAD")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._lanes.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def opener(settings: Settings, **options: Any) -> Callable[[Place, bool], Memory]:
    """Return what opens a space as a server does: what waits to be written is committed together.

    Args:
        settings: The settings in force.
        options: Further arguments of `Memory.open`, such as the clock.
    """
    serving = replace(settings, group_commit=True)

    def opened(place: Place, create: bool) -> Memory:
        return Memory.open(place.location, space=place.space, create=create, settings=serving, **options)

    return opened
