"""Extractive summaries: sentences of the sources, each with the one it is from. Pure.

Chosen by maximal marginal relevance (Carbonell and Goldstein 1998, SIGIR): a sentence is worth what it has in common
with all others, and more where it has names, dates or numbers, and less for what a chosen one has said already.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ricordo.plaintext.extract import pieces

Terms = Callable[[str], Iterable[str]]
#: How much being central counts against being new.
_BALANCE = 0.7
#: What each name, date or number adds, up to a bound.
_TELLING, _MOST_TELLING = 0.05, 3
_NAMES = re.compile(r"(?<!^)(?<![.!?…] )\b[A-Z][\w’'-]+|\d+")
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a source, as it stands there.

    Args:
        source: The place of the source in what was summarised.
        begin, end: Where it stands in the source; `text` is that stretch without white space at its ends.
        text: The sentence.
    """

    source: int
    begin: int
    end: int
    text: str


def summarise(
    texts: Sequence[str], terms: Terms, count: Callable[[str], int], *, most: int, low: int = _FEWEST
) -> list[Quote]:
    """Return the sentences that say the most of several texts, in the order they stand there.

    Args:
        texts: The sources, in the order they were said.
        terms: Gives the index terms of a text.
        count: Counts the tokens of a text.
        most: What all quotes may cost together.
        low: Sentences of fewer different terms are passed over, unless all are.

    >>> told = ["We had tea. Ada moved to Lisbon with her dog Pip.", "Her dog Pip likes Lisbon."]
    >>> [quote.text for quote in summarise(told, lambda text: text.lower().split(), len, most=40)]
    ['Ada moved to Lisbon with her dog Pip.']
    """
    quotes = [
        Quote(spot, begin, end, text[begin:end].strip())
        for spot, text in enumerate(texts)
        for begin, end in pieces(text)
    ]
    bags = [Counter(terms(quote.text)) for quote in quotes]
    vectors = _weighed(bags)
    central = _central(vectors)
    worth = [central[spot] + _telling(quote.text) for spot, quote in enumerate(quotes)]
    left = {spot for spot, bag in enumerate(bags) if len(bag) >= low} or {spot for spot, bag in enumerate(bags) if bag}
    overlap = dict.fromkeys(left, 0.0)
    chosen: list[int] = []
    while left:
        best = max(left, key=lambda spot: (_BALANCE * worth[spot] - (1 - _BALANCE) * overlap[spot], -spot))
        left.discard(best)
        cost = count(quotes[best].text)
        if cost <= most:
            most -= cost
            chosen.append(best)
            for spot in left:
                overlap[spot] = max(overlap[spot], _cosine(vectors[best], vectors[spot]))
    return [quotes[spot] for spot in sorted(chosen)]


def _weighed(bags: Sequence[Counter[str]]) -> list[dict[str, float]]:
    """Return tf-idf vectors of length 1."""
    spread = Counter(term for bag in bags for term in bag)
    found = []
    for bag in bags:
        raw = {term: times * math.log(1 + len(bags) / spread[term]) for term, times in sorted(bag.items())}
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        found.append({term: weight / length for term, weight in raw.items()})
    return found


def _central(vectors: Sequence[Mapping[str, float]]) -> list[float]:
    """Return the cosine of each vector with the mean of all."""
    mean: dict[str, float] = {}
    for vector in vectors:
        for term, weight in vector.items():
            mean[term] = mean.get(term, 0.0) + weight / len(vectors)
    length = math.sqrt(sum(weight * weight for weight in mean.values())) or 1.0
    return [sum(weight * mean[term] for term, weight in vector.items()) / length for vector in vectors]


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())


def _telling(text: str) -> float:
    return _TELLING * min(len(_NAMES.findall(text)), _MOST_TELLING)
