"""What live records weigh, and in which order they make room: pure arithmetic that both stores share.

Salience halves with each half-life of a record's kind: exponential decay, w * 2^(-age / h). A weight w at moment t is
1 at t + h * log2(w): that moment does not depend on the present, so records of one half-life stay in one order for
ever, and only the heads of the few half-lives are compared at `now`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from math import lcm, log2
from typing import NamedTuple

from ricordo.store.fold import micros
from ricordo.store.sizes import Grown, Totals
from ricordo.text.count import EstimatedTokens
from ricordo.types import RECALLABLE, Record

#: After how many days half of a record's salience is left, by kind: lasting, long, middle, short, passing.
HALF_LIFE_DAYS: Mapping[str, int] = {
    "instruction": 720,
    "preference": 360,
    "relationship": 360,
    "fact": 360,
    "decision": 360,
    "learning": 360,
    "artifact": 360,
    "case": 360,
    "tool": 360,
    "goal": 90,
    "commitment": 90,
    "event": 90,
    "error": 30,
    "observation": 30,
    "question": 30,
    "context": 7,
}
#: The half-lives there are, each once: so many orders are kept.
CLASSES = tuple(sorted(set(HALF_LIFE_DAYS.values())))
#: Who makes room: any record, then what a person edited, then what is pinned.
TIERS = (ORDINARY, EDITED, PINNED) = (0, 1, 2)
#: The row that holds the totals of the space: no scope is called so.
SPACE = ""
_DAY = 86_400_000_000
_SPAN = lcm(*CLASSES)
_STEPS = 1024
_COUNTER = EstimatedTokens()
NOTHING = Totals()


class Rank(NamedTuple):
    """Where a live record stands in the order of eviction.

    Args:
        tier: One of `TIERS`; a lower one goes first.
        days: The half-life of its kind.
        key: The moment at which its salience is 1, in microseconds since 1970; a lower one of the same half-life goes
            first.
        expires: When it expires, in microseconds since 1970, or None. What has expired goes before all others, unless
            it is pinned.
    """

    tier: int
    days: int
    key: int
    expires: int | None = None


def measure(record: Record) -> Totals:
    """Return what a current version adds to the totals: nothing where it can't be recalled."""
    if record.status not in RECALLABLE:
        return NOTHING
    text = record.content
    size = (1, len(text) if text.isascii() else len(text.encode()), _COUNTER.count(text))
    return Totals(*size, *size) if record.pinned else Totals(*size)


def voices(record: Record) -> int:
    """Return how many independent sources a record has: what one speaker says again counts once.

    A source is known by its speaker; without one by the caller's id, or the record that holds it.
    """
    told = {source.speaker or source.ref or source.record for source in record.sources}
    return max(1, len(told))


def weight(record: Record, counts: Mapping[str, int]) -> float:
    """Return what a record weighs before time takes from it: 1 for one source and no feedback.

    Args:
        record: The record with its sources.
        counts: Feedback by outcome; help counts twice, harm twice the other way.
    """
    used, helped, harmed = (max(0, counts.get(name, 0)) for name in ("used", "helped", "harmed"))
    return voices(record) * (1 + used + 2 * helped) / (1 + 2 * harmed)


def tier_of(record: Record) -> int:
    """Return which of `TIERS` a record is of."""
    return PINNED if record.pinned else EDITED if record.user_edited else ORDINARY


def rank(record: Record, counts: Mapping[str, int], heard: int) -> Rank:
    """Return where a live record stands in the order of eviction.

    Args:
        record: The current version with its sources.
        counts: Feedback by outcome.
        heard: When it was last said, in microseconds since 1970, as `heard` tells.
    """
    days = HALF_LIFE_DAYS[record.kind]
    steps = round(_STEPS * log2(weight(record, counts)))  # whole steps: the same key on every machine
    expires = None if record.expires_at is None else micros(record.expires_at)
    return Rank(tier_of(record), days, heard + days * _DAY * steps // _STEPS, expires)


def heard(record: Record, taken: Mapping[int, int]) -> int:
    """Return when a record was last said, in microseconds since 1970; a date in the future gains nothing.

    Of what a person edited all evidence may be withdrawn: then its own dates count.

    Args:
        record: The record with its sources.
        taken: When the events of its sources were recorded, in microseconds since 1970.
    """
    told = (min(micros(source.said_at), taken[source.event]) for source in record.sources)
    return max(told, default=min(micros(record.said_at), micros(record.recorded_at)))


def fading(spot: Rank, now: int) -> tuple[int, int]:
    """Return what places of all half-lives are ordered by at a moment: what has expired, then the tier, then salience.

    Args:
        spot: The place.
        now: The moment, in microseconds since 1970.
    """
    if spot.expires is not None and spot.expires <= now and spot.tier < PINNED:
        return -1, spot.expires
    return spot.tier, (spot.key - now) * (_SPAN // spot.days)


class Ledger:
    """What a transaction has added to the totals, and which records it has made or made larger."""

    def __init__(self) -> None:
        self.changes: dict[str, Totals] = {}
        self.grown: dict[str, Grown] = {}
        self._left: tuple[str, Totals] = ("", NOTHING)
        self._told: dict[str, Totals] = {}

    def leave(self, id: str, record: Record) -> None:
        """Take a version that ends out of the totals."""
        size = measure(record)
        self._left = (id, size)
        if size.records:
            known = self.changes.get(record.scope, NOTHING)
            self.changes[record.scope] = less(known, size)

    def enter(self, seq: int, id: str, record: Record) -> Totals:
        """Add a new current version to the totals; return what it adds."""
        size = measure(record)
        before = self._left[1] if self._left[0] == id else NOTHING
        self._left = ("", NOTHING)
        if not size.records:
            self.grown.pop(id, None)
            return size
        known = self.changes.get(record.scope)
        self.changes[record.scope] = size if known is None else more(known, size)
        if before is NOTHING or any(map(int.__gt__, size, before)):
            self.grown[id] = Grown(seq, record.scope, size)
        elif id in self.grown:
            self.grown[id] = self.grown[id]._replace(size=size)
        return size

    def due(self) -> dict[str, Totals]:
        """Return what was added since the last call, by scope and for the whole."""
        found = {scope: less(now, self._told.get(scope, NOTHING)) for scope, now in self.changes.items()}
        self._told = dict(self.changes)
        found = {scope: part for scope, part in found.items() if any(part)}
        return {**found, SPACE: sum_of(found.values())} if found else {}


def more(one: Totals, other: Totals) -> Totals:
    """Return the sum of two totals."""
    return Totals._make(map(int.__add__, one, other))


def less(one: Totals, other: Totals) -> Totals:
    """Return the first totals without the second."""
    return Totals._make(map(int.__sub__, one, other))


def sum_of(parts: Iterable[Totals]) -> Totals:
    """Return the sum of totals."""
    return reduce(more, parts, NOTHING)
