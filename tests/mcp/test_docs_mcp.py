"""The page for MCP clients: every block of settings is started as it stands, and a fact is remembered and recalled."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types.version import SUPPORTED_PROTOCOL_VERSIONS
from tests.mcp.conftest import RICORDO, environment, told

from mcp import Client
from ricordo.access.keys import Keys
from ricordo.config import Settings
from ricordo.mcp import resources
from ricordo.mcp.prompt import NAME
from ricordo.mcp.tools import TOOLS

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
PATH = "http://127.0.0.1:8476/mcp"


def servers(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the entries of a client's settings, wherever it keeps them."""
    for name in ("mcpServers", "servers"):
        yield from block.get(name, {}).values()


PIPED = [entry for block in BLOCKS for entry in servers(block) if "command" in entry]
REMOTE = [entry for block in BLOCKS for entry in servers(block) if "url" in entry]


async def remembers(client: Client) -> str:
    """Remember a fact as a model would, and return what a recall of it tells."""
    told(await client.call_tool("remember", {"content": "I live in Porto.", "speaker": "user", "key": "home"}))
    return str(told(await client.call_tool("recall", {"query": "Where does the user live?"}))["text"])


def test_there_is_a_block_for_each_client() -> None:
    assert (len(BLOCKS), len(PIPED), len(REMOTE)) == (7, 4, 3)


@pytest.mark.parametrize("number", range(len(PIPED)))
def test_a_block_that_names_a_program_works_as_it_stands(tmp_path: Path, number: int) -> None:
    entry = PIPED[number]
    assert entry["command"] == "ricordo"
    env = {**environment(tmp_path), "PATH": str(RICORDO.parent), **entry.get("env", {})}

    async def talk() -> str:
        parameters = StdioServerParameters(command=entry["command"], args=entry["args"], env=env)
        async with Client(stdio_client(parameters)) as client:
            return await remembers(client)

    assert '"user lives in Porto"' in asyncio.run(talk())
    assert (tmp_path / ".ricordo" / "default").is_dir()


def test_blocks_that_name_an_address_work_as_they_stand(serving: Callable[..., str], tmp_path: Path) -> None:
    """But for the port, which is a free one here, and for the key, which the client puts in."""
    with Keys.open(tmp_path / "state") as keys:
        _, secret = keys.issue(read=["user:ada"], write=["user:ada"])
    url = serving([RICORDO, "mcp", "--http", "--port", "0"])

    async def talk(headers: dict[str, str]) -> str:
        way = httpx.AsyncClient(headers=headers)
        async with way, Client(streamable_http_client(url, http_client=way)) as client:
            return await remembers(client)

    for entry in REMOTE:
        assert entry["url"] == PATH == f"http://{Settings().host}:{Settings().mcp_port}/mcp"
        (value,) = entry["headers"].values()
        headers = {name: re.sub(r"\$\{[^}]*\}", secret, value) for name in entry["headers"]}
        assert headers == {"Authorization": f"Bearer {secret}"}
        assert '"user lives in Porto"' in asyncio.run(talk(headers))


def test_the_page_tells_of_what_there_is() -> None:
    table = re.findall(r"^\| `(\w+)` \|.*\| (yes)? ?\|$", PAGE, re.MULTILINE)
    assert {name: told == "yes" for name, told in table} == {tool.name: tool.right == "write" for tool in TOOLS}
    for uri in (*(one.uri for one in resources.listed()), *(one.uri_template for one in resources.templates())):
        assert f"`{uri}`" in PAGE
    assert f"`{NAME}`" in PAGE
    assert all(version in PAGE for version in SUPPORTED_PROTOCOL_VERSIONS)


def test_commands_of_the_page_are_commands() -> None:
    from ricordo.cli import main

    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    ours = [shlex.split(line)[1:] for line in lines if line.startswith("ricordo ")]
    assert len(ours) == 3
    for words in ours:
        context = main.make_context("ricordo", list(words), resilient_parsing=False)
        name, command, rest = main.resolve_command(context, words)
        assert command is not None
        if name == "mcp":
            command.make_context(name, rest)
