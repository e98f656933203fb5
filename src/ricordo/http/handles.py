"""The handle that a request gets: never more than its key may, and less where the request says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ricordo.access.keys import Key
from ricordo.errors import AccessError, InvalidInputError
from ricordo.http.incoming import Incoming, read_in, written_in
from ricordo.memory import Memory
from ricordo.wire.routes import WRITES, Route


@dataclass(frozen=True, slots=True)
class Held:
    """A handle on a space.

    Args:
        memory: The handle.
        space: The name of the space.
        reads: The scopes it reads; None is every scope.
        whole: The space itself, for what is kept beside the log.
    """

    memory: Memory
    space: str
    reads: tuple[str, ...] | None
    whole: Memory


def handle_of(whole: Memory, space: str, request: Incoming, route: Route, arguments: Mapping[str, Any]) -> Held:
    """Return the handle for a request.

    Args:
        whole: The space.
        space: Its name.
        request: Names the key, and the scopes it wants where they are fewer than those of the key.
        route: What is asked for.
        arguments: Of the method. A key that may write several scopes writes the one that is named here.

    Raises:
        AccessError: The key does not reach so far.
        InvalidInputError: The key may write several scopes, and the request names none.
    """
    key, write, read = request.key, written_in(request), read_in(request)
    several = key.write is not None and len(key.write) > 1
    if write is None and several and route.changes:
        write = _named(key, arguments)
    handle = key.handle(whole, write=write, read=read)
    if read is not None:
        return Held(handle, space, read, whole)
    if key.read is None and write is not None:
        return Held(handle, space, (write,), whole)
    return Held(handle, space, key.read, whole)


def _named(key: Key, arguments: Mapping[str, Any]) -> str:
    """Return the one scope that the arguments name."""
    named = set(_scopes(arguments))
    if len(named) != 1:
        raise InvalidInputError("scope", f"one scope, or the header {WRITES}: this key writes several")
    (scope,) = named
    if key.write is not None and scope not in key.write:
        raise AccessError(f"scope: this key does not write {scope!r}; name a scope of its own, or issue another key")
    return scope


def _scopes(arguments: Mapping[str, Any]) -> Iterator[str]:
    inside = (arguments.get(name) for name in ("ops", "items"))
    parts = [part for listed in inside if isinstance(listed, list) for part in listed if isinstance(part, Mapping)]
    for one in (arguments, *parts):
        given = one.get("scope")
        listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        yield from (scope for scope in listed if isinstance(scope, str))
