"""Where the clauses of a sentence begin, and the subject and the verb of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ricordo.text import state_words as en
from ricordo.text.state_clauses import Group, group_at, tokens_of
from ricordo.text.state_lists import FIRST_NAMES
from ricordo.text.state_patterns import Index
from ricordo.text.state_scene import LEADS, MARKS, Scene, Times
from ricordo.text.state_subjects import Readers, Subject


@dataclass(frozen=True, slots=True)
class Head:
    """Subject and verb of a clause."""

    first: int
    subject: Subject
    group: Group | None
    elliptical: bool
    pronoun: bool


class Clauses(Scene):
    """A text whose sentences can be cut into clauses."""

    def __init__(self, text: str, index: Index, speaker: str, said_at: datetime, zone: tzinfo, times: Times) -> None:
        super().__init__(text, index, said_at, zone, times)
        self.readers = Readers(index, speaker, text == text.lower())
        self.corrects = False
        self.previous: Subject | None = None

    def _past_openers(self, at: int, stop: int) -> int:
        """Return the token after greetings, fillers and cues; note whether one says that something was wrong."""
        while at < stop:
            step = self._phrase(en.CORRECTIONS, at, stop)
            if not step and self.low[at : at + 2] == ["no", ","]:
                step = 2
            if step:
                self.corrects = True
            else:
                step = self._phrase(en.OPENER_PHRASES, at, stop)
            word = self.low[at]
            if not step and (word in en.OPENERS or (not word[0].isalnum() and word not in ("'s", "'m"))):
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
                    2
                    if nxt in ("i", "we") or (nxt in ("my", "our") and not self._verb_after_comma(at + 2, stop))
                    else 0
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

    def _boundaries(self, first: int, stop: int) -> Iterator[int]:
        at, since = first + 1, first
        while at < stop:
            word = self.low[at]
            if word in en.CONJUNCTIONS or word in MARKS:
                begin = at + 1
                while begin < stop and (self.low[begin] in en.CONJUNCTIONS or self.low[begin] in MARKS):
                    begin += 1
                if self.low[at + 1 : at + 2] in (["not"], ["raised"], ["bred"]) and word in ("and", ","):
                    at = begin
                    continue
                bare = word in ("and", ",") and at - since <= 5 and self._is_bare(since, at)
                if word == "where" and self.low[at - 1] in en.BE:
                    at = begin
                    continue
                if (
                    word == "who"
                    or self.low[at + 1 : at + 2] in (["who"], ["which"])
                    or (not bare and begin < stop and self._head(begin, stop, soft=word == "and"))
                ):
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
            if self.low[at] in en.CONJUNCTIONS or self.low[at] in MARKS or self.low[at] in en.OPENERS:
                at, moved = at + 1, True
                continue
            step = self._phrase(en.CORRECTIONS, at, stop) or self._phrase(en.OPENER_PHRASES, at, stop)
            if step:
                self.corrects = self.corrects or bool(self._phrase(en.CORRECTIONS, at, stop))
                at, moved = at + step, True
            elif (self.low[at] in _FRONT or self.low[at].isdigit()) and (after := self._past_time(at, stop)) > at:
                moved, at = True, after
            elif self.low[at] in en.ADVERBS | _EARLIER and at + 1 < stop and self._subject_start(at + 1):
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
                and all(word in LEADS for word in self.low[at:first])
            ):
                return last
        return at

    def _head(self, at: int, stop: int, soft: bool = False) -> Head | None:
        first = at
        at = self._begin(at, stop)
        if at >= stop:
            return None
        if self.low[at] in en.PRONOUNS:
            subject = self.readers.read([self.tokens.words[at]], [self.low[at]])
            assert subject is not None
            return Head(first, subject, group_at(self.low, at + 1, stop, self.index.forms, subject.base), False, True)
        group = group_at(self.low, at, stop, self.index.forms, None)
        if group and self.low[at] not in en.POSSESSIVE:
            base = self.low[group.next - 1]
            bare = group.form == "present" and any(
                form == "base" and lemma == group.lemma for lemma, form in self.index.forms.get(base, ())
            )
            return Head(first, Subject("", "none"), group, True, bare)
        return self._named_head(first, at, stop)

    def _named_head(self, first: int, at: int, stop: int) -> Head | None:
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
                return Head(first, subject, group, False, False)
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

    def _relative(self, first: int, stop: int) -> Head | None:
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
        while begin > 0 and self.low[begin - 1] in en.RELATIONS | en.POSSESSIVE | {"the"}:
            begin -= 1
        return Head(begin, subject, group, False, False)

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
        while first < stop and (self.low[first] in MARKS or self.low[first] in en.CONJUNCTIONS):
            first += 1
        return first

    def _doubtful(self, sentence: int, first: int, stop: int, group: Group) -> bool:
        if any(word in en.UNSURE for word in self.low[first:stop]):
            return True
        return any(word in en.REPORTS for word in self.low[sentence : max(sentence, group.next - 1)])

    def _note_names(self, head: Head, subject: Subject, stop: int) -> None:
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
            before = self.tokens.words[at - 1]
            name = word[0].isupper() and word != "I" and word.isalpha() and not before[0].isupper()
            if name and before.lower() not in _PLACING and word not in self.readers.people:
                self.readers.people.append(word)

    def _unread(self, first: int, stop: int) -> None:
        """Keep whom a sentence that tells nothing may have named, for the pronouns of the next."""
        names = [
            self.tokens.words[at]
            for at in range(first, stop)
            if self.tokens.words[at][0].isupper() and self.low[at] not in en.PRONOUNS and self.low[at] not in en.OPENERS
        ]
        if names == [self.tokens.words[first]] and names[0].lower() not in FIRST_NAMES:
            names = []
        self.readers.people, self.readers.things = names, []


_PHRASES: dict[str, list[tuple[str, list[str]]]] = {}
for _phrase in (*en.CORRECTIONS, *en.OPENER_PHRASES):
    _words = tokens_of(_phrase).low
    _PHRASES.setdefault(_words[0], []).append((_phrase, _words))
for _phrases in _PHRASES.values():
    _phrases.sort(key=lambda one: -len(one[1]))

_NO_VERB = en.ARTICLES | en.POSSESSIVE | en.words("work me him us them you it this that")
_FRONT = en.words(
    """in on at as since from by until till last this next yesterday today now starting effective beginning two three
    after before early late back during over throughout between a recently lately earlier later"""
)
_EARLIER = en.words("formerly previously originally")
_PLACING = en.words("in at to from near on for of with by")
