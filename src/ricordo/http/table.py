"""Every operation of the API: those of the table of routes, and what only a server has. Which one a path names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

from ricordo.http.lanes import Lane
from ricordo.wire.routes import ROUTES, SPACE, Right, Route

Body = Literal["json", "file"]
#: What may take minutes.
_LONG = frozenset(
    ("wait_for", "compact", "expire", "consolidate", "propose", "embed", "verify", "reindex", "erase", "retain_many")
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        name: Its name.
        verb: The HTTP method.
        path: The template of its path.
        right: What the key must be allowed to do; None where any key will do.
        lane: Where it runs.
        route: Of the table of routes, where it is one.
        status: What success is answered with.
    """

    name: str
    verb: str
    path: str
    right: Right | None
    lane: Lane
    route: Route | None = None
    status: int = 200


def _of(route: Route) -> Operation:
    lane: Lane = "long" if route.name in _LONG else "write" if route.changes else "read"
    return Operation(route.name, route.verb, SPACE + route.path, route.right, lane, route, route.status)


OPERATIONS: tuple[Operation, ...] = (
    Operation("spaces", "GET", "/v1/spaces", None, "read"),
    Operation("space", "GET", SPACE, "read", "read"),
    Operation("make_space", "PUT", SPACE, "admin", "long", status=201),
    *map(_of, ROUTES),
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
    >>> found.operations["GET"].name, found.parts
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
        return (tuple(segments), (*segments[:2], *["*"] * len(segments[2:])))
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
        made.setdefault(shape, (names, {}))[1][one.verb] = one
    return made


_BY_SHAPE = _by_shape()
