"""Bad input: a clear error that names the field and the rule, and nothing changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory, NotFoundError, RicordoError, Settings

BAD: list[tuple[str, dict[str, Any]]] = [
    ("content", {"content": ""}),
    ("content", {"content": " \n\t"}),
    ("content", {"content": "\u2003"}),
    ("content", {"content": "x" * 1_000_001}),
    ("content", {"content": "nul \x00 byte"}),
    ("content", {"content": "lone \ud800 surrogate"}),
    ("content", {"content": 42}),
    ("at", {"at": datetime(2026, 1, 1)}),
    ("at", {"at": "2026-01-01T10:00"}),
    ("at", {"at": "yesterday"}),
    ("at", {"at": 17}),
    ("valid_from", {"valid_from": datetime(2026, 1, 1)}),
    ("valid_to", {"valid_from": "2026", "valid_to": "2025"}),
    ("expires_at", {"expires_at": "2020-01-01T00:00Z", "at": "2026-01-01T00:00Z"}),
    ("kind", {"kind": "opinion"}),
    ("flavour", {"flavour": "mint"}),
    ("scope", {"scope": ""}),
    ("scope", {"scope": "a\nb"}),
    ("scope", {"scope": " padded"}),
    ("scope", {"scope": "x" * 201}),
    ("scope", {"scope": "\u2028"}),
    ("scope", {"scope": 7}),
    ("speaker", {"speaker": "\x00"}),
    ("ref", {"ref": "\udfff"}),
    ("ref", {"ref": ""}),
    ("subject", {"subject": "Ada"}),
    ("subject", {"value": "Lisbon"}),
    ("cardinality", {"subject": "a", "attribute": "b", "cardinality": "few"}),
    ("derivation", {"derivation": "guessed"}),
    ("aliases", {"aliases": "one string"}),
    ("aliases", {"aliases": [str(i) for i in range(101)]}),
    ("name", {"aliases": ["\x00"]}),
    ("metadata", {"metadata": ["a"]}),
    ("metadata", {"metadata": {1: "a"}}),
    ("metadata", {"metadata": {"a": object()}}),
    ("metadata", {"metadata": {"a": float("nan")}}),
    ("metadata", {"metadata": {"a": "\ud800"}}),
    ("metadata", {"metadata": {"a": "\x00"}}),
    ("pinned", {"pinned": "yes"}),
    ("links", {"links": ["r1"]}),
    ("links", {"links": [("loves", "r1")]}),
    ("if_version", {"if_version": -1}),
    ("if_version", {"if_version": True}),
]


@pytest.mark.parametrize(("field", "given"), BAD, ids=[f"{i}-{field}" for i, (field, _) in enumerate(BAD)])
def test_retain_names_the_field_and_changes_nothing(memory: Memory, field: str, given: dict[str, Any]) -> None:
    arguments = {"content": "Ada likes tea", **given}
    with pytest.raises(InvalidInputError) as caught:
        memory.retain(arguments.pop("content"), **arguments)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert (memory.stats().seq, memory.list().records) == (0, ())


@pytest.mark.parametrize(("field", "given"), BAD[:20], ids=[f"{i}-{field}" for i, (field, _) in enumerate(BAD[:20])])
def test_one_bad_item_stops_the_whole_batch(memory: Memory, field: str, given: dict[str, Any]) -> None:
    items = [{"content": "fine"}, {"content": "Ada likes tea", **given}]
    with pytest.raises(InvalidInputError) as caught:
        memory.retain_many(items)
    assert caught.value.field == f"items[1].{field}"
    assert memory.stats().seq == 0


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("query", {"query": ""}),
        ("query", {"query": None}),
        ("k", {"k": 0}),
        ("k", {"k": "ten"}),
        ("max_tokens", {"max_tokens": 0}),
        ("kinds", {"kinds": ["opinion"]}),
        ("kinds", {"kinds": 5}),
        ("filters: colour", {"filters": {"colour": "red"}}),
        ("filters: speaker", {"filters": {"speaker": 5}}),
        ("filters: since", {"filters": {"since": datetime(2026, 1, 1)}}),
        ("filters: metadata.", {"filters": {"metadata.": 1}}),
        ('filters: metadata.a"', {"filters": {'metadata.a"': 1}}),
        ("filters: metadata.a", {"filters": {"metadata.a": [1]}}),
        ("filters", {"filters": "speaker=Ada"}),
        ("as_of", {"as_of": -1}),
        ("as_of", {"as_of": datetime(2026, 1, 1)}),
        ("as_of", {"as_of": "soon"}),
        ("valid_at", {"valid_at": datetime(2026, 1, 1)}),
        ("valid_at", {"valid_at": "the other day"}),
        ("lane", {"lane": "fast"}),
        ("scope", {"scope": ["fine", "not\x00fine"]}),
    ],
)
def test_recall_names_the_argument(memory: Memory, field: str, given: dict[str, Any]) -> None:
    memory.retain("Ada likes tea")
    with pytest.raises(InvalidInputError) as caught:
        memory.recall(**{"query": "tea", **given})
    assert caught.value.field == field


def test_other_calls_name_their_argument(memory: Memory) -> None:
    id = memory.retain("Ada likes tea").record.id
    attempts: list[tuple[str, Any]] = [
        ("content", lambda: memory.retain()),  # type: ignore[call-overload]
        ("content", lambda: memory.retain("a", messages=[])),  # type: ignore[call-overload]
        ("messages", lambda: memory.retain(messages="hello")),  # type: ignore[call-overload]
        ("messages[0]", lambda: memory.retain(messages=[{"content": "no role"}])),
        ("messages[0].content", lambda: memory.retain(messages=[{"role": "user", "content": 5}])),
        ("ref", lambda: memory.retain(messages=[{"role": "user", "content": "a"}], ref="r")),
        ("items[0]", lambda: memory.retain_many(["text"])),  # type: ignore[list-item]
        ("colour", lambda: memory.update(id, colour="red")),  # type: ignore[call-arg]
        ("scope", lambda: memory.update(id, scope="a\n")),
        ("content", lambda: memory.update(id, content=None)),  # type: ignore[typeddict-item, arg-type]
        ("cursor", lambda: memory.list(cursor="zz")),
        ("limit", lambda: memory.list(limit=0)),
        ("id", lambda: memory.forget()),
        ("id", lambda: memory.get(5)),  # type: ignore[arg-type]
        ("ids", lambda: memory.feedback([], "helped")),
        ("event", lambda: memory.undo("1")),  # type: ignore[arg-type]
    ]
    for field, attempt in attempts:
        with pytest.raises(InvalidInputError) as caught:
            attempt()
        assert caught.value.field == field
    for missing in (
        lambda: memory.get("x"),
        lambda: memory.undo(99),
        lambda: memory.undo(0),
        lambda: memory.forget("x"),
    ):
        with pytest.raises(NotFoundError):
            missing()
    assert memory.stats().seq == 1


@given(st.text(max_size=60))
def test_any_text_is_a_query(text: str) -> None:
    """Query syntax, quotes, operators and odd characters are just text."""
    with Memory.open(":memory:", embedder=None) as memory:
        memory.retain('Ada likes tea AND (coffee OR milk) NOT* near^2 "quoted" col:val')
        if text.strip():
            memory.recall(text)
        memory.inject(text)


SYNTAX = [
    '"',
    "'",
    "* AND",
    "tea OR",
    "NOT",
    "NEAR(a b, 2)",
    "body: tea",
    "^tea",
    "-tea",
    "tea + milk",
    "{a b}: c",
    "(",
    ";--",
    "%",
    "\\",
]


@pytest.mark.parametrize("query", SYNTAX)
def test_query_syntax_is_just_text(space: Memory, query: str) -> None:
    space.retain("Ada likes tea")
    space.recall(query)
    space.inject(query)


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=20))
def test_whatever_is_accepted_comes_back_unchanged(content: str, scope: str) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        try:
            record = memory.retain(content, scope=scope, kind="event").record
        except InvalidInputError:
            assert memory.stats().seq == 0
            return
        assert (memory.get(record.id).content, record.scope) == (content, scope)
        assert memory.verify().ok


def test_a_closed_memory_says_so(memory: Memory) -> None:
    memory.close()
    with pytest.raises(RicordoError, match="closed"):
        memory.retain("too late")
    with pytest.raises(RicordoError, match="closed"):
        memory.recall("too late")


def test_settings_bound_the_content(tmp_path: Any) -> None:
    with Memory.open(tmp_path / "s", embedder=None, settings=Settings(max_content_bytes=10)) as memory:
        with pytest.raises(InvalidInputError, match="max_content_bytes"):
            memory.retain("éééééé")
        memory.retain("é" * 5)
