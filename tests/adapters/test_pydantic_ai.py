"""The pydantic-ai toolset in their agent, driven by their test models."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from ricordo import Memory
from ricordo.adapters.pydantic_ai import RicordoToolset

PAGE = Path(__file__).parents[2] / "docs" / "adapters-pydantic-ai.md"
Step = Callable[[list[Any]], ToolCallPart]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


def call(name: str, **arguments: Any) -> Step:
    return lambda _: ToolCallPart(name, arguments)


def agent(tools: RicordoToolset, *steps: Step) -> tuple[Agent[None, str], list[AgentInfo]]:
    """Return an agent whose model makes one call after the other, each given what came back so far."""
    seen: list[AgentInfo] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        kinds = ("tool-return", "retry-prompt")
        back: list[Any] = [part for one in messages for part in one.parts if part.part_kind in kinds]
        seen.append(info)
        if len(back) < len(steps):
            return ModelResponse([steps[len(back)]([part.content for part in back])])
        return ModelResponse([TextPart(repr([part.content for part in back]))])

    return Agent(FunctionModel(answer), toolsets=[tools]), seen


def run(made: Agent[None, str], prompt: Any) -> Any:
    return asyncio.run(made.run(prompt))


def test_a_model_remembers_recalls_corrects_and_forgets(memory: Memory) -> None:
    tools = RicordoToolset(memory, scope="user:ada")
    steps = (
        call("remember", text="Ada drinks green tea."),
        call("recall", query="What does Ada drink?"),
        lambda back: ToolCallPart("correct", {"id": back[0].id, "version": 1, "text": "Ada drinks black tea."}),
        call("recall", query="What does Ada drink?"),
        lambda back: ToolCallPart("forget", {"id": back[0].id}),
        call("recall", query="What does Ada drink?"),
    )
    made, _ = agent(tools, *steps)
    messages = run(made, "Remember what I drink.").all_messages()
    back: list[Any] = [part.content for one in messages for part in one.parts if part.part_kind == "tool-return"]
    assert (back[0].action, back[0].version, back[2].version, back[4]) == ("added", 1, 2, 1)
    assert '"Ada drinks green tea."' in back[1].text
    assert '"Ada drinks black tea."' in back[3].text
    assert back[3].records == [(back[0].id, 2)]
    assert (back[5].text, back[5].records) == ("", [])
    assert memory.get(back[0].id).speaker == "assistant"


def test_the_tools_are_typed_and_explained(memory: Memory) -> None:
    made, seen = agent(RicordoToolset(memory, scope="user:ada"))
    run(made, "Hello")
    tools = {tool.name: tool for tool in seen[0].function_tools}
    assert list(tools) == ["remember", "recall", "correct", "forget"]
    for tool in tools.values():
        assert tool.description
        assert all(field.get("description") for field in tool.parameters_json_schema["properties"].values())
    assert tools["correct"].parameters_json_schema["required"] == ["id", "version", "text"]


def test_what_the_turn_names_is_in_the_instructions_unless_it_is_turned_off(memory: Memory) -> None:
    memory.retain("Grafana runs on port 3000.", name="grafana", scope="user:ada")
    for inject in (True, False):
        made, seen = agent(RicordoToolset(memory, scope="user:ada", inject=inject))
        run(made, "restart grafana")
        assert ("port 3000" in (seen[0].instructions or "")) == inject
        run(made, "How was lunch?")
        assert "port 3000" not in (seen[1].instructions or "")


def test_their_test_model_may_call_every_tool_with_anything(memory: Memory) -> None:
    made = Agent(TestModel(call_tools=["remember", "recall"]), toolsets=[RicordoToolset(memory, scope="user:ada")])
    assert run(made, "Hello").output
    assert run(made, []).output
    assert set(memory.stats().scopes) == {"user:ada"}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (call("remember", text=" "), "content: must hold something"),
        (call("forget", id="nothing"), "no record 'nothing' is visible here"),
        (call("correct", id="x", version=-1, text="x"), "if_version: a whole number"),
        (call("recall", query=""), "query: text to look for"),
    ],
)
def test_what_is_wrong_is_told_to_the_model_which_tries_again(memory: Memory, step: Step, reason: str) -> None:
    made, _ = agent(RicordoToolset(memory, scope="user:ada"), step, call("remember", text="Ada drinks tea."))
    assert reason in run(made, "Hello").output
    assert len(memory.list().records) == 1


def test_a_version_that_has_moved_is_told_and_changes_nothing(memory: Memory) -> None:
    record = memory.retain("Ada drinks tea.", scope="user:ada").record
    memory.update(record.id, content="Ada drinks milk.")
    step = call("correct", id=record.id, version=1, text="Ada drinks water.")
    made, _ = agent(RicordoToolset(memory, scope="user:ada"), step)
    assert "is at version 2, not 1" in run(made, "Hello").output
    assert memory.get(record.id).content == "Ada drinks milk."


def test_other_scopes_are_out_of_reach(memory: Memory) -> None:
    other = memory.retain("Ben drinks milk.", scope="user:ben").record
    steps = (
        call("recall", query="What does Ben drink?"),
        call("forget", id=other.id),
        call("correct", id=other.id, version=1, text="x"),
    )
    for given, read in ((memory, ()), (memory.scoped(write="user:ada"), ("user:ben",))):
        made, _ = agent(RicordoToolset(given, scope="user:ada", read=read), steps[0])
        assert "milk" not in run(made, "Hello").output
    for step in steps[1:]:
        made, _ = agent(RicordoToolset(memory, scope="user:ada", read=["user:ben"]), step)
        assert "no record" in run(made, "Hello").output
    assert memory.get(other.id).version == 1


def test_the_page_works_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.setenv("HOME", str(tmp_path))
    given: dict[str, Any] = {"model": TestModel(call_tools=["remember"])}
    loop = asyncio.new_event_loop()  # run_sync would make one and leave it open
    asyncio.set_event_loop(loop)
    try:
        exec(code, given)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    given["memory"].close()
    with Memory.open(tmp_path / ".ricordo" / "example", embedder=None) as memory:
        assert len(memory.list(scope="user:ada").records) == 1
