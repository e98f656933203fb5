"""The benchmark over HTTP, small: it counts right, and both ways to recall find the same."""

from __future__ import annotations

from benchmarks.over_http import race, recalls


def test_what_agents_wrote_is_there() -> None:
    told = race(2, 4, 0.3, 0)
    assert told["lost"] == 0
    assert told["acked"] >= told["least"] + told["most"] > 0
    assert told["server_cpu_ms_per_commit"] > 0


def test_recall_finds_the_same_over_http() -> None:
    told = recalls(40, 6)
    assert told["same"] == told["questions"] == 6
    assert told["added_ms_p50"] > 0
