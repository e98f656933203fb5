"""Times in other languages, by dateparser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ricordo import Memory, Settings
from ricordo.testing import FixedClock
from ricordo.text.foreign import times_of

SAID = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text", "begin", "precision"),
    [
        ("german", "Ich bin gestern nach Lissabon gezogen", "2026-04-30", "day"),
        ("german", "Sie kam am 3. März 2026 zurück", "2026-03-03", "day"),
        ("french", "Elle est arrivée le 12 avril 2025", "2025-04-12", "day"),
        ("spanish", "Ayer fui al dentista", "2026-04-30", "day"),
        ("portuguese", "mudei-me em maio de 2023", "2023-05-01", "month"),
    ],
)
def test_a_time_is_an_interval(language: str, text: str, begin: str, precision: str) -> None:
    [span] = times_of(language)(text, SAID, UTC)
    assert span.begin is not None
    assert (span.begin.date().isoformat(), span.precision) == (begin, precision)


@pytest.mark.parametrize("text", ["Ich mag Tee und 2 Tabletten", "Je suis contente", ""])
def test_no_time_is_found_where_there_is_none(text: str) -> None:
    assert times_of("german")(text, SAID, UTC) == []
    assert times_of("french")(text, SAID, UTC) == []


def test_a_space_of_another_language_finds_its_times() -> None:
    settings = Settings(language="german")
    with Memory.open(":memory:", embedder=None, settings=settings, clock=FixedClock(SAID)) as memory:
        memory.retain("Ich bin gestern nach Lissabon gezogen", ref="moved", at="2026-03-03T10:00Z")
        memory.retain("Ich trinke gern Kaffee in Lissabon", ref="coffee", at="2026-01-01T10:00Z")
        found = memory.recall("Was war am 2. März 2026 in Lissabon?")
        assert "time" in found.items[0].why.arms
        assert found.items[0].record.ref == "moved"
