"""Applying policies to a space: first what would go and by which rule, then, batch by batch, that it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from ricordo.plaintext.cascade import fallout, newest
from ricordo.plaintext.policy import Match, Policy, evaluate
from ricordo.store.base import Row, Snapshot, Transaction, Visible, Write

_PAGE = 500
_USES = frozenset({"used", "helped"})


def matches(
    snapshot: Snapshot, seen: Visible, policies: Sequence[Policy], now: datetime
) -> Iterator[tuple[Row, Match]]:
    """Yield the live records that a rule decides over, with the rule; expired records are live.

    Args:
        snapshot: Where to look.
        seen: What the caller may see, at the beginning of time: nothing has expired then.
        policies: The rules, in order.
        now: The moment ages are counted at.
    """
    after = 0
    while rows := snapshot.page(seen, after, _PAGE):
        for row, match in decided(snapshot, rows, policies, now):
            if match is not None:
                yield row, match
        after = rows[-1].rid


def decided(
    snapshot: Snapshot, rows: Sequence[Row], policies: Sequence[Policy], now: datetime
) -> Iterator[tuple[Row, Match | None]]:
    """Yield rows, each with the rule that decides over it."""
    usage = snapshot.usage([row.record.id for row in rows])
    by_use = any(policy.unused_for is not None for policy in policies)
    for row in rows:
        counts = usage.get(row.record.id, {})
        used = _last_used(snapshot, row.record.id) if by_use and any(counts.get(name) for name in _USES) else None
        yield row, evaluate(row.record, policies, now, counts=counts, last_used=used)


def expire(
    transaction: Transaction, ids: Sequence[str], policies: Sequence[Policy], now: datetime, may: Callable[[Row], bool]
) -> tuple[int | None, dict[str, str]]:
    """Retire records that rules still take, in one event. Return its `seq` (None: nothing did), and rules by record.

    Args:
        transaction: Where to look and to write.
        ids: What was to go when it was looked for.
        policies: The rules, in order.
        now: When it is recorded, and ages are counted at.
        may: Tells whether the caller may write a record.
    """
    rows = [row for id in ids if (row := newest(transaction, id)) is not None and may(row)]
    found = [(row, match) for row, match in decided(transaction, rows, policies, now) if match and match.takes]
    writes = [
        Write(row.record.id, set={"status": match.status}, rule=match.policy.name, reason=match.policy.because)
        for row, match in found
    ]
    retracted = [row.record.id for row, match in found if match.status == "retracted"]
    apart = [row.record.id for row, _ in found]
    fits = partial(_fits, may, policies, now)
    beside = fallout(transaction, retracted, may=fits, op="expire", apart=apart).writes if retracted else ()
    seq = transaction.append("expire", [*writes, *beside], now).seq if writes else None
    return seq, {row.record.id: match.policy.name for row, match in found}


def _fits(may: Callable[[Row], bool], policies: Sequence[Policy], now: datetime, row: Row) -> bool:
    """Tell whether a record may go because what it rests on went: not what is pinned, or what a rule keeps."""
    match = evaluate(row.record, policies, now)
    return may(row) and not row.record.pinned and (match is None or match.takes)


def _last_used(snapshot: Snapshot, id: str) -> datetime | None:
    """Return when feedback last told that a record was used or helped."""
    last = None
    for event in snapshot.events(record=id):
        for target, payload in zip(event.targets, event.payloads, strict=True):
            if target.id == id and (payload or {}).get("outcome") in _USES:
                last = event.at
    return last


def beginning() -> datetime:
    """Return the moment at which nothing has expired."""
    return datetime.min.replace(tzinfo=UTC)
