"""The disk that loses power does what a disk may do, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest

from ricordo.testing.disk import SECTOR, Disk, Fault, Left, Step

ONE, TWO, THREE = (bytes([letter]) * 1024 for letter in b"123")
MAIN = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE
LOG = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE


def _left(disk: Disk, path: Path, left: Left, seed: int) -> bytes | None:
    return disk.survivors(left=left, draw=random.Random(seed)).get(str(path))


def test_what_was_synced_is_left(tmp_path: Path) -> None:
    """Of what was written since, nothing, the first of it or any of it is left; sectors are whole or gone."""
    with Disk() as disk:
        file = disk.xOpen(str(tmp_path / "a"), [MAIN, 0])
        file.xWrite(ONE, 0)
        file.xSync(0)
        file.xWrite(TWO, 1024)
        file.xWrite(THREE, 2048)
        file.xClose()
    path = tmp_path / "a"
    assert _left(disk, path, "nothing", 0) == ONE
    assert disk.survivors(syncs=False) == {}
    first = {_left(disk, path, "first", seed) for seed in range(60)}
    anything = {_left(disk, path, "any", seed) for seed in range(300)}
    assert {ONE, ONE + TWO, ONE + TWO + THREE, ONE + TWO[:SECTOR], ONE + bytes(SECTOR) + TWO[SECTOR:]} <= first
    assert ONE + bytes(1024) + THREE in anything - first
    for found in first | anything:
        assert found is not None
        assert found.startswith(ONE)
        sectors = [found[at : at + SECTOR] for at in range(1024, len(found), SECTOR)]
        assert all(len(set(part)) == 1 for part in sectors)


def test_a_cut_that_was_not_synced_may_be_undone(tmp_path: Path) -> None:
    """The length of a file is kept like its content."""
    path = tmp_path / "a"
    path.write_bytes(ONE + TWO)
    with Disk() as disk:
        file = disk.xOpen(str(path), [MAIN, 0])
        file.xTruncate(1024)
        assert path.read_bytes() == ONE
        assert {_left(disk, path, "any", seed) for seed in range(20)} == {ONE, ONE + TWO}
        file.xSync(0)
        file.xClose()
    assert _left(disk, path, "nothing", 0) == ONE


def test_names_wait_for_the_directory(tmp_path: Path) -> None:
    """A deleted file may come back until a deletion, or a new log, syncs the directory; a new one needs a sync."""
    gone, log = tmp_path / "gone", tmp_path / "main-wal"
    gone.write_bytes(ONE)
    (tmp_path / "main").touch()
    with Disk() as disk:
        disk.xOpen(str(gone), [MAIN, 0]).xClose()
        disk.xDelete(str(gone), False)
        assert _left(disk, gone, "nothing", 0) == ONE
        assert {_left(disk, gone, "any", seed) for seed in range(20)} == {None, ONE}
        file = disk.xOpen(str(log), [LOG, 0])
        file.xWrite(TWO, 0)
        assert disk.survivors() == {str(gone): ONE}
        file.xSync(0)
        assert disk.survivors() == {str(log): TWO}
        file.xClose()
        disk.xDelete(str(log), True)
        assert disk.survivors() == {}


def test_a_file_made_anew_is_another(tmp_path: Path) -> None:
    """What was written to a file that is gone says nothing about the next of its name."""
    path = tmp_path / "main-wal"
    (tmp_path / "main").touch()
    with Disk() as disk:
        for content in (ONE, TWO):
            file = disk.xOpen(str(path), [LOG, 0])
            file.xWrite(content[:700], 0)
            file.xSync(0)
            file.xClose()
            disk.xDelete(str(path), False)
    assert _left(disk, path, "nothing", 0) == TWO[:700]
    assert _left(disk, path, "nothing", 0) == disk.survivors(len(disk.steps) - 1)[str(path)]
    assert disk.survivors(3) == {str(path): ONE[:700]}


def test_what_is_left_is_written_to_a_folder(tmp_path: Path) -> None:
    """A space that lost power can be opened from there, and the real one goes on."""
    with Disk() as disk:
        db = apsw.Connection(str(tmp_path / "one.db"))
        db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE one (a)").fetchall()
        db.execute("INSERT INTO one VALUES (1)")
        at = len(disk.steps)
        db.execute("INSERT INTO one VALUES (2)")
        db.close()
    disk.lose_power(tmp_path / "lost", at)
    lost, real = (apsw.Connection(str(folder / "one.db")) for folder in (tmp_path / "lost", tmp_path))
    assert [lost.execute("SELECT max(a) FROM one").get, real.execute("SELECT max(a) FROM one").get] == [1, 2]
    lost.close()
    real.close()


def test_a_write_that_fails_is_half_done(tmp_path: Path) -> None:
    """A fault fails the step it was told to, all after it where it lasts, and none of another kind."""
    path = tmp_path / "a"
    fault = Fault("write", 2, apsw.FullError, lasting=True)
    with Disk(fault) as disk:
        file = disk.xOpen(str(path), [MAIN, 0])
        file.xWrite(ONE, 0)
        for _ in range(2):
            with pytest.raises(apsw.FullError, match=r"write \d of a fails"):
                file.xWrite(TWO, 1024)
        file.xSync(0)
        fault.lasting = False
        file.xWrite(THREE, 2048)
        file.xClose()
    assert path.read_bytes() == ONE + TWO[:512] + bytes(512) + THREE
    assert (fault.met, fault.failed) == (4, 2)
    assert disk.steps[-1] == Step("write", str(path), 1, 2048, THREE)


def test_a_sync_that_fails_loses_what_it_was_to_keep(tmp_path: Path) -> None:
    """What was written before it is shown, and lost with the power, whatever is synced later."""
    path = tmp_path / "a"
    with Disk(Fault("sync", 2)) as disk:
        file = disk.xOpen(str(path), [MAIN, 0])
        file.xWrite(ONE, 0)
        file.xSync(0)
        file.xWrite(TWO, 0)
        with pytest.raises(apsw.IOError, match="sync 2 of a"):
            file.xSync(0)
        assert file.xRead(1024, 0) == TWO
        file.xWrite(THREE, 1024)
        file.xSync(0)
        file.xClose()
    assert _left(disk, path, "nothing", 0) == ONE + THREE
