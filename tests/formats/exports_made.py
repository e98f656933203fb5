"""Exports of other products, made in their shapes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
NOBODY = "00000000-0000-4000-8000-000000000000"
MEMORY = "**Work**\n\nAda builds bridges.\n\n**Home**\n\nShe lives in Porto."


def packed(path: Path, files: Mapping[str, Any]) -> Path:
    """Write an archive; what is no bytes is written as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def node(id: str, parent: str | None, message: Json | None, *children: str) -> Json:
    return {"id": id, "message": message, "parent": parent, "children": list(children)}


def said(id: str, role: str, *parts: Any, at: float | None = None, **more: Any) -> Json:
    """Return a message of ChatGPT; the keys are those of its export."""
    pictures = any(not isinstance(part, str) for part in parts)
    content = {"content_type": "multimodal_text" if pictures else "text", "parts": list(parts)}
    base: Json = {
        "id": id,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": at,
        "update_time": None,
    }
    rest: Json = {
        "status": "finished_successfully",
        "end_turn": None,
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
    }
    return {**base, "content": content, **rest, **more}


def chatgpt() -> list[Json]:
    """Return a conversation with a system message, a tool, an answer that was made again, and a picture."""
    shot = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "size_bytes": 9}
    voice = {"content_type": "audio_transcription", "text": "And the ferry?", "direction": "in"}
    hidden = {"is_visually_hidden_from_conversation": True}
    search = {"content_type": "code", "language": "unknown", "text": 'search("ferry")'}
    mapping = {
        "root": node("root", None, None, "s"),
        "s": node("s", "root", said("s", "system", "", metadata=hidden), "u1"),
        "u1": node("u1", "s", said("u1", "user", "I moved to Porto.", at=1777802400.25), "a0", "a1"),
        "a0": node("a0", "u1", said("a0", "assistant", "Great!", at=1777802410.0)),
        "a1": node("a1", "u1", said("a1", "assistant", "How is it?", metadata={"model_slug": "gpt-x"}), "u2"),
        "u2": node("u2", "a1", said("u2", "user", shot, "See this.", voice, at=1777802430.0), "t1"),
        "t1": node("t1", "u2", said("t1", "assistant", at=1777802431.0, content=search, recipient="web.run"), "t2"),
        "t2": node("t2", "t1", said("t2", "tool", "results", at=1777802432.0), "a2"),
        "a2": node("a2", "t2", said("a2", "assistant", "It goes at nine\ue200cite\ue202turn0\ue201.", at=1777802440.0)),
    }
    times = {"create_time": 1777802399.5, "update_time": 1777802440.0}
    return [{"title": "Porto", **times, "mapping": mapping, "current_node": "a2", "conversation_id": "c1", "id": "c1"}]


def human(uuid: str, text: str, parent: str = NOBODY, sender: str = "human", **more: Any) -> Json:
    """Return a message of Claude; the keys are those of its export."""
    content = [{"type": "text", "text": text, "citations": []}]
    times = {"created_at": "2026-05-03T10:00:00.5Z", "updated_at": "2026-05-03T10:00:00.5Z"}
    base = {"uuid": uuid, "text": text, "content": content, "sender": sender, **times}
    return {**base, "attachments": [], "files": [], "parent_message_uuid": parent, **more}


def claude() -> Json:
    """Return the files of an export: a conversation with a branch, an attachment and a thought; a project; memories."""
    pasted = {"file_name": "menu.txt", "file_size": 9, "file_type": "txt", "extracted_content": "Soup\n\nFish stew"}
    thought = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Take the stew."}]
    messages = [
        human("m1", "What shall I eat?", attachments=[pasted]),
        human("m2", "Soup.", "m1", "assistant"),
        human("m3", "Old answer", "m1", "assistant", content=thought),
    ]
    account, times = {"uuid": "acct-1"}, {"created_at": "2026-05-03T09:59:00Z", "updated_at": "2026-05-03T10:05:00Z"}
    talk = {"uuid": "k1", "name": "Lunch", "summary": "", **times, "account": account, "chat_messages": messages}
    doc = {"uuid": "d1", "filename": "plan.md", "content": "Steel first.", "created_at": "2026-04-02T08:00:00Z"}
    named = {"uuid": "p1", "name": "Bridge", "description": "A bridge in Porto.", "is_private": True}
    project = {**named, **times, "prompt_template": "Answer in metres.", "creator": account, "docs": [doc]}
    memory = {"conversations_memory": MEMORY, "project_memories": {"p1": "Uses steel."}, "account_uuid": "acct-1"}
    users = [{"uuid": "acct-1", "full_name": "Ada", "email_address": "ada@example.com"}]
    listed = {"conversations.json": [talk], "projects.json": [project], "memories.json": [memory]}
    return {**listed, "users.json": users}


def mem0() -> Json:
    """Return what mem0's `get_all` returns."""
    times = {"created_at": "2026-05-03T03:00:00.123456-07:00", "updated_at": None}
    one = {"id": "6b1f", "memory": "Likes green tea", "hash": "aa", "metadata": {"topic": "food"}, **times}
    two = {"id": "7c2e", "memory": "Plays chess", "hash": "bb", "metadata": None, **times}
    edge = {"source": "ada", "relationship": "lives_in", "target": "porto"}
    ada, ben = {"user_id": "ada", "run_id": "s1"}, {"user_id": "ben", "agent_id": "coach"}
    return {"results": [{**one, **ada}, {**two, **ben, "categories": ["sport"]}], "relations": [edge]}


def graph() -> list[Json]:
    """Return the lines of the MCP reference memory server."""
    ada = {"type": "entity", "name": "Ada", "entityType": "person", "observations": ["Likes tea", "Born in 1990"]}
    firm = {"type": "entity", "name": "Brightwater", "entityType": "company", "observations": []}
    return [ada, firm, {"type": "relation", "from": "Ada", "to": "Brightwater", "relationType": "works_at"}]


def store_items() -> list[Json]:
    """Return items of a LangGraph store, as `Item.dict()` gives them."""
    times = {"created_at": "2026-05-01T10:00:00+00:00", "updated_at": "2026-05-03T10:00:00+00:00"}
    plain = {"namespace": ["memories", "ada"], "key": "k1", "value": {"text": "Likes tea", "rank": 2}, **times}
    inner = {"kind": "Memory", "content": {"content": "Plays chess"}}
    bare = {"namespace": ["profile", "ben"], "key": "k2", "value": {"age": 41, "city": "Porto"}, **times}
    return [plain, {"namespace": ["memories", "ben"], "key": "k3", "value": inner, **times}, bare]
