"""Full-text search by definition: what SQLite's engine computes, as plain loops. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

_K1, _B, _FLOOR = 1.2, 0.75, 1e-6


def bm25(terms: Sequence[str], documents: Mapping[int, Sequence[str]]) -> list[tuple[int, float]]:
    """Score documents by the terms of a query; only those with any of them. (Robertson and Zaragoza 2009.)

    Args:
        terms: The terms of the query.
        documents: The terms of each document; two label terms more count to its length.
    """
    bags = {vid: Counter(found) for vid, found in documents.items()}
    lengths = {vid: bag.total() + 2 for vid, bag in bags.items()}
    mean = sum(lengths.values()) / max(1, len(bags))
    scores: dict[int, float] = {}
    for term in terms:
        hits = {vid: bag[term] for vid, bag in bags.items() if term in bag}
        weight = math.log((len(bags) - len(hits) + 0.5) / (len(hits) + 0.5))
        weight = weight if weight > 0 else _FLOOR
        for vid, count in hits.items():
            norm = count + _K1 * (1 - _B + _B * lengths[vid] / mean)
            scores[vid] = scores.get(vid, 0.0) + weight * (count * (_K1 + 1) / norm)
    return list(scores.items())


def in_a_row(wanted: Sequence[str], terms: Sequence[str]) -> bool:
    """Tell whether a document has these terms one behind the other."""
    row = tuple(wanted)
    return any(tuple(terms[start : start + len(row)]) == row for start in range(len(terms) - len(row) + 1))
