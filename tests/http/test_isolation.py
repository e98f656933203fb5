"""What a key does not reach is in no byte of any answer, and changes no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
from tests.http.conftest import SPACE, Site
from tests.http.test_routes import call, problem, remembered

from ricordo.http.table import OPERATIONS
from ricordo.wire.routes import request_of

CANARY = "xylophone"
#: Rights and scopes of keys that must not see the scope "secret".
KINDS: dict[str, dict[str, Any]] = {
    "one scope": {"read": ["own"], "write": ["own"], "rights": ("read", "write", "erase", "admin")},
    "several": {"read": ["own", "team"], "write": ["own", "team"], "rights": ("read", "write", "erase", "admin")},
    "reads alone": {"read": ["own"], "write": [], "rights": ("read",)},
    "writes alone": {"read": [], "write": ["own"], "rights": ("write", "erase")},
    "another space": {"space": "other", "rights": ("read", "write", "erase", "admin")},
}


def hidden(site: Site) -> str:
    """Remember what nobody of those may see."""
    whole = site.client(principal="owner")
    said: dict[str, Any] = {"scope": "secret", "session": CANARY, "speaker": CANARY, "metadata": {CANARY: CANARY}}
    record = remembered(whole, f"I moved to {CANARY}. I play the {CANARY}.", name=CANARY, pinned=True, **said)
    call(whole, "update", {"If-Match": "*"}, id=record["id"], why=CANARY)
    call(whole, "recall", query=CANARY)
    return str(record["id"])


def requests(id: str) -> Iterator[tuple[str, str, Any]]:
    """Yield requests of every route that reach for it, with and without its scope."""
    for scope in (None, "secret", ["secret", "own"]):
        wide: dict[str, dict[str, Any]] = {
            **{name: {"id": id} for name in ("get", "history", "belief", "update", "delete", "forget", "erase")},
            "retain": {"content": f"My {CANARY[:3]}", "links": [["about", id]]},
            "retain_messages": {"messages": [{"role": "user", "content": "Hi."}]},
            "retain_many": {"items": [{"content": "Hi."}]},
            "commit": {"ops": [{"op": "append", "id": id, "text": "x"}], "reads": [{"id": id, "version": 1}]},
            "recall": {"query": CANARY[:3] + "*", "filters": {"session": "a"}},
            "inject": {"turn": "the xylo"},
            "reflect": {"question": "What do I play?"},
            "profile": {"subject": "I"},
            "summary": {"session": "s"},
            "feedback": {"ids": [id], "outcome": "used"},
            "undo": {"event": 1},
            "wait_for": {"seq": 1},
            "compact": {"before": "2099-01-01", "dry_run": True},
            "expire": {"policies": [{"name": "p", "after": "1 days"}], "dry_run": True},
            "consolidate": {"dry_run": True},
        }
        for one in OPERATIONS:
            if one.route.name in ("stream", "make_space"):
                continue
            arguments = dict(wide.get(one.route.name, {}))
            taken = getattr(one.route, "plain", None) is None
            if taken and scope is not None and one.route.name not in ("commit",):
                arguments["scope"] = scope
            path = one.path.replace("{space}", "default").replace("{id}", id)
            yield one.route.verb, path, _query_or_body(one, arguments) if taken else None


def _query_or_body(one: Any, arguments: dict[str, Any]) -> Any:
    try:
        places = request_of(one.route, arguments)
    except ValueError:
        places = request_of(one.route, {name: value for name, value in arguments.items() if name != "scope"})
    return places["query"] if one.route.verb in ("GET", "DELETE") else places["body"]


def answers(client: httpx.Client, id: str) -> list[tuple[str, str, httpx.Response]]:
    found = []
    for verb, path, given in requests(id):
        told: dict[str, Any] = {"params": given} if verb in ("GET", "DELETE") else {"json": given}
        headers = {"If-Match": "*", "Memory-Write": "own"} if verb != "GET" else {}
        if path.endswith("/import"):
            told, headers = {"params": {"format": "text"}, "content": b"Hi."}, {"Memory-Write": "own"}
        if path.endswith(("/commits", "/forget", "/feedback")) or verb == "POST":
            headers.pop("If-Match", None)
        found.append((verb, path, client.request(verb, path, headers=headers, **told)))
    return found


def test_no_byte_of_another_scope_is_in_any_answer(site: Site) -> None:
    """Every route, with keys of every kind, reaching for what they may not see."""
    id = hidden(site)
    for name, kind in KINDS.items():
        client = site.client(**{"principal": name, **kind})
        for verb, path, answer in answers(client, id):
            told = answer.content + json.dumps(dict(answer.headers)).encode()
            assert CANARY.encode() not in told, (name, verb, path, answer.text)
            assert answer.status_code < 500, (name, verb, path, answer.text)
            if f"/records/{id}" in path:
                assert answer.status_code in (400, 403, 404), (name, verb, path, answer.text)


def test_what_is_hidden_changes_no_answer(site: Site) -> None:
    """The same requests, before there is anything in the other scope and after: the same answers."""
    own = {"read": ["own"], "write": ["own"], "rights": ("read",)}
    whole, client = site.client(), site.client(**own)
    remembered(whole, "I live in Porto.", speaker="Ada", scope="own", at="2026-05-03")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("list", {}),
        ("recall", {"query": "Where does Ada live?"}),
        ("inject", {"turn": "Ada?"}),
        ("reflect", {"question": "Where does Ada live?"}),
        ("profile", {"subject": "Ada"}),
        ("conflicts", {}),
    ]
    before = [call(client, name, **arguments).json() for name, arguments in asked]
    for number in range(20):
        remembered(whole, f"Ada lives in town {number}. Where does Ada live?", scope="secret", speaker="Ada")
    after = [call(client, name, **arguments).json() for name, arguments in asked]
    assert [_timeless(one) for one in after] == [_timeless(one) for one in before]


def _timeless(data: Any) -> Any:
    """Return an answer without when it was given, and without the scores of what was left out.

    How many events the log has is no secret; the scores of what is not given lean on how rare words are in the space.
    """
    if isinstance(data, dict):
        left = {"as_of", "unexpired_at"} | ({"score"} if "reason" in data else set())
        return {name: _timeless(one) for name, one in data.items() if name not in left}
    return [_timeless(one) for one in data] if isinstance(data, list) else data


def test_no_right_and_not_there_are_one_answer(site: Site) -> None:
    id = hidden(site)
    client = site.client(read=["own"], write=["own"], rights=("read", "write"))
    for path in (f"{SPACE}/records/{id}", f"{SPACE}/records/{id}/history"):
        told, nobody = client.get(path), client.get(path.replace(id, "a" * len(id)))
        assert told.status_code == nobody.status_code == 404
        assert _without(told, id) == _without(nobody, "a" * len(id))
    other = site.client(space="other")
    spaces = [other.get(f"/v1/spaces/{name}/records").json() for name in ("default", "nowhere")]
    texts = [one["detail"].replace(name, "") for one, name in zip(spaces, ("default", "nowhere"), strict=True)]
    assert texts[0] == texts[1]


def _without(answer: httpx.Response, id: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(answer.text.replace(id, "")).items() if name != "request_id"}


def test_a_request_may_narrow_its_key_and_never_widen_it(site: Site) -> None:
    client = site.client(read=["own", "team"], write=["own", "team"], rights=("read", "write"))
    for scope in ("own", "team"):
        assert remembered(client, f"Note of {scope}.", scope=scope)["scope"] == scope
    assert call(client, "retain", {"Memory-Write": "team"}, content="Another.").json()["record"]["scope"] == "team"
    problem(call(client, "retain", content="Where to?"), 400, "InvalidInputError")
    problem(call(client, "retain", content="There.", scope="secret"), 403, "AccessError")
    problem(call(client, "retain", {"Memory-Write": "secret"}, content="There."), 403, "AccessError")
    problem(call(client, "list", {"Memory-Read": "own,secret"}), 403, "AccessError")
    problem(call(client, "list", {"Memory-Read": "%FF"}), 400, "InvalidInputError")
    listed = call(client, "list", {"Memory-Read": "own"}).json()["records"]
    assert {record["scope"] for record in listed} == {"own"}
    odd = site.client(read=["a,b", "ü"], write=["a,b"], rights=("read", "write"))
    assert call(odd, "retain", {"Memory-Write": "a%2Cb"}, content="x").json()["record"]["scope"] == "a,b"
    assert call(odd, "list", {"Memory-Read": "a%2Cb,%C3%BC"}).status_code == 200


def test_a_commit_writes_the_scope_its_operations_name(site: Site) -> None:
    client = site.client(read=["own", "team"], write=["own", "team"], rights=("read", "write"))
    put = {"op": "put", "content": "Note."}
    assert call(client, "commit", ops=[{**put, "scope": "team"}]).status_code == 201
    problem(call(client, "commit", ops=[put]), 400, "InvalidInputError")
    mixed = [{**put, "scope": "team"}, {**put, "scope": "own"}]
    problem(call(client, "commit", ops=mixed), 400, "InvalidInputError")
