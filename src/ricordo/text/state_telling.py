"""What a clause tells once a pattern fits it: the state, its sense, its times, what it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from ricordo.text import state_words as en
from ricordo.text.normalise import duplicate_key
from ricordo.text.state_clauses import Group
from ricordo.text.state_heads import Clauses
from ricordo.text.state_lists import EVENTS
from ricordo.text.state_patterns import Index, Pattern, Slot
from ricordo.text.state_rules import StateRule
from ricordo.text.state_scene import TRAIL, Match, Times
from ricordo.text.state_senses import attribute_of, side
from ricordo.text.state_shapes import SHAPES
from ricordo.text.state_subjects import Subject
from ricordo.text.state_values import Shape


@dataclass(frozen=True, slots=True)
class Told:
    """A state that a clause tells.

    Args:
        subject: Whom or what it is about, as written; the speaker (or "user") where it is the first person.
        attribute: The canonical attribute, see `state_rules`.
        value: As written, without article.
        cardinality: "one" or "many".
        kind: Kind of record: "fact", "preference", "relationship", "goal" or "commitment".
        sense: "holds" (true now), "was" (was so, is no longer), "ended" (stops now) or "denied" (not so).
        instead_of: The value that it says it replaces.
        corrects: Whether it says that what was said before was wrong.
        begin: When it began to be so, in UTC, where the clause tells.
        end: When it stopped being so, in UTC, where the clause tells.
        precision: Precision of `begin`, or of `end` where there is no begin; None without both.
        clause: Offsets of the clause in the text.
        happened: Whether it tells what happened ("moved to"), not how it is ("lives in", "has lived in").
    """

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
    happened: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a clause says of a value: which, instead of which, in which sense, and the tokens that it took."""

    text: str
    old: str | None
    sense: str
    end: int
    contradicted: bool
    taken: tuple[tuple[int, int], ...]


class Telling(Clauses):
    """A text whose clauses tell states."""

    def __init__(self, text: str, index: Index, speaker: str, said_at: datetime, zone: tzinfo, times: Times) -> None:
        super().__init__(text, index, speaker, said_at, zone, times)
        self.found: list[Told] = []

    def _remember(self, subject: Subject, before: int) -> None:
        """A value that the clause told as no person is not whom a pronoun means."""
        for told in self.found[before:]:
            if told.attribute in ("partner", "manager", "lead", "owner"):
                continue
            first = told.value.split()[0] if told.value else ""
            self.readers.people = [name for name in self.readers.people if name != first or name == subject.text]
            if told.subject != subject.text and told.subject not in self.readers.things:
                self.readers.things = [told.subject]

    def _qualified(self, rule: StateRule, at: int, stop: int) -> bool:
        """Tell whether words after the value say of which part it holds: "version 16 on staging"."""
        words = _QUALIFIES.get(rule.attribute, ())
        if rule.attribute == "partner" and self.low[at : at + 2] == ["at", "the"]:
            return True
        while at < stop and (self.low[at] in en.ADVERBS or self.low[at] in TRAIL or self._timed(at)):
            at += 1
        return at < stop and self.low[at] in words and tuple(self.low[at : at + 2]) not in _USUAL

    def _about(self, about: tuple[int, int], named: str) -> str:
        words, low = self.tokens.words[about[0] : about[1]], self.low[about[0] : about[1]]
        article = about[0] > 0 and self.low[about[0] - 1] in ("the", "our") and not words[0][0].isupper()
        subject = self.readers.read(words, low)
        if subject and subject.nouns:
            return ""
        if subject and (subject.kind in ("self", "none") or low[0] in _SOMEBODY or "'s" in low):
            return subject.text
        return ("the " if article else "") + " ".join(words)

    def _when(
        self, first: int, stop: int, parts: tuple[tuple[int, int], ...], sense: str, pattern: Pattern, group: Group
    ) -> tuple[datetime | None, datetime | None, str | None, int] | None:
        """Return begin, end, precision and last token of the clause's own times; None where they make it no state."""
        begin = end = precision = None
        last = 0
        for span, start, after in self.spans():
            if start < first or after > stop or any(at < after and start < to for at, to in parts):
                continue
            lead = " ".join(self.low[max(first, start - 3) : start] + span.text.lower().split()[:2])
            if sense == "ended" and pattern.rule.attribute == "lives_in" and span.precision in _FINE:
                return None
            sided = side(self.said_at, span, lead, sense, pattern, group)
            if sided is None:
                return None
            last = max(last, after)
            begin, end = sided[0] or begin, sided[1] or end
            precision = precision or (span.precision if sided[0] or sided[1] else None)
        if begin and end and begin >= end:
            end = None
        return begin, end, precision, last

    def _emit(
        self, pattern: Pattern, subject: Subject, group: Group, match: Match, sense: str, stop: int, first: int
    ) -> bool:
        """Note the states of a clause that a pattern fits; tell whether there are any."""
        rule = pattern.rule
        about = match.parts.get("subject")
        owner = self._about(about, subject.text) if about else subject.text
        if pattern.first == "actor" and not about:
            owner = self.readers.speaker
        shape = next((part.shape for part in pattern.tail if isinstance(part, Slot) and part.part == "value"), None)
        shape = shape or next((noun.shape for noun in subject.nouns if noun.rule is rule), None)
        said = self._said(pattern, subject, group, match, sense, stop, shape)
        when = self._when(first, stop, said.taken, said.sense, pattern, group)
        attribute = attribute_of(rule, subject, said.text)
        if not owner or when is None or attribute is None or not self._may_hold(pattern, subject, group, said, stop):
            return False
        begin, until, precision, timed = when
        texts = [said.text]
        end = max(said.end, timed, self._trail(said.end, stop))
        if shape and shape.listed and "value" in match.parts and not said.old:
            texts += self._listed(shape, match.next, stop)
            end = max(end, self._list_end) if len(texts) > 1 else end
        span = (self.tokens.starts[first], self.tokens.ends[end - 1])
        corrects = self._corrects(group, match, said, stop, begin)
        owners = [owner, subject.other] if subject.kind == "pair" and pattern.kind != "pair" else [owner]
        self.found += [
            Told(
                whom, attribute, one, rule.cardinality, rule.kind, said.sense, said.old, corrects,
                begin, until, precision, span, happened=group.form == "past",
            )
            for whom in owners
            for one in texts
        ]  # fmt: skip
        return True

    def _said(
        self, pattern: Pattern, subject: Subject, group: Group, match: Match, sense: str, stop: int, shape: Shape | None
    ) -> Said:
        """Return value, replaced value and sense, with "not X", "not X but Y" and "instead of X" read."""
        value, named, end = match.parts.get("value"), subject.text, match.next
        text = self._text(*value) if value else named if pattern.first == "value" else subject.other
        old = self._text(*match.parts["old"]) if "old" in match.parts else named if pattern.first == "old" else None
        contrast, contradicted = None, False
        if shape and value and not old:
            contrast = self._contrast(shape, end, stop)
            if contrast:
                old, end = self._text(*contrast), contrast[1]
        if sense in ("denied", "ended") and value and shape:
            contrast = self._but(shape, end, stop)
            if contrast:
                contradicted = sense == "denied" and not group.over
                old, text, sense, end = text, self._text(*contrast), "holds", contrast[1]
        if pattern.first == "value" and not old and (other := self._contrast(SHAPES["person"], end, stop)):
            old, end = self._text(*other), other[1]
        taken = (*match.parts.values(), *([contrast] if contrast else []))
        return Said(text, old, sense, end, contradicted, taken)

    def _may_hold(self, pattern: Pattern, subject: Subject, group: Group, said: Said, stop: int) -> bool:
        rule, text = pattern.rule, said.text
        if rule.attribute == "status" and said.sense == "was" and not group.former and text.lower() in EVENTS:
            return False
        if self._qualified(rule, said.end, stop):
            return False
        if rule.attribute == "name" and pattern.kind == "self" and " " not in text and self.low[0] not in _GREETINGS:
            return False
        valued = bool(said.taken) and any(self._text(*part) for part in said.taken)
        if not text or (pattern.first == "subject" and pattern.kind != "pair" and not valued):
            return False
        return duplicate_key(text) != duplicate_key(said.old or "")

    def _corrects(self, group: Group, match: Match, said: Said, stop: int, begin: datetime | None) -> bool:
        now = any(word in ("now", "currently", "instead", "than") for word in self.low[group.next - 1 : stop])
        denies = said.old is not None and "not" in self.low[match.next : stop]
        aside = denies and not now and not begin and said.sense == "holds"
        return self.corrects or "actually" in group.adverbs or aside or said.contradicted


_SOMEBODY = en.words("i we me us he she him her they them")
_FINE = ("second", "minute", "hour")
_QUALIFIES = {
    attribute: frozenset(("on", "in", "for", "at", "under", "with"))
    for attribute in ("version", "port", "price", "time")
} | {
    "deadline": frozenset(("for",)),
    "lead": frozenset(("for",)),
    "relationship_status": frozenset(("in",)),
    "partner": frozenset(("at", "in", "for", "on")),
}
#: Where things are anyway: "version 16 in production" is the version.
_USUAL = {("in", "production"), ("in", "prod"), ("in", "live"), ("at", "work"), ("at", "present")}
_GREETINGS = en.words("hi hello hey")
