"""Our store as LangGraph's: its own graph runs on it, and every item comes back as it was put."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
)

from ricordo import Memory
from ricordo.adapters.langgraph import RicordoStore
from ricordo.adapters.langgraph_items import namespace_of, scope_of, session_of
from ricordo.errors import AccessError, InvalidInputError
from ricordo.store.base import Visible
from ricordo.testing import FixedClock

ADA = ("memories", "ada")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "space", embedder=None) as opened:
        yield opened


@pytest.fixture
def store(memory: Memory) -> RicordoStore:
    return RicordoStore(memory)


class State(TypedDict):
    user: str
    said: str
    known: list[str]


def test_a_compiled_graph_remembers_from_run_to_run(store: RicordoStore) -> None:
    def remember(state: State, runtime: Runtime[None]) -> dict[str, Any]:
        assert isinstance(runtime.store, BaseStore)
        namespace = ("memories", state["user"])
        known = [item.value["text"] for item in runtime.store.search(namespace, query=state["said"])]
        runtime.store.put(namespace, str(len(state["said"])), {"text": state["said"]})
        return {"known": known}

    graph = StateGraph(State)
    graph.add_node("remember", remember)
    graph.add_edge(START, "remember")
    graph.add_edge("remember", END)
    run = graph.compile(store=store)
    assert run.invoke({"user": "ada", "said": "I have a beagle called Pip.", "known": []})["known"] == []
    again = run.invoke({"user": "ada", "said": "What is my beagle called?", "known": []})
    assert again["known"] == ["I have a beagle called Pip."]
    other = asyncio.run(run.ainvoke({"user": "bob", "said": "What is my beagle called?", "known": []}))
    assert other["known"] == []


def test_every_put_is_a_version_of_one_record_and_nothing_else(memory: Memory, store: RicordoStore) -> None:
    """What a value says is read for no states, and no text is taken for an echo or a twin of another."""
    for city in ("Porto", "Lisbon", "Lisbon"):
        store.put(ADA, "home", {"text": f"I moved to {city} and work at Acme."})
        store.put(ADA, "copy", {"text": f"I moved to {city} and work at Acme."})
    (home, copy) = memory.list(scope="memories.ada").records
    assert (home.version, copy.version) == (3, 3)
    assert [item.value["text"][11:15] for item in store.history(ADA, "home")] == ["Port", "Lisb", "Lisb"]
    first, last = store.history(ADA, "home")[0], store.get(ADA, "home")
    assert last is not None
    assert (first.created_at, first.updated_at < last.updated_at) == (last.created_at, True)
    store.delete(ADA, "home")
    assert store.get(ADA, "home") is None
    assert store.history(ADA, "home") == []
    assert memory.get(home.id).status == "retracted"  # its history stays in the log
    assert memory.verify().ok


def test_other_records_of_the_scope_are_no_items(memory: Memory, store: RicordoStore) -> None:
    memory.retain("I like tea.", scope="memories.ada", session=session_of("tea"), speaker="Ada")
    memory.retain("I like tea.", scope="elsewhere", speaker="Ada")
    assert store.get(ADA, "tea") is None
    assert store.search((), query="tea") == []
    assert store.list_namespaces() == []
    store.put(ADA, "tea", {"text": "green"})
    assert [item.value for item in store.search(())] == [{"text": "green"}]
    assert store.list_namespaces() == [ADA]


def test_what_is_put_is_found_by_the_memory_too(memory: Memory, store: RicordoStore) -> None:
    store.put(ADA, "pet", {"text": "Ada has a beagle called Pip."})
    found = memory.recall("What is the beagle called?", scope="memories.ada")
    assert [item.record.content for item in found.items] == ["Ada has a beagle called Pip."]


def test_a_batch_reads_before_it_writes_and_the_last_put_counts(memory: Memory, store: RicordoStore) -> None:
    store.put(ADA, "a", {"n": 1})
    before = memory.stats().seq
    ops: list[Op] = [
        PutOp(ADA, "a", {"n": 2}),
        PutOp(ADA, "a", {"n": 3}),
        GetOp(ADA, "a"),
        PutOp(ADA, "b", {"n": 4}),
        PutOp(ADA, "gone", None),
        SearchOp(("memories",), filter={"n": {"$gte": 1}}),
        ListNamespacesOp((MatchCondition("suffix", ("ada",)),)),
    ]
    results = store.batch(ops)
    got, found, listed = (results[spot] for spot in (2, 5, 6))
    assert isinstance(got, Item)
    assert isinstance(found, list)
    assert got.value == {"n": 1}
    assert [item.key for item in found if isinstance(item, Item)] == ["a"]
    assert listed == [ADA]
    assert {item.key: item.value["n"] for item in store.search(ADA)} == {"a": 3, "b": 4}
    assert memory.stats().seq == before + 2


def test_more_puts_than_a_commit_has_are_all_there(store: RicordoStore) -> None:
    store.batch([PutOp(ADA, f"k{number}", {"n": number}) for number in range(300)])
    found = store.search(ADA, limit=1000)
    assert [item.value["n"] for item in found] == list(range(300))
    pages = [item.key for offset in range(0, 300, 70) for item in store.search(ADA, limit=70, offset=offset)]
    assert pages == [item.key for item in found]


@pytest.mark.parametrize(
    "op",
    [
        PutOp(ADA, "k", {"x": float("nan")}),
        PutOp(ADA, "k", {"x": object()}),
        PutOp(ADA, "k", {"x": {1: "a key that is no text"}}),
        PutOp(ADA, "k", ["no mapping"]),
        PutOp(ADA, "k", {"x": 1}, ttl=-1),
        PutOp((), "k", {"x": 1}),
        SearchOp(ADA, filter={"a' OR 1=1": 1}),
        SearchOp(ADA, filter={"a": {"$regex": "x"}}),
        SearchOp(ADA, limit=0),
        SearchOp(ADA, offset=-1),
        "no operation",
    ],
)
def test_bad_input_changes_nothing(memory: Memory, store: RicordoStore, op: Any) -> None:
    with pytest.raises(InvalidInputError):
        store.batch([PutOp(ADA, "good", {"x": 1}), op])
    assert memory.stats().seq == 0


def test_a_bound_handle_holds_its_own_namespaces_and_no_other(memory: Memory, store: RicordoStore) -> None:
    store.put(ADA, "pet", {"text": "a beagle"})
    store.put(("memories", "bob"), "pet", {"text": "a cat"})
    bob = RicordoStore(memory.scoped(write="memories.bob", principal="key:bob"))
    assert [item.value["text"] for item in bob.search(("memories",), query="beagle or cat")] == ["a cat"]
    assert bob.get(ADA, "pet") is None
    assert bob.list_namespaces() == [("memories", "bob")]
    for foreign in (ADA, ("new",)):
        with pytest.raises(AccessError):
            bob.put(foreign, "pet", {"text": "stolen"})
    bob.delete(ADA, "pet")
    bob.put(("memories", "bob"), "pet", {"text": "a dog"})
    assert store.get(ADA, "pet").value == {"text": "a beagle"}  # type: ignore[union-attr]
    assert store.get(("memories", "bob"), "pet").value == {"text": "a dog"}  # type: ignore[union-attr]


def test_what_is_not_to_be_indexed_is_not_found_by_what_it_says(store: RicordoStore) -> None:
    store.put(ADA, "a", {"text": "the purple elephant", "note": "zebra"}, index=["text"])
    store.put(ADA, "b", {"text": "another purple elephant"}, index=False)
    scores = {item.key: item.score for item in store.search(ADA, query="purple elephant")}
    assert scores["a"] is not None
    assert scores["b"] is None
    assert [item.score for item in store.search(ADA, query="zebra")] == [None, None]


def test_values_that_no_field_can_hold_come_back_all_the_same(store: RicordoStore) -> None:
    value: dict[str, Any] = {
        "z": "nul \x00 half \ud83d",
        "a": [1, 2.5, None, True, {"b": []}],
        "long": "é" * 70_000,
        "": "\\u0000",
    }
    store.put(ADA, "key \x00\ud83d\n" * 300, value)
    (found,) = store.search(ADA)
    assert found.key == "key \x00\ud83d\n" * 300
    assert json.dumps(found.value) == json.dumps(value)  # its order, too


def test_namespaces_longer_than_a_scope_are_told_apart(store: RicordoStore) -> None:
    one, other = (("x" * 150, "y" * 150, end) for end in ("a", "b"))
    store.put(one, "k", {"n": 1})
    store.put(other, "k", {"n": 2})
    assert store.list_namespaces(prefix=("x" * 150,)) == [one, other]
    assert [item.namespace for item in RicordoStore(store.memory).search(("x" * 150, "y" * 150, "b"))] == [other]
    assert store.get(one, "k").value == {"n": 1}  # type: ignore[union-attr]


def test_an_item_is_looked_up_by_an_index(memory: Memory, store: RicordoStore) -> None:
    """Whatever else there is in its namespace; no scope is walked through."""
    store.put(ADA, "k", {"n": 1})
    asked: list[str] = []

    def note(cursor: Any, sql: str, bindings: Any) -> bool:
        asked.append(sql)
        return True

    with memory._engine.store.read() as snapshot:
        visible = Visible(scopes=(scope_of(ADA),), now=datetime.now(UTC), sessions=(session_of("k"),))
        db: Any = snapshot.connection  # type: ignore[attr-defined]
        db.exec_trace = note
        found = snapshot.page(visible, 0, 2)
        db.exec_trace = None
        plan = str(db.execute(f"EXPLAIN QUERY PLAN {asked[0]}", [None] * asked[0].count("?")).fetchall())
    assert len(found) == 1
    assert "record_by_session (session=? AND scope=?)" in plan


# -- how long items are kept -----------------------------------------------------------------------------------------


def test_items_expire_are_kept_longer_by_reads_and_swept() -> None:
    clock = FixedClock()
    memory = Memory.open(":memory:", embedder=None, clock=clock)
    store = RicordoStore(memory, ttl={"default_ttl": 10}, clock=clock)
    store.put(ADA, "a", {"n": 1})
    store.put(ADA, "b", {"n": 2}, ttl=30)
    store.put(ADA, "c", {"n": 3}, ttl=None)
    clock.advance(minutes=8)
    assert store.get(ADA, "a") is not None
    clock.advance(minutes=8)
    assert {item.key for item in store.search(ADA, refresh_ttl=False)} == {"a", "b", "c"}
    put_at = store.get(ADA, "a", refresh_ttl=False).updated_at  # type: ignore[union-attr]
    assert put_at.minute == 0
    clock.advance(minutes=3)
    assert {item.key for item in store.search(ADA, refresh_ttl=False)} == {"b", "c"}
    assert store.get(ADA, "a") is None
    assert store.sweep_ttl() == 1
    store.put(ADA, "a", {"n": 4})
    clock.advance(minutes=60)
    assert [item.key for item in store.search(ADA)] == ["c"]
    assert store.sweep_ttl() == 2
    assert store.sweep_ttl() == 0


def test_a_put_without_a_time_takes_it_away() -> None:
    clock = FixedClock()
    store = RicordoStore(Memory.open(":memory:", embedder=None, clock=clock), clock=clock)
    store.put(ADA, "a", {"n": 1}, ttl=1)
    store.put(ADA, "a", {"n": 2})
    clock.advance(days=1)
    assert store.get(ADA, "a").value == {"n": 2}  # type: ignore[union-attr]


def test_reads_that_follow_closely_write_nothing() -> None:
    clock = FixedClock()
    memory = Memory.open(":memory:", embedder=None, clock=clock)
    store = RicordoStore(memory, clock=clock)
    store.put(ADA, "a", {"n": 1}, ttl=100)
    before = memory.stats().seq
    for _ in range(3):
        store.get(ADA, "a")
    clock.advance(minutes=3)
    store.get(ADA, "a")
    assert memory.stats().seq == before + 1


# -- with an embedding function --------------------------------------------------------------------------------------


def letters(texts: Sequence[str]) -> list[list[float]]:
    return [[float(text.count(letter)) for letter in "abcdefgh"] for text in texts]


async def letters_later(texts: Sequence[str]) -> list[list[float]]:
    return letters(texts)


def test_each_field_has_its_vector_and_the_nearest_counts(memory: Memory) -> None:
    store = RicordoStore(memory, index={"dims": 8, "embed": letters, "fields": ["x", "list[*].y"]})
    store.put(ADA, "one", {"x": "aaa", "list": [{"y": "bbb"}, {"y": "ccc"}], "z": "hhh"})
    store.put(ADA, "two", {"x": "ddd"})
    store.put(ADA, "three", {"z": "eee"}, index=["z"])
    store.put(ADA, "four", {"x": "ccc"}, index=False)
    found = RicordoStore(memory, index={"dims": 8, "embed": letters}).search(ADA, query="ccc")
    assert [(item.key, item.score) for item in found[:1]] == [("one", 1.0)]
    assert {item.key: item.score for item in found[1:]} == {"two": 0.0, "three": 0.0, "four": None}
    assert store.search(ADA, query="e")[0].key == "three"
    assert [item.key for item in store.search(ADA, query="h", filter={"z": "hhh"})] == ["one"]
    store.put(ADA, "one", {"x": "ggg"})
    assert store.search(ADA, query="c")[0].score == 0.0


def test_a_function_that_must_be_awaited_is(memory: Memory) -> None:
    store = RicordoStore(memory, index={"dims": 8, "embed": letters_later})

    async def use() -> str:
        await store.aput(ADA, "one", {"x": "aaa"})
        await store.aput(ADA, "two", {"x": "bbb"})
        return (await store.asearch(ADA, query="bb"))[0].key

    assert asyncio.run(use()) == "two"


@pytest.mark.parametrize("config", [{"dims": 9, "embed": letters}, {"dims": 8}])
def test_an_unsound_configuration_is_refused(memory: Memory, config: Any) -> None:
    with pytest.raises(InvalidInputError, match="index"):
        RicordoStore(memory, index=config).put(ADA, "a", {"x": "aaa"})
    assert memory.stats().seq == 0


def test_more_vectors_than_fit_are_refused(memory: Memory) -> None:
    store = RicordoStore(memory, index={"dims": 8, "embed": letters, "fields": ["list[*]"]})
    with pytest.raises(InvalidInputError, match="index less of the value"):
        store.put(ADA, "a", {"list": [f"abc {number}" for number in range(3000)]})


# -- together ----------------------------------------------------------------------------------------------------------

WRITER = """
import sys
from ricordo import Memory
from ricordo.adapters.langgraph import RicordoStore
with Memory.open(sys.argv[1], embedder=None) as memory:
    store = RicordoStore(memory)
    for number in range(25):
        store.put(("shared",), f"key{number % 5}", {"who": sys.argv[2], "n": number})
        store.put(("shared",), f"own {sys.argv[2]} {number}", {"n": number})
        assert store.get(("shared",), f"own {sys.argv[2]} {number}").value == {"n": number}
"""


def test_two_processes_never_make_two_records_of_one_key(memory: Memory, store: RicordoStore, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "space"), who], stderr=subprocess.PIPE, text=True
        )
        for who in ("a", "b")
    ]
    for writer in writers:
        _, told = writer.communicate(timeout=60)
        assert writer.returncode == 0, told
    found = store.search(("shared",), limit=1000)
    assert len(found) == len({item.key for item in found}) == 55
    assert {store.get(("shared",), f"key{number}").value["n"] for number in range(5)} == {20, 21, 22, 23, 24}  # type: ignore[union-attr]
    assert len(memory.list(scope="shared", limit=1000).records) == 55
    assert memory.verify().ok


def test_threads_do_not_lose_puts(store: RicordoStore) -> None:
    def write(who: int) -> None:
        for number in range(10):
            store.put(ADA, f"{who}-{number}", {"n": number})
            store.put(ADA, "same", {"who": who, "n": number})

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(store.search(ADA, limit=100)) == 41
    assert store.get(ADA, "same").value["n"] == 9  # type: ignore[union-attr]


def test_a_second_store_sees_new_namespaces_at_once(memory: Memory, store: RicordoStore) -> None:
    other = RicordoStore(memory)
    assert other.list_namespaces() == []
    store.put(("a", "b"), "k", {"n": 1})
    assert other.list_namespaces(prefix=("a",)) == [("a", "b")]
    other.put(("a", "c"), "k", {"n": 2})
    assert [item.namespace for item in store.search(("a",))] == [("a", "b"), ("a", "c")]


# -- an oracle ---------------------------------------------------------------------------------------------------------

NAMESPACES = st.sampled_from(
    [("a",), ("a", "b"), ("A",), ("ab",), ("a*", "b"), ("%61",), (" ", "\n"), ("ß", "\u2028x", "b")]
)
KEYS = st.sampled_from(["k", "K", "", "%6B", " ", "\x00"])
VALUES = st.dictionaries(
    st.sampled_from(["text", "n", "deep", "x.y"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-1, 1) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        max_leaves=5,
    ),
    max_size=3,
)
STEPS = st.lists(st.tuples(NAMESPACES, KEYS, st.none() | VALUES), max_size=25)


@given(STEPS, NAMESPACES)
def test_it_is_a_dictionary(steps: list[tuple[tuple[str, ...], str, Any]], prefix: tuple[str, ...]) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        store, oracle = RicordoStore(memory), dict[tuple[tuple[str, ...], str], Any]()
        for namespace, key, value in steps:
            if value is None:
                store.delete(namespace, key)
                oracle.pop((namespace, key), None)
            else:
                store.put(namespace, key, value)
                oracle[namespace, key] = value
        for namespace, key, _ in steps:
            item = store.get(namespace, key)
            assert (item and item.value) == oracle.get((namespace, key))
        found = {(item.namespace, item.key): item.value for item in store.search(prefix, limit=100)}
        assert found == {spot: value for spot, value in oracle.items() if spot[0][: len(prefix)] == prefix}
        assert store.list_namespaces() == sorted({namespace for namespace, _ in oracle})
        ends = store.list_namespaces(suffix=prefix)
        assert ends == sorted({spot[0] for spot in oracle if spot[0][-len(prefix) :] == prefix})
        wanted = {spot for spot, value in oracle.items() if "n" in value and value["n"] == 1 and value["n"] is not True}
        assert {(item.namespace, item.key) for item in store.search((), filter={"n": 1}, limit=100)} == wanted


@given(st.lists(st.text(min_size=1).filter(lambda label: "." not in label and "\x00" not in label), min_size=1))
def test_a_scope_tells_its_namespace(labels: list[str]) -> None:
    scope = scope_of(tuple(labels))
    assert namespace_of(scope) == (None if scope.startswith("%~") else tuple(labels))
    with Memory.open(":memory:", embedder=None) as memory:
        assert memory.retain("It can be a scope.", scope=scope).record.scope == scope


def test_labels_are_checked_before_anything_is_done(store: RicordoStore) -> None:
    for op in (GetOp(("a.b",), "k"), PutOp(("a", ""), "k", {}), SearchOp((1,)), PutOp(("a\x00",), "k", None)):
        with pytest.raises(InvalidNamespaceError):
            store.batch([PutOp(ADA, "k", {}), op])
    assert store.get(ADA, "k") is None


def test_keeping_the_space_small_takes_no_item(memory: Memory, store: RicordoStore) -> None:
    """What is consolidated are states and turns; an item is neither."""
    for key in ("a", "b"):
        store.put(ADA, key, {"text": "The office is in Porto."})
    memory.retain("The office is in Porto.", scope="memories.ada", kind="fact")
    assert memory.consolidate().replaced == 0
    assert [item.key for item in store.search(ADA)] == ["a", "b"]
