"""From the states a text tells to records that would hold them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ricordo.text.told import only_states
from ricordo.types import EVENT_KINDS, Link, Record

if TYPE_CHECKING:
    from ricordo.text.states import Told

#: Attributes that read as the verb between subject and value; others read as "Ada's age is 34".
_VERBS = {
    "lives_in": "lives in",
    "works_at": "works at",
    "born_in": "was born in",
    "from": "is from",
    "studies": "studies",
    "studies_at": "studies at",
    "located_in": "is in",
    "written_in": "is written in",
    "allergic_to": "is allergic to",
    "likes": "likes",
    "dislikes": "dislikes",
    "prefers": "prefers",
    "owns": "owns:",
    "has": "has:",
    "speaks": "speaks",
    "plays": "plays",
    "uses": "uses",
}
#: Attributes by which "X rather than Y" does not say that Y was so.
_RATHER = frozenset({"prefers", "likes", "dislikes"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One state that a text tells, as a record to be.

    Args:
        record: The record; its link to the evidence is added when that has an id.
        sense: "holds", or how it is over: see `ricordo.text.states.Told`.
        corrects: Whether the text says that what was said before was wrong.
        ref: The caller's own id of where it was said.
        instead_of: The value that it says it replaces; of the state that is replaced, its own.
        clause: The span of the text that tells it.
    """

    record: Record
    sense: str
    corrects: bool
    ref: str | None
    clause: tuple[int, int] = (0, 0)
    instead_of: str | None = None
    present: bool = True


def own_state(kind: str, content: str, told: Sequence[Told]) -> Told | None:
    """Return the one state that a text of a state kind is nothing else than, or None."""
    if kind in EVENT_KINDS or len(told) != 1 or told[0].sense != "holds" or not only_states(content, list(told)):
        return None
    return told[0]


def slot_fields(state: Told, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a state adds to those given of the record that tells it; what is given stays."""
    slot = {
        "subject": state.subject,
        "attribute": state.attribute,
        "value": state.value,
        "cardinality": state.cardinality,
        "valid_from": state.begin or fields["said_at"],
        "valid_precision": state.precision if state.begin else None,
    }
    if state.end is not None and state.end > fields.get("valid_from", slot["valid_from"]):
        slot["valid_to"] = state.end
    return {**{name: value for name, value in slot.items() if value is not None}, **fields}


def claims(
    record: Record, told: Sequence[Told], own: Told | None, ref: str | None, ids: Sequence[str], *, machine: bool
) -> list[Claim]:
    """Return what a text claims as records to be: each state, and the one that it says it replaces.

    Args:
        record: The record that holds the text.
        told: The states it tells.
        own: The one of them that the record holds itself.
        ref: The caller's own id of where it was said.
        ids: Ids for the records to be, twice as many as there are states.
        machine: Whether no person says it: then nothing is told of the speaker, and the rest outranks no person's word.
    """
    fresh = iter(ids)
    found: list[Claim] = []
    for state in told:
        if state is not own and not (machine and state.subject == record.speaker):
            new = _record(record, state, next(fresh), machine)
            found.append(
                Claim(new, state.sense, state.corrects, ref, state.clause, state.instead_of, not state.happened)
            )
        if state.instead_of:
            sense = "denied" if state.corrects or state.attribute in _RATHER else "was"
            before = replace(state, value=state.instead_of, sense=sense, begin=None, end=state.begin, precision=None)
            past = _record(record, before, next(fresh), machine)
            found.append(Claim(past, sense, False, ref, state.clause, state.instead_of, not state.happened))
    return found


def sentence(state: Told) -> str:
    """Return a state as a plain sentence.

    >>> from ricordo.text.states import Told
    >>> sentence(Told("Ada", "lives_in", "Lisbon", "one", "fact", "holds", None, False, None, None, None, (0, 0)))
    'Ada lives in Lisbon'
    """
    return worded(state.subject, state.attribute, state.value)


def worded(subject: str, attribute: str, value: str) -> str:
    """Return a slot and its value as a plain sentence.

    >>> worded("Ada", "works_at", "Northwind"), worded("Ada", "home city", "Porto")
    ('Ada works at Northwind', 'Ada: home city is Porto')
    """
    verb = _VERBS.get(attribute)
    return f"{subject} {verb} {value}" if verb is not None else f"{subject}: {attribute.replace('_', ' ')} is {value}"


def _record(evidence: Record, state: Told, id: str, machine: bool) -> Record:
    holds = state.sense == "holds"
    begin = state.begin or (evidence.said_at if holds else None)
    over = state.end if holds else state.end or evidence.said_at
    return replace(
        evidence,
        id=id,
        kind=state.kind,
        content=sentence(state),
        session=None,
        title=None,
        name=None,
        aliases=(),
        why=None,
        pinned=False,
        user_edited=False,
        metadata={},
        links=(Link("derived_from", evidence.id),),
        derivation="inferred" if machine else evidence.derivation,
        subject=state.subject,
        attribute=state.attribute,
        value=state.value,
        cardinality=state.cardinality,
        valid_from=begin,
        valid_precision=state.precision if state.begin else None,
        valid_to=over if over is None or begin is None or over > begin else None,
    )
