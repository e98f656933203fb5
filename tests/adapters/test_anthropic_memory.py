"""The Anthropic memory tool on a memory: with the real client, exact, versioned, within its scope."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.lib.tools import ToolError
from tests.adapters.scripted import message, scripted, use

from ricordo import Memory
from ricordo.adapters.anthropic_memory import AsyncRicordoMemoryTool, RicordoMemoryTool
from ricordo.adapters.files import Files

ASKED: list[Any] = [{"role": "user", "content": "Remember that I drink green tea."}]
ANSWERS = [
    message(use(command="view", path="/memories")),
    message(use(command="create", path="/memories/tea.md", file_text="Ada drinks green tea.")),
    message(use(command="create", path="/memories/tea.md", file_text="again")),
    message({"type": "text", "text": "I will."}),
]
PAGE = Path(__file__).parents[2] / "docs" / "adapters-anthropic.md"


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


@pytest.fixture
def tool(memory: Memory) -> RicordoMemoryTool:
    return RicordoMemoryTool(memory.scoped(write="user:ada"), scope="user:ada")


def call(tool: RicordoMemoryTool, command: str, path: str = "/memories/a.txt", **more: Any) -> Any:
    paths = {} if command == "rename" else {"path": path}
    return tool.call({"command": command, **paths, **more})


def results(asked: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    blocks = [block for request in asked for block in request["messages"][-1]["content"] if isinstance(block, dict)]
    told = [block for block in blocks if block["type"] == "tool_result"]
    return [(block["content"], bool(block.get("is_error"))) for block in told]


EXPECTED = [
    (
        "Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:\n0B\t/memories",
        False,
    ),
    ("File created successfully at: /memories/tea.md", False),
    ("File /memories/tea.md already exists", True),
]


def test_the_real_client_runs_the_tool(tool: RicordoMemoryTool, memory: Memory) -> None:
    with scripted(ANSWERS) as server, Anthropic(api_key="k", base_url=server.url, max_retries=0) as client:
        runner = client.beta.messages.tool_runner(model="m", max_tokens=99, tools=[tool], messages=ASKED)
        last = runner.until_done()
    assert last.content[0].text == "I will."  # type: ignore[union-attr]
    assert server.asked[0]["tools"] == [{"type": "memory_20250818", "name": "memory"}]
    assert results(server.asked) == EXPECTED
    assert memory.recall("What does Ada drink?", scope="user:ada").items[0].record.title == "tea.md"


def test_the_real_asynchronous_client_runs_the_tool(memory: Memory) -> None:
    async def run(url: str) -> None:
        async with AsyncAnthropic(api_key="k", base_url=url, max_retries=0) as client:
            tool = AsyncRicordoMemoryTool(memory, scope="user:ada")
            await client.beta.messages.tool_runner(model="m", max_tokens=99, tools=[tool], messages=ASKED).until_done()
            await tool.clear_all_memory()

    with scripted(ANSWERS) as server:
        asyncio.run(run(server.url))
    assert results(server.asked) == EXPECTED
    assert memory.list(scope="user:ada").records == ()


def test_paths_are_exact(tool: RicordoMemoryTool) -> None:
    paths = [f"/memories/{name}" for name in ("a-b.txt", "a_b.txt", "A-b.txt", "a b.txt", "ab.txt", "a-b.txt2", "ä")]
    for number, path in enumerate(paths):
        call(tool, "create", path, file_text=f"Number {number}")
    for number, path in enumerate(paths):
        assert call(tool, "view", path).endswith(f"\tNumber {number}")


def test_files_of_the_same_text_are_different_files_and_tell_no_states(tool: RicordoMemoryTool, memory: Memory) -> None:
    for name in "ab":
        call(tool, "create", f"/memories/{name}", file_text="I live in Porto.")
    call(tool, "str_replace", "/memories/a", old_str="Porto", new_str="Lisbon")
    assert call(tool, "view", "/memories/b").endswith("I live in Porto.")
    assert len(memory.list(scope="user:ada").records) == 2


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t"])
def test_blank_files_keep_their_text(tool: RicordoMemoryTool, text: str) -> None:
    call(tool, "create", file_text=text)
    shown = call(tool, "view").split("\n", 1)[1]
    assert [line.split("\t", 1)[1] for line in shown.split("\n")] == text.split("\n")
    call(tool, "insert", insert_line=0, insert_text="x")
    assert "\tx" in call(tool, "view")


def test_every_version_is_in_the_log_and_can_be_brought_back(tool: RicordoMemoryTool, memory: Memory) -> None:
    call(tool, "create", file_text="one")
    call(tool, "str_replace", old_str="one", new_str="two")
    record = memory.list(scope="user:ada").records[0]
    texts = [change.record.content for change in memory.history(record.id) if change.record is not None]
    assert texts == ["one", "two"]
    call(tool, "delete")
    memory.undo(memory.history(record.id)[-1].event)
    assert call(tool, "view").endswith("two")


def test_other_scopes_are_out_of_sight(memory: Memory) -> None:
    ada, ben = (RicordoMemoryTool(memory, scope=scope) for scope in ("user:ada", "user:ben"))
    call(ada, "create", file_text="Ada's")
    call(ben, "create", file_text="Ben's")
    assert call(ben, "view").endswith("Ben's")
    call(ben, "delete", "/memories/a.txt")
    assert call(ada, "view").endswith("Ada's")
    with pytest.raises(ToolError, match="this handle"):
        call(
            RicordoMemoryTool(memory.scoped(write="user:ben"), scope="user:ada"), "create", "/memories/x", file_text="x"
        )


def test_other_records_of_the_scope_are_no_files(tool: RicordoMemoryTool, memory: Memory) -> None:
    memory.retain("Ada likes tea.", scope="user:ada", kind="artifact", title="a.txt", metadata={"path": "a.txt"})
    with pytest.raises(ToolError, match="does not exist"):
        call(tool, "view")
    tool.clear_all_memory()
    assert len(memory.list(scope="user:ada").records) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "memories/a",
        "/memoriesx/a",
        "/memories/../a",
        "/memories/a/../../b",
        "/memories/../memoriesx",
        "//memories/a",
        "/memories\\..\\a",
        "/memories/a\nb",
        "/memories/a\x00",
        "/memories/\ud800",
        "",
    ],
)
def test_paths_that_lead_out_are_refused(tool: RicordoMemoryTool, memory: Memory, path: str) -> None:
    with pytest.raises(ToolError):
        call(tool, "create", path, file_text="x")
    with pytest.raises(ToolError):
        call(tool, "rename", old_path="/memories/a", new_path=path)
    assert memory.stats().seq == 0


def test_a_file_is_no_folder(tool: RicordoMemoryTool) -> None:
    call(tool, "create", "/memories/a/b.txt", file_text="x")
    for path in ("/memories/a", "/memories/a/b.txt/c", "/memories"):
        with pytest.raises(ToolError, match="already exists"):
            call(tool, "create", path, file_text="x")
    with pytest.raises(ToolError, match="is not a file"):
        call(tool, "insert", "/memories/a", insert_line=0, insert_text="x")
    with pytest.raises(ToolError, match="not inside of what is moved"):
        call(tool, "rename", old_path="/memories/a", new_path="/memories/a/c")
    with pytest.raises(ToolError, match="already exists"):
        call(tool, "rename", old_path="/memories/a/b.txt", new_path="/memories")


def test_a_directory_is_listed_two_levels_deep(tool: RicordoMemoryTool) -> None:
    for path, size in (("b.txt", 1536), ("a/c/d.txt", 10), ("a/e.txt", 1024), (".hidden", 5), ("a/.h/x", 5)):
        call(tool, "create", f"/memories/{path}", file_text="x" * size)
    assert call(tool, "view", "/memories").split("\n")[1:] == [
        "2.5K\t/memories",
        "1.0K\t/memories/a/",
        "10B\t/memories/a/c/",
        "1K\t/memories/a/e.txt",
        "1.5K\t/memories/b.txt",
    ]


def test_what_can_not_be_kept_is_told_and_changes_nothing(tool: RicordoMemoryTool, memory: Memory) -> None:
    for text in ("\x00", "\ud800", "x" * 1_000_001):
        with pytest.raises(ToolError, match="content"):
            call(tool, "create", file_text=text)
    assert memory.stats().seq == 0


def test_edits_at_once_lose_nothing(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "space", embedder=None) as memory:
        tool = RicordoMemoryTool(memory, scope="s")
        call(tool, "create", file_text="begin")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: call(tool, "insert", insert_line=1, insert_text=f"line {n}"), range(20)))
            made = list(pool.map(lambda n: _created(tool), range(8)))
        assert made.count(True) == 1
        text = Files(memory, "s").text("a.txt") or ""
        assert sorted(text.split()) == sorted(["begin", *["line"] * 20, *map(str, range(20))])


def _created(tool: RicordoMemoryTool) -> bool:
    try:
        call(tool, "create", "/memories/once", file_text="x")
    except ToolError:
        return False
    return True


def test_it_does_what_a_dictionary_does(memory: Memory) -> None:
    rng, files, model = random.Random(3), Files(memory, "s"), dict[str, str]()
    names = [f"{folder}{name}" for folder in ("", "x/", "x/y/") for name in ("1", "2")]
    for step in range(400):
        one, other, what = rng.choice(names), rng.choice(names), rng.choice(["create", "write", "remove", "move"])
        try:
            if what == "create":
                files.create(one, f"text {step}")
                assert one not in model
                model[one] = f"text {step}"
            elif what == "write" and (record := files.record(one)) is not None:
                files.write(record, f"text {step}")
                model[one] = f"text {step}"
            elif what == "remove":
                assert files.remove(one) == (model.pop(one, None) is not None)
            elif what == "move" and files.move(one, other):
                model[other] = model.pop(one)
        except FileExistsError:
            assert one in model or other in model
        assert {path: files.text(path) for path in files.below("")} == model


def test_the_page_works_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with scripted(ANSWERS) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        given: dict[str, Any] = {}
        for block in blocks:
            exec(block, given)
    assert results(server.asked) == EXPECTED
    assert given["found"].items[0].record.content == "Ada drinks green tea."
    given["memory"].close()
