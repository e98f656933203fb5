"""What the vector arm costs: vectors read from the file, held in memory exactly, and held in eight bits.

    python benchmarks/vectors.py --sizes 10000 100000 [--queries 20]

The vectors are random directions of 384 numbers: nothing is near anything, the hardest case for anything that is not
exact. A query is one of them with as much noise. One record in a thousand belongs to a small scope. Overlap is the
share of the 200 nearest of the exact scan that are found. The search alone is timed, without making the query's
vector; the first one, which loads what is held, apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, peak_mb, scratch, summary, timed
from benchmarks.corpus import SMALL, Corpus
from benchmarks.growth import fill

from ricordo import Memory
from ricordo.config import Settings
from ricordo.index.matrix import VectorMemory
from ricordo.index.vectors import Nearest, Target, nearest

_DIMENSION, _POOL, _ROOM = 384, 200, 17


class Directions:
    """An embedder that gives every text the next of a row of random directions."""

    model_id = "directions@1"
    dimension = _DIMENSION

    def __init__(self, seed: int) -> None:
        self._choose = np.random.default_rng(seed)

    def embed(self, texts: Sequence[str]) -> Any:
        """Return one direction for each text."""
        drawn = self._choose.standard_normal((len(texts), _DIMENSION), dtype=np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def measure(size: int, asked: int, seed: int) -> dict[str, Any]:
    """Return everything that is measured at one size."""
    embedder = Directions(seed)
    settings = Settings(background=False, lexical="fts5")
    with scratch() as folder, closing(Memory.open(folder / "space", embedder=embedder, settings=settings)) as memory:
        fill(memory, Corpus(seed), size)
        memory.embed()
        blocks = -(-size // 8192) * 8192
        bounds = {"exact": blocks * (4 * _DIMENSION + _ROOM), "eight bits": blocks * (_DIMENSION + _ROOM)}
        with memory._engine.store.read() as snapshot:
            chosen = [blob for _, _, blob in snapshot.embedded(embedder.model_id, size - asked)]
        found = [np.frombuffer(blob, np.float16).astype(np.float32) for blob in chosen[:asked]]
        noise = embedder.embed([""] * len(found))
        targets = [Target(embedder.model_id, one + two) for one, two in zip(found, noise, strict=True)]
        report: dict[str, Any] = {"records": size, "held": {}}
        oracle, report["file"] = _series(memory, None, targets, None)
        _, report["file_small_scope"] = _series(memory, None, targets, SMALL)
        for name, bound in bounds.items():
            held = VectorMemory(bound)
            first = timed(lambda: _ask(memory, held, targets[0], None))[1]  # noqa: B023
            answers, spent = _series(memory, held, targets, None)
            matrix = held._matrix
            assert matrix is not None
            assert matrix.coarse is (name == "eight bits")
            shared = [
                len(one.scores.keys() & other.scores.keys()) / _POOL for one, other in zip(answers, oracle, strict=True)
            ]
            report["held"][name] = {
                "mb": round(matrix.bytes_with(0) / 1e6, 1),
                "first_ms": round(1000 * first.cpu, 1),
                "all": spent,
                "small_scope": _series(memory, held, targets, SMALL)[1],
                "overlap_at_200": round(sum(shared) / len(shared), 4),
            }
    report["peak_mb"] = peak_mb()
    return report


def _series(memory: Memory, held: VectorMemory | None, targets: Sequence[Target], scope: str | None) -> Any:
    told, spent = zip(*(timed(lambda: _ask(memory, held, target, scope)) for target in targets), strict=True)  # noqa: B023
    return told, summary(spent)


def _ask(memory: Memory, held: VectorMemory | None, target: Target, scope: str | None) -> Nearest:
    with memory._engine.store.read() as snapshot:
        seen = memory._visible(snapshot, memory._engine.now(), scope=scope)
        near = held.nearest(snapshot, target, seen, _POOL) if held else nearest(snapshot, target, seen, _POOL)
    assert near is not None
    return near


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="numbers of made-up records")
    parser.add_argument("--queries", type=int, default=20, help="how many are asked")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result = {
        "benchmark": "vectors",
        "command": command(["vectors.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "sizes": [measure(size, given.queries, given.seed) for size in given.sizes],
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
