"""The one tokeniser: every index is fed by it and every query is read by it."""

from __future__ import annotations

import hashlib
import re
from itertools import chain

import Stemmer

from ricordo.errors import InvalidInputError
from ricordo.text.known import Known
from ricordo.text.normalise import fold, split_camel

_WORD = re.compile(r"[^\W_]+(?:[-_./:@#'’+&\\~]+[^\W_]+)*[+#]*")
_PART = re.compile(r"[^\W_]+")
#: Scripts that put no spaces between words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_APOSTROPHE = re.compile(r"['’]")
_LONGEST = 96
_CACHED_WORDS = 200_000

#: What asks for a kind of thing, in front of the thing.
_FRAME = re.compile(r"\b(?:what|which)\s+(?:kind|type|sort)s?\s+of\b", re.I)

#: Words taken off a query: they say how it is asked, not what about.
STOP_WORDS = frozenset(
    """a about above after again against ago all also always am among an and any anyone anything are aren't around as
    ask asked at away back be became because become been before being below between both but by came can can't
    cannot come could couldn't currently describe described describes did didn't do does doesn't doing don't done
    down during each either else ever every for from further get gets getting give given go goes going gone got had
    hadn't has hasn't have haven't having he he'd he'll he's her here here's hers herself him himself his how how's
    however i i'd i'll i'm i've if in instead into is isn't it it's its itself just know let let's like likely made
    make makes many may maybe me mention mentioned mentions might mine more most much must my myself named near
    never no nor not now of off often on once one only onto or other our ours ourselves out over own per please put
    quite rather really said same say says see seem seems shall she she'd she'll she's should shouldn't since so
    some someone something sometimes still such take tell than that that's the their theirs them themselves then
    there there's these they they'd they'll they're they've thing things this those though through thus to today
    together too toward towards under until up upon us use used using very via want was wasn't way we we'd we'll
    we're we've well went were weren't what what's when when's where where's whether which while who who's whom
    whose why why's will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours
    yourself yourselves""".split()
)


#: Words so common that the indexes leave them out: nothing is about them alone.
UNINDEXED = frozenset(
    """a am an and are as at be been but by did do does for from had has have he her him his i if in is it its me my
    of on or our she so that the their them then there these they this those to was we were what which with you
    your""".split()
)


class Tokeniser:
    """Turns text into index terms: folded, stemmed, with identifiers kept whole and split.

    Latin words are stemmed (Snowball), Chinese, Japanese and Korean runs become overlapping pairs of characters,
    and anything joined by punctuation or camel case (`node.js`, `v1.2.3`, `src/app.py`, `getUser`) gives itself
    and its parts.

    Args:
        language: A Snowball language name, such as "english" or "german"; "none" leaves words unstemmed.

    Raises:
        InvalidInputError: The language has no stemmer.

    >>> Tokeniser().terms("Deployed node.js services")
    ['deploy', 'node.js', 'node', 'js', 'servic']
    """

    def __init__(self, language: str = "english") -> None:
        if language != "none" and language not in Stemmer.algorithms():
            raise InvalidInputError("language", f"one of none, {', '.join(Stemmer.algorithms())}", language)
        self._stem = (lambda word: word) if language == "none" else Stemmer.Stemmer(language, 0).stemWord
        # No word holds white space.
        self._terms = Known(self._terms_of, _CACHED_WORDS)
        self._indexed = Known(self._indexed_of, _CACHED_WORDS)

    def terms(self, text: str) -> list[str]:
        """Return every term of `text`, in order, repetitions kept."""
        return list(chain.from_iterable(map(self._terms.__getitem__, text.split())))

    def index_terms(self, text: str) -> list[str]:
        """Return the terms the indexes keep of a text: all but the words nothing is about."""
        return list(chain.from_iterable(map(self._indexed.__getitem__, text.split())))

    def query_terms(self, text: str) -> list[str]:
        """Return the terms a query is about: stop and question words off, each once.

        A query of nothing but stop words keeps those that the indexes have; it may come out empty.

        >>> Tokeniser().query_terms("Where does Ada live now?")
        ['ada', 'live']
        """
        asked = _FRAME.sub(" ", text)
        words = [word for word in _WORD.findall(asked) if fold(word).replace("’", "'") not in STOP_WORDS]
        return list(dict.fromkeys(self.terms(" ".join(words)) or self.index_terms(text)))

    def _terms_of(self, part: str) -> tuple[str, ...]:
        """Return the terms of what stands between white space."""
        return tuple([term for word in _WORD.findall(part) for term in self._split(word)])

    def _indexed_of(self, part: str) -> tuple[str, ...]:
        return tuple([term for term in self._terms[part] if term not in UNINDEXED])

    def _split(self, word: str) -> list[str]:
        folded = fold(word)
        if UNSPACED.search(folded):
            return self._split_cjk(folded)
        plain = folded.removesuffix("'s").removesuffix("’s")
        if _APOSTROPHE.search(plain):
            plain = _APOSTROPHE.sub("", plain)
        if plain.isalnum():
            camel = [fold(part) for part in split_camel(word)] if word != folded else []
            parts = camel if len(camel) > 1 and plain == "".join(camel) else []
            return [self._cut(self._stem(plain)), *(self._stem(part) for part in parts)]
        return [self._cut(plain), *(self._cut(self._stem(part)) for part in _PART.findall(plain))]

    def _split_cjk(self, folded: str) -> list[str]:
        terms: list[str] = []
        end = 0
        for run in UNSPACED.finditer(folded):
            terms += self.terms(folded[end : run.start()])
            text = run.group()
            terms += [text] if len(text) == 1 else [text[i : i + 2] for i in range(len(text) - 1)]
            end = run.end()
        return terms + self.terms(folded[end:])

    @staticmethod
    def _cut(term: str) -> str:
        if len(term) <= _LONGEST:
            return term
        return term[:32] + hashlib.sha256(term.encode()).hexdigest()[:32]
