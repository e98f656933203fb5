"""The entity graph: records that speak of one another by name, and what that says about a query. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: How much of a record's weight goes on to its neighbours, and how often. Seeds count by a power of their scores.
ONWARD, STEPS, SHARPNESS = 0.5, 3, 4.0


def spread(seeds: Mapping[int, float], mentions: Iterable[tuple[int, int]]) -> dict[int, float]:
    """Return what flows from seeds to the records they speak of, and that speak of them.

    Personalised PageRank over the graph of mentions, a few steps, without what each seed keeps for itself: the base
    arms have counted that. (Gutiérrez et al. 2024, HippoRAG, walk a graph of passages and entities drawn by a language
    model; here an edge is a name of one record in the text of another.)

    Args:
        seeds: Scores of the records the walk begins at.
        mentions: (record, record it speaks of) pairs; the walk goes both ways.

    Returns:
        Weights by record; only records that were reached.

    >>> flow = spread({1: 1.0, 2: 0.5}, [(1, 3), (3, 4)])
    >>> sorted(flow, key=flow.get, reverse=True)
    [3, 1, 4]
    """
    beside: dict[int, set[int]] = {}
    for one, other in mentions:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    powers = {vid: score**SHARPNESS for vid, score in seeds.items() if score > 0}
    total = sum(powers.values())
    held = kept = {vid: power / total for vid, power in powers.items()}
    flow: dict[int, float] = {}
    for _ in range(STEPS):
        flow = {}
        for vid, weight in held.items():
            for other in sorted(beside.get(vid, ())):
                flow[other] = flow.get(other, 0.0) + ONWARD * weight / len(beside[vid])
        held = {vid: flow.get(vid, 0.0) + (1 - ONWARD) * kept.get(vid, 0.0) for vid in {**kept, **flow}}
    return flow
