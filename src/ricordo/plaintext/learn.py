"""Aliases learnt from use: what two turns that a record served asked by, and no name answered to, becomes its alias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked
from ricordo.store.base import Event, Snapshot, Visible, Write
from ricordo.store.fold import logged
from ricordo.text import STOP_WORDS, Tokeniser
from ricordo.types import RECALLABLE, Record

#: Words of a learnt alias, aliases that one record learns, keys kept of one turn.
LONGEST, MOST_LEARNT, MOST_ASKED = 3, 25, 100
_SHORTEST = 3
#: A turn that more records than this served names none of them.
MOST_SERVED = 3
#: A word that stands in the text of more records than this is no name.
MOST_HOLDING = 10
#: Turns that must have asked by the same words.
TURNS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn that feedback is about, as read; and what its giver may see."""

    asked: Asked
    visible: Visible
    tokeniser: Tokeniser


def learning(snapshot: Snapshot, record: Record, turn: Turn, outcome: str, served: int) -> Write:
    """Return the write that counts an outcome for a record and learns, or unlearns, aliases from the turn.

    Args:
        snapshot: Where to look.
        record: The record as it is.
        turn: What was asked.
        outcome: "used", "helped" or "harmed".
        served: How many records the feedback is about.
    """
    within = replace(turn.visible, scopes=(record.scope,))
    grams = unnamed(snapshot, turn.asked, within)
    if outcome == "harmed":
        return _unlearning(record, turn.asked, grams)
    told = Write(record.id, outcome=outcome, rule="feedback", asked=tuple(grams) if served <= MOST_SERVED else ())
    if record.status not in RECALLABLE or not told.asked:
        return told
    before = heard(snapshot.events(record=record.id), record.id)
    due = longest([gram for gram in grams if before[gram] >= TURNS - 1])
    new = [gram for gram in due if not _common(snapshot, gram, turn.tokeniser, within)]
    kept = tuple(dict.fromkeys((*record.learnt, *new)))[:MOST_LEARNT]
    if kept == record.learnt:
        return told
    fresh = ", ".join(f"“{gram}”" for gram in kept[len(record.learnt) :])
    return replace(
        told, set={"learnt": logged(kept)}, rule="feedback.learnt", reason=f"{TURNS} turns it served asked by {fresh}"
    )


def _unlearning(record: Record, asked: Asked, grams: Sequence[str]) -> Write:
    """Return the write that counts a harm, and takes away the learnt aliases by which the turn called the record."""
    gone = [alias for alias in record.learnt if alias in asked.names]
    told = Write(record.id, outcome="harmed", rule="feedback", asked=tuple(dict.fromkeys((*gone, *grams)))[:MOST_ASKED])
    if not gone:
        return told
    kept = tuple(alias for alias in record.learnt if alias not in gone)
    listed = ", ".join(f"“{gram}”" for gram in gone)
    return replace(
        told, set={"learnt": logged(kept) or None}, rule="feedback.unlearnt", reason=f"{listed} called it and it harmed"
    )


def unnamed(snapshot: Snapshot, asked: Asked, visible: Visible) -> list[str]:
    """Return the runs of one to three words of a turn that name nothing: no part of a name, no word of grammar."""
    hits = arms.names(snapshot, asked, visible)
    taken = {word for hit in hits for word in (hit.typed, *hit.key.split())} | STOP_WORDS
    fit = [len(word) >= _SHORTEST and not word.isdigit() and word not in taken for word in asked.words]
    runs = [
        " ".join(asked.words[start : start + size])
        for size in range(LONGEST, 0, -1)
        for start in range(len(asked.words) - size + 1)
        if all(fit[start : start + size])
    ]
    return list(dict.fromkeys(runs))[:MOST_ASKED]


def heard(events: Iterable[Event], id: str) -> Counter[str]:
    """Return how many turns that a record served asked by each key since it last harmed; what was undone left out.

    Args:
        events: The events of the record, in order.
        id: The record.
    """
    told: dict[int, tuple[str, list[str]]] = {}
    roots: dict[int, int] = {}
    standing: dict[int, bool] = {}
    for event in events:
        payload = next(body for head, body in zip(event.targets, event.payloads, strict=True) if head.id == id) or {}
        if payload.get("asked"):
            told[event.seq] = (payload["outcome"], payload["asked"])
            roots[event.seq], standing[event.seq] = event.seq, True
        elif payload.get("undoes") in roots:
            root = roots[event.seq] = roots[payload["undoes"]]
            standing[root] = not standing[root]
    counts: Counter[str] = Counter()
    for seq, (outcome, grams) in told.items():
        if outcome == "harmed" and standing[seq]:
            counts = Counter({gram: count for gram, count in counts.items() if not any(map(_within(gram), grams))})
        elif standing[seq]:
            counts.update(grams)
    return counts


def _within(gram: str) -> Callable[[str], bool]:
    """Return a test whether another run is a part of this one, or this one of it."""
    return lambda other: f" {gram} " in f" {other} " or f" {other} " in f" {gram} "


def longest(grams: Sequence[str]) -> list[str]:
    """Return the runs that are part of no other run.

    >>> longest(["purple dashboard", "purple", "dashboard", "release"])
    ['purple dashboard', 'release']
    """
    return [gram for gram in grams if not any(gram != other and f" {gram} " in f" {other} " for other in grams)]


def _common(snapshot: Snapshot, gram: str, tokeniser: Tokeniser, visible: Visible) -> bool:
    """Tell whether a single word stands in so many texts that it names nothing."""
    if " " in gram:
        return False
    return len(snapshot.search(tokeniser.query_terms(gram), visible, MOST_HOLDING + 1)) > MOST_HOLDING
