"""What a caller may do comes from its key alone, and nothing of another's shows, not even in an error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.mcp.conftest import calling, refusal, text_of, told, with_client

from mcp import Client
from ricordo import Memory, NotFoundError
from ricordo.access.journal import Journal
from ricordo.access.keys import LOCAL, Key
from ricordo.mcp.caller import Caller, callers_of
from ricordo.mcp.run import local, only
from ricordo.mcp.tools import TOOLS

SECRET = "xylophone"
ADA = local("user:ada", ["user:ada", "team"], False)


@pytest.fixture
def shared(memory: Memory) -> Memory:
    """A memory in which Ada, the team, and Bo have said something."""
    memory.retain("Ada likes tea.", scope="user:ada", key="ada")
    memory.retain("The team meets on Monday.", scope="team", key="team")
    memory.retain(f"Bo plays the {SECRET}.", scope="user:bo", key="bo", name=SECRET, session=SECRET, pinned=True)
    return memory


def ids(memory: Memory, scope: str) -> list[str]:
    return [record.id for record in memory.list(scope=scope).records]


def test_a_caller_reads_its_scopes_and_an_argument_only_narrows(shared: Memory) -> None:
    assert len(told(calling(shared, "list", ADA))["records"]) == 2
    assert len(told(calling(shared, "list", ADA, scope="team"))["records"]) == 1
    for scope in ("user:bo", "nowhere"):
        assert told(calling(shared, "list", ADA, scope=scope)) == {"records": []}
        assert told(calling(shared, "recall", ADA, query="Who plays what?", scope=scope))["records"] == []


def test_a_caller_writes_its_scope_only(shared: Memory) -> None:
    before = shared.stats().seq
    for scope in ("team", "user:bo"):
        refused = calling(shared, "remember", ADA, content="I was here.", scope=scope)
        assert (refused.is_error, "user:ada" in text_of(refused)) == (True, True)
    (team,) = ids(shared, "team")
    for name, given in (("update", {"content": "No."}), ("forget", {}), ("feedback", {"outcome": "harmed"})):
        place: dict[str, Any] = {"ids": [team]} if name == "feedback" else {"id": team}
        assert calling(shared, name, ADA, **place, **given).is_error
    assert shared.stats().seq == before
    assert told(calling(shared, "remember", ADA, content="I was here."))["event"] == before + 1
    assert shared.get(ids(shared, "user:ada")[-1]).content == "I was here."


def test_nothing_of_another_shows_in_any_answer(shared: Memory) -> None:
    """What is hidden and what is not there are one answer."""
    (bo,) = ids(shared, "user:bo")

    async def look(client: Client) -> list[str]:
        calls: list[tuple[str, dict[str, Any]]] = [
            ("recall", {"query": f"Who plays the {SECRET[:4]}?"}),
            ("context", {"message": "Hello."}),
            ("profile", {"subject": "Bo"}),
            ("list", {"subject": "Bo"}),
            ("update", {"id": bo, "content": "Mine."}),
            ("forget", {"id": bo}),
            ("feedback", {"ids": [bo], "outcome": "used"}),
            ("remember", {"content": "Something else.", "key": "bo"}),
        ]
        answers = [text_of(await client.call_tool(name, given)) for name, given in calls]
        answers += [text_of(await client.call_tool("get", {"id": id})).replace(id, "ID") for id in (bo, "0" * len(bo))]
        for uri in (f"ricordo://record/{bo}", "ricordo://record/none", "ricordo://profile/Bo", "ricordo://session/x"):
            answers.append(str(await refusal(client.read_resource(uri))))
        pages = [await client.read_resource(f"ricordo://{name}") for name in ("recent", "pinned")]
        asked = await client.get_prompt("with_memory", {"question": "Who plays what?"})
        return [*answers, *(page.model_dump_json() for page in pages), asked.model_dump_json()]

    answers = with_client(shared, look, ADA)
    assert not [answer for answer in answers if SECRET in answer]
    assert answers[8] == answers[9]


def test_a_caller_of_several_scopes_names_the_one_it_writes(memory: Memory) -> None:
    key = replace(LOCAL, read=("a", "b"), write=("a", "b"))
    assert text_of(calling(memory, "remember", key, content="x")) == "scope: name the one to write, of a, b"
    id = told(calling(memory, "remember", key, content="x", scope="b"))["id"]
    told(calling(memory, "update", key, id=id, content="y", scope="b"))
    assert memory.get(id).scope == "b"


def test_rights_decide_which_tools_there_are(memory: Memory) -> None:
    reader, none = local("a", (), True), replace(ADA, rights=frozenset[str]())
    names = [tool.name for tool in with_client(memory, lambda client: client.list_tools(), reader).tools]
    assert names == [tool.name for tool in TOOLS if tool.right == "read"]
    assert "no such right" in text_of(calling(memory, "remember", reader, content="x"))
    assert with_client(memory, lambda client: client.list_tools(), none).tools == []
    assert "no such right" in text_of(calling(memory, "recall", none, query="x"))
    assert memory.stats().seq == 0


def test_a_key_of_everything_reaches_everything(shared: Memory) -> None:
    assert len(told(calling(shared, "list", LOCAL))["records"]) == 3
    assert told(calling(shared, "remember", LOCAL, content="x", scope="new"))["action"] == "added"


def test_keys_of_writes_are_each_principals_own(memory: Memory) -> None:
    id = memory.retain("x", scope="user:ada").record.id
    bo = replace(ADA, principal="bo")
    assert "repeated" not in told(calling(memory, "update", ADA, id=id, content="y", key="k"))
    assert "repeated" not in told(calling(memory, "update", bo, id=id, content="z", key="k"))


@pytest.mark.parametrize("everybody", [None, ADA])
def test_over_http_the_gate_says_who_calls(memory: Memory, everybody: Key | None) -> None:
    key = replace(ADA, id="k1", space="default", principal="p")
    scope = {"path": "/mcp", "state": {"key": key, "request_id": "r1"}}
    with callers_of(only(memory), None, everybody)(scope) as caller:
        assert (caller.key, caller.request_id, caller.space) == (everybody or key, "r1", "default")


def test_over_http_the_space_is_that_of_the_path_or_of_the_key(memory: Memory) -> None:
    asked: list[str] = []

    def lease(space: str) -> AbstractContextManager[Memory]:
        asked.append(space)
        return nullcontext(memory)

    def space_of(path: str, space: str) -> str:
        state = {"key": replace(ADA, space=space), "request_id": "r1"}
        with callers_of(lease)({"path": path, "state": state}) as caller:
            return caller.space

    paths = [("/mcp", "team"), ("/mcp", "*"), ("/mcp/team", "*"), ("/mcp/team/", "team")]
    assert [space_of(*one) for one in paths] == asked == ["team", "default", "team", "team"]
    with pytest.raises(NotFoundError, match="there is no space 'other' here"):
        space_of("/mcp/other", "team")
    with pytest.raises(NotFoundError, match="there is no space 'other' here"):
        only(memory)("other")


def test_what_was_given_to_whom_is_noted(shared: Memory, tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        caller = Caller(shared, ADA, "default", "r1", journal)
        tools: dict[str, Callable[..., Any]] = {tool.name: tool.call for tool in TOOLS}
        tools["recall"](caller, {"query": "What does Ada like?", "scope": "user:ada"})
        tools["context"](caller, {"message": "hello"})
        assert journal.flush()
        inject, recall = journal.deliveries(space="default", scopes=("user:ada", "team"))
    assert (recall.surface, recall.lane, recall.request_id, recall.scopes) == ("mcp", "recall", "r1", ("user:ada",))
    assert [id for id, _ in recall.records] == ids(shared, "user:ada")
    assert (inject.lane, inject.scopes, inject.records, inject.asked) == ("inject", ("user:ada", "team"), (), None)
