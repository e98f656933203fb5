"""Whether hard bounds hold at every step of a long stream of writes, and what keeping them costs.

    python benchmarks/bounds.py --records 100000 [--check 1000] [--seed 7]

The same stream goes into a space with six bounds and into one with none, one transaction a step, no embedder: retain
(one in fifty pinned, some to slots), now and then a batch, an update that grows, pin, unpin, feedback, undo, forget.
After every step the totals that the store keeps must be within every bound, of the space and of the scopes the step
touched; every `--check` steps they must equal a recount of the record table by a connection of its own, for every
scope. CPU time is that of the steps alone. A refusal (`BoundError`) is no breach: nothing was written.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, peak_mb, scratch, summary, timed
from benchmarks.corpus import Corpus

from ricordo import BoundError, InvalidInputError, Memory, NotFoundError
from ricordo.config import Settings
from ricordo.text import EstimatedTokens

#: About a twentieth of a stream of 100,000 records, each bound so near to the others that all of them bind at times.
BOUNDS = {
    "max_records": 5_000,
    "max_bytes": 620_000,
    "max_tokens": 134_000,
    "scope_max_records": 510,
    "scope_max_bytes": 63_000,
    "scope_max_tokens": 13_600,
}
_EVICTIONS = """
SELECT json_extract(p.body, '$.rule'), count(*)
    FROM event e JOIN payload p ON p.pid >= e.seq << 20 AND p.pid < (e.seq + 1) << 20
    WHERE e.op = 'evict' GROUP BY 1
"""
MEASURES = ("records", "bytes", "tokens")
_OTHER_STEPS = ("update", "pin", "unpin", "feedback", "undo", "forget", "batch")


class Stream:
    """Steps on one space, the same for the same seed and the same verdicts."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.steps: Counter[str] = Counter()
        self.refused = 0
        self._corpus = Corpus(seed)
        self._choose = random.Random(seed + 1)
        self._recent: list[str] = []
        self._pinned: list[str] = []

    def step(self) -> tuple[int, set[str], Spent]:
        """Do one step; return how many records it retained, the scopes it wrote to, and its time."""
        other = self._choose.random() < 0.15 and bool(self._recent)
        name = self._choose.choice(_OTHER_STEPS) if other else "retain"
        items = [self._item() for _ in range(50 if name == "batch" else 1 if name == "retain" else 0)]
        self.steps[name] += 1
        _, spent = timed(lambda: self._tried(name, items))
        return len(items), {item["scope"] for item in items}, spent

    def _item(self) -> dict[str, Any]:
        (item,) = self._corpus.items(1)
        item["pinned"] = self._choose.random() < 0.02
        item["kind"] = self._choose.choice(("observation", "fact", "event", "context", "instruction"))
        if item["kind"] == "fact" and self._choose.random() < 0.2:
            number = self._choose.randrange(500)
            item |= {"subject": f"Person {number}", "attribute": "home", "value": item["content"][:20]}
        return item

    def _tried(self, name: str, items: list[dict[str, Any]]) -> None:
        try:
            self._do(name, items)
        except (BoundError, NotFoundError, InvalidInputError):
            self.refused += 1

    def _do(self, name: str, items: list[dict[str, Any]]) -> None:
        memory, choose = self.memory, self._choose
        if items:
            verdicts = memory.retain_many(items)
            self._recent = [*self._recent, *(verdict.record.id for verdict in verdicts)][-5000:]
            self._pinned += [verdict.record.id for verdict in verdicts if verdict.record.pinned]
        elif name == "undo":
            memory.undo(max(1, _head(memory) - choose.randrange(5)))
        elif name == "unpin":
            if self._pinned:
                memory.update(self._pinned.pop(choose.randrange(len(self._pinned))), pinned=False)
        else:
            self._change(name, choose.choice(self._recent))

    def _change(self, name: str, id: str) -> None:
        if name == "update":
            self.memory.update(id, content=f"{self.memory.get(id).content} {self._corpus.text()}")
        elif name == "pin":
            self.memory.update(id, pinned=True)
            self._pinned.append(id)
        elif name == "feedback":
            self.memory.feedback([id], self._choose.choice(("used", "helped", "harmed")))
        else:
            self.memory.forget(id)


def _head(memory: Memory) -> int:
    with memory._engine.store.read() as snapshot:
        return snapshot.head()


def run(place: Path, records: int, check: int, seed: int, bounds: dict[str, int]) -> dict[str, Any]:
    """Write one stream into a new space; return what it cost and what was found."""
    settings = Settings(lexical="fts5", background=False, **bounds)  # type: ignore[arg-type]
    spent: list[Spent] = []
    breaches: list[str] = []
    recounts = retained = 0
    with Memory.open(place, embedder=None, settings=settings) as memory:
        stream = Stream(memory, seed)
        while retained < records:
            number, scopes, took = stream.step()
            retained += number
            if number == 1:
                spent.append(took)
            breaches += [f"step {sum(stream.steps.values())}: {told}" for told in over(memory, scopes, bounds)]
            if sum(stream.steps.values()) % check == 0:
                recounts += 1
                breaches += list(differing(memory, place, bounds))
        problems = memory.verify().problems
        events = _count(place, "SELECT op, count(*) FROM event GROUP BY op")
        live, size = memory.stats().records, memory.stats().bytes
    rules = _count(place, _EVICTIONS)
    return {
        "retained": retained,
        "steps": dict(stream.steps),
        "refused": stream.refused,
        "events": events,
        "evictions": rules,
        "live": live,
        "file_mb": round(size / 1e6, 1),
        "recounts": recounts,
        "breaches": breaches[:10],
        "breaches_total": len(breaches),
        "problems": list(problems),
        "retain": summary(spent),
    }


def over(memory: Memory, scopes: set[str], bounds: dict[str, int]) -> Iterator[str]:
    """Yield the bounds that do not hold, by the totals that the store keeps."""
    if not bounds:
        return
    with memory._engine.store.read() as snapshot:
        found = [("", snapshot.totals(None)), *(("scope_", snapshot.totals((scope,))) for scope in scopes)]
    for prefix, totals in found:
        for measure in MEASURES:
            most = bounds.get(f"{prefix}max_{measure}", 0)
            if most and getattr(totals, measure) > most:
                yield f"{prefix}max_{measure}: {getattr(totals, measure)}"


def differing(memory: Memory, place: Path, bounds: dict[str, int]) -> Iterator[str]:
    """Yield where the totals of a scope differ from a recount, or exceed a bound."""
    counter = EstimatedTokens()
    found: dict[Any, tuple[int, ...]] = {}
    sql = "SELECT scope, json_extract(state, '$.content') FROM record WHERE died IS NULL AND status IN (?, ?)"
    db = apsw.Connection(str(place / "memory.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        for scope, content in db.execute(sql, ("active", "provisional")):
            text = str(content)
            size = (1, len(text.encode()), counter.count(text))
            found[scope] = tuple(map(int.__add__, found.get(scope, (0, 0, 0)), size))
    finally:
        db.close()
    with memory._engine.store.read() as snapshot:
        for scope, counted in found.items():
            kept = snapshot.totals((str(scope),))
            if kept[:3] != counted:
                yield f"scope {scope}: {kept[:3]} are kept, {counted} counted"
        if snapshot.totals(None)[:3] != tuple(map(sum, zip(*found.values(), strict=True))):
            yield "the space: the totals differ from a recount"
    yield from over(memory, set(map(str, found)), bounds)


def _count(place: Path, sql: str) -> dict[str, int]:
    db = apsw.Connection(str(place / "memory.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {str(name): int(str(number)) for name, number in db.execute(sql)}
    finally:
        db.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line; exit with 1 where a bound did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="records retained")
    parser.add_argument("--check", type=int, default=1_000, help="steps between two recounts")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--only-bounded", action="store_true", help="leave the space without bounds out")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result: dict[str, Any] = {
        "benchmark": "bounds",
        "command": command(["bounds.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "bounds": BOUNDS,
    }
    with scratch() as folder:
        result["bounded"] = run(folder / "bounded", given.records, given.check, given.seed, BOUNDS)
        if not given.only_bounded:
            result["unbounded"] = run(folder / "unbounded", given.records, given.check, given.seed, {})
            cpu = [result[name]["retain"]["cpu_ms_mean"] for name in ("bounded", "unbounded")]
            result["cpu_ratio"] = round(cpu[0] / cpu[1], 2)
    result["peak_mb"] = peak_mb()
    emit(result, given.out)
    return 1 if result["bounded"]["breaches_total"] or result["bounded"]["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
