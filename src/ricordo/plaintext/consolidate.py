"""Consolidation: plan on a snapshot what a smaller set can stand for, then replace region by region, one event each.

Nothing is held open between reading and replacing. The transaction that replaces a region looks again: where a record
of it has changed, or something has come to rest on it, the region is left as it is, and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from ricordo.errors import BoundError
from ricordo.index.entry import Indexing
from ricordo.plaintext.bounds import Bounds, within
from ricordo.plaintext.cascade import EVERYTHING, newest
from ricordo.plaintext.regions import Draft, Turn, exchange, exchanges, mergeable, near_duplicates, turns
from ricordo.plaintext.retain import MOST_TARGETS, new_id
from ricordo.plaintext.undo import difference
from ricordo.results import Region
from ricordo.store.base import Made, Row, Snapshot, Store, Transaction, Visible, Write
from ricordo.store.fold import fields_of, slot_place, twin_key
from ricordo.types import EVENT_KINDS, KINDS, RECALLABLE, Record

#: Records of one region at most; what is more is for the next run.
MOST_MEMBERS = MOST_TARGETS - 1
_PAGE = 500
_STATES = tuple(kind for kind in KINDS if kind not in EVENT_KINDS)
#: What a planner reads: turns that were replaced keep their places among those that were not.
_TURNS = (*sorted(RECALLABLE), "archived")


# -- planning


def plan(
    snapshot: Snapshot, seen: Visible, indexing: Indexing, strategies: Iterable[str], until: datetime | None = None
) -> list[Draft]:
    """Return the regions that can be replaced, those that were said first in front.

    Args:
        snapshot: What to read.
        seen: The scopes, and the present moment.
        indexing: How text is read.
        strategies: Names of planners, of `STRATEGIES`.
        until: Only records said before this; None is all.
    """
    found: list[Draft] = []
    for name in strategies:
        drafts = STRATEGIES[name](snapshot, seen, indexing, until)
        found += sorted(drafts, key=lambda draft: draft.members[0].said_at)
    return found


def _near_duplicates(snapshot: Snapshot, seen: Visible, indexing: Indexing, until: datetime | None) -> Iterator[Draft]:
    """Plan by the exact key under which a write finds what says the same: clusters are equal, never alike."""
    by_key: dict[bytes, list[int]] = {}
    for row in pages(snapshot, replace(seen, kinds=_STATES, until=until)):
        if mergeable(row.record) and (key := twin_key(row.record)) is not None:
            by_key.setdefault(key, []).append(row.vid)
    for vids in by_key.values():
        if len(vids) > 1:
            records = [row.record for row in sorted(snapshot.rows(vids).values(), key=lambda row: row.rid)]
            held = _rested_on(snapshot, records) | _put_back(snapshot, records)
            yield from near_duplicates([record for record in records if record.id not in held][:MOST_MEMBERS])


def _exchanges(snapshot: Snapshot, seen: Visible, indexing: Indexing, until: datetime | None) -> Iterator[Draft]:
    """Plan session by session, over all turns it ever had: what was replaced before keeps its place and its group."""
    sessions: dict[tuple[str, str], list[Record]] = {}
    for row in pages(snapshot, replace(seen, kinds=("observation",), statuses=_TURNS)):
        if row.record.session is not None and not row.record.supersedes:
            sessions.setdefault((row.record.scope, row.record.session), []).append(row.record)
    for said in sessions.values():
        barred = _rested_on(snapshot, said)

        def free(record: Record, barred: Collection[str] = barred) -> bool:
            return record.id not in barred and (until is None or record.said_at < until)

        order: list[Turn] = turns(said, free, indexing.tokeniser.index_terms)
        for group in exchanges(order):
            yield exchange([order[spot] for spot in group])


#: Planners by name, in the order they run.
STRATEGIES: dict[str, Callable[[Snapshot, Visible, Indexing, datetime | None], Iterator[Draft]]] = {
    "near_duplicates": _near_duplicates,
    "exchanges": _exchanges,
}


def pages(snapshot: Snapshot, seen: Visible) -> Iterator[Row]:
    """Yield every version that may be seen, in the order records were first written."""
    after = 0
    while rows := snapshot.page(seen, after, _PAGE):
        yield from rows
        after = rows[-1].rid


def _rested_on(snapshot: Snapshot, records: Sequence[Record]) -> set[str]:
    """Return which of these other records point to, or are told by: those stay as they are.

    A summary that was undone still points to what it stood for, so that nothing is replaced a second time that someone
    has put back.
    """
    ids = [record.id for record in records]
    linked = {hit.target for hit in snapshot.linked(ids, EVERYTHING)}
    return linked | {hit.witness for hit in snapshot.cited(ids, EVERYTHING)}


def _put_back(snapshot: Snapshot, records: Sequence[Record]) -> set[str]:
    """Return which of these were replaced before and put back by `undo`."""
    return {
        record.id
        for record in records
        if record.version > 1 and any(change.op == "undo" for change in snapshot.changes(record.id))
    }


# -- replacing


def replaced(transaction: Transaction, draft: Draft, indexing: Indexing, now: datetime) -> Region:
    """Replace a region in one event, if it still is what was read.

    Args:
        transaction: Where to look and to write.
        draft: The region as it was planned.
        indexing: Makes the index entry of a new record.
        now: When it is recorded.
    """
    rows = [newest(transaction, record.id) for record in draft.members]
    if reason := _changed(transaction, draft, rows, now):
        return replace(planned(draft), skipped=reason)
    stands, first = _standing(draft, indexing, now)
    rule = f"consolidate.{draft.strategy}"
    gone = [
        Write(record.id, set={"status": "archived", "superseded_by": stands.id}, rule=rule) for record in draft.retired
    ]
    event = transaction.append("consolidate", [replace(first, rule=rule), *gone], now)
    return replace(planned(draft), by=stands.id, event=event.seq)


def attempt(
    write: Callable[[Callable[[Transaction], Region]], Region], draft: Draft, indexing: Indexing, now: datetime
) -> Region:
    """Replace a region; one whose replacement does not fit within the bounds is left as it is, and says so.

    Args:
        write: Runs work in a transaction that keeps the bounds.
        draft, indexing, now: As of `replaced`.
    """
    try:
        return write(partial(replaced, draft=draft, indexing=indexing, now=now))
    except BoundError as error:
        return replace(planned(draft), skipped=str(error))


def planned(draft: Draft) -> Region:
    """Return a region as it is told."""
    text = draft.kept.content if draft.kept else draft.fields["content"]
    ids = tuple(record.id for record in draft.retired)
    return Region(draft.strategy, draft.scope, ids, draft.kept.id if draft.kept else None, text)


def _changed(transaction: Transaction, draft: Draft, rows: Sequence[Row | None], now: datetime) -> str | None:
    """Return why a region may not be replaced any more, or None."""
    for read, row in zip(draft.members, rows, strict=True):
        if row is None or row.record != read:
            return f"record {read.id} has changed since it was read"
        if read.expires_at is not None and read.expires_at <= now:
            return f"record {read.id} has expired"
    held = sorted(_rested_on(transaction, draft.members))
    return f"something has come to rest on record {held[0]}" if held else None


def _standing(draft: Draft, indexing: Indexing, now: datetime) -> tuple[Record, Write]:
    """Return the record that stands for a region, and the write that makes it so; each that it stands for is cited."""
    if draft.kept is not None:
        after = replace(draft.kept, **draft.fields)
        cited = [{"record": record.id} for record in draft.retired]
        return after, Write(after.id, set=difference(draft.kept, after), source=cited)
    fields = {name: value for name, value in draft.fields.items() if name != "ref"}
    record = Record(id=new_id(now), version=1, recorded_at=now, event=0, **fields)
    state = fields_of(record) | ({"ref": draft.fields["ref"]} if draft.fields.get("ref") else {})
    made = Made(record, indexing(record), slot_place(record), twin_key(record))
    main = next(one for one in draft.members if (one.ref, one.said_at, one.speaker) == _told_by(draft))
    others = [{"record": one.id} for one in draft.members if one is not main]
    return record, Write(record.id, set=state, source=others or None, made=made)


def _told_by(draft: Draft) -> tuple[str | None, datetime, str | None]:
    return draft.fields["ref"], draft.fields["said_at"], draft.fields["speaker"]


# -- on schedule


@dataclass(slots=True)
class Schedule:
    """Consolidates a space from time to time, as a step of the background thread; what is newer than a period is left.

    Args:
        store: The space.
        indexing: How text is read.
        every_s: Seconds between two runs, and from the opening of the space to the first.
        now: Tells the time.
        bounds: What must hold of the space after each event.
    """

    store: Store
    indexing: Indexing
    every_s: float
    now: Callable[[], datetime]
    bounds: Bounds = field(default_factory=Bounds)
    due: float = 0.0

    def __post_init__(self) -> None:
        self.due = monotonic() + self.every_s

    def __call__(self, stop: Callable[[], bool]) -> int:
        """Run once where it is time; leave off between two regions where `stop` says so."""
        if monotonic() < self.due:
            return 0
        now = self.now()
        with self.store.read() as snapshot:
            until = now - timedelta(seconds=self.every_s)
            drafts = plan(snapshot, Visible(scopes=None, now=now), self.indexing, STRATEGIES, until)
        for draft in drafts:
            if stop():
                return 0
            attempt(self._write, draft, self.indexing, now)
        self.due = monotonic() + self.every_s
        return 0

    def _write(self, work: Callable[[Transaction], Region]) -> Region:
        return self.store.transact(within(self.bounds, self.now, work))
