"""Backups: made while others write, whole, restorable, and rotated only when the new one is good."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.errors import AccessError, ArchiveError, InvalidInputError, StoreError
from ricordo.store.backup import back_up
from ricordo.testing.postgres import PostgresServer

Ask = Callable[..., Any]
NOW = datetime(2026, 5, 3, 10, tzinfo=UTC)
#: Writes until it is told to stop, and says each number that was acknowledged.
_WRITER = """
import sys
from ricordo import Memory
with Memory.open(sys.argv[1], embedder=None, reranker=None, language_model=None) as memory:
    number = 0
    while True:
        memory.retain(f"Writer {sys.argv[2]} wrote {number}.", ref=f"{sys.argv[2]}:{number}")
        print(number, flush=True)
        number += 1
"""


@contextmanager
def writers(location: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    running = [
        subprocess.Popen([sys.executable, "-c", _WRITER, location, str(name)], stdout=subprocess.PIPE, text=True)
        for name in range(count)
    ]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.communicate(timeout=30)


def acknowledged(one: subprocess.Popen[str], least: int) -> int:
    """Wait until a writer has said `least` numbers, and return the last."""
    assert one.stdout is not None
    number = -1
    while number < least - 1:
        number = int(one.stdout.readline())
    return number


def check_under_fire(location: str, folder: Path, ask: Ask, tmp_path: Path) -> None:
    with writers(location, 2) as running:
        last = [acknowledged(one, 20) for one in running]
        told = ask("--space", location, "backup", str(folder), "--keep", "1")
        assert [one.poll() for one in running] == [None, None]
    [archive] = folder.iterdir()
    assert str(archive) == told["backup"]["path"]
    with Memory.restore(archive, tmp_path / "restored", embedder=None) as memory:
        assert memory.verify().ok
        assert memory.stats().seq == told["backup"]["seq"]
        refs = {record.ref for record in memory.list(limit=10_000).records}
    assert refs >= {f"{name}:{number}" for name, most in enumerate(last) for number in range(most + 1)}


def test_everything_acknowledged_before_is_in_it(ask: Ask, tmp_path: Path) -> None:
    check_under_fire(str(tmp_path / "space"), tmp_path / "backups", ask, tmp_path)


def test_everything_acknowledged_before_is_in_it_from_a_database(
    ask: Ask, tmp_path: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RICORDO_FOLLOWERS", str(tmp_path / "followers"))
    with server.database() as url:
        location = f"{url}{'&' if '?' in url else '?'}space=team"
        check_under_fire(location, tmp_path / "backups", ask, tmp_path)
    assert next((tmp_path / "backups").iterdir()).name.startswith("team-")


def test_only_its_owner_may_read_it(ask: Ask, tmp_path: Path) -> None:
    ask("retain", "I live in Porto.")
    told = ask("backup", str(tmp_path / "new" / "backups"))
    assert Path(told["backup"]["path"]).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new" / "backups").stat().st_mode & 0o777 == 0o700


def test_it_can_be_rehearsed(ask: Ask, tmp_path: Path, run: Callable[..., Any]) -> None:
    ask("retain", "I live in Porto.")
    told = ask("backup", str(tmp_path / "backups"), "--rehearse")
    assert told["rehearsal"]["ok"] is True
    assert len(list((tmp_path / "backups").iterdir())) == 1
    assert "Sound" in run("backup", str(tmp_path / "backups"), "--rehearse").stdout


def test_there_must_be_a_space_and_a_folder(run: Callable[..., Any], tmp_path: Path) -> None:
    run("backup", str(tmp_path / "backups"), code=3)
    assert not (tmp_path / "backups").exists()
    with pytest.raises(InvalidInputError, match="keep"):
        back_up(_never, tmp_path, name="x", now=NOW, keep=-1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInputError, match="folder"):
        back_up(_never, tmp_path / "file", name="x", now=NOW)


def _never(path: Path) -> None:
    raise AssertionError(path)


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "space", embedder=None) as memory:
        memory.retain("I live in Porto.")
        yield memory


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_oldest_go_and_nothing_else(space: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with Memory.open(tmp_path / "other", embedder=None) as other:
        other.retain("Another space of the same name.")
        back_up(other.export, folder, name="space", now=NOW - timedelta(days=1))
    (folder / "space-20200101T000000Z.ricordo").write_text("damaged")
    (folder / "notes.txt").write_text("mine")
    before = names(folder)
    made = [back_up(space.export, folder, name="space", now=NOW + timedelta(days=day)) for day in range(3)]
    assert [one.removed for one in made] == [(), (), ()]
    last = back_up(space.export, folder, name="space", now=NOW + timedelta(days=3), keep=2)
    assert last.removed == (made[0].path, made[1].path)
    assert names(folder) == sorted([*before, made[2].path.name, last.path.name])
    only = back_up(space.export, folder, name="space", now=NOW + timedelta(days=4), keep=1)
    assert names(folder) == sorted([*before, only.path.name])


def test_two_in_one_second_are_two(space: Memory, tmp_path: Path) -> None:
    made = [back_up(space.export, tmp_path / "backups", name="a b/ü", now=NOW) for _ in range(3)]
    assert [one.path.name for one in made] == [f"a-b-20260503T100000Z{end}.ricordo" for end in ("", "-2", "-3")]


@pytest.mark.parametrize("damage", ["cut", "flipped", "old"])
def test_what_can_not_be_read_again_never_gets_a_name(space: Memory, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "backups"
    good = back_up(space.export, folder, name="space", now=NOW)
    least = space.stats().seq + (1 if damage == "old" else 0)

    def write(path: Path) -> None:
        space.export(path)
        raw = bytearray(path.read_bytes())
        if damage == "flipped":
            raw[60] ^= 1
        path.write_bytes(raw[: len(raw) // 2] if damage == "cut" else raw)

    with pytest.raises(ArchiveError):
        back_up(write, folder, name="space", now=NOW + timedelta(days=1), least=least, keep=1)
    assert names(folder) == [good.path.name]


def test_a_full_disk_is_told_and_leaves_nothing(space: Memory, tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        back_up(write, tmp_path / "backups", name="space", now=NOW)
    assert names(tmp_path / "backups") == []


def test_who_may_not_copy_the_space_is_told_so(space: Memory, tmp_path: Path) -> None:
    bound = space.scoped(write="team")
    with pytest.raises(AccessError):
        back_up(bound.export, tmp_path / "backups", name="space", now=NOW)
    assert names(tmp_path / "backups") == []


def test_what_an_interrupted_backup_left_goes_when_it_is_old(space: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name, age in (("old", 90_000), ("young", 60)):
        left = folder / f".{name}-20260502T100000Z.ricordo.part"
        left.write_bytes(b"half")
        os.utime(left, (left.stat().st_atime, left.stat().st_mtime - age))
    made = back_up(space.export, folder, name="space", now=NOW)
    assert names(folder) == [".young-20260502T100000Z.ricordo.part", made.path.name]


def test_json_names_what_was_done(ask: Ask, tmp_path: Path) -> None:
    ask("retain", "I live in Porto.")
    told = [ask("backup", str(tmp_path / "backups"), "--keep", "1") for _ in range(2)]
    assert told[1]["backup"]["removed"] == [told[0]["backup"]["path"]]
    assert told[1]["rehearsal"] is None
    assert json.dumps(told).count("Porto") == 0
