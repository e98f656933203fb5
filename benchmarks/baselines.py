"""What recall is compared with: plain SQLite full-text search, and a BM25 of fifty lines."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Protocol

import apsw
import Stemmer

from ricordo.text import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Baseline(Protocol):
    """Ranks texts by a query."""

    def search(self, query: str, k: int) -> list[int]:
        """Return the places of the `k` best texts, best first."""


class Fts5:
    """SQLite FTS5 with its porter tokeniser; the words of the query are OR-ed.

    Args:
        texts: What to search.
        stop: Whether stop words are taken off the query.
    """

    def __init__(self, texts: Sequence[str], *, stop: bool) -> None:
        self._stop = stop
        self._db = apsw.Connection(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE texts USING fts5 (body, tokenize='porter unicode61')")
        with self._db:
            self._db.executemany("INSERT INTO texts (rowid, body) VALUES (?, ?)", list(enumerate(texts)))

    def search(self, query: str, k: int) -> list[int]:
        """Return the places of the `k` best texts, best first."""
        terms = words(query, self._stop)
        if not terms:
            return []
        match = " OR ".join(f'"{term}"' for term in terms)
        sql = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank, rowid LIMIT ?"
        return [row[0] for row in self._db.execute(sql, (match, k))]


class Bm25:
    """Okapi BM25 over stemmed words, stop words off on both sides."""

    def __init__(self, texts: Sequence[str], k1: float = 1.2, b: float = 0.75) -> None:
        self._stem = Stemmer.Stemmer("english")
        bags = [Counter(self._terms(text)) for text in texts]
        lengths = [sum(bag.values()) for bag in bags]
        mean = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
        found = Counter(term for bag in bags for term in bag)
        self._posts: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for spot, bag in enumerate(bags):
            floor = k1 * (1 - b + b * lengths[spot] / mean)
            for term, count in bag.items():
                rarity = math.log(1 + (len(bags) - found[term] + 0.5) / (found[term] + 0.5))
                self._posts[term].append((spot, rarity * count * (k1 + 1) / (count + floor)))

    def search(self, query: str, k: int) -> list[int]:
        """Return the places of the `k` best texts, best first."""
        scores: dict[int, float] = defaultdict(float)
        for term in dict.fromkeys(self._terms(query)):
            for spot, score in self._posts.get(term, ()):
                scores[spot] += score
        return sorted(scores, key=lambda spot: (-scores[spot], spot))[:k]

    def _terms(self, text: str) -> list[str]:
        return list(self._stem.stemWords(words(text, stop=True)))


def words(text: str, stop: bool) -> list[str]:
    """Return the words of a text in lower case; with `stop`, without stop words unless there are no others.

    >>> words("Where does Ada live?", stop=True)
    ['ada', 'live']
    """
    every = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    kept = [word for word in every if word not in STOP_WORDS] if stop else every
    return kept or every
