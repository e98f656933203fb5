"""The decision table of `revise`, rule by rule, and the laws that hold for all of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ricordo.plaintext.revise import MOST_CONFLICTS, Decision, end, revise
from ricordo.testing import a_record
from ricordo.types import DERIVATIONS, EVENT_KINDS, KINDS, Link, Record


def home(value: str, at: str, *, id: str = "new", **fields: object) -> Record:
    return a_record(id=id, subject="Ada", attribute="home", value=value, at=at, **fields)


def test_an_event_is_always_added() -> None:
    twin = a_record(id="old", kind="event", content="Ran 5 km")
    assert revise(a_record(kind="event", content="Ran 5 km"), twins=[twin]).rule == "event"


def test_a_repetition_reinforces() -> None:
    decision = revise(a_record(id="new"), twins=[a_record(id="old")])
    assert (decision.action, decision.rule, decision.reinforces) == ("reinforced", "twin", "old")


def test_the_same_value_reinforces() -> None:
    decision = revise(home("Lisbon", "2026-05-01"), [home("lisbon.", "2026-01-01", id="old")])
    assert (decision.action, decision.rule, decision.reinforces) == ("reinforced", "slot.same", "old")


def test_a_later_state_supersedes_and_ends_the_one_before() -> None:
    old, new = home("Porto", "2026-01-01", id="old"), home("Lisbon", "2026-05-01")
    decision = revise(new, [old])
    assert (decision.action, decision.rule, decision.patch) == ("superseded", "slot.later", {"supersedes": ("old",)})
    ended = {"status": "superseded", "superseded_by": "new", "valid_to": new.valid_from}
    assert decision.changes == {"old": ended}


def test_valid_time_decides_not_arrival() -> None:
    present = home("Lisbon", "2026-05-01", id="present")
    decision = revise(home("Porto", "2026-01-01"), [present])
    assert (decision.action, decision.rule) == ("added", "slot.past")
    assert decision.patch["status"] == "superseded"
    assert decision.patch["superseded_by"] == "present"
    assert decision.patch["valid_to"] == present.valid_from
    assert not decision.changes


def test_a_late_state_goes_between_two_and_ends_the_earlier() -> None:
    porto = home("Porto", "2020-01-01", id="porto", status="superseded", valid_to=datetime(2026, 1, 1, tzinfo=UTC))
    ghent = home("Ghent", "2026-01-01", id="ghent")
    decision = revise(home("Lisbon", "2023-01-01"), [porto, ghent])
    assert decision.rule == "slot.past"
    assert decision.patch["valid_to"] == ghent.valid_from
    assert decision.changes == {"porto": {"valid_to": datetime(2023, 1, 1, tzinfo=UTC)}}


def test_what_a_person_edited_is_never_superseded() -> None:
    old = home("Porto", "2026-01-01", id="old", user_edited=True)
    decision = revise(home("Lisbon", "2026-05-01", derivation="corrected"), [old])
    assert (decision.action, decision.rule) == ("conflicted", "slot.user_edited")
    assert decision.patch == {"links": (Link("contradicts", "old"),)}
    assert decision.changes == {"old": {"links": (Link("contradicts", "new"),)}}


def test_a_weaker_derivation_conflicts() -> None:
    old = home("Porto", "2026-01-01", id="old", derivation="stated")
    assert revise(home("Lisbon", "2026-05-01", derivation="inferred"), [old]).rule == "slot.weaker"


def test_a_slot_of_many_values_keeps_them_all() -> None:
    old = a_record(id="old", subject="Ada", attribute="pet", value="Rex", cardinality="many")
    new = a_record(subject="Ada", attribute="pet", value="Tom", cardinality="many", at="2026-06-01")
    assert revise(new, [old]).rule == "slot.many"


def test_moving_back_is_a_new_state() -> None:
    first = home("Porto", "2020-01-01", id="a", status="superseded", valid_to=datetime(2024, 1, 1, tzinfo=UTC))
    second = home("Ghent", "2024-01-01", id="b")
    decision = revise(home("Porto", "2026-01-01"), [first, second])
    assert (decision.rule, list(decision.changes)) == ("slot.later", ["b"])


def test_a_return_told_late_does_not_hide_the_stay_between() -> None:
    """Lisbon in January, Porto in March, Lisbon in May: hearing of January last must not reinforce May."""
    porto = home("Porto", "2026-03-01", id="porto", status="superseded", valid_to=datetime(2026, 5, 1, tzinfo=UTC))
    lisbon = home("Lisbon", "2026-05-01", id="lisbon")
    assert revise(home("Lisbon", "2026-01-01"), [porto, lisbon]).rule == "slot.past"


VALUES = st.sampled_from(["Porto", "Lisbon", "Ghent"])
DAYS = st.integers(0, 400)


@given(st.lists(st.tuples(VALUES, DAYS), min_size=1, max_size=8))
def test_states_of_one_slot_never_overlap(told: list[tuple[str, int]]) -> None:
    """Whatever the order of arrival, the states of a slot follow one another, and one is present."""
    states: dict[str, Record] = {}
    for number, (value, day) in enumerate(told):
        at = (datetime(2025, 1, 1) + timedelta(days=day)).date().isoformat()
        apply(states, home(value, at, id=f"r{number}"))
    spans = sorted(
        (r.valid_from, r.valid_to or datetime.max.replace(tzinfo=UTC))
        for r in states.values()
        if r.valid_from and r.valid_from != r.valid_to  # what was never true overlaps nothing
    )
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
    assert sum(record.status == "active" for record in states.values()) == 1


@given(st.permutations([("Porto", "2024-01-01"), ("Lisbon", "2025-01-01"), ("Ghent", "2026-01-01")]))
def test_the_order_of_arrival_does_not_matter(told: list[tuple[str, str]]) -> None:
    """Three different states end up with the same valid times in whatever order they are told."""
    states: dict[str, Record] = {}
    for number, (value, at) in enumerate(told):
        apply(states, home(value, at, id=f"r{number}"))
    found = {
        (r.value, r.status, r.valid_from and r.valid_from.year, r.valid_to and r.valid_to.year) for r in states.values()
    }
    assert found == {
        ("Porto", "superseded", 2024, 2025),
        ("Lisbon", "superseded", 2025, 2026),
        ("Ghent", "active", 2026, None),
    }


@pytest.mark.parametrize("kind", sorted(EVENT_KINDS))
def test_kinds_that_never_merge_ignore_every_look_up(kind: str) -> None:
    old = home("Porto", "2026-01-01", id="old")
    assert revise(home("Lisbon", "2026-05-01", kind=kind), [old], [old]) == Decision("added", "event")


@given(st.sampled_from(sorted(set(KINDS) - EVENT_KINDS)), st.sampled_from(DERIVATIONS), st.sampled_from(DERIVATIONS))
def test_the_stronger_derivation_stays(kind: str, held: str, told: str) -> None:
    """A state is superseded only by one that is at least as well derived."""
    old = home("Porto", "2026-01-01", id="old", kind=kind, derivation=held)
    decision = revise(home("Lisbon", "2026-05-01", kind=kind, derivation=told), [old])
    stronger = DERIVATIONS.index(held) > DERIVATIONS.index(told)
    assert decision.action == ("conflicted" if stronger else "superseded")


def apply(states: dict[str, Record], new: Record) -> None:
    """Do to plain records what the store does with a decision."""
    from dataclasses import replace

    decision = revise(new, list(states.values()))
    if decision.reinforces is None:
        states[new.id] = replace(new, **decision.patch)
    for id, patch in decision.changes.items():
        states[id] = replace(states[id], **patch)


def test_two_sources_of_the_very_same_time_conflict() -> None:
    """Arrival decides nothing between two voices; within one voice or session, or said as written, it is the order."""
    later = {"recorded_at": datetime(2026, 6, 1, tzinfo=UTC)}
    old = home("Porto", "2026-05-01", id="old", speaker="Bob", **later)
    assert revise(home("Lisbon", "2026-05-01", speaker="Eve", **later), [old]).rule == "slot.equal"
    assert revise(home("Lisbon", "2026-05-01", **later), [home("Porto", "2026-05-01", id="old", **later)]).rule == (
        "slot.equal"
    )
    assert revise(home("Lisbon", "2026-05-01", speaker="Bob", **later), [old]).rule == "slot.later"
    assert revise(home("Lisbon", "2026-05-01", speaker="Eve"), [old]).rule == "slot.later"
    assert revise(home("Lisbon", "2026-05-01", derivation="corrected", **later), [old]).rule == "slot.later"


def test_of_two_states_of_one_time_the_one_said_later_wins() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    old = home("Porto", "2026-02-01", id="old", valid_from=begin)
    assert revise(home("Lisbon", "2026-03-01", valid_from=begin), [old]).rule == "slot.later"
    late = revise(home("Lisbon", "2026-01-15", valid_from=begin), [old])
    assert (late.rule, late.patch["valid_to"]) == ("slot.past", begin)


def test_a_correction_wins_over_a_state_that_begins_later() -> None:
    old = home("Porto", "2026-02-01", id="old", valid_from=datetime(2026, 4, 1, tzinfo=UTC))
    new = home("Lisbon", "2026-03-01")
    assert revise(new, [old]).rule == "slot.past"
    assert revise(new, [old], corrects=True).rule == "slot.later"
    equal = home("Lisbon", "2026-02-01", recorded_at=_LATE, valid_from=old.valid_from)
    assert revise(equal, [old]).rule == "slot.equal"
    assert revise(equal, [old], corrects=True).rule == "slot.later"


def test_an_old_text_told_late_does_not_retire_what_was_said_since() -> None:
    """ "Since 2023 in Lisbon", said in 2026, stands when a text of 2024 comes that tells of Porto."""
    lisbon = home("Lisbon", "2026-01-01", id="old", valid_from=datetime(2023, 1, 1, tzinfo=UTC))
    decision = revise(home("Porto", "2024-06-01"), [lisbon])
    assert (decision.action, decision.rule, decision.changes) == ("added", "slot.outdated", {})
    assert (decision.patch["superseded_by"], decision.patch["valid_to"]) == ("old", datetime(2024, 6, 1, tzinfo=UTC))
    planned = home("Porto", "2024-06-01", valid_from=datetime(2026, 9, 1, tzinfo=UTC))
    assert revise(planned, [lisbon]).rule == "slot.later"
    assert (
        revise(home("Porto", "2026-02-01", valid_from=datetime(2025, 6, 1, tzinfo=UTC)), [lisbon]).rule == "slot.later"
    )


def test_numbers_are_compared_as_numbers_but_versions_are_not() -> None:
    old = a_record(id="old", subject="it", attribute="rate", value="2.50", at="2026-01-01")
    assert revise(a_record(subject="it", attribute="rate", value="2.5"), [old]).rule == "slot.same"
    old = a_record(id="old", subject="it", attribute="version", value="1.10", at="2026-01-01")
    assert revise(a_record(subject="it", attribute="version", value="1.1"), [old]).rule == "slot.later"


def test_conflicts_of_one_record_are_bounded() -> None:
    links = tuple(Link("contradicts", f"c{number}") for number in range(MOST_CONFLICTS))
    held = home("Porto", "2026-01-01", id="old", user_edited=True, links=(Link("about", "x"), *links))
    kept = revise(home("Lisbon", "2026-05-01"), [held]).changes["old"]["links"]
    assert len(kept) == MOST_CONFLICTS + 1
    assert (kept[0], kept[1], kept[-1]) == (Link("about", "x"), links[1], Link("contradicts", "new"))


def test_an_end_ends_what_it_names_and_nothing_else() -> None:
    porto = home("Porto", "2026-01-01", id="porto")
    over = home("Porto", "2026-05-01", valid_from=None, valid_to=datetime(2026, 5, 1, tzinfo=UTC))
    decision = end(over, [porto], "words")
    assert decision is not None
    assert (decision.action, decision.rule) == ("superseded", "cue.ended")
    assert decision.changes == {"porto": {"status": "superseded", "valid_to": over.valid_to}}
    other = end(home("Ghent", "2026-05-01", valid_from=None), [porto], "words")
    assert other is not None
    assert (other.rule, other.changes, other.patch["superseded_by"]) == ("cue.past", {}, "porto")
    assert end(home("Ghent", "2026-05-01"), [porto], "words", denied=True) is None
    early = home("Porto", "2025-05-01", valid_from=None, valid_to=datetime(2025, 5, 1, tzinfo=UTC))
    assert end(early, [porto], "words") is None


@settings(max_examples=1500)
@example([("Porto", 1, False), ("Lisbon", 1, True), ("Porto", 0, False)])
@given(st.lists(st.tuples(VALUES, DAYS, st.booleans()), min_size=1, max_size=9))
def test_states_that_end_never_overlap_either(told: list[tuple[str, int, bool]]) -> None:
    """Told and ended in whatever order, the states of a slot follow one another, and at most one is present."""
    states: dict[str, Record] = {}
    for number, (value, day, over) in enumerate(told):
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
        new = home(value, moment.date().isoformat(), id=f"r{number}")
        if over:
            past = replace(new, valid_from=None, valid_to=moment)
            take(states, past, end(past, list(states.values()), "words"))
        else:
            take(states, new, revise(new, list(states.values())))
    true = [r for r in states.values() if r.valid_from is None or r.valid_from != r.valid_to]
    spans = sorted((r.valid_from or _EARLY, r.valid_to or _LATE) for r in true)
    assert all(finish <= begin for (_, finish), (begin, _) in itertools.pairwise(spans))
    assert sum(record.status == "active" for record in states.values()) <= 1


_EARLY, _LATE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def take(states: dict[str, Record], new: Record, decision: Decision | None) -> None:
    """Do to plain records what the store does with a decision about a record to be."""
    if decision is None:
        return
    if decision.reinforces is None and (decision.action == "added" or decision.patch):
        states[new.id] = replace(new, **decision.patch)
    for id, patch in decision.changes.items():
        states[id] = replace(states[id], **patch)
