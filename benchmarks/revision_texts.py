"""Scenarios of states that are told by plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from benchmarks.revision_maker import Maker, Scenario, Written, a_scenario, a_slot, as_sentence, timeless
from benchmarks.revision_slots import edit
from benchmarks.revision_values import is_person, same_again


def _first(maker: Maker, attribute: str, subject: str, value: str, at: datetime, like: str = "") -> Written:
    """Tell a state for the first time, with nothing in it of when it began."""
    text = maker.about(attribute, "tell", like=like)
    for _ in range(20):
        if timeless(text):
            break
        text = maker.about(attribute, "tell", like=like)
    return maker.told(attribute, text, subject, at, value)


def later(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("change", "switch")
    subject, (old, new) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two = maker.days(2)
    writes = (
        _first(maker, attribute, subject, old, one),
        maker.told(attribute, text, subject, two, new, old, replaces=old),
    )
    return a_scenario(writes, a_slot(subject, attribute, [new], gone=(old,)))


def late(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("tell", fits=timeless)
    subject, (old, new) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two = maker.days(2)
    writes = (_first(maker, attribute, subject, new, two), maker.told(attribute, text, subject, one, old))
    return a_scenario(writes, a_slot(subject, attribute, [new], gone=(old,)))


def cue(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("switch", "end", "correct")
    subject = maker.names.subject(attribute)
    old, new = maker.values(attribute, 2)
    one, two = maker.days(2)
    ends = "{value}" not in text
    writes = (
        _first(maker, attribute, subject, old, one),
        maker.told(attribute, text, subject, two, "" if ends else new, old, replaces=old),
    )
    return a_scenario(writes, a_slot(subject, attribute, [] if ends else [new], gone=(old,)))


def past(maker: Maker) -> Scenario:
    """What once was: beside what is, or as the end of what was told to be."""
    attribute, text = maker.sentence("past")
    subject, (old, new) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two = maker.days(2)
    told = maker.told(attribute, text, subject, two, old=old)
    if "used to" in text and maker.choose.random() < 0.5:
        writes = (_first(maker, attribute, subject, old, one), replace(told, replaces=old))
        return a_scenario(writes, a_slot(subject, attribute, gone=(old,)))
    return a_scenario(
        (_first(maker, attribute, subject, new, one), told), a_slot(subject, attribute, [new], gone=(old,))
    )


def listed(maker: Maker) -> Scenario:
    """Values of a list stay beside each other; what ends is only what is named."""
    attribute, text = maker.sentence("tell", "add", "end", lists=True)
    subject = maker.names.subject(attribute)
    told = maker.values(attribute, 3)
    one, two, three = maker.days(3)
    writes = [maker.told(attribute, maker.about(attribute, "tell"), subject, one, told[0])]
    if "{old}" in text:
        writes.append(maker.told(attribute, maker.about(attribute, "tell"), subject, two, told[1]))
        writes.append(maker.told(attribute, text, subject, three, old=told[0], replaces=told[0]))
        return a_scenario(writes, a_slot(subject, attribute, told[1:2], gone=told[:1]))
    writes.append(maker.told(attribute, text, subject, two, told[1]))
    writes.append(
        maker.told(attribute, maker.about(attribute, "tell", like=text), subject, three, told[1], repeats=True)
    )
    return a_scenario(writes, a_slot(subject, attribute, told[:2]))


def negation(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("deny", "end", lists=True)
    subject, (denied, other) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two, three = maker.days(3)
    deny = maker.told(attribute, text, subject, two, old=denied)
    if attribute in ("speaks", "owns", "allergic_to") and maker.choose.random() < 0.3:  # never told to be so
        beside = maker.told(attribute, maker.about(attribute, "tell"), subject, three, other)
        return a_scenario((deny, beside), a_slot(subject, attribute, [other], gone=(denied,)))
    told = maker.told(attribute, maker.about(attribute, "tell"), subject, one, denied)
    return a_scenario((told, replace(deny, replaces=denied)), a_slot(subject, attribute, gone=(denied,)))


def quantity(*attributes: str) -> Callable[[Maker], Scenario]:
    """Return what makes scenarios of a quantity that is told again in another spelling, or changed."""

    def make(maker: Maker) -> Scenario:
        attribute = maker.deal(f"{attributes}", lambda: attributes)
        subject, (value, new) = maker.names.subject(attribute), maker.values(attribute, 2)
        one, two, three = maker.days(3)
        writes = [_first(maker, attribute, subject, value, one)]
        same = same_again(attribute, value)
        if same is not None and maker.choose.random() < 0.5:
            writes.append(replace(_first(maker, attribute, subject, same, two), repeats=True))
            return a_scenario(writes, a_slot(subject, attribute, [(value, same)]))
        use = "change" if maker.has(attribute, "change") and maker.choose.random() < 0.6 else "tell"
        text = maker.about(attribute, use)
        writes.append(maker.told(attribute, text, subject, three, new, value, replaces=value))
        return a_scenario(writes, a_slot(subject, attribute, [new], gone=(value,)))

    return make


def paraphrase(maker: Maker) -> Scenario:
    """A plain fact said again in nearly the same words, or a state told again in other words."""
    one, two = maker.days(2)
    if maker.choose.random() < 0.5:
        said, again = maker.deal("paraphrases", lambda: maker.templates.PARAPHRASES)
        subject = maker.names.word()
        texts = tuple(as_sentence(text.format(who=subject)) for text in (said, again))
        writes = tuple(
            Written({"content": text, "at": at.isoformat()}, slot=None, repeats=bool(spot), expect=action)
            for spot, (text, at, action) in enumerate(zip(texts, (one, two), ("added", "reinforced"), strict=True))
        )
        return a_scenario(writes, merged=texts, subjects=(subject,))
    attribute, text = maker.sentence("tell", fits=timeless)
    subject, (value,) = maker.names.subject(attribute), maker.values(attribute, 1)
    again = replace(_first(maker, attribute, subject, value, two, like=text), repeats=True)
    return a_scenario((maker.told(attribute, text, subject, one, value), again), a_slot(subject, attribute, [value]))


def alike(maker: Maker) -> Scenario:
    said, other = maker.deal("lookalikes", lambda: maker.templates.LOOKALIKES)
    subject = maker.names.word()
    texts = [as_sentence(text.format(who=subject)) for text in (said, other)]
    maker.choose.shuffle(texts)
    writes = tuple(
        Written({"content": text, "at": at.isoformat()}, slot=None, expect="added")
        for text, at in zip(texts, maker.days(2), strict=True)
    )
    return a_scenario(writes, kept=tuple(texts), subjects=(subject,))


def neighbours(maker: Maker) -> Scenario:
    """Other attributes of one subject, and the same attribute of another; one of them changes."""
    people = [name for name in maker.templates.STATES if is_person(name) and maker.has(name, "change")]
    attribute, beside = maker.choose.sample(people, 2)
    subject = maker.names.person()
    other = maker.names.person().split(maxsplit=1)[0] + " " + subject.split(maxsplit=1)[1] + " Brown"
    (old, new), (word,) = maker.values(attribute, 2), maker.values(beside, 1)
    one, two, three, four = maker.days(4)
    writes = (
        replace(_first(maker, attribute, subject, old, one), slot=0),
        replace(_first(maker, attribute, other, old, two), slot=1),
        replace(_first(maker, beside, subject, word, three), slot=2),
        maker.told(attribute, maker.about(attribute, "change"), subject, four, new, replaces=old),
    )
    slots = (
        a_slot(subject, attribute, [new], gone=(old,)),
        a_slot(other, attribute, [old]),
        a_slot(subject, beside, [word]),
    )
    return a_scenario(writes, *slots)


def trap(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("trap")
    subject, (held, other) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two = maker.days(2)
    trap = Written(maker.said(text, subject, two, value=other, old=held), slot=None)
    return a_scenario(
        (_first(maker, attribute, subject, held, one), trap), a_slot(subject, attribute, [held], gone=(other,))
    )


def weaker(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("tell", "change", fits=timeless)
    subject, (strong, weak) = maker.names.subject(attribute), maker.values(attribute, 2)
    one, two = maker.days(2)
    guess = maker.told(attribute, text, subject, two, weak)
    guess = replace(guess, fields={**guess.fields, "derivation": "inferred"})
    writes = (_first(maker, attribute, subject, strong, one), guess)
    return a_scenario(writes, a_slot(subject, attribute, [strong], may=(weak,)))


def edited(maker: Maker) -> Scenario:
    attribute, text = maker.sentence("tell", "change", fits=timeless)
    subject, (old, edited, later) = maker.names.subject(attribute), maker.values(attribute, 3)
    one, two = maker.days(2)
    writes = (
        Written(maker.given(subject, attribute, old, one), claims=(old,), expect="added"),
        edit(maker, subject, attribute, edited),
        maker.told(attribute, text, subject, two, later),
    )
    return a_scenario(writes, a_slot(subject, attribute, [edited], gone=(old,), may=(later,)))
