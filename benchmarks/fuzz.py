"""Requests that nobody would send: the server answers as its OpenAPI document says, and never with a 5xx.

    python benchmarks/fuzz.py --requests 10000

Half of the requests are made by schemathesis out of the document that the server gives: for each operation requests
that the document allows and requests that it does not. Each answer is held to the document: its status, its media type,
its body, and that it is no fault of the server. The other half are made here: requests that are right, with a part of
them broken (a verb, a path, a header, the query, the body: other types, other values, cut off, binary), and requests of
nothing but noise. Each answer of those must be below 500, and a problem document where it is 400 or more.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

import schemathesis
from benchmarks.common import command, emit, machine, scratch
from benchmarks.over_http import Running, served
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from requests import Session
from schemathesis import checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok

_SPACE = "/v1/spaces/default"
#: A stream has no end, and so no answer to hold to anything; its tests are elsewhere.
_LEFT_OUT = ("stream",)
_VERBS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "BREW")
_CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@dataclass(slots=True)
class Tally:
    """What was sent and answered."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What a request may name that is there: a key, records."""

    secret: str
    ids: Sequence[str]
    session: Session = field(default_factory=Session)

    def places(self, path: str, number: int) -> dict[str, str]:
        """Return what stands in the places of a path, so that the request finds something."""
        found = {"space": "default"} if "{space}" in path else {}
        return {**found, "id": self.ids[number % len(self.ids)]} if "{id}" in path and number % 2 else found


def known(server: Running) -> list[str]:
    """Write some records and return their ids."""
    client, texts = server.client(), ("I live in Porto.", "I moved to Lisbon.", "Tea at five.", "The gate is green.")
    items = [
        {"content": text, "speaker": "Ada", "session": "s", "scope": f"user:{spot % 2}"}
        for spot, text in enumerate(texts)
    ]
    _, body = client.ask("POST", "/batch", {"items": items})
    client.close()
    return [one["record"]["id"] for one in json.loads(body)["items"]]


# -- made of the document ----------------------------------------------------------------------------------------------


def by_document(server: Running, requests: int, begin: int = 0) -> Tally:
    """Send what schemathesis makes of the document; hold each answer to it."""
    url, tally = f"http://127.0.0.1:{server.port}", Tally()
    document = schemathesis.openapi.from_url(f"{url}/openapi.json").exclude(operation_id=list(_LEFT_OUT))
    listed = [one.ok() for one in document.get_all_operations() if isinstance(one, Ok)]
    share = max(1, requests // len(listed))
    chosen = [getattr(checks, name) for name in _CHECKS]
    there = Known(server.secret, known(server))
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    for spot, operation in enumerate(listed):
        for mode in modes:
            _try(operation, mode, max(1, share // len(modes)), begin + spot, there, chosen, tally)
    there.session.close()
    return tally


def _try(operation: Any, mode: Any, most: int, begin: int, there: Known, chosen: Sequence[Any], tally: Tally) -> None:
    """Send so many requests for an operation."""
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ]
    bounds = settings(
        max_examples=most, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=quiet
    )

    @seed(begin)
    @bounds
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode == schemathesis.GenerationMode.POSITIVE or len(tally.statuses) % 2:
            case.path_parameters = {**(case.path_parameters or {}), **there.places(operation.path, tally.requests)}
        answer = case.call(headers={"Authorization": f"Bearer {there.secret}"}, timeout=60, session=there.session)
        tally.requests += 1
        tally.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=chosen)
        except (Failure, FailureGroup) as error:
            tally.faults.append(f"{operation.label} {mode}: {_said(error)} {case.as_curl_command()[:2000]}")

    with suppress(Unsatisfiable):  # there is nothing to break in a request without arguments
        send()


def _said(error: BaseException) -> str:
    inside = getattr(error, "exceptions", (error,))
    return "; ".join(f"{type(one).__name__}: {one}" for one in inside)[:2000]


# -- made here ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """A request, as bytes go over the wire."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def by_hand(server: Running, requests: int, begin: int = 0) -> Tally:
    """Send requests that were right before a part of them was broken, and noise."""
    drawn, tally = random.Random(begin), Tally()
    right = list(_right(known(server)))
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(requests):
        request = _noise(drawn) if drawn.random() < 0.1 else _broken(drawn, drawn.choice(right))
        headers = {"Authorization": f"Bearer {server.secret}", **request.headers}
        try:
            connection.request(request.verb, request.path, request.body or None, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (HTTPException, OSError) as error:
            tally.faults.append(f"{request!r}: {error!r}")
            connection.close()
            continue
        except ValueError:
            connection.close()
            continue  # what can't even be sent
        tally.requests += 1
        tally.statuses[answer.status] += 1
        if (fault := _fault(answer.status, answer.headers.get("content-type", ""), request.verb, body)) is not None:
            tally.faults.append(f"{fault}: {request!r} -> {answer.status} {body[:500]!r}")
    connection.close()
    return tally


def _fault(status: int, kind: str, verb: str, body: bytes) -> str | None:
    """Return what is wrong with an answer, or None."""
    if status >= 500:
        return "a fault of the server"
    if verb == "HEAD" or status in (204, 304):
        return None if not body else "a body where there is none"
    if status < 400:
        return None
    if status == 400 and body == b"Invalid HTTP request received.":
        return None  # what reads HTTP says so before there is a request
    try:
        told = json.loads(body)
    except ValueError:
        return "no JSON"
    if kind != "application/problem+json" or told["status"] != status or not told["detail"] or not told["request_id"]:
        return "no problem document"
    return None


def _right(ids: Sequence[str]) -> Iterator[Request]:
    """Yield a request for most operations that is as it should be."""
    id, matching, read = ids[0], {"If-Match": "*"}, {"id": ids[0], "version": 1}
    sent: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", "/records?limit=2&scope=user:0&scope=user:1&filters=%7B%22speaker%22%3A%22Ada%22%7D&as_of=2", None, {}),
        (
            "POST",
            "/records",
            {"content": "Cake.", "at": "2026-05-03", "metadata": {"n": [1]}, "links": [["about", id]]},
            {},
        ),
        ("GET", f"/records/{id}?as_of=1", None, {"If-None-Match": '"1"'}),
        ("PATCH", f"/records/{id}", {"why": "so", "metadata": {"n": 1}, "aliases": ["x"]}, matching),
        ("DELETE", f"/records/{ids[3]}?reason=so", None, matching),
        ("GET", f"/records/{id}/history", None, {}),
        ("GET", f"/records/{id}/belief?scope=user:0", None, {}),
        (
            "POST",
            "/messages",
            {"messages": [{"role": "user", "content": "Hi."}], "session": "t"},
            {},
        ),
        ("POST", "/batch", {"items": [{"content": "One."}, {"content": "Two.", "scope": "b"}]}, {}),
        (
            "POST",
            "/commits",
            {"ops": [{"op": "append", "id": id, "text": "x"}], "reads": [read]},
            {},
        ),
        ("POST", "/commits", {"ops": [{"op": "merge", "id": id, "add": {"m": 1}, "union": {"t": ["a"]}}]}, {}),
        ("POST", "/read-tokens", {"ttl_s": 60}, {}),
        (
            "POST",
            "/recall",
            {"query": "Where does Ada live?", "k": 3, "filters": {"since": "2020"}, "valid_at": "2026"},
            {},
        ),
        ("POST", "/inject", {"turn": "Ada?", "max_tokens": 50, "render": "messages"}, {}),
        ("POST", "/reflect", {"question": "Where?", "rounds": 2}, {}),
        ("POST", "/profile", {"subject": "Ada", "history": True}, {}),
        ("POST", "/summary", {"session": "s"}, {}),
        ("POST", "/feedback", {"ids": [id], "outcome": "used", "query": "the flat?"}, {"Idempotency-Key": "f"}),
        ("POST", "/forget", {"scope": "b"}, {}),
        ("POST", "/undo", {"event": 3}, {}),
        ("GET", "/events?after=1&limit=3", None, {}),
        ("GET", "/conflicts?valid_at=2026", None, {}),
        ("GET", "/deliveries?limit=3&before=9", None, {}),
        ("POST", "/wait", {"seq": 1, "timeout_s": 0}, {}),
        ("POST", "/erase", {"scope": "b"}, {"Idempotency-Key": "e"}),
        ("POST", "/compact", {"before": "2020-01-01"}, {}),
        ("POST", "/expire", {"policies": [{"name": "p", "scope": "b"}], "dry_run": True}, {}),
        ("POST", "/consolidate", {"dry_run": True, "older_than": {"seconds": 60}}, {}),
        ("POST", "/verify", {}, {}),
    ]
    for verb, path, body, headers in sent:
        kind = {} if body is None else {"Content-Type": "application/json"}
        yield Request(verb, _SPACE + path, {**kind, **headers}, b"" if body is None else json.dumps(body).encode())
    yield Request("POST", f"{_SPACE}/import?format=text&scope=c&name=a.txt", {}, b"The harbour is frozen.")
    yield Request("PUT", _SPACE, {}, b"")
    for path in ("/v1/spaces", _SPACE, f"{_SPACE}/stats", "/healthz", "/readyz", "/openapi.json", "/metrics"):
        yield Request("GET", path, {}, b"")


_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**53, 10**30, 1e308, "", " ", "\x00", "\u202e", "x" * 5000, "../../etc/passwd"),
    *([], [[]], [None], ["a", 1], {}, {"": None}, {"a": {"b": [{}]}}, "2026-13-45", "9999-12-31", "0001-01-01", "-1"),
)


def _broken(drawn: random.Random, request: Request) -> Request:
    breaks = drawn.sample(_BREAKS, drawn.choice((0, 1, 1, 1, 2, 3)))
    for one in breaks:
        request = one(drawn, request)
    return request


def _other_value(drawn: random.Random, request: Request) -> Request:
    """Put something odd in the place of a value in the body, at any depth."""
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    spots = list(_spots(data))
    if spots:
        holder, name = drawn.choice(spots)
        holder[name] = drawn.choice(_ODD)
    return Request(request.verb, request.path, request.headers, json.dumps(data).encode())


def _spots(data: Any) -> Iterator[tuple[Any, Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, one in list(items):
        yield data, name
        yield from _spots(one)


def _other_member(drawn: random.Random, request: Request) -> Request:
    """Add a member that is not asked for, or one of another operation."""
    names = ("scope", "id", "key", "if_version", "read_token", "limit", "nonsense", "", "__class__", "self", "progress")
    try:
        data = {**json.loads(request.body), drawn.choice(names): drawn.choice(_ODD)}
    except (ValueError, TypeError, RecursionError):
        return request
    return Request(request.verb, request.path, request.headers, json.dumps(data).encode())


def _other_bytes(drawn: random.Random, request: Request) -> Request:
    """Cut the body off, or put noise into it."""
    body = bytearray(request.body or b"{}")
    for _ in range(drawn.choice((1, 1, 3, 20))):
        body[drawn.randrange(len(body))] = drawn.randrange(256)
    cut = bytes(body[: drawn.randrange(len(body) + 1)]) if drawn.random() < 0.3 else bytes(body)
    deep = b"[" * 100_000 if drawn.random() < 0.02 else cut
    return Request(request.verb, request.path, request.headers, deep)


def _other_query(drawn: random.Random, request: Request) -> Request:
    names = ("scope", "limit", "cursor", "as_of", "valid_at", "filters", "kinds", "after", "before", "record", "x")
    odd = drawn.choice(_ODD)
    value = drawn.choice((quote(str(odd)), quote(json.dumps(odd)), "%FF", "%00", "1%2C2", "%ZZ", "Zm9v"))
    mark = "&" if "?" in request.path else "?"
    return Request(request.verb, f"{request.path}{mark}{drawn.choice(names)}={value}", request.headers, request.body)


def _other_header(drawn: random.Random, request: Request) -> Request:
    names = ("If-Match", "If-None-Match", "Idempotency-Key", "Memory-Read-Token", "Memory-Write", "Memory-Read")
    more = ("Content-Type", "Accept", "Last-Event-ID", "X-Request-Id", "Expect", "Range", "Content-Encoding")
    values = (
        '"1"',
        'W/"1"',
        '"1", "2"',
        "*",
        "",
        "1",
        "%FF",
        "a,b",
        "user%3A0",
        "x" * 3000,
        "text/html",
        "\xe9",
        '"' * 9,
    )
    headers = {**request.headers, drawn.choice(names + more): drawn.choice(values)}
    return Request(request.verb, request.path, headers, request.body)


def _other_path(drawn: random.Random, request: Request) -> Request:
    path, _, query = request.path.partition("?")
    parts = path.split("/")
    spot = drawn.randrange(1, len(parts))
    parts[spot] = drawn.choice(
        ("", "..", ".", "%2e%2e", "%2F", "%00", "%FF", "default", "records", "*", "{id}", "x" * 3000)
    )
    joined = "/".join(parts) or "/"
    return Request(request.verb, f"{joined}?{query}" if query else joined, request.headers, request.body)


def _other_verb(drawn: random.Random, request: Request) -> Request:
    return Request(drawn.choice(_VERBS), request.path, request.headers, request.body)


Break = Callable[[random.Random, Request], Request]
_BREAKS: tuple[Break, ...] = (
    *(_other_value, _other_value, _other_value, _other_member, _other_bytes),
    *(_other_query, _other_header, _other_path, _other_verb),
)


def _noise(drawn: random.Random) -> Request:
    """Return a request of nothing but noise."""
    path = "/" + "".join(quote(chr(drawn.randrange(1, 256)), safe="/?&=%") for _ in range(drawn.randrange(40)))
    start = drawn.choice(("", "", "/v1", _SPACE, f"{_SPACE}/records", f"{_SPACE}/recall"))
    return Request(drawn.choice(_VERBS), start + path, {}, drawn.randbytes(drawn.choice((0, 10, 1000))))


def main(argv: Sequence[str] | None = None) -> None:
    """Send the requests and tell what came back; exit with 1 where an answer was at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(argv)
    words = sys.argv if argv is None else [__file__, *argv]
    result: dict[str, Any] = {"benchmark": "fuzz", "command": command(words), "machine": machine()}
    ways = {"document": by_document, "hand": by_hand}
    for name, send in ways.items():
        with scratch() as folder, served(folder) as server:
            tally = send(server, given.requests // len(ways), given.seed)
        statuses = {str(status): count for status, count in sorted(tally.statuses.items())}
        result[name] = {"requests": tally.requests, "statuses": statuses, "faults": len(tally.faults)}
        for fault in tally.faults[:20]:
            print(fault, file=sys.stderr)
    emit(result, given.out)
    sys.exit(1 if any(result[name]["faults"] for name in ways) else 0)


if __name__ == "__main__":
    main()
