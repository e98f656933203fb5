"""A context is found in a text by the shape of its lines, however it was wrapped; no ordinary text has that shape."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricordo.plaintext.pasted import left_over, pasted
from ricordo.plaintext.render import HEADING, LAYOUTS
from ricordo.testing import a_record as plain_record
from ricordo.types import RENDERS, Item, Record, Source, Why

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=80)
LABELS = st.sampled_from([None, "Ada", "Bob Marsh", 'Ada: "the" [boss]', "Dr. No's notes, part 2", "agent:planner"])


def a_record(*, ref: str | None = None, **fields: Any) -> Record:
    record = plain_record(**fields)
    return replace(record, sources=(Source(ref, record.said_at, record.speaker, 1),))


def item(record: Record) -> Item:
    return Item(record, 1.0, Why({}), record.content)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    contents = draw(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4))
    return [
        a_record(
            id=f"r{n}",
            content=text,
            speaker=draw(LABELS),
            title=draw(LABELS),
            ref=draw(st.sampled_from([None, "D1:3", "a (b)"])),
        )
        for n, text in enumerate(contents)
    ]


WRAPPED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "quoted twice": lambda text: "\n".join(f">> {line}" for line in text.split("\n")),
    "fenced": lambda text: f"```json\n{text}\n```",
    "html": html.escape,
    "html quoted": lambda text: "\n".join(f"&gt; {html.escape(line)}" for line in text.split("\n")),
    "json": lambda text: json.dumps(text),
    "a message": lambda text: json.dumps([{"role": "user", "content": text}]),
    "a message, indented": lambda text: json.dumps({"role": "user", "content": text}, indent=2),
    "an escaped part": lambda text: json.dumps(text)[1:-1],
}


@pytest.mark.parametrize("wrapping", WRAPPED)
@pytest.mark.parametrize("render", RENDERS)
@settings(max_examples=15)
@given(records())
def test_every_line_is_found_in_every_wrapping(render: str, wrapping: str, given: list[Record]) -> None:
    """What was rendered is read again: each text to the letter, and nothing is left over."""
    context = LAYOUTS[render].render([item(record) for record in given])
    text = WRAPPED[wrapping](context)
    found = pasted(text)
    assert [line.text for line in found.lines] == [record.content for record in given]
    assert not left_over(text, [line.span for line in found.lines], found.frame)


@pytest.mark.parametrize("render", ["text", "markdown"])
@given(records())
def test_a_line_is_of_its_record_and_of_no_other(render: str, given: list[Record]) -> None:
    line = pasted(LAYOUTS[render].render([item(given[0])])).lines[0]
    record = given[0]
    assert line.of(record)
    other = a_record(id="x", content=record.content, speaker="Eve", title=record.title, ref=record.ref)
    assert not line.of(other)


@pytest.mark.parametrize(
    "text",
    [
        f'{HEADING}\n[1] 2026-05-01 Ada: "I live in Lisbon." and in Porto',
        '[1] 2026-05-01 Ada: "I live in Lisbon." [until I moved to Porto]',
        "[1] 2026-05-01 Ada: I live in Lisbon.",
        'On 2026-05-01 Ada: "I live in Lisbon."',
        '{"n":1,"date":"2026-05-01","text":"I live in Lisbon.","but":"not any more"}',
        '{"date":"2026-05-01","text":7}',
        "{" * 5000,
        '"' * 5000 + "2026-05-01",
        '[1] 2026-05-01 Ada: "' + "\\" * 9999,
        '[1] 2026-05-01 Ada: "x"' + ' ["a" "b" `"c"`' * 9999,
        "[1] 2026-05-01 " + ': "" [' * 9999,
        "2026-05-01 " + '\\"\\n' * 9999,
    ],
)
def test_what_only_looks_alike_is_no_line(text: str) -> None:
    assert pasted(text).lines == []


def test_a_part_of_a_context_is_found_beside_other_words() -> None:
    text = 'Look:\n[3] 2026-05-01 Ada: "I live in Lisbon." (D1) [until 2026-06-01]\n\nAnd now?'
    found = pasted(text)
    assert [(line.text, line.day, line.who, line.ref) for line in found.lines] == [
        ("I live in Lisbon.", "2026-05-01", "Ada", "D1")
    ]
    assert left_over(text, [line.span for line in found.lines], found.frame) == "Look:\nAnd now?"


def test_a_changed_day_speaker_or_ref_is_not_the_records() -> None:
    record = a_record(id="a", content="I live in Lisbon.", speaker="Ada", at="2026-05-01", ref="D1")
    lines = [
        '[1] 2026-05-01 Ada: "I live in Lisbon." (D1)',
        '[1] 2026-05-01 Bob: "I live in Lisbon." (D1)',
        '[1] 2026-05-02 Ada: "I live in Lisbon." (D1)',
        '[1] 2026-05-01 Ada: "I live in Lisbon." (D2)',
        '[1] 2026-05-01 Ada: "I live in Lis …" (D1) [extract, id b]',
    ]
    assert [pasted(line).lines[0].of(record) for line in lines] == [True, False, False, False, False]
