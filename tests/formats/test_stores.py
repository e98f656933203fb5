"""Exports of other memories: mem0, the MCP reference memory server, LangGraph stores."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.formats.exports_made import graph, mem0, store_items
from tests.formats.test_exports import OPTIONS, items, reasons, written

from ricordo import Memory
from ricordo.errors import InvalidInputError
from ricordo.formats import Bad, Found, ReadOptions, detect, read_items

SCHEMA = """
CREATE TABLE store (prefix text NOT NULL, key text NOT NULL, value text NOT NULL,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (prefix, key));
ALTER TABLE store ADD COLUMN expires_at TIMESTAMP;
ALTER TABLE store ADD COLUMN ttl_minutes REAL;
"""


def lines(path: Path, values: list[Any]) -> Path:
    path.write_text("\n".join(json.dumps(value) for value in values))
    return path


def sqlite(path: Path, rows: list[tuple[Any, ...]], schema: str = SCHEMA) -> Path:
    db = apsw.Connection(str(path))
    db.execute(schema)
    db.executemany("INSERT INTO store (prefix, key, value, created_at, updated_at) VALUES (?, ?, ?, ?, ?)", rows)
    db.close()
    return path


ROWS = [
    ("memories.ada", "k1", '{"text": "Likes tea"}', "2026-05-01 10:00:00", "2026-05-03 10:00:00"),
    ("memories.ben", "k2", b'{"text": "Plays chess"}', "2026-05-01 10:00:00", None),
]


# mem0


def test_mem0_gives_facts_and_relations(tmp_path: Path) -> None:
    file = written(tmp_path / "all.json", mem0())
    assert detect(file).name == "mem0"
    tea, chess, home = items(file)
    assert tea == {
        "content": "Likes green tea",
        "kind": "fact",
        "ref": "6b1f",
        "at": datetime(2026, 5, 3, 10, 0, 0, 123_456, UTC),
        "session": "s1",
        "metadata": {"topic": "food", "user_id": "ada", "run_id": "s1"},
    }
    assert chess["metadata"] == {"user_id": "ben", "agent_id": "coach", "categories": ["sport"]}
    assert (home["content"], home["subject"], home["attribute"], home["value"]) == (
        "ada lives in porto",
        "ada",
        "lives_in",
        "porto",
    )


@pytest.mark.parametrize("shape", ["list", "lines", "memories", "page"])
def test_mem0_in_its_other_shapes(tmp_path: Path, shape: str) -> None:
    found = mem0()["results"]
    shapes = {"list": found, "memories": {"memories": found}, "page": {"count": 2, "next": None, "results": found}}
    file = lines(tmp_path / "a.jsonl", found) if shape == "lines" else written(tmp_path / "a.json", shapes[shape])
    assert detect(file).name == "mem0"
    assert [one["ref"] for one in items(file)] == ["6b1f", "7c2e"]


def test_mem0_says_what_it_leaves_out(tmp_path: Path) -> None:
    results = [5, {"id": "a"}, {"id": "b", "memory": None}, {"id": "c", "memory": 5}, {"id": "d", "memory": "x"}]
    results[-1]["created_at"] = "soon"  # type: ignore[index]
    file = written(tmp_path / "a.json", {"results": results, "relations": [{"source": "a"}, None]})
    assert reasons(file, format="mem0") == [
        "memory 1: no id, or no memory",
        "memory a: no id, or no memory",
        "no text",
        "content: must be text",
        "memory d: time not understood: 'soon'",
        "relation 1: no source, relationship and target",
        "relation 2: no source, relationship and target",
    ]


def test_mem0_for_a_scope_a_user(tmp_path: Path) -> None:
    file = written(tmp_path / "all.json", mem0())
    with Memory.open(":memory:", embedder=None) as memory:
        done = memory.import_file(file, scope_by="user:{user}")
        assert memory.stats().scopes == {"user:ada": 1, "user:ben": 1}
        assert [one.reason for one in done.skipped] == [
            "relation 1: names no user, which the scope 'user:{user}' needs"
        ]


# the MCP reference memory server


def test_mcp_memory_gives_entities_observations_and_relations(tmp_path: Path) -> None:
    file = lines(tmp_path / "memory.jsonl", graph())
    assert detect(file).name == "mcp-memory"
    with Memory.open(":memory:", embedder=None) as memory:
        done = memory.import_file(file)
        assert (done.actions, done.skipped_total) == ({"added": 5}, 0)
        told = memory.profile("Ada").text
        for part in ("Likes tea", "Born in 1990", "person", "Brightwater"):
            assert part in told
        assert memory.list(kinds="relationship").records[0].content == "Ada works at Brightwater"


def test_mcp_memory_that_was_written_anew_adds_only_what_is_new(tmp_path: Path) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        memory.import_file(lines(tmp_path / "memory.jsonl", graph()))
        grown = graph()
        grown[0]["observations"].insert(0, "Plays chess")
        random.Random(0).shuffle(grown)
        done = memory.import_file(lines(tmp_path / "other.jsonl", grown))
        assert (done.actions, done.repeated) == ({"added": 1}, 5)


def test_mcp_memory_as_read_graph_returns_it(tmp_path: Path) -> None:
    entities = [{key: value for key, value in one.items() if key != "type"} for one in graph()[:2]]
    relations = [{key: value for key, value in one.items() if key != "type"} for one in graph()[2:]]
    file = tmp_path / "graph.json"
    file.write_text(json.dumps({"entities": entities, "relations": relations}, indent=2))
    assert detect(file).name == "mcp-memory"
    assert len(items(file)) == 5


def test_mcp_memory_says_what_it_leaves_out(tmp_path: Path) -> None:
    odd = {**graph()[0], "observations": [5, " ", "Likes tea"], "entityType": None}
    file = lines(tmp_path / "memory.jsonl", [{"type": "x"}, {"type": "entity"}, odd, {"type": "relation"}, [1]])
    with file.open("a") as more:
        more.write("\n{broken")
    found = list(read_items(file, "mcp-memory", OPTIONS))
    assert [one.reason for one in found if isinstance(one, Bad)] == [
        "no entity or relation",
        "an entity without a name, or without a list of observations",
        "Ada: an observation without text",
        "Ada: an observation without text",
        "a relation without from, relationType and to",
        "no entity or relation",
        "invalid JSON: Expecting property name enclosed in double quotes at character 2",
    ]
    assert [one.item["content"] for one in found if isinstance(one, Found)] == ["Likes tea"]


# LangGraph stores


def test_langgraph_items_in_json(tmp_path: Path) -> None:
    for file in (written(tmp_path / "a.json", store_items()), lines(tmp_path / "a.jsonl", store_items())):
        assert detect(file).name == "langgraph"
        tea, chess, bare = items(file)
        assert (tea["content"], tea["ref"], tea["at"]) == (
            "Likes tea",
            "memories/ada/k1",
            datetime(2026, 5, 3, 10, tzinfo=UTC),
        )
        assert tea["metadata"] == {"namespace": ["memories", "ada"], "key": "k1", "value": {"rank": 2}}
        assert (chess["content"], chess["metadata"]["value"]) == ("Plays chess", {"kind": "Memory"})
        assert (bare["content"], bare["kind"]) == ('{"age": 41, "city": "Porto"}', "context")
    by_place = ReadOptions(scope_by="store:{namespace}")
    assert [one["scope"] for one in items(file, by_place)] == [
        "store:memories/ada",
        "store:memories/ben",
        "store:profile/ben",
    ]


def test_langgraph_items_of_a_real_store(tmp_path: Path) -> None:
    memory_store = pytest.importorskip("langgraph.store.memory")
    store = memory_store.InMemoryStore()
    store.put(("memories", "ada"), "k1", {"text": "Likes tea"})
    file = written(tmp_path / "a.json", [item.dict() for item in store.search(("memories",))])
    assert [(one["content"], one["ref"]) for one in items(file)] == [("Likes tea", "memories/ada/k1")]


def test_langgraph_store_in_sqlite(tmp_path: Path) -> None:
    file = sqlite(tmp_path / "it's 100% #1?.db", ROWS)
    before = file.read_bytes()
    assert detect(file).name == "langgraph"
    tea, chess = items(file)
    assert (tea["content"], tea["ref"], tea["at"]) == (
        "Likes tea",
        "memories/ada/k1",
        datetime(2026, 5, 3, 10, tzinfo=UTC),
    )
    assert chess["at"] == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    with Memory.open(":memory:", embedder=None) as memory:
        assert memory.import_file(file, scope_by="{namespace}").actions == {"added": 2}
        assert memory.import_file(file, scope_by="{namespace}").repeated == 2


def test_langgraph_says_what_it_leaves_out(tmp_path: Path) -> None:
    rows = [
        ("a", "k1", "{broken", None, None),
        ("a", "k2", "[1]", None, None),
        ("a", "k3", 5.5, None, None),
        ("a", "k4", '{"text": "x"}', "soon", None),
        ("a", "k5", '{"text": 5}', None, None),
    ]
    file = sqlite(tmp_path / "s.db", rows)
    assert reasons(file) == [
        "item 1: invalid JSON: Expecting property name enclosed in double quotes at character 2",
        "item 2: no namespace, key and value",
        "item 3: no namespace, key and value",
        "item 4: time not understood: 'soon'",
    ]
    assert [one["content"] for one in items(file)] == ['{"text": 5}']


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE other (a)",
        "CREATE TABLE store (a)",
        "CREATE VIEW store AS SELECT 1 AS prefix, 2 AS key, 3 AS value, 4 AS created_at, 5 AS updated_at",
    ],
)
def test_another_sqlite_file_is_refused(tmp_path: Path, schema: str) -> None:
    db = apsw.Connection(str(tmp_path / "s.db"))
    db.execute(schema)
    db.close()
    with pytest.raises(InvalidInputError, match="format was not recognised"):
        detect(tmp_path / "s.db")
    with pytest.raises(InvalidInputError, match="table store of a LangGraph store"):
        items(tmp_path / "s.db", format="langgraph")


def test_a_damaged_sqlite_file_is_reported(tmp_path: Path) -> None:
    rows = [("a", f"k{number:04}", json.dumps({"text": "x" * 500}), None, None) for number in range(200)]
    file = sqlite(tmp_path / "s.db", rows)
    data = bytearray(file.read_bytes())
    data[4096 * 4 :] = bytes(len(data) - 4096 * 4)
    file.write_bytes(bytes(data))
    assert "damaged or in use" in reasons(file)[-1]
