"""What a request says: the turns of its user, and where in its bytes memory can be put beside each. Pure.

Three dialects: OpenAI's chat completions ("chat") and responses ("responses"), Anthropic's messages ("messages").
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ricordo.proxy.spans import Node, members

#: What encloses the memory in a request, for a reader to tell it from the user's words.
OPENING, CLOSING = "<ricordo-memory>\n", "\n</ricordo-memory>"
#: By path: the dialect, and whether the request is one that is answered (the others count its tokens).
PATHS = {
    "/v1/chat/completions": ("chat", True),
    "/v1/responses": ("responses", True),
    "/v1/responses/input_tokens": ("responses", False),
    "/v1/messages": ("messages", True),
    "/v1/messages/count_tokens": ("messages", False),
}
#: By dialect: the member that holds the conversation, and the type of a part that is text.
_TALK = {"chat": "messages", "responses": "input", "messages": "messages"}
_TEXT = {"chat": "text", "responses": "input_text", "messages": "text"}
#: What marks the end of a prefix that the provider is asked to cache: Anthropic's name, and OpenAI's.
_BREAKPOINTS = ("cache_control", "prompt_cache_breakpoint")
_TOOL_OUTPUT = frozenset({"tool_result", "function_call_output"})
_SPACE = re.compile(r"\s*+")
#: What tools put into the user's message around what the user wrote: elements whose names are two words or more. Where
#: one begins and ends is looked for apart: a pattern for a whole one takes the square of the time where none ends.
_BEGINS = re.compile(r"<([a-z]++(?:[-_][a-z]++)++)\b[^<>]*+>")
_ENDS = re.compile(r"</([a-z]++(?:[-_][a-z]++)++)>")
_ASKED, _ASKED_END = re.compile(r"<user[-_]query>"), re.compile(r"</user[-_]query>")


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of the user in which there is text.

    Args:
        text: The user's words, without what tools put around them and without memory that came back.
        content: Where its content stands: a string, or an array of parts.
        front: Before which part memory goes where nothing speaks against it; 0 for a string.
        marked: Behind which part the last cache breakpoint of the message stands; 0 where there is none.
        sealed: Whether a later message has a cache breakpoint: what was not here before would shift what is cached.
        last: Whether it is the last message of the request: nothing has been answered to it.
    """

    text: str
    content: Node
    front: int
    marked: int
    sealed: bool
    last: bool

    @property
    def place(self) -> int | None:
        """Before which part memory goes that has not been here before; None where it would shift what is cached."""
        return None if self.sealed else max(self.front, self.marked)


@dataclass(frozen=True, slots=True)
class Talk:
    """A request, as far as the proxy has to know it.

    Args:
        dialect: "chat", "responses" or "messages".
        text: The body.
        turns: The user's turns, in order.
        fields: The other members of the body.
    """

    dialect: str
    text: str
    turns: tuple[Turn, ...]
    fields: Mapping[str, Any]

    @property
    def model(self) -> str | None:
        """The model that is asked for."""
        model = self.fields.get("model")
        return model if isinstance(model, str) else None

    @property
    def previous(self) -> str | None:
        """The id of the response that this one continues, where the model server keeps the conversation."""
        found = self.fields.get("previous_response_id")
        return found if isinstance(found, str) and found else None

    @property
    def conversation(self) -> str | None:
        """The id of the conversation, where the model server keeps it."""
        found = self.fields.get("conversation")
        found = found.get("id") if isinstance(found, Mapping) else found
        return found if isinstance(found, str) and found else None


def read(dialect: str, body: bytes) -> Talk:
    """Return what a request says.

    Raises:
        ValueError: It is no JSON object with a conversation in it.

    >>> talk = read("chat", b'{"model": "m", "messages": [{"role": "user", "content": "Hello."}]}')
    >>> talk.model, [turn.text for turn in talk.turns]
    ('m', ['Hello.'])
    """
    text = body.decode("utf-8")
    name = _TALK[dialect]
    found = members(text, inside=[name])
    talk = found.pop(name, None)
    fields = {key: node.value for key, node in found.items()}
    if talk is None:
        return Talk(dialect, text, (), fields)
    if dialect == "responses" and isinstance(talk.value, str):
        said = words(talk.value)
        turns = (Turn(said, talk, 0, 0, False, True),) if said else ()
        return Talk(dialect, text, turns, fields)
    return Talk(dialect, text, tuple(_turns(text, talk.parts or ())), fields)


def words(text: str) -> str:
    """Return what the user wrote of a text: without elements that tools add, and without memory that came back.

    >>> words("<system-reminder>Be brief.</system-reminder>\\nI moved to Lisbon.")
    'I moved to Lisbon.'
    """
    if "<" not in text:
        return text.strip()
    asked = list(_asked(text))
    return "\n".join(asked) if asked else _without_added(_without_ours(text)).strip()


def _asked(text: str) -> Iterator[str]:
    """Yield what stands in elements that hold the user's own words."""
    begin = _ASKED.search(text)
    while begin and (end := _ASKED_END.search(text, begin.end())):
        yield text[begin.end() : end.start()].strip()
        begin = _ASKED.search(text, end.end())


def _without_ours(text: str) -> str:
    """Return a text without memory that came back."""
    kept, at = [], 0
    while (begin := text.find(OPENING, at)) >= 0 and (end := text.find(CLOSING, begin + len(OPENING))) >= 0:
        kept.append(text[at:begin])
        at = _after_space(text, end + len(CLOSING))
    return "".join((*kept, text[at:]))


def _without_added(text: str) -> str:
    """Return a text without the elements that tools add."""
    ends: dict[str, list[int]] = {}
    for found in _ENDS.finditer(text):
        ends.setdefault(found[1], []).append(found.start())
    kept, at = [], 0
    for begin in _BEGINS.finditer(text) if ends else ():
        spots = ends.get(begin[1], [])
        first = bisect_left(spots, begin.end())
        if begin.start() >= at and first < len(spots):
            kept.append(text[at : begin.start()])
            at = _after_space(text, spots[first] + len(f"</{begin[1]}>"))
    return "".join((*kept, text[at:]))


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def insertions(talk: Talk, turn: Turn, place: int, memory: str) -> Iterator[tuple[int, str]]:
    """Yield what is put where so that memory stands in a turn.

    A string stays a string, because not every server takes parts; but of Anthropic's dialect it becomes parts, so
    that it is read alike whether the client sends it as the one or as the other.

    Args:
        talk, turn: The request and the turn.
        place: Before which part; in a string 0 is before it and anything else behind it.
        memory: The quoted records.
    """
    enclosed = f"{OPENING}{memory}{CLOSING}"
    content, part = turn.content, _spelt({"type": _TEXT[talk.dialect], "text": enclosed})
    if isinstance(content.value, str):
        if talk.dialect == "messages":
            kind = '{"type":"text","text":'
            yield content.begin, f"[{kind}" if place else f"[{part},{kind}"
            yield content.end, f"}},{part}]" if place else "}]"
        elif place:
            yield content.end - 1, _spelt(f"\n\n{enclosed}")[1:-1]
        else:
            yield content.begin + 1, _spelt(f"{enclosed}\n\n")[1:-1]
        return
    parts = content.parts or ()
    if place < len(parts):
        yield parts[place].begin, f"{part},"
    else:
        yield parts[-1].end, f",{part}"


def _turns(text: str, messages: Sequence[Node]) -> Iterator[Turn]:
    """Yield the turns of a list of messages."""
    marked = [spot for spot, node in enumerate(messages) if _has_breakpoint(node.value)]
    last_marked = marked[-1] if marked else -1
    for spot, node in enumerate(messages):
        message = node.value
        if not isinstance(message, Mapping) or message.get("role") != "user":
            continue
        said = words(text_of(message.get("content")))
        if not said:
            continue
        content = members(text, node.begin, inside=["content"])["content"]
        front, behind = _places(content)
        yield Turn(said, content, front, behind, last_marked > spot, spot == len(messages) - 1)


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, or parts of which some are text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") in _TEXT.values()]
    return "\n".join(text for text in texts if isinstance(text, str))


def _places(content: Node) -> tuple[int, int]:
    """Return before which part memory goes, and behind which part the last cache breakpoint stands."""
    front = marked = 0
    for spot, part in enumerate(content.parts or ()):
        if isinstance(part.value, Mapping):
            front = spot + 1 if part.value.get("type") in _TOOL_OUTPUT else front
            marked = spot + 1 if any(part.value.get(name) for name in _BREAKPOINTS) else marked
    return front, marked


def _has_breakpoint(message: Any) -> bool:
    if not isinstance(message, Mapping):
        return False
    content = message.get("content")
    parts = [message, *content] if isinstance(content, list) else [message]
    return any(isinstance(part, Mapping) and any(part.get(name) for name in _BREAKPOINTS) for part in parts)


def _spelt(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
