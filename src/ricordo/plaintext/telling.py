"""The writes of one event: what was said and the states it tells, each record once, each decision seen by the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ricordo.plaintext.revise import Decision, end, revise
from ricordo.plaintext.tell import Claim, worded
from ricordo.plaintext.undo import current
from ricordo.store.base import Made, Place, Snapshot, Write
from ricordo.store.fold import fields_of, logged, micros, slot_key, slot_place, trimmed
from ricordo.text import attribute_key, name_key, same_value
from ricordo.text.told import known_attributes
from ricordo.types import RECALLABLE, Action, Link, Record

State = Mapping[str, Any]
#: What happened so long ago is still news.
_LATELY = timedelta(days=31)
#: Attributes that a text may mean another by: a caller may know what is used, or where one lives, by a name of his own.
_LOOSE = frozenset({"uses", "lives_in", "works_at", "role"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one state that a text tells: the verdict's action and rule, the record that holds it."""

    action: Action
    rule: str
    id: str


def lasting(record: Record, now: datetime) -> bool:
    """Tell whether a record has not expired: what has can't be repeated or superseded."""
    return record.expires_at is None or record.expires_at > now


class Telling:
    """Gathers what one event writes.

    Args:
        transaction: Where to look.
        now: When the event is recorded.
    """

    def __init__(self, transaction: Snapshot, now: datetime) -> None:
        self._transaction = transaction
        self.now = now
        self._writes: dict[str, Write] = {}
        self._records: dict[str, Record] = {}
        self._seen: dict[str, Record] = {}

    @property
    def writes(self) -> list[Write]:
        """The writes, what was said first."""
        return list(self._writes.values())

    def holders(self, place: Place | None) -> list[Record]:
        """Return the records that hold or held a slot, as they will be after the event."""
        if place is None:
            return []
        rows = [row.record for row in self._transaction.holders(place)]
        self._seen |= {record.id: record for record in rows}
        found = [self._records.get(record.id, record) for record in rows]
        new = [record for id, record in self._records.items() if id not in {held.id for held in rows}]
        return [record for record in (*found, *new) if slot_key(record) == place.key and lasting(record, self.now)]

    def take(
        self,
        made: Made,
        decision: Decision,
        state: State,
        source: State,
        told: Mapping[str, Any],
        *,
        anew: bool = False,
    ) -> str:
        """Take a decision about a record to be; return the id of the record that holds what it says.

        Args:
            made: The record to be.
            decision: What becomes of it.
            state: Its fields in the log's form.
            source: Its evidence in the log's form.
            told: What the write says of the verdict, as `Write` takes it.
            anew: Whether the record is another than the one that was indexed.
        """
        rule = decision.rule
        if decision.reinforces is None:
            id = made.record.id
            patch = {name: logged(value) for name, value in decision.patch.items()}
            # What is put in the past is indexed as such, by the store itself.
            kept = made._replace(record=replace(made.record, **decision.patch)) if decision.patch else made
            fits = None if anew or "status" in decision.patch else kept
            self._writes[id] = Write(id, set=trimmed({**state, **patch}), made=fits, **told)
            self._records[id] = kept.record
        else:
            id = decision.reinforces
            before = self._writes.get(id, Write(id))
            if before.source is None and not (before.made or "content" in before.set):
                self._writes[id] = replace(before, source=source, **told)
        for other, fields in decision.changes.items():
            self.patch(other, fields, rule)
        return id

    def patch(self, id: str, fields: State, rule: str) -> None:
        """Set fields of a record that is there, or that the event itself makes."""
        before = self._writes.get(id, Write(id, rule=rule))
        changed = {**before.set, **{name: logged(value) for name, value in fields.items()}}
        if "content" in before.set:  # a record the event makes: the store indexes it as it will be
            changed = trimmed(changed)
        self._writes[id] = replace(before, set=changed, made=None)
        held = self._records.get(id) or self._seen.get(id) or current(self._transaction, id).record
        self._records[id] = replace(held, **fields)

    def claim(self, claim: Claim, made: Made, said: str) -> Outcome | None:
        """Take one state that the text tells; return what became of it, None where there was nothing to do.

        Args:
            claim: The state.
            made: The record that would hold it.
            said: The id of the record that holds the words.
        """
        meant = self._meant(claim)
        record = replace(meant, links=(Link("derived_from", said),))
        made = made._replace(record=record) if meant is claim.record else made._replace(slot=slot_place(record))
        around = made.slot
        if around is not None and claim.sense != "holds":
            around = around._replace(begin=micros(record.valid_to or record.said_at))
        holders = self.holders(around)
        record = called(record, holders)
        if claim.sense == "holds":
            present = claim.present or newly(record, claim.instead_of, holders)
            decision: Decision | None = revise(record, holders, corrects=claim.corrects, present=present)
        else:
            decision = end(record, holders, said, denied=claim.sense == "denied")
        if decision is None:
            return None
        if claim.sense != "holds" and decision.action != "added":
            if decision.patch:
                self._contradict(said, decision)
            for other, fields in decision.changes.items():
                self.patch(other, fields, decision.rule)
            return Outcome(decision.action, decision.rule, next(iter(decision.changes)))
        told = {"action": decision.action, "rule": decision.rule}
        source = evidence(record, claim.ref, said)
        state = {**fields_of(record), "ref": claim.ref}
        anew = record.attribute != claim.record.attribute
        id = self.take(made._replace(record=record), decision, state, source, told, anew=anew)
        return Outcome(decision.action, decision.rule, id)

    def _meant(self, claim: Claim) -> Record:
        """Return the record to be under the caller's own attribute, where the text names a value that one has.

        "We switched from Slack to Teams" means the messenger, where Slack is known as that and as nothing else; "Ada
        moved from Acme to Brightwater" her firm, where Acme is known as that.
        """
        record, old = claim.record, claim.instead_of if claim.sense == "holds" else claim.record.value
        if record.attribute not in _LOOSE or not old:
            return record
        place = slot_place(replace(record, value=old))
        rows = self._transaction.valued(place.whose) if place else []
        held = [row.record for row in rows if self._fits(row.record, claim)]
        if len(held) != 1 or len(rows) != 1:
            return record
        attribute = held[0].attribute or ""
        told = attribute if attribute in _LOOSE else name_key(attribute)
        content = worded(record.subject or "", told, record.value or "")
        return replace(record, attribute=held[0].attribute, cardinality=held[0].cardinality, content=content)

    def _fits(self, held: Record, claim: Claim) -> bool:
        """Tell whether a text that names a value may mean the attribute under which it is held."""
        key, own = attribute_key(held.attribute or ""), attribute_key(claim.record.attribute or "")
        named = claim.instead_of is not None and held.attribute in _LOOSE and held.cardinality == "one"
        return key != own and (key not in known_attributes() or named)

    def _contradict(self, said: str, decision: Decision) -> None:
        """Let the words themselves stand against a state that they may not end."""
        held = self._records.get(said) or current(self._transaction, said).record
        links = tuple(dict.fromkeys((*held.links, *decision.patch["links"])))
        self.patch(said, {"links": links}, decision.rule)


def newly(record: Record, instead_of: str | None, holders: Sequence[Record]) -> bool:
    """Tell whether what a text says has happened is how it is now: it ended a present state, or it happened lately.

    Args:
        record: The state that came of it.
        instead_of: The value that the text says it replaces.
        holders: Records that hold or held its slot.
    """
    present = [held for held in holders if held.status in RECALLABLE]
    if instead_of is not None and any(same_value(held.value or held.content, instead_of) for held in present):
        return True
    lately = record.valid_from is not None and record.said_at - record.valid_from <= _LATELY
    return lately and all(held.valid_precision is None for held in present)


def called(record: Record, holders: Sequence[Record]) -> Record:
    """Return a record whose slot was read from a text, with the attribute named as those call it that have the slot.

    >>> from ricordo.testing import a_record
    >>> known = a_record(subject="Ada", attribute="home_city", value="Porto")
    >>> called(a_record(subject="Ada", attribute="lives_in", value="Lisbon"), [known]).attribute
    'home_city'
    """
    present = [held for held in holders if held.status in RECALLABLE] or holders
    if not present or record.attribute in [held.attribute for held in present]:
        return record
    return replace(record, attribute=present[-1].attribute)


def evidence(record: Record, ref: str | None, place: str | None = None, said: str | None = None) -> dict[str, Any]:
    """Return a source in the log's form: where, when and by whom a record was said, and in which words.

    Args:
        record: What was said.
        ref: The caller's own id.
        place: The record that holds the words, where that is another.
        said: The words, where they differ from those of the record they repeat.
    """
    told = {"ref": ref, "said_at": logged(record.said_at), "speaker": record.speaker, "record": place, "said": said}
    return {name: value for name, value in told.items() if value is not None}
