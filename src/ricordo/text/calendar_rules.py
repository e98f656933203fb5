"""Calendar periods as half-open intervals of local time: what a week, a season, a holiday or a weekday is.

Everything here is naive local time; `ricordo.text.time` adds the zone. Weeks start on Monday, seasons are the
meteorological ones of the northern hemisphere, and "winter 2021" starts in December 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
WEEKDAYS = {name: at for at, name in enumerate("mon tue wed thu fri sat sun".split())}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_ONES = {
    word: at for at, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_TEENS = {
    word: at for at, word in enumerate("thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 13)
}
_TENS = {word: at * 10 for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
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


def half(period: Period, which: int) -> Period:
    """Return the first (0) or second (1) half of a period, in whole days."""
    begin, end = period.bounds
    middle = midnight(begin + (end - begin) / 2)
    return Period(*((begin, middle) if which == 0 else (middle, end)), period.precision)


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
