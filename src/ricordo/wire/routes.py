"""The table of routes: each is a method of `Memory` under a verb and a path. Server, client, OpenAPI are read from it.

Arguments keep their names. One that stands in the path is taken from there, the headers below are as HTTP has them, and
the others are in the query of a GET or DELETE, or are the members of a JSON body. A result that is no object is
wrapped: a list as `{"items": [...]}`, all else as `{"value": ...}`.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, Literal, Union, Unpack, get_args, get_origin

from ricordo.errors import InvalidInputError
from ricordo.memory import Memory
from ricordo.plaintext.policy import Policy
from ricordo.types import Verdict
from ricordo.wire.codec import decode, encode, hints

Place = Literal["path", "query", "header", "body"]
Right = Literal["read", "write", "erase", "admin"]

#: What every route of a space begins with.
SPACE = "/v1/spaces/{space}"
#: Arguments that are headers.
HEADERS: Mapping[str, str] = {
    "key": "Idempotency-Key",
    "if_version": "If-Match",
    "read_token": "Memory-Read-Token",
}
#: The scope that a handle writes, and those that it reads, where they are less than those of the key: labels as URLs
#: quote them, parted by commas.
WRITES, READS = "Memory-Write", "Memory-Read"
#: Arguments of `Memory` that stay where it is.
_LOCAL = frozenset({"self", "progress", "sleep", "decide"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a route.

    Args:
        name: Its name, as `Memory` calls it.
        kind: Its type annotation.
        place: Where it stands in a request.
        required: Whether it must be there.
        default: What it is where it is not; `...` where that is not told.
    """

    name: str
    kind: Any
    place: Place
    required: bool
    default: Any = ...


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        name: Its name, which is that of the method where the method has one route.
        verb: The HTTP method.
        path: Behind `SPACE`.
        right: What a key must be allowed to do.
        method: The method of `Memory`.
        without: Arguments of the method that this route does not take.
        needs: Optional arguments that this route requires.
        status: What success is answered with.
        result: The type of the result, where the method's annotation has more than one.
    """

    name: str
    verb: str
    path: str
    right: Right
    method: str = ""
    without: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    status: int = 200
    result: Any = None

    @property
    def function(self) -> Callable[..., Any]:
        """The method of `Memory`, unbound."""
        found: Callable[..., Any] = getattr(Memory, self.method or self.name)
        return found

    @property
    def returns(self) -> Any:
        """The type of the result."""
        return self.result or typing.get_type_hints(self.function)["return"]

    @property
    def changes(self) -> bool:
        """Whether it may change the space."""
        return self.verb != "GET" and not (self.right == "read" and self.name != "read_token")


ROUTES: tuple[Route, ...] = (
    Route("list", "GET", "/records", "read"),
    Route("retain", "POST", "/records", "write", without=("messages",), needs=("content",), status=201, result=Verdict),
    Route("get", "GET", "/records/{id}", "read"),
    Route("update", "PATCH", "/records/{id}", "write"),
    Route("delete", "DELETE", "/records/{id}", "write", method="forget", needs=("id",)),
    Route("history", "GET", "/records/{id}/history", "read"),
    Route("belief", "GET", "/records/{id}/belief", "read"),
    Route(
        "retain_messages",
        "POST",
        "/messages",
        "write",
        "retain",
        without=("content",),
        needs=("messages",),
        status=201,
        result=list[Verdict],
    ),
    Route("retain_many", "POST", "/batch", "write", status=201),
    Route("commit", "POST", "/commits", "write", status=201),
    Route("read_token", "POST", "/read-tokens", "read", status=201),
    Route("recall", "POST", "/recall", "read"),
    Route("inject", "POST", "/inject", "read"),
    Route("reflect", "POST", "/reflect", "read"),
    Route("profile", "POST", "/profile", "read"),
    Route("summary", "POST", "/summary", "read"),
    Route("feedback", "POST", "/feedback", "write"),
    Route("forget", "POST", "/forget", "write"),
    Route("undo", "POST", "/undo", "write"),
    Route("events", "GET", "/events", "read"),
    Route("conflicts", "GET", "/conflicts", "read"),
    Route("stats", "GET", "/stats", "read"),
    Route("wait_for", "POST", "/wait", "read"),
    Route("erase", "POST", "/erase", "erase"),
    Route("compact", "POST", "/compact", "erase"),
    Route("expire", "POST", "/expire", "admin"),
    Route("consolidate", "POST", "/consolidate", "admin"),
    Route("propose", "POST", "/propose", "admin"),
    Route("embed", "POST", "/embed", "admin"),
    Route("verify", "POST", "/verify", "admin"),
    Route("reindex", "POST", "/reindex", "admin"),
)


def route(name: str) -> Route:
    """Return a route by its name.

    >>> route("get").path
    '/records/{id}'
    """
    return _BY_NAME[name]


def route_for(method: str, arguments: Iterable[str]) -> Route:
    """Return the route of a method that takes these arguments.

    >>> route_for("forget", ["id", "reason"]).verb, route_for("forget", ["scope"]).verb
    ('DELETE', 'POST')
    """
    given = set(arguments)
    fitting = [one for one in ROUTES if (one.method or one.name) == method and not given & set(one.without)]
    return next((one for one in fitting if set(one.needs) <= given), fitting[-1])


@cache
def parameters(one: Route) -> tuple[Parameter, ...]:
    """Return what a route takes, in the order of the method's signature.

    >>> [(part.name, part.place) for part in parameters(route("history"))]
    [('id', 'path'), ('scope', 'query'), ('read_token', 'header')]
    """
    return tuple(part for part in _signature(one) if part.name not in _LOCAL and part.name not in one.without)


def arguments_of(one: Route, places: Mapping[Place, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the arguments of a request for the method of `Memory`, which checks their values itself.

    Args:
        one: The route.
        places: By place, what the request has there by name: text in path, query and headers (a list of texts where a
            query names an argument several times), what `json.loads` returned in the body.

    Raises:
        InvalidInputError: An argument is missing, unknown, or not of its type.
    """
    known = {part.name: part for part in parameters(one)}
    read: dict[str, Any] = {}
    for place, values in places.items():
        for name, value in values.items():
            part = known.get(name)
            if part is None or part.place != place:
                raise InvalidInputError(name, f"no such argument here; there are {', '.join(known) or 'none'}")
            read[name] = _value(part, value)
    missing = next((part.name for part in known.values() if part.required and part.name not in read), None)
    if missing is not None:
        raise InvalidInputError(missing, "is required")
    return read


def request_of(one: Route, arguments: Mapping[str, Any]) -> dict[Place, dict[str, Any]]:
    """Return by place what a request has for these arguments of the method: the reverse of `arguments_of`.

    What is None, where None is the default, is left out.

    >>> request_of(route("get"), {"id": "r1", "as_of": 7})
    {'path': {'id': 'r1'}, 'query': {'as_of': '7'}, 'header': {}, 'body': {}}
    """
    places: dict[Place, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "body": {}}
    known = {part.name: part for part in parameters(one)}
    for name, value in arguments.items():
        if name not in known:
            raise InvalidInputError(name, f"no such argument here; there are {', '.join(known) or 'none'}")
        part = known[name]
        if value is None and part.default is None:
            continue
        places[part.place][name] = encode(value) if part.place == "body" else _text(value)
    return places


def wrapped(value: Any) -> Any:
    """Return a result as the object that a response is."""
    data = encode(value)
    if isinstance(data, list):
        return {"items": data}
    return data if isinstance(data, dict) else {"value": data}


def unwrapped(one: Route, data: Mapping[str, Any]) -> Any:
    """Return the result of a route from the object that a response is.

    Raises:
        InvalidInputError: It is no such result.
    """
    kind = one.returns
    inside = data.get("items") if is_list(kind) else data if is_object(kind) else data.get("value")
    return decode(kind, inside, "answer")


def is_list(kind: Any) -> bool:
    """Tell whether a result is wrapped as a list."""
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, Sequence) and origin is not str


def is_object(kind: Any) -> bool:
    """Tell whether a result is an object by itself."""
    return hasattr(kind, "__dataclass_fields__")


_BY_NAME = {one.name: one for one in ROUTES}


def _signature(one: Route) -> Iterator[Parameter]:
    told = typing.get_type_hints(one.function, include_extras=False)
    for part in inspect.signature(one.function).parameters.values():
        kind = told.get(part.name, Any)
        if part.kind is part.VAR_KEYWORD:
            fields = get_args(kind)[0] if get_origin(kind) is Unpack else kind
            for name, inside in hints(fields).items():
                yield replace(_parameter(one, name, inside, None), default=...)
        else:
            yield _parameter(one, part.name, kind, ... if part.default is part.empty else part.default)


def _parameter(one: Route, name: str, kind: Any, default: Any) -> Parameter:
    in_path = f"{{{name}}}" in one.path
    place: Place = "path" if in_path else "header" if name in HEADERS else "query" if _in_query(one) else "body"
    if name in one.needs or in_path:
        kind, default = _without_none(kind), ...
    return Parameter(name, _CARRIED.get(name, kind), place, default is ..., default)


def _in_query(one: Route) -> bool:
    return one.verb in ("GET", "DELETE")


def _without_none(kind: Any) -> Any:
    members = [part for part in get_args(kind) if part is not type(None)]
    return Union[tuple(members)] if get_origin(kind) in (Union, types.UnionType) else kind  # noqa: UP007


#: Arguments that are less over the wire: no file of the server is read.
_CARRIED: Mapping[str, Any] = {"policies": list[Mapping[str, Any]] | None}


def _value(part: Parameter, value: Any) -> Any:
    """Return an argument as `Memory` takes it; most of what JSON says it takes as it is, and checks it."""
    if part.place in ("query", "header"):
        return _read_text(part, value)
    if part.name == "policies" and value is not None:
        return [_policy(spot, one) for spot, one in enumerate(decode(list[Mapping[str, Any]], value, "policies"))]
    if part.name in ("after", "older_than"):
        return decode(part.kind, value, part.name)
    return value


def _policy(spot: int, fields: Mapping[str, Any]) -> Policy:
    spans = {
        name: decode(timedelta, one, name)
        for name, one in fields.items()
        if name in _SPANS and isinstance(one, Mapping)
    }
    try:
        return Policy(**{**fields, **spans})
    except TypeError as error:
        raise InvalidInputError(f"policies[{spot}]", f"the fields of a policy ({error})") from error


#: Fields of a policy that are lengths of time; they may also be written as "90 days".
_SPANS = ("after", "unused_for")


def _text(value: Any) -> str | list[str]:
    """Return an argument as a query or a header has it."""
    data = encode(value)
    if isinstance(data, list) and all(isinstance(one, str) for one in data):
        return data
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _read_text(part: Parameter, value: str | list[str]) -> Any:
    """Return what a query or a header says as the argument it stands for.

    Where text and something else may stand, what reads as a number is one: the `seq` of an `as_of`.
    """
    if isinstance(value, list):
        if len(value) != 1 or _takes_list(part.kind):
            return value
        value = value[0]
    kinds = set(_members(part.kind))
    if int in kinds and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if str in kinds:
        return value
    if bool in kinds and value in ("true", "false"):
        return value == "true"
    return _parsed(part, value)


def _parsed(part: Parameter, value: str) -> Any:
    try:
        return decode(part.kind, json.loads(value), part.name)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(part.name, "as JSON has it", value) from error


def _members(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _members(one)
    else:
        yield kind


def _takes_list(kind: Any) -> bool:
    return any(is_list(one) or (get_origin(one) or one) is typing.get_origin(Iterable[str]) for one in _members(kind))
