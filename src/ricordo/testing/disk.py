"""A disk that loses power and fails on command: a SQLite VFS that writes down what it is asked, in order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import apsw

SECTOR = 512
Kind: TypeAlias = Literal["open", "read", "write", "sync", "truncate", "delete", "forget"]
#: What a loss of power leaves of what was not synced: nothing, the first of it in order, or any of it.
Left: TypeAlias = Literal["nothing", "first", "any"]
#: SQLite syncs the directory with the first sync of a new one of these.
_LASTING = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL | apsw.SQLITE_OPEN_WAL


class Step(NamedTuple):
    """One thing that was asked of a file.

    Args:
        kind: What; "forget" is a sync that failed.
        path: Name of the file.
        file: Which file of this name: one that is deleted and made again is another.
        offset: Where it reads or writes, or the length it is cut to, in bytes.
        data: What it writes.
        lasting: Whether the directory is synced: at once with a deletion, with the first sync of a new file.
    """

    kind: Kind
    path: str
    file: int
    offset: int = 0
    data: bytes = b""
    lasting: bool = False


class Disk(apsw.VFS):
    """While it is entered, every new SQLite connection of the process goes through it.

    Files are read and written as ever, but not synced: `survivors` tells what a loss of power would have left after
    any step. What there was before counts as safe. It models one process: what others write is not seen.

    A sync makes safe what the file was given, and its name; other names of the directory where SQLite syncs that. One
    that fails loses what it was to make safe, as on Linux: reads still show it, and no later sync helps. A sector of
    512 bytes is written whole or not at all. The file of shared memory (-shm) is always lost.

    Args:
        before: Called with each step before it is done; what it raises, SQLite meets. Of a write that fails so, the
            first half is done.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Disk() as disk:
    ...     db = apsw.Connection(f"{folder}/one.db")
    ...     mode, done = db.pragma("journal_mode", "wal"), db.execute("PRAGMA synchronous = FULL; CREATE TABLE one (a)")
    ...     after = len(disk.steps)
    ...     done = db.execute("PRAGMA synchronous = NORMAL; INSERT INTO one VALUES (1)")
    ...     disk.lose_power(Path(folder, "lost"))
    ...     db.close()
    ...     lost = apsw.Connection(f"{folder}/lost/one.db")
    ...     rows = lost.execute("SELECT a FROM one").fetchall()
    ...     lost.close()
    >>> len(disk.steps) > after, rows
    (True, [])
    """

    def __init__(self, before: Callable[[Step], None] | None = None) -> None:
        self.before = before
        #: What changed files, in order, and the syncs among it.
        self.steps: list[Step] = []
        self._found: list[tuple[Step, bytes]] = []
        self._numbers: dict[str, int] = {}
        self._met = 0
        self._base = apsw.vfs_names()[0]
        super().__init__("ricordo-disk", self._base, makedefault=True)

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_: object) -> None:
        self.unregister()

    # -- what SQLite asks --------------------------------------------------------------------------------------

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file, and remember what it held when it is met first."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile(self._base, name, flags)
        known = self._numbers.get(path)
        step = Step("open", path, known or self._met + 1, lasting=bool(flags[0] & _LASTING))
        self.ask(step)
        there = Path(path).read_bytes() if known is None and Path(path).exists() else None
        file = _File(self, step.file, path, name, flags)
        if known is None:
            self._numbers[path] = self._met = step.file
            if there is None:
                self.steps.append(step)
            else:
                self._found.append((step, there))
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Delete a file."""
        step = Step("delete", filename, self._numbers.get(filename, 0), lasting=bool(syncdir))
        self.ask(step)
        super().xDelete(filename, syncdir)
        self._numbers.pop(filename, None)
        self.steps.append(step)

    def ask(self, step: Step) -> None:
        """Say what is about to be done."""
        if self.before is not None:
            self.before(step)

    # -- what is left ------------------------------------------------------------------------------------------

    def survivors(
        self, at: int | None = None, left: Left = "nothing", draw: random.Random | None = None, *, syncs: bool = True
    ) -> dict[str, bytes]:
        """Return by path what a loss of power leaves.

        Args:
            at: It comes after so many of `steps`; None is all of them.
            left: What it leaves of what was not synced; with "first" the last write is torn, with "any" any may be.
            draw: Draws that; by default the same every time.
            syncs: Whether a sync did what it should; False is a disk that lies.
        """
        safe = _Safe(self._found)
        waiting: list[Step] = []
        for step in self.steps[:at]:
            if step.kind == "forget":
                waiting = [one for one in waiting if one.file != step.file or one.kind not in ("write", "truncate")]
                continue
            waiting.append(step)
            if syncs and (step.kind == "sync" or step.lasting):
                waiting = safe.synced(waiting, step)
        for step in _LEFT[left](waiting, draw or random.Random(0)):
            safe.apply(step)
        return safe.files()

    def lose_power(
        self,
        folder: Path,
        at: int | None = None,
        left: Left = "nothing",
        draw: random.Random | None = None,
        *,
        syncs: bool = True,
    ) -> None:
        """Write into a new folder what a loss of power leaves; arguments as of `survivors`."""
        folder.mkdir(parents=True)
        for path, content in self.survivors(at, left, draw, syncs=syncs).items():
            (folder / Path(path).name).write_bytes(content)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, number: int, path: str, name: Any, flags: list[int]) -> None:
        self._disk, self._number, self._path = disk, number, path
        super().__init__(disk._base, name, flags)

    def _ask(self, kind: Kind, offset: int = 0, data: bytes = b"") -> Step:
        step = Step(kind, self._path, self._number, offset, data)
        self._disk.ask(step)
        return step

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Read."""
        self._ask("read", offset)
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        """Write; half of it where that fails."""
        given = bytes(data)
        try:
            self._ask("write", offset, given)
        except apsw.Error:
            self._write(given[: len(given) // 2], offset)
            raise
        self._write(given, offset)

    def _write(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._disk.steps.append(Step("write", self._path, self._number, offset, data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Cut the file to a length, or fill it up with zeros."""
        step = self._ask("truncate", newsize)
        super().xTruncate(newsize)
        self._disk.steps.append(step)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Note that what was written is safe; the real file is not synced."""
        try:
            step = self._ask("sync")
        except apsw.Error:
            self._disk.steps.append(Step("forget", self._path, self._number))
            raise
        self._disk.steps.append(step)


class _Safe:
    """Files as they would be found."""

    def __init__(self, found: Sequence[tuple[Step, bytes]]) -> None:
        self._numbers = {step.path: step.file for step, _ in found}
        self._content = {step.file: bytearray(content) for step, content in found}

    def synced(self, waiting: Sequence[Step], by: Step) -> list[Step]:
        """Do what a step makes safe; return what goes on waiting."""
        directory = by.lasting and by.kind == "delete"
        directory |= any(step.lasting and step.kind == "open" and step.file == by.file for step in waiting)
        if by.kind == "open":
            return list(waiting)
        rest: list[Step] = []
        for step in waiting:
            named = step.kind in ("open", "delete")
            if (directory and named) or (by.kind == "sync" and step.file == by.file):
                self.apply(step)
            else:
                rest.append(step)
        return rest

    def apply(self, step: Step) -> None:
        """Do one step."""
        content = self._content.setdefault(step.file, bytearray())
        if step.kind == "open":
            self._numbers[step.path] = step.file
        elif step.kind == "delete" and self._numbers.get(step.path) == step.file:
            del self._numbers[step.path]
        elif step.kind in ("write", "truncate"):
            content.extend(bytes(max(0, step.offset - len(content))))
            if step.kind == "truncate":
                del content[step.offset :]
            else:
                content[step.offset : step.offset + len(step.data)] = step.data

    def files(self) -> dict[str, bytes]:
        """Return every file that has a name, by path."""
        return {path: bytes(self._content[number]) for path, number in self._numbers.items()}


def _first(waiting: Sequence[Step], draw: random.Random) -> Iterator[Step]:
    kept = waiting[: draw.randint(0, len(waiting))]
    yield from kept[:-1]
    for step in kept[-1:]:
        yield from _torn(step, draw)


def _any(waiting: Sequence[Step], draw: random.Random) -> Iterator[Step]:
    for step in waiting:
        fate = draw.randrange(3)
        if fate == 1:
            yield step
        elif fate == 2:
            yield from _torn(step, draw)


def _torn(step: Step, draw: random.Random) -> Iterator[Step]:
    """Yield any of the sectors that a write touches, all or none too."""
    if step.kind != "write":
        yield step
        return
    begin, end = step.offset, step.offset + len(step.data)
    edges = [begin, *range(begin - begin % SECTOR + SECTOR, end, SECTOR), end]
    for start, stop in pairwise(edges):
        if draw.random() < 0.5:
            yield step._replace(offset=start, data=step.data[start - begin : stop - begin])


_LEFT: dict[Left, Callable[[Sequence[Step], random.Random], Iterator[Step]]] = {
    "nothing": lambda waiting, draw: iter(()),
    "first": _first,
    "any": _any,
}


@dataclass
class Fault:
    """What to give `Disk.before`, so that steps of a kind fail.

    Args:
        kind: Which.
        number: The first of them that fails, counted from 1.
        error: What SQLite meets.
        lasting: Whether all after it fail too, until `lasting` is set to False.

    >>> fault = Fault("write", 2, apsw.FullError)
    >>> fault(Step("write", "a", 1))
    >>> fault(Step("write", "a", 1))
    Traceback (most recent call last):
    apsw.FullError: write 2 of a fails as it was told to
    """

    kind: Kind
    number: int
    error: type[apsw.Error] = apsw.IOError
    lasting: bool = False
    met: int = 0
    failed: int = 0

    def __call__(self, step: Step) -> None:
        """Count a step, and fail it where it is its turn."""
        if step.kind != self.kind:
            return
        self.met += 1
        if self.met == self.number or (self.lasting and self.met > self.number):
            self.failed += 1
            raise self.error(f"{step.kind} {self.met} of {Path(step.path).name} fails as it was told to")
