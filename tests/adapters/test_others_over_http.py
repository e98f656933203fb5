"""The adapters, importers and pages do the same on a client of a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from anthropic.lib.tools import ToolError
from llama_index.core.base.llms.types import ChatMessage
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel
from tests.client.server import serving
from tests.formats.exports_made import claude, packed
from tests.formats.test_pages import files, filled

from ricordo import Memory, connect
from ricordo.adapters.anthropic_memory import RicordoMemoryTool
from ricordo.adapters.llama_index import RicordoMemoryBlock
from ricordo.adapters.pydantic_ai import RicordoToolset
from ricordo.client import Client
from ricordo.errors import AccessError


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    Memory.open(tmp_path / "spaces" / "default", embedder=None).close()
    with serving(tmp_path) as url, connect(url) as opened:
        yield opened


def test_the_anthropic_tool(client: Client) -> None:
    tool = RicordoMemoryTool(client.scoped(write="user:ada"), scope="user:ada")
    tool.call({"command": "create", "path": "/memories/a/tea.md", "file_text": "Green."})
    with pytest.raises(ToolError, match="already exists"):
        tool.call({"command": "create", "path": "/memories/a/tea.md", "file_text": "Black."})
    tool.call({"command": "str_replace", "path": "/memories/a/tea.md", "old_str": "Green", "new_str": "Black"})
    tool.call({"command": "rename", "old_path": "/memories/a", "new_path": "/memories/b"})
    assert str(tool.call({"command": "view", "path": "/memories/b/tea.md"})).endswith("\tBlack.")
    assert tool.clear_all_memory() == "All memory cleared"
    with pytest.raises(ToolError, match="does not exist"):
        tool.call({"command": "view", "path": "/memories/b/tea.md"})


def test_the_llama_index_block_and_the_pydantic_ai_toolset(client: Client) -> None:
    block = RicordoMemoryBlock(memory=client, scope="user:ada")
    asyncio.run(block.aput([ChatMessage("I adopted a beagle called Pip.", role="user")], session_id="s1"))
    assert "Pip" in asyncio.run(block.aget([ChatMessage("What is my beagle called?", role="user")]))
    tools = RicordoToolset(client, scope="user:ben")
    agent = Agent(TestModel(call_tools=["remember", "recall"]), toolsets=[tools])
    asyncio.run(agent.run("I drink green tea."))
    assert set(client.stats().scopes) == {"user:ada", "user:ben"}


def test_imports_and_pages_are_those_of_a_memory(client: Client, tmp_path: Path) -> None:
    export = packed(tmp_path / "data.zip", claude())
    with Memory.open(":memory:", embedder=None) as memory:
        assert client.import_file(export, scope_by="user:{user}").actions == {"added": 10}
        with pytest.raises(AccessError):
            client.scoped(write="a").import_file(export, scope_by="user:{user}")
        assert set(client.stats().scopes) == {"user:acct-1"}
        client.forget(scope="user:acct-1")
        filled(client)  # type: ignore[arg-type]
        filled(memory)
        told = client.write_pages(tmp_path / "far")
        memory.write_pages(tmp_path / "near")
        assert sorted(files(tmp_path / "far")) == sorted(files(tmp_path / "near"))
        assert told.records == memory.write_pages(tmp_path / "near").records
