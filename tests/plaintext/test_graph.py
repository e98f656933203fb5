"""The entity graph: what flows along mentions, and the edges that texts make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import Memory
from ricordo.plaintext.graph import ONWARD, SHARPNESS, STEPS, spread
from ricordo.testing import FixedClock

EDGES = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] != pair[1]), max_size=20)
SEEDS = st.dictionaries(st.integers(0, 8), st.floats(0.01, 1), min_size=1)


def by_matrix(seeds: dict[int, float], edges: set[tuple[int, int]]) -> list[float]:
    """The same walk on a dense matrix of steps."""
    size = 9
    linked = [[(a, b) in edges or (b, a) in edges for b in range(size)] for a in range(size)]
    step = [[linked[a][b] / max(1, sum(linked[a])) for b in range(size)] for a in range(size)]
    powers = [seeds.get(vid, 0.0) ** SHARPNESS for vid in range(size)]
    start = [power / sum(powers) for power in powers]
    held, flow = start, [0.0] * size
    for _ in range(STEPS):
        flow = [ONWARD * sum(held[a] * step[a][b] for a in range(size)) for b in range(size)]
        held = [flow[vid] + (1 - ONWARD) * start[vid] for vid in range(size)]
    return flow


@given(SEEDS, EDGES)
def test_the_walk_is_personalised_pagerank(seeds: dict[int, float], edges: set[tuple[int, int]]) -> None:
    found, wanted = spread(seeds, sorted(edges)), by_matrix(seeds, edges)
    assert [found.get(vid, 0.0) for vid in range(9)] == pytest.approx(wanted, abs=1e-12)


@given(SEEDS, EDGES)
def test_nothing_flows_to_what_no_walk_reaches(seeds: dict[int, float], edges: set[tuple[int, int]]) -> None:
    reached = set(seeds)
    for _ in range(STEPS):
        reached |= {b for pair in edges for a, b in (pair, pair[::-1]) if a in reached}
    assert set(spread(seeds, sorted(edges))) <= reached


def graph_of(memory: Memory, query: str) -> dict[str, float]:
    found = memory.recall(query, k=20)
    return {item.record.title or "": item.why.arms["graph"].raw for item in found if "graph" in item.why.arms}


def test_a_record_is_reached_by_the_name_another_calls_it() -> None:
    """Ada's record names her firm, whose record shares no word with the question."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        memory.retain("Works since May at Brightwater Mills.", title="Ada Lind")
        memory.retain("Makes paper by the river.", title="Brightwater Mills (firm)")
        memory.retain("Sells shoes.", title="Unrelated")
        flow = graph_of(memory, "Where does Ada Lind work?")
        assert flow["Brightwater Mills (firm)"] == 1.0
        assert "Unrelated" not in flow


def test_the_graph_is_walked_backwards_too() -> None:
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        memory.retain("Makes paper.", title="Brightwater Mills")
        memory.retain("She joined brightwater mills in May.", title="Someone")
        assert graph_of(memory, "paper makers")["Someone"] == 1.0


def test_a_name_that_many_share_is_no_edge() -> None:
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        memory.retain("Spoke at the Meeting about tea.", title="Ada")
        memory.retain_many([{"content": f"Point {number}.", "title": "Meeting"} for number in range(9)])
        assert graph_of(memory, "Who spoke about tea?") == {}


def test_the_graph_stays_within_the_scope() -> None:
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        memory.retain("Works at Brightwater Mills.", title="Ada", scope="a")
        memory.retain("Makes paper.", title="Brightwater Mills", scope="b")
        memory.retain("Ada was here.", title="Visit", scope="b")
        found = memory.recall("Ada works", scope="a", k=20)
        assert [item.record.scope for item in found] == ["a"]
