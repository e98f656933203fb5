"""What a scenario of the revision benchmark is, and what makes its names, dates, values and sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from benchmarks.revision_values import QUESTIONS, Names, values

BEGIN = datetime(2024, 7, 1, 9, tzinfo=UTC)
DAYS = 730
#: When everything is asked: after all that is said.
NOW = BEGIN + timedelta(days=DAYS + 60)


@dataclass(frozen=True, slots=True)
class Written:
    """One write of a scenario.

    Args:
        fields: Arguments of `retain`.
        slot: Which slot of the scenario it is about, or None.
        claims: Values that it tells to hold from then on.
        expect: The action its verdict must have, or None where the text leaves it open.
        replaces: The value it puts an end to, or None.
        repeats: Whether it says only what is known: it must be merged.
        edits: Whether it is an update by a person of the record that the write before made.
    """

    fields: Mapping[str, Any]
    slot: int | None = 0
    claims: tuple[str, ...] = ()
    expect: str | None = None
    replaces: str | None = None
    repeats: bool = False
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """What must be so at the end. A value is given in each spelling that will do.

    Args:
        subject, attribute: The slot.
        live: Values that hold.
        gone: Values that held, or were never told to hold, and may not be shown as current.
        may: Values that may be live besides, such as the weaker side of a conflict.
        question: What asks for it.
    """

    subject: str
    attribute: str
    live: tuple[tuple[str, ...], ...] = ()
    gone: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Writes in order, and what must be so after them.

    Args:
        id: Its own, the beginning of the `ref` of each write.
        category: What it tries.
        form: "slot" or "text".
        writes: In the order of arrival.
        slots: What must be so at the end.
        kept: Texts of which each must be in a live record of its own.
        merged: Texts that must all be in one live record.
    """

    id: str
    category: str
    form: str
    writes: tuple[Written, ...]
    slots: tuple[Slot, ...] = ()
    kept: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


class Maker:
    """Makes scenarios: names and dates by chance, sentences dealt so that every one is used."""

    def __init__(self, choose: random.Random, templates: ModuleType) -> None:
        self.choose = choose
        self.names = Names(choose)
        self.templates = templates
        self._decks: dict[str, list[Any]] = {}

    def deal(self, name: str, cards: Callable[[], Iterable[Any]]) -> Any:
        """Return the next card of a deck, which is shuffled anew when all were dealt."""
        if not self._decks.get(name):
            self._decks[name] = list(cards())
            self.choose.shuffle(self._decks[name])
        return self._decks[name].pop()

    def sentence(self, *uses: str, lists: bool = False, fits: Callable[[str], bool] | None = None) -> tuple[str, str]:
        """Return (attribute, sentence) of one of the uses."""
        table = self.templates.LISTS if lists else self.templates.STATES
        cards = [
            (attribute, text)
            for attribute, by_use in table.items()
            for use in uses
            for text in by_use.get(use, ())
            if fits is None or fits(text)
        ]
        dealt: tuple[str, str] = self.deal(f"{uses} {lists} {fits and fits.__name__}", lambda: cards)
        return dealt

    def about(self, attribute: str, use: str, *, like: str = "") -> str:
        """Return a sentence of this attribute and use; in another wording than `like`, where there is one."""
        by_use = (self.templates.LISTS if attribute in self.templates.LISTS else self.templates.STATES)[attribute]
        texts = [text for text in by_use[use] if text != like] or list(by_use[use])
        said: str = self.deal(f"{attribute} {use} {like}", lambda: texts)
        return said

    def has(self, attribute: str, use: str) -> bool:
        """Tell whether there is a sentence of this attribute and use."""
        return use in self.templates.STATES.get(attribute, {}) or use in self.templates.LISTS.get(attribute, {})

    def days(self, count: int) -> list[datetime]:
        """Return that many moments in order, at least two days apart."""
        spots = sorted(self.choose.sample(range(0, DAYS, 2), count))
        return [BEGIN + timedelta(days=spot, minutes=self.choose.randrange(600)) for spot in spots]

    def values(self, attribute: str, count: int) -> list[str]:
        """Return different values of an attribute."""
        return values(attribute, count, self.choose)

    def said(self, text: str, subject: str, at: datetime, **filled: str) -> dict[str, Any]:
        """Return arguments of `retain` for a sentence about a subject, by whoever may say it."""
        content = as_sentence(text.format(who=subject, **filled))
        someone = self.names.person() if self.choose.random() < 0.5 else None
        speaker = someone if "{who}" in text else subject
        by = {"speaker": speaker} if speaker else {}
        return {"content": content, "at": at.isoformat(), **by}

    def told(
        self, attribute: str, text: str, subject: str, at: datetime, value: str = "", old: str = "", **more: Any
    ) -> Written:
        """Return the write of a sentence: what it claims is its value."""
        claims = (value,) if value else ()
        return Written(self.said(text, subject, at, value=value, old=old), claims=claims, **more)

    def given(self, subject: str, attribute: str, value: str, at: datetime, **more: Any) -> dict[str, Any]:
        """Return arguments of `retain` with a slot."""
        spoken = attribute.replace("_", " ")
        slot = {"subject": subject, "attribute": attribute, "value": value, "at": at.isoformat()}
        return {"content": f"{subject}: {spoken} {value}.", **slot, **more}


def as_sentence(text: str) -> str:
    """Begin with a capital, and write "an" before a vowel.

    >>> as_sentence("the lead is a architect.")
    'The lead is an architect.'
    """
    text = re.sub(r"\b([Aa]) (?=[aeio]|u(?!n[ai]))", r"\1n ", text)
    return text[:1].upper() + text[1:]


def a_slot(subject: str, attribute: str, live: Iterable[str | tuple[str, ...]] = (), **more: Any) -> Slot:
    spelled = tuple((one,) if isinstance(one, str) else one for one in live)
    question = QUESTIONS.get(attribute, f"What is the {attribute} of {{who}}?").format(who=subject)
    return Slot(subject, attribute, spelled, question=question, **more)


def a_scenario(writes: Iterable[Written], *slots: Slot, **more: Any) -> Scenario:
    return Scenario("", "", "", tuple(writes), slots, **more)


def timeless(text: str) -> bool:
    """Tell whether a sentence says nothing of when it began."""
    return not re.search(r"since|for years|last|yesterday|today|As of|month|now|just|currently|these days", text)
