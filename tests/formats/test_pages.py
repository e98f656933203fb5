"""Pages to read: what is on them, what never is, where they are, and that they can be read back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.formats.test_markup import HOSTILE, shown

import ricordo.plaintext.publish
from ricordo import Memory
from ricordo.errors import InvalidInputError
from ricordo.formats import detect
from ricordo.plaintext.pages import Place

NAMES = [*"Ada|ada|a-da|a da|../../etc/passwd|con|NUL.txt|/|..|日本|.|a\\b".split("|"), "ä" * 90, "x" * 400]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


def filled(memory: Memory) -> Memory:
    said = {"speaker": "Ada", "scope": "user:ada"}
    memory.retain("I live in Porto.", at="2025-01-05", ref="D1:2", **said)
    memory.retain("I moved to Lisbon.", at="2026-05-03T10:00Z", ref="D3:7", **said)
    memory.retain("The office is closed.\n\n* bring keys\n* and a lamp", scope="team", title="Office", kind="fact")
    return memory


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def contents(memory: Memory, **more: Any) -> list[tuple[str, str, str]]:
    return sorted((one.scope, one.kind, one.content) for one in memory.list(limit=500, **more).records)


def test_a_record_has_its_text_date_source_status_links_and_history(memory: Memory, tmp_path: Path) -> None:
    filled(memory)
    told = memory.write_pages(tmp_path)
    assert (told.pages, told.records, told.removed, told.seq) == (4, 5, 0, memory.stats().seq)
    pages = {name: data.decode() for name, data in files(tmp_path).items()}
    subject = next(text for name, text in pages.items() if "/ada-" in name)
    assert "# Ada\n" in subject
    assert "> Ada lives in Lisbon\n" in subject
    assert "- status: superseded\n" in subject
    assert re.search(r"- links: derived_from `\w{24}`\n", subject)
    assert re.search(r"- history: 2\d{3}-\d\d-\d\d retain \(event 1\); 2\d{3}-\d\d-\d\d retain \(event 2\)\n", subject)
    turns = next(text for name, text in pages.items() if "observation-2026-05-" in name)
    assert (
        "## 2026-05-03, Ada\n\n> I moved to Lisbon.\n\n- said: 2026-05-03T10:00:00+00:00\n- status: active\n" in turns
    )
    assert '- ref: `"D3:7"`\n' in turns
    index = pages["index.md"]
    links = re.findall(r"^- \[.*?\]\((.*?)\): \d+$", index, re.M)
    assert sorted(links) == sorted(name for name in pages if name != "index.md")


def test_pages_read_back_give_the_same_texts(memory: Memory, tmp_path: Path) -> None:
    filled(memory).write_pages(tmp_path)
    assert {detect(tmp_path / name).name for name in files(tmp_path)} == {"pages"}
    with Memory.open(":memory:", embedder=None) as other:
        report = other.import_file(tmp_path)
        assert [one.reason.split(": ")[1] for one in report.skipped] == ["it was superseded"]
        assert contents(other) == contents(memory)
        assert {one.ref for one in other.list().records} == {one.ref for one in memory.list().records}
        assert other.import_file(tmp_path).actions == {}
        assert other.recall("Where does Ada live?", scope="user:ada").items[0].record.value == "Lisbon"


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(TEXTS.filter(lambda text: bool(text.strip())) | st.sampled_from(HOSTILE), min_size=1, max_size=8))
def test_any_texts_read_back_are_the_same(tmp_path: Path, texts: list[str]) -> None:
    with Memory.open(":memory:", embedder=None) as memory, Memory.open(":memory:", embedder=None) as other:
        for number, text in enumerate(texts):
            memory.retain(text, kind="event", at="2026-05-03T10:00Z", ref=str(number), scope=f"s{number % 2}")
        memory.write_pages(tmp_path)
        other.import_file(tmp_path)
        assert contents(other) == contents(memory)


def test_names_from_outside_name_no_file(memory: Memory, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        memory.retain(f"Fact {number}.", subject=name, attribute="x", value=str(number), scope=f"s:{name}"[:100])
    folder = tmp_path / "a" / "pages"
    told = memory.write_pages(folder)
    names = list(files(folder))
    assert told.pages == len(NAMES)
    assert len({name.lower() for name in names}) == len(NAMES) + 1
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}/[a-z0-9-]{1,60}\.md|index\.md", name) for name in names)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    assert Place("s", "Ada", None, None).path == Place("s", "Ada", None, None).path


def test_no_text_acts_on_the_page(memory: Memory, tmp_path: Path) -> None:
    for text in HOSTILE:
        field = " ".join(text.split())
        slot = {"subject": field, "attribute": "x", "value": text}
        memory.retain(text, speaker=field[:200], title=text, ref=text, why=text, scope="s", **slot)
    memory.write_pages(tmp_path)
    for name, data in files(tmp_path).items():
        page = data.decode().split("---\n", 2)[2]
        kinds, _ = shown(page)
        assert not {kind for kind in kinds if "html" in kind or kind in ("image", "fence", "code_block", "table_open")}
        tokens = [
            part for token in MarkdownIt("gfm-like", {"linkify": False}).parse(page) for part in token.children or []
        ]
        links = [str(part.attrs["href"]) for part in tokens if part.type == "link_open"]
        assert links
        assert all(link == "../index.md" or (name == "index.md" and link in files(tmp_path)) for link in links)


def test_what_was_forgotten_or_erased_is_on_no_page(memory: Memory, tmp_path: Path) -> None:
    kept = memory.retain("Tea is kept.", scope="s")
    gone = [memory.retain(f"Secret {number}.", scope="s", subject=f"S{number}", attribute="x") for number in range(2)]
    memory.write_pages(tmp_path)
    memory.forget(gone[0].record.id)
    memory.erase(gone[1].record.id)
    told = memory.write_pages(tmp_path)
    assert (told.removed, told.records) == (2, 1)
    every = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"Secret" not in every
    assert kept.record.id.encode() in every


def test_only_what_has_changed_is_written(memory: Memory, tmp_path: Path) -> None:
    filled(memory).write_pages(tmp_path)
    before = {file: file.stat().st_ino for file in tmp_path.rglob("*.md")}
    assert memory.write_pages(tmp_path).written == 0
    assert {file: file.stat().st_ino for file in tmp_path.rglob("*.md")} == before
    memory.retain("The office is open.", scope="team", title="Office", kind="fact")
    assert memory.write_pages(tmp_path).written == 2  # its page and the index


def test_other_files_stay_and_another_index_is_not_overwritten(memory: Memory, tmp_path: Path) -> None:
    filled(memory).write_pages(tmp_path)
    mine = tmp_path / "mine.md"
    mine.write_text("My own.")
    memory.forget(scope="team")
    memory.write_pages(tmp_path)
    assert mine.read_text() == "My own."
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.md").write_text("# Mine")
    with pytest.raises(InvalidInputError, match=r"whose index\.md is one of earlier pages"):
        memory.write_pages(other)
    assert files(other) == {"index.md": b"# Mine"}
    with pytest.raises(InvalidInputError, match="a directory that pages can be written to"):
        memory.write_pages(mine)


def test_a_list_of_pages_from_outside_removes_nothing_else(memory: Memory, tmp_path: Path) -> None:
    victim = tmp_path / "victim.md"
    victim.write_text("x")
    folder = tmp_path / "pages"
    filled(memory).write_pages(folder)
    (folder / ".ricordo-pages.json").write_text('["../victim.md", "../../etc/x.md", "/a/b.md", 5, "a/../../victim.md"]')
    memory.write_pages(folder)
    assert victim.exists()
    (folder / ".ricordo-pages.json").write_text("[" * 100_000)
    memory.write_pages(folder)


def test_no_page_is_written_through_a_link(memory: Memory, tmp_path: Path) -> None:
    filled(memory)
    memory.write_pages(tmp_path / "pages")
    names = [name for name in files(tmp_path / "pages") if "/" in name]
    outside, folder = tmp_path / "outside", tmp_path / "linked"
    outside.mkdir()
    folder.mkdir()
    (folder / names[0].split("/")[0]).symlink_to(outside)
    with pytest.raises(InvalidInputError, match="no links in the place of"):
        memory.write_pages(folder)
    assert list(outside.iterdir()) == []


def test_a_fault_before_all_is_written_leaves_the_old_pages(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(memory).write_pages(tmp_path)
    before = files(tmp_path)
    memory.retain("The office is open.", scope="team", kind="fact")

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ricordo.plaintext.publish, "index", full)
    with pytest.raises(InvalidInputError, match="No space left on device"):
        memory.write_pages(tmp_path)
    assert files(tmp_path) == before
    assert not [file for file in tmp_path.iterdir() if file.is_dir() and file.name.startswith(".")]


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_fault_while_pages_are_put_in_place_leaves_whole_pages_and_the_next_run_ends_it(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    filled(memory).write_pages(tmp_path / "pages")
    before = files(tmp_path / "pages")
    memory.retain("I moved to Faro.", at="2026-06-03T10:00Z", speaker="Ada", scope="user:ada")
    memory.forget(scope="team")
    memory.write_pages(tmp_path / "whole")
    after, real, left = files(tmp_path / "whole"), os.replace, [stop]

    def replace(old: Any, new: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(5, "Input/output error")
        real(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace)
        try:
            memory.write_pages(tmp_path / "pages")
        except InvalidInputError:
            assert left[0] == 0
    for name, data in files(tmp_path / "pages").items():
        assert data in (before.get(name), after.get(name))
    memory.write_pages(tmp_path / "pages")
    assert files(tmp_path / "pages") == after


def test_a_bound_handle_writes_what_it_may_read(memory: Memory, tmp_path: Path) -> None:
    filled(memory)
    memory.scoped(write="team").write_pages(tmp_path / "bound")
    memory.write_pages(tmp_path / "chosen", scope="team")
    assert files(tmp_path / "bound") == files(tmp_path / "chosen")
    assert b"Lisbon" not in b"".join(files(tmp_path / "bound").values())
    assert memory.scoped(write="team").write_pages(tmp_path / "more", scope="user:ada").records == 0
