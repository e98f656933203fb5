"""The wire formats of OpenAI's and Anthropic's servers, as far as `Upstream` speaks them: documents and streams."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
_WHEN = 1_760_000_000
_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be answered.

    Args:
        text: What is said; None for what `say` makes of the request.
        tool: The name and the arguments of a tool that is called.
        say: Makes an answer of a request.
    """

    text: str | None
    tool: tuple[str, Mapping[str, Any]] | None
    say: Callable[[Any], str]

    def spoken(self, payload: Any) -> str:
        """Return what is said."""
        if self.text is not None:
            return self.text
        return "" if self.tool else self.say(payload)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer as server-sent events: those before the end, the end, and an error that may stand in its place."""

    events: tuple[bytes, ...]
    end: tuple[bytes, ...]
    error: bytes


def answer(method: str, path: str, headers: Mapping[str, str], body: bytes, told: Told) -> Any:
    """Return the answer to a request: a document, or a `Stream`; on an unknown path what was sent comes back."""
    speaks: Callable[[Any, Told], Any] | None = {
        "/v1/chat/completions": _chat,
        "/v1/responses": _responses,
        "/v1/messages": _messages,
        "/v1/embeddings": _embeddings,
        "/v1/messages/count_tokens": _counted,
        "/v1/responses/input_tokens": _counted,
    }.get(path)
    if method == "POST" and speaks is not None:
        return speaks(json.loads(body), told)
    if method == "GET" and path == "/v1/models":
        return _models("anthropic-version" in headers)
    return body or {"path": path, "method": method}


def error(path: str, status: int) -> dict[str, Any]:
    """Return an error document in the shape of a path."""
    kind = _ERRORS.get(status, "api_error")
    if path.startswith("/v1/messages"):
        return {"type": "error", "error": {"type": kind, "message": f"scripted {status}"}, "request_id": "req_1"}
    return {"error": {"message": f"scripted {status}", "type": kind, "param": None, "code": None}}


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a request that a model would read."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name not in ("role", "type", "model", "id", "cache_control"):
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def tokens(payload: Any) -> int:
    """Return what a request costs: its words.

    >>> tokens({"model": "m", "messages": [{"role": "user", "content": "Hello there."}]})
    2
    """
    return sum(len(text.split()) for text in texts(payload))


# -- OpenAI's chat completions


def _chat(payload: Any, told: Told) -> Any:
    said, stop = told.spoken(payload), "tool_calls" if told.tool else "stop"
    calls = [_call(told.tool)] if told.tool else None
    shape = {"id": "chatcmpl-1", "created": _WHEN, "model": payload.get("model")}
    used = {"prompt_tokens": tokens(payload["messages"]), "completion_tokens": len(said.split())}
    usage = {**used, "total_tokens": sum(used.values())}
    message = {"role": "assistant", "content": said or None, **({"tool_calls": calls} if calls else {})}
    if not payload.get("stream"):
        many = range(payload.get("n") or 1)
        choices = [{"index": number, "message": message, "finish_reason": stop, "logprobs": None} for number in many]
        return {**shape, "object": "chat.completion", "choices": choices, "usage": usage}
    shape = {**shape, "object": "chat.completion.chunk"}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _pieces(said)]
    deltas += [{"tool_calls": [{"index": 0, **call}]} for call in calls or ()]
    chunks = [*({**shape, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas)]
    chunks.append({**shape, "choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    if (payload.get("stream_options") or {}).get("include_usage"):
        chunks.append({**shape, "choices": [], "usage": usage})
    broken = _event(error("/v1/chat/completions", 500))
    return Stream(tuple(map(_event, chunks)), (b"data: [DONE]\n\n",), broken)


def _call(tool: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    name, arguments = tool
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


# -- OpenAI's responses


def _responses(payload: Any, told: Told) -> Any:
    said = told.spoken(payload)
    used = {"input_tokens": tokens(payload.get("input")), "output_tokens": len(said.split())}
    usage = {
        **used,
        "total_tokens": sum(used.values()),
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    item = _item(said, told.tool)
    number = zlib.crc32(json.dumps(payload, sort_keys=True).encode())
    shape = {
        "id": f"resp_{number:08x}",
        "object": "response",
        "created_at": _WHEN,
        "model": payload.get("model"),
        "previous_response_id": payload.get("previous_response_id"),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": payload.get("tools") or [],
    }
    begun = {**shape, "status": "in_progress", "output": [], "usage": None}
    done = {**shape, "status": "completed", "output": [item], "usage": usage}
    if not payload.get("stream"):
        return done
    steps = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *_response_steps(item, said),
    ]
    numbered = [_named_event({**step, "sequence_number": spot}) for spot, step in enumerate(steps)]
    end = _named_event({"type": "response.completed", "response": done, "sequence_number": len(steps)})
    broken = {"type": "error", "code": "server_error", "message": "scripted", "param": None}
    return Stream(tuple(numbered), (end,), _named_event({**broken, "sequence_number": len(steps)}))


def _item(said: str, tool: tuple[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    if tool:
        call = {"call_id": "call_1", "name": tool[0], "arguments": json.dumps(tool[1])}
        return {"id": "fc_1", "type": "function_call", "status": "completed", **call}
    part = {"type": "output_text", "text": said, "annotations": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _response_steps(item: dict[str, Any], said: str) -> Iterator[dict[str, Any]]:
    place = {"output_index": 0, "item_id": item["id"]}
    if item["type"] == "function_call":
        yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": ""}}
        yield {"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    else:
        empty = {**item["content"][0], "text": ""}
        spot = {**place, "content_index": 0}
        yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}}
        yield {"type": "response.content_part.added", **spot, "part": empty}
        for piece in _pieces(said):
            yield {"type": "response.output_text.delta", **spot, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **spot, "text": said, "logprobs": []}
        yield {"type": "response.content_part.done", **spot, "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


# -- Anthropic's messages


def _messages(payload: Any, told: Told) -> Any:
    said = told.spoken(payload)
    stop = "tool_use" if told.tool else "end_turn"
    used = {"input_tokens": tokens(payload), "output_tokens": len(said.split())}
    blocks: list[dict[str, Any]] = [{"type": "text", "text": said}] if said else []
    if told.tool:
        blocks.append({"type": "tool_use", "id": "toolu_1", "name": told.tool[0], "input": dict(told.tool[1])})
    shape = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": payload.get("model"),
        "stop_sequence": None,
    }
    if not payload.get("stream"):
        return {**shape, "content": blocks, "stop_reason": stop, "usage": used}
    begun = {**shape, "content": [], "stop_reason": None, "usage": {**used, "output_tokens": 1}}
    steps: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(blocks):
        steps += _block_steps(index, block)
    delta = {"stop_reason": stop, "stop_sequence": None}
    steps.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": used["output_tokens"]}})
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "scripted"}}
    return Stream(tuple(map(_named_event, steps)), (_named_event({"type": "message_stop"}),), _named_event(broken))


def _block_steps(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        yield {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
        deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
    else:
        yield {"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


# -- the rest


def _models(anthropic: bool) -> dict[str, Any]:
    if anthropic:
        one = {"type": "model", "id": "claude-fake", "display_name": "Fake", "created_at": "2026-01-01T00:00:00Z"}
        return {"data": [one], "has_more": False, "first_id": "claude-fake", "last_id": "claude-fake"}
    return {"object": "list", "data": [{"id": "fake", "object": "model", "created": _WHEN, "owned_by": "nobody"}]}


def _counted(payload: Any, _: Told) -> dict[str, Any]:
    kind = {"object": "response.input_tokens"} if "input" in payload else {}
    return {**kind, "input_tokens": tokens(payload)}


def _embeddings(payload: Any, _: Told) -> dict[str, Any]:
    given = payload["input"]
    listed = [given] if isinstance(given, str) else given
    found = []
    for index, text in enumerate(listed):
        vector = [((zlib.crc32(f"{spot} {text}".encode()) % 2001) - 1000) / 1000 for spot in range(_DIMENSIONS)]
        packed = base64.b64encode(struct.pack(f"<{_DIMENSIONS}f", *vector)).decode()
        told = packed if payload.get("encoding_format") == "base64" else vector
        found.append({"object": "embedding", "index": index, "embedding": told})
    used = sum(len(str(text).split()) for text in listed)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": found, "model": payload.get("model"), "usage": usage}


def _pieces(text: str) -> list[str]:
    """Return a text in pieces, as a stream brings it."""
    words = text.split(" ")
    return [word if spot == 0 else f" {word}" for spot, word in enumerate(words)] if text else []


def _event(document: Any) -> bytes:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()


def _named_event(document: dict[str, Any]) -> bytes:
    return f"event: {document['type']}\n".encode() + _event(document)
