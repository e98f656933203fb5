"""Merges: the same in any order, whoever comes first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory
from ricordo.plaintext.merge import check_rules, merged, united
from ricordo.store.fold import canonical

NUMBERS = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = NUMBERS | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5) | st.booleans()
OPS = st.fixed_dictionaries(
    {},
    optional={
        "add": st.fixed_dictionaries({"n": st.integers(-(10**6), 10**6)}),
        "max": st.fixed_dictionaries({"top": NUMBERS}),
        "min": st.fixed_dictionaries({"low": NUMBERS}),
        "union": st.fixed_dictionaries({"tags": st.lists(SCALARS, max_size=4)}),
    },
)
START = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(-(10**6), 10**6),
        "top": NUMBERS,
        "low": NUMBERS,
        "tags": st.lists(SCALARS, max_size=4),
        "else": SCALARS,
    },
)


@given(START, st.lists(OPS, min_size=2, max_size=4))
def test_merges_commute(start: dict[str, Any], ops: list[dict[str, Any]]) -> None:
    """Every order of the same merges ends in the very same bytes."""
    rules = [check_rules(op) for op in ops]
    ends = set()
    for order in permutations(rules):
        metadata = start
        for one in order:
            metadata = merged(metadata, one)
        ends.add(canonical(metadata))
    assert len(ends) == 1


@given(START, OPS)
def test_extremes_and_unions_may_come_twice(start: dict[str, Any], op: dict[str, Any]) -> None:
    rules = check_rules({name: value for name, value in op.items() if name != "add"})
    once = merged(start, rules)
    assert canonical(merged(once, rules)) == canonical(once)


@given(st.lists(SCALARS, max_size=6), st.lists(SCALARS, max_size=6))
def test_a_union_is_a_set_of_what_json_tells_apart(one: list[Any], two: list[Any]) -> None:
    found = united(one, two)
    assert [canonical(part) for part in found] == sorted({canonical(part) for part in (*one, *two)})
    assert canonical(united(two, one)) == canonical(found)


@pytest.mark.parametrize(
    ("start", "op"),
    [
        ({"n": "3"}, {"add": {"n": 1}}),
        ({"n": 1.5}, {"add": {"n": 1}}),
        ({"n": True}, {"add": {"n": 1}}),
        ({"n": None}, {"add": {"n": 1}}),
        ({"n": (1 << 62) - 1}, {"add": {"n": 1}}),
        ({"n": "a"}, {"max": {"n": 1}}),
        ({"n": 1}, {"min": {"n": "a"}}),
        ({"n": [1]}, {"max": {"n": 1}}),
        ({"n": True}, {"max": {"n": 1}}),
        ({"n": "ab"}, {"union": {"n": ["a"]}}),
        ({"n": {}}, {"union": {"n": ["a"]}}),
    ],
)
def test_a_rule_needs_a_value_of_its_kind(start: dict[str, Any], op: dict[str, Any]) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        id = memory.retain("A counter.", metadata=start).record.id
        with pytest.raises(InvalidInputError) as caught:
            memory.commit([{"op": "merge", "id": id, **op}])
        (how,) = op
        assert caught.value.field == f"ops[0].{how}.n"
        assert memory.get(id).version == 1


def test_equal_numbers_that_are_written_otherwise_do_not_tie() -> None:
    for how in ("max", "min"):
        ends = {canonical(merged({"n": one}, check_rules({how: {"n": two}}))) for one, two in permutations((1, 1.0))}
        ends |= {
            canonical(merged({"n": one}, check_rules({how: {"n": two}}))) for one, two in permutations((0.0, -0.0))
        }
        assert len(ends) == 2


@pytest.mark.parametrize("op", [{"op": "merge", "set": {"n": True}}, {"op": "put", "metadata": {"n": True}}])
def test_a_value_that_is_equal_and_written_otherwise_is_written(op: dict[str, Any]) -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        id = memory.retain("A counter.", metadata={"n": 1}).record.id
        done = memory.commit([{**op, "id": id}])  # type: ignore[list-item]
        assert memory.get(id).metadata["n"] is True
        memory.undo(done.seq)
        assert memory.get(id).metadata == {"n": 1}
        assert memory.get(id).metadata["n"] is not True


def test_what_extremes_write_hangs_on_no_order() -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        ends = set()
        for one, two in permutations((1, 1.0)):
            id = memory.retain(f"A counter from {one}.", metadata={"n": one}).record.id
            memory.commit([{"op": "merge", "id": id, "max": {"n": two}}])
            ends.add(canonical(memory.get(id).metadata))
        assert len(ends) == 1
