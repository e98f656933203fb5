"""Cycles among numbered transactions, against a search that draws every edge of real time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from ricordo.testing.history_graph import RT, WW, Edge, find_cycles, overtaken


def on_cycles(count: int, edges: Iterable[tuple[int, int]]) -> set[int]:
    """Return the nodes that lead back to themselves."""
    reach = {node: {target for source, target in edges if source == node} for node in range(count)}
    for middle in range(count):
        for node in range(count):
            if middle in reach[node]:
                reach[node] |= reach[middle]
    return {node for node in range(count) if node in reach[node]}


def shortest(nodes: set[int], edges: Iterable[tuple[int, int]]) -> int:
    """Return the length of the shortest cycle through any of these nodes."""
    after = {node: {target for source, target in edges if source == node} for node in nodes}
    lengths = []
    for start in nodes:
        reached, length = {start}, 0
        while length <= len(nodes) and (start not in reached or not length):
            reached = {target for node in reached for target in after.get(node, ())}
            length += 1
        lengths.append(length)
    return min(lengths)


def test_cycles_with_and_without_time_are_those_of_a_naive_search() -> None:
    rng = random.Random(3)
    broken = timed = 0
    for _ in range(1_500):
        count = rng.randint(2, 9)
        pairs = [tuple(rng.sample(range(count), 2)) for _ in range(rng.randint(0, count + 2))]
        edges = [(a, b, WW) for a, b in pairs if a < b or rng.random() < 0.3]
        begins = [rng.randint(0, 5 * count) for _ in range(count)]
        ends = [begin + rng.randint(1, 20) for begin in begins]

        def between(first: int, end: int, edges: list[Edge] = edges) -> Iterator[Edge]:
            return (edge for edge in edges if first <= edge[0] < end)

        real = [(a, b) for a in range(count) for b in range(count) if ends[a] < begins[b]]
        drawn = [(a, b) for a, b, _ in edges]
        bare, every = on_cycles(count, drawn), on_cycles(count, [*drawn, *real])
        knots = find_cycles(count, between, begins, ends)
        assert bool(knots) == bool(every)
        sizes = [knot.size for knot in knots if all(kind != RT for *_, kind in knot.edges)]
        assert sum(sizes) == len(bare)
        if not bare:
            assert sum(knot.size for knot in knots) == len(every)
        for knot in knots:
            ways = drawn if bare else [*drawn, *real]
            if len(knots) == 1:
                assert len(knot.edges) == shortest(bare or every, ways)
            assert {(a, b) for a, b, kind in knot.edges if kind != RT} <= set(drawn)
            assert {(a, b) for a, b, kind in knot.edges if kind == RT} <= set(real)
        broken += bool(bare)
        timed += bool(every) and not bare
    assert min(broken, timed) > 100


def test_a_long_chain_needs_no_recursion() -> None:
    """50,000 transactions in one circle are one knot, and its shortest cycle is the circle."""
    count = 50_000
    ring = [(node, (node + 1) % count, WW) for node in range(count)]
    (knot,) = find_cycles(count, lambda first, end: ring[first:end], [-1] * count, [1 << 62] * count)
    assert (knot.size, len(knot.edges)) == (count, count)


def test_overtaken_names_the_last_that_had_ended() -> None:
    begins, ends = [9, 5, 1, 4], [10, 12, 8, 6]
    assert overtaken(begins, ends) == [(0, 3)]
    assert overtaken([], []) == []
