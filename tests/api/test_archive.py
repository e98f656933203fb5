"""Export and restore: a round trip that is equal, and archives that are refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ricordo import ArchiveError, InvalidInputError, Memory, RicordoError
from ricordo.testing import FixedClock


@pytest.fixture
def archive(space: Memory, tmp_path: Path) -> Path:
    space.retain_many([{"content": f"note {i} on tea", "scope": "a", "ref": str(i)} for i in range(30)])
    space.retain("Ada lives in Porto", subject="Ada", attribute="home", value="Porto", at="2026-01-01", key="k")
    space.retain("Ada lives in Ghent", subject="Ada", attribute="home", value="Ghent", at="2026-02-01")
    space.erase(space.retain("erase me").record.id)
    return space.export(tmp_path / "out.ricordo")


def test_the_round_trip_is_equal(space: Memory, archive: Path, tmp_path: Path, clock: FixedClock) -> None:
    with Memory.restore(archive, tmp_path / "copy", embedder=None, clock=clock) as copy:
        assert copy.verify().ok
        for query in ("note tea", "where does Ada live", "erase"):
            for at in ({}, {"as_of": 20}, {"valid_at": "2026-01-15"}):
                assert copy.recall(query, k=30, **at) == space.recall(query, k=30, **at)  # type: ignore[arg-type]
        assert copy.list(limit=100) == space.list(limit=100)
        again = copy.retain(
            "Ada lives in Porto", subject="Ada", attribute="home", value="Porto", at="2026-01-01", key="k"
        )
        assert again.repeated


def test_an_erased_text_is_not_in_the_archive(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        assert b"erase me" not in file.read("log.jsonl")


def test_a_space_is_never_overwritten(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="path"):
        Memory.restore(archive, tmp_path / "space")


def rewritten(archive: Path, log: bytes | None = None, manifest: bytes | None = None, **extra: bytes) -> Path:
    with zipfile.ZipFile(archive) as file:
        parts = {"log.jsonl": file.read("log.jsonl"), "manifest.json": file.read("manifest.json")}
    parts.update({"log.jsonl": log} if log is not None else {}, **extra)
    parts.update({"manifest.json": manifest} if manifest is not None else {})
    target = archive.with_name("bad.ricordo")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return target


def refused(path: Path, tmp_path: Path) -> str:
    target = tmp_path / "never"
    with pytest.raises(ArchiveError) as caught:
        Memory.restore(path, target)
    assert not target.exists()
    assert [part.name for part in tmp_path.iterdir() if part.name.startswith(".never")] == []
    return str(caught.value)


def test_a_cut_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        cut = tmp_path / "cut.ricordo"
        cut.write_bytes(whole[:length])
        refused(cut, tmp_path)


def test_a_flipped_byte_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for spot in range(0, len(whole), max(1, len(whole) // 60)):
        bad = bytearray(whole)
        bad[spot] ^= 0x40
        path = tmp_path / "flipped.ricordo"
        path.write_bytes(bytes(bad))
        try:
            with Memory.restore(path, tmp_path / f"copy{spot}") as copy:
                assert copy.verify().ok  # a byte of the zip directory that carries nothing, such as a date
        except RicordoError:
            assert not (tmp_path / f"copy{spot}").exists()


def test_altered_logs_are_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        log = file.read("log.jsonl")
        manifest = json.loads(file.read("manifest.json"))
    lines = log.splitlines(keepends=True)
    assert "differs" in refused(rewritten(archive, b"".join(lines[:-1])), tmp_path)
    refused(rewritten(archive, b"".join(lines[1:])), tmp_path)
    refused(rewritten(archive, log.replace(b"note 3", b"note 4")), tmp_path)
    refused(rewritten(archive, b"".join([lines[1], lines[0], *lines[2:]])), tmp_path)
    refused(rewritten(archive, b"not json\n" * 3), tmp_path)
    assert "longer" in refused(rewritten(archive, log + lines[-1]), tmp_path)
    assert "altered" in refused(rewritten(archive, None, json.dumps({**manifest, "seq": 3}).encode()), tmp_path)
    refused(rewritten(archive, None, b"[]"), tmp_path)
    refused(rewritten(archive, None, json.dumps({**manifest, "version": 9}).encode()), tmp_path)


def test_a_path_out_of_the_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    assert "nothing else" in refused(rewritten(archive, **{"../evil.txt": b"x"}), tmp_path)
    assert not (tmp_path.parent / "evil.txt").exists()


def test_a_zip_bomb_is_refused(archive: Path, tmp_path: Path) -> None:
    assert "unpack" in refused(rewritten(archive, b"\0" * 50_000_000), tmp_path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    refused(text, tmp_path)
    refused(tmp_path / "missing", tmp_path)
    refused(tmp_path, tmp_path)
