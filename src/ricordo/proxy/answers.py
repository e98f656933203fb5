"""What the model answered, read from a copy of the response; nothing where it did not come to its end. Pure."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ricordo.proxy.sse import events

_RESPONSE_ID = re.compile(rb'"id"\s*:\s*"(resp_[\w-]{1,200})"')
#: What `Copy` reads; a model server is asked for nothing else.
READABLE = ("gzip", "deflate", "identity")
#: How an answer ends that leaves the turn to the model: it waits for what a tool gives.
_CALLS = frozenset({"tool_calls", "function_call", "tool_use", "pause_turn"})
#: Calls of OpenAI's responses that the client answers; others are the model server's own.
_CLIENT_CALLS = frozenset({"function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call"})
_DONE = frozenset({"response.completed", "response.incomplete"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came to its end.

    Args:
        text: What the model said to the user; empty where it called tools, refused to say anything, or gave several
            answers of which the user takes one.
        final: Whether it ends the turn; an answer that calls tools does not.
    """

    text: str
    final: bool


class Copy:
    """A copy of a response's body as it is passed on, decoded, up to a bound.

    Args:
        encoding: The Content-Encoding of the response.
        most: How many bytes are kept; of what is longer nothing is read.

    >>> copy = Copy("identity", 1000)
    >>> copy.feed(b"{}")
    >>> copy.whole
    b'{}'
    """

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self._size = 0
        self._pieces: list[bytes] = []
        self._decoder = None if encoding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._readable = encoding in ("", *READABLE)

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if not self._readable:
            return
        if self._decoder is not None:
            try:
                piece = self._decoder.decompress(piece, self._most + 1)
            except zlib.error:
                self._readable = False
                return
        self._size += len(piece)
        if self._size > self._most:
            self._readable, self._pieces = False, []
            return
        self._pieces.append(piece)

    @property
    def whole(self) -> bytes | None:
        """What has come; None where it can't be read or was too long."""
        return b"".join(self._pieces) if self._readable else None

    @property
    def response_id(self) -> str | None:
        """The id of the response, as it stands at the beginning of OpenAI's responses."""
        found = _RESPONSE_ID.search(b"".join(self._pieces[:8])[:65_536])
        return found[1].decode() if found else None


def read_answer(dialect: str, stream: bool, body: bytes) -> Answer | None:
    """Return the answer of a response, or None where it is not whole.

    Args:
        dialect: "chat", "responses" or "messages".
        stream: Whether the body is a stream of events.
        body: The copy.

    >>> chunk = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
    >>> read_answer("chat", True, chunk + b"\\n\\ndata: [DONE]\\n\\n")
    Answer(text='Hi', final=True)
    """
    try:
        if stream:
            return _STREAMS[dialect]([data for _, data in events(body)])
        document = json.loads(body)
        return _DOCUMENTS[dialect](document) if isinstance(document, Mapping) else None
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    ):  # has another shape
        return None


def _chat(document: Mapping[str, Any]) -> Answer | None:
    choices = document.get("choices") or []
    if not choices:
        return None
    texts = [choice["message"].get("content") for choice in choices]
    return _answered(texts, [choice.get("finish_reason") for choice in choices])


def _chat_stream(stream: Sequence[str]) -> Answer | None:
    if "[DONE]" not in stream:
        return None
    texts: dict[int, list[str]] = {}
    reasons: dict[int, str | None] = {}
    for data in stream[: stream.index("[DONE]")]:
        document = json.loads(data)
        if "error" in document:
            return None
        for choice in document.get("choices") or []:
            index = choice.get("index", 0)
            said = (choice.get("delta") or {}).get("content")
            texts.setdefault(index, []).append(said if isinstance(said, str) else "")
            reasons[index] = choice.get("finish_reason") or reasons.get(index)
    if not reasons or not all(reasons.values()):
        return None
    return _answered(["".join(parts) for parts in texts.values()], list(reasons.values()))


def _messages(document: Mapping[str, Any]) -> Answer | None:
    if document.get("type") != "message" or document.get("stop_reason") is None:
        return None
    return _answered([_joined(document.get("content"), "text")], [document["stop_reason"]])


def _messages_stream(stream: Sequence[str]) -> Answer | None:
    texts: dict[int, list[str]] = {}
    reason, ended = None, False
    for data in stream:
        document = json.loads(data)
        kind = document.get("type")
        if kind == "error":
            return None
        if kind == "content_block_start" and document["content_block"].get("type") == "text":
            texts[document["index"]] = [document["content_block"].get("text") or ""]
        elif kind == "content_block_delta" and document["delta"].get("type") == "text_delta":
            texts.setdefault(document["index"], []).append(document["delta"]["text"])
        elif kind == "message_delta":
            reason = document["delta"].get("stop_reason") or reason
        ended = ended or kind == "message_stop"
    if not ended or reason is None:
        return None
    return _answered(["\n".join("".join(texts[index]) for index in sorted(texts))], [reason])


def _response(document: Mapping[str, Any]) -> Answer | None:
    if document.get("status") not in ("completed", "incomplete"):
        return None
    output = document.get("output") or []
    calls = any(item.get("type") in _CLIENT_CALLS for item in output)
    said = [_joined(item.get("content"), "output_text") for item in output if item.get("type") == "message"]
    return _answered(["\n".join(filter(None, said))], ["tool_calls" if calls else "stop"])


def _response_stream(stream: Sequence[str]) -> Answer | None:
    ends = [document for data in stream if data != "[DONE]" and (document := json.loads(data)).get("type") in _DONE]
    return _response(ends[-1]["response"]) if ends else None


def _answered(texts: Sequence[Any], reasons: Iterable[str | None]) -> Answer:
    final = not any(reason in _CALLS for reason in reasons)
    said = texts[0] if final and len(texts) == 1 and isinstance(texts[0], str) else ""
    return Answer(said.strip(), final)


def _joined(parts: Any, kind: str) -> str:
    """Return the text of the parts of one type."""
    return "\n".join(part["text"] for part in parts or () if part.get("type") == kind)


_DOCUMENTS = {"chat": _chat, "responses": _response, "messages": _messages}
_STREAMS = {"chat": _chat_stream, "responses": _response_stream, "messages": _messages_stream}
