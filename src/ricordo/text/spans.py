"""What a text may speak of by name: capitalised runs, identifiers, quoted words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ricordo.text.normalise import name_words
from ricordo.text.tokenise import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’.&_/-]+[^\W_]+)*[+#]*")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{2,60})[\"”“»]")
_CONNECTORS = frozenset("and de del der des di du for in la le of on the van von y".split())
_INNER = re.compile(r"[_./]|[a-z0-9][A-Z]|[A-Za-z]\d")
_READ = 6_000
_MOST_RUN = 12
_MOST_KEYS = 400


def spoken_names(text: str, longest: int = 6) -> tuple[str, ...]:
    """Return the name keys that a text may hold: every part of its capitalised runs, identifiers and quoted words.

    They are candidates, to be looked up among the names there are; most are not names.

    Args:
        text: The text; its first 6,000 characters are read.
        longest: The longest key, in words.

    >>> spoken_names("She joined the Bank of Lisbon, then auth_service.")
    ('bank', 'bank of', 'bank of lisbon', 'of lisbon', 'lisbon', 'auth', 'auth service', 'service')
    """
    return _spoken_names(text[:_READ], longest)


def spoken_runs(text: str) -> tuple[str, ...]:
    """Return the whole runs that look like names, as they stand, in order; no stop words or numbers alone.

    >>> spoken_runs("The film was made by Ana Reis in 1999 for the Bank of Lisbon.")
    ('Ana Reis', 'Bank of Lisbon')
    """
    return _spoken_runs(text[:_READ])


# What is remembered is as long as what is read: whole contents would fill the memory.
@lru_cache(maxsize=2048)
def _spoken_names(text: str, longest: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for run in (*_runs(text), *_QUOTED.findall(text)):
        words = name_words(run)[:_MOST_RUN]
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + longest) + 1):
                found[" ".join(words[start:end])] = None
    telling = (key for key in found if len(key) > 1 and key not in STOP_WORDS and not key.replace(" ", "").isdigit())
    return tuple(telling)[:_MOST_KEYS]


@lru_cache(maxsize=2048)
def _spoken_runs(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for run in _runs(text):
        words = run.split()
        while words and (words[0].lower() in STOP_WORDS or words[0].isdigit()):
            words.pop(0)
        if words and any(not word.isdigit() for word in words):
            found[" ".join(words)] = None
    return tuple(found)


def _runs(text: str) -> Iterator[str]:
    """Yield runs of words with a capital, a digit or the shape of an identifier; "of" and the like may join them."""
    run: list[str] = []
    joint: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        word, apart = match.group(), text[end : match.start()]
        end = match.end()
        if run and (apart not in (" ", "-") or (joint and word[0].isdigit())):
            yield " ".join(run)
            run, joint = [], []
        if word[0].isupper() or word[0].isdigit() or _INNER.search(word):
            run += [*joint, word] if run else [word]
            joint = []
        elif run and not joint and word in _CONNECTORS:
            joint = [word]
        elif run:
            yield " ".join(run)
            run, joint = [], []
    if run:
        yield " ".join(run)
