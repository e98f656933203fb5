"""The log as a stream: in order, once committed, resumed where it was left, also what other processes write."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tests.http.conftest import SPACE, Site
from tests.http.test_routes import problem, remembered

from ricordo import Memory, Settings
from ricordo.errors import BusyError
from ricordo.http import stream

Events = Iterator[dict[str, Any]]
STREAM = f"{SPACE}/events/stream"


@contextmanager
def following(
    client: httpx.Client, headers: dict[str, str] | None = None, **query: Any
) -> Iterator[Iterator[dict[str, Any]]]:
    with client.stream("GET", STREAM, params=query, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        yield _events(answer)


def _events(answer: httpx.Response) -> Events:
    id = ""
    for line in answer.iter_lines():
        if line.startswith("id: "):
            id = line[4:]
        elif line.startswith("data: "):
            told = json.loads(line[6:])
            assert str(told["seq"]) == id
            yield told


def test_what_was_and_what_comes(site: Site, client: httpx.Client) -> None:
    first = remembered(client, "Tea at five.")
    with following(client) as events:
        assert list(next(events)["records"]) == [first["id"]]
        second = remembered(site.client(), "Tea at six.")
        told = next(events)
        assert (told["op"], list(told["records"])) == ("retain", [second["id"]])
        assert told == client.get(f"{SPACE}/events", params={"after": 1}).json()["entries"][0]


def test_it_goes_on_behind_the_last_that_was_seen(client: httpx.Client) -> None:
    for number in range(5):
        remembered(client, f"Note {number}.")
    with following(client, {"Last-Event-ID": "3"}, after=1) as events:
        assert [next(events)["seq"], next(events)["seq"]] == [4, 5]
    with following(client, after=2) as events:
        assert next(events)["seq"] == 3
    problem(client.get(STREAM, headers={"Last-Event-ID": "x"}), 400, "InvalidInputError")
    problem(client.get(STREAM, params={"after": "-1"}), 400, "InvalidInputError")


def test_a_key_follows_its_scopes_alone(site: Site, client: httpx.Client) -> None:
    own = site.client(read=["own"], write=["own"], rights=("read",))
    with following(own) as events, following(client, scope="team") as team:
        for scope in ("secret", "team", "own"):
            remembered(client, f"Of {scope}.", scope=scope)
        assert next(events)["seq"] == 3
        assert next(team)["seq"] == 2


def test_what_another_process_writes_comes_too(client: httpx.Client, settings: Settings) -> None:
    with following(client) as events, Memory.open(settings.path, embedder=None) as other:
        other.retain("Written elsewhere.")
        assert next(events)["seq"] == 1


def test_many_follow_at_once_and_all_see_all_in_order(site: Site, client: httpx.Client) -> None:
    seen: list[list[int]] = [[] for _ in range(12)]
    ready = threading.Barrier(len(seen) + 1, timeout=20)
    clients = [site.client() for _ in seen]

    def follow(one: httpx.Client, into: list[int]) -> None:
        with following(one) as events:
            ready.wait()
            for told in events:
                into.append(told["seq"])
                if told["seq"] == 20:
                    return

    threads = [threading.Thread(target=follow, args=pair) for pair in zip(clients, seen, strict=True)]
    for one in threads:
        one.start()
    ready.wait()
    for number in range(20):
        remembered(client, f"Note {number}.")
    for one in threads:
        one.join(30)
    assert seen == [list(range(1, 21))] * len(seen)


def test_it_ends_when_the_server_stops(site: Site, client: httpx.Client) -> None:
    with following(client) as events:
        remembered(client)
        assert next(events)["seq"] == 1
        site.serving.streams.stop()
        assert list(events) == []
    problem(client.get(STREAM), 503, "BusyError")


def test_a_stream_ends_with_its_key(site: Site, client: httpx.Client) -> None:
    key, secret = site.keys.issue(rights=["read"])
    with following(client, {"Authorization": f"Bearer {secret}"}) as events:
        remembered(client, "Before.")
        assert next(events)["seq"] == 1
        site.keys.revoke(key.id)
        remembered(client, "After.")
        assert next(events, None) is None
    refused = client.get(f"{SPACE}/events", headers={"Authorization": f"Bearer {secret}"})
    problem(refused, 401, "AuthenticationError")


def test_a_stream_that_could_not_begin_spoils_none_that_comes_later(
    site: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Memory) -> int:
        raise BusyError("too much waits")

    with monkeypatch.context() as patched:
        patched.setattr(stream, "head_of", busy)
        problem(client.get(STREAM), 503, "BusyError")
    with client.stream("GET", STREAM) as answer, Memory.open(site.serving.settings.path, embedder=None) as other:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        other.retain("Written elsewhere.")
        assert next(line for line in lines if line)[:4] == "id: "
