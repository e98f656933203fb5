"""The stream that checks bounds: on a small space nothing is breached, much is evicted, and a breach would be told."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bounds import differing, over, run

from ricordo import Memory
from ricordo.config import Settings

BOUNDS = {
    "max_records": 60,
    "max_bytes": 9_000,
    "max_tokens": 2_500,
    "scope_max_records": 9,
    "scope_max_bytes": 1_300,
    "scope_max_tokens": 330,
}


def test_a_short_stream_keeps_its_bounds(tmp_path: Path) -> None:
    """Six bounds hold at every step, totals equal a recount, and records did make room."""
    found = run(tmp_path, 400, 20, 7, BOUNDS)
    assert (found["breaches"], found["problems"]) == ([], [])
    assert found["recounts"] >= 5
    assert found["live"] <= 60
    assert sum(found["evictions"].values()) > 200


def test_a_breach_would_be_told(tmp_path: Path) -> None:
    """A space that holds more than a bound, or keeps wrong totals, is found."""
    with Memory.open(tmp_path, embedder=None, settings=Settings(background=False, lexical="fts5")) as memory:
        memory.retain_many([{"content": f"turn {n}", "scope": "a"} for n in range(9)])
        assert list(over(memory, {"a"}, {"scope_max_records": 8})) == ["scope_max_records: 9"]
        assert list(differing(memory, tmp_path, {})) == []
        memory._engine.store.transact(
            lambda transaction: transaction._order.add(  # type: ignore[attr-defined]
                {"a": transaction.totals(("a",))}
            )
        )
        assert next(iter(differing(memory, tmp_path, {}))).startswith("scope a: (18,")
