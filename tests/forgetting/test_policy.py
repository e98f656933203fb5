"""Policies: the first rule that matches decides, as a naive evaluator says; a wrong rule is refused by name and key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import AccessError, InvalidInputError, Memory, Policy
from ricordo.plaintext.policy import evaluate, read_policies
from ricordo.plaintext.salience import half_life, salience
from ricordo.testing import FixedClock
from ricordo.testing.operations import START
from ricordo.testing.records import a_record
from ricordo.types import KINDS, Record, Source

DAY = timedelta(days=1)
RECORDS = st.builds(
    lambda kind, scope, days, **rest: replace(
        a_record(kind=kind, scope=scope), said_at=START - days * DAY, recorded_at=START - days * DAY / 2, **rest
    ),
    kind=st.sampled_from(("fact", "observation", "context")),
    scope=st.sampled_from(("a", "b")),
    days=st.integers(-3, 40),
    subject=st.sampled_from((None, "Ada", "Bob")),
    session=st.sampled_from((None, "s1")),
    speaker=st.sampled_from((None, "Ada")),
    derivation=st.sampled_from(("stated", "inferred")),
    pinned=st.booleans(),
    user_edited=st.booleans(),
    expires_at=st.sampled_from((None, START - DAY, START + DAY)),
    status=st.sampled_from(("active", "active", "provisional", "superseded", "archived")),
    metadata=st.sampled_from(({}, {"team": "web"}, {"rank": 1}, {"rank": True})),
)
SPANS = st.sampled_from((None, None, "0 days", "5 days", "3 weeks", "36 hours"))
CONDITIONS: dict[str, Any] = {
    "kinds": st.sampled_from((None, "fact", ("fact", "context"))),
    "scopes": st.sampled_from((None, None, "a")),
    "subjects": st.sampled_from((None, None, "Ada")),
    "sessions": st.sampled_from((None, None, ["s1"])),
    "speakers": st.sampled_from((None, None, "Ada")),
    "derivations": st.sampled_from((None, None, "inferred")),
    "metadata": st.sampled_from(({}, {}, {"rank": 1}, {"team": "web"})),
    "after": SPANS,
    "unused_for": SPANS,
    "since": st.sampled_from(("said", "recorded")),
    "salience_below": st.sampled_from((None, None, 0.5, 1)),
    "expired": st.sampled_from((False, False, True)),
    "pinned": st.booleans(),
    "user_edited": st.booleans(),
    "action": st.sampled_from(("forget", "archive", "keep")),
}
SPELT = {"0 days": 0 * DAY, "5 days": 5 * DAY, "3 weeks": 21 * DAY, "36 hours": 1.5 * DAY}


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    listed = draw(st.lists(st.fixed_dictionaries(CONDITIONS), min_size=1, max_size=4))
    asked = [rule for rule in listed if any(rule[key] for key in (*PLURAL, "metadata", "after", "expired"))]
    return [{"name": f"rule {spot}", **rule} for spot, rule in enumerate(asked)]


PLURAL = {name: name[:-1] for name in ("kinds", "scopes", "subjects", "sessions", "speakers", "derivations")}


def naive(record: Record, listed: list[dict[str, Any]], used: datetime | None, counts: dict[str, int]) -> str | None:
    """The name of the deciding rule, by one pass over the words of the documentation."""
    if record.status not in ("active", "provisional"):
        return None
    for rule in listed:
        said = min(START, record.said_at)
        ages = {"said": START - said, "recorded": START - record.recorded_at}
        unused = min(START - said, START - used) if used else START - said
        holds = [rule["pinned"] or not record.pinned or rule["action"] == "keep"]
        holds.append(rule["user_edited"] or not record.user_edited or rule["action"] == "keep")
        for name, one in PLURAL.items():
            wanted = [rule[name]] if isinstance(rule[name], str) else rule[name]
            holds.append(wanted is None or getattr(record, one) in wanted)
        holds += [str(record.metadata.get(name)) == str(value) for name, value in rule["metadata"].items()]
        holds.append(rule["after"] is None or ages[rule["since"]] >= SPELT[rule["after"]])
        holds.append(rule["unused_for"] is None or unused >= SPELT[rule["unused_for"]])
        holds.append(not rule["expired"] or (record.expires_at is not None and record.expires_at <= START))
        holds.append(rule["salience_below"] is None or salience(record, counts, START) < rule["salience_below"])
        if all(holds):
            return str(rule["name"])
    return None


@given(
    record=RECORDS,
    listed=rules(),
    used=st.sampled_from((None, START - DAY, START - 10 * DAY)),
    counts=st.sampled_from(({}, {"used": 3}, {"harmed": 2})),
)
def test_the_first_rule_that_matches_decides(
    record: Record, listed: list[dict[str, Any]], used: datetime | None, counts: dict[str, int]
) -> None:
    """`evaluate` names the rule that the naive evaluator names."""
    policies = [Policy(**rule) for rule in listed]
    found = evaluate(record, policies, START, counts=counts, last_used=used)
    assert (found.policy.name if found else None) == naive(record, listed, used, counts)


@given(record=RECORDS, days=st.integers(0, 2000))
def test_salience_halves_with_each_half_life(record: Record, days: int) -> None:
    """One half-life later a record weighs half; more sources, use and help weigh more, harm weighs less."""
    now, record = START + days * DAY, replace(record, said_at=START)
    first = salience(record, {}, now)
    assert salience(record, {}, now + half_life(record.kind)) == pytest.approx(first / 2)
    assert salience(record, {"used": 1}, now) > first > salience(record, {"harmed": 1}, now)
    assert salience(record, {"helped": 1}, now) > salience(record, {"used": 1}, now)
    told = [Source(None, START, speaker, 1) for speaker in ("Ada", "Ada", "Bob")]
    assert salience(replace(record, sources=tuple(told[:2])), {}, now) == first
    assert salience(replace(record, sources=tuple(told)), {}, now) == 2 * first


def test_every_kind_has_a_half_life() -> None:
    """No kind is without one, and each stands in the table of its documentation."""
    for kind in KINDS:
        assert half_life(kind) > timedelta(0)
        assert kind in (half_life.__doc__ or "")
        assert str(half_life(kind).days) in (half_life.__doc__ or "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("policy = 3", "policies: nothing but [[policy]] tables"),
        ("[[rule]]\nname = 'x'", "policies: nothing but [[policy]] tables; got 'rule'"),
        ("[[policy]]\nafter = ", "policies: a TOML document"),
        ("", "policies: at least one rule"),
        ("[[policy]]\nkinds = ['fact']", "policies: [1].name: the name of the rule"),
        ("[[policy]]\nname = 3\nkinds = ['fact']", "policies.name: text of 1 to 100 characters"),
        ("[[policy]]\nname = 'x'", "policies: x: at least one condition"),
        ("[[policy]]\nname = 'x'\ncolour = 'red'", "policies: x.colour: a key of a policy, one of name, after"),
        ("[[policy]]\nname = 'x'\nkinds = ['idea']", "policies: x.kinds: one of fact, "),
        ("[[policy]]\nname = 'x'\nkinds = []", "policies: x.kinds: text, or a list"),
        ("[[policy]]\nname = 'x'\nscopes = 7", "policies: x.scopes: text, or a list"),
        ("[[policy]]\nname = 'x'\nafter = 7", 'policies: x.after: a time such as "90 days"'),
        ("[[policy]]\nname = 'x'\nafter = '9 years'", "policies: x.after: a time"),
        ("[[policy]]\nname = 'x'\nafter = '999999999 weeks'", "policies: x.after: a shorter time"),
        ("[[policy]]\nname = 'x'\nafter = '1 day'\nsince = 'born'", "policies: x.since: one of said, recorded"),
        (
            "[[policy]]\nname = 'x'\nafter = '1 day'\naction = 'burn'",
            "policies: x.action: one of forget, archive, keep",
        ),
        ("[[policy]]\nname = 'x'\nexpired = 1", "policies: x.expired: true or false"),
        ("[[policy]]\nname = 'x'\nsalience_below = 0", "policies: x.salience_below: a number above 0"),
        ("[[policy]]\nname = 'x'\nmetadata = {a = [1]}", "policies: x.metadata: names with text"),
        (
            "[[policy]]\nname='x'\nexpired=true\n[[policy]]\nname='x'\nexpired=true",
            "policies: x.name: a name that no other",
        ),
    ],
)
def test_a_wrong_rule_is_refused_by_name_and_key(text: str, told: str) -> None:
    """Each error names the rule and the key, and says what a valid value is."""
    with pytest.raises(InvalidInputError) as caught:
        read_policies(text)
    assert str(caught.value).startswith(told)


# -- on a space ------------------------------------------------------------------------------------------------


@pytest.fixture
def memory() -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock(START))
    for spot in range(6):
        memory.retain(f"Turn {spot}", kind="observation", at=START - spot * 10 * DAY, scope="ab"[spot % 2])
    memory.retain("Keep this.", kind="observation", at=START - 99 * DAY, scope="a", pinned=True)
    edited = memory.retain("Edit this.", at=START - 99 * DAY, scope="a").record.id
    memory.update(edited, content="Edited.")
    return memory


RULES = [
    Policy("first turn", kinds="observation", metadata={}, after="50 days", action="keep"),
    Policy("old turns", kinds="observation", after=25 * DAY, action="archive", reason="Turns are for a month."),
    Policy("rest", scopes="a", after="10 days"),
]


def contents(memory: Memory) -> list[str]:
    return [record.content for record in memory.list().records]


def test_a_dry_run_tells_and_changes_nothing(memory: Memory) -> None:
    """What a dry run lists is what goes afterwards, by the same rules."""
    before, seq = contents(memory), memory.stats().seq
    told = memory.expire(RULES, dry_run=True)
    assert (contents(memory), memory.stats().seq, told.events, told.dry_run) == (before, seq, (), True)
    done = memory.expire(RULES)
    assert (done.records, done.kept) == (told.records, told.kept) == (done.records, {"first turn": 2})
    assert contents(memory) == ["Turn 0", "Turn 1", "Turn 5", "Keep this.", "Edited."]


def test_the_history_names_the_rule_and_the_reason(memory: Memory) -> None:
    """What went has rule and reason in its history; undoing the event brings it back."""
    before = contents(memory)
    done = memory.expire(RULES)
    [event] = done.events
    for rule, ids in done.records.items():
        for id in ids:
            change = memory.history(id)[-1]
            assert (change.op, change.rule, change.event) == ("expire", rule, event)
            assert change.reason == {"old turns": "Turns are for a month."}.get(
                rule, "scopes a; said 10 days ago or earlier"
            )
    assert {memory.get(id).status for id in done.records["old turns"]} == {"archived"}
    assert {memory.get(id).status for id in done.records["rest"]} == {"retracted"}
    memory.undo(event)
    assert contents(memory) == before
    assert memory.verify().problems == ()


def test_pins_and_edits_go_only_where_a_rule_says_so(memory: Memory) -> None:
    """Without `pinned` or `user_edited` a rule passes over them."""
    everything = {"after": "0 days", "action": "forget"}
    memory.expire([Policy("all", **everything)])
    assert contents(memory) == ["Keep this.", "Edited."]
    memory.expire([Policy("all", **everything, pinned=True)])
    assert contents(memory) == ["Edited."]
    memory.expire([Policy("all", **everything, user_edited=True)])
    assert contents(memory) == []


def test_feedback_keeps_what_is_used(memory: Memory) -> None:
    """`unused_for` counts from the last feedback that told of use, or from when it was said."""
    old = next(record.id for record in memory.list().records if record.content == "Turn 4")
    memory.feedback([old], "used")
    done = memory.expire([Policy("unused", kinds="observation", unused_for="15 days")])
    assert old not in done.records["unused"]
    assert contents(memory) == ["Turn 0", "Turn 1", "Turn 4", "Keep this.", "Edited."]


def test_what_has_expired_can_be_retired(memory: Memory) -> None:
    """A record past its `expires_at` is out of every read, but live until a rule takes it."""
    memory.retain("The meeting is at noon.", expires_at=START + DAY)
    clock: Any = memory._engine.clock
    clock.advance(days=2)
    before = memory.stats().live_bytes
    done = memory.expire([Policy("over", expired=True)])
    assert len(done.records["over"]) == 1
    assert memory.stats().live_bytes == before - len("The meeting is at noon.")


def test_a_thousand_to_an_event() -> None:
    """More than a thousand records go in several events."""
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock(START))
    memory.retain_many([{"content": f"turn {spot}", "kind": "event", "ref": str(spot)} for spot in range(1001)])
    done = memory.expire([Policy("all", kinds="event")])
    with memory._engine.store.read() as snapshot:
        sizes = [len(event.targets) for event in snapshot.events() if event.op == "expire"]
    assert (sizes, len(done.events), memory.stats().records) == ([1000, 1], 2, 0)


def test_a_bound_handle_retires_only_what_it_may_write(memory: Memory) -> None:
    """A handle on scopes applies policies to the scope it writes, and may not be asked for another."""
    bound = memory.scoped(write="b", read=["a", "b"])
    everything = [Policy("all", after="0 days", pinned=True, user_edited=True)]
    bound.expire(everything)
    assert contents(memory) == ["Turn 0", "Turn 2", "Turn 4", "Keep this.", "Edited."]
    with pytest.raises(AccessError, match="may not write"):
        bound.expire(everything, scope="a")
    with pytest.raises(AccessError, match="may not write"):
        bound.compact(before="2999-01-01", scope="a")
    memory.forget(scope="a")
    retired = [record.id for record in memory.list(scope="b", filters={"status": "retracted"}).records]
    assert bound.compact(before="2999-01-01").records == tuple(reversed(retired))
    assert len(memory.list(scope="a", filters={"status": "retracted"}).records) == 5


def test_policies_come_from_a_file_or_the_settings(tmp_path: Path) -> None:
    """A path is read; without one the setting names it; without either it is an error."""
    from ricordo.config import Settings

    file = tmp_path / "retention.toml"
    file.write_text('[[policy]]\nname = "short"\nkinds = ["context"]\nafter = "7 days"\n')
    memory = Memory.open(":memory:", embedder=None, settings=Settings(policies=str(file)), clock=FixedClock(START))
    ids = [memory.retain(f"Build {n} is red.", kind="context", at=START - 8 * DAY).record.id for n in range(2)]
    assert memory.expire(dry_run=True).records == {"short": tuple(ids)}
    assert memory.expire(file).records == {"short": tuple(ids)}
    plain = Memory.open(":memory:", embedder=None)
    for wrong in (None, tmp_path / "none.toml", 3, ["x"], []):
        with pytest.raises(InvalidInputError, match=r"^policies"):
            plain.expire(wrong)
