"""A request that is sent again with its key is done once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import SPACE, Site
from tests.http.test_routes import call, problem, remembered

from ricordo.access.ledger import Ledger
from ricordo.config import Settings
from ricordo.http.once import Name, Once

KEY = {"Idempotency-Key": "k1"}


def events(client: httpx.Client) -> int:
    seq: int = call(client, "events", limit=1000).json()["seq"]
    return seq


@pytest.mark.parametrize(
    "name",
    [
        *("retain", "retain_messages", "retain_many", "commit", "update", "delete", "feedback", "forget", "undo"),
        *("erase", "compact", "expire", "consolidate"),
    ],
)
def test_the_first_answer_is_given_again(client: httpx.Client, name: str) -> None:
    """For every route that writes: the same answer, nothing written, and another request is refused."""
    record = remembered(client, scope="a")
    id, rule = record["id"], {"name": "old", "after": "9999 days"}
    given: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "retain": ({"content": "Tea."}, {"content": "Cake."}),
        "retain_messages": (
            {"messages": [{"role": "user", "content": "Tea."}]},
            {"messages": [{"role": "user", "content": "Cake."}]},
        ),
        "retain_many": (
            {"items": [{"content": "Tea."}, {"content": "I live in Faro.", "speaker": "Bo"}]},
            {"items": []},
        ),
        "commit": ({"ops": [{"op": "append", "id": id, "text": "x"}]}, {"ops": [{"op": "delete", "id": id}]}),
        "update": ({"id": id, "why": "so"}, {"id": id, "why": "not so"}),
        "delete": ({"id": id}, {"id": id, "reason": "other"}),
        "feedback": ({"ids": [id], "outcome": "used"}, {"ids": [id], "outcome": "harmed"}),
        "forget": ({"scope": "a"}, {"scope": "b"}),
        "undo": ({"event": record["event"]}, {"event": 2}),
        "erase": ({"scope": "a"}, {"scope": "b"}),
        "compact": ({"before": "2020-01-01"}, {"before": "2021-01-01"}),
        "expire": ({"policies": [rule], "dry_run": True}, {"policies": [rule]}),
        "consolidate": ({"dry_run": True}, {"dry_run": False}),
    }
    same, other = given[name]
    headers = {**KEY, "If-Match": '"1"'} if name in ("update", "delete") else KEY
    first = call(client, name, headers, **same)
    assert first.is_success, first.text
    assert "idempotency-replayed" not in first.headers
    written = events(client)
    again = call(client, name, headers, **same)
    assert again.status_code == first.status_code
    assert name == "feedback" or again.headers["idempotency-replayed"] == "true"
    assert _plain(again.json()) == _plain(first.json())
    problem(call(client, name, headers, **other), 422, "KeyConflictError")
    assert events(client) == written


def _plain(data: Any) -> Any:
    """Return an answer without the mark that it was given before."""
    if isinstance(data, dict):
        return {name: _plain(one) for name, one in data.items() if name != "repeated"}
    return [_plain(one) for one in data] if isinstance(data, list) else data


def test_keys_are_a_principals_own(site: Site) -> None:
    ada, bob = (site.client(principal=name) for name in ("ada", "bob"))
    for client, texts in ((ada, ["Tea."]), (bob, ["Cake.", "Pie."])):
        answer = call(client, "retain_many", KEY, items=[{"content": text} for text in texts])
        assert "idempotency-replayed" not in answer.headers


def test_what_failed_did_nothing_and_may_be_sent_again(client: httpx.Client) -> None:
    problem(call(client, "feedback", KEY, ids=["nobody"], outcome="used"), 404, "NotFoundError")
    id = remembered(client)["id"]
    assert call(client, "feedback", KEY, ids=[id], outcome="used").status_code == 200


def test_an_import_is_done_once(client: httpx.Client) -> None:
    path, params = f"{SPACE}/import", {"format": "text", "name": "a.txt"}
    first, again = (client.post(path, params=params, content=b"Tea.", headers=KEY) for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem(client.post(path, params=params, content=b"Cake.", headers=KEY), 422, "KeyConflictError")


def test_what_is_erased_is_not_kept_with_a_key(client: httpx.Client, settings: Settings) -> None:
    call(client, "retain_many", KEY, items=[{"content": "The canary sings.", "scope": "a"}])
    call(client, "erase", scope="a")
    for file in Path(settings.state).rglob("*"):
        assert b"canary" not in file.read_bytes(), file
    again = call(client, "retain_many", KEY, items=[{"content": "The canary sings.", "scope": "a"}])
    assert again.status_code == 404
    assert "canary" not in again.text


def test_a_request_that_was_cut_off_says_where_to_look(client: httpx.Client, settings: Settings) -> None:
    """As a crash leaves it: begun by a server that is no more."""
    asked = json.dumps(["undo", [None, None], {"event": 1}], sort_keys=True)
    ledger = Ledger(Path(settings.state))
    Once(ledger).begun(Name("tester", "default", "k1"), hashlib.sha256(asked.encode()).digest(), 7)
    ledger.close()
    told = problem(call(client, "undo", KEY, event=1), 409, "ConflictError")
    assert "events after 7" in told["detail"]
    problem(call(client, "undo", KEY, event=2), 422, "KeyConflictError")


@pytest.mark.parametrize("key", ["", "x" * 300])
def test_a_key_that_is_none_is_refused(client: httpx.Client, key: str) -> None:
    problem(call(client, "forget", {"Idempotency-Key": key}, scope="x"), 400, "InvalidInputError")
