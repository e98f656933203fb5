"""What a record weighs now: evidence and outcome against age. Computed at read, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import exp2

from ricordo.store.order import HALF_LIFE_DAYS, voices, weight
from ricordo.types import Record

__all__ = ["HALF_LIFE_DAYS", "half_life", "last_said", "salience", "voices"]


def half_life(kind: str) -> timedelta:
    """Return the time after which half of the salience of a kind is left.

    | kinds | days |
    |---|---|
    | instruction | 720 |
    | preference, relationship, fact, decision, learning, artifact, case, tool | 360 |
    | goal, commitment, event | 90 |
    | error, observation, question | 30 |
    | context | 7 |

    >>> half_life("context")
    datetime.timedelta(days=7)
    """
    return timedelta(days=HALF_LIFE_DAYS[kind])


def last_said(record: Record, now: datetime) -> datetime:
    """Return when a record was last said or seen, by any of its sources; never after `now`."""
    said = [source.said_at for source in record.sources] or [record.said_at]
    return min(now, max(said))


def salience(record: Record, counts: Mapping[str, int], now: datetime) -> float:
    """Return how much a record weighs at a moment: 1 for what one source says now, half of it a half-life later.

    weight * 2^(-age / half-life), where weight = independent sources * (1 + used + 2 helped) / (1 + 2 harmed), and age
    runs from when it was last said. Pins and a person's edits are no part of it: they stand above it in the order of
    eviction (`ricordo.store.order`).

    Args:
        record: The record with its sources.
        counts: Feedback by outcome, as `Snapshot.usage` has it.
        now: The moment.

    >>> from datetime import UTC
    >>> from ricordo.testing.records import a_record
    >>> salience(a_record(at="2026-01-01"), {}, datetime(2026, 12, 27, tzinfo=UTC))
    0.5
    """
    age = now - last_said(record, now)
    return weight(record, counts) * exp2(-(age / half_life(record.kind)))
