"""Times in other languages than English, read by dateparser where the extra `dates` is installed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from ricordo.text.time import TimeSpan, find_times

FindTimes = Callable[[str, datetime, tzinfo], list[TimeSpan]]

_CODES = {
    "arabic": "ar",
    "catalan": "ca",
    "danish": "da",
    "dutch": "nl",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "lithuanian": "lt",
    "norwegian": "nb",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "turkish": "tr",
}
_LONGEST = 20_000
_SHORTEST_WORD = 4


def times_of(language: str) -> FindTimes:
    """Return how times are found in texts of a Snowball language.

    English is read by our own grammar. Other languages are read by dateparser; without the extra, or in a language
    it does not know, only English expressions are found.

    >>> times_of("english") is find_times
    True
    """
    code = _CODES.get(language)
    if code is None or find_spec("dateparser") is None:
        return find_times
    return lambda text, anchor, zone: _find(code, text, anchor, zone)


def _find(code: str, text: str, anchor: datetime, zone: tzinfo) -> list[TimeSpan]:
    from dateparser.search import search_dates

    there = anchor.astimezone(zone).replace(tzinfo=None)
    settings = {"RELATIVE_BASE": there, "PREFER_DATES_FROM": "past", "PREFER_DAY_OF_MONTH": "first"}
    found, start = [], 0
    for words, date in search_dates(text[:_LONGEST], languages=[code], settings=settings) or []:
        start = text.find(words, start)
        span = _span(code, words, max(0, start), date, there, zone)
        if span is not None:
            found.append(span)
        start = max(0, start) + len(words)
    return found


def _span(code: str, words: str, start: int, date: datetime, there: datetime, zone: tzinfo) -> TimeSpan | None:
    """Return the interval of an expression; none for a short word without a digit, which is rarely a date."""
    if len(words) < _SHORTEST_WORD and not any(char.isdigit() for char in words):
        return None
    data = _parser(code, there).get_date_data(words)
    day = date.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone)
    begin, end, precision = _period(day, data.period if data.date_obj else "day")
    return TimeSpan(begin, end, precision, words, start, start + len(words))


def _period(day: datetime, period: str) -> tuple[datetime, datetime, str]:
    if period == "year":
        first = day.replace(month=1, day=1)
        return first, first.replace(year=first.year + 1), "year"
    if period == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1), "month"
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7), "week"
    return day, day + timedelta(days=1), "day"


@lru_cache(maxsize=64)
def _parser(code: str, there: datetime) -> Any:
    from dateparser.date import DateDataParser

    settings = {"RELATIVE_BASE": there, "PREFER_DATES_FROM": "past", "PREFER_DAY_OF_MONTH": "first"}
    return DateDataParser(languages=[code], settings=settings)
