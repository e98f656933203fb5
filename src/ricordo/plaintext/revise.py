"""What a new record means for those we have: the verdict. Pure: no store, no clock, no chance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ricordo.text import gist, same_value
from ricordo.types import DERIVATIONS, EVENT_KINDS, RECALLABLE, Action, Link, Record

#: Conflict links that one record keeps; the oldest go first.
MOST_CONFLICTS = 20
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
#: How long the times last at least that are told so precisely.
_LEAST = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=28),
    "season": timedelta(days=89),
    "year": timedelta(days=365),
    "decade": timedelta(days=3650),
}


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


def revise(
    new: Record,
    holders: Sequence[Record] = (),
    twins: Sequence[Record] = (),
    *,
    corrects: bool = False,
    present: bool = False,
) -> Decision:
    """Decide what becomes of a new record. The first rule that fits decides.

    | rule | when | verdict |
    |---|---|---|
    | `event` | the kind never merges | added |
    | `twin` | the same is said already | reinforced, with what it says beside |
    | `slot.same` | the slot held this value at that time, and no other beginning or end is told | reinforced |
    | `slot.many` | the slot holds many values | added |
    | `slot.past` | a later state is known, and this neither corrects it nor tells of a later time | added as history |
    | `slot.outdated` | the present state began earlier, but was said later than this, which has no own time | history |
    | `slot.user_edited` | a person edited the present state | conflicted |
    | `slot.weaker` | the present state has the better derivation | conflicted |
    | `slot.equal` | another source tells another state of the very same time | conflicted |
    | `slot.later` | the state is later and at least as well derived | superseded |
    | `new` | nothing above | added |

    Later is first by valid time, then by when it was said; what one speaker says, or one session holds, is in the
    order of arrival. Arrival alone never decides between two sources. "Has been on hold since May", said in July, is
    later than "is active", said in June: it tells of July, too.

    Args:
        new: The record to be, with status active.
        holders: Records that hold or held its slot: recallable and superseded ones.
        twins: Recallable records that say the same in the same scope and kind.
        corrects: The text says that what was said before was wrong.
        present: The text says that it is so when it is said, whenever it began.

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
        return _revise_slot(new, holders, corrects, present)
    if twins:
        return _reinforce(twins[0], new, "twin", [])
    return Decision("added", "new")


def end(past: Record, holders: Sequence[Record], witness: str, *, denied: bool = False) -> Decision | None:
    """Decide what a text does that says a state is over ("no longer", "used to") or not so ("doesn't own").

    | rule | when | verdict |
    |---|---|---|
    | `cue.user_edited`, `cue.weaker` | the state may not be ended by this text | conflicted |
    | `cue.ended` | the slot holds the state | superseded, with nothing in its place |
    | `cue.past` | the state was not known, and it was so | added as history |

    Args:
        past: The state as a record to be; `valid_to` is when it was over at the latest. Without a value, whatever
            the slot holds.
        holders: Records that hold or held its slot.
        witness: The id of the record that holds the words.
        denied: The text says that it is not so, and not that it was.

    Returns:
        The decision, or None where there is nothing to do.
    """
    over = past.valid_to or past.said_at
    present = [held for held in holders if held.status in RECALLABLE and (not _value(past) or _same(held, past))]
    ending = [held for held in present if _begin(held) <= over]
    if not present:
        known = any(_same(held, past) for held in holders)
        return None if known or denied or not _value(past) else _remember(past, holders, over)
    for rule, opposing in (
        ("cue.user_edited", [held for held in ending if held.user_edited]),
        ("cue.weaker", [held for held in ending if _rank(held) > _rank(past)]),
    ):
        if opposing:
            links = {held.id: {"links": _opposed(held, witness)} for held in opposing}
            patch = {"links": tuple(Link("contradicts", held.id) for held in opposing)}
            return Decision("conflicted", rule, patch=patch, changes=links)
    ended = {held.id: {"status": "superseded", "valid_to": min(_end(held), over)} for held in ending}
    return Decision("superseded", "cue.ended", changes=ended) if ended else None


def _remember(past: Record, holders: Sequence[Record], over: datetime) -> Decision:
    """Add a state that is over, after what is known to have been before it and up to what followed."""
    following = [] if past.cardinality == "many" else [held for held in holders if _end(held) > over]
    until = min([over, *(_begin(held) for held in following)])
    ends = [] if past.cardinality == "many" else [_end(held) for held in holders if _end(held) <= until]
    begin = max([end for end in (past.valid_from, *ends) if end is not None and end <= until], default=None)
    successor = min(following, key=_order).id if following else None
    patch = {"status": "superseded", "valid_from": begin, "valid_to": until, "superseded_by": successor}
    return Decision("added", "cue.past", patch=patch)


def _revise_slot(new: Record, holders: Sequence[Record], corrects: bool, told_present: bool) -> Decision:
    holders = [held for held in holders if held.status in RECALLABLE or held.valid_from != held.valid_to or _open(held)]
    for held in holders:
        if _same(held, new) and _covers(held, new, holders) and _agrees(held, new):
            return _reinforce(held, new, "slot.same", [other for other in holders if other is not held])
    present = [held for held in holders if held.status in RECALLABLE]
    if not holders:
        return Decision("added", "new")
    if new.cardinality == "many" or any(held.cardinality == "many" for held in present):
        return Decision("added", "slot.many")
    later = [held for held in holders if _order(held) > _order(new)]
    right = corrects and all(held.said_at <= new.said_at for held in later)
    if later and not (right or (told_present and all(_told_after(new, held) for held in later))):
        return _insert_past(new, holders, min(later, key=_order))
    newer = [held for held in present if max(_begin(new), new.said_at) < _told(held)]
    undated = told_present or new.valid_from in (None, new.said_at)  # else the caller orders by valid time
    if newer and undated and not corrects:
        outdated = {"status": "superseded", "superseded_by": newer[0].id, "valid_to": _begin(new)}
        return Decision("added", "slot.outdated", patch=outdated)
    return _replace_present(new, present, holders, corrects)


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


def _replace_present(new: Record, present: Sequence[Record], holders: Sequence[Record], corrects: bool) -> Decision:
    edited = [held for held in present if held.user_edited]
    stronger = [held for held in present if _rank(held) > _rank(new)]
    equal = [held for held in present if _rank(held) == _rank(new) and _order(held) == _order(new)]
    equal = [held for held in equal if not corrects and not _arrived_in_order(held, new)]
    for rule, opposing in (("slot.user_edited", edited), ("slot.weaker", stronger), ("slot.equal", equal)):
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
    changes = {held.id: {"links": _opposed(held, new.id)} for held in opposing}
    return Decision("conflicted", rule, patch={"links": links}, changes=changes)


def _opposed(held: Record, other: str) -> tuple[Link, ...]:
    """Return the links of a record that something contradicts, of the conflicts only the latest."""
    conflicts = [link for link in held.links if link.type == "contradicts"][1 - MOST_CONFLICTS :]
    kept = [link for link in held.links if link.type != "contradicts" or link in conflicts]
    return tuple(dict.fromkeys((*kept, Link("contradicts", other))))


def _value(record: Record) -> str:
    return record.value if record.value is not None else record.content


def _same(held: Record, new: Record) -> bool:
    """Tell whether two states of a slot have the same value; last zeros of a plain number only tell versions apart."""
    one, other = _value(held), _value(new)
    if same_value(one, other):
        return True
    plain = _DECIMAL.fullmatch(one.strip()) and _DECIMAL.fullmatch(other.strip())
    return bool(plain) and "version" not in (new.attribute or "").lower() and Decimal(one) == Decimal(other)


def _covers(held: Record, new: Record, holders: Sequence[Record]) -> bool:
    """Tell whether `held` was true when `new` begins, or is the next state with nothing else known in between."""
    if held.status in RECALLABLE and held.valid_to is None:
        between = [other for other in holders if _begin(new) < _end(other) and _begin(other) < _begin(held)]
        return _begin(new) >= _begin(held) or (new.valid_to is None and not between)
    return _begin(held) <= _begin(new) < _end(held)


def _agrees(held: Record, new: Record) -> bool:
    """Tell whether two texts of one value tell no other time: "until June" is no repetition of "until May"."""
    if held.status not in RECALLABLE or held.content == new.content:
        return True
    if held.valid_to is not None and new.valid_to is not None and held.valid_to != new.valid_to:
        return False
    if held.valid_precision not in _LEAST or new.valid_precision is None or held.valid_from is None:
        return True
    apart = _begin(new) - held.valid_from >= _LEAST[held.valid_precision]
    return not apart or gist(held.content) == gist(new.content)


def _order(record: Record) -> tuple[datetime, datetime]:
    """Return what orders states: when they began, then when they were said."""
    return _begin(record), record.said_at


def _told(record: Record) -> datetime:
    """Return when a state was last said to be so."""
    return max([record.said_at, *(source.said_at for source in record.sources)])


def _open(record: Record) -> bool:
    return record.valid_from is None and record.valid_to is None


def _told_after(new: Record, held: Record) -> bool:
    """Tell whether a state that holds when it is said was said after another, and of a time when that had begun."""
    return new.valid_to is None and held.said_at < new.said_at and _begin(held) <= new.said_at


def _arrived_in_order(held: Record, new: Record) -> bool:
    """Tell whether arrival is the order in which two states were said: one voice, one session, or said as written."""
    voice = new.speaker is not None and new.speaker == held.speaker
    return voice or (new.session is not None and new.session == held.session) or new.said_at == new.recorded_at


def _begin(record: Record) -> datetime:
    return record.valid_from or _BEGINNING


def _end(record: Record) -> datetime:
    return record.valid_to or _END


def _rank(record: Record) -> int:
    return DERIVATIONS.index(record.derivation)
