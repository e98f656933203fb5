"""A text while it is read for states: its tokens, its times, and how patterns and values are matched in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ricordo.text import state_words as en
from ricordo.text.state_clauses import tokens_of
from ricordo.text.state_patterns import Index, Literal, Slot
from ricordo.text.state_values import Shape, dateish
from ricordo.text.time import TimeSpan, has_time_signal

Times = Callable[[str, datetime, tzinfo], list[TimeSpan]]
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """The parts that a tail found, as token ranges, and the token after it."""

    parts: dict[str, tuple[int, int]]
    next: int


class Scene:
    """One text: its tokens, the times in it, and where patterns and values stand."""

    def __init__(self, text: str, index: Index, said_at: datetime, zone: tzinfo, times: Times) -> None:
        self.text, self.index, self.said_at, self.zone, self.find = text, index, said_at, zone, times
        self.tokens = tokens_of(text)
        self.low = self.tokens.low
        self.words = frozenset(self.low)
        self._spans: list[tuple[TimeSpan, int, int]] | None = None

    def spans(self) -> list[tuple[TimeSpan, int, int]]:
        """Return the times of the text, with the tokens they take."""
        if self._spans is None:
            self._spans = []
            if has_time_signal(self.text):
                starts = self.tokens.starts
                for span in self.find(self.text, self.said_at, self.zone):
                    inside = [at for at, start in enumerate(starts) if span.start <= start < span.stop]
                    if inside:
                        self._spans.append((span, inside[0], inside[-1] + 1))
        return self._spans

    def _timed(self, at: int) -> bool:
        if not self.spans():
            return False
        for _, first, last in self.spans():
            if first <= at < last:
                return True
            if at < first and first - at <= 3 and all(word in LEADS for word in self.low[at:first]):
                return True
        return False

    def _text(self, first: int, last: int) -> str:
        return self.tokens.text(self.text, first, last).strip(" \"'“”`,")

    def _specific(self, at: int) -> bool:
        """Tell whether "the" stands before a thing of one's own and no name: the sofa, not the Hague, not the sea."""
        return self.low[at] not in _GENERIC and not self.tokens.words[at][0].isupper()

    def _digit(self, at: int) -> bool:
        return at < len(self.low) and self.low[at][0].isdigit()

    def _is_verb_s(self, at: int, stop: int) -> bool:
        after = at + 1
        while after < stop and (self.low[after] in en.ADVERBS or self.low[after] in en.NOT):
            after += 1
        if after >= stop or " ".join(self.low[after : after + 2]) in self.index.nouns:
            return False
        word = self.low[after]
        if word in self.index.things:
            return False
        if self.low[at - 1] == "name" and self.tokens.words[after][0].isupper():
            return True
        forms = {form for _, form in self.index.forms.get(word, ())}
        return (
            word in en.ARTICLES
            or word in _AFTER_IS
            or bool(forms & {"ing", "part"} and word not in _NOUNLIKE)
            or word.isdigit()
        )

    def _tail(
        self, tail: tuple[Literal | Slot, ...], part: int, at: int, stop: int, parts: dict[str, tuple[int, int]]
    ) -> Match | None:
        if part == len(tail):
            return Match(parts, at)
        one = tail[part]
        if isinstance(one, Slot):
            return self._slot(tail, part, at, stop, parts)
        for run in one.choices:
            length = self._literal(run, at, stop)
            if length is not None:
                found = self._tail(tail, part + 1, at + length, stop, parts)
                if found:
                    return found
        if one.optional:
            return self._tail(tail, part + 1, at, stop, parts)
        if at < stop and self._skippable(at):
            return self._tail(tail, part, at + 1, stop, parts)
        return None

    def _slot(
        self, tail: tuple[Literal | Slot, ...], part: int, at: int, stop: int, parts: dict[str, tuple[int, int]]
    ) -> Match | None:
        slot = tail[part]
        assert isinstance(slot, Slot)
        while at < stop and self._skippable(at) and not slot.shape.dated:
            at += 1
        if any(isinstance(one, Slot) for one in tail[part + 1 : part + 3]) and all(
            isinstance(one, Slot) or one.optional for one in tail[part + 1 : part + 2]
        ):
            for end in range(min(at + slot.shape.most, stop), at, -1):
                value = self._run(slot.shape, at, end)
                found = value and self._tail(tail, part + 1, value[1], stop, {**parts, slot.part: value})
                if found:
                    return found
            return None
        following = next((one for one in tail[part + 1 :] if isinstance(one, Literal)), None)
        stops: tuple[int, ...] = (stop,)
        if following is not None and not following.optional and following.choices not in _EDGES:
            stops = tuple(
                end
                for end in range(at + 1, min(at + slot.shape.most + 3, stop))
                if any(self._literal(run, end, stop) for run in following.choices)
            )
        for end in stops:
            value = self._run(slot.shape, at, end)
            if value and (following is None or following.optional or end == stop or value[1] == end):
                found = self._tail(tail, part + 1, value[1], stop, {**parts, slot.part: value})
                if found:
                    return found
        return None

    def _literal(self, run: tuple[str, ...], at: int, stop: int) -> int | None:
        if run == ("end",):
            return 0 if at >= stop or self.low[at] in MARKS or self.low[at] in TRAIL or self._timed(at) else None
        if run == ("close",):
            return None if at < stop and self.low[at] == "at" else 0
        if at >= stop:
            return None
        if run == ("poss",):
            return 1 if self.low[at] in en.POSSESSIVE else 2 if self.low[at + 1 : at + 2] == ["'s"] else None
        if tuple(self.low[at : at + len(run)]) == run and at + len(run) <= stop:
            return len(run)
        return 1 if len(run) > 1 and self.low[at] == "-".join(run) else None

    def _skippable(self, at: int) -> bool:
        return self.low[at] in en.ADVERBS or self.low[at] in _LOOSE or self._timed(at)

    def _run(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Return the tokens of the value that begins at `at`."""
        if shape.bare and at + 1 < stop and self.low[at] in en.ARTICLES and self._specific(at + 1):
            return None
        while at < stop and (
            (self.low[at] in en.ARTICLES and self.tokens.words[at] != "The")
            or self.low[at] in ('"', "“", "`", "'")
            or (self.low[at] in shape.loose and at + 1 < stop)
        ):
            at += 1
        end = at
        while end < stop and end - at < shape.most + 1 and not self._ends(shape, at, end):
            end += 1
        while shape.dated and at < end and self.low[at] in ("on", "at", "in", "by", ","):
            at += 1
        while end > at and (
            self.low[end - 1] in (",", "the", "a", "an", "of", "at", "on", "in", "by")
            or self.low[end - 1] in en.ADVERBS
        ):
            end -= 1
        if end < len(self.low) and self.low[end] == "'s" and end < stop and not self._is_verb_s(end, stop):
            return None
        if end == at or end - at > shape.most or any(spot in self.tokens.quoted for spot in range(at, end)):
            return None
        run, low = self.tokens.words[at:end], self.low[at:end]
        return (at, end) if shape.accept(run, low) else None

    def _ends(self, shape: Shape, first: int, at: int) -> bool:
        word = self.low[at]
        if shape.dated:
            return not dateish(word) or (word == "," and not self._digit(at + 1)) or (word == "on" and at > first)
        if self._timed(at):
            return True
        if shape.ends(word):
            return True
        if not word[0].isalnum() and word[0] not in "$€£+(@":
            if word == "." and self.low[at - 1] in en.ABBREVIATIONS:
                return False
            comma = word == "," and at > first and at + 1 < len(self.low) and self.tokens.words[at + 1][0].isupper()
            near = at + 1 < len(self.low) and self.tokens.ends[at - 1] == self.tokens.starts[at]
            joint = (
                word == "&"
                or (near and word in ("/", "-", "'"))
                or (word == "." and at + 1 < len(self.low) and self.tokens.ends[at] == self.tokens.starts[at + 1])
            )
            place = comma and shape.most == 5 and "the" in shape.runs_over and self.tokens.words[first][0].isupper()
            return not (place or joint or (word == "'s" and at > first))
        return word == "of" and at == first

    def _contrast(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Read what follows a value as the one that it replaces: ", not X", "instead of X"."""
        while at < stop and (self.low[at] in ("now", ",", "(", "-", "–", "—", "and", "today") or self._timed(at)):
            at += 1
        for cue in _INSTEAD:
            if tuple(self.low[at : at + len(cue)]) == cue:
                return self._past_words(shape, at + len(cue), stop)
        return None

    def _but(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Read "not X but Y"."""
        while at < stop and self.low[at] in (",", "anymore"):
            at += 1
        if at + 1 >= stop or self.low[at] != "but":
            return None
        return self._past_words(shape, at + 1, stop)

    def _past_words(self, shape: Shape, at: int, stop: int) -> tuple[int, int] | None:
        """Return the value that begins here, or after words such as "in" and "on port"."""
        for _ in range(3):
            value = self._run(shape, at, stop)
            if value or at >= stop or self.low[at] not in _RELATING:
                return value
            at += 1
        return None

    def _listed(self, shape: Shape, at: int, stop: int) -> list[str]:
        """Return the further values of "X, Y and Z"."""
        values: list[str] = []
        self._list_end = at
        while at < stop and self.low[at] in (",", "and", "&"):
            joined = self.low[at] == "and"
            start = at + 1 + (self.low[at + 1 : at + 2] == ["and"])
            joined = joined or start == at + 2
            value = self._run(shape, start, stop)
            if value is None or (value[1] < stop and self.low[value[1]] not in (",", "and", "&", ")", "too", "now")):
                break
            words = self.tokens.words[value[0] : value[1]]
            if words[0][0].isupper() and len(words) > 1 and words[1][0].islower():
                break
            values.append(self._text(*value))
            at = self._list_end = value[1]
            if joined:
                break
        return values

    def _trail(self, at: int, stop: int) -> int:
        while at < stop and (
            self.low[at] in TRAIL or (self.low[at] in (",",) and at + 1 < stop and self.low[at + 1] in TRAIL)
        ):
            at += 1
        return at


MARKS = frozenset(", ; : - – — ( ) …".split())
LEADS = en.words(
    """
    in on at as of since from starting effective beginning until till by during back over the around about for
    early late end mid
    """
)
_GENERIC = en.words(
    """
    beach sea ocean outdoors mountains mountain piano guitar violin cello drums theatre theater cinema opera
    ballet rain snow
    countryside city suburbs country forest woods desert cold heat dark internet radio news gym sun beatles flute
    harp saxophone
    """
)
#: Literals that take no word: the clause is over, or no clock time follows.
_EDGES = ((("end",),), (("close",),))
_LOOSE = en.words("part-time full-time remotely here there over full part")
TRAIL = en.words("""
    now too currently anymore instead these days today again already as well though permanently actually at
    the moment right any more longer officially sorry before that long then full-time part-time
    """)  # fmt: skip
#: What "the" may stand before in a taste: "I like the sea" is one, "I like the cup" is not.
_RELATING = en.words("in at on for with as by to from port version now rather due based located")
_INSTEAD = (
    ("not",),
    ("instead", "of"),
    ("rather", "than"),
    ("no", "longer"),
    ("in", "place", "of"),
    ("as", "opposed", "to"),
)
_AFTER_IS = en.words(
    """
    not based located allergic married engaged called named from in on into fluent due vegan vegetarian single
    divorced originally living working now fond keen passionate hosted written led headed employed born
    listening about done blocked paused finished complete retired at located
    """
)
_NOUNLIKE = en.words(
    "house home set lead cost work working run building meeting painting writing training setting going"
)
