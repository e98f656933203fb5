"""What a query asks for: its terms, the names it may hold, the times it speaks of. The same code reads records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import combinations

from ricordo.index.entry import LONGEST_NAME, slot_words
from ricordo.text import Tokeniser, attribute_names, name_words
from ricordo.text.foreign import FindTimes
from ricordo.text.time import TimeSpan, find_times
from ricordo.text.tokenise import STOP_WORDS, UNSPACED

_LONGEST_UNSPACED = 8
#: Names are looked up as runs of up to so many words.
LONGEST_RUN = LONGEST_NAME
_SLOT_TERMS = 3
_MOST_TERMS = 100
_MOST_SLOT_TERMS = 10
_MOST_WORDS = 200
#: A longer query asks for more than a slot.
_MOST_TELLING = 12
_NOW = frozenset("now currently today nowadays present presently s".split())
_DIGIT = re.compile(r"\d")
_WHEN = re.compile(r"\b(?:when|what (?:date|day|month|year|time)|which (?:day|month|year)|how long|since when)\b", re.I)
#: What may ask for the past: rather too often than too seldom, for nothing is lost but a place.
_PAST = re.compile(
    r"\b(?:used to|before|previous(?:ly)?|former(?:ly)?|first|original(?:ly)?|initial(?:ly)?|earlier|histor(?:y|ic\w*)"
    r"|past|ever|once|ago|back (?:then|in)|until|when|last (?:week|month|year|summer|winter|spring|autumn|fall|time)"
    r"|did|didn't|was|wasn't|were|weren't|had|hadn't|been|(?:has|have)(?: \w+){0,3} \w{2,}ed)\b",
    re.I,
)
_FENCE = re.compile(r"```[ \t]*+([\w+#-]*+)[^\n`]*+(?:```|\n.*?(?:```|\Z))", re.S)
_PASTED = re.compile(
    r"\bhttps?://\S+|\bwww\.\S+"  # addresses
    r"|(?<!\S)(?:~|\.{1,2})?/[\w.@/-]+|(?<!\S)[A-Za-z]:\\\S+|(?<![\w./-])[\w.-]++(?:/[\w.-]++){2,}"  # paths
    r"|\b(?:0x)?[0-9a-f]{12,}\b",  # digests
    re.I,
)
_SELF = frozenset("i me my mine we us our ours you your yours myself".split())


#: Says which attributes a set of folded words asks for.
AsksFor = Callable[[frozenset[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, read.

    Args:
        text: The query.
        terms: Index terms it is about, stop and question words off.
        words: Its plain words, in order.
        names: Runs of one to six words, as name keys; of unspaced scripts, runs of characters.
        slots: Sets of up to three terms, as slot keys.
        spans: Times it speaks of.
        asks_when: Whether it asks for a time.
        attributes: Slot keys of attributes that it asks for in other words ("how old": age), each with the words of it
            that ask for something else.
        telling: Its words that say what it is about, each with its stems; empty of a long query.
        about_self: Whether it speaks of the one who asks, or of the one asked.
        asks_past: Whether it asks, or may ask, for what was: by a word, a tense, or a time that is over.
    """

    text: str
    terms: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]
    slots: tuple[str, ...]
    spans: tuple[TimeSpan, ...]
    asks_when: bool
    about_self: bool
    asks_past: bool = False
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    telling: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def nothing_but(self, key: str, subject: str) -> bool:
        """Tell whether it asks for a slot of a subject and for nothing else."""
        whose, stems = set(name_words(subject)), set(key.split())
        rest = [word for word in self.telling if word not in whose]
        other = self.attributes.get(key)
        asked = other is not None and other <= whose
        return bool(self.telling) and (asked or all(self.telling[word] <= stems for word in rest))

    def without(self, name: str) -> str:
        """Return the query without the words of a name; empty where nothing else is asked."""
        gone = set(name_words(name))
        words = [word for word in self.text.split() if not gone & set(name_words(word))]
        return " ".join(words) if any(name_words(word) for word in words) else ""


def read_query(
    text: str,
    tokeniser: Tokeniser,
    now: datetime,
    zone: tzinfo,
    times: FindTimes = find_times,
    asks: AsksFor | None = None,
) -> Asked:
    """Return what a query asks for.

    Args:
        text: The query.
        tokeniser: Splits it into terms.
        now: From when words like "yesterday" are read.
        zone: The time zone they are read in.
        times: Finds the times it speaks of.
        asks: Says which attributes words ask for.
    """
    words = tuple(name_words(text)[:_MOST_WORDS])
    runs = [" ".join(words[i : i + size]) for size in range(1, LONGEST_RUN + 1) for i in range(len(words) - size + 1)]
    runs += _unspaced(words)
    terms = tuple(tokeniser.query_terms(text)[:_MOST_TERMS])
    about = sorted(terms[:_MOST_SLOT_TERMS])
    slots = [" ".join(group) for size in range(1, _SLOT_TERMS + 1) for group in combinations(about, size)]
    spans = tuple(times(text, now, zone))
    over = any(span.end is not None and span.end <= now for span in spans)
    return Asked(
        text=text,
        terms=terms,
        words=words,
        names=tuple(dict.fromkeys(runs)),
        slots=tuple(slots),
        spans=spans,
        asks_when=_WHEN.search(text) is not None,
        about_self=bool(_SELF & set(words)),
        asks_past=over or _PAST.search(text) is not None,
        telling=_telling(words, tokeniser),
        attributes=_attributes(words, tokeniser, asks) if asks is not None else {},
    )


def _telling(words: tuple[str, ...], tokeniser: Tokeniser) -> dict[str, frozenset[str]]:
    if len(words) > _MOST_TELLING:
        return {}
    telling = [word for word in dict.fromkeys(words) if word not in STOP_WORDS and word not in _NOW]
    return {word: frozenset(tokeniser.query_terms(word)) for word in telling}


def _attributes(words: tuple[str, ...], tokeniser: Tokeniser, asks: AsksFor) -> dict[str, frozenset[str]]:
    telling = [word for word in dict.fromkeys(words) if word not in STOP_WORDS and word not in _NOW]
    found: dict[str, frozenset[str]] = {}
    for attribute in asks(frozenset(words)):
        other = frozenset(word for word in telling if attribute not in asks(frozenset((word,))))
        for name in attribute_names(attribute):
            found.setdefault(slot_words(name, tokeniser), other)
    return found


def _unspaced(words: tuple[str, ...]) -> list[str]:
    """Return the runs of two to eight characters of words in scripts that put no spaces between words."""
    long = [word for word in words if UNSPACED.search(word)]
    return [
        word[start : start + size]
        for word in long
        for size in range(2, _LONGEST_UNSPACED + 1)
        for start in range(min(len(word), _MOST_WORDS) - size + 1)
    ]


def said(turn: str) -> str:
    """Return a turn without what is pasted into it: fenced code, addresses, paths, digests.

    A turn that is nothing but code stands for the language it is in.

    >>> said("why does this fail?\\n```python\\nimport redis\\n```").strip()
    'why does this fail?'
    """
    languages = " ".join(_FENCE.findall(turn))
    own = _PASTED.sub(" ", _FENCE.sub(" ", turn))
    return own if own.strip() else languages


def guessable(asked: Asked, known: frozenset[str]) -> list[str]:
    """Return the words that may be misspelt names: four letters or more, no stop word, not part of a known name.

    A word with a digit is taken as it stands: another digit means another thing.
    """
    taken = {word for key in known for word in key.split()}
    return [
        word
        for word in dict.fromkeys(asked.words)
        if len(word) >= 4 and word not in taken and word not in STOP_WORDS and _DIGIT.search(word) is None
    ]
