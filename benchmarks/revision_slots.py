"""Scenarios of states whose slot is given as arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from benchmarks.revision_maker import Maker, Scenario, Written, a_scenario, a_slot

_ONE = ("lives_in", "works_at", "role", "manager", "diet", "studies", "favourite_food", "email", "phone", "status")
_FREE = ("editor", "home_office", "on_call", "backup_host", "nickname", "doctor", "bank", "region")
_WORDS = "amber birch cedar delta ember falcon garnet harbour indigo juniper kestrel lagoon maple nimbus opal".split()


def _free(maker: Maker, count: int) -> tuple[str, str, list[str]]:
    """Return a subject, an attribute and values: a known attribute or one that no rule can know."""
    if maker.choose.random() < 0.5:
        attribute = maker.choose.choice(_ONE)
        return maker.names.subject(attribute), attribute, maker.values(attribute, count)
    return maker.names.person(), maker.choose.choice(_FREE), maker.choose.sample(_WORDS, count)


def later(maker: Maker) -> Scenario:
    count = maker.choose.choice((2, 2, 3, 4))
    subject, attribute, (*old, last) = _free(maker, count if count < 4 else 3)
    days = maker.days(len(old) + 1)
    writes = [
        Written(
            maker.given(subject, attribute, value, at),
            claims=(value,),
            expect="superseded" if spot else "added",
            replaces=old[spot - 1] if spot else None,
        )
        for spot, (value, at) in enumerate(zip((*old, last), days, strict=True))
    ]
    return a_scenario(writes, a_slot(subject, attribute, [last], gone=tuple(old)))


def late(maker: Maker) -> Scenario:
    subject, attribute, (first, second, last) = _free(maker, 3)
    one, two, three = maker.days(3)
    arrived = [(last, three, "added"), (first, one, "added"), (second, two, "added")]
    if maker.choose.random() < 0.5:
        arrived = [(first, one, "added"), (last, three, "superseded"), (second, two, "added")]
    writes: list[Written] = []
    for value, begin, action in arrived:
        at = three + timedelta(days=len(writes))
        fields = maker.given(subject, attribute, value, at, valid_from=begin.isoformat())
        replaces = first if action == "superseded" else None
        writes.append(Written(fields, claims=(value,), expect=action, replaces=replaces))
    return a_scenario(writes, a_slot(subject, attribute, [last], gone=(first, second)))


def conflict(maker: Maker) -> Scenario:
    subject, attribute, both = _free(maker, 2)
    (at,) = maker.days(1)
    more = {"valid_from": at.isoformat()}
    writes = [
        Written(
            maker.given(subject, attribute, value, at, speaker=maker.names.person(), **more),
            claims=(value,),
            expect=action,
        )
        for value, action in zip(both, ("added", "conflicted"), strict=True)
    ]
    return a_scenario(writes, a_slot(subject, attribute, both))


def listed(maker: Maker) -> Scenario:
    attribute = maker.choose.choice(("speaks", "likes", "owns", "uses", "allergic_to"))
    subject, told = maker.names.person(), maker.values(attribute, 3)
    days = maker.days(4)
    order = [*told, maker.choose.choice(told)]
    writes = [
        Written(
            maker.given(subject, attribute, value, at, cardinality="many"),
            claims=(value,),
            expect="reinforced" if spot == 3 else "added",
            repeats=spot == 3,
        )
        for spot, (value, at) in enumerate(zip(order, days, strict=True))
    ]
    return a_scenario(writes, a_slot(subject, attribute, told))


NEGATED = (("enabled", "not enabled"), ("yes", "no"), ("allowed", "not allowed"), ("with sugar", "without sugar"))
NUMBERS = (("1,000", "1000", "1,001"), ("3", "three", "30"), ("2.50", "2.5", "25"), ("12", "twelve", "20"))
DATES = (
    ("3 March 2027", "2027-03-03", "3 May 2027"),
    ("March 14, 2027", "14 March 2027", "March 15, 2027"),
    ("2027-06-01", "1 June 2027", "2028-06-01"),
    ("1st of May 2027", "1 May 2027", "11 May 2027"),
)
QUANTITIES = (
    ("5 km", "5000 m", "5 miles"),
    ("1.5 kg", "1500 g", "15 kg"),
    ("90 minutes", "1.5 hours", "90 seconds"),
    ("20 euros", "€20", "20 dollars"),
    ("3 pm", "15:00", "3 am"),
    ("2 GB", "2 gigabytes", "2 MB"),
    ("10%", "10 percent", "10 permille"),
    ("180 cm", "1.8 m", "180 mm"),
)
ALIKE = (
    ("PostgreSQL 16", "PostgreSQL 18"),
    ("staging", "production"),
    ("Monday", "Tuesday"),
    ("Maria Rossi", "Mario Rossi"),
    ("10.0.0.12", "10.0.0.21"),
    ("v1.2.3", "v1.3.2"),
    ("room 4.11", "room 4.12"),
    ("June", "July"),
    ("from Rome to Oslo", "from Oslo to Rome"),
    ("before lunch", "after lunch"),
    ("C", "C++"),
    ("at most 5", "at least 5"),
)


def pair(attribute: str, pairs: Sequence[tuple[str, str]]) -> Callable[[Maker], Scenario]:
    """Return what makes scenarios in which the second value takes the place of the first."""

    def make(maker: Maker) -> Scenario:
        old, new = maker.choose.choice(pairs)
        if maker.choose.random() < 0.5:
            old, new = new, old
        subject = maker.names.word()
        first, second = maker.days(2)
        writes = [
            Written(maker.given(subject, attribute, old, first), claims=(old,), expect="added"),
            Written(maker.given(subject, attribute, new, second), claims=(new,), expect="superseded", replaces=old),
        ]
        return a_scenario(writes, a_slot(subject, attribute, [new], gone=(old,)))

    return make


def quantity(attribute: str, rows: Sequence[tuple[str, str, str]]) -> Callable[[Maker], Scenario]:
    """Return what makes scenarios of (value, the same spelled otherwise, another value)."""

    def make(maker: Maker) -> Scenario:
        value, same, other = maker.choose.choice(rows)
        subject = maker.names.word()
        first, second, third = maker.days(3)
        writes = [
            Written(maker.given(subject, attribute, value, first), claims=(value, same), expect="added"),
            Written(
                maker.given(subject, attribute, same, second), claims=(same, value), expect="reinforced", repeats=True
            ),
        ]
        if maker.choose.random() < 0.5:
            return a_scenario(writes, a_slot(subject, attribute, [(value, same)]))
        given = maker.given(subject, attribute, other, third)
        writes.append(Written(given, claims=(other,), expect="superseded", replaces=value))
        return a_scenario(writes, a_slot(subject, attribute, [other], gone=(value, same)))

    return make


def paraphrase(maker: Maker) -> Scenario:
    subject, attribute, (value,) = _free(maker, 1)
    forms = (value.upper(), f"{value}.", f'"{value}"', f"the {value}", f" {value}", value.title(), f"{value}!")
    again = maker.choose.sample(forms, 2)
    first, *later = maker.days(3)
    writes = [Written(maker.given(subject, attribute, value, first), claims=(value,), expect="added")]
    writes += [
        Written(maker.given(subject, attribute, same, at), claims=(value,), expect="reinforced", repeats=True)
        for same, at in zip(again, later, strict=True)
    ]
    return a_scenario(writes, a_slot(subject, attribute, [(value, *forms)]))


def neighbours(maker: Maker) -> Scenario:
    """The same subject with other attributes, and another subject of nearly the same name with the same one."""
    subject, attribute, (old, new) = _free(maker, 2)
    other = f"{subject} {maker.choose.choice(('Jr', 'II', 'West'))}"
    beside = maker.choose.choice([one for one in _FREE if one != attribute])
    word = maker.choose.choice(_WORDS)
    one, two, three, four = maker.days(4)
    writes = (
        Written(maker.given(subject, attribute, old, one), slot=0, claims=(old,), expect="added"),
        Written(maker.given(other, attribute, old, two), slot=1, claims=(old,), expect="added"),
        Written(maker.given(subject, beside, word, three), slot=2, claims=(word,), expect="added"),
        Written(maker.given(subject, attribute, new, four), slot=0, claims=(new,), expect="superseded", replaces=old),
    )
    slots = (
        a_slot(subject, attribute, [new], gone=(old,)),
        a_slot(other, attribute, [old]),
        a_slot(subject, beside, [word]),
    )
    return a_scenario(writes, *slots)


_WEAKER = (("stated", "inferred"), ("stated", "imported"), ("corrected", "stated"), ("validated", "observed"))


def weaker(maker: Maker) -> Scenario:
    """A weaker derivation does not supersede; a stronger one does."""
    subject, attribute, (one, other) = _free(maker, 2)
    strong, weak = maker.choose.choice(_WEAKER)
    first, second = maker.days(2)
    rising = maker.choose.random() < 0.5
    ranks = (weak, strong) if rising else (strong, weak)
    action = "superseded" if rising else "conflicted"
    replaces = one if rising else None
    fields = [
        maker.given(subject, attribute, value, at, derivation=rank)
        for value, at, rank in zip((one, other), (first, second), ranks, strict=True)
    ]
    writes = (
        Written(fields[0], claims=(one,), expect="added"),
        Written(fields[1], claims=(other,), expect=action, replaces=replaces),
    )
    slot = (
        a_slot(subject, attribute, [other], gone=(one,)) if rising else a_slot(subject, attribute, [one], may=(other,))
    )
    return a_scenario(writes, slot)


def edit(maker: Maker, subject: str, attribute: str, value: str) -> Written:
    changes = {"value": value, "content": f"{subject}: {attribute.replace('_', ' ')} {value}."}
    return Written(changes, claims=(value,), expect="revised", edits=True)


def edited(maker: Maker) -> Scenario:
    subject, attribute, (old, edited, later) = _free(maker, 3)
    first, second = maker.days(2)
    writes = (
        Written(maker.given(subject, attribute, old, first), claims=(old,), expect="added"),
        edit(maker, subject, attribute, edited),
        Written(maker.given(subject, attribute, later, second), claims=(later,), expect="conflicted"),
    )
    return a_scenario(writes, a_slot(subject, attribute, [edited], gone=(old,), may=(later,)))
