"""The states that texts tell, loaded when first asked for: the rules cost time that many a command does not need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING

from ricordo.text.attributes import attribute_key
from ricordo.text.foreign import FindTimes

if TYPE_CHECKING:
    from ricordo.text.state_rule import StateRule
    from ricordo.text.states import Told

Rules = Sequence["StateRule"] | None


def states(
    text: str, *, speaker: str | None, said_at: datetime, zone: tzinfo, times: FindTimes, rules: Rules = None
) -> list[Told]:
    """Return the states that a text tells: `ricordo.text.states.states` with its rules, or with these."""
    from ricordo.text import states as reading

    given = reading.RULES if rules is None else tuple(rules)
    return reading.states(text, speaker=speaker, said_at=said_at, zone=zone, times=times, rules=given)


def only_states(text: str, told: Sequence[Told]) -> bool:
    """Tell whether there is nothing in a text but the clauses of these states."""
    from ricordo.text import states as reading

    return reading.only_states(text, list(told))


def asked_attributes(words: frozenset[str], rules: Rules = None) -> tuple[str, ...]:
    """Return the attributes that a query asks for."""
    from ricordo.text import states as reading

    return reading.asked_attributes(words, reading.RULES if rules is None else tuple(rules))


@cache
def known_attributes() -> frozenset[str]:
    """Return the attributes that the built-in rules know, as they are compared."""
    from ricordo.text import states as reading

    return frozenset(attribute_key(rule.attribute) for rule in reading.RULES)
