"""Token counting: an estimate that needs no vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class EstimatedTokens:
    """Estimates tokens from the text's shape; on English prose it comes out a little above common vocabularies.

    A word of up to six letters counts one, longer ones one for each further five; digits count one for each three;
    any other visible character counts one.

    >>> EstimatedTokens().count("I moved to Lisbon.")
    5
    """

    def count(self, text: str) -> int:
        """Return the estimated number of tokens of `text`."""
        return sum(map(_cost, _PIECE.findall(text)))


def _cost(piece: str) -> int:
    if piece[0].isalpha() and piece[0].isascii():
        return 1 if len(piece) <= 6 else 1 + (len(piece) - 2) // 5
    return (len(piece) + 2) // 3
