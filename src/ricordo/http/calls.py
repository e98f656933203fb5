"""A request for a method of `Memory`: read, called, answered. Runs on a thread, with a space that is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ricordo.access.refusal import Header
from ricordo.errors import InvalidInputError
from ricordo.http import changes, cursors
from ricordo.http.answers import Answer, dumped, etag, good, version_of
from ricordo.http.handles import Held, handle_of
from ricordo.http.incoming import Incoming, is_known, json_of, query_of, version_in
from ricordo.memory import Memory
from ricordo.types import Record, Verdict
from ricordo.wire.routes import HEADERS, Place, Route, arguments_of, parameters, wrapped

Done = Callable[[Held, Any], None]
_REPLAYED: Header = (b"idempotency-replayed", b"true")


def asked_of(request: Incoming, route: Route) -> dict[str, Any]:
    """Return the arguments of a request for the method of a route.

    Raises:
        InvalidInputError: Something is missing, unknown, or of another type.
        MediaError: The body is no JSON.
    """
    places: dict[Place, Mapping[str, Any]] = {"path": {name: request.parts[name] for name in _in_path(route)}}
    if route.verb in ("GET", "DELETE"):
        places["query"] = query_of(request)
    else:
        _no_query(request)
        places["body"] = json_of(request)
    places["header"] = _headers(request, route)
    return arguments_of(route, places)


def call(whole: Memory, space: str, request: Incoming, route: Route, done: Done) -> Answer:
    """Do what a request asks for.

    Args:
        whole: The space.
        space: Its name.
        request: The request.
        route: What it asks for.
        done: Is told the handle and the result of what was done.
    """
    arguments = asked_of(request, route)
    arguments, wraps = cursors.opened(route, request, arguments)
    held = handle_of(whole, space, request, route, arguments)
    if route.name in changes.CHANGES:
        result, replayed = changes.CHANGES[route.name](held.memory, request, arguments)
    else:
        result = getattr(held.memory, route.method or route.name)(**arguments)
        replayed = "key" in arguments and bool(getattr(result, "repeated", False))
    done(held, result)
    return _answer(request, route, result, wraps, replayed)


def _answer(request: Incoming, route: Route, result: Any, wraps: cursors.Wraps, replayed: bool) -> Answer:
    headers: list[Header] = [_REPLAYED] if replayed else []
    version = version_of(result)
    if version is not None:
        headers.append(etag(version))
        if isinstance(result, Record) and is_known(request, version):
            return Answer(304, b"", tuple(headers))
    if isinstance(result, Verdict) and route.verb == "POST":
        headers.append((b"location", f"{request.path}/{result.record.id}".encode()))
    return Answer(route.status, dumped(wraps(wrapped(result))), (*_json(), *headers))


def _json() -> tuple[Header, ...]:
    return good(200, {}).headers


def _in_path(route: Route) -> list[str]:
    return [part.name for part in parameters(route) if part.place == "path"]


def _no_query(request: Incoming) -> None:
    name = next(iter(query_of(request)), None)
    if name is not None:
        raise InvalidInputError(name, "in the body; this route has no query")


def _headers(request: Incoming, route: Route) -> dict[str, Any]:
    """Return the arguments in the headers; what a route can't hold to is refused, not passed over."""
    known = {part.name for part in parameters(route) if part.place == "header"}
    found: dict[str, Any] = {}
    for name, header in HEADERS.items():
        value = request.header(header)
        if value is None or name in changes.held_by(route):
            continue
        if name == "if_version":
            value = version = version_in(request)  # type: ignore[assignment]
            if version is None:
                continue
            value = str(version)
        if name in known:
            found[name] = value
        elif name == "read_token" or (name == "if_version" and route.changes):
            raise InvalidInputError(header, "not on this route, which can't hold to it")
    return found
