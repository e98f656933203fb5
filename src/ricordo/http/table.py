"""Every operation of the API: those of the table of routes, and what only a server has. Which one a path names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from ricordo.access.journal import Delivery
from ricordo.http import own
from ricordo.http.lanes import Lane
from ricordo.results import Import, LogEntry
from ricordo.wire.routes import ROUTES, SPACE, Route

#: What may take minutes.
_LONG = frozenset(("compact", "expire", "consolidate", "propose", "embed", "verify", "reindex", "erase", "retain_many"))


@dataclass(frozen=True, slots=True)
class OwnRoute(Route):
    """A route that is no method of `Memory`: a function that takes what the server has, and the request."""

    plain: Callable[..., Any] = own.space

    @property
    def function(self) -> Callable[..., Any]:
        """The function."""
        return self.plain


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        path: The template of its path.
        route: What it takes, gives and needs.
        lane: Where it runs.
        raw: Whether its body, or what it answers, is a file.
        open: Whether any key will do, whatever its rights.
    """

    path: str
    route: Route
    lane: Lane
    raw: bool = False
    open: bool = False


def _of(route: Route) -> Operation:
    return Operation(SPACE + route.path, route, _lane(route))


def _lane(route: Route) -> Lane:
    if route.name == "wait_for":
        return "wait"
    return "long" if route.name in _LONG else "write" if route.changes else "read"


def _own(verb: str, path: str, right: Any, plain: Callable[..., Any], result: Any, **others: Any) -> OwnRoute:
    given = ("serving", "request", "route")
    return OwnRoute(plain.__name__, verb, path, right, without=given, result=result, plain=plain, **others)


_SPACES = _own("GET", "", "read", own.spaces, list[own.Space])
_SPACE = _own("GET", "", "read", own.space, own.SpaceState)
_MAKE = _own("PUT", "", "admin", own.make_space, own.SpaceState, status=201)
_STREAM = _own("GET", "/events/stream", "read", own.stream, LogEntry)
_DELIVERIES = _own("GET", "/deliveries", "read", own.deliveries, list[Delivery])
_EXPORT = _own("GET", "/export", "admin", own.export, bytes)
_IMPORT = _own("POST", "/import", "write", own.import_file, Import)

OPERATIONS: tuple[Operation, ...] = (
    Operation("/v1/spaces", _SPACES, "read", open=True),
    Operation(SPACE, _SPACE, "read"),
    Operation(SPACE, _MAKE, "long"),
    *map(_of, ROUTES),
    Operation(SPACE + _STREAM.path, _STREAM, "read"),
    Operation(SPACE + _DELIVERIES.path, _DELIVERIES, "read"),
    Operation(SPACE + _EXPORT.path, _EXPORT, "long", raw=True),
    Operation(SPACE + _IMPORT.path, _IMPORT, "long", raw=True),
)


@dataclass(frozen=True, slots=True)
class Matched:
    """What a path names: the operations by verb, and what stands in the places of the template."""

    operations: Mapping[str, Operation]
    parts: Mapping[str, str]

    @property
    def allowed(self) -> str:
        """The verbs it has, as the header Allow lists them."""
        also = {"HEAD"} if "GET" in self.operations else set()
        return ", ".join(sorted({*self.operations, *also}))


def matched(path: str) -> Matched | None:
    """Return what a path as it was sent names, or None.

    >>> found = matched("/v1/spaces/team/records/r%201")
    >>> found.operations["GET"].route.name, found.parts
    ('get', {'space': 'team', 'id': 'r 1'})
    """
    segments = path.split("/")[1:]
    for shape in _shapes(segments):
        if (known := _BY_SHAPE.get(shape)) is not None:
            names, operations = known
            parts = _parts(names, segments)
            return None if parts is None else Matched(operations, parts)
    return None


def _shapes(segments: list[str]) -> tuple[tuple[str, ...], ...]:
    """Return the templates that a path may have, with "*" in each place."""
    if len(segments) < 4:
        return ((*segments[:2], *["*"] * len(segments[2:])),)
    fixed = (*segments[:2], "*", segments[3])
    return ((*fixed, *segments[4:]), (*fixed, "*", *segments[5:]))


def _parts(names: Mapping[int, str], segments: list[str]) -> dict[str, str] | None:
    try:
        found = {name: unquote_to_bytes(segments[spot]).decode() for spot, name in names.items()}
    except UnicodeDecodeError:
        return None
    return found if all(found.values()) else None


def _shape(path: str) -> tuple[tuple[str, ...], dict[int, str]]:
    segments = path.split("/")[1:]
    names = {spot: one[1:-1] for spot, one in enumerate(segments) if one.startswith("{")}
    return tuple("*" if spot in names else one for spot, one in enumerate(segments)), names


def _by_shape() -> dict[tuple[str, ...], tuple[Mapping[int, str], dict[str, Operation]]]:
    made: dict[tuple[str, ...], tuple[Mapping[int, str], dict[str, Operation]]] = {}
    for one in OPERATIONS:
        shape, names = _shape(one.path)
        made.setdefault(shape, (names, {}))[1][one.route.verb] = one
    return made


_BY_SHAPE = _by_shape()
