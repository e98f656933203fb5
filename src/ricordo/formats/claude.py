"""Claude data exports: conversations with what was attached to them, projects, and what Claude remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.formats.exports import holds, mapping_of, moment_of, read_export, stable_key, text_of, title_of
from ricordo.formats.json_stream import Element
from ricordo.formats.paragraphs import paragraphs
from ricordo.formats.turns import Turn

#: Projects and memories are files of their own in newer exports, named after an id.
_ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
_FILES = re.compile(rf"(?:conversations(?:-\d{{1,6}})?|projects|memories|{_ID})\.json")
_MARK = re.compile(rb'"(?:chat_messages|conversations_memory|prompt_template)"\s*:')
_BOLD = re.compile(r"\*\*([^*\n]{1,100})\*\*")
_SPEAKERS = {"human": "user", "assistant": "assistant"}


class ClaudeReader:
    """Reads the archive that Claude's "Export data" sends, or one of the JSON files in it."""

    name = "claude"
    owners = ("user",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by the names that conversations, projects and memories have in it."""
        return holds(path, head, _FILES, _MARK)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield messages, the text of attachments, the documents of projects, and memories by paragraphs."""
        return read_export(path, options, "element", _FILES, _element)


def _element(element: Element, options: ReadOptions, default: datetime) -> Iterator[Turn]:
    value = mapping_of(element.value)
    for mark, read in (("chat_messages", _conversation), ("docs", _project), ("prompt_template", _project)):
        if mark in value:
            yield from read(value, options, default)
            return
    if "conversations_memory" in value or "project_memories" in value:
        yield from _memories(value, options)
    else:
        yield f"element {element.number}: no conversation, project or memory"


def _conversation(talk: Mapping[str, Any], options: ReadOptions, default: datetime) -> Iterator[Turn]:
    session, messages = text_of(talk.get("uuid")), talk.get("chat_messages")
    place = f"conversation {title_of(session) or 'without an id'}"
    user = text_of(mapping_of(talk.get("account")).get("uuid"))
    try:
        scope = options.scope_of(user=user)
    except ValueError as error:
        yield f"{place}: {error}"
        return
    if not isinstance(messages, list):
        yield f"{place}: no list of messages"
        return
    spoken = [one for one in messages if isinstance(one, Mapping)]
    branch = _branch(spoken, talk.get("current_leaf_message_uuid"))
    shared = {"scope": scope, "session": session, "title": title_of(talk.get("name")), "metadata": _account(user)}
    for number, message in enumerate(branch, 1):
        ref = text_of(message.get("uuid")) or f"{session}:{number}"
        at = moment_of(options, default, message.get("created_at"), talk.get("created_at"))
        yield from _message(message, {**shared, "ref": ref, "at": at})
    if left := len(messages) - len(branch):
        yield f"{place}: {left} messages of branches that were left, or of another shape"


def _branch(messages: list[Mapping[str, Any]], leaf: Any) -> list[Mapping[str, Any]]:
    """Return the messages that lead to the leaf, by default the last one; all where they name no parents."""
    known = {one["uuid"]: one for one in messages if text_of(one.get("uuid"))}
    if not any(text_of(one.get("parent_message_uuid")) in known for one in messages):
        return messages
    current = leaf if isinstance(leaf, str) and leaf in known else next(reversed(known))
    path: list[Mapping[str, Any]] = []
    while isinstance(current, str) and current in known:
        path.append(known.pop(current))
        current = path[-1].get("parent_message_uuid")
    return path[::-1]


def _message(message: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Turn]:
    ref, sender = title_of(fields["ref"]), message.get("sender")
    speaker = _SPEAKERS.get(sender) if isinstance(sender, str) else None
    if speaker is None:
        yield f"{ref}: message of {title_of(sender) or 'nobody'}"
        return
    if isinstance(fields["at"], str):
        yield f"{ref}: {fields['at']}"
        return
    text, attached = _text(message), _attached(message)
    if text or not attached:
        yield {**fields, "kind": "observation", "speaker": speaker, "content": text}
    for number, (name, content) in enumerate(attached, 1):
        title = " > ".join(one for one in (fields["title"], name) if one)
        yield from _passages(content, {**fields, "title": title or None}, f"{fields['ref']}/attachment{number}")


def _text(message: Mapping[str, Any]) -> str:
    """Return what was said; what the model thought, and what its tools were asked and answered, is passed over."""
    blocks = message.get("content")
    parts = [mapping_of(block) for block in blocks] if isinstance(blocks, list) else []
    texts = [text_of(part.get("text")) for part in parts if part.get("type") in ("text", "voice_note")]
    return "\n".join(text for text in texts if text).strip() or (text_of(message.get("text")) or "").strip()


def _attached(message: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """Return names and texts of what was pasted or attached, where the export holds a text of it."""
    listed = message.get("attachments")
    parts = [mapping_of(one) for one in listed] if isinstance(listed, list) else []
    texts = [(title_of(part.get("file_name")), text_of(part.get("extracted_content"))) for part in parts]
    return [(name, text) for name, text in texts if text is not None]


def _project(project: Mapping[str, Any], options: ReadOptions, default: datetime) -> Iterator[Turn]:
    ref, name = text_of(project.get("uuid")) or "project", title_of(project.get("name"))
    user = text_of(mapping_of(project.get("creator")).get("uuid"))
    at = moment_of(options, default, project.get("created_at"))
    try:
        scope = options.scope_of(user=user)
    except ValueError as error:
        yield f"project {title_of(ref)}: {error}"
        return
    if isinstance(at, str):
        yield f"project {title_of(ref)}: {at}"
        return
    fields = {"scope": scope, "session": ref, "title": name, "at": at, "metadata": _account(user)}
    if text := text_of(project.get("description")):
        yield from _passages(text, fields, f"{ref}/description")
    if text := text_of(project.get("prompt_template")):
        yield {**fields, "content": text, "kind": "instruction", "ref": f"{ref}/instructions"}
    docs = project.get("docs")
    for number, doc in enumerate(docs if isinstance(docs, list) else (), 1):
        yield from _document(mapping_of(doc), fields, f"{ref}/document{number}", options)


def _document(doc: Mapping[str, Any], fields: Mapping[str, Any], place: str, options: ReadOptions) -> Iterator[Turn]:
    ref, at = text_of(doc.get("uuid")) or place, moment_of(options, fields["at"], doc.get("created_at"))
    text = text_of(doc.get("content"))
    if text is None or isinstance(at, str):
        yield f"{title_of(ref)}: {at if isinstance(at, str) else 'a document without text'}"
        return
    title = " > ".join(one for one in (fields["title"], title_of(doc.get("filename"))) if one)
    yield from _passages(text, {**fields, "title": title or None, "at": at}, ref)


def _memories(value: Mapping[str, Any], options: ReadOptions) -> Iterator[Turn]:
    """Yield what Claude remembered; it has no times, so the same paragraph is the same item in every export."""
    user = text_of(value.get("account_uuid"))
    try:
        scope = options.scope_of(user=user)
    except ValueError as error:
        yield f"memories: {error}"
        return
    told = {"": value.get("conversations_memory"), **mapping_of(value.get("project_memories"))}
    for project, text in told.items():
        place = f"memory/{project}" if project else "memory"
        if text is not None and text_of(text) is None:
            yield f"{title_of(place)}: no text"
            continue
        common = {"scope": scope, "speaker": "assistant", "metadata": _account(user), "kind": "context"}
        for title, content in _headed(text or ""):
            known = {"title": title, "content": content, "ref": place}
            yield {**common, **known, "key": stable_key("claude", user, project, content)}


def _headed(text: str) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs of a memory, each with its title: a line in bold above stands over those that follow."""
    title = "Memory"
    for paragraph in paragraphs(text):
        if heading := _BOLD.fullmatch(paragraph):
            title = f"Memory > {title_of(heading[1])}"
        else:
            yield title, paragraph


def _passages(text: str, fields: Mapping[str, Any], ref: str) -> Iterator[Turn]:
    """Yield a text by paragraphs, each with a ref of its own."""
    for number, paragraph in enumerate(paragraphs(text), 1):
        yield {**fields, "kind": "context", "content": paragraph, "ref": f"{ref}#{number}"}


def _account(user: str | None) -> dict[str, str] | None:
    named = title_of(user)
    return None if named is None else {"user": named}
