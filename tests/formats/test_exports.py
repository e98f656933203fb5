"""Exports of chats: ChatGPT and Claude, as archives and as single files."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.formats.exports_made import chatgpt, claude, human, node, packed, said

from ricordo import Memory
from ricordo.errors import AccessError, InvalidInputError
from ricordo.formats import Bad, Found, ReadOptions, detect, read_items

AT = datetime(2026, 6, 1, tzinfo=UTC)
OPTIONS = ReadOptions(at=AT)


def read(file: Path, options: ReadOptions = OPTIONS, format: str | None = None) -> list[Found | Bad]:
    return list(read_items(file, format, options))


def items(file: Path, options: ReadOptions = OPTIONS, format: str | None = None) -> list[dict[str, Any]]:
    return [one.item for one in read(file, options, format) if isinstance(one, Found)]


def reasons(file: Path, options: ReadOptions = OPTIONS, format: str | None = None) -> list[str]:
    return [one.reason for one in read(file, options, format) if isinstance(one, Bad)]


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


# ChatGPT


def test_chatgpt_gives_the_branch_that_was_shown_last(tmp_path: Path) -> None:
    file = written(tmp_path / "conversations.json", chatgpt())
    assert detect(file).name == "chatgpt"
    found = items(file)
    assert [(one["ref"], one["speaker"], one["content"]) for one in found] == [
        ("u1", "user", "I moved to Porto."),
        ("a1", "assistant", "How is it?"),
        ("u2", "user", "See this.\nAnd the ferry?"),
        ("a2", "assistant", "It goes at nine."),
    ]
    assert found[0]["at"] == datetime(2026, 5, 3, 10, 0, 0, 250_000, UTC)
    assert found[1]["at"] == found[0]["at"]  # a message without a time is as old as the one before
    assert found[1]["metadata"] == {"model": "gpt-x"}
    assert {(one["session"], one["title"], one["kind"]) for one in found} == {("c1", "Porto", "observation")}
    assert reasons(file) == [
        "s: system message",
        "t1: message to the tool web.run",
        "t2: tool message",
        "c1: 1 messages of branches that were left",
    ]


def test_chatgpt_archives_are_read_whole_and_nothing_else_in_them(tmp_path: Path) -> None:
    second = [{**chatgpt()[0], "conversation_id": "c2", "title": None}]
    files = {
        "export/conversations-001.json": second,
        "export/conversations-000.json": chatgpt(),
        "__MACOSX/export/._conversations-000.json": b"junk",
        "../../conversations.json.exe": b"junk",
        "export/user.json": {"id": "user-1", "email": "ada@example.com"},
        "export/shared_conversations.json": [{"id": "c1"}],
        "export/chat.html": b"<html>",
    }
    file = packed(tmp_path / "export.zip", files)
    assert detect(file).name == "chatgpt"
    found = items(file)
    assert [one["session"] for one in found] == ["c1"] * 4 + ["c2"] * 4
    assert found[1]["metadata"] == {"user": "user-1", "model": "gpt-x"}
    assert "title" not in found[-1]
    by_user = ReadOptions(at=AT, scope_by="user:{user}")
    assert {one["scope"] for one in items(file, by_user)} == {"user:user-1"}


def test_a_scope_by_owner_leaves_out_what_names_none(tmp_path: Path) -> None:
    file = written(tmp_path / "conversations.json", chatgpt())
    by_user = ReadOptions(at=AT, scope_by="user:{user}")
    assert read(file, by_user) == [Bad(1, "c1: names no user, which the scope 'user:{user}' needs")]


@pytest.mark.parametrize("template", ["{agent}", "ada", "{user}{role}", "{user.__class__}"])
def test_a_scope_by_owner_must_be_one_that_the_format_gives(tmp_path: Path, template: str) -> None:
    file = written(tmp_path / "conversations.json", chatgpt())
    with pytest.raises(InvalidInputError, match=r"scope_by: a text with \{user\} in it"):
        read(file, ReadOptions(scope_by=template))
    with pytest.raises(InvalidInputError, match="scope_by: not for text, whose files name no owners"):
        read(file, ReadOptions(scope_by="{user}"), "text")


def test_chatgpt_without_a_current_node_takes_the_newest_message(tmp_path: Path) -> None:
    talk = {**chatgpt()[0], "current_node": "gone"}
    assert [one["ref"] for one in items(written(tmp_path / "a.json", [talk]))] == ["u1", "a1", "u2", "a2"]
    talk["mapping"] = {"x": node("x", "y", said("x", "user", "Ring", at=2.0)), "y": node("y", "x", None)}
    assert [one["ref"] for one in items(written(tmp_path / "a.json", [talk]))] == ["x"]  # a ring has an end


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said("m", "user", "Hi", content={"content_type": "thoughts", "thoughts": []}), "content of the type thoughts"),
        (said("m", "user", "Hi", content={"content_type": "user_editable_context"}), "the type user_editable_context"),
        (said("m", "user", {"content_type": "image_asset_pointer"}), "no text, only image_asset_pointer"),
        (said("m", "user", ""), "no text"),
        (said("m", "user", "Hi", content=None), "content of the type without a name"),
        (said("m", "user", "Hi", author=None), "nameless message"),
        (said("m", "user", "Hi", metadata={"is_visually_hidden_from_conversation": True}), "hidden message"),
        (said("m", "assistant", "Hi", channel="analysis"), "notes to itself"),
        (said("m", "user", "Hi", at=float("nan")), "time not understood"),
        (said("m", "user", "Hi", at="soon"), "time not understood"),
        (said("m", "user", "half \ud83d"), "content: lone surrogate"),
    ],
)
def test_chatgpt_says_why_a_message_is_left_out(tmp_path: Path, message: dict[str, Any], reason: str) -> None:
    talk = {**chatgpt()[0], "mapping": {"m": node("m", None, message)}, "current_node": "m", "title": "half \ud83d"}
    (found,) = read(written(tmp_path / "conversations.json", [talk]), format="chatgpt")
    assert isinstance(found, Bad)
    assert reason in found.reason


# Claude


def test_claude_gives_messages_attachments_projects_and_memories(tmp_path: Path) -> None:
    file = packed(tmp_path / "data.zip", claude())
    assert detect(file).name == "claude"
    found = items(file)
    assert [(one["kind"], one.get("speaker"), one["content"], one.get("title")) for one in found] == [
        ("observation", "user", "What shall I eat?", "Lunch"),
        ("context", None, "Soup", "Lunch > menu.txt"),
        ("context", None, "Fish stew", "Lunch > menu.txt"),
        ("observation", "assistant", "Take the stew.", "Lunch"),
        ("context", "assistant", "Ada builds bridges.", "Memory > Work"),
        ("context", "assistant", "She lives in Porto.", "Memory > Home"),
        ("context", "assistant", "Uses steel.", "Memory"),
        ("context", None, "A bridge in Porto.", "Bridge"),
        ("instruction", None, "Answer in metres.", "Bridge"),
        ("context", None, "Steel first.", "Bridge > plan.md"),
    ]
    assert found[0]["at"] == datetime(2026, 5, 3, 10, 0, 0, 500_000, UTC)
    assert (found[2]["ref"], found[5]["ref"], found[6]["ref"]) == ("m1/attachment1#2", "memory", "memory/p1")
    assert {one["metadata"]["user"] for one in found} == {"acct-1"}
    assert reasons(file) == ["conversation k1: 1 messages of branches that were left, or of another shape"]
    by_user = ReadOptions(at=AT, scope_by="user:{user}")
    assert {one["scope"] for one in items(file, by_user)} == {"user:acct-1"}


@pytest.mark.parametrize("name", ["conversations.json", "projects.json", "memories.json"])
def test_each_file_of_a_claude_export_can_be_read_alone(tmp_path: Path, name: str) -> None:
    file = written(tmp_path / name, claude()[name])
    assert detect(file).name == "claude"
    assert items(file)
    assert items(written(tmp_path / "one.json", claude()[name][0]))  # newer exports have an object a file


def test_claude_messages_without_parents_are_all_there(tmp_path: Path) -> None:
    messages = [human("m1", "Hello"), human("m2", "Hi", sender="assistant"), human("m3", "x", sender="system"), 5]
    talk = {"uuid": "k", "name": "", "chat_messages": messages}
    file = written(tmp_path / "conversations.json", [talk, {"x": 1}, {"uuid": "l", "chat_messages": {}}])
    assert [one["content"] for one in items(file)] == ["Hello", "Hi"]
    assert reasons(file) == [
        "m3: message of system",
        "conversation k: 1 messages of branches that were left, or of another shape",
        "element 2: no conversation, project or memory",
        "conversation l: no list of messages",
    ]


# both


@pytest.mark.parametrize("made", [chatgpt, claude])
def test_importing_again_adds_nothing_and_a_grown_export_only_what_is_new(tmp_path: Path, made: Any) -> None:
    files = made() if made is claude else {"conversations.json": made()}
    file = packed(tmp_path / "export.zip", files)
    with Memory.open(":memory:", embedder=None) as memory:
        first = memory.import_file(file, scope="ada")
        assert first.actions.get("added", 0) > 0
        seq = memory.stats().seq
        files["conversations.json"].insert(0, _new_talk(made is claude))
        again = memory.import_file(packed(tmp_path / "later.zip", files), scope="ada")
        assert again.repeated == sum(first.actions.values())
        assert memory.stats().seq == seq + 1
        assert set(memory.stats().scopes) == {"ada"}


def _new_talk(of_claude: bool) -> dict[str, Any]:
    if of_claude:
        return {"uuid": "n", "chat_messages": [human("n1", "I sold the car.")]}
    mapping = {"n": node("n", None, said("n1", "user", "I sold the car.", at=1777802500.0))}
    return {"title": "New", "mapping": mapping, "current_node": "n", "conversation_id": "c9"}


def test_a_bound_handle_may_not_spread_an_export_over_scopes(tmp_path: Path) -> None:
    file = packed(tmp_path / "data.zip", claude())
    with Memory.open(":memory:", embedder=None) as memory:
        with pytest.raises(AccessError):
            memory.scoped(write="user:ada").import_file(file, scope_by="user:{user}")
        with pytest.raises(InvalidInputError, match="scope_by: not together with scope"):
            memory.import_file(file, scope="a", scope_by="user:{user}")
        assert memory.stats().seq == 0
        memory.import_file(file, scope_by="user:{user}")
        assert set(memory.stats().scopes) == {"user:acct-1"}


# hostile archives


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    bomb = b'[{"mapping": {"a": "' + b"0" * (64 * 1024 * 1024) + b'"}}]'
    file = packed(tmp_path / "export.zip", {"conversations.json": bomb})
    assert file.stat().st_size < 100_000
    (reason,) = reasons(file, format="chatgpt")
    assert "unfolds to more than 200 times its size" in reason


@pytest.mark.parametrize("spot", range(0, 100, 7))
def test_a_damaged_archive_is_reported_and_harms_nothing(tmp_path: Path, spot: int) -> None:
    data = bytearray(packed(tmp_path / "export.zip", {"conversations.json": chatgpt() * 3}).read_bytes())
    place = len(data) * spot // 100
    data[place : place + 8] = bytes(255 - one for one in data[place : place + 8])
    file = tmp_path / "damaged.zip"
    file.write_bytes(bytes(data))
    for format in ("chatgpt", "claude"):
        assert read(file, format=format)


def test_other_archives_are_not_taken(tmp_path: Path) -> None:
    file = packed(tmp_path / "notes.zip", {"notes.md": b"# A", "conversations.json": b'{"a": 1}'})
    with pytest.raises(InvalidInputError, match="format was not recognised"):
        detect(file)
    assert reasons(packed(tmp_path / "a.zip", {"b.json": []}), format="claude") == [
        "the archive holds none of the files of such an export, or is damaged"
    ]


def test_an_encrypted_file_of_an_archive_is_named(tmp_path: Path) -> None:
    file = packed(tmp_path / "export.zip", {"conversations.json": chatgpt()})
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(bytes(data))
    (reason,) = reasons(file, format="chatgpt")
    assert reason.startswith("conversations.json: can't be read from the archive (encrypted")
    with zipfile.ZipFile(tmp_path / "bz.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("conversations.json", "[]")
    assert "encrypted, or packed in a way" in reasons(tmp_path / "bz.zip", format="chatgpt")[0]
