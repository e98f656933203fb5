"""Scopes: a generated test walks every read path of the public API with a scope it may not see."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import AccessError, Memory, NotFoundError, Recall, RicordoError
from ricordo.feed import Feed
from ricordo.testing import FixedClock

CANARY = "xylophone"


@pytest.fixture(scope="module")
def space() -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock())
    fields = {"speaker": CANARY, "session": "s1", "title": CANARY, "aliases": [CANARY], "metadata": {CANARY: CANARY}}
    for scope in ("user:ada", "user:bob"):
        word = CANARY if scope == "user:ada" else "bassoon"
        own = {name: json.loads(json.dumps(value).replace(CANARY, word)) for name, value in fields.items()}
        memory.retain(f"{word} yesterday", scope=scope, name=f"{word} name", pinned=True, ref=f"{word}-1", **own)
        memory.retain(f"{word} lives", scope=scope, subject="Ada", attribute="home", value=word)
        memory.retain(
            f"{word} moved", scope=scope, subject="Ada", attribute="home", value=f"{word} 2", valid_from="2027"
        )
        for value in ("3", "4"):  # a conflict: two values of the same time
            memory.retain(
                f"{word} owns {value}",
                scope=scope,
                subject="Ada",
                attribute="car",
                value=f"{word} {value}",
                at="2025-01-01",
                speaker=value,
            )
        memory.retain(f"{word} gone", scope=scope, session="s1", speaker=word)
        memory.forget(memory.list(scope=scope).records[-1].id)
    return memory


def queries(memory: Memory) -> list[str]:
    return [CANARY, f"{CANARY} name", "Ada home", "yesterday", "when?", "the", "xylophon"]


Reading = Callable[[Memory, Any], Any]
AT: list[dict[str, Any]] = [{}, {"as_of": 3}, {"as_of": "2030-01-01"}, {"valid_at": "2026"}, {"valid_at": "2028"}]
NARROWED: list[dict[str, Any]] = [
    {},
    {"kinds": ["fact"]},
    {"filters": {"speaker": CANARY}},
    {"filters": {f"metadata.{CANARY}": CANARY}},
    {"filters": {"session": "s1"}},
    {"filters": {"status": ["active", "superseded", "retracted", "archived"]}},
    {"filters": {"ref": f"{CANARY}-1"}},
    {"filters": {"subject": "Ada", "attribute": "home"}},
]
PATHS: dict[str, Callable[[Memory, list[str], Any], Any]] = {
    "recall": lambda m, ids, scope: [
        *(m.recall(q, scope=scope, **at, **narrowed) for q in queries(m) for at in AT for narrowed in NARROWED),
        *(m.recall(q, scope=scope, hops=3) for q in queries(m)),
    ],
    "reflect": lambda m, ids, scope: [
        m.reflect(q, scope=scope, **at).evidence for q in (CANARY, "Ada home", f"{CANARY} moved when?") for at in AT
    ],
    "inject": lambda m, ids, scope: [
        m.inject(q, scope=scope, **at, **narrowed) for q in queries(m) for at in AT for narrowed in NARROWED
    ],
    "list": lambda m, ids, scope: [m.list(scope=scope, **at, **narrowed) for at in AT for narrowed in NARROWED],
    "get": lambda m, ids, scope: [tried(m.get, id, scope=scope, **at) for id in ids for at in AT[:3]],
    "belief": lambda m, ids, scope: [tried(m.belief, id, scope=scope, **at) for id in ids for at in AT[:3]],
    "profile": lambda m, ids, scope: [
        m.profile(name, scope=scope, history=history, **at)
        for name in ("Ada", CANARY, f"{CANARY} name")
        for history in (False, True)
        for at in AT
    ],
    "summary": lambda m, ids, scope: [m.summary("s1", scope=scope, **at) for at in AT[:3]],
    "history": lambda m, ids, scope: [tried(m.history, id, scope=scope) for id in ids],
    "explain": lambda m, ids, scope: [m.explain(m.recall(q, scope=scope)) for q in ("Ada home", "yesterday")],
    "events": lambda m, ids, scope: [m.events(after, scope=scope) for after in (0, 3)],
    "conflicts": lambda m, ids, scope: [m.conflicts(scope=scope, **at) for at in AT],
    "stats": lambda m, ids, scope: m.stats(),
}


def tried(read: Callable[..., Any], id: str, **given: Any) -> Any:
    try:
        return read(id, **given)
    except NotFoundError:
        return None


def told(value: Any) -> str:
    def plain(part: Any) -> Any:
        own = {"filters": part.filters.get("scopes", "")} if isinstance(part, Recall) else {}  # else the caller's words
        return {**asdict(part), **own} if is_dataclass(part) and not isinstance(part, type) else str(part)

    return json.dumps(value, default=plain)


def test_every_read_path_is_walked() -> None:
    """A new reading method must be added to PATHS before it can ship."""
    public = {name for name, _ in inspect.getmembers(Feed, inspect.isfunction) if not name.startswith("_")}
    assert public == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_a_bound_handle_finds_nothing_of_another_scope(space: Memory, path: str) -> None:
    ids = [record.id for record in space.list(filters={"status": ["active", "superseded", "retracted"]}).records]
    bob = space.scoped(write="user:bob")
    for scope in (None, "user:ada", ["user:ada", "user:bob"]):
        found = told(PATHS[path](bob, ids, scope)).replace(f'"query": "{CANARY}', "")
        asked = {CANARY, "xylophon"}
        shown = [part for part in found.split('"') if CANARY in part and not part.startswith(tuple(asked))]
        assert "xylophone lives" not in found
        assert "xylophone moved" not in found
        assert "xylophone yesterday" not in found
        assert "xylophone gone" not in found
        assert "user:ada" not in found
        assert not shown


@pytest.mark.parametrize("path", [path for path in PATHS if path != "stats"])
def test_a_read_of_an_empty_scope_finds_nothing(space: Memory, path: str) -> None:
    ids = [record.id for record in space.list().records]
    found = told(PATHS[path](space, ids, "user:carol"))
    assert "bassoon" not in found
    assert "lives" not in found


def test_the_owner_finds_everything_the_walk_looks_for(space: Memory) -> None:
    """The control: the same walk with the right scope does find the canary."""
    ids = [record.id for record in space.list().records]
    ada = space.scoped(read="user:ada")
    for path, walk in PATHS.items():
        found = told(walk(ada, ids, None)).replace('"query": "xylophone', "")
        assert "xylophone" in found or path == "stats" or (path == "events" and all(id in found for id in ids[:2]))
    assert ada.stats().scopes == {"user:ada": 4}


def test_one_scope_says_nothing_about_the_ranking_of_words_to_a_slot_of_another(space: Memory) -> None:
    """No revision crosses scopes: the same slot in two scopes holds two values."""
    values = {record.scope: record.value for record in space.list(filters={"attribute": "home"}).records}
    assert values == {"user:ada": f"{CANARY} 2", "user:bob": "bassoon 2"}


def test_a_bound_handle_writes_only_its_scope(space: Memory) -> None:
    bob = space.scoped(write="user:bob", read=["user:bob", "user:ada"])
    ada_id = space.list(scope="user:ada").records[0].id
    seq = space.stats().seq
    attempts: list[Callable[[], Any]] = [
        lambda: bob.retain("x", scope="user:ada"),
        lambda: bob.update(ada_id, content="x"),
        lambda: bob.forget(ada_id),
        lambda: bob.forget(scope="user:ada"),
        lambda: bob.erase(ada_id),
        lambda: bob.erase(scope="user:ada"),
        lambda: bob.feedback([ada_id], "helped"),
        lambda: bob.undo(1),
        lambda: bob.verify(),
        lambda: bob.reindex(),
        lambda: bob.export("never.ricordo"),
        lambda: bob.scoped(write="user:ada"),
        lambda: bob.scoped(read=["user:carol"]),
        lambda: space.scoped(read=["user:bob"]).retain("x"),
        lambda: space.scoped(read=["user:bob"]).retain("x", scope="user:bob"),
    ]
    for attempt in attempts:
        with pytest.raises((AccessError, NotFoundError)):
            attempt()
    assert space.stats().seq == seq


def test_no_right_and_not_there_are_one_answer(space: Memory) -> None:
    bob = space.scoped(write="user:bob")
    ada_id = space.list(scope="user:ada").records[0].id
    messages = []
    for id in (ada_id, "nowhere"):
        for act in (bob.get, bob.history, bob.forget, bob.erase, bob.update):
            with pytest.raises(RicordoError) as caught:
                act(id)  # type: ignore[operator]
            messages.append((type(caught.value), str(caught.value).replace(id, "")))
    assert messages[:5] == messages[5:]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["tea", "coffee", "milk"])), max_size=12))
def test_a_scope_sees_its_own_records_exactly(written: list[tuple[str, str]]) -> None:
    """For any writes, reading a scope finds the records of that scope and no other."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        for number, (scope, word) in enumerate(written):
            memory.retain(f"{word} {number}", scope=scope, kind="event", ref=str(number))
        for scope in "abc":
            mine = {str(number) for number, (label, _) in enumerate(written) if label == scope}
            assert {record.ref for record in memory.list(scope=scope).records} == mine
            found = {item.record.ref for item in memory.recall("tea coffee milk", scope=scope, k=50)}
            assert found == mine
