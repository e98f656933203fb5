"""A request for a method of `Memory`: read, called, answered. Runs on a thread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ricordo.access.refusal import Header
from ricordo.errors import InvalidInputError
from ricordo.http import changes, cursors
from ricordo.http.answers import JSON, Answer, dumped, etag, version_of
from ricordo.http.deliveries import delivery
from ricordo.http.handles import Held, handle_of
from ricordo.http.incoming import Incoming, is_known, json_of, query_of, version_in
from ricordo.http.repeats import REPLAYED, in_log, once
from ricordo.http.serving import Serving
from ricordo.http.table import Operation, OwnRoute
from ricordo.types import Record, Verdict
from ricordo.wire.codec import decode
from ricordo.wire.routes import HEADERS, Place, Route, arguments_of, parameters, wrapped

#: How long a request may wait for an event, in seconds.
LONGEST_WAIT_S = 30.0


def asked_of(request: Incoming, operation: Operation) -> dict[str, Any]:
    """Return the arguments of a request for what it asks for.

    Raises:
        InvalidInputError: Something is missing, unknown, or of another type.
        MediaError: The body is no JSON.
    """
    route = operation.route
    places: dict[Place, Mapping[str, Any]] = {"path": {name: request.parts[name] for name in _in_path(route)}}
    if route.verb in ("GET", "DELETE"):
        places["query"] = query_of(request)
    elif operation.raw:
        places["body"] = _single(query_of(request))
    else:
        _no_query(request)
        places["body"] = json_of(request)
    places["header"] = _headers(request, route)
    arguments = arguments_of(route, places)
    if route.name == "wait_for":
        _check_wait(arguments.get("timeout_s", 0))
    if isinstance(route, OwnRoute):  # what `Memory` would check itself
        kinds = {part.name: part.kind for part in parameters(route)}
        return {name: decode(kinds[name], value, name) for name, value in arguments.items()}
    return arguments


def call(serving: Serving, operation: Operation, request: Incoming) -> Answer:
    """Do what a request asks for."""
    route, arguments = operation.route, asked_of(request, operation)
    if isinstance(route, OwnRoute):
        answer: Answer = route.plain(serving, request, route, **arguments)
        return answer
    arguments, wraps = cursors.opened(route, request, arguments)
    space = request.parts["space"]
    with serving.spaces.lease(space) as whole, serving.observer.operation(route.name):
        held = handle_of(whole, space, request, route, arguments)
        result, replayed = _done(serving, held, request, route, arguments)
    if route.changes:
        serving.streams.wake(space)
    noted = delivery(request, route.name, held, result, content=serving.settings.log_content)
    if noted is not None:
        serving.journal.note(noted)
    return _answer(request, route, result, wraps, replayed)


def _done(serving: Serving, held: Held, request: Incoming, route: Route, arguments: dict[str, Any]) -> tuple[Any, bool]:
    """Return the result of the method, and whether it is that of an earlier request with the same key."""
    if route.name in changes.CHANGES:
        return changes.CHANGES[route.name](held.memory, request, arguments)
    work = partial(getattr(held.memory, route.method or route.name), **arguments)
    if not route.changes or in_log(route):
        result = work()
        return result, "key" in arguments and bool(getattr(result, "repeated", False))
    return once(serving.once, held, request, route, arguments, work)


def _answer(request: Incoming, route: Route, result: Any, wraps: cursors.Wraps, replayed: bool) -> Answer:
    headers: list[Header] = [JSON]
    if replayed:
        headers.append(REPLAYED)
    version = version_of(result)
    if version is not None:
        headers.append(etag(version))
        if isinstance(result, Record) and is_known(request, version):
            return Answer(304, b"", tuple(headers[1:]))
    if isinstance(result, Verdict) and route.verb == "POST":
        headers.append((b"location", f"{request.path}/{result.record.id}".encode()))
    return Answer(route.status, dumped(wraps(wrapped(result))), tuple(headers))


def _check_wait(seconds: Any) -> None:
    """Refuse what would hold a thread for long."""
    if not (isinstance(seconds, (int, float)) and 0 <= seconds <= LONGEST_WAIT_S):
        raise InvalidInputError("timeout_s", f"a number of seconds from 0 to {LONGEST_WAIT_S:g}", seconds)


def _in_path(route: Route) -> list[str]:
    return [part.name for part in parameters(route) if part.place == "path"]


def _no_query(request: Incoming) -> None:
    name = next(iter(query_of(request)), None)
    if name is not None:
        raise InvalidInputError(name, "in the body; this route has no query")


def _single(query: Mapping[str, str | list[str]]) -> Mapping[str, str | list[str]]:
    twice = next((name for name, value in query.items() if isinstance(value, list)), None)
    if twice is not None:
        raise InvalidInputError(twice, "once")
    return query


def _headers(request: Incoming, route: Route) -> dict[str, Any]:
    """Return the arguments in the headers; what a route can't hold to is refused, not passed over."""
    if route.name in changes.CHANGES:
        return {}
    known = {part.name for part in parameters(route) if part.place == "header"}
    found = {name: value for name, header in HEADERS.items() if (value := request.header(header)) is not None}
    if "key" not in known or not in_log(route):
        found.pop("key", None)  # `once` keeps it, or nothing is changed
    if "if_version" in found and (route.changes or "if_version" in known):
        version = version_in(request)
        found.pop("if_version")
        if version is not None:
            found["if_version"] = str(version)
    elif "if_version" in found:
        found.pop("if_version")
    beyond = next((name for name in found if name not in known), None)
    if beyond is not None:
        raise InvalidInputError(HEADERS[beyond], "not on this route, which can't hold to it")
    return found
