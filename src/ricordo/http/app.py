"""The application of `ricordo serve`, put together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from http import HTTPStatus
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send
from ricordo.config import Settings
from ricordo.errors import RicordoError
from ricordo.http.answers import Answer, bad, good, send_whole
from ricordo.http.api import Api
from ricordo.http.openapi import document
from ricordo.http.places import Place
from ricordo.http.serving import Serving
from ricordo.mcp.caller import PATH as MCP
from ricordo.mcp.caller import callers_of
from ricordo.memory import Memory
from ricordo.observe import watch
from ricordo.web.page import PREFIX, inspector

if TYPE_CHECKING:
    from ricordo.mcp.transport import Transport

#: Paths that need no key.
PUBLIC = ("/", "/healthz", "/readyz", "/openapi.json", PREFIX, f"{PREFIX}/*")


def app(serving: Serving, *, keys: Keys | None) -> ASGIApp:
    """Return the application.

    Args:
        serving: The spaces it serves and all else that it works with; who opened them closes them.
        keys: The keys; None asks for none, which is for an address of this machine alone.
    """
    inside = serving.observer.beside(Root(serving))
    return watch(gate(inside, keys=keys, settings=serving.settings, public=PUBLIC), serving.observer)


class Root:
    """What is behind the gate: the API, and what needs no space.

    Args:
        serving: What it works with.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving, self._api, self._inspector = serving, Api(serving), inspector()
        self._mcp = _mcp(serving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; whatever goes wrong is told in our way, and in the log."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        seen = _Begun(send)
        try:
            if scope["path"].startswith("/v1/"):
                await self._api(scope, receive, seen.send)
            elif scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/"):
                await self._inspector(scope, receive, seen.send)
            elif self._mcp is not None and (scope["path"] == MCP or scope["path"].startswith(f"{MCP}/")):
                scope["state"]["route"] = MCP
                await self._mcp(scope, receive, seen.send)
            else:
                await self._plain(scope, seen.send)
        except Exception as error:  # noqa: BLE001 - the outermost border
            request_id = scope["state"]["request_id"]
            self._serving.observer.log.error("failed", error=error, request_id=request_id)
            if not seen.begun:
                detail = "something unexpected; the log of the server tells more under this request id"
                await send_whole(send, bad(500, "InternalError", detail, request_id), head=scope["method"] == "HEAD")

    async def _plain(self, scope: Scope, send: Send) -> None:
        request_id, path, verb = scope["state"]["request_id"], scope["path"], scope["method"]
        make = _PLAIN.get(path)
        if make is None:
            answer = bad(404, "NotFoundError", "there is nothing at this path; /openapi.json has all", request_id)
        elif verb not in ("GET", "HEAD"):
            answer = bad(405, "MethodError", f"{verb} can't be done here", request_id, [(b"allow", b"GET, HEAD")])
        else:
            scope["state"]["route"] = path
            answer = make(self._serving, request_id)
        await send_whole(send, answer, head=verb == "HEAD")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            if self._mcp is not None:
                await stack.enter_async_context(self._mcp.running())
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._serving.lanes.close()
        await send({"type": "lifespan.shutdown.complete"})


def _mcp(serving: Serving) -> Transport | None:
    """Return what serves the Model Context Protocol, where its extra is installed."""
    if find_spec("mcp") is None:
        return None
    from ricordo.mcp.transport import mcp_app

    return mcp_app(callers_of(serving.spaces.lease, serving.journal), serving.settings)


class _Begun:
    """Passes messages on, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def send(self, message: Any) -> None:
        self.begun = True
        await self._send(message)


def _healthy(serving: Serving, request_id: str) -> Answer:
    return good(200, {"status": "ok"})


def _ready(serving: Serving, request_id: str) -> Answer:
    """Tell whether requests can be served: the places of the spaces can be read."""
    try:
        serving.spaces.names()
    except (RicordoError, OSError):
        return bad(503, "NotReadyError", "the spaces can't be read; the log of the server tells more", request_id)
    return good(200, {"status": "ok"})


def _page(serving: Serving, request_id: str) -> Answer:
    return Answer(HTTPStatus.TEMPORARY_REDIRECT, headers=((b"location", f"{PREFIX}/".encode()),))


def _described(serving: Serving, request_id: str) -> Answer:
    return good(200, document())


_PLAIN: dict[str, Callable[[Serving, str], Answer]] = {
    "/": _page,
    "/healthz": _healthy,
    "/readyz": _ready,
    "/openapi.json": _described,
}


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
