"""The commit flow, in one transaction: known key? -> still what was read? -> each operation in turn -> result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from ricordo.errors import GoneError, InvalidInputError, KeyConflictError, NotFoundError, StaleReadError
from ricordo.plaintext import retain as writing
from ricordo.plaintext.cascade import EVERYTHING, newest
from ricordo.plaintext.draft import check_fields, checked_update
from ricordo.plaintext.merge import merged, united
from ricordo.plaintext.ops import Appending, Changing, Merging, Removing, in_op
from ricordo.plaintext.reading import Seen, advanced, joined, moved, seen_by, stale, usable, with_seen
from ricordo.plaintext.retain import Prepared, keyed, left
from ricordo.plaintext.retire import retire
from ricordo.plaintext.undo import current
from ricordo.results import Commit, StaleRead
from ricordo.store.base import Indexer, Row, Snapshot, Transaction, Visible, Write
from ricordo.store.fold import canonical, logged, same
from ricordo.types import Link, Record, Verdict

if TYPE_CHECKING:
    from ricordo.config import Settings
    from ricordo.text.states import Told

#: An operation, ready to be done.
Doing = Prepared | Changing | Appending | Merging | Removing
#: What a commit may hold its reads to: the records that were delivered, or also all that was looked in.
STRICTNESS = ("reads", "scope")
#: Records, and events looked through, of which a conflict over scopes tells.
_MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose commit it is: what that handle sees, may do, and how it reads texts.

    Args:
        settings: The settings in force.
        everything: What it may read.
        found: Finds a record it may write; one answer for "no right" and "not there".
        may: Tells whether it may write a record.
        read, machine, index: As of `retain.update`.
        now: When the commit is recorded.
    """

    settings: Settings
    everything: Visible
    found: Callable[[Transaction, str], Row]
    may: Callable[[Row], bool]
    read: Callable[[Record], Sequence[Told]]
    machine: Callable[[str | None], bool]
    index: Indexer
    now: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A commit before its transaction.

    Args:
        ops: The operations; of a new record, what `retain.prepare` made of it.
        given: The same as the caller gave them.
        look: Opens a snapshot and returns what a function makes of it, later.
        claims: Versions of records that the caller says it rests on.
        local: What was delivered in this process, or None.
        token: Digest of the read token, or None.
        principal: Who commits.
        strict: One of `STRICTNESS`.
        key, body: Digests of the idempotency key and of the operations, or None.
    """

    ops: Sequence[Doing]
    given: Sequence[Mapping[str, Any]]
    look: Callable[[Callable[[Snapshot], tuple[StaleRead, ...]]], tuple[StaleRead, ...]]
    claims: Mapping[str, int]
    local: Seen | None
    token: bytes | None
    principal: str
    strict: str
    key: str | None = None
    body: str | None = None


# -- what it rests on --------------------------------------------------------------------------------------------------


def check(snapshot: Snapshot, plan: Plan, everything: Visible) -> Seen:
    """Return what was delivered under the plan's token; refuse where anything that the commit rests on has changed.

    Run early on a snapshot it can only refuse; what decides is that it runs in the transaction of the commit.

    Args:
        snapshot: Where to look.
        plan: The commit.
        everything: What the committer may read.

    Raises:
        StaleReadError: A record is not at the version that was read, or with `strict="scope"` something touched what
            was looked in.
        NotFoundError: The caller names a version of a record that is not visible.
        ReadTokenError: The token can't be used.
    """
    delivered = Seen()
    if plan.token is not None:
        delivered = seen_by(usable(snapshot.handle(plan.token), plan.principal, everything.now))
    rests = delivered if plan.local is None else joined(delivered, plan.local)
    if plan.claims:
        rests = joined(rests, Seen(plan.claims))
    changed = stale(snapshot, rests, everything.scopes) if rests.reads else {}
    hidden = next((id for id, (read, now) in changed.items() if read and not now and id not in delivered.reads), None)
    if hidden is not None and (plan.local is None or hidden not in plan.local.reads):
        raise NotFoundError(f"reads: no record {hidden!r} is visible here")
    event = moved(snapshot, rests) if plan.strict == "scope" else None
    if changed or event is not None:
        tell = partial(_told, versions=changed, rests=rests, event=event, until=snapshot.head(), plan=plan)
        raise StaleReadError(changed, event, partial(plan.look, partial(tell, everything=everything)))
    return delivered


def _told(
    snapshot: Snapshot,
    *,
    versions: Mapping[str, tuple[int, int]],
    rests: Seen,
    event: int | None,
    until: int,
    plan: Plan,
    everything: Visible,
) -> tuple[StaleRead, ...]:
    """Return the records of a conflict as they were read, as they were at the conflict, and what lies between."""
    found = dict(versions)
    if event is not None:
        found |= _touched(snapshot, rests, until, everything)
    return tuple(_between(snapshot, id, *spots, until, plan, everything) for id, spots in found.items())


def _between(
    snapshot: Snapshot, id: str, read: int, now: int, until: int, plan: Plan, everything: Visible
) -> StaleRead:
    ops = tuple(op for op in plan.given if op.get("id") == id)
    if snapshot.find(id, everything) is None:
        return StaleRead(id, read, now, ops=ops)
    known = [change for change in snapshot.changes(id, max(read, 1)) if change.event <= until]
    base = next((change for change in known if change.version == read and change.record is not None), None)
    theirs = next((change.record for change in reversed(known) if change.record is not None), None)
    return StaleRead(id, read, now, base.record if base else None, theirs, tuple(known[base is not None :]), ops)


def _touched(snapshot: Snapshot, rests: Seen, until: int, everything: Visible) -> dict[str, tuple[int, int]]:
    """Return the first records that were touched where was looked, with their versions then and at the conflict."""
    found: dict[str, tuple[int, int]] = {}
    for event in islice(snapshot.events(rests.seq), _MOST_TOLD):
        for target in event.targets if event.seq <= until else ():
            row = snapshot.find(target.id, everything)
            if row is not None and (rests.scopes is None or row.record.scope in rests.scopes):
                then = snapshot.find(target.id, replace(everything, as_of=rests.seq))
                now = 0 if row.record.status == "erased" else target.version
                found[target.id] = (then.record.version if then else 0, now)
        if len(found) >= _MOST_TOLD:
            break
    return found


# -- what it does ------------------------------------------------------------------------------------------------------


def commit(transaction: Transaction, plan: Plan, hand: Hand) -> Commit:
    """Check what a commit rests on and do all of it, or raise and do nothing.

    Args:
        transaction: Where to look and to write.
        plan: The commit.
        hand: Whose it is.

    Raises:
        KeyConflictError: The key was used for other operations.
        StaleReadError, NotFoundError, ReadTokenError: As `check`.
        GoneError: A record to add to was forgotten.
        RicordoError: As the flow of an operation.
    """
    if plan.key is not None and (spot := transaction.keyed(plan.key)) is not None:
        return _repeated(transaction, spot, plan)
    delivered = check(transaction, plan, hand.everything)
    before = transaction.head()
    verdicts = tuple(_done(transaction, spot, op, hand) for spot, op in enumerate(plan.ops))
    after = transaction.head()
    events = tuple(range(before + 1, after + 1))
    done = Commit(after, verdicts, events)
    if plan.key is not None:
        _remember(transaction, done, plan, hand)
    if plan.token is not None:  # last: what the commit itself wrote stands in no later one's way
        handle = usable(transaction.handle(plan.token), plan.principal, hand.now)
        transaction.hold(with_seen(handle, advanced(transaction, delivered, before)))
        transaction.let_go(hand.now)
    return done


def _done(transaction: Transaction, spot: int, op: Doing, hand: Hand) -> Verdict:
    try:
        if isinstance(op, Prepared):
            return writing.retain(transaction, op, now=hand.now, everything=hand.everything)
        row = hand.found(transaction, op.id)
        if isinstance(op, Removing):
            return _removed(transaction, row, op, hand)
        if isinstance(op, Changing):
            return _changed(transaction, row, op, hand)
        _refuse_gone(row.record)
        if isinstance(op, Merging):
            return _merged(transaction, row, op, hand)
        return _appended(transaction, row, op, hand)
    except InvalidInputError as error:
        raise in_op(spot, error) from error


def _changed(transaction: Transaction, row: Row, op: Changing, hand: Hand) -> Verdict:
    writing.check_base(row.record, op.if_version)
    for link in op.changes.get("links") or ():
        _check_link(transaction, link.target, hand)
    return writing.update(
        transaction,
        row,
        op.changes,
        read=hand.read,
        machine=hand.machine,
        index=hand.index,
        reason=op.reason,
        now=hand.now,
    )


def _appended(transaction: Transaction, row: Row, op: Appending, hand: Hand) -> Verdict:
    """Add text to a record: an edit of its content, but no correction, and nobody's last word."""
    content = f"{row.record.content}{op.separator}{op.text}"
    return writing.update(
        transaction,
        row,
        checked_update(hand.settings, {"content": content}),
        read=hand.read,
        machine=hand.machine,
        index=hand.index,
        reason=None,
        now=hand.now,
        rule="append",
    )


def _merged(transaction: Transaction, row: Row, op: Merging, hand: Hand) -> Verdict:
    before = row.record
    for link in op.links:
        _check_link(transaction, link.target, hand)
    fields: dict[str, Any] = {}
    if op.rules:
        fields["metadata"] = merged(before.metadata, op.rules)
    if op.aliases:
        fields["aliases"] = tuple(united(before.aliases, op.aliases))
    if op.links:
        fields["links"] = tuple(sorted({*before.links, *op.links}, key=lambda link: (link.type, link.target)))
    fields = check_fields(hand.settings, fields)
    patch = {name: logged(value) or None for name, value in fields.items() if not same(value, getattr(before, name))}
    if not patch:
        return Verdict("unchanged", "merge.same", before, before.event)
    event = transaction.append("merge", [Write(before.id, set=patch, rule="merge")], hand.now)
    return Verdict("revised", "merge", left(transaction, before, replace(before, **fields), event), event.seq)


def _removed(transaction: Transaction, row: Row, op: Removing, hand: Hand) -> Verdict:
    if row.record.status == "retracted":
        return Verdict("unchanged", "forget.same", row.record, row.record.event)
    (seq,), gone = retire(transaction, [op.id], may=hand.may, reason=op.reason, now=hand.now)
    return Verdict("revised", "forget", current(transaction, op.id).record, seq, tuple(gone))


def _refuse_gone(record: Record) -> None:
    if record.status == "retracted" or (record.status == "archived" and record.superseded_by is not None):
        raise GoneError(record.id, record.superseded_by if record.status == "archived" else None)


def _check_link(transaction: Transaction, target: str, hand: Hand) -> None:
    if transaction.find(target, hand.everything) is None:
        raise NotFoundError(f"links: no record {target}; link to a record that exists and that you may read")


# -- its key ---------------------------------------------------------------------------------------------------------


def digests(plan: Plan, key: str, scope: str | None, secret: bytes) -> tuple[str, str]:
    """Return the digests of a key and of what it stands for.

    Keys of one principal, and of handles that write one scope, are not those of another.
    """
    name = keyed(secret, canonical(["commit", plan.principal, scope, key]))
    parts = [op.body if isinstance(op, Prepared) else [type(op).__name__, _plain(asdict(op))] for op in plan.ops]
    return name, keyed(secret, canonical(["commit", parts]))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, Link):
        return [value.type, value.target]
    return logged(value)


def _remember(transaction: Transaction, done: Commit, plan: Plan, hand: Hand) -> None:
    """Note key and result in the log, at the first record it may write: also where there was nothing to be done."""
    parts = [_noted(verdict) for verdict in done.verdicts]
    result = {"seq": done.seq, "events": list(done.events), "verdicts": parts}
    own = [verdict.record for verdict in done.verdicts if hand.may(current(transaction, verdict.record.id))]
    place = (own or [done.verdicts[0].record])[0].id
    noted = Write(place, key=plan.key, body=plan.body, rule="commit", result=result)
    transaction.append("commit", [noted], hand.now)


def _noted(verdict: Verdict) -> list[Any]:
    states = [_noted(state) for state in verdict.states]
    return [verdict.action, verdict.rule, verdict.record.id, verdict.event, list(verdict.affected), states]


def _repeated(transaction: Transaction, spot: tuple[int, str], plan: Plan) -> Commit:
    seq, id = spot
    event = next(transaction.events(seq - 1))
    payload = event.payloads[[target.id for target in event.targets].index(id)] or {}
    if payload.get("body") != plan.body or "result" not in payload:
        raise KeyConflictError("key: it was used before for other operations; give another key")
    result = payload["result"]
    verdicts = tuple(_as_it_was(transaction, part) for part in result["verdicts"])
    return Commit(result["seq"], verdicts, tuple(result["events"]), repeated=True)


def _as_it_was(transaction: Transaction, noted: Sequence[Any]) -> Verdict:
    action, rule, id, event, affected, states = noted
    row = transaction.find(id, replace(EVERYTHING, as_of=event)) or newest(transaction, id)
    assert row is not None
    parts = tuple(_as_it_was(transaction, part) for part in states)
    return Verdict(action, rule, row.record, event, tuple(affected), repeated=True, states=parts)
