"""A clock that stands still until it is told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Tells the time it was set to.

    Args:
        now: An aware datetime; by default noon on 1 May 2026, UTC.
        step: How far it moves on with every reading.

    >>> clock = FixedClock()
    >>> clock.advance(days=1)
    >>> clock.now().isoformat()
    '2026-05-02T12:00:00+00:00'
    """

    def __init__(self, now: datetime | None = None, step: timedelta = timedelta(0)) -> None:
        self._now = now or datetime(2026, 5, 1, 12, tzinfo=UTC)
        self._step = step

    def now(self) -> datetime:
        """Return the time it was set to, and move on by one step."""
        now = self._now
        self._now += self._step
        return now

    def advance(self, **amount: float) -> None:
        """Move the clock by a timedelta's arguments; negative ones set it back."""
        self._now += timedelta(**amount)

    def set(self, now: datetime) -> None:
        """Set the clock."""
        self._now = now
