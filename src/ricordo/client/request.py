"""One call as a request: where its arguments stand, and what makes its repetition the same write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ricordo.errors import InvalidInputError, NotFoundError, RicordoError
from ricordo.plaintext.draft import check_text, check_version
from ricordo.plaintext.policy import read_policies
from ricordo.wire.routes import HEADERS, Route, request_of, route_for

#: What a record id is made of; nothing else is ever put into a path.
_ID = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
#: Routes whose argument `key` names what they write, once for ever.
_KEYED = ("retain", "commit")
#: Routes of one record, which rest on a version of it, or say that they do not.
_RESTING = ("update", "delete")
#: Routes that may be repeated whatever became of the first time: they add nothing to the log.
_HARMLESS = ("read_token", "verify", "reindex", "embed")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent for one call.

    Args:
        route: The route.
        path: Behind the path of the space, with the query.
        headers: Those that arguments stand in.
        body: The JSON, or None.
        key: Under which it is written at most once; None where it writes nothing, or is the same by what it says.
    """

    route: Route
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    key: str | None

    @property
    def writes(self) -> bool:
        """Whether it matters that nobody knows if it was done."""
        return self.route.changes and self.route.name not in _HARMLESS


def request(method: str, arguments: Mapping[str, Any], key: str) -> Request:
    """Return the request of a call of a method of `Memory`.

    Args:
        method: The method.
        arguments: Its arguments by name.
        key: The idempotency key of the call, where it needs one and names none.

    Raises:
        InvalidInputError: An argument can't be told over the wire, or not together with another.
        NotFoundError: What stands for an id is none.

    >>> sent = request("retain", {"content": "Tea at five."}, "k1")
    >>> sent.path, dict(sent.headers), sent.body
    ('/records', {'Idempotency-Key': 'k1'}, b'{"content":"Tea at five."}')
    """
    given = {name: value for name, value in arguments.items() if name != "progress"}
    if method == "retain" and (given.get("content") is None) == (given.get("messages") is None):
        raise InvalidInputError("content", "give either content or messages")
    found = route_for(method, [name for name, value in given.items() if value is not None])
    named = _made_safe(found, given, key)
    try:
        places = request_of(found, given)
        body = json.dumps(places["body"], allow_nan=False, separators=(",", ":")).encode()
    except RicordoError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(_culprit(given), f"values that JSON has ({error})") from error
    headers = {HEADERS[name]: _headed(name, given[name]) for name in places["header"]}
    if found.name in _RESTING:
        headers.setdefault(HEADERS["if_version"], "*")
    if named is not None and found.name != "retain_many":
        headers[HEADERS["key"]] = _headed("key", named)
    path = found.path.format(**{name: _segment(name, given[name]) for name in places["path"]})
    query = urlencode(places["query"], doseq=True, errors="surrogatepass")
    sent = body if found.verb in ("POST", "PATCH") else None
    return Request(found, f"{path}?{query}" if query else path, headers, sent, named)


def _made_safe(found: Route, given: dict[str, Any], key: str) -> str | None:
    """Give a write what makes its repetition the same write; return its key, where it has one.

    A text that was said at a known time is the same write by what it says, a message by its session; so that what is
    written over the wire and what is written beside it stay one, they get no other key. Keys of texts and commits are
    kept in the log itself, others by the server.
    """
    if found.name == "expire" and isinstance(given.get("policies"), (str, Path)):
        given["policies"] = _policies(given["policies"])
    if found.name in _KEYED:
        if given.get("key") is None and (found.name == "commit" or given.get("at") is None):
            given["key"] = key
        named: str | None = given.get("key")
        return named
    if found.name == "retain_many" and isinstance(given.get("items"), Iterable):
        given["items"] = [_keyed(item, f"{key}.{spot}") for spot, item in enumerate(given["items"])]
    said = found.name == "retain_messages" and given.get("session") is not None
    return key if found.changes and found.name not in _HARMLESS and not said else None


def _keyed(item: Any, key: str) -> Any:
    """Return an item of many with a key of its own."""
    if not isinstance(item, Mapping) or item.get("key") is not None or item.get("at") is not None:
        return item
    return {**item, "key": key}


def _policies(path: str | Path) -> Sequence[Any]:
    """Return the policies of a file of this machine."""
    try:
        return read_policies(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError("policies", f"a TOML file that can be read ({error})", str(path)) from error


def _segment(name: str, value: Any) -> str:
    """Return an id as a part of a path; what no id looks like is not sent, for a server between might follow it."""
    if not isinstance(value, str):
        raise InvalidInputError(name, "the id of a record", value)
    if not _ID.fullmatch(value):
        raise NotFoundError(f"{name}: no record {value!r} is visible here")
    return value


def _headed(name: str, value: Any) -> str:
    """Return an argument as a header has it: in UTF-8, as `http.client` takes it."""
    if name == "if_version":
        return f'"{check_version(value)}"'
    text = check_text(name, value)
    if not text.isprintable() or text != text.strip():
        raise InvalidInputError(name, "printable, and no space at its ends, where it is sent to a server", value)
    return text.encode().decode("latin-1")


def _culprit(given: Mapping[str, Any]) -> str:
    """Return the argument that JSON has no words for."""
    for name, value in given.items():
        try:
            json.dumps(value, allow_nan=False, default=vars)
        except (TypeError, ValueError, RecursionError):
            return name
    return "arguments"
