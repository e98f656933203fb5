"""What standing means for an answer: what leads, what is left out or folded, what comes along. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from ricordo.plaintext.fuse import Ranked
from ricordo.plaintext.standing import Judged, held_by, is_state
from ricordo.store.base import Row
from ricordo.store.fold import slot_key
from ricordo.types import CURRENT, Dropped, Record, Standing

#: What is left of the score of what is unknown, and of evidence that has passed and tells other things too.
UNKNOWN, STALE = 0.9, 0.8
#: Arms that tell that the query asks for a state, not only for words of it.
_ASKING = frozenset({"slot", "premise", "name", "alias", "learnt", "counter"})
_LEAD = 1e-6
#: So many past states of a slot come with the present one, where they are asked for.
_MOST_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate with its version, its score and how it stands.

    Args:
        row: The version.
        one: Its score and what the arms gave it.
        standing: How it stands.
        against: What contradicts it, in words.
        notes: Why it came along, where the query did not find it.
    """

    row: Row
    one: Ranked
    standing: Standing = CURRENT
    against: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The candidates that stay, best first, and those that were left out."""

    entries: list[Entry]
    dropped: tuple[Dropped, ...] = ()


@dataclass(slots=True)
class _Table:
    """The candidates by record id, while they are settled."""

    entries: dict[str, Entry]
    effective: dict[str, float]
    gone: dict[str, str] = field(default_factory=dict)

    def drop(self, id: str, reason: str) -> None:
        self.gone.setdefault(id, reason)

    def add(self, id: str, arm: str, share: float) -> None:
        """Change a score, and say so."""
        entry = self.entries[id]
        arms = {**entry.one.arms, arm: (1.0, round(share, 9))}
        self.entries[id] = replace(entry, one=Ranked(entry.row.vid, entry.one.score + share, arms))
        self.effective[id] += share

    def order(self) -> list[str]:
        """Return the ids that stay, best first."""
        return sorted((id for id in self.entries if id not in self.gone), key=lambda id: -self.effective[id])


def settle(
    rows: Sequence[tuple[Row, Ranked]],
    judged: Judged,
    only: Callable[[Record, Sequence[Record]], bool],
    *,
    k: int,
    past: bool,
    asked: Collection[int] = (),
    before: Collection[int] = (),
    sparing: bool = False,
) -> Settled:
    """Put candidates in the order that their standing asks for.

    - What has passed is left out; where its text tells other things too, it is kept behind. A read of the past keeps
      it all, marked.
    - Where the query asks for a slot and for nothing else, the states that hold it come first; where it asks for what
      was so, the states that held it follow at once.
    - A state and the words that told it don't take two places: where the query asks for the state, the state leads and
      words that say nothing more are folded into it (not of the past: how it was said may tell when); else the words
      stay, and the state goes.
    - What is unknown moves back a little, and what it rested on comes along as it is now.
    - What is contradicted says so, and the other side comes along.

    Args:
        rows: The candidates, best first.
        judged: How they stand.
        only: Tells whether a text says nothing but these states.
        k: How many will be shown: only what these need comes along.
        past: Whether the read is of the past.
        asked: The versions that hold what the query asks for and nothing else.
        before: The versions that held it.
        sparing: Whether only what is current may come unasked: all that has passed goes, and nothing comes along.
    """
    lowest, effective = float("inf"), {}
    for row, one in rows:
        effective[row.record.id] = lowest = min(lowest, one.score)
    entries = {row.record.id: Entry(row, one, judged.standings.get(row.vid, CURRENT)) for row, one in rows}
    table = _Table(entries, effective)
    if not past:
        _leave_out(table, judged, only, sparing)
    _lead(table, asked, before if past else ())
    _pair(table, judged, None if past else only)
    _accompany(table, judged, k, sparing)
    dropped = [Dropped(id, entries[id].one.score, reason) for id, reason in table.gone.items()]
    return Settled([table.entries[id] for id in table.order()], tuple(dropped))


def _leave_out(table: _Table, judged: Judged, only: Callable[[Record, Sequence[Record]], bool], sparing: bool) -> None:
    for id, entry in list(table.entries.items()):
        if entry.standing.state != "stale" or "pin" in entry.one.arms:
            continue
        record = entry.row.record
        if sparing or is_state(record) or only(record, judged.states(id)):
            table.drop(id, f"passed: {entry.standing.reason}")
        else:
            table.add(id, "standing", (STALE - 1) * abs(entry.one.score))


def _lead(table: _Table, asked: Collection[int], before: Collection[int]) -> None:
    """Lift what the query asks for above the rest, in its order, and behind it what was so before, last first."""
    leading = [id for id in table.order() if table.entries[id].row.vid in asked]
    leading = [id for id in leading if table.entries[id].standing.state in ("current", "unknown")]
    slots = {slot_key(table.entries[id].row.record) for id in leading}
    held = [table.entries[id].row for id in table.order() if table.entries[id].row.vid in before]
    held = [row for row in held if slot_key(row.record) in slots and row.record.id not in leading]
    held.sort(key=lambda row: row.record.valid_to or row.record.recorded_at, reverse=True)
    leading += [row.record.id for row in held[:_MOST_BEFORE]]
    rest = [score for id, score in table.effective.items() if id not in leading and id not in table.gone]
    best = max(rest, default=0.0)
    for spot, id in enumerate(reversed(leading), 1):
        if table.effective[id] <= best + spot * _LEAD:
            table.add(id, "state", best + spot * _LEAD - table.effective[id])


def _pair(table: _Table, judged: Judged, only: Callable[[Record, Sequence[Record]], bool] | None) -> None:
    """Keep a state or its words: the state where it is asked for, with words that say more; else the words."""
    for id, entry in list(table.entries.items()):
        words = [one for one in held_by(entry.row.record) if one in table.entries and one not in table.gone]
        if not words or id in table.gone:
            continue
        if _ASKING.isdisjoint(entry.one.arms):
            if "pin" not in entry.one.arms:
                table.drop(id, f"said by {words[0]}")
            continue
        best = max(table.effective[one] for one in words)
        if table.effective[id] <= best:
            table.add(id, "state", best - table.effective[id] + _LEAD)
        for one in words if only is not None else ():
            told = judged.states(one)
            kept = all(state.id in table.entries and state.id not in table.gone for state in told)
            if (
                told
                and kept
                and "pin" not in table.entries[one].one.arms
                and only is not None
                and only(table.entries[one].row.record, told)
            ):
                table.drop(one, f"told by {id}")


def _accompany(table: _Table, judged: Judged, k: int, sparing: bool) -> None:
    """Move what is unknown back, mark what is contradicted, and bring the other sides along."""
    for id in table.order()[:k]:
        entry = table.entries[id]
        score, vid = table.effective[id], entry.row.vid
        if entry.standing.state == "unknown" and "pin" not in entry.one.arms and not sparing:
            table.add(id, "standing", (UNKNOWN - 1) * abs(entry.one.score))
        table.entries[id] = replace(table.entries[id], against=judged.against.get(vid))
        if not sparing:
            for found, why in ((judged.beside, "what rests on it is unknown"), (judged.others, "says otherwise")):
                if (other := found.get(vid)) is not None:
                    _bring(table, judged, other, score, f"{why}: {id}")


def _bring(table: _Table, judged: Judged, row: Row, score: float, note: str) -> None:
    """Let a record stand at least as high as what it comes along with; its words will do where they are there."""
    there = [id for id in (row.record.id, *held_by(row.record)) if id in table.entries and id not in table.gone]
    if there:
        if table.effective[there[0]] < score:
            table.add(there[0], "beside", score - table.effective[there[0]])
        return
    id = row.record.id
    table.gone.pop(id, None)
    one = Ranked(row.vid, score, {"beside": (1.0, score)})
    table.entries[id] = Entry(row, one, judged.standings.get(row.vid, CURRENT), notes=(note,))
    table.effective[id] = score
