"""What an item of a LangGraph store costs beside a record of the memory under it, by number of items.

    python benchmarks/adapters.py [--items 1000 20000 100000] [--out FILE]

Half of the items lie in one namespace, half in a hundred others. Reads are timed one by one in one thread.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch, timed
from langgraph.store.base import PutOp

from ricordo import Memory
from ricordo.adapters.langgraph import RicordoStore

_BATCH, _TIMES = 256, 50
_WORDS = "tea coffee harbour beagle ticket garden bridge letter engine winter violin market".split()


def measure(count: int) -> dict[str, Any]:
    """Return the medians of each operation in milliseconds, with `count` items there.

    Args:
        count: The number of items.
    """
    draw = random.Random(7)
    with scratch() as folder, Memory.open(folder / "space", embedder=None) as memory:
        store = RicordoStore(memory)
        ops = [_put(spot, draw) for spot in range(count)]
        _, spent = timed(lambda: [store.batch(ops[start : start + _BATCH]) for start in range(0, count, _BATCH)])
        ids = [record.id for record in memory.list(scope="docs", limit=_TIMES).records]
        timings: dict[str, Callable[[int], Any]] = {
            "record_by_id": lambda spot: memory.get(ids[spot % len(ids)]),
            "get": lambda spot: store.get(("docs",), f"k{2 * draw.randrange(count // 2)}"),
            "get_missing": lambda spot: store.get(("docs",), f"missing {spot}"),
            "put_again": lambda spot: store.put(("docs",), f"k{2 * spot}", {"text": "tea", "n": spot}),
            "put_new": lambda spot: store.put(("docs",), f"new {spot}", {"text": "tea", "n": spot}),
            "search_query": lambda spot: store.search(("users", f"u{spot}"), query="beagle in the garden"),
            "search_all": lambda spot: store.search(("docs",), limit=10),
            "search_filter": lambda spot: store.search(("users", f"u{spot}"), filter={"n": {"$gte": 0}}),
            "list_namespaces": lambda spot: store.list_namespaces(prefix=("users",), limit=10),
        }
        medians = {name: _median(work) for name, work in timings.items()}
        others, _ = timed(lambda: memory.retain("Somebody else has written."))
        _, again = timed(lambda: store.list_namespaces(limit=1))
    assert others.record.version == 1
    return {
        "items": count,
        "put_in_batches_ms": round(1000 * spent.wall / count, 3),
        "ms_p50": medians,
        "get_to_record_by_id": round(medians["get"] / medians["record_by_id"], 2),
        "namespaces_after_others_wrote_ms": round(1000 * again.wall, 1),
    }


def _put(spot: int, draw: random.Random) -> PutOp:
    namespace = ("docs",) if spot % 2 == 0 else ("users", f"u{spot // 2 % 100}")
    text = " ".join(draw.choices(_WORDS, k=8))
    return PutOp(namespace, f"k{spot}", {"text": text, "n": spot})


def _median(work: Callable[[int], Any]) -> float:
    work(0)
    walls = [timed(lambda spot=spot: work(spot))[1].wall for spot in range(1, _TIMES)]  # type: ignore[misc]
    return round(1000 * percentile(walls, 0.5), 3)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(argv)
    sizes = [measure(count) for count in given.items]
    shown = ["benchmarks/adapters.py", "--items", *map(str, given.items)]
    emit({"benchmark": "adapters", "command": command(shown), "machine": machine(), "sizes": sizes}, given.out)


if __name__ == "__main__":
    main()
