"""A change of a record rests on a version: the table of what each precondition comes to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.http.conftest import SPACE
from tests.http.test_routes import call, problem, remembered


@pytest.fixture
def path(client: httpx.Client) -> str:
    """The path of a record that is at version 2."""
    id = remembered(client)["id"]
    path = f"{SPACE}/records/{id}"
    assert client.patch(path, json={"why": "so"}, headers={"If-Match": '"1"'}).headers["etag"] == '"2"'
    return path


ROWS: tuple[tuple[dict[str, str], int, str | None], ...] = (
    ({}, 428, "PreconditionMissingError"),
    ({"If-Match": '"1"'}, 412, "VersionConflictError"),
    ({"If-Match": '"9"'}, 412, "VersionConflictError"),
    ({"If-Match": 'W/"2"'}, 400, "InvalidInputError"),
    ({"If-Match": "2"}, 400, "InvalidInputError"),
    ({"If-Match": '"2", "3"'}, 400, "InvalidInputError"),
    ({"If-Match": '"-1"'}, 400, "InvalidInputError"),
    ({"If-Match": ""}, 400, "InvalidInputError"),
    ({"If-Match": '"2"'}, 200, None),
)


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
@pytest.mark.parametrize("keyed", [False, True])
def test_if_match(client: httpx.Client, path: str, verb: str, keyed: bool) -> None:
    body: Any = {"json": {"title": "t"}} if verb == "PATCH" else {}
    for spot, (headers, status, kind) in enumerate(ROWS):
        also = {"Idempotency-Key": str(spot)} if keyed else {}
        answer = client.request(verb, path, headers={**headers, **also}, **body)
        if kind is None:
            assert answer.status_code == status, answer.text
            assert client.get(path).headers["etag"] == '"3"'
            continue
        problem(answer, status, kind)
        assert client.get(path).headers["etag"] == '"2"'
        if status == 412:
            assert answer.headers["etag"] == '"2"'
            assert answer.json()["current"] == 2


def test_a_read_that_moved_is_no_precondition_of_its_own(client: httpx.Client, path: str) -> None:
    """What was read under a token and has changed is a conflict, 409; the own version that moved is 412."""
    other = remembered(client, "Tea at five.")
    token = call(client, "read_token").json()["value"]
    for one in (path, f"{SPACE}/records/{other['id']}"):
        client.get(one, headers={"Memory-Read-Token": token})
    told = {"Memory-Read-Token": token}
    assert client.patch(path, json={"why": "a"}, headers={"If-Match": '"2"', **told}).status_code == 200
    call(client, "update", {"If-Match": "*"}, id=other["id"], why="b")
    stale = client.patch(path, json={"why": "c"}, headers={"If-Match": '"3"', **told})
    assert problem(stale, 409, "StaleReadError")["versions"] == {other["id"]: [1, 2]}
    assert problem(client.delete(path, headers={"If-Match": '"3"', **told}), 409, "StaleReadError")
    client.patch(path, json={"why": "d"}, headers={"If-Match": '"3"'})
    fresh = call(client, "read_token").json()["value"]
    client.get(path, headers={"Memory-Read-Token": fresh})
    client.patch(path, json={"why": "e"}, headers={"If-Match": '"4"'})
    moved = client.patch(path, json={"why": "f"}, headers={"If-Match": '"4"', "Memory-Read-Token": fresh})
    problem(moved, 412, "VersionConflictError")


def test_a_precondition_that_can_not_be_held_is_refused(client: httpx.Client) -> None:
    for header in ("If-Match", "Memory-Read-Token"):
        told = call(client, "forget", {header: '"1"'}, scope="x")
        problem(told, 400, "InvalidInputError")


def test_a_version_of_what_a_write_would_change(client: httpx.Client) -> None:
    slot = {"subject": "Ada", "attribute": "home", "value": "Porto", "kind": "fact"}
    first = call(client, "retain", {"If-Match": '"0"'}, content="Ada lives in Porto.", **slot)
    assert first.status_code == 201
    again = call(client, "retain", {"If-Match": '"0"'}, content="Ada lives in Faro.", **{**slot, "value": "Faro"})
    problem(again, 412, "VersionConflictError")


def test_a_stale_commit_tells_what_changed(client: httpx.Client) -> None:
    id = remembered(client)["id"]
    call(client, "update", {"If-Match": '"1"'}, id=id, why="so")
    op = {"op": "put", "content": "It follows."}
    told = problem(call(client, "commit", ops=[op], reads=[{"id": id, "version": 1}]), 409, "StaleReadError")
    assert told["versions"] == {id: [1, 2]}
    assert told["stale"][0]["theirs"]["why"] == "so"


def test_what_is_forgotten_by_version_is_forgotten_as_by_the_method(client: httpx.Client) -> None:
    one, two = (
        call(client, "retain", content=f"I moved to {city}.", speaker="Ada").json() for city in ("Porto", "Faro")
    )
    by_version = call(client, "delete", {"If-Match": '"1"'}, id=one["record"]["id"]).json()
    by_any = call(client, "delete", {"If-Match": "*"}, id=two["record"]["id"]).json()
    for told, verdict in ((by_version, one), (by_any, two)):
        assert told["records"] == [verdict["record"]["id"]]
        assert told["unsupported"] == [verdict["states"][0]["record"]["id"]]
    for header in ('"2"', "*"):
        assert call(client, "delete", {"If-Match": header}, id=one["record"]["id"]).json()["records"] == []
