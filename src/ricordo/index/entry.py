"""From a record version to what the indexes hold of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from ricordo.store.base import Entry
from ricordo.store.fold import micros, said_key
from ricordo.text import Tokeniser, name_key, name_like, rejected, without_brackets
from ricordo.text.foreign import FindTimes
from ricordo.text.sayings import flat, retold
from ricordo.text.time import find_times
from ricordo.types import Record

#: Names of more words than this are only found as text.
LONGEST_NAME = 6
_MONTHS = "january february march april may june july august september october november december".split()
_FAR = 1 << 60
#: Kinds that are for something and against something else.
_CHOICES = frozenset({"decision", "preference"})


@dataclass(frozen=True, slots=True)
class Indexing:
    """Makes index entries.

    Args:
        tokeniser: Splits text into terms.
        zone: Time zone in which the words of a text are read.
        times: Finds the times a text speaks of.
    """

    tokeniser: Tokeniser
    zone: tzinfo = UTC
    times: FindTimes = find_times

    def __call__(self, record: Record) -> Entry:
        """Return the index entry of a version."""
        return Entry(
            tuple(self.tokeniser.index_terms(indexed_text(record))),
            names_of(record, self.tokeniser),
            self._times(record),
            said_by(record),
        )

    def _times(self, record: Record) -> tuple[tuple[int, int], ...]:
        spans = {
            (micros(span.begin) if span.begin else -_FAR, micros(span.end) if span.end else _FAR)
            for span in self.times(record.content, record.said_at, self.zone)
        }
        return tuple(sorted(spans))


def said_by(record: Record) -> tuple[int, ...]:
    """Return the keys under which what a record says is recognised when it comes back: whole, and by sentence."""
    forms = retold(record.content, speaker=record.speaker, addressed=_addressed(record.scope))
    keys = [said_key(record.scope, "sentence", form) for form in forms]
    return tuple(sorted({said_key(record.scope, "whole", flat(record.content)), *keys}))


@lru_cache(maxsize=4096)
def _addressed(scope: str) -> tuple[str, ...]:
    """Return how the owner of a scope is called."""
    owner = scope.removeprefix("user:") if scope.startswith("user:") else ""
    return (name_key(owner),) if owner else ()


def indexed_text(record: Record) -> str:
    """Return the text a record is found by: who said it, what, about whom, and the date it was said."""
    parts = [record.title, record.content, record.name and name_key(record.name)]
    if record.subject:
        parts += [record.subject, name_key(record.attribute or ""), record.value]
    text = " ".join(part for part in parts if part)
    date = date_words(record.said_at)
    return f"{record.speaker}: {text} {date}" if record.speaker else f"{text} {date}"


def date_words(moment: datetime) -> str:
    """Return a day in words, as the indexes hold it.

    >>> date_words(datetime(2026, 5, 3))
    '3 may 2026'
    """
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def embedded_text(record: Record) -> str:
    """Return the text a record is embedded by: who said it and what."""
    text = f"{record.title}: {record.content}" if record.title else record.content
    return f"{record.speaker}: {text}" if record.speaker else text


def names_of(record: Record, tokeniser: Tokeniser) -> tuple[tuple[str, str], ...]:
    """Return the keys under which the record can be named, each with its role.

    | role | what |
    |---|---|
    | `name`, `alias` | what the record is called |
    | `subject` | whom or what its slot is about; only profiles ask for it |
    | `slot` | the stems of its attribute |
    | `learnt` | what it came to be asked by, as `feedback` told |
    | `counter` | what it turns down, as its content says ("Fastify instead of Express") |
    | `title` | the heading it stands under, also without what it has in brackets; the inject lane does not match it |
    | `value` | of a superseded state that held its slot alone: what was true, where that looks like a name |
    """
    choice = record.kind in _CHOICES
    if not (choice or record.name or record.aliases or record.subject or record.learnt or record.title):
        return ()
    found = [(name_key(record.name), "name")] if record.name else []
    found += [(name_key(alias), "alias") for alias in record.aliases]
    called = {key for key, _ in found}
    if record.subject and record.attribute:
        found.append((name_key(record.subject), "subject"))
        found.append((slot_words(record.attribute, tokeniser), "slot"))
        if record.value and record.status == "superseded" and record.cardinality == "one" and name_like(record.value):
            found.append((name_key(record.value), "value"))
    found += [(key, "learnt") for key in record.learnt if key not in called]
    if choice or record.name or record.subject:
        found += [(key, "counter") for key in rejected(record.content) if key not in called]
    if record.title:
        found += [(name_key(title), "title") for title in (record.title, without_brackets(record.title))]
    return tuple(dict.fromkeys((key, role) for key, role in found if key and key.count(" ") < LONGEST_NAME))


def slot_words(attribute: str, tokeniser: Tokeniser) -> str:
    """Return the stems of an attribute that must stand in a query for it to be asked about, in alphabetical order.

    >>> slot_words("lives_in", Tokeniser()), slot_words("home_city", Tokeniser())
    ('live', 'citi home')
    """
    return " ".join(sorted(set(tokeniser.query_terms(name_key(attribute)))))
