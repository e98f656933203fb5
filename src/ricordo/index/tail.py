"""The newest versions of a space, scored in memory: what an index that commits rarely has not taken in yet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ricordo.store.base import Row, Visible

_K1, _B = 1.2, 0.75


@dataclass(slots=True)
class Tail:
    """A handful of versions by term.

    Args:
        vid: The last version it has seen.
        seq: The last event it has seen.
    """

    vid: int
    seq: int
    _postings: dict[str, dict[int, int]] = field(default_factory=dict)
    _lengths: dict[int, int] = field(default_factory=dict)
    _labels: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, row: Row, terms: Sequence[str]) -> None:
        """Take in a version."""
        for term, count in Counter(terms).items():
            self._postings.setdefault(term, {})[row.vid] = count
        self._lengths[row.vid] = len(terms)
        self._labels[row.vid] = (row.record.scope, row.record.kind)

    def search(
        self, terms: Sequence[str], visible: Visible, known: Callable[[str], int], docs: int, tokens: int
    ) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of its versions with any of the terms, in no order.

        Args:
            terms: What to look for.
            visible: Bounds of scope and kind; the others are left to the caller.
            known: How many documents of the index have a term.
            docs: Documents of the index.
            tokens: Terms of all its documents.
        """
        total = docs + len(self)
        mean = (tokens + sum(self._lengths.values())) / max(1, total)
        scores: dict[int, float] = {}
        for term in terms:
            if hits := self._postings.get(term):
                holding = known(term) + len(hits)
                weight = math.log(1 + (total - holding + 0.5) / (holding + 0.5))
                for vid, count in hits.items():
                    norm = count + _K1 * (1 - _B + _B * self._lengths[vid] / mean)
                    scores[vid] = scores.get(vid, 0.0) + weight * count * (_K1 + 1) / norm
        return [hit for hit in scores.items() if self._within(hit[0], visible)]

    def _within(self, vid: int, visible: Visible) -> bool:
        scope, kind = self._labels[vid]
        inside = visible.scopes is None or scope in visible.scopes
        return inside and (visible.kinds is None or kind in visible.kinds)
