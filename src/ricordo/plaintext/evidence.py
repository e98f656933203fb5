"""What speaks for a record, what speaks against it and what follows from it, within what may be seen."""

from __future__ import annotations

from dataclasses import replace

from ricordo.plaintext.belief import confidence, sources_of, trend, weight
from ricordo.plaintext.cascade import SPENT, parents
from ricordo.plaintext.standing import standings
from ricordo.results import Belief, Evidence
from ricordo.store.base import Row, Snapshot, Visible
from ricordo.store.fold import slot_place
from ricordo.text import same_value
from ricordo.types import DERIVATIONS, RECALLABLE, Record

_FORWARD = frozenset({"affects", "causes", "supports"})


def believe(snapshot: Snapshot, row: Row, seen: Visible) -> Belief:
    """Return how far a record is to be believed, and why.

    Args:
        snapshot: Where to look.
        row: The record, as the reading sees it.
        seen: What may be seen; evidence and contradictions of other scopes do not count.
    """
    record = row.record
    told = proofs(snapshot, record, seen)
    opposed = opponents(snapshot, record, seen)
    denied = sources_of([one for other in opposed for one in proofs(snapshot, other, seen)])
    independent = sources_of(told)
    outcomes = snapshot.usage([record.id]).get(record.id, {})
    return Belief(
        record=record,
        confidence=confidence([weight(one) for one in independent], [weight(one) for one in denied], outcomes),
        proofs=len(independent),
        contradictions=len(denied),
        trend=trend([one.said_at for one in told], seen.now),
        sources=tuple(told),
        against=tuple(opposed),
        follows=tuple(consequences(snapshot, record, seen)),
        standing=standings(snapshot, [row], seen)[row.vid],
    )


def proofs(snapshot: Snapshot, record: Record, seen: Visible, above: frozenset[str] = frozenset()) -> list[Evidence]:
    """Return the evidence of a record that still speaks, back to where it was said; each piece once."""
    if record.status in SPENT:
        return []
    above |= {record.id}
    linked = parents(record) if len(parents(record)) > 1 else []
    told = record.sources[1:] if linked else record.sources
    found = [
        Evidence(one.said_at, one.speaker, one.ref, record.session, one.said or record.content, None, record.derivation)
        for one in told
        if one.record is None
    ]
    held = [*linked, *(one.record for one in told if one.record is not None)]
    supporting = [other.id for other in _linking(snapshot, record.id, seen, ("supports",))]
    for id in dict.fromkeys([*held, *supporting]):
        row = snapshot.find(id, seen) if id not in above else None
        for one in proofs(snapshot, row.record, seen, above) if row else ():
            weakest = min(one.derivation, record.derivation, key=DERIVATIONS.index) if id in held else one.derivation
            found.append(replace(one, record=one.record or id, derivation=weakest))
    return list(dict.fromkeys(found))


def opponents(snapshot: Snapshot, record: Record, seen: Visible) -> list[Record]:
    """Return the live records that contradict a record: those with such a link, and other states of its slot."""
    named = [link.target for link in record.links if link.type == "contradicts"]
    rows = [row for id in named if (row := snapshot.find(id, seen)) is not None]
    found = [*(row.record for row in rows), *_linking(snapshot, record.id, seen, ("contradicts",))]
    slot = slot_place(record)
    if slot is not None and record.cardinality == "one":
        rivals = [snapshot.find(row.record.id, seen) for row in snapshot.holders(slot)]
        found += [row.record for row in rivals if row is not None and _rivals(row.record, record)]
    live = {one.id: one for one in found if _live(one, seen) and one.id != record.id}
    return list(live.values())


def consequences(snapshot: Snapshot, record: Record, seen: Visible) -> list[Record]:
    """Return the live records that follow from a record: made from it, told by it too, or named as affected by it."""
    named = [link.target for link in record.links if link.type in _FORWARD]
    named += [hit.id for hit in snapshot.cited([record.id], seen)]
    rows = [row for id in dict.fromkeys(named) if (row := snapshot.find(id, seen)) is not None]
    found = [*_linking(snapshot, record.id, seen, ("derived_from",)), *(row.record for row in rows)]
    return list({one.id: one for one in found if _live(one, seen) and one.id != record.id}.values())


def _linking(snapshot: Snapshot, id: str, seen: Visible, types: tuple[str, ...]) -> list[Record]:
    """Return the live records with a link of one of these types to a record."""
    rows = snapshot.rows([hit.vid for hit in snapshot.linked([id], seen, types)], seen.as_of)
    return [row.record for row in rows.values() if _live(row.record, seen)]


def _live(record: Record, seen: Visible) -> bool:
    return record.status in RECALLABLE and (record.expires_at is None or record.expires_at > seen.now)


def _rivals(one: Record, other: Record) -> bool:
    """Tell whether two states of a slot can't both be so: another value, at a time that both hold."""
    values = [record.value if record.value is not None else record.content for record in (one, other)]
    begun = one.valid_from is None or other.valid_to is None or one.valid_from < other.valid_to
    going = other.valid_from is None or one.valid_to is None or other.valid_from < one.valid_to
    return one.cardinality == "one" and not same_value(*values) and begun and going
