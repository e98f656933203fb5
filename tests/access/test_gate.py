"""The gate, before a real server: what passes, what is turned away, and how that is said."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.access.conftest import Serve

from ricordo.access.gate import gate
from ricordo.access.keys import LOCAL, Keys
from ricordo.access.refusal import ASGIApp, Message, Receive, Scope, Send
from ricordo.config import Settings
from ricordo.errors import InvalidInputError

SETTINGS = Settings(allowed_hosts="memory.example", allowed_origins="https://app.example", max_body_bytes=1000)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Tell who called, and how long the body was."""
    if scope["type"] != "http":
        return
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    if message["type"] == "http.disconnect":
        raise ConnectionError("the client has left")
    state = scope["state"]
    key = state.get("key")
    told = {"key": key and key.id, "request_id": state["request_id"], "length": length}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"vary", b"Accept")]})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    with Keys.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(serve: Serve, keys: Keys) -> httpx.Client:
    return serve(gate(app, keys=keys, settings=SETTINGS, public=("/healthz", "/page/*")))


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert answer.status_code == status == told["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["type"] == f"urn:ricordo:error:{kind}"
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["detail"]
    assert told["title"]
    return told


def test_a_key_passes_by_either_header(client: httpx.Client, keys: Keys) -> None:
    key, secret = keys.issue()
    for headers in (bearer(secret), {"X-Api-Key": secret}, {"authorization": f"bearer  {secret}"}):
        answer = client.get("/v1/spaces", headers=headers)
        assert answer.status_code == 200
        assert answer.json()["key"] == key.id
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_anothers_credential_beside_the_key_is_passed_over(client: httpx.Client, keys: Keys) -> None:
    _, secret = keys.issue()
    assert client.get("/", headers={**bearer("sk-of-another"), "X-Api-Key": secret}).status_code == 200


def test_no_key_and_no_good_key(client: httpx.Client, keys: Keys) -> None:
    told = problem(client.get("/v1/spaces"), 401, "AuthenticationError")
    assert "ricordo keys issue" in told["detail"]
    assert "RICORDO_KEY" in told["detail"]
    for headers in ({"X-Api-Key": "sk-of-another"}, {"Authorization": "Basic bW9z"}, {"Authorization": "Bearer"}):
        answer = client.get("/v1/spaces", headers=headers)
        problem(answer, 401, "AuthenticationError")
        assert answer.headers["www-authenticate"] == 'Bearer realm="ricordo"'
    answer = client.get("/v1/spaces", headers=bearer("mos_" + "a" * 12 + "_" + "b" * 43))
    problem(answer, 401, "AuthenticationError")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "bbbb" not in answer.text


def test_a_revoked_and_an_expired_key_are_refused_at_once(serve: Serve, keys: Keys) -> None:
    clock = [datetime.now(UTC)]
    client = serve(gate(app, keys=keys, settings=SETTINGS, now=lambda: clock[0]))
    key, secret = keys.issue(expires_at=clock[0] + timedelta(hours=1))
    other, second = keys.issue()
    for one in (secret, second):
        assert client.get("/", headers=bearer(one)).status_code == 200
    keys.revoke(other.id)
    problem(client.get("/", headers=bearer(second)), 401, "AuthenticationError")
    assert key.expires_at is not None
    clock[0] = key.expires_at
    problem(client.get("/", headers=bearer(secret)), 401, "AuthenticationError")


def test_nobody_is_let_in_while_the_keys_can_not_be_read(
    client: httpx.Client, keys: Keys, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("ricordo.access").addHandler(caplog.handler)  # whatever other tests made of the logs
    _, secret = keys.issue()
    for file in tmp_path.glob("server.db*"):
        file.write_bytes(b"\xff" * file.stat().st_size)
    answer = client.get("/", headers=bearer(secret))
    logging.getLogger("ricordo.access").removeHandler(caplog.handler)
    told = problem(answer, 503, "ForeignFileError")
    assert str(tmp_path) not in told["detail"]
    assert ("ricordo.access", logging.ERROR, "the keys can't be read") in caplog.record_tuples


def test_public_paths_need_no_key_and_carry_none(client: httpx.Client) -> None:
    for path in ("/healthz", "/page/", "/page/app.js"):
        assert client.get(path).json()["key"] is None
    for path in ("/healthz/", "/healthz2", "/pages", "//healthz", "/v1/../healthz/x"):
        assert client.get(path).status_code == 401


def test_without_keys_everybody_on_loopback_is_local(serve: Serve) -> None:
    client = serve(gate(app, keys=None, settings=SETTINGS))
    assert client.get("/v1/spaces").json()["key"] == LOCAL.id


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "memory.example"])
def test_without_keys_no_other_address_is_served(host: str, keys: Keys) -> None:
    with pytest.raises(InvalidInputError, match="host"):
        gate(app, keys=None, settings=replace(SETTINGS, host=host))
    gate(app, keys=keys, settings=replace(SETTINGS, host=host))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8474", "127.0.0.1", "[::1]:80", "memory.example:443"])
def test_names_of_the_server(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost", ""]
)
def test_other_names_are_refused(serve: Serve, host: str) -> None:
    client = serve(gate(app, keys=None, settings=SETTINGS))
    problem(client.get("/healthz", headers={"Host": host}), 421, "HostError")


def test_the_address_it_listens_on_is_a_name(keys: Keys) -> None:
    passing = gate(app, keys=keys, settings=replace(SETTINGS, host="192.0.2.7"))
    for host, status in ((b"192.0.2.7:8474", 200), (b"192.0.2.8", 421)):
        assert asked(passing, host=host, path="/healthz") == status
    assert (
        asked(gate(app, keys=keys, settings=replace(SETTINGS, host="0.0.0.0")), host=b"0.0.0.0", path="/healthz") == 421
    )


def test_pages_of_other_origins_are_refused(client: httpx.Client) -> None:
    own = f"http://127.0.0.1:{client.base_url.port}"
    for origin in (own, "https://app.example", own.replace("http", "https")):
        assert client.get("/healthz", headers={"Origin": origin}).status_code == 200
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://app.example.evil", "file://"):
        problem(client.get("/healthz", headers={"Origin": origin}), 403, "OriginError")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_origins_can_not_embed_what_is_here(client: httpx.Client, site: str) -> None:
    """A browser names no origin where a page loads an image, a script or a frame from here."""
    for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe")):
        told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        problem(client.get("/healthz", headers=told), 403, "OriginError")
        assert client.get("/healthz", headers={**told, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/healthz", headers=link).status_code == 200
    page = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors", "Origin": "https://app.example"}
    assert client.get("/healthz", headers=page).status_code == 200


def test_a_page_that_may_call_can_read_the_answer(client: httpx.Client, keys: Keys) -> None:
    page = {"Origin": "https://app.example"}
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
    before = client.options("/v1/spaces", headers={**page, **asks})
    assert before.status_code == 204
    assert before.headers["access-control-allow-headers"] == "authorization,if-match"
    assert "PATCH" in before.headers["access-control-allow-methods"]
    _, secret = keys.issue()
    for answer in (before, client.get("/", headers={**page, **bearer(secret)}), client.get("/", headers=page)):
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert "Origin" in answer.headers.get_list("vary", split_commas=True)
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in client.get("/", headers=bearer(secret)).headers
    assert client.options("/", headers={"Origin": "http://evil.example", **asks}).status_code == 403


@pytest.mark.parametrize("setting", [{"allowed_hosts": "a b"}, {"allowed_origins": "app.example"}])
def test_settings_that_name_nothing_are_told(setting: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(setting))):
        gate(app, keys=None, settings=replace(SETTINGS, **setting))


def test_request_ids_are_kept_where_they_are_plain(client: httpx.Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": "trace:7.a-b_c"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "trace:7.a-b_c"
    made = [client.get("/healthz", headers={"X-Request-Id": bad}) for bad in ("", "a b", "x" * 129, "<script>", "a;b")]
    assert len({answer.headers["x-request-id"] for answer in made}) == 5
    assert all(answer.headers["x-request-id"].isalnum() for answer in made)


def test_a_body_that_is_too_long(client: httpx.Client, keys: Keys) -> None:
    _, secret = keys.issue()
    assert client.post("/", content=b"x" * 1000, headers=bearer(secret)).json()["length"] == 1000
    problem(client.post("/", content=b"x" * 1001, headers=bearer(secret)), 413, "BodyTooLargeError")


def test_a_body_that_is_too_long_and_does_not_say_so(client: httpx.Client, keys: Keys) -> None:
    _, secret = keys.issue()
    for blocks, status in ((10, 200), (11, 413), (500, 413)):
        answer = client.post("/", content=(b"x" * 100 for _ in range(blocks)), headers=bearer(secret))
        assert answer.status_code == status
    problem(answer, 413, "BodyTooLargeError")


def test_an_error_of_the_application_is_not_swallowed() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        asked(gate(broken, keys=None, settings=SETTINGS))


def test_too_many_requests_of_one_key(serve: Serve, keys: Keys) -> None:
    client = serve(gate(app, keys=keys, settings=replace(SETTINGS, requests_per_second=0.001)))
    secrets = [keys.issue()[1] for _ in range(2)]
    first = [client.get("/", headers=bearer(secret)).status_code for secret in secrets]
    answer = client.get("/", headers=bearer(secrets[0]))
    assert first == [200, 200]
    problem(answer, 429, "RateError")
    assert 900 < int(answer.headers["retry-after"]) <= 1000


def test_guessing_keys_is_slowed_down_and_hinders_nobody_else(client: httpx.Client, keys: Keys) -> None:
    _, secret = keys.issue()
    wrong = bearer("mos_" + "a" * 12 + "_" + "b" * 43)
    statuses = [client.get("/", headers=wrong).status_code for _ in range(25)]
    assert statuses[:20] == [401] * 20
    assert set(statuses[21:]) == {429}
    assert int(client.get("/", headers=wrong).headers["retry-after"]) >= 1
    assert client.get("/", headers=bearer(secret)).status_code == 200
    assert client.get("/").status_code == 401


def test_other_headers_may_hold_the_key(keys: Keys) -> None:
    _, secret = keys.issue()
    passing = gate(app, keys=keys, settings=SETTINGS, credentials=("Ricordo-Key",))
    assert asked(passing, (b"ricordo-key", secret.encode()), (b"authorization", b"Bearer sk-1")) == 200
    assert asked(passing, (b"authorization", f"Bearer {secret}".encode())) == 401


def test_the_life_of_the_server_passes_and_websockets_do_not() -> None:
    seen: list[str] = []

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    passing = gate(told, keys=None, settings=SETTINGS)
    sent = asyncio.run(_sent(passing, {"type": "websocket", "headers": []}))
    asyncio.run(_sent(passing, {"type": "lifespan"}))
    assert seen == ["lifespan"]
    assert sent == [{"type": "websocket.close", "code": 1008}]


names = st.sampled_from([b"host", b"origin", b"authorization", b"x-api-key", b"content-length", b"x-request-id"])
odd = st.binary(max_size=40) | st.sampled_from(
    [b"localhost", b"http://localhost", b"[::1", b"a:99999999", b"Bearer mos_", b"-1"]
)


@given(st.lists(st.tuples(names, odd), max_size=6), st.sampled_from(["GET", "OPTIONS", "POST"]))
def test_whatever_headers_say_there_is_an_answer(headers: list[tuple[bytes, bytes]], method: str) -> None:
    with tempfile.TemporaryDirectory() as folder, Keys.open(Path(folder)) as keys:
        passing = gate(app, keys=keys, settings=SETTINGS)
        scope = {"type": "http", "method": method, "path": "/v1/spaces", "headers": headers}
        start, body = asyncio.run(_sent(passing, scope))
    assert start["status"] in (401, 403, 421)
    assert json.loads(body["body"])["status"] == start["status"]


def asked(passing: ASGIApp, *headers: tuple[bytes, bytes], host: bytes = b"localhost", path: str = "/") -> int:
    """Ask an application without a server, and return the status."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", host), *headers]}
    return int(asyncio.run(_sent(passing, scope))[0]["status"])


async def _sent(passing: ASGIApp, scope: Scope) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await passing(scope, receive, send)
    return sent
