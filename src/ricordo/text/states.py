"""The states that a text tells: "I moved to Lisbon and now work at Brightwater" tells two.

The flow: a text without any word of the rules is done at once; else it is cut into sentences and clauses; in each
clause the subject and the verb are found, the patterns of that verb are tried, tense and marks give the sense, and the
times that stand in the clause give its valid time. English only. In doubt, nothing: a wrong state retires a true one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cache

from ricordo.text import state_words as en
from ricordo.text.state_clauses import Group, sentences
from ricordo.text.state_heads import Head
from ricordo.text.state_nouns import Nouns
from ricordo.text.state_patterns import Index, Slot, index_of
from ricordo.text.state_rewrites import rewritten
from ricordo.text.state_rules import RULES, StateRule, asked_attributes
from ricordo.text.state_scene import TRAIL, Times
from ricordo.text.state_senses import fits, sense_of
from ricordo.text.state_subjects import FICTION, Subject
from ricordo.text.state_telling import Told
from ricordo.text.time import find_times

__all__ = ["RULES", "StateRule", "Told", "asked_attributes", "only_states", "states"]


_SIGNAL = re.compile(r"[^\W\d_]+|\d")
_DIGITS = frozenset("0123456789")
_SAID_BE = en.words("am is are was were been m re s not t")
_INTRODUCTION = re.compile(r"\bI(?:['’]m| am) [A-Z]")
_CONTACT = en.words("call reach email e-mail mail contact phone text ring write send")
_IDLE = en.words("for of as years year good long age time ever in by that")
_WHOLE = en.words("if unless wish wishes wished imagine suppose hypothetically")
_EXCLUDED = {
    "lives_in": ("located_in", "time", "works_at", "uses"),
    "preferred_<>": ("prefers", "uses", "likes"),
    "prefers": ("likes",),
    "allergic_to": ("has", "owns"),
    "studies_at": ("works_at", "role"),
    "located_in": ("time", "lead", "lives_in"),
    "partner": ("uses", "works_at"),
    "lead": ("owner",),
    "weight": ("age", "height", "time"),
    "height": ("age", "time"),
    "diet": ("likes", "uses"),
    "version": ("uses", "lead", "time", "works_at"),
    "works_at": ("uses", "located_in"),
    "studies": ("uses", "works_at", "role", "lives_in"),
    "written_in": ("uses", "role", "located_in"),
    "time": ("located_in",),
    "status": ("relationship_status", "uses"),
    "email": ("uses",),
    "phone": ("uses",),
    "deadline": ("time",),
}

#: Words of a sentence that is read; nobody says a longer one, and reading it takes the square of its length.
LONGEST_SENTENCE = 500


def states(
    text: str,
    *,
    speaker: str | None = None,
    said_at: datetime,
    zone: tzinfo = UTC,
    times: Times = find_times,
    rules: Sequence[StateRule] = RULES,
) -> list[Told]:
    """Return the states that `text` tells, in its order.

    Args:
        text: What was said or written, in English.
        speaker: Whom "I" means; None: "user".
        said_at: When it was said; aware.
        zone: Where it was said.
        times: Finds the times of a text.
        rules: What to look for.

    Raises:
        InvalidInputError: `said_at` is naive, and the text tells a time.

    >>> at = datetime(2026, 5, 3, tzinfo=UTC)
    >>> told = states("I moved to Lisbon and work at Brightwater.", said_at=at)
    >>> [(one.subject, one.attribute, one.value) for one in told]
    [('user', 'lives_in', 'Lisbon'), ('user', 'works_at', 'Brightwater')]
    >>> states("Would I live in Rome? I might.", said_at=at)
    []
    """
    index = _built_in() if rules is RULES else index_of(tuple(rules))
    if not _may_tell(text, index):
        return []
    return _Reading(text, index, speaker or "user", said_at, zone, times).told()


@cache
def _built_in() -> Index:
    """Return the index of the built-in rules, without a look at each of them."""
    return index_of(RULES)


def _may_tell(text: str, index: Index) -> bool:
    """Tell, in a few microseconds, whether any rule may find something."""
    small = text.lower()
    said = _SIGNAL.findall(small)
    found = set(said)
    if not index.signals.isdisjoint(found) or ("9" in index.signals and not _DIGITS.isdisjoint(found)):
        return True
    if "@" in text and "@" in index.signals:
        return True
    heads = index.phrases.keys() & found
    if heads and any(phrase in small for head in heads for phrase in index.phrases[head]):
        return True
    if not index.after_be.isdisjoint(found) and any(
        _after_be(said, at) for at, word in enumerate(said) if word in index.after_be
    ):
        return True
    return "i" in found and _INTRODUCTION.search(text) is not None


def _after_be(said: Sequence[str], at: int) -> bool:
    before = said[max(0, at - 3) : at][::-1]
    if before[:2] == ["longer", "no"]:
        before = before[2:]
    elif before and (before[0] in en.ADVERBS or before[0] in en.FORMERLY):
        before = before[1:]
    return bool(before) and before[0] in _SAID_BE


class _Reading(Nouns):
    """One text while the states that it tells are found."""

    def __init__(self, text: str, index: Index, speaker: str, said_at: datetime, zone: tzinfo, times: Times) -> None:
        super().__init__(text, index, speaker, said_at, zone, times)
        self.open_infinitive = False
        self.told_last = False
        self.plainer = False

    def told(self) -> list[Told]:
        for first, stop, mark in sentences(self.tokens):
            if mark == "?":
                self.corrects = False
            elif stop - first <= LONGEST_SENTENCE and (
                self.found or _may_tell(self.tokens.text(self.text, first, stop), self.index)
            ):
                self._sentence(first, stop)
            else:
                self._past_openers(first, stop)
                self._unread(first, stop)
        return self.found

    def _sentence(self, first: int, stop: int) -> None:
        before = len(self.found)
        start = self._past_openers(first, stop)
        if start >= stop:
            return
        if self.low[start] in (
            "if",
            "unless",
            "suppose",
            "imagine",
            "when",
            "whenever",
            "should",
            "had",
            "once",
            "according",
        ):
            self.corrects = False
            return
        if self._plainer(start, stop) or self._reported(start, stop):
            return
        self.previous, self.open_infinitive = None, False
        if not self._note(start, stop) and not self._repaired(first, start, stop):
            self._clauses(start, stop)
        if len(self.found) > before or start < stop:
            self.corrects = False

    def _plainer(self, start: int, stop: int) -> bool:
        """Read a sentence in plainer words, where such are known, and where they tell more than its own do."""
        plain = None if self.plainer else rewritten(self.tokens.text(self.text, start, stop), self.low[start:stop])
        if plain is None:
            return False
        other = _Reading(plain, self.index, self.readers.speaker, self.said_at, self.zone, self.find)
        other.plainer, other.corrects = True, self.corrects
        other.readers.people, other.readers.things = self.readers.people, self.readers.things
        span = (self.tokens.starts[start], self.tokens.ends[stop - 1])
        told = [replace(one, clause=span) for one in other.told()]
        if told:
            self.found += told
            self.corrects = False
            self.readers.people, self.readers.things = other.readers.people, other.readers.things
        return bool(told)

    def _reported(self, first: int, stop: int) -> bool:
        """Tell whether a sentence ends in "he said", or begins in "In the film"."""
        if any(word in en.REPORTS for word in self.low[max(first + 1, stop - 2) : stop]):
            return self.low[stop - 3 : stop - 1] != ["as", "i"]
        return self.low[first] == "in" and any(word in FICTION for word in self.low[first + 1 : first + 4])

    def _repaired(self, first: int, start: int, stop: int) -> bool:
        """Read "I meant Porto" after "Ada lives in Lisbon"."""
        if not self.corrects or not self.found or stop - start > 5:
            return False
        last = self.found[-1]
        words = self.low[start:stop]
        nouns = [
            noun for patterns in self.index.verbs.values() for noun in patterns if noun.rule.attribute == last.attribute
        ]
        shapes = [
            part.shape for pattern in nouns for part in pattern.tail if isinstance(part, Slot) and part.part == "value"
        ]
        at = start + 1 if words[0] in ("in", "at", "on") else start
        for shape in shapes:
            value = self._run(shape, at, stop)
            if value and value[1] == stop:
                told = self._text(*value)
                span = (last.clause[0], self.tokens.ends[stop - 1])
                self.found[-1] = replace(last, value=told, instead_of=last.value, corrects=True, clause=span)
                return True
        return False

    def _clauses(self, first: int, stop: int) -> None:
        starts = [first, *self._boundaries(first, stop)]
        if any(word in _WHOLE for word in self.low[first:stop]):
            return
        self.told_last = True
        for at, begin in enumerate(starts):
            end = starts[at + 1] if at + 1 < len(starts) else stop
            before = len(self.found)
            self._clause(begin, end, first)
            self.told_last = len(self.found) > before

    def _clause(self, first: int, stop: int, sentence: int) -> None:
        if self.low[first] in ("who", "which") or (
            self.low[first] == "," and self.low[first + 1 : first + 2] in (["who"], ["which"])
        ):
            head = self._relative(first, stop)
        else:
            head = self._head(first, stop)
        if head is None:
            self.open_infinitive = True
            if not self._doubtful(sentence, first, stop, Group("be", "present", stop)):
                self._inverse(self._first_of(first, stop), stop, None)
            return
        subject = self._same_noun(head, stop) or head.subject
        if head.elliptical and self._asked_to(head, subject, stop):
            return
        if head.elliptical:
            now = head.group is not None and ("now" in head.group.adverbs or "but" in self.low[first : head.group.next])
            hangs = self.open_infinitive or not self.told_last
            if self.previous is None:
                self._inverse(self._first_of(first, stop), stop, head.group)
                return
            if hangs and head.pronoun and not now:
                return
            subject = self.previous
            if head.group and head.pronoun and subject.base is False:
                return
        else:
            self.previous = subject
        self._note_names(head, subject, stop)
        self.open_infinitive = (
            not head.group or bool(head.group.modal) or head.group.former or self._infinitive(head.group.next, stop)
        )
        group = head.group
        if group is None or self._doubtful(sentence, first, stop, group):
            return
        if any(at in self.tokens.quoted for at in range(first, stop)):
            return
        before = len(self.found)
        begin = self._first_of(min(head.first, first), stop)
        if self._inverse(begin, stop, group):
            return
        if subject.nouns and subject.text:
            self._noun_value(subject, group, group.next, stop, begin)
        else:
            self._verb_values(subject, group, stop, begin)
            if len(self.found) == before:
                self._object_noun(subject, group, stop, begin)
            if len(self.found) == before:
                self._had_noun(subject, group, stop, begin)
        self._remember(subject, before)

    def _asked_to(self, head: Head, subject: Subject, stop: int) -> bool:
        """Read "Call me on 555 12 34" and "Please write to me at ...": how to reach someone is no request."""
        group = head.group
        if self.previous is not None or group is None or group.form != "present" or group.lemma not in _CONTACT:
            return False
        asked = replace(group, modal="can")
        before = len(self.found)
        self._verb_values(subject, asked, stop, self._first_of(head.first, stop))
        return len(self.found) > before

    def _verb_values(self, subject: Subject, group: Group, stop: int, first: int) -> None:
        taken: set[str] = set()
        for pattern in self.index.fitting(group.lemma, self.low[group.next : stop]):
            if pattern.rule.attribute in taken or not fits(pattern.kind, subject):
                continue
            if any(map(self.words.isdisjoint, pattern.needs)):
                continue
            if not subject.text and pattern.first != "actor":
                continue
            match = self._tail(pattern.tail, 0, group.next, stop, {})
            sense = match and sense_of(pattern, group, self.low, range(first, stop), match.next)
            if match and sense and self._emit(pattern, subject, group, match, sense, stop, first):
                taken.add(pattern.rule.attribute)
                taken.update(_EXCLUDED.get(pattern.rule.attribute, ()))


def only_states(text: str, told: Sequence[Told]) -> bool:
    """Tell whether `text` says nothing but these states; greetings, fillers and cues don't count.

    >>> at = datetime(2026, 5, 3, tzinfo=UTC)
    >>> [only_states(text, states(text, said_at=at)) for text in ("Hi, I live in Rome.", "I live in Rome with a cat.")]
    [True, False]
    """
    if not told:
        return False
    rest = list(text)
    for one in told:
        first, last = one.clause
        rest[first:last] = "." * (last - first)
    left = " ".join(re.findall(r"[\w'’-]+", "".join(rest).lower()))
    for phrase in (*en.CORRECTIONS, *en.OPENER_PHRASES):
        left = re.sub(rf"\b{re.escape(phrase)}\b", " ", left)
    idle = en.OPENERS | en.CONJUNCTIONS | TRAIL | _IDLE
    return all(word in idle for word in left.split())
