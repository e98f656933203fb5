"""From what `Memory` returns to lines a person reads, and to JSON. Pure."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import click

from ricordo.plaintext.explain import explain
from ricordo.results import Compaction, Erasure, Expiry, Forgotten, Import, Page, Pages, Stats, Undone, Verification
from ricordo.types import Change, Item, Recall, Record, Reflection, Verdict

#: Characters that would move the cursor, colour the screen or turn the direction of writing.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NARROWEST, _WIDEST, _PIPED = 60, 120, 100
_MOST_SKIPPED = 20
_RECALL_LINES = 2
_LEAST_SHARE = 0.005
#: Stands for a space at which no line is broken.
_GLUE = "\x00"


def width() -> int:
    """Return how many columns there are to write in."""
    if not sys.stdout.isatty():
        return _PIPED
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def safe(text: str) -> str:
    """Return text without the characters that drive a terminal."""
    return _UNSAFE.sub("�", text)


def flat(text: str) -> str:
    r"""Return text as one line that is safe to print.

    >>> flat("one\n  two")
    'one two'
    """
    return safe(" ".join(text.split()))


def short(text: str, room: int) -> str:
    """Return text as one line of at most so many characters."""
    line = flat(text)
    return line if len(line) <= room else f"{line[: max(room - 1, 1)]}…"


def dim(text: str) -> str:
    """Return text of second rank."""
    return click.style(text, dim=True)


def day(moment: datetime) -> str:
    """Return the day of a moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """Return a moment to the second; midnight as a day."""
    local = moment.astimezone(UTC)
    return day(local) if (local.hour, local.minute, local.second) == (0, 0, 0) else local.strftime("%Y-%m-%d %H:%M:%SZ")


def rows(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return names and values in two columns, those without a value left out."""
    kept = [(name, value) for name, value in pairs if value]
    widest = max((len(name) for name, _ in kept), default=0)
    return [f"{name:<{widest}}  {value}" for name, value in kept]


# -- records


def record(one: Record) -> list[str]:
    """Return everything about a record, its content last."""
    pairs = [
        ("id", f"{one.id}  version {one.version}"),
        ("kind", f"{one.kind}, {one.derivation}, {one.status}"),
        ("scope", flat(one.scope)),
        ("title", flat(one.title or "")),
        ("speaker", flat(one.speaker or "")),
        ("session", flat(one.session or "")),
        ("said", clock(one.said_at)),
        ("recorded", f"{clock(one.recorded_at)}, event {one.event}"),
        ("valid", valid(one)),
        ("expires", clock(one.expires_at) if one.expires_at else ""),
        ("slot", f"{slot(one)} ({one.cardinality})" if slot(one) else ""),
        ("name", flat(", ".join((*([one.name] if one.name else []), *one.aliases)))),
        ("learnt", flat(", ".join(one.learnt))),
        ("why", flat(one.why or "")),
        ("pinned", "yes" if one.pinned else ""),
        ("edited", "by a person" if one.user_edited else ""),
        ("supersedes", ", ".join(one.supersedes)),
        ("superseded by", one.superseded_by or ""),
        ("links", ", ".join(f"{link.type}:{link.target}" for link in one.links)),
        ("metadata", flat(", ".join(f"{name}={value}" for name, value in one.metadata.items()))),
        *(("source", source) for source in _sources(one)),
    ]
    return [*rows(pairs), "", *(f"  {line}" for line in safe(one.content).splitlines())]


def _sources(one: Record) -> list[str]:
    return [
        ", ".join(filter(None, (flat(part.ref or ""), flat(part.speaker or ""), clock(part.said_at))))
        + f", event {part.event}"
        + (f", in {part.record}" if part.record else "")
        + (f': "{short(part.said, width() // 2)}"' if part.said else "")
        for part in one.sources
    ]


def valid(one: Record) -> str:
    """Return when a record's content is true, as far as it says."""
    if one.valid_from is None and one.valid_to is None:
        return ""
    begin = clock(one.valid_from) if one.valid_from else "ever"
    return f"{begin} to {clock(one.valid_to)}" if one.valid_to else f"since {begin}"


def page(one: Page) -> list[str]:
    """Return a line for each record."""
    label = max((min(len(flat(part.scope)), 16) for part in one.records), default=0)
    return [_listed(part, label) for part in one.records]


def _listed(one: Record, label: int) -> str:
    head = f"{one.id}  {day(one.said_at)}  {one.kind:<12}  {short(one.scope, label):<{label}}  "
    state = "" if one.status == "active" else f"({one.status}) "
    said = f"{state}{short(one.speaker, 16)}: " if one.speaker else state
    return f'{dim(head)}{said}"{short(one.content, width() - len(head) - len(said) - 2)}"'


# -- reading


def recall(found: Recall, *, full: bool = False) -> list[str]:
    """Return rank, score, day, speaker and content of each item, and below it where it is from and why it came."""
    if not found.items:
        return [nothing(found), *_further(found)]
    who = max(min(len(flat(item.record.speaker or "")), 16) for item in found.items)
    items = [line for rank, item in enumerate(found.items, 1) for line in _item(rank, item, who, full)]
    return [*items, *_further(found)]


def nothing(found: Recall) -> str:
    """Return why there is no item: nothing was found, it is so no more, or nothing of it fits."""
    if not found.dropped:
        return "Nothing found."
    if all(part.reason.startswith("passed") for part in found.dropped):
        return f"Nothing that is so now; {len(found.dropped)} found that has passed. --valid-at or list show it."
    return f"Nothing fits in {found.max_tokens} tokens; {len(found.dropped)} found. --explain has what each takes."


def _further(found: Recall) -> list[str]:
    """Return what the evidence loop asked and what it did not find, and whether a model was missing."""
    lines = [f"asked further: {flat(probe)}" for probe in found.probes]
    if found.rounds > 1 and found.uncovered:
        lines += [f"in no item: {' '.join(found.uncovered)}"]
    lines += [f"without a model: {flat(found.degraded)}"] if found.degraded else []
    return [dim(line) for line in lines]


def reflection(told: Reflection, *, explain: bool = False, full: bool = False, as_text: bool = False) -> list[str]:
    """Return the answer where there is one, the evidence, what was asked further, and what it lacks."""
    found, answer = told.evidence, told.answer
    lines: list[str] = []
    if answer is not None:
        lines += [safe(answer.text) or f"No answer: {flat(answer.degraded or 'nothing is remembered')}"]
        lines += [dim("unsupported: it cites no record")] if answer.text and answer.unsupported else []
        lines += [""]
    if as_text:
        return [*lines, *text(found)]
    return [*lines, *(explained(found) if explain else recall(found, full=full))]


def _item(rank: int, item: Item, who: int, full: bool) -> Iterator[str]:
    one = item.record
    head = f"{rank:>2}  {item.score:5.2f}  {day(one.said_at)}  {short(one.speaker or '', who):<{who}}"
    head = f"{head}  " if who else head
    state = "" if one.status == "active" else f"({one.status}) "
    lines = textwrap.wrap(
        f'{state}"{flat(one.content)}"',
        width() - len(head),
        max_lines=None if full else _RECALL_LINES,
        placeholder=' …"',
        break_on_hyphens=False,
    )
    yield click.style(head, bold=True) + lines[0]
    yield from (" " * len(head) + line for line in lines[1:])
    below = "  ".join(filter(None, (one.id, _refs(one), _reasons(item))))
    told = textwrap.wrap(below, width(), initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False)
    yield from (dim(line.replace(_GLUE, " ")) for line in told)


def _refs(one: Record) -> str:
    more = f" +{len(one.refs) - 1}" if len(one.refs) > 1 else ""
    return f"[{flat(one.refs[0])}{more}]" if one.refs else ""


def _reasons(item: Item) -> str:
    arms = sorted(item.why.arms.items(), key=lambda arm: -arm[1].share)
    told = ", ".join(f"{name}{_GLUE}{arm.share:.2f}" for name, arm in arms if arm.share >= _LEAST_SHARE)
    asked = f"asked “{flat(item.why.probe)}”" if item.why.probe else ""
    reason = flat(item.standing.reason or "")
    stands = "of this" if item.standing.state == "current" else item.standing.state
    standing = f"{stands}: {reason}" if reason else ""
    against = f"contradicted by “{flat(item.why.against)}”" if item.why.against else ""
    return "; ".join(filter(None, (standing, against, told, *map(flat, item.why.notes), asked)))


def text(found: Recall) -> list[str]:
    """Return the rendered context; chat messages as JSON."""
    if found.render == "messages":
        return [json.dumps(found.messages, ensure_ascii=False, indent=2)] if found.messages else []
    return [found.text] if found.text else []


def explained(found: Recall) -> list[str]:
    """Return the table of what each arm gave."""
    return safe(explain(found, width())).splitlines()


def history(changes: Sequence[Change]) -> list[str]:
    """Return what happened to a record, oldest first, each with what was new then."""
    lines: list[str] = []
    before: Record | None = None
    for change in changes:
        state = change.record.status if change.record else ""
        rule = "" if change.rule in (None, change.op) else f"rule {change.rule}"
        head = (f"event {change.event}", clock(change.at), change.op, f"version {change.version}", state, rule)
        lines.append("  ".join(filter(None, head)))
        lines += [f"    {line}" for line in _changed(change, before)]
        before = change.record or before
    return lines


def _changed(change: Change, before: Record | None) -> Iterator[str]:
    now = change.record
    if now is not None:
        if before is None or before.content != now.content:
            yield f'"{short(now.content, width() - 6)}"'
        if valid(now) and (before is None or valid(before) != valid(now)):
            yield dim(f"valid {valid(now)}")
        if now.superseded_by and (before is None or before.superseded_by != now.superseded_by):
            yield dim(f"superseded by {now.superseded_by}")
    if change.source is not None:
        yield dim(f"evidence {flat(change.source.ref or '')} {clock(change.source.said_at)}")
    if change.reason:
        yield f"reason: {flat(change.reason)}"


# -- writing


def verdict(one: Verdict) -> list[str]:
    """Return what a write did, with the states that were read from its text."""
    again = ", repeated: nothing was written" if one.repeated else ""
    lines = [
        f"{click.style(one.action, bold=True)} {one.record.kind} {one.record.id} version {one.record.version} "
        f"in {flat(one.record.scope)} (rule {one.rule}, event {one.event}{again})",
        f'  "{short(one.record.content, width() - 4)}"',
    ]
    lines += [f"  {slot(one.record)}"] if slot(one.record) else []
    lines += [f"  {_state(part)}" for part in one.states]
    told = {part.record.id for part in one.states}
    return [*lines, *(f"  changed {id}" for id in one.affected if id not in told)]


def _state(one: Verdict) -> str:
    """Return what became of one state that a text tells."""
    head, tail = f"{one.action:<10}  ", f"  ({one.rule})  {one.record.id}"
    return f"{head}{short(slot(one.record), width() - len(head) - len(tail) - 2)}{dim(tail)}"


def slot(one: Record) -> str:
    """Return subject, attribute and value of a record; empty where it has no slot.

    >>> from ricordo.testing import a_record
    >>> slot(a_record(subject="Ada", attribute="home", value="Lisbon"))
    'Ada / home = Lisbon'
    """
    if one.subject is None or one.attribute is None:
        return ""
    return f"{flat(one.subject)} / {flat(one.attribute)}" + (f" = {flat(one.value)}" if one.value else "")


def verdicts(many: Sequence[Verdict]) -> list[str]:
    """Return what several writes did."""
    return [line for one in many for line in verdict(one)] or ["No message with text: nothing was written."]


def forgotten(one: Forgotten) -> list[str]:
    """Return what was forgotten and how to take it back."""
    if not one.records:
        return ["Nothing to forget."]
    events = "\n".join(f"  ricordo undo {event}" for event in one.events)
    with_it = f", and {_ids(one.unsupported)} that rested on nothing else" if one.unsupported else ""
    return [f"Forgotten: {_ids(one.records)}{with_it}. To take it back:", events]


def erased(one: Erasure) -> list[str]:
    """Return what was erased and whether it is done."""
    if not one.records:
        return ["Nothing to erase."]
    state = "The bytes are gone." if one.status == "done" else f"Pending: {one.reason}; the next write finishes it."
    with_it = f", and {_ids(one.derived)} made of what was said there" if one.derived else ""
    lines = [f"Erased: {_ids(one.records)}{with_it}. {state}"]
    return [*lines, *(f"  made anew from other evidence: {id}" for id in one.kept)]


def expired(one: Expiry) -> list[str]:
    """Return what policies took, or would take, by rule."""
    would = "would go" if one.dry_run else "retired"
    told = [f"{flat(name)}: {_ids(ids)} {would}." for name, ids in one.records.items()]
    told += [f"{flat(name)}: {number} kept." for name, number in one.kept.items()]
    return told or ["Nothing to retire."]


def compacted(one: Compaction) -> list[str]:
    """Return what was taken out of the log, or would be."""
    kept = f"{one.kept} retired records stay: something rests on them."
    if not one.records:
        return ["Nothing to take away.", *([kept] if one.kept else [])]
    done = "Would go" if one.dry_run else "Taken out of the log"
    told = [f"{done}: {_ids(one.records)}, {one.bytes:,} bytes of log.", *([kept] if one.kept else [])]
    return [*told, *([f"Pending: {one.reason}; the next write finishes it."] if one.reason else [])]


def undone(one: Undone) -> list[str]:
    """Return what was put back."""
    lines = [f"Event {one.undone} undone by event {one.event}: {_ids(one.records)} put back."]
    return [*lines, *(f"  left as it is, for it has changed since: {id}" for id in one.conflicts)]


def _ids(ids: Sequence[str]) -> str:
    return f"record {ids[0]}" if len(ids) == 1 else f"{len(ids)} records"


def imported(one: Import) -> list[str]:
    """Return what became of a file, with the first lines that were skipped."""
    counts = [f"{number} {action}" for action, number in one.actions.items()]
    counts += [f"{one.repeated} known already"] if one.repeated else []
    counts += [f"{one.skipped_total} skipped"] if one.skipped_total else []
    lines = [f"{flat(one.path)} ({one.format}): {one.read} read; {', '.join(counts) or 'nothing to keep'}."]
    lines += [f"  line {part.line}: {flat(part.reason)}" for part in one.skipped[:_MOST_SKIPPED]]
    rest = one.skipped_total - min(len(one.skipped), _MOST_SKIPPED)
    return [*lines, *([f"  and {rest} more skipped lines (--json lists them)"] if rest > 0 else [])]


# -- the space


def pages(one: Pages) -> list[str]:
    """Return what was written where."""
    changed = f"{one.written} files written, {one.removed} removed"
    return [f"{one.path}: {one.records} records on {one.pages} pages; {changed}."]


def stats(one: Stats) -> list[str]:
    """Return the counts and sizes of a space."""
    indexed = f"{one.indexed_seq} of {one.seq} events" if one.indexed_seq is not None else ""
    return rows(
        [
            ("profile", one.profile),
            ("records", f"{one.records} that can be recalled; {one.versions} versions in all"),
            ("events", str(one.events)),
            ("scopes", _counted(one.scopes)),
            ("kinds", _counted(one.kinds)),
            ("statuses", _counted(one.statuses)),
            ("live", f"{one.live_bytes:,} bytes, {one.live_tokens:,} tokens of content"),
            ("bounds", _counted(one.bounds)),
            ("vectors", indexed),
            ("tantivy", f"{one.lexical_seq} of {one.seq} events" if one.lexical_seq is not None else ""),
            *(("fault", f"{name}: {flat(what)}") for name, what in one.faults.items()),
            ("size", f"{one.bytes / 1024:,.0f} KiB"),
            ("erasure", "pending; the next write finishes it" if one.pending_erasure else ""),
        ]
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{flat(name)} {number}" for name, number in counts.items())


def verification(one: Verification) -> list[str]:
    """Return whether the space is sound, and what is wrong with it."""
    read = f"{one.events} events read, {one.records} record versions compared with the log"
    if one.ok:
        return [f"Sound: {read}."]
    first = f" First bad event: {one.first_bad}." if one.first_bad is not None else ""
    return [f"Not sound: {read}.{first}", *(f"  {flat(problem)}" for problem in one.problems)]
