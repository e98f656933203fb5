"""ChatGPT data exports: the branch of each conversation that was shown last, one item a message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.formats.exports import holds, mapping_of, member_json, moment_of, read_export, text_of, title_of
from ricordo.formats.json_stream import Element
from ricordo.formats.turns import Turn

_FILES = re.compile(r"conversations(?:-\d{1,6})?\.json")
_MARK = re.compile(rb'"mapping"\s*:\s*\{')
_SAID = frozenset({"user", "assistant"})
#: Marks that stand for citations and widgets in a text, between private characters.
_MARKUP = re.compile("\ue200[^\ue200\ue201]{0,2000}\ue201")


class ChatGPTReader:
    """Reads the archive that ChatGPT's "Export data" sends, or the conversations in it."""

    name = "chatgpt"
    owners = ("user",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by conversations that keep their messages in a mapping."""
        return holds(path, head, _FILES, _MARK)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield what user and assistant said; tools, hidden and system messages, and left branches are left out."""
        account = mapping_of(member_json(path, "user.json")).get("id")
        turns_of = partial(_conversation, user=text_of(account))
        return read_export(path, options, "conversation", _FILES, turns_of)


def _conversation(element: Element, options: ReadOptions, default: datetime, user: str | None) -> Iterator[Turn]:
    talk = mapping_of(element.value)
    mapping = talk.get("mapping")
    if not isinstance(mapping, Mapping):
        yield f'conversation {element.number}: no object "mapping"'
        return
    branch = _branch(mapping, talk.get("current_node"))
    messages = [node["message"] for node in branch if isinstance(node.get("message"), Mapping)]
    session = next((one for one in map(text_of, (talk.get("conversation_id"), talk.get("id"))) if one), None)
    session = session or next((one for one in (text_of(message.get("id")) for message in messages) if one), None)
    place = title_of(session) or f"conversation {element.number}"
    try:
        scope = options.scope_of(user=user)
    except ValueError as error:
        yield f"{place}: {error}"
        return
    common = {"kind": "observation", "scope": scope, "session": session, "title": title_of(talk.get("title"))}
    began = talk.get("create_time")
    for number, message in enumerate(messages, 1):
        began = message.get("create_time") or began
        ref = text_of(message.get("id")) or f"{session}:{number}"
        at = moment_of(options, default, began)
        yield _message(message, {**common, "ref": ref, "at": at}, user)
    if left := _spoken(mapping.values()) - _spoken(branch):
        yield f"{place}: {left} messages of branches that were left"


def _branch(mapping: Mapping[str, Any], current: Any) -> list[Mapping[str, Any]]:
    """Return the nodes from the root to the current one; to the newest one where none is named."""
    if not isinstance(current, str) or current not in mapping:
        newest = max(mapping.items(), key=lambda pair: _age(pair[1]), default=(None, None))
        current = newest[0]
    nodes: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(current, str) and current in mapping and current not in seen:
        seen.add(current)
        node = mapping_of(mapping[current])
        nodes.append(node)
        current = node.get("parent")
    return nodes[::-1]


def _age(node: Any) -> float:
    written = mapping_of(mapping_of(node).get("message")).get("create_time")
    if isinstance(written, bool) or not isinstance(written, int | float) or written != written:
        return 0.0
    return float(max(min(written, 1e18), 0.0))


def _spoken(nodes: Any) -> int:
    """Count the messages of people and of the model."""
    messages = (mapping_of(mapping_of(node).get("message")) for node in nodes)
    return sum(_role(message) in _SAID for message in messages)


def _role(message: Mapping[str, Any]) -> str:
    role = mapping_of(message.get("author")).get("role")
    return role if isinstance(role, str) else ""


def _message(message: Mapping[str, Any], fields: Mapping[str, Any], user: str | None) -> Turn:
    ref = title_of(fields["ref"])
    if fault := _unsaid(message):
        return f"{ref}: {fault}"
    text = _text(mapping_of(message.get("content")))
    if isinstance(text, Exception):
        return f"{ref}: {text}"
    if isinstance(fields["at"], str):
        return f"{ref}: {fields['at']}"
    model = title_of(mapping_of(message.get("metadata")).get("model_slug"))
    known = {"user": title_of(user), "model": model if _role(message) == "assistant" else None}
    metadata = {name: value for name, value in known.items() if value is not None}
    return {**fields, "content": text, "speaker": _role(message), "metadata": metadata or None}


def _unsaid(message: Mapping[str, Any]) -> str | None:
    """Say why a message is none of the conversation as it was shown."""
    role, metadata = _role(message), mapping_of(message.get("metadata"))
    if role not in _SAID:
        return f"{title_of(role) or 'nameless'} message"
    if metadata.get("is_visually_hidden_from_conversation") or metadata.get("is_user_system_message"):
        return "hidden message"
    if message.get("channel") in ("analysis", "commentary"):
        return "the model's notes to itself"
    recipient = message.get("recipient")
    if recipient is not None and recipient not in ("all", "assistant"):
        return f"message to the tool {title_of(recipient) or 'without a name'}"
    return None


def _text(content: Mapping[str, Any]) -> str | ValueError:
    """Return the text of a message; of parts that are no text (pictures, sound) only a transcript is read."""
    kind = content.get("content_type")
    if kind == "code":
        return _MARKUP.sub("", text_of(content.get("text")) or "").strip()
    parts = content.get("parts")
    if kind not in ("text", "multimodal_text") or not isinstance(parts, list):
        return ValueError(f"content of the type {title_of(kind) or 'without a name'}")
    texts = [part if isinstance(part, str) else text_of(mapping_of(part).get("text")) for part in parts]
    text = _MARKUP.sub("", "\n".join(one for one in texts if one)).strip()
    other = [title_of(mapping_of(part).get("content_type")) for part in parts if not isinstance(part, str)]
    return text if text or not other else ValueError(f"no text, only {', '.join(one or 'other' for one in other[:5])}")
