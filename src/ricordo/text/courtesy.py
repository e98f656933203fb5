"""Words that carry a conversation on without telling anything: thanks, laughter, assent, good-byes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ricordo.text.normalise import fold
from ricordo.text.tokenise import STOP_WORDS

#: Words of thanks, greeting, praise, assent and good wishes; in no turn are they what is asked for.
COURTESY = frozenset(
    """absolutely agreed ah amazing appreciate awesome best bet big bit bye care chat chatting cheers congrats
    congratulations cool definitely exactly fantastic feel feeling feels forward fun glad gonna gotta good goodbye
    great guess haha happy hehe hello hey hi hope incredible inspired inspiration inspiring interesting it'll keep
    later lol look looking looks lot lots love loved lovely luck mean means meant nah nice oh ok okay pretty proud
    right soon sorry sound sounds super sure sweet take talk tell thank thanks that'll think thought thx time totally
    true way welcome wish woah wonderful wow ya yay yeah yep yup you'd""".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_STOP = STOP_WORDS | COURTESY


def told(text: str, terms: Callable[[str], Iterable[str]], names: Collection[str] = ()) -> int:
    """Return how many different things a turn speaks of: its terms without stop words, courtesies and given names.

    Args:
        text: What was said.
        terms: Gives the index terms of a text.
        names: Folded words that are no news, such as the names of those who speak.

    >>> told("Thanks, Bob! That's awesome.", str.split, {"bob"}), told("I adopted a beagle on Monday.", str.split)
    (0, 3)
    """
    words = (word for word in _WORD.findall(text) if fold(word).replace("’", "'") not in _STOP)
    return len(set(terms(" ".join(word for word in words if fold(word) not in names))))
