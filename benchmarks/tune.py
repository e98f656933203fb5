"""Choose the weights of recall's arms: one table for conversations and documents, with and without an embedder.

    python benchmarks/tune.py --locomo PATH --hotpotqa PATH CORPUS --musique PATH CORPUS [--rounds 2] [--out FILE]

Every question is drawn once through the library (`plaintext.recall.draw`), without an embedder and with MiniLM; then
the weights are changed one at a time, each to the value that ranks best, until a round changes nothing. What is made
best is a mean of smooth figures: recall@3, 5, 8, 10, 13 and 20 of LoCoMo (categories 1 to 4) without and with vectors,
and recall@2, 5 and 10 of the two sets of passages with vectors. Beside that: the ladder (arms added one after the
other), what each arm gives alone (recall without it), and the evidence loop with two and three hops. With `--held-out`
the weights are also chosen without each conversation in turn and measured on it: how much of the gain is of the
choice, how much of these questions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch
from benchmarks.datasets import APART, Space, load

from ricordo import Memory
from ricordo.plaintext.compose import Wanted
from ricordo.plaintext.fuse import WEIGHTS, Evidence, base, fuse
from ricordo.plaintext.recall import draw
from ricordo.plaintext.request import visible
from ricordo.providers import Embedder, default_embedder

Weights = Mapping[str, float]
_CUTS = {"locomo": (3, 5, 8, 10, 13, 20), "hotpotqa": (2, 5, 10), "musique": (2, 5, 10)}
_FACTORS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
_LADDER = (
    *(("lexical",), ("vector",), ("before", "after"), ("session",), ("speaker",), ("reply",), ("when", "time")),
    *(("length", "asks"), ("graph",)),
)
_TUNED = ("lexical", "graph", "before", "after", "reply", "session", "speaker", "time", "when", "length", "asks")


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what the arms drew for it."""

    data: str
    space: str
    embedded: bool
    evidence: Evidence
    gold: frozenset[int]
    size: int


def gather(data: str, space: Space, embedder: Embedder | None) -> list[Case]:
    """Retain a space and draw the candidates of each of its questions."""
    with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
        items = [{**document.item, "scope": "x"} for document in space.documents if document.item["content"]]
        memory.retain_many(items)
        if embedder is not None:
            memory.embed()
        engine = memory._engine
        cases = []
        with engine.store.read() as snapshot:
            seen = visible(memory._view, engine.settings.tz, engine.now(), snapshot, scope="x")
            rows = snapshot.page(seen, 0, len(items) + 1)
            refs = {ref: row.vid for row in rows for ref in row.record.refs}
            near = memory._near(snapshot, seen, 200, [])
            for question in space.questions:
                if question.group != APART:
                    wanted = Wanted(question.text, seen, 20, None)
                    found = draw(snapshot, engine.reader, wanted, wanted.asked(engine.reader), near)
                    gold = frozenset(refs[ref] for ref in question.evidence if ref in refs)
                    size = len(question.evidence)
                    cases.append(Case(data, space.name, embedder is not None, found.evidence, gold, size))
        return cases


def ranks(case: Case, weights: Weights) -> list[int]:
    """Return the ranks of the evidence under these weights."""
    old = case.evidence
    lexical = {vid: arms["lexical"][0] for vid, arms in old.base.items() if "lexical" in arms}
    vectors = {vid: arms["vector"][0] for vid, arms in old.base.items() if "vector" in arms}
    anew = replace(old, base=base(lexical, vectors, old.signals, None, weights))
    return [spot for spot, one in enumerate(fuse(anew, weights), 1) if one.vid in case.gold]


def figures(cases: Sequence[Case], weights: Weights) -> dict[str, dict[str, float]]:
    """Return recall at each cut by data set and profile."""
    shares: dict[str, list[list[float]]] = {}
    for case in cases:
        found = ranks(case, weights)
        cuts = _CUTS[case.data]
        name = f"{case.data}{' minilm' if case.embedded else ''}"
        shares.setdefault(name, []).append([sum(rank <= k for rank in found) / case.size for k in cuts])
    means = {name: [sum(column) / len(rows) for column in zip(*rows, strict=True)] for name, rows in shares.items()}
    return {
        name: {str(k): round(mean, 4) for k, mean in zip(_CUTS[name.split()[0]], row, strict=True)}
        for name, row in means.items()
    }


def objective(told: Mapping[str, Mapping[str, float]]) -> float:
    """Return the mean over data sets and profiles of the mean recall."""
    return sum(sum(row.values()) / len(row) for row in told.values()) / max(1, len(told))


def choose(cases: Sequence[Case], start: Weights, rounds: int) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Change one weight at a time to the value that ranks best; return the weights and the steps that gained."""
    weights, best = dict(start), objective(figures(cases, start))
    steps: list[dict[str, Any]] = []
    for _ in range(rounds):
        before = best
        for name in _TUNED:
            tried = {value: objective(figures(cases, _changed(weights, name, value))) for value in _values(start[name])}
            value = max(tried, key=lambda one: tried[one])
            if tried[value] > best + 0.0005:
                best, weights = tried[value], _changed(weights, name, value)
                steps.append({"arm": name, "weight": value, "objective": round(best, 4)})
        if best == before:
            break
    return weights, steps


def _values(now: float) -> list[float]:
    return [round(now * factor, 3) for factor in _FACTORS]


def _changed(weights: Weights, name: str, value: float) -> dict[str, float]:
    """Return the weights with one changed; lexical and vector share one point."""
    changed = {**weights, name: value}
    return {**changed, "vector": round(1 - value, 3)} if name == "lexical" else changed


def ablation(cases: Sequence[Case], weights: Weights) -> dict[str, dict[str, float]]:
    """Return what each arm gives: recall with it less recall without it, by data set."""
    whole = figures(cases, weights)
    rows = {}
    for name in _TUNED:
        without = figures(cases, {**weights, name: 0.0} if name != "lexical" else {**weights, "lexical": 1e-9})
        rows[name] = {
            f"{data} R@{k}": round(whole[data][k] - without[data][k], 4)
            for data in whole
            for k in ("10" if data.startswith("locomo") else "5",)
        }
    return rows


def ladder(cases: Sequence[Case], weights: Weights) -> dict[str, dict[str, dict[str, float]]]:
    """Return recall with the arms added one after the other."""
    told = {}
    now = {**weights, **dict.fromkeys((name for step in _LADDER for name in step), 0.0)}
    for step in _LADDER:
        now |= {name: weights[name] for name in step}
        told[" + ".join(step)] = figures(cases, now)
    return told


def hops(data: str, space: Space, embedder: Embedder | None) -> list[tuple[int, str, list[float]]]:
    """Return (hops, data set and profile, recall at each cut) of every question, through the evidence loop."""
    name = f"{data}{' minilm' if embedder else ''}"
    rows = []
    with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
        memory.retain_many({**document.item, "scope": "x"} for document in space.documents if document.item["content"])
        if embedder is not None:
            memory.embed()
        for question in space.questions:
            for count in (1, 2, 3) if question.group != APART else ():
                found = memory.recall(question.text, k=20, hops=count)
                seen = [set(item.record.refs) & question.evidence for item in found]
                at = [len(set().union(*seen[:k])) / len(question.evidence) for k in _CUTS[data]]
                rows.append((count, name, at))
    return rows


def loop_figures(rows: Sequence[tuple[int, str, list[float]]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return mean recall by hops and data set."""
    told: dict[str, dict[str, dict[str, float]]] = {}
    for count, name in sorted({(count, name) for count, name, _ in rows}):
        columns = zip(*(at for hop, data, at in rows if (hop, data) == (count, name)), strict=True)
        means = [round(sum(column) / len(column), 4) for column in map(list, columns)]
        told.setdefault(f"{count} hops", {})[name] = dict(zip(map(str, _CUTS[name.split()[0]]), means, strict=True))
    return told


def held_out(cases: Sequence[Case], start: Weights, rounds: int) -> dict[str, Any]:
    """Choose weights without each conversation in turn; return what they give on it, beside the start's."""
    told = {}
    for space in sorted({case.space for case in cases if case.data == "locomo"}):
        kept = [case for case in cases if case.space != space]
        weights, _ = choose(kept, start, rounds)
        apart = [case for case in cases if case.space == space]
        told[space] = {"start": figures(apart, start), "chosen without it": figures(apart, weights)}
    return told


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locomo", type=Path, required=True, help="the file of conversations")
    parser.add_argument("--hotpotqa", type=Path, nargs=2, required=True, metavar=("PATH", "CORPUS"))
    parser.add_argument("--musique", type=Path, nargs=2, required=True, metavar=("PATH", "CORPUS"))
    parser.add_argument("--rounds", type=int, default=2, help="times through all weights, at most")
    parser.add_argument("--held-out", action="store_true", help="also choose without each conversation in turn")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    embedder = default_embedder(threads=2)
    if embedder is None:
        raise SystemExit("this needs the extra `embed`")
    cases: list[Case] = []
    looped: list[tuple[int, str, list[float]]] = []
    for data, paths in (("locomo", [given.locomo]), ("hotpotqa", given.hotpotqa), ("musique", given.musique)):
        for space in load(data, *paths):
            for profile in (None, embedder):
                cases += gather(data, space, profile)
                looped += hops(data, space, profile)
    weights, steps = choose(cases, WEIGHTS, given.rounds)
    result = {
        "benchmark": "tune",
        "command": command(["tune.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "start": {"weights": dict(WEIGHTS), "recall": figures(cases, WEIGHTS)},
        "steps": steps,
        "chosen": {"weights": weights, "recall": figures(cases, weights)},
        "ladder": ladder(cases, WEIGHTS),
        "ablation": ablation(cases, WEIGHTS),
        "evidence loop": loop_figures(looped),
    }
    if given.held_out:
        result["held out"] = held_out(cases, WEIGHTS, given.rounds)
    emit(result, given.out)


if __name__ == "__main__":
    main()
