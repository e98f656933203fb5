"""What live records come to, and in which order they make room: the shapes that stores tell it in."""

from __future__ import annotations

from typing import NamedTuple


class Totals(NamedTuple):
    """What live records come to: those that can be recalled; the pinned among them apart.

    Args:
        records: Their number.
        bytes: UTF-8 bytes of their content.
        tokens: Tokens of their content, by `ricordo.text.EstimatedTokens`.
        pinned_records, pinned_bytes, pinned_tokens: The same of those that are pinned.
    """

    records: int = 0
    bytes: int = 0
    tokens: int = 0
    pinned_records: int = 0
    pinned_bytes: int = 0
    pinned_tokens: int = 0


class Grown(NamedTuple):
    """A record that a transaction made live, or larger: the event, the scope, what it comes to now."""

    seq: int
    scope: str
    size: Totals


class Weak(NamedTuple):
    """A live record in the order of eviction.

    Args:
        vid: Its current version.
        id: The record.
        scope: Its scope.
        tier: 0 is any record, 1 one that a person edited, 2 a pinned one; a lower tier makes room first.
        size: What it comes to.
    """

    vid: int
    id: str
    scope: str
    tier: int
    size: Totals
