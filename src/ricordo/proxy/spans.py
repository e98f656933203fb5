"""Where the parts of a JSON text stand, so that something can be put in and every other byte stays as it came. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a JSON text.

    Args:
        begin, end: Where it stands, [begin, end).
        value: What it says; of an array whose elements were looked at, the list of their values.
        parts: Those elements, in order; None where they were not looked at.
    """

    begin: int
    end: int
    value: Any
    parts: tuple[Node, ...] | None = None


def members(text: str, at: int = 0, *, inside: Collection[str] = ()) -> dict[str, Node]:
    """Return the members of an object by name; of a name that comes twice the last, as JSON readers do.

    Args:
        text: The JSON text.
        at: Where the object begins, white space before it left aside.
        inside: Members whose elements are looked at, where they are arrays.

    Raises:
        ValueError: There is no JSON object there.

    >>> body = '{"model": "m", "messages": [{"role": "user"}, 2]}'
    >>> found = members(body, inside=["messages"])
    >>> [body[part.begin:part.end] for part in found["messages"].parts]
    ['{"role": "user"}', '2']
    """
    spot = _opened(text, at, "{")
    found: dict[str, Node] = {}
    while text[spot] != "}":
        name, spot = _DECODER.raw_decode(text, spot)
        spot = _opened(text, spot, ":")
        deep = isinstance(name, str) and name in inside and text[spot] == "["
        node = _elements(text, spot) if deep else _value(text, spot)
        found[name] = node
        spot = _next(text, node.end, "}")
    return found


def put(text: str, insertions: Iterable[tuple[int, str]]) -> str:
    """Return a text with others put in at places of it, in the order they are given where places are the same.

    >>> put("ad", [(1, "b"), (2, "e"), (1, "c")])
    'abcde'
    """
    pieces, end = [], 0
    for spot, more in sorted(insertions, key=lambda one: one[0]):
        pieces += [text[end:spot], more]
        end = spot
    return "".join([*pieces, text[end:]])


def _elements(text: str, at: int) -> Node:
    spot = _opened(text, at, "[")
    parts: list[Node] = []
    while text[spot] != "]":
        parts.append(_value(text, spot))
        spot = _next(text, parts[-1].end, "]")
    return Node(at, spot + 1, [part.value for part in parts], tuple(parts))


def _value(text: str, at: int) -> Node:
    value, end = _DECODER.raw_decode(text, at)
    return Node(at, end, value)


def _opened(text: str, at: int, mark: str) -> int:
    spot = _skip(text, at)
    if text[spot : spot + 1] != mark:
        raise json.JSONDecodeError(f"{mark} expected", text, spot)
    return _skip(text, spot + 1, must=True)


def _next(text: str, at: int, closing: str) -> int:
    spot = _skip(text, at, must=True)
    if text[spot] == closing:
        return spot
    spot = _opened(text, spot, ",")
    if text[spot] == closing:
        raise json.JSONDecodeError("a value expected", text, spot)
    return spot


def _skip(text: str, at: int, *, must: bool = False) -> int:
    found = _SPACE.match(text, at)
    spot = found.end() if found else at
    if must and spot >= len(text):
        raise json.JSONDecodeError("the text ends too early", text, spot)
    return spot
