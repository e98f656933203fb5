"""What a text says, sentence by sentence, in the forms in which it may be said again by another mouth. Pure.

Two sentences have a form in common only if they say the same: case, punctuation, fillers, contractions and the
agreement of verb and person are taken away, and nothing else. Every other word, number, name and negation stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import filterfalse, islice

from ricordo.text.normalise import fold, name_words, said_words
from ricordo.text.tokenise import UNINDEXED, UNSPACED

#: Sentences that are read of one text: more of a long one are not recognised one by one.
MOST = 32
#: A longer sentence is only recognised with its whole text.
LONGEST = 2_000
#: A sentence of fewer words is said by anybody.
SHORTEST = 3
_SHORTEST_UNSPACED = 6
# It begins with a set of characters: those are looked for, instead of trying every place.
_END = re.compile(r"[.!?…。！？\n](?:(?<=[。！？\n])|(?<![.!?…]{2})[.!?…]*+[\"'”’)\]*_]*+(?=\s|$))")
_MARKS = re.compile(r"^[\s>*•\-–—#]+(?=\S)|[*`_]{1,3}(?=\S)|(?<=\S)[*`_]{1,3}(?![\w])")
_BULLETS = ">*•-–—#"
_SPOKEN = "told|tell|said|say|mentioned|noted|shared|wrote|stated|explained|added"
_LATELY = "earlier|before|previously|last time|once|in past|recently|last week|yesterday|today"
_OPENER = re.compile(
    rf"(?:(?:as|like) )?you (?:have |had )?(?:{_SPOKEN})(?: to)?(?: i| me)?(?: (?:{_LATELY}))?(?: that)?"
    r"|(?:i|we) (?:do )?(?:remember|recall|know|see|noted|understand|believe|think|gather|have noted)"
    rf"(?: that)?(?: you (?:have |had )?(?:{_SPOKEN})(?: to)?(?: i| me)?(?: (?:{_LATELY}))?(?: that)?)?"
    r"|(?:according to|based on|from|in|per) (?:my|your|our) (?:memory|memories|notes?|records?|(?:earlier |previous "
    r"|last )?(?:chats?|conversations?|messages?))"
    r"|(?:my|your) (?:notes?|memory|memories|records?) (?:says?|shows?|tells?(?: i| me)?)(?: that)?"
    r"|to (?:confirm|recap|summari[sz]e|remind you)|in (?:short|summary)"
    r"|it (?:seems|looks|appears|sounds)(?: like)?(?: that)?"
    r"|(?:by way|anyway|and|but|now then|then|sure|right|great|thanks|of course|absolutely|certainly|indeed"
    r"|remember(?: that)?|noted|understood|got it|apparently|currently|remembered|summary|recap|quote)"
)
_CLOSER = re.compile(
    rf"(?:as |like )?you (?:have |had )?(?:{_SPOKEN})(?: to)?(?: i| me)?(?: (?:{_LATELY}))?"
    r"|(?:right|correct|is that right|is that correct|remember|according to (?:my|your) (?:notes|memory|records))"
)
#: What a closer ends with: looking for one is dear.
_LAST = frozenset(
    f"{_SPOKEN}|{_LATELY}|me|i|right|correct|remember|notes|memory|records|time|past|week".replace(" ", "|").split("|")
)
_LONGEST_CLOSER = 60
_QUOTES = '"“”„«»'
#: Forms of verbs as one: what tells who does it, and nothing else.
_VERBS = (
    "live work like love prefer want need use play speak study teach own run drive walk visit call plan hate enjoy eat"
    " drink read write go come take make know think feel keep move manage lead report start stop cost mean say tell"
    " travel collect cook bake paint sing dance swim train run support avoid believe belong bring build buy change"
    " consider cover deploy design develop expect follow get give grow handle help hold hope include intend join learn"
    " leave look maintain meet miss open order own pay produce raise receive remember rent require ride sell send serve"
    " share ship sit sleep spend stay store suffer talk tend trust try turn understand volunteer wait wake watch wear"
    " wish work care coach commute garden hike practise practice record repair research review sail ski"
)


def _third(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{verb}s"


_SAME = {
    **{_third(verb): verb for verb in _VERBS.split()},
    **{"am": "be", "is": "be", "are": "be", "were": "was", "has": "have", "does": "do"},
    **{"me": "i", "us": "we", "him": "he", "them": "they", "myself": "self", "yourself": "self", "mine": "my"},
    **{"yours": "your", "ours": "our", "ourselves": "self", "himself": "self", "herself": "self", "themselves": "self"},
}
_SWAPPED = {"i": "you", "we": "you", "my": "your", "our": "your", "you": "i", "your": "my"}
#: Words with which a speaker speaks of himself.
OWN = frozenset({"i", "we", "my", "our"})
#: Words that alone tell nothing: what is made of them is courtesy, or says that something was remembered.
_COURTESY = UNINDEXED - {"not", "no", "never"} | frozenset(
    """absolutely afternoon all always answer any anything assist awesome bye can care certainly conversation cool
    could course day earlier else evening everything feel free following glad good goodbye got great happy hear hello
    help here hope hope how interesting know later let like lovely may memories memory mention mentioned more morning
    much need nice night noted notes now ok perfect question questions recall record records relevant remember
    remembered right said say see soon sounds sure take talk tell thank thanks that think today together told tomorrow
    understood us want welcome what when wonderful would wow yours""".split()
)


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence of a text.

    Args:
        span: Where it stands.
        forms: What it says: as it stands, and as what introduces it is taken away.
        quoted: Whether it is introduced as somebody's words, or stands in quotation marks.
    """

    span: tuple[int, int]
    forms: tuple[str, ...]
    quoted: bool

    @property
    def telling(self) -> bool:
        """Whether it says anything that somebody else would not say by chance."""
        return any(telling(form) for form in self.forms)

    @property
    def courtesy(self) -> bool:
        """Whether it says nothing at all."""
        return all(word in _COURTESY for word in self.forms[-1].split()) if self.forms else True


def sayings(text: str, most: int | None = None) -> list[Saying]:
    """Return the sentences of a text, at most so many.

    >>> [saying.forms[-1] for saying in sayings('As you told me: "I live in Lisbon." How nice!')]
    ['i live in lisbon', 'how nice']
    """
    return [_saying(text, begin, end) for begin, end in islice(_sentences(text), most)]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for end in [*[match.end() for match in _END.finditer(text)], len(text)]:
        if text[begin:end].strip():
            yield begin, end
        begin = end


def _saying(text: str, begin: int, end: int) -> Saying:
    spoken = text[begin:end]
    if end - begin > LONGEST:
        return Saying((begin, end), (f"{fold(spoken[:LONGEST]).strip()}…",), False)
    whole = _form(spoken)
    told = whole.rstrip("?？")
    asked = _barer(whole) if told != whole else ()
    forms = tuple(dict.fromkeys(form for form in (whole, *asked, *_barer(told)) if form))
    return Saying((begin, end), forms, forms[-1:] != (told,) or any(mark in spoken for mark in _QUOTES))


@lru_cache(maxsize=4096)
def _form(spoken: str) -> str:
    spoken = spoken.strip()
    if spoken[:1] in _BULLETS or any(map(spoken.__contains__, "*`_")):
        spoken = _MARKS.sub("", spoken)
    words = said_words(spoken) or fold(spoken).split()
    if words and words[-1][-1] in "。！":
        words = " ".join(words).rstrip("。！").split()
    return _with(words, _SAME)


def _barer(form: str) -> Iterator[str]:
    """Yield a form, and what is left of it as what only says that something is said again is taken away."""
    yield form
    while found := _OPENER.match(form):
        rest = form[found.end() :]
        if rest and rest[0] not in " ,:":
            break
        form = rest.lstrip(" ,:-" + _QUOTES)
        if found.group().endswith(" that"):  # "you said that" may go on with that very thing
            yield f"that {form}"
        yield form
    while spot := _closing(form):
        form = form[:spot].rstrip(" ,-?" + _QUOTES)
        yield form


def _closing(form: str) -> int:
    """Return where what closes a form begins, 0 where nothing does."""
    if form.rpartition(" ")[2] not in _LAST:
        return 0
    ends = _CLOSER.finditer(form, max(0, len(form) - _LONGEST_CLOSER))
    spot = next((match.start() for match in ends if match.end() == len(form)), 0)
    return spot if spot and form[spot - 1] in " ," else 0


def telling(form: str) -> bool:
    """Tell whether a form says something of its own: no greeting, no thanks, no two words.

    >>> telling("i live in lisbon"), telling("thank you"), telling("yes")
    (True, False, False)
    """
    words = form.split()
    if len(words) < SHORTEST:
        return sum(len(run) for run in UNSPACED.findall(form)) >= _SHORTEST_UNSPACED
    content = filterfalse(UNINDEXED.__contains__, words)
    return len(list(islice(content, 2))) == 2 and not _COURTESY.issuperset(words)


def retold(text: str, *, speaker: str | None, addressed: Sequence[str] = ()) -> list[str]:
    """Return the forms in which others may say again what a text says: to who said it, of who said it, word by word.

    Args:
        text: What was said.
        speaker: Who said it.
        addressed: Names by which who is spoken to may be called: "Ada lives" is "you live" to Ada.

    >>> retold("I live in Lisbon.", speaker="Ada Reis")
    ['i live in lisbon', 'you live in lisbon', 'ada reis live in lisbon', 'ada live in lisbon']
    """
    names = called(speaker) if speaker else ()
    found: dict[str, None] = {}
    for begin, end in islice(_sentences(text), MOST):
        form = _form(text[begin:end]) if end - begin <= LONGEST else ""
        if not telling(form):
            continue
        words = form.split()
        found[form] = None
        if not _SWAPPED.keys().isdisjoint(words):
            found[_with(words, _SWAPPED)] = None
        if not OWN.isdisjoint(words):
            for name in names:
                found[_with(words, {"i": name, "my": f"{name}'s"})] = None
        for name in addressed:
            if name in words or f"{name}'s" in words:
                found[_with(words, {name: "you", f"{name}'s": "your"})] = None
    return list(found)


def _with(words: Sequence[str], others: Mapping[str, str]) -> str:
    """Return words as a form, some of them replaced."""
    return " ".join(map(others.get, words, words))


@lru_cache(maxsize=4096)
def called(speaker: str) -> tuple[str, ...]:
    """Return what a speaker is called: the whole name, and its first word."""
    words = name_words(speaker)
    return tuple(dict.fromkeys([" ".join(words), words[0]])) if words else ()


def flat(text: str) -> str:
    """Return a text as it is compared whole: case and white space make no difference."""
    return " ".join(fold(text).split())


def own_words(form: str) -> bool:
    """Tell whether a form speaks of who says it."""
    return not OWN.isdisjoint(form.split())
