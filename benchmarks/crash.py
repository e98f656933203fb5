"""Whether what was acknowledged is there after kill -9, over and over.

    python benchmarks/crash.py --rounds 1000 [--writers 3] [--seed 7]
    python benchmarks/crash.py --engine postgres --rounds 200

Each round starts processes that write to one space and say of each call when it has returned. They are killed one after
the other after some milliseconds, or kill themselves before the n-th thing that SQLite asks of a file: in the middle of
a commit. With PostgreSQL the server is stopped at once (`pg_ctl -m immediate`) while they write, and started again; in
half of the rounds the writers are killed too, else they make the call that failed again. Then the space is opened:
every acknowledged record must be there with its content, and of a call that was not acknowledged all or nothing; it
must verify, and be the same, byte for byte, when it is rebuilt from its log. The calls that were cut off are made again
with the same keys, and once more: each must have been written exactly once. A new space comes every so many rounds;
before that, all that was ever acknowledged in the old one is looked for again.

Last, with SQLite, 300 single writes are made by a process whose SQLite runs through a VFS that counts syncs; each must
have one between call and return. A killed process says nothing about a loss of power: `power.py` does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.calls import NEVER, Child, Death, Place, changed, forked, items, write
from benchmarks.common import command, emit, machine, scratch
from benchmarks.syncs import SyncCounter

from ricordo import Memory

ENGINES = ("sqlite", "postgres")
_SYNCED_WRITES = 300
_ROUNDS_OF_A_SPACE = 10
_LATEST_S, _APART_S = 0.12, 0.02
#: Making a space takes some 110 steps, a single write some 25.
_LATEST_STEP = 500
#: How long they may write before the server is stopped, and when it is back; and how long is waited for the first.
_WRITING_S, _PATIENCE_S = 0.2, 10.0


@dataclass
class Tally:
    """What the rounds came to."""

    rounds: int = 0
    in_a_call: int = 0
    silent: int = 0
    acknowledged: int = 0
    unasked: int = 0
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, more: Mapping[str, Any]) -> None:
        """Add what another tally holds."""
        for name, value in more.items():
            setattr(self, name, getattr(self, name) + value)


class Done(NamedTuple):
    """How many calls of a writer were acknowledged."""

    label: str
    calls: int


# -- killing -------------------------------------------------------------------------------------------------------


def _started(place: Place, labels: Sequence[str], deaths: Sequence[Death], *, patient: bool = False) -> list[Child]:
    return [
        forked(partial(_writing, place, label, death, patient)) for label, death in zip(labels, deaths, strict=True)
    ]


def _writing(place: Place, label: str, death: Death, patient: bool, say: Callable[[str], None]) -> None:
    write(place, label, say, death=death, patient=patient)


def kill_writers(place: Place, labels: Sequence[str], draw: random.Random) -> list[Done]:
    """Start writers and kill them, or let them kill themselves; return what each acknowledged."""
    inside = draw.random() < 0.5
    steps = [draw.randint(1, _LATEST_STEP) if inside else 0 for _ in labels]
    children = _started(place, labels, [Death(step, draw.random() < 0.5) for step in steps])
    if not inside:
        time.sleep(draw.uniform(0, _LATEST_S))
        for child in draw.sample(children, len(children)):
            child.kill()
            time.sleep(draw.uniform(0, _APART_S))
    return [Done(label, len(child.heard())) for label, child in zip(labels, children, strict=True)]


def stop_server(server: Any, place: Place, labels: Sequence[str], draw: random.Random) -> list[Done]:
    """Start writers, stop the server under them and start it again; return what each acknowledged."""
    children = _started(place, labels, [NEVER for _ in labels], patient=True)
    both = draw.random() < 0.5
    _let_write(children, draw)
    server.halt()
    for child in children if both else ():
        child.kill()
    server.start()
    if not both:
        _let_write(children, draw)
        for child in children:
            child.kill()
    return [Done(label, len(child.heard())) for label, child in zip(labels, children, strict=True)]


def _let_write(children: Sequence[Child], draw: random.Random) -> None:
    draw.choice(children).wait(_PATIENCE_S)
    time.sleep(draw.uniform(0, _WRITING_S))


def rounds(
    kill: Callable[[Place, Sequence[str], random.Random], list[Done]],
    places: Iterator[Place],
    number: int,
    writers: int,
    seed: int,
) -> Tally:
    """Kill so many times; look each time for what was acknowledged, and at the end of each space for all of it."""
    draw, tally = random.Random(seed), Tally()
    ever: list[Done] = []
    for spot in range(number):
        if spot % _ROUNDS_OF_A_SPACE == 0:
            place, ever = next(places), []
        done = kill(place, [f"r{spot}w{writer}" for writer in range(writers)], draw)
        ever += done
        last = (spot + 1) % _ROUNDS_OF_A_SPACE == 0 or spot + 1 == number
        child = forked(partial(_looked, place, done, ever if last else ()))
        tally.add(json.loads("".join(child.heard())))
        if last and not place.space:
            shutil.rmtree(place.location)
    return tally


# -- looking -------------------------------------------------------------------------------------------------------


def _looked(place: Place, done: Sequence[Done], ever: Sequence[Done], say: Callable[[str], None]) -> None:
    tally = Tally(rounds=1, silent=not any(one.calls for one in done))
    with place.open() as memory:
        look(memory, done, tally)
        tally.in_a_call = int(tally.unasked > 0)
        _sound(memory, tally)
        again(memory, done, tally)
        again_tally = Tally()
        look(memory, ever, again_tally)
        tally.lost += again_tally.lost
        if ever:
            _sound(memory, tally)
    say(json.dumps(asdict(tally)))


def look(memory: Memory, done: Sequence[Done], tally: Tally) -> None:
    """Look for what writers acknowledged, and whether the calls that were cut off are there whole or not at all."""
    for label, calls in done:
        found = dict(contents(memory, label))
        expected = {item["ref"]: item["content"] for number in range(calls) for item in items(label, number)}
        expected |= dict(changed(label, number) for number in range(calls) if not items(label, number))
        under_way = {item["ref"]: item["content"] for item in items(label, calls)}
        ref, text = changed(label, calls)
        if not under_way and found.get(ref) == text:
            expected[ref] = text
            tally.unasked += 1
        tally.acknowledged += len(expected)
        tally.lost += [ref for ref, content in expected.items() if found.pop(ref, None) != content]
        tally.unasked += len(found)
        tally.torn += [f"{label}/{calls}"] if found and found != under_way else []


def again(memory: Memory, done: Sequence[Done], tally: Tally) -> None:
    """Make the calls that were cut off again, twice; each must have been written once."""
    for label, calls in done:
        if given := items(label, calls):
            first, second = memory.retain_many(given), memory.retain_many(given)
            refs = [ref for ref, _ in contents(memory, label)]
            once = all(refs.count(item["ref"]) == 1 for item in given)
            if not once or [one.event for one in first] != [one.event for one in second]:
                tally.twice.append(f"{label}/{calls}")


def contents(memory: Memory, scope: str) -> Iterator[tuple[str, str | None]]:
    """Yield (ref, content) of every record of a scope that has a ref."""
    cursor = None
    while True:
        page = memory.list(scope=scope, limit=500, cursor=cursor)
        yield from ((record.ref, record.content) for record in page.records if record.ref is not None)
        if (cursor := page.cursor) is None:
            return


def _sound(memory: Memory, tally: Tally) -> None:
    tally.problems += memory.verify().problems
    before = digest(memory)
    memory.reindex()
    if digest(memory) != before:
        tally.problems.append("another space when rebuilt from its log")


def digest(memory: Memory) -> str:
    """Return a digest of every record version, in the store's canonical bytes."""
    total = hashlib.sha256()
    with memory._engine.store.read() as snapshot:
        for part in snapshot.dump():
            total.update(part)
    return total.hexdigest()


# -- syncs ---------------------------------------------------------------------------------------------------------


def count_syncs(place: Path, writes: int) -> dict[str, Any]:
    """Make single writes through a counting VFS; run in a process of its own."""
    counter = SyncCounter()
    least = 1 << 30
    with Memory.open(place, embedder=None) as memory:
        start = counter.count
        for number in range(writes):
            before = counter.count
            memory.retain(**items("sync", 5 * number + 3)[0])
            least = min(least, counter.count - before)
        total = counter.count - start
    return {"writes": writes, "syncs": total, "per_write": round(total / writes, 3), "least_in_one_write": least}


# -- all of it -----------------------------------------------------------------------------------------------------


def killing(folder: Path, number: int, writers: int, seed: int, engine: str) -> Tally:
    """Run the rounds; in a process that has never opened a file of a space, since it forks."""
    with Memory.open(":memory:", embedder=None) as memory:  # what is loaded now, the writers need not load
        memory.retain_many(items("warm", 0))
    if engine == "sqlite":
        spaces = (Place(str(folder / str(spot))) for spot in range(number))
        return rounds(kill_writers, spaces, number, writers, seed)
    from ricordo.testing.postgres import PostgresServer  # needs the extra, which SQLite does not

    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer())
        url, followers = stack.enter_context(server.database()), str(folder / "followers")
        spaces = (Place(url, f"space{spot}", followers) for spot in range(number))
        return rounds(partial(stop_server, server), spaces, number, writers, seed)


def _child(*arguments: object) -> Any:
    words = [sys.executable, str(Path(__file__).resolve()), *map(str, arguments)]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout)


def run(number: int, seed: int, writes: int, *, writers: int = 3, engine: str = "sqlite") -> dict[str, Any]:
    """Return what the rounds and the counting of syncs came to."""
    with scratch() as folder:
        tally = _child("--kill", folder / "spaces", number, writers, seed, engine)
        counted = _child("--syncs", folder / "synced", writes) if engine == "sqlite" else None
    return {
        "engine": engine,
        "writers": writers,
        "rounds": tally["rounds"],
        "rounds_killed_before_a_write": tally["silent"],
        "acknowledged": tally["acknowledged"],
        "lost": len(tally["lost"]),
        "torn_calls": len(tally["torn"]),
        "written_twice": len(tally["twice"]),
        "rounds_that_left_a_call_under_way": tally["in_a_call"],
        "written_but_not_acknowledged": tally["unasked"],
        "problems": tally["problems"],
        "syncs": counted,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000, help="kills, or stops of the server")
    parser.add_argument("--writers", type=int, default=3, help="processes that write")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    parser.add_argument("--kill", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--syncs", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.kill:
        folder, number, writers, seed, engine = given.kill
        print(json.dumps(asdict(killing(Path(folder), int(number), int(writers), int(seed), engine))))
    elif given.syncs:
        print(json.dumps(count_syncs(Path(given.syncs[0]), int(given.syncs[1]))))
    else:
        shown = command(["crash.py", *(sys.argv[1:] if argv is None else argv)])
        result = run(given.rounds, given.seed, _SYNCED_WRITES, writers=given.writers, engine=given.engine)
        emit({"benchmark": "crash", "command": shown, "machine": machine(), **result}, given.out)
        if result["lost"] or result["torn_calls"] or result["written_twice"] or result["problems"]:
            raise SystemExit("crash.py: what was acknowledged is not what is there")


if __name__ == "__main__":
    main()
