"""What must be equal before two wordings may count as the same: numbers, negation, direction, time, names. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ricordo.text.normalise import fold
from ricordo.text.tokenise import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:[.,:/'’-][^\W_]+)*[%+#€$£]*|[€$£%]")
_CONTRACTED = re.compile(r"n't\b")
_NOT = frozenset(
    """barely cannot can't deny denied denies except fail failed fails hardly lack lacks neither never no nobody none
    nor not nothing nowhere quit quits rarely refuse refused refuses seldom stop stopped stops unable unless unlike
    without""".split()
)
_NUMBERS = frozenset(
    """billion dozen eight eighteen eighty eleven fifteen fifth fifty first five forty four fourteen fourth half hundred
    million nine nineteen ninety once one quarter second seven seventeen seventy six sixteen sixty tenth ten third
    thirteen thirty thousand three thrice twelve twenty twice two zero all both each every few many most several
    some any only""".split()
)
_WAYS = frozenset(
    """above after against ahead away back before behind below cheaper dislike dislikes down earlier east enabled enable
    disabled disable expensive fewer from hate hates higher in increase increased decrease decreased inside later less
    like likes love loves longer lower more north off old older new newer on open opened closed close out outside over
    instead past prefer prefers rather rise rose fall fell right left shorter smaller larger south than to towards under
    until up west worse better young younger start started begin began end ended win won lose lost buy bought sell sold
    borrow lend lent arrive arrives depart departs accept accepted reject rejected""".split()
)
_WHEN = frozenset(
    """ago always annually current currently daily day former formerly had hourly last later might monthly must next
    never now nightly often previously should since someday sometimes still then today tomorrow tonight used usually was
    weekly were will would yearly yesterday yet if unless maybe perhaps probably could may""".split()
)
_MARKS = (_NOT, _NUMBERS, _WAYS, _WHEN)


def differs(one: str, other: str) -> str | None:
    """Tell in what two texts differ that no paraphrase may change, or None.

    Names are compared in their order: who does it to whom is part of what is said. It errs to the safe side: texts that
    say the same may differ here, such as an active and a passive sentence.

    >>> differs("Ada moved to Lisbon in 2024.", "Ada moved to Lisbon in 2025.")
    'numbers'
    >>> differs("Bob reports to Eve.", "Eve reports to Bob.")
    'names'
    >>> differs("Ada resides in Lisbon.", "Ada lives in Lisbon!")
    """
    words, others = _words(one), _words(other)
    if _figures(words) != _figures(others):
        return "numbers"
    for name, marks in zip(("negation", "numbers", "direction", "time"), _MARKS, strict=True):
        if _counted(words, marks) != _counted(others, marks):
            return name
    names = _capitals(one) | _capitals(other)
    same = _run(words, names) == _run(others, names)
    return None if same and ("?" in one) == ("?" in other) else "names" if not same else "what is asked"


def denied(text: str) -> bool:
    """Tell whether a text denies, supposes or asks something.

    >>> denied("I don't live in Porto."), denied("I live in Porto.")
    (True, False)
    """
    words = _words(text)
    return "?" in text or any(
        word in _NOT | {"if", "unless", "would", "might", "maybe", "used", "ex"} for word in words
    )


def _words(text: str) -> list[str]:
    spelt = fold(text).replace("’", "'").replace("can't", "can not").replace("won't", "will not")
    return [found.group() for found in _WORD.finditer(_CONTRACTED.sub(" not", spelt))]


def _figures(words: Iterable[str]) -> list[str]:
    return sorted(word.replace(",", "") for word in words if any(letter.isdigit() for letter in word) or word in "€$£%")


def _counted(words: Iterable[str], marks: frozenset[str]) -> Counter[str]:
    return Counter(word for word in words if word in marks)


def _capitals(text: str) -> set[str]:
    """Return the words that may be names: with a capital, at the start of a sentence too."""
    words = [match.group() for match in _WORD.finditer(text)]
    plain = [(fold(word).replace("’", "'").removesuffix("'s"), word[0].isupper()) for word in words]
    return {word for word, capital in plain if capital and word not in STOP_WORDS}


def _run(words: Iterable[str], names: set[str]) -> list[str]:
    run: list[str] = []
    for word in (word.removesuffix("'s") for word in words):
        if word in names and (not run or run[-1] != word):
            run.append(word)
    return run
