"""What a new record means for those we have: the verdict. Pure: no store, no clock, no chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ricordo.text import duplicate_key
from ricordo.types import DERIVATIONS, EVENT_KINDS, RECALLABLE, Action, Link, Record

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict before it is written.

    Args:
        action: What the write does.
        rule: The name of the rule that decided.
        reinforces: The id of the record that gains evidence in place of a new record, or None.
        patch: Fields in which the new record differs from the one that was proposed.
        changes: Fields to set in records there are, by id.
    """

    action: Action
    rule: str
    reinforces: str | None = None
    patch: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def revise(new: Record, holders: Sequence[Record] = (), twins: Sequence[Record] = ()) -> Decision:
    """Decide what becomes of a new record. The first rule that fits decides.

    | rule | when | verdict |
    |---|---|---|
    | `event` | the kind never merges | added |
    | `twin` | the same is said already | reinforced, with what it says beside |
    | `slot.same` | the slot held this value at that time | reinforced |
    | `slot.many` | the slot holds many values | added |
    | `slot.past` | a later state is known | added as history |
    | `slot.user_edited` | a person edited the present state | conflicted |
    | `slot.weaker` | the present state has the better derivation | conflicted |
    | `slot.later` | the state is at least as late and as well derived | superseded |
    | `new` | nothing above | added |

    Args:
        new: The record to be, with status active.
        holders: Records that hold or held its slot: recallable and superseded ones.
        twins: Recallable records that say the same in the same scope and kind.

    >>> from ricordo.testing import a_record
    >>> old = a_record(id="a", subject="Ada", attribute="home", value="Porto", at="2026-01-01")
    >>> new = a_record(id="b", subject="Ada", attribute="home", value="Lisbon", at="2026-05-01")
    >>> decision = revise(new, holders=[old])
    >>> decision.action, decision.rule, decision.changes["a"]["superseded_by"]
    ('superseded', 'slot.later', 'b')
    """
    if new.kind in EVENT_KINDS:
        return Decision("added", "event")
    if new.subject is not None and new.attribute is not None:
        return _revise_slot(new, holders)
    if twins:
        return _reinforce(twins[0], new, "twin", [])
    return Decision("added", "new")


def _revise_slot(new: Record, holders: Sequence[Record]) -> Decision:
    for held in holders:
        if _value(held) == _value(new) and _covers(held, new, holders):
            return _reinforce(held, new, "slot.same", [other for other in holders if other is not held])
    present = [held for held in holders if held.status in RECALLABLE]
    if not holders:
        return Decision("added", "new")
    if new.cardinality == "many" or any(held.cardinality == "many" for held in present):
        return Decision("added", "slot.many")
    later = [held for held in holders if _begin(held) > _begin(new)]
    if later:
        return _insert_past(new, holders, min(later, key=_begin))
    return _replace_present(new, present, holders)


def _reinforce(held: Record, new: Record, rule: str, others: Sequence[Record]) -> Decision:
    """Add the evidence to what is known, with what it says beside: an earlier beginning, an end, names, a pin."""
    more: dict[str, Any] = {}
    ended: dict[str, dict[str, Any]] = {}
    if rule == "slot.same" and not held.user_edited and _rank(held) <= _rank(new):
        if _begin(new) < _begin(held):
            more["valid_from"] = new.valid_from
            ended = _interrupted(new, others)
        if new.valid_to is not None and held.valid_to is None and held.status in RECALLABLE:
            more["valid_to"] = new.valid_to
    aliases = tuple(dict.fromkeys((*held.aliases, *new.aliases)))
    if aliases != held.aliases:
        more["aliases"] = aliases
    if new.pinned and not held.pinned:
        more["pinned"] = True
    for name in ("name", "title", "why"):
        if getattr(held, name) is None and getattr(new, name) is not None:
            more[name] = getattr(new, name)
    metadata = {**new.metadata, **held.metadata}
    if metadata != held.metadata:
        more["metadata"] = metadata
    return Decision("reinforced", rule, reinforces=held.id, changes={**ended, **({held.id: more} if more else {})})


def _interrupted(new: Record, holders: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """End the past states that `new` begins in the midst of."""
    return {
        held.id: {"valid_to": new.valid_from}
        for held in holders
        if held.status not in RECALLABLE and _begin(held) <= _begin(new) < _end(held)
    }


def _insert_past(new: Record, holders: Sequence[Record], following: Record) -> Decision:
    """Place a state before the one that followed it, and end the state it interrupts."""
    until = min(_end(new), _begin(following))
    past = {"status": "superseded", "superseded_by": following.id, "valid_to": until}
    return Decision("added", "slot.past", patch=past, changes=_interrupted(new, holders))


def _replace_present(new: Record, present: Sequence[Record], holders: Sequence[Record]) -> Decision:
    edited = [held for held in present if held.user_edited]
    stronger = [held for held in present if _rank(held) > _rank(new)]
    for rule, opposing in (("slot.user_edited", edited), ("slot.weaker", stronger)):
        if opposing:
            return _conflict(new, opposing, rule)
    if not present:
        return Decision("added", "new", changes=_interrupted(new, holders))
    old = tuple(held.id for held in present)
    ended = {
        held.id: {
            "status": "superseded",
            "superseded_by": new.id,
            "valid_to": min(_end(held), max(_begin(held), _begin(new))),
        }
        for held in present
    }
    return Decision("superseded", "slot.later", patch={"supersedes": old}, changes=ended)


def _conflict(new: Record, opposing: Sequence[Record], rule: str) -> Decision:
    """Keep both sides, each with a link to the other."""
    links = new.links + tuple(Link("contradicts", held.id) for held in opposing)
    changes = {held.id: {"links": (*held.links, Link("contradicts", new.id))} for held in opposing}
    return Decision("conflicted", rule, patch={"links": links}, changes=changes)


def _value(record: Record) -> str:
    return duplicate_key(record.value if record.value is not None else record.content)


def _covers(held: Record, new: Record, holders: Sequence[Record]) -> bool:
    """Tell whether `held` was true when `new` begins, or is the next state with nothing else known in between."""
    if held.status in RECALLABLE and held.valid_to is None:
        between = [other for other in holders if _begin(new) <= _begin(other) < _begin(held)]
        return _begin(new) >= _begin(held) or (new.valid_to is None and not between)
    return _begin(held) <= _begin(new) < _end(held)


def _begin(record: Record) -> datetime:
    return record.valid_from or _BEGINNING


def _end(record: Record) -> datetime:
    return record.valid_to or _END


def _rank(record: Record) -> int:
    return DERIVATIONS.index(record.derivation)
