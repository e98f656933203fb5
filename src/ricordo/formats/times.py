"""Times as outside files write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

_WEEKDAY = re.compile(r"\s*\((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\)\s*", re.IGNORECASE)
_SLASHED = re.compile(r"^(\d{4})/(\d{2})/(\d{2})")
_SPOKEN = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})\s*(?P<half>[ap])\.?m\.?\s+on\s+"
    r"(?P<day>\d{1,2})\s+(?P<month>[a-z]{3,9}),?\s+(?P<year>\d{4})",
    re.IGNORECASE | re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Epoch numbers above this are milliseconds; as seconds they would lie past the year 5000.
_MILLISECONDS = 1e11
_LONGEST = 80


def read_time(value: Any, zone: tzinfo) -> datetime:
    """Return the moment that a value of a file names, in UTC.

    It reads ISO 8601 with or without a zone, the same with slashes and a weekday, "1:56 pm on 8 May, 2023", and
    numbers of seconds or milliseconds since 1970.

    Args:
        value: What the file holds.
        zone: The zone of a time that names none.

    Raises:
        ValueError: It is no time in one of these forms.

    >>> read_time("2023/05/20 (Sat) 02:21", UTC).isoformat()
    '2023-05-20T02:21:00+00:00'
    >>> read_time("12:09 am on 1 June, 2023", UTC).isoformat()
    '2023-06-01T00:09:00+00:00'
    """
    try:
        moment = _parse(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"time not understood: {str(value)[:60]!r}") from error


def _parse(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS else value, UTC)
    if not isinstance(value, str):
        raise ValueError("a time is text or a number")
    text = value.strip()
    if len(text) > _LONGEST:
        raise ValueError("too long for a time")
    if spoken := _SPOKEN.fullmatch(text):
        return _spoken(spoken)
    text = _WEEKDAY.sub(" ", text).strip()
    return datetime.fromisoformat(_SLASHED.sub(r"\1-\2-\3", text))


def _spoken(match: re.Match[str]) -> datetime:
    hour = int(match["hour"])
    if not 1 <= hour <= 12:
        raise ValueError("an hour with am or pm is 1 to 12")
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return datetime(int(match["year"]), month, int(match["day"]), hour, int(match["minute"]))
