"""The states that a text tells: "I moved to Lisbon and now work at Brightwater" tells two.

The flow: a text without any word of the rules is done at once; else it is cut into sentences and clauses; in each clause
the subject and the verb are found, the patterns of that verb are tried, tense and marks give the sense, and the times
that stand in the clause give its valid time. English only. Where in doubt, nothing: a wrong state retires a true one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from ricordo.text import state_words as en
from ricordo.text.normalise import duplicate_key
from ricordo.text.state_clauses import Group, Tokens, group_at, sentences, tokens_of
from ricordo.text.state_patterns import SHIFTS, Index, Literal, Noun, Pattern, Slot, index_of
from ricordo.text.state_rules import RULES, StateRule
from ricordo.text.state_subjects import PERSONAL, Readers, Subject
from ricordo.text.state_values import SHAPES, Shape, dateish
from ricordo.text.time import TimeSpan, find_times, has_time_signal


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


Times = Callable[[str, datetime, tzinfo], list[TimeSpan]]
_SIGNAL = re.compile(r"[^\W\d_]+|\d")
_DIGITS = frozenset("0123456789")
_SAID_BE = en.words("am is are was were been m re s not")
_INTRODUCTION = re.compile(r"\bI(?:['’]m| am) [A-Z]")


def states(
    text: str,
    *,
    speaker: str | None = None,
    said_at: datetime,
    zone: tzinfo = UTC,
    times: Times = find_times,
    rules: tuple[StateRule, ...] = RULES,
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
    >>> [(told.subject, told.attribute, told.value) for told in states("I moved to Lisbon and work at Brightwater.", said_at=at)]
    [('user', 'lives_in', 'Lisbon'), ('user', 'works_at', 'Brightwater')]
    >>> states("Would I live in Rome? I might.", said_at=at)
    []
    """
    index = index_of(rules)
    if not _may_tell(text, index):
        return []
    return _Reading(text, index, speaker or "user", said_at, zone, times).told()


def _may_tell(text: str, index: Index) -> bool:
    """Tell, in a few microseconds, whether any rule may find something."""
    small = text.lower()
    said = _SIGNAL.findall(small)
    found = set(said)
    if not index.signals.isdisjoint(found) or ("9" in index.signals and not _DIGITS.isdisjoint(found)):
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
    elif before and before[0] in en.ADVERBS:
        before = before[1:]
    return bool(before) and before[0] in _SAID_BE


@dataclass(frozen=True, slots=True)
class _Match:
    """The parts that a tail found, as token ranges, and the token after it."""

    parts: dict[str, tuple[int, int]]
    next: int


@dataclass(frozen=True, slots=True)
class _Head:
    """Subject and verb of a clause."""

    first: int
    subject: Subject
    group: Group | None
    elliptical: bool
    pronoun: bool


class _Reading:
    """One text while it is read."""

    def __init__(self, text: str, index: Index, speaker: str, said_at: datetime, zone: tzinfo, times: Times) -> None:
        self.text, self.index, self.said_at, self.zone, self.find = text, index, said_at, zone, times
        self.tokens: Tokens = tokens_of(text)
        self.low = self.tokens.low
        self.readers = Readers(index, speaker, text == text.lower())
        self.corrects = False
        self.previous: Subject | None = None
        self.open_infinitive = False
        self.found: list[Told] = []
        self.told_last = False
        self._spans: list[tuple[TimeSpan, int, int]] | None = None

    # The text, sentence by sentence.

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
        self.previous, self.open_infinitive = None, False
        if not self._note(start, stop) and not self._repaired(first, start, stop):
            self._clauses(start, stop)
        if len(self.found) > before or start < stop:
            self.corrects = False

    def _unread(self, first: int, stop: int) -> None:
        """Keep whom a sentence that tells nothing may have named, for the pronouns of the next."""
        names = [
            self.tokens.words[at]
            for at in range(first, stop)
            if self.tokens.words[at][0].isupper() and self.low[at] not in en.PRONOUNS and self.low[at] not in en.OPENERS
        ]
        self.readers.people, self.readers.things = names, []

    def _past_openers(self, at: int, stop: int) -> int:
        """Return the token after greetings, fillers and cues; note whether one of them says that something was wrong."""
        while at < stop:
            step = self._phrase(en.CORRECTIONS, at, stop)
            if not step and self.low[at : at + 2] == ["no", ","]:
                step = 2
            if step:
                self.corrects = True
            else:
                step = self._phrase(en.OPENER_PHRASES, at, stop)
            word = self.low[at]
            if not step and (word in en.OPENERS or not word[0].isalnum() and word not in ("'s", "'m")):
                step = 1
            if not step and word == "that" and self.corrects:
                step = 1
            if (
                not step
                and at + 1 < stop
                and self.low[at + 1] == ","
                and self.tokens.words[at][0].isupper()
                and word != "i"
            ):
                nxt = self.low[at + 2] if at + 2 < stop else ""
                step = (
                    2 if nxt in ("i", "we") or nxt in ("my", "our") and not self._verb_after_comma(at + 2, stop) else 0
                )
            if not step:
                break
            at += step
        return at

    def _verb_after_comma(self, at: int, stop: int) -> bool:
        """Tell whether "Ana, my sister, lives": what follows the name is an aside."""
        return "," in self.low[at : min(at + 5, stop)]

    def _phrase(self, phrases: Sequence[str], at: int, stop: int) -> int:
        for phrase in _PHRASES.get(self.low[at], ()):
            if phrase[0] in phrases and self.low[at : at + len(phrase[1])] == phrase[1] and at + len(phrase[1]) <= stop:
                return len(phrase[1])
        return 0

    # Notes and repairs.

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
            subject = self.readers.read(words, low)
            nouns = self.index.nouns.get(" ".join(low), ())
            own = tuple(noun for noun in nouns if noun.rule.attribute in PERSONAL)
            if subject is None and own:
                subject = Subject(self.readers.speaker, "self", nouns=own)
        if not subject or not subject.nouns or not subject.text:
            return False
        return self._noun_value(subject, Group("be", "present", cut + 1), cut + 1, stop, first)

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

    # Clauses.

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

    def _boundaries(self, first: int, stop: int) -> Iterator[int]:
        at, since = first + 1, first
        while at < stop:
            word = self.low[at]
            if word in en.CONJUNCTIONS or word in _MARKS:
                begin = at + 1
                while begin < stop and (self.low[begin] in en.CONJUNCTIONS or self.low[begin] in _MARKS):
                    begin += 1
                bare = word in ("and", ",") and at - since <= 5 and self._is_bare(since, at)
                if word == "who" or self.low[at + 1 : at + 2] in (["who"], ["which"]) or (not bare and begin < stop and self._head(begin, stop, soft=word == "and")):
                    yield at
                    since = begin
                at = begin
            else:
                at += 1

    def _is_bare(self, first: int, stop: int) -> bool:
        """Tell whether the tokens are a subject without a verb, or a time: then what follows belongs to them."""
        first = self._first_of(first, stop)
        if first < stop and self.low[first] in _FRONT and self._past_time(first, stop) >= stop:
            return True
        return self.readers.read(self.tokens.words[first:stop], self.low[first:stop]) is not None

    def _begin(self, at: int, stop: int) -> int:
        """Return the token after conjunctions, adverbs and a fronted time."""
        moved = True
        while moved and at < stop:
            moved = False
            if self.low[at] in en.CONJUNCTIONS or self.low[at] in _MARKS or self.low[at] in en.OPENERS:
                at, moved = at + 1, True
                continue
            step = self._phrase(en.CORRECTIONS, at, stop) or self._phrase(en.OPENER_PHRASES, at, stop)
            if step:
                self.corrects = self.corrects or bool(self._phrase(en.CORRECTIONS, at, stop))
                at, moved = at + step, True
            elif (self.low[at] in _FRONT or self.low[at].isdigit()) and (after := self._past_time(at, stop)) > at:
                moved, at = True, after
            elif self.low[at] in en.ADVERBS and at + 1 < stop and self._subject_start(at + 1):
                at, moved = at + 1, True
        return at

    def _subject_start(self, at: int) -> bool:
        word = self.low[at]
        return (
            word in en.PRONOUNS or word in en.POSSESSIVE or word in ("the", ",") or self.tokens.words[at][0].isupper()
        )

    def _past_time(self, at: int, stop: int) -> int:
        for _, first, last in self.spans():
            if (
                first <= at + 3
                and at < last <= stop
                and first >= at
                and all(word in _LEADS for word in self.low[at:first])
            ):
                return last
        return at

    def _head(self, at: int, stop: int, soft: bool = False) -> _Head | None:
        first = at
        at = self._begin(at, stop)
        if at >= stop:
            return None
        if self.low[at] in en.PRONOUNS:
            subject = self.readers.read([self.tokens.words[at]], [self.low[at]])
            assert subject is not None
            return _Head(first, subject, group_at(self.low, at + 1, stop, self.index.forms, subject.base), False, True)
        group = group_at(self.low, at, stop, self.index.forms, None)
        if group and self.low[at] not in en.POSSESSIVE:
            base = self.low[group.next - 1]
            bare = group.form == "present" and any(
                form == "base" and lemma == group.lemma for lemma, form in self.index.forms.get(base, ())
            )
            if soft and not self.previous and False:
                return None
            return _Head(first, Subject("", "none"), group, True, bare)
        return self._named_head(first, at, stop)

    def _named_head(self, first: int, at: int, stop: int) -> _Head | None:
        for verb in range(at + 1, min(at + 10, stop)):
            word = self.low[verb]
            if word in en.CONJUNCTIONS - {"and"} or word in (";", ":", "(", ")", "that"):
                return None
            if not self._may_be_verb(verb, stop):
                continue
            subject = self.readers.read(self.tokens.words[at:verb], self.low[at:verb])
            if subject is None:
                if word in en.BE or word in en.HAVE or word in en.MODALS:
                    return None
                continue
            group = group_at(self.low, verb, stop, self.index.forms, subject.base)
            if group:
                return _Head(first, subject, group, False, False)
        return None

    def _may_be_verb(self, at: int, stop: int) -> bool:
        word = self.low[at]
        if word == "'s":
            return self._is_verb_s(at, stop)
        if word in en.BE or word in en.HAVE or word in en.DO or word in en.MODALS or word in en.NOT:
            return word not in ("be", "been", "being")
        if self.low[at - 1] in en.ARTICLES or self.low[at - 1] in en.POSSESSIVE or self.low[at - 1] == "'s":
            return False
        if word in en.ADVERBS or word in en.FORMERLY or word in ("no", "used"):
            return True
        return any(form != "ing" for _, form in self.index.forms.get(word, ()))

    def _is_verb_s(self, at: int, stop: int) -> bool:
        after = at + 1
        while after < stop and (self.low[after] in en.ADVERBS or self.low[after] in en.NOT):
            after += 1
        if after >= stop:
            return False
        word = self.low[after]
        forms = {form for _, form in self.index.forms.get(word, ())}
        return (
            word in en.ARTICLES
            or word in _AFTER_IS
            or bool(forms & {"ing", "part"} and word not in _NOUNLIKE)
            or word.isdigit()
        )

    # One clause.

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
        subject = head.subject
        if head.elliptical:
            now = head.group is not None and ("now" in head.group.adverbs or "but" in self.low[first : head.group.next])
            hangs = self.open_infinitive or not self.told_last
            if self.previous is None or (hangs and head.pronoun and not now):
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
        begin = self._first_of(first, stop)
        if self._inverse(begin, stop, group):
            return
        if subject.nouns and subject.text:
            self._noun_value(subject, group, group.next, stop, begin)
        else:
            self._verb_values(subject, group, stop, begin)
            if len(self.found) == before:
                self._object_noun(subject, group, stop, begin)
        self._remember(subject, before)

    def _infinitive(self, at: int, stop: int) -> bool:
        """Tell whether "to" and what may be a verb stand in the tokens: "and work" may then hang on it."""
        return any(
            self.low[spot] == "to"
            and spot + 1 < stop
            and self.tokens.words[spot + 1].islower()
            and self.low[spot + 1] not in _NO_VERB
            for spot in range(at, stop)
        )

    def _first_of(self, first: int, stop: int) -> int:
        while first < stop and (self.low[first] in _MARKS or self.low[first] in en.CONJUNCTIONS):
            first += 1
        return first

    def _relative(self, first: int, stop: int) -> _Head | None:
        """Read "Ana, who lives in Porto": the subject is the name before."""
        at = first + 1 if self.low[first] in ("who", "which") else first + 2
        last = first
        begin = last
        while begin > 0 and self.tokens.words[begin - 1][0].isupper() and self.low[begin - 1] not in en.PRONOUNS:
            begin -= 1
        subject = self.readers.read(self.tokens.words[begin:last], self.low[begin:last]) if begin < last else None
        group = group_at(self.low, at, stop, self.index.forms, False)
        if subject is None or group is None or self.previous not in (None, subject):
            return None
        return _Head(first, subject, group, False, False)

    def _doubtful(self, sentence: int, first: int, stop: int, group: Group) -> bool:
        if any(word in en.UNSURE for word in self.low[first:stop]):
            return True
        return any(word in en.REPORTS for word in self.low[sentence : max(sentence, group.next - 1)])

    def _note_names(self, head: _Head, subject: Subject, stop: int) -> None:
        """Keep whom a later pronoun may mean."""
        if head.pronoun or head.elliptical:
            return
        if subject.kind in ("person", "any", "thing") and subject.text:
            self.readers.people = [] if subject.kind == "thing" else [subject.text]
            self.readers.things = [] if subject.kind == "person" else [subject.text]
        elif subject.kind != "self":
            self.readers.people, self.readers.things = [], []
        group_end = head.group.next if head.group else head.first + 1
        for at in range(group_end, stop):
            word = self.tokens.words[at]
            if word[0].isupper() and word != "I" and self.low[at - 1] not in _PLACING and word.isalpha():
                if not self.tokens.words[at - 1][0].isupper() and word not in self.readers.people:
                    self.readers.people.append(word)

    def _remember(self, subject: Subject, before: int) -> None:
        """A value that the clause told as no person is not whom a pronoun means."""
        for told in self.found[before:]:
            if told.attribute in ("partner", "manager", "lead", "owner"):
                continue
            first = told.value.split()[0] if told.value else ""
            self.readers.people = [name for name in self.readers.people if name != first or name == subject.text]
            if told.subject != subject.text and told.subject not in self.readers.things:
                self.readers.things = [told.subject]

    # Values.

    def _verb_values(self, subject: Subject, group: Group, stop: int, first: int) -> None:
        taken: set[str] = set()
        for pattern in self._patterns(group):
            if pattern.rule.attribute in taken or not _fits(pattern.kind, subject):
                continue
            if not subject.text and pattern.first != "actor":
                continue
            match = self._tail(pattern.tail, 0, group.next, stop, {})
            sense = match and self._sense(pattern, group, stop, match.next)
            if match and sense and self._emit(pattern, subject, group, match, sense, stop, first):
                taken.add(pattern.rule.attribute)
                taken.update(_EXCLUDED.get(pattern.rule.attribute, ()))

    def _patterns(self, group: Group) -> Iterator[Pattern]:
        yield from self.index.verbs.get(group.lemma, ())
        if group.lemma == "be" and group.progressive:
            return

    def _tail(
        self, tail: tuple[Literal | Slot, ...], part: int, at: int, stop: int, parts: dict[str, tuple[int, int]]
    ) -> _Match | None:
        if part == len(tail):
            return _Match(parts, at)
        one = tail[part]
        if isinstance(one, Slot):
            return self._slot(tail, part, at, stop, parts)
        for run in one.choices:
            length = self._literal(run, at, stop)
            if length is not None:
                found = self._tail(tail, part + 1, at + length, stop, parts)
                if found:
                    return found
        if one.optional:
            return self._tail(tail, part + 1, at, stop, parts)
        if at < stop and self._skippable(at):
            return self._tail(tail, part, at + 1, stop, parts)
        return None

    def _skippable(self, at: int) -> bool:
        return self.low[at] in en.ADVERBS or self.low[at] in _LOOSE or self._timed(at)

    def _literal(self, run: tuple[str, ...], at: int, stop: int) -> int | None:
        if run == ("end",):
            return 0 if at >= stop or self.low[at] in _MARKS or self.low[at] in _TRAIL or self._timed(at) else None
        if at >= stop:
            return None
        if run == ("poss",):
            return 1 if self.low[at] in en.POSSESSIVE else 2 if self.low[at + 1 : at + 2] == ["'s"] else None
        if tuple(self.low[at : at + len(run)]) == run and at + len(run) <= stop:
            return len(run)
        return 1 if len(run) > 1 and self.low[at] == "-".join(run) else None

    def _slot(
        self, tail: tuple[Literal | Slot, ...], part: int, at: int, stop: int, parts: dict[str, tuple[int, int]]
    ) -> _Match | None:
        slot = tail[part]
        assert isinstance(slot, Slot)
        while at < stop and self._skippable(at) and not slot.shape.dated:
            at += 1
        if any(isinstance(one, Slot) for one in tail[part + 1 : part + 3]) and all(
            isinstance(one, Slot) or one.optional for one in tail[part + 1 : part + 2]
        ):
            for end in range(min(at + slot.shape.most, stop), at, -1):
                value = self._run(slot.shape, at, end)
                found = value and self._tail(tail, part + 1, value[1], stop, {**parts, slot.part: value})
                if found:
                    return found
            return None
        following = next((one for one in tail[part + 1 :] if isinstance(one, Literal)), None)
        stops = (stop,)
        if following is not None and not following.optional and following.choices != (("end",),):
            stops = tuple(
                end
                for end in range(at + 1, min(at + slot.shape.most + 3, stop))
                if any(self._literal(run, end, stop) for run in following.choices)
            )
        for end in stops:
            value = self._run(slot.shape, at, end)
            if value and (following is None or following.optional or end == stop or value[1] == end):
                found = self._tail(tail, part + 1, value[1], stop, {**parts, slot.part: value})
                if found:
                    return found
        return None

    def _run(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Return the tokens of the value that begins at `at`."""
        if shape.bare and at + 1 < stop and self.low[at] in en.ARTICLES and self.low[at + 1] not in _GENERIC:
            return None
        while at < stop and (
            self.low[at] in en.ARTICLES and not (self.tokens.words[at] == "The") or self.low[at] in ('"', "“", "`", "'")
        ):
            at += 1
        end = at
        while end < stop and end - at < shape.most + 1 and not self._ends(shape, at, end):
            end += 1
        while shape.dated and at < end and self.low[at] in ("on", "at", "in", "by", ","):
            at += 1
        while end > at and (
            self.low[end - 1] in (",", "the", "a", "an", "of", "at", "on", "in", "by")
            or self.low[end - 1] in en.ADVERBS
        ):
            end -= 1
        if end < len(self.low) and self.low[end] == "'s" and end < stop and not self._is_verb_s(end, stop):
            return None
        if end == at or end - at > shape.most or any(spot in self.tokens.quoted for spot in range(at, end)):
            return None
        run, low = self.tokens.words[at:end], self.low[at:end]
        return (at, end) if shape.accept(run, low) else None

    def _ends(self, shape: Shape, first: int, at: int) -> bool:
        word = self.low[at]
        if shape.dated:
            return not dateish(word) or (word == "," and not self._digit(at + 1))
        if self._timed(at):
            return True
        if shape.ends(word):
            return True
        if not word[0].isalnum() and word[0] not in "$€£+(@":
            if word == "." and self.low[at - 1] in en.ABBREVIATIONS:
                return False
            comma = word == "," and at > first and at + 1 < len(self.low) and self.tokens.words[at + 1][0].isupper()
            near = at + 1 < len(self.low) and self.tokens.ends[at - 1] == self.tokens.starts[at]
            joint = (
                word == "&"
                or (near and word in ("/", "-", "'"))
                or (word == "." and at + 1 < len(self.low) and self.tokens.ends[at] == self.tokens.starts[at + 1])
            )
            place = comma and shape.most == 5 and "the" in shape.runs_over and self.tokens.words[first][0].isupper()
            dated = word == "," and shape.dated and at + 1 < len(self.low) and self.low[at + 1][0].isdigit()
            return not (place or joint or dated or (word == "'s" and at > first))
        return word == "(" or (word in ("of",) and shape.dated is False and at == first)

    def _digit(self, at: int) -> bool:
        return at < len(self.low) and self.low[at][0].isdigit()

    def _text(self, first: int, last: int) -> str:
        return self.tokens.text(self.text, first, last).strip(" \"'“”`,")

    # Nouns.

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
            if at < stop and self.low[at] in _SHIFTED and not _OBJECT_ENDS.isdisjoint(self.low[at + 1 : at + 4]):
                return at + 1
            return at
        if group.lemma in SHIFTS:
            return at
        return None

    def _noun_parts(self, noun: Noun, at: int, stop: int, group: Group) -> _Match | None:
        shape = noun.shape
        shifts = group.lemma in SHIFTS or (at and self.low[at - 1] in _SHIFTED)
        if shifts:
            changed: tuple[Literal | Slot, ...] = (_BACK, _FROM, Slot("old", shape), _TO, Slot("value", shape))
            plain: tuple[Literal | Slot, ...] = (_BACK, _TO, Slot("value", shape))
            return self._tail(changed, 0, at, stop, {}) or self._tail(plain, 0, at, stop, {})
        if at < stop and self.low[at] in ("at", "in") and noun.rule.attribute == "role":
            return None
        return self._tail((_AT, Slot("value", shape)), 0, at, stop, {})

    def _noun_sense(self, group: Group, shifted: bool, stop: int, match: _Match) -> str | None:
        if group.modal or group.former and group.form != "present":
            return None
        happened = group.form == "past" or group.perfect
        if shifted or group.lemma in SHIFTS:
            return None if group.negative or group.progressive else "holds"
        if group.over:
            return "ended"
        if group.negative:
            return "holds" if match.parts.get("old") else self._negated(match.next, stop) if not happened else None
        return "was" if happened or group.former else "holds"

    def _negated(self, at: int, stop: int) -> str:
        tail = self.low[at:stop]
        return "ended" if "anymore" in tail or "longer" in tail or "any" in tail and "more" in tail else "denied"

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

    def _inverse(self, first: int, stop: int, group: Group | None) -> bool:
        """Read "Bob is my manager", "Tea is Ada's favourite drink", "Bob replaced Eve as the lead of Apollo"."""
        verb = next((at for at in range(first + 1, min(first + 8, stop)) if self.low[at] in _MAKES), None)
        if verb is None or (group and (group.modal or group.negative or group.over)):
            return False
        start = verb + 1
        while start < stop and self.low[start] in en.ADVERBS:
            start += 1
        parts: dict[str, tuple[int, int]] = {}
        if self.low[verb] in ("replaced", "succeeded"):
            cut = next((at for at in range(start, stop) if self.low[at] == "as"), stop)
            parts["old"], start = (start, cut), cut + 1
        end = start
        while end < stop and (self.low[end] not in _MARKS and self.low[end] not in _AFTERWARDS and not self._timed(end)):
            end += 1
        owned = start < end and (self.low[start] in ("my", "our", "the") or "'s" in self.low[start:end])
        subject = self.readers.read(self.tokens.words[start:end], self.low[start:end]) if owned else None
        if not subject or not subject.nouns or not subject.text or subject.former:
            return False
        at = self._begin(first, stop)
        last = verb
        while last > at and (self.low[last - 1] in en.ADVERBS or self.low[last - 1] in en.HAVE):
            last -= 1
        for noun in subject.nouns:
            if self._run(noun.shape, at, last) == (at, last) and self.low[at] not in en.PRONOUNS:
                match = _Match({"value": (at, last), **parts}, end)
                sense = "was" if self.low[verb] in ("was", "were") else "holds"
                told = Group("be", "past" if sense == "was" else "present", verb + 1)
                pattern = Pattern(noun.rule, "lasts", "subject", "any", ())
                return self._emit(pattern, subject, told, match, sense, stop, first)
        return False

    # Sense, contrast, times.

    def _sense(self, pattern: Pattern, group: Group, stop: int, at: int) -> str | None:
        """Return what the verb's tense and marks say of the state; None where they say nothing sure."""
        if group.modal:
            return self._able(pattern, group)
        happened = group.form == "past" or group.perfect
        if pattern.rule.attribute == "deadline" and "by" in self.low[group.next : at] and group.lemma == "be":
            return None
        if pattern.way == "denies":
            return "denied" if not (happened or group.negative or group.former or group.progressive) else None
        if pattern.way in ("begins", "changes", "ends"):
            if (
                group.negative
                or group.former
                or group.over
                or group.goes_on
                or (group.perfect and group.form == "past")
            ):
                return None
            passive = group.lemma == "be" and not group.progressive
            if group.progressive or not (happened or passive or pattern.way == "changes"):
                return None
            return "ended" if pattern.way == "ends" else "holds"
        if group.over:
            return "ended"
        if group.negative:
            if happened:
                never = group.perfect and group.form == "present" and pattern.rule.cardinality == "many"
                return "denied" if never and "never" in self.low[:at] else None
            return self._negated(at, stop)
        if group.former:
            return "was"
        if group.perfect:
            lasting = group.form == "present" and (self._lasts(at, stop) or "always" in group.adverbs)
            had = group.form == "past" and pattern.way == "lasts" and not group.progressive
            return "holds" if lasting or (group.progressive and pattern.way == "lasts") else "was" if had else None
        if happened:
            if pattern.way == "lasts" and group.progressive:
                return "was" if group.lemma == "live" else None
            return "was" if pattern.way == "lasts" else None
        if group.progressive:
            return "holds" if pattern.way == "lasts" or group.lemma in _ONGOING else None
        return "holds"

    def _able(self, pattern: Pattern, group: Group) -> str | None:
        """Return what "can" and "must" tell: a language, how to reach someone, when a thing is due."""
        attribute = pattern.rule.attribute
        if group.modal == "must" and attribute == "deadline":
            return None if group.negative else "holds"
        if group.modal not in ("can", "ca", "cannot") or pattern.way != "tells":
            return None
        if group.lemma in ("speak", "play"):
            return "denied" if group.negative or group.modal == "cannot" else "holds"
        told = attribute in ("email", "phone") or group.lemma == "find"
        return "holds" if told and not group.negative else None

    def _lasts(self, at: int, stop: int) -> bool:
        return any(word in ("since", "for") for word in self.low[at:stop])

    def _emit(
        self, pattern: Pattern, subject: Subject, group: Group, match: _Match, sense: str, stop: int, first: int
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
        if rule.attribute == "name" and pattern.kind == "self" and " " not in text and self.low[0] not in _GREETINGS:
            return False
        if not text or not owner or (pattern.first == "subject" and pattern.kind != "pair" and not value):
            return False
        taken = (*match.parts.values(), *([contrast] if contrast else []))
        when = self._when(first, stop, taken, sense, pattern, group)
        if when is None:
            return False
        begin, until, precision, timed = when
        attribute = _attribute(rule, subject, text)
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

    def _about(self, about: tuple[int, int], named: str) -> str:
        words, low = self.tokens.words[about[0] : about[1]], self.low[about[0] : about[1]]
        article = about[0] > 0 and self.low[about[0] - 1] in ("the", "our") and not words[0][0].isupper()
        subject = self.readers.read(words, low)
        if subject and subject.nouns:
            return ""
        return ("the " if article else "") + " ".join(words)

    def _contrast(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Read what follows a value as the one that it replaces: ", not X", "instead of X"."""
        while at < stop and (self.low[at] in ("now", ",", "(", "-", "–", "—", "and", "today") or self._timed(at)):
            at += 1
        for cue in _INSTEAD:
            if tuple(self.low[at : at + len(cue)]) == cue:
                return self._past_words(shape, at + len(cue), stop)
        return None

    def _past_words(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Return the value that begins here, or after words such as "in" and "on port"."""
        for _ in range(3):
            value = self._run(shape, at, stop)
            if value or at >= stop or self.low[at] not in _RELATING:
                return value
            at += 1
        return None

    def _but(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Read "not X but Y"."""
        while at < stop and self.low[at] in (",", "anymore"):
            at += 1
        if at + 1 >= stop or self.low[at] != "but":
            return None
        return self._past_words(shape, at + 1, stop)

    def _listed(self, shape: Shape, at: int, stop: int) -> list[str]:
        """Return the further values of "X, Y and Z"."""
        values: list[str] = []
        self._list_end = at
        while at < stop and self.low[at] in (",", "and", "&"):
            joined = self.low[at] == "and"
            start = at + 1 + (self.low[at + 1 : at + 2] == ["and"])
            joined = joined or start == at + 2
            value = self._run(shape, start, stop)
            if value is None or (value[1] < stop and self.low[value[1]] not in (",", "and", "&", ")", "too", "now")):
                break
            words = self.tokens.words[value[0] : value[1]]
            if words[0][0].isupper() and len(words) > 1 and words[1][0].islower():
                break
            values.append(self._text(*value))
            at = self._list_end = value[1]
            if joined:
                break
        return values

    def _trail(self, at: int, stop: int) -> int:
        while at < stop and (
            self.low[at] in _TRAIL or self.low[at] in (",",) and at + 1 < stop and self.low[at + 1] in _TRAIL
        ):
            at += 1
        return at

    def spans(self) -> list[tuple[TimeSpan, int, int]]:
        """Return the times of the text, with the tokens they take."""
        if self._spans is None:
            self._spans = []
            if has_time_signal(self.text):
                starts = self.tokens.starts
                for span in self.find(self.text, self.said_at, self.zone):
                    inside = [at for at, start in enumerate(starts) if span.start <= start < span.stop]
                    if inside:
                        self._spans.append((span, inside[0], inside[-1] + 1))
        return self._spans

    def _timed(self, at: int) -> bool:
        if not self.spans():
            return False
        for _, first, last in self.spans():
            if first <= at < last:
                return True
            if at < first and first - at <= 3 and all(word in _LEADS for word in self.low[at:first]):
                return True
        return False

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
            sided = self._side(span, lead, sense, pattern, group)
            if sided is None:
                return None
            last = max(last, after)
            begin, end = sided[0] or begin, sided[1] or end
            precision = precision or (span.precision if sided[0] or sided[1] else None)
        if begin and end and begin >= end:
            end = None
        return begin, end, precision, last

    def _side(
        self, span: TimeSpan, lead: str, sense: str, pattern: Pattern, group: Group
    ) -> tuple[datetime | None, datetime | None] | None:
        starts = bool(_FROM_WORDS.search(lead))
        if _UNTIL_WORDS.search(lead) or span.begin is None:
            until = span.end
            if sense == "holds" and until and until < self.said_at:
                until = _later(until, span.text, self.said_at)
                if until is None:
                    return None
            return None if sense == "holds" and pattern.way == "begins" else (None, until)
        if starts and sense == "holds" and _STARTING.search(lead):
            later = _later(span.begin, span.text, self.said_at)
            if later and later - self.said_at < self.said_at - span.begin:
                return (later, None)
        ahead = span.begin > self.said_at
        if sense == "ended":
            return (None, span.begin) if not ahead or starts else None
        if sense == "was":
            return (span.begin, span.end if span.end and span.end <= self.said_at else None)
        if sense == "denied":
            return (None, None)
        if ahead and not starts:
            return None
        temporary = pattern.way == "begins" and _FOR_WORDS.search(lead)
        if temporary:
            return None
        happened = group.form == "past" or group.perfect
        if not happened and not starts and not _FOR_WORDS.search(lead):
            if span.end and span.end - (span.begin or span.end) <= timedelta(days=8) and pattern.way != "changes":
                return (span.begin, None) if "today" in lead or "now" in lead else None
        return (span.begin, None)


def _later(moment: datetime, words: str, said_at: datetime) -> datetime | None:
    """Return the next of a time that comes again ("1 June", "Friday") after `said_at`; None where it doesn't."""
    if re.search(r"\d{4}|last|ago|yesterday", words):
        return None
    days = 7 if re.search(r"(?i)day\b", words) else 365
    moved = moment + timedelta(days=days)
    if days == 365 and (moved.day, moved.month) != (moment.day, moment.month):
        moved += timedelta(days=1)
    return moved if moved > said_at else None


def _fits(kind: str, subject: Subject) -> bool:
    if kind == "any" or kind == "actor":
        return subject.kind != "pair"
    if kind == "person":
        return subject.kind in ("self", "person", "any", "pair")
    if kind == "named_person":
        return subject.kind in ("person", "any")
    if kind == "thing":
        return subject.kind in ("thing", "any")
    if kind == "object":
        return subject.kind == "thing"
    return kind == subject.kind


def _attribute(rule: StateRule, subject: Subject, value: str) -> str | None:
    if "<>" not in rule.attribute:
        return rule.attribute
    word = subject.thing or value.split()[-1].lower()
    return rule.attribute.replace("<>", word) if word.replace("_", "").isalnum() else None


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
    return all(word in en.OPENERS or word in en.CONJUNCTIONS or word in _TRAIL for word in left.split())


_PHRASES: dict[str, list[tuple[str, list[str]]]] = {}
for _phrase in (*en.CORRECTIONS, *en.OPENER_PHRASES):
    _words = tokens_of(_phrase).low
    _PHRASES.setdefault(_words[0], []).append((_phrase, _words))
for _phrases in _PHRASES.values():
    _phrases.sort(key=lambda one: -len(one[1]))

_NO_VERB = en.ARTICLES | en.POSSESSIVE | en.words("work me him us them you it this that")
#: What "the" may stand before in a taste: "I like the sea" is one, "I like the cup" is not.
_RELATING = en.words("in at on for with as by to from port version now rather due based located")
_MAKES = en.words("is are was were 's became replaced succeeded 're")
_AFTERWARDS = en.words("now anymore instead because since but and though too these")
_GREETINGS = en.words("hi hello hey")
_GENERIC = en.words(
    """beach sea ocean outdoors mountains mountain piano guitar violin cello drums theatre theater cinema opera ballet rain snow
    countryside forest woods desert cold heat dark internet radio news gym sun beatles flute harp saxophone"""
)
_MARKS = frozenset(", ; : - – — ( ) …".split())
#: Words that make a sentence a wish or a condition, wherever they stand.
_WHOLE = en.words("if unless wish wishes wished imagine suppose hypothetically")
_FRONT = en.words(
    """in on at as since from by until till last this next yesterday today now starting effective beginning two three
    after before early late back during over throughout a recently lately earlier later"""
)
_LEADS = en.words(
    "in on at as of since from starting effective beginning until till by during back over the around about for early late end mid"
)
_PLACING = en.words("in at to from near on for of with by")
_AFTER_IS = en.words(
    """not based located allergic married engaged called named from in on into fluent due vegan vegetarian single divorced
    originally living working now fond keen passionate hosted written led headed employed born listening about done
    blocked paused finished complete retired at located"""
)
_NOUNLIKE = en.words(
    "house home set lead cost work working run building meeting painting writing training setting going"
)
_LOOSE = en.words("part-time full-time remotely here there over full part")
_TRAIL = en.words("now too currently anymore instead these days today again already as well though permanently actually at the moment right "
                  "any more longer officially sorry before that long then full-time part-time")  # fmt: skip
_SHIFTED = en.words("moved pushed changed postponed extended shifted rescheduled delayed set brought updated raised lowered increased cut reduced "
                    "switched bumped deferred put")  # fmt: skip
_BACK = Literal((("back",), ("forward",), ("up",), ("down",), ("out",), ("again",)), True)
_FROM = Literal((("from",),))
_TO = Literal((("to",), ("until",), ("till",), ("for",), ("at",), ("on",)))
_AT = Literal((("at",), ("on",), ("in",), ("now",), ("by",), ("as",), ("for",)), True)
_OBJECT_ENDS = en.words("back forward up down from to until till")
_ONGOING = frozenset("study live work date see lead use".split())
_EXCLUDED = {"lives_in": ("located_in", "time"), "role": (), "preferred_<>": ("prefers",), "prefers": (), "located_in": ("time",),
             "diet": ("likes",), "version": ("uses", "lead"), "works_at": ("uses", "located_in"), "studies": ("uses", "works_at"), "time": ("located_in",),
             "age": (), "status": ("relationship_status",), "email": ("uses",), "phone": ("uses",), "has": (), "deadline": ("time",)}  # fmt: skip
_INSTEAD = (
    ("not",),
    ("instead", "of"),
    ("rather", "than"),
    ("no", "longer"),
    ("in", "place", "of"),
    ("as", "opposed", "to"),
)
_FROM_WORDS = re.compile(r"\b(?:as of|from|since|starting|effective|beginning)\b")
_STARTING = re.compile(r"\b(?:from|starting|effective|beginning)\b")
_UNTIL_WORDS = re.compile(r"\b(?:until|till|through|up to|before)\b")
_FOR_WORDS = re.compile(r"\bfor\b|\bnow\b")
