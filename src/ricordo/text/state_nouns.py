"""States that a noun names: "Ada's job is", "the deadline moved to", "Bob is my manager", "Apollo has a new lead"."""

from __future__ import annotations

from dataclasses import replace

from ricordo.text import state_words as en
from ricordo.text.state_clauses import Group, group_at, marks
from ricordo.text.state_heads import Head
from ricordo.text.state_patterns import LIGHT, SHIFTS, Literal, Noun, Pattern, Slot
from ricordo.text.state_scene import MARKS, Match
from ricordo.text.state_senses import negated
from ricordo.text.state_subjects import PERSONAL, Subject
from ricordo.text.state_telling import Telling


class Nouns(Telling):
    """A text in which nouns name attributes."""

    def _verb_values(self, subject: Subject, group: Group, stop: int, first: int) -> None:
        raise NotImplementedError

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
        nouns = next(
            (found for size in (2, 1) if (found := self.index.nouns.get(" ".join(self.low[at : at + size])))), None
        )
        if nouns:
            at += 2 if " ".join(self.low[at : at + 2]) in self.index.nouns else 1
            return self._noun_value(replace(subject, nouns=tuple(nouns)), told, at, stop, first)
        group = group_at(self.low, at, stop, self.index.forms, False)
        if subject.kind == "self" or (group and (group.modal or group.lemma in LIGHT)):
            return False
        self._verb_values(subject, group or told, stop, first)
        return len(self.found) > before

    def _noun_value(self, subject: Subject, group: Group, at: int, stop: int, first: int) -> bool:
        for noun in subject.nouns:
            start = self._shifted(group, at, stop)
            measured = noun.shape.dated or "9" in noun.shape.signals or noun.rule.attribute == "status"
            if start is None and group.lemma in _STANDS and measured:
                start = at
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
                event = self.low[verb] in _BY_AS or self.low[verb] == "became"
                told = Group("be", "past" if event else mark.form, verb + 1)
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

    def _same_noun(self, head: Head, stop: int) -> Subject | None:
        """Return whose noun "it" is in "the deadline isn't 3 May, it's 10 May"."""
        last, group = self.previous, head.group
        if not head.pronoun or head.elliptical or group is None or last is None or not last.nouns:
            return None
        if self.low[self._begin(head.first, stop)] != "it" or group.lemma not in ("be", *SHIFTS):
            return None
        fits_noun = any(self._noun_parts(noun, group.next, stop, group) for noun in last.nouns)
        return replace(last, former=False) if fits_noun else None


_NAME_WORDS = 3
_BY_AS = en.words("replaced succeeded followed took taken stepped resigned")
_MAKES = en.words("is are was were 's became become used been 're") | _BY_AS
_NAMED_AS = en.words("appointed named made elected chosen promoted confirmed nominated")
_NAMES_IT = frozenset((":", ",", "-", "–", "named", "called", "of"))
_FRESH = en.words("new different another better current")
_OF = en.words("of for on at")
_AFTERWARDS = en.words(
    "now anymore instead because since but and though too these any before previously earlier back then today until"
)
_SHIFTED = en.words("""
    moved pushed changed postponed extended shifted rescheduled delayed set brought updated raised lowered
    increased cut reduced switched bumped deferred put passed transferred brought dropped adjusted revised corrected
    changed converted renamed slipped pulled
    """)  # fmt: skip
_BACK = Literal((("back",), ("forward",), ("up",), ("down",), ("out",), ("again",)), True)
_FROM = Literal((("from",),))
_TO = Literal((("to",), ("until",), ("till",), ("for",), ("at",), ("on",)))
_AT = Literal(
    (("at",), ("on",), ("in",), ("now",), ("by",), ("as",), ("for",), ("with",), ("called",), ("named",), ("to",)), True
)
_OBJECT_ENDS = en.words("back forward up down from to until till")

_STANDS = en.words("stand sit come read amount fall land show")
