"""Measure `ricordo.text.time` on the temporal questions of a LoCoMo file.

    python benchmarks/times.py PATH [--misses]

A question counts where it is of category 2, has one evidence turn that exists, and its gold answer reads as an
interval. A prediction hits where it overlaps the gold interval and is no wider than 31 days or 1.1 times the gold,
whichever is more; without any span the day of the session is the prediction. The data are CC BY-NC: nothing of them
may be copied into the repository.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ricordo.text.time import TimeSpan, find_times, has_time_signal

Interval = tuple[datetime, datetime]

DAY = timedelta(days=1)
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = {
    word: at
    for at, word in enumerate(("the", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)
}
MONTH = "(?P<m>" + "|".join(MONTHS) + ")"
DATE = rf"(?:(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)? {MONTH}(?: (?P<y>[0-9]{{4}}))?)"
UNITS = "day|week|weekend|month|year|" + "|".join(WEEKDAYS)
SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12}


@dataclass
class Case:
    """One question: the turn that answers it, when that was said, and what the answer should be."""

    answer: str
    gold: Interval
    said: datetime
    text: str


@dataclass
class Report:
    """What `main` prints; shares are of `n`, times are CPU."""

    n: int = 0
    first_span: float = 0.0
    any_span: float = 0.0
    ms_per_turn: float = 0.0
    ms_per_turn_with_signal: float = 0.0
    us_prefilter_without_signal: float = 0.0
    turns: int = 0
    misses: list[dict[str, Any]] = field(default_factory=list)


def session_date(words: str) -> datetime:
    """Return the moment of "1:56 pm on 8 May, 2023", as UTC."""
    return datetime.strptime(words, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)


def gold_interval(answer: str, said: datetime) -> Interval | None:
    """Return the interval a gold answer names, or None where it is no date."""
    words = re.sub(r"[`.,]", " ", str(answer).lower())
    words = re.sub(r"\s+", " ", words).strip()
    if words.startswith("since "):
        since = gold_interval(words.removeprefix("since "), said)
        return since and (since[0], said)
    words = re.sub(r"^(?:in|on|around|about|early|late|mid) ", "", words)
    words = re.sub(rf"^{MONTH} ([0-9]{{1,2}})(?:st|nd|rd|th)?(?= [0-9]{{4}}|$)", r"\2 \1", words)
    for pattern, read in GOLD:
        match = pattern.fullmatch(words)
        if match:
            try:
                return read(match, said)
            except ValueError:
                return None
    return None


def _date(match: re.Match[str], said: datetime) -> datetime:
    month = MONTHS.index(match["m"]) + 1
    return datetime(int(match["y"] or said.year), month, int(match["d"]), tzinfo=UTC)


def _months(year: int, month: int, count: int) -> Interval:
    last = year * 12 + month - 1 + count
    return datetime(year, month, 1, tzinfo=UTC), datetime(last // 12, last % 12 + 1, 1, tzinfo=UTC)


def _weekday_before(day: datetime, number: int) -> datetime:
    return day - DAY * ((day.weekday() - number - 1) % 7 + 1)


def _before(match: re.Match[str], said: datetime) -> Interval:
    day, unit = _date(match, said), match["unit"]
    word = match["n"] or "the"
    count = int(word) if word.isdigit() else NUMBERS["the" if word == "a" else word]
    if unit in WEEKDAYS or unit == "weekend":
        first = _weekday_before(day, 5 if unit == "weekend" else WEEKDAYS.index(unit)) - DAY * 7 * (count - 1)
        return first, first + DAY * (2 if unit == "weekend" else 1)
    size = {"day": 1, "week": 7, "month": 31, "year": 365}[unit]
    return day - DAY * size * count, day - DAY * size * (count - 1)


def _after(match: re.Match[str], said: datetime) -> Interval:
    day, unit = _date(match, said), match["unit"]
    if unit in WEEKDAYS or unit == "weekend":
        first = day + DAY * (((5 if unit == "weekend" else WEEKDAYS.index(unit)) - day.weekday() - 1) % 7 + 1)
        return first, first + DAY * (2 if unit == "weekend" else 1)
    size = {"day": 1, "week": 7, "month": 31, "year": 365}[unit]
    return day + DAY, day + DAY * (size + 1)


def _of(match: re.Match[str], said: datetime) -> Interval:
    day = _date(match, said)
    monday = day - DAY * day.weekday()
    return (monday + DAY * 5, monday + DAY * 7) if match["unit"] == "weekend" else (monday, monday + DAY * 7)


def _nth_of_month(match: re.Match[str], said: datetime) -> Interval:
    begin, end = _months(int(match["y"] or said.year), MONTHS.index(match["m"]) + 1, 1)
    if match["unit"] == "week":
        nth = {"first": 0, "second": 1, "third": 2, "fourth": 3}.get(match["nth"])
        return (end - DAY * 7, end) if nth is None else (begin + DAY * 7 * nth, begin + DAY * 7 * (nth + 1))
    saturday = begin + DAY * ((5 - begin.weekday()) % 7)
    saturday = saturday + DAY * 7 * {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": 3}[match["nth"]]
    return saturday, saturday + DAY * 2


def _ago(match: re.Match[str], said: datetime) -> Interval:
    word, unit = match["n"], match["unit"]
    low, high = (2, 5) if word == "a few" else (int(word),) * 2 if word.isdigit() else (NUMBERS.get(word, 1),) * 2
    if unit == "year":
        return _months(said.year - high, 1, 12 * (high - low + 1))
    size = {"day": 1, "week": 7, "month": 30}[unit]
    today = said.replace(hour=0, minute=0)
    return today - DAY * size * high, today - DAY * size * (low - 1)


GOLD: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Interval]], ...] = (
    (re.compile(DATE), lambda m, said: (_date(m, said), _date(m, said) + DAY)),
    (re.compile("(?P<y>(?:19|20)[0-9]{2})"), lambda m, said: _months(int(m["y"]), 1, 12)),
    (re.compile(rf"{MONTH} (?P<y>[0-9]{{4}})"), lambda m, said: _months(int(m["y"]), MONTHS.index(m["m"]) + 1, 1)),
    (re.compile(rf"(?:(?P<n>the|a|[0-9]+|{'|'.join(NUMBERS)}) )?(?P<unit>{UNITS})s? before {DATE}"), _before),
    (re.compile(rf"(?:the )?(?P<unit>{UNITS}) (?:after|following) {DATE}"), _after),
    (re.compile(rf"(?:the )?(?P<unit>week|weekend) of {DATE}"), _of),
    (re.compile(rf"(?:the )?(?P<nth>first|second|third|fourth|last) (?P<unit>week|weekend) (?:of|in) {MONTH}"
                "(?: (?P<y>[0-9]{4}))?"), _nth_of_month),
    (re.compile("(?:the )?(?P<s>spring|summer|fall|autumn|winter)(?: of)? (?P<y>[0-9]{4})"),
     lambda m, said: _months(int(m["y"]), SEASONS[m["s"]], 3)),
    (re.compile("(?P<n>a few|a|[0-9]+|[a-z]+) (?P<unit>day|week|month|year)s? ago"), _ago),
)  # fmt: skip


def conversations(path: Path) -> Iterator[tuple[dict[str, tuple[str, datetime]], list[dict[str, Any]]]]:
    """Yield, for each conversation, its turns by id with their text and moment, and its questions."""
    for sample in json.loads(path.read_text(encoding="utf-8")):
        talk, turns = sample["conversation"], {}
        for key, session in talk.items():
            if isinstance(session, list) and f"{key}_date_time" in talk:
                said = session_date(talk[f"{key}_date_time"])
                turns.update({turn["dia_id"]: (turn["text"], said) for turn in session})
        yield turns, sample["qa"]


def cases_of(turns: dict[str, tuple[str, datetime]], questions: list[dict[str, Any]]) -> Iterator[Case]:
    """Yield the temporal questions that have one evidence turn and a readable answer."""
    for question in questions:
        evidence = question.get("evidence", [])
        if question["category"] != 2 or len(evidence) != 1 or evidence[0] not in turns:
            continue
        text, said = turns[evidence[0]]
        gold = gold_interval(question["answer"], said)
        if gold:
            yield Case(str(question["answer"]), gold, said, text)


def is_hit(begin: datetime | None, end: datetime | None, case: Case) -> bool:
    """Tell whether an interval overlaps the gold one and is no vaguer; an open side ends at the session."""
    begin, end = begin or datetime.min.replace(tzinfo=UTC), end or case.said
    limit = max(DAY * 31, (case.gold[1] - case.gold[0]) * 1.1)
    return begin < case.gold[1] and case.gold[0] < end and end - begin <= limit


def hits(spans: list[TimeSpan], case: Case) -> list[bool]:
    """Return, span by span, whether it hits; the day of the session stands in for no span."""
    if not spans:
        today = case.said.replace(hour=0, minute=0)
        return [is_hit(today, today + DAY, case)]
    return [is_hit(span.begin, span.end, case) for span in spans]


def speed(turns: list[tuple[str, datetime]], report: Report) -> None:
    """Fill in the CPU time of finding times in every turn, and of the prefilter where it says no."""
    marked = [turn for turn in turns if has_time_signal(turn[0])]
    plain = [text for text, _ in turns if not has_time_signal(text)]
    report.turns = len(turns)
    start = time.process_time()
    for text, said in marked:
        find_times(text, said)
    spent = time.process_time() - start
    start = time.process_time()
    for text in plain:
        has_time_signal(text)
    filtering = time.process_time() - start
    report.ms_per_turn_with_signal = round(1e3 * spent / max(len(marked), 1), 4)
    report.us_prefilter_without_signal = round(1e6 * filtering / max(len(plain), 1), 2)


def main() -> None:
    """Print the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("path", type=Path)
    parser.add_argument("--misses", action="store_true", help="print what was read wrong")
    options = parser.parse_args()
    every_turn: list[tuple[str, datetime]] = []
    cases: list[Case] = []
    for turns, questions in conversations(options.path):
        every_turn.extend(turns.values())
        cases.extend(cases_of(turns, questions))
    report, first, any_hit = Report(n=len(cases)), 0, 0
    start = time.process_time()
    answers = [find_times(case.text, case.said) for case in cases]
    report.ms_per_turn = round(1e3 * (time.process_time() - start) / max(len(cases), 1), 4)
    for case, spans in zip(cases, answers, strict=True):
        found = hits(spans, case)
        first, any_hit = first + found[0], any_hit + any(found)
        if not found[0] and options.misses:
            words = [span.text for span in spans]
            report.misses.append({"gold": case.answer, "said": str(case.said), "spans": words, "text": case.text})
    report.first_span, report.any_span = round(first / max(report.n, 1), 4), round(any_hit / max(report.n, 1), 4)
    speed(every_turn, report)
    print(json.dumps(asdict(report), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
