"""Tables of what is measured through the surfaces: the suites of other projects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def peer_suites(results: Sequence[Result], table: Table) -> str:
    """Return how many tests of each suite passed, failed and were left out, and every reason."""
    head = ["suite", "version", "our class", "tests", "passed", "failed", "skip themselves", "left out"]
    suites = [one for result in results for one in result["suites"]]
    rows = [
        [
            f"`{one['suite']}`",
            one["version"],
            f"`{one['class']}`",
            one["tests"],
            one["passed"],
            *(len(one[name]) for name in ("failed", "skipped", "left_out")),
        ]
        for one in suites
    ]
    reasons = [
        f"- `{one['suite']}`, {count}: {why}"
        for one in suites
        for why, count in Counter(one["left_out"].values()).most_common()
    ]
    return "\n\n".join([table(head, rows), "Left out:", "\n".join(reasons)])


def adapters(results: Sequence[Result], table: Table) -> str:
    """Return what looking up an item of a LangGraph store takes beside a record by its id, by number of items."""
    head = ["items", "record by id, ms", "get, ms", "get of what is not there, ms", "get, in times of a record by id"]
    sizes = [one for result in results for one in result["sizes"]]
    names = ("record_by_id", "get", "get_missing")
    rows = [
        [f"{one['items']:,}", *(f"{one['ms_p50'][name]:.2f}" for name in names), f"{one['get_to_record_by_id']:.1f}"]
        for one in sizes
    ]
    return table(head, rows)


SURFACES: Mapping[str, Callable[[Sequence[Result], Table], str]] = {"adapters": adapters, "peer_suites": peer_suites}
