"""Telling a paraphrase from an update."""

from __future__ import annotations

from ricordo.text.normalise import duplicate_key


def gist(text: str) -> str:
    """Return a form that is equal for two texts only if they say the same."""
    return duplicate_key(text)


def same_value(one: str, other: str) -> bool:
    """Tell whether two values of a slot are the same."""
    return gist(one) == gist(other)
