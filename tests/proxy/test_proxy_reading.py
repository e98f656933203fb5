"""What the proxy reads of requests and answers, and how it puts something in: without a server."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.proxy.answers import Copy, read_answer
from ricordo.proxy.spans import members, put
from ricordo.proxy.sse import events
from ricordo.proxy.turns import insertions, read, words

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


@given(st.dictionaries(st.text(max_size=5), _VALUES, max_size=5), st.sampled_from([None, 1, 3]), st.booleans())
def test_every_member_is_found_where_it_stands(document: dict[str, Any], indent: int | None, ascii: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    found = members(text, inside=list(document))
    assert {name: node.value for name, node in found.items()} == document
    for node in found.values():
        assert json.loads(text[node.begin : node.end]) == node.value
        for part in node.parts or ():
            assert json.loads(text[part.begin : part.end]) == part.value


@given(st.text(alphabet='{}[]",:\\ 1ae\n', max_size=12))
def test_what_is_no_object_is_refused_like_json_refuses_it(text: str) -> None:
    try:
        proper = json.loads(text)
    except ValueError:
        proper = None
    if isinstance(proper, dict):
        assert {name: node.value for name, node in members(text).items()} == proper
    else:
        # What comes after the object is not looked at: the model server is the judge of the whole.
        with suppress(ValueError):
            assert isinstance(members(text), dict)


def test_the_last_of_two_members_counts() -> None:
    assert members('{"a": 1, "a": 2}')["a"].value == 2


@given(
    st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=3)), max_size=5), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_events_are_read_as_they_were_written(told: list[tuple[str, bytes]], end: str) -> None:
    clean = [("".join(name.split()), data.hex()) for name, data in told]
    stream = "".join(f"event: {name}{end}data: {data}{end}{end}" for name, data in clean)
    assert list(events(stream.encode())) == clean


def messages(*contents: Any, dialect: str = "chat") -> bytes:
    name = "input" if dialect == "responses" else "messages"
    return json.dumps({"model": "m", name: [{"role": "user", "content": content} for content in contents]}).encode()


def with_memory(dialect: str, body: bytes, memory: str = 'a "b"\n\u2028</x>') -> Any:
    talk = read(dialect, body)
    turn = talk.turns[-1]
    assert turn.place is not None
    return json.loads(put(talk.text, insertions(talk, turn, turn.place, memory)))


ENCLOSED = '<ricordo-memory>\na "b"\n\u2028</x>\n</ricordo-memory>'


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_a_string_stays_a_string(dialect: str) -> None:
    found = with_memory(dialect, messages("Hello.", dialect=dialect), 'a "b"\n\u2028</x>')
    (message,) = found["input" if dialect == "responses" else "messages"]
    assert message["content"] == f"{ENCLOSED}\n\nHello."


def test_the_input_of_a_response_may_be_a_string() -> None:
    found = with_memory("responses", b'{"model":"m","input":"Hello.","store":false}')
    assert found == {"model": "m", "input": f"{ENCLOSED}\n\nHello.", "store": False}


@pytest.mark.parametrize(("dialect", "kind"), [("chat", "text"), ("responses", "input_text"), ("messages", "text")])
def test_of_parts_memory_is_the_first(dialect: str, kind: str) -> None:
    parts = [{"type": "image", "data": "x"}, {"type": kind, "text": "Hello."}]
    found = with_memory(dialect, messages(parts, dialect=dialect))
    (message,) = found["input" if dialect == "responses" else "messages"]
    assert message["content"] == [{"type": kind, "text": ENCLOSED}, *parts]


def test_a_string_of_anthropics_is_read_as_the_part_it_stands_for() -> None:
    part = [{"type": "text", "text": "Hello."}]
    assert with_memory("messages", messages("Hello.")) == with_memory("messages", messages(part))


def test_results_of_tools_stay_in_front() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": "21 degrees"}
    found = with_memory("messages", messages([result, {"type": "text", "text": "And tomorrow?"}]))
    kinds = [part["type"] for part in found["messages"][0]["content"]]
    assert kinds == ["tool_result", "text", "text"]


@pytest.mark.parametrize("mark", ["cache_control", "prompt_cache_breakpoint"])
def test_memory_goes_behind_a_breakpoint(mark: str) -> None:
    parts = [{"type": "text", "text": "Hello."}, {"type": "text", "text": "Well?", mark: {"type": "ephemeral"}}]
    found = with_memory("messages", messages(parts))
    assert found["messages"][0]["content"] == [*parts, {"type": "text", "text": ENCLOSED}]
    sealed = read("messages", messages("Earlier.", parts)).turns[0]
    assert sealed.place is None


def test_a_turn_is_what_the_user_says() -> None:
    body = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One."},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "content": "Two."},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
            {"role": "user", "content": [{"type": "text", "text": "Three."}]},
        ]
    }
    turns = read("chat", json.dumps(body).encode()).turns
    assert [(turn.text, turn.last) for turn in turns] == [("One.", False), ("Three.", True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I moved.", "I moved."),
        (f"{ENCLOSED}\n\nI moved.", "I moved."),
        ("<system-reminder>\nBe brief.\n</system-reminder>\nI moved.", "I moved."),
        ("<open_files>a</open_files><user_query>\nI moved.\n</user_query>", "I moved."),
        ("<b>I</b> moved; x < y.", "<b>I</b> moved; x < y."),
        ("<local-command-stdout>done</local-command-stdout>", ""),
    ],
)
def test_what_tools_put_around_the_users_words_is_not_theirs(text: str, said: str) -> None:
    assert words(text) == said


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b'{"messages": ', b"\xff", b'{"messages": [1, ]}'])
def test_what_is_no_request_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read("chat", body)


@pytest.mark.parametrize("body", [b"{}", b'{"messages": 3}', b'{"messages": [null, {"role": "user"}]}'])
def test_a_request_without_a_turn_has_none(body: bytes) -> None:
    assert read("chat", body).turns == ()


# -- answers


def stream(*documents: Any, end: str = "") -> bytes:
    return "".join(f"data: {json.dumps(one)}\n\n" for one in documents).encode() + end.encode()


def chunk(text: str | None, reason: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": text} if text else {}, "finish_reason": reason}]}


DONE = "data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (stream(chunk("Hel"), chunk("lo."), chunk(None, "stop"), end=DONE), "Hello."),
        (stream(chunk("Hel"), chunk("lo."), chunk(None, "stop")), None),
        (stream(chunk("Hel"), end=DONE), None),
        (stream(chunk("Hel"), {"error": {"message": "x"}}, end=DONE), None),
        (stream(chunk("Let me see."), chunk(None, "tool_calls"), end=DONE), ""),
        (stream(chunk("One.", "stop"), chunk("Two.", "stop", 1), end=DONE), ""),
        (b"data: {\n\n" + DONE.encode(), None),
    ],
)
def test_a_stream_counts_when_it_came_to_its_end(body: bytes, text: str | None) -> None:
    answer = read_answer("chat", True, body)
    assert (None if answer is None else answer.text) == text


@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"choices":[{}]}', b'{"content":3,"type":"message"}'])
def test_what_is_no_answer_is_none(dialect: str, body: bytes) -> None:
    assert read_answer(dialect, False, body) is None
    assert read_answer(dialect, True, body) is None


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("", bytes)])
def test_a_copy_is_decoded(encoding: str, pack: Any) -> None:
    copy = Copy(encoding, 1000)
    for byte in pack(b"Hello."):
        copy.feed(bytes([byte]))
    assert copy.whole == b"Hello."


def test_a_copy_is_bounded_also_where_it_unpacks_to_more() -> None:
    copy = Copy("gzip", 1000)
    copy.feed(gzip.compress(b"x" * 1_000_000))
    assert copy.whole is None
    unknown = Copy("br", 1000)
    unknown.feed(b"x")
    assert unknown.whole is None


@pytest.mark.parametrize(
    "piece", ["<ricordo-memory>\n", "<a-b>", "<a-b", "-a", "<user_query>", " ", "<", "<a-b></a-c>", "<user_query> "]
)
def test_what_never_ends_takes_no_longer_than_its_length(piece: str) -> None:
    """A pattern that takes the square of the time would hold every request of the proxy for hours here."""
    text = "<a-b" + piece * (1_000_000 // len(piece))
    assert words(f"{text} I moved to Lisbon.").endswith("I moved to Lisbon.")


def test_what_tools_add_ends_where_an_element_of_its_name_does() -> None:
    text = "<a-b>one<c-d>two</c-d></a-b> A <c-d>three</a-b> B </e-f><e-f>four</e-f> C"
    assert words(text) == "A <c-d>three</a-b> B </e-f>C"
    assert words("<user_query> A </user_query> B <user-query>C</user-query><user_query>D") == "A\nC"
