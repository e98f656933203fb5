"""Putting back what an event changed: a new event, under new versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.plaintext.cascade import EVERYTHING, as_written, fallout, newest
from ricordo.store.base import Event, Row, Snapshot, Target, Transaction, Write
from ricordo.store.fold import FIELDS, fields_of, same, slot_place, state_of
from ricordo.types import RECALLABLE, Record

Payload = Mapping[str, Any] | None
#: What these did to several records is one change: it is put back whole or not at all.
_WHOLE = frozenset({"retain", "undo", "propose"})
#: The patch of a record that would not be there.
_NEVER: dict[str, Any] = {"status": "retracted"}


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
    event = next(transaction.events(seq - 1), None) if seq > 0 else None
    rows = [newest(transaction, target.id) for target in event.targets] if event else []
    own = {row.record.id for row in rows if row is not None and may(row)}
    if event is None or not own or not all(row is not None and _allowed(row, may) for row in rows):
        raise NotFoundError(f"event: no event {seq} that you may undo")
    if event.op in ("erase", "compact"):
        raise InvalidInputError("event", "an erasure can't be undone: the bytes are gone", seq)
    scene = _Scene(transaction, event, _undoings(transaction, event))
    found = [
        (target.id, scene.reversal(target, payload))
        for target, payload in zip(event.targets, event.payloads, strict=True)
    ]
    writes = [write for _, write in found if write is not None]
    conflicts = [id for id, write in found if write is None and id in own]
    if not writes or (event.op in _WHOLE and len(writes) < len(found)):
        raise InvalidInputError("event", f"nothing to put back: {_listed(conflicts)} changed since", seq)
    retracted = {write.id for write in writes if write.set.get("status") == "retracted"}
    named = {target.id for target in event.targets}
    beside = fallout(transaction, retracted, may=may, op="undo", apart=named - retracted)
    done = transaction.append("undo", [*writes, *beside.writes], now)
    return done.seq, [*(write.id for write in writes), *beside.unsupported], conflicts


def _allowed(row: Row, may: Callable[[Row], bool]) -> bool:
    return may(row) or row.record.status == "erased"


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def current(transaction: Snapshot, id: str) -> Row:
    """Return the current version of a record that is known to exist."""
    row = newest(transaction, id)
    assert row is not None
    return row


def difference(before: Record, after: Record) -> dict[str, Any]:
    """Return the patch that turns one version's fields into the other's."""
    changed = {name: getattr(after, name) for name in FIELDS if not same(getattr(after, name), getattr(before, name))}
    return {**dict.fromkeys(changed), **state_of(**changed)}


def _undoings(transaction: Transaction, event: Event) -> dict[tuple[int, str], int]:
    """Return by (event, record) the last event that undid it, for this event and all after it that touched the same."""
    found: dict[tuple[int, str], int] = {}
    for later in transaction.events(event.seq, record=[target.id for target in event.targets]):
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
            told["source"] = _evidence(self.transaction, target.id, chain[-1])
        if payload.get("outcome"):
            told["outcome"] = _opposite(payload["outcome"])
        if payload.get("set"):
            told["set"] = self._former(target)
        if told.get("set") is _NEVER and self._held_up(target.id, chain):
            told |= {"set": {}, "withdraw": chain[-1]}  # what was said since holds it up
        elif told.get("withdraw") and told.get("set", ...) is not None and not self._held_up(target.id, chain):
            told["set"] = {**(told.get("set") or {}), **_NEVER}
        return None if told.get("set", ...) is None else Write(target.id, **told)

    def _chain(self, id: str) -> list[int]:
        """Return the event, what undid it, what undid that, and so on: of odd length while the event stands."""
        chain = [self.event.seq]
        while (chain[-1], id) in self.undoings:
            chain.append(self.undoings[chain[-1], id])
        return chain

    def _former(self, target: Target) -> dict[str, Any] | None:
        """Return the patch to the state before the event; None where the record is no longer as the event left it."""
        left, now = self._at(target.id, self.event.seq), self._at(target.id)
        if left is None or now is None or fields_of(left) != fields_of(now):
            return None
        before = self._at(target.id, self.event.seq - 1)
        if before is None:
            return _NEVER
        return None if self._taken(before, now) else difference(now, before)

    def _at(self, id: str, seq: int | None = None) -> Record | None:
        row = self.transaction.find(id, replace(EVERYTHING, as_of=seq))
        return row.record if row else None

    def _held_up(self, id: str, chain: Sequence[int]) -> bool:
        """Tell whether a record has other evidence than that of the event, or of what undid its undoing."""
        now = self._at(id)
        return now is not None and any(source.event not in chain for source in now.sources)

    def _taken(self, before: Record, now: Record) -> bool:
        """Tell whether the slot that a record would hold again has come to hold another state.

        One that held it beside the record before the event has not come: the two were in conflict, and are so again.
        """
        slot = slot_place(before)
        if slot is None or before.cardinality == "many" or before.status not in RECALLABLE:
            return False
        place = slot_place(now)
        if now.status in RECALLABLE and place is not None and place.key == slot.key and now.cardinality == "one":
            return False  # it holds the slot already
        own = {target.id for target in self.event.targets}
        present = (row.record for row in self.transaction.holders(slot) if row.record.status in RECALLABLE)
        return any(record.id not in own and not self._beside(record.id, slot.key) for record in present)

    def _beside(self, id: str, key: bytes) -> bool:
        """Tell whether a record held a slot already when the event came."""
        record = self._at(id, self.event.seq - 1)
        slot = None if record is None or record.status not in RECALLABLE else slot_place(record)
        return slot is not None and slot.key == key


def _evidence(transaction: Transaction, id: str, seq: int) -> list[dict[str, Any]]:
    """Return the evidence of a record that an event withdrew, to be given again."""
    before, after = (transaction.find(id, replace(EVERYTHING, as_of=moment)) for moment in (seq - 1, seq))
    had, left = (row.record.sources if row else () for row in (before, after))
    return [as_written(source) for source in had if source not in left]


def _opposite(outcome: str) -> str:
    return outcome[1:] if outcome.startswith("-") else f"-{outcome}"
