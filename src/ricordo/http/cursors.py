"""Cursors that tell nothing and continue one query only."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.http.incoming import Incoming
from ricordo.wire.codec import encode
from ricordo.wire.routes import READS, WRITES, Route, parameters

Wraps = Callable[[Any], Any]
_DIGEST = 12


def opened(route: Route, request: Incoming, arguments: dict[str, Any]) -> tuple[dict[str, Any], Wraps]:
    """Return the arguments with the cursor as `Memory` has it, and what seals the next one into a result.

    Raises:
        InvalidInputError: The cursor is of another query.
    """
    if not any(part.name == "cursor" for part in parameters(route)):
        return arguments, lambda data: data
    digest = _digest(route, request, arguments)
    given = arguments.get("cursor")
    if given is not None:
        arguments = {**arguments, "cursor": _unsealed(given, digest)}
    return arguments, lambda data: {**data, "cursor": _sealed(data.get("cursor"), digest)}


def _digest(route: Route, request: Incoming, arguments: Mapping[str, Any]) -> bytes:
    asked = {name: encode(value) for name, value in arguments.items() if name not in ("cursor", "limit", "read_token")}
    narrowed = [request.header(READS), request.header(WRITES)]
    text = json.dumps([route.name, request.parts.get("space"), request.key.principal, narrowed, asked], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[:_DIGEST]


def _sealed(cursor: str | None, digest: bytes) -> str | None:
    return None if cursor is None else urlsafe_b64encode(digest + cursor.encode()).decode().rstrip("=")


def _unsealed(given: str, digest: bytes) -> str:
    try:
        sealed = urlsafe_b64decode(given + "=" * (-len(given) % 4))
        if sealed[:_DIGEST] == digest:
            return sealed[_DIGEST:].decode("ascii")
    except (TypeError, ValueError):
        pass
    raise InvalidInputError("cursor", "the cursor of the page before, with the same arguments", given)
