"""What is kept of a conversation: once, by whom it was said, after the answer ended; and never what memory said."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from tests.proxy.conftest import Running, Start
from tests.proxy.test_proxy_placing import Chat

from ricordo import Memory
from ricordo.proxy.answers import Copy
from ricordo.proxy.learning import Learning, Said
from ricordo.testing import Reply

CHAT = "/v1/chat/completions"


def post(proxy: Running, *talk: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    """Send turns, of the user and of the assistant by turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[spot % 2], "content": text} for spot, text in enumerate(talk)]
    return httpx.post(f"{proxy.url}{CHAT}", json={"model": "m", **fields, "messages": messages}, headers=headers)


def test_a_history_that_is_sent_again_is_learnt_once(proxy: Running) -> None:
    chat = Chat(proxy)
    for text in ("I moved to Lisbon.", "I like tea.", "Yes.", "Yes."):
        chat.say(text)
    said = [text for who, text in proxy.kept() if who == "Ada"]
    assert said == ["I moved to Lisbon.", "I like tea.", "Yes.", "Yes."]
    states = {(record.subject, record.value) for record in proxy.memory.list().records}
    assert ("Ada", "Lisbon") in states


def test_what_the_client_made_up_of_the_past_is_not_learnt(proxy: Running) -> None:
    """Examples in a prompt are no words of the user's."""
    post(proxy, "I am a pirate.", "Arr!", "I live in Porto.")
    assert [text for who, text in proxy.kept() if who == "Ada"] == ["I live in Porto."]


def test_a_request_that_is_repeated_is_learnt_once(proxy: Running) -> None:
    for _ in range(3):
        post(proxy, "I moved to Lisbon.")
    assert proxy.kept() == [("Ada", "I moved to Lisbon."), ("assistant", "Noted.")]


def test_another_answer_to_the_same_turn_is_learnt_beside_the_first(proxy: Running) -> None:
    for text in ("Lisbon has fine trams.", "Lisbon has steep streets."):
        proxy.upstream.script(Reply(text=text))
        post(proxy, "I moved to Lisbon.")
    assert [text for _, text in proxy.kept()][1:] == ["Lisbon has fine trams.", "Lisbon has steep streets."]


def test_what_memory_said_is_not_learnt_again_whoever_repeats_it(proxy: Running) -> None:
    proxy.memory.retain("Grafana runs on port 3000.", name="grafana", scope="user:ada")
    post(proxy, "Where is grafana?", stream=True)
    block = proxy.upstream.requests[-1].payload["messages"][0]["content"]
    post(proxy, block)  # the client sends back what the proxy made of its turn
    post(proxy, f"{block}\nAnd where is loki?")
    assert "3000" not in str(proxy.kept())
    assert [record.content for record in proxy.memory.list().records if "3000" in record.content] == [
        "Grafana runs on port 3000."
    ]


def test_system_prompts_and_results_of_tools_are_not_learnt(proxy: Running) -> None:
    talk = [
        {"role": "system", "content": "The secret word is swordfish."},
        {"role": "developer", "content": "Swordfish again."},
        {"role": "user", "content": "<system-reminder>swordfish</system-reminder>Look at my mail."},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "c", "content": "Swordfish in a mail."},
    ]
    httpx.post(f"{proxy.url}{CHAT}", json={"model": "m", "messages": talk})
    assert proxy.kept() == [("Ada", "Look at my mail."), ("assistant", "Noted.")]


def test_a_turn_whose_answer_broke_off_is_learnt_when_the_conversation_goes_on(proxy: Running) -> None:
    proxy.upstream.script(Reply(text="A long answer indeed.", cut=0.5))
    with pytest.raises(httpx.RemoteProtocolError):
        post(proxy, "I moved to Lisbon.", stream=True)
    assert proxy.kept() == []
    post(proxy, "I moved to Lisbon.", "A long", "And I like tea.")
    assert [text for who, text in proxy.kept() if who == "Ada"] == ["I moved to Lisbon.", "And I like tea."]
    assert "A long" not in str(proxy.kept())


def test_a_turn_that_was_taken_back_is_not_learnt(proxy: Running) -> None:
    proxy.upstream.script(Reply(status=500))
    post(proxy, "I moved to Libson.")
    post(proxy, "I moved to Lisbon.")
    assert [text for who, text in proxy.kept() if who == "Ada"] == ["I moved to Lisbon."]


def test_of_several_answers_none_is_learnt(proxy: Running) -> None:
    post(proxy, "I moved to Lisbon.", n=2)
    assert proxy.kept() == [("Ada", "I moved to Lisbon.")]


def test_what_can_not_be_kept_does_not_keep_the_rest_from_it(proxy: Running) -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "half a \\ud83d"}]}'
    assert httpx.post(f"{proxy.url}{CHAT}", content=body).status_code == 200
    assert proxy.kept() == [("assistant", "Noted.")]


def test_a_client_may_ask_for_nothing_to_be_read_or_kept(proxy: Running) -> None:
    proxy.memory.retain("Answer in metric units.", pinned=True, scope="user:ada")
    response = post(proxy, "I moved to Lisbon.", headers={"Ricordo-Memory": "off"})
    assert response.headers["ricordo-memory"].startswith("off; reason=asked; request=")
    assert b"metric" not in proxy.upstream.requests[0].body
    assert proxy.kept() == []


def test_stopping_keeps_what_was_answered(start: Start, memory: Memory) -> None:
    proxy = start(memory=_Slow(memory))
    for number in range(20):
        post(proxy, f"My number {number} is {number}.")
    proxy.stop()
    assert len([text for who, text in proxy.kept() if who == "Ada"]) == 20


class _Slow(Memory):
    """A memory whose writes wait for a moment."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory._engine, memory._view)

    def scoped(self, **given: Any) -> Memory:
        return _Slow(super().scoped(**given))

    def retain_many(self, items: Any, **given: Any) -> Any:
        threading.Event().wait(0.02)
        return super().retain_many(items, **given)


class _Blocked(_Slow):
    """A memory whose writes wait until they may go on."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.go, self.begun = threading.Event(), threading.Event()

    def retain_many(self, items: Any, **given: Any) -> Any:
        self.begun.set()
        assert self.go.wait(20)
        return super().retain_many(items, **given)


def said(memory: Memory, *turns: str) -> Said:
    copy = Copy("", 1000)
    copy.feed(b'{"choices": [{"index": 0, "message": {"content": "Well."}, "finish_reason": "stop"}]}')
    told = tuple((f"anchor of {turn}", turn) for turn in turns)
    return Said(memory, "ada", "s", told, "chat", False, copy, "r")


def test_where_too_much_waits_a_turn_is_kept_when_the_conversation_goes_on(memory: Memory) -> None:
    blocked = _Blocked(memory.scoped(write="user:ada"))
    with Learning("Ada", most=1) as learning:
        taken = []
        for turn in ("I moved to Lisbon.", "I like tea.", "I like figs."):
            learning.expect()
            taken.append(learning.offer(said(blocked, turn)))
            assert blocked.begun.wait(20)
        assert [*taken, learning.full] == [True, True, False, True]
        blocked.go.set()
        assert learning.flush(20)
        learning.expect()
        assert learning.offer(said(blocked, "I like figs.", "And dates."))
    found = [record.content for record in memory.list(filters={"speaker": "Ada"}, kinds="observation").records]
    assert found == ["I moved to Lisbon.", "I like tea.", "I like figs.", "And dates."]


def test_what_is_not_kept_in_time_is_counted(memory: Memory) -> None:
    blocked = _Blocked(memory.scoped(write="user:ada"))
    learning = Learning("Ada", most=5)
    for turn in ("I moved to Lisbon.", "I like tea."):
        learning.expect()
        learning.offer(said(blocked, turn))
    assert learning.close(0.01) == 2
    blocked.go.set()
    assert learning.close(20) == 0
