"""`ricordo mcp --http`: keys, names and pages at its door, and the same application inside another."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client.streamable_http import streamable_http_client
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.mcp.conftest import ERAS, RICORDO, environment, told

from mcp import Client
from ricordo import InvalidInputError, Memory
from ricordo.access.gate import gate
from ricordo.access.journal import Journal
from ricordo.access.keys import Keys
from ricordo.config import Settings
from ricordo.mcp.caller import callers_of
from ricordo.mcp.http import guarded, serve
from ricordo.mcp.run import only
from ricordo.mcp.transport import mcp_app

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@asynccontextmanager
async def http_client(url: str, secret: str, era: str = ERAS[1]) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {secret}"}
    async with (
        httpx.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


@pytest.fixture
def keys(tmp_path: Path) -> Any:
    with Keys.open(tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def url(serving: Callable[..., str], keys: Keys, tmp_path: Path) -> str:
    keys.issue(principal="first")
    return serving([RICORDO, "mcp", "--space", tmp_path / "space", "--http", "--port", "0"])


@pytest.mark.parametrize("era", ERAS)
def test_each_key_has_its_own_scopes(url: str, keys: Keys, era: str) -> None:
    secrets = {who: keys.issue(principal=who, read=[who], write=[who])[1] for who in ("ada", "bo")}
    _, reader = keys.issue(read=["ada"], rights=["read"])

    async def talk() -> None:
        for who, secret in secrets.items():
            async with http_client(url, secret, era) as client:
                told(await client.call_tool("remember", {"content": f"I am {who}.", "key": "k"}))
                (record,) = told(await client.call_tool("list", {}))["records"]
                assert (record["scope"], record["content"]) == (who, f"I am {who}.")
        async with http_client(url, reader, era) as client:
            assert "remember" not in [tool.name for tool in (await client.list_tools()).tools]
            assert "ada" in told(await client.call_tool("recall", {"query": "Who is ada?"}))["text"]

    asyncio.run(talk())


def test_strangers_are_turned_away(url: str, keys: Keys) -> None:
    key, secret = keys.issue()
    _, elsewhere = keys.issue(space="other")
    known = {**JSON, "Authorization": f"Bearer {secret}"}

    def post(**headers: str) -> httpx.Response:
        return httpx.post(url, json=PING, headers={**known, **headers})

    assert post().status_code == 200
    refused = httpx.post(url, json=PING, headers=JSON)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="ricordo"')
    assert post(Authorization="Bearer mos_wrong").status_code == 401
    assert post(Host="evil.example").status_code == 421
    assert post(Origin="https://evil.example").status_code == 403
    assert httpx.get(url, headers=known).status_code == 405
    assert httpx.delete(url, headers=known).status_code == 405
    assert httpx.post(url.replace("/mcp", "/other"), json=PING, headers=known).status_code == 404
    assert httpx.get(url.replace("/mcp", "/healthz")).text == "ok"
    assert httpx.get(url.replace("/mcp", "/metrics")).status_code == 401
    assert 'route="/mcp"' in httpx.get(url.replace("/mcp", "/metrics"), headers=known).text
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    other = httpx.post(url, json=listing, headers={**known, "Authorization": f"Bearer {elsewhere}"})
    assert "there is no space 'other' here" in other.text
    keys.revoke(key.id)
    assert post().status_code == 401


def test_every_version_with_a_handshake_is_answered_in_itself(url: str, keys: Keys) -> None:
    _, secret = keys.issue()
    for version in HANDSHAKE_PROTOCOL_VERSIONS:
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        answer = httpx.post(url, json=hello, headers={**JSON, "Authorization": f"Bearer {secret}"})
        assert f'"protocolVersion":"{version}"' in answer.text
        assert "mcp-session-id" not in answer.headers


def test_bodies_have_a_bound(serving: Callable[..., str], tmp_path: Path) -> None:
    command = [RICORDO, "mcp", "--space", tmp_path / "space", "--http", "--port", "0", "--insecure"]
    url = serving(command, RICORDO_MAX_BODY_BYTES="1000")
    assert httpx.post(url, json=PING, headers=JSON).status_code == 200
    assert httpx.post(url, json={**PING, "x": "x" * 1000}, headers=JSON).status_code == 413


def test_without_keys_or_a_certificate_only_this_machine_is_served(memory: Memory) -> None:
    with pytest.raises(InvalidInputError, match="host"):
        guarded(mcp_app(callers_of(only(memory)), Settings()), None, Settings(host="0.0.0.0"))


def test_a_port_that_is_taken_is_told(memory: Memory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(mcp_port=taken.getsockname()[1])
        with pytest.raises(InvalidInputError, match="mcp_port"):
            serve(mcp_app(callers_of(only(memory)), settings), settings, print)


def test_a_server_without_any_key_does_not_begin(tmp_path: Path) -> None:
    command = [RICORDO, "mcp", "--space", tmp_path / "space", "--http", "--port", "0"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "`ricordo keys issue --every-scope`" in done.stderr


def test_it_may_be_mounted_in_another_application(memory: Memory, keys: Keys, tmp_path: Path) -> None:
    """As `ricordo serve` does: behind one gate, with the life of the other application."""
    _, secret = keys.issue(principal="ada")
    with Journal.open(tmp_path / "state") as journal:
        inner = mcp_app(callers_of(only(memory), journal), Settings())
        outer = Starlette(routes=[Mount("/mcp", inner)])
        app = gate(outer, keys=keys, settings=Settings())

        async def talk() -> None:
            headers = {"Authorization": f"Bearer {secret}"}
            transport = httpx.ASGITransport(app=app)
            async with inner.running(), httpx.AsyncClient(transport=transport, headers=headers) as http:
                way = streamable_http_client("http://127.0.0.1/mcp/", http_client=http)
                async with Client(way, mode=ERAS[1]) as client:
                    told(await client.call_tool("remember", {"content": "Tea at four."}))
                    told(await client.call_tool("recall", {"query": "When is tea?"}))

        asyncio.run(talk())
        assert journal.flush()
        (delivery,) = journal.deliveries(space="default", scopes=None)
    assert (delivery.principal, delivery.lane, len(delivery.records)) == ("ada", "recall", 1)
    assert delivery.request_id
