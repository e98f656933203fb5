"""Whether what was acknowledged is there after a loss of power, simulated over and over.

    python benchmarks/power.py --losses 300 [--seed 7]

SQLite runs on a disk (`ricordo.testing.disk`) that notes every write and sync. At a step drawn by lot the power goes:
what was synced is left, and of the rest nothing, the first of it, or any of it, with torn writes. The space is opened
from what is left: it must hold exactly what was acknowledged, or that and the one call that was under way; verify; and
be the same, byte for byte, when it is rebuilt from its log. Then the work goes on from there, so that damage would pile
up. Two controls, `synchronous = NORMAL` and a disk whose syncs do nothing, must lose what was acknowledged: they show
that the simulation can see it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch

from ricordo import InvalidInputError, Memory, NotFoundError, StoreError
from ricordo.config import resolve
from ricordo.store.base import Transaction, Write
from ricordo.store.handle import Handle
from ricordo.testing import FixedClock, HashingEmbedder
from ricordo.testing.disk import Disk, Left
from ricordo.testing.operations import START, state
from ricordo.types import STATUSES

#: A new space after so many losses: to check one takes time by its size.
_LOSSES_OF_A_SPACE = 12
_CALLS = (4, 14)
_EVERY: dict[str, Any] = {"status": list(STATUSES)}
CONTROLS = ("relaxed", "lying")
Call = Callable[[Memory, random.Random], object]


class Held(NamedTuple):
    """What a space holds: the last event and its hash, every record by id, the read handles."""

    seq: int
    hash: str
    records: Mapping[str, tuple[int, str, str | None]]
    handles: frozenset[bytes]


NOTHING = Held(0, "", {}, frozenset())


class Mark(NamedTuple):
    """What was acknowledged after so many steps of the disk, and by which call."""

    steps: int
    held: Held
    call: str


@dataclass
class Tally:
    """What losses of power came to."""

    losses: int = 0
    acknowledged: int = 0
    lost: int = 0
    went_on: int = 0
    problems: list[str] = field(default_factory=list)
    during: dict[str, int] = field(default_factory=dict)


# -- what is done --------------------------------------------------------------------------------------------------


def opened(folder: Path) -> Memory:
    """Open a space the same way every time."""
    clock, settings = FixedClock(START, step=timedelta(seconds=1)), replace(resolve(), background=False)
    return Memory.open(folder, embedder=HashingEmbedder(dimension=16), clock=clock, settings=settings)


def _text(draw: random.Random) -> str:
    words = " ".join(f"word{draw.randint(1, 400)}" for _ in range(draw.randint(4, 40)))
    return f"{draw.choice(('Ada', 'Bob'))} said {draw.getrandbits(60):x} and {words}."


def _items(draw: random.Random) -> list[dict[str, str]]:
    return [{"content": _text(draw), "session": "s1", "speaker": "Ada"} for _ in range(draw.randint(2, 12))]


def _on_one(work: Callable[[Memory, str, random.Random], object]) -> Call:
    """Return a call that does something to a live record, or writes the first."""

    def call(memory: Memory, draw: random.Random) -> object:
        live = memory.list(limit=1000).records
        return work(memory, draw.choice(live).id, draw) if live else memory.retain(_text(draw))

    return call


def _undo(memory: Memory, draw: random.Random) -> None:
    with suppress(NotFoundError, InvalidInputError):  # an erasure, or what has changed since
        memory.undo(max(1, memory.stats().seq - draw.randint(0, 5)))


def _pieces(memory: Memory, draw: random.Random) -> None:
    """Commit pieces of work of several callers in one transaction."""

    def piece(text: str) -> Callable[[Transaction], object]:
        write = Write(f"{draw.getrandbits(60):x}", set=state(text))
        return lambda transaction: transaction.append("retain", [write], START)

    memory._engine.store.transact_many([piece(_text(draw)) for _ in range(draw.randint(2, 6))])


def _hold(memory: Memory, draw: random.Random) -> None:
    handle = Handle(_name_of(memory.stats().seq), "agent:ada", 1, START, {"r": 1}, None)
    memory._engine.store.transact(lambda transaction: transaction.hold(handle))


def _name_of(seq: int) -> bytes:
    return f"handle {seq}".encode()


def _put_together(memory: Memory, draw: random.Random) -> None:
    """Put one region together, or write turns of which the next call can."""
    if not memory.consolidate(limit=1).regions:
        session, said = f"{draw.getrandbits(30):x}", _text(draw)
        turns = [("Bob", "Any news?"), ("Ada", said)]
        memory.retain_many(
            [{"content": text, "speaker": who, "session": session, "ref": session} for who, text in turns]
        )


CALLS: dict[str, Call] = {
    "retain": lambda memory, draw: memory.retain(_text(draw), speaker="Ada"),
    "retain_many": lambda memory, draw: memory.retain_many(_items(draw)),
    "update": _on_one(lambda memory, id, draw: memory.update(id, content=_text(draw))),
    "forget": _on_one(lambda memory, id, draw: memory.forget(id)),
    "feedback": _on_one(lambda memory, id, draw: memory.feedback(id, "helped")),
    "erase": _on_one(lambda memory, id, draw: memory.erase(id)),
    "undo": _undo,
    "consolidate": _put_together,
    "transact_many": _pieces,
    "hold": _hold,
    "embed": lambda memory, draw: memory.embed(),
    "reindex": lambda memory, draw: memory.reindex(),
}
_OFTEN = {"retain": 6, "retain_many": 3, "update": 3, "erase": 2, "consolidate": 2}


# -- what must be left ---------------------------------------------------------------------------------------------


def held(memory: Memory) -> Held:
    """Return what a memory holds now."""
    with memory._engine.store.read() as snapshot:
        head = snapshot.head()
        last = list(snapshot.events(max(0, head - 1)))
        handles = frozenset(name for name in map(_name_of, range(head + 1)) if snapshot.handle(name))
    records = memory.list(limit=1000, filters=_EVERY).records
    shown = {record.id: (record.version, record.status, record.content) for record in records}
    return Held(head, last[0].hash if last else "", shown, handles)


def digest(memory: Memory) -> str:
    """Return a digest of every record version, in the store's canonical bytes."""
    with memory._engine.store.read() as snapshot:
        return hashlib.sha256(b"\n".join(snapshot.dump())).hexdigest()


@dataclass
class Session:
    """A space on a disk, from opening it on, and what it has acknowledged after which step.

    Args:
        folder: The space.
        disk: Must be entered.
        before: What was known to be there.
        relaxed: Whether commits are not synced (a control).
    """

    folder: Path
    disk: Disk
    before: Held
    relaxed: bool = False
    marks: list[Mark] = field(default_factory=list)

    def run(self, calls: Sequence[tuple[str, Call]], draw: random.Random) -> None:
        """Open the space, make calls, each with a name, and close it."""
        self.marks.append(Mark(0, self.before, "before"))
        memory = opened(self.folder)
        try:
            if self.relaxed:
                memory._engine.store._db.execute("PRAGMA synchronous = NORMAL")  # type: ignore[attr-defined]
            self._mark(memory, "open")
            for name, call in calls:
                call(memory, draw)
                self._mark(memory, name)
        finally:
            memory.close()
        self.marks.append(Mark(len(self.disk.steps), self.marks[-1].held, "close"))

    def _mark(self, memory: Memory, name: str) -> None:
        self.marks.append(Mark(len(self.disk.steps), held(memory), name))

    def within(self, name: str) -> range:
        """Return after which steps a call was under way."""
        spot = next(number for number, mark in enumerate(self.marks) if mark.call == name)
        return range(self.marks[spot - 1].steps, self.marks[spot].steps)

    def around(self, at: int) -> tuple[Mark, Mark]:
        """Return what was acknowledged by a step, and what the call under way would have made of it."""
        spot = max(number for number, mark in enumerate(self.marks) if mark.steps <= at)
        return self.marks[spot], self.marks[min(spot + 1, len(self.marks) - 1)]


def check(folder: Path, last: Mark, under_way: Mark, tally: Tally) -> Held | None:
    """Open what a loss of power left, and count what is wrong with it; return what it holds, if it opens."""
    tally.losses += 1
    tally.during[under_way.call] = tally.during.get(under_way.call, 0) + 1
    try:
        with opened(folder) as memory:
            found = held(memory)
            _compare(found, last, under_way, tally)
            if problems := memory.verify().problems:
                tally.problems.append(f"{under_way.call}: verify says {problems[0]}")
            before = digest(memory)
            memory.reindex()
            if digest(memory) != before:
                tally.problems.append(f"{under_way.call}: another space when rebuilt")
            return found
    except StoreError as error:
        tally.problems.append(f"{under_way.call}: {error}")
        return None


def _compare(found: Held, last: Mark, under_way: Mark, tally: Tally) -> None:
    if found.seq < last.held.seq or not last.held.handles <= found.handles:
        tally.lost += 1
    elif found == last.held:
        pass
    elif found == under_way.held:
        tally.went_on += 1
    else:
        tally.problems.append(f"{under_way.call}: holds neither what was before nor what was to be")


def lose(place: Path, losses: int, seed: int, control: str = "") -> Tally:
    """Lose power so many times, and go on each time from what is left.

    Args:
        place: An empty folder.
        losses: How many.
        seed: Another makes other data and other moments.
        control: "relaxed", "lying", or nothing.
    """
    draw, tally = random.Random(seed), Tally()
    space, known = place / "0", NOTHING
    for number in range(1, losses + 1):
        names = draw.choices(list(CALLS), [_OFTEN.get(name, 1) for name in CALLS], k=draw.randint(*_CALLS))
        with Disk() as disk:
            session = Session(space, disk, known, relaxed=control == "relaxed")
            session.run([(name, CALLS[name]) for name in names], draw)
        at = draw.randint(0, len(disk.steps))
        shutil.rmtree(space, ignore_errors=True)
        space = place / str(number)
        disk.lose_power(space, at, draw.choice(get_args(Left)), draw, syncs=control != "lying")
        tally.acknowledged += sum(mark.steps <= at for mark in session.marks[1:])
        checked = check(Path(shutil.copytree(space, place / "copy")), *session.around(at), tally)
        shutil.rmtree(place / "copy")
        known = checked or NOTHING
        if checked is None or control or number % _LOSSES_OF_A_SPACE == 0:
            shutil.rmtree(space)
            known = NOTHING
    return tally


def run(losses: int, controls: int, seed: int) -> dict[str, Any]:
    """Return what the losses came to, and those of the controls."""
    with scratch() as folder:
        told = {name: lose(folder / (name or "ours"), number, seed, name) for name, number in _counts(losses, controls)}
    ours = told[""]
    return {
        "losses": ours.losses,
        "calls_acknowledged": ours.acknowledged,
        "losses_that_lost_an_acknowledged_call": ours.lost,
        "losses_that_left_the_call_under_way": ours.went_on,
        "problems": ours.problems,
        "during": dict(sorted(ours.during.items())),
        "controls": {
            name: {"losses": told[name].losses, "lost": told[name].lost, "damaged": len(told[name].problems)}
            for name in CONTROLS
        },
    }


def _counts(losses: int, controls: int) -> list[tuple[str, int]]:
    return [("", losses), *((name, controls) for name in CONTROLS)]


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--losses", type=int, default=300, help="losses of power")
    parser.add_argument("--controls", type=int, default=100, help="losses of each control")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data and other moments")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    shown = command(["power.py", *(sys.argv[1:] if argv is None else argv)])
    result = run(given.losses, given.controls, given.seed)
    emit({"benchmark": "power", "command": shown, "machine": machine(), **result}, given.out)
    ours = result["losses_that_lost_an_acknowledged_call"] or result["problems"]
    if ours or not all(one["lost"] for one in result["controls"].values()):
        raise SystemExit("power.py: an acknowledged write was lost, or a control lost none")


if __name__ == "__main__":
    main()
