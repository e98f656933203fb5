"""A text that was edited: the states it told follow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ricordo.plaintext.cascade import grounds
from ricordo.plaintext.tell import Claim, claims, own_state
from ricordo.plaintext.telling import Telling
from ricordo.store.base import Indexer, Made, Transaction, Visible
from ricordo.store.fold import slot_place, twin_key
from ricordo.text import attribute_key, same_value, subject_key
from ricordo.types import BELIEVED, Record

if TYPE_CHECKING:
    from ricordo.text.states import Told


def own_slot(before: Record, after: Record, was: Sequence[Told], told: Sequence[Told]) -> dict[str, Any]:
    """Return what an edit of a text changes in the slot that the record itself holds, where it was read from the text.

    Args:
        before: The record as it was.
        after: The record with the edit.
        was: The states its text told.
        told: The states its text tells now.
    """
    state = own_state(before.kind, before.content, was)
    if state is None or before.attribute is None:
        return {}
    read = attribute_key(before.attribute) == attribute_key(state.attribute) and before.value == state.value
    if not read or any(getattr(before, name) != getattr(after, name) for name in ("subject", "attribute", "value")):
        return {}
    new = own_state(after.kind, after.content, told)
    if new is None:
        return {"subject": None, "attribute": None, "value": None, "cardinality": "one"}
    same = attribute_key(new.attribute) == attribute_key(before.attribute)
    attribute = before.attribute if same else new.attribute
    return {"subject": new.subject, "attribute": attribute, "value": new.value, "cardinality": new.cardinality}


def retell(
    transaction: Transaction,
    after: Record,
    told: Sequence[Told],
    ids: Sequence[str],
    index: Indexer,
    telling: Telling,
    *,
    machine: bool,
) -> None:
    """Let the records that were derived from a text follow its edit, and add those it tells now.

    What it tells otherwise is changed, what it tells no more is retracted where nothing else holds it, and what a
    person edited stays.

    Args:
        transaction: Where to look.
        after: The record that holds the edited text.
        told: The states it tells now.
        ids: Ids for records to be, twice as many as there are states.
        index: Makes index entries.
        telling: Gathers the writes.
        machine: Whether who says it is no person.
    """
    found = claims(after, told, own_state(after.kind, after.content, told), after.ref, ids, machine=machine)
    seen = Visible(scopes=(after.scope,), now=telling.now)
    hits = transaction.linked([after.id], seen, ("derived_from",))
    rows = transaction.rows([hit.vid for hit in hits]).values()
    for held in (row.record for row in rows if row.record.status in BELIEVED and not row.record.user_edited):
        match = next((claim for claim in found if _same_slot(claim.record, held)), None)
        if match is not None:
            found.remove(match)
            _follow(telling, held, match)
        elif held.attribute is not None and grounds(held) <= {after.id}:
            telling.patch(held.id, {"status": "retracted"}, "update.untold")
    for claim in found:
        record = claim.record
        telling.claim(claim, Made(record, index(record), slot_place(record), twin_key(record)), after.id)


def _same_slot(claimed: Record, held: Record) -> bool:
    ours, theirs = (attribute_key(record.attribute or "") for record in (claimed, held))
    same = subject_key(claimed.subject or "") == subject_key(held.subject or "") and ours == theirs
    return same and (held.cardinality == "one" or same_value(claimed.value or "", held.value or ""))


def _follow(telling: Telling, held: Record, claim: Claim) -> None:
    """Change a derived record to what the text says now; nothing where it says the same."""
    if not same_value(claim.record.value or "", held.value or ""):
        changed = {"content": claim.record.content, "value": claim.record.value}
        telling.patch(held.id, changed, "update.told")
