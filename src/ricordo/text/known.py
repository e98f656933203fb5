"""What is made of each word of a text, made once: texts repeat few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")
_LONGEST = 64
_MOST = 50_000


class Known(dict[str, V]):
    """The values of the words seen so far: makes that of a new word, and starts again when it grows too large.

    What is longer than any word is not kept. Safe to use from several threads.

    Args:
        make: Makes the value of a word.
        most: How many are kept.

    >>> sizes = Known(len)
    >>> list(map(sizes.__getitem__, "to be or not to be".split()))
    [2, 2, 2, 3, 2, 2]
    """

    def __init__(self, make: Callable[[str], V], most: int = _MOST) -> None:
        self._make = make
        self._most = most

    def __missing__(self, word: str) -> V:
        value = self._make(word)
        if len(word) <= _LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[word] = value
        return value
