"""The splitter reads what json.loads reads, whatever the chunks; broken text is told, never raised."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.formats.base import Bad
from ricordo.formats.json_stream import Element, elements, load

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def read(text: str | bytes, limit: int = 10_000_000, chunk: int = 7) -> list[Element | Bad]:
    raw = text.encode() if isinstance(text, str) else text
    return list(elements(io.BytesIO(raw), limit, chunk))


def values(text: str | bytes, chunk: int = 7) -> list[Any]:
    return [one.value if isinstance(one, Element) else one for one in read(text, chunk=chunk)]


@given(st.lists(VALUES, max_size=8), st.integers(1, 40), st.booleans(), st.sampled_from([None, 2]))
def test_it_reads_what_json_reads(array: list[Any], chunk: int, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(array, ensure_ascii=ascii_only, indent=indent)
    assert values(text, chunk) == json.loads(text)


@given(st.lists(st.dictionaries(st.text(), VALUES, max_size=3), min_size=1, max_size=5), st.integers(1, 40))
def test_objects_without_an_array_are_read_one_by_one(objects: list[Any], chunk: int) -> None:
    assert values("\n".join(json.dumps(one) for one in objects), chunk) == objects


@given(st.binary(max_size=300), st.integers(1, 40))
def test_random_bytes_never_raise(raw: bytes, chunk: int) -> None:
    read(raw, chunk=chunk)
    read(b"[" + raw, chunk=chunk)
    read(b"{" + raw, chunk=chunk)


@given(st.text(alphabet='[]{},:"\\ 1a', max_size=60), st.integers(1, 40))
def test_chunks_make_no_difference(text: str, chunk: int) -> None:
    assert read("[" + text, chunk=chunk) == read("[" + text, chunk=1000)


def test_elements_are_numbered_and_a_byte_order_mark_is_no_matter() -> None:
    assert read(b'\xef\xbb\xbf [1, "two"] ') == [Element(1, 1), Element(2, "two")]


@pytest.mark.parametrize("text", ["[]", " [ \n ] "])
def test_an_empty_array_has_no_elements(text: str) -> None:
    assert read(text) == []


def test_a_broken_element_is_left_out_and_the_next_is_read() -> None:
    first, second, third = read('[{"a": 1}, {"a" 2}, {"a": 3}]')
    assert (first, third) == (Element(1, {"a": 1}), Element(3, {"a": 3}))
    assert isinstance(second, Bad)
    assert second.reason.startswith("invalid JSON")


def test_nothing_between_commas_is_bad() -> None:
    assert [type(one) for one in read("[1,,2,]")] == [Element, Bad, Element, Bad]


def test_bytes_that_are_not_utf8_are_bad() -> None:
    assert read(b'["\xff", 2]') == [Bad(1, "not valid UTF-8"), Element(2, 2)]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("hello", 1, "not a JSON array"),
        ("[1, 2", 2, "ends inside"),
        ('[1, {"a": 2, 3]', 2, "ends inside"),
        ('[1, "abc, 3]', 2, "ends inside"),
        ('{"a": ', 1, "ends inside"),
        ('[1, {"a": 2}}, 3]', 2, "brackets don't match"),
        ('{"a": 2}], 3', 2, "brackets don't match"),
        ("[1] 2", 2, "after the end"),
    ],
)
def test_the_reading_stops_with_a_reason(text: str, line: int, reason: str) -> None:
    last = read(text)[-1]
    assert isinstance(last, Bad)
    assert last.line == line
    assert reason in last.reason


@pytest.mark.parametrize("chunk", [3, 1000])
def test_a_huge_element_is_left_out_and_the_next_is_read(chunk: int) -> None:
    huge = json.dumps({"a": "x" * 500})
    assert read(f"[1, {huge}, 3]", limit=100, chunk=chunk) == [Element(1, 1), Bad(2, "over 100 bytes"), Element(3, 3)]


def test_deep_nesting_is_bad() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert read(f"[{deep}, 2]", chunk=100_000) == [Bad(1, "nested too deeply"), Element(2, 2)]


def test_a_number_too_long_to_convert_is_bad() -> None:
    value, fault = load("9" * 5000)
    assert value is None
    assert fault is not None
    assert "digits" in fault


@pytest.mark.parametrize(
    "text", ["[" * 1_000_000, '{"a":' * 300_000, '[{"a":[{"b":[1,' + '"x",' * 300_000, '"\\' * 500_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    assert isinstance(read("[" + text, chunk=256 * 1024)[-1], Bad)
    assert time.process_time() - began < 3
