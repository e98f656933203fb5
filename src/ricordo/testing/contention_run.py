"""Runs writers against a real memory, in processes and threads, and checks what they recorded: see `ricordo check`."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ricordo.config import resolve
from ricordo.errors import BusyError, InvalidInputError, NotFoundError, StaleReadError, StoreError
from ricordo.memory import Memory
from ricordo.plaintext.ops import Op
from ricordo.testing.contention import Answer, Load, log_of, work
from ricordo.testing.history import Attempt, Read, Report, Written, check, dumped, loaded

_READY = "ready"
#: What is not under test is off, and nothing makes room.
_QUIET: Mapping[str, Any] = {
    "read_states": False,
    "background": False,
    "lexical": "fts5",
    "embedder": "none",
    "model": "",
    "rerank_model": "",
    "busy_deadline_s": 300.0,
    **dict.fromkeys(["max_file_bytes", "max_records", "max_bytes", "max_tokens"], 0),
    **dict.fromkeys(["scope_max_records", "scope_max_bytes", "scope_max_tokens"], 0),
}
_SCOPE = "check"
#: How long an attempt that holds its reads does so at most.
_LONGEST_HOLD_S = 0.004


@dataclass(frozen=True, slots=True)
class Contest:
    """Who contends, for what, and where.

    Args:
        store: A directory that is empty or missing, or the address of a database; None is a directory that is removed
            afterwards.
        writers: How many there are.
        attempts: How many attempts they make in all.
        records: For how many records they contend.
        processes: Over how many processes the writers are spread; each opens the space itself.
        held: The share of attempts that hold what they read for up to 4 ms before they commit.
        group: Whether the writers of a process commit together what waits, as the setting `group_commit` says.
        tokens: Whether they read and commit under read tokens, in place of naming versions.
        seed: Tells what each attempt reads and writes.
        space: The space in a database; made if it is missing, refused if there is anything in it.
    """

    store: str | None = None
    writers: int = 8
    attempts: int = 10_000
    records: int = 8
    processes: int = 2
    held: float = 0.25
    group: bool = False
    tokens: bool = False
    seed: int = 0
    space: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a contest went.

    Args:
        contest: What it was.
        report: What the check found.
        seconds: How long the writers took, and how long the check.
        slowest_to_fastest: Attempts a second of the slowest writer, by those of the fastest.
    """

    contest: Contest
    report: Report
    seconds: float
    seconds_to_check: float
    slowest_to_fastest: float


class MemoryPort:
    """The memory as the workload sees it: reads name versions."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def read(self, record: str) -> tuple[int, str]:
        """Return version and content of a record."""
        try:
            found = self._memory.get(record, read_token=self._reading())
        except NotFoundError:
            return 0, ""
        return found.version, found.content

    def commit(self, reads: Sequence[Read], puts: Sequence[str], content: str, key: str | None = None) -> Answer:
        """Commit strictly."""
        ops: list[Op] = [{"op": "put", "id": put, "content": content} for put in puts]
        try:
            done = self._memory.commit(ops, **self._rests_on(reads), key=key)
        except StaleReadError:
            return Answer("rejected")
        except BusyError:  # it was not run; of one tried before with this key that says nothing
            return Answer("rejected" if key is None else "unknown")
        except StoreError:  # such as a connection that was lost: what became of it is for the log to say
            return Answer("unknown")
        return Answer("acked", done.seq, tuple(Written(one.record.id, one.record.version) for one in done.verdicts))

    def _reading(self) -> str | None:
        return None

    def _rests_on(self, reads: Sequence[Read]) -> dict[str, Any]:
        return {"reads": [{"id": read.key, "version": read.version} for read in reads]}


class TokenPort(MemoryPort):
    """The memory as the workload sees it: what was read is told by a token, one for each attempt of a thread."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._mine = threading.local()

    def _reading(self) -> str:
        if getattr(self._mine, "spent", True):
            self._mine.token, self._mine.spent = self._memory.read_token(), False
        token: str = self._mine.token
        return token

    def _rests_on(self, reads: Sequence[Read]) -> dict[str, Any]:
        self._mine.spent = True
        return {"read_token": self._mine.token}


def run(contest: Contest) -> Outcome:
    """Let writers contend, and check what they recorded against the log.

    The space must be new: nothing that is there is touched. One in a database stays, to be looked at.

    Args:
        contest: Who contends, for what, and where.

    Raises:
        InvalidInputError: A number is too small, or there is something in the space.
        StoreError: The space can't be opened, or a writer failed.
    """
    _check(contest)
    with tempfile.TemporaryDirectory(prefix="ricordo-check-") as folder:
        notes = Path(folder) / "notes"
        notes.mkdir()
        contest = _placed(contest, Path(folder))
        records = _prepared(contest)
        seconds, took = _contend(contest, records, notes)
        begin = time.perf_counter()
        report = _checked(contest, notes)
        pace = min(took.values()) / max(took.values())
        return Outcome(contest, report, round(seconds, 2), round(time.perf_counter() - begin, 2), round(pace, 3))


def _check(contest: Contest) -> None:
    for name, least in {"writers": 1, "attempts": 1, "records": 2, "processes": 1}.items():
        if getattr(contest, name) < least:
            raise InvalidInputError(name, f"{least} or more", getattr(contest, name))
    if not 0 <= contest.held <= 1:
        raise InvalidInputError("held", "from 0 to 1", contest.held)


def _placed(contest: Contest, folder: Path) -> Contest:
    """Return the contest with a place that is its own."""
    processes = min(contest.processes, contest.writers)
    if contest.store is None:
        return replace(contest, store=str(folder / "space"), processes=processes)
    if "://" in contest.store:
        return replace(contest, space=contest.space or f"check-{secrets.token_hex(6)}", processes=processes)
    place = Path(contest.store).expanduser()
    if place.exists() and (place.is_file() or any(place.iterdir())):
        raise InvalidInputError("store", "a directory that is empty or missing, or the address of a database", place)
    return replace(contest, store=str(place), processes=processes)


def opened(contest: Contest) -> Memory:
    """Open the space of a contest with all off that is not under test."""
    where: dict[str, Any] = {} if contest.space is None else {"space": contest.space}
    return Memory.open(
        contest.store, embedder=None, settings=resolve({**_QUIET, "group_commit": contest.group}), **where
    )


def _prepared(contest: Contest) -> list[str]:
    """Make the space and the records; return their ids."""
    with opened(contest) as memory:
        if memory.stats().seq:
            raise InvalidInputError("space", "a space with nothing in it", contest.space)
        contents = [f"start of record {number}" for number in range(contest.records)]
        return [memory.retain(content, scope=_SCOPE).record.id for content in contents]


def _contend(contest: Contest, records: Sequence[str], notes: Path) -> tuple[float, dict[str, float]]:
    """Let the writers run at once; return the seconds that all took, and each."""
    names = [f"w{number}" for number in range(contest.writers)]
    spare = contest.attempts % contest.writers
    shares = {name: contest.attempts // contest.writers + (spot < spare) for spot, name in enumerate(names)}
    with ExitStack() as children:
        started = [
            children.enter_context(_child(contest, records, {name: shares[name] for name in part}, notes))
            for part in (names[spot :: contest.processes] for spot in range(contest.processes))
        ]
        for child in started:
            _said(child)
        begin = time.perf_counter()
        for child in started:
            _tell(child, "go")
        took: dict[str, float] = {}
        for child in started:
            took |= json.loads(_said(child))
        return time.perf_counter() - begin, took


@contextmanager
def _child(
    contest: Contest, records: Sequence[str], shares: Mapping[str, int], notes: Path
) -> Iterator[subprocess.Popen[str]]:
    """Start a process with some of the writers; it is gone afterwards."""
    part = {"contest": asdict(contest), "records": records, "shares": shares, "notes": str(notes)}
    words = [sys.executable, "-m", __name__]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            _tell(child, json.dumps(part))  # not as an argument, which all can see: an address may hold a password
            yield child
        finally:
            child.kill()


def _tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{line}\n")
    child.stdin.flush()


def _said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise StoreError(f"a process of writers ended early (status {child.wait()}); it has said why above")
    return line


def _checked(contest: Contest, notes: Path) -> Report:
    with opened(contest) as memory, memory._engine.store.read() as snapshot:
        return check(_noted(notes), log_of(snapshot))


def _noted(notes: Path) -> Iterator[Attempt]:
    for path in sorted(notes.iterdir()):
        with path.open(encoding="utf-8") as lines:
            yield from loaded(lines)


def _take_part(contest: Contest, records: Sequence[str], shares: Mapping[str, int], notes: Path) -> None:
    """Be a process with some of the writers: one thread each."""
    took: dict[str, float] = {}
    failed: list[BaseException] = []
    with opened(contest) as memory:
        port = TokenPort(memory) if contest.tokens else MemoryPort(memory)

        def hold(share: float) -> None:
            time.sleep(_LONGEST_HOLD_S * share)

        def writer(name: str) -> None:
            begin = time.perf_counter()
            load = Load(records, shares[name], contest.seed, contest.held)
            try:
                with (notes / name).open("w", encoding="utf-8") as lines:
                    lines.writelines(f"{dumped(attempt)}\n" for attempt in work(port, load, name, hold=hold))
            except BaseException as error:
                failed.append(error)
                raise
            took[name] = time.perf_counter() - begin

        threads = [threading.Thread(target=writer, args=(name,)) for name in shares]
        print(_READY, flush=True)
        sys.stdin.readline()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed:
        sys.exit(1)
    print(json.dumps(took), flush=True)


if __name__ == "__main__":
    given = json.loads(sys.stdin.readline())
    _take_part(Contest(**given["contest"]), given["records"], given["shares"], Path(given["notes"]))
