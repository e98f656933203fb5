"""Shortening a content: the sentences that cover the query's terms, or a line that names it. Pure.

The ladder raw -> extract -> stub is SCM's raw, summary, drop (Wang et al. 2023, arXiv:2304.13343), with sentences
taken as they stand in place of a summary, and a stub that can be opened in place of nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from ricordo.types import Item, Record

Terms = Callable[[str], Collection[str]]
Span = tuple[int, int]
LEFT_OUT = "…"
#: Extracts of at most so many characters, and what each is worth beside the whole; what a stub is worth.
EXTRACTS = ((1920, 0.85), (960, 0.75), (480, 0.6))
STUB = 0.1
_LONGEST_PIECE = 240
_STUB_LENGTH = 60
#: A term that another chosen sentence has counts so much of what a new one does.
_AGAIN = 0.25
#: Possessive, and begun only where a run of marks begins: a long run is read once, not from each of its marks.
_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]|\n)\s*")


def extract(content: str, wanted: Collection[str], terms: Terms, size: int) -> str:
    """Return the sentences of a content that cover the wanted terms best, in order, at most `size` characters of them.

    Args:
        content: The text.
        wanted: The terms of the query; where the content has none of them, its beginning is taken.
        terms: Gives the terms of a text.
        size: Bounds what is taken; marks of what is left out come on top.

    >>> extract("It rained. Ada moved to Lisbon. We had tea.", ["lisbon."], lambda text: text.lower().split(), 24)
    '… Ada moved to Lisbon. …'
    """
    if len(content) <= size:
        return content
    spans = list(pieces(content))
    chosen: list[int] = []
    for spot in _by_worth(spans, [frozenset(wanted).intersection(terms(content[a:b])) for a, b in spans]):
        begin, end = spans[spot]
        if end - begin <= size:
            chosen.append(spot)
            size -= end - begin
    return _joined(content, [spans[spot] for spot in sorted(chosen)])


def shorter(item: Item, wanted: Collection[str], terms: Terms) -> list[tuple[Item, float]]:
    """Return the shorter renderings of an item, the longest first, each with its worth; none of a short content."""
    content = item.record.content
    texts = [
        (replace(item, text=extract(content, wanted, terms, size), rung="extract"), worth)
        for size, worth in EXTRACTS
        if len(content) >= 2 * size
    ]
    named = [(replace(item, text=stub(item.record), rung="stub"), STUB)] if len(content) > 2 * _STUB_LENGTH else []
    return [*texts, *named]


def is_shorter(text: str, record: Record) -> bool:
    """Tell whether a text is a record's content, an extract of it, or its stub."""
    return text == stub(record) or all(part.strip() in record.content for part in text.split(LEFT_OUT))


def stub(record: Record) -> str:
    """Return what names a record in a few words: its title, else how it begins."""
    named = record.title or record.content
    flat = " ".join(named[: 4 * _STUB_LENGTH].split())
    whole = len(flat) <= _STUB_LENGTH and len(named) <= 4 * _STUB_LENGTH
    return flat if whole else f"{flat[:_STUB_LENGTH].rsplit(' ', 1)[0].rstrip()}{LEFT_OUT}"


def pieces(content: str) -> Iterator[Span]:
    """Yield the sentences of a text as spans that cover it; a long one in several, cut at spaces.

    >>> list(pieces("One. Two!"))
    [(0, 5), (5, 9)]
    """
    begin = 0
    ends = [found.end() for found in _END.finditer(content)]
    for end in [*ends, len(content)]:
        while end - begin > _LONGEST_PIECE:
            space = content.rfind(" ", begin + 1, begin + _LONGEST_PIECE)
            cut = space + 1 if space > 0 else begin + _LONGEST_PIECE
            yield begin, cut
            begin = cut
        if end > begin:
            yield begin, end
            begin = end


def _by_worth(spans: Sequence[Span], terms: Sequence[frozenset[str]]) -> Iterator[int]:
    """Yield the pieces, each once: those that cover the terms, then what stands beside them, then from the start."""
    common = Counter(term for part in terms for term in part)
    covered: set[str] = set()
    left = {spot for spot, part in enumerate(terms) if part}
    first: list[int] = []
    while left and len(first) < len(common):
        best = max(left, key=lambda spot: (_worth(terms[spot], covered, common), -spot))
        first.append(best)
        left.discard(best)
        covered |= terms[best]
    beside = [near for spot in first for near in (spot + 1, spot - 1) if 0 <= near < len(spans)]
    yield from dict.fromkeys([*first, *sorted(left), *beside, *range(len(spans))])


def _worth(part: frozenset[str], covered: Collection[str], common: Counter[str]) -> float:
    return sum((_AGAIN if term in covered else 1.0) / common[term] for term in sorted(part))


def _joined(content: str, spans: Sequence[Span]) -> str:
    """Return the spans as one text, with a mark wherever something is left out."""
    text, end = "", 0
    for begin, stop in spans:
        text += content[begin:stop] if begin == end else f"{LEFT_OUT} {content[begin:stop]}"
        end = stop
    return f"{text.rstrip()} {LEFT_OUT}" if end < len(content.rstrip()) else text
