"""Whose memory a request gets: by flag or by key; where that is not certain, nobody's. And what fails is the memory."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.proxy.conftest import Running, Start
from tests.proxy.test_proxy_learning import post

from ricordo import Memory
from ricordo.access.journal import Journal
from ricordo.access.keys import Keys
from ricordo.errors import BusyError, InvalidInputError
from ricordo.proxy.admission import Admitted, by_key
from ricordo.proxy.serve import make
from ricordo.testing import Reply

CANARIES = ["sk-canary-bearer", "sk-canary-x-api-key", "sk-canary-api-key", "sk-canary-query", "mos_canary"]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def keys(state: Path) -> Iterator[Keys]:
    with Keys.open(state) as opened:
        yield opened


@pytest.fixture(autouse=True)
def known(memory: Memory) -> None:
    for who in ("ada", "bo"):
        memory.retain(f"The word of {who} is swordfish-{who}.", pinned=True, scope=f"user:{who}")


def secret(keys: Keys, **given: Any) -> str:
    scopes = {"read": ["user:ada"], "write": ["user:ada"], "principal": "ada"}
    return keys.issue(**{**scopes, **given})[1]


def got(proxy: Running) -> str:
    return proxy.upstream.requests[-1].body.decode()


def test_a_key_gets_its_own_scopes(start: Start, keys: Keys) -> None:
    proxy = start(keys=keys)
    for who in ("ada", "bo"):
        key = secret(keys, read=[f"user:{who}"], write=[f"user:{who}"])
        response = post(proxy, f"I am {who}.", headers={"Ricordo-Key": key})
        assert response.headers["ricordo-memory"].startswith("1 records")
        assert f"swordfish-{who}" in got(proxy)
        assert key not in str(proxy.upstream.requests[-1])
        assert (f"I am {who}." in str(proxy.kept(scope=f"user:{who}"))) is True
    assert "I am bo." not in str(proxy.kept(scope="user:ada"))


def test_without_a_good_key_nothing_is_read_or_kept(start: Start, keys: Keys) -> None:
    proxy = start(keys=keys)
    revoked, gone = keys.issue(read=["user:ada"], write=["user:ada"])
    good = secret(keys)
    keys.revoke(revoked.id)
    other = keys.issue(space="elsewhere", read=["user:ada"], write=["user:ada"])[1]
    near = good[:-1] + ("A" if good[-1] != "A" else "B")
    tries = ["", "mos_", near, gone, f"mos_{revoked.id}_{'x' * 43}", other, "ä".encode()]
    for key in tries:
        headers = {"Ricordo-Key": key} if key else {}
        response = post(proxy, "I moved to Lisbon.", headers=headers)
        assert response.status_code == 200
        assert response.headers["ricordo-memory"].startswith("off; reason=")
        assert "swordfish" not in got(proxy)
    assert proxy.kept() == []


def test_a_key_that_is_over_gets_nothing(memory: Memory, keys: Keys) -> None:
    key, good = keys.issue(read=["user:ada"], write=["user:ada"], expires_at=datetime.now(UTC) + timedelta(days=1))
    headers = {b"ricordo-key": good.encode()}
    assert isinstance(by_key(memory, keys)(headers), Admitted)
    assert by_key(memory, keys, lambda: key.created_at + timedelta(days=2))(headers) == "unknown key"


@pytest.mark.parametrize(
    ("given", "headers", "reads", "writes"),
    [
        ({"rights": ["read"]}, {}, True, False),
        ({"rights": ["write"]}, {}, False, True),
        ({"write": ["user:ada", "team"]}, {}, True, False),
        ({"write": ["user:ada", "team"]}, {"Ricordo-Scope": "team"}, True, True),
        ({"write": ["user:ada", "team"]}, {"Ricordo-Scope": "user:bo"}, False, False),
        ({"read": ["user:ada", "user:bo"]}, {"Ricordo-Read": "user:bo"}, False, True),
        ({}, {"Ricordo-Read": "user:bo"}, False, False),
        ({"read": None, "write": None}, {}, False, False),
        ({"read": None, "write": None}, {"Ricordo-Scope": "user:ada"}, True, True),
    ],
)
def test_a_key_does_what_it_may(
    start: Start, keys: Keys, given: dict[str, Any], headers: dict[str, str], reads: bool, writes: bool
) -> None:
    proxy = start(keys=keys)
    post(proxy, "I moved to Lisbon.", headers={"Ricordo-Key": secret(keys, **given), **headers})
    assert ("swordfish-ada" in got(proxy)) is reads
    assert bool(proxy.kept()) is writes


def test_a_key_at_a_proxy_of_one_user_is_somebody_elses(proxy: Running, keys: Keys) -> None:
    response = post(proxy, "I moved to Lisbon.", headers={"Ricordo-Key": secret(keys)})
    assert response.headers["ricordo-memory"].startswith("off; reason=unknown key")
    assert proxy.kept() == []


def test_two_keys_share_no_conversation(start: Start, keys: Keys) -> None:
    proxy = start(keys=keys)
    for who in ("ada", "bo", "ada"):
        key = secret(keys, read=[f"user:{who}"], write=[f"user:{who}"], principal=who)
        post(proxy, "Hello.", headers={"Ricordo-Key": key, "Ricordo-Session": "same"})
        assert got(proxy).count("swordfish") == 1
        assert f"swordfish-{who}" in got(proxy)


def test_other_scopes_can_be_read_than_written(start: Start) -> None:
    proxy = start(scope="user:ada", read=["user:bo"])
    post(proxy, "I moved to Lisbon.")
    assert "swordfish-bo" in got(proxy)
    assert "swordfish-ada" not in got(proxy)
    assert ("Ada", "I moved to Lisbon.") in proxy.kept(scope="user:ada")


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({"host": "0.0.0.0"}, {}),
        ({"upstream": ""}, {}),
        ({"upstream": "ftp://x"}, {}),
    ],
)
def test_what_is_not_safe_does_not_start(memory: Memory, changes: dict[str, Any], arguments: dict[str, Any]) -> None:
    settings = replace(memory.settings, **{"upstream": "http://127.0.0.1:9", **changes})
    with pytest.raises(InvalidInputError):
        make(memory, settings=settings, **arguments)


def test_keys_bring_their_own_scopes(memory: Memory, keys: Keys) -> None:
    settings = replace(memory.settings, upstream="http://127.0.0.1:9")
    with pytest.raises(InvalidInputError):
        make(memory, settings=settings, keys=keys, scope="user:ada")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
    ],
)
def test_pages_in_a_browser_are_kept_out(proxy: Running, headers: dict[str, str], status: int) -> None:
    response = post(proxy, "I moved to Lisbon.", headers=headers)
    assert response.status_code == status
    assert proxy.upstream.requests == []
    assert proxy.kept() == []


# -- the memory fails, the service does not


class _Failing(Memory):
    """A memory that does not do what it is asked."""

    def __init__(self, memory: Memory, fault: Any) -> None:
        super().__init__(memory._engine, memory._view)
        self.fault = fault

    def scoped(self, **given: Any) -> Memory:
        return _Failing(super().scoped(**given), self.fault)

    def inject(self, *_: Any, **__: Any) -> Any:
        return self.fault()

    def retain_many(self, *_: Any, **__: Any) -> Any:
        return self.fault()


@pytest.mark.parametrize("error", [BusyError("sk-canary"), RuntimeError("sk-canary"), MemoryError("sk-canary")])
def test_a_memory_that_fails(start: Start, memory: Memory, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise error

    proxy = start(memory=_Failing(memory, fail))
    with caplog.at_level(logging.DEBUG):
        response = post(proxy, "I moved to Lisbon.")
        assert proxy.kept() == []
    assert response.json()["choices"][0]["message"]["content"] == "Noted."
    assert response.headers["ricordo-memory"].startswith("off; reason=error; request=")
    told = [vars(record)["ricordo_fields"]["why"] for record in caplog.records if record.name == "ricordo.proxy"]
    assert told == [type(error).__name__, type(error).__name__]
    assert "canary" not in caplog.text
    assert "Lisbon" not in caplog.text


def test_a_memory_that_is_slow(start: Start, memory: Memory) -> None:
    go = threading.Event()
    proxy = start({"proxy_timeout_s": 0.05}, memory=_Failing(memory, lambda: go.wait(20)))
    try:
        response = post(proxy, "I moved to Lisbon.")
    finally:
        go.set()
    assert response.status_code == 200
    assert response.headers["ricordo-memory"].startswith("off; reason=timeout")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"messages": ' + b"[" * 100_000, "unreadable"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "' + b"x" * 5000 + b'"}]}', "too large"),
    ],
)
def test_what_can_not_be_read_goes_through(start: Start, body: bytes, reason: str) -> None:
    proxy = start({"max_body_bytes": 0 if reason == "unreadable" else 2000})
    proxy.upstream.script(Reply(status=400))
    response = httpx.post(f"{proxy.url}/v1/chat/completions", content=body)
    assert response.json()["error"]["message"] == "scripted 400"
    assert response.headers["ricordo-memory"].startswith(f"off; reason={reason}")
    assert proxy.upstream.requests[0].body == body
    assert proxy.kept() == []


def test_a_body_that_is_compressed_goes_through(proxy: Running) -> None:
    response = httpx.post(f"{proxy.url}/v1/messages", content=b"{}", headers={"Content-Encoding": "zstd", "X-Odd": "1"})
    assert response.headers["ricordo-memory"].startswith("off; reason=encoded")


def test_health(proxy: Running) -> None:
    assert [httpx.get(f"{proxy.url}/{name}").text for name in ("healthz", "readyz")] == ["ok", "ok"]


# -- what is noted, and what is not


def test_which_request_was_given_which_records(start: Start, state: Path, keys: Keys) -> None:
    with Journal.open(state) as journal:
        proxy = start(keys=keys, journal=journal)
        key = secret(keys)
        header = post(proxy, "I moved to Lisbon.", headers={"Ricordo-Key": key}).headers["ricordo-memory"]
        httpx.post(f"{proxy.url}/v1/messages/count_tokens", json={"messages": []}, headers={"Ricordo-Key": key})
        assert journal.flush()
        (delivery,) = journal.deliveries(space="default", scopes=("user:ada",))
    record = proxy.memory.list(scope="user:ada", kinds="fact").records[0]
    assert delivery.records == ((record.id, record.version),)
    assert header == f"1 records; tokens={delivery.tokens}; request={delivery.request_id}"
    assert (delivery.surface, delivery.principal, delivery.lane, delivery.model) == ("proxy", "ada", "inject", "m")


def test_keys_of_the_model_server_are_kept_nowhere(
    start: Start, state: Path, tmp_path: Path, memory: Memory, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {
        "Authorization": "Bearer sk-canary-bearer",
        "X-Api-Key": "sk-canary-x-api-key",
        "Api-Key": "sk-canary-api-key",
    }
    told = []
    with caplog.at_level(logging.DEBUG), ExitStack() as stack:
        journal = stack.enter_context(Journal.open(state))
        proxy = start(journal=journal)
        broken = start({"upstream": "http://127.0.0.1:9"}, journal=journal)
        replies = [Reply(), Reply(status=401), Reply(text="A long answer indeed.", cut=0.5), Reply(tool=("f", {}))]
        for one in (proxy, broken):
            for path in ("chat/completions", "messages", "responses", "embeddings"):
                proxy.upstream.script(*replies)
                talk = {"messages": [{"role": "user", "content": "Hello."}], "input": "Hi."}
                for _ in replies:
                    body = {"model": "m", "stream": True, **talk}
                    url = f"{one.url}/v1/{path}?key=sk-canary-query"
                    try:
                        answer = httpx.post(url, json=body, headers={**headers, "Ricordo-Key": "mos_canary"})
                        told.append(f"{answer.headers} {answer.text if one is broken else ''}")
                        httpx.post(url, json=body, headers=headers)
                    except httpx.HTTPError as error:
                        told.append(str(error))
        bad = httpx.post(f"{proxy.url}/v1/messages", json={}, headers={**headers, "Host": "sk-canary.example"})
        assert bad.status_code == 421
        proxy.kept()
        journal.flush()
        proxy.stop()
    mine = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("ricordo", "uvicorn")))
    everything = [mine.encode(), "\n".join(told).encode()]
    memory.export(tmp_path / "archive.ricordo")
    everything += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) > 4
    for canary in CANARIES:
        assert not any(canary.encode() in one for one in everything), canary
    assert any(canary in str(proxy.upstream.requests) for canary in CANARIES[:4])


def test_a_header_that_the_way_on_refuses_is_not_shown(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """h11 shows the value of a header that it refuses; told is the kind of the error alone."""
    app = make(memory, settings=replace(memory.settings, upstream="http://127.0.0.1:9"))
    sent: list[Any] = []
    incoming = [{"type": "http.request", "body": b"{}", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer sk-canary\n")]
    scope = {"type": "http", "method": "POST", "path": "/v1/embeddings", "query_string": b"", "headers": headers}
    with caplog.at_level(logging.DEBUG):
        asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 502
    assert "canary" not in f"{sent} {caplog.text}"
    app.state.learning.close()
