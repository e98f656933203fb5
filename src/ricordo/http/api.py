"""The API below `/v1`, as an ASGI application: finds the operation, has its work done on a thread, sends the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial

from ricordo.access.refusal import Receive, Scope, Send
from ricordo.errors import RicordoError
from ricordo.http.answers import Answer, bad, failed, send_whole
from ricordo.http.calls import call
from ricordo.http.incoming import Incoming, MediaError, PreconditionMissingError
from ricordo.http.own import EVENTS
from ricordo.http.places import unknown
from ricordo.http.sending import send_file, send_stream
from ricordo.http.serving import Serving
from ricordo.http.table import Matched, Operation, matched

#: How long the body of a request may take to come, in seconds.
_PATIENCE_S = 60.0


class LeftError(Exception):
    """The client has left before its request was whole."""


class Api:
    """The API.

    Args:
        serving: What the operations share.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head = scope["method"] == "HEAD"
        try:
            answer = await self._answer(scope, receive)
        except LeftError:
            return
        if answer.file is not None:
            await send_file(send, answer, answer.file, self._serving.lanes, head=head)
        elif answer.stream is not None:
            await self._follow(scope, receive, send, answer)
        else:
            await send_whole(send, answer, head=head)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        request_id = scope["state"]["request_id"]
        found = matched(_raw_path(scope))
        if found is None:
            return bad(404, "NotFoundError", "there is nothing at this path; /openapi.json has all", request_id)
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = found.operations.get(verb)
        if operation is None:
            detail = f"{verb} can't be done here; {found.allowed} can"
            return bad(405, "MethodError", detail, request_id, [(b"allow", found.allowed.encode())])
        scope["state"]["route"] = operation.path
        try:
            async with asyncio.timeout(_PATIENCE_S):
                body = await _body(receive)
        except TimeoutError:
            detail = f"body: it was not whole after {_PATIENCE_S:g} s; send it again"
            return bad(408, "BodyTimeoutError", detail, request_id)
        request = _incoming(scope, found, body)
        if refusal := _refused(request, operation):
            return refusal
        if self._at_once(request, operation):
            return _worked(self._serving, operation, request)
        try:
            return await self._serving.lanes.run(operation.lane, partial(_worked, self._serving, operation, request))
        except RicordoError as error:
            return failed(error, request_id)

    def _at_once(self, request: Incoming, operation: Operation) -> bool:
        """Tell whether a request takes less time than handing it to a thread: one record, from a file that is open."""
        if operation.route.name != "get" or b"memory-read-token" in request.headers:
            return False
        return self._serving.spaces.near(request.parts["space"])

    async def _follow(self, scope: Scope, receive: Receive, send: Send, answer: Answer) -> None:
        assert answer.stream is not None
        async with aclosing(answer.stream) as pieces:
            try:
                first = await anext(pieces)
            except RicordoError as error:
                await send_whole(send, failed(error, scope["state"]["request_id"]), head=False)
                return
            await send_stream(send, receive, answer, first, pieces, head=scope["method"] == "HEAD")


def _worked(serving: Serving, operation: Operation, request: Incoming) -> Answer:
    """Do the work of a request; runs on a thread."""
    try:
        return call(serving, operation, request)
    except RicordoError as error:
        return failed(error, request.request_id)
    except MediaError as error:
        detail = f"Content-Type: application/json is what this route takes, not {error}"
        return bad(415, "MediaTypeError", detail, request.request_id)
    except PreconditionMissingError:
        detail = 'If-Match: name the version you have read, such as "3", or * for any'
        return bad(428, "PreconditionMissingError", detail, request.request_id)


def _refused(request: Incoming, operation: Operation) -> Answer | None:
    """Return why a request is turned away before anything is done."""
    if not _accepts(request.header("accept"), operation):
        return bad(406, "AcceptError", f"Accept: {_given(operation)} is what there is", request.request_id)
    space, right = request.parts.get("space"), operation.route.right
    if space is not None and not request.key.opens(space):
        return failed(unknown(space), request.request_id)
    if not operation.open and not request.key.may(right):
        detail = f"this key may not do that: it lacks the right {right!r}"
        return bad(403, "AccessError", detail, request.request_id)
    return None


def _given(operation: Operation) -> str:
    if operation.route.name == "stream":
        return EVENTS
    return "application/zip" if operation.route.name == "export" else "application/json"


def _accepts(accept: str | None, operation: Operation) -> bool:
    if not accept or accept == "*/*":
        return True
    given = _given(operation)
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return not kinds.isdisjoint(("*/*", f"{given.partition('/')[0]}/*", given))


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _incoming(scope: Scope, found: Matched, body: bytes) -> Incoming:
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    state = scope["state"]
    told = (scope["method"], _raw_path(scope), scope["query_string"], headers, body)
    whose = {"key": state["key"], "lasts": state["lasts"], "request_id": state["request_id"]}
    return Incoming(*told, **whose, parts=found.parts)


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
