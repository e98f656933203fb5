"""Opening what is no sound, writable space: the right error, with path and advice, and not a byte changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import apsw
import pytest

import ricordo
from ricordo import Memory, NotFoundError, StoreError
from ricordo.config import Settings
from ricordo.errors import CorruptError, ForeignFileError, SchemaError
from ricordo.store.migrations import STEPS
from ricordo.testing import FixedClock

NOBODY = 65534


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small space, closed and whole."""
    folder = tmp_path_factory.mktemp("sound") / "space"
    with _open(folder) as memory:
        memory.retain_many([{"content": f"Note number {number} on tea and rain."} for number in range(80)])
    return folder


def _open(folder: Path, *, create: bool = True) -> Memory:
    return Memory.open(folder, embedder=None, clock=FixedClock(), create=create)


def _bytes(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _refused(folder: Path, error: type[StoreError], advice: str) -> None:
    """Assert that a space can't be opened: which error, naming the path and what to do, and nothing changed."""
    before = _bytes(folder)
    with pytest.raises(error, match=advice) as raised:
        _open(folder)
    assert str(folder) in str(raised.value)
    assert _bytes(folder) == before


def test_a_file_of_noise_is_refused(tmp_path: Path) -> None:
    """A file that is no SQLite file is foreign, whatever it holds."""
    for text in ("Dear diary,\n" * 200, "a" * 5000, "x", "SQLite format 2\0" + "y" * 900):
        (tmp_path / "memory.db").write_text(text)
        _refused(tmp_path, ForeignFileError, "not a Ricordo space")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file of another program is foreign: one with tables, with a version, or with a mark of its own."""
    for script in ("CREATE TABLE cat (name TEXT)", "PRAGMA user_version = 1", "PRAGMA application_id = 42"):
        (tmp_path / "memory.db").unlink(missing_ok=True)
        db = apsw.Connection(str(tmp_path / "memory.db"))
        db.execute(script)
        db.close()
        _refused(tmp_path, ForeignFileError, "another program: choose another path")


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1])
def test_a_cut_file_is_refused(share: float, sound: Path, tmp_path: Path) -> None:
    """A file cut short is corrupt, wherever it was cut."""
    folder = Path(shutil.copytree(sound, tmp_path / "space"))
    path = folder / "memory.db"
    os.truncate(path, int(path.stat().st_size * share))
    _refused(folder, CorruptError, "cut short; restore the space from an export")


@pytest.mark.parametrize("size", [1, 15, 16, 50, 99, 100, 511, 512, 4095])
def test_a_file_of_less_than_a_page_is_refused(size: int, sound: Path, tmp_path: Path) -> None:
    """Not even a first page is left: the file is corrupt, or no longer known as a space."""
    folder = Path(shutil.copytree(sound, tmp_path / "space"))
    os.truncate(folder / "memory.db", size)
    _refused(folder, StoreError, "cut short|not a Ricordo space|damaged")


@pytest.mark.parametrize("place", [0, 18, 56, 100, 110])
def test_a_broken_header_is_never_passed_over(place: int, sound: Path, tmp_path: Path) -> None:
    """A broken header is refused at opening, or found by `verify`."""
    folder = Path(shutil.copytree(sound, tmp_path / "space"))
    with (folder / "memory.db").open("r+b") as file:
        file.seek(place)
        file.write(b"\xa5\x5a\xa5\x5a")
    refused = sound_or_refused(folder)
    assert refused is not True
    assert refused is False or str(folder) in str(refused)


def sound_or_refused(folder: Path) -> bool | StoreError:
    """Return whether a space that could be opened verifies, or why it could not be opened."""
    try:
        with _open(folder) as memory:
            return memory.verify().ok
    except StoreError as error:
        return error


def test_a_newer_schema_is_refused(sound: Path, tmp_path: Path) -> None:
    """A space of a newer Ricordo is left alone."""
    folder = Path(shutil.copytree(sound, tmp_path / "space"))
    db = apsw.Connection(str(folder / "memory.db"))
    db.pragma("user_version", len(STEPS) + 1)
    db.close()
    _refused(folder, SchemaError, "install a newer Ricordo")


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A space is a directory: a file in its place is refused, and so is a directory below a file."""
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    with pytest.raises(ForeignFileError, match=r"notes\.txt is a file: a space is a directory"):
        _open(file)
    with pytest.raises(StoreError, match=r"notes\.txt"):
        _open(file / "space")
    assert file.read_text() == "mine"


def test_a_missing_space_is_not_made_unasked(tmp_path: Path) -> None:
    """With `create=False` a missing space is not found, and nothing is made."""
    with pytest.raises(NotFoundError, match="nowhere: retain or import something first"):
        _open(tmp_path / "nowhere", create=False)
    assert list(tmp_path.iterdir()) == []


def test_opening_changes_nothing(sound: Path) -> None:
    """Opening, reading and closing a sound space leaves its file as it was."""
    before = _bytes(sound)
    with _open(sound) as memory:
        assert len(memory.recall("tea")) == 10
        assert memory.verify().ok
    assert _bytes(sound) == before


def test_a_space_closed_twice_stays_closed(sound: Path) -> None:
    """Closing again is harmless; using a closed space is an error that says so."""
    memory = _open(sound)
    memory.close()
    memory.close()
    with pytest.raises(StoreError, match="closed; open it again"):
        memory.recall("tea")


def _as_nobody(script: str, folder: Path) -> str:
    """Run Python as a user without rights, and return what it prints."""
    source = str(Path(ricordo.__file__).parents[1])
    code = f"import sys; sys.path[:0] = {[source, *sys.path]!r}\nimport ricordo.memory, zoneinfo\n{_LOADED}"
    code += f"import os; os.setgid({NOBODY}); os.setuid({NOBODY})\nfolder = {str(folder)!r}\n{_SCRIPT}{script}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


#: Loads what is loaded when it is first asked for: afterwards the place of the modules may be out of reach.
_LOADED = """
with ricordo.Memory.open(":memory:", embedder=None) as first:
    first.retain("Tea at five."), first.recall("tea"), first.verify()
"""
_SCRIPT = """
from ricordo import Memory, Settings
from ricordo.errors import RicordoError
def told(work):
    try:
        return str(work())
    except RicordoError as error:
        return f"{type(error).__name__}: {error}"
open_it = lambda: Memory.open(folder, embedder=None, settings=Settings())
"""
_USE = """
memory = open_it()
print(len(memory.recall("tea")))
print(told(lambda: memory.retain("More tea.")))
print(told(memory.verify))
memory.close()
"""


@pytest.fixture
def lent(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the space that everybody can reach, and nobody but root can write."""
    if os.getuid():
        pytest.skip("only root can become another user")
    folder = Path(shutil.copytree(sound, tmp_path_factory.mktemp("lent") / "space"))
    for parent in (folder, *folder.parents):
        if parent.name.startswith(("lent", "space", "pytest-")):
            parent.chmod(0o755)
    (folder / "memory.db").chmod(0o444)
    return folder


def test_a_read_only_file_can_be_read(lent: Path) -> None:
    """A file without the right to write reads as ever; a write says that the space is read-only."""
    lent.chmod(0o777)
    before = (lent / "memory.db").read_bytes()
    found, written, verified = _as_nobody(_USE, lent).splitlines()
    assert found == "10"
    assert written.startswith("ReadOnlyError: ")
    assert str(lent) in written
    assert "check the rights" in written
    assert "ok=True" in verified
    assert (lent / "memory.db").read_bytes() == before


@pytest.mark.parametrize("rights", [0o444, 0o666])
def test_a_read_only_directory_says_so(rights: int, lent: Path) -> None:
    """A directory without the right to write is an error of its own kind, and nothing changes."""
    (lent / "memory.db").chmod(rights)
    before = _bytes(lent)
    told = _as_nobody("print(told(open_it))", lent)
    assert told.startswith("ReadOnlyError: ")
    assert str(lent) in told
    assert "directory" in told
    assert _bytes(lent) == before


def test_a_directory_that_cannot_be_made_says_so(lent: Path) -> None:
    """Where no directory can be made, the error names the path."""
    told = _as_nobody("folder += '/deeper/space'\nprint(told(open_it))", lent)
    assert told.startswith("StoreError: ")
    assert str(lent / "deeper") in told


def test_a_locked_place_says_so(lent: Path) -> None:
    """A directory that can't be entered, or a file that can't be read, is an error of ours."""
    (lent / "memory.db").chmod(0)
    assert str(lent) in _as_nobody("print(told(open_it))", lent)
    lent.chmod(0o700)
    assert str(lent) in _as_nobody("print(told(open_it))", lent)


def test_opening_again_keeps_the_lock_of_the_first(tmp_path: Path) -> None:
    """Closing any file drops all locks that a process has on it: a space is never opened past SQLite.

    Without its lock another process may take itself for the last one, and remove the log that is still written to.
    """
    asking = (
        "import fcntl, sys\n"
        "with open(sys.argv[1], 'r+b') as file:\n"
        "    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)\n"
    )
    settings = Settings(background=False)
    with Memory.open(tmp_path / "space", embedder=None, settings=settings) as first:
        first.retain("The office is in Lisbon.")
        db = apsw.Connection(str(tmp_path / "space" / "memory.db"))
        db.pragma("wal_checkpoint", "TRUNCATE")  # with a log there is no need for a look
        db.close()
        with Memory.open(tmp_path / "space", embedder=None, settings=settings):
            asked = [sys.executable, "-c", asking, str(tmp_path / "space" / "memory.db")]
            told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert "BlockingIOError" in told.stderr
