"""From a text to the states it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """A state that a text tells."""

    subject: str
    attribute: str
    value: str
    cardinality: str
    kind: str
    sense: str
    instead_of: str | None
    corrects: bool
    begin: datetime | None
    end: datetime | None
    precision: str | None
    clause: tuple[int, int]


StateRule = Any
RULES: Sequence[Any] = ()


def states(
    text: str, *, speaker: str | None, said_at: datetime, zone: tzinfo = UTC, times: Any = None, rules: Any = RULES
) -> list[Told]:
    """Return the states that a text tells; none yet."""
    return []


def only_states(text: str, told: Sequence[Told]) -> bool:
    """Tell whether there is nothing else."""
    return bool(told) and len(text.strip(". ")) == told[0].clause[1] - told[0].clause[0]
