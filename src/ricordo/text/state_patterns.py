"""The patterns of `StateRule`, read and laid out by verb and by noun, so that a clause is tried against few of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ricordo.text.state_rules import StateRule
from ricordo.text.state_shapes import SHAPES
from ricordo.text.state_values import Shape
from ricordo.text.state_words import FORM_NAMES, conjugate

_PREFIXES = ("lasts", "begins", "changes", "ends", "denies")
_NOUNS = re.compile(r"\{subject\}'s (?P<nouns>.+?) is(?:\|\w+)?(?: \[[^\]]*\])? \{value:(?P<shape>\w+)\}\Z")
_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}\Z")
#: Verbs that alone say nothing: a text needs another word of the pattern before it is looked at.
LIGHT = frozenset(
    """be have get go make do take come start begin give leave keep put change part find see stay push set stand sit lie
    dig fancy operate host talk steer clock show bring fall accept land hold lose feel call know need pay read
    write roll turn pass hit reach send return step
    tip treat grow come end remain pick total turn""".split()
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Words that must (or, `optional`, may) stand here; each choice is a run of words."""

    choices: tuple[tuple[str, ...], ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value: what it is for, and how it may look."""

    part: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Pattern:
    """One sentence of one rule.

    Args:
        rule: The rule it belongs to.
        way: How its verb tells the state ("tells" where nothing stands in front).
        first: What the grammatical subject is: "subject", "value", "old" or "actor".
        kind: What the subject must be: "person", "thing", "self" or "any".
        tail: What follows the verb.
        needs: A text has one word of each of these sets, or the pattern does not fit.
    """

    rule: StateRule
    way: str
    first: str
    kind: str
    tail: tuple[Literal | Slot, ...]
    needs: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun that names an attribute ("job"), and what its values look like."""

    rule: StateRule
    shape: Shape


@dataclass(frozen=True, slots=True)
class Index:
    """All patterns, by the verb's base form; the nouns; the verb forms; and the words without which nothing matches."""

    verbs: dict[str, list[Pattern]] = field(default_factory=dict)
    nouns: dict[str, list[Noun]] = field(default_factory=dict)
    things: dict[str, list[Noun]] = field(default_factory=dict)
    forms: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    signals: set[str] = field(default_factory=set)
    phrases: dict[str, list[str]] = field(default_factory=dict)
    after_be: set[str] = field(default_factory=set)
    keyed: dict[str, tuple[list[int], dict[str, list[int]]]] = field(default_factory=dict)

    def fitting(self, verb: str, words: Iterable[str]) -> list[Pattern]:
        """Return the patterns of a verb that may fit a clause with these words after it, in their order."""
        if verb not in self.keyed:
            return []
        free, keyed = self.keyed[verb]
        spots = set(free)
        for word in words:
            if word in keyed:
                spots.update(keyed[word])
        patterns = self.verbs[verb]
        return [patterns[spot] for spot in sorted(spots)]


@lru_cache(maxsize=16)
def index_of(rules: tuple[StateRule, ...]) -> Index:
    """Return the patterns of `rules`, laid out."""
    index = Index()
    for rule in rules:
        for pattern in rule.patterns:
            _add(index, rule, pattern)
    for patterns in index.verbs.values():
        patterns.sort(key=lambda pattern: "old" not in _parts(pattern))
    for verb, found in index.verbs.items():
        index.keyed[verb] = _keyed(found)
    for verb in {*index.verbs, *_GRAMMAR}:
        for name, form in zip(FORM_NAMES, conjugate(verb), strict=True):
            index.forms[form] = (*index.forms.get(form, ()), (verb, name))
    return index


def _keyed(patterns: list[Pattern]) -> tuple[list[int], dict[str, list[int]]]:
    free: list[int] = []
    keyed: dict[str, list[int]] = {}
    for spot, pattern in enumerate(patterns):
        if not pattern.needs:
            free.append(spot)
            continue
        for word in min(pattern.needs, key=len):
            keyed.setdefault(word, []).append(spot)
    return free, keyed


def _parts(pattern: Pattern) -> set[str]:
    return {part.part for part in pattern.tail if isinstance(part, Slot)}


#: Verbs that move what a noun names: a deadline, a price.
SHIFTS = frozenset(
    """move push change postpone extend shift reschedule delay set slip update raise lower increase go rise drop fall
    jump switch bring bump put pass pull climb sink slide""".split()
)
_GRAMMAR = (
    frozenset(
        """stop quit cease finish start begin come grow keep continue use be have do get become replace end go stand sit
        read amount fall land show""".split()
    )
    | SHIFTS
)


def _add(index: Index, rule: StateRule, pattern: str) -> None:
    nouns = _NOUNS.match(pattern)
    if nouns:
        _add_nouns(index, rule, nouns["nouns"], SHAPES[nouns["shape"]])
        return
    prefix, _, rest = pattern.partition(" ")
    way = prefix if prefix in _PREFIXES else "tells"
    first, verbs, *tail = (rest if way != "tells" else pattern).split()
    slot = _SLOT.match(first)
    if slot is None:
        raise ValueError(f"a pattern must begin with a slot such as {{subject}}: {pattern!r}")
    parts = tuple(map(_part, tail))
    kind = slot[2] or "any"
    for verb in verbs.split("|"):
        index.verbs.setdefault(verb, []).append(Pattern(rule, way, slot[1], kind, parts, _needs(parts)))
        _signal(index, verb, parts)


def _needs(tail: Iterable[Literal | Slot]) -> tuple[frozenset[str], ...]:
    needs: list[frozenset[str]] = []
    for part in tail:
        if isinstance(part, Slot):
            if part.shape.signals and not any(" " in one or one in ("9", "@") for one in part.shape.signals):
                needs.append(
                    part.shape.signals | {signal.replace("-", " ").split()[0] for signal in part.shape.signals}
                )
        elif not part.optional and not any(run in (("poss",), ("end",), ("close",)) for run in part.choices):
            needs.append(frozenset(word for run in part.choices for word in (run[0], "-".join(run))))
    return tuple(needs[:3])


def _add_nouns(index: Index, rule: StateRule, nouns: str, shape: Shape) -> None:
    *lead, last = nouns.split()
    if last == "{thing}":
        for word in lead[-1].split("|"):
            index.things.setdefault(word, []).append(Noun(rule, shape))
            if "-" in word:
                _phrases(index, [word])
            else:
                index.signals.add(word)
        return
    for noun in nouns.split("|"):
        index.nouns.setdefault(noun.replace("-", " "), []).append(Noun(rule, shape))
        if "-" in noun:
            index.nouns.setdefault(noun, []).append(Noun(rule, shape))
        if not shape.signals:
            index.signals.add(noun.split("-")[-1])
    index.signals.update(_words_of(shape.signals))
    _phrases(index, (signal for signal in shape.signals if " " in signal))


def _part(word: str) -> Literal | Slot:
    slot = _SLOT.match(word)
    if slot:
        return Slot(slot[1], SHAPES[slot[2] or "text"])
    optional = word.startswith("[")
    return Literal(tuple(tuple(one.split("-")) for one in word.strip("[]").split("|")), optional)


def _signal(index: Index, verb: str, tail: Iterable[Literal | Slot]) -> None:
    """Note words or phrases of which a text that fits the pattern has at least one."""
    forms = verb.split("-")[-1:] if "-" in verb else list(conjugate(verb))
    if verb not in LIGHT:
        index.signals.update(forms)
        return
    best: set[str] | None = None
    for part in tail:
        if isinstance(part, Slot) and part.shape.signals:
            _phrases(index, (signal for signal in part.shape.signals if " " in signal))
            index.signals.update(_words_of(part.shape.signals))
            return
        if isinstance(part, Literal) and not part.optional:
            strong = {" ".join(run) for run in part.choices}
            rarer = best is not None and not best.isdisjoint(_FREQUENT) and strong.isdisjoint(_FREQUENT)
            if strong.isdisjoint(_WEAK) and (best is None or rarer):
                best = strong
    if best is not None:
        index.signals.update(_words_of(best))
        _phrases(index, (phrase for phrase in best if " " in phrase))
        _phrases(index, (phrase.replace(" ", "-") for phrase in best if " " in phrase))
        return
    literal = next((part for part in tail if not (isinstance(part, Literal) and part.optional)), None)
    if verb != "be" and not isinstance(literal, Literal):
        index.signals.update(forms)
    if isinstance(literal, Literal):
        if verb == "be":
            index.after_be.update(run[0] for run in literal.choices)
        else:
            _phrases(index, (f"{form} {' '.join(run)} " for form in forms for run in literal.choices))


def _phrases(index: Index, phrases: Iterable[str]) -> None:
    for phrase in phrases:
        index.phrases.setdefault(re.findall(r"[^\W\d_]+", phrase)[0], []).append(phrase)


def _words_of(signals: Iterable[str]) -> set[str]:
    signals = tuple(signals)
    if "@" in signals:
        return {"@"}
    return {word for signal in signals if " " not in signal for word in re.findall(r"[^\W\d_]+|\d", signal)[:1]}


_WEAK = frozenset("in at on a an the to by of for with from poss and up out into end as : off over not like".split())
_FREQUENT = frozenset(
    """great big huge massive new let together very other own time way see out have made one be you us me what where
    going having been get got no two down through like poss home place find put give off away behind because thing back
    happy proud good keen love passion taste all going like more better best end up name under turn out-of-love work
    check open set read is are was were have has had been going-to let us""".split()
)
