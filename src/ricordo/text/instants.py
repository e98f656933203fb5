"""ISO values of callers as instants and intervals in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from ricordo.errors import InvalidInputError
from ricordo.text import calendar_rules as cal
from ricordo.text.calendar_rules import Period

_ISO_YEAR = re.compile(r"[0-9]{4}")
_ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_ISO_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTERVAL_RULE = "an ISO year, month, week or day (2026, 2026-01, 2026-W03, 2026-01-15), or an aware datetime"
_INSTANT_RULE = (
    "an aware datetime, ISO text with an offset (2026-05-03T10:00Z), or an ISO date; never without an offset"
)


def parse_interval(value: str | date | datetime, field: str, zone: tzinfo = UTC) -> tuple[datetime, datetime, str]:
    """Return the interval [begin, end) in UTC that `value` names, and its precision.

    Args:
        value: "2026", "2026-01", "2026-W03", "2026-01-15", a date, or an aware datetime or its ISO text; a datetime is
            its own begin and lasts one minute.
        field: The argument to name in errors.
        zone: The zone whose days these are.

    Raises:
        InvalidInputError: It is none of these, is naive, or is out of range.

    >>> begin, end, precision = parse_interval("2026-01", "valid_at")
    >>> begin.isoformat(), end.isoformat(), precision
    ('2026-01-01T00:00:00+00:00', '2026-02-01T00:00:00+00:00', 'month')
    """
    try:
        period = _period(value)
        if period:
            first, last = (side.replace(tzinfo=zone).astimezone(UTC) for side in period.bounds)
            return first, last, period.precision
        begin = parse_instant(value, field, zone)
        return begin, begin + timedelta(minutes=1), "minute"
    except (ValueError, OverflowError):
        raise InvalidInputError(field, _INTERVAL_RULE, value) from None


def parse_instant(value: str | date | datetime, field: str, zone: tzinfo = UTC) -> datetime:
    """Return the moment that `value` names, in UTC.

    Args:
        value: An aware datetime, ISO text with an offset, or a date (object or ISO text), the start of its day.
        field: The argument to name in errors.
        zone: The zone in which a date begins.

    Raises:
        InvalidInputError: It is none of these, is naive, or is out of range.

    >>> parse_instant("2026-05-03T10:00+02:00", "at").isoformat()
    '2026-05-03T08:00:00+00:00'
    """
    try:
        moment = _moment(value, zone)
        if moment and moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    raise InvalidInputError(field, _INSTANT_RULE, value)


def _period(value: object) -> Period | None:
    """Return the local period of a date or an ISO year, month, week or day; None for anything else."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return cal.day(datetime(value.year, value.month, value.day))
    if not isinstance(value, str):
        return None
    if _ISO_YEAR.fullmatch(value):
        return cal.year(int(value))
    if found := _ISO_MONTH.fullmatch(value):
        return cal.months(int(found[1]), int(found[2]))
    if found := _ISO_WEEK.fullmatch(value):
        return cal.week(datetime.fromisocalendar(int(found[1]), int(found[2]), 1))
    return cal.day(datetime.fromisoformat(value)) if _ISO_DAY.fullmatch(value) else None


def _moment(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=zone) if _ISO_DAY.fullmatch(value) else moment
