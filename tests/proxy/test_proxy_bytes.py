"""What passes through passes byte for byte: bodies, streams, headers, addresses; and what breaks off breaks off."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.proxy.conftest import Running, Start

from ricordo.proxy.upstream import Upstream as Way
from ricordo.testing import Reply

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Héllo, wörld. 🙂"}], "stream": True}
PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses"]


def body_of(path: str, **more: Any) -> dict[str, Any]:
    listed = {"input": ASKED["messages"]} if path == "/v1/responses" else {"messages": ASKED["messages"]}
    return {"model": "m", **listed, **more}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("gzip", [True, False])
def test_the_answer_is_that_of_a_direct_call(proxy: Running, path: str, stream: bool, gzip: bool) -> None:
    body = body_of(path, stream=stream)
    reply = Reply(text="A long ånswer. " * 50, gzip=gzip, headers={"x-request-id": "req_1", "x-odd": "1"})
    proxy.upstream.script(reply, reply)
    found = []
    for base in (proxy.upstream.url, proxy.url):
        with httpx.stream("POST", f"{base}{path}", json=body) as response:
            found.append((response.status_code, b"".join(response.iter_raw()), dict(response.headers)))
    (_, direct, headers), (status, through, passed) = found
    assert (status, through) == (200, direct)
    assert passed.pop("ricordo-memory").startswith("0 records; tokens=0; request=")
    own = {"date", "server", "transfer-encoding"}
    assert {name: value for name, value in passed.items() if name not in own} == {
        name: value for name, value in headers.items() if name not in own
    }
    assert len(proxy.kept()) == 2  # also of a compressed answer the copy was read


def test_of_encodings_only_those_are_asked_for_that_can_be_read(proxy: Running) -> None:
    for accepted, onward in [("gzip, deflate, br, zstd", "gzip, deflate"), ("br;q=1.0", "identity"), ("", "identity")]:
        httpx.post(f"{proxy.url}/v1/chat/completions", json=ASKED, headers={"Accept-Encoding": accepted})
        assert proxy.upstream.requests[-1].headers["accept-encoding"] == onward
    httpx.post(f"{proxy.url}/v1/embeddings", json={"model": "e", "input": "x"}, headers={"Accept-Encoding": "br"})
    assert proxy.upstream.requests[-1].headers["accept-encoding"] == "br"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/files?limit=2&after=%2Fa%20b&x=%C3%A9&empty="),
        ("POST", "/v1/files"),
        ("DELETE", "/v1/files/file%2F1"),
        ("HEAD", "/v1/models"),
        ("GET", "/v1/responses/resp_1/input_items"),
        ("POST", "/v1/messages/batches"),
        ("PUT", "/api/anything"),
    ],
)
def test_everything_else_passes_untouched(proxy: Running, method: str, path: str) -> None:
    body = b"\x00\xff--not json" if method in ("POST", "PUT") else b""
    response = httpx.request(method, f"{proxy.url}{path}", content=body, headers={"X-Odd": "ä".encode()})
    (request,) = proxy.upstream.requests
    assert f"{request.path}?{request.query}".rstrip("?") == path
    assert (request.method, request.body, request.headers["x-odd"]) == (method, body, "Ã¤")
    assert "ricordo-memory" not in response.headers
    assert response.status_code == 200
    if body:
        assert response.content == body


def test_a_body_without_a_length_passes(proxy: Running) -> None:
    def pieces() -> Any:
        yield b"one "
        yield b"two"

    assert httpx.post(f"{proxy.url}/v1/files", content=pieces()).content == b"one two"
    assert proxy.upstream.requests[0].headers["transfer-encoding"] == "chunked"


def test_headers_of_the_connection_and_the_proxys_own_stay_here(proxy: Running) -> None:
    headers = {
        "Connection": "keep-alive, X-Mine",
        "X-Mine": "1",
        "TE": "trailers",
        "Proxy-Authorization": "Basic x",
        "Ricordo-Session": "s",
        "Ricordo-Memory": "off",
        "OpenAI-Organization": "org",
        "anthropic-beta": "a,b",
        "User-Agent": "me",
    }
    httpx.post(f"{proxy.url}/v1/chat/completions", json=ASKED, headers=headers)
    (request,) = proxy.upstream.requests
    assert {"x-mine", "te", "proxy-authorization", "ricordo-session", "ricordo-memory"}.isdisjoint(request.headers)
    assert request.headers["openai-organization"] == "org"
    assert request.headers["anthropic-beta"] == "a,b"
    assert request.headers["user-agent"] == "me"
    assert request.headers["host"] == urlsplit(proxy.upstream.url).netloc


def test_what_of_a_request_is_not_memory_stays_as_it_was_written(proxy: Running) -> None:
    proxy.memory.retain("Grafana runs on port 3000.", name="grafana", scope="user:ada")
    head = '{ "big": 12345678901234567890.10, "odd": "\\ud83d \\u00e9", "x": 1E5,\n '
    head += '"messages": [{"role":"user","content":"'
    text, tail = "grafana \\u00e9\\/", '"}] ,"model":"m","tools":[ {"b":1,"a":2} ]}'
    sent = f"{head}{text}{tail}".encode()
    httpx.post(f"{proxy.url}/v1/chat/completions", content=sent, headers={"Content-Type": "application/json"})
    got = proxy.upstream.requests[0].body
    assert got.startswith(head.encode())
    assert got.endswith(f"{text}{tail}".encode())
    assert b"<ricordo-memory>" in got[len(head) : -len(tail)]


@pytest.mark.parametrize(
    ("base", "path", "address"),
    [
        ("https://api.openai.com", "/v1/models", "https://api.openai.com/v1/models"),
        ("https://api.openai.com/v1", "/v1/models", "https://api.openai.com/v1/models"),
        ("https://api.openai.com/v1/", "/v1", "https://api.openai.com/v1"),
        ("http://127.0.0.1:1/llm/v1", "/v1/models", "http://127.0.0.1:1/llm/v1/models"),
        ("http://127.0.0.1:1/llm", "/v1/models", "http://127.0.0.1:1/llm/v1/models"),
        ("https://host/v1beta/openai/", "/v1/models", "https://host/v1beta/openai/models"),
        ("https://host/api/paas/v4", "/v1/chat/completions", "https://host/api/paas/v4/chat/completions"),
        ("https://host", "/v10/x", "https://host/v10/x"),
    ],
)
def test_addresses_are_joined(base: str, path: str, address: str) -> None:
    assert Way(base, 1).address(path, b"") == address


@pytest.mark.parametrize(
    "url", ["", "api.openai.com", "ftp://x", "http://", "http://a:b@c", "http://a?k=1", "http://a:99999"]
)
def test_an_address_that_is_none_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="upstream: the address of a model server") as raised:
        Way(url, 1)
    assert "a:b@c" not in str(raised.value)


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_that_breaks_off_breaks_off_here_too_and_nothing_is_kept(proxy: Running, path: str) -> None:
    reply = Reply(text="A long answer indeed.", cut=0.5)
    proxy.upstream.script(reply, reply)
    found = []
    for base in (proxy.upstream.url, proxy.url):
        got: list[bytes] = []
        asked = httpx.stream("POST", f"{base}{path}", json=body_of(path, stream=True))
        with asked as response, pytest.raises(httpx.RemoteProtocolError):
            got.extend(response.iter_raw())
        found.append(b"".join(got))
    assert found[0] == found[1] != b""
    assert proxy.kept() == []


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_without_its_end_passes_and_nothing_is_kept(proxy: Running, path: str) -> None:
    proxy.upstream.script(Reply(text="A long answer indeed.", endless=True))
    assert httpx.post(f"{proxy.url}{path}", json=body_of(path, stream=True)).status_code == 200
    assert proxy.kept() == []


def test_a_document_that_breaks_off_breaks_off_here_too(proxy: Running) -> None:
    proxy.upstream.script(Reply(text="A long answer indeed.", cut=0.5))
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{proxy.url}/v1/chat/completions", json={**ASKED, "stream": False})
    assert proxy.kept() == []


def test_what_comes_first_is_passed_on_before_the_rest_is_there(proxy: Running) -> None:
    go = threading.Event()
    proxy.upstream.script(Reply(text="One two three four five six seven.", between=go))
    with httpx.stream("POST", f"{proxy.url}/v1/chat/completions", json=ASKED) as response:
        pieces = response.iter_raw()
        assert b"One" in next(pieces) + next(pieces)
        go.set()
        assert b"[DONE]" in b"".join(pieces)


@pytest.mark.parametrize("started", [True, False])
def test_when_the_client_leaves_the_model_server_is_left_too(proxy: Running, started: bool) -> None:
    never = threading.Event()
    proxy.upstream.script(Reply(text="One two three four.", between=never) if started else Reply(before=never))
    place, body = urlsplit(proxy.url), json.dumps(ASKED).encode()
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        if started:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        else:
            assert proxy.upstream.arrived.wait(20)
    assert proxy.upstream.left.get(timeout=20) == "/v1/chat/completions"
    assert proxy.kept() == []


def test_a_model_server_that_is_not_there(start: Start, upstream: Any) -> None:
    proxy = start({"upstream": "http://127.0.0.1:9"})
    response = httpx.post(f"{proxy.url}/v1/chat/completions?key=canary", json=ASKED)
    assert response.status_code == 502
    assert "127.0.0.1:9 can't be reached" in response.json()["error"]["message"]
    assert "canary" not in response.text
    assert response.headers["ricordo-memory"].startswith("0 records")
    other = httpx.post(f"{proxy.url}/v1/messages", json=ASKED).json()
    assert other["type"] == "error"
    assert other["error"]["type"] == "api_error"


def test_a_model_server_that_is_too_slow(start: Start, upstream: Any) -> None:
    proxy = start({"upstream_timeout_s": 0.2})
    upstream.script(Reply(before=threading.Event()))
    response = httpx.post(f"{proxy.url}/v1/chat/completions", json=ASKED)
    assert response.status_code == 504
    assert proxy.kept() == []


@pytest.mark.parametrize(
    "path", ["%2f@127.0.0.2:9/v1/models", "%2F.other.example/", "/v1/../../internal", "/./v1/models"]
)
def test_a_path_can_not_name_another_server(proxy: Running, path: str) -> None:
    place = urlsplit(proxy.url)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 0), timeout=20) as connection:
        told = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer sk-x\r\nConnection: close\r\n\r\n"
        connection.sendall(told.encode())
        assert connection.makefile("rb").readline().split()[1] in (b"400", b"404")
    assert not proxy.upstream.requests
