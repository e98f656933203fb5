"""The arms of recall: each draws candidates, or marks those that are drawn, and gives raw scores by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from ricordo.plaintext.asked import Asked, guessable
from ricordo.plaintext.standing import present
from ricordo.store.base import Naming, Signal, Snapshot, Visible
from ricordo.store.fold import micros
from ricordo.text import Tokeniser, name_key, name_words, one_edit, subject_key, without_brackets
from ricordo.text.spans import spoken_names
from ricordo.text.time import TimeSpan
from ricordo.types import RECALLABLE, Record

_FAR = 1 << 60
_FIRST_PERSON = frozenset("i me my mine we us our ours myself".split())
_SELVES = frozenset({"user", "the user", "me", "i", "myself", "self", "we", "us"})
#: A name that so many records share says nothing about which is meant.
MOST_NAMESAKES = 50
#: A name that so many records share is no edge of the graph; a title so many speak of leads nowhere.
_MOST_SHARED, _MOST_SPEAKING = 8, 50
#: Past states of a slot that a query of the past brings.
_MOST_PAST = 3
_TITLED = frozenset({"name", "alias", "title"})


#: Roles of a key by which a query calls a record.
CALLED = frozenset({"name", "alias", "learnt", "counter"})


@dataclass(frozen=True, slots=True)
class Named:
    """A version that the query named.

    Args:
        vid: The version.
        key, role: By which key, and what that is to it.
        typed: The query's word where it was misspelt.
        told: The reason in words, where it is not the key.
        alone: Whether the query can't be answered without it: it asks for nothing else, or presumes what was so of a
            subject that it names.
    """

    vid: int
    key: str
    role: str
    typed: str | None = None
    told: str | None = None
    alone: bool = False

    def note(self, attribute: str = "") -> str:
        """Return the reason, in words.

        Args:
            attribute: The attribute of the version; its key has stems only.
        """
        if attribute and self.role in ("slot", "history"):
            return f"slot “{attribute}”" + (", as it was" if self.role == "history" else "")
        typed = f" (from “{self.typed}”)" if self.typed else ""
        return self.told or f"{self.role} “{self.key}”{typed}"


def names(snapshot: Snapshot, asked: Asked, visible: Visible) -> list[Named]:
    """Find the versions that the query names: by any name exactly, by single words of names within one edit.

    Names and aliases come first, then what a record has learnt to be asked by and what it turns down.
    """
    exact = [Named(hit.vid, hit.key, hit.role) for hit in snapshot.named(asked.names, visible, roles=CALLED)]
    known = frozenset(hit.key for hit in exact)
    words = guessable(asked, known)
    near = [
        Named(hit.vid, hit.key, hit.role, word)
        for hit in snapshot.similar_names(words, visible)
        for word in words
        if hit.key not in known and word[:2] == hit.key[:2] and one_edit(word, hit.key)
    ]
    return [*exact, *near]


def slots(snapshot: Snapshot, asked: Asked, visible: Visible, *, sparing: bool = False) -> list[Named]:
    """Find the versions whose attribute the query asks for, of a subject that it names or that is the one who asks.

    Who asks is the subject called so ("user", "me"), or after whom a scope is called; else the only one there is. An
    attribute that is asked for in other words counts of such a subject alone.

    Args:
        snapshot: What to read from.
        asked: The query.
        visible: What may be seen.
        sparing: Whether other words count only where the query asks for nothing else.
    """
    whose = frozenset(asked.names) | (_selves(visible) if asked.about_self else frozenset())
    some, hits = _of(snapshot, asked.slots, visible, "slot", whose)
    if not hits and asked.about_self:
        alone = len({subject_key(hit.subject or "") for hit in some}) == 1 and len(some) <= MOST_NAMESAKES
        hits = some if alone else []
    found = {hit.vid: hit for hit in hits}
    other = [key for key in asked.attributes if key not in asked.slots]
    for hit in _of(snapshot, other, visible, "slot", whose)[1] if other else ():
        if not sparing or asked.attributes[hit.key] <= set(name_words(hit.subject or "")):
            found.setdefault(hit.vid, hit)
    return [
        Named(hit.vid, hit.key, "slot", alone=asked.nothing_but(hit.key, hit.subject or "")) for hit in found.values()
    ]


def history(snapshot: Snapshot, asked: Asked, visible: Visible) -> list[Named]:
    """Find the past states of the slots that a query of the past asks for: those of its times, else the latest.

    Nothing where the read itself is of the past: there they are found as the states that they were.
    """
    if not asked.asks_past or visible.valid is not None or visible.statuses is not None:
        return []
    past = replace(visible, statuses=("superseded",))
    keys = {hit.vid: hit.key for hit in slots(snapshot, asked, past)}
    newest = sorted(keys, reverse=True)[:MOST_NAMESAKES]
    rows = sorted(snapshot.rows(newest, visible.as_of).values(), key=lambda row: _ended(row.record), reverse=True)
    then = [row for row in rows if any(_overlaps(row.record, span) for span in asked.spans)]
    kept = (then or rows)[:_MOST_PAST]
    return [Named(row.vid, f"{keys[row.vid]} past", "history") for row in kept]


def _overlaps(record: Record, span: TimeSpan) -> bool:
    begins = record.valid_from is None or span.end is None or record.valid_from < span.end
    return begins and (record.valid_to is None or span.begin is None or record.valid_to > span.begin)


def _of(
    snapshot: Snapshot, keys: Sequence[str], visible: Visible, role: str, whose: frozenset[str]
) -> tuple[list[Naming], list[Naming]]:
    """Return the names of a role with one of the keys, as many as can tell who is meant and one more; and whose.

    Where there are few, they are all looked at; of thousands that share a key, only those of the subjects.
    """
    some = snapshot.named(keys, visible, roles=(role,), limit=MOST_NAMESAKES + 1)
    if len(some) <= MOST_NAMESAKES:
        return some, [hit for hit in some if subject_key(hit.subject or "") in whose]
    return some, snapshot.named(keys, visible, roles=(role,), subjects=whose)


def premises(snapshot: Snapshot, asked: Asked, visible: Visible, zone: tzinfo = UTC) -> list[Named]:
    """Find the present states of slots of which the query speaks as they once were, each with "was X until D".

    A past value counts where it looks like a name, stands whole in the query, and its subject or its attribute stands
    there too, or the one who asks speaks of themselves and is the subject. Nothing where the read asks for the past,
    and, where no subject is named, of a value that too many subjects had to tell who is meant.

    Args:
        snapshot: What to read from.
        asked: The query.
        visible: What may be seen.
        zone: Where the days of the notes begin.
    """
    if visible.valid is not None or visible.statuses is not None or not asked.names:
        return []
    past = Visible(scopes=visible.scopes, now=visible.now, as_of=visible.as_of, statuses=("superseded",))
    own = bool(_FIRST_PERSON & set(asked.words))
    whose = frozenset(asked.names) | (_selves(visible) if own else frozenset())
    some, sure = _of(snapshot, asked.names, past, "value", whose)
    values = {hit.vid: hit.key for hit in (some if len(some) <= MOST_NAMESAKES else sure)}
    if not values:
        return []
    about, whole = {subject_key(hit.subject or "") for hit in some}, {hit.vid for hit in sure}
    told = {hit.vid for hit in (*sure, *snapshot.named(asked.slots, past, roles=("slot",), subjects=about))}
    rows = sorted(snapshot.rows(list(values), visible.as_of).values(), key=lambda row: _ended(row.record), reverse=True)
    found: dict[tuple[int, str], Named] = {}
    for row in rows:
        if row.vid in told or (own and _said_of_self(row.record)):
            held = present(snapshot, row.record, visible)
            if held is not None and name_key(held.record.value or "") != values[row.vid]:
                hit = Named(held.vid, values[row.vid], "premise", told=_was(row.record, zone), alone=row.vid in whole)
                found.setdefault((held.vid, values[row.vid]), hit)
    return list(found.values())


def recallable(record: Record, now: datetime) -> bool:
    """Tell whether a record is believed now and has not expired."""
    return record.status in RECALLABLE and (record.expires_at is None or record.expires_at > now)


def _was(past: Record, zone: tzinfo) -> str:
    until = f" until {past.valid_to.astimezone(zone).date().isoformat()}" if past.valid_to else " before"
    return f"was {past.value}{until}"


def _ended(past: Record) -> datetime:
    return past.valid_to or past.recorded_at


def _said_of_self(record: Record) -> bool:
    return record.speaker is not None and name_key(record.speaker) == name_key(record.subject or "")


def _selves(visible: Visible) -> frozenset[str]:
    """Return how the one who asks is called: as anyone is, or as a scope is called after them."""
    return _SELVES | {name_key(scope.rpartition(":")[2]) for scope in visible.scopes or ()}


def named_speaker(asked: Asked, signals: Iterable[Signal]) -> str | None:
    """Return the one speaker whom the query names; None where it names no one, or several."""
    words = set(asked.words)
    present = {signal.speaker for signal in signals if signal.speaker}
    named = [speaker for speaker in present if words & set(name_words(speaker))]
    return named[0] if len(named) == 1 else None


def speakers(speaker: str | None, signals: Mapping[int, Signal]) -> dict[int, float]:
    """Mark what this speaker said."""
    return {vid: 1.0 for vid, signal in signals.items() if signal.speaker == speaker} if speaker else {}


def mentions(snapshot: Snapshot, seeds: Sequence[int], tokeniser: Tokeniser, visible: Visible) -> list[tuple[int, int]]:
    """Find which records the seeds speak of by name or title, and which speak of the seeds.

    A name that several records share is no edge: it does not say which is meant.

    Returns:
        (version, version it speaks of) pairs.
    """
    rows = [row for vid, row in snapshot.rows(list(seeds), visible.as_of).items()]
    keys = {row.vid: spoken_names(row.record.content) for row in rows}
    hits = snapshot.named(list(dict.fromkeys(key for found in keys.values() for key in found)), visible, roles=_TITLED)
    called: dict[str, set[int]] = {}
    for hit in hits:
        called.setdefault(hit.key, set()).add(hit.vid)
    pairs = {
        (vid, other)
        for vid, found in keys.items()
        for key in found
        if len(called.get(key, ())) <= _MOST_SHARED
        for other in called.get(key, ())
    }
    for row in rows:
        for label in {row.record.title, row.record.name} - {None}:
            terms = tokeniser.index_terms(without_brackets(label or ""))
            speaking = snapshot.phrase(terms, visible, _MOST_SPEAKING + 1) if terms else []
            if len(speaking) <= _MOST_SPEAKING:
                pairs.update((other, row.vid) for other in speaking)
    return sorted(pair for pair in pairs if pair[0] != pair[1])


def times(
    asked: Asked, signals: Mapping[int, Signal], spoken: Mapping[int, Sequence[tuple[int, int]]]
) -> dict[int, float]:
    """Mark what was said in, or speaks of, a time that the query names."""
    spans = [_bounds(span) for span in asked.spans]
    marked = {}
    for vid, signal in signals.items():
        moments = [(signal.said_at, signal.said_at + 1), *spoken.get(vid, ())]
        if any(begin < high and end > low for low, high in spans for begin, end in moments):
            marked[vid] = 1.0
    return marked


def whens(asked: Asked, signals: Mapping[int, Signal], spoken: Iterable[int]) -> dict[int, float]:
    """Mark the turns that speak of any time, where the query asks when; of documents nearly all do."""
    return {vid: 1.0 for vid in spoken if signals[vid].session is not None} if asked.asks_when else {}


def draw_times(snapshot: Snapshot, asked: Asked, visible: Visible, limit: int) -> list[int]:
    """Draw versions that speak of a time that the query names."""
    drawn: list[int] = []
    for span in asked.spans:
        if span.begin is not None and span.end is not None:
            drawn += snapshot.timed(span.begin, span.end, visible, limit)
    return list(dict.fromkeys(drawn))


def _bounds(span: TimeSpan) -> tuple[int, int]:
    return (micros(span.begin) if span.begin else -_FAR, micros(span.end) if span.end else _FAR)
