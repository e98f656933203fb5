"""Where memory stands in a request: an earlier request stays a prefix of a later one, for as long as it is true."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import httpx
import pytest
from tests.proxy.conftest import Running, Start

from ricordo.testing import Reply
from ricordo.testing.upstream_wire import texts

NAMES = ["grafana", "prometheus", "loki", "tempo", "mimir", "pyroscope"]


@pytest.fixture(autouse=True)
def known(memory: Any) -> None:
    for spot, name in enumerate(NAMES):
        memory.retain(
            f"{name.title()} runs on port {3000 + spot}.", name=name, scope="user:ada", at="2026-01-01T00:00Z"
        )
    memory.retain("Answer in metric units.", pinned=True, scope="user:ada", at="2026-01-01T00:00Z")


class Chat:
    """A client as it is: it sends its whole history with every turn."""

    def __init__(self, proxy: Running, path: str = "/v1/chat/completions", **fields: Any) -> None:
        self.proxy, self.path, self.fields = proxy, path, fields
        self.talk: list[Any] = []
        if path == "/v1/chat/completions":
            self.talk.append({"role": "system", "content": "Be brief."})

    def say(self, content: Any, headers: dict[str, str] | None = None) -> list[Any]:
        """Say something and return what the model server was sent."""
        self.talk.append({"role": "user", "content": content})
        self.send(headers)
        self.talk.append({"role": "assistant", "content": "Noted."})
        return self.sent()

    def send(self, headers: dict[str, str] | None = None) -> str:
        """Send the history as it is; return what the header says."""
        self.proxy.upstream.script(Reply(text="Noted."))
        body = {"model": "m", **self.fields, "messages": self.talk}
        return httpx.post(f"{self.proxy.url}{self.path}", json=body, headers=headers).headers["ricordo-memory"]

    def sent(self) -> list[Any]:
        return list(self.proxy.upstream.requests[-1].payload["messages"])


def shown(messages: Any) -> list[str]:
    """Return the lines of memory in a request, in order."""
    text = "\n".join(texts(messages))
    return [json.loads(line) for line in re.findall(r'^\[\d+\] [^"\n]*: (".*")', text, re.M)]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_what_was_sent_stays_the_beginning_of_what_is_sent(proxy: Running, path: str) -> None:
    chat = Chat(proxy, path)
    before: list[Any] = []
    for name in ("grafana", "prometheus", "grafana again", "nothing", "loki and tempo"):
        now = chat.say(f"Tell me of {name}.")
        assert now[: len(before)] == before
        before = now
    assert shown(before) == [
        "Answer in metric units.",
        "Grafana runs on port 3000.",
        "Prometheus runs on port 3001.",
        "Loki runs on port 3002.",
        "Tempo runs on port 3003.",
    ]


def test_memory_is_never_in_the_role_of_the_system(proxy: Running) -> None:
    chat = Chat(proxy)
    sent = chat.say("Tell me of grafana.")
    assert sent[0] == {"role": "system", "content": "Be brief."}
    assert [message["role"] for message in sent] == ["system", "user"]
    assert sent[1]["content"].endswith("</ricordo-memory>\n\nTell me of grafana.")


def test_a_request_that_is_repeated_is_the_same(proxy: Running) -> None:
    chat = Chat(proxy)
    first = chat.say("Tell me of grafana.")
    chat.talk.pop()
    chat.send()
    assert chat.sent() == first


@pytest.mark.parametrize("how", ["update", "forget", "erase", "supersede"])
def test_what_is_no_longer_so_is_no_longer_shown(proxy: Running, how: str) -> None:
    memory = proxy.memory
    slot = {"subject": "grafana", "attribute": "port", "name": "grafana", "scope": "user:ada"}
    memory.forget(next(one.id for one in memory.list().records if one.name == "grafana"))
    memory.retain("Grafana listens on port 3000.", **slot, value="3000", at="2026-01-01T00:00Z")
    chat = Chat(proxy)
    assert "Grafana listens on port 3000." in shown(chat.say("Tell me of grafana."))
    chat.say("Tell me of loki.")
    (record,) = [one for one in memory.list().records if one.name == "grafana" and one.status == "active"]
    if how == "update":
        memory.update(record.id, content="Grafana runs on port 4000.")
    elif how == "supersede":
        memory.retain("Grafana runs on port 4000.", **slot, value="4000", at="2026-02-01T00:00Z")
    else:
        getattr(memory, how)(record.id)
    sent = chat.say("Thanks.")
    assert "Grafana listens on port 3000." not in shown(sent)
    assert "Loki runs on port 3002." in shown(sent)
    if how in ("update", "supersede"):
        assert "Grafana runs on port 4000." in shown(chat.say("What of grafana?"))


def test_what_a_turn_showed_stays_while_it_is_worked_on(proxy: Running) -> None:
    chat = Chat(proxy)
    chat.talk.append({"role": "user", "content": "Where is grafana? Where is jaeger?"})
    chat.send()
    first = chat.sent()
    proxy.memory.retain("Jaeger runs on port 16686.", name="jaeger", scope="user:ada")
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    chat.talk += [{"role": "assistant", "content": None, "tool_calls": calls}]
    chat.talk += [{"role": "tool", "tool_call_id": "c", "content": "grafana"}]
    chat.send()
    assert chat.sent()[: len(first)] == first
    assert chat.sent()[len(first) :] == chat.talk[-2:]


def test_the_budget_holds_for_the_whole_request(start: Start) -> None:
    proxy = start({"proxy_tokens": 75})
    chat = Chat(proxy)
    for name in NAMES:
        chat.say(f"Tell me of {name}.")
        told = int(chat.send().partition("tokens=")[2].partition(";")[0])
        assert 0 < told <= 75
    assert "Pyroscope runs on port 3005." in shown(chat.say("And pyroscope?"))


def test_a_breakpoint_that_moves_on_leaves_what_is_cached_as_it_was(proxy: Running) -> None:
    """As coding agents do: the last block of the last message is marked, earlier ones are bare strings."""
    chat = Chat(proxy, "/v1/messages", system=[{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}])
    before: list[Any] = []
    for name in ("grafana", "loki", "tempo"):
        block = {"type": "text", "text": f"Tell me of {name}.", "cache_control": {"type": "ephemeral"}}
        sent = chat.say([block])
        assert sent[-1]["content"][0] == block  # nothing before the breakpoint was moved
        assert len(sent[-1]["content"]) == 2
        bare = [{**message, "content": _unmarked(message["content"])} for message in sent]
        assert bare[: len(before)] == before
        before = bare
        chat.talk[-2] = {"role": "user", "content": block["text"]}
    assert sum("cache_control" in json.dumps(message) for message in chat.sent()) == 1  # none was added


def _unmarked(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content != "Noted." else content
    return [{name: value for name, value in part.items() if name != "cache_control"} for part in content]


def test_where_memory_would_shift_what_is_cached_there_is_none(proxy: Running) -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    chat = Chat(proxy, "/v1/messages")
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x", **mark}
    chat.talk = [
        {"role": "user", "content": "Tell me of grafana."},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    assert chat.send().startswith("off; reason=breakpoint")
    assert chat.sent() == chat.talk


def test_of_a_conversation_that_the_server_keeps_nothing_is_shown_twice(proxy: Running) -> None:
    previous: dict[str, str] = {}
    seen = []
    for name in ("grafana", "grafana and loki", "loki", "grafana and tempo"):
        body = {"model": "m", "input": f"Tell me of {name}.", **previous, "stream": name == "loki"}
        response = httpx.post(f"{proxy.url}/v1/responses", json=body)
        events = [line for line in response.text.splitlines() if line.startswith("data: ")]
        document = json.loads(events[-1][6:])["response"] if events else response.json()
        previous = {"previous_response_id": document["id"]}
        seen.append(shown(proxy.upstream.requests[-1].payload["input"]))
    assert seen == [
        ["Answer in metric units.", "Grafana runs on port 3000."],
        ["Loki runs on port 3002."],
        [],
        ["Tempo runs on port 3003."],
    ]


def test_conversations_that_begin_alike_are_told_apart_by_their_sessions(proxy: Running) -> None:
    one, two = Chat(proxy), Chat(proxy)
    one.say("Hello.", {"Ricordo-Session": "one"})
    two.say("Hello.", {"Ricordo-Session": "two"})
    assert proxy.kept(filters={"session": "one"}) == [("Ada", "Hello."), ("assistant", "Noted.")]
    assert ("Ada", "Hello.") in proxy.kept(filters={"session": "two"})


def test_with_memory_as_much_of_a_request_stays_as_without(proxy: Running) -> None:
    chat = Chat(proxy)
    plain, sent = [], []
    for name in NAMES:
        chat.say(f"Tell me of {name}, please.")
        sent.append(proxy.upstream.requests[-1].body.decode())
        plain.append(json.dumps({"model": "m", "messages": chat.talk[:-1]}, separators=(",", ":")))
    for bodies in (plain, sent):
        for before, after in pairwise(bodies):
            assert after.startswith(before[:-2])  # all but the brackets that close it
