"""The states that a text tells: "I moved to Lisbon and now work at Brightwater" tells two.

The flow: a text without any word of the rules is done at once; else it is cut into sentences and clauses; in each
clause the subject and the verb are found, the patterns of that verb are tried, tense and marks give the sense, and the
times that stand in the clause give its valid time. English only. In doubt, nothing: a wrong state retires a true one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import cache

from ricordo.text import state_words as en
from ricordo.text.normalise import duplicate_key
from ricordo.text.state_clauses import Group, group_at, marks, sentences
from ricordo.text.state_heads import Clauses, Head
from ricordo.text.state_lists import EVENTS
from ricordo.text.state_patterns import LIGHT, SHIFTS, Index, Literal, Noun, Pattern, Slot, index_of
from ricordo.text.state_rewrites import rewritten
from ricordo.text.state_rules import RULES, StateRule, asked_attributes
from ricordo.text.state_scene import MARKS, TRAIL, Match, Times
from ricordo.text.state_senses import attribute_of, fits, negated, sense_of, side
from ricordo.text.state_subjects import FICTION, PERSONAL, Subject
from ricordo.text.state_values import SHAPES
from ricordo.text.time import find_times

__all__ = ["RULES", "StateRule", "Told", "asked_attributes", "only_states", "states"]


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


_SIGNAL = re.compile(r"[^\W\d_]+|\d")
_DIGITS = frozenset("0123456789")
_SAID_BE = en.words("am is are was were been m re s not t")
_INTRODUCTION = re.compile(r"\bI(?:['’]m| am) [A-Z]")


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
        word in index.after_be and _after_be(said, at) for at, word in enumerate(said)
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


class _Reading(Clauses):
    """One text while the states that it tells are found."""

    def __init__(self, text: str, index: Index, speaker: str, said_at: datetime, zone: tzinfo, times: Times) -> None:
        super().__init__(text, index, speaker, said_at, zone, times)
        self.open_infinitive = False
        self.told_last = False
        self.plainer = False
        self.found: list[Told] = []

    def told(self) -> list[Told]:
        for first, stop, mark in sentences(self.tokens):
            if mark == "?":
                self.corrects = False
            elif self.found or _may_tell(self.tokens.text(self.text, first, stop), self.index):
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

    def _note(self, first: int, stop: int) -> bool:
        """Read "Ada - city: Lisbon", "Deadline for Apollo: 3 May", "Email: ada@example.org"."""
        cut = next((at for at in range(first, min(first + 9, stop)) if self.low[at] in (":", "=")), None)
        if cut is None or cut + 1 >= stop or cut == first:
            return False
        words, low = self.tokens.words[first:cut], self.low[first:cut]
        dash = next((at for at, word in enumerate(low) if word in ("-", "–", "—", "/", ",", "|")), None)
        if dash is not None:
            owner = self.readers.read(words[:dash], low[:dash])
            subject = owner and self.readers._owned(owner, words[dash + 1 :], low[dash + 1 :])
        else:
            nouns = self.index.nouns.get(" ".join(low), ())
            own = tuple(noun for noun in nouns if noun.rule.attribute in PERSONAL)
            subject = None if own else self.readers.read(words, low)
            if own:
                subject = Subject(self.readers.speaker, "self", nouns=own)
        if not subject or not subject.text:
            return False
        told = Group("be", "present", cut + 1)
        if subject.nouns:
            return self._noun_value(subject, told, cut + 1, stop, first)
        return len(words) <= _NAME_WORDS and self._headed(subject, told, cut, stop, first)

    def _headed(self, subject: Subject, told: Group, cut: int, stop: int, first: int) -> bool:
        """Read "Ada: lives in Lisbon", "Apollo: on hold", "PostgreSQL: version 16"."""
        at = cut + 1
        before = len(self.found)
        nouns = next((found for size in (2, 1) if (found := self.index.nouns.get(" ".join(self.low[at : at + size])))), None)
        if nouns:
            at += 2 if " ".join(self.low[at : at + 2]) in self.index.nouns else 1
            return self._noun_value(replace(subject, nouns=tuple(nouns)), told, at, stop, first)
        group = group_at(self.low, at, stop, self.index.forms, False)
        if subject.kind == "self" or (group and (group.modal or group.lemma in LIGHT)):
            return False
        self._verb_values(subject, group or told, stop, first)
        return len(self.found) > before

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

    def _same_noun(self, head: Head, stop: int) -> Subject | None:
        """Return whose noun "it" is in "the deadline isn't 3 May, it's 10 May"."""
        last, group = self.previous, head.group
        if not head.pronoun or head.elliptical or group is None or last is None or not last.nouns:
            return None
        if self.low[self._begin(head.first, stop)] != "it" or group.lemma not in ("be", *SHIFTS):
            return None
        fits_noun = any(self._noun_parts(noun, group.next, stop, group) for noun in last.nouns)
        return replace(last, former=False) if fits_noun else None

    def _asked_to(self, head: Head, subject: Subject, stop: int) -> bool:
        """Read "Call me on 555 12 34" and "Please write to me at ...": how to reach someone is no request."""
        group = head.group
        if self.previous is not None or group is None or group.form != "present" or group.lemma not in _CONTACT:
            return False
        asked = replace(group, modal="can")
        before = len(self.found)
        self._verb_values(subject, asked, stop, self._first_of(head.first, stop))
        return len(self.found) > before

    def _remember(self, subject: Subject, before: int) -> None:
        """A value that the clause told as no person is not whom a pronoun means."""
        for told in self.found[before:]:
            if told.attribute in ("partner", "manager", "lead", "owner"):
                continue
            first = told.value.split()[0] if told.value else ""
            self.readers.people = [name for name in self.readers.people if name != first or name == subject.text]
            if told.subject != subject.text and told.subject not in self.readers.things:
                self.readers.things = [told.subject]

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

    def _noun_value(self, subject: Subject, group: Group, at: int, stop: int, first: int) -> bool:
        for noun in subject.nouns:
            start = self._shifted(group, at, stop)
            if start is None:
                return False
            parts = self._noun_parts(noun, start, stop, group)
            if parts is None:
                continue
            sense = "was" if subject.former else self._noun_sense(group, start != at, stop, parts)
            if sense:
                pattern = Pattern(noun.rule, "lasts", "subject", "any", ())
                return self._emit(pattern, subject, group, parts, sense, stop, first)
        return False

    def _shifted(self, group: Group, at: int, stop: int) -> int | None:
        """Return where the value begins: after "is", or after "has been moved back"."""
        if group.lemma in ("be", "become", "remain", "stay", "get"):
            if self.low[at : at + 2] in (["down", "to"], ["up", "to"], ["back", "to"]):
                return at
            if at < stop and self.low[at] in _SHIFTED and not _OBJECT_ENDS.isdisjoint(self.low[at + 1 : at + 4]):
                return at + 1
            return at
        if group.lemma in SHIFTS:
            return at
        return None

    def _noun_parts(self, noun: Noun, at: int, stop: int, group: Group) -> Match | None:
        shape = noun.shape
        shifts = group.lemma in SHIFTS or (at and self.low[at - 1] in _SHIFTED)
        shifts = shifts or self.low[at : at + 2] in (["down", "to"], ["up", "to"], ["back", "to"])
        if shifts:
            changed: tuple[Literal | Slot, ...] = (_BACK, _FROM, Slot("old", shape), _TO, Slot("value", shape))
            plain: tuple[Literal | Slot, ...] = (_BACK, _TO, Slot("value", shape))
            return self._tail(changed, 0, at, stop, {}) or self._tail(plain, 0, at, stop, {})
        if at < stop and self.low[at] in ("at", "in") and noun.rule.attribute == "role":
            return None
        return self._tail((_AT, Slot("value", shape)), 0, at, stop, {})

    def _noun_sense(self, group: Group, shifted: bool, stop: int, match: Match) -> str | None:
        if group.modal or (group.former and group.form != "present"):
            return None
        happened = group.form == "past" or group.perfect
        if group.lemma in ("become", "get") and happened and not group.negative:
            return "holds"
        if shifted or group.lemma in SHIFTS:
            return None if group.negative or group.progressive else "holds"
        if group.over:
            return "ended"
        if group.negative:
            return "holds" if match.parts.get("old") else negated(self.low, match.next, stop) if not happened else None
        return "was" if happened or group.former else "holds"

    def _object_noun(self, actor: Subject, group: Group, stop: int, first: int) -> None:
        """Read "We moved the deadline for Apollo to 3 May"."""
        if group.lemma not in SHIFTS or group.modal or group.negative or not (group.form == "past" or group.perfect):
            return
        cut = next((at for at in range(group.next, min(group.next + 8, stop)) if self.low[at] in _OBJECT_ENDS), None)
        if cut is None or cut == group.next:
            return
        subject = self.readers.read(self.tokens.words[group.next : cut], self.low[group.next : cut])
        if subject and subject.nouns and subject.text:
            self._noun_value(subject, replace(group), cut, stop, first)

    def _had_noun(self, owner: Subject, group: Group, stop: int, first: int) -> None:
        """Read "Ada has a new manager: Bob", "Ada got a new number, 555 12 34", "Ada has Bob as her manager"."""
        if group.lemma not in ("have", "get", "receive") or group.modal or group.negative or not owner.text:
            return
        at = group.next
        while at < stop and (self.low[at] in en.ARTICLES or self.low[at] in en.POSSESSIVE or self.low[at] in _FRESH):
            at += 1
        for size in (3, 2, 1):
            nouns = self.index.nouns.get(" ".join(self.low[at : at + size])) if at + size < stop else None
            cut = at + size
            if nouns and self.low[cut] in _NAMES_IT:
                subject = replace(owner, nouns=tuple(nouns), base=False)
                told = Group("be", "present", cut + 1)
                self._noun_value(subject, told, cut + 1, stop, first)
                return

    def _inverse(self, first: int, stop: int, group: Group | None) -> bool:
        """Read "Bob is my manager", "Tea is Ada's favourite drink", "Bob replaced Eve as the lead of Apollo"."""
        verb = next((at for at in range(first + 1, min(first + 9, stop)) if self.low[at] in _MAKES), None)
        if verb is None or (group and group.modal):
            return False
        parts: dict[str, tuple[int, int]] = {}
        mark = Group("be", "past" if self.low[verb] in ("was", "were", "used") else "present", verb + 1)
        start = self._made(mark, verb, stop, parts)
        if start is None:
            return False
        end = start
        while end < stop and (self.low[end] not in MARKS and self.low[end] not in _AFTERWARDS and not self._timed(end)):
            end += 1
        owned = start < end and (
            self.low[start] in ("my", "our", "the", "his", "her", "their")
            or "'s" in self.low[start:end]
            or (parts.get("as") is not None and not _OF.isdisjoint(self.low[start:end]))
        )
        subject = self.readers.read(self.tokens.words[start:end], self.low[start:end]) if owned else None
        if not subject or not subject.nouns or not subject.text or subject.former:
            return False
        at = self._begin(first, stop)
        last = verb
        while last > at and (
            self.low[last - 1] in en.ADVERBS or self.low[last - 1] in en.HAVE or self.low[last - 1] in en.FORMERLY
        ):
            last -= 1
        for noun in subject.nouns:
            at = self._first_of(first, stop) if noun.shape.dated else at
            if self._run(noun.shape, at, last) == (at, last) and self.low[at] not in en.PRONOUNS:
                sense = self._made_sense(mark, end, stop)
                if sense is None:
                    return False
                told = Group("be", mark.form, verb + 1)
                parts.pop("as", None)
                match = Match({"value": (at, last), **parts}, end)
                pattern = Pattern(noun.rule, "lasts", "subject", "any", ())
                return self._emit(pattern, subject, told, match, sense, stop, first)
        return False

    def _made(self, mark: Group, verb: int, stop: int, parts: dict[str, tuple[int, int]]) -> int | None:
        """Return where the noun begins after "is", "used to be", "took over from Carol as", "was appointed"."""
        word, start = self.low[verb], verb + 1
        if word == "used":
            if self.low[start : start + 2] != ["to", "be"]:
                return None
            mark.former, start = True, start + 2
        while start < stop and (step := marks(mark, self.low, start, stop)):
            start += step
        if word in _BY_AS:
            cut = next((at for at in range(start, min(start + 6, stop)) if self.low[at] == "as"), None)
            if cut is None:
                return None
            if word in ("replaced", "succeeded", "followed"):
                parts["old"] = (start, cut)
            elif word in ("took", "taken"):
                if self.low[start : start + 2] == ["over", "from"]:
                    parts["old"] = (start + 2, cut)
                elif self.low[start : start + 1] != ["over"]:
                    return None
            elif word in ("stepped", "resigned", "retired", "quit"):
                mark.over = True
            start, parts["as"] = cut + 1, (cut, cut)
        elif start < stop and self.low[start] in _NAMED_AS and (word in en.BE or word == "got"):
            mark.form, start = "present", start + 1
            start += self.low[start : start + 1] == ["as"]
            parts["as"] = (start, start)
            if start < stop and self.low[start] not in en.ARTICLES and self.low[start] not in en.POSSESSIVE:
                return start
        return start

    def _made_sense(self, mark: Group, end: int, stop: int) -> str | None:
        if mark.over:
            return "ended"
        if mark.negative:
            return negated(self.low, end, stop) if mark.form == "present" else None
        return "was" if mark.form == "past" or mark.former else "holds"

    def _emit(
        self, pattern: Pattern, subject: Subject, group: Group, match: Match, sense: str, stop: int, first: int
    ) -> bool:
        rule = pattern.rule
        named = subject.text
        value = match.parts.get("value")
        about = match.parts.get("subject")
        shape = next((part.shape for part in pattern.tail if isinstance(part, Slot) and part.part == "value"), None)
        shape = shape or next((noun.shape for noun in subject.nouns if noun.rule is rule), None)
        end = match.next
        text = self._text(*value) if value else named if pattern.first == "value" else subject.other
        old = self._text(*match.parts["old"]) if "old" in match.parts else named if pattern.first == "old" else None
        contrast, contradicted = None, False
        if shape and value and not old:
            contrast = self._contrast(shape, end, stop)
            if contrast:
                old, end = self._text(*contrast), contrast[1]
        if sense in ("denied", "ended") and value and shape:
            flipped = self._but(shape, end, stop)
            contrast = flipped
            if flipped:
                contradicted = sense == "denied" and not group.over
                old, text, sense, end = text, self._text(*flipped), "holds", flipped[1]
        owner = self._about(about, named) if about else named
        if pattern.first == "actor" and not about:
            owner = self.readers.speaker
        if pattern.first == "value" and not old and (other := self._contrast(SHAPES["person"], end, stop)):
            old, end = self._text(*other), other[1]
        if rule.attribute == "status" and sense == "was" and not group.former and text.lower() in EVENTS:
            return False
        if self._qualified(rule, end, stop):
            return False
        if rule.attribute == "name" and pattern.kind == "self" and " " not in text and self.low[0] not in _GREETINGS:
            return False
        if not text or not owner or (pattern.first == "subject" and pattern.kind != "pair" and not value):
            return False
        taken = (*match.parts.values(), *([contrast] if contrast else []))
        when = self._when(first, stop, taken, sense, pattern, group)
        if when is None:
            return False
        begin, until, precision, timed = when
        attribute = attribute_of(rule, subject, text)
        if attribute is None or duplicate_key(text) == duplicate_key(old or ""):
            return False
        end = max(end, timed, self._trail(end, stop))
        span = (self.tokens.starts[first], self.tokens.ends[end - 1])
        now = any(word in ("now", "currently", "instead", "than") for word in self.low[group.next - 1 : stop])
        aside = old is not None and "not" in self.low[match.next : stop] and not now and not begin and sense == "holds"
        corrects = self.corrects or "actually" in group.adverbs or aside or contradicted
        texts = (
            [text, *self._listed(shape, match.next, stop)] if shape and shape.listed and value and not old else [text]
        )
        owners = [owner, subject.other] if subject.kind == "pair" and pattern.kind != "pair" else [owner]
        if len(texts) > 1:
            span = (span[0], max(span[1], self.tokens.ends[self._list_end - 1]))
        for whom in owners:
            for one in texts:
                told = Told(
                    whom,
                    attribute,
                    one,
                    rule.cardinality,
                    rule.kind,
                    sense,
                    old,
                    corrects,
                    begin,
                    until,
                    precision,
                    span,
                )
                self.found.append(told)
        return True

    def _qualified(self, rule: StateRule, at: int, stop: int) -> bool:
        """Tell whether words after the value say of which part it holds: "version 16 on staging"."""
        while at < stop and (self.low[at] in en.ADVERBS or self.low[at] in TRAIL or self._timed(at)):
            at += 1
        return at < stop and self.low[at] in _QUALIFIES.get(rule.attribute, ())

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


_SOMEBODY = en.words("i we me us he she him her they them")
_CONTACT = en.words("call reach email e-mail mail contact phone text ring write send")
_FINE = ("second", "minute", "hour")
_NAME_WORDS = 3
_IDLE = en.words("for of as years year good long age time ever in by that")
_QUALIFIES = {
    attribute: frozenset(("on", "in", "for", "at", "under", "with"))
    for attribute in ("version", "port", "price", "time")
} | {
    "deadline": frozenset(("for",)),
    "lead": frozenset(("for",)),
    "relationship_status": frozenset(("in",)),
    "partner": frozenset(("at", "in", "for", "on")),
}
_BY_AS = en.words("replaced succeeded followed took taken stepped resigned")
_MAKES = en.words("is are was were 's became become used been 're") | _BY_AS
_NAMED_AS = en.words("appointed named made elected chosen promoted confirmed nominated")
_NAMES_IT = frozenset((":", ",", "-", "–", "named", "called", "of"))
_FRESH = en.words("new different another better current")
_OF = en.words("of for on at")
_AFTERWARDS = en.words(
    "now anymore instead because since but and though too these any before previously earlier back then today until"
)
_GREETINGS = en.words("hi hello hey")
#: Words that make a sentence a wish or a condition, wherever they stand.
_WHOLE = en.words("if unless wish wishes wished imagine suppose hypothetically")
_SHIFTED = en.words("""
    moved pushed changed postponed extended shifted rescheduled delayed set brought updated raised lowered
    increased cut reduced switched bumped deferred put passed transferred brought dropped adjusted revised corrected
    changed converted renamed slipped pulled
    """)  # fmt: skip
_BACK = Literal((("back",), ("forward",), ("up",), ("down",), ("out",), ("again",)), True)
_FROM = Literal((("from",),))
_TO = Literal((("to",), ("until",), ("till",), ("for",), ("at",), ("on",)))
_AT = Literal((("at",), ("on",), ("in",), ("now",), ("by",), ("as",), ("for",), ("with",), ("called",), ("named",), ("to",)), True)
_OBJECT_ENDS = en.words("back forward up down from to until till")
#: A sentence that tells the one tells none of the others.
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
