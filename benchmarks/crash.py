"""Whether what was acknowledged is there after kill -9, over and over, on one space.

    python benchmarks/crash.py --rounds 200 [--seed 7]

Each round starts a process that retains records, one at a time and in batches, and prints their refs when the call has
returned. It is killed after 50 to 150 ms of writing; then every acknowledged ref of the round must be there, and of
an unacknowledged batch all or nothing. At the end every acknowledged ref is looked for again, the space is verified,
rebuilt from its log and verified again, and the records must be the same, byte for byte. Then 300 single writes are
made by a process whose SQLite runs through a VFS that counts syncs; each must have one between call and return. A
killed process says nothing about a loss of power: the counted syncs are what speaks for that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch
from benchmarks.syncs import SyncCounter

from ricordo import Memory

_READY = "ready"
_SYNCED_WRITES = 300
_LARGEST_BATCH = 20


@dataclass
class Tally:
    """What the rounds came to."""

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    unasked: int = 0
    silent: int = 0


# -- the process that is killed


def write(place: Path, label: str, seed: int) -> None:
    """Retain for ever; print the refs of each call on a line when it has returned."""
    choose = random.Random(seed)
    with Memory.open(place, embedder=None) as memory:
        print(_READY, flush=True)
        for number in count():
            size = 1 if choose.random() < 0.7 else choose.randint(2, _LARGEST_BATCH)
            items = [_item(f"{label}/{number}/{spot}/{size}", label, choose) for spot in range(size)]
            if size == 1:
                memory.retain(**items[0])
            else:
                memory.retain_many(items)
            print(json.dumps([item["ref"] for item in items]), flush=True)


def _item(ref: str, scope: str, choose: random.Random) -> dict[str, Any]:
    words = " ".join(f"word{choose.randint(1, 5000)}" for _ in range(choose.randint(5, 30)))
    return {"content": f"{ref} says {words}.", "scope": scope, "speaker": "Ada", "session": scope, "ref": ref}


# -- the process that kills


def kill_in_the_middle(place: Path, label: str, choose: random.Random) -> list[str]:
    """Start a writer, kill it after a while, and return the refs it acknowledged."""
    with _child("--write", str(place), label, str(choose.randrange(1 << 30))) as child:
        assert child.stdout is not None
        try:
            if child.stdout.readline().strip() != _READY:
                raise SystemExit(f"crash.py: the writer of {label} did not start")
            time.sleep(choose.uniform(0.05, 0.15))
        finally:
            child.kill()
        lines = child.stdout.read().split("\n")[:-1]  # what follows the last line end was not acknowledged
    return [ref for line in lines for ref in json.loads(line)]


def rounds(place: Path, number: int, seed: int) -> Tally:
    """Kill so many writers, one after the other, and look after each for what it acknowledged."""
    choose, tally = random.Random(seed), Tally()
    for spot in range(number):
        label = f"round-{spot}"
        refs = tally.acknowledged[label] = kill_in_the_middle(place, label, choose)
        tally.silent += not refs
        with Memory.open(place, embedder=None) as memory:
            _look(memory, label, refs, tally)
    return tally


def _look(memory: Memory, label: str, refs: Sequence[str], tally: Tally) -> None:
    present = set(refs_of(memory, label))
    tally.lost += [ref for ref in refs if ref not in present]
    extra = present - set(refs)
    tally.unasked += len(extra)
    calls: dict[str, int] = {}
    for ref in extra:
        calls[ref.split("/")[1]] = calls.get(ref.split("/")[1], 0) + 1
    sizes = {ref.split("/")[1]: int(ref.split("/")[3]) for ref in extra}
    tally.torn += [f"{label}/{call}" for call, found in calls.items() if found != sizes[call]]


def refs_of(memory: Memory, scope: str) -> Iterator[str]:
    """Yield the refs of every record of a scope."""
    cursor = None
    while True:
        page = memory.list(scope=scope, limit=500, cursor=cursor)
        yield from (ref for record in page.records for ref in record.refs)
        if (cursor := page.cursor) is None:
            return


def digest(memory: Memory) -> str:
    """Return a digest of every record version, in the store's canonical bytes."""
    total = hashlib.sha256()
    with memory._engine.store.read() as snapshot:
        for part in snapshot.dump():
            total.update(part)
    return total.hexdigest()


def final_check(place: Path, tally: Tally) -> dict[str, Any]:
    """Look for everything once more, verify, rebuild from the log, compare."""
    with Memory.open(place, embedder=None) as memory:
        missing = sum(
            len(set(refs) - set(refs_of(memory, label))) for label, refs in tally.acknowledged.items() if refs
        )
        before, first = memory.verify(), digest(memory)
        memory.reindex()
        after, second = memory.verify(), digest(memory)
        return {
            "records": memory.stats().records,
            "missing_at_the_end": missing,
            "verified": before.ok,
            "verified_after_replay": after.ok,
            "replay_is_equal": first == second,
            "problems": [*before.problems, *after.problems],
        }


# -- syncs


def count_syncs(place: Path, writes: int) -> dict[str, Any]:
    """Make single writes through a counting VFS; run in a process of its own."""
    counter = SyncCounter()
    choose, least = random.Random(1), 1 << 30
    with Memory.open(place, embedder=None) as memory:
        start = counter.count
        for number in range(writes):
            before = counter.count
            memory.retain(**_item(f"sync/{number}/0/1", "sync", choose))
            least = min(least, counter.count - before)
        total = counter.count - start
    return {"writes": writes, "syncs": total, "per_write": round(total / writes, 3), "least_in_one_write": least}


def _child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    )


def run(number: int, seed: int, writes: int) -> dict[str, Any]:
    """Return what the rounds, the final check and the counting of syncs came to."""
    with scratch() as folder:
        tally = rounds(folder / "space", number, seed)
        final = final_check(folder / "space", tally)
        counted, _ = _child("--syncs", str(folder / "synced"), str(writes)).communicate()
    acknowledged = sum(len(refs) for refs in tally.acknowledged.values())
    return {
        "rounds": number,
        "rounds_killed_before_a_write": tally.silent,
        "acknowledged": acknowledged,
        "lost": len(tally.lost),
        "torn_batches": len(tally.torn),
        "written_but_not_acknowledged": tally.unasked,
        **final,
        "syncs": json.loads(counted),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="kills")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    parser.add_argument("--write", nargs=3, metavar=("PLACE", "LABEL", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("--syncs", nargs=2, metavar=("PLACE", "WRITES"), help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.write:
        write(Path(given.write[0]), given.write[1], int(given.write[2]))
    elif given.syncs:
        print(json.dumps(count_syncs(Path(given.syncs[0]), int(given.syncs[1]))))
    else:
        shown = command(["crash.py", *(sys.argv[1:] if argv is None else argv)])
        result = run(given.rounds, given.seed, _SYNCED_WRITES)
        emit({"benchmark": "crash", "command": shown, "machine": machine(), **result}, given.out)


if __name__ == "__main__":
    main()
