"""Bounding the log: which retired records nothing rests on any more, and how their content goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ricordo.plaintext.cascade import newest
from ricordo.plaintext.expire import beginning
from ricordo.store.base import Row, Snapshot, Transaction, Visible, Write
from ricordo.store.fold import canonical, stamp
from ricordo.types import RECALLABLE, STATUSES, Record

#: What can be compacted, once it has been so for long enough.
RETIRED = frozenset({"superseded", "retracted", "archived"})
_PAGE = 500
_EVIDENCE = ("derived_from",)


@dataclass(slots=True)
class _Plan:
    """What was found in one look at every current record."""

    due: dict[str, int] = field(default_factory=dict)
    rests: dict[str, set[str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def plan(snapshot: Snapshot, scopes: tuple[str, ...] | None, before: datetime) -> tuple[list[str], int]:
    """Return what can go, newest first, and how many retired records stay because something rests on them.

    What stays: evidence that a record which stays was derived from or was said in, and of a slot the state that a live
    state followed directly, so that what was before is known and the change can be undone.

    Args:
        snapshot: Where to look.
        scopes: The scopes to compact; None is all. Records of other scopes still protect what they rest on.
        before: What was retired before this moment.
    """
    found = _look(snapshot, scopes, before)
    retired, waiting = len(found.due), found.kept
    while waiting:  # what a record that stays rests on stays too, and what that rests on
        for id in found.rests.get(waiting.pop(), ()):
            if found.due.pop(id, None) is not None:
                waiting.append(id)
    ordered = sorted(found.due, key=lambda id: -found.due[id])
    return ordered, retired - len(ordered)


def _look(snapshot: Snapshot, scopes: tuple[str, ...] | None, before: datetime) -> _Plan:
    found = _Plan({row.record.id: row.rid for row in _retired(snapshot, scopes, before)})
    for row in _pages(snapshot, Visible(scopes=None, now=beginning(), statuses=STATUSES)):
        record = row.record
        if needs := _rests_on(record) & found.due.keys():
            found.rests[record.id] = needs
        if record.id not in found.due:
            found.kept.append(record.id)
    return found


def _rests_on(record: Record) -> set[str]:
    """Return the records that one needs: its evidence, and of a live state those it followed."""
    evidence = {link.target for link in record.links if link.type in _EVIDENCE}
    said_in = {source.record for source in record.sources if source.record is not None}
    return evidence | said_in | (set(record.supersedes) if record.status in RECALLABLE else set())


def _retired(snapshot: Snapshot, scopes: tuple[str, ...] | None, before: datetime) -> Iterator[Row]:
    seen = Visible(scopes=scopes, now=beginning(), statuses=tuple(sorted(RETIRED)))
    return (row for row in _pages(snapshot, seen) if row.record.recorded_at < before)


def _pages(snapshot: Snapshot, seen: Visible) -> Iterator[Row]:
    after = 0
    while rows := snapshot.page(seen, after, _PAGE):
        yield from rows
        after = rows[-1].rid


def weigh(snapshot: Snapshot, ids: Sequence[str]) -> int:
    """Return the bytes that these records have in the log."""
    size, wanted = 0, frozenset(ids)
    for event in snapshot.events() if wanted else ():  # one pass: a record's own events may touch a thousand others
        parts = zip(event.targets, event.payloads, strict=True)
        size += sum(len(canonical(part).encode()) for target, part in parts if target.id in wanted and part)
    return size


def compact(
    transaction: Transaction, ids: Sequence[str], planned: Collection[str], before: datetime, now: datetime
) -> tuple[int | None, list[str]]:
    """Take the content of records away that are still retired, in one event. Return its `seq`, and the ids.

    Args:
        transaction: Where to look and to write.
        ids: A batch of the plan.
        planned: The whole plan: what rests on these must be part of it.
        before: What was retired before this moment.
        now: When it is recorded.
    """
    everything = Visible(scopes=None, now=beginning())
    hits = transaction.linked(ids, everything, _EVIDENCE)
    linking = transaction.rows([hit.vid for hit in hits])
    needed = {hit.target for hit in hits if linking[hit.vid].record.id not in planned}
    rows = [newest(transaction, id) for id in ids if id not in needed]
    gone = [row.record.id for row in rows if row is not None and _still(row.record, before)]
    reason = f"retired before {stamp(before)}"
    writes = [Write(id, erase=True, rule="compact", reason=reason) for id in gone]
    return (transaction.append("compact", writes, now).seq if writes else None), gone


def _still(record: Record, before: datetime) -> bool:
    return record.status in RETIRED and record.recorded_at < before
