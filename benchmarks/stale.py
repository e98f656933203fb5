"""Whether a state that has passed misleads: the three probes of STALE on generated states with declared dependents.

    python benchmarks/stale.py [--scenarios N] [--failures N]

A state A (a slot of cardinality one) is linked by `affects` to what depends on it: an instruction, a preference, a
commitment. A changes (a later slot, a later text, a retraction, its expiry) or does not. Then three questions are put
to `recall`, as STALE does (state resolution, premise resistance, policy adaptation):

- resolution: what is A now? The live value is first, and nothing shows the passed one as current;
- premise: a question that takes the passed state for granted brings the live one, whose `why.was` and whose line tell
  what was until when; where nothing has come in its place, nothing shows the passed one as current;
- adaptation: a question for the dependent never shows it as current: its standing is "unknown", with a reason, and the
  state that has changed is among the items.

Controls: what depends on a state that did not change, that was told again, or beside which another attribute changed,
is current; what was said again after the change is current again. In a chain A affects B affects C, C is unknown too.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch
from benchmarks.revision import holds, is_remarked
from benchmarks.revision_maker import BEGIN, NOW, as_sentence
from benchmarks.revision_values import QUESTIONS, Names, is_person, values

from ricordo import Memory
from ricordo.testing import FixedClock
from ricordo.types import Item, Recall

_K = 5
#: How A changes; of the controls, what happens instead.
CHANGES = ("slot", "text", "retracted", "expired", "chain")
CONTROLS = ("unchanged", "told again", "neighbour changed", "said again")
#: By attribute of A: kind, text and question of what depends on it.
_DEPENDENTS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "lives_in": (
        ("instruction", "Parcels for {who} go to the kiosk beside the station.", "Where do parcels for {who} go?"),
        ("preference", "{who} buys bread at the bakery on the square.", "Where does {who} buy bread?"),
        ("commitment", "{who} waters the garden of the neighbours in July.", "Whose garden does {who} water?"),
        ("goal", "{who} wants to swim twice a week in the harbour pool.", "Where does {who} want to swim?"),
    ),
    "works_at": (
        ("instruction", "Bill the hours of {who} to cost centre 12.", "Which cost centre are the hours of {who} for?"),
        ("preference", "{who} has lunch in the canteen on the top floor.", "Where does {who} have lunch?"),
        ("commitment", "{who} presents the figures every quarter.", "What does {who} present every quarter?"),
    ),
    "manager": (
        (
            "instruction",
            "Holiday requests of {who} are signed on Mondays.",
            "When are holiday requests of {who} signed?",
        ),
        ("commitment", "{who} hands in a report every second Friday.", "When does {who} hand in a report?"),
    ),
    "located_in": (
        ("instruction", "Visitors of {who} park behind the cinema.", "Where do visitors of {who} park?"),
        ("preference", "Lunch for {who} is ordered from the noodle bar.", "Where is lunch for {who} ordered?"),
    ),
    "lead": (
        ("instruction", "Problems of {who} are reported by phone.", "How are problems of {who} reported?"),
        ("commitment", "Reviews of {who} are held on Thursdays at nine.", "When are reviews of {who} held?"),
    ),
}
#: By attribute: questions that take a value for granted.
_PREMISES: Mapping[str, Sequence[str]] = {
    "lives_in": ("What can {who} do on a Sunday in {old}?", "Since {who} lives in {old}, which tram is best?"),
    "works_at": ("Who should {who} ask at {old} for a new badge?", "How does {who} get to the {old} building?"),
    "manager": ("When does {who} meet {old} next?", "Should {who} send the plan to {old}?"),
    "located_in": ("Which hotel in {old} is close to {who}?", "How do I get to {who} in {old}?"),
    "lead": ("Can {old} approve the budget of {who}?", "Is {old} free to talk about {who}?"),
}
_CHANGE_TEXTS: Mapping[str, str] = {
    "lives_in": "I moved to {new}.",
    "works_at": "I started a new job at {new}.",
    "manager": "My new manager is {new}.",
    "located_in": "{who} has moved to {new}.",
    "lead": "{new} has taken over {who}.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scenario: a write, or the retraction of the record that an earlier one made.

    Args:
        name: What it makes, for steps and links that come after.
        fields: Arguments of `retain`; None for a retraction.
        affects: What the record is linked to.
    """

    name: str
    fields: Mapping[str, Any] | None
    affects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A state, what depends on it, what happens, and the questions.

    Args:
        id: Its own, the beginning of the `ref` of each write.
        kind: One of CHANGES or CONTROLS.
        steps: In order.
        old, new: The value of A before, and after where there is one.
        dependents: Texts of what depends on it.
        questions: By probe; of the adaptation probe one for each dependent.
    """

    id: str
    kind: str
    steps: tuple[Step, ...]
    old: str
    new: str | None
    dependents: tuple[str, ...]
    resolution: str
    premise: str
    adaptation: tuple[str, ...]

    @property
    def control(self) -> bool:
        """Whether what depends on A stays current."""
        return self.kind in CONTROLS


def scenarios(count: int, seed: int) -> list[Scenario]:
    """Return that many scenarios, every kind of change and control in turn, about subjects of their own."""
    choose = random.Random(seed)
    names = Names(choose)
    kinds = (*CHANGES, *CONTROLS)
    return [_scenario(f"d{number:05}", kinds[number % len(kinds)], names, choose) for number in range(count)]


def _scenario(id: str, kind: str, names: Names, choose: random.Random) -> Scenario:
    attribute = choose.choice(sorted(_DEPENDENTS))
    who = names.subject(attribute)
    old, new, *_ = values(attribute, 3, choose)
    begin = BEGIN + timedelta(days=choose.randrange(200))
    chosen = choose.sample(_DEPENDENTS[attribute], 2)
    texts = tuple(as_sentence(text.format(who=who)) for _, text, _ in chosen)
    depend = [
        Step(f"b{spot}", {"content": text, "kind": chosen[spot][0], **_at(begin, 10)})
        for spot, text in enumerate(texts)
    ]
    steps = _steps(kind, depend, _Told(who, attribute, old, new, begin))
    ended = None if kind in ("retracted", "expired", "unchanged", "told again", "neighbour changed") else new
    return Scenario(
        id=id,
        kind=kind,
        steps=tuple(replace(step, fields=_referred(step, f"{id}.{spot}")) for spot, step in enumerate(steps)),
        old=old,
        new=ended,
        dependents=texts,
        resolution=QUESTIONS[attribute].format(who=who),
        premise=choose.choice(_PREMISES[attribute]).format(who=who, old=old),
        adaptation=tuple(question.format(who=who) for _, _, question in chosen),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A state and the one after it."""

    who: str
    attribute: str
    old: str
    new: str
    begin: datetime

    def slot(self, value: str, days: int, **more: Any) -> dict[str, Any]:
        """Return arguments of `retain` for this state with a value."""
        named = {"subject": self.who, "attribute": self.attribute, "value": value}
        content = as_sentence(f"{self.who}: {self.attribute.replace('_', ' ')} {value}.")
        return {"content": content, **named, **_at(self.begin, days), **more}

    def text(self, days: int) -> dict[str, Any]:
        """Return arguments of `retain` for a text that tells the new value."""
        content = as_sentence(_CHANGE_TEXTS[self.attribute].format(who=self.who, new=self.new))
        by = {"speaker": self.who} if is_person(self.attribute) else {}
        return {"content": content, **_at(self.begin, days), **by}


def _steps(kind: str, depend: Sequence[Step], told: _Told) -> list[Step]:
    """Return the steps: what depends first, for A links to it; in the world A is the older one."""
    state = told.slot(told.old, 0)
    all = tuple(step.name for step in depend)
    first = [*depend, Step("a", state, all)]
    later = Step("later", told.slot(told.new, 300))
    match kind:
        case "slot":
            return [*first, later]
        case "text":
            return [*first, Step("later", told.text(300))]
        case "retracted":
            return [*first, Step("a", None)]
        case "expired":
            ends = (told.begin + timedelta(days=300)).isoformat()
            return [*depend, Step("a", {**state, "expires_at": ends}, all)]
        case "chain":
            return [*_chain(depend, told), later]
        case "told again":
            return [*first, Step("again", told.slot(told.old, 300))]
        case "neighbour changed":
            return [*first, *_neighbour(told)]
        case "said again":
            again = [
                replace(step, name=f"{step.name}'", fields={**step.fields, **_at(told.begin, 400)})
                for step in depend
                if step.fields is not None
            ]
            return [*first, later, *again]
        case _:
            return first


def _chain(depend: Sequence[Step], told: _Told) -> list[Step]:
    """A affects a state in between, which affects what depends."""
    named = {"subject": told.who, "attribute": "contact_point", "value": "Desk Seven"}
    between = {"content": as_sentence(f"{told.who}: contact point Desk Seven."), **named, **_at(told.begin, 5)}
    return [
        *depend,
        Step("between", between, tuple(step.name for step in depend)),
        Step("a", told.slot(told.old, 0), ("between",)),
    ]


def _neighbour(told: _Told) -> list[Step]:
    """Another attribute of the same subject, told and changed."""
    beside = replace(told, attribute="newsletter", old="weekly", new="monthly")
    return [Step("beside", beside.slot("weekly", 20)), Step("beside'", beside.slot("monthly", 310))]


def _at(begin: datetime, days: int) -> dict[str, str]:
    return {"at": (begin + timedelta(days=days)).isoformat()}


def _referred(step: Step, ref: str) -> dict[str, Any] | None:
    return None if step.fields is None else {**step.fields, "ref": ref}


def write_all(memory: Memory, made: Sequence[Scenario], seed: int) -> None:
    """Write all scenarios into one space, their steps merged by chance."""
    turns = [spot for spot, one in enumerate(made) for _ in one.steps]
    random.Random(seed).shuffle(turns)
    waiting = [iter(one.steps) for one in made]
    ids: dict[tuple[int, str], str] = {}
    for spot in turns:
        step = next(waiting[spot])
        if step.fields is None:
            memory.forget(ids[spot, step.name])
            continue
        links = [("affects", ids[spot, name]) for name in step.affects]
        fields: dict[str, Any] = {**step.fields, **({"links": links} if links else {})}
        verdict = memory.retain(**fields)
        ids[spot, step.name] = verdict.record.id


def probe(memory: Memory, one: Scenario) -> Iterator[tuple[str, str | None]]:
    """Put the questions of a scenario: yield (probe, what is wrong or None)."""
    yield "resolution", _resolved(memory.recall(one.resolution, k=_K), one)
    if not one.control:
        yield "premise", _resisted(memory.recall(one.premise, k=_K), one)
    for question, text in zip(one.adaptation, one.dependents, strict=True):
        found = memory.recall(question, k=_K)
        if one.control:
            yield "control", _stayed(found, text)
        else:
            yield "adaptation", adapted(found, text, one)


def _lines(found: Recall) -> list[tuple[Item, str]]:
    return list(zip(found.items, found.text.splitlines()[1:], strict=True))


def _own(item: Item, one: Scenario) -> bool:
    subjects = {step.fields["subject"] for step in one.steps if step.fields and "subject" in step.fields}
    return item.record.subject in subjects or any(ref.startswith(one.id) for ref in item.record.refs)


def _current(found: Recall, one: Scenario, value: str) -> str | None:
    """Return what shows a value of the scenario as current, or None."""
    for item, line in _lines(found):
        if _own(item, one) and holds(item.record.content, value) and not is_remarked(item, line, value):
            return f"shows {item.record.content!r} as current"
    return None


def _resolved(found: Recall, one: Scenario) -> str | None:
    value = one.new if one.new is not None else one.old if one.control else None
    if value is not None and not (found.items and holds(found.items[0].record.content, value)):
        return f"brings {[item.record.content for item in found.items[:1]]} first, not {value!r}"
    return None if value == one.old else _current(found, one, one.old)


def _resisted(found: Recall, one: Scenario) -> str | None:
    if (shown := _current(found, one, one.old)) is not None:
        return shown
    if one.new is None:
        return None
    for item, line in _lines(found):
        was = item.why.was or ""
        if _own(item, one) and holds(item.record.content, one.new):
            return (
                None if holds(was, one.old) and holds(line, f"was {one.old} until") else f"{line!r} tells not what was"
            )
    return f"brings no {one.new!r}"


def adapted(found: Recall, text: str, one: Scenario) -> str | None:
    for item in found.items:
        if item.record.content == text:
            standing = getattr(item, "standing", None)
            if standing is None or standing.state != "unknown" or not standing.reason:
                return f"shows {text!r} as {getattr(standing, 'state', 'current')}"
    if one.new is not None and not any(_own(item, one) and holds(item.record.content, one.new) for item in found.items):
        return f"does not bring what has changed, {one.new!r}"
    return None


def _stayed(found: Recall, text: str) -> str | None:
    for item in found.items:
        if item.record.content == text:
            state = getattr(getattr(item, "standing", None), "state", "current")
            return None if state == "current" else f"shows {text!r} as {state}"
    return f"does not bring {text!r}"


def run(count: int, seed: int) -> dict[str, Any]:
    """Write and ask; one space on disk."""
    made = scenarios(count, seed)
    asked: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    failed = []
    with scratch() as folder, Memory.open(folder / "space", embedder=None, clock=FixedClock(NOW)) as memory:
        write_all(memory, made, seed)
        for one in made:
            for name, wrong in probe(memory, one):
                asked[name, one.kind] += 1
                passed[name, one.kind] += wrong is None
                if wrong is not None:
                    failed.append({"scenario": one.id, "kind": one.kind, "probe": name, "fault": wrong})
    return {"probes": _shares(asked, passed), "failing": len(failed), "failed": failed}


def _shares(asked: Counter[tuple[str, str]], passed: Counter[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Return the share of probes that pass, by probe: of all, and by kind of change."""
    shares: dict[str, dict[str, float]] = {}
    for name in sorted({probe for probe, _ in asked}):
        kinds = [kind for probe, kind in asked if probe == name]
        total, good = sum(asked[name, kind] for kind in kinds), sum(passed[name, kind] for kind in kinds)
        shares[name] = {"all": round(good / total, 4)}
        shares[name] |= {kind: round(passed[name, kind] / asked[name, kind], 4) for kind in kinds}
    return shares


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=360, help="how many")
    parser.add_argument("--failures", type=int, default=20, help="how many failing probes to list")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result = run(given.scenarios, given.seed)
    failed = result.pop("failed")
    line = command(["stale.py", *(sys.argv[1:] if argv is None else argv)])
    head = {"benchmark": "stale", "command": line, "machine": machine(), "scenarios": given.scenarios}
    emit({**head, **result, "failed": failed[: given.failures]}, given.out)


if __name__ == "__main__":
    main()
