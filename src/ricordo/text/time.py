"""Times in text: English expressions to intervals.

A text is scanned once by every rule whose signal words it has. The longest matches win; each is then extended to the
left ("since", "the week before", "late") and to the right ("in the evening", "at 3pm").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import NamedTuple, TypeVar

from ricordo.errors import InvalidInputError
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


class _Scene:
    """The text in lower case, and where its speaker stands in time."""

    def __init__(self, text: str, low: str, anchor: datetime, zone: tzinfo) -> None:
        self.text = text
        self.low = low
        self.anchor = anchor
        self.zone = zone
        self.now = anchor.astimezone(zone).replace(tzinfo=None)

    def is_future(self, match: re.Match[str]) -> bool:
        """Tell whether words near the match, in its sentence, point ahead."""
        first = max(match.start() - 80, 0)
        first = max(first, *(self.low.rfind(mark, first, match.start()) for mark in ".!?\n"))
        ahead = _FUTURE.search(self.low, first, match.start())
        return bool(ahead or _FUTURE_AFTER.match(self.low, match.end()))

    def how(self, match: re.Match[str], past: str = "past") -> str:
        """Return which occurrence of a repeating date is meant: by its own word, else by the tense around it."""
        groups = match.groupdict()
        word = groups.get("how") or groups.get("how_too")
        if word is None:
            return "coming" if self.is_future(match) else past
        return _HOWS.get(word.split()[-1], word.split()[-1])


_HOWS = {"past": "last", "previous": "last", "upcoming": "coming"}
_FUTURE = re.compile(
    r"\b(?:will|won't|next|going to|gonna|upcoming|coming|plan(?:ning)? (?:to|for|on)|plans (?:to|for)|planning"
    r"|hop(?:e|ing) to|looking forward|can't wait|excited (?:for|about)|scheduled|need|must|about to|due|deadline"
    r"|let's|remind me|see you|soon)\b|'ll\b"
)
_FUTURE_AFTER = re.compile(r",?\s+(?:i|we|he|she|they|it|you)?(?:'ll\b|\s?will\b|(?:'m|'re|'s|\sis)\s+going to\b)")
_PHRASE_END = re.compile(
    r"\s*(?:[.,;:!?)\]\"…–—-]|\Z|(?:and|or|but|when|because|for|with|at|in|on|i|we|he|she|they|it|the|my|our|to|this|last"
    r"|that|so|was|where|after|before|until)\b)"
)
_DAY_END = re.compile(r"\s*(?:[.,;:!?)\]\"…–—]|\Z|(?:and|but|when|because|for|with|at|in|i|we|he|she|they|it|is)\b)")
_MONTH_CUE = re.compile(
    r"\b(?:in|since|until|till|by|before|after|during|early|mid|late|of|through|throughout|around|for|from)[\s-]+\Z"
)
_Resolve = Callable[[re.Match[str], _Scene], Period | None]


class _Rule(NamedTuple):
    pattern: str
    needs: frozenset[str]
    cues: frozenset[str]
    resolve: _Resolve
    weak: bool


_RULES: list[_Rule] = []
_compiled = cache(re.compile)  # at first use: all of them would slow the import down


def _rule(needs: str, pattern: str, cues: str = "", weak: bool = False) -> Callable[[_Resolve], _Resolve]:
    """Register a rule that runs where a signal of the kinds `needs` is, and one of the words `cues`, if there are any.

    In `pattern`, a blank is any run of blanks and <NAME> the pattern of that name in `calendar_rules`.
    """
    whole = re.sub(r"<([A-Z_]+)>", lambda name: str(getattr(cal, name[1])), pattern).replace(" ", r"\s+")

    def add(resolve: _Resolve) -> _Resolve:
        _RULES.append(_Rule(whole, frozenset(needs.split()), frozenset(cues.split()), resolve, weak))
        return resolve

    return add


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


@_rule(
    "day",
    r"\b(?:the day (?:before yesterday|after tomorrow)|today|yesterday|tomorrow|tonight"
    r"|(?:last|yesterday|tomorrow) night|(?:this|yesterday|tomorrow) (?:morning|afternoon|evening))\b",
)
def _near_day(match: re.Match[str], scene: _Scene) -> Period:
    words = match[0].split()
    if len(words) == 4:
        return cal.unit_at(scene.now, "day", -2 if words[2] == "before" else 2)
    that = cal.unit_at(scene.now, "day", {"yesterday": -1, "last": -1, "tomorrow": 1}.get(words[0], 0))
    part = "night" if words[0] == "tonight" else words[1] if len(words) == 2 else None
    return cal.part_of_day(that, part) if part else that


@_rule(
    "recent day unit",
    r"\b(?:recently|lately|the other (?P<unit>day|night|week))\b",
    cues="recently lately other",
    weak=True,
)
def _vague(match: re.Match[str], scene: _Scene) -> Period:
    back = {"day": 7, "night": 7, "week": 21}.get(match["unit"], 30)
    return Period(cal.midnight(scene.now) - timedelta(days=back), scene.now, "day" if back == 7 else "week")


@_rule(
    "unit weekday",
    r"(?<![\w.$/-])(?<!half\s)(?P<n><NUMBER>)(?:\s*(?:or|to|-|–)\s*(?P<m><NUMBER>))?[\s-]+(?P<unit><UNIT>|<LONG_DAY>s?)"
    r"(?: or (?P<more>two|so|more))? (?P<way>ago|back|earlier|later|from (?:now|today)|hence)\b",
    cues="ago back earlier later from hence",
)
def _ago(match: re.Match[str], scene: _Scene) -> Period:
    low, high = cal.count_of(match["n"])
    high = cal.count_of(match["m"])[1] if match["m"] else high + 1 if match["more"] == "two" else high
    sign = -1 if match["way"] in ("ago", "back", "earlier") else 1
    unit = cal.unit_of(match["unit"])
    if unit.endswith("day") and unit != "day":
        return cal.beside(unit, sign * low, *cal.day(scene.now).bounds)
    if unit == "year" and low == high == 1:  # "a year ago" is that month of last year, not all of that year
        return _away(scene, "month", 12 * sign, 12 * sign)
    return _away(scene, unit, sign * low, sign * high)


@_rule(
    "unit",
    r"(?<!time\s)\bin (?:about |around )?(?P<n><NUMBER>) (?P<unit><UNIT>)(?:'s? time)?\b(?! (?:of|ago|to)\b)",
    cues="in",
)
def _in_units(match: re.Match[str], scene: _Scene) -> Period:
    low, high = cal.count_of(match["n"])
    return _away(scene, cal.unit_of(match["unit"]), low, high)


@_rule(
    "unit",
    r"\b(?:(?:(?:for|over|in|during|within|these|of|throughout) )?(?:all )?(?:the )?(?P<how>last|past|next|coming)"
    r" (?P<n><NUMBER>)|(?:(?:for|over|in|during|within|throughout) (?:all )?the (?P<how2>last|past|next|coming)"
    r"|the past)) (?P<unit><UNIT>)\b",
    cues="last past next coming",
    weak=True,
)
def _rolling(match: re.Match[str], scene: _Scene) -> Period:
    sign = 1 if (match["how"] or match["how2"]) in ("next", "coming") else -1
    unit = cal.unit_of(match["unit"])
    if match["n"] is None and unit in ("weekend", "night"):
        return cal.unit_at(scene.now, unit, sign)
    return _lasting(scene, unit, sign * cal.count_of(match["n"] or "one")[1])


@_rule(
    "unit",
    r"\b(?:for (?:about |over |almost |nearly |around )?(?P<n><NUMBER>) (?P<unit><UNIT>)(?: now)?"
    r"|(?P<n2><NUMBER>) (?P<unit2><UNIT>) now)\b(?! (?:ago|old|from))",
    cues="for now",
    weak=True,
)
def _for_units(match: re.Match[str], scene: _Scene) -> Period | None:
    _, count = cal.count_of(match["n"] or match["n2"])
    return None if scene.is_future(match) else _lasting(scene, cal.unit_of(match["unit"] or match["unit2"]), -count)


@_rule(
    "unit",
    r"\b(?:the )?<HOW> (?P<unit>week|weekend|fortnight|month|quarter|year|decade)(?:'s)?\b",
    cues="last past previous next coming upcoming this",
)
def _named_unit(match: re.Match[str], scene: _Scene) -> Period:
    steps = {"last": -1, "this": 0, "next": 1, "coming": int(match["unit"] != "weekend")}
    return cal.unit_at(scene.now, match["unit"], steps[scene.how(match)])


@_rule(
    "unit weekday",
    r"\bthe (?P<unit>week|weekend|month|year|night|<LONG_DAY>) (?P<way>before last|after next)\b",
    cues="last next",
)
def _before_last(match: re.Match[str], scene: _Scene) -> Period:
    sign = -1 if match["way"].endswith("last") else 1
    if not match["unit"].endswith("day"):
        return cal.unit_at(scene.now, match["unit"], 2 * sign)
    near = cal.weekday(scene.now, cal.weekday_number(match["unit"]), "last" if sign < 0 else "coming")
    return cal.day(near.bounds[0] + timedelta(days=7 * sign))


@_rule("unit day", r"\b(?P<side>earlier|later) (?P<unit>today|this (?:week|month|year))\b", cues="earlier later")
def _side_of_unit(match: re.Match[str], scene: _Scene) -> Period:
    unit = cal.unit_at(scene.now, "day" if match["unit"] == "today" else match["unit"].split()[-1])
    begin, end = unit.bounds
    today = cal.midnight(scene.now) if unit.precision != "day" else scene.now
    side = (begin, today) if match["side"] == "earlier" else (today, end)
    return Period(*side, unit.precision) if side[0] < side[1] else unit


@_rule("unit", r"\b(?:over|during|on) the weekend\b|\bthe weekend was\b", cues="weekend")
def _the_weekend(match: re.Match[str], scene: _Scene) -> Period:
    begun = scene.now.weekday() >= 5
    return cal.unit_at(scene.now, "weekend", 0 if begun or scene.is_future(match) else -1)


@_rule(
    "unit",
    r"\b(?:the )?(?P<side>beginning|start|middle|end) of the (?P<unit>week|month|year|quarter)\b",
    cues="beginning start middle end",
)
def _side_of_current(match: re.Match[str], scene: _Scene) -> Period:
    return cal.third(cal.unit_at(scene.now, match["unit"]), cal.THIRDS[match["side"]])


@_rule(
    "weekday",
    r"\b(?:(?:<HOW> )?(?P<day><LONG_DAY>)\b(?!s)(?! school)"
    r"|(?:<HOW_TOO>|on) (?P<short>mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b(?!'| (?:down|her|him)\b))",
)
def _weekday(match: re.Match[str], scene: _Scene) -> Period | None:
    short = match["short"]
    if short in ("mon", "wed", "sat", "sun") and not scene.text[match.start("short")].isupper():
        return None
    number, how = cal.weekday_number(match["day"] or short), scene.how(match, "last")
    missed = how == "this" and number < scene.now.weekday() and scene.is_future(match)
    return cal.weekday(scene.now, number, "coming" if missed else how)


def _year_of(match: re.Match[str], scene: _Scene) -> int | None:
    """Return the year that a match names itself, by number or by "last year"."""
    if match["year"]:
        return int(match["year"])
    return scene.now.year + {"last": -1, "this": 0, "next": 1}[match["rel"]] if match["rel"] else None


def _pick(match: re.Match[str], scene: _Scene, in_year: Callable[[int], Period]) -> Period | None:
    year = _year_of(match, scene)
    return in_year(year) if year else cal.occurrence(scene.now, scene.how(match), in_year)


def _is_word(word: str, at: int, stop: int, scene: _Scene) -> bool:
    """Tell whether a month at offset `at` may well be another word: "may", "march on", an "august" body."""
    unsure = word in ("may", "march", "mar", "august") and not scene.text[at].isupper()
    return unsure and not _PHRASE_END.match(scene.low, stop)


@_rule(
    "month",
    r"<FREE>(?:the )?(?:(?P<d1><DATE>)(?: (?:day )?of)? (?P<month><MONTH>)"
    r"|(?P<month2><MONTH>)<DOT> (?:the )?(?P<d2><DATE>)\b(?![.,:/-]?[0-9])<COUNTED>)(?:<DOT><OF_YEAR>)?",
)
def _month_day(match: re.Match[str], scene: _Scene) -> Period | None:
    group = "month" if match["month"] else "month2"
    word, number = match[group], match["d1"] or match["d2"]
    if not _year_of(match, scene) and number.isdigit() and _is_word(word, match.start(group), match.end(), scene):
        return None
    of_month = int(re.sub(r"\D", "", number))
    return _pick(match, scene, lambda year: cal.day(datetime(year, cal.MONTHS[word[:3]], of_month)))


@_rule(
    "month",
    r"<FREE>(?:<HOW> )?(?P<month><MONTH>)(?:<DOT><OF_YEAR>)?(?! [0-9]{1,2}\b(?! to)|[-'](?!s\b)\w)",
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
        return (capital or len(word) > 3 or word == "may") and not _is_word(
            word, match.start("month"), match.end(), scene
        )
    return capital and len(word) > 5 and word != "august"


@_rule(
    "month",
    r"<FREE>(?:(?:from|between) )?(?:(?P<month><MONTH>) (?P<a><DATE>)<TO>(?P<b><DATE>)"
    r"|(?:the )?(?P<a2><DATE>)<TO>(?:the )?(?P<b2><DATE>) (?:of )?(?P<month2><MONTH>))"
    r"(?![.:/-]?[0-9]|,[0-9])<OF_YEAR>?",
)
def _day_range(match: re.Match[str], scene: _Scene) -> Period | None:
    month = cal.MONTHS[(match["month"] or match["month2"])[:3]]
    first, last = (int(re.sub(r"\D", "", match[one] or match[one + "2"])) for one in "ab")
    if last <= first:
        return None
    return _pick(match, scene, lambda year: cal.day(datetime(year, month, first), last - first + 1))


@_rule(
    "month",
    r"\b(?:(?:from|between) )?(?:early |late )?(?P<a><MONTH>)<TO>(?P<b><MONTH>)<OF_YEAR>?",
)
def _month_range(match: re.Match[str], scene: _Scene) -> Period | None:
    named = match[0].startswith(("from", "between")) or match["year"] or not re.search(r"\band\b", match[0])
    if not named or (not match["year"] and not scene.text[match.start("a")].isupper()):
        return None
    first, last = cal.MONTHS[match["a"][:3]], cal.MONTHS[match["b"][:3]]
    over = 1 if last < first else 0
    return _pick(match, scene, lambda year: cal.months(year - over, first, last - first + 12 * over + 1))


@_rule(
    "digit",
    r"\b(?:from|between) (?P<a><YEAR>)<TO>(?P<b><YEAR>)"
    r"|\b(?P<a2>(?:19|20)[0-9]{2})\s?[-–]\s?(?P<b2><YEAR>)",
)
def _year_range(match: re.Match[str], scene: _Scene) -> Period | None:
    first, last = int(match["a"] or match["a2"]), int(match["b"] or match["b2"])
    return cal.months(first, 1, 12 * (last - first + 1), "year") if first <= last else None


@_rule(
    "ordinal",
    r"\bthe (?P<d><ORDINAL>)\b(?: of (?P<how>this|last|next) month\b)?",
)
def _day_of_month(match: re.Match[str], scene: _Scene) -> Period | None:
    if not match["how"] and not _DAY_END.match(scene.low, match.end()):
        return None
    number, ahead, today = int(match["d"][:-2]), scene.is_future(match), cal.midnight(scene.now)
    if match["how"]:
        return cal.day_of_month(scene.now, number, {"this": 0, "last": -1, "next": 1}[match["how"]])
    near = [
        that for step in (0, 1, 2, -1, -2) if (that := cal.day_of_month(scene.now, number, step if ahead else -step))
    ]
    return next((that for that in near if (that.bounds[0] >= today if ahead else that.bounds[0] <= today)), None)


@_rule(
    "season",
    r"\b(?:<HOW> |(?P<cue>(?:in|during|over|since|until|by|before|after) (?:the )?|(?:early|mid|late|all|the)[\s-]+))?"
    r"(?P<season>spring|summer|autumn|fall|winter)<OF_YEAR>?\b"
    r"(?! (?:apart|down|onions?|rolls?|asleep|off|for|behind|into|out|water)\b)",
)
def _season(match: re.Match[str], scene: _Scene) -> Period | None:
    if not _year_of(match, scene) and not match["how"] and (match["cue"] or "the").strip() == "the":
        return None
    return _pick(match, scene, lambda year: cal.season(match["season"], year))


@_rule(
    "digit",
    r"\b(?:in|since|during|by|until|till|from|of|before|after|around|circa|early|mid|late|year|\()[\s-]*"
    r"(?:the )?(?:(?:year|end of) )?"
    r"(?<=[\s(-])(?P<span><YEAR>)(?!s)<COUNTED>"
    r"|(?:\A|[.!?] )(?P<span2><YEAR>)(?= (?:was|has|had|is|will|saw|felt|brought)\b)",
)
def _plain_year(match: re.Match[str], scene: _Scene) -> Period:
    return cal.year(int(match["span"] or match["span2"]))


@_rule(
    "digit decade",
    r"(?:\bthe (?:early|mid|late)?[ -]*(?P<span>'?[0-9]0'?s|(?:twen|thir|for|fif|six|seven|eigh|nine)ties)"
    r"|\b(?:19|20)[0-9]0'?s)\b",
)
def _decade(match: re.Match[str], scene: _Scene) -> Period:
    word = match["span"] or match[0]
    number = int(re.sub(r"\D", "", word) or cal.NUMBER_WORDS[word[:-3] + "y"])
    return cal.decade(number if number > 99 else number + (1900 if number >= 30 else 2000))


@_rule(
    "holiday unit weekday",
    r"\b(?:<HOW> )?(?P<name><HOLIDAY>)(?![\w'])(?! (?:trees?|cards?|gifts?|presents?|songs?|carols?|movies?"
    r"|costumes?|decorations?|lights|music|cookies?|spirit|eggs?|bunny|stor(?:y|ies)|resolutions?|films?)\b)<OF_YEAR>?",
    cues="christmas xmas boxing new halloween easter valentine valentines thanksgiving labor labour memorial"
    " independence juneteenth black good mother mothers father fathers st cinco fourth",
)
def _holiday(match: re.Match[str], scene: _Scene) -> Period | None:
    name = match["name"].removeprefix("the ").replace("labour", "labor")
    return _pick(match, scene, cal.holiday("xmas" if name == "xmas" else name.replace("xmas", "christmas")))


@_rule(
    "digit",
    r"(?<![\w./:-])(?P<y>(?:19|20)[0-9]{2})(?:([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>0?[1-9]|[12][0-9]|3[01])"
    r"|-w(?P<w>[0-5][0-9])|-(?P<m2>0[1-9]|1[0-2]))(?![\w/-]|\.[0-9])",
)
def _year_first(match: re.Match[str], scene: _Scene) -> Period:
    year = int(match["y"])
    if match["w"]:
        return cal.week(datetime.fromisocalendar(year, int(match["w"]), 1))
    if match["m2"]:
        return cal.months(year, int(match["m2"]))
    return cal.day(datetime(year, int(match["m"]), int(match["d"])))


@_rule(
    "digit",
    r"(?<![\w./:-])\d{4}(?:-\d\d){2}[t ]\d\d(?::\d\d){1,2}(?:\.\d{3,6})?(?:z|[+-]\d\d:\d\d)?\b",
)
def _iso_moment(match: re.Match[str], scene: _Scene) -> Period:
    moment = datetime.fromisoformat(match[0].upper())
    local = moment.astimezone(scene.zone).replace(tzinfo=None) if moment.tzinfo else moment
    return Period(local, local + timedelta(minutes=1), "minute")


@_rule(
    "digit",
    r"(?<![\w./:-])(?P<a>[0-3]?[0-9])([-/])(?P<b>[0-3]?[0-9])\2(?P<y>(?:19|20)[0-9]{2}|[0-9]{2})(?![\w/-]|\.[0-9])",
)
def _slashed(match: re.Match[str], scene: _Scene) -> Period | None:
    """Read 5/31/2023 and 31/5/2023 exactly; where both orders are possible, span both readings."""
    first, second = int(match["a"]), int(match["b"])
    year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
    orders = [(m, d) for m, d in {(first, second), (second, first)} if 1 <= m <= 12 and d]
    if not orders or (len(orders) == 2 and len(match["y"]) == 2):
        return None
    days = sorted(datetime(year, month, of_month) for month, of_month in orders)
    return Period(days[0], days[-1] + timedelta(days=1), "day" if len(days) == 1 else "month")


_TOKEN = re.compile(r"[a-z]+|[0-9]")
_SIGNALS = frozenset(cal.SIGNALS)
_Result = TypeVar("_Result")


def has_time_signal(text: str) -> bool:
    """Tell, in microseconds, whether `text` may hold a time expression; never False where `find_times` finds one.

    Args:
        text: Any text.

    >>> has_time_signal("We met last week."), has_time_signal("I like green tea.")
    (True, False)
    """
    return not _SIGNALS.isdisjoint(_TOKEN.findall(cal.lower(text)))


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
        InvalidInputError: `anchor` is naive.

    >>> [span] = find_times("We met yesterday.", datetime(2023, 5, 8, 13, 56, tzinfo=UTC))
    >>> span.text, span.begin, span.precision
    ('yesterday', datetime.datetime(2023, 5, 7, 0, 0, tzinfo=datetime.timezone.utc), 'day')
    """
    if anchor.utcoffset() is None:
        raise InvalidInputError("anchor", "an aware datetime: when the text was said", anchor)
    low = cal.lower(text)
    words = _TOKEN.findall(low)
    signals = _SIGNALS.intersection(words)
    if not signals:
        return []
    try:
        scene = _Scene(text, low, anchor, zone)
    except OverflowError:
        return []
    chosen = _without_overlaps(_scan(scene, {kind for word in signals for kind in cal.SIGNALS[word]}, set(words)))
    grown = [wider for found in chosen if (wider := _tolerant(cal.extend, found, scene.low))]
    kept = sorted(_without_overlaps(grown), key=lambda found: (found.weak, found.start))
    return [span for found in kept if (span := _tolerant(_span, found, scene))]


def _scan(scene: _Scene, kinds: set[str], words: set[str]) -> list[cal.Found]:
    found = []
    for rule in _RULES:
        if rule.needs.isdisjoint(kinds) or (rule.cues and rule.cues.isdisjoint(words)):
            continue
        for match in _compiled(rule.pattern).finditer(scene.low):
            period = _tolerant(rule.resolve, match, scene)
            if period:
                start, stop = match.span("span") if match.groupdict().get("span") else match.span()
                found.append(cal.Found(start, stop, period, rule.weak))
    return found


def _tolerant(resolve: Callable[..., _Result | None], *values: object) -> _Result | None:
    """Call `resolve`; None for dates that don't exist, such as 30 February or the year 12000."""
    try:
        return resolve(*values)
    except (ValueError, OverflowError):
        return None


def _without_overlaps(found: list[cal.Found]) -> list[cal.Found]:
    kept, taken = [], bytearray(max((one.stop for one in found), default=0))
    for one in sorted(found, key=lambda one: (one.start - one.stop, one.start)):
        if not any(taken[one.start : one.stop]):
            kept.append(one)
            taken[one.start : one.stop] = b"x" * (one.stop - one.start)
    return kept


def _span(found: cal.Found, scene: _Scene) -> TimeSpan | None:
    begin, end = (side and _to_utc(side, scene.zone) for side in (found.period.begin, found.period.end))
    if begin and end and begin >= end:
        return None
    words = scene.text[found.start : found.stop]
    stop = found.start + len(words.rstrip())
    return TimeSpan(begin, end, found.period.precision, words.rstrip(), found.start, stop)


def _to_utc(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)
