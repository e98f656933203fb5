"""Normal forms of text: for matching names, and for telling a repetition from an update."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ricordo.text.known import Known

_MARKED_LATIN = re.compile(r"([a-z])[\u0300-\u036f]+")
_NAME_WORD = re.compile(r"[^\W_]+[+#]*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: Words that carry nothing a later text could have changed. No negation, no preposition, no tense.
FILLERS = frozenset(
    "a an the really very quite just also please so well oh hey hi ok okay yeah yes actually basically".split()
)
_CONTRACTIONS = {
    "i'm": "i am",
    "i've": "i have",
    "i'll": "i will",
    "it's": "it is",
    "he's": "he is",
    "she's": "she is",
    "that's": "that is",
    "we're": "we are",
    "they're": "they are",
    "you're": "you are",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "isn't": "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "won't": "will not",
    "can't": "can not",
    "cannot": "can not",
}


def fold(text: str) -> str:
    """Return `text` in the form all matching is done in: NFKC, case folded, no accents on Latin letters.

    >>> fold("Ｃafé ÉCLAIR")
    'cafe eclair'
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFC", _MARKED_LATIN.sub(r"\1", unicodedata.normalize("NFD", folded)))


def name_words(text: str) -> list[str]:
    """Return the words a name is made of; `snake_case`, `kebab-case` and dots are separators.

    >>> name_words("github_actions"), name_words("C++"), name_words("react.js")
    (['github', 'actions'], ['c++'], ['react', 'js'])
    """
    return _NAME_WORD.findall(fold(text))


def name_key(text: str) -> str:
    """Return the form under which a name or an alias is looked up.

    >>> name_key("Dead-Letter Queue")
    'dead letter queue'
    """
    return " ".join(name_words(text))


def subject_key(subject: str) -> str:
    """Return the form under which a subject is compared: as a name, without an article in front.

    >>> subject_key("The Porto office") == subject_key("Porto Office"), subject_key("The The")
    (True, 'the')
    """
    key = name_key(subject)
    return key.removeprefix("the ") or key


def without_brackets(text: str) -> str:
    """Return a title without what it has in brackets, which only tells it from others of the name.

    >>> without_brackets("Mercury (planet)")
    'Mercury '
    """
    return _BRACKETS.sub("", text)


def split_camel(word: str) -> list[str]:
    """Split an identifier in camel case.

    >>> split_camel("getUserName")
    ['get', 'User', 'Name']
    """
    return _CAMEL.split(word)


@lru_cache(maxsize=4096)
def duplicate_key(text: str) -> str:
    """Return a form that is equal for two texts only if they say the same thing.

    It ignores case, white space, punctuation at the edge of words, contractions and filler words, and nothing else:
    any other word, number, sign or order makes a different key, so an update is never taken for a repetition.

    >>> duplicate_key("I'm really in the Lisbon office!") == duplicate_key("i am in Lisbon office")
    True
    >>> duplicate_key("We run PostgreSQL 16") == duplicate_key("We run PostgreSQL 18")
    False
    """
    return " ".join(said_words(text)) or fold(text).strip()


def said_words(text: str) -> list[str]:
    """Return the words of a text without what makes no difference; none where it is all punctuation.

    >>> said_words("I'm really in the Lisbon office!")
    ['i', 'am', 'in', 'lisbon', 'office']
    """
    parts = fold(text).replace("’", "'").split()
    kept: list[str] = []
    for part in parts:
        if part.isalpha() and part not in _SHORT:
            kept.append(part)
        else:
            kept += _KEPT[part]
    return kept or [word for part in parts for word in _spelt(part)]


def _spelt(part: str) -> list[str]:
    """Return what stands between white space in words, in full, without punctuation at its edges."""
    word = part.lstrip("\"'“”‘([").rstrip(".,;:!…\"'“”‘)]")
    return _CONTRACTIONS.get(word, word).split()


#: Words of letters alone that do not stay as they are.
_SHORT = FILLERS | _CONTRACTIONS.keys()
_KEPT = Known(lambda part: tuple([word for word in _spelt(part) if word not in FILLERS]))


def one_edit(word: str, other: str) -> bool:
    """Tell whether two different words are one edit apart: a letter more, less, other, or two neighbours swapped.

    >>> one_edit("eror", "error"), one_edit("typsecript", "typescript"), one_edit("react", "reach!")
    (True, True, False)
    """
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    short, long = sorted((word, other), key=len)
    spot = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[spot:] == long[spot + 1 :]
    swapped = short[:spot] + short[spot : spot + 2][::-1] + short[spot + 2 :]
    return short[spot + 1 :] == long[spot + 1 :] or swapped == long
