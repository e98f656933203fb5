"""Time expressions: a table of sentences with the interval each means, laws, and the values callers may give."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ricordo.errors import InvalidInputError
from ricordo.text.calendar_rules import easter
from ricordo.text.instants import parse_instant, parse_interval
from ricordo.text.time import TimeSpan, find_times, has_time_signal
from ricordo.types import PRECISIONS

#: A Wednesday afternoon.
ANCHOR = datetime(2023, 7, 12, 15, 30, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")

#: Sentence | the words found | begin/end in UTC ("..": open, "now": the anchor) | precision.
SENTENCES = """
I finished the report today. | today | 2023-07-12/2023-07-13 | day
She called yesterday! | yesterday | 2023-07-11/2023-07-12 | day
The plumber comes tomorrow | tomorrow | 2023-07-13/2023-07-14 | day
Dinner is at ours tonight. | tonight | 2023-07-12T18/2023-07-13 | hour
It snowed last night | last night | 2023-07-11T18/2023-07-12 | hour
This morning the bus was late | This morning | 2023-07-12T05/2023-07-12T12 | hour
I nap this afternoon | this afternoon | 2023-07-12T12/2023-07-12T18 | hour
We sing this evening | this evening | 2023-07-12T17/2023-07-13 | hour
He left yesterday morning | yesterday morning | 2023-07-11T05/2023-07-11T12 | hour
I fly tomorrow night | tomorrow night | 2023-07-13T18/2023-07-14 | hour
He left the day before yesterday | the day before yesterday | 2023-07-10/2023-07-11 | day
It opens the day after tomorrow | the day after tomorrow | 2023-07-14/2023-07-15 | day
I saw a fox the other day | the other day | 2023-07-05/now | day
I have baked a lot recently | recently | 2023-06-12/now | week
She rang yesterday at 3pm | yesterday at 3pm | 2023-07-11T15/2023-07-11T16 | hour
She rang yesterday at 9:45 am. | yesterday at 9:45 am. | 2023-07-11T09:45/2023-07-11T09:46 | minute
She rang at 3pm yesterday | at 3pm yesterday | 2023-07-11T15/2023-07-11T16 | hour
Ten minutes ago it rang | Ten minutes ago | 2023-07-12T15:20/2023-07-12T15:21 | minute
It rang two hours ago | two hours ago | 2023-07-12T13:30/2023-07-12T14:30 | hour
I moved 3 days ago | 3 days ago | 2023-07-09/2023-07-10 | day
I moved a couple of days ago | a couple of days ago | 2023-07-09/2023-07-11 | day
I moved a few days ago | a few days ago | 2023-07-07/2023-07-11 | day
I moved several weeks ago | several weeks ago | 2023-05-22/2023-06-26 | week
I moved two weeks ago | two weeks ago | 2023-06-26/2023-07-03 | week
I moved a week or two ago | a week or two ago | 2023-06-26/2023-07-10 | week
I moved 2-3 weeks ago | 2-3 weeks ago | 2023-06-19/2023-07-03 | week
I moved six months ago | six months ago | 2023-01-01/2023-02-01 | month
I moved a year ago | a year ago | 2022-07-01/2022-08-01 | month
I moved twenty-five years ago | twenty-five years ago | 1998-01-01/1999-01-01 | year
I moved two or three years ago | two or three years ago | 2020-01-01/2022-01-01 | year
I camped two weekends ago | two weekends ago | 2023-07-01/2023-07-03 | day
I bowled two Fridays ago | two Fridays ago | 2023-06-30/2023-07-01 | day
The lease ends in 10 days. | in 10 days | 2023-07-22/2023-07-23 | day
It starts in two weeks' time | in two weeks' time | 2023-07-24/2023-07-31 | week
The test is 3 days from now | 3 days from now | 2023-07-15/2023-07-16 | day
We met last week. | last week | 2023-07-03/2023-07-10 | week
I'm busy this week. | this week | 2023-07-10/2023-07-17 | week
I start next week | next week | 2023-07-17/2023-07-24 | week
We hiked last weekend | last weekend | 2023-07-08/2023-07-10 | day
We hiked this past weekend | this past weekend | 2023-07-08/2023-07-10 | day
We hiked over the weekend | over the weekend | 2023-07-08/2023-07-10 | day
We will hike next weekend | next weekend | 2023-07-22/2023-07-24 | day
I was ill last month | last month | 2023-06-01/2023-07-01 | month
I travel next month | next month | 2023-08-01/2023-09-01 | month
It was sold last year | last year | 2022-01-01/2023-01-01 | year
Sales fell last quarter | last quarter | 2023-04-01/2023-07-01 | season
I ran a lot earlier this month | earlier this month | 2023-07-01/2023-07-12 | month
It closes later this year | later this year | 2023-07-12/2024-01-01 | year
I skied the week before last | the week before last | 2023-06-26/2023-07-03 | week
I swam last Friday | last Friday | 2023-07-07/2023-07-08 | day
I swam last Wednesday | last Wednesday | 2023-07-05/2023-07-06 | day
I swam last Tues, it was cold | last Tues | 2023-07-11/2023-07-12 | day
I swam on Friday | Friday | 2023-07-07/2023-07-08 | day
I will swim on Friday | Friday | 2023-07-14/2023-07-15 | day
I swim this Friday | this Friday | 2023-07-14/2023-07-15 | day
I swam this past Tuesday | this past Tuesday | 2023-07-11/2023-07-12 | day
I swim next Tuesday | next Tuesday | 2023-07-18/2023-07-19 | day
I swim this coming Monday | this coming Monday | 2023-07-17/2023-07-18 | day
I swam the Friday before last | the Friday before last | 2023-06-30/2023-07-01 | day
See you on Saturday night! | Saturday night | 2023-07-15T18/2023-07-16 | hour
We moved last summer | last summer | 2022-06-01/2022-09-01 | season
We move next spring | next spring | 2024-03-01/2024-06-01 | season
We moved in the summer of 2022 | in the summer of 2022 | 2022-06-01/2022-09-01 | season
We moved in winter 2021 | in winter 2021 | 2021-12-01/2022-03-01 | season
We moved in the spring. | in the spring | 2023-03-01/2023-06-01 | season
He left the week of 5 June | the week of 5 June | 2023-06-05/2023-06-12 | week
He left the week before 9 June 2023 | the week before 9 June 2023 | 2023-06-02/2023-06-09 | week
He left the Sunday before 25 May 2023 | the Sunday before 25 May 2023 | 2023-05-21/2023-05-22 | day
He left two weekends before 17 July 2023 | two weekends before 17 July 2023 | 2023-07-08/2023-07-10 | day
He left three days after Christmas | three days after Christmas | 2022-12-28/2022-12-29 | day
He left the first weekend of August 2022 | the first weekend of August 2022 | 2022-08-06/2022-08-08 | day
He left the last Friday of June | the last Friday of June | 2023-06-30/2023-07-01 | day
He left on the morning of May 5 | the morning of May 5 | 2023-05-05T05/2023-05-05T12 | hour
It was signed in May 2023 | May 2023 | 2023-05-01/2023-06-01 | month
It was signed on 7 May | 7 May | 2023-05-07/2023-05-08 | day
It was signed on May 7th | May 7th | 2023-05-07/2023-05-08 | day
It was signed on 7 May 2021. | 7 May 2021 | 2021-05-07/2021-05-08 | day
It was signed on May 7, 2021 | May 7, 2021 | 2021-05-07/2021-05-08 | day
It was signed the 7th of May, 2021 | the 7th of May, 2021 | 2021-05-07/2021-05-08 | day
It was signed on Dec. 3 | Dec. 3 | 2022-12-03/2022-12-04 | day
we'll sign on 3 december | 3 december | 2023-12-03/2023-12-04 | day
It was signed in March | March | 2023-03-01/2023-04-01 | month
It was signed in September. | September | 2022-09-01/2022-10-01 | month
We're going to sign in September. | September | 2023-09-01/2023-10-01 | month
it was signed in march. | march | 2023-03-01/2023-04-01 | month
it was signed last may | last may | 2023-05-01/2023-06-01 | month
It was signed in June last year | June last year | 2022-06-01/2022-07-01 | month
It was signed in early March | early March | 2023-03-01/2023-03-11 | week
It was signed at the end of June | the end of June | 2023-06-21/2023-07-01 | week
It was signed at the beginning of 2021 | the beginning of 2021 | 2021-01-01/2021-05-01 | month
After last week's match I slept | last week's | 2023-07-03/2023-07-10 | week
It was signed in mid-August | mid-August | 2022-08-11/2022-08-22 | week
I have lived here since March | since March | 2023-03-01/.. | month
I have lived here since 2016 | since 2016 | 2016-01-01/.. | year
I need it by March | by March | ../2024-04-01 | month
I stayed until June | until June | ../2023-07-01 | month
I smoked before 2020 | before 2020 | ../2020-01-01 | year
I stopped after 2020 | after 2020 | 2021-01-01/.. | year
The file says 2023-05-07. | 2023-05-07 | 2023-05-07/2023-05-08 | day
The file says 2023/5/7 | 2023/5/7 | 2023-05-07/2023-05-08 | day
The log says 2023-05-07T10:15Z | 2023-05-07T10:15Z | 2023-05-07T10:15/2023-05-07T10:16 | minute
The plan says 2023-W03 | 2023-W03 | 2023-01-16/2023-01-23 | week
The plan says 2023-02 | 2023-02 | 2023-02-01/2023-03-01 | month
The form says 5/31/2023 | 5/31/2023 | 2023-05-31/2023-06-01 | day
The form says 31/5/2023 | 31/5/2023 | 2023-05-31/2023-06-01 | day
The form says 5/5/2023 | 5/5/2023 | 2023-05-05/2023-05-06 | day
The form says 7/5/2023 | 7/5/2023 | 2023-05-07/2023-07-06 | month
I graduated in 2012. | 2012 | 2012-01-01/2013-01-01 | year
Back in 2019 we had a dog | 2019 | 2019-01-01/2020-01-01 | year
I grew up in the 90s | 90s | 1990-01-01/2000-01-01 | decade
It was built in the 1950s | 1950s | 1950-01-01/1960-01-01 | decade
It was built in the early 2000s | the early 2000s | 2000-01-01/2003-05-01 | season
I studied from May to July 2022 | from May to July 2022 | 2022-05-01/2022-08-01 | month
I studied from November to February 2022 | from November to February 2022 | 2021-11-01/2022-03-01 | month
I studied between 2019 and 2021 | between 2019 and 2021 | 2019-01-01/2022-01-01 | year
The fair ran May 3-5 | May 3-5 | 2023-05-03/2023-05-06 | day
The fair ran 3 to 5 May 2022 | 3 to 5 May 2022 | 2022-05-03/2022-05-06 | day
I've painted for three years now | for three years now | 2020-07-12/now | year
Seven years now, and still painting | Seven years now | 2016-07-12/now | year
I slept badly for the past two months | for the past two months | 2023-05-12/now | month
I slept badly over the last week | over the last week | 2023-07-05/now | week
I slept badly these past few days | these past few days | 2023-07-07/now | day
The rent was paid on the 15th | the 15th | 2023-06-15/2023-06-16 | day
The rent will be paid on the 15th | the 15th | 2023-07-15/2023-07-16 | day
The rent was paid the 2nd of this month | the 2nd of this month | 2023-07-02/2023-07-03 | day
We cooked on Christmas Day | Christmas Day | 2022-12-25/2022-12-26 | day
We cooked at Christmas 2020 | Christmas 2020 | 2020-12-25/2020-12-26 | day
We will cook at Christmas | Christmas | 2023-12-25/2023-12-26 | day
We danced on New Year’s Eve | New Year’s Eve | 2022-12-31/2023-01-01 | day
We ate out on Valentine's Day | Valentine's Day | 2023-02-14/2023-02-15 | day
We ate turkey last Thanksgiving | last Thanksgiving | 2022-11-24/2022-11-25 | day
We dress up next Halloween | next Halloween | 2023-10-31/2023-11-01 | day
""".strip().splitlines()

NOT_TIMES = """
You may take 2 pills.
March on, soldiers!
They live on 5th avenue.
I may go, I may not.
On second thoughts, no.
The sun was warm.
He sat down and wed her.
Things fall apart.
Chop the spring onions.
A minute please!
It is open 24/7.
Add 3/4 cup of milk.
We ship version 1.2.2020 of it.
Call 555-2023 or 202-555-0143.
Meet in room 2023.
It cost $2,022 in all.
My iPhone 15 broke.
Mark my words.
What an august company.
We play tennis every Friday.
She swims each summer.
We play on Fridays.
My sister is on the 15th floor.
She teaches Sunday school.
May I ask you a question?
He is in his 90s.
I won for the first time in 5 years.
The Christmas tree fell over.
It has 2000 users.
He may march 5 miles.
I like green tea.
February's cousin is 30 February 2023's friend? No: 2023.
Dec and Jan are friends.
""".strip().splitlines()[:-2]


def moment(words: str) -> datetime | None:
    """Read a side of a table row."""
    if words in ("..", "now"):
        return ANCHOR if words == "now" else None
    return datetime.fromisoformat(words + ":00" * words.endswith(tuple(f"T{hour:02}" for hour in range(24)))).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize("row", SENTENCES)
def test_sentence(row: str) -> None:
    sentence, words, interval, precision = row.split(" | ")
    begin, end = interval.split("/")
    [span] = find_times(sentence, ANCHOR)
    assert (span.text, span.begin, span.end, span.precision) == (words, moment(begin), moment(end), precision)
    assert sentence[span.start : span.stop] == span.text


@pytest.mark.parametrize("sentence", NOT_TIMES)
def test_no_false_date(sentence: str) -> None:
    assert find_times(sentence, ANCHOR) == []


def test_table_is_large_enough() -> None:
    assert len(SENTENCES) + len(NOT_TIMES) >= 120


def test_weak_spans_come_last() -> None:
    spans = find_times("For 5 years I sang; the other day I stopped; last week I began again, in May I rest.", ANCHOR)
    assert [span.text for span in spans] == ["last week", "May", "For 5 years", "the other day"]


def test_words_are_of_the_zone_of_the_speaker() -> None:
    late = datetime(2023, 7, 12, 2, 0, tzinfo=UTC)  # still the evening of 11 July in New York
    [span] = find_times("We met yesterday", late, NEW_YORK)
    assert span.begin == datetime(2023, 7, 10, 4, tzinfo=UTC)
    assert span.end == datetime(2023, 7, 11, 4, tzinfo=UTC)


def test_a_day_of_clock_change_has_its_true_length() -> None:
    [span] = find_times("on 12 March 2023", ANCHOR, NEW_YORK)
    assert span.begin is not None
    assert span.end is not None
    assert span.end - span.begin == timedelta(hours=23)


def test_naive_anchor_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="anchor"):
        find_times("yesterday", datetime(2023, 7, 12))


def test_days_that_do_not_exist_are_left_out() -> None:
    assert all(span.precision != "day" for span in find_times("on 30 February 2023", ANCHOR))
    assert find_times("9999 years ago", ANCHOR) == []


@pytest.mark.parametrize(("year", "expected"), [(1954, (4, 18)), (1981, (4, 19)), (2000, (4, 23)), (2038, (4, 25))])
def test_easter(year: int, expected: tuple[int, int]) -> None:
    begin, _ = easter(year).bounds
    assert (begin.month, begin.day) == expected


# --- laws

_WORDS = sorted({word for row in [*SENTENCES, *NOT_TIMES] for word in row.split(" | ")[0].split()})
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join))
ANCHORS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
ZONES = st.sampled_from([UTC, NEW_YORK, timezone(timedelta(hours=14)), ZoneInfo("Pacific/Apia")])


@seed(1)
@settings(max_examples=300, deadline=None)
@given(TEXTS, ANCHORS, ZONES)
def test_law_spans_are_sound(text: str, anchor: datetime, zone: ZoneInfo) -> None:
    """Never raises; begin < end in UTC; known precision; true offsets; no overlap; the prefilter agrees."""
    spans = find_times(text, anchor, zone)
    assert has_time_signal(text) or not spans
    for span in spans:
        assert_sound(span, text)
    by_start = sorted(spans, key=lambda span: span.start)
    assert all(one.stop <= other.start for one, other in pairwise(by_start))


def assert_sound(span: TimeSpan, text: str) -> None:
    assert span.precision in PRECISIONS
    assert text[span.start : span.stop] == span.text != ""
    assert span.begin is not None or span.end is not None
    for side in (span.begin, span.end):
        assert side is None or side.utcoffset() == timedelta(0)
    assert span.begin is None or span.end is None or span.begin < span.end


@seed(2)
@settings(max_examples=100, deadline=None)
@given(st.integers(1, 300), st.integers(-3000, 3000))
def test_law_shifting_the_anchor_shifts_days_ago(count: int, days: int) -> None:
    shift = timedelta(days=days)
    [here] = find_times(f"{count} days ago", ANCHOR)
    [there] = find_times(f"{count} days ago", ANCHOR + shift)
    assert here.begin is not None
    assert here.end is not None
    assert (there.begin, there.end) == (here.begin + shift, here.end + shift)


@seed(3)
@settings(max_examples=100, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_law_a_written_date_is_its_own_day(day: date) -> None:
    for written in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%B} {day.day}, {day.year}"):
        [span] = find_times(f"It was {written}.", ANCHOR)
        assert (span.begin, span.end) == parse_interval(day, "day")[:2]


def test_long_text_takes_linear_time() -> None:
    for piece in ("the  \n ", "may 1 ", "a few ", "2023-", "last ", "1 to "):
        assert isinstance(find_times(piece * 2000, ANCHOR), list)


# --- values of callers


@pytest.mark.parametrize(
    ("value", "begin", "end", "precision"),
    [
        ("2026", "2026-01-01", "2027-01-01", "year"),
        ("2026-02", "2026-02-01", "2026-03-01", "month"),
        ("2026-W03", "2026-01-12", "2026-01-19", "week"),
        ("2026-01-15", "2026-01-15", "2026-01-16", "day"),
        (date(2026, 1, 15), "2026-01-15", "2026-01-16", "day"),
        ("2026-01-15T10:00+02:00", "2026-01-15T08:00", "2026-01-15T08:01", "minute"),
    ],
)
def test_interval(value: str | date, begin: str, end: str, precision: str) -> None:
    assert parse_interval(value, "valid_at") == (moment(begin), moment(end), precision)


def test_interval_keeps_an_instant_exact_and_uses_the_zone() -> None:
    exact = datetime(2026, 1, 15, 10, 0, 30, 5, tzinfo=UTC)
    assert parse_interval(exact, "valid_at")[0] == exact
    assert parse_interval("2026-01-15", "valid_at", NEW_YORK)[0] == datetime(2026, 1, 15, 5, tzinfo=UTC)


BAD_VALUES = [
    "",
    "soon",
    "2026-13",
    "2026-W60",
    "2026-02-30",
    "2026-01-15T10:00",
    "0000",
    "９９９９",
    "9999",
    "26",
    5,
    None,
]


@pytest.mark.parametrize("value", [*BAD_VALUES, datetime(2026, 1, 15)])
def test_bad_interval_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_interval(value, "valid_at")
    assert caught.value.field == "valid_at"


@pytest.mark.parametrize("value", [*BAD_VALUES, datetime(2026, 1, 15), "2026", "0001-01-01T00:00+05:00"])
def test_bad_instant_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_instant(value, "at")
    assert caught.value.field == "at"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-03T10:00Z", "2026-05-03T10:00"),
        ("2026-05-03T10:00+02:00", "2026-05-03T08:00"),
        ("2026-05-03", "2026-05-03"),
        (date(2026, 5, 3), "2026-05-03"),
        (datetime(2026, 5, 3, 10, tzinfo=timezone(timedelta(hours=2))), "2026-05-03T08:00"),
    ],
)
def test_instant(value: str | datetime, expected: str) -> None:
    assert parse_instant(value, "at") == moment(expected)
    assert parse_instant(value, "at").tzinfo is UTC
