"""Two times: what was true when, and what was known when. Every read path agrees with a naive model of both."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ricordo import InvalidInputError, Memory, NotFoundError, Record, SlotTakenError
from ricordo.testing import FixedClock
from ricordo.types import BELIEVED, RECALLABLE

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FOR_EVER = datetime.max.replace(tzinfo=UTC)
#: An event past the last one.
LATER = 10**9
NEVER = datetime.min.replace(tzinfo=UTC)
ALL = {"limit": 1_000, "filters": {"status": ["active", "superseded", "retracted", "archived"]}}
#: Times asked for as text: what each of them means, by hand.
NAMED = {
    "2025-12-31": (datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    "2026-02": (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    "2026": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
}


@pytest.fixture(params=["memory", "sqlite"])
def space(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Memory, FixedClock]]:
    clock = FixedClock(START)
    location = ":memory:" if request.param == "memory" else tmp_path / "space"
    with Memory.open(location, embedder=None, clock=clock) as opened:
        yield opened, clock


# -- every read path against versions with two intervals


@dataclass(frozen=True)
class Version:
    """What was known of a record from one event up to another."""

    record: Record
    born: int
    died: float = float("inf")

    def shown(self, seq: float, then: datetime, valid: tuple[datetime, datetime] | None) -> bool:
        one = self.record
        known = self.born <= seq < self.died and (one.expires_at or FOR_EVER) > then
        if valid is None:
            return known and one.status in RECALLABLE
        true = (one.valid_from or NEVER) < valid[1] and (one.valid_to or FOR_EVER) > valid[0]
        return known and one.status in BELIEVED and true


class Model:
    """Does operations on a memory, and notes after each what it returns for every record."""

    def __init__(self, memory: Memory, clock: FixedClock, seed: int) -> None:
        self.memory, self.clock, self.random = memory, clock, random.Random(seed)
        self.versions: list[Version] = []
        self.moments = [START - DAY]
        self.ids: list[str] = []
        self.refused = 0

    def run(self, count: int) -> None:
        for number in range(count):
            self.clock.advance(hours=self.random.choice((1, 30)))
            before = self.memory.stats().seq
            try:
                self.step(number)
            except (InvalidInputError, NotFoundError, SlotTakenError):
                self.refused += 1
            if self.memory.stats().seq > before:
                assert self.memory.stats().seq == before + 1
                self.moments.append(self.clock.now())
                self.note(before + 1)

    def step(self, number: int) -> None:
        chance, id = self.random, self.random.choice(self.ids or ["none"])
        kind = chance.choices(("retain", "update", "forget", "undo", "erase", "feedback"), (12, 4, 3, 3, 1, 1))[0]
        if kind == "retain" or not self.ids:
            self.remember(self.memory.retain(f"memo {number} of the stream", **self.fields()).record.id)
        elif kind == "update":
            self.memory.update(id, **chance.choice(self.changes(number)))
        elif kind == "undo":
            self.memory.undo(max(1, self.memory.stats().seq - chance.randrange(5)))
        elif kind == "feedback":
            self.memory.feedback(id, "helped")
        else:
            for new in self.memory.erase(id).kept if kind == "erase" else self.memory.forget(id).records:
                self.remember(new)

    def fields(self) -> dict[str, Any]:
        chance = self.random
        begin = START + chance.randrange(-200, 60) * DAY
        given: dict[str, Any] = {"kind": "fact", "pinned": True, "at": START - chance.randrange(100) * DAY}
        if chance.random() < 0.7:
            given |= {"subject": chance.choice(("Ada", "Bob")), "attribute": "home", "value": chance.choice("ABCD")}
        if chance.random() < 0.7:
            given["valid_from"] = chance.choice((begin, begin.strftime("%Y-%m-%d"), begin.strftime("%Y-%m")))
        if chance.random() < 0.25:
            given["valid_to"] = begin + chance.randrange(32, 90) * DAY
        if chance.random() < 0.15:
            given["expires_at"] = START + chance.randrange(1, 12) * DAY
        if chance.random() < 0.2 and self.ids:
            living = [one.record.id for one in self.versions if one.died == float("inf")]
            given["links"] = [("derived_from", chance.choice(living))] if living else []
        return {**given, "derivation": chance.choice(("stated", "stated", "observed", "corrected"))}

    def changes(self, number: int) -> list[dict[str, Any]]:
        late = START + self.random.randrange(60, 90) * DAY
        return [{"content": f"memo {number} corrected"}, {"valid_to": late}, {"valid_from": None}, {"value": "E"}]

    def remember(self, id: str) -> None:
        self.ids += [] if id in self.ids else [id]

    def note(self, seq: int) -> None:
        """Take down what has changed: a version ends where another begins, an erased one was never there."""
        for id in self.ids:
            last = next((one for one in self.versions if one.record.id == id and one.died == float("inf")), None)
            try:
                record = self.memory.get(id)
            except NotFoundError:
                self.versions = [one for one in self.versions if one.record.id != id]
                continue
            if last is None:
                self.versions.append(Version(record, seq))
            elif record.version != last.record.version:
                self.versions[self.versions.index(last)] = replace(last, died=seq)
                self.versions.append(Version(record, seq))

    def visible(self, seq: float, then: datetime, valid: tuple[datetime, datetime] | None) -> set[tuple[str, int]]:
        return {(one.record.id, one.record.version) for one in self.versions if one.shown(seq, then, valid)}


def _times(model: Model) -> list[tuple[Any, tuple[datetime, datetime] | None]]:
    """Return times to ask for, each with the interval it means: ends of states, and names of days and months."""
    ends = {end for one in model.versions for end in (one.record.valid_from, one.record.valid_to) if end is not None}
    picked = model.random.sample(sorted(ends), min(4, len(ends)))
    moments = [START, *picked, *(end - timedelta(minutes=1) for end in picked[:2])]
    return [(None, None), *NAMED.items(), *((one, (one, one + timedelta(minutes=1))) for one in moments)]


def _known(model: Model) -> list[tuple[Any, float, datetime]]:
    """Return ways to ask for what was known, each with the event and the moment it means."""
    now = model.clock.now()
    ways: list[tuple[Any, float, datetime]] = [(None, LATER, now), (0, 0, now)]
    ways += [(seq, seq, at) for seq, at in enumerate(model.moments[1:], 1)]
    ends = {one.record.expires_at for one in model.versions if one.record.expires_at and one.record.expires_at < now}
    for moment in [*(at + timedelta(minutes=7) for at in model.moments[1::3]), *sorted(ends)]:
        ways.append((moment, max(one for one, at in enumerate(model.moments) if at <= moment), moment))
    return ways


@pytest.mark.parametrize("seed", range(6))
def test_every_read_path_shows_what_the_model_shows(seed: int, space: tuple[Memory, FixedClock]) -> None:
    """list, recall, inject, get and history agree with the model at every event, moment and valid time."""
    memory, clock = space
    model = Model(memory, clock, seed)
    model.run(28)
    assert len(model.versions) > 12
    for number, (as_of, seq, then) in enumerate(_known(model)):
        for spot, (asked, valid) in enumerate(_times(model)):
            due = model.visible(seq, then, valid)
            given = {"as_of": as_of, "valid_at": asked}
            page = memory.list(limit=1_000, **given).records
            assert {(one.id, one.version) for one in page} == due, given
            assert all(one == memory.get(one.id, as_of=as_of) for one in page[:2])
            if (number + spot) % 3 == 0:
                found = memory.recall("memo of the stream corrected", k=1_000, **given)
                pinned = memory.inject("", k=1_000, max_tokens=10**9, **given)
                for paths in (found, pinned):
                    shown = {(item.record.id, item.record.version) for item in paths}
                    said = {one.id: one.reason.split()[0] for one in paths.dropped}  # what is seen and told by another
                    assert set(said.values()) <= {"passed:", "told", "said"}
                    assert shown | {one for one in due if one[0] in said} == due >= shown, (paths.lane, given)
    _check_history(model)


def _check_history(model: Model) -> None:
    for id in model.ids:
        changes = [change for change in model.memory.history(id) if change.record is not None]
        told = [(change.event, change.record.version, change.record.status) for change in changes if change.record]
        due = [(one.born, one.record.version, one.record.status) for one in model.versions if one.record.id == id]
        assert told == due or (not due and {status for _, _, status in told} == {"erased"})
        for seq in range(len(model.moments)):
            own = [one for one in model.versions if one.record.id == id and one.born <= seq < one.died]
            try:
                assert model.memory.get(id, as_of=seq).version == own[0].record.version
            except NotFoundError:
                assert own == []


# -- what a slot tells, against facts with two intervals


@dataclass(frozen=True)
class Fact:
    """A value as it was known from one event up to another, and when it was said to be true."""

    value: str
    begin: datetime
    end: datetime
    born: int
    died: float = float("inf")


class Timeline:
    """The naive model of a slot: what is said later ends what began before it, and reaches up to what begins after."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.seq = 0

    def present(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.died == float("inf")]

    def change(self, old: Fact, new: Fact | None) -> None:
        self.facts[self.facts.index(old)] = replace(old, died=self.seq)
        self.facts += [replace(new, born=self.seq)] if new else []

    def say(self, value: str, begin: datetime) -> None:
        self.seq += 1
        present = self.present()
        for fact in present:
            if fact.begin < begin < fact.end:
                self.change(fact, replace(fact, end=begin))
        end = min((fact.begin for fact in present if fact.begin > begin), default=FOR_EVER)
        self.facts.append(Fact(value, begin, end, self.seq))

    def forget(self, value: str) -> None:
        self.seq += 1
        self.change(next(fact for fact in self.present() if fact.value == value), None)

    def undo_last(self) -> None:
        last, self.seq = self.seq, self.seq + 1
        for fact in [fact for fact in self.facts if fact.born == last and fact.died == float("inf")]:
            self.change(fact, None)
        self.facts += [replace(fact, born=self.seq, died=float("inf")) for fact in self.facts if fact.died == last]

    def erase(self, value: str) -> None:
        self.seq += 1
        self.facts = [fact for fact in self.facts if fact.value != value]

    def holds(self, at: datetime, known: int) -> set[str]:
        return {fact.value for fact in self.facts if fact.born <= known < fact.died and fact.begin <= at < fact.end}


@pytest.mark.parametrize("seed", range(12))
def test_a_slot_tells_at_every_two_times_what_was_said(seed: int, space: tuple[Memory, FixedClock]) -> None:
    """States told in any order, forgotten, undone, erased: each moment has its state, as each event knew it."""
    memory, clock = space
    chance, line, ids = random.Random(seed), Timeline(), dict[str, str]()
    begins = chance.sample(range(-300, 30), 14)
    for number, day in enumerate(begins):
        clock.advance(hours=1)
        value, begin = f"place {number}", START + day * DAY
        said_at = START - chance.randrange(300) * DAY
        ids[value] = memory.retain(
            f"Ada is at {value}",
            **{"subject": "Ada", "attribute": "place", "value": value, "valid_from": begin, "at": said_at},
            speaker="Ada",
        ).record.id
        line.say(value, begin)
        clock.advance(hours=1)
        known = sorted(fact.value for fact in line.present())
        act = chance.random()
        if act < 0.12:
            memory.forget(ids[chosen := chance.choice(known)])
            line.forget(chosen)
        elif act < 0.24:
            memory.undo(memory.stats().seq)
            line.undo_last()
        elif act < 0.3:
            memory.erase(ids[chosen := chance.choice(known)])
            line.erase(chosen)
    assert memory.stats().seq == line.seq
    moments = [START + (day + side) * DAY for day in begins for side in (0, -0.5)]
    for seq in range(line.seq + 1):
        for moment in moments:
            page = memory.list(as_of=seq, valid_at=moment, limit=1_000).records
            assert {record.value for record in page} == line.holds(moment, seq), (seq, moment)
    now = {record.value for record in memory.list().records}
    assert len(now) <= 1
    assert now == {fact.value for fact in line.present() if fact.end == FOR_EVER}
