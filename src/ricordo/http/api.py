"""The API below `/v1`, as an ASGI application: finds the operation, has its work done on a thread, sends the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ricordo.access.refusal import Receive, Scope, Send
from ricordo.errors import RicordoError
from ricordo.http.answers import Answer, bad, failed, send_whole
from ricordo.http.calls import call
from ricordo.http.directory import made_space, one_space, several_spaces
from ricordo.http.handles import Held
from ricordo.http.incoming import Incoming, MediaError, PreconditionMissingError
from ricordo.http.lanes import Lanes
from ricordo.http.places import unknown
from ricordo.http.spaces import Spaces
from ricordo.http.table import Matched, Operation, matched

_LOG = logging.getLogger("ricordo.http")
Work = Callable[[Spaces, Incoming], Answer]
Done = Callable[[Incoming, Operation, Held, Any], None]


class LeftError(Exception):
    """The client has left before its request was whole."""


class Api:
    """The API.

    Args:
        spaces: The spaces it serves.
        lanes: The threads it works on.
        done: Is told of what was done: the request, the operation, the handle, the result.
    """

    def __init__(self, spaces: Spaces, lanes: Lanes, done: Done) -> None:
        self._spaces, self._lanes, self._done = spaces, lanes, done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = scope["state"]["request_id"]
        found = matched(_raw_path(scope))
        try:
            answer = await self._answer(scope, receive, found, request_id)
        except LeftError:
            return
        except Exception:  # noqa: BLE001 - the outermost border: whatever it is, it is told in our way
            _LOG.exception("request %s failed", request_id)
            detail = "something unexpected; the log of the server tells more under this request id"
            answer = bad(500, "InternalError", detail, request_id)
        await send_whole(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive, found: Matched | None, request_id: str) -> Answer:
        if found is None:
            return bad(404, "NotFoundError", "there is nothing at this path; /openapi.json has all", request_id)
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = found.operations.get(verb)
        if operation is None:
            detail = f"{verb} can't be done here; {found.allowed} can"
            return bad(405, "MethodError", detail, request_id, [(b"allow", found.allowed.encode())])
        request = _incoming(scope, found.parts, await _body(receive))
        if refusal := _refused(request, operation):
            return refusal
        try:
            return await self._lanes.run(operation.lane, partial(self._worked, operation, request))
        except RicordoError as error:
            return failed(error, request_id)

    def _worked(self, operation: Operation, request: Incoming) -> Answer:
        """Do the work of a request; runs on a thread."""
        try:
            if operation.route is None:
                return _OWN[operation.name](self._spaces, request)
            space = request.parts["space"]
            with self._spaces.lease(space) as memory:
                return call(memory, space, request, operation.route, partial(self._done, request, operation))
        except RicordoError as error:
            return failed(error, request.request_id)
        except MediaError as error:
            detail = f"Content-Type: application/json is what this route takes, not {error}"
            return bad(415, "MediaTypeError", detail, request.request_id)
        except PreconditionMissingError:
            detail = 'If-Match: name the version you have read, such as "3", or * for any'
            return bad(428, "PreconditionMissingError", detail, request.request_id)


_OWN: Mapping[str, Work] = {"spaces": several_spaces, "space": one_space, "make_space": made_space}


def _refused(request: Incoming, operation: Operation) -> Answer | None:
    """Return why a request is turned away before anything is done."""
    if not _accepts(request.header("accept")):
        return bad(406, "AcceptError", "Accept: application/json is what there is", request.request_id)
    space = request.parts.get("space")
    if space is not None and not request.key.opens(space):
        return failed(unknown(space), request.request_id)
    if operation.right is not None and not request.key.may(operation.right):
        detail = f"this key may not do that: it lacks the right {operation.right!r}"
        return bad(403, "AccessError", detail, request.request_id)
    return None


def _accepts(accept: str | None) -> bool:
    if not accept:
        return True
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return not kinds.isdisjoint(("*/*", "application/*", "application/json"))


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _incoming(scope: Scope, parts: Mapping[str, str], body: bytes) -> Incoming:
    made = Incoming(scope["method"], _raw_path(scope), scope["query_string"], dict(scope["headers"]), body)
    return replace(made, key=scope["state"]["key"], request_id=scope["state"]["request_id"], parts=parts)


async def _body(receive: Receive) -> bytes:
    """Return the whole body of a request; the gate bounds it."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return whole
    parts: list[bytes] = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    raise LeftError
