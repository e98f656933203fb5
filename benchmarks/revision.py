"""Whether memory stays true: generated scenarios of told, changed and repeated states in one stream, against gold.

    python benchmarks/revision.py [--scenarios N] [--templates heldout|dev] [--failures N]

All scenarios are written into one space and one scope, their writes merged by chance, so that a write that retires a
fact of another scenario is caught. A scenario agrees with gold if nothing of this is wrong:

- verdicts: the action of each write whose action is determined;
- live: what the slot holds (live records of state kinds, by subject and attribute) is what gold says, no more; of plain
  text it will also do that `recall` puts a live value first;
- gone: no item of `recall` shows a value that has passed as current, and no live record of the slot holds it. An item
  shows it if its text holds it and neither its line (of the whole, or of that value) nor its standing says that it
  has passed. A text that itself says
  that the value has passed ("I no longer live in Rome") shows nothing;
- repetitions: one live record for all that say the same;
- nothing else of the scenario was retired.

Counted beside: repetitions that were merged, changes that put an end to the old value, updates swallowed as duplicates
(a write that tells another value became evidence of a record), true facts retired by a write that is not about them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, scratch, summary, timed
from benchmarks.revision_maker import NOW, Scenario, Slot, Written
from benchmarks.revision_scenarios import scenarios, stream
from benchmarks.revision_values import LISTED

from benchmarks import revision_heldout, revision_templates
from ricordo import Memory
from ricordo.testing import FixedClock
from ricordo.types import EVENT_KINDS, RECALLABLE, STATUSES, Item, Record, Verdict

TEMPLATES: Mapping[str, ModuleType] = {"heldout": revision_heldout, "dev": revision_templates}
_K = 5
_TOKEN = re.compile(r"[^\W_](?:[\w.,:@'’+/-]*[^\W_])?\+*|[€$£%]")
_ARTICLES = frozenset({"a", "an", "the"})
_REMARK = re.compile(r"\[(?:was so|no longer so|unknown)|\buntil \d{4}-\d\d-\d\d\]")
#: Words that a value may have besides those of gold: "dark mode" for "dark".
_MOST_MORE = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong, in a word for counting and in a sentence."""

    kind: str
    told: str


@dataclass(slots=True)
class Held:
    """What a space holds after the stream, by scenario.

    Args:
        verdicts: By ref of the write.
        records: Records of every status, by id of the scenario.
        owners: The scenario of each record id.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[str, str] = field(default_factory=dict)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without articles and punctuation.

    >>> words("The price is €20, at 10:30.")
    ['price', 'is', '€', '20', 'at', '10:30']
    """
    return [word for word in _TOKEN.findall(text.casefold()) if word not in _ARTICLES]


def holds(text: str, value: str) -> bool:
    """Tell whether the words of a value stand in a text, one after the other."""
    inside, run = words(text), words(value)
    return any(inside[spot : spot + len(run)] == run for spot in range(len(inside) - len(run) + 1))


def is_value(record: Record, spelled: Iterable[str]) -> bool:
    """Tell whether a record's value is this one in any of its spellings, give or take a word beside it."""
    told = record.value if record.value is not None else record.content
    return any(holds(told, one) and len(words(told)) <= len(words(one)) + _MOST_MORE for one in spelled)


def write_all(memory: Memory, made: Sequence[Scenario], seed: int) -> tuple[Held, list[Spent]]:
    """Write the stream, and return what the space holds after it, and what each write took."""
    held, spent = Held(), []
    last: dict[str, str] = {}
    for scenario, write in stream(made, seed):
        fields = dict(write.fields)
        ref = fields["ref"]
        if write.edits:
            changes = {name: value for name, value in fields.items() if name != "ref"}
            verdict, took = timed(partial(memory.update, last[scenario.id], **changes))
        else:
            verdict, took = timed(partial(memory.retain, **fields))
        held.verdicts[ref], last[scenario.id] = verdict, verdict.record.id
        held.owners.setdefault(verdict.record.id, scenario.id)
        spent.append(took)
    sort(held, everything(memory), made)
    return held, spent


def everything(memory: Memory) -> Iterator[Record]:
    """Yield the current version of every record, whatever its status."""
    for status in STATUSES:
        cursor = None
        while True:
            page = memory.list(filters={"status": status}, limit=1000, cursor=cursor)
            yield from page.records
            cursor = page.cursor
            if cursor is None:
                break


def sort(held: Held, records: Iterable[Record], made: Sequence[Scenario]) -> None:
    """Give each record to its scenario: by ref, by its id, by what it was derived from, by its subject."""
    subjects = {_name(slot.subject): one.id for one in made for slot in one.slots}
    for record in records:
        refs = [ref.partition(".")[0] for ref in record.refs]
        derived = [held.owners[link.target] for link in record.links if link.target in held.owners]
        owner = next(iter([*refs, *derived]), held.owners.get(record.id) or subjects.get(_name(record.subject or "")))
        if owner is not None:
            held.owners[record.id] = owner
            held.records[owner].append(record)


def _name(subject: str) -> str:
    return " ".join(words(subject))


def _attribute(attribute: str) -> str:
    return attribute.casefold().replace(" ", "_").replace("favorite", "favourite")


def is_live(record: Record) -> bool:
    """Tell whether a record is a state that holds when everything is asked."""
    ended = record.valid_to is not None and record.valid_to <= NOW
    return record.status in RECALLABLE and record.kind not in EVENT_KINDS and not ended


def of_slot(records: Iterable[Record], slot: Slot) -> list[Record]:
    """Return the records of a slot."""
    key = (_name(slot.subject), _attribute(slot.attribute))
    return [one for one in records if (_name(one.subject or ""), _attribute(one.attribute or "")) == key]


def judge(memory: Memory, scenario: Scenario, held: Held) -> list[Fault]:
    """Return what is wrong with a scenario."""
    records = held.records[scenario.id]
    faults = [*_verdicts(scenario, held), *_texts(scenario, records), *_retired(scenario, held)]
    for spot, slot in enumerate(scenario.slots):
        faults += _slot(memory, scenario, spot, records)
        faults += _repeated(scenario, spot, slot, records)
    return faults


def _verdicts(scenario: Scenario, held: Held) -> Iterator[Fault]:
    for write in scenario.writes:
        verdict = held.verdicts[write.fields["ref"]]
        if write.expect is not None and verdict.action != write.expect:
            yield Fault("action", f"{write.fields['ref']}: {verdict.action} by {verdict.rule}, expected {write.expect}")


def _slot(memory: Memory, scenario: Scenario, spot: int, records: Sequence[Record]) -> Iterator[Fault]:
    slot = scenario.slots[spot]
    live = [one for one in of_slot(records, slot) if is_live(one)]
    allowed = [*slot.live, *((one,) for one in slot.may)]
    missing = [spelled[0] for spelled in slot.live if not any(is_value(one, spelled) for one in live)]
    wrong = [one.value for one in live if not any(is_value(one, spelled) for spelled in allowed)]
    if wrong:
        yield Fault("wrong live", f"{slot.attribute} of {slot.subject} holds {wrong}")
    if scenario.form == "slot":
        if missing:
            yield Fault("missing", f"{slot.attribute} of {slot.subject} lacks {missing}")
        return
    items, lines = _asked(memory, scenario, slot)
    if missing and not _answered(items, slot):
        yield Fault("missing", f"{slot.attribute} of {slot.subject} lacks {missing}, and recall has it not first")
    for value in slot.gone:
        shown = [item for item, line in zip(items, lines, strict=True) if _shows(item, line, value, scenario, spot)]
        if shown:
            yield Fault("shown as current", f"{value!r}, by {shown[0].text!r}")


def _asked(memory: Memory, scenario: Scenario, slot: Slot) -> tuple[list[Item], list[str]]:
    """Return the items that speak of the scenario's own, and their lines."""
    found = memory.recall(slot.question, k=_K)
    lines = found.text.splitlines()[1:]
    own = [_own(item.record, scenario) for item in found.items]
    kept = [(item, line) for item, line, ours in zip(found.items, lines, own, strict=True) if ours]
    return [item for item, _ in kept], [line for _, line in kept]


def _own(record: Record, scenario: Scenario) -> bool:
    """Tell whether a record is of a scenario."""
    subjects = {_name(slot.subject) for slot in scenario.slots}
    return any(ref.startswith(scenario.id) for ref in record.refs) or _name(record.subject or "") in subjects


def _answered(items: Sequence[Item], slot: Slot) -> bool:
    """Tell whether the first item holds a live value, and all of them together every one."""

    def has(item: Item, spelled: Iterable[str]) -> bool:
        return any(holds(item.record.content, one) for one in spelled)

    first = bool(items) and any(has(items[0], spelled) for spelled in slot.live)
    return first and all(any(has(item, spelled) for item in items) for spelled in slot.live)


def _shows(item: Item, line: str, value: str, scenario: Scenario, spot: int) -> bool:
    """Tell whether an item shows a value as current that has passed."""
    record = item.record
    if not holds(record.content, value) or is_remarked(item, line, value):
        return False
    said = (record.content, record.speaker)
    verbatim = [write for write in scenario.writes if (write.fields["content"], write.fields.get("speaker")) == said]
    if verbatim:
        return any(value in write.claims and write.slot == spot for write in verbatim)
    return record.subject is None or _name(record.subject) == _name(scenario.slots[spot].subject)


def is_remarked(item: Item, line: str, value: str) -> bool:
    """Tell whether an item, or its line, says that what it holds, or this value of it, has passed or is unknown."""
    standing = getattr(getattr(item, "standing", None), "state", "current")
    return standing != "current" or _REMARK.search(line) is not None or holds(line.partition("[of this ")[2], value)


def _repeated(scenario: Scenario, spot: int, slot: Slot, records: Sequence[Record]) -> Iterator[Fault]:
    """Check that what was said twice has one live record."""
    for write in scenario.writes:
        if write.repeats and write.slot == spot:
            count = len(_saying(records, slot, write))
            if count > 1 or (not count and any(set(write.claims) & set(spelled) for spelled in slot.live)):
                yield Fault("not merged", f"{count} live records say {write.claims[0]!r}")


def _saying(records: Iterable[Record], slot: Slot, write: Written) -> list[Record]:
    """Return the live records of the slot's subject, or of none, that say what a write says."""
    spelled = _spellings(slot, write)
    own = (_name(slot.subject), "")
    return [one for one in records if is_live(one) and is_value(one, spelled) and _name(one.subject or "") in own]


def _spellings(slot: Slot, write: Written) -> tuple[str, ...]:
    return next((spelled for spelled in slot.live if set(write.claims) & set(spelled)), write.claims)


def _texts(scenario: Scenario, records: Sequence[Record]) -> Iterator[Fault]:
    """Check plain facts without a slot: kept apart, or merged into one."""
    live = [one for one in records if is_live(one)]
    for text in scenario.kept:
        if not any(one.content == text for one in live):
            yield Fault("lost", f"no live record says {text!r}")
    if scenario.merged and sum(one.content in scenario.merged for one in live) != 1:
        yield Fault("not merged", f"not one live record for {scenario.merged}")


def _retired(scenario: Scenario, held: Held) -> Iterator[Fault]:
    """Check that no write of this scenario touched another's record, and that no true fact of its own was retired."""
    for write in scenario.writes:
        for id in held.verdicts[write.fields["ref"]].affected:
            if held.owners.get(id, scenario.id) != scenario.id:
                yield Fault("unrelated", f"{write.fields['ref']} changed a record of {held.owners[id]}")
    for slot in scenario.slots:
        own = of_slot(held.records[scenario.id], slot)
        for spelled in slot.live:
            holding = [one for one in own if is_value(one, spelled)]
            if holding and not any(map(is_live, holding)):
                kind = "retired" if _by_its_own(holding[0], slot, scenario, held) else "unrelated"
                yield Fault(kind, f"{slot.attribute} of {slot.subject}: {spelled[0]!r} was retired")


def _by_its_own(record: Record, slot: Slot, scenario: Scenario, held: Held) -> bool:
    """Tell whether a record ended by itself, or by a write about its slot that told another state of it."""
    if record.superseded_by is None:
        return True
    follower = next((one for one in held.records[scenario.id] if one.id == record.superseded_by), None)
    writers = [write for write in scenario.writes if follower and write.fields["ref"] in follower.refs]
    about = [write for write in writers if write.slot is not None and scenario.slots[write.slot] == slot]
    return bool(about) and slot.attribute not in LISTED


def merges(made: Sequence[Scenario], held: Held) -> tuple[int, int]:
    """Return (found, all) of the writes that say only what is known."""
    found = total = 0
    for scenario in made:
        records = held.records[scenario.id]
        for write in scenario.writes:
            if write.repeats:
                total += 1
                found += _merged(scenario, write, records, held)
    return found, total


def _merged(scenario: Scenario, write: Written, records: Sequence[Record], held: Held) -> bool:
    if write.slot is None or scenario.form == "slot":
        return held.verdicts[write.fields["ref"]].action == "reinforced"
    slot = scenario.slots[write.slot]
    return len(_saying(records, slot, write)) == 1


def changes(made: Sequence[Scenario], faults: Mapping[str, Sequence[Fault]], held: Held) -> tuple[int, int]:
    """Return (found, all) of the writes that put an end to a value: the new one lives, the old one does not."""
    found = total = 0
    for scenario in made:
        wrong = {fault.kind for fault in faults[scenario.id]} & {"wrong live", "missing", "shown as current", "retired"}
        for write in scenario.writes:
            if write.replaces is not None:
                total += 1
                determined = write.expect is None or held.verdicts[write.fields["ref"]].action == write.expect
                found += not wrong and determined
    return found, total


def swallowed(scenario: Scenario, held: Held) -> Iterator[Fault]:
    """Yield the writes that tell something else than the record whose evidence they became."""
    for write in scenario.writes:
        ref = write.fields["ref"]
        said = held.verdicts[ref]
        if said.action == "reinforced" and write.expect not in (None, "reinforced"):
            yield Fault("swallowed", f"{ref}: {write.fields['content']!r} became evidence of {said.record.content!r}")
        elif write.claims and write.slot is not None and not write.edits:
            yield from _misfiled(scenario, write, held)


def _misfiled(scenario: Scenario, write: Written, held: Held) -> Iterator[Fault]:
    """Yield the live records of the slot that hold another of its values and have this write for evidence."""
    slot = scenario.slots[write.slot or 0]
    spelled = {*_spellings(slot, write), *write.claims}
    others = [
        one for one in (*(one for each in slot.live for one in each), *slot.gone, *slot.may) if one not in spelled
    ]
    for record in of_slot(held.records[scenario.id], slot):
        evidence = write.fields["ref"] in record.refs and is_live(record) and not record.user_edited
        if evidence and any(is_value(record, (one,)) for one in others) and not is_value(record, spelled):
            told = record.value or record.content
            yield Fault("swallowed", f"{write.fields['ref']}: {write.claims[0]!r} became evidence of {told!r}")


def score(memory: Memory, made: Sequence[Scenario], held: Held) -> dict[str, Any]:
    """Return the figures, and the scenarios that fail with what is wrong."""
    faults = {one.id: [*judge(memory, one, held), *swallowed(one, held)] for one in made}
    kinds = Counter(fault.kind for each in faults.values() for fault in each)
    merged, repeated = merges(made, held)
    ended, changed = changes(made, faults, held)
    agree = [one for one in made if not faults[one.id]]
    return {
        "agreement": round(len(agree) / len(made), 4),
        "by_form": _shares(made, faults, lambda one: one.form),
        "by_category": _shares(made, faults, lambda one: f"{one.category} ({one.form})"),
        "merges": {"found": merged, "of": repeated, "share": round(merged / max(repeated, 1), 4)},
        "supersessions": {"found": ended, "of": changed, "share": round(ended / max(changed, 1), 4)},
        "updates_swallowed": kinds["swallowed"],
        "true_facts_retired_by_unrelated": kinds["unrelated"],
        "faults": dict(sorted(kinds.items())),
        "failed": [_shown(one, faults[one.id]) for one in made if faults[one.id]],
    }


def _shares(made: Sequence[Scenario], faults: Mapping[str, Sequence[Fault]], label: Any) -> dict[str, float]:
    totals, passed = Counter(map(label, made)), Counter(label(one) for one in made if not faults[one.id])
    return {name: round(passed[name] / totals[name], 4) for name in sorted(totals)}


def _shown(scenario: Scenario, faults: Sequence[Fault]) -> dict[str, Any]:
    return {
        "scenario": scenario.id,
        "category": f"{scenario.category} ({scenario.form})",
        "writes": [_line(write) for write in scenario.writes],
        "faults": [f"{fault.kind}: {fault.told}" for fault in faults],
    }


def _line(write: Written) -> str:
    fields = write.fields
    told = [fields["at"][:10] if "at" in fields else "edited", fields.get("speaker", "")]
    return f"{' '.join(part for part in told if part)}: {fields['content']}"


def run(count: int, seed: int, templates: ModuleType) -> dict[str, Any]:
    """Write and score; one space on disk, one scope."""
    made = scenarios(count, seed, templates)
    with scratch() as folder, Memory.open(folder / "space", embedder=None, clock=FixedClock(NOW)) as memory:
        held, spent = write_all(memory, made, seed)
        figures = score(memory, made, held)
        return {"writes": len(spent), "records": memory.stats().records, "write": summary(spent), **figures}


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=2408, help="how many")
    parser.add_argument("--templates", choices=sorted(TEMPLATES), default="heldout", help="the sentences of plain text")
    parser.add_argument("--failures", type=int, default=20, help="how many failing scenarios to list")
    parser.add_argument("--category", default="", help="list only failing ones of which this is a part of the category")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result = run(given.scenarios, given.seed, TEMPLATES[given.templates])
    failed = result.pop("failed")
    emit(
        {
            "benchmark": "revision",
            "command": command(["revision.py", *(sys.argv[1:] if argv is None else argv)]),
            "machine": machine(),
            "templates": given.templates,
            "scenarios": given.scenarios,
            **result,
            "failing": len(failed),
            "failed": [one for one in failed if given.category in one["category"]][: given.failures],
        },
        given.out,
    )


if __name__ == "__main__":
    main()
