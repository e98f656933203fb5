"""What recall costs with SQLite's full-text index and with tantivy's, over the same space, and how far they agree.

    python benchmarks/lexical.py --sizes 10000 100000 [1000000] [--queries 50] [--keep FOLDER]

For every size one space is filled as in growth.py and opened twice: with `lexical = "fts5"` and, after its index was
built, with "tantivy". Every query is put to both in turn: over everything, in a scope of 0.1 % and in one of 10 % of
the records. Overlap is the share of the first ten of one that are among the first ten of the other: of the search
alone (200 candidates asked for), and of the whole recall. With `--keep` the spaces stay, and a later run uses them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, peak_mb, rate, scratch, summary, timed
from benchmarks.corpus import LARGE, SMALL, Corpus, queries
from benchmarks.growth import fill

from ricordo import Memory
from ricordo.config import Settings

_POOL = 200
_VIEWS: tuple[tuple[str, str | None], ...] = (("all", None), ("small_scope", SMALL), ("large_scope", LARGE))
_SETTINGS = Settings(background=False)


def measure(size: int, asked: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return everything that is measured at one size."""
    place = folder / f"space-{size}"
    texts = _prepare(place, size, asked, seed)
    plain, fast = (_open(place, lexical) for lexical in ("fts5", "tantivy"))
    with closing(plain), closing(fast):
        _, spent = timed(fast.embed)
        done, index = fast.stats(), fast._engine.lexical
        assert index is not None
        assert done.lexical_seq == done.seq, done.faults
        report: dict[str, Any] = {"records": size, "build": rate(size, spent)}
        report["bytes_each"] = {"tantivy": round(index.size() / size, 1), "fts5": round(_bytes(plain) / size, 1)}
        for name, scope in _VIEWS:
            report[name] = compare(plain, fast, texts["small" if scope == SMALL else "all"], scope)
        report["peak_mb"] = peak_mb()
    return report


def compare(plain: Memory, fast: Memory, texts: Sequence[str], scope: str | None) -> dict[str, Any]:
    """Put every query to both in turn."""
    spent: dict[str, list[Spent]] = {name: [] for name in ("fts5", "tantivy", "search_fts5", "search_tantivy")}
    agreed = {"search": 0.0, "recall": 0.0}
    for text in texts:
        told = []
        for name, memory in (("fts5", plain), ("tantivy", fast)):
            found, once = timed(lambda: memory.recall(text, scope=scope))  # noqa: B023
            spent[name].append(once)
            told.append([item.record.id for item in found])
        agreed["recall"] += _shared(*told)
        hits = []
        for name, memory in (("fts5", plain), ("tantivy", fast)):
            drawn, once = timed(_searching(memory, text, scope))
            spent[f"search_{name}"].append(once)
            hits.append([vid for vid, _ in drawn[:10]])
        agreed["search"] += _shared(*hits)
    return {
        "queries": len(texts),
        **{name: summary(part) for name, part in spent.items()},
        "overlap_at_10": {name: round(total / len(texts), 4) for name, total in agreed.items()},
    }


def _searching(memory: Memory, text: str, scope: str | None) -> Callable[[], list[tuple[int, float]]]:
    terms = memory._engine.indexing.tokeniser.query_terms(text)

    def search() -> list[tuple[int, float]]:
        with memory._engine.store.read() as snapshot:
            seen = memory._visible(snapshot, memory._engine.now(), scope=scope)
            return snapshot.search(terms, seen, _POOL)

    return search


def _shared(one: Sequence[Any], other: Sequence[Any]) -> float:
    return len(set(one) & set(other)) / max(1, len(one), len(other))


def _prepare(place: Path, size: int, asked: int, seed: int) -> dict[str, list[str]]:
    """Fill a space, unless it is there, and return its queries."""
    kept = place.with_suffix(".queries.json")
    if not kept.is_file():
        with closing(_open(place, "fts5")) as memory:
            _, sample, _ = fill(memory, Corpus(seed), size)
        small = [item for item in sample if item["scope"] == SMALL]
        texts = {"all": queries(sample, asked), "small": queries(sample, asked, about=small, seed=12)}
        kept.write_text(json.dumps(texts), encoding="utf-8")
    found: dict[str, list[str]] = json.loads(kept.read_text(encoding="utf-8"))
    return {name: texts[:asked] for name, texts in found.items()}


def _open(place: Path, lexical: str) -> Memory:
    return Memory.open(place, embedder=None, settings=replace(_SETTINGS, lexical=lexical))


def _bytes(memory: Memory) -> int:
    """Return the bytes of SQLite's own full-text index."""
    with memory._engine.store.read() as snapshot:
        sql = "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE 'lexical%'"
        return int(snapshot._db.execute(sql).get)  # type: ignore[attr-defined]


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="numbers of made-up records")
    parser.add_argument("--queries", type=int, default=50, help="how many are asked")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--keep", type=Path, help="a folder for the spaces")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    with scratch() if given.keep is None else nullcontext(given.keep) as folder:
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [measure(size, given.queries, given.seed, folder) for size in given.sizes]
    shown = [word for word in (sys.argv[1:] if argv is None else argv) if word not in ("--keep", str(given.keep))]
    result = {
        "benchmark": "lexical",
        "command": command(["lexical.py", *shown]),
        "machine": machine(),
        "sizes": sizes,
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
