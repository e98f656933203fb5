"""The OpenAPI document (3.1), made from the table of operations, and signatures and docstrings of what they call."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from ricordo.http import changes
from ricordo.http.own import ARCHIVE, EVENTS
from ricordo.http.repeats import in_log
from ricordo.http.table import OPERATIONS, Operation, OwnRoute
from ricordo.memory import Memory
from ricordo.plaintext.policy import Policy
from ricordo.wire.codec import Schema, schema
from ricordo.wire.problems import MEDIA_TYPE
from ricordo.wire.routes import HEADERS, READS, WRITES, Parameter, is_list, is_object, parameters

_VERSION = "1.0.0"
_ABOUT = """\
A memory for language models over HTTP. Below a space each operation is a method of `Memory`, with its arguments under
their names; docs/http.md tells what HTTP adds: versions as ETags, idempotency keys, read tokens, streams, errors.
"""
#: What a status means, where it is a problem.
_PROBLEMS: Mapping[int, str] = {
    400: "A value breaks a rule, or the request can't be read; nothing was done.",
    401: "No key, or one that is unknown, expired or revoked.",
    403: "The key may not do that, or the page of another origin may not call.",
    404: "There is no such record or space, or the key does not reach so far: one answer for both.",
    405: "This path has no such method.",
    406: "The request accepts nothing that there is.",
    408: "The body did not come in time.",
    409: "A conflict: something that was read has changed, or the same request is still under way.",
    412: "The record has another version than If-Match says.",
    413: "The body is too long.",
    415: "The body is of a type that is not taken.",
    421: "The server does not go by this name.",
    422: "The idempotency key was used for another request.",
    428: "If-Match is missing.",
    429: "Too many requests, or too many writes waiting.",
    500: "Something unexpected; the log of the server tells more.",
    501: "Something optional is not installed.",
    502: "A model failed.",
    503: "The server or the space is busy; Retry-After says when to come again.",
    507: "The disk or a bound leaves no room; nothing was written.",
}
_ALWAYS = (400, 401, 403, 404, 406, 408, 413, 421, 429, 500, 501, 502, 503)
_WRITING = (409, 412, 422, 507)
_WHY: Mapping[str, str] = {
    HEADERS["key"]: "The same key with the same request is done once; the first answer is given again.",
    HEADERS["if_version"]: 'The ETag of the version that was read, such as `"3"`; `*` for any.',
    HEADERS["read_token"]: "What is delivered is noted under this token; a commit rests on it.",
    WRITES: "The one scope this request writes, of those of the key; quoted as in URLs.",
    READS: "The scopes this request reads, of those of the key: quoted as in URLs, parted by commas.",
    "If-None-Match": "The ETag of what is known already; 304 where that is still so.",
    "Last-Event-ID": "The last event that was seen; outranks `after`.",
    "Content-Type": "What the body is.",
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    parts: dict[str, Schema] = {}
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.route.verb.lower()] = _operation(one, parts)
    for path, summary in (("/healthz", "Whether the server runs."), ("/readyz", "Whether it can serve requests.")):
        paths[path] = {"get": _probe(path[1:], summary)}
    paths["/openapi.json"] = {"get": _probe("openapi", "This document.")}
    parts["Problem"] = _problem()
    refusals = {_named(status): _refusal(status) for status in _PROBLEMS}
    security = {"bearer": {"type": "http", "scheme": "bearer", "description": "A key: `mos_...`"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ricordo", "version": _VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": dict(sorted(parts.items())), "responses": refusals, "securitySchemes": security},
        "security": [{"bearer": []}],
    }


def _operation(one: Operation, parts: dict[str, Schema]) -> dict[str, Any]:
    route, about = one.route, _about(one)
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": about.summary,
        "description": about.text,
        "parameters": [*_places(one, parts, about), *_headers(one)],
        "responses": {str(status): answer for status, answer in sorted(_answers(one, parts).items())},
    }
    if one.raw and route.verb == "POST":
        octets = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        made["requestBody"] = {"required": True, "content": octets}
    elif route.verb not in ("GET", "DELETE") and not isinstance(route, OwnRoute):
        body = _body(one, parts, about)
        required = bool(body["required"])
        made["requestBody"] = {"required": required, "content": {"application/json": {"schema": body}}}
    return made


# -- what is told ------------------------------------------------------------------------------------------------------


class _About:
    """What the docstring of a function says."""

    def __init__(self, function: Callable[..., Any]) -> None:
        text = inspect.getdoc(function) or ""
        head = re.split(r"\n\n(?:Args|Returns|Raises):\n|\n\n>>> ", text)[0]
        self.summary, _, self.text = (part.strip() for part in head.partition("\n\n"))
        self.summary = " ".join(self.summary.split())
        self.arguments = dict(_told(text))


def _told(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and meanings of an Args section; several names may share one."""
    section = text.partition("Args:\n")[2].split("\n\n")[0]
    for found in re.finditer(r"^    (\w+(?:, \w+)*): (.*(?:\n {5,}.*)*)", section, re.MULTILINE):
        for name in found[1].split(", "):
            yield name, " ".join(found[2].split())


@cache
def _shared() -> Mapping[str, str]:
    """Return what arguments mean that a docstring calls "as in `recall`" and the like."""
    listed: dict[str, str] = {}
    for function in (Memory.update, Memory.retain, Memory.recall):
        listed |= _About(function).arguments
    return listed


def _about(one: Operation) -> _About:
    return _About(one.route.function)


def _meaning(name: str, about: _About) -> str:
    told = about.arguments.get(name, "")
    return _shared().get(name, told) if not told or told.startswith("As in") else told


# -- what is taken -----------------------------------------------------------------------------------------------------


def _places(one: Operation, parts: dict[str, Schema], about: _About) -> Iterator[dict[str, Any]]:
    """Yield the parameters in the path and the query."""
    for name in re.findall(r"{(\w+)}", one.path):
        meaning = "The name of the space." if name == "space" else _meaning(name, about)
        kind = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "description": meaning, "schema": kind}
    for part in parameters(one.route):
        if part.place == "query" or (one.raw and part.place == "body"):
            told = {"required": part.required, "description": _meaning(part.name, about)}
            yield {"name": part.name, "in": "query", **told, **_in_query(part, parts)}


def _in_query(part: Parameter, parts: dict[str, Schema]) -> dict[str, Any]:
    """Return how an argument stands in a query: text as it is, what is an object as JSON."""
    whole = schema(part.kind, parts)
    kinds = [one for one in whole.get("anyOf", [whole]) if one != {"type": "null"}]
    if any(one.get("type") == "object" for one in kinds):
        return {"content": {"application/json": {"schema": {"type": "object"}}}}
    return {"schema": _with_default(part, kinds[0] if len(kinds) == 1 else {"anyOf": kinds})}


def _headers(one: Operation) -> Iterator[dict[str, Any]]:
    route = one.route
    if one.open:
        return
    names = [HEADERS[part.name] for part in parameters(route) if part.place == "header"]
    if route.changes and route.name != "make_space":
        names.append(HEADERS["key"])
    if route.name in changes.CHANGES:
        names += [HEADERS["if_version"], HEADERS["read_token"]]
    names += {"get": ["If-None-Match"], "stream": ["Last-Event-ID"]}.get(route.name, [])
    names += [READS] if route.name not in ("space", "make_space") else []
    names += [WRITES] if route.changes and route.name != "make_space" else []
    for name in dict.fromkeys(names):
        required = name == HEADERS["if_version"] and route.name in changes.CHANGES
        kind: Schema = {"type": "string"}
        if name == HEADERS["if_version"]:
            kind["pattern"] = r'^(\*|"(0|[1-9][0-9]{0,17})")$'
        yield {"name": name, "in": "header", "required": required, "description": _WHY[name], "schema": kind}


def _body(one: Operation, parts: dict[str, Schema], about: _About) -> Schema:
    taken = [part for part in parameters(one.route) if part.place == "body"]
    properties = {part.name: _argument(part, parts, about) for part in taken}
    required = [part.name for part in taken if part.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _argument(part: Parameter, parts: dict[str, Schema], about: _About) -> Schema:
    kind = schema(part.kind, parts)
    if part.name == "policies":
        kind = {"anyOf": [{"type": "array", "items": schema(Policy, parts)}, {"type": "null"}]}
    meaning = _meaning(part.name, about)
    return _with_default(part, {**kind, **({"description": meaning} if meaning else {})})


def _with_default(part: Parameter, kind: Schema) -> Schema:
    plain = part.default is not ... and isinstance(part.default, (str, int, float))
    return {**kind, "default": part.default} if plain else kind


# -- what is answered --------------------------------------------------------------------------------------------------


def _answers(one: Operation, parts: dict[str, Schema]) -> dict[int, Any]:
    statuses = [*_ALWAYS, *(_WRITING if one.route.changes or one.route.name == "read_token" else ())]
    statuses += [409, 507] if any(part.name == "read_token" for part in parameters(one.route)) else []
    statuses += [428] if one.route.name in changes.CHANGES else []
    statuses += [415] if one.route.verb not in ("GET", "DELETE") and not one.raw else []
    made: dict[int, Any] = {status: {"$ref": f"#/components/responses/{_named(status)}"} for status in statuses}
    made[one.route.status] = _success(one, parts)
    if one.route.name == "make_space":
        made[200] = {**made[201], "description": "It was there already."}
    if one.route.name == "get":
        made[304] = {"description": "It is still as If-None-Match says.", "headers": _said(["ETag"])}
    return made


def _success(one: Operation, parts: dict[str, Schema]) -> dict[str, Any]:
    route = one.route
    if route.name == "stream":
        text = "Server-sent events: the id of each is its seq, its data a `LogEntry` as JSON."
        schema(route.returns, parts)
        return {"description": text, "content": {EVENTS: {"schema": {"type": "string"}}}}
    if route.name == "export":
        return {"description": "The archive.", "content": {ARCHIVE: {"schema": {"type": "string", "format": "binary"}}}}
    says = ["X-Request-Id"]
    says += ["ETag"] if route.name in ("get", "retain", "update") else []
    says += ["Location"] if route.name in ("retain", "make_space") else []
    says += ["Idempotency-Replayed"] if route.changes and (in_log(route) or not isinstance(route, OwnRoute)) else []
    content = {"application/json": {"schema": _wrapped(route.returns, parts)}}
    return {"description": "Done.", "headers": _said(says), "content": content}


def _wrapped(kind: Any, parts: dict[str, Schema]) -> Schema:
    """Return the schema of a result as the object that an answer is."""
    inside = schema(kind, parts)
    if is_object(kind):
        return inside
    name = "items" if is_list(kind) else "value"
    return {"type": "object", "properties": {name: inside}, "required": [name]}


_SAID = {
    "X-Request-Id": "The id of the request: the caller's, or a new one.",
    "ETag": "The version of the record.",
    "Location": "Where it is.",
    "Idempotency-Replayed": '"true" where this is the answer to an earlier request with the same key.',
    "Retry-After": "After how many seconds to come again.",
    "WWW-Authenticate": "How to send a key.",
    "Allow": "The methods there are.",
}


def _said(names: list[str]) -> dict[str, Any]:
    return {name: {"description": _SAID[name], "schema": {"type": "string"}} for name in names}


def _named(status: int) -> str:
    """Return the name of a problem among the components, such as "NotFound"."""
    return "".join(filter(str.isalnum, HTTPStatus(status).phrase.title()))


def _refusal(status: int) -> dict[str, Any]:
    says = {401: ["WWW-Authenticate"], 412: ["ETag"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    headers = {"headers": _said(says)} if says else {}
    return {"description": _PROBLEMS[status], **headers, "content": content}


def _problem() -> Schema:
    text: Schema = {"type": "string"}
    return {
        "type": "object",
        "description": "A problem (RFC 9457). `type` names the error; further members depend on it.",
        "properties": {
            "type": {**text, "pattern": "^urn:ricordo:error:"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "request_id": text,
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    }


def _probe(name: str, summary: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    answers: dict[str, Any] = {"200": {"description": "Yes.", "content": content}}
    for status in (421, 429, 500, 503):
        answers[str(status)] = {"$ref": f"#/components/responses/{_named(status)}"}
    return {"operationId": name, "summary": summary, "security": [], "responses": answers}
