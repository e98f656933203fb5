"""The queue of proposals, top to bottom: what is new -> candidates -> ask -> check against the table -> one event.

A follower's position in the log is the queue, so nothing is asked twice and a run goes on where the last one ended. No
model is asked while a snapshot or a transaction is open; what changed meanwhile is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ricordo.errors import BoundError, ProviderError
from ricordo.plaintext.assist import attempted
from ricordo.plaintext.bounds import Bounds, within
from ricordo.plaintext.cascade import newest
from ricordo.plaintext.proposed import CANDIDATES, Relation, Reply, Slot, judge, question, read_reply, state_told
from ricordo.plaintext.revise import revise
from ricordo.plaintext.tell import Claim
from ricordo.plaintext.telling import Telling, lasting
from ricordo.providers.base import Completion, LanguageModel
from ricordo.results import Proposal, Proposals
from ricordo.store.base import Indexer, Made, Row, Snapshot, Store, Transaction, Visible, Write
from ricordo.store.fold import logged, slot_place, twin_key
from ricordo.text import Tokeniser
from ricordo.types import RECALLABLE, Record

#: The longest reply.
REPLY_TOKENS = 1_024
#: Versions looked at between two questions at most, and terms of a record that candidates are drawn by.
_AT_ONCE, _MOST_TERMS, _TERMS_OF = 50, 48, 2_000


@dataclass(frozen=True, slots=True)
class Proposer:
    """What proposing needs beside the space.

    Args:
        model: Who is asked.
        index: Makes index entries.
        tokeniser: Splits texts into terms.
        clock: Tells the present moment.
        new_id: Makes a record id.
        bounds: What must hold of the space after each event.
    """

    model: LanguageModel
    index: Indexer
    tokeniser: Tokeniser
    clock: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def reason(self) -> str:
        """What the history says of whose judgement it was."""
        return f"proposed by {self.model.model_id}"

    @property
    def follower(self) -> str:
        """The name of the position in the log."""
        return f"propose:{self.model.model_id}"


@dataclass(frozen=True, slots=True)
class Asking:
    """A record that is asked about, with its candidates, as they were read."""

    row: Row
    candidates: tuple[Record, ...]


@dataclass(slots=True)
class _Sum:
    """What a run has done so far."""

    proposals: list[Proposal] = field(default_factory=list)
    asked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False

    def count(self, reply: Completion) -> None:
        self.asked += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        self.estimated |= reply.estimated


def propose(store: Store, proposer: Proposer, *, limit: int = 100, dry_run: bool = False) -> Proposals:
    """Ask a language model about records it has not seen, and apply what holds.

    Args:
        store: The space.
        proposer: The model, and what else it takes.
        limit: Ask about at most so many records.
        dry_run: Check, and apply nothing; the position stays where it is.
    """
    done, degraded = _Sum(), None
    with store.read() as snapshot:
        start = vid = snapshot.followed(proposer.follower)[1]
    while done.asked < limit and degraded is None:
        with store.read() as snapshot:
            rows = snapshot.fresh(vid, _AT_ONCE)
            asking = next(_askings(snapshot, proposer, rows, start), None)
        if not rows:
            break
        reached = asking.row.vid if asking is not None else rows[-1].vid
        if asking is None:
            if not dry_run:
                store.transact(_reaching(proposer, reached))
        else:
            degraded = _one(store, proposer, asking, done, dry_run)
        vid = reached
    with store.read() as snapshot:
        seq = snapshot.followed(proposer.follower)[0]
    told = (tuple(done.proposals), done.asked, seq, degraded, dry_run, done.tokens_in, done.tokens_out, done.estimated)
    return Proposals(proposer.model.model_id, *told)


def step(store: Store, proposer: Proposer, limit: int) -> int:
    """Do a little of it in the background; return how many records were asked about.

    Raises:
        ProviderError: The model failed.
    """
    done = propose(store, proposer, limit=limit)
    if done.degraded is not None:
        raise ProviderError(done.degraded)
    return done.asked


def _reaching(proposer: Proposer, vid: int) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.follow(proposer.follower, vid, [])


def _one(store: Store, proposer: Proposer, asking: Asking, done: _Sum, dry_run: bool) -> str | None:
    """Ask about one record and take the reply; return why the model failed, or None."""
    messages = question(asking.row.record, asking.candidates)
    nothing: Completion | None = None
    reply, failed = attempted(lambda: proposer.model.complete(messages, max_tokens=REPLY_TOKENS), nothing)
    if reply is None:
        return failed
    done.count(reply)
    told = read_reply(reply.text, len(asking.candidates))
    if dry_run:
        with store.read() as snapshot:
            done.proposals += _Judging(snapshot, proposer, asking).take(told)
        return None

    def work(transaction: Transaction) -> list[Proposal]:
        judging = _Judging(transaction, proposer, asking)
        found = judging.take(told)
        event = transaction.append("propose", judging.writes(), proposer.clock()).seq if judging.any else None
        transaction.follow(proposer.follower, asking.row.vid, [])
        return [one if one.refused else replace(one, event=event) for one in found]

    try:
        done.proposals += store.transact(within(proposer.bounds, proposer.clock, work))
    except BoundError as error:  # asked again it would fail again: it is refused, and the queue goes on
        done.proposals.append(Proposal("reply", asking.row.record.id, refused=str(error)))
        store.transact(_reaching(proposer, asking.row.vid))
    return None


# -- what is asked about ---------------------------------------------------------------------------------------


def _askings(snapshot: Snapshot, proposer: Proposer, rows: Sequence[Row], start: int) -> Iterator[Asking]:
    """Yield the versions that are worth a question, with their candidates; `start` is where the run began."""
    now = proposer.clock()
    for row in rows:
        record = row.record
        if record.status not in RECALLABLE or not lasting(record, now) or not _news(snapshot, proposer, row, start):
            continue
        if any(link.type == "derived_from" for link in record.links):
            continue  # what holds the words is asked about
        candidates = tuple(_candidates(snapshot, proposer.tokeniser, row, now))
        told = record.subject is not None or snapshot.linked([record.id], _within(record, now), ("derived_from",))
        if candidates or not told:
            yield Asking(row, candidates)


def _news(snapshot: Snapshot, proposer: Proposer, row: Row, start: int) -> bool:
    """Tell whether nobody has asked about the words of a version: they are new, or what changed was so too late."""
    record = row.record
    if record.version == 1:
        return True
    made = next(one for one in reversed(snapshot.changes(record.id)) if one.record is not None)
    if made.op == "propose" and made.reason == proposer.reason:
        return False
    return made.op == "update" or row.rid > start


def _within(record: Record, now: datetime) -> Visible:
    return Visible(scopes=(record.scope,), now=now)


def _candidates(snapshot: Snapshot, tokeniser: Tokeniser, row: Row, now: datetime) -> Iterator[Record]:
    """Yield the earlier records of its scope that a new one may say something of: of its subject, and by its words."""
    record, visible = row.record, _within(row.record, now)
    vids = []
    if record.subject is not None:
        vids += snapshot.recent(replace(visible, subjects=(record.subject,)), CANDIDATES)
    terms = tokeniser.query_terms(record.content[:_TERMS_OF])[:_MOST_TERMS]
    vids += [vid for vid, _ in snapshot.search(terms, visible, 2 * CANDIDATES)]
    rows = snapshot.rows(vids)
    own = {link.target for link in record.links}
    others = (rows[vid] for vid in dict.fromkeys(vids) if rows[vid].rid < row.rid or vid < row.vid)
    fit = [
        other.record
        for other in others
        if other.record.id not in own and record.id not in {link.target for link in other.record.links}
    ]
    yield from fit[:CANDIDATES]


# -- what becomes of a reply -----------------------------------------------------------------------------------


class _Judging:
    """Takes a reply: checks each part against the records as they are now, and gathers what one event writes."""

    def __init__(self, snapshot: Snapshot, proposer: Proposer, asking: Asking) -> None:
        self._snapshot, self._proposer, self._asking = snapshot, proposer, asking
        self._telling = Telling(snapshot, proposer.clock())
        self._changed: dict[str, Record] = {}
        self._evidence: dict[str, Record] = {}
        self._merged = False

    def take(self, told: Reply) -> list[Proposal]:
        """Return what was proposed, each accepted or refused."""
        asked = self._asking.row.record
        found = [Proposal("reply", asked.id, refused=reason) for reason in told.refused]
        new = self._current(asked)
        for one in sorted(told.relations, key=lambda relation: relation.relation != "duplicate"):
            if one.relation == "unrelated":
                continue
            old = self._current(self._asking.candidates[one.number - 1])
            place = (one.relation, asked.id, self._asking.candidates[one.number - 1].id)
            reason = self._relation(one, new, old)
            found.append(Proposal(*place, refused=reason))
            new = self._current(asked)
        for slot in told.slots:
            reason, id = self._slot(slot, new)
            found.append(Proposal("slot", asked.id, id, refused=reason))
        return found

    @property
    def any(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._telling.writes or self._evidence)

    def writes(self) -> list[Write]:
        """Return the writes of the event, each with the model's name."""
        reason = self._proposer.reason
        found = {write.id: write for write in self._telling.writes}
        for id, gone in self._evidence.items():
            write = found.get(id, Write(id, rule="propose.duplicate"))
            # Who said it and where stays with the record that holds the words: it goes when that one is erased.
            found[id] = replace(write, source={"said_at": logged(gone.said_at), "record": gone.id})
        return [replace(write, reason=reason) for write in found.values()]

    def _current(self, read: Record) -> Record | None:
        """Return a record as it will be after the event; None where it changed since it was read."""
        if read.id in self._changed:
            return self._changed[read.id]
        row = newest(self._snapshot, read.id)
        return row.record if row is not None and row.record.version == read.version else None

    def _relation(self, one: Relation, new: Record | None, old: Record | None) -> str | None:
        if new is None or old is None:
            return "a record changed while the model was asked"
        if self._merged:
            return "the records are duplicates by this very reply"
        decision = judge(one, new, old)
        if isinstance(decision, str):
            return decision
        both = {record.id: record for record in (new, old)}
        for id, fields in decision.changes.items():
            self._telling.patch(id, fields, decision.rule)
            self._changed[id] = replace(both[id], **fields)
        if decision.reinforces is not None:
            self._merged = True
            self._evidence[decision.reinforces] = next(both[id] for id in decision.changes)
        return None

    def _slot(self, slot: Slot, new: Record | None) -> tuple[str | None, str | None]:
        """Take a slot: return why it is refused, or the id of the record that holds it."""
        if new is None or new.status not in RECALLABLE:
            return "the record changed while the model was asked", None
        record = state_told(slot, new, self._proposer.new_id(self._proposer.clock()))
        if isinstance(record, str):
            return record, None
        made = Made(record, self._proposer.index(record), slot_place(record), twin_key(record))
        decision = revise(record, self._telling.holders(made.slot))
        if decision.action not in ("added", "superseded"):
            return {"reinforced": "it is known"}.get(decision.action, f"the table says {decision.rule}"), None
        for id in decision.changes:
            held = newest(self._snapshot, id)
            if held is not None and (held.record.pinned or held.record.user_edited):
                return "the state that would end is pinned, or was edited by a person", None
        ref = new.sources[0].ref if new.sources else None
        outcome = self._telling.claim(Claim(record, "holds", False, ref), made, new.id)
        return None, outcome.id if outcome is not None else None
