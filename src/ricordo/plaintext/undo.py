"""Putting back what an event changed: a new event, under new versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.store.base import Event, Row, Snapshot, Target, Transaction, Visible, Write
from ricordo.store.fold import fields_of, slot_place, stamp
from ricordo.types import RECALLABLE, Record, Source

Payload = Mapping[str, Any] | None
#: What these did to several records is one change: it is put back whole or not at all.
_WHOLE = frozenset({"retain", "undo", "propose"})


def undo(
    transaction: Transaction, seq: int, *, may: Callable[[Row], bool], now: datetime
) -> tuple[int, list[str], list[str]]:
    """Put back what an event changed; leave what has changed since.

    Args:
        transaction: Where to look and to write.
        seq: The event to undo.
        may: Tells whether the caller may write a record.
        now: When the undoing is recorded.

    Returns:
        (seq of the new event, ids put back, ids that changed since).

    Raises:
        NotFoundError: There is no such event, or one of its records may not be written by the caller.
        InvalidInputError: The event erased something, or nothing of it can be undone.
    """
    event = next((found for found in transaction.events(seq - 1) if found.seq == seq), None) if seq > 0 else None
    rows = [newest(transaction, target.id) for target in event.targets] if event else []
    own = {row.record.id for row in rows if row is not None and may(row)}
    if event is None or not own or not all(row is not None and _allowed(row, may) for row in rows):
        raise NotFoundError(f"event: no event {seq} that you may undo")
    if event.op == "erase":
        raise InvalidInputError("event", "an erasure can't be undone: the bytes are gone", seq)
    scene = _Scene(transaction, event, _undoings(transaction, seq))
    found = [
        (target.id, scene.reversal(target, payload))
        for target, payload in zip(event.targets, event.payloads, strict=True)
    ]
    writes = [write for _, write in found if write is not None]
    conflicts = [id for id, write in found if write is None and id in own]
    if not writes or (event.op in _WHOLE and len(writes) < len(found)):
        raise InvalidInputError("event", f"nothing to put back: {_listed(conflicts)} changed since", seq)
    done = transaction.append("undo", writes, now)
    return done.seq, [write.id for write in writes], conflicts


def _allowed(row: Row, may: Callable[[Row], bool]) -> bool:
    return may(row) or row.record.status == "erased"


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def current(transaction: Snapshot, id: str) -> Row:
    """Return the current version of a record that is known to exist."""
    row = newest(transaction, id)
    assert row is not None
    return row


def newest(transaction: Snapshot, id: str) -> Row | None:
    """Return the current version of a record whatever its status, or None."""
    return transaction.find(id, Visible(scopes=None, now=datetime.min.replace(tzinfo=UTC)))


def difference(before: Record, after: Record) -> dict[str, Any]:
    """Return the patch that turns one version's fields into the other's."""
    old, new = fields_of(before), fields_of(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return {**changed, **{name: None for name in old if name not in new}}


def _undoings(transaction: Transaction, seq: int) -> dict[tuple[int, str], int]:
    """Return by (event, record) the last event that undid it, for this event and all after it."""
    found: dict[tuple[int, str], int] = {}
    for later in transaction.events(seq):
        if later.op == "undo":
            for target, payload in zip(later.targets, later.payloads, strict=True):
                if payload and payload.get("undoes"):
                    found[payload["undoes"], target.id] = later.seq
    return found


@dataclass(frozen=True, slots=True)
class _Scene:
    """An event to undo, and what was undone since."""

    transaction: Transaction
    event: Event
    undoings: Mapping[tuple[int, str], int]

    def reversal(self, target: Target, payload: Payload) -> Write | None:
        """Return the write that reverses the event's effect on one record, or None where that has changed since."""
        chain = self._chain(target.id)
        if payload is None or len(chain) % 2 == 0:
            return None
        told: dict[str, Any] = {"undoes": self.event.seq, "rule": "undo"}
        if payload.get("source"):
            told["withdraw"] = chain[-1]
        if payload.get("withdraw"):
            told["source"] = _evidence(self.transaction, target.id, payload)
        if payload.get("outcome"):
            told["outcome"] = _opposite(payload["outcome"])
        if payload.get("set"):
            told["set"] = self._former(target)
        return None if told.get("set", ...) is None else Write(target.id, **told)

    def _chain(self, id: str) -> list[int]:
        """Return the event, what undid it, what undid that, and so on: of odd length while the event stands."""
        chain = [self.event.seq]
        while (chain[-1], id) in self.undoings:
            chain.append(self.undoings[chain[-1], id])
        return chain

    def _former(self, target: Target) -> dict[str, Any] | None:
        """Return the patch to the state before the event; None where the record is no longer as the event left it."""
        changes = self.transaction.changes(target.id)
        versions = {change.version: change.record for change in changes if change.record is not None}
        left, now = versions.get(target.version), versions[max(versions)]
        if left is None or fields_of(left) != fields_of(now):
            return None
        before = versions.get(target.version - 1)
        if before is None:
            return {"status": "retracted"}
        return None if self._taken(before, now) else difference(now, before)

    def _taken(self, before: Record, now: Record) -> bool:
        """Tell whether the slot that a record would hold again has come to hold another state."""
        slot = slot_place(before)
        if slot is None or before.cardinality == "many" or before.status not in RECALLABLE or now.status in RECALLABLE:
            return False
        own = {target.id for target in self.event.targets}
        present = (row.record for row in self.transaction.holders(slot) if row.record.status in RECALLABLE)
        return any(record.id not in own for record in present)


def _evidence(transaction: Transaction, id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence that an event withdrew, to be given again."""
    sources: list[Source] = [
        change.source
        for change in transaction.changes(id)
        if change.event == payload["withdraw"] and change.source is not None
    ]
    (source, *_) = sources
    told = {"ref": source.ref, "said_at": stamp(source.said_at), "speaker": source.speaker}
    told |= {"record": source.record, "said": source.said}
    return {name: value for name, value in told.items() if value is not None}


def _opposite(outcome: str) -> str:
    return outcome[1:] if outcome.startswith("-") else f"-{outcome}"
