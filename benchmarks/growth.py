"""What writing and reading cost as records grow, on a made-up corpus, without an embedder.

    python benchmarks/growth.py --sizes 1000 10000 100000 [1000000] [--queries 50]

For every size a new space: `retain_many` of all records; the first recall after it; recall over everything, in a
scope of 0.1 % and in one of 10 % of the records (queries: 8 words of one record, the 100 commonest left out); single
durable writes, each beside one bare insert of the same text into a one-column WAL table with full synchronisation, in
turn; a write and a recall in turn; folding the whole log into an empty store (what `restore` does, and a follower
that catches up; events read before, the words of the texts known to the process); then closing, opening again, and
the first recall of that handle. The file cache of the system is warm throughout. Bytes are pages of the file, by
`dbstat`, the log (event, payload) apart from what is folded from it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, peak_mb, percentile, rate, scratch, summary, timed
from benchmarks.corpus import LARGE, SMALL, Corpus, queries

from ricordo import Memory
from ricordo.config import Settings
from ricordo.store.sqlite import SqliteStore

#: SQLite's own full-text index at every size; lexical.py compares it with the other.
SETTINGS = Settings(lexical="fts5", background=False)
_CHUNK = 5000
_LOG = ("event", "payload", "payload_by_record")
_PATIENCE_S = 60.0


class Bare:
    """One-column WAL table with full synchronisation: what a durable insert costs without a memory around it."""

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.pragma("journal_mode", "wal")
        self._db.execute("PRAGMA synchronous = FULL; CREATE TABLE texts (body TEXT NOT NULL)")

    def insert(self, text: str) -> None:
        """Insert one text in a transaction of its own."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO texts VALUES (?)", (text,))
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def measure(size: int, asked: int, writes: int, seed: int) -> dict[str, Any]:
    """Return everything that is measured at one size."""
    corpus = Corpus(seed)
    with scratch() as folder:
        place = folder / "space"
        memory = Memory.open(place, embedder=None, settings=SETTINGS)
        spent, sample, text_bytes = fill(memory, corpus, size)
        everywhere, small = _queries(sample, asked)
        report: dict[str, Any] = {"records": size, "text_bytes_each": round(text_bytes / size, 1)}
        report["ingest"] = rate(size, spent)
        report["first_recall_after_ingest_ms"] = _ms(timed(lambda: memory.recall(everywhere[0]))[1])
        report["recall"] = _series(lambda text: memory.recall(text), everywhere)
        report["recall_in_small_scope"] = _series(lambda text: memory.recall(text, scope=SMALL), small)
        report["recall_in_large_scope"] = _series(lambda text: memory.recall(text, scope=LARGE), everywhere)
        report["bytes_each"] = sizes(place, size)
        report["durable"] = durable(memory, corpus, folder / "bare.db", writes)
        report["write_then_recall"] = in_turn(memory, corpus, everywhere[:20])
        report["fold"] = fold(memory, folder / "fold")
        memory.close()
        memory, opened = timed(lambda: Memory.open(place, embedder=None, settings=SETTINGS))
        report["open_ms"] = _ms(opened)
        report["first_recall_after_open_ms"] = _ms(timed(lambda: memory.recall(everywhere[-1]))[1])
        memory.close()
    report["peak_mb"] = peak_mb()
    return report


def fill(memory: Memory, corpus: Corpus, size: int) -> tuple[Spent, list[dict[str, Any]], int]:
    """Retain `size` records in chunks; return the time of the writes alone, a sample of items, the bytes of text."""
    wall = cpu = 0.0
    sample: list[dict[str, Any]] = []
    text_bytes, choose = 0, random.Random(5)
    for start in range(0, size, _CHUNK):
        items = corpus.items(min(_CHUNK, size - start))
        _, spent = timed(lambda: memory.retain_many(items))  # noqa: B023
        wall, cpu = wall + spent.wall, cpu + spent.cpu
        text_bytes += sum(len(item["content"]) for item in items)
        small = [item for item in items if item["scope"] == SMALL]
        sample += small + choose.sample(items, min(len(items), max(200, 5_000_000 // size)))
    return Spent(wall, cpu), sample, text_bytes


def sizes(place: Path, records: int) -> dict[str, Any]:
    """Return the bytes of each table with its indexes, per record: the log, the rest, and the largest parts."""
    db = apsw.Connection(str(place / "memory.db"))
    try:
        db.pragma("wal_checkpoint", "TRUNCATE")
        sql = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE"
        pages = {str(name): int(size or 0) for name, size in db.execute(sql)}
    finally:
        db.close()
    log = sum(pages.get(name, 0) for name in _LOG)
    parts = sorted(pages, key=lambda name: -pages[name])[:10]
    return {
        "log": round(log / records, 1),
        "rest": round((sum(pages.values()) - log) / records, 1),
        "parts": {name: round(pages[name] / records, 1) for name in parts},
    }


def durable(memory: Memory, corpus: Corpus, bare_path: Path, writes: int) -> dict[str, Any]:
    """Time single writes beside bare inserts of the same texts, one of each in turn."""
    bare, kept, plain = Bare(bare_path), [], []
    for item in corpus.items(writes):
        kept.append(timed(lambda: memory.retain(**item))[1])  # noqa: B023
        plain.append(timed(lambda: bare.insert(item["content"]))[1])  # noqa: B023
    bare.close()
    totals = [sum(one.wall for one in column) for column in (kept, plain)]
    medians = [percentile([one.wall for one in column], 0.5) for column in (kept, plain)]
    return {
        "retain": {**summary(kept), "per_second": round(writes / totals[0], 1)},
        "bare": {**summary(plain), "per_second": round(writes / totals[1], 1)},
        "ratio_of_medians": round(medians[0] / medians[1], 2),
        "ratio_of_cpu": round(sum(one.cpu for one in kept) / max(sum(one.cpu for one in plain), 1e-9), 2),
    }


def fold(memory: Memory, place: Path) -> dict[str, float]:
    """Time the fold of a space's log into an empty store: records a second of CPU, and of wall time."""
    store, copy = memory._engine.store, SqliteStore(place, memory._engine.indexing)
    with store.read() as snapshot:
        events = list(snapshot.events())
        records = snapshot.newest()
    _, spent = timed(lambda: copy.load(iter(events), store.space_id, store.secret))
    copy.close()
    shutil.rmtree(place)
    return rate(records, spent)


def in_turn(memory: Memory, corpus: Corpus, texts: Sequence[str]) -> dict[str, float]:
    """Time a write and a recall after it, in turn: what a conversation does."""
    spent = []
    for item, text in zip(corpus.items(len(texts)), texts, strict=True):
        spent.append(timed(lambda: (memory.retain(**item), memory.recall(text)))[1])  # noqa: B023
    return summary(spent)


def _queries(sample: Sequence[dict[str, Any]], count: int) -> tuple[list[str], list[str]]:
    """Return queries about any record, and about records of the small scope."""
    small = [item for item in sample if item["scope"] == SMALL]
    return queries(sample, count), queries(sample, count, about=small, seed=12)


def _series(ask: Callable[[str], object], texts: Sequence[str]) -> dict[str, Any]:
    """Time queries one by one; stop after a minute."""
    spent: list[Spent] = []
    end = time.monotonic() + _PATIENCE_S
    for text in texts:
        spent.append(timed(lambda: ask(text))[1])  # noqa: B023
        if time.monotonic() > end:
            break
    return {**summary(spent), "queries": len(spent)}


def _ms(spent: Spent) -> float:
    return round(1000 * spent.wall, 2)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], help="numbers of made-up records"
    )
    parser.add_argument("--queries", type=int, default=50, help="how many are asked")
    parser.add_argument("--writes", type=int, default=200, help="single durable writes")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result = {
        "benchmark": "growth",
        "command": command(["growth.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "sizes": [measure(size, given.queries, given.writes, given.seed) for size in given.sizes],
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
