"""Times in text: English expressions to intervals, and ISO values of callers to instants and intervals.

A text is scanned once by every rule whose signal words it has. The longest matches win; each is then extended to the
left ("since", "the week before", "late") and to the right ("in the evening", "at 3pm").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeVar

from ricordo.errors import InvalidInput
from ricordo.text import calendar_rules as cal
from ricordo.text.calendar_rules import Period


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time expression and the interval it means.

    Args:
        begin: First moment, in UTC; None where it is open ("until June").
        end: First moment after it, in UTC; None where it is open ("since 2016").
        precision: One of `ricordo.types.PRECISIONS`.
        text: The words.
        start: Offset of the first character.
        stop: Offset after the last character.
    """

    begin: datetime | None
    end: datetime | None
    precision: str
    text: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A match and its period in local time; `weak` ones are vague, or say how long and not when."""

    start: int
    stop: int
    period: Period
    weak: bool = False


class _Scene:
    """The text in lower case, and where its speaker stands in time."""

    def __init__(self, text: str, anchor: datetime, zone: tzinfo) -> None:
        self.text = text
        self.low = _lower(text)
        self.anchor = anchor
        self.zone = zone
        self.now = anchor.astimezone(zone).replace(tzinfo=None)

    def is_future(self, match: re.Match[str]) -> bool:
        """Tell whether words near the match, in its sentence, point ahead."""
        first = max(match.start() - 80, 0, *(self.low.rfind(mark, 0, match.start()) for mark in ".!?\n"))
        ahead = _FUTURE.search(self.low, first, match.start())
        return bool(ahead or _FUTURE_AFTER.match(self.low, match.end()))

    def how(self, match: re.Match[str], past: str = "past") -> str:
        """Return which occurrence of a repeating date is meant: by its own word, else by the tense around it."""
        word = match.groupdict().get("how")
        if word is None:
            return "coming" if self.is_future(match) else past
        return _HOWS[word.split()[-1]]


_HOWS = {"last": "last", "past": "last", "previous": "last", "next": "next", "this": "this"}
_HOWS.update(coming="coming", upcoming="coming")
_NUMBER = (
    r"(?:[0-9]{1,4}|a couple(?: of)?|(?:a |the past |the last )?few|several|an?"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|one|two|three|four(?:teen)?|five|six(?:teen)?|seven(?:teen)?|eight(?:een)?|nine(?:teen)?|ten|eleven|twelve"
    r"|thirteen|fifteen)"
)
_UNIT = (
    r"(?:minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|weekends?|fortnights?|months?|quarters?|years?|yrs?|decades?)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_LONG_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
_ORDINAL = r"(?:[23]?1st|2?2nd|2?3rd|[12]?[04-9]th|1[1-3]th|30th)"
_YEAR = r"(?:(?:19|20)[0-9]{2}|2100)\b(?!\.?[0-9]|,[0-9]|-[0-9])"
_HOW = r"(?P<how>last|past|previous|next|coming|upcoming|this(?: past| coming| upcoming| last| next)?)"
_OF_YEAR = r"(?:,?\s+(?:(?:of|in)\s+)?(?:(?P<year>" + _YEAR + r")|(?P<rel>last|this|next)\s+year\b))"
_COUNTED = (
    r"(?!\s*(?:%|(?:people|persons|words|users|miles?|km|steps|dollars|calories|points|votes|pills?|tablets?|copies"
    r"|pieces|feet|meters|metres|items|others|hours?|minutes?|years?|days|times|cups?|kg|lbs|pounds|tons?)\b))"
)
_GLUE_BEFORE = r"(?<![\w$€£#/.:-])"

_FUTURE = re.compile(
    r"\b(?:will|won't|next|going to|gonna|upcoming|coming|plan(?:ning)? (?:to|for|on)|plans (?:to|for)|planning|hop(?:e|ing) to"
    r"|looking forward|can't wait|excited (?:for|about)|scheduled|about to|due|deadline|let's|remind me|see you|soon)\b|'ll\b"
)
_FUTURE_AFTER = re.compile(
    r",?\s+(?:i|we|he|she|they|it|you)?(?:'ll\b|\s?will\b|(?:'m|'re|'s| am| are| is)\s+going to\b)"
)
_PHRASE_END = re.compile(
    r"\s*(?:[.,;:!?)\]\"…–—-]|\Z|(?:and|or|but|when|because|for|with|at|in|on|i|we|he|she|they|it|the|my|our|to|this|last"
    r"|that|so|was|where|after|before|until)\b)"
)
_DAY_END = re.compile(
    r"\s*(?:[.,;:!?)\]\"…–—]|\Z|(?:and|but|when|because|for|with|at|in|i|we|he|she|they|you|it|was|is|so)\b)"
)
_MONTH_CUE = re.compile(
    r"\b(?:in|since|until|till|by|before|after|during|early|mid|late|of|through|throughout|around|for|from)[\s-]+\Z"
)
_RECURRING = re.compile(r"\b(?:every|each|any|per|either)(?:\s+other)?\s+\Z")

_Resolve = Callable[[re.Match[str], _Scene], Period | None]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    needs: frozenset[str]
    resolve: _Resolve
    weak: bool


_RULES: list[_Rule] = []


def _rule(needs: str, pattern: str, weak: bool = False) -> Callable[[_Resolve], _Resolve]:
    def add(resolve: _Resolve) -> _Resolve:
        _RULES.append(_Rule(re.compile(pattern), frozenset(needs.split()), resolve, weak))
        return resolve

    return add


# --- words to numbers and units


def _unit(word: str) -> str:
    word = word.rstrip("s")
    return {"min": "minute", "hr": "hour", "yr": "year"}.get(word, word)


def _count(word: str) -> tuple[int, int]:
    """Return the smallest and largest number that `word` may mean."""
    for vague, bounds in cal.VAGUE_NUMBERS.items():
        if vague in word:
            return bounds
    number = int(word) if word[0].isdigit() else sum(cal.NUMBER_WORDS[part] for part in re.split("[- ]", word))
    return number, number


def _moved(scene: _Scene, unit: str, count: int) -> datetime:
    """Return the local time `count` units from the anchor; minutes and hours are counted in real time."""
    if unit not in ("minute", "hour"):
        return cal.shift(scene.now, unit, count)
    there = scene.anchor.astimezone(UTC) + timedelta(**{unit + "s": count})
    return there.astimezone(scene.zone).replace(tzinfo=None)


def _away(scene: _Scene, unit: str, low: int, high: int) -> Period:
    """Return the calendar units from `low` to `high` units away (both signed the same way)."""
    if unit in ("minute", "hour"):
        first = _moved(scene, unit, min(low, high)).replace(second=0, microsecond=0)
        return Period(first, first + timedelta(**{unit + "s": abs(high - low) + 1}), unit)
    near, far = (cal.unit_at(scene.now, unit, count) for count in sorted((low, high)))
    return Period(near.begin, far.end, cal.precision_of(unit))


def _lasting(scene: _Scene, unit: str, count: int) -> Period:
    """Return the time from the anchor `count` units ahead or, where it is negative, back."""
    there = _moved(scene, unit, count)
    if unit not in ("minute", "hour"):
        there = cal.midnight(there) if count < 0 else cal.day(there).bounds[1]
    begin, end = sorted((there, scene.now))
    return Period(begin, end, cal.precision_of(unit))


def _weekday_number(word: str) -> int:
    return cal.WEEKDAYS[word[:3]]


# --- rules: words of the day


@_rule(
    "day",
    r"\b(?:the\s+day\s+(?:before\s+yesterday|after\s+tomorrow)|today|yesterday|tomorrow|tonight"
    r"|(?:last|yesterday|tomorrow)\s+night|(?:this|yesterday|tomorrow)\s+(?:morning|afternoon|evening))\b",
)
def _near_day(match: re.Match[str], scene: _Scene) -> Period:
    words = match[0].split()
    if len(words) == 4:
        return cal.unit_at(scene.now, "day", -2 if words[2] == "before" else 2)
    that = cal.unit_at(scene.now, "day", {"yesterday": -1, "last": -1, "tomorrow": 1}.get(words[0], 0))
    part = "night" if words[0] == "tonight" else words[1] if len(words) == 2 else None
    return cal.part_of_day(that, part) if part else that


@_rule("day unit", r"\bthe\s+other\s+(?:day|night|week)\b", weak=True)
def _other_day(match: re.Match[str], scene: _Scene) -> Period:
    today = cal.midnight(scene.now)
    back = 21 if match[0].endswith("week") else 7
    return Period(today - timedelta(days=back), today, "day" if back == 7 else "week")


# --- rules: numbers of units


@_rule(
    "unit",
    rf"(?<![\w.$/-])(?P<n>{_NUMBER})(?:\s*(?:or|to|-|–)\s*(?P<m>{_NUMBER}))?[\s-]+(?P<unit>{_UNIT})"
    r"(?:\s+or\s+(?P<more>two|so|more))?\s+(?P<way>ago|back|earlier|later|from\s+(?:now|today)|hence)\b",
)
def _ago(match: re.Match[str], scene: _Scene) -> Period:
    low, high = _count(match["n"])
    high = _count(match["m"])[1] if match["m"] else high + 1 if match["more"] == "two" else high
    sign = -1 if match["way"] in ("ago", "back", "earlier") else 1
    unit = _unit(match["unit"])
    if unit == "year" and low == high == 1:  # "a year ago" is that month of last year, not all of that year
        return _away(scene, "month", 12 * sign, 12 * sign)
    return _away(scene, unit, sign * low, sign * high)


@_rule(
    "unit",
    rf"\bin\s+(?:about\s+|around\s+)?(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})(?:'s?\s+time)?\b(?!\s+(?:of|ago|to)\b)",
)
def _in_units(match: re.Match[str], scene: _Scene) -> Period:
    low, high = _count(match["n"])
    return _away(scene, _unit(match["unit"]), low, high)


@_rule(
    "weekday",
    rf"\b(?P<n>{_NUMBER})\s+(?P<day>{_LONG_DAY})s?\s+(?P<way>ago|back|from\s+now)\b",
)
def _weekdays_ago(match: re.Match[str], scene: _Scene) -> Period:
    count, _ = _count(match["n"])
    back = match["way"] in ("ago", "back")
    near, _ = cal.weekday(scene.now, _weekday_number(match["day"]), "last" if back else "coming").bounds
    return cal.day(near + timedelta(days=7 * (count - 1) * (-1 if back else 1)))


@_rule(
    "unit",
    rf"\b(?:(?:for|over|in|during|within|these|of)\s+)?(?:the\s+)?(?P<how>last|past|next|coming)\s+(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})\b",
    weak=True,
)
def _rolling(match: re.Match[str], scene: _Scene) -> Period:
    _, count = _count(match["n"])
    return _lasting(scene, _unit(match["unit"]), count if match["how"] in ("next", "coming") else -count)


@_rule(
    "unit",
    rf"\b(?:(?:(?:for|over|in|during|within|throughout)\s+(?:all\s+)?the\s+(?P<how>last|past|next|coming))|the\s+past)\s+(?P<unit>{_UNIT})\b",
    weak=True,
)
def _rolling_one(match: re.Match[str], scene: _Scene) -> Period:
    unit = _unit(match["unit"])
    if unit in ("weekend", "night"):
        return cal.unit_at(scene.now, unit, 1 if match["how"] in ("next", "coming") else -1)
    return _lasting(scene, unit, 1 if match["how"] in ("next", "coming") else -1)


@_rule(
    "unit",
    rf"\b(?:for\s+(?:about\s+|over\s+|almost\s+|nearly\s+|around\s+)?(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})(?:\s+now)?"
    rf"|(?P<n2>{_NUMBER})\s+(?P<unit2>{_UNIT})\s+now)\b(?!\s+(?:ago|old|from))",
    weak=True,
)
def _for_units(match: re.Match[str], scene: _Scene) -> Period | None:
    _, count = _count(match["n"] or match["n2"])
    return None if scene.is_future(match) else _lasting(scene, _unit(match["unit"] or match["unit2"]), -count)


# --- rules: calendar units


@_rule("unit", rf"\b(?:the\s+)?{_HOW}\s+(?P<unit>week|weekend|fortnight|month|quarter|year|decade)(?:'s)?\b")
def _named_unit(match: re.Match[str], scene: _Scene) -> Period:
    how = _HOWS[match["how"].split()[-1]]
    if how == "coming":
        this = cal.unit_at(scene.now, match["unit"])
        return this if this.bounds[0] > scene.now else cal.unit_at(scene.now, match["unit"], match["unit"] != "weekend")
    return cal.unit_at(scene.now, match["unit"], {"last": -1, "this": 0, "next": 1}[how])


@_rule(
    "unit weekday",
    rf"\bthe\s+(?P<unit>week|weekend|month|year|night|{_LONG_DAY})\s+(?P<way>before\s+last|after\s+next)\b",
)
def _before_last(match: re.Match[str], scene: _Scene) -> Period:
    sign = -1 if match["way"].endswith("last") else 1
    if match["unit"] in ("night",) or not match["unit"].endswith("day"):
        return cal.unit_at(scene.now, match["unit"], 2 * sign)
    near = cal.weekday(scene.now, _weekday_number(match["unit"]), "last" if sign < 0 else "coming")
    return cal.day(near.bounds[0] + timedelta(days=7 * sign))


@_rule("unit day", r"\b(?P<side>earlier|later)\s+(?P<unit>today|this\s+(?:week|month|year))\b")
def _side_of_unit(match: re.Match[str], scene: _Scene) -> Period:
    unit = cal.unit_at(scene.now, "day" if match["unit"] == "today" else match["unit"].split()[-1])
    begin, end = unit.bounds
    today = cal.midnight(scene.now) if unit.precision != "day" else scene.now
    side = (begin, today) if match["side"] == "earlier" else (today, end)
    return Period(*side, unit.precision) if side[0] < side[1] else unit


@_rule("unit", r"\b(?:over|during|on)\s+the\s+weekend\b|\bthe\s+weekend\s+was\b")
def _the_weekend(match: re.Match[str], scene: _Scene) -> Period:
    begun = scene.now.weekday() >= 5
    return cal.unit_at(scene.now, "weekend", 0 if begun or scene.is_future(match) else -1)


@_rule("unit", r"\b(?:the\s+)?(?P<side>beginning|start|middle|end)\s+of\s+the\s+(?P<unit>week|month|year|quarter)\b")
def _side_of_current(match: re.Match[str], scene: _Scene) -> Period:
    return cal.third(cal.unit_at(scene.now, match["unit"]), _THIRDS[match["side"]])


@_rule("weekday", rf"\b(?:{_HOW}\s+)?(?P<day>{_LONG_DAY})\b(?!s)(?!\s+school)")
def _weekday(match: re.Match[str], scene: _Scene) -> Period:
    how = scene.how(match, "last")
    number = _weekday_number(match["day"])
    if how == "this" and number < scene.now.weekday() and scene.is_future(match):
        how = "coming"
    return cal.weekday(scene.now, number, how)


@_rule("weekday", rf"\b(?:{_HOW}|on)\s+(?P<day>mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b(?!'|\s+(?:down|her|him))")
def _short_weekday(match: re.Match[str], scene: _Scene) -> Period | None:
    clear = match["day"] in ("tue", "tues", "thu", "thur", "thurs", "fri")
    if not clear and not scene.text[match.start("day")].isupper():
        return None
    return cal.weekday(scene.now, _weekday_number(match["day"]), scene.how(match, "last"))


# --- rules: months, days of months, seasons, years


def _year_of(match: re.Match[str], scene: _Scene) -> int | None:
    """Return the year that a match names itself, by number or by "last year"."""
    if match["year"]:
        return int(match["year"])
    return scene.now.year + {"last": -1, "this": 0, "next": 1}[match["rel"]] if match["rel"] else None


def _pick(match: re.Match[str], scene: _Scene, in_year: Callable[[int], Period]) -> Period | None:
    year = _year_of(match, scene)
    return in_year(year) if year else cal.occurrence(scene.now, scene.how(match), in_year)


def _is_name_like(word: str, match: re.Match[str], scene: _Scene) -> bool:
    """Tell whether a month word may well be another word here: "may", "march on", an "august" body."""
    if word not in ("may", "march", "mar", "august") or scene.text[match.start("month")].isupper():
        return False
    return not _PHRASE_END.match(scene.low, match.end())


@_rule(
    "month",
    rf"{_GLUE_BEFORE}(?:the\s+)?(?:(?P<d1>{_DAY})(?:\s+(?:day\s+)?of)?\s+(?P<month>{_MONTH})\.?"
    rf"|(?P<month2>{_MONTH})\.?\s+(?:the\s+)?(?P<d2>{_DAY})\b(?![.,:/-]?[0-9]){_COUNTED}){_OF_YEAR}?",
)
def _month_day(match: re.Match[str], scene: _Scene) -> Period | None:
    group = "month" if match["month"] else "month2"
    word, number = match[group], match["d1"] or match["d2"]
    sure = _year_of(match, scene) or not number.isdigit() or scene.text[match.start(group)].isupper()
    if not sure and word in ("may", "march", "mar") and not _PHRASE_END.match(scene.low, match.end()):
        return None
    of_month = int(re.sub(r"\D", "", number))
    return _pick(match, scene, lambda year: cal.day(datetime(year, cal.MONTHS[word[:3]], of_month)))


@_rule(
    "month",
    rf"{_GLUE_BEFORE}(?:{_HOW}\s+)?(?P<month>{_MONTH})\.?{_OF_YEAR}?(?!\s+[0-9]{{1,2}}\b(?!\s+to)|[-'](?!s\b)\w)",
)
def _month(match: re.Match[str], scene: _Scene) -> Period | None:
    word = match["month"]
    if not match["year"] and not match["rel"] and not _is_month(word, match, scene):
        return None
    return _pick(match, scene, lambda year: cal.months(year, cal.MONTHS[word[:3]]))


def _is_month(word: str, match: re.Match[str], scene: _Scene) -> bool:
    capital = scene.text[match.start("month")].isupper()
    cue = match["how"] or _MONTH_CUE.search(scene.low, max(match.start() - 14, 0), match.start())
    if cue:
        return (capital or len(word) > 3 or word == "may") and not _is_name_like(word, match, scene)
    return capital and len(word) > 5 and word != "august"


@_rule(
    "month",
    rf"{_GLUE_BEFORE}(?:(?:from|between)\s+)?(?:(?P<month>{_MONTH})\s+(?P<a>{_DAY})\s*(?:-|–|to|through|until|and)\s*(?P<b>{_DAY})"
    rf"|(?:the\s+)?(?P<a2>{_DAY})\s*(?:-|–|to|through|until|and)\s*(?:the\s+)?(?P<b2>{_DAY})\s+(?:of\s+)?(?P<month2>{_MONTH}))"
    rf"(?![.:/-]?[0-9]|,[0-9]){_OF_YEAR}?",
)
def _day_range(match: re.Match[str], scene: _Scene) -> Period | None:
    month = cal.MONTHS[(match["month"] or match["month2"])[:3]]
    first, last = (int(re.sub(r"\D", "", match[one] or match[one + "2"])) for one in "ab")
    if last <= first:
        return None
    return _pick(match, scene, lambda year: cal.day(datetime(year, month, first), last - first + 1))


@_rule(
    "month",
    rf"\b(?:(?:from|between)\s+)?(?:early\s+|late\s+)?(?P<a>{_MONTH})\s*(?:-|–|to|through|until|till|and)\s*(?P<b>{_MONTH}){_OF_YEAR}?",
)
def _month_range(match: re.Match[str], scene: _Scene) -> Period | None:
    named = match[0].startswith(("from", "between")) or match["year"] or not re.search(r"\band\b", match[0])
    if not named or not match["year"] and not scene.text[match.start("a")].isupper():
        return None
    first, last = cal.MONTHS[match["a"][:3]], cal.MONTHS[match["b"][:3]]
    over = 1 if last < first else 0
    return _pick(match, scene, lambda year: cal.months(year - over, first, last - first + 12 * over + 1))


@_rule(
    "digit",
    rf"\b(?:from|between)\s+(?P<a>{_YEAR})\s*(?:-|–|to|through|until|till|and)\s*(?P<b>{_YEAR})|\b(?P<a2>(?:19|20)[0-9]{{2}})\s?[-–]\s?(?P<b2>{_YEAR})",
)
def _year_range(match: re.Match[str], scene: _Scene) -> Period | None:
    first, last = int(match["a"] or match["a2"]), int(match["b"] or match["b2"])
    return cal.months(first, 1, 12 * (last - first + 1), "year") if first <= last else None


@_rule(
    "ordinal",
    rf"\bthe\s+(?P<d>{_ORDINAL})\b(?:\s+of\s+(?P<how>this|last|next)\s+month\b)?",
)
def _day_of_month(match: re.Match[str], scene: _Scene) -> Period | None:
    if not match["how"] and not _DAY_END.match(scene.low, match.end()):
        return None
    number = int(match["d"][:-2])
    if match["how"]:
        steps: tuple[int, ...] = ({"this": 0, "last": -1, "next": 1}[match["how"]],)
    else:
        steps = (0, 1, 2) if scene.is_future(match) else (0, -1, -2)
    return _nearest_day_of_month(scene.now, number, steps)


def _nearest_day_of_month(now: datetime, number: int, steps: tuple[int, ...]) -> Period | None:
    for step in steps:
        begin, end = cal.unit_at(now, "month", step).bounds
        that = begin + timedelta(days=number - 1)
        ahead = cal.midnight(now) < that
        if that < end and (len(steps) == 1 or not ahead and steps[1] < 0 or that >= cal.midnight(now) and steps[1] > 0):
            return cal.day(that)
    return None


@_rule(
    "season",
    rf"\b(?:{_HOW}\s+|(?P<cue>(?:in|during|over|since|until|by|before|after)\s+(?:the\s+)?|(?:early|mid|late|all|the)[\s-]+))?"
    rf"(?P<season>spring|summer|autumn|fall|winter){_OF_YEAR}?\b(?!\s+(?:apart|down|onions?|rolls?|asleep|off|for|behind|into|out|water)\b)",
)
def _season(match: re.Match[str], scene: _Scene) -> Period | None:
    named = _year_of(match, scene)
    bare_the = match["cue"] is None or match["cue"].strip() == "the"
    if not named and not match["how"] and bare_the:
        return None
    return _pick(match, scene, lambda year: cal.season(match["season"], year))


@_rule(
    "digit",
    r"\b(?:in|since|during|by|until|till|from|of|before|after|around|circa|early|mid|late|year|\()[\s-]*(?:the\s+)?(?:(?:year|end\s+of)\s+)?"
    rf"(?<=[\s(-])(?P<span>{_YEAR})(?!s){_COUNTED}|(?:\A|[.!?]\s+)(?P<span2>{_YEAR})(?=\s+(?:was|has|had|is|will|saw|felt|brought)\b)",
)
def _plain_year(match: re.Match[str], scene: _Scene) -> Period:
    return cal.year(int(match["span"] or match["span2"]))


@_rule(
    "digit decade",
    r"(?<!\bmy )(?<!\bhis )(?<!\bher )(?<!\btheir )(?<!\bour )(?:\bthe\s+(?:early|mid|late)?[\s-]*'?(?P<short>[0-9]0)'?s\b"
    r"|\b(?P<span>(?:19|20)[0-9]0)'?s\b|\bthe\s+(?:early\s+|mid[\s-]+|late\s+)?(?P<word>twenties|thirties|forties|fifties|sixties"
    r"|seventies|eighties|nineties)\b)",
)
def _decade(match: re.Match[str], scene: _Scene) -> Period:
    if match["span"]:
        whole = cal.decade(int(match["span"]))
    else:
        two = int(match["short"]) if match["short"] else _DECADE_WORDS[match["word"]]
        whole = cal.decade(two + (1900 if two >= 30 else 2000))
    part = re.search(r"early|mid|late", match[0])
    return cal.third(whole, _THIRDS[part[0]]) if part else whole


_DECADE_WORDS = {
    word: at * 10
    for at, word in enumerate("twenties thirties forties fifties sixties seventies eighties nineties".split(), 2)
}
_HOLIDAY = (
    r"(?:christmas(?:\s+(?:eve|day))?|xmas(?:\s+eve)?|boxing\s+day|new\s+year'?s?'?(?:\s+(?:eve|day))|new\s+year's\b|halloween|easter"
    r"|valentine'?s?'?(?:\s+day)|thanksgiving(?:\s+day)?|labou?r\s+day|memorial\s+day|independence\s+day|juneteenth"
    r"|black\s+friday|good\s+friday|mother'?s'?\s+day|father'?s'?\s+day|st\.?\s+patrick'?s?(?:\s+day)?|cinco\s+de\s+mayo"
    r"|(?:the\s+)?fourth\s+of\s+july)"
)


@_rule(
    "holiday unit weekday",
    rf"\b(?:{_HOW}\s+)?(?P<name>{_HOLIDAY})(?![\w'])(?!\s+(?:trees?|cards?|gifts?|presents?|songs?|carols?|movies?|costumes?|decorations?|lights"
    rf"|music|cookies?|spirit|eggs?|bunny|stor(?:y|ies)|resolutions?|films?)\b){_OF_YEAR}?",
)
def _holiday(match: re.Match[str], scene: _Scene) -> Period | None:
    name = match["name"].removeprefix("the ").replace("labour", "labor")
    return _pick(match, scene, cal.holiday("xmas" if name == "xmas" else name.replace("xmas", "christmas")))


# --- rules: numeric dates


@_rule(
    "digit",
    r"(?<![\w./:-])(?P<y>(?:19|20)[0-9]{2})([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>0?[1-9]|[12][0-9]|3[01])(?![\w/-]|\.[0-9])",
)
def _year_first(match: re.Match[str], scene: _Scene) -> Period:
    return cal.day(datetime(int(match["y"]), int(match["m"]), int(match["d"])))


@_rule(
    "digit",
    r"(?<![\w./:-])[0-9]{4}-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:z|[+-][0-9]{2}:[0-9]{2})?\b",
)
def _iso_moment(match: re.Match[str], scene: _Scene) -> Period:
    moment = datetime.fromisoformat(match[0].upper())
    local = moment.astimezone(scene.zone).replace(tzinfo=None) if moment.tzinfo else moment
    return Period(local, local + timedelta(minutes=1), "minute")


@_rule("digit", r"(?<![\w./:-])(?P<y>(?:19|20)[0-9]{2})-(?:w(?P<w>[0-5][0-9])|(?P<m>0[1-9]|1[0-2]))(?![\w/-]|\.[0-9])")
def _iso_week_or_month(match: re.Match[str], scene: _Scene) -> Period:
    year = int(match["y"])
    return (
        cal.week(datetime.fromisocalendar(year, int(match["w"]), 1))
        if match["w"]
        else cal.months(year, int(match["m"]))
    )


@_rule(
    "digit",
    r"(?<![\w./:-])(?P<a>[0-3]?[0-9])([-/])(?P<b>[0-3]?[0-9])\2(?P<y>(?:19|20)[0-9]{2}|[0-9]{2})(?![\w/-]|\.[0-9])",
)
def _slashed(match: re.Match[str], scene: _Scene) -> Period | None:
    """Read 5/31/2023 and 31/5/2023 exactly; where both orders are possible, span both readings."""
    first, second = int(match["a"]), int(match["b"])
    year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
    orders = [(m, d) for m, d in {(first, second), (second, first)} if 1 <= m <= 12 and d]
    if not orders or len(orders) == 2 and len(match["y"]) == 2:
        return None
    days = sorted(datetime(year, month, of_month) for month, of_month in orders)
    return Period(days[0], days[-1] + timedelta(days=1), "day" if len(days) == 1 else "month")


# --- extending a match to the left and to the right

_THIRDS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_LEFT_PART = re.compile(
    r"\b(?:(?:the\s+)?(?P<word>early|mid|late)(?:\s+(?:in|on))?[\s-]+(?:the\s+)?"
    r"|(?:the\s+)?(?:very\s+)?(?P<of>beginning|start|middle|end|first\s+half|second\s+half)\s+of\s+(?:the\s+)?)\Z"
)
_LEFT_NTH = re.compile(
    rf"\b(?:the\s+)?(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<unit>weekend|week|day|{_LONG_DAY})\s+(?:of|in)\s+(?:the\s+)?\Z"
)
_LEFT_OFFSET = re.compile(
    rf"\b(?:the\s+|(?P<n>{_NUMBER})\s+)?(?P<unit>{_UNIT}|{_LONG_DAY}s?|morning|afternoon|evening)"
    r"\s+(?P<way>before|prior\s+to|after|following|from|of)\s+(?:the\s+)?\Z"
)
_LEFT_OPEN = re.compile(
    r"\b(?P<way>ever\s+since|since|up\s+until|until|till?|before|prior\s+to|after|by)\s+(?:about\s+|around\s+|the\s+)?\Z"
)
_CLOCK = r"(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5][0-9]))?\s?(?P<half>[ap])\.?m\b\.?"
_RIGHT_CLOCK = re.compile(rf",?\s+(?:at\s+|around\s+|about\s+)?{_CLOCK}")
_LEFT_CLOCK = re.compile(rf"(?:\b(?:at|around)\s+)?(?<![\w:]){_CLOCK},?\s+(?:on\s+)?\Z")
_RIGHT_PART = re.compile(r"\s+(?:in\s+the\s+|at\s+)?(?P<part>morning|afternoon|evening|night)\b")
_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}


def _extend(found: _Found, scene: _Scene) -> _Found | None:
    """Grow a match by the words around it; None where they show that it is no single time ("every Friday")."""
    found = _extend_hours(found, scene)
    for _ in range(3):
        window = max(found.start - 40, 0)
        for left, apply in _LEFTS:
            match = left.search(scene.low, window, found.start)
            period = apply(match, found.period) if match else None
            if match and period:
                found = replace(found, start=match.start(), period=period, weak=_is_open(period))
                break
        else:
            break
        if _is_open(found.period):
            break
    if _RECURRING.search(scene.low, max(found.start - 14, 0), found.start):
        return None
    return found


def _is_open(period: Period) -> bool:
    return period.begin is None or period.end is None


def _extend_hours(found: _Found, scene: _Scene) -> _Found:
    if not found.period.is_day:
        return found
    if part := _RIGHT_PART.match(scene.low, found.stop):
        return replace(found, stop=part.end(), period=cal.part_of_day(found.period, part["part"]))
    if clock := _RIGHT_CLOCK.match(scene.low, found.stop):
        return replace(found, stop=clock.end(), period=_at_clock(clock, found.period))
    if clock := _LEFT_CLOCK.search(scene.low, max(found.start - 24, 0), found.start):
        return replace(found, start=clock.start(), period=_at_clock(clock, found.period))
    return found


def _at_clock(clock: re.Match[str], that: Period) -> Period:
    hour = int(clock["hour"]) % 12 + (12 if clock["half"] == "p" else 0)
    begin = that.bounds[0] + timedelta(hours=hour, minutes=int(clock["minute"] or 0))
    size = timedelta(minutes=1) if clock["minute"] else timedelta(hours=1)
    return Period(begin, begin + size, "minute" if clock["minute"] else "hour")


def _left_part(match: re.Match[str], period: Period) -> Period | None:
    if period.precision in ("minute", "hour") or _is_open(period) or period.is_day:
        return None
    word = match["word"] or match["of"]
    if word.endswith("half"):
        return cal.half(period, 0 if word.startswith("first") else 1)
    return cal.third(period, _THIRDS[word])


def _left_nth(match: re.Match[str], period: Period) -> Period | None:
    """Resolve "the first weekend of" a month, season or year."""
    if _is_open(period) or period.precision not in ("month", "season", "year", "week"):
        return None
    begin, end = period.bounds
    nth, unit = _NTH[match["nth"]], match["unit"]
    size = timedelta(days=7)
    if unit in ("week", "day"):
        size = size if unit == "week" else timedelta(days=1)
        begin = begin + size * (nth - 1) if nth > 0 else end - size
        return Period(begin, begin + size, unit)
    number = 5 if unit == "weekend" else _weekday_number(unit)
    first = begin + timedelta(days=(number - begin.weekday()) % 7)
    last = end - timedelta(days=(end.weekday() - number - 1) % 7 + 1)
    return cal.day(first + size * (nth - 1) if nth > 0 else last, 2 if unit == "weekend" else 1)


def _left_offset(match: re.Match[str], period: Period) -> Period | None:
    """Resolve "the week before", "two days after", "the Sunday before", "the week of" a known period."""
    way, unit = match["way"], match["unit"]
    if _is_open(period):
        return None
    if way == "of":
        return _unit_of(unit, period) if match["n"] is None else None
    if unit in cal.PARTS_OF_DAY and unit != "night" or way == "from" and not match["n"]:
        return None
    number = _count(match["n"] or "one")[1]
    back = way in ("before", "prior to")
    return _beside(unit.rstrip("s"), -number if back else number, *period.bounds)


def _unit_of(unit: str, period: Period) -> Period | None:
    begin = period.bounds[0]
    if unit in cal.PARTS_OF_DAY:
        return cal.part_of_day(period, unit) if period.is_day else None
    if unit in ("week", "weekend") and period.is_day:
        return cal.unit_at(begin, unit)
    return period if unit == period.precision or unit == "day" and period.is_day else None


def _beside(unit: str, count: int, begin: datetime, end: datetime) -> Period:
    """Return the period `count` units before (negative) or after a known one."""
    last = end - timedelta(microseconds=1)
    side = begin if count < 0 else last
    if unit.endswith("day") and unit != "day":
        near, _ = cal.weekday(side, _weekday_number(unit), "last" if count < 0 else "coming").bounds
        return cal.day(near + timedelta(days=7 * (count - (1 if count > 0 else -1))))
    if unit == "weekend":
        monday = begin - timedelta(days=begin.weekday()) if count < 0 else side
        return cal.unit_at(monday, "weekend", count)
    unit = _unit(unit)
    if unit in ("minute", "hour"):
        size = timedelta(**{unit + "s": count})
        return Period(begin + size, end + size, unit)
    if unit in ("day", "night"):
        return cal.unit_at(cal.shift(side, "day", count), unit)
    there = cal.shift(begin if count < 0 else end, unit, count)
    one = cal.shift(there, unit, 1 if count < 0 else -1)
    return Period(*sorted((there, one)), cal.precision_of(unit))


def _left_open(match: re.Match[str], period: Period) -> Period | None:
    way = match["way"]
    if way.endswith("since"):
        return Period(period.begin, None, period.precision)
    if way == "after":
        return Period(period.end, None, period.precision)
    return Period(None, period.begin if way in ("before", "prior to") else period.end, period.precision)


_LEFTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Period], Period | None]], ...] = (
    (_LEFT_PART, _left_part),
    (_LEFT_NTH, _left_nth),
    (_LEFT_OFFSET, _left_offset),
    (_LEFT_OPEN, _left_open),
)

# --- scanning

_SIGNAL_WORDS = {
    "day": "today yesterday tomorrow tonight morning afternoon evening night day",
    "unit": "minute minutes min mins hour hours hr hrs day days night nights week weeks weekend weekends fortnight fortnights"
    " month months quarter quarters year years yr yrs decade decades today",
    "month": "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september"
    " october november december",
    "weekday": "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday"
    " mondays tuesdays wednesdays thursdays fridays saturdays sundays",
    "season": "spring summer autumn fall winter",
    "holiday": "christmas xmas boxing year halloween easter valentine valentines thanksgiving labor labour memorial independence"
    " juneteenth mother mothers father fathers patrick patricks cinco fourth",
    "decade": "twenties thirties forties fifties sixties seventies eighties nineties",
    "ordinal": "st nd rd th",
    "digit": "0 1 2 3 4 5 6 7 8 9",
}
_SIGNALS: dict[str, frozenset[str]] = {}
for _kind, _words in _SIGNAL_WORDS.items():
    for _word in _words.split():
        _SIGNALS[_word] = _SIGNALS.get(_word, frozenset()) | {_kind}
_SIGNAL_SET = frozenset(_SIGNALS)
_TOKEN = re.compile(r"[a-z]+|[0-9]")
_Subject = TypeVar("_Subject")
_Result = TypeVar("_Result")


def _lower(text: str) -> str:
    """Return `text` in lower case with straight apostrophes, every character at its old offset."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return low.replace("\u2019", "'")


def has_time_signal(text: str) -> bool:
    """Tell, in microseconds, whether `text` may hold a time expression; never False where `find_times` finds one.

    Args:
        text: Any text.

    >>> has_time_signal("We met last week."), has_time_signal("I like green tea.")
    (True, False)
    """
    return not _SIGNAL_SET.isdisjoint(_TOKEN.findall(_lower(text)))


def find_times(text: str, anchor: datetime, zone: tzinfo = UTC) -> list[TimeSpan]:
    """Return the times that `text` speaks of, as intervals.

    Definite expressions come first, in text order; then, again in text order, the weak ones: durations that reach to
    the anchor, one-sided ones ("since March") and vague ones ("the other day"). Spans never overlap.

    A name without a year ("March", "7 May", "Christmas") is its latest occurrence that has begun by the anchor, or
    the next one where words such as "will" or "plan to" point ahead. "Next Friday" is the Friday of next week.
    A date such as 7/5/2023, which may be read two ways, spans both. What can't be dated is left out.

    Args:
        text: English text of any kind.
        anchor: When it was said; aware.
        zone: Where it was said: "yesterday" is a day of this zone.

    Raises:
        InvalidInput: `anchor` is naive.

    >>> [span] = find_times("We met yesterday.", datetime(2023, 5, 8, 13, 56, tzinfo=UTC))
    >>> span.text, span.begin, span.precision
    ('yesterday', datetime.datetime(2023, 5, 7, 0, 0, tzinfo=datetime.timezone.utc), 'day')
    """
    if anchor.utcoffset() is None:
        raise InvalidInput("anchor", "an aware datetime: when the text was said", anchor)
    signals = {kind for word in set(_TOKEN.findall(_lower(text))) & _SIGNAL_SET for kind in _SIGNALS[word]}
    if not signals:
        return []
    try:
        scene = _Scene(text, anchor, zone)
    except OverflowError:
        return []
    chosen = _without_overlaps(_scan(scene, signals))
    grown = [wider for found in chosen if (wider := _tolerant(_extend, found, scene))]
    kept = sorted(_without_overlaps(grown), key=lambda found: (found.weak, found.start))
    return [span for found in kept if (span := _tolerant(_span, found, scene))]


def _scan(scene: _Scene, signals: set[str]) -> list[_Found]:
    found = []
    for rule in _RULES:
        if rule.needs.isdisjoint(signals):
            continue
        for match in rule.pattern.finditer(scene.low):
            period = _tolerant(rule.resolve, match, scene)
            if period:
                start, stop = match.span("span") if match.groupdict().get("span") else match.span()
                found.append(_Found(start, stop, period, rule.weak))
    return found


def _tolerant(
    resolve: Callable[[_Subject, _Scene], _Result | None], subject: _Subject, scene: _Scene
) -> _Result | None:
    """Call `resolve`; None for dates that don't exist, such as 30 February or the year 12000."""
    try:
        return resolve(subject, scene)
    except (ValueError, OverflowError):
        return None


def _without_overlaps(found: list[_Found]) -> list[_Found]:
    kept: list[_Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.stop, one.start)):
        if all(one.stop <= other.start or other.stop <= one.start for other in kept):
            kept.append(one)
    return kept


def _span(found: _Found, scene: _Scene) -> TimeSpan | None:
    begin, end = (_to_utc(side, scene.zone) for side in (found.period.begin, found.period.end))
    if begin and end and begin >= end:
        return None
    words = scene.text[found.start : found.stop]
    stop = found.start + len(words.rstrip())
    return TimeSpan(begin, end, found.period.precision, words.rstrip(), found.start, stop)


def _to_utc(local: datetime | None, zone: tzinfo) -> datetime | None:
    return local.replace(tzinfo=zone).astimezone(UTC) if local else None


# --- values of callers

_ISO_YEAR = re.compile(r"[0-9]{4}")
_ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_ISO_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTERVAL_RULE = "an ISO year, month, week, day or datetime with an offset, such as 2026, 2026-01, 2026-W03, 2026-01-15"
_INSTANT_RULE = "an aware datetime, or ISO text with an offset (2026-05-03T10:00Z), or an ISO date"


def parse_interval(value: str | date | datetime, field: str, zone: tzinfo = UTC) -> tuple[datetime, datetime, str]:
    """Return the interval [begin, end) in UTC that `value` names, and its precision.

    Args:
        value: "2026", "2026-01", "2026-W03", "2026-01-15", a date, or an aware datetime or its ISO text; a datetime is
            its own begin and lasts one minute.
        field: The argument to name in errors.
        zone: The zone whose days these are.

    Raises:
        InvalidInput: It is none of these, is naive, or is out of range.

    >>> begin, end, precision = parse_interval("2026-01", "valid_at")
    >>> begin.isoformat(), end.isoformat(), precision
    ('2026-01-01T00:00:00+00:00', '2026-02-01T00:00:00+00:00', 'month')
    """
    try:
        period = _iso_period(value)
        if period is None:
            begin = parse_instant(value, field, zone)
            return begin, begin + timedelta(minutes=1), "minute"
        first, last = (side.replace(tzinfo=zone).astimezone(UTC) for side in period.bounds)
    except (ValueError, OverflowError) as error:
        rule = error.rule if isinstance(error, InvalidInput) and "offset" in error.rule else _INTERVAL_RULE
        raise InvalidInput(field, rule, value) from None
    return first, last, period.precision


def _iso_period(value: object) -> Period | None:
    """Return the local period of a date or an ISO year, month, week or day; None for anything else."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return cal.day(datetime(value.year, value.month, value.day))
    if not isinstance(value, str):
        return None
    if _ISO_YEAR.fullmatch(value):
        return cal.year(int(value))
    if month := _ISO_MONTH.fullmatch(value):
        return cal.months(int(month[1]), int(month[2]))
    if week := _ISO_WEEK.fullmatch(value):
        return cal.week(datetime.fromisocalendar(int(week[1]), int(week[2]), 1))
    return cal.day(datetime.fromisoformat(value)) if _ISO_DAY.fullmatch(value) else None


def parse_instant(value: str | date | datetime, field: str, zone: tzinfo = UTC) -> datetime:
    """Return the moment that `value` names, in UTC.

    Args:
        value: An aware datetime, ISO text with an offset, or a date (object or ISO text), which is the start of its day.
        field: The argument to name in errors.
        zone: The zone in which a date begins.

    Raises:
        InvalidInput: It is none of these, is naive, or is out of range.

    >>> parse_instant("2026-05-03T10:00+02:00", "at").isoformat()
    '2026-05-03T08:00:00+00:00'
    """
    try:
        moment = _iso_moment_of(value, zone)
        if moment is not None and moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, _INSTANT_RULE, value) from None
    raise InvalidInput(field, _INSTANT_RULE + "; a time without an offset is refused", value)


def _iso_moment_of(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=zone) if _ISO_DAY.fullmatch(value) else moment
