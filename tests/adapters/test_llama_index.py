"""The LlamaIndex block inside their `Memory` and their chat engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import MockLLM
from llama_index.core.memory import Memory as TheirMemory

from ricordo import Memory
from ricordo.adapters.llama_index import RicordoMemoryBlock

PAGE = Path(__file__).parents[2] / "docs" / "adapters-llama-index.md"
BEAGLE = "I adopted a beagle called Pip in May."


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


def block(memory: Memory, **more: Any) -> RicordoMemoryBlock:
    return RicordoMemoryBlock(memory=memory, **{"scope": "user:ada", **more})


@asynccontextmanager
async def chat(memory: Memory, session: str = "s1") -> AsyncIterator[TheirMemory]:
    """Their memory with our block, so small that what was said leaves it at once."""
    theirs = TheirMemory.from_defaults(
        session_id=session,
        token_limit=400,
        token_flush_size=10,
        chat_history_token_ratio=0.02,
        memory_blocks=[block(memory)],
    )
    try:
        yield theirs
    finally:
        await closed(theirs)


async def closed(theirs: TheirMemory) -> None:
    store: Any = theirs.sql_store
    if store._async_engine is not None:
        await store._async_engine.dispose()


async def talk(theirs: TheirMemory) -> None:
    said = [("user", BEAGLE), ("assistant", "How lovely!"), ("user", "What shall I cook?"), ("assistant", "Fish.")]
    for role, text in said:
        await theirs.aput(ChatMessage(text, role=role))


def test_what_leaves_the_queue_is_kept_and_comes_back_in_another_session(memory: Memory) -> None:
    async def run() -> list[ChatMessage]:
        async with chat(memory) as theirs:
            await talk(theirs)
        async with chat(memory, "s2") as theirs:
            await theirs.aput(ChatMessage("What is my beagle called?", role="user"))
            return await theirs.aget()

    given = asyncio.run(run())
    kept = memory.list(scope="user:ada", kinds="observation").records
    assert (kept[0].content, kept[0].speaker, kept[0].session) == (BEAGLE, "user", "s1")
    assert given[0].role == "system"
    assert "<long_term_memory>" in (given[0].content or "")
    assert f'"{BEAGLE}"' in (given[0].content or "")


def test_a_chat_engine_is_given_what_was_said_before(memory: Memory) -> None:
    memory.retain(BEAGLE, scope="user:ada", speaker="user")

    async def run() -> str:
        async with chat(memory) as theirs:
            engine = SimpleChatEngine.from_defaults(llm=MockLLM(), memory=theirs)
            return str(await engine.achat("What is my beagle called?"))

    assert BEAGLE in asyncio.run(run())  # the fake model says what it was sent


def test_messages_that_come_again_are_kept_once(memory: Memory) -> None:
    messages = [ChatMessage(BEAGLE, role="user"), ChatMessage("Nice.", role="assistant")]
    for _ in range(2):
        asyncio.run(block(memory).aput(messages, session_id="s1"))
    assert [one.content for one in memory.list(kinds="observation").records] == [BEAGLE, "Nice."]


def test_instructions_tools_and_empty_messages_are_not_kept(memory: Memory) -> None:
    roles = ("system", "tool", "developer", "user")
    said = [ChatMessage("Say nothing.", role=role) for role in roles[:3]]
    asyncio.run(block(memory).aput([*said, ChatMessage("", role="user"), ChatMessage(None, role="assistant")]))
    assert memory.stats().seq == 0
    for asked in ([], [ChatMessage("What is my beagle called?", role="assistant")], [ChatMessage(" ", role="user")]):
        assert asyncio.run(block(memory).aget(asked)) == ""


def test_other_scopes_are_read_only_where_they_are_named(memory: Memory) -> None:
    memory.retain(BEAGLE, scope="user:ben", speaker="user")
    asked = [ChatMessage("What is my beagle called?", role="user")]
    assert asyncio.run(block(memory).aget(asked)) == ""
    assert "Pip" in asyncio.run(block(memory, read=["user:ben"]).aget(asked))
    assert "Pip" in asyncio.run(block(memory.scoped(read=["user:ben"]), read=["user:ben"]).aget(asked))
    assert asyncio.run(block(memory.scoped(write="user:ada"), read=["user:ben"]).aget(asked)) == ""


def test_what_is_too_long_is_cut_by_lines_from_the_end(memory: Memory) -> None:
    content = "Remembered:\n[1] one\n[2] two\n[3] three"
    assert asyncio.run(block(memory).atruncate(content, 2)) == "Remembered:\n[1] one\n[2] two"
    assert asyncio.run(block(memory).atruncate(content, 100)) is None


def test_the_page_works_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.setenv("HOME", str(tmp_path))
    given: dict[str, Any] = {}
    exec(code, given)

    async def run() -> str:
        await given["memory"].aput(ChatMessage(BEAGLE, role="user"))
        await given["block"].aput(await given["memory"].aget_all())
        await closed(given["memory"])
        return str(await given["block"].aget([ChatMessage("What is my beagle called?", role="user")]))

    assert BEAGLE in asyncio.run(run())
    given["block"].memory.close()
