"""What goes over the wire comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory, Recall
from ricordo.testing import FixedClock
from ricordo.wire.codec import decode, encode, schema
from ricordo.wire.routes import ROUTES, arguments_of, parameters, request_of, route, route_for, unwrapped, wrapped


@pytest.fixture
def memory() -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock())
    for speaker, city in (("Ada", "Lisbon"), ("assistant", "Faro")):
        memory.retain(
            f"Ada lives in {city}.", speaker=speaker, at="2026-05-03", metadata={"n": [1, {"x": None}]}, session="s"
        )
    return memory


def through(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_every_result_comes_back_as_it_was(memory: Memory) -> None:
    """For each route that only reads or writes: the result, written and read again, is equal."""
    id, other = (record.id for record in memory.list(kinds="fact").records[:2])
    given: dict[str, dict[str, Any]] = {
        "get": {"id": id},
        "history": {"id": id},
        "belief": {"id": id},
        "retain": {"content": "Tea at five."},
        "retain_messages": {"messages": [{"role": "user", "content": "Tea at six."}]},
        "retain_many": {"items": [{"content": "Tea at seven."}]},
        "update": {"id": id, "why": "so"},
        "commit": {"ops": [{"op": "append", "id": id, "text": "And so."}], "reads": [{"id": id, "version": 3}]},
        **{name: {"query": "Where does Ada live?", "filters": {"since": "2026-01-01"}} for name in ("recall",)},
        "inject": {"turn": "Ada?"},
        "reflect": {"question": "Where does Ada live?"},
        "profile": {"subject": "Ada"},
        "summary": {"session": "s"},
        "feedback": {"ids": [id], "outcome": "used"},
        "undo": {"event": memory.retain("Tea at four.", scope="kitchen").event},
        "wait_for": {"seq": 1},
        "compact": {"before": "2020-01-01"},
        "expire": {"policies": [{"name": "old", "after": "900 days", "action": "forget"}], "dry_run": True},
        "consolidate": {"dry_run": True},
        "delete": {"id": other},
        "forget": {"scope": "default"},
        "erase": {"scope": "default"},
    }
    for one in ROUTES:
        if one.name in ("propose", "embed"):
            continue  # they ask a model
        result = one.function(memory, **arguments_of(one, request_of(one, given.get(one.name, {}))))
        assert unwrapped(one, through(wrapped(result))) == result, one.name


def test_a_context_can_be_continued_from_afar(memory: Memory) -> None:
    found = memory.recall("Where does Ada live?", valid_at="2026", scope="default")
    back = decode(Recall, through(encode(found)))
    assert back == found
    again = memory.recall("Where does Ada live?", after=back)
    assert again == memory.recall("Where does Ada live?", after=found)
    assert again.stable_tokens > 0


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "scope": st.one_of(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=2)),
            "filters": st.dictionaries(st.text(), st.integers() | st.text(), min_size=1),
            "as_of": st.integers(0, 10**18),
            "valid_at": st.from_regex(r"20\d\d(-0[1-9])?", fullmatch=True),
            "limit": st.integers(1, 1000),
            "cursor": st.from_regex(r"[1-9][0-9a-f]{0,9}", fullmatch=True),
        },
    )
)
def test_what_a_query_says_is_what_was_asked(given: Mapping[str, Any]) -> None:
    """Arguments that are sent in the query of a GET arrive with their types."""
    one = route("list")
    assert arguments_of(one, request_of(one, given)) == dict(given)


def test_what_a_change_takes_away_is_sent() -> None:
    """None means something in a change, and nothing where it is the default."""
    assert request_of(route("update"), {"id": "r1", "why": None})["body"] == {"why": None}
    assert request_of(route("recall"), {"query": "x", "k": None})["body"] == {"query": "x"}


@pytest.mark.parametrize("one", ROUTES, ids=[one.name for one in ROUTES])
def test_a_route_names_what_it_does_not_know(one: Any) -> None:
    with pytest.raises(InvalidInputError, match="no such argument"):
        arguments_of(one, {"body": {"nonsense": 1}})
    required = [part.name for part in parameters(one) if part.required]
    if required:
        with pytest.raises(InvalidInputError, match="is required"):
            arguments_of(one, {})


def test_no_route_reads_a_file_of_the_server() -> None:
    with pytest.raises(InvalidInputError, match="policies"):
        arguments_of(route("expire"), {"body": {"policies": "/etc/passwd"}})


def test_a_method_with_two_routes_goes_by_what_is_given() -> None:
    assert route_for("retain", ["content"]).name == "retain"
    assert route_for("retain", ["messages", "session"]).name == "retain_messages"
    assert route_for("forget", ["scope"]).name == "forget"


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[str, int], ["a", 1], ("a", 1)),
        (int | str | datetime | None, "2026-01-01", "2026-01-01"),
        (datetime, "2026-05-03T10:00:00Z", datetime(2026, 5, 3, 10, tzinfo=UTC)),
        (timedelta | None, {"seconds": 3600}, timedelta(hours=1)),
        (Literal["a", "b"], "b", "b"),
        (float, 1, 1),
    ],
)
def test_json_is_read_by_its_type(kind: Any, data: Any, value: Any) -> None:
    assert decode(kind, data) == value


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (tuple[int, ...], {"a": 1}),
        (tuple[int, ...], ["a"]),
        (tuple[str, int], ["a"]),
        (int, True),
        (int, 1.5),
        (float, float("nan")),
        (datetime, "yesterday"),
        (timedelta, {"seconds": 1e300}),
        (Literal["a"], True),
        (Recall, {"query": "x"}),
        (str | None, 3),
    ],
)
def test_what_is_of_another_type_is_refused(kind: Any, data: Any) -> None:
    with pytest.raises(InvalidInputError, match="value"):
        decode(kind, data)


def test_a_schema_refers_to_its_parts() -> None:
    parts: dict[str, Any] = {}
    assert schema(Recall, parts) == {"$ref": "#/components/schemas/Recall"}
    assert {"Recall", "Item", "Record", "Link", "Why"} <= set(parts)
    assert parts["Link"]["properties"] == {"type": {"type": "string"}, "target": {"type": "string"}}
