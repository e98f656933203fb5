"""Cycles among transactions, by edges that say which came before which. Knows nothing of records.

Transactions are numbered in the order of the log. An order that every edge respects proves that there is no cycle, so
a graph is built only where edges point back: every cycle lies within a stretch of the order that such edges cover.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

WW, WR, RW, RT = range(4)
#: From, to, kind.
Edge = tuple[int, int, int]
#: By node the edges that leave it: four times the node they lead to, plus their kind.
Graph = dict[int, list[int]]
#: First and last transaction.
Stretch = tuple[int, int]
#: From how many transactions of a knot its shortest cycle is looked for, and over how many edges.
_STARTS, _PATIENCE = 200, 2_000_000


class Knot(NamedTuple):
    """Transactions of which each comes before each other.

    Args:
        size: How many.
        edges: The shortest cycle that was found among them.
    """

    size: int
    edges: list[Edge]


def find_cycles(
    count: int, edges: Callable[[int, int], Iterable[Edge]], begins: Sequence[int], ends: Sequence[int]
) -> list[Knot]:
    """Return the knots of a graph: those of its edges alone, then those that need real time and hold none of the first.

    Args:
        count: How many transactions there are, numbered from 0.
        edges: Returns edges, among them all those between the transactions from a first one up to before another.
        begins, ends: When each began and had its answer; one that ended before another began comes before it.
    """
    back = [(target, source) for source, target, _ in edges(0, count) if target < source]
    found: list[Knot] = []
    tangled: set[int] = set()
    for stretch in _joined(back):
        graph = _graph(edges, stretch)
        for members in _components(graph):
            tangled |= members
            found.append(Knot(len(members), _shortest(graph, members, count)))
    for stretch in _joined([*back, *overtaken(begins, ends)]):
        graph = _graph(edges, stretch)
        _add_time(graph, stretch, count, begins, ends)
        for members in _components(graph):
            if tangled.isdisjoint(members):
                size = sum(1 for node in members if node < count)
                found.append(Knot(size, _shortest(graph, members, count)))
    return found


def overtaken(begins: Sequence[int], ends: Sequence[int]) -> list[Stretch]:
    """Return for each transaction that began after a later one had ended, itself and the last such.

    >>> overtaken([1, 5, 3], [2, 6, 4])
    [(1, 2)]
    """
    least = list(ends)
    for spot in range(len(least) - 2, -1, -1):
        if least[spot + 1] < least[spot]:
            least[spot] = least[spot + 1]
    late = [spot for spot, (begin, end) in enumerate(zip(begins, least[1:], strict=False)) if end < begin]
    return [(spot, bisect_left(least, begins[spot]) - 1) for spot in late]


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return stretches that overlap or touch as one."""
    joined: list[Stretch] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _graph(edges: Callable[[int, int], Iterable[Edge]], stretch: Stretch) -> Graph:
    first, last = stretch
    graph: Graph = {node: [] for node in range(first, last + 1)}
    for source, target, kind in edges(first, last + 1):
        if first <= source <= last and first <= target <= last:
            graph[source].append(4 * target + kind)
    return graph


def _add_time(graph: Graph, stretch: Stretch, count: int, begins: Sequence[int], ends: Sequence[int]) -> None:
    """Add the order of real time, in as many edges as there are transactions.

    Between those that ended and those that began afterwards stands a moment, numbered from `count`; moments follow one
    another.
    """
    nodes = range(stretch[0], stretch[1] + 1)
    steps = sorted([(begins[node], 0, node) for node in nodes] + [(ends[node], 1, node) for node in nodes])
    moment, free = -1, count
    ended: list[int] = []
    for _, over, node in steps:
        if over:
            ended.append(node)
            continue
        if ended:
            for before in [*ended, *([moment] if moment >= 0 else [])]:
                graph[before].append(4 * free + RT)
            graph[free], moment, free, ended = [], free, free + 1, []
        if moment >= 0:
            graph[moment].append(4 * node + RT)


def _components(graph: Graph) -> list[set[int]]:
    """Return the strongly connected components of two nodes and more, by Tarjan's algorithm without recursion."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    open_: list[int] = []
    is_open: set[int] = set()
    found = []
    for root in graph:
        if root in number:
            continue
        path = [(root, iter(graph[root]))]
        number[root] = low[root] = len(number)
        open_.append(root)
        is_open.add(root)
        while path:
            node, rest = path[-1]
            for code in rest:
                target = code >> 2
                if target not in number:
                    number[target] = low[target] = len(number)
                    open_.append(target)
                    is_open.add(target)
                    path.append((target, iter(graph[target])))
                    break
                if target in is_open and number[target] < low[node]:
                    low[node] = number[target]
            else:
                path.pop()
                if path and low[node] < low[path[-1][0]]:
                    low[path[-1][0]] = low[node]
                if low[node] == number[node]:
                    members = _closed(open_, is_open, node)
                    if len(members) > 1:
                        found.append(members)
    return found


def _closed(open_: list[int], is_open: set[int], node: int) -> set[int]:
    members = set()
    while True:
        last = open_.pop()
        is_open.discard(last)
        members.add(last)
        if last == node:
            return members


def _shortest(graph: Graph, members: set[int], count: int) -> list[Edge]:
    """Return the shortest cycle of a knot as far as patience goes. Moments, from `count` on, cost nothing."""
    best: list[Edge] = []
    patience = _PATIENCE
    for start in sorted(members)[:_STARTS]:
        found, looked = _circle(graph, members, start, count, len(best))
        patience -= looked
        best = found or best
        if len(best) == 2 or patience < 0:
            break
    return best


def _circle(graph: Graph, members: set[int], start: int, count: int, most: int) -> tuple[list[Edge], int]:
    """Return the shortest cycle through a node, where it has fewer than `most` edges (0: any), and how many it took."""
    came: dict[int, tuple[int, int]] = {}
    length = {start: 0}
    waiting = deque([start])
    looked = 0
    while waiting:
        node = waiting.popleft()
        if most and length[node] + 1 >= most:
            break
        for code in graph[node]:
            looked += 1
            target, kind = code >> 2, code & 3
            if target == start:
                return _walked(came, start, node, kind, count), looked
            if target in members and target not in length:
                came[target] = (node, kind)
                length[target] = length[node] + (target < count)
                (waiting.append if target < count else waiting.appendleft)(target)
    return [], looked


def _walked(came: dict[int, tuple[int, int]], start: int, last: int, kind: int, count: int) -> list[Edge]:
    """Return the edges of a way back to where it began, without the moments on it."""
    ways = [(start, kind)]
    node = last
    while node != start:
        before, how = came[node]
        if node < count:
            ways.append((node, how))
        node = before
    stops = [(start, RT), *reversed(ways)]
    return [(source, target, how) for (source, _), (target, how) in pairwise(stops)]
