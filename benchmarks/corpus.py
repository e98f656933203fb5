"""A made-up corpus: turns of a conversation with a long tail of rare words, and queries that look for one of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

_TALK = """the i to a and you it that of in is my for was so with on this have me we be your just what at do really it's
i'm about like how that's they but great time been one all from are some out not can get know see good up had love had
as has think when feel well going new got day more did here there make thanks go yeah now their or hey if an too been
by who he she them could been much work back people made it's after help lot fun them life would family always any
first than her nice last hope where next last friends home way little something been right which over awesome every
year week take sounds keep look found trying things before his only sure today enjoy start two music other dog how's
kids can't idea school because yesterday looking been amazing started part off book still trip best night job went been
being show long into game food house happy many place car wow ever another wait month hard both old cool glad tell
story next big read world came few friend while park garden plan photo through again last talk walk month summer
weekend remember most find chance cook learn beautiful painting team since each tried camping around art kind morning
running beach guitar dinner winter city mother brother sister doctor train recipe garden bought class moved meeting
birthday saturday tomorrow monday pictures special favourite excited relax stress important ideas
changes support""".split()
_ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr pl pr sh sl sp st th tr".split()
_VOWELS = "a e i o u ai ea io".split()
_TALK_WORDS, _RARE_WORDS, _VOCABULARY, _EXPONENT = 12, (8, 16), 60_000, 1.05
_START = datetime(2024, 1, 1, 9, tzinfo=UTC)
#: One record in so many belongs to the small scope.
SHARE, SMALL = 1000, "user:small"
#: One of the ten large scopes.
LARGE = "user:0"
_SCOPES, _SESSION, _SPEAKERS = 10, 20, 8
#: Words left out of queries: the commonest ones.
_COMMON = 100


class Corpus:
    """Records and queries, the same for the same seed.

    A record has 12 common words and 8 to 16 drawn from 60,000 by Zipf's law (1.05), in sessions of 20, of ten scopes
    of a tenth each; one record in a thousand belongs to a small scope instead.
    """

    def __init__(self, seed: int = 7) -> None:
        self._choose = random.Random(seed)
        self._rare = list(_invented())
        self._talk_weights = list(accumulate(1 / (rank + 3) for rank in range(len(_TALK))))
        self._rare_weights = list(accumulate(1 / rank**_EXPONENT for rank in range(1, _VOCABULARY + 1)))
        self._made = 0
        self._small = 0

    def items(self, count: int) -> list[dict[str, Any]]:
        """Return the arguments of `retain` for the next `count` records."""
        return [self._item() for _ in range(count)]

    def text(self) -> str:
        """Return the text of one record."""
        choose = self._choose
        rare = choose.choices(self._rare, cum_weights=self._rare_weights, k=choose.randint(*_RARE_WORDS))
        words = [*choose.choices(_TALK, cum_weights=self._talk_weights, k=_TALK_WORDS), *rare]
        choose.shuffle(words)
        return f"{' '.join(words).capitalize()}."

    def _item(self) -> dict[str, Any]:
        number = self._made
        self._made += 1
        small = number % SHARE == SHARE // 2
        self._small += small
        spot = self._small - 1 if small else number // _SCOPES
        scope = SMALL if small else f"user:{number % _SCOPES}"
        return {
            "content": self.text(),
            "scope": scope,
            "speaker": f"Speaker {(number % _SCOPES + number // _SCOPES) % _SPEAKERS}",
            "session": f"{scope}/{spot // _SESSION}",
            "at": (_START + timedelta(minutes=number)).isoformat(),
            "ref": f"r{number}",
        }


def queries(
    items: Sequence[dict[str, Any]], count: int, *, about: Sequence[dict[str, Any]] = (), seed: int = 11
) -> list[str]:
    """Return queries of 8 words of one record each, the 100 commonest words of all left out.

    Args:
        items: Records, enough of them to tell what is common.
        count: How many queries.
        about: The records to ask about; by default all of `items`.
        seed: The same seed gives the same queries.
    """
    counted = Counter(word for item in items for word in _words(item["content"]))
    common = {word for word, _ in counted.most_common(_COMMON)}
    choose = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        words = [word for word in _words(choose.choice(about or items)["content"]) if word not in common]
        if len(words) >= 2:
            found.append(" ".join(choose.sample(words, min(8, len(words)))))
    return found


def _words(text: str) -> list[str]:
    return text.rstrip(".").lower().split()


def _invented() -> Iterator[str]:
    """Yield words of two syllables or more, short ones first: the commonest are the shortest."""
    syllables = [onset + vowel for vowel in _VOWELS for onset in _ONSETS]
    random.Random(3).shuffle(syllables)
    made = 0
    for size in (2, 3):
        for number in range(len(syllables) ** size):
            if made == _VOCABULARY:
                return
            made += 1
            yield "".join(syllables[number // len(syllables) ** place % len(syllables)] for place in range(size))
