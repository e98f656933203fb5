"""Calendar periods as half-open intervals of local time: what a week, a season, a holiday or a weekday is.

Everything here is naive local time; `ricordo.text.time` adds the zone. Weeks start on Monday, seasons are the
meteorological ones of the northern hemisphere, and "winter 2021" starts in December 2021.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MONTHS = {
    name: at
    for at, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
WEEKDAYS = {name: at for at, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_ONES = {
    word: at
    for at, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
_TEENS = {
    word: at
    for at, word in enumerate(("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"), 13)
}
_TENS = {
    word: at * 10
    for at, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
NUMBER_WORDS = {"a": 1, "an": 1, **_ONES, **_TEENS, **_TENS}
#: What vague numbers may mean, smallest and largest.
VAGUE_NUMBERS = {"couple": (2, 3), "few": (2, 5), "several": (3, 7)}
#: First and last hour of the parts of a day, end exclusive.
PARTS_OF_DAY = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 24)}
#: Months per unit, for the units that are not a fixed number of days.
_MONTHS_PER = {"month": 1, "quarter": 3, "season": 3, "year": 12, "decade": 120}
_DAYS_PER = {"day": 1, "night": 1, "week": 7, "weekend": 7, "fortnight": 14}
#: The smallest unit in which each unit's precision can be told.
_PRECISION = {"night": "hour", "weekend": "day", "fortnight": "week", "quarter": "season"}

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open interval of naive local time; None is an open side.

    Args:
        begin: First moment, or None.
        end: First moment after it, or None.
        precision: One of `ricordo.types.PRECISIONS`.
    """

    begin: datetime | None
    end: datetime | None
    precision: str

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Both sides, for a period known to be closed; ValueError where a side is open."""
        if self.begin is None or self.end is None:
            raise ValueError("an open period has no bounds")
        return self.begin, self.end

    @property
    def is_day(self) -> bool:
        """True where it is one whole day."""
        return self.precision == "day" and self.begin is not None and self.end == self.begin + _DAY


@dataclass(frozen=True, slots=True)
class Found:
    """A match and its period in local time; `weak` ones are vague, or say how long and not when."""

    start: int
    stop: int
    period: Period
    weak: bool = False


def midnight(moment: datetime) -> datetime:
    """Return the start of the day that holds `moment`."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def add_months(moment: datetime, count: int) -> datetime:
    """Return `moment` moved by `count` months, its day cut to the length of the month it lands in.

    >>> add_months(datetime(2024, 1, 31), 1)
    datetime.datetime(2024, 2, 29, 0, 0)
    """
    years, month = divmod(moment.month - 1 + count, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + years, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=moment.year + years, month=month + 1)


def day(moment: datetime, count: int = 1) -> Period:
    """Return the `count` days that start with the day of `moment`."""
    begin = midnight(moment)
    return Period(begin, begin + timedelta(days=count), "day")


def week(moment: datetime) -> Period:
    """Return the week, Monday to Sunday, that holds `moment`."""
    begin = midnight(moment) - timedelta(days=moment.weekday())
    return Period(begin, begin + timedelta(days=7), "week")


def weekend(moment: datetime) -> Period:
    """Return the Saturday and Sunday of the week that holds `moment`."""
    begin = midnight(moment) + timedelta(days=5 - moment.weekday())
    return Period(begin, begin + timedelta(days=2), "day")


def night(moment: datetime) -> Period:
    """Return the evening and night of the day of `moment`, 18:00 to midnight."""
    return part_of_day(day(moment), "night")


def months(year: int, month: int, count: int = 1, precision: str = "month") -> Period:
    """Return `count` months from `month` of `year`."""
    begin = datetime(year, month, 1)
    return Period(begin, add_months(begin, count), precision)


def season(name: str, year: int) -> Period:
    """Return the three months of the season that begins in `year`.

    >>> season("winter", 2021).bounds
    (datetime.datetime(2021, 12, 1, 0, 0), datetime.datetime(2022, 3, 1, 0, 0))
    """
    return months(year, SEASONS[name], 3, "season")


def year(number: int) -> Period:
    """Return the calendar year `number`."""
    return months(number, 1, 12, "year")


def decade(number: int) -> Period:
    """Return the ten years from `number`."""
    return months(number, 1, 120, "decade")


def shift(moment: datetime, unit: str, count: int) -> datetime:
    """Return `moment` moved by `count` days, weeks, months, quarters, years or decades."""
    if unit in _MONTHS_PER:
        return add_months(moment, count * _MONTHS_PER[unit])
    return moment + timedelta(days=count * _DAYS_PER[unit])


def unit_at(moment: datetime, unit: str, count: int = 0) -> Period:
    """Return the calendar unit `count` units away from the one that holds `moment`.

    >>> unit_at(datetime(2023, 5, 8, 13), "month", -1).bounds
    (datetime.datetime(2023, 4, 1, 0, 0), datetime.datetime(2023, 5, 1, 0, 0))
    """
    there = shift(moment if unit not in _MONTHS_PER else moment.replace(day=1), unit, count)
    return _HOLDERS[unit](there)


def _quarter(moment: datetime) -> Period:
    return months(moment.year, (moment.month - 1) // 3 * 3 + 1, 3, "season")


_HOLDERS: dict[str, Callable[[datetime], Period]] = {
    "day": day,
    "night": night,
    "week": week,
    "fortnight": week,
    "weekend": weekend,
    "month": lambda moment: months(moment.year, moment.month),
    "quarter": _quarter,
    "year": lambda moment: year(moment.year),
    "decade": lambda moment: decade(moment.year // 10 * 10),
}


def precision_of(unit: str) -> str:
    """Return the precision that an expression in `unit` has, such as "day" for weekends."""
    return _PRECISION.get(unit, unit)


def part_of_day(period: Period, part: str) -> Period:
    """Return the morning, afternoon, evening or night of a one-day period."""
    begin, _ = period.bounds
    first, last = PARTS_OF_DAY[part]
    return Period(begin + timedelta(hours=first), begin + timedelta(hours=last), "hour")


def third(period: Period, which: int) -> Period:
    """Return the first (0), middle (1) or last (2) third of a period, cut at months or at days.

    >>> third(months(2023, 6), 2).bounds
    (datetime.datetime(2023, 6, 21, 0, 0), datetime.datetime(2023, 7, 1, 0, 0))
    """
    begin, end = period.bounds
    size = (end.year - begin.year) * 12 + end.month - begin.month
    if period.precision in ("season", "year", "decade"):
        cuts = [add_months(begin, round(size * part / 3)) for part in range(4)]
        return Period(cuts[which], cuts[which + 1], "season" if period.precision == "decade" else "month")
    days = (end - begin).days
    cuts = [begin + timedelta(days=round(days * part / 3)) for part in range(4)]
    return Period(cuts[which], cuts[which + 1], "day" if days <= 7 else "week")


def weekday(moment: datetime, number: int, how: str) -> Period:
    """Return a weekday (Monday is 0) seen from `moment`.

    Args:
        moment: Where we stand.
        number: The weekday.
        how: "last" is the nearest before today, "coming" the nearest after today, "this" the one of this week,
            "next" the one of next week.
    """
    ahead = number - moment.weekday()
    days = {"last": ahead % 7 - 7, "coming": (ahead - 1) % 7 + 1, "this": ahead, "next": ahead + 7}[how]
    return day(moment + timedelta(days=days))


def occurrence(moment: datetime, how: str, in_year: Callable[[int], Period]) -> Period | None:
    """Return the yearly period that `how` picks, seen from `moment`; None where no near year has it.

    Args:
        moment: Where we stand.
        how: "past" is the latest that has begun, "last" the latest that is over, "coming" the earliest that is not
            over, "next" the earliest that has not begun, "this" the one that begins in this year.
        in_year: The period that begins in a year; ValueError where that year has none.
    """
    if how == "this":
        return in_year(moment.year)
    back = how in ("past", "last")
    for period in _by_year(moment.year + (1 if back else -1), -1 if back else 1, in_year):
        begin, end = period.bounds
        if {"past": begin <= moment, "last": end <= moment, "coming": end > moment, "next": begin > moment}[how]:
            return period
    return None


def _by_year(first: int, step: int, in_year: Callable[[int], Period]) -> Iterator[Period]:
    for number in range(first, first + 11 * step, step):
        try:
            period = in_year(number)
        except ValueError:
            continue
        yield period


def day_of_month(moment: datetime, number: int, step: int) -> Period | None:
    """Return the day `number` of the month `step` months away; None where that month is too short."""
    begin, end = unit_at(moment, "month", step).bounds
    that = begin + timedelta(days=number - 1)
    return day(that) if begin <= that < end else None


def nth_weekday(year: int, month: int, number: int, nth: int) -> Period:
    """Return the nth (1 is the first, -1 the last) weekday `number` of a month."""
    begin, end = months(year, month).bounds
    if nth > 0:
        return day(begin + timedelta(days=(number - begin.weekday()) % 7 + 7 * (nth - 1)))
    last = end - _DAY
    return day(last - timedelta(days=(last.weekday() - number) % 7 + 7 * (-nth - 1)))


def easter(year: int) -> Period:
    """Return Easter Sunday of `year`.

    Source: the Gregorian computus, with the golden number and the epact.

    >>> easter(2024).begin
    datetime.datetime(2024, 3, 31, 0, 0)
    """
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    lead = (year + year // 4 + epact + 2 - century + century // 4) % 7
    return day(datetime(year, 3, 28) + timedelta(days=epact - lead))


def _fixed(month: int, of_month: int) -> Callable[[int], Period]:
    return lambda year: day(datetime(year, month, of_month))


#: Holidays by their key: the first letters of the name, without blanks and apostrophes.
HOLIDAYS: dict[str, Callable[[int], Period]] = {
    "christmaseve": _fixed(12, 24),
    "christmas": _fixed(12, 25),
    "xmas": _fixed(12, 25),
    "boxingday": _fixed(12, 26),
    "newyearseve": _fixed(12, 31),
    "newyear": _fixed(1, 1),
    "halloween": _fixed(10, 31),
    "valentine": _fixed(2, 14),
    "stpatrick": _fixed(3, 17),
    "cincodemayo": _fixed(5, 5),
    "juneteenth": _fixed(6, 19),
    "independenceday": _fixed(7, 4),
    "fourthofjuly": _fixed(7, 4),
    "thanksgiving": lambda year: nth_weekday(year, 11, 3, 4),
    "blackfriday": lambda year: day(nth_weekday(year, 11, 3, 4).bounds[1]),
    "laborday": lambda year: nth_weekday(year, 9, 0, 1),
    "memorialday": lambda year: nth_weekday(year, 5, 0, -1),
    "mothersday": lambda year: nth_weekday(year, 5, 6, 2),
    "fathersday": lambda year: nth_weekday(year, 6, 6, 3),
    "goodfriday": lambda year: day(easter(year).bounds[0] - timedelta(days=2)),
    "easter": easter,
}


def holiday(name: str) -> Callable[[int], Period]:
    """Return the function from a year to the holiday called `name`; KeyError where there is none."""
    key = "".join(letter for letter in name.lower() if letter.isalpha())
    return next((HOLIDAYS[known] for known in HOLIDAYS if key.startswith(known)), None) or HOLIDAYS[key]


# --- words

NUMBER = (
    r"(?:[0-9]{1,4}|(?:a )?couple(?: of)?|(?:a |the past |the last )?few|several|an?"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|one|two|three|four(?:teen)?|five|six(?:teen)?|seven(?:teen)?|eight(?:een)?|nine(?:teen)?|ten|eleven|twelve"
    r"|thirteen|fifteen)"
)
UNIT = (
    r"(?:minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|weekends?|fortnights?|months?|quarters?|years?|yrs?|decades?)"
)
LONG_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"


MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
DATE = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
ORDINAL = r"(?:[23]?1st|2?2nd|2?3rd|[12]?[04-9]th|1[1-3]th|30th)"
YEAR = r"(?:(?:19|20)[0-9]{2}|2100)\b(?!\.?[0-9]|,[0-9]|-[0-9])"
DOT = r"(?:(?<=jan|feb|mar|apr|jun|jul|aug|sep|ept|oct|nov|dec)\.)?"
HOW = r"(?P<how>last|past|previous|next|coming|upcoming|this(?: past| coming| upcoming| last| next)?)"
HOW_TOO = HOW.replace("how", "how_too")
TO = r"\s*(?:-|–|to|through|until|till|and)\s*"
OF_YEAR = r"(?:,?\s+(?:(?:of|in)\s+)?(?:(?P<year>" + YEAR + r")|(?P<rel>last|this|next)\s+year\b))"
COUNTED = (
    r"(?!\s*(?:%|(?:people|persons|words|users|miles?|km|steps|dollars|calories|points|votes|pills?|tablets?|copies"
    r"|pieces|feet|meters|metres|items|others|hours?|minutes?|years?|days|times|cups?|kg|lbs|pounds|tons?)\b))"
)
FREE = r"(?<![\w$€£#/.:])(?<![0-9]-)"

HOLIDAY = (
    r"(?:christmas(?:\s+(?:eve|day))?|xmas(?:\s+eve)?|boxing\s+day|new\s+year'?s?'?(?:\s+(?:eve|day))|new\s+year's\b|halloween|easter"
    r"|valentine'?s?'?(?:\s+day)|thanksgiving(?:\s+day)?|labou?r\s+day|memorial\s+day|independence\s+day|juneteenth"
    r"|black\s+friday|good\s+friday|mother'?s'?\s+day|father'?s'?\s+day|st\.?\s+patrick'?s?(?:\s+day)?|cinco\s+de\s+mayo"
    r"|(?:the\s+)?fourth\s+of\s+july)"
)

_SIGNAL_WORDS = {
    "day": "today yesterday tomorrow tonight morning afternoon evening night day",
    "unit": "minute minutes min mins hour hours hr hrs day days night nights week weeks weekend weekends fortnight"
    " fortnights month months quarter quarters year years yr yrs decade decades",
    "month": "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august"
    " september october november december",
    "weekday": "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday"
    " mondays tuesdays wednesdays thursdays fridays saturdays sundays",
    "season": "spring summer autumn fall winter",
    "holiday": "christmas xmas boxing year halloween easter valentine valentines thanksgiving labor labour memorial"
    " independence juneteenth mother mothers father fathers patrick patricks cinco fourth",
    "decade": "twenties thirties forties fifties sixties seventies eighties nineties",
    "ordinal": "st nd rd th",
    "digit": "0 1 2 3 4 5 6 7 8 9",
    "recent": "recently lately",
}
#: The kinds of expression that a word (or a digit) may belong to: no expression is without one of these.
SIGNALS = {
    word: frozenset(kind for kind, words in _SIGNAL_WORDS.items() if word in words.split())
    for word in " ".join(_SIGNAL_WORDS.values()).split()
}


def lower(text: str) -> str:
    """Return `text` in lower case with straight apostrophes, every character at its old offset."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return low.replace("\u2019", "'")


def unit_of(word: str) -> str:
    """Return the unit that `word` names: "day" for "days", "hour" for "hrs"."""
    word = word.rstrip("s")
    return {"min": "minute", "hr": "hour", "yr": "year"}.get(word, word)


def count_of(word: str) -> tuple[int, int]:
    """Return the smallest and largest number that `word` may mean."""
    for vague, bounds in VAGUE_NUMBERS.items():
        if vague in word:
            return bounds
    number = int(word) if word[0].isdigit() else sum(NUMBER_WORDS[part] for part in re.split("[- ]", word))
    return number, number


def weekday_number(word: str) -> int:
    """Return the number of the weekday that `word` names, in full or cut short; Monday is 0."""
    return WEEKDAYS[word[:3]]


# --- extending a match to the left and to the right

THIRDS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_LEFT_PART = re.compile(
    r"\b(?:(?:the\s+)?(?P<word>early|mid|late)(?:\s+(?:in|on))?[\s-]+(?:the\s+)?"
    r"|(?:the\s+)?(?:very\s+)?(?P<of>beginning|start|middle|end)\s+of\s+(?:the\s+)?)\Z"
)
_LEFT_NTH = re.compile(
    rf"\b(?:the\s+)?(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<unit>weekend|week|day|{LONG_DAY})\s+(?:of|in)\s+(?:the\s+)?\Z"
)
_LEFT_OFFSET = re.compile(
    rf"\b(?:the\s+|(?P<n>{NUMBER})\s+)?(?P<unit>{UNIT}|{LONG_DAY}s?|morning|afternoon|evening)"
    r"\s+(?P<way>before|prior\s+to|after|following|from|of)\s+(?:the\s+)?\Z"
)
_LEFT_OPEN = re.compile(
    r"\b(?P<way>ever\s+since|since|up\s+until|until|till?|before|prior\s+to|after|by)\s+(?:about\s+|around\s+|the\s+)?\Z"
)
_CLOCK = r"(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5][0-9]))?\s?(?P<half>[ap])\.?m\b\.?"
_RIGHT_CLOCK = re.compile(rf",?\s+(?:at\s+|around\s+|about\s+)?{_CLOCK}")
_LEFT_CLOCK = re.compile(rf"(?:\b(?:at|around)\s+)?(?<![\w:]){_CLOCK},?\s+(?:on\s+)?\Z")
_RIGHT_PART = re.compile(r"\s+(?:in\s+the\s+|at\s+)?(?P<part>morning|afternoon|evening|night)\b")
_RECURRING = re.compile(r"\b(?:every|each|any|per|either)(?:\s+other)?\s+\Z")
_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}


def extend(found: Found, low: str) -> Found | None:
    """Grow a match by the words around it; None where they show that it is no single time ("every Friday")."""
    found = _extend_hours(found, low)
    owner = "'s" in (low[found.stop - 2 : found.stop], low[found.stop : found.stop + 2])
    for _ in range(3):
        window = max(found.start - 40, 0)
        for left, apply in _LEFTS:
            match = left.search(low, window, found.start)
            period = apply(match, found.period) if match and not (left is _LEFT_OPEN and owner) else None
            if match and period:
                found = replace(found, start=match.start(), period=period, weak=_is_open(period))
                break
        else:
            break
        if _is_open(found.period):
            break
    if _RECURRING.search(low, max(found.start - 14, 0), found.start):
        return None
    return found


def _is_open(period: Period) -> bool:
    return period.begin is None or period.end is None


def _extend_hours(found: Found, low: str) -> Found:
    if not found.period.is_day:
        return found
    if part := _RIGHT_PART.match(low, found.stop):
        return replace(found, stop=part.end(), period=part_of_day(found.period, part["part"]))
    if clock := _RIGHT_CLOCK.match(low, found.stop):
        return replace(found, stop=clock.end(), period=_at_clock(clock, found.period))
    if clock := _LEFT_CLOCK.search(low, max(found.start - 24, 0), found.start):
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
    return third(period, THIRDS[match["word"] or match["of"]])


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
    number = 5 if unit == "weekend" else weekday_number(unit)
    first = begin + timedelta(days=(number - begin.weekday()) % 7)
    last = end - timedelta(days=(end.weekday() - number - 1) % 7 + 1)
    return day(first + size * (nth - 1) if nth > 0 else last, 2 if unit == "weekend" else 1)


def _left_offset(match: re.Match[str], period: Period) -> Period | None:
    """Resolve "the week before", "two days after", "the Sunday before", "the week of" a known period."""
    way, unit = match["way"], match["unit"]
    if _is_open(period):
        return None
    if way == "of":
        return _unit_of(unit, period) if match["n"] is None else None
    if (unit in PARTS_OF_DAY and unit != "night") or (way == "from" and not match["n"]):
        return None
    number = count_of(match["n"] or "one")[1]
    back = way in ("before", "prior to")
    return beside(unit.rstrip("s"), -number if back else number, *period.bounds)


def _unit_of(unit: str, period: Period) -> Period | None:
    begin = period.bounds[0]
    if unit in PARTS_OF_DAY:
        return part_of_day(period, unit) if period.is_day else None
    if unit in ("week", "weekend") and period.is_day:
        return unit_at(begin, unit)
    return period if unit == period.precision or (unit == "day" and period.is_day) else None


def beside(unit: str, count: int, begin: datetime, end: datetime) -> Period:
    """Return the period `count` units before (negative) or after a known one."""
    last = end - timedelta(microseconds=1)
    side = begin if count < 0 else last
    if unit.endswith("day") and unit != "day":
        near, _ = weekday(side, weekday_number(unit), "last" if count < 0 else "coming").bounds
        return day(near + timedelta(days=7 * (count - (1 if count > 0 else -1))))
    if unit == "weekend":
        monday = begin - timedelta(days=begin.weekday()) if count < 0 else side
        return unit_at(monday, "weekend", count)
    unit = unit_of(unit)
    if unit in ("minute", "hour"):
        size = timedelta(**{unit + "s": count})
        return Period(begin + size, end + size, unit)
    if unit in ("day", "night"):
        return unit_at(shift(side, "day", count), unit)
    there = shift(begin if count < 0 else end, unit, count)
    one = shift(there, unit, 1 if count < 0 else -1)
    return Period(min(there, one), max(there, one), precision_of(unit))


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
