"""English clauses: a text as tokens, its sentences and clauses, and what stands before and in the verb of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ricordo.text import state_words as en
from ricordo.text.state_words import BE, DO, HAVE, MODALS, SUFFIX, TOKEN

Forms = dict[str, tuple[tuple[str, str], ...]]
_QUOTE = re.compile(r"[\"“”«][^\"“”«»\n]{1,400}[\"“”»]")
_SHORT_QUOTE = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as tokens: as written, folded, and where each stands; `quoted` ones belong to somebody else's words."""

    words: list[str]
    low: list[str]
    starts: list[int]
    ends: list[int]
    quoted: frozenset[int] = frozenset()

    def text(self, source: str, first: int, last: int) -> str:
        """Return the source from token `first` up to, not including, token `last`."""
        return source[self.starts[first] : self.ends[last - 1]]


def tokens_of(text: str) -> Tokens:
    """Return the tokens of `text`; "don't" is two, so is "Ada's"."""
    words: list[str] = []
    starts: list[int] = []
    for match in TOKEN.finditer(text):
        word, start = match.group(), match.start()
        suffix = SUFFIX.search(word) if "'" in word or "’" in word else None
        if suffix and suffix.start():
            words.append(word[: suffix.start()])
            starts.append(start)
            word, start = suffix.group(), start + suffix.start()
        words.append(word)
        starts.append(start)
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    low = [word.lower() for word in words]
    if "’" in text:
        low = [word.replace("’", "'") for word in low]
    tokens = Tokens(words, low, starts, ends)
    if '"' in text or "“" in text or "«" in text:
        return Tokens(words, low, starts, ends, _quoted(text, tokens))
    return tokens


def _quoted(text: str, tokens: Tokens) -> frozenset[int]:
    spans = [match.span() for match in _QUOTE.finditer(text) if _is_said(match.group().lower().split())]
    return frozenset(
        at for at, start in enumerate(tokens.starts) if any(first <= start < last for first, last in spans)
    )


def _is_said(words: list[str]) -> bool:
    """Tell whether a quotation is a sentence, not a name."""
    spoken = any(word.strip("\"“”«»,.!'").split("'")[0].split("’")[0] in en.PRONOUNS for word in words)
    return len(words) > _SHORT_QUOTE or spoken


def sentences(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Yield first token, end and final mark of each sentence."""
    first = 0
    for at, word in enumerate(tokens.words):
        if word in ("!", "?", "\n", "…") or (word == "." and not _abbreviated(tokens, at)):
            if at > first:
                yield first, at, word
            first = at + 1
    if first < len(tokens.words):
        yield first, len(tokens.words), ""


def _abbreviated(tokens: Tokens, at: int) -> bool:
    if at == 0 or at + 1 >= len(tokens.words):
        return False
    before, after = tokens.low[at - 1], tokens.words[at + 1]
    initial = len(before) == 1 and tokens.words[at - 1].isupper() and before != "i"
    return tokens.ends[at - 1] == tokens.starts[at] and (before in en.ABBREVIATIONS or initial) and after[0].isalnum()


@dataclass(slots=True)
class Group:
    """A verb with what stands in front of it: "has no longer been working" as lemma, tense and marks.

    Args:
        lemma: The base form of the main verb.
        form: "present", "past" or "base".
        next: The token after the group.
    """

    lemma: str
    form: str
    next: int
    perfect: bool = False
    progressive: bool = False
    negative: bool = False
    modal: str = ""
    over: bool = False
    former: bool = False
    begun: bool = False
    goes_on: bool = False
    settled: bool = False
    adverbs: list[str] = field(default_factory=list)


def group_at(low: Sequence[str], at: int, stop: int, forms: Forms, first: bool | None) -> Group | None:
    """Read the verb group that begins at token `at`; None where none does.

    Args:
        low: Tokens in small letters.
        at: Where it begins.
        stop: Where the clause ends.
        forms: The verb forms that the rules know.
        first: Whether the subject takes the base form (I, we, they); None where any form will do.
    """
    group = Group("", "", at)
    while at < stop:
        step = marks(group, low, at, stop)
        if not step:
            break
        at += step
    if at >= stop:
        return None
    word = low[at]
    if word in MODALS and not (word == "'d" and _inner(low, at + 1, stop, forms, ("part",))):
        return _modal(group, low, at, stop, forms)
    if word in DO and _inner(low, at + 1, stop, forms, ("base",)):
        group.form = DO[word]
        return _main(group, low, at + 1, stop, forms, ("base",))
    if (word in HAVE or word == "'s") and (got := _got(group, low, at + 1, stop)):
        group.lemma, group.form, group.next = "have", "present", got
        return group
    if word in HAVE or word in ("'s", "'d"):
        done = _inner(low, at + 1, stop, forms, ("part",)) and (word in HAVE or not _passive(low, at + 1, stop))
        if done or (word in HAVE and _been(low, at + 1, stop)):
            group.perfect, group.form = True, "past" if word in ("had", "'d") else "present"
            return _main(group, low, at + 1, stop, forms, ("part",))
    if word in BE and BE[word] in ("present", "past"):
        return _being(group, low, at, stop, forms, BE[word])
    if word == "used" and at + 1 < stop and low[at + 1] == "to":
        group.former, group.form = True, "present"
        return _main(group, low, at + 2, stop, forms, ("base",))
    wanted = ("base", "past") if first else ("s", "past") if first is False else ("base", "s", "past")
    return _main(group, low, at, stop, forms, wanted)


def marks(group: Group, low: Sequence[str], at: int, stop: int) -> int:
    """Take one adverb or negation into the group; return how many tokens it is."""
    word = low[at]
    if word == "no" and at + 1 < stop and low[at + 1] in ("longer", "more"):
        group.over = True
        return 2
    if word == "not" and low[at + 1 : at + 3] in (["any", "longer"], ["any", "more"]):
        group.over = True
        return 3
    if word in en.NOT:
        group.negative = True
        return 1
    if word in en.FORMERLY:
        group.former = True
        return 1
    if word in en.ADVERBS:
        group.adverbs.append(word)
        return 1
    if word == "as" and low[at + 1 : at + 3] == ["of", "now"]:
        return 3
    return 0


def _skip(low: Sequence[str], at: int, stop: int) -> int:
    while at < stop and (
        low[at] in en.ADVERBS or low[at] in en.NOT or low[at] in en.FORMERLY or low[at] in ("no", "longer")
    ):
        at += 1
    return at


def _got(group: Group, low: Sequence[str], at: int, stop: int) -> int | None:
    """Return the token after "got" where "have got" is "have": "I've got a bike", not "I've got married"."""
    trial = Group("", "", at)
    while at < stop and (step := marks(trial, low, at, stop)):
        at += step
    kept = at + 1 < stop and low[at] == "got" and (low[at + 1] in _BEFORE_NOUNS or low[at + 1].isdigit())
    if not kept:
        return None
    group.negative, group.over = group.negative or trial.negative, group.over or trial.over
    group.adverbs += trial.adverbs
    return at + 1


_BEFORE_NOUNS = frozenset("a an the no any two three four five six my".split())


def _inner(low: Sequence[str], at: int, stop: int, forms: Forms, wanted: tuple[str, ...]) -> bool:
    at = _skip(low, at, stop)
    return at < stop and any(form in wanted for _, form in forms.get(low[at], ()))


def _passive(low: Sequence[str], at: int, stop: int) -> bool:
    """Tell whether "'s" stands for "is": "it's delayed", not "it's moved"."""
    return low[_skip(low, at, stop)] in _DONE_TO


_DONE_TO = frozenset(
    """done finished stopped delayed postponed set extended pushed raised lowered increased bumped put rescheduled
    updated written owned led run managed used called employed""".split()
)


def _been(low: Sequence[str], at: int, stop: int) -> bool:
    at = _skip(low, at, stop)
    return at < stop and low[at] == "been"


def _modal(group: Group, low: Sequence[str], at: int, stop: int, forms: Forms) -> Group | None:
    group.modal = low[at]
    after = at + 1
    while after < stop and (step := marks(group, low, after, stop)):
        after += step
    if after < stop and low[at] in ("ca", "can", "cannot", "could") and low[after] in ("stand", "bear", "abide"):
        if group.negative or low[at] == "cannot":
            group.modal, group.negative, group.form = "", False, "present"
            group.lemma, group.next = "can't-" + low[after].replace("abide", "stand"), after + 1
            return group
        return None
    if after < stop and low[after] == "rather" and low[at] in ("would", "'d"):
        group.modal, group.lemma, group.form, group.next = "", "rather", "present", after + 1
        return group
    group.form = "present"
    return _main(group, low, after, stop, forms, ("base",))


def _being(group: Group, low: Sequence[str], at: int, stop: int, forms: Forms, tense: str) -> Group | None:
    group.form = tense
    after = at + 1
    while after < stop and (step := marks(group, low, after, stop)):
        after += step
    if after < stop and low[after] == "being":
        after += 1
    if after + 1 < stop and low[after] in ("going", "about", "planning", "hoping") and low[after + 1] == "to":
        group.modal = "going to"
        return _main(group, low, after + 2, stop, forms, ("base",)) if low[after] == "going" else _nothing(group, after)
    if after + 1 < stop and low[after] in ("done", "through", "finished"):
        group.over = any(form == "ing" for _, form in forms.get(low[after + 1], ()))
        after += group.over
    if after < stop and any(form == "ing" for _, form in forms.get(low[after], ())):
        group.progressive = not group.over
        return _main(group, low, after, stop, forms, ("ing",))
    group.lemma, group.next = "be", after
    return group


def _nothing(group: Group, after: int) -> Group:
    group.lemma, group.next = "be", after
    return group


def _main(group: Group, low: Sequence[str], at: int, stop: int, forms: Forms, wanted: tuple[str, ...]) -> Group | None:
    while at < stop and (step := marks(group, low, at, stop)):
        at += step
    if at >= stop:
        return None
    word = low[at]
    if "part" in wanted and word == "been":
        return _after_been(group, low, at + 1, stop, forms)
    if "base" in wanted and word == "be":
        group.lemma, group.next = "be", at + 1
        return group
    found = next(((lemma, form) for lemma, form in forms.get(word, ()) if form in wanted), None)
    if found is None:
        return None
    group.lemma, form = found
    if not group.form:
        group.form = "past" if form == "past" else "present"
    if form == "base" and not group.modal and group.lemma in _SAME_PAST and "past" in wanted:
        group.form = "past"
    group.next = at + 1
    if low[at + 1 : at + 2] == ["not"] and at + 2 < stop:
        group.negative, group.next = True, at + 2
        return group
    return _aspect(group, low, stop, forms)


_SAME_PAST = frozenset(("quit", "put", "set", "cut", "hit"))


def _after_been(group: Group, low: Sequence[str], at: int, stop: int, forms: Forms) -> Group | None:
    while at < stop and (step := marks(group, low, at, stop)):
        at += step
    if at < stop and any(form == "ing" for _, form in forms.get(low[at], ())):
        group.progressive = True
        return _main(group, low, at, stop, forms, ("ing",))
    group.lemma, group.next = "be", at
    return group


def _aspect(group: Group, low: Sequence[str], stop: int, forms: Forms) -> Group:
    """Take "stopped working", "started to work", "keeps working", "gave up smoking" as one group."""
    at = group.next
    if group.lemma == "give" and low[at : at + 1] == ["up"]:
        kind, at = "end", at + 1
    elif group.lemma == "end" and low[at : at + 1] == ["up"]:
        kind, at = "settle", at + 1
    elif group.lemma == "go" and low[at : at + 1] == ["to"]:
        kind = "settle"
    elif group.lemma in en.ASPECT_END:
        kind = "end"
    elif group.lemma in en.ASPECT_BEGIN:
        kind = "begin"
    elif group.lemma in en.ASPECT_ON:
        kind = "on"
    else:
        return group
    by_to = at + 1 < stop and low[at] == "to" and kind != "end"
    spot = at + 1 if by_to else at
    if low[spot : spot + 1] == ["seeing"]:
        return group
    wanted = "base" if by_to else "ing"
    found = next((lemma for lemma, form in forms.get(low[spot], ()) if form == wanted), None) if spot < stop else None
    if found is None and not (spot < stop and low[spot] in ("being", "be")):
        return group
    group.lemma, group.next = found or "be", spot + 1
    happened = group.form == "past" or group.perfect
    if kind == "settle":
        group.settled = happened
        group.modal = group.modal or ("" if happened else "go")
    group.over = kind == "end" and happened
    group.begun = kind == "begin"
    group.goes_on = kind == "on"
    if not happened and kind == "end":
        group.modal = group.modal or "stop"
    if kind == "begin" and not happened:
        group.modal = group.modal or "start"
    if happened:
        group.form, group.perfect = "present", False
    return group
