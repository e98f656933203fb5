"""How records stand at the moment of reading: current, stale or unknown. Computed, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ricordo.store.base import Row, Snapshot, Visible
from ricordo.store.fold import slot_key
from ricordo.text import same_value
from ricordo.types import CURRENT, EVENT_KINDS, RECALLABLE, Record, Standing, StandingState

#: Links are followed so far, and to so many records.
MOST_STEPS, MOST_RECORDS = 8, 500
_LONGEST_CHAIN = 1_000
_LONGEST_QUOTE = 120
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """How a record came to stand no more.

    Args:
        state: What it is because of it.
        root: The record that changed itself: this one, or one that this one rests on.
        how: "superseded", "retracted", "expired" or "over" (its valid time ended).
        until: When it ended.
    """

    state: StandingState
    root: Record
    how: str
    until: datetime


@dataclass(slots=True)
class Judged:
    """How a set of versions stands, and what that was told from.

    Args:
        rows: Every version that was looked at, by record id.
        standings: How each of the versions asked for stands, and each of those beside, by vid.
        told: For each record that is evidence, the ids of the states that rest on it.
        beside: For each version that is unknown, what it rested on as it is now: the state that took its place, or
            the one that ended.
        against: For each version of which, or of what it told, a record that stands says otherwise: what it says.
        others: That record, the latest where there are several.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[int, Row] = field(default_factory=dict)
    against: dict[int, str] = field(default_factory=dict)
    others: dict[int, Row] = field(default_factory=dict)

    def states(self, id: str) -> list[Record]:
        """Return the states that rest on a record."""
        return [self.rows[state].record for state in self.told.get(id, ()) if state in self.rows]


def standings(snapshot: Snapshot, rows: Iterable[Row], visible: Visible) -> dict[int, Standing]:
    """Return how each version stands, by vid.

    | state | when |
    |---|---|
    | expired | it was to be kept until a moment that has come |
    | stale | superseded or taken back, its valid time is over, or it is evidence of states that all have passed |
    | unknown | a record that affects it, over as many links as it takes, came to one of these after it was last said |
    | current | else |

    A version is said again by every piece of evidence and by every update. What the viewer may not see counts for
    nothing, in what is told and in how it is judged.

    Args:
        snapshot: What to read from.
        rows: The versions.
        visible: Who sees, and the moment: scopes, `as_of`, `valid` and `now` count, the filters do not.
    """
    asked = list(rows)
    told = judge(snapshot, asked, visible).standings
    return {row.vid: told[row.vid] for row in asked}


def judge(snapshot: Snapshot, rows: Iterable[Row], visible: Visible) -> Judged:
    """Return how each version stands, with what it was told from. Arguments as of `standings`."""
    asked = list(rows)
    seen = Visible(scopes=visible.scopes, now=visible.now, as_of=visible.as_of)
    bench = _Bench(snapshot, seen, visible.valid)
    bench.gather(asked)
    bench.settle()
    judged = Judged(bench.rows, told=bench.told)
    for row in asked:
        change = bench.changes.get(row.record.id)
        judged.standings[row.vid] = bench.standing(row.record, change)
        if change is not None and change.state == "unknown" and (beside := bench.beside(change)) is not None:
            judged.beside[row.vid] = beside
        if change is None and (other := bench.opposed(row.record)) is not None:
            judged.against[row.vid], judged.others[row.vid] = phrase(other.record), other
    for row in (*judged.beside.values(), *judged.others.values()):
        judged.standings.setdefault(row.vid, bench.standing(row.record, bench.changes.get(row.record.id)))
    return judged


def present(snapshot: Snapshot, past: Record, visible: Visible, at: datetime | None = None) -> Row | None:
    """Return the state that holds a slot now, or held it at a moment, from one that was superseded.

    Args:
        snapshot: What to read from.
        past: The superseded state.
        visible: What may be seen.
        at: The moment; None is now.

    Returns:
        None where there is none, or it can't be seen.
    """
    seen = {past.id}
    following = past.superseded_by
    while following is not None and following not in seen and len(seen) < _LONGEST_CHAIN:
        seen.add(following)
        row = snapshot.find(following, visible)
        if row is None:
            return None
        record = row.record
        held = at is not None and record.status == "superseded" and (record.valid_to is None or record.valid_to > at)
        if held or record.status in RECALLABLE:
            return row if record.expires_at is None or record.expires_at > visible.now else None
        following = record.superseded_by if record.status == "superseded" else None
    return None


def last_said(record: Record) -> int:
    """Return the event of the last piece of evidence of a record."""
    return max((source.event for source in record.sources), default=record.event)


def last_told(record: Record) -> datetime:
    """Return when a record was last said."""
    return max((source.said_at for source in record.sources), default=record.said_at)


def phrase(record: Record) -> str:
    """Return what a record says in a few words."""
    flat = " ".join(record.content.split())
    return flat if len(flat) <= _LONGEST_QUOTE else f"{flat[: _LONGEST_QUOTE - 1]}…"


@dataclass(slots=True)
class _Bench:
    """What is gathered of the records around those asked for, and how it is judged."""

    snapshot: Snapshot
    seen: Visible
    valid: tuple[datetime, datetime] | None
    rows: dict[str, Row] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    affecting: dict[str, list[str]] = field(default_factory=dict)
    opposing: dict[str, list[str]] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    _heads: dict[str, Row | None] = field(default_factory=dict)
    _endings: dict[str, int] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        return self.seen.now if self.valid is None else self.valid[0]

    # -- what is there

    def gather(self, asked: Sequence[Row]) -> None:
        """Follow links back: who affects these records, which states they are evidence of, and so on."""
        self.rows.update((row.record.id, row) for row in asked)
        frontier = [row.record for row in self.rows.values()]
        for _ in range(MOST_STEPS):
            if not frontier or len(self.rows) > MOST_RECORDS:
                return
            frontier = self._step(frontier)

    def _step(self, frontier: Sequence[Record]) -> list[Record]:
        """Note who affects these records, what rests on them and what contradicts them; return those that are new."""
        behind = {record.id: _evidence(record) for record in frontier}
        targets = [*behind, *(id for ids in behind.values() for id in ids)]
        links = self.snapshot.linked(targets, self.seen, ("affects", "contradicts"))
        resting = self.snapshot.resting(list(behind), self.seen)
        if not links and not resting:
            return []
        known = {row.vid: row for row in self.rows.values()}
        missing = {hit.vid for hit in (*links, *resting)} - known.keys()
        fresh = self.snapshot.rows(sorted(missing), self.seen.as_of) if missing else {}
        known.update(fresh)
        by: dict[str, list[str]] = {}
        for hit in links:
            if hit.type == "affects":
                by.setdefault(hit.target, []).append(known[hit.vid].record.id)
            else:
                self.opposing.setdefault(hit.target, []).append(known[hit.vid].record.id)
        for id, sources in behind.items():
            whom = [one for target in (id, *sources) for one in by.get(target, ()) if one != id]
            self.affecting[id] = list(dict.fromkeys(whom))
        for hit in resting:
            if is_state(record := known[hit.vid].record) and record.id != hit.target:
                states = self.told.setdefault(hit.target, [])
                states += [] if record.id in states else [record.id]
        found = [row for row in fresh.values() if row.record.id not in self.rows]
        self.rows.update((row.record.id, row) for row in found)
        return [row.record for row in found]

    # -- how it stands

    def settle(self) -> None:
        """Judge every record by itself and as evidence; then spread what is unknown until nothing changes."""
        for id, row in self.rows.items():
            if (change := self._own(row.record)) is not None:
                self.changes[id] = change
        for _ in range(2 * MOST_STEPS):
            fresh = {id: change for id, row in self.rows.items() if (change := self._next(row.record)) is not None}
            if not fresh:
                return
            self.changes.update(fresh)

    def _own(self, record: Record) -> Change | None:
        """Tell how a record ended by itself: taken back, superseded by another state, expired, past its time."""
        if record.status in ("retracted", "quarantined"):
            return Change("stale", record, "retracted", record.recorded_at)
        if record.status == "superseded":
            return self._superseded(record)
        if record.expires_at is not None and record.expires_at <= self.seen.now:
            return Change("expired", record, "expired", record.expires_at)
        if record.valid_to is not None and record.valid_to <= self.moment and record.kind not in EVENT_KINDS:
            return Change("stale", record, "over", record.valid_to)
        return None

    def _superseded(self, record: Record) -> Change | None:
        if self.valid is not None and (record.valid_to is None or record.valid_to > self.valid[0]):
            return None
        head = self.head(record)
        if head is not None and _same(record, head.record):
            return None
        return Change("stale", record, "superseded", record.valid_to or record.recorded_at)

    def head(self, record: Record) -> Row | None:
        """Return the state that holds the slot of a superseded one at the moment of reading."""
        if record.id not in self._heads:
            self._heads[record.id] = present(self.snapshot, record, self.seen, self.valid and self.valid[0])
        return self._heads[record.id]

    def _next(self, record: Record) -> Change | None:
        """Return how a record that stood so far stands by what the others came to; None where nothing is new."""
        before = self.changes.get(record.id)
        if before is not None and before.state != "unknown":
            return None
        as_evidence = self._as_evidence(record) if before is None else None
        if as_evidence is not None:
            return as_evidence
        causes = [self.changes[id] for id in self.affecting.get(record.id, ()) if id in self.changes]
        later = [change for change in causes if self._after(change, record)]
        if not later:
            return None
        last = max(later, key=lambda change: (self._ending(change), change.until, change.root.id))
        if before is not None and (before.root.id == last.root.id or self._ending(last) <= self._ending(before)):
            return None
        return Change("unknown", last.root, last.how, last.until)

    def _as_evidence(self, record: Record) -> Change | None:
        """Tell how evidence stands by the states it told: as they do where all of them have changed."""
        told = [state for state in self._told_states(record) if not _told_as_past(state, record)]
        changes = [self.changes.get(state.id) for state in told]
        ended = [change for change in changes if change is not None]
        if not ended or len(ended) < len(changes):
            return None
        unknown = [change for change in ended if change.state == "unknown"]
        last = max(unknown or ended, key=lambda change: (change.until, change.root.id))
        return Change("unknown" if unknown else "stale", last.root, last.how, last.until)

    def _after(self, change: Change, record: Record) -> bool:
        """Tell whether a change came after a record was last said: by the log, or by the time that ran out."""
        if change.how in ("expired", "over"):
            again = [last_told(state) for state in self._told_states(record)]
            return change.until > max(last_told(record), min(again, default=_BEGINNING))
        event = self._ending(change)
        if event <= max(last_said(record), min(map(last_said, self._told_states(record)), default=0)):
            return False
        if record.version == 1 or record.event < event:
            return True
        until = self.seen.as_of
        past = [one for one in self.snapshot.changes(record.id) if until is None or one.event <= until]
        return not any(one.op == "update" and one.event >= event for one in past)

    def _told_states(self, record: Record) -> list[Record]:
        return [self.rows[id].record for id in self.told.get(record.id, ()) if id in self.rows]

    def _ending(self, change: Change) -> int:
        """Return the event by which the root of a change stopped being believed; 0 where a time ran out."""
        if change.how in ("expired", "over"):
            return 0
        id, until = change.root.id, self.seen.as_of
        if id not in self._endings:
            self._endings[id] = change.root.event
            if change.root.version > 1:
                past = [one for one in self.snapshot.changes(id) if one.record is not None]
                for one in reversed([one for one in past if until is None or one.event <= until]):
                    if one.record is None or one.record.status in RECALLABLE:
                        break
                    self._endings[id] = one.event
        return self._endings[id]

    # -- what belongs to it

    def beside(self, change: Change) -> Row | None:
        """Return what a version rested on as it is now: the state that holds the slot, or the one that ended."""
        if change.how in ("retracted", "expired"):
            return None
        head = self.head(change.root) if change.how == "superseded" else None
        return head or self.rows.get(change.root.id)

    def opposed(self, record: Record) -> Row | None:
        """Return the latest record that contradicts this one, or what it told, and stands."""
        ids = [id for told in (record.id, *self.told.get(record.id, ())) for id in self.opposing.get(told, ())]
        rows = [self.rows[id] for id in ids if id in self.rows and id != record.id and id not in self.changes]
        rows = [row for row in rows if row.record.status in RECALLABLE and record.id not in held_by(row.record)]
        return max(rows, key=lambda row: (row.record.said_at, row.vid), default=None)

    # -- in words

    def standing(self, record: Record, change: Change | None) -> Standing:
        """Return a standing with its reason."""
        if change is None:
            passed = list(self._passed(record))
            return Standing("current", "; ".join(passed)) if passed else CURRENT
        if change.state == "unknown":
            return Standing("unknown", self._told_of(change), change.until)
        how = {"retracted": "taken back", "expired": f"expired {_day(change.until)}"}
        dated = change.how != "superseded" or change.root.valid_to is not None
        was = f"was so until {_day(change.until)}" if dated else "no longer so"
        told = phrase(change.root) if change.root.id != record.id and change.how in ("superseded", "over") else None
        return Standing(change.state, how.get(change.how, was), change.until if dated else None, told)

    def _passed(self, record: Record) -> Iterator[str]:
        """Yield what of a record that stands has passed."""
        for id in self.told.get(record.id, ()):
            change = self.changes.get(id)
            if change is not None and not _told_as_past(self.rows[id].record, record):
                yield self._told_of(change)

    def _told_of(self, change: Change) -> str:
        """Say what changed; what was taken back or has expired is not quoted: it left every read."""
        if change.how in ("retracted", "expired"):
            return f"what it rested on {'was taken back' if change.how == 'retracted' else 'has expired'}"
        dated = change.how != "superseded" or change.root.valid_to is not None
        told = f"was so until {_day(change.until)}" if dated else "is no longer so"
        head = self.head(change.root) if change.how == "superseded" else None
        now = f"; now “{phrase(head.record)}”" if head is not None else ""
        return f"“{phrase(change.root)}” {told}{now}"


def _evidence(record: Record) -> list[str]:
    """Return the records that hold what was said, where that is another one."""
    return [link.target for link in record.links if link.type == "derived_from"] if is_state(record) else []


def held_by(state: Record) -> list[str]:
    """Return the records that hold the words by which a state was told; none of a record that is no state."""
    if not is_state(state):
        return []
    return list(dict.fromkeys((*_evidence(state), *(one.record for one in state.sources if one.record is not None))))


def is_state(record: Record) -> bool:
    """Tell whether a record holds a slot."""
    return record.subject is not None and record.attribute is not None and record.kind not in EVENT_KINDS


def _told_as_past(state: Record, evidence: Record) -> bool:
    """Tell whether a state was over already when this evidence of it was said: then it does not age."""
    if state.status != "superseded":
        return False
    if state.valid_to is not None and state.valid_to > evidence.said_at:
        return False
    first = any(link.type == "derived_from" and link.target == evidence.id for link in state.links)
    return state.version == 1 if first else state.valid_to is not None


def _same(past: Record, head: Record) -> bool:
    """Tell whether what superseded a record says the same, or was made of it."""
    if any(link.type == "derived_from" and link.target == past.id for link in head.links):
        return True
    one, other = slot_key(past), slot_key(head)
    return one is not None and one == other and same_value(past.value or past.content, head.value or head.content)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
