"""An I/O error, or a full disk, at every single step of a call: an error of ours, nothing half-written, all goes on."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest
from benchmarks.power import CALLS, Held, held, opened

import ricordo
from ricordo import Memory, StoreError
from ricordo.errors import DiskFullError
from ricordo.testing.disk import Disk, Fault, Kind

SECRET = random.Random(8).randbytes(32).hex()
#: Of so many faults one is looked at from outside, too: what another process finds, and what is found later.
_CLOSELY = 5
Work = Callable[[Memory], Any]


class Fallen(NamedTuple):
    """How a call ended: whether it met the fault, what it returned or raised; what was held before, after, again."""

    met: bool
    returned: Any
    error: Exception | None
    before: Held
    after: Held
    again: Held


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small space, closed and whole."""
    folder = tmp_path_factory.mktemp("filled") / "space"
    with opened(folder) as memory:
        for name in ("retain", "retain", "embed"):
            CALLS[name](memory, random.Random(name))
        memory.retain(f"The word is {SECRET} and tea.", ref="secret")
    return folder


def _id(memory: Memory) -> str:
    return next(record.id for record in memory.list(filters={"ref": "secret"}).records)


WORKS: dict[str, Work] = {
    "retain": lambda memory: memory.retain("Ada moved to Porto.", speaker="Ada", key="once"),
    "update": lambda memory: memory.update(_id(memory), content="Another word and rain."),
    "pieces": lambda memory: CALLS["transact_many"](memory, random.Random(1)),
    "erase": lambda memory: memory.erase(_id(memory)),
    "reindex": lambda memory: memory.reindex(),
    "recall": lambda memory: memory.recall("word and tea"),
}
#: What may fail, and how; the last lasts until it is mended.
FAULTS: dict[str, tuple[Kind, type[apsw.Error], bool]] = {
    "write": ("write", apsw.IOError, False),
    "sync": ("sync", apsw.IOError, False),
    "read": ("read", apsw.IOError, False),
    "open": ("open", apsw.CantOpenError, False),
    "truncate": ("truncate", apsw.IOError, False),
    "full disk": ("write", apsw.FullError, True),
}


def _faults(what: str) -> Iterator[Fault]:
    """Yield a fault for the first step of a kind, for the second, and so on, while there are so many."""
    kind, error, lasting = FAULTS[what]
    number = 0
    while True:
        number += 1
        fault = Fault(kind, number, error, lasting)
        yield fault
        if fault.met < number:
            return


def _sound(folder: Path, expected: Held) -> None:
    with opened(folder) as memory:
        assert held(memory) == expected
        assert memory.verify().problems == ()


def _fall(folder: Path, work: Work, fault: Fault) -> Fallen:
    """Do work on a disk with a fault; read, verify and do it again in the same process; now and then open it anew."""
    returned, error, closely = None, None, fault.kind == "sync" or fault.number % _CLOSELY == 1
    with Disk() as disk:
        memory = opened(folder)
        before = held(memory)
        disk.before = fault
        try:
            returned = work(memory)
        except StoreError as raised:
            error = raised
        assert error is None or str(folder) in str(error)
        met = fault.failed > 0
        if fault.lasting:  # reads go on
            assert memory.recall("word and tea")
        disk.before = None
        after = held(memory)
        if closely:
            _killed(folder, before, after)
        if closely or not fault.lasting:
            assert memory.verify().problems == ()
        if error is not None:
            work(memory)
        again = held(memory)
        memory.close()
    if closely:
        _sound(folder, again)
    return Fallen(met, returned, error, before, after, again)


def _killed(folder: Path, before: Held, after: Held) -> None:
    """Look at what another process finds when this one is killed now: after a failed sync it may be either."""
    left = folder.with_name("killed")
    shutil.copytree(folder, left, ignore=shutil.ignore_patterns("*-shm"))
    with opened(left) as memory:
        found = held(memory)
        assert memory.verify().problems == ()
    assert found == after or (after == before and found.seq > before.seq)
    shutil.rmtree(left)


#: What each of them asks of the disk.
ASKED = {
    "retain": ("write", "sync", "read", "full disk"),
    "update": ("write", "sync", "read", "full disk"),
    "pieces": ("write", "sync", "read", "full disk"),
    "erase": ("write", "sync", "read", "truncate", "full disk"),
    "reindex": ("write", "sync", "read", "full disk"),
    "recall": ("read",),
}


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, parts in ASKED.items() for what in parts])
def test_every_step_may_fail(name: str, what: str, filled: Path, tmp_path: Path) -> None:
    """Whichever step of a call fails, the call fails whole and works when it is made again."""
    fell = 0
    for fault in _faults(what):
        folder = Path(shutil.copytree(filled, tmp_path / "space"))
        told = _fall(folder, WORKS[name], fault)
        shutil.rmtree(folder)
        fell += told.met
        if told.error is not None:
            assert told.after == told.before
            assert told.again.seq > told.before.seq or name in ("reindex", "recall")
            assert isinstance(told.error, DiskFullError) == (what == "full disk")
        elif told.met and name != "recall":  # the erasure itself was committed
            assert (name, told.returned.status, told.after.seq) == ("erase", "pending", told.before.seq + 1)
            assert told.returned.reason
    assert fell


_OPENING = [(True, what) for what in ("write", "sync", "read", "open", "full disk")] + [
    (False, "read"),
    (False, "open"),
]


@pytest.mark.parametrize(("fresh", "what"), _OPENING)
def test_opening_may_fail(fresh: bool, what: str, filled: Path, tmp_path: Path) -> None:
    """Whichever step of making or opening a space fails, it can be opened when that is mended."""
    for fault in _faults(what):
        folder = tmp_path / "space"
        if not fresh:
            shutil.copytree(filled, folder)
        with Disk(fault) as disk:
            with suppress(StoreError):
                opened(folder).close()
            disk.before = None
            with opened(folder) as memory:
                assert memory.stats().seq == (0 if fresh else 3)
                assert memory.verify().problems == ()
        shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["write", "sync", "read", "truncate", "full disk"])
def test_closing_may_fail(what: str, filled: Path, tmp_path: Path) -> None:
    """Whichever step of closing a space fails, nothing is lost, and a memory closed so is closed."""
    for fault in _faults(what):
        folder = Path(shutil.copytree(filled, tmp_path / "space"))
        with Disk() as disk:
            memory = opened(folder)
            memory.retain("Ada moved to Porto.")
            before = held(memory)
            disk.before = fault
            with suppress(StoreError):
                memory.close()
            disk.before = None
            memory.close()
            with pytest.raises(StoreError, match="closed"):
                memory.stats()
        _sound(folder, before)
        shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["write", "sync", "read", "full disk"])
def test_a_checkpoint_may_fail(what: str, filled: Path, tmp_path: Path) -> None:
    """A write is there whole or not at all where the log can't be moved into the file, and once when repeated."""
    for fault in _faults(what):
        folder = Path(shutil.copytree(filled, tmp_path / "space"))
        with Disk() as disk:
            memory = opened(folder)
            db = memory._engine.store._db  # type: ignore[attr-defined]
            db.execute("PRAGMA wal_autocheckpoint = 1")
            disk.before = fault
            with suppress(StoreError):
                memory.retain("Ada moved to Porto.", key="once")
            disk.before = None
            assert memory.stats().seq in (3, 4)
            memory.retain("Ada moved to Porto.", key="once")
            assert memory.stats().seq == 4
            assert memory.verify().problems == ()
            after = held(memory)
            memory.close()
        _sound(folder, after)
        shutil.rmtree(folder)


# -- real limits -------------------------------------------------------------------------------------------------


def _fill(memory: Memory, error: type[StoreError]) -> int:
    """Write until that fails; return how many writes were acknowledged."""
    done = [0]

    def write() -> None:
        while True:
            memory.retain(f"Note {done[0]}: rain and tea. " * 20, key=f"note {done[0]}")
            done[0] += 1

    with pytest.raises(error):
        write()
    return done[0]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_file_system_may_be_full(small: Path) -> None:
    """On a file system without room a write says so, reads go on, and all goes on when there is room again."""
    ballast = small / "ballast"
    ballast.write_bytes(bytes(600_000))
    with opened(small / "space") as memory:
        done = _fill(memory, DiskFullError)
        assert memory.stats().records == done
        assert len(memory.recall("rain and tea")) == 10
        assert memory.verify().problems == ()
        ballast.unlink()
        memory.retain(f"Note {done}: rain and tea. " * 20, key=f"note {done}")
        expected = held(memory)
        assert expected.seq == done + 1
    _sound(small / "space", expected)


_BOUNDED = """
import resource, sys
from ricordo import Memory
from ricordo.errors import StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
memory, done = Memory.open(sys.argv[1], embedder=None), 0
try:
    while True:
        memory.retain(f"Note {done}: rain and tea. " * 20)
        done += 1
except StoreError as error:
    print(error)
assert memory.stats().records == done and len(memory.recall("rain and tea")) == 10
assert memory.verify().problems == ()
memory.close()
print(done)
"""


def test_a_process_may_write_no_longer_files(tmp_path: Path) -> None:
    """Where the system refuses longer files, a write fails whole with an error of ours; reads go on."""
    environment = {"PYTHONPATH": str(Path(ricordo.__file__).parents[1])}
    command = [sys.executable, "-c", _BOUNDED, str(tmp_path / "space")]
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.splitlines()
    assert "repeat it with the same key" in told[0]
    with opened(tmp_path / "space") as memory:
        assert memory.stats().records == int(told[1]) > 10
        assert memory.verify().problems == ()
