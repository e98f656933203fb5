"""The write flow, top to bottom: draft -> prepare -> known? -> echo? -> look-ups -> revise -> one event -> verdict."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ricordo.errors import (
    InvalidInputError,
    KeyConflictError,
    NotFoundError,
    SlotTakenError,
    VersionConflictError,
)
from ricordo.plaintext.draft import WHOLE, Draft, check_whole
from ricordo.plaintext.echo import Echo, Heard, heard
from ricordo.plaintext.learn import Turn, learning
from ricordo.plaintext.retell import own_slot, retell
from ricordo.plaintext.revise import Decision, revise
from ricordo.plaintext.tell import Claim, claims, own_state, slot_fields
from ricordo.plaintext.telling import Outcome, Telling, called, evidence, lasting, newly
from ricordo.plaintext.undo import current, difference
from ricordo.store.base import Event, Indexer, Made, Row, Transaction, Visible, Write
from ricordo.store.fold import canonical, held_by, logged, micros, same, slot_place, spelt, twin_key
from ricordo.types import EVENT_KINDS, RECALLABLE, Record, Source, Verdict

if TYPE_CHECKING:
    from ricordo.text.states import Told

#: Records that one event touches at most.
MOST_TARGETS = 1_000


def new_id(now: datetime) -> str:
    """Return an opaque record id: 24 letters and digits, sortable by the millisecond it was made in."""
    return base64.b32hexencode((micros(now) // 1000).to_bytes(6) + os.urandom(9)).decode().lower()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft with all that can be made of it before the transaction.

    Args:
        draft: The checked arguments.
        record: The record it would be, under a new id.
        written: Its fields in the log's form.
        made: The record with its index entry and look-up keys.
        key, body: Keyed digests of the idempotency key and of the request.
        corrects: Whether the text says that what was said before was wrong.
        read: Whether its slot was read from the text.
        present: Whether it is so when it is said: it was read, and the caller gave no other time.
        happened: Whether it came to be so by what the text says has happened.
        instead_of: The value that it says it replaces.
        claims: The states it tells beside, each with what the indexes would hold of it.
        heard: What of it may be an echo, where that is possible.
        bare: What it is without the lines of a context in it, where there are any and something beside.
    """

    draft: Draft
    record: Record
    written: Mapping[str, Any]
    made: Made
    key: str
    body: str
    corrects: bool = False
    read: bool = False
    present: bool = False
    happened: bool = False
    instead_of: str | None = None
    claims: Sequence[tuple[Claim, Made]] = ()
    heard: Heard | None = None
    bare: Prepared | None = None


def prepare(
    draft: Draft,
    *,
    index: Indexer,
    secret: bytes,
    now: datetime,
    told: Sequence[Told] = (),
    machine: bool = False,
) -> Prepared:
    """Annotate a draft: everything slow that needs no look at the store.

    Args:
        draft: The checked arguments.
        index: Makes index entries.
        secret: Key of the idempotency digests.
        now: When the write is recorded.
        told: The states its content tells.
        machine: Whether who says it is no person: what is read from its words outranks no person's.
    """
    fields = draft.fields
    own = own_state(fields["kind"], fields["content"], told)
    if own is not None:
        fields = slot_fields(own, {"derivation": "inferred", **fields} if machine else fields)
    record = Record(id=new_id(now), version=1, recorded_at=now, event=0, **{"status": "active", **fields})
    ids = [new_id(now) for _ in range(2 * len(told))]
    found = claims(record, told, own, draft.ref, ids, machine=machine) if told else []
    asked = {name: logged(value) for name, value in draft.fields.items()}
    return Prepared(
        draft if own is None else replace(draft, fields=fields),
        record,
        asked if own is None else {name: logged(value) for name, value in fields.items()},
        _made(record, index),
        *_digests(draft, asked, secret),
        corrects=own is not None and own.corrects,
        read=own is not None,
        present=own is not None and not own.happened and "valid_from" not in draft.fields,
        happened=own is not None and own.happened and "valid_from" not in draft.fields,
        instead_of=own.instead_of if own is not None else None,
        claims=[(claim, _made(claim.record, index)) for claim in found],
    )


def listening(new: Prepared, heard: Heard | None, again: Callable[[str], Prepared]) -> Prepared:
    """Return what was prepared, with what of it may be an echo.

    Args:
        new: What was prepared.
        heard: What `echo.listen` made of it.
        again: Prepares the same write with another content.
    """
    if heard is None:
        return new
    bare = replace(again(heard.beside), key=new.key, body=new.body) if heard.beside else None
    return replace(new, heard=heard, bare=bare)


def _made(record: Record, index: Indexer) -> Made:
    return Made(record, index(record), slot_place(record), twin_key(record))


def retain(transaction: Transaction, new: Prepared, *, now: datetime, everything: Visible) -> Verdict:
    """Write one prepared draft inside a transaction: what was said, and each state it tells, in one event.

    Args:
        transaction: Where to look and to write.
        new: The draft and what was made of it.
        now: When the write is recorded.
        everything: What the writer may see, for what its links point to.

    Raises:
        KeyConflictError: The idempotency key was used for another body.
        VersionConflictError: The record this write would change is not at `if_version`.
        NotFoundError: A link points to a record the writer can't see.
    """
    if (spot := transaction.keyed(new.key)) is not None:
        return _repeated(transaction, spot, new)
    echo = heard(transaction, new.heard, everything) if new.heard is not None else None
    if (
        new.heard is not None
        and echo is not None
        and not (new.heard.voiceless and _returns(transaction, new, echo, now))
    ):
        if echo.entire:
            return Verdict("unchanged", echo.rule, echo.record, echo.record.event)
        if echo.cut and new.bare is not None:
            return retain(transaction, new.bare, now=now, everything=everything)
        new = replace(new, claims=[(claim, made) for claim, made in new.claims if not echo.covers(claim.clause)])
    for link in new.record.links:
        if transaction.find(link.target, everything) is None:
            raise NotFoundError(f"links: no record {link.target}; link to a record that exists and that you may read")
    slot, twin = new.made.slot, new.made.twin
    holders = [row.record for row in transaction.holders(slot) if lasting(row.record, now)] if slot else []
    twins = transaction.twins(twin) if twin and not slot else []
    same = [row.record for row in twins if lasting(row.record, now)]
    _expect(new.draft.if_version, [record for record in (*holders, *same) if record.status in RECALLABLE])
    telling = Telling(transaction, now)
    as_read, new = new.record, _called(new, holders) if new.read else new
    present = new.present or (new.happened and newly(new.record, new.instead_of, holders))
    decision = revise(new.record, holders, same, corrects=new.corrects, present=present)
    anew = new.record is not as_read
    said = telling.take(new.made, decision, *_said(new, decision, [*holders, *same]), anew=anew)
    outcomes = [telling.claim(claim, made, said) for claim, made in new.claims]
    event = transaction.append("retain", telling.writes, now)
    return _verdict(transaction, new, event, said, decision, [found for found in outcomes if found is not None])


def _returns(transaction: Transaction, new: Prepared, echo: Echo, now: datetime) -> bool:
    """Tell whether a sentence that was said before tells a state that is no more: then it may be so again."""
    if echo.rule != "echo":
        return False
    told = [made.slot for claim, made in new.claims if claim.sense == "holds"]
    for slot in [*told, new.made.slot if new.read else None]:
        known = [row for row in transaction.holders(slot) if lasting(row.record, now)] if slot else []
        live = [place for row in known if row.record.status in RECALLABLE and (place := slot_place(row.record))]
        if slot and known and slot.value not in [place.value for place in live]:
            return True
    return False


def _called(new: Prepared, holders: Sequence[Record]) -> Prepared:
    """Name the attribute that was read from the text as those do that have the slot."""
    record = called(new.record, holders)
    if record is new.record:
        return new
    made, written = new.made._replace(record=record), {**new.written, "attribute": record.attribute}
    return replace(new, record=record, made=made, written=written)


def _said(new: Prepared, decision: Decision, known: Sequence[Record]) -> tuple[dict[str, Any], ...]:
    """Return the state of the new record, its evidence, and what its write says of the verdict."""
    state = {"status": "active", "ref": new.draft.ref, **new.written}
    held = next((record for record in known if record.id == decision.reinforces), None)
    words = new.record.content if held is not None and held.content != new.record.content else None
    verdict = {"key": new.key, "body": new.body, "action": decision.action, "rule": decision.rule}
    return state, evidence(new.record, new.draft.ref, said=words), verdict


#: What a write did as a whole, where the states it tells did more than the record itself; most first.
_LOUDEST = ("conflicted", "superseded")


def _verdict(
    transaction: Transaction, new: Prepared, event: Event, said: str, decision: Decision, outcomes: Sequence[Outcome]
) -> Verdict:
    if decision.reinforces is None and not new.claims:
        fields = {"status": "active", **new.draft.fields, "attribute": new.record.attribute, **decision.patch}
        place = held_by(fields.get("links", ()))
        sources = (Source(new.draft.ref, new.record.said_at, new.record.speaker, event.seq, place),)
        record = Record(id=said, version=1, recorded_at=event.at, event=event.seq, sources=sources, **fields)
    else:
        record = current(transaction, said).record
    parts = tuple(Verdict(one.action, one.rule, current(transaction, one.id).record, event.seq) for one in outcomes)
    own = {said, *(part.record.id for part in parts if part.record.event == event.seq and part.record.version == 1)}
    affected = tuple(target.id for target in event.targets if target.id not in own)
    louder = [part for part in parts if part.action in _LOUDEST and decision.action in ("added", "reinforced")]
    told = min(louder, key=lambda part: _LOUDEST.index(part.action), default=decision)
    return Verdict(told.action, told.rule, record, event.seq, affected, states=parts)


def redacted(verdict: Verdict, new: Prepared) -> Verdict:
    """Return a verdict for a writer who may not read: of the record, only what the writer said."""
    record = replace(new.record, id=verdict.record.id, version=verdict.record.version, event=verdict.event)
    return replace(verdict, record=record, affected=(), states=())


def update(
    transaction: Transaction,
    row: Row,
    changes: Mapping[str, Any],
    *,
    read: Callable[[Record], Sequence[Told]],
    machine: Callable[[str | None], bool],
    index: Indexer,
    reason: str | None,
    now: datetime,
    rule: str = "update",
) -> Verdict:
    """Make a new version of a record with some fields changed; None takes a field away.

    The states that its text told follow an edit of the text, in the same event.

    Args:
        transaction: Where to write.
        row: The current version.
        changes: Checked fields in their types.
        read: Finds the states that the text of a record tells.
        machine: Tells whether a speaker is no person.
        index: Makes index entries.
        reason: Why, in the caller's words.
        now: When the change is recorded.
        rule: The name of the rule in the history; what is not an "update" is not a person's word against all others.

    Raises:
        SlotTakenError: Another live record holds the slot it would have.
    """
    before = row.record
    fields = {name: _emptied(name) if value is None else value for name, value in changes.items()}
    if fields.get("valid_from", before.valid_from) is None:
        fields["valid_precision"] = None
    if all(same(getattr(before, name), value) for name, value in fields.items()):
        return Verdict("unchanged", f"{rule}.same", before, before.event)
    if rule == "update":
        corrected = "corrected" if "content" in changes else before.derivation
        fields |= {"user_edited": True, "derivation": changes.get("derivation") or corrected}
    after = replace(before, **fields)
    check_whole({name: getattr(after, name) for name in WHOLE if getattr(after, name) is not None})
    # Of a kind that never merges, no text holds the slot: the caller gave it, and is taken at his word.
    named = before.attribute is not None and before.kind in EVENT_KINDS
    told = read(after) if after.content != before.content and not named else ()
    if after.content != before.content and before.attribute is not None and not named:
        after = replace(after, **own_slot(before, after, read(before), told))
    _check_slot(transaction, before, after)
    telling = Telling(transaction, now)
    if after.content != before.content:
        ids = [new_id(now) for _ in range(2 * len(told))]
        retell(transaction, after, told, ids, index, telling, machine=machine(after.speaker))
    own = {write.id: write for write in telling.writes}
    alone = not own
    links = {**own.pop(before.id, Write(before.id)).set, **difference(before, after)}
    writes = [Write(before.id, set=links, rule=rule, reason=reason), *own.values()]
    event = transaction.append("update", writes, now)
    record = left(transaction, before, after, event) if alone else current(transaction, before.id).record
    return Verdict("revised", rule, record, event.seq, tuple(own))


def check_base(record: Record, expected: int | None) -> None:
    """Refuse to change a record that another stands for, or one that is not at the version expected."""
    if record.status == "archived" and record.superseded_by is not None:
        by = record.superseded_by
        rule = f"a record that stands for itself; since event {record.event} {by} stands for this one: update "
        raise InvalidInputError("id", f"{rule}that, or undo the event", record.id)
    if expected is not None and record.version != expected:
        raise VersionConflictError(record.id, expected, record.version)


def left(transaction: Transaction, before: Record, after: Record, event: Event) -> Record:
    """Return the version of a record that an event left, which set the fields in which `after` differs."""
    if any(getattr(before, name) != getattr(after, name) for name in ("speaker", "said_at", "links")):
        return current(transaction, before.id).record  # its evidence reads otherwise
    return replace(after, version=before.version + 1, event=event.seq, recorded_at=event.at)


def _check_slot(transaction: Transaction, before: Record, after: Record) -> None:
    """Refuse a change that would put a live state into a slot where another one is."""
    here, there = slot_place(after), slot_place(before)
    moved = there is None or here is None or here.key != there.key or after.cardinality != before.cardinality
    if here is None or not moved or after.status not in RECALLABLE or after.cardinality == "many":
        return
    for row in transaction.holders(here):
        held = row.record
        if held.id != before.id and held.status in RECALLABLE and held.cardinality == "one":
            raise SlotTakenError(str(after.subject), str(after.attribute), held.id)


def feedback(
    transaction: Transaction,
    rows: Sequence[Row],
    outcome: str,
    *,
    turn: Turn | None = None,
    reason: str | None,
    now: datetime,
    key: tuple[str, str] | None = None,
) -> int:
    """Count an outcome for records, and learn from the turn they were recalled by. Return the event.

    Args:
        transaction: Where to look and to write.
        rows: The records as they are.
        outcome: "used", "helped" or "harmed".
        turn: What was asked, where it is known.
        reason: The caller's reason.
        now: When it is recorded.
        key: Digests of the idempotency key and of what it stands for; where it is known nothing is counted again.

    Raises:
        KeyConflictError: The key was used for something else.
    """
    if key is not None and (spot := transaction.keyed(key[0])) is not None:
        return _counted(transaction, spot, key[1])
    if turn is None:
        writes = [Write(row.record.id, outcome=outcome, rule="feedback") for row in rows]
    else:
        writes = [learning(transaction, row.record, turn, outcome, len(rows)) for row in rows]
    told = writes if reason is None else [replace(write, reason=reason) for write in writes]
    if key is not None:
        told = [replace(told[0], key=key[0], body=key[1]), *told[1:]]
    return transaction.append("feedback", told, now).seq


def _counted(transaction: Transaction, spot: tuple[int, str], body: str) -> int:
    """Return the event that counted it the first time."""
    event = next(transaction.events(spot[0] - 1))
    payload = event.payloads[[target.id for target in event.targets].index(spot[1])] or {}
    if payload.get("body") != body:
        raise KeyConflictError("key: it was used before for other feedback; give another key")
    return event.seq


def _digests(draft: Draft, written: Mapping[str, Any], secret: bytes) -> tuple[str, str]:
    """Return the digests of the idempotency key and of the body. Keyed, so that neither can be guessed from outside."""
    fields = dict(written)
    scope = fields["scope"]
    said = (draft.ref, fields["said_at"], fields.get("speaker"), fields["content"])
    identity = ("key", scope, draft.key) if draft.key else ("auto", scope, *said)
    if not draft.timed:
        fields.pop("said_at")
        if fields.get("valid_from") == written["said_at"]:
            fields.pop("valid_from")
    return keyed(secret, _joined(identity)), keyed(secret, canonical([draft.ref, fields]))


def key_of(draft: Draft, secret: bytes) -> str:
    """Return the digest of the idempotency key that a caller gave."""
    return keyed(secret, _joined(("key", draft.fields["scope"], draft.key)))


def _joined(parts: Sequence[str | None]) -> str:
    return "".join([f"{len(part)}:{part}" if part is not None else "-" for part in parts])


def keyed(secret: bytes, text: str) -> str:
    """Return a digest of a text that nobody can guess without the space's secret, as the log spells it."""
    return spelt(hashlib.blake2b(text.encode(), key=secret, digest_size=16).digest())


def _repeated(transaction: Transaction, spot: tuple[int, str], new: Prepared) -> Verdict:
    (seq, id), draft = spot, new.draft
    event = next(transaction.events(seq - 1))
    position = next(i for i, target in enumerate(event.targets) if target.id == id)
    payload = event.payloads[position] or {}
    if payload.get("body") != new.body:
        what = f"key {draft.key!r}" if draft.key else "the same scope, ref, at, speaker and content"
        raise KeyConflictError(
            f"key: {what} was retained before with other arguments; give another key, or update {id}"
        )
    outcomes = [
        Outcome(body["action"], body["rule"], target.id)
        for target, body in zip(event.targets, event.payloads, strict=True)
        if body is not None and body.get("action") and target.id != id
    ]
    decision = Decision(payload["action"], payload["rule"], reinforces=id)
    return replace(_verdict(transaction, new, event, id, decision, outcomes), repeated=True)


def _expect(if_version: int | None, present: Sequence[Record]) -> None:
    if if_version is None:
        return
    actual = max((record.version for record in present), default=0)
    if actual != if_version:
        raise VersionConflictError(present[0].id if present else None, if_version, actual)


def _emptied(name: str) -> Any:
    return {"aliases": (), "links": (), "metadata": {}, "pinned": False}.get(name)
