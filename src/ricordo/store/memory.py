"""The reference store: everything in plain dictionaries, every search a scan. Other stores must answer as it does."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from ricordo.errors import StoreError
from ricordo.store.base import Entry, Event, Indexer, State, Target, Transaction, Write
from ricordo.store.fold import (
    GENESIS,
    canonical,
    chained,
    event_hash,
    evidence_in,
    heads,
    micros,
    moment,
    patched,
    payload_of,
    salted,
    withdrawn_by,
)
from ricordo.store.handle import Handle
from ricordo.store.memory_read import Data, MemorySnapshot, Version, dump_of
from ricordo.store.order import Ledger, fading, heard, measure, rank
from ricordo.store.sizes import Grown, Totals, Weak
from ricordo.types import BELIEVED, RECALLABLE

T = TypeVar("T")


class MemoryStore:
    """Keeps a space in this process; nothing survives it.

    Args:
        index: Makes the index entry of a record version.
    """

    def __init__(self, index: Indexer) -> None:
        self._index = index
        self._data = Data()
        self._lock = threading.RLock()
        self._closed = False
        self.space_id = secrets.token_hex(16)
        self.secret = secrets.token_bytes(32)

    @contextmanager
    def read(self) -> Iterator[MemoryTransaction]:
        """Open a snapshot; writers wait until it is closed."""
        with self._lock:
            self._check_open()
            yield MemoryTransaction(self._data, self._index)

    def transact(self, work: Callable[[Transaction], T], *, deadline_s: float | None = None) -> T:
        """Run `work`; when it fails, nothing of it stays."""
        return self._whole(lambda: work(MemoryTransaction(self._data, self._index)))

    def _whole(self, work: Callable[[], T]) -> T:
        """Run something; when it fails, fold the log as it was before anew."""
        with self._lock:
            self._check_open()
            log, followers, bounds = list(self._data.events), dict(self._data.followers), self._data.bounds
            vectors = {model: dict(known) for model, known in self._data.vectors.items()}
            handles = dict(self._data.handles)
            try:
                return work()
            except BaseException:
                self._data = Data(followers=followers, vectors=vectors, bounds=bounds, handles=handles)
                MemoryTransaction(self._data, self._index).load(log)
                raise

    def transact_many(
        self, works: Sequence[Callable[[Transaction], T]], *, deadline_s: float | None = None
    ) -> list[T | Exception]:
        """Run several pieces of work in order; one that fails leaves nothing behind."""
        return self._whole(lambda: [_attempted(partial(self.transact, work)) for work in works])

    def load(self, events: Iterator[Event], space_id: str, secret: bytes) -> None:
        """Take over a log and the identity it belongs to into an empty space."""
        with self._lock:
            MemoryTransaction(self._data, self._index).load(events)
            self.space_id, self.secret = space_id, secret

    def scrub(self) -> str | None:
        """Nothing is left behind in plain dictionaries."""
        return None

    def pending(self) -> bool:
        """Nothing is ever left behind."""
        return False

    def reindex(self) -> None:
        """Fold the log anew."""
        with self._lock:
            kept = {name: spot for name, spot in self._data.followers.items() if name.startswith("propose:")}
            log, handles = self._data.events, self._data.handles
            self._data = Data(followers=kept, bounds=self._data.bounds, handles=handles)
            MemoryTransaction(self._data, self._index).load(log)

    def verify(self) -> tuple[int, int, int | None, list[str]]:
        """Check the chain, and the records against a fresh fold of the log."""
        with self._lock:
            previous: Event | None = None
            for event in self._data.events:
                if problem := chained(previous, event):
                    return len(self._data.events), 0, event.seq, [problem]
                previous = event
            fresh = Data()
            MemoryTransaction(fresh, self._index).load(self._data.events)
            same = dump_of(fresh) == dump_of(self._data)
            problems = [] if same else ["the records differ from the replayed log"]
            return len(self._data.events), len(self._data.versions), None, problems

    def size(self) -> int:
        """Return the bytes of the log's payloads."""
        return sum(len(canonical(part)) for event in self._data.events for part in event.payloads if part)

    def close(self) -> None:
        """End the use of the store."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this memory is closed; open it again")


def _attempted(work: Callable[[], T]) -> T | Exception:
    """Return what `work` returns, or what it raised: the caller passes it on."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001
        return error


class MemoryTransaction(MemorySnapshot):
    """Reads and writes of the reference store."""

    def __init__(self, data: Data, index: Indexer) -> None:
        super().__init__(data)
        self._index = index
        self._ledger = Ledger()

    # -- writing -----------------------------------------------------------------------------------------------

    def append(self, op: str, writes: Sequence[Write], at: datetime) -> Event:
        """Append one event and apply it."""
        last = self._data.events[-1] if self._data.events else None
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        at = moment(max(micros(at), micros(last.at) if last else 0))
        salts = [secrets.token_bytes(16) for _ in writes]
        payloads = [payload_of(write) for write in writes]
        targets = tuple(
            Target(
                write.id,
                len(self._data.by_id.get(write.id, ())) + bool(write.set or write.erase),
                salted(salt, canonical(payload)),
            )
            for write, salt, payload in zip(writes, salts, payloads, strict=True)
        )
        digest = event_hash(previous, seq, at, op, heads(targets))
        event = Event(seq, at, op, targets, digest, tuple(payloads), tuple(salt.hex() for salt in salts))
        self.load([event])
        return self._data.events[-1]

    def load(self, events: Iterable[Event]) -> None:
        """Append events as they are and apply them."""
        for event in events:
            self._data.events.append(event)
            for target, payload in zip(event.targets, event.payloads, strict=True):
                self._apply(event, target, payload)

    def follow(self, follower: str, vid: int, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of versions and note that the follower has seen every version up to `vid`."""
        alive = [(number, value) for number, value in vectors if self._data.versions[number - 1].state]
        self._data.vectors.setdefault(follower, {}).update(alive)
        vid = max(vid, self.followed(follower)[1])
        waiting = [version.born for version in self._data.versions if version.vid > vid and version.died is None]
        self._data.followers[follower] = (min(waiting) - 1 if waiting else self.head(), vid)

    def hold(self, handle: Handle) -> None:
        """Keep a read handle, in place of the one with its digest."""
        self._data.handles[handle.digest] = handle

    def let_go(self, before: datetime) -> int:
        """Forget the read handles that expired before a moment; return how many."""
        old = [digest for digest, handle in self._data.handles.items() if handle.expires < before]
        for digest in old:
            del self._data.handles[digest]
        return len(old)

    def changed(self) -> Mapping[str, Totals]:
        """Return by scope what this transaction has added to the totals."""
        return self._ledger.changes

    def grown(self) -> Mapping[str, Grown]:
        """Return by id the live records that this transaction has made live, or larger."""
        return self._ledger.grown

    def bounded(self) -> str | None:
        """Return what `bind` was told last; None where it never was."""
        return self._data.bounds

    def bind(self, bounds: str) -> None:
        """Note under which bounds the space stands."""
        self._data.bounds = bounds

    def weakest(self, scope: str | None, now: datetime) -> Iterator[Weak]:
        """Yield live records in the order in which they make room."""
        taken = {event.seq: micros(event.at) for event in self._data.events}
        found = []
        for version in self._data.versions:
            record = self._record(version)
            if version.died is None and record.status in RECALLABLE and scope in (None, record.scope):
                spot = rank(record, self._data.usage.get(version.id, {}), heard(record, taken))
                weak = Weak(version.vid, version.id, record.scope, spot.tier, measure(record))
                found.append((fading(spot, micros(now)), version.vid, weak))
        return (weak for *_, weak in sorted(found))

    def _apply(self, event: Event, target: Target, payload: Mapping[str, Any] | None) -> None:
        body = payload or {}
        known = self._data.by_id.get(target.id, [])
        if body.get("erase"):
            self._erase(event, target)
        elif body.get("set"):
            self._put(event, target, patched(known[-1].state if known else {}, body["set"]))
        elif payload is None and target.version > len(known):
            self._put(event, target, {})
        if body.get("source"):
            self._data.evidence.setdefault(target.id, []).append((event.seq, evidence_in(body), None))
        for withdrawn in withdrawn_by(body):
            rows = self._data.evidence.setdefault(target.id, [])
            if withdrawn == self._data.by_id[target.id][0].first and withdrawn not in {seq for seq, _, _ in rows}:
                rows.append((withdrawn, [], None))  # the evidence a record was made with is in its state
            rows[:] = [(seq, part, event.seq if seq == withdrawn else gone) for seq, part, gone in rows]
        if body.get("outcome"):
            name = body["outcome"].removeprefix("-")
            self._data.usage.setdefault(target.id, Counter())[name] += 1 if name == body["outcome"] else -1
        if body.get("key"):
            self._data.keys[body["key"]] = (event.seq, target.id)

    def _put(self, event: Event, target: Target, state: State) -> None:
        known = self._data.by_id.setdefault(target.id, [])
        vid = len(self._data.versions) + 1
        if known:
            self._ledger.leave(target.id, self._record(known[-1]))
            known[-1].died = event.seq
        rid, first = (known[0].rid, known[0].first) if known else (vid, event.seq)
        version = Version(vid, rid, target.id, target.version, event.seq, first, event.at, state)
        known.append(version)
        self._data.versions.append(version)
        self._ledger.enter(event.seq, target.id, self._record(version))
        believed = state.get("status") in BELIEVED
        self._data.entries[vid] = self._index(self._record(version)) if believed else Entry((), (), ())

    def _erase(self, event: Event, target: Target) -> None:
        for spot, past in enumerate(self._data.events):
            hit = [head.id == target.id and past.seq < event.seq for head in past.targets]
            if any(hit):
                payloads = tuple(None if gone else part for gone, part in zip(hit, past.payloads, strict=True))
                salts = tuple(None if gone else salt for gone, salt in zip(hit, past.salts, strict=True))
                self._data.events[spot] = Event(past.seq, past.at, past.op, past.targets, past.hash, payloads, salts)
        self._data.keys = {key: spot for key, spot in self._data.keys.items() if spot[1] != target.id}
        self._data.evidence.pop(target.id, None)
        self._data.usage.pop(target.id, None)
        self._ledger.leave(target.id, self._record(self._data.by_id[target.id][-1]))
        for version in self._data.by_id[target.id]:
            version.state = {}
            self._data.entries[version.vid] = Entry((), (), ())
            for vectors in self._data.vectors.values():
                vectors.pop(version.vid, None)
        self._put(event, target, {"status": "erased"})
