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


_TOLD = {
    "record_by_id": "a record by its id, from the memory itself",
    "get": "get",
    "get_missing": "get of what is not there",
    "put_again": "put over an item",
    "put_new": "put of a new item",
    "search_query": "search with a query, in one of a hundred namespaces",
    "search_all": "search without a query, ten of the large namespace",
    "search_filter": "search with a filter, in one of a hundred namespaces",
    "list_namespaces": "list ten namespaces",
}


def adapters(results: Sequence[Result], table: Table) -> str:
    """Return what each operation of a LangGraph store takes, by number of items."""
    sizes = [one for result in results for one in result["sizes"]]
    head = ["ms, median", *(f"{one['items']:,} items" for one in sizes)]
    rows = [[told, *(f"{one['ms_p50'][name]:.2f}" for one in sizes)] for name, told in _TOLD.items()]
    batches = ["one put of a batch of 256", *(f"{one['put_in_batches_ms']:.2f}" for one in sizes)]
    others = [f"{one['namespaces_after_others_wrote_ms']:.1f}" for one in sizes]
    return table(head, [*rows, batches, ["list a namespace, others having written", *others]])


SURFACES: Mapping[str, Callable[[Sequence[Result], Table], str]] = {"adapters": adapters, "peer_suites": peer_suites}
