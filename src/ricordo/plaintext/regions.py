"""Regions: sets of records that a smaller set can stand for. Pure planners, each with a name.

A region is replaced as in Auto-Dreamer (arXiv 2605.20616): read-only evidence, a compact replacement that cites all of
it, and nothing that is lost. Only what was said is used: nothing here writes a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ricordo.text import fold
from ricordo.text.courtesy import told
from ricordo.types import DERIVATIONS, EVENT_KINDS, RECALLABLE, Link, Record

Terms = Callable[[str], Iterable[str]]
#: A turn that speaks of at most so many things is folded into the turn beside it.
LOW = 4
#: An exchange has at most so many turns, and characters.
MOST_TURNS, LONGEST = 3, 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A region before it is replaced.

    Args:
        strategy: The name of the planner.
        scope: The scope all of it is in.
        members: The records as they were read, in the order they were said.
        kept: The member that stands for all, or None where a new record does.
        fields: Fields of the new record, or those that change in the one that is kept.
    """

    strategy: str
    scope: str
    members: tuple[Record, ...]
    kept: Record | None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def retired(self) -> tuple[Record, ...]:
        """The members that leave."""
        return tuple(member for member in self.members if member is not self.kept)


# -- near duplicates


def mergeable(record: Record) -> bool:
    """Tell whether a state record may be merged with another: nobody pinned or edited it, and it doesn't expire."""
    fixed = record.pinned or record.user_edited or record.expires_at is not None
    return record.kind not in EVENT_KINDS and record.status in RECALLABLE and not fixed


def near_duplicates(group: Sequence[Record]) -> Iterator[Draft]:
    """Merge state records that say the same: same scope, kind, slot and gist, and true at the same time.

    The one with the best derivation, the most evidence and the longest history stands for all. It gains the names,
    metadata and evidence of the others, and began when the first of them did.

    Args:
        group: Records with one duplicate key, in the order they were first written.

    >>> from ricordo.testing import a_record
    >>> [draft] = near_duplicates([a_record(id=id, content="Tea is at five.") for id in "ab"])
    >>> draft.kept.id, [record.id for record in draft.retired]
    ('a', ['b'])
    """
    by_time: dict[Any, list[Record]] = {}
    for record in group:
        if mergeable(record):
            alone = record.subject is not None and record.cardinality == "one"
            at = (record.status, record.valid_to, record.valid_from if alone else None)
            by_time.setdefault(at, []).append(record)
    for members in by_time.values():
        if len(members) > 1:
            ordered = sorted(members, key=lambda one: one.said_at)
            kept = max(ordered, key=lambda one: (DERIVATIONS.index(one.derivation), len(one.sources)))
            yield Draft("near_duplicates", kept.scope, tuple(ordered), kept, _merged(kept, ordered))


def _merged(kept: Record, members: Sequence[Record]) -> dict[str, Any]:
    """Return what the one that stands for all gains."""
    others = [member for member in members if member is not kept]
    fields: dict[str, Any] = {"supersedes": _union(kept.supersedes, [other.id for other in others])}
    for name in ("aliases", "learnt", "links"):
        fields[name] = _union(getattr(kept, name), *(getattr(other, name) for other in others))
    for name in ("name", "title", "why"):
        given = [value for value in (getattr(one, name) for one in (kept, *others)) if value is not None]
        fields[name] = next(iter(given), None)
    begins = [member.valid_from for member in members]
    known = [begin for begin in begins if begin is not None]
    fields["valid_from"] = min(known) if len(known) == len(begins) else None
    fields["metadata"] = {name: value for one in (*reversed(others), kept) for name, value in one.metadata.items()}
    return fields


def _union(*parts: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for part in parts for value in part))


# -- exchanges


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a session as the planner sees it.

    Args:
        record: What was said.
        worth: How many things it speaks of.
        free: Whether it may be folded: not into, and not away, where it is part of a region already, is pinned or
            edited, or something rests on it.
    """

    record: Record
    worth: int
    free: bool


def turns(session: Sequence[Record], free: Callable[[Record], bool], terms: Terms) -> list[Turn]:
    """Return the turns of a session in the order they were said.

    Args:
        session: Its records, those that were replaced before among them.
        free: Tells what may be folded beside what `foldable` bars.
        terms: Gives the index terms of a text.
    """
    names = {word for record in session for word in fold(record.speaker or "").split()}
    return [
        Turn(one, told(one.content, terms, names), foldable(one) and free(one))
        for one in sorted(session, key=lambda one: one.said_at)
    ]


def foldable(record: Record) -> bool:
    """Tell whether a turn is nothing but a turn: no name, slot, bounds, links, pin or edit, and of one line."""
    own = (record.title, record.name, record.subject, record.why, record.valid_from, record.valid_to, record.expires_at)
    more = (record.aliases, record.learnt, record.links, record.supersedes, record.pinned, record.user_edited)
    plain = all(part is None for part in own) and not any(more)
    return plain and record.status in RECALLABLE and record.speaker is not None and "\n" not in record.content


def exchanges(session: Sequence[Turn], *, low: int = LOW, most: int = MOST_TURNS) -> list[list[int]]:
    """Fold turns that tell little into the turn they answer or lead to. Return the places of those that go together.

    The turns that tell least are folded first: a question into what follows it, anything else into what came before,
    and where there is no room, the other way. What is folded away is still there, word for word: a turn that is found
    brings its question or its assent with it, and "Sure, me too!" no longer takes a place of its own.

    What is fixed (see `Turn.free`) is passed over as a full exchange is, so that a run that was cut off and begins
    again comes to the same exchanges as one that was not.

    Args:
        session: The turns in order.
        low: Turns that tell at most so many things are folded.
        most: Turns of one exchange at most.

    >>> from ricordo.testing import a_record
    >>> said = [("Did you move?", 1), ("Yes, to Lisbon, in May, with my dog Pip.", 6), ("Great!", 0)]
    >>> exchanges([Turn(a_record(id=text, content=text), worth, True) for text, worth in said])
    [[0, 1, 2]]
    """
    groups = {spot: [spot] for spot in range(len(session))}
    lengths = [len(turn.record.content) for turn in session]
    for spot in sorted(groups, key=lambda spot: (session[spot].worth, lengths[spot], spot)):
        if session[spot].worth > low or not session[spot].free or len(groups[spot]) > 1:
            continue
        asks = "?" in session[spot].record.content
        for near in (spot + 1, spot - 1) if asks else (spot - 1, spot + 1):
            if 0 <= near < len(session) and session[near].free and _alike(session[spot].record, session[near].record):
                joined = sorted(groups[near] + [spot])
                if len(joined) <= most and sum(lengths[one] for one in joined) <= LONGEST:
                    groups.update(dict.fromkeys(joined, joined))
                    break
    return [group for spot, group in groups.items() if len(group) > 1 and group[0] == spot]


def _alike(one: Record, other: Record) -> bool:
    """Tell whether a filter that shows one turn shows the other, but for who spoke."""
    return one.metadata == other.metadata and one.kind == other.kind and one.status == other.status


def exchange(members: Sequence[Turn]) -> Draft:
    """Return the region of turns that go together: one record that quotes each, under the name of who said it.

    It is told by the turn that tells most: that one's speaker, time and ref are its own.
    """
    records = tuple(turn.record for turn in members)
    main = max(members, key=lambda turn: (turn.worth, len(turn.record.content))).record
    fields = {
        "kind": main.kind,
        "content": "\n".join(f"{record.speaker}: {record.content}" for record in records),
        "scope": main.scope,
        "status": main.status,
        "said_at": main.said_at,
        "speaker": main.speaker,
        "session": main.session,
        "ref": main.ref,
        "derivation": min((record.derivation for record in records), key=DERIVATIONS.index),
        "links": tuple(Link("derived_from", record.id) for record in records),
        "supersedes": tuple(record.id for record in records),
        "metadata": main.metadata,
    }
    return Draft("exchanges", main.scope, records, None, fields)
