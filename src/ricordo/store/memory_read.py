"""The reference store: everything in plain dictionaries, every search a scan. Other stores must answer as it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from ricordo.store.base import (
    MOST_BESIDE,
    MOST_PRESENT,
    SLOT_ROLES,
    SPELT_ROLES,
    Cited,
    Entry,
    Event,
    Linked,
    Naming,
    Place,
    Row,
    Said,
    Signal,
    State,
    Visible,
)
from ricordo.store.bm25 import bm25, in_a_row
from ricordo.store.fold import (
    asks,
    canonical,
    evidence_in,
    micros,
    record_of,
    slot_place,
    source_of,
    stands_for_turns,
    twin_key,
)
from ricordo.store.handle import Handle
from ricordo.store.order import measure, sum_of
from ricordo.store.sizes import Totals
from ricordo.text import one_edit, subject_key
from ricordo.types import BELIEVED, RECALLABLE, Change, Record, Source

T = TypeVar("T")


@dataclass(slots=True)
class Version:
    vid: int
    rid: int
    id: str
    version: int
    born: int
    first: int
    at: datetime
    state: State
    died: int | None = None


@dataclass(slots=True)
class Data:
    """A space: the log, and what is folded from it."""

    events: list[Event] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    by_id: dict[str, list[Version]] = field(default_factory=dict)
    evidence: dict[str, list[tuple[int, list[Mapping[str, Any]], int | None]]] = field(default_factory=dict)
    usage: dict[str, Counter[str]] = field(default_factory=dict)
    keys: dict[str, tuple[int, str]] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    vectors: dict[str, dict[int, bytes]] = field(default_factory=dict)
    followers: dict[str, tuple[int, int]] = field(default_factory=dict)
    bounds: str | None = None
    handles: dict[bytes, Handle] = field(default_factory=dict)


class MemorySnapshot:
    """Reads of a space that is kept in dictionaries."""

    def __init__(self, data: Data) -> None:
        self._data = data

    def head(self) -> int:
        """Return the `seq` of the last event, 0 before the first."""
        return len(self._data.events)

    def seq_at(self, moment: datetime) -> int:
        """Return the last `seq` recorded at or before `moment`."""
        return sum(event.at <= moment for event in self._data.events)

    def events(self, after: int = 0, record: str | Collection[str] | None = None) -> Iterator[Event]:
        """Yield events after a `seq`, in order; only those of `record`, one or several, where it is given."""
        wanted = {record} if isinstance(record, str) else record
        for event in self._data.events[after:]:
            if wanted is None or any(target.id in wanted for target in event.targets):
                yield event

    # -- records -----------------------------------------------------------------------------------------------

    def find(self, id: str, visible: Visible) -> Row | None:
        """Return the version of a record that `visible` shows, whatever its status, or None."""
        rows = [v for v in self._data.by_id.get(id, ()) if self._shown(v, visible, any_status=True)]
        return self._row(rows[0], visible.as_of) if rows else None

    def changes(self, id: str, version: int = 1) -> list[Change]:
        """Return what happened to a record, oldest first, from the event on that brought a version of it."""
        born = {one.born: one for one in self._data.by_id.get(id, ())[version - 1 :]}
        changes = []
        for event in self.events(min(born, default=1) - 1, id) if born else ():
            spot = next(i for i, target in enumerate(event.targets) if target.id == id)
            body = event.payloads[spot] or {}
            source = next(iter(self._sources(evidence_in(body), event.seq)), None)
            record = self._record(born[event.seq], event.seq) if event.seq in born else None
            left = event.targets[spot].version
            changes.append(
                Change(event.seq, event.op, event.at, left, body.get("rule"), body.get("reason"), source, record)
            )
        return changes

    def page(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions with rid > `after`, by rid."""
        rows = sorted((v for v in self._visible(visible) if v.rid > after), key=lambda v: v.rid)
        return [self._row(version, visible.as_of) for version in rows[:limit]]

    def disputed(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions that say that they contradict another record, with rid > `after`, by rid."""
        rows = [
            version
            for version in self._visible(visible)
            if version.rid > after and any(type == "contradicts" for type, _ in version.state.get("links", ()))
        ]
        return [self._row(one, visible.as_of) for one in sorted(rows, key=lambda one: one.rid)[:limit]]

    def rows(self, vids: Sequence[int], as_of: int | None = None) -> dict[int, Row]:
        """Return versions by vid, with the evidence there was at `as_of`."""
        return {vid: self._row(self._data.versions[vid - 1], as_of) for vid in vids}

    def signals(self, vids: Sequence[int]) -> dict[int, Signal]:
        """Return what ranking needs of these versions."""
        signals = {}
        for vid in vids:
            version = self._data.versions[vid - 1]
            record = self._record(version)
            size = len(record.content.split())
            spoken = micros(record.said_at)
            place = (vid, version.rid, version.id, record.scope, record.session, record.speaker, spoken, size)
            signals[vid] = Signal(*place, _kind(record), int(record.session is not None and asks(record.content)))
        return signals

    def shown(self, vids: Sequence[int], visible: Visible) -> set[int]:
        """Return which of these versions `visible` shows."""
        return {version.vid for version in self._visible(visible)} & set(vids)

    def newest(self) -> int:
        """Return the vid of the last version, 0 before the first."""
        return len(self._data.versions)

    def fresh(self, vid: int, limit: int) -> list[Row]:
        """Return the next current versions after a vid, oldest first."""
        waiting = [version for version in self._data.versions[vid:] if version.died is None]
        return [self._row(version) for version in waiting[:limit]]

    def ended(self, seq: int) -> list[int]:
        """Return the versions that ended after a `seq`."""
        return [version.vid for version in self._data.versions if version.died is not None and version.died > seq]

    def usage(self, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return feedback counts by record id."""
        return {id: dict(self._data.usage[id]) for id in ids if id in self._data.usage}

    def _record(self, version: Version, until: int | None = None) -> Record:
        bound = until if until is not None else version.died
        evidence: list[Source] = []
        own = True
        for seq, parts, gone in self._data.evidence.get(version.id, ()):
            if bound is not None and seq > bound:
                continue
            if gone is None or (bound is not None and gone > bound):
                evidence += self._sources(parts, seq)
            elif seq == version.first:
                own = False
        head = (version.id, version.version, version.born, version.at, version.state)
        return record_of(*head, evidence, version.first, own)

    def _sources(self, parts: Sequence[Mapping[str, Any]], seq: int) -> list[Source]:
        """Return pieces of evidence, with the words of those that another record holds as they were then."""
        found = (source_of(part, seq, self._held(part.get("record"), seq)) for part in parts)
        return [source for source in found if source is not None]

    def _held(self, id: str | None, seq: int) -> State | None:
        versions = self._data.by_id.get(id or "", ())
        return next((v.state for v in versions if v.born <= seq and (v.died is None or v.died > seq)), None)

    def _row(self, version: Version, as_of: int | None = None) -> Row:
        return Row(version.vid, version.rid, self._record(version, as_of), version.died)

    # -- what a verdict depends on -----------------------------------------------------------------------------

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None."""
        return self._data.keys.get(digest)

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""
        return self._data.handles.get(digest)

    def versions(self, ids: Collection[str], scopes: tuple[str, ...] | None) -> dict[str, int]:
        """Return the current version of records by id, whatever their status; the erased are left out."""
        found = {}
        for id in ids:
            for version in self._data.by_id.get(id, ())[-1:]:
                state = version.state
                if state.get("status", "erased") != "erased" and (scopes is None or state.get("scope", "") in scopes):
                    found[id] = version.version
        return found

    def touched(self, after: int, scopes: tuple[str, ...] | None) -> int | None:
        """Return the first event after a `seq` that did anything to a record of these scopes, or None."""
        for event in self._data.events[after:]:
            if scopes is None or any(self._scope(target.id) in (None, *scopes) for target in event.targets):
                return event.seq
        return None

    def _scope(self, id: str) -> str | None:
        """Return the scope of a record; None of one that was erased."""
        state = self._data.by_id[id][-1].state
        return None if state.get("status", "erased") == "erased" else state.get("scope", "")

    def holders(self, place: Place) -> list[Row]:
        """Return the current records that hold or held a slot, as far as they matter to a state at `place`."""
        rows = [(row, spot) for row in self._believed() if (spot := slot_place(row.record)) and spot.key == place.key]
        live = [row for row, _ in rows if row.record.status in RECALLABLE]
        same = [row for row, spot in rows if spot.value == place.value]
        past = sorted((spot.begin, row.vid, row) for row, spot in rows if row.record.status not in RECALLABLE)
        before = [row for begin, _, row in past if begin <= place.begin][-MOST_BESIDE:]
        after = [row for begin, _, row in past if begin > place.begin][:MOST_BESIDE]
        own = [row for row in same if row.record.status in RECALLABLE][:MOST_PRESENT]
        once = sorted((row.vid, row) for row in same if row.record.status not in RECALLABLE)[-MOST_BESIDE:]
        found = [*live[:MOST_PRESENT], *live[-MOST_PRESENT:], *own, *before, *after, *(row for _, row in once)]
        return sorted({row.rid: row for row in found}.values(), key=lambda row: row.rid)

    def valued(self, whose: bytes) -> list[Row]:
        """Return the current recallable records of a subject with this value, whatever the attribute, oldest first."""
        alive = sorted((row for row in self._believed() if row.record.status in RECALLABLE), key=lambda row: row.vid)
        spots = [(row, slot_place(row.record)) for row in alive]
        found = [row for row, spot in spots if spot is not None and spot.whose == whose][:MOST_PRESENT]
        return sorted(found, key=lambda row: row.rid)

    def twins(self, key: bytes) -> list[Row]:
        """Return the current recallable records with this duplicate key."""
        alive = (row for row in self._believed() if row.record.status in RECALLABLE)
        return [row for row in alive if twin_key(row.record) == key]

    def linked(
        self, targets: Collection[str], visible: Visible, types: Collection[str] | None = None, *, past: bool = False
    ) -> list[Linked]:
        """Return the links to these records from the versions that `visible` shows, whatever their status."""
        found = {
            Linked(target, type, version.vid): version
            for version in self._data.versions
            for type, target in version.state.get("links", ())
            if target in targets and (types is None or type in types)
        }
        if past:
            return sorted(hit for hit, one in found.items() if _passes(self._record(one), one.state, visible))
        return sorted(hit for hit, one in found.items() if self._shown(one, visible, any_status=True))

    def resting(self, ids: Collection[str], visible: Visible) -> list[Linked]:
        """Return the versions that rest on these records, of those that `visible` shows, whatever their status."""
        found = {Linked(hit.target, hit.type, hit.vid) for hit in self.linked(ids, visible, ("derived_from",))}
        for version in self._data.versions:
            if self._shown(version, visible, any_status=True):
                for seq, parts, gone in self._data.evidence.get(version.id, ()):
                    bound = visible.as_of
                    counts = gone is None if bound is None else seq <= bound and (gone is None or gone > bound)
                    told = {part["record"] for part in parts if part.get("record") in ids} if counts else set()
                    found.update(Linked(record, "source", version.vid) for record in told)
        return sorted(found)

    def cited(self, witnesses: Collection[str], visible: Visible) -> list[Cited]:
        """Return the evidence that these records give to the records that `visible` shows, where it still counts."""
        found = [
            Cited(part["record"], id, seq)
            for id, rows in self._data.evidence.items()
            for seq, parts, gone in rows
            for part in parts
            if gone is None and part.get("record") in witnesses
        ]
        return sorted(hit for hit in found if any(self._shown(one, visible, True) for one in self._data.by_id[hit.id]))

    def said(self, keys: Collection[int], visible: Visible, limit: int) -> list[Said]:
        """Return the records that say or once said what has one of these keys, by the version that is shown."""
        wanted, shown = set(keys), [v for v in self._data.versions if self._shown(v, visible, any_status=True)]
        owned = {
            id: {key for version in versions for key in self._data.entries[version.vid].said}
            for id, versions in self._data.by_id.items()
        }
        found = sorted(Said(key, version.vid) for version in shown for key in owned[version.id] & wanted)
        return [hit for _, own in groupby(found, lambda hit: hit.key) for hit in list(own)[:limit]]

    def _believed(self) -> list[Row]:
        current = (v for v in self._data.versions if v.died is None and v.state.get("status") in BELIEVED)
        return sorted((self._row(version) for version in current), key=lambda row: row.rid)

    # -- candidates --------------------------------------------------------------------------------------------

    def search(self, terms: Sequence[str], visible: Visible, limit: int) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of versions with any of the terms, best first."""
        shown = {version.vid for version in self._visible(visible)}
        live = self._rank(terms, [v for v in self._data.versions if _place(v) == "live"])
        past = [] if visible.live_only else [v for v in self._data.versions if _place(v) == "past"]
        found = [hit for hit in (*live, *self._rank(terms, past)) if hit[0] in shown]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def _rank(self, terms: Sequence[str], versions: list[Version]) -> list[tuple[int, float]]:
        return bm25(terms, {version.vid: self._data.entries[version.vid].terms for version in versions})

    def phrase(self, terms: Sequence[str], visible: Visible, limit: int) -> list[int]:
        """Return versions that have these terms in a row, latest written first."""
        places = {"live"} if visible.live_only else {"live", "past"}
        searched = [version.vid for version in self._visible(visible) if _place(version) in places]
        found = [vid for vid in searched if terms and in_a_row(tuple(terms), self._data.entries[vid].terms)]
        return sorted(found, reverse=True)[:limit]

    def has_names(self) -> bool:
        """Tell whether any record of the space can be named."""
        return any(self._data.entries[version.vid].names for version in self._data.versions if _place(version))

    def named(
        self,
        keys: Sequence[str],
        visible: Visible,
        *,
        roles: Collection[str] | None = None,
        subjects: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[Naming]:
        """Return the names with one of these keys, by key and version."""
        wanted = set(keys)
        found = self._names(lambda key, role: key in wanted and (roles is None or role in roles), visible)
        if subjects is not None:
            found = [hit for hit in found if hit.role in SLOT_ROLES and subject_key(hit.subject or "") in subjects]
        return found[:limit]

    def similar_names(self, words: Sequence[str], visible: Visible) -> list[Naming]:
        """Return one-word names and aliases one edit from one of the words, that begin with its first two letters."""
        return self._names(
            lambda key, role: (
                role in SPELT_ROLES
                and " " not in key
                and any(key[:2] == word[:2] and one_edit(word, key) for word in words)
            ),
            visible,
        )

    def _names(self, wanted: Callable[[str, str], bool], visible: Visible) -> list[Naming]:
        found = {
            Naming(key, version.vid, role, version.state.get("subject"))
            for version in self._visible(visible)
            for key, role in self._data.entries[version.vid].names
            if wanted(key, role)
        }
        return sorted(found, key=lambda naming: (naming.key, naming.vid, naming.role))

    def timed(self, begin: datetime, end: datetime, visible: Visible, limit: int) -> list[int]:
        """Return versions that speak of a time overlapping [begin, end), latest written first."""
        low, high = micros(begin), micros(end)
        found = [
            version.vid
            for version in self._visible(visible)
            if any(start < high and finish > low for start, finish in self._data.entries[version.vid].times)
        ]
        return sorted(found, reverse=True)[:limit]

    def when(self, vids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the intervals each version speaks of, in microseconds since 1970."""
        return {vid: sorted(set(self._data.entries[vid].times)) for vid in vids if self._data.entries[vid].times}

    def recent(self, visible: Visible, limit: int) -> list[int]:
        """Return the latest written versions, newest first."""
        return sorted((version.vid for version in self._visible(visible)), reverse=True)[:limit]

    def pinned(self, visible: Visible) -> list[int]:
        """Return the pinned versions, oldest first."""
        pinned = (version for version in self._visible(visible) if version.state.get("pinned"))
        return [version.vid for version in sorted(pinned, key=lambda v: v.rid)]

    def neighbours(
        self, vids: Sequence[int], visible: Visible, *, reach: int = 1
    ) -> dict[int, tuple[int | None, int | None]]:
        """Return for each version the one said before and the one said after it in its session, if visible.

        With `reach` 2 also for those neighbours; then the versions given must be visible themselves.
        """
        shown = [(self._record(version), version) for version in self._visible(visible)]
        turns = sorted(
            (record.session, record.scope, record.said_at, (self._place(version), version.rid), version.vid)
            for record, version in shown
            if record.session is not None
        )
        around: dict[int, tuple[int | None, int | None]] = {}
        for version in (self._data.versions[vid - 1] for vid in vids):
            record = self._record(version)
            if record.session is not None:
                spot = (record.session, record.scope, record.said_at, (self._place(version), version.rid))
                same = [turn for turn in turns if turn[:2] == spot[:2]]
                before = [turn[4] for turn in same if turn[:4] < spot]
                after = [turn[4] for turn in same if turn[:4] > spot]
                around[version.vid] = (before[-1] if before else None, after[0] if after else None)
        if reach > 1:
            beyond = {vid for pair in around.values() for vid in pair if vid is not None and vid not in around}
            around |= self.neighbours(sorted(beyond), visible)
        return around

    def _place(self, version: Version) -> int:
        """Return where a record stands among turns of one moment: as it came, or in place of those it stands for."""
        first = self._record(self._data.by_id[version.id][0])
        known = [self._data.by_id[id][0].rid for id in first.supersedes if id in self._data.by_id]
        return min(known, default=version.rid) if stands_for_turns(first) else version.rid

    def followed(self, follower: str) -> tuple[int, int]:
        """Return the last `seq` a follower has applied, and the last vid it has seen."""
        return self._data.followers.get(follower, (0, 0))

    def followers(self) -> list[str]:
        """Return the names of those that have a position in the log."""
        return sorted(self._data.followers)

    def unfollowed(self, follower: str, limit: int) -> list[Row]:
        """Return the next current versions a follower has not seen, oldest first."""
        return self.fresh(self.followed(follower)[1], limit)

    def vectors(self, model: str, visible: Visible) -> Iterator[tuple[int, bytes]]:
        """Yield (vid, float16 vector) of the versions that `visible` shows."""
        known = self._data.vectors.get(model, {})
        for version in self._visible(visible):
            if version.vid in known:
                yield version.vid, known[version.vid]

    def embedded(self, model: str, vid: int) -> Iterator[tuple[int, str, bytes]]:
        """Yield (vid, scope, float16 vector) of the current versions after a vid, in order."""
        known = self._data.vectors.get(model, {})
        for version in self._data.versions[vid:]:
            if version.died is None and version.vid in known:
                yield version.vid, version.state.get("scope", ""), known[version.vid]

    def vectors_of(self, model: str, vids: Sequence[int]) -> dict[int, bytes]:
        """Return the float16 vectors of these versions."""
        known = self._data.vectors.get(model, {})
        return {vid: known[vid] for vid in vids if vid in known}

    def counts(self, scopes: tuple[str, ...] | None) -> Mapping[str, Mapping[str, int]]:
        """Return counts of current records by "scope", "kind", "status", and of "versions"."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("scope", "kind", "status", "versions")}
        for version in self._data.versions:
            record = self._record(version)
            if scopes is None or (record.scope in scopes and record.status != "erased"):
                counts["versions"]["all"] += 1
                if version.died is None:
                    counts["status"][record.status] += 1
                if version.died is None and record.status in RECALLABLE:
                    counts["scope"][record.scope] += 1
                    counts["kind"][record.kind] += 1
        return counts

    def totals(self, scopes: tuple[str, ...] | None) -> Totals:
        """Return what the live records of these scopes come to; None is the space."""
        current = (self._record(version) for version in self._data.versions if version.died is None)
        return sum_of(measure(record) for record in current if scopes is None or record.scope in scopes)

    def dump(self) -> Iterator[bytes]:
        """Yield every record version and its evidence in canonical bytes, by record and version."""
        yield from dump_of(self._data)

    # -- what a viewer may see -----------------------------------------------------------------------------------

    def _visible(self, visible: Visible) -> Iterator[Version]:
        return (version for version in self._data.versions if self._shown(version, visible))

    def _shown(self, version: Version, visible: Visible, any_status: bool = False) -> bool:
        record = self._record(version)
        if not _believed_at(version, visible) or not _true_at(record, visible):
            return False
        if not any_status:
            default = BELIEVED if visible.valid else RECALLABLE
            shown = default if visible.statuses is None else visible.statuses
            if record.status not in shown or (record.expires_at is not None and record.expires_at <= visible.now):
                return False
        return _passes(record, version.state, visible)


def _place(version: Version) -> str | None:
    status = version.state.get("status")
    if version.died is None and status in RECALLABLE:
        return "live"
    return "past" if status in BELIEVED else None


def _kind(record: Record) -> str:
    return "" if record.status == "erased" else record.kind


def _believed_at(version: Version, visible: Visible) -> bool:
    if visible.as_of is None:
        return version.died is None
    return version.born <= visible.as_of and (version.died is None or version.died > visible.as_of)


def _true_at(record: Record, visible: Visible) -> bool:
    if visible.valid is None:
        return True
    begin, end = visible.valid
    late = record.valid_from is not None and record.valid_from >= end
    over = record.valid_to is not None and record.valid_to <= begin
    return not late and not over


def _passes(record: Record, state: State, visible: Visible) -> bool:
    fields = ("scope", "kind", "speaker", "session", "subject", "attribute")
    for name in fields:
        wanted = getattr(visible, f"{name}s")
        if wanted is not None and (record.status == "erased" or getattr(record, name) not in wanted):
            return False
    if visible.refs is not None and state.get("ref") not in visible.refs:
        return False
    if any(not _same(record.metadata.get(name), value) for name, value in visible.metadata):
        return False
    erased = record.status == "erased"
    if visible.since is not None and (erased or record.said_at < visible.since):
        return False
    return visible.until is None or (not erased and record.said_at < visible.until)


def _same(one: Any, other: Any) -> bool:
    """Compare as SQLite does: true and false are 1 and 0, text is never a number."""
    return one == other and isinstance(one, str) == isinstance(other, str)


def dump_of(data: Data) -> list[bytes]:
    """Return every record version and its evidence in canonical bytes, by record and version."""
    lines = []
    for id in sorted(data.by_id):
        for version in data.by_id[id]:
            head = [id, version.version, version.born, version.died, version.first, micros(version.at)]
            lines.append(canonical([*head, version.state]).encode())
        lines.append(canonical(sorted(data.evidence.get(id, []), key=lambda row: row[0])).encode())
    return lines
