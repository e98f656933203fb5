"""Our session as OpenAI's: its runner runs on it, and every item comes back as it was added."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner
from agents.memory import Session, SessionSettings
from agents.testing import ScriptedModel
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseOutputMessage, ResponseOutputText

from ricordo import Memory
from ricordo.adapters.openai_agents import RicordoSession
from ricordo.errors import AccessError, InvalidInputError


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "space", embedder=None) as opened:
        yield opened


@pytest.fixture
def session(memory: Memory) -> RicordoSession:
    return RicordoSession("chat-1", memory)


def reply(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(annotations=[], text=text, type="output_text", logprobs=[])
    return ResponseOutputMessage(id="1", type="message", role="assistant", content=[content], status="completed")


def said(*texts: str) -> list[Any]:
    return [{"role": "user", "content": text} for text in texts]


async def test_run(session: RicordoSession, model: ScriptedModel, text: str, **config: Any) -> list[Any]:
    """Run an agent, and return what its model was sent."""
    model.enqueue([reply("I see.")])
    run = RunConfig(tracing_disabled=True, **config)
    await Runner.run(Agent(name="test", model=model), text, session=session, run_config=run)
    return list(model.calls[-1].input)


test_run.__test__ = False  # type: ignore[attr-defined]


def test_a_run_goes_on_where_the_last_one_ended(memory: Memory, session: RicordoSession) -> None:
    async def talk() -> list[Any]:
        model = ScriptedModel()
        await test_run(session, model, "I moved to Lisbon.")
        return await test_run(RicordoSession("chat-1", memory), model, "Where do I live?")

    assert isinstance(session, Session)
    sent = asyncio.run(talk())
    assert [item["role"] for item in sent] == ["user", "assistant", "user"]
    assert len(asyncio.run(session.get_items())) == 4
    assert asyncio.run(RicordoSession("chat-2", memory).get_items()) == []
    assert [line.records[0].value for line in memory.profile("user").lines] == ["Lisbon"]  # what the user said is known


def test_turns_that_a_limit_leaves_out_are_recalled(memory: Memory, session: RicordoSession) -> None:
    async def talk() -> tuple[list[Any], list[Any]]:
        model = ScriptedModel()
        await test_run(session, model, "My beagle is called Pip.")
        for number in range(5):
            await test_run(session, model, f"Tell me joke number {number}.")
        short = {"session_settings": SessionSettings(limit=2)}
        without = await test_run(session, model, "What is my beagle called?", **short)
        reminded = {**short, "call_model_input_filter": session.recalling(max_tokens=200)}
        return without, await test_run(session, model, "What is my beagle called?", **reminded)

    without, reminded = asyncio.run(talk())
    assert "Pip" not in json.dumps(without)
    assert "My beagle is called Pip." in reminded[0]["content"]
    assert [item["role"] for item in reminded[1:]] == ["user", "assistant", "user"]
    items = asyncio.run(session.get_items())
    assert len(items) == 16
    assert not any("quoted data" in json.dumps(item) for item in items)  # what was recalled is no item


def test_nothing_is_put_before_a_turn_of_which_nothing_older_is_known(session: RicordoSession) -> None:
    async def talk() -> list[Any]:
        return await test_run(session, ScriptedModel(), "Hello there!", call_model_input_filter=session.recalling())

    assert [item["content"] for item in asyncio.run(talk())] == ["Hello there!"]


def test_what_models_and_tools_say_is_read_for_no_states(memory: Memory, session: RicordoSession) -> None:
    items: list[Any] = [
        {"role": "assistant", "content": "You live in Faro."},
        {"type": "function_call", "call_id": "1", "name": "lookup", "arguments": '{"city": "Porto"}'},
        {"type": "function_call_output", "call_id": "1", "output": "Ada lives in Braga."},
        {"role": "assistant", "content": "You live in Faro."},
    ]
    asyncio.run(session.add_items(items))
    assert asyncio.run(session.get_items()) == items  # also what repeats itself
    assert len(memory.list().records) == 4
    assert [record.speaker for record in memory.list().records] == ["assistant", "assistant", "tool", "assistant"]


def test_the_latest_are_given_oldest_first(session: RicordoSession) -> None:
    asyncio.run(session.add_items(said("a", "b", "c")))
    asyncio.run(session.add_items(said("d")))
    for limit, expected in ((0, ""), (1, "d"), (3, "bcd"), (9, "abcd"), (None, "abcd"), (-1, "abcd")):
        assert asyncio.run(session.get_items(limit)) == said(*expected)
    session.session_settings = SessionSettings(limit=2)
    assert asyncio.run(session.get_items()) == said("c", "d")


def test_a_popped_item_and_what_was_known_from_it_are_forgotten(memory: Memory, session: RicordoSession) -> None:
    asyncio.run(session.add_items(said("Hello there!", "I live in Lisbon.")))
    assert len(memory.profile("user").lines) == 1
    assert asyncio.run(session.pop_item()) == said("I live in Lisbon.")[0]
    assert memory.profile("user").lines == ()
    assert asyncio.run(session.pop_item()) == said("Hello there!")[0]
    assert asyncio.run(session.pop_item()) is None


def test_clearing_leaves_other_sessions_and_records(memory: Memory, session: RicordoSession) -> None:
    memory.retain("A record that is no item.", session="chat-1")
    other = RicordoSession("chat-2", memory)
    asyncio.run(session.add_items(said(*(f"turn {number}" for number in range(300)))))
    asyncio.run(other.add_items(said("turn")))
    asyncio.run(session.clear_session())
    assert asyncio.run(session.get_items()) == []
    assert asyncio.run(other.get_items()) == said("turn")
    assert len(memory.list(filters={"session": "chat-1"}).records) == 1


@pytest.mark.parametrize("item", [{"content": object()}, {"content": float("nan")}, {"x": {1: 2}}])
def test_an_item_that_is_no_json_changes_nothing(memory: Memory, session: RicordoSession, item: Any) -> None:
    with pytest.raises(InvalidInputError):
        asyncio.run(session.add_items([*said("good"), item]))
    assert memory.stats().seq == 0


def test_a_session_needs_a_name(memory: Memory) -> None:
    with pytest.raises(InvalidInputError, match="session_id"):
        RicordoSession("", memory)


def test_a_session_of_a_bound_handle_stays_in_its_scope(memory: Memory) -> None:
    ada = RicordoSession("chat", memory.scoped(write="user:ada"))
    bob = RicordoSession("chat", memory.scoped(write="user:bob"))
    asyncio.run(ada.add_items(said("a secret")))
    assert asyncio.run(bob.get_items()) == []
    assert asyncio.run(bob.pop_item()) is None
    asyncio.run(bob.clear_session())
    assert asyncio.run(ada.get_items()) == said("a secret")
    with pytest.raises(AccessError):
        asyncio.run(RicordoSession("chat", memory.scoped(read=["user:ada"])).add_items(said("x")))


def test_who_is_cancelled_learns_so_when_the_write_is_done(memory: Memory, session: RicordoSession) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Waiting:
        """The memory, which waits before it writes."""

        def __getattr__(self, name: str) -> Any:
            return getattr(memory, name)

        def retain_many(self, items: Any, **arguments: Any) -> Any:
            entered.set()
            assert go_on.wait(10)
            return memory.retain_many(items, **arguments)

    slow = RicordoSession("chat-1", Waiting())  # type: ignore[arg-type]

    async def cancel() -> bool:
        task = asyncio.create_task(slow.add_items(said("once")))
        assert await asyncio.to_thread(entered.wait, 10)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        early = task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return early

    assert not asyncio.run(cancel())
    assert asyncio.run(session.get_items()) == said("once")


def test_two_who_open_one_space_are_never_given_the_same_item(session: RicordoSession, tmp_path: Path) -> None:
    asyncio.run(session.add_items(said(*(f"turn {number}" for number in range(12)))))
    popped: list[Any] = []

    def pop(who: str) -> None:
        with Memory.open(tmp_path / "space", embedder=None) as own:
            mine = RicordoSession("chat-1", own)
            asyncio.run(mine.add_items(said(who, who)))
            popped.extend(asyncio.run(mine.pop_item()) for _ in range(6))

    threads = [threading.Thread(target=pop, args=(who,)) for who in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    left = asyncio.run(session.get_items())
    everything = said(*(f"turn {number}" for number in range(12)), "a", "a", "b", "b")
    assert sorted(map(json.dumps, [*popped, *left])) == sorted(map(json.dumps, everything))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "type", "output", "x"]) | st.text(), JSON), max_size=3
)


@given(st.lists(st.none() | ITEMS, max_size=6), st.text(min_size=1))
def test_it_is_a_list(steps: list[list[Any] | None], name: str) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        session, oracle = RicordoSession(name, memory), list[Any]()
        for step in steps:
            if step is None:
                assert asyncio.run(session.pop_item()) == (oracle.pop() if oracle else None)
            else:
                asyncio.run(session.add_items(step))
                oracle += step
        assert json.dumps(asyncio.run(session.get_items())) == json.dumps(oracle)
        assert asyncio.run(session.get_items(2)) == oracle[-2:]
