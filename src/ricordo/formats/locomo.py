"""LoCoMo: a JSON list of long conversations between two people, told in dated sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.formats.json_stream import Element
from ricordo.formats.turns import Turn, read_turns, session_time

_MARK = re.compile(rb'"dia_id"\s*:|"conversation"\s*:\s*\{\s*"(?:speaker_|session_\d)|"evidence"\s*:\s*\[\s*"D\d+:\d+')
_SESSION = re.compile(r"session_(\d{1,6})")


class LocomoReader:
    """Reads LoCoMo files: one item a turn, one scope a conversation."""

    name = "locomo"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by the keys of its conversations, or by questions whose evidence are turn ids."""
        return head.lstrip()[:1] in (b"[", b"{") and _MARK.search(head) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Return the turns; `line` counts them through the file."""
        return read_turns(path, options, "conversation", _conversation)


def _conversation(element: Element, options: ReadOptions, default: datetime) -> Iterator[Turn]:
    number, value = element.number, element.value
    talk = value.get("conversation") if isinstance(value, Mapping) else None
    if not isinstance(talk, Mapping):
        yield f'conversation {number}: no object "conversation"'
        return
    sample = str(value.get("sample_id") or number)
    sessions = sorted((int(match[1]), name) for name in talk if (match := _SESSION.fullmatch(name)))
    if not sessions:
        yield f"conversation {sample}: no sessions"
    common = {"kind": "observation", "scope": options.scope or f"locomo:{sample}", "metadata": {"sample_id": sample}}
    for _, name in sessions:
        session = f"{sample}/{name}"
        turns, at = talk[name], session_time(talk.get(f"{name}_date_time"), options, default)
        if not isinstance(turns, list):
            yield f"{session}: not a list of turns"
            continue
        fields = {**common, "session": session, "at": at}
        yield from (_turn(turn, session, fields) for turn in turns)


def _turn(turn: Any, session: str, fields: Mapping[str, Any]) -> Turn:
    if not isinstance(turn, Mapping):
        return f"{session}: a turn that is not an object"
    names = ("speaker", "dia_id", "text", "blip_caption")
    speaker, ref, text, caption = (turn.get(name) for name in names)
    wrong = [name for name in names if not isinstance(turn.get(name, ""), str)]
    if wrong:
        return f"{session}: {wrong[0]} must be text"
    if isinstance(fields["at"], str):
        return f"{session}: {fields['at']}"
    content = (text or "") + (f" [shares {caption}]" if caption else "")
    return {**fields, "content": content.strip(), "speaker": speaker, "ref": ref}
