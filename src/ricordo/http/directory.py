"""The spaces themselves: which there are, what is in one, a new one."""

from __future__ import annotations

from ricordo.http.answers import Answer, good
from ricordo.http.incoming import Incoming
from ricordo.http.places import check_name
from ricordo.http.spaces import Spaces
from ricordo.wire.codec import encode


def several_spaces(spaces: Spaces, request: Incoming) -> Answer:
    """Return the spaces that the key is good for."""
    return good(200, {"items": [{"name": name} for name in spaces.names() if request.key.opens(name)]})


def one_space(spaces: Spaces, request: Incoming) -> Answer:
    """Return counts and sizes of a space, as far as the key sees it."""
    name = request.parts["space"]
    with spaces.lease(name) as memory:
        return good(200, {"name": name, "stats": encode(request.key.handle(memory).stats())})


def made_space(spaces: Spaces, request: Incoming) -> Answer:
    """Make a space, unless it is there."""
    name = check_name(request.parts["space"])
    there = name in spaces.names()
    with spaces.lease(name, create=True) as memory:
        body = {"name": name, "stats": encode(request.key.handle(memory).stats())}
    return good(200 if there else 201, body, [(b"location", f"/v1/spaces/{name}".encode())])
