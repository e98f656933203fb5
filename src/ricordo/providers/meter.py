"""Counting what a model is used for."""

from __future__ import annotations

import threading
from dataclasses import replace

from ricordo.errors import InvalidInputError
from ricordo.providers.base import Usage


class Meter:
    """Adds up calls and tokens. Safe to use from several threads; no count is lost.

    Args:
        price_in: What a million tokens sent cost.
        price_out: What a million tokens answered cost.

    Raises:
        InvalidInputError: A price is below 0 or not finite.

    >>> meter = Meter(price_in=2.0)
    >>> meter.add(calls=1, tokens_in=500_000)
    >>> meter.usage.cost
    1.0
    """

    def __init__(self, price_in: float = 0.0, price_out: float = 0.0) -> None:
        for name, price in (("price_in", price_in), ("price_out", price_out)):
            if not 0 <= price < float("inf"):
                raise InvalidInputError(name, "a price for a million tokens, 0 or more", price)
        self._prices = price_in, price_out
        self._lock = threading.Lock()
        self._usage = Usage()

    def add(self, **counts: int) -> None:
        """Add to the fields of `Usage` by name."""
        with self._lock:
            self._usage = replace(
                self._usage, **{name: getattr(self._usage, name) + count for name, count in counts.items()}
            )

    @property
    def usage(self) -> Usage:
        """What was counted so far."""
        with self._lock:
            usage = self._usage
        # From the sums, so that the order in which threads added does not change the last digit.
        price_in, price_out = self._prices
        return replace(usage, cost=(usage.tokens_in * price_in + usage.tokens_out * price_out) / 1_000_000)
