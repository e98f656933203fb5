"""Taking records back: forgetting and erasing, each with what goes with it in one event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ricordo.plaintext.cascade import SPENT, Fallout, behind, fallout, grounds, kept, made_from, newest
from ricordo.plaintext.retain import MOST_TARGETS, new_id
from ricordo.store.base import Row, Transaction, Visible, Write
from ricordo.store.fold import slot_place
from ricordo.types import BELIEVED, Record

May = Callable[[Row], bool]


def retire(
    transaction: Transaction, ids: Sequence[str], *, may: May, reason: str | None, now: datetime
) -> tuple[list[int], list[str]]:
    """Retract records, and what rested on them alone: they stay in the history and leave every ordinary read.

    Args:
        transaction: Where to look and to write.
        ids: The records.
        may: Tells whether the caller may write a record.
        reason: Why, in the caller's words.
        now: When it is recorded.

    Returns:
        (the events, ids of the records that were retracted with these).
    """
    events: list[int] = []
    unsupported: list[str] = []
    for batch, later in _batches(ids):
        writes = [Write(id, set={"status": "retracted"}, rule="forget", reason=reason) for id in batch]
        beside = fallout(transaction, batch, may=may, op="forget", apart=later)
        events.append(transaction.append("forget", [*writes, *beside.writes], now).seq)
        unsupported += beside.unsupported
    return events, unsupported


def erase(
    transaction: Transaction, ids: Sequence[str], *, may: May, now: datetime
) -> tuple[list[int], list[str], list[str]]:
    """Take the content of records away, and of all that was made of them, from the log too.

    Where one stands in place of others since a consolidation, those go as well: they hold the same words. Evidence that
    they gave to others is withdrawn. A state that other evidence tells too is made anew from that.

    Args:
        transaction: Where to look and to write.
        ids: The records.
        may: Tells whether the caller may write a record.
        now: When it is recorded.

    Returns:
        (the events, ids of the records erased with these, ids of the records made in the place of such).
    """
    events: list[int] = []
    derived: dict[str, None] = {}
    made: list[str] = []
    for batch, later in _batches(_with_those_behind(transaction, ids)):
        fresh = [id for id in batch if id not in derived]
        with_these = [row for row in made_from(transaction, fresh, may) if row.record.id not in later]
        if not fresh:
            continue
        going = [*fresh, *(row.record.id for row in with_these)]
        records = [row.record for row in with_these]
        beside = fallout(transaction, going, may=may, op="erase", apart=later, summaries=records)
        again = _again(transaction, fresh, records, {*going, *later, *beside.unsupported}, now)
        writes = _merged([*(Write(id, erase=True) for id in going), *beside.writes, *again.writes])
        events.append(transaction.append("erase", writes, now).seq)
        derived |= dict.fromkeys(record.id for record in records)
        made += again.kept
    return events, list(derived), made


def _with_those_behind(transaction: Transaction, ids: Sequence[str]) -> list[str]:
    found = list(ids)
    for id in found:  # grows while it is walked
        row = newest(transaction, id)
        found += [one.id for one in (behind(transaction, row.record) if row else ()) if one.id not in found]
    return found


def _batches(ids: Sequence[str]) -> Iterator[tuple[Sequence[str], set[str]]]:
    """Yield the ids of each event, and those of later ones."""
    for start in range(0, len(ids), MOST_TARGETS):
        yield ids[start : start + MOST_TARGETS], set(ids[start + MOST_TARGETS :])


def _merged(writes: Sequence[Write]) -> list[Write]:
    """Return one write for each record."""
    found: dict[str, Write] = {}
    for write in writes:
        first = found.get(write.id)
        found[write.id] = write if first is None else replace(first, set={**first.set, **write.set})
    return list(found.values())


def _again(
    transaction: Transaction, erased: Sequence[str], made: Sequence[Record], going: Collection[str], now: datetime
) -> Fallout:
    """Return the states to make anew, of those that are erased with their evidence while other evidence stays."""
    writes: list[Write] = []
    ids: list[str] = []
    for record in made:
        witnesses = _witnesses(transaction, record, going) if record.status in BELIEVED else []
        if not witnesses or (state := kept(record, witnesses, _every_version(transaction, erased))) is None:
            continue
        id = new_id(now)
        state["links"] = [link for link in state["links"] if link[1] not in going]
        writes.append(Write(id, set=state, rule="erase.kept"))
        writes += _relinked(transaction, record, id, going)
        ids.append(id)
    return Fallout(tuple(writes), kept=tuple(ids))


def _witnesses(transaction: Transaction, record: Record, going: Collection[str]) -> list[Record]:
    """Return the records that stay and say what a record says, oldest first."""
    found = [newest(transaction, ground) for ground in grounds(record) if ground is not None and ground not in going]
    alive = [row.record for row in found if row is not None and row.record.status not in SPENT]
    return sorted((one for one in alive if one.scope == record.scope), key=lambda one: (one.said_at, one.id))


def _every_version(transaction: Transaction, ids: Sequence[str]) -> list[Record]:
    return [change.record for id in ids for change in transaction.changes(id) if change.record is not None]


def _relinked(transaction: Transaction, record: Record, id: str, going: Collection[str]) -> Iterator[Write]:
    """Yield what points the records that pointed to an erased state to the one in its place."""
    slot = slot_place(record)
    for row in transaction.holders(slot) if slot else ():
        if row.record.superseded_by == record.id and row.record.id not in going:
            yield Write(row.record.id, set={"superseded_by": id}, rule="erase.kept")
    seen = Visible(scopes=(record.scope,), now=record.recorded_at)
    hits = transaction.linked([record.id], seen, ("contradicts",))
    for row in transaction.rows([hit.vid for hit in hits]).values():
        if row.record.id not in going:
            links = [[link.type, id if link.target == record.id else link.target] for link in row.record.links]
            yield Write(row.record.id, set={"links": links}, rule="erase.kept")
