"""What consolidation saves and costs, and whether anything is lost while others write.

    python benchmarks/consolidate.py locomo PATH [--embedder none|auto|FOLDER] [--tokens 1500]
    python benchmarks/consolidate.py writers [--writers 8] [--seconds 20]

`locomo`: the same questions before and after. A piece of evidence counts where its whole text stands in the context, in
a record that has its ref: a summary counts for what it renders, not for what it cites. `writers`: processes add, change,
repeat and retire records of sessions and slots while another consolidates again and again. Afterwards every
acknowledged write is looked for in the log, every record must be live, archived and cited, or retired by an event of its
own; the space before each region is compared with what stood there; some regions are undone; and the log is replayed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch, timed
from benchmarks.context import mean, read_back
from benchmarks.datasets import APART, Space, load
from benchmarks.recall import embedder_named

from ricordo import Memory, Recall, Record
from ricordo.providers import Embedder
from ricordo.text import EstimatedTokens

_COUNTER = EstimatedTokens()
_READY = "ready"


# -- evidence in a context, before and after


def rendered(found: Recall, wanted: Sequence[tuple[str, str]]) -> list[bool]:
    """Return for each (ref, text) whether the whole text stands in the context, in a record with that ref."""
    strings = [strings for _, strings in read_back(found.text)]
    there = [item for item in found.items if any(item.text in quoted for quoted in strings)]
    return [any(ref in item.record.refs and text in item.text for item in there) for ref, text in wanted]


def locomo(spaces: Sequence[Space], embedder: Embedder | None, tokens: int) -> dict[str, Any]:
    """Return how large the active set is, and how much evidence contexts hold, before and after."""
    before, after = _Side(), _Side()
    regions = 0
    spent = 0.0
    for space in spaces:
        with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
            memory.retain_many([document.item for document in space.documents if document.item["content"]])
            before.ask(memory, space, tokens)
            done, took = timed(memory.consolidate)
            regions, spent = regions + len(done.events), spent + took.cpu
            again = memory.consolidate()
            assert done.done and not again.regions, "a second run must find nothing left"
            after.ask(memory, space, tokens)
            assert memory.verify().ok
    return {
        "tokens": tokens,
        "regions": regions,
        "cpu_ms_per_region": round(1000 * spent / max(regions, 1), 2),
        "before": before.report(),
        "after": after.report(),
        "records_saved": round(1 - after.records / before.records, 4),
    }


class _Side:
    """One side of the comparison."""

    def __init__(self) -> None:
        self.records = self.tokens = 0
        self.shares: list[float] = []
        self.whole: list[bool] = []

    def ask(self, memory: Memory, space: Space, tokens: int) -> None:
        """Count the active set, and put every question."""
        memory.embed()
        live = everything(memory)
        self.records += len(live)
        self.tokens += sum(_COUNTER.count(record.content) for record in live)
        texts = {document.ref: document.item["content"] for document in space.documents}
        for question in space.questions:
            if question.group != APART:
                wanted = [(ref, texts[ref]) for ref in sorted(question.evidence)]
                there = rendered(memory.recall(question.text, max_tokens=tokens), wanted)
                self.shares.append(sum(there) / len(there))
                self.whole.append(all(there))

    def report(self) -> dict[str, Any]:
        """Return the figures of this side."""
        return {
            "records": self.records,
            "content_tokens": self.tokens,
            "questions": len(self.shares),
            "evidence": mean(self.shares),
            "questions_with_all": mean(self.whole),
        }


def everything(memory: Memory, **narrow: Any) -> list[Record]:
    """Return all records, page by page."""
    found: list[Record] = []
    cursor = None
    while True:
        page = memory.list(limit=1000, cursor=cursor, **narrow)
        found += page.records
        if (cursor := page.cursor) is None:
            return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("locomo", "writers"))
    parser.add_argument("path", type=Path, nargs="?", help="the file of questions")
    parser.add_argument("--embedder", default="none", help="none, auto, or the folder of a MiniLM copy")
    parser.add_argument("--tokens", type=int, default=1500, help="token budget of a context")
    parser.add_argument("--writers", type=int, default=8, help="processes")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    if given.part == "locomo" and given.path is None:
        parser.error("locomo needs the file of questions")
    embedder = embedder_named(given.embedder) if given.part == "locomo" else None
    body = locomo(load("locomo", given.path), embedder, given.tokens)
    result = {
        "benchmark": "consolidate",
        "part": given.part,
        "command": command(["consolidate.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "profile": f"lexical + {embedder.model_id}" if embedder else "lexical",
        **body,
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
