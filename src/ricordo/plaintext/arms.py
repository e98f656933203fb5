"""The arms of recall: each draws candidates, or marks those that are drawn, and gives raw scores by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ricordo.plaintext.asked import Asked, guessable, one_edit
from ricordo.store.base import Naming, Signal, Snapshot, Visible
from ricordo.store.fold import micros
from ricordo.text import name_words
from ricordo.text.time import TimeSpan

_FAR = 1 << 60
#: A name that so many records share says nothing about which is meant.
MOST_NAMESAKES = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A version that the query named, by which key and role; `typed` is the query's word where it was misspelt."""

    vid: int
    key: str
    role: str
    typed: str | None = None

    @property
    def note(self) -> str:
        """The reason, in words."""
        typed = f" (from “{self.typed}”)" if self.typed else ""
        return f"{self.role} “{self.key}”{typed}"


def names(snapshot: Snapshot, asked: Asked, visible: Visible) -> list[Named]:
    """Find the versions that the query names: whole names and aliases exactly, single words within one edit."""
    exact = [Named(hit.vid, hit.key, hit.role) for hit in snapshot.named(asked.names, visible) if hit.role != "slot"]
    known = frozenset(hit.key for hit in exact)
    near = [
        Named(hit.vid, hit.key, hit.role, word)
        for word in guessable(asked, known)
        for hit in snapshot.similar_names(word, visible)
        if hit.key not in known and one_edit(word, hit.key)
    ]
    return [*exact, *near]


def slots(snapshot: Snapshot, asked: Asked, visible: Visible) -> list[Named]:
    """Find the versions whose attribute the query asks for, of a subject that it names or that is the speaker."""
    hits = [hit for hit in snapshot.named(asked.slots, visible) if hit.role == "slot" and _meant(hit, asked)]
    return [Named(hit.vid, hit.key, "slot") for hit in hits]


def _meant(hit: Naming, asked: Asked) -> bool:
    return asked.about_self or set(name_words(hit.subject or "")) <= set(asked.words)


def speakers(asked: Asked, signals: Mapping[int, Signal]) -> dict[int, float]:
    """Mark what the one speaker said whom the query names; no one where it names several."""
    words = set(asked.words)
    present = {signal.speaker for signal in signals.values() if signal.speaker}
    named = {speaker for speaker in present if words & set(name_words(speaker))}
    if len(named) != 1:
        return {}
    return {vid: 1.0 for vid, signal in signals.items() if signal.speaker in named}


def times(
    asked: Asked, signals: Mapping[int, Signal], spoken: Mapping[int, Sequence[tuple[int, int]]]
) -> dict[int, float]:
    """Mark what was said in, or speaks of, a time that the query names."""
    spans = [_bounds(span) for span in asked.spans]
    marked = {}
    for vid, signal in signals.items():
        moments = [(signal.said_at, signal.said_at + 1), *spoken.get(vid, ())]
        if any(begin < high and end > low for low, high in spans for begin, end in moments):
            marked[vid] = 1.0
    return marked


def whens(asked: Asked, spoken: Iterable[int]) -> dict[int, float]:
    """Mark what speaks of any time, where the query asks when."""
    return dict.fromkeys(spoken, 1.0) if asked.asks_when else {}


def draw_times(snapshot: Snapshot, asked: Asked, visible: Visible, limit: int) -> list[int]:
    """Draw versions that speak of a time that the query names."""
    drawn: list[int] = []
    for span in asked.spans:
        if span.begin is not None and span.end is not None:
            drawn += snapshot.timed(span.begin, span.end, visible, limit)
    return list(dict.fromkeys(drawn))


def _bounds(span: TimeSpan) -> tuple[int, int]:
    return (micros(span.begin) if span.begin else -_FAR, micros(span.end) if span.end else _FAR)
