"""What a store is: an append-only log of events, the records folded from it, and the look-ups a write depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from ricordo.store.handle import Handle
from ricordo.store.sizes import Grown, Totals, Weak
from ricordo.types import RECALLABLE, Change, Record

T = TypeVar("T")
#: Roles that belong to a subject.
SLOT_ROLES = frozenset({"slot", "value"})
#: Roles in which a single word may be misspelt and is still meant.
SPELT_ROLES = frozenset({"name", "alias"})
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    """What one event does to one record.

    Args:
        id: The record; a new id makes a new record.
        set: Fields of the new version that differ from the current one; None takes a field away. Empty: no new version.
        source: Evidence added without a new version: {"ref", "said_at", "speaker", "said"}, or {"record"} alone where
            another record holds the words; or several.
        withdraw: `seq` of an event whose evidence no longer counts, also the one that made the record; or several.
        undoes: `seq` of the event whose effect this write takes back.
        outcome: Feedback added without a new version; with a leading minus, taken back.
        asked: What the turn of a feedback asked by, as keys that named nothing.
        key: Digest of the idempotency key this write used up, as `fold.spelt` writes it.
        body: Digest of the request, compared when the key comes again.
        action: The verdict's action, remembered for a repetition.
        rule: The name of the rule that decided.
        reason: The caller's reason.
        erase: Takes the record's content away, from the log too.
        result: What a commit came to, remembered for a repetition: ids, names of rules and numbers, never content.
        made: What `set` describes, where it is new: saves folding and indexing it in the transaction.
    """

    id: str
    set: State = field(default_factory=dict)
    source: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    withdraw: int | Sequence[int] | None = None
    undoes: int | None = None
    outcome: str | None = None
    asked: tuple[str, ...] = ()
    key: str | None = None
    body: str | None = None
    action: str | None = None
    rule: str | None = None
    reason: str | None = None
    erase: bool = False
    result: Mapping[str, Any] | None = None
    made: Made | None = None


class Made(NamedTuple):
    """A new record, its index entry and its look-up keys."""

    record: Record
    entry: Entry
    slot: Place | None
    twin: bytes | None


class Place(NamedTuple):
    """Where a state stands among those of its slot.

    Args:
        key: Digest of the slot.
        value: Digest of the value.
        whose: Digest of subject and value, whatever the attribute.
        begin: When it begins, in microseconds since 1970.
    """

    key: bytes
    value: bytes
    whose: bytes
    begin: int


#: How many states of a slot a look-up returns: present ones from either end, past ones on either side of a moment.
MOST_PRESENT, MOST_BESIDE = 20, 8


class Target(NamedTuple):
    """One record in an event's header: opaque id, version left by the event, digest of the salted payload."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Event:
    """An immutable log entry. `payloads` runs along `targets`; None where the payload was erased."""

    seq: int
    at: datetime
    op: str
    targets: tuple[Target, ...]
    hash: str
    payloads: tuple[Mapping[str, Any] | None, ...] = ()
    salts: tuple[str | None, ...] = ()


class Row(NamedTuple):
    """A stored record version.

    Args:
        vid: Number of the version in the space: the key of every index.
        rid: Number of the first version of the same record: stays when versions come.
        died: The `seq` of the event that ended this version, or None while it is current.
    """

    vid: int
    rid: int
    record: Record
    died: int | None


class Signal(NamedTuple):
    """What ranking needs to know of a version, without its content."""

    vid: int
    rid: int
    id: str
    scope: str
    session: str | None
    speaker: str | None
    said_at: int
    size: int
    kind: str = ""
    asks: int = 0


@dataclass(frozen=True, slots=True)
class Visible:
    """Which versions a read may see. Applied while candidates are drawn, never after the cut.

    Args:
        scopes: Labels it may see; None is all of them, empty is none.
        now: Records that expire at or before this are left out.
        kinds, speakers, sessions, subjects, attributes, refs: Only these; None is all.
        metadata: Pairs that must be equal.
        since, until: Bounds of `said_at`, [since, until).
        as_of: The reading is bound to the log up to this `seq`; None is now.
        valid: The interval [from, to) in which the content must have been true; None asks for what is believed now.
        statuses: Statuses to show; None is those that can be recalled (with `valid`: that were ever believed).
    """

    scopes: tuple[str, ...] | None
    now: datetime
    kinds: tuple[str, ...] | None = None
    speakers: tuple[str, ...] | None = None
    sessions: tuple[str, ...] | None = None
    subjects: tuple[str, ...] | None = None
    attributes: tuple[str, ...] | None = None
    refs: tuple[str, ...] | None = None
    metadata: tuple[tuple[str, Any], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    as_of: int | None = None
    valid: tuple[datetime, datetime] | None = None
    statuses: tuple[str, ...] | None = None

    @property
    def live_only(self) -> bool:
        """Whether it shows nothing but what can be recalled now."""
        return self.as_of is None and self.valid is None and not set(self.statuses or ()) - RECALLABLE

    @property
    def narrowed(self) -> bool:
        """Whether it bounds more than scopes and kinds."""
        sets = (self.speakers, self.sessions, self.subjects, self.attributes, self.refs, self.statuses)
        return any(part is not None for part in (*sets, self.since, self.until)) or bool(self.metadata)


class Naming(NamedTuple):
    """A name, a slot or the like that a query hit: the key that matched, whose it is, and what it is to it."""

    key: str
    vid: int
    role: str
    subject: str | None = None


class Linked(NamedTuple):
    """A link of a version to a record: the record's id, the type of the link, the version."""

    target: str
    type: str
    vid: int


class Cited(NamedTuple):
    """Evidence that one record gives another: the record that holds the words, the one they count for, the event."""

    witness: str
    id: str
    seq: int


class Said(NamedTuple):
    """A key that a record says, or once said: the version of it that is shown."""

    key: int
    vid: int


class Snapshot(Protocol):
    """Reads of one moment of the space."""

    def head(self) -> int:
        """Return the `seq` of the last event, 0 before the first."""

    def seq_at(self, moment: datetime) -> int:
        """Return the last `seq` recorded at or before `moment`."""

    def events(self, after: int = 0, record: str | Collection[str] | None = None) -> Iterator[Event]:
        """Yield events after a `seq`, in order; only those of `record`, one or several, where it is given."""

    def find(self, id: str, visible: Visible) -> Row | None:
        """Return the version of a record that `visible` shows, whatever its status, or None."""

    def changes(self, id: str, version: int = 1) -> list[Change]:
        """Return what happened to a record, oldest first, from the event on that brought a version of it."""

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None."""

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""

    def versions(self, ids: Collection[str], scopes: tuple[str, ...] | None) -> dict[str, int]:
        """Return the current version of records by id, whatever their status; the erased are left out.

        Args:
            ids: Ids of records, known or not.
            scopes: Only records of these scopes; None is all.
        """

    def touched(self, after: int, scopes: tuple[str, ...] | None) -> int | None:
        """Return the first event after a `seq` that did anything to a record of these scopes, or None.

        Which scope an erased record was in is not known any more: what was done to one counts for all.

        Args:
            after: The `seq` to start behind.
            scopes: The scopes; None is all, then any event counts.
        """

    def holders(self, place: Place) -> list[Row]:
        """Return the current records that hold or held a slot, as far as they matter to a state at `place`.

        Of the recallable ones the first and the last `MOST_PRESENT`, and as many with the value; of the superseded ones
        the `MOST_BESIDE` that begin at or before `place.begin`, those that begin after, and those with the value.
        """

    def valued(self, whose: bytes) -> list[Row]:
        """Return the current recallable records of a subject with this value, whatever the attribute, oldest first."""

    def twins(self, key: bytes) -> list[Row]:
        """Return the current recallable records with this duplicate key."""

    def linked(
        self, targets: Collection[str], visible: Visible, types: Collection[str] | None = None, *, past: bool = False
    ) -> list[Linked]:
        """Return the links to these records from the versions that `visible` shows, whatever their status.

        Args:
            targets: Ids of the records linked to.
            visible: What may be seen.
            types: Only links of these types; None is all.
            past: Links of every version there ever was, whatever the moment of `visible`.
        """

    def resting(self, ids: Collection[str], visible: Visible) -> list[Linked]:
        """Return the versions that rest on these records, of those that `visible` shows, whatever their status.

        A version rests on a record that it is derived from, or that holds a piece of its evidence which counts.

        Args:
            ids: Ids of the records that may hold evidence.
            visible: What may be seen.

        Returns:
            (record that holds evidence, "derived_from" or "source", version that rests on it), sorted.
        """

    def cited(self, witnesses: Collection[str], visible: Visible) -> list[Cited]:
        """Return the evidence that these records give to the records that `visible` shows, where it still counts."""

    def said(self, keys: Collection[int], visible: Visible, limit: int) -> list[Said]:
        """Return the records that say or once said what has one of these keys, by the version `visible` shows of each.

        Args:
            keys: Keys as `fold.said_key` makes them.
            visible: What may be seen, whatever its status.
            limit: At most so many of each key, the lowest versions.
        """

    def page(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions with rid > `after`, by rid."""

    def disputed(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions that say that they contradict another record, with rid > `after`, by rid."""

    def rows(self, vids: Sequence[int], as_of: int | None = None) -> dict[int, Row]:
        """Return versions by vid, with the evidence there was at `as_of`."""

    def signals(self, vids: Sequence[int]) -> dict[int, Signal]:
        """Return what ranking needs of these versions."""

    def shown(self, vids: Sequence[int], visible: Visible) -> set[int]:
        """Return which of these versions `visible` shows."""

    def newest(self) -> int:
        """Return the vid of the last version, 0 before the first."""

    def fresh(self, vid: int, limit: int) -> list[Row]:
        """Return the next current versions after a vid, oldest first."""

    def ended(self, seq: int) -> list[int]:
        """Return the versions that ended after a `seq`."""

    def usage(self, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return feedback counts by record id."""

    def search(self, terms: Sequence[str], visible: Visible, limit: int) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of versions with any of the terms, best first."""

    def phrase(self, terms: Sequence[str], visible: Visible, limit: int) -> list[int]:
        """Return versions that have these terms in a row, latest written first."""

    def has_names(self) -> bool:
        """Tell whether any record of the space can be named."""

    def named(
        self,
        keys: Sequence[str],
        visible: Visible,
        *,
        roles: Collection[str] | None = None,
        subjects: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[Naming]:
        """Return the names with one of these keys, by key and version.

        Args:
            keys: Keys as `name_key` makes them.
            visible: What may be seen.
            roles: Only these; None is every role.
            subjects: Only slots and values of these subjects, as `name_key` writes them; None is all names.
            limit: At most so many, whichever; None is all.
        """

    def similar_names(self, words: Sequence[str], visible: Visible) -> list[Naming]:
        """Return one-word names and aliases one edit from one of the words, that begin with its first two letters."""

    def timed(self, begin: datetime, end: datetime, visible: Visible, limit: int) -> list[int]:
        """Return versions that speak of a time overlapping [begin, end), latest written first."""

    def when(self, vids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the intervals each version speaks of, in microseconds since 1970."""

    def recent(self, visible: Visible, limit: int) -> list[int]:
        """Return the latest written versions, newest first."""

    def pinned(self, visible: Visible) -> list[int]:
        """Return the pinned versions, oldest first."""

    def neighbours(
        self, vids: Sequence[int], visible: Visible, *, reach: int = 1
    ) -> dict[int, tuple[int | None, int | None]]:
        """Return for each version the one said before and the one said after it in its session, if visible.

        With `reach` 2 also for those neighbours; then the versions given must be visible themselves.
        """

    def followed(self, follower: str) -> tuple[int, int]:
        """Return the last `seq` a follower has applied, and the last vid it has seen."""

    def followers(self) -> list[str]:
        """Return the names of those that have a position in the log."""

    def unfollowed(self, follower: str, limit: int) -> list[Row]:
        """Return the next current versions a follower has not seen, oldest first."""

    def vectors(self, model: str, visible: Visible) -> Iterator[tuple[int, bytes]]:
        """Yield (vid, float16 vector) of the versions that `visible` shows."""

    def embedded(self, model: str, vid: int) -> Iterator[tuple[int, str, bytes]]:
        """Yield (vid, scope, float16 vector) of the current versions after a vid, in order."""

    def vectors_of(self, model: str, vids: Sequence[int]) -> dict[int, bytes]:
        """Return the float16 vectors of these versions."""

    def counts(self, scopes: tuple[str, ...] | None) -> Mapping[str, Mapping[str, int]]:
        """Return counts of current records by "scope", "kind", "status", and of "versions"."""

    def totals(self, scopes: tuple[str, ...] | None) -> Totals:
        """Return what the live records of these scopes come to; None is the space. Kept by every write, never counted.

        Live is what has a status that can be recalled, expired or not.
        """

    def dump(self) -> Iterator[bytes]:
        """Yield every record version and its evidence in canonical bytes, by record and version."""


class Transaction(Snapshot, Protocol):
    """Reads and writes that succeed or fail together."""

    def append(self, op: str, writes: Sequence[Write], at: datetime) -> Event:
        """Append one event and apply it: records, look-ups and indexes."""

    def follow(self, follower: str, vid: int, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of versions and note that the follower has seen every version up to `vid`."""

    def hold(self, handle: Handle) -> None:
        """Keep a read handle, in place of the one with its digest."""

    def let_go(self, before: datetime) -> int:
        """Forget the read handles that expired before a moment; return how many."""

    def changed(self) -> Mapping[str, Totals]:
        """Return by scope what this transaction has added to the totals; scopes whose live records it touched."""

    def grown(self) -> Mapping[str, Grown]:
        """Return by id the live records that this transaction has made live, or larger."""

    def bounded(self) -> str | None:
        """Return what `bind` was told last; None where it never was."""

    def bind(self, bounds: str) -> None:
        """Note under which bounds the space stands. The first time builds the order of eviction, kept from then on."""

    def weakest(self, scope: str | None, now: datetime) -> Iterator[Weak]:
        """Yield live records in the order in which they make room.

        That is: what has expired, unless it is pinned; then by tier, by salience at `now`, by version. Needs an
        order, see `bind`. Nothing may be written while it runs.

        Args:
            scope: Only of this scope; None is the space.
            now: The moment the saliences of different half-lives are compared at.
        """


class Store(Protocol):
    """Keeps one space. Every implementation passes `ricordo.testing.StoreContract`."""

    @property
    def space_id(self) -> str:
        """Opaque id of the space, made when it was created."""

    @property
    def secret(self) -> bytes:
        """Key of the digests that must not be guessed from outside the space."""

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open a snapshot."""

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work` in one transaction, when no other writer is at it.

        Args:
            work: Reads and writes; must have no effect outside.
            deadline_s: How long to wait for other writers; by default as the store was opened.

        Raises:
            BusyError: Other writers held the space past the deadline.
            StoreError: The store can't do its work; nothing was written.
        """

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in one transaction, in order, each as if it were alone.

        A piece that fails leaves nothing behind, and the others stand. What is returned is durable.

        Args:
            works: As of `transact`.
            deadline_s: As of `transact`.

        Returns:
            For each what it returned, or the exception it raised.

        Raises:
            BusyError: Other writers held the space past the deadline.
            StoreError: The store can't do its work; nothing of any was written.
        """

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space, with its hashes as they are."""

    def scrub(self) -> str | None:
        """Remove the bytes of erased payloads from every file; return why it must wait, or None when done."""

    def reindex(self) -> None:
        """Rebuild records, look-ups and indexes from the log."""

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Return (events, versions compared, first bad seq, problems)."""

    def pending(self) -> bool:
        """Tell whether erased bytes are still waiting for `scrub`."""

    def size(self) -> int:
        """Return the bytes the space takes."""

    def close(self) -> None:
        """Release every resource; the store can't be used afterwards."""


def alone(outcomes: Sequence[T | Exception]) -> T:
    """Return what the only piece of work returned, or raise what it raised."""
    (outcome,) = outcomes
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@runtime_checkable
class Following(Protocol):
    """A store that reads from a copy of what others write to as well."""

    def refresh(self) -> int:
        """Take in what was written elsewhere, as every read does; return how many events that were."""


#: What an indexer looks at; of two versions that differ in nothing of this, the indexes hold the same.
INDEXED = (
    *("kind", "content", "scope", "status", "said_at", "speaker", "title", "name", "aliases", "learnt"),
    *("subject", "attribute", "value", "cardinality", "valid_from", "valid_to"),
)


class Indexer(Protocol):
    """Derives from a record version what the indexes hold; given to a store, so that stores stay below indexes.

    It looks at the fields of `INDEXED` alone.
    """

    def __call__(self, record: Record) -> Entry:
        """Return the index entry of a version."""


class Entry(NamedTuple):
    """What the indexes hold of a version.

    Args:
        terms: Index terms of the text, in order.
        names: (key, role) pairs: role is "name", "alias", "learnt", "counter", "title", "subject",
            "slot" or "value".
        times: Intervals [begin, end) the text speaks of, in microseconds since 1970.
        said: Keys under which what it says is recognised when it comes back; see `fold.said_key`.
    """

    terms: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    times: tuple[tuple[int, int], ...]
    said: tuple[int, ...] = ()
