"""Ordinary wordings of states, by attribute: how many are read as they mean, and that none of the others tells one.

A line of `wordings/*.txt` is a sentence, `=>`, and the states that it tells: `Subject: value`, without subject for the
speaker (Pat), then its sense (`was`, `ended`, `denied`; none: it holds) or `-X` for the value that it replaces. The
line above, in brackets, names the attribute. Not all are read yet; the share that is may only grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from ricordo.text.states import states

SAID = datetime(2026, 5, 3, 12, tzinfo=UTC)
TABLES = Path(__file__).parent / "wordings"
#: Share of the sentences of a file that are read right, at least.
SHARES = {"people": 0.94, "things": 0.94, "lists": 0.94, "other": 0.88, "third": 0.78}
SENSES = ("was", "ended", "denied")
State = tuple[str, str, str, str, str | None]


def _wanted(attribute: str, text: str) -> Iterator[State]:
    for part in filter(None, (part.strip() for part in text.split(";"))):
        value, _, mark = part.partition(" | ")
        subject, named, told = value.partition(": ")
        sense = mark if mark in SENSES else "holds"
        old = mark[1:] if mark.startswith("-") else None
        yield subject if named else "Pat", attribute, told if named else value, sense, old


@cache
def _lines(name: str) -> tuple[tuple[str, tuple[State, ...]], ...]:
    attribute, found = "", []
    for line in (TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            attribute = line.strip("[]")
        elif line:
            text, _, wanted = line.partition(" =>")
            found.append((text, tuple(_wanted(attribute, wanted))))
    return tuple(found)


def _told(text: str) -> list[State]:
    told = states(text, speaker="Pat", said_at=SAID)
    return [(one.subject, one.attribute, one.value, one.sense, one.instead_of) for one in told]


@pytest.mark.parametrize(("name", "share"), SHARES.items())
def test_most_wordings_tell_what_they_mean(name: str, share: float) -> None:
    missed = [text for text, wanted in _lines(name) if sorted(_told(text), key=str) != sorted(wanted, key=str)]
    assert len(missed) <= (1 - share) * len(_lines(name)), "\n".join(missed)


@pytest.mark.parametrize("text", (TABLES / "nothing.txt").read_text(encoding="utf-8").splitlines())
def test_what_only_sounds_like_a_state_tells_none(text: str) -> None:
    assert _told(text) == []
