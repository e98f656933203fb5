"""Each format: what it yields, what it leaves out and why."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ricordo.formats import Bad, Found, ReadOptions, read_items
from ricordo.formats.jsonl import KEYWORDS, READ_ONLY
from ricordo.formats.transcript import MAX_TURN

AT = datetime(2026, 5, 3, 10, tzinfo=UTC)
OPTIONS = ReadOptions(at=AT)
Write = Callable[[str, str | bytes | list[Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes | list[Any]) -> Path:
        file = tmp_path / name
        text = json.dumps(content) if isinstance(content, list) else content
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return write_file


def read(file: Path, format: str | None = None, options: ReadOptions = OPTIONS) -> list[Found | Bad]:
    return list(read_items(file, format, options))


def items(file: Path, format: str | None = None, options: ReadOptions = OPTIONS) -> list[dict[str, Any]]:
    return [one.item for one in read(file, format, options) if isinstance(one, Found)]


def bad(file: Path, format: str | None = None) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in read(file, format) if isinstance(one, Bad)]


# jsonl


def test_jsonl_gives_keywords_of_retain(write: Write) -> None:
    line = '{"content": "Ada moved.", "at": "2026-05-02T09:00Z", "aliases": ["A"], "scope": null, "id": "r1"}'
    file = write("a.jsonl", f"\ufeff{line}\r\n\n" + '{"content": "Tea.", "session": "s"}')
    moved, tea = read(file)
    told = datetime(2026, 5, 2, 9, tzinfo=UTC)
    assert moved == Found(1, {"content": "Ada moved.", "at": told, "aliases": ["A"]})
    assert tea == Found(3, {"content": "Tea.", "session": "s", "at": AT})


def test_jsonl_takes_the_scope_of_the_caller_and_the_session_of_the_file(write: Write) -> None:
    file = write("a.jsonl", '{"content": "Tea.", "session": "s", "scope": "theirs"}\n{"content": "Jam."}')
    tea, jam = items(file, options=ReadOptions(scope="mine", session="today", at=AT))
    assert (tea["scope"], tea["session"]) == ("mine", "s")
    assert (jam["scope"], jam["session"]) == ("mine", "today")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nope", "invalid JSON: Expecting value at character 1"),
        (b"[1]", "not a JSON object"),
        (b"\xff", "not valid UTF-8"),
        (b"\x00", "NUL byte"),
        (b'{"content": "a", "colour": 1}', "unknown key 'colour'"),
        (b'{"content": "a", "speaker": 1}', "speaker: must be text"),
        (b'{"speaker": "a"}', "no text"),
        (b'{"content": " "}', "no text"),
        (b'{"content": "a\\u0000"}', "content: NUL character"),
        (b'{"content": "\\ud800"}', "content: lone surrogate, can't be written as UTF-8"),
        (b'{"content": "a", "at": "soon"}', "time not understood: 'soon'"),
        (b'{"content": "a", "expires_at": []}', "time not understood: '[]'"),
        (b"[" * 100_000, "nested too deeply"),
        (b'"' + b"x" * (8 * 1024 * 1024) + b'"', "line over 8388608 bytes"),
    ],
)
def test_jsonl_leaves_out_a_bad_line_and_goes_on(write: Write, line: bytes, reason: str) -> None:
    file = write("a.jsonl", line + b'\n{"content": "next"}')
    assert bad(file, "jsonl") == [(1, reason)]
    assert [item["content"] for item in items(file, "jsonl")] == ["next"]


def test_jsonl_takes_every_keyword_and_no_read_only_one() -> None:
    assert "content" in KEYWORDS
    assert not KEYWORDS & READ_ONLY


# markdown

NOTE = """---
title: "Trip notes"
date: 2026-04-01
scope: travel
tags: [a, b]
---
# Ghent

Take the train
from Brussels.

## Food ##
- Fish stew
  - at the yellow door
- 1. not a nested list

Run this:

```sh
# no heading

echo hi
```

Old style
=========
After it.

***
1) First
2) Second
"""


def test_markdown_gives_a_record_a_paragraph_or_list_item(write: Write) -> None:
    found = read(write("trip.md", NOTE.replace("\n", "\r\n")))
    assert [(one.line, one.item["title"], one.item["content"]) for one in found if isinstance(one, Found)] == [
        (9, "Trip notes > Ghent", "Take the train\nfrom Brussels."),
        (13, "Trip notes > Ghent > Food", "Fish stew\n  - at the yellow door"),
        (15, "Trip notes > Ghent > Food", "1. not a nested list"),
        (17, "Trip notes > Ghent > Food", "Run this:\n\n```sh\n# no heading\n\necho hi\n```"),
        (27, "Trip notes > Old style", "After it."),
        (30, "Trip notes > Old style", "First"),
        (31, "Trip notes > Old style", "Second"),
    ]
    first = found[0]
    assert isinstance(first, Found)
    assert {name: first.item[name] for name in ("kind", "ref", "session", "scope", "at")} == {
        "kind": "context",
        "ref": "trip.md#L9",
        "session": "trip.md",
        "scope": "travel",
        "at": datetime(2026, 4, 1, tzinfo=UTC),
    }


def test_markdown_options_outrank_front_matter(write: Write) -> None:
    (item,) = items(
        write("a.md", "---\nscope: theirs\n---\nText"), options=ReadOptions(scope="mine", session="s", at=AT)
    )
    assert (item["scope"], item["session"], item["at"]) == ("mine", "s", AT)


def test_markdown_says_when_a_front_matter_date_is_no_date(write: Write) -> None:
    first, second = read(write("a.md", "---\ndate: soon\n---\nText"))
    assert first == Bad(2, "front matter date: time not understood: 'soon'; its items get the file's time")
    assert isinstance(second, Found)
    assert second.item["at"] == AT


def test_markdown_without_the_end_of_front_matter_is_text(write: Write) -> None:
    text = "---\nName: yes\n\n" + "word\n\n" * 300
    contents = [item["content"] for item in items(write("a.md", text))]
    assert contents == ["Name: yes"] + ["word"] * 300


def test_markdown_keeps_a_fence_in_its_list_item_and_apart_from_prose(write: Write) -> None:
    text = "- one\n\n  ```\n  code\n  ```\n- two\n\nProse.\n\n~~~\nx\n\ny\n~~~\nAfter."
    assert [item["content"] for item in items(write("a.md", text))] == [
        "one\n\n  ```\n  code\n  ```",
        "two",
        "Prose.",
        "~~~\nx\n\ny\n~~~\nAfter.",
    ]


def test_markdown_splits_only_what_is_too_long(write: Write) -> None:
    sentence = "This sentence is made to be long enough. "
    code = "```\n" + "x = 1\n" * 1000 + "```"
    contents = [item["content"] for item in items(write("a.md", f"{sentence * 150}\n\n{code}\n"))]
    assert [len(content) <= 4000 and content.endswith("enough.") for content in contents[:-1]] == [True, True]
    assert contents[-1] == code


def test_markdown_with_an_endless_fence_is_handed_over_in_parts(write: Write) -> None:
    contents = [item["content"] for item in items(write("a.md", "```\n" + "some code here\n" * 20_000))]
    assert len(contents) > 3
    assert max(map(len, contents)) < 70_000
    assert sum(content.count("some code") for content in contents) == 20_000


def test_markdown_leaves_out_lines_it_cant_read(write: Write) -> None:
    file = write("a.md", b"One\n\xff\ntwo.\n\nThree\x00\n")
    assert bad(file) == [(2, "not valid UTF-8"), (5, "NUL byte")]
    assert [item["content"] for item in items(file)] == ["One\ntwo."]


@pytest.mark.parametrize("text", ["", "\n\n", "# Only\n## Headings", "---\n---\n", "---", "```", "-", "- ", "=", "***"])
def test_markdown_with_little_in_it_is_no_matter(write: Write, text: str) -> None:
    assert bad(write("a.md", text)) == []


@pytest.mark.parametrize(
    ("line", "title"),
    [("# C#", "C#"), ("## A ##", "A"), ("### #", None), ("#", None), ("# A # B", "A # B"), ("####### no", None)],
)
def test_markdown_headings(write: Write, line: str, title: str | None) -> None:
    assert items(write("a.md", f"{line}\n\nText"))[-1].get("title") == title


@pytest.mark.parametrize("end", ["", "x"])
@pytest.mark.parametrize("start", ["# a", "- ", "* * *", "Ada", "[2026", "**A", "`" * 3, "---\na:", "a", "\t"])
def test_a_line_of_a_million_spaces_takes_no_time(write: Write, start: str, end: str) -> None:
    file = write("a.md", start + " " * 1_000_000 + end)
    began = time.process_time()
    for name in ("markdown", "text", "transcript", "jsonl"):
        read(file, name)
    assert time.process_time() - began < 3


# text


def test_text_gives_a_record_a_paragraph(write: Write) -> None:
    found = read(write("a.txt", "One\r\ntwo.\r\n\r\n\r\nThree.\r\n"))
    common = {"kind": "context", "session": "a.txt", "at": AT}
    assert found == [
        Found(1, {"content": "One\ntwo.", "ref": "a.txt#L1", **common}),
        Found(5, {"content": "Three.", "ref": "a.txt#L5", **common}),
    ]


def test_text_in_one_endless_paragraph_is_split(write: Write) -> None:
    contents = [item["content"] for item in items(write("a.txt", "A sentence here.\n" * 20_000))]
    assert max(map(len, contents)) <= 4000
    assert sum(content.count("sentence") for content in contents) == 20_000


def test_text_leaves_out_lines_it_cant_read(write: Write) -> None:
    assert bad(write("a.txt", b"One\n\xff\n")) == [(2, "not valid UTF-8")]


# transcript


def talk(file: Path, options: ReadOptions = OPTIONS) -> list[tuple[Any, ...]]:
    return [(item["speaker"], item["content"]) for item in items(file, "transcript", options)]


def test_transcript_with_roles(write: Write) -> None:
    file = write("chat.txt", "User: Hi\nthere\n\nAssistant: Hello.\n\nNote: I am new.\nuser:\nNo matter\n")
    assert talk(file) == [("User", "Hi\nthere"), ("Assistant", "Hello.\n\nNote: I am new."), ("user", "No matter")]
    (first, *_) = read(file, "transcript")
    assert isinstance(first, Found)
    assert {name: first.item[name] for name in ("kind", "session", "ref", "at")} == {
        "kind": "observation",
        "session": "chat",
        "ref": "chat.txt:1",
        "at": AT,
    }


def test_transcript_with_times_and_names(write: Write) -> None:
    file = write("chat.txt", "[2026-05-03 10:00] Ada: Hi: you\n[2026-05-03T10:01+02:00] Ben Ode: **Yes:** no\n")
    options = ReadOptions(zone=ZoneInfo("Europe/Rome"), session="s", scope="family", source="x/chat.txt")
    ada, ben = items(file, "transcript", options)
    assert (ada["speaker"], ada["content"], ada["at"]) == ("Ada", "Hi: you", datetime(2026, 5, 3, 8, tzinfo=UTC))
    assert (ben["speaker"], ben["content"], ben["at"]) == (
        "Ben Ode",
        "**Yes:** no",
        datetime(2026, 5, 3, 8, 1, tzinfo=UTC),
    )
    assert (ada["session"], ada["scope"], ada["ref"]) == ("s", "family", "x/chat.txt:1")


def test_transcript_with_bold_names(write: Write) -> None:
    file = write("chat.md", "**Ada:** Hi\n\n**Ben**: Hello\nthere\n**Note:** mind this\n")
    assert talk(file) == [("Ada", "Hi"), ("Ben", "Hello\nthere\n**Note:** mind this")]


def test_transcript_with_bare_names(write: Write) -> None:
    file = write("chat.txt", "Ada: Hi\nBen: See https://example.org\nhttps: no\nwhat: no\nList:\n- one\nAda: Bye\n")
    said = "See https://example.org\nhttps: no\nwhat: no\nList:\n- one"
    assert talk(file) == [("Ada", "Hi"), ("Ben", said), ("Ada", "Bye")]


def test_transcript_leaves_out_what_nobody_said(write: Write) -> None:
    file = write("chat.txt", "Log of today\nmore\nSystem: Be kind.\nUser: Hi\nTool: 42\nAssistant:\nUser: \x00\n")
    assert bad(file, "transcript") == [
        (1, "text before the first speaker"),
        (3, "system message"),
        (5, "tool message"),
        (7, "NUL byte"),
        (6, "no text"),
    ]
    assert talk(file) == [("User", "Hi")]


def test_transcript_leaves_out_a_time_it_cant_read_and_a_turn_without_end(write: Write) -> None:
    file = write(
        "chat.txt", "[10:00] Ada: Hi\n[2026-05-03 10:00] Ben: Long\n" + ("x" * 1000 + "\n") * (MAX_TURN // 1000 + 1)
    )
    assert bad(file, "transcript") == [(1, "time not understood: '10:00'"), (2, "turn over 1000000 characters")]


def test_transcript_without_a_speaker_has_no_turns(write: Write) -> None:
    assert bad(write("chat.txt", "just text\nand more"), "transcript") == [(1, "text before the first speaker")]
    assert read(write("empty.txt", ""), "transcript") == []


MESSAGES: list[Any] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "name": "Ada", "content": "Hi", "timestamp": "2026-05-02T10:00Z"},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": "Hello"}, {"type": "image"}, {"type": "text", "text": "you"}],
    },
    {"role": "user", "content": "Later", "created_at": 1_777_777_777},
    {"role": "user", "content": [{"type": "image"}]},
    {"role": "user", "content": None},
    {"role": "user", "content": 5},
    {"role": "user", "content": ["text"]},
    {"role": "user", "content": "x", "at": "soon"},
    {"content": "x"},
    "text",
]
LEFT_OUT = [
    (1, "system message"),
    (5, "no text"),
    (6, "no text"),
    (7, "content: must be text, or a list of parts with a type"),
    (8, "content: must be text, or a list of parts with a type"),
    (9, "time not understood: 'soon'"),
    (10, "not a message with a role"),
    (11, "not a message with a role"),
]


@pytest.mark.parametrize("lines", [False, True])
def test_transcript_of_json_messages(write: Write, lines: bool) -> None:
    text = "\n".join(map(json.dumps, MESSAGES)) if lines else json.dumps(MESSAGES, indent=1)
    file = write("chat.json", text)
    assert talk(file) == [("Ada", "Hi"), ("assistant", "Hello\nyou"), ("user", "Later")]
    assert bad(file) == LEFT_OUT
    ada, assistant, later = items(file)
    assert ada["at"] == datetime(2026, 5, 2, 10, tzinfo=UTC)
    assert (assistant["at"], assistant["ref"], assistant["session"]) == (AT, "chat.json:3", "chat")
    assert later["at"] == datetime.fromtimestamp(1_777_777_777, UTC)


def test_transcript_of_broken_json(write: Write) -> None:
    assert bad(write("a.json", '[{"role": "user", "content": }, {"role": "user", "content": "x"}]'))[0][0] == 1
    lines = write("b.json", b'{"role": "user", "content": "x"}\n{"role"\n\xff\n\n')
    assert [line for line, _ in bad(lines)] == [2, 3]


# locomo

CONVERSATION: dict[str, Any] = {
    "qa": [{"question": "What did Ann bake?", "answer": "bread", "evidence": ["D1:1"], "category": 4}],
    "sample_id": "c7",
    "conversation": {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_10_date_time": "12:05 am on 1 June, 2025",
        "session_10": [{"speaker": "Bob", "dia_id": "D10:1", "text": "Late night."}],
        "session_2_date_time": "1:56 pm on 8 May, 2025",
        "session_2": [
            {"speaker": "Ann", "dia_id": "D2:1", "text": "I baked bread.", "blip_caption": "a round loaf"},
            {"speaker": "Bob", "dia_id": "D2:2", "text": ""},
            {"speaker": "Bob", "dia_id": 3, "text": "Hm"},
            "text",
        ],
        "session_3_date_time": "soon",
        "session_3": [{"speaker": "Ann", "dia_id": "D3:1", "text": "When?"}],
        "session_4": [{"speaker": "Ann", "dia_id": "D4:1", "text": "No date."}],
        "session_5": {"not": "a list"},
        "session_6_date_time": "1:56 pm on 9 May, 2025",
    },
}


@pytest.mark.parametrize("single", [False, True])
def test_locomo_gives_a_turn_an_item(write: Write, single: bool) -> None:
    file = write("l.json", json.dumps(CONVERSATION) if single else json.dumps([CONVERSATION]))
    bread, undated, late = items(file)
    assert bread == {
        "content": "I baked bread. [shares a round loaf]",
        "speaker": "Ann",
        "session": "c7/session_2",
        "scope": "locomo:c7",
        "ref": "D2:1",
        "at": datetime(2025, 5, 8, 13, 56, tzinfo=UTC),
        "kind": "observation",
        "metadata": {"sample_id": "c7"},
    }
    assert (undated["ref"], undated["at"]) == ("D4:1", AT)
    assert late["at"] == datetime(2025, 6, 1, 0, 5, tzinfo=UTC)
    assert bad(file) == [
        (2, "no text"),
        (3, "c7/session_2: dia_id must be text"),
        (4, "c7/session_2: a turn that is not an object"),
        (5, "c7/session_3: time not understood: 'soon'"),
        (7, "c7/session_5: not a list of turns"),
    ]


def test_locomo_leaves_out_what_is_no_conversation(write: Write) -> None:
    file = write("l.json", [5, {"conversation": {}}, {"conversation": {"session_1": []}}])
    assert bad(file, "locomo") == [(1, 'conversation 1: no object "conversation"'), (2, "conversation 2: no sessions")]
    assert "conversation 1: invalid JSON" in bad(write("m.json", "[nope]"), "locomo")[0][1]


def test_locomo_takes_the_scope_of_the_caller_and_its_own_session(write: Write) -> None:
    item = items(write("l.json", [CONVERSATION]), options=ReadOptions(scope="mine", session="s", at=AT))[0]
    assert (item["scope"], item["session"]) == ("mine", "c7/session_2")


# longmemeval

QUESTION: dict[str, Any] = {
    "question_id": "q1",
    "question": "Which tea?",
    "answer": "green",
    "question_date": "2025/06/01 (Sun) 10:00",
    "haystack_session_ids": ["s_a", "s_b", "s_c"],
    "haystack_dates": ["2025/05/20 (Tue) 02:21", "soon"],
    "haystack_sessions": [
        [{"role": "user", "content": "I drink green tea.", "has_answer": True}, {"role": "assistant", "content": ""}],
        [{"role": "user", "content": "When?"}],
        [{"role": "user", "content": 5}, {"content": "x"}, {"role": "user", "content": "No date."}],
        [{"role": "user", "content": "No id."}],
        "text",
    ],
}


def test_longmemeval_gives_a_turn_an_item(write: Write) -> None:
    file = write("q.json", [QUESTION])
    tea, undated, unnamed = items(file)
    assert tea == {
        "content": "I drink green tea.",
        "speaker": "user",
        "session": "s_a",
        "scope": "longmemeval:q1",
        "ref": "s_a:0",
        "at": datetime(2025, 5, 20, 2, 21, tzinfo=UTC),
        "kind": "observation",
    }
    assert (undated["ref"], undated["at"], unnamed["session"]) == ("s_c:2", AT, "q1_4")
    assert bad(file) == [
        (2, "no text"),
        (3, "s_b:0: time not understood: 'soon'"),
        (4, "s_c:0: content must be text"),
        (5, "s_c:1: not an object with a role"),
        (8, "q1_5: not a list of turns"),
    ]


def test_longmemeval_leaves_out_what_is_no_question(write: Write) -> None:
    file = write("q.json", [5, {"haystack_sessions": {}}])
    assert [reason for _, reason in bad(file, "longmemeval")] == [
        'question 1: no list "haystack_sessions"',
        'question 2: no list "haystack_sessions"',
    ]


def test_longmemeval_takes_the_scope_of_the_caller_and_its_own_session(write: Write) -> None:
    item = items(write("q.json", [QUESTION]), options=ReadOptions(scope="mine", session="s", at=AT))[0]
    assert (item["scope"], item["session"], item["ref"]) == ("mine", "s_a", "s_a:0")
