"""LongMemEval: a JSON list of questions, each with its own haystack of dated chat sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.formats.json_stream import Element
from ricordo.formats.turns import Turn, read_turns, session_time

_MARK = re.compile(rb'"haystack_(?:sessions|session_ids|dates)"\s*:')


class LongMemEvalReader:
    """Reads LongMemEval files: one item a turn, one scope a question."""

    name = "longmemeval"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by the names of its haystacks."""
        return head.lstrip()[:1] in (b"[", b"{") and _MARK.search(head) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Return the turns of the haystacks; `line` counts them through the file. Questions are not read."""
        return read_turns(path, options, "question", _question)


def _question(element: Element, options: ReadOptions, default: datetime) -> Iterator[Turn]:
    number, value = element.number, element.value
    sessions = value.get("haystack_sessions") if isinstance(value, Mapping) else None
    if not isinstance(sessions, list):
        yield f'question {number}: no list "haystack_sessions"'
        return
    question = str(value.get("question_id") or number)
    scope = options.scope or f"longmemeval:{question}"
    for index, turns in enumerate(sessions):
        session = str(_at(value.get("haystack_session_ids"), index) or f"{question}_{index + 1}")
        if not isinstance(turns, list):
            yield f"{session}: not a list of turns"
            continue
        at = session_time(_at(value.get("haystack_dates"), index), options, default)
        fields = {"kind": "observation", "scope": scope, "session": session, "at": at}
        yield from (_turn(turn, f"{session}:{place}", fields) for place, turn in enumerate(turns))


def _at(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _turn(turn: Any, ref: str, fields: Mapping[str, Any]) -> Turn:
    if not isinstance(turn, Mapping) or not isinstance(turn.get("role"), str):
        return f"{ref}: not an object with a role"
    if not isinstance(turn.get("content"), str):
        return f"{ref}: content must be text"
    if isinstance(fields["at"], str):
        return f"{ref}: {fields['at']}"
    return {**fields, "content": turn["content"], "speaker": turn["role"], "ref": ref}
