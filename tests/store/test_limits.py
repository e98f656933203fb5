"""A full disk and a held lock: an error that says so, nothing half-written, and all is well afterwards."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

import ricordo
from ricordo import BusyError, Memory, Settings
from ricordo.errors import DiskFullError
from ricordo.store.base import Visible
from ricordo.testing import FixedClock
from ricordo.testing.operations import START

BOUND = 400_000
WRITERS, SECONDS = 4, 2.0


def _open(folder: Path, *, max_file_bytes: int = 0, busy_deadline_s: float = 30) -> Memory:
    settings = Settings(max_file_bytes=max_file_bytes, busy_deadline_s=busy_deadline_s)
    return Memory.open(folder, embedder=None, clock=FixedClock(), settings=settings)


def _notes(count: int, start: int = 0) -> list[dict[str, str]]:
    numbers = range(start, start + count)
    return [{"content": f"Note {number}: rain and tea. " * 8, "ref": f"D{number}"} for number in numbers]


def _fill(memory: Memory) -> int:
    """Write until nothing fits; return how many writes were acknowledged."""
    done = [0]

    def write() -> None:
        while True:
            done[0] += len(memory.retain_many(_notes(7, done[0])))

    with pytest.raises(DiskFullError, match="nothing was written; free space or raise max_file_bytes"):
        write()
    return done[0]


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """At the bound a write fails whole; reads go on, and the space is sound, also when opened again."""
    with _open(tmp_path, max_file_bytes=BOUND) as memory:
        done = _fill(memory)
        assert (tmp_path / "memory.db").stat().st_size <= BOUND
        assert memory.stats().records == done
        assert len(memory.recall("rain and tea")) == 10
        assert memory.verify().ok
        with pytest.raises(DiskFullError):
            memory.retain_many(_notes(7, done))
        assert memory.stats().records == done
    with _open(tmp_path, max_file_bytes=BOUND) as memory:
        assert memory.stats().records == done
        assert memory.verify().ok


def test_a_raised_bound_lets_writes_go_on(tmp_path: Path) -> None:
    """After the bound is raised the same write works."""
    with _open(tmp_path, max_file_bytes=BOUND) as memory:
        done = _fill(memory)
    with _open(tmp_path, max_file_bytes=4 * BOUND) as memory:
        assert len(memory.retain_many(_notes(7, done))) == 7
        assert memory.stats().records == done + 7
        assert memory.verify().ok


def test_erasing_makes_room(tmp_path: Path) -> None:
    """A full space can be erased from, unless the erasure itself finds no room; then nothing is half done."""
    with _open(tmp_path, max_file_bytes=BOUND) as memory:
        done = _fill(memory)
        ids = [record.id for record in memory.list(limit=done).records]
        for id in ids[: done // 2]:
            try:
                memory.erase(id)
            except DiskFullError:
                continue
        assert memory.verify().ok
        gone = memory.stats().statuses.get("erased", 0)
        assert memory.stats().records == done - gone


def test_a_held_space_is_busy(tmp_path: Path) -> None:
    """A writer that finds the space held past its deadline gives up, with nothing written; reads go on."""
    with _open(tmp_path, busy_deadline_s=0.2) as memory:
        memory.retain("Ada likes tea.")
        other = apsw.Connection(str(tmp_path / "memory.db"))
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(BusyError, match=r"memory\.db: other writers held the space for 0\.2 s; try again"):
            memory.retain("Ada likes rain.")
        assert 0.2 <= time.monotonic() - began < 2
        assert len(memory.recall("Ada")) == 1
        other.execute("ROLLBACK")
        other.close()
        assert memory.stats().seq == 1
        assert memory.retain("Ada likes rain.").event == 2
        assert memory.verify().ok


def test_threads_share_a_memory(tmp_path: Path) -> None:
    """Writers and readers in threads of one process lose nothing."""
    with _open(tmp_path) as memory:

        def write(who: int) -> None:
            for number in range(40):
                memory.retain(f"Note {who} {number}.")

        writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            seen = memory.stats()
            assert seen.records == seen.seq
        for writer in writers:
            writer.join()
        assert memory.stats().records == 160
        assert memory.verify().ok


_WRITER = """
import sys, time
from ricordo import Memory
with Memory.open(sys.argv[1], embedder=None) as memory:
    number, end = 0, time.monotonic() + float(sys.argv[3])
    while time.monotonic() < end:
        verdict = memory.retain(f"Writer {sys.argv[2]} says {number}.", ref=f"{sys.argv[2]}:{number}")
        print(verdict.event, verdict.record.ref)
        number += 1
"""


def test_processes_make_a_space_together(tmp_path: Path) -> None:
    """Processes that open a space at once, before it exists, make one space between them."""
    for turn in range(6):
        started = [_start(str(tmp_path / str(turn)), str(who), "0.01") for who in range(WRITERS)]
        lines = [process.communicate(timeout=60)[0].split("\n")[:-1] for process in started]
        assert [process.returncode for process in started] == [0] * WRITERS
        with _open(tmp_path / str(turn)) as memory:
            assert sorted(_told(lines)) == list(range(1, memory.stats().seq + 1))
            assert memory.verify().ok


def _start(*arguments: str) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": str(Path(ricordo.__file__).parents[1])}
    command = [sys.executable, "-c", _WRITER, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_processes_share_a_space(tmp_path: Path) -> None:
    """Several processes write at once: nothing is lost, no seq is given twice, the chain holds, no one starves."""
    started = [_start(str(tmp_path), str(who), str(SECONDS)) for who in range(WRITERS)]
    lines = [process.communicate(timeout=60)[0].split("\n")[:-1] for process in started]
    assert [process.returncode for process in started] == [0] * WRITERS
    told = _told(lines)
    with _open(tmp_path) as memory:
        assert sorted(told) == list(range(1, memory.stats().seq + 1))
        with memory._engine.store.read() as snapshot:
            kept = {
                row.record.event: row.record.ref for row in snapshot.page(Visible(scopes=None, now=START), 0, 1 << 30)
            }
        assert kept == told
        assert memory.verify().ok
    assert min(map(len, lines)) > max(map(len, lines)) / 10


def _told(lines: Sequence[Sequence[str]]) -> dict[int, str]:
    pairs = [line.split() for part in lines for line in part]
    assert len({seq for seq, _ in pairs}) == len(pairs)
    return {int(seq): ref for seq, ref in pairs}


def test_endless_patience_is_patience(tmp_path: Path) -> None:
    """A deadline past what locks take is the longest they take."""
    with _open(tmp_path / "space", busy_deadline_s=1e15) as memory:
        memory.retain("The office is in Lisbon.")
        assert len(memory.recall("office")) == 1
