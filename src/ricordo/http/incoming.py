"""A request, and what is read of it: its query, its headers, its body. What can't be read is refused here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from ricordo.access.keys import LOCAL, Key
from ricordo.errors import InvalidInputError
from ricordo.wire.routes import READS, WRITES

_MOST_FIELDS = 200
_DEEPEST = 64
_ETAG = re.compile(r'"(0|[1-9][0-9]{0,17})"')
_TAGS = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')


class MediaError(Exception):
    """The body is of a type that this route does not take."""


class PreconditionMissingError(Exception):
    """A change of a record says nothing of the version it rests on."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request, after the gate.

    Args:
        verb: The HTTP method.
        path: Its path as it was sent.
        query: Its query as it was sent.
        headers: By lower-case name.
        body: All of it.
        key: Who calls.
        request_id: As the answer and the log name it.
        parts: What the path has in the places of its template.
        lasts: Tells whether the key is still good, for answers that take long.
    """

    verb: str
    path: str
    query: bytes = b""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    key: Key = LOCAL
    request_id: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    lasts: Callable[[], bool] = lambda: True

    def header(self, name: str) -> str | None:
        """Return a header as text, or None."""
        found = self.headers.get(name.lower().encode())
        return None if found is None else found.decode("latin-1").strip()


def query_of(request: Incoming) -> dict[str, str | list[str]]:
    """Return the arguments in the query; a list where one is named several times."""
    found: dict[str, str | list[str]] = {}
    if not request.query:
        return found
    for name, value in _pairs(request.query):
        if name not in found:
            found[name] = value
        else:
            known = found[name]
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
    return found


def _pairs(query: bytes) -> list[tuple[str, str]]:
    rule = f"UTF-8, quoted as URLs are, with at most {_MOST_FIELDS} arguments"
    try:
        text = query.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidInputError("query", rule) from error


def json_of(request: Incoming) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object.

    Raises:
        MediaError: It is said to be something else.
        InvalidInputError: It is no JSON object, or one that can't be kept.
    """
    kind = (request.header("content-type") or "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and request.body:
        raise MediaError(kind)
    if not request.body:
        return {}
    try:
        data = _DECODER.decode(request.body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInputError("body", "UTF-8") from error
    except RecursionError as error:
        raise InvalidInputError("body", f"JSON of at most {_DEEPEST} levels") from error
    except InvalidInputError:
        raise
    except ValueError as error:
        raise InvalidInputError("body", f"a JSON object ({error})") from error
    if not isinstance(data, dict):
        raise InvalidInputError("body", "a JSON object")
    _check_depth(request.body, data)
    _check_text(request.body, data)
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members; two of one name mean one thing to this reader and another to the next."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInputError("body", "an object with each name once", twice)
    return made


def _no_constant(name: str) -> Any:
    raise InvalidInputError("body", "JSON, which has no such number", name)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _check_depth(body: bytes, data: Any) -> None:
    if body.count(b"{") + body.count(b"[") <= _DEEPEST:
        return
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [inside for one in level for inside in _inside(one)]
        if not level:
            return
    raise InvalidInputError("body", f"JSON of at most {_DEEPEST} levels")


def _inside(one: Any) -> Iterator[Any]:
    parts = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return (part for part in parts if isinstance(part, (dict, list)))


def _check_text(body: bytes, data: Any) -> None:
    """Refuse half a character, which JSON can write and UTF-8 can't."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError("body", "whole characters: a surrogate stands alone") from error


def version_in(request: Incoming) -> int | None:
    """Return the version in If-Match; None for any version, or where the header is missing.

    Raises:
        InvalidInputError: It is no version of a record.
    """
    given = request.header("if-match")
    if given is None or given == "*":
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        raise InvalidInputError("If-Match", 'the ETag of a record, such as "3", or *; no weak one', given)
    return int(found[1])


def is_known(request: Incoming, version: int) -> bool:
    """Tell whether the caller has this version already, by If-None-Match."""
    given = request.header("if-none-match")
    return given is not None and (given == "*" or str(version) in _TAGS.findall(given))


def labels_in(request: Incoming, name: str) -> tuple[str, ...] | None:
    """Return the scopes in a header, or None where it is missing.

    Raises:
        InvalidInputError: It is not quoted as in URLs.
    """
    given = request.header(name)
    if given is None:
        return None
    try:
        return tuple(unquote_to_bytes(part.strip()).decode() for part in given.split(",") if part.strip())
    except UnicodeDecodeError as error:
        raise InvalidInputError(name, "labels of scopes, quoted as in URLs, parted by commas", given) from error


def written_in(request: Incoming) -> str | None:
    """Return the scope that the request says it writes, or None."""
    labels = labels_in(request, WRITES)
    if labels is not None and len(labels) != 1:
        raise InvalidInputError(WRITES, "one scope", request.header(WRITES))
    return None if labels is None else labels[0]


def read_in(request: Incoming) -> tuple[str, ...] | None:
    """Return the scopes that the request says it reads, or None."""
    return labels_in(request, READS)
