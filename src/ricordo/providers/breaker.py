"""A circuit breaker: a model that keeps failing is left alone for a while.

Source: M. Nygard, Release It! (2007), "Circuit Breaker".
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class CircuitBreaker:
    """Counts failures in a row, and says when to ask again.

    After `after` of them no call goes through for `rest_s`; then one call is let through to try. Where that fails too,
    the rest doubles, up to `longest_s`; a success ends it. Safe to use from several threads.

    Args:
        after: Failures in a row that start a rest.
        rest_s: How long the first rest is.
        longest_s: How long a rest becomes at most.
        now: Seconds that never go back.

    >>> breaker = CircuitBreaker(after=1, rest_s=30.0, longest_s=300.0, now=lambda: 0.0)
    >>> breaker.enter(), breaker.failed(), breaker.enter()
    (None, None, 30.0)
    """

    def __init__(self, *, after: int, rest_s: float, longest_s: float, now: Callable[[], float]) -> None:
        self._after, self._rest_s, self._longest_s, self._now = after, rest_s, longest_s, now
        self._lock = threading.Lock()
        self._failures = 0
        self._rests = 0
        self._until = 0.0
        self._trial: int | None = None

    def enter(self) -> float | None:
        """Ask to make a call: None to go ahead, and then tell how it ended; else the seconds to wait."""
        with self._lock:
            if not self._rests:
                return None
            left = self._until - self._now()
            if left > 0 or self._trial is not None:
                return max(left, 0.0)
            self._trial = threading.get_ident()
            return None

    def succeeded(self) -> None:
        """Take note that a call went well."""
        with self._lock:
            self._failures = self._rests = 0
            self._trial = None

    def failed(self) -> None:
        """Take note that a call failed."""
        with self._lock:
            self._failures += 1
            tried = self._trial == threading.get_ident()
            if tried:
                self._trial = None
            # Calls that were under way when the rest began do not prolong it.
            if tried or (not self._rests and self._failures >= self._after):
                self._until = self._now() + min(self._rest_s * 2.0**self._rests, self._longest_s)
                self._rests = min(self._rests + 1, 60)

    def given_up(self) -> None:
        """Take note that a call ended without telling anything about the model."""
        with self._lock:
            if self._trial == threading.get_ident():
                self._trial = None
