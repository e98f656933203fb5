"""The shape of a rule of `state_rules`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateRule:
    """One attribute and the sentences that tell it.

    Args:
        attribute: Its canonical name; `<>` in it stands for the word in `{thing}` ("favourite_<>").
        patterns: The sentences, see the module's text.
        cardinality: "one" where a new value replaces the old, "many" where values add up.
        kind: The kind of record that holds such a state.
        asked: Words by which a query asks for it.

    >>> StateRule("commute", ("{subject} commute by {value:text}",), asked=("commute",)).cardinality
    'one'
    """

    attribute: str
    patterns: tuple[str, ...]
    cardinality: str = "one"
    kind: str = "fact"
    asked: tuple[str, ...] = ()


def one(attribute: str, patterns: str, asked: str = "", kind: str = "fact", cardinality: str = "one") -> StateRule:
    """Return the rule of an attribute that has one value at a time; a pattern a line."""
    lines = tuple(line.strip() for line in patterns.strip().splitlines())
    return StateRule(attribute, lines, cardinality, kind, tuple(asked.split()))


def many(attribute: str, patterns: str, asked: str = "", kind: str = "fact") -> StateRule:
    """Return the rule of an attribute that may have many values at a time."""
    return one(attribute, patterns, asked, kind, "many")
