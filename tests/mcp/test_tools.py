"""The tools: what is told of them, what they do, what they say of bad calls; a key makes a write happen once."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from mcp_types import ListToolsResult
from tests.mcp.conftest import ERAS, calling, text_of, told, with_client

from mcp import Client
from ricordo import Memory
from ricordo.mcp.arguments import Get
from ricordo.mcp.caller import Caller
from ricordo.mcp.run import local
from ricordo.mcp.shapes import Opened
from ricordo.mcp.toolbox import Tool
from ricordo.mcp.tools import TOOLS
from ricordo.types import KINDS

WRITES = ("remember", "update", "forget", "feedback")
LOCAL = local("default", (), False)


def listed(memory: Memory, era: str = ERAS[1]) -> ListToolsResult:
    return with_client(memory, lambda client: client.list_tools(), era=era)


# -- what is told of them


@pytest.mark.parametrize("era", ERAS)
def test_at_most_nine_tools_are_told_alike_each_time(memory: Memory, era: str) -> None:
    first, second = (json.dumps([tool.model_dump() for tool in listed(memory, era).tools]) for _ in range(2))
    assert first == second
    assert [tool["name"] for tool in json.loads(first)] == [tool.name for tool in TOOLS]
    assert len(TOOLS) <= 9


def test_each_tool_says_what_it_takes_returns_and_does(memory: Memory) -> None:
    for tool in listed(memory).tools:
        assert tool.description is not None
        assert 40 <= len(tool.description) <= 300
        assert tool.input_schema["additionalProperties"] is False
        for name, field in tool.input_schema["properties"].items():
            assert field["description"], (tool.name, name)
            assert field.keys() & {"type", "anyOf"}, (tool.name, name)
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"
        hints = tool.annotations
        assert hints is not None
        assert hints.read_only_hint is (tool.name not in WRITES)
        assert hints.destructive_hint is (tool.name in ("update", "forget"))
        assert hints.idempotent_hint is (tool.name not in ("remember", "feedback"))
        assert hints.open_world_hint is False
        assert ("key" in tool.input_schema["properties"]) is (tool.name in WRITES)


def test_schemas_show_the_values_there_are_and_cost_little(memory: Memory) -> None:
    tools = {tool.name: tool.input_schema for tool in listed(memory).tools}
    assert tools["remember"]["properties"]["kind"]["enum"] == list(KINDS)
    assert tools["recall"]["properties"]["kinds"]["items"]["enum"] == list(KINDS)
    assert next(iter(tools["remember"]["properties"])) == "content"
    assert len(json.dumps(list(tools.values()))) < 12_000  # some 3,000 tokens of each conversation


@pytest.mark.parametrize("era", ERAS)
def test_listings_may_be_kept_and_what_is_remembered_may_not(memory: Memory, era: str) -> None:
    async def look(client: Client) -> list[Any]:
        lists = [await client.list_tools(), await client.list_prompts(), await client.list_resources()]
        return [*lists, await client.list_resource_templates(), await client.read_resource("ricordo://pinned")]

    hints = [(one.ttl_ms, one.cache_scope) for one in with_client(memory, look, era=era)]
    known = [(3_600_000, "private")] * 4 if era == ERAS[1] else [(0, "private")] * 4
    assert hints == [*known, (0, "private")]


# -- what they do


def test_what_was_remembered_is_recalled_with_its_record(memory: Memory) -> None:
    said = told(calling(memory, "remember", content="I live in Porto.", speaker="user"))
    assert said["states"][0]["content"] == "user lives in Porto"
    found = calling(memory, "recall", query="Where does the user live?")
    assert json.loads(text_of(found)) == told(found)
    assert '"user lives in Porto"' in told(found)["text"]
    assert [record["id"] for record in told(found)["records"]] == [said["states"][0]["id"]]
    moved = told(calling(memory, "remember", content="I moved to Lisbon.", speaker="user"))
    assert moved["action"] == "superseded"
    assert "Lisbon" in told(calling(memory, "profile", subject="user"))["text"]
    past = told(calling(memory, "profile", subject="user", history=True))["text"]
    assert "Porto" in past


def test_a_recall_keeps_within_its_bounds_and_filters(memory: Memory) -> None:
    for number in range(30):
        memory.retain(f"Meeting {number} was about the harbour.", speaker="Ada" if number % 2 else "Bo", session="s1")
    found = told(calling(memory, "recall", query="harbour meeting", max_tokens=100, speaker="Ada"))
    assert found["left_out"] > 0
    assert "Bo:" not in found["text"]
    assert len(told(calling(memory, "recall", query="harbour", limit=3))["records"]) == 3
    nothing = told(calling(memory, "recall", query="harbour", session="s2"))
    assert nothing == {"text": "", "records": [], "uncovered": ["harbour"]}


def test_context_gives_pins_and_what_is_named_and_nothing_else(memory: Memory) -> None:
    told(calling(memory, "remember", content="Answer in Portuguese.", kind="instruction", pinned=True))
    told(calling(memory, "remember", content="Deploys go through Helm.", name="kubernetes", aliases=["k8s"]))
    assert "Portuguese" in told(calling(memory, "context", message=""))["text"]
    assert "Helm" in told(calling(memory, "context", message="is k8s up?"))["text"]
    assert "Helm" not in told(calling(memory, "context", message="how was lunch?"))["text"]


def test_a_record_is_opened_changed_and_forgotten(memory: Memory) -> None:
    id = told(calling(memory, "remember", content="Tea at four.", title="Plan"))["id"]
    changed = told(calling(memory, "update", id=id, content="Tea at five.", clear=["title"], reason="moved"))
    assert (changed["action"], changed["version"]) == ("revised", 2)
    opened = told(calling(memory, "get", id=id, history=True))
    assert (opened["record"]["content"], "title" in opened["record"]) == ("Tea at five.", False)
    assert [(step["op"], step.get("reason")) for step in opened["history"]] == [("retain", None), ("update", "moved")]
    told(calling(memory, "feedback", ids=[id], outcome="helped"))
    assert told(calling(memory, "get", id=id))["confidence"] > opened["confidence"]
    told(calling(memory, "forget", id=id))
    assert told(calling(memory, "recall", query="When is tea?"))["records"] == []
    assert told(calling(memory, "get", id=id))["record"]["status"] == "retracted"
    assert told(calling(memory, "get", id=id, as_of=1))["record"]["content"] == "Tea at four."


def test_pages_go_on_where_they_ended(memory: Memory) -> None:
    ids = [memory.retain(f"Fact {number}.").record.id for number in range(5)]
    first = told(calling(memory, "list", limit=3))
    rest = told(calling(memory, "list", limit=3, cursor=first["cursor"]))
    assert [record["id"] for page in (first, rest) for record in page["records"]] == ids
    assert "cursor" not in rest
    memory.forget(ids[0])
    gone = told(calling(memory, "list", status=["retracted"]))["records"]
    assert [record["id"] for record in gone] == ids[:1]


# -- a key makes a write happen once


@pytest.mark.parametrize("name", WRITES)
def test_a_write_with_a_key_is_done_once(memory: Memory, name: str) -> None:
    id = memory.retain("Tea at four.").record.id
    calls: dict[str, dict[str, Any]] = {
        "remember": {"content": "Cake at six."},
        "update": {"id": id, "content": "Tea at five."},
        "forget": {"id": id},
        "feedback": {"ids": [id], "outcome": "harmed", "query": "tea?"},
    }
    other: dict[str, dict[str, Any]] = {
        "remember": {"content": "Cake at seven."},
        "update": {"id": id, "content": "Tea at six."},
        "forget": {"id": id, "reason": "a joke"},
        "feedback": {"ids": [id], "outcome": "helped"},
    }
    first = told(calling(memory, name, key="k1", **calls[name]))
    seq = memory.stats().seq
    again = told(calling(memory, name, key="k1", **calls[name]))
    assert again["event"] == first["event"]
    assert again.pop("repeated", None) is (None if name == "feedback" else True)
    assert again == first
    refused = calling(memory, name, key="k1", **other[name])
    assert (refused.is_error, "key" in text_of(refused)) == (True, True)
    assert memory.stats().seq == seq
    assert memory.verify().ok


# -- bad calls

BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("remember", {}, "content: is required"),
    "empty": ("remember", {"content": "  "}, "content: must hold something other than white space"),
    "huge": ("remember", {"content": "x" * 1_000_001}, "content: at most 1000000 bytes"),
    "number": ("remember", {"content": 5}, "content: input should be a valid string"),
    "unknown argument": ("remember", {"content": "a", "text": "b"}, "text: no argument of remember, which takes"),
    "kind": ("remember", {"content": "a", "kind": "rumour"}, "kind: one of fact, preference"),
    "time": ("remember", {"content": "a", "at": "teatime"}, "at: "),
    "half a slot": ("remember", {"content": "a", "attribute": "x"}, "subject"),
    "list for text": ("recall", {"query": ["a"]}, "query: input should be a valid string"),
    "no query": ("recall", {"query": ""}, "query: text to look for"),
    "no tokens": ("recall", {"query": "a", "max_tokens": 0}, "max_tokens: input should be greater than or equal to 1"),
    "rounds": ("recall", {"query": "a", "rounds": 9}, "rounds: input should be less than or equal to 5"),
    "id": ("get", {"id": "nope"}, "id: no record 'nope' is visible here"),
    "nothing to change": ("update", {"id": "nope"}, "content: nothing is to be changed"),
    "clear and set": ("update", {"id": "nope", "title": "a", "clear": ["title"]}, "clear: "),
    "clear what can't be": ("update", {"id": "nope", "clear": ["content"]}, "content: "),
    "change nothing there": ("update", {"id": "nope", "content": "a"}, "id: no record 'nope' is visible here"),
    "forget nothing there": ("forget", {"id": "nope"}, "id: no record 'nope' is visible here"),
    "outcome": ("feedback", {"ids": ["nope"], "outcome": "fine"}, "outcome: one of used, helped, harmed"),
    "no ids": ("feedback", {"ids": [], "outcome": "used"}, "ids: 1 to"),
    "cursor": ("list", {"cursor": "zz"}, "cursor: the cursor of a page that list returned"),
    "limit": ("list", {"limit": 1000}, "limit: input should be less than or equal to 200"),
    "moment": ("list", {"since": "soon"}, "filters: since"),
    "scope": ("remember", {"content": "a", "scope": "team"}, "scope: 'team' can't be written here"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_call_is_told_and_does_nothing(memory: Memory, what: str) -> None:
    name, arguments, message = BAD[what]
    result = calling(memory, name, **arguments)
    assert result.is_error
    assert message in text_of(result)
    assert "ops[" not in text_of(result)
    assert len(text_of(result)) < 500
    assert memory.stats().seq == 0


def test_what_breaks_inside_is_logged_and_not_told(memory: Memory) -> None:
    def broken(caller: Caller, given: Get) -> Opened:
        raise ZeroDivisionError("the secret of Ada")

    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = logged.append  # type: ignore[method-assign, assignment]
    logging.getLogger("ricordo.mcp").addHandler(handler)
    result = Tool("get", "Get", "Breaks.", Get, Opened, broken).call(Caller(memory, LOCAL), {"id": "x"})
    logging.getLogger("ricordo.mcp").removeHandler(handler)
    assert result.is_error
    assert text_of(result) == "get: something unexpected went wrong; the server's log has it"
    (record,) = logged
    assert (record.getMessage(), record.exc_info is not None) == ("tool failed", True)
