"""Who or what a clause is about: pronouns, names, "my sister Ana", "Ada's job", "the deadline for Apollo"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ricordo.text import state_words as en
from ricordo.text.state_patterns import Index, Noun
from ricordo.text.tokenise import STOP_WORDS

_CAP = re.compile(r"[A-ZÀ-ÖØ-Þ]|\d+[A-Za-z]|[a-z]+[A-Z]|[a-z0-9]+[._/-][a-z0-9]")
_NAMED = re.compile(r"[A-ZÀ-ÖØ-Þ]|\d+[A-Za-z]|[a-z]+[A-Z]|[a-z0-9]+[._/][a-z0-9]|[a-z]+-?\d")
_JOINTS = frozenset("of de da do the van von la le du di del der al el & und".split())
_NEW = frozenset(
    """new current main actual present latest own only very first usual regular official final agreed going installed
    all-time best work real worst greatest biggest perfect""".split()
)
_OLD = frozenset("old previous former last past ex".split())
_CONNECT = frozenset("of for on at behind to in".split())
_DETERMINERS = frozenset("the this that".split())
#: Nouns of attributes that a note without a name tells of its writer.
PERSONAL = frozenset(
    """name age birthday email phone lives_in works_at role diet partner manager from height weight born_in allergic_to
    speaks studies relationship_status""".split()
)
_CLOSE = en.words(
    """sister brother mother father mom mum dad wife husband partner girlfriend boyfriend fiance fiancee daughter son
    grandmother grandfather grandma grandpa boss manager spouse twin mother-in-law father-in-law"""
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clause is about.

    Args:
        text: Its name; empty where it can't be known.
        kind: "self", "person", "thing", "any" (a name), "pair" or "none".
        base: Whether its verb has the base form; None where both may be.
        nouns: The attributes that its noun names ("Ada's job": those of "job").
        thing: The word that completes the attribute ("colour" of "favourite colour").
        former: "My old job".
        other: The second of two names ("Ada and Bob").
    """

    text: str
    kind: str
    base: bool | None = None
    nouns: tuple[Noun, ...] = ()
    thing: str = ""
    former: bool = False
    other: str = ""


NONE = Subject("", "none")
_OBJECTS = {"me": "i", "us": "we", "him": "he", "her": "she"}


@dataclass(slots=True)
class Readers:
    """What is needed to read a subject: the rules' nouns, the speaker, and whom pronouns may mean."""

    index: Index
    speaker: str
    plain: bool = False
    people: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)

    def read(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        """Return the subject that the words name; None where they name none."""
        if not words:
            return None
        if len(low) == 1 and low[0] in en.PRONOUNS:
            return self._pronoun(low[0])
        if len(low) == 1 and low[0] in _OBJECTS:
            return self._pronoun(_OBJECTS[low[0]])
        if "," in low:
            cut = low.index(",")
            aside = low[cut + 1 : -1 if low[-1] == "," else None]
            if not aside or aside[0] not in en.POSSESSIVE | en.ARTICLES:
                return None
            return self.read(words[:cut], low[:cut])
        if "and" in low:
            return self._pair(words, low, low.index("and"))
        return self._phrase(words, low)

    def _pronoun(self, word: str) -> Subject:
        if word in en.FIRST:
            return Subject(self.speaker, "self", True)
        if word in ("he", "she"):
            return Subject(self.people[0], "person", False) if len(self.people) == 1 else Subject("", "none", False)
        if word == "it":
            return Subject(self.things[0], "thing", False) if len(self.things) == 1 else Subject("", "none", False)
        if word == "they":
            return Subject(self.people[0], "person", True) if len(self.people) == 1 else Subject("", "none", True)
        return Subject("", "none", True)

    def _pair(self, words: Sequence[str], low: Sequence[str], cut: int) -> Subject | None:
        one, other = self.read(words[:cut], low[:cut]), self.read(words[cut + 1 :], low[cut + 1 :])
        people = ("self", "person", "any")
        if not one or not other or one.kind not in people or other.kind not in people or one.nouns or other.nouns:
            return None
        return Subject(one.text, "pair", True, other=other.text)

    def _phrase(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        if "'s" in low:
            cut = len(low) - 1 - low[::-1].index("'s")
            owner = self.read(words[:cut], low[:cut])
            if owner and owner.nouns and not owner.thing:
                if low[cut + 1 :] == ["name"] and owner.nouns[0].rule.attribute in ("partner", "manager"):
                    return owner
                owner = Subject(f"{owner.text}'s {low[cut - 1]}", "person", False) if low[cut - 1] in _CLOSE else None
            return (owner and owner.kind != "pair" and self._owned(owner, words[cut + 1 :], low[cut + 1 :])) or None
        if low[0] in en.POSSESSIVE:
            return self._of_pronoun(words, low)
        if any(word in en.REPORTS or word in en.PRONOUNS or word in en.UNSURE for word in low):
            return None
        if low[0] in _DETERMINERS:
            return self._definite(words[1:], low[1:]) if len(low) > 1 else None
        return self._named(words, low)

    def _of_pronoun(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        if low[0] in ("my", "our"):
            found = self._owned(Subject(self.speaker, "self", True), words[1:], low[1:])
            if not (found and found.nouns) and len(low) > 2 and _CAP.match(words[1]):
                found = self._noun_last(words[1:], low[1:], "the ") or found
            if found and low[0] == "our" and found.kind == "thing" and not found.nouns:
                shared = self._definite(words[1:], low[1:])
                return shared or found
            return found
        owner = self._pronoun({"his": "he", "her": "she", "their": "they", "its": "it"}.get(low[0], "you"))
        return self._owned(owner, words[1:], low[1:])

    def _owned(self, owner: Subject, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        if not low:
            return None
        former = low[0] in _OLD
        if low[0].startswith("ex-") and len(low) == 1:
            words, low, former = [words[0][3:]], [low[0][3:]], True
        while len(low) > 1 and low[0] in _NEW | _OLD:
            words, low = words[1:], low[1:]
        if low[0] in self.index.things and len(low) > 1:
            thing = "_".join(low[1:])
            if low[-1] in _PASSING:
                return None
            return replace(owner, base=False, nouns=tuple(self.index.things[low[0]]), thing=thing, former=former)
        nouns = self.index.nouns.get(" ".join(low))
        if nouns and owner.kind != "pair":
            return replace(owner, base=False, nouns=tuple(nouns), former=former)
        whole = self._noun_of(words, low)
        if whole:
            return whole
        plain = next((at for at, word in enumerate(words) if _NAMED.match(word)), len(words))
        if 0 < plain < len(words) and all(_CAP.match(word) for word in words[plain:]):
            kind = "thing" if low[plain - 1] in en.THINGS | en.PLACES else "person"
            known = low[plain - 1] in en.RELATIONS | en.PETS | en.THINGS | en.PLACES
            return Subject(" ".join(words[plain:]), kind, False) if known else None
        if plain < len(words) or len(low) > 4 or any(word in STOP_WORDS for word in low) or not owner.text:
            return None
        kind = "person" if low[-1] in en.RELATIONS else "thing"
        if low[-1] in FICTION:
            return None
        if kind == "person" and (low[-1] not in _CLOSE or former):
            return Subject("", "none", False)
        return Subject(f"{owner.text}'s {' '.join(words)}", kind, False)

    def _noun_of(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        """Read "deadline for Apollo"."""
        for cut, word in enumerate(low):
            if word in _CONNECT and cut:
                head = low[1:cut] if low[0] in _NEW | _OLD and cut > 1 else low[:cut]
                nouns = self.index.nouns.get(" ".join(head))
                thing = ""
                if nouns is None and len(head) > 1 and head[0] in self.index.things:
                    nouns, thing = self.index.things[head[0]], "_".join(head[1:])
                owner = self.read(words[cut + 1 :], low[cut + 1 :]) if nouns else None
                if nouns and owner and owner.kind != "pair" and not owner.nouns:
                    return replace(owner, base=False, nouns=tuple(nouns), thing=thing, former=low[0] in _OLD)
        return None

    def _definite(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        whole = self._noun_of(words, low) or self._noun_last(words, low, "the ")
        if whole:
            return whole
        if len(low) > 5 or any(word in STOP_WORDS for word in low):
            return None
        plain = next((at for at, word in enumerate(words) if _CAP.match(word)), len(words))
        if 0 < plain < len(words) and low[plain - 1] in en.RELATIONS and all(_CAP.match(w) for w in words[plain:]):
            return Subject(" ".join(words[plain:]), "person", False)
        if low[-1] in en.RELATIONS or low[-1] in FICTION:
            return Subject("", "none", False)
        if " ".join(low) in self.index.nouns and low[-1] not in en.THINGS | en.PLACES:
            return None
        plural = low[-1].endswith("s") and not low[-1].endswith("ss")
        return Subject("the " + " ".join(words), "thing", None if plural else False)

    def _noun_last(self, words: Sequence[str], low: Sequence[str], article: str) -> Subject | None:
        """Read "Apollo deadline"."""
        for size in (1, 2):
            nouns = self.index.nouns.get(" ".join(low[-size:])) if len(low) > size else None
            if nouns and not any(word in STOP_WORDS for word in low[:-size]):
                owner, folded = words[:-size], low[:-size]
                if folded[0] in _NEW | _OLD or folded[-1] in _CONNECT:
                    return None
                name = " ".join(owner)
                shown = name if all(_NAMED.match(word) for word in owner) else article + name
                return Subject(shown, "any", False, tuple(nouns))
        return None

    def _named(self, words: Sequence[str], low: Sequence[str]) -> Subject | None:
        whole = self._noun_of(words, low)
        if whole:
            return whole
        if len(low) > 6 or low[0] in STOP_WORDS or low[0] in en.ADVERBS or low[0] in en.OPENERS:
            return None
        run = all(_CAP.match(word) or low[at] in _JOINTS or word.isdigit() for at, word in enumerate(words))
        if run and (" ".join(low) in self.index.nouns or (len(low) == 1 and low[0] in _COMMON)):
            return None
        if run:
            thing = any(word in en.THINGS | en.PLACES or any(map(str.isdigit, word)) for word in low)
            return Subject(" ".join(words), "thing" if thing else "any", False)
        if not _CAP.match(words[0]):
            plain = self.plain and len(words) == 1 and low[0].isalpha()
            return Subject(words[0], "any", False) if plain else None
        found = self._noun_last(words, low, "")
        if found:
            return found
        tail_known = low[-1] in en.THINGS | en.PLACES
        if tail_known and len(low) <= 4 and not any(word in STOP_WORDS for word in low):
            return Subject(" ".join(words), "thing", False)
        return None


#: "My favourite part was ..." is about one thing seen once.
_PASSING = en.words("part parts way thing things moment moments memory memories bit line scene one ones photo picture")
#: What happens to somebody made up.
FICTION = en.words("movie film book novel story show series song dream play episode character sim avatar comic")
_COMMON = en.words(
    """work life love music nature art everyone everybody nobody someone people kids things time money family friends
    dinner lunch breakfast today yesterday tomorrow monday tuesday wednesday thursday friday saturday sunday january
    february march april may june july august september october november december glad happy sorry good great thanks
    looking hope hoping sounds having being going getting working living reading running painting dance dancing yoga
    school home summer winter spring autumn fall cooking winning losing loving christmas"""
)
