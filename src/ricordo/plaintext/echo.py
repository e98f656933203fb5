"""Text that comes back: what the memory gave is recognised, from what the space holds, and not learnt again.

Without this a memory feeds on itself: what was recalled stands in the prompt, is said again by the assistant, and comes
back as if it were news. A repetition by whoever only knows it from here is no evidence.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from ricordo.plaintext.pasted import Pasted, Span, left_over, pasted
from ricordo.store.base import Snapshot, Visible
from ricordo.store.fold import said_key
from ricordo.text import fold
from ricordo.text.sayings import Saying, flat, own_words, sayings, telling
from ricordo.types import BELIEVED, Record

#: What says the same again because it happened again: only what others said is known from here.
_REPORTERS = frozenset({"tool", "system"})
#: Fields by which a write says that it is meant: it is no repetition, whatever its words.
_MEANT = ("subject", "name", "aliases", "pinned", "links", "why", "valid_from", "valid_to", "expires_at")
_CHECKED = frozenset({"validated", "corrected"})
_DAY = timedelta(days=1)
_LAST_DAY = datetime.max.replace(tzinfo=UTC) - _DAY
#: Sentences of one text, scopes it is looked for in, records of one sentence that are looked at.
_MOST_SENTENCES, _MOST_SCOPES, _MOST_FOUND = 200, 50, 50


@dataclass(frozen=True, slots=True)
class Heard:
    """A text to be learnt, as far as it can be judged without a look at the store.

    Args:
        record: The record it would be.
        scopes: Where it may have come from.
        speakers: Who is no person.
        pasted: The lines of contexts in it.
        sentences: The sentences beside them.
        person: Whether a person says it: then only pasted lines can be an echo.
        voiceless: Whether nobody is named who says it.
        beside: What stands beside the lines, where there are any.
    """

    record: Record
    scopes: tuple[str, ...]
    speakers: frozenset[str]
    pasted: Pasted
    sentences: tuple[Saying, ...]
    person: bool
    voiceless: bool
    beside: str


@dataclass(frozen=True, slots=True)
class Echo:
    """What a text repeats of what the space holds.

    Args:
        rule: "echo.context" (lines of a context), "echo.quoted" (introduced as somebody's words), or "echo".
        record: The record it repeats, the first of several.
        known: Where the repetition stands.
        entire: Whether there is nothing else in the text.
        cut: Whether the lines of a context can be left out of what is kept: every one of them is known.
    """

    rule: str
    record: Record
    known: tuple[Span, ...]
    entire: bool
    cut: bool

    def covers(self, span: Span) -> bool:
        """Tell whether a part of the text is a repetition, at least in part."""
        return any(begin < span[1] and span[0] < end for begin, end in self.known)


class Delivered:
    """Which scopes this process has lately delivered together: what is said in one may come from the other.

    It holds labels of scopes and nothing of what was delivered, so there is nothing in it to erase. Safe to use from
    several threads.

    >>> delivered = Delivered()
    >>> delivered.note(["user:ada", "team"])
    >>> delivered.beside("user:ada"), delivered.beside("user:bob")
    (('team',), ())
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._sets: OrderedDict[frozenset[str], None] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, scopes: Collection[str]) -> None:
        """Remember that records of these scopes went into one context."""
        together = frozenset(scopes)
        if len(together) < 2:
            return
        with self._lock:
            self._sets[together] = None
            self._sets.move_to_end(together)
            while len(self._sets) > self._most:
                self._sets.popitem(last=False)

    def beside(self, scope: str) -> tuple[str, ...]:
        """Return the other scopes that were delivered together with one, by name."""
        with self._lock:
            sets = list(self._sets)
        return tuple(sorted({other for together in sets if scope in together for other in together} - {scope}))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._sets.clear()


@lru_cache(maxsize=64)
def speakers_of(listed: str) -> frozenset[str]:
    """Return the names of a list, as speakers are compared with them.

    >>> sorted(speakers_of("Assistant, bot"))
    ['assistant', 'bot']
    """
    return frozenset(fold(name).strip() for name in listed.split(",") if name.strip())


def is_speaker(speaker: str, speakers: Collection[str]) -> bool:
    """Tell whether a speaker is one of those who are no person: by the name, or by what stands before ":" or "/".

    >>> is_speaker("agent:planner", {"agent"}), is_speaker("Ada", {"agent"})
    (True, False)
    """
    name = fold(speaker).strip()
    return name in speakers or name.replace("/", ":").partition(":")[0].strip() in speakers


def listen(
    record: Record, given: Mapping[str, Any], *, speakers: frozenset[str], scopes: Sequence[str]
) -> Heard | None:
    """Judge a text before the transaction; None where it can't be an echo.

    Args:
        record: The record it would be.
        given: The fields the caller gave.
        speakers: Who is no person, as `speakers_of` makes them.
        scopes: Where it may have come from.
    """
    if any(name in given for name in _MEANT) or given.get("derivation") in _CHECKED:
        return None
    content, speaker = record.content, record.speaker
    person = speaker is not None and not is_speaker(speaker, speakers)
    found = pasted(content)
    if person and not found.lines:
        return None
    taken = [line.span for line in found.lines] + found.frame
    beside = left_over(content, taken) if found.lines else ""
    told: tuple[Saying, ...] = ()
    if not person and record.kind != "event":
        told = tuple(one for one in sayings(content, _MOST_SENTENCES + 1) if not _within(one.span, taken))
    return Heard(record, tuple(scopes[:_MOST_SCOPES]), speakers, found, told, person, speaker is None, beside)


def _within(span: Span, taken: Sequence[Span]) -> bool:
    return any(begin < span[1] and span[0] < end for begin, end in taken)


def heard(transaction: Snapshot, text: Heard, visible: Visible) -> Echo | None:
    """Look up what a text repeats; None where it is nothing.

    Args:
        transaction: Where to look.
        text: What `listen` made of it.
        visible: What the writer may see.
    """
    scopes = [scope for scope in text.scopes if visible.scopes is None or scope in visible.scopes]
    look = _Look(transaction, text, visible, scopes)
    lines = [(line.span, look.line(number)) for number, line in enumerate(text.pasted.lines)]
    sentences = [(one, look.sentence(one)) for one in text.sentences]
    known = [(span, record) for span, record in lines if record is not None]
    said = [(one, record) for one, record in sentences if record is not None]
    if not known and not said:
        return None
    spans = [span for span, _ in known] + (text.pasted.frame if known else []) + [one.span for one, _ in said]
    whole = len(known) == len(lines)
    new = [one for one, record in sentences if record is None and not one.courtesy]
    nothing = not text.beside if known else False
    entire = whole and (nothing or (bool(sentences) and not new))
    rule = "echo.context" if known else "echo.quoted" if any(one.quoted for one, _ in said) else "echo"
    record = known[0][1] if known else said[0][1]
    return Echo(rule, record, tuple(spans), entire, bool(known) and whole)


def _day(spelt: str) -> datetime | None:
    try:
        day = datetime.fromisoformat(spelt).replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day < _LAST_DAY else None


class _Look:
    """One look at the store for everything a text may repeat."""

    def __init__(self, snapshot: Snapshot, text: Heard, visible: Visible, scopes: Sequence[str]) -> None:
        self._snapshot, self._text, self._visible, self._scopes = snapshot, text, visible, scopes
        sentences = text.sentences if len(text.sentences) <= _MOST_SENTENCES else ()
        forms = {form for one in sentences for form in one.forms if telling(form)}
        keys = {said_key(scope, "sentence", form) for form in forms for scope in scopes}
        hits = snapshot.said(keys, visible, _MOST_FOUND) if keys else []
        if text.voiceless and hits:  # only what somebody said counts: most hits are told apart here
            signals = snapshot.signals(list(dict.fromkeys(hit.vid for hit in hits)))
            hits = [hit for hit in hits if signals[hit.vid].speaker is not None]
        self._found: dict[int, list[int]] = {}
        for hit in hits:
            self._found.setdefault(hit.key, []).append(hit.vid)
        self._read: dict[int, Record] = {}

    def line(self, number: int) -> Record | None:
        """Return the record that a line of a context shows."""
        line = self._text.pasted.lines[number]
        if line.id is not None:
            row = self._snapshot.find(line.id, self._visible)
            return row.record if row is not None and line.of(row.record) else None
        day = _day(line.day)
        if day is None:
            return None
        keys = {said_key(scope, "whole", flat(line.text)) for scope in self._scopes}
        then = replace(self._visible, since=day, until=day + _DAY)
        hits = self._snapshot.said(keys, then, _MOST_FOUND) if keys else []
        return next((record for hit in hits if line.of(record := self._record(hit.vid))), None)

    def sentence(self, saying: Saying) -> Record | None:
        """Return the record that a sentence repeats."""
        for form in saying.forms:
            for scope in self._scopes:
                for vid in self._found.get(said_key(scope, "sentence", form), ()):
                    if self._repeats(self._record(vid), form):
                        return self._record(vid)
        return None

    def _record(self, vid: int) -> Record:
        """Return a record, read when it is first wanted: the first hit is nearly always the one."""
        if vid not in self._read:
            self._read[vid] = self._snapshot.rows([vid])[vid].record
        return self._read[vid]

    def _repeats(self, record: Record, form: str) -> bool:
        """Tell whether who says a form can have it from a record."""
        text = self._text
        if text.voiceless:
            return record.speaker is not None and record.status in BELIEVED
        if record.speaker is None or not is_speaker(record.speaker, text.speakers):
            return True
        speaker = fold(text.record.speaker or "")
        if fold(record.speaker) == speaker:
            return speaker.replace("/", ":").partition(":")[0] not in _REPORTERS
        return not own_words(form)
