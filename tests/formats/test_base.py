"""Lines, times and paragraphs: what all readers stand on."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.errors import InvalidInputError
from ricordo.formats.base import Bad, Found, Line, ReadOptions, found, lines_of, opened
from ricordo.formats.paragraphs import split_lines, split_paragraph
from ricordo.formats.times import read_time


def lines(raw: bytes, limit: int = 100) -> list[Line | Bad]:
    return list(lines_of(io.BytesIO(raw), limit))


def test_lines_lose_byte_order_mark_and_line_ends() -> None:
    assert lines(b"\xef\xbb\xbfone\r\n\ntwo") == [Line(1, "one"), Line(2, ""), Line(3, "two")]


def test_a_long_line_is_skipped_whole() -> None:
    assert lines(b"a" * 101 + b"\nb\n") == [Bad(1, "line over 100 bytes"), Line(2, "b")]
    assert lines(b"a" * 100 + b"\nb") == [Line(1, "a" * 100), Line(2, "b")]
    assert lines(b"a" * 5000) == [Bad(1, "line over 100 bytes")]


def test_nul_and_bad_utf8_cost_one_line() -> None:
    assert lines(b"a\x00\n\xff\nc") == [Bad(1, "NUL byte"), Bad(2, "not valid UTF-8"), Line(3, "c")]


def test_utf16_is_named() -> None:
    assert lines("hello\nyou".encode("utf-16")) == [Bad(1, "the file is UTF-16; save it as UTF-8")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "no text"),
        ({"content": " \n"}, "no text"),
        ({"content": 4}, "content: must be text"),
        ({"content": "a\x00b"}, "content: NUL character"),
        ({"content": "a", "speaker": "\ud800"}, "speaker: lone surrogate, can't be written as UTF-8"),
        ({"content": "a", "metadata": {"k": ["\x00"]}}, "metadata: NUL character"),
        ({"content": "a", "metadata": {"\udfff": 1}}, "metadata: lone surrogate, can't be written as UTF-8"),
    ],
)
def test_text_that_cant_be_kept_is_bad(fields: dict[str, Any], reason: str) -> None:
    assert found(7, fields) == Bad(7, reason)


def test_accents_and_emoji_are_kept() -> None:
    assert found(1, {"content": "Café 🎉"}) == Found(1, {"content": "Café 🎉"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-05-03T10:00Z", "2026-05-03T10:00"),
        ("2026-05-03 10:00", "2026-05-03T08:00"),
        ("2026-05-03T10:00:30+05:00", "2026-05-03T05:00:30"),
        ("2026-05-03", "2026-05-02T22:00"),
        ("2023/05/20 (Sat) 02:21", "2023-05-20T00:21"),
        ("2023/05/20", "2023-05-19T22:00"),
        ("1:56 pm on 8 May, 2023", "2023-05-08T11:56"),
        ("12:09 am on 1 June, 2023", "2023-05-31T22:09"),
        ("12:30 pm on 1 September, 2023", "2023-09-01T10:30"),
        (1_700_000_000, "2023-11-14T22:13:20"),
        (1_700_000_000_000, "2023-11-14T22:13:20"),
        (datetime(2026, 5, 3, tzinfo=UTC), "2026-05-03"),
    ],
)
def test_times_are_read_in_the_zone_given(written: object, meant: str) -> None:
    assert read_time(written, ZoneInfo("Europe/Rome")) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("", "soon", "2026-13-01", "13:00 pm on 8 May, 2023", "1:00 pm on 8 Mayday, 20", "9:00 am on 1 Foo, 2023"),
        *(True, None, float("nan"), float("inf"), 10**400, [], " " * 99 + "a" * 99, "0001-01-01T00:00+14:00"),
    ],
)
def test_what_is_no_time_is_a_value_error(written: object) -> None:
    with pytest.raises(ValueError, match="time not understood"):
        read_time(written, UTC)


@given(st.text(max_size=400), st.integers(1, 50))
def test_splitting_loses_only_white_space(text: str, limit: int) -> None:
    pieces = list(split_paragraph(text, limit))
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="ab\n", max_size=200), st.integers(1, 50))
def test_splitting_lines_loses_nothing(text: str, limit: int) -> None:
    assert "\n".join(split_lines(text, limit)) == text


def test_options_know_name_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.touch()
    assert ReadOptions().name_of(file) == "a.txt"
    assert ReadOptions(source="x/a.txt").name_of(file) == "x/a.txt"
    assert datetime.now(UTC) - ReadOptions().time_of(file) < timedelta(minutes=5)
    with pytest.raises(InvalidInputError, match="time zone"):
        ReadOptions(at=datetime(2026, 1, 1)).time_of(file)
    with pytest.raises(InvalidInputError, match=r"missing\.txt"):
        ReadOptions().time_of(tmp_path / "missing.txt")


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="regular file"), opened(tmp_path):
        pass
    with pytest.raises(InvalidInputError, match=r"missing\.txt"), opened(tmp_path / "missing.txt"):
        pass
