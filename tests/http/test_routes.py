"""Each operation over HTTP gives what the method gives; what can't be done is told as a problem document."""

from __future__ import annotations

import json
from typing import Any

import httpx
from tests.http.conftest import SPACE, Serve, Site

from ricordo.http.table import OPERATIONS
from ricordo.wire.routes import ROUTES, request_of, route, unwrapped


def call(client: httpx.Client, name: str, headers: dict[str, str] | None = None, /, **arguments: Any) -> httpx.Response:
    """Send what the table of routes says for a method with these arguments."""
    one = route(name)
    places = request_of(one, arguments)
    path = SPACE + one.path.format(**places["path"])
    body = places["body"] if one.verb in ("POST", "PATCH") else None
    return client.request(one.verb, path, params=places["query"], json=body, headers=headers)


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert answer.status_code == status == told["status"], answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["type"] == f"urn:ricordo:error:{kind}"
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["detail"]
    return told


def remembered(client: httpx.Client, content: str = "I live in Porto.", **others: Any) -> dict[str, Any]:
    answer = call(client, "retain", content=content, **others)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()["record"]
    return record


def test_every_route_gives_what_the_method_gives(site: Site, client: httpx.Client) -> None:
    """Over the whole table: the status that it names, and an answer that reads as the method's result."""
    id = remembered(client, speaker="Ada", session="s")["id"]
    other = remembered(client, "Tea at five.", scope="kitchen")
    given: dict[str, dict[str, Any]] = {
        **{name: {"id": id} for name in ("get", "history", "belief", "update", "delete")},
        "retain": {"content": "Tea at six."},
        "retain_messages": {"messages": [{"role": "user", "content": "Tea at seven."}]},
        "retain_many": {"items": [{"content": "Tea at eight."}]},
        "commit": {"ops": [{"op": "put", "content": "Tea at nine."}]},
        "recall": {"query": "Where does Ada live?"},
        "inject": {"turn": "Ada?"},
        "reflect": {"question": "Where does Ada live?"},
        "profile": {"subject": "Ada"},
        "summary": {"session": "s"},
        "feedback": {"ids": [id], "outcome": "used"},
        "undo": {"event": other["event"]},
        "wait_for": {"seq": 1},
        "compact": {"before": "2020-01-01"},
        "expire": {"policies": [{"name": "old", "after": "9999 days"}], "dry_run": True},
        "consolidate": {"dry_run": True},
        "forget": {"scope": "default"},
        "erase": {"scope": "default"},
    }
    given["update"] |= {"why": "so"}
    for one in ROUTES:
        if one.name in ("propose", "embed"):
            continue  # they ask a model
        headers = {"If-Match": "*"} if one.name in ("update", "delete") else {}
        answer = call(client, one.name, headers, **given.get(one.name, {}))
        assert answer.status_code == one.status, (one.name, answer.text)
        assert answer.headers["content-type"] == "application/json"
        unwrapped(one, answer.json())


def test_a_request_without_a_model_says_so(client: httpx.Client) -> None:
    for name in ("propose", "embed"):
        answer = call(client, name)
        assert answer.status_code in (200, 400, 502), answer.text


def test_a_new_record_is_where_its_answer_says(client: httpx.Client) -> None:
    made = call(client, "retain", content="Tea at five.")
    assert made.headers["etag"] == '"1"'
    found = client.get(made.headers["location"])
    assert found.json() == made.json()["record"]
    assert found.headers["etag"] == '"1"'
    again = client.get(made.headers["location"], headers={"If-None-Match": 'W/"1"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"1"')


WRONG = (
    ("GET", "/v1", 404, "NotFoundError"),
    ("GET", "/v1/", 404, "NotFoundError"),
    ("GET", "/v2/spaces", 404, "NotFoundError"),
    ("GET", "/v1/spaces/nowhere/records", 404, "NotFoundError"),
    ("GET", "/v1/spaces/..%2Fx/records", 404, "NotFoundError"),
    ("GET", "/v1/spaces/%FF/records", 404, "NotFoundError"),
    ("GET", f"{SPACE}/records/nobody", 404, "NotFoundError"),
    ("GET", f"{SPACE}/records//history", 404, "NotFoundError"),
    ("PUT", f"{SPACE}/records", 405, "MethodError"),
    ("PROPFIND", f"{SPACE}/records", 405, "MethodError"),
    ("POST", "/healthz", 405, "MethodError"),
    ("GET", f"{SPACE}/records?limit=many", 400, "InvalidInputError"),
    ("GET", f"{SPACE}/records?colour=red", 400, "InvalidInputError"),
    ("GET", f"{SPACE}/records?scope=%FF", 400, "InvalidInputError"),
    ("GET", f"{SPACE}/records?cursor=abc", 400, "InvalidInputError"),
    ("GET", f"{SPACE}/deliveries?limit=1&limit=2", 400, "InvalidInputError"),
    ("POST", f"{SPACE}/recall?query=x", 400, "InvalidInputError"),
)


def test_what_is_not_there_or_wrong_is_told(client: httpx.Client) -> None:
    for verb, path, status, kind in WRONG:
        answer = client.request(verb, path)
        problem(answer, status, kind)
        assert status != 405 or "GET" in answer.headers["allow"]


UNREADABLE = (
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"content": NaN}',
    b'{"content": "x", "content": "y"}',
    b'{"content": "\\ud800"}',
    b'{"content": "x", "metadata": ' + b'{"a":' * 70 + b"1" + b"}" * 71,
    b"[" * 200_000,
    b'{"content": ' + b"9" * 5000 + b"}",
    b'{"content": 7}',
    b'{"content": "x", "nonsense": 1}',
    b"{}",
)


def test_a_body_that_can_not_be_read_is_told(client: httpx.Client) -> None:
    for body in UNREADABLE:
        answer = client.post(f"{SPACE}/records", content=body, headers={"Content-Type": "application/json"})
        problem(answer, 400, "InvalidInputError")
    assert call(client, "events").json()["entries"] == []


def test_another_media_type_is_refused(client: httpx.Client) -> None:
    answer = client.post(f"{SPACE}/records", content=b"content=x", headers={"Content-Type": "text/plain"})
    problem(answer, 415, "MediaTypeError")
    problem(client.get(f"{SPACE}/records", headers={"Accept": "text/html"}), 406, "AcceptError")
    assert client.get(f"{SPACE}/records", headers={"Accept": "text/html, application/*;q=0.5"}).status_code == 200


def test_a_head_is_an_answer_without_its_body(client: httpx.Client) -> None:
    path = f"{SPACE}/records"
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_a_key_without_the_right_is_refused(site: Site) -> None:
    for one in OPERATIONS:
        if one.open:
            continue
        rights = {"read", "write", "erase", "admin"} - {one.route.right}
        client = site.client(rights=rights)
        path = one.path.replace("{space}", "default").replace("{id}", "x")
        problem(client.request(one.route.verb, path), 403, "AccessError")


def test_cursors_continue_their_own_query_only(client: httpx.Client) -> None:
    for number in range(5):
        remembered(client, f"Note {number}.", scope="notes")
    seen: list[str] = []
    asked: dict[str, Any] = {"scope": "notes", "limit": 2}
    while True:
        page = call(client, "list", **asked).json()
        seen += [record["content"] for record in page["records"]]
        if page["cursor"] is None:
            break
        assert not page["cursor"].isdigit()
        other = call(client, "list", **{**asked, "scope": "default", "cursor": page["cursor"]})
        problem(other, 400, "InvalidInputError")
        asked["cursor"] = page["cursor"]
    assert seen == [f"Note {number}." for number in range(5)]


def test_the_past_and_what_was_true_then(client: httpx.Client) -> None:
    first = remembered(client, "I live in Porto.", speaker="Ada", at="2025-01-05")
    remembered(client, "I moved to Lisbon.", speaker="Ada", at="2026-05-03")
    then = call(client, "recall", query="Where does Ada live?", valid_at="2025-06").json()
    assert then["items"][0]["record"]["value"] == "Porto"
    known = call(client, "list", as_of=first["event"]).json()["records"]
    assert {record["event"] for record in known} == {first["event"]}


def test_an_archive_out_and_a_file_in(client: httpx.Client) -> None:
    remembered(client)
    archive = client.get(f"{SPACE}/export")
    assert archive.headers["content-type"] == "application/zip"
    assert archive.content[:2] == b"PK"
    assert int(archive.headers["content-length"]) == len(archive.content)
    path = f"{SPACE}/import"
    put = client.post(path, params={"format": "text", "scope": "c", "name": "a.txt"}, content=b"The harbour is frozen.")
    assert put.json()["path"] == "a.txt"
    assert put.json()["actions"] == {"added": 1}
    told = problem(client.post(path, params={"name": "x.zzz"}, content=b"\x00\x01"), 400, "InvalidInputError")
    assert "/" not in told["detail"]
    for name in ("../x", "a/b", "", "x" * 300):
        problem(client.post(path, params={"name": name}, content=b"x"), 400, "InvalidInputError")


def test_deliveries_say_who_was_given_what(site: Site, client: httpx.Client) -> None:
    id = remembered(client, "The gate is green.", scope="user:ada")["id"]
    call(client, "recall", {"X-Request-Id": "mine"}, query="gate", scope="user:ada")
    assert site.serving.journal.flush()
    (one,) = client.get(f"{SPACE}/deliveries", params={"record": id}).json()["items"]
    assert (one["request_id"], one["records"], one["scopes"]) == ("mine", [[id, 1]], ["user:ada"])
    assert one["asked"] is None
    assert client.get(f"{SPACE}/deliveries", params={"before": one["number"]}).json()["items"] == []
    other = site.client(read=["user:bob"], write=["user:bob"], rights=("read",))
    assert other.get(f"{SPACE}/deliveries").json()["items"] == []


def test_what_is_too_long_or_too_often_is_refused(serve: Serve) -> None:
    client = serve(max_body_bytes=1000, requests_per_second=1.0).client()
    problem(call(client, "retain", content="x" * 2000), 413, "BodyTooLargeError")
    answers = [client.get("/v1/spaces") for _ in range(5)]
    problem(answers[-1], 429, "RateError")
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_ids_that_are_no_texts_are_refused(client: httpx.Client) -> None:
    unfit: tuple[Any, ...] = ([[None]], [{}], [1], 7)
    for odd in unfit:
        problem(client.post(f"{SPACE}/feedback", json={"ids": odd, "outcome": "used"}), 400, "InvalidInputError")


def test_a_wait_that_is_too_long_is_refused(client: httpx.Client) -> None:
    for odd in (1e9, -1, "long", None):
        asked = {"seq": 99, "timeout_s": odd}
        problem(client.post(f"{SPACE}/wait", json=asked), 400, "InvalidInputError")
    problem(call(client, "wait_for", seq=99, timeout_s=0.01), 404, "NotFoundError")


def test_health_needs_no_key_and_counts_need_one(client: httpx.Client) -> None:
    assert "ricordo_requests" in client.get("/metrics").text
    del client.headers["Authorization"]
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}
    problem(client.get("/metrics"), 401, "AuthenticationError")
    problem(client.get("/v1/spaces"), 401, "AuthenticationError")


def test_what_it_answers_is_json_that_others_read(client: httpx.Client) -> None:
    text = 'Ünïcode "quoted"\n\u2028 日本 \U0001f600'
    record = remembered(client, text)
    answer = client.get(f"{SPACE}/records/{record['id']}")
    assert json.loads(answer.content.decode())["content"] == record["content"] == text


def test_the_page_and_the_protocol_are_mounted(client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/inspector/"
    assert client.get("/inspector/").headers["content-type"].startswith("text/html")
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    told = client.post("/mcp", json=asked, headers=headers)
    assert told.status_code == 200, told.text
    assert "recall" in told.text
    del client.headers["Authorization"]
    problem(client.post("/mcp", json=asked, headers=headers), 401, "AuthenticationError")
