"""Putting back what an event changed: a new event, under new versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.store.base import Event, Row, Target, Transaction, Visible, Write
from ricordo.store.fold import fields_of, stamp
from ricordo.types import Record, Source

Payload = Mapping[str, Any] | None


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
    if event is None or not all(row is not None and (may(row) or row.record.status == "erased") for row in rows):
        raise NotFoundError(f"event: no event {seq} that you may undo")
    if event.op == "erase":
        raise InvalidInputError("event", "an erasure can't be undone: the bytes are gone", seq)
    writes, conflicts = [], []
    for target, payload in zip(event.targets, event.payloads, strict=True):
        write = _reversal(transaction, event, target, payload)
        if write is None:
            conflicts.append(target.id)
        else:
            writes.append(write)
    if not writes:
        raise InvalidInputError("event", f"nothing to put back: {', '.join(conflicts)} changed since", seq)
    done = transaction.append("undo", writes, now)
    return done.seq, [write.id for write in writes], conflicts


def current(transaction: Transaction, id: str) -> Row:
    """Return the current version of a record that is known to exist."""
    row = newest(transaction, id)
    assert row is not None
    return row


def newest(transaction: Transaction, id: str) -> Row | None:
    """Return the current version of a record whatever its status, or None."""
    return transaction.find(id, Visible(scopes=None, now=datetime.min.replace(tzinfo=UTC)))


def difference(before: Record, after: Record) -> dict[str, Any]:
    """Return the patch that turns one version's fields into the other's."""
    old, new = fields_of(before), fields_of(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return {**changed, **{name: None for name in old if name not in new}}


def _reversal(transaction: Transaction, event: Event, target: Target, payload: Payload) -> Write | None:
    """Return the write that reverses an event's effect on one record, or None where that has changed since."""
    if payload is None or _undone(transaction, event.seq, target.id):
        return None
    if payload.get("source"):
        standing = _standing(transaction, event.seq, target.id)
        return Write(target.id, withdraw=standing, undoes=event.seq, rule="undo")
    if payload.get("withdraw"):
        return Write(target.id, source=_evidence(transaction, target.id, payload), undoes=event.seq, rule="undo")
    if payload.get("outcome"):
        return Write(target.id, outcome=_opposite(payload["outcome"]), undoes=event.seq, rule="undo")
    patch = _former(transaction, target)
    return Write(target.id, set=patch, undoes=event.seq, rule="undo") if patch else None


def _undone(transaction: Transaction, seq: int, id: str) -> bool:
    """Tell whether an event's effect on a record was undone, and that undoing was not undone itself."""
    undoing = _undoing(transaction, seq, id)
    return undoing is not None and not _undone(transaction, undoing, id)


def _standing(transaction: Transaction, seq: int, id: str) -> int:
    """Return the event whose evidence stands for that of `seq` now: itself, or the last that gave it again."""
    undoing = _undoing(transaction, seq, id)
    again = None if undoing is None else _undoing(transaction, undoing, id)
    return seq if again is None else _standing(transaction, again, id)


def _undoing(transaction: Transaction, seq: int, id: str) -> int | None:
    """Return the last event that undid the effect of `seq` on a record, or None."""
    found = None
    for later in transaction.events(seq, record=id):
        for target, payload in zip(later.targets, later.payloads, strict=True):
            if target.id == id and payload and payload.get("undoes") == seq:
                found = later.seq
    return found


def _former(transaction: Transaction, target: Target) -> dict[str, Any] | None:
    """Return the patch to the version before the one an event left; None where that is no longer the newest."""
    changes = transaction.changes(target.id)
    if changes[-1].version != target.version:
        return None
    versions = [change.record for change in changes if change.record is not None]
    if len(versions) < 2:
        return {"status": "retracted"}
    return difference(versions[-1], versions[-2])


def _evidence(transaction: Transaction, id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence that an event withdrew, to be given again."""
    sources: list[Source] = [
        change.source
        for change in transaction.changes(id)
        if change.event == payload["withdraw"] and change.source is not None
    ]
    told = {"ref": sources[0].ref, "said_at": stamp(sources[0].said_at), "speaker": sources[0].speaker}
    return {name: value for name, value in told.items() if value is not None}


def _opposite(outcome: str) -> str:
    return outcome[1:] if outcome.startswith("-") else f"-{outcome}"
