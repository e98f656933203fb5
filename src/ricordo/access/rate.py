"""How often somebody may call: token buckets."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST_BUCKETS = 10_000


class Rate:
    """One bucket for each caller: a call takes a token, and tokens come back with time.

    Args:
        per_second: Tokens that come back in a second; 0 is no bound.
        burst: Most tokens of a bucket; by default those of two seconds, and at least one.
        clock: Tells seconds, in any frame that only moves on.
        most: How many callers are known at once; the one that has not called for longest is forgotten.

    >>> rate = Rate(1.0, burst=1, clock=iter([0.0, 0.25, 1.5]).__next__)
    >>> rate.take("ada"), rate.take("ada"), rate.take("ada")
    (0.0, 0.75, 0.0)
    """

    def __init__(
        self,
        per_second: float,
        *,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        most: int = _MOST_BUCKETS,
    ) -> None:
        self._per_second, self._clock, self._most = per_second, clock, most
        self._burst = max(1.0, 2 * per_second) if burst is None else burst
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, caller: Hashable) -> float:
        """Take a token: return 0, or the seconds until there is one."""
        if not self._per_second:
            return 0.0
        now = self._clock()
        tokens, then = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        taken = tokens >= 1.0
        self._buckets[caller] = (tokens - 1.0 if taken else tokens, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1.0 - tokens) / self._per_second
