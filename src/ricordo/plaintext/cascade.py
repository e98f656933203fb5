"""What goes with a record that is forgotten or erased: what was made of it, and what rested on it alone.

A record rests on its grounds: the records it was derived from, those that hold the words of its further sources, and
what was said of it directly. It stands while one of them stands by way of something that does not rest on the record
itself: the well-founded support of a truth maintenance system (Doyle 1979, "A Truth Maintenance System").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ricordo.store.base import Row, Snapshot, Transaction, Visible, Write
from ricordo.store.fold import logged, slot_place, stamp, state_of
from ricordo.types import RECALLABLE, Link, Record, Source

#: Statuses of a record whose words no longer speak for anything.
SPENT = frozenset({"retracted", "erased", "quarantined"})
#: So many bytes of an erased text in a row must not stay: the width at which erasure is checked.
WINDOW = 8
#: What sees every current record, expired or not.
EVERYTHING = Visible(scopes=None, now=datetime.min.replace(tzinfo=UTC))
_DERIVED = ("derived_from",)
_TIMES = ("valid_from", "valid_to", "valid_precision")
_WORDED = ("content", "title", "speaker", "session", "subject", "attribute", "value", "name", "why")


@dataclass(frozen=True, slots=True)
class Fallout:
    """What is written beside the records that go.

    Args:
        writes: Retractions, withdrawals, and what is put in the place of something.
        unsupported: Ids of records that are retracted, for nothing they rested on is left.
        kept: Ids of records that stand in place of erased ones, on evidence that stays.
    """

    writes: tuple[Write, ...] = ()
    unsupported: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def newest(transaction: Snapshot, id: str) -> Row | None:
    """Return the current version of a record whatever its status, or None."""
    return transaction.find(id, EVERYTHING)


def parents(record: Record) -> list[str]:
    """Return the ids of the records that a record was derived from."""
    return [link.target for link in record.links if link.type == "derived_from"]


def grounds(record: Record) -> frozenset[str | None]:
    """Return what a record rests on: ids of other records, and None for what was said of it directly.

    >>> from ricordo.testing import a_record
    >>> from ricordo.types import Link
    >>> sorted(grounds(a_record(id="a", links=(Link("derived_from", "b"), Link("derived_from", "c")))))
    ['b', 'c']
    """
    linked = parents(record)
    told: list[str | None] = [source.record for source in record.sources]
    if len(linked) > 1:  # its first source stands for all of them
        told = [*linked, *told[1:]]
    return frozenset([*told, None] if record.user_edited else told)


def as_written(source: Source) -> dict[str, Any]:
    """Return a source as `Write` takes it."""
    if source.record is not None:
        return {"record": source.record}
    told = {"ref": source.ref, "said_at": stamp(source.said_at), "speaker": source.speaker, "said": source.said}
    return {name: value for name, value in told.items() if value is not None}


def fallout(
    transaction: Transaction,
    going: Collection[str],
    *,
    may: Callable[[Row], bool],
    op: str,
    apart: Collection[str] = (),
    summaries: Sequence[Record] = (),
) -> Fallout:
    """Return what must be written of the records that stay when others go.

    What has no ground left is retracted, and so on from there; what has one loses the evidence that went. A summary
    that stands in place of its members is taken apart when one of them goes: the others stand again.

    Args:
        transaction: Where to look.
        going: Ids of the records that are forgotten or erased.
        may: Tells whether the caller may write a record; what it may not write is left.
        op: Names the rules: "forget.unsupported" and so on.
        apart: Ids of records that are written otherwise.
        summaries: Records among those that go whose members stand again.
    """
    scene = _Scene(transaction, set(going), may, frozenset(apart))
    scene.spread()
    gone = scene.fallen()
    writes = [*scene.retracted(gone, op), *scene.losing(gone, op)]
    summaries = [*(scene.resting[id] for id in gone), *summaries]
    writes += scene.restored(summaries, op, {*scene.going, *gone, *apart, *(write.id for write in writes)})
    return Fallout(tuple(writes), tuple(gone))


@dataclass(slots=True)
class _Scene:
    """Records that go, and those that rest on them."""

    transaction: Transaction
    going: set[str]
    may: Callable[[Row], bool]
    apart: Collection[str]
    resting: dict[str, Record] = field(default_factory=dict)
    standing: dict[str, bool] = field(default_factory=dict)

    def spread(self) -> None:
        """Find all that rests on what goes, at any remove."""
        edge: Iterable[str] = self.going
        while edge:
            found = [row for row in dependents(self.transaction, edge) if self.may(row)]
            fresh = {
                row.record.id: row.record
                for row in found
                if row.record.status not in SPENT and row.record.id not in {*self.going, *self.apart, *self.resting}
            }
            self.resting |= fresh
            edge = list(fresh)

    def fallen(self) -> list[str]:
        """Return the records that nothing holds up any more."""
        waiting, upheld = dict(self.resting), set[str]()
        while found := [id for id, record in waiting.items() if self._upheld(record, upheld)]:
            upheld.update(found)
            waiting = {id: record for id, record in waiting.items() if id not in upheld}
        return list(waiting)

    def _upheld(self, record: Record, upheld: Collection[str]) -> bool:
        held = [ground is None or self._stands(ground, upheld) for ground in grounds(record)]
        return all(held) if self._members(record) else any(held)

    def _stands(self, id: str, upheld: Collection[str]) -> bool:
        if id in self.going:
            return False
        return id in upheld if id in self.resting else self._alive(id)

    def _alive(self, id: str) -> bool:
        if id not in self.standing:
            row = newest(self.transaction, id)
            self.standing[id] = row is not None and row.record.status not in SPENT
        return self.standing[id]

    def _members(self, record: Record) -> list[Record]:
        """Return the records that a summary stands in place of."""
        if len(linked := parents(record)) < 2:
            return []
        rows = [newest(self.transaction, id) for id in linked]
        return [row.record for row in rows if row is not None and row.record.superseded_by == record.id]

    def retracted(self, gone: Sequence[str], op: str) -> Iterator[Write]:
        """Yield the retractions, each with the records it rested on."""
        for id in gone:
            lost = self._lost(self.resting[id], gone)
            yield Write(id, set={"status": "retracted"}, rule=f"{op}.unsupported", reason=_resting(lost))

    def losing(self, gone: Sequence[str], op: str) -> Iterator[Write]:
        """Yield the withdrawals of evidence from what still stands."""
        for id, record in self.resting.items():
            lost = set() if id in gone else self._lost(record, gone)
            hit = {source.event for source in record.sources if source.record in lost}
            beside = [as_written(one) for one in record.sources if one.event in hit and one.record not in lost]
            if lost:
                rule, reason, seqs = f"{op}.withdrawn", _resting(lost), tuple(sorted(hit))
                patch = self._taken_back(record, seqs)
                yield Write(id, set=patch, withdraw=seqs or None, source=beside or None, rule=rule, reason=reason)

    def _taken_back(self, record: Record, seqs: Sequence[int]) -> dict[str, Any]:
        """Return the patch that takes the valid time back which came with evidence and has not changed since."""
        patch: dict[str, Any] = {}
        for seq in reversed(seqs):
            rows = [self.transaction.find(record.id, replace(EVERYTHING, as_of=moment)) for moment in (seq - 1, seq)]
            before, after = (row.record if row else None for row in rows)
            for name in _TIMES if before and after else ():
                was, became, now = (getattr(one, name) for one in (before, after, record))
                if was != became and logged(became) == patch.get(name, logged(now)):
                    patch[name] = logged(was)
        return patch

    def _lost(self, record: Record, gone: Sequence[str]) -> set[str]:
        return {ground for ground in grounds(record) if ground in self.going or ground in gone}  # type: ignore[misc]

    def restored(self, summaries: Sequence[Record], op: str, taken: Collection[str]) -> Iterator[Write]:
        """Yield what brings the other members of summaries back that are taken apart."""
        for summary in summaries:
            linked = {member.id: member for member in self._members(summary)}
            for member in (linked | {one.id: one for one in behind(self.transaction, summary)}).values():
                if member.id not in taken and member.status not in SPENT and self._free(member, taken):
                    patch = {"status": "active", "superseded_by": None}
                    reason = f"{summary.id}, which stood in its place, is taken apart"
                    yield Write(member.id, set=patch, rule=f"{op}.restored", reason=reason)

    def _free(self, record: Record, taken: Collection[str]) -> bool:
        """Tell whether no other state has the slot of a record that would hold it again."""
        slot = slot_place(record)
        if slot is None or record.cardinality == "many":
            return True
        live = [row.record.id for row in self.transaction.holders(slot) if row.record.status in RECALLABLE]
        return set(live) <= set(taken)


def behind(transaction: Transaction, record: Record) -> list[Record]:
    """Return the archived records that a record stands in place of, since a consolidation."""
    rows = [newest(transaction, id) for id in record.supersedes]
    found = [row.record for row in rows if row is not None]
    return [one for one in found if one.status == "archived" and one.superseded_by == record.id]


def dependents(transaction: Transaction, ids: Iterable[str]) -> list[Row]:
    """Return the current versions of the records that were derived from these, or have them as evidence."""
    listed = list(ids)
    linked = transaction.rows([hit.vid for hit in transaction.linked(listed, EVERYTHING, _DERIVED)])
    cited = {hit.id for hit in transaction.cited(listed, EVERYTHING)} - {row.record.id for row in linked.values()}
    rows = [newest(transaction, id) for id in sorted(cited)]
    return [*linked.values(), *(row for row in rows if row is not None)]


def made_from(transaction: Transaction, ids: Sequence[str], may: Callable[[Row], bool]) -> list[Row]:
    """Return the records that were ever derived from these, at any remove, as they are now; the erased left out."""
    found: dict[str, Row] = {}
    edge = list(ids)
    while edge:
        hits = transaction.linked(edge, EVERYTHING, _DERIVED, past=True)
        named = {row.record.id for row in transaction.rows([hit.vid for hit in hits]).values()} - {*ids, *found}
        rows = [row for id in sorted(named) if (row := newest(transaction, id)) is not None]
        fresh = {row.record.id: row for row in rows if row.record.status != "erased" and may(row)}
        found |= fresh
        edge = list(fresh)
    return list(found.values())


def _resting(lost: Collection[str]) -> str:
    return f"rested on {', '.join(sorted(lost)[:5])}" + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")


def _windows(records: Iterable[Record]) -> set[bytes]:
    """Return every run of eight bytes of all that records say in words."""
    return _windows_of(
        text
        for record in records
        for text in (*(getattr(record, name) for name in _WORDED), record.ref, *record.aliases, *record.learnt)
    )


def _windows_of(texts: Iterable[str | None]) -> set[bytes]:
    data = [text.encode() for text in texts if text]
    return {part[start : start + WINDOW] for part in data for start in range(len(part) - WINDOW + 1)}


def kept(record: Record, witnesses: Sequence[Record], erased: Sequence[Record]) -> dict[str, Any] | None:
    """Return the state of a record in the place of an erased one, on the evidence that stays; None where that can't be.

    All that it says in words is either in the first witness, or shares no eight bytes in a row with what is erased.

    Args:
        record: The record whose bytes go.
        witnesses: Records that said the same and stay, oldest first.
        erased: Every version of the records whose words must not stay.
    """
    if not witnesses or record.subject is None or record.attribute is None:
        return None
    first = witnesses[0]
    barred = _windows(erased) - _windows(witnesses)
    slot = {name: getattr(record, name) for name in ("subject", "attribute", "value")}
    if barred & _windows_of(slot.values()):
        return None
    plain = not barred & _windows_of([record.content])
    begin = first.valid_from or first.said_at
    end = record.valid_to if record.valid_to is not None and record.valid_to > begin else None
    others = tuple(link for link in record.links if link.type == "contradicts")
    own = {name: getattr(first, name) for name in ("scope", "speaker", "said_at", "derivation", "expires_at")}
    return state_of(
        **own,
        **slot,
        kind=record.kind,
        cardinality=record.cardinality,
        content=record.content if plain else first.content,
        status=record.status,
        superseded_by=record.superseded_by,
        valid_from=begin,
        valid_to=end,
        ref=first.ref,
        links=(*(Link("derived_from", witness.id) for witness in witnesses), *others),
    )
