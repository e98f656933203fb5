"""The registry: which reader takes a file, a directory, and what nobody takes."""

from __future__ import annotations

import ast
import json
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ricordo.formats
from ricordo.errors import InvalidInputError
from ricordo.formats import READERS, Bad, Found, ReadOptions, detect, read_items, reader_named
from ricordo.formats.base import Reader

NAMES = [
    *("directory", "locomo", "longmemeval", "chatgpt", "claude", "mem0", "mcp-memory", "langgraph"),
    *("jsonl", "pages", "transcript", "markdown", "text"),
]
SAMPLE = Path(ricordo.formats.__file__).parents[1] / "data" / "sample.jsonl"


def test_every_format_has_a_name() -> None:
    assert [reader.name for reader in READERS] == NAMES
    assert [reader_named(name).name for name in NAMES] == NAMES


def test_an_unknown_name_lists_the_formats() -> None:
    with pytest.raises(InvalidInputError, match=r"format: one of directory, locomo, .*, text; got 'pdf'"):
        reader_named("pdf")


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("a.jsonl", '{"content": "x"}', "jsonl"),
        ("a.data", '\ufeff{"content": "x", "session": "s"}\n', "jsonl"),
        ("a.jsonl", "nope", "jsonl"),
        ("a.jsonl", '{"content": "' + "x" * 70_000 + '"}', "jsonl"),
        ("a.jsonl", '{"role": "user", "content": "x"}', "transcript"),
        ("a.jsonl", '{"role": "user", "content": "' + "x" * 70_000 + '"}', "transcript"),
        ("a.json", '[{"role": "user", "content": "x"}]', "transcript"),
        ("a.txt", "User: hi\nAssistant: hello", "transcript"),
        ("a.log", "[2026-05-03 10:00] Ada: hi\n[2026-05-03 10:01] Ben: hi", "transcript"),
        ("a.md", "**Ada:** hi\n\n**Ben:** hello\n\n**Ada:** bye\n\n**Ben:** bye", "transcript"),
        ("a.txt", "Ada: hi\nBen: hello\nAda: bye\nBen: bye", "transcript"),
        ("a.md", "# Title", "markdown"),
        ("a.MD", "[link](x): text\n", "markdown"),
        ("a.md", "**Goal:** win\n\n**Plan:** train\n\ntext\n\ntext\n\ntext", "markdown"),
        ("a.txt", "Some text.", "text"),
        ("a.txt", "Dear all: this is\na letter: and\nnothing else", "text"),
        ("README", "Some text.", "text"),
        ("a.txt", "One\x00\n", "text"),
        ("a.txt", "", "text"),
        ("a.json", '[{"sample_id": "c", "conversation": {"speaker_a": "A", "session_1": []}}]', "locomo"),
        ("a.json", '[{"qa": [{"evidence": ["D1:3"]}], "conversation": {}}]', "locomo"),
        ("a.json", '{"conversation": {"session_1": [{"dia_id": "D1:1"}]}}', "locomo"),
        ("a.json", '[{"question_id": "q", "haystack_dates": []}]', "longmemeval"),
        ("a.json", '[{"title": "x", "mapping": {"a": {}}}]', "chatgpt"),
        ("a.json", '[{"uuid": "u", "chat_messages": []}]', "claude"),
        ("a.json", '[{"id": "1", "memory": "x", "hash": "h"}]', "mem0"),
        ("a.jsonl", '{"id": "1", "memory": "x", "user_id": "u"}', "mem0"),
        ("a.jsonl", '{"type": "entity", "name": "A", "entityType": "t", "observations": []}', "mcp-memory"),
        ("a.jsonl", '{"namespace": ["a"], "key": "k", "value": {"content": "x"}}', "langgraph"),
        ("a.jsonl", '{"content": "the \\"chat_messages\\": of a file, its \\"mapping\\": {}"}', "jsonl"),
        ("a.jsonl", '{"role": "user", "content": "\\"id\\", \\"hash\\", \\"memory\\": \\"x\\""}', "transcript"),
    ],
)
def test_a_file_is_recognised(tmp_path: Path, name: str, text: str, format: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert detect(file).name == format


@pytest.mark.parametrize("content", [b"\x89PNG\x00", b'{"a": 1}', b"[1, 2]", b"a: b"])
def test_what_nobody_knows_is_refused_with_the_formats_there_are(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.dat"
    file.write_bytes(content)
    with pytest.raises(InvalidInputError, match=r'name one, as in format="text": directory, .*a\.dat'):
        detect(file)


def test_a_missing_file_is_named() -> None:
    for action in (detect, read_items, lambda path: read_items(path, "text")):
        with pytest.raises(InvalidInputError, match=r"missing\.md"):
            action("/nowhere/missing.md")


def test_a_directory_is_walked_in_order(tmp_path: Path) -> None:
    root, outside = tmp_path / "notes", tmp_path / "outside.md"
    for name in ("b.md", "a.txt", "sub/c.md", "sub/chat.txt", ".hidden.md", ".git/d.md", "e.png", "bad.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"Text of {name}")
    (root / "sub/chat.txt").write_text("User: hi\nAssistant: hello")
    (root / "bad.txt").write_bytes(b"\xff")
    outside.write_text("secret")
    (root / "link.md").symlink_to(outside)
    (root / "near.md").symlink_to(root / "b.md")
    (root / "nowhere.md").symlink_to(root / "gone.md")
    (root / "self.md").symlink_to(root / "self.md")
    (root / "folder").symlink_to(tmp_path)
    found = list(read_items(root))
    assert [one.item["ref"] for one in found if isinstance(one, Found)] == [
        "a.txt#L1",
        "b.md#L1",
        "near.md#L1",
        "sub/c.md#L1",
        "sub/chat.txt:1",
        "sub/chat.txt:2",
    ]
    assert [one.reason for one in found if isinstance(one, Bad) and "self.md" not in one.reason] == [
        "bad.txt: not valid UTF-8",
        "link.md: a link that leads out of the directory",
        "nowhere.md: a link that leads nowhere",
    ]
    assert detect(root).name == "directory"


def test_a_directory_can_be_read_in_one_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# Title\n\nText")
    (one,) = read_items(tmp_path, "markdown", ReadOptions(source="notes"))
    assert isinstance(one, Found)
    assert (one.item["title"], one.item["ref"], one.item["session"]) == ("Title", "notes/a.txt#L3", "notes/a.txt")
    with pytest.raises(InvalidInputError, match="markdown, text or transcript"):
        read_items(tmp_path, "jsonl")


def test_a_directory_without_notes_and_a_file_as_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(InvalidInputError, match=r"files that end in \.markdown"):
        list(read_items(tmp_path))
    with pytest.raises(InvalidInputError, match="path: a directory"):
        list(read_items(tmp_path / "a.png", "directory"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(alphabet='[]{}":,`-#*\n UserAda1\\', max_size=200).map(str.encode))
@pytest.mark.parametrize("reader", READERS[1:], ids=lambda reader: reader.name)
def test_bad_content_never_raises(tmp_path: Path, reader: Reader, content: bytes) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(content)
    assert reader.recognises(file, content) in (True, False)
    for one in reader.read(file, ReadOptions()):
        assert one.line >= 1
        assert isinstance(one, Bad) or one.item["content"].strip()


def test_the_same_file_gives_the_same_items() -> None:
    assert list(read_items(SAMPLE)) == list(read_items(SAMPLE))


def test_a_big_array_is_read_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "big.json"
    message = json.dumps({"role": "user", "content": "It rained again, and we stayed in to read. " * 400})
    batch = ",\n".join([message] * 100)
    with file.open("w", encoding="utf-8") as stream:
        stream.write("[" + ",\n".join([batch] * 35) + "]")
    assert file.stat().st_size > 60_000_000
    tracemalloc.start()
    try:
        count = sum(isinstance(one, Found) for one in read_items(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 3500
    assert peak < 8_000_000


def test_readers_import_only_the_standard_library_and_the_errors() -> None:
    for file in Path(ricordo.formats.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name == "ricordo.errors" or name.startswith("ricordo.formats")
                own = own or (file.name, name) == ("langgraph_file.py", "apsw")
                assert own or name.split(".")[0] in sys.stdlib_module_names, f"{file.name} imports {name}"


def test_the_sample_is_sound() -> None:
    found = [one.item for one in read_items(SAMPLE) if isinstance(one, Found)]
    assert len(found) == SAMPLE.read_text(encoding="utf-8").count("\n")
    turns = [item for item in found if "attribute" not in item]
    facts = [item for item in found if "attribute" in item]
    assert len({item["session"] for item in turns}) == 24
    assert len({item["ref"] for item in turns}) == len(turns)
    assert {item["speaker"] for item in turns} == {"Nora", "Tomas", "Assistant"}
    assert [item["at"] for item in found] == sorted(item["at"] for item in found)
    assert found[0]["at"] > datetime(2025, 9, 1, tzinfo=UTC)
    assert {item["scope"] for item in found} == {"demo"}
    last = {(item["subject"], item["attribute"]): item["value"] for item in facts}
    assert last["Nora", "home_city"] == "Ghent"
    assert last["Clara", "wedding_date"] == "2026-09-12"
    assert len(facts) > len(last)
