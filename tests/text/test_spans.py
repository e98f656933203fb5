"""What a text may speak of by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text import name_key, spans
from ricordo.text.spans import spoken_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("She works at Brightwater Mills now.", "brightwater mills"),
        ("the Bank of Lisbon lends", "bank of lisbon"),
        ("ask in auth_service first", "auth service"),
        ("see getUserName for it", "getusername"),
        ("we read “the long way home” twice", "the long way home"),
        ("Apollo 13 came back", "apollo 13"),
        ("It is node.js, mostly.", "node js"),
        ("Zoë's café is Chez Zoë", "zoe"),
    ],
)
def test_names_are_found(text: str, name: str) -> None:
    assert name in spoken_names(text)


@pytest.mark.parametrize("text", ["she went home early", "", "the and of", "12 34", "?!"])
def test_plain_words_are_no_names(text: str) -> None:
    assert spoken_names(text) == ()


@given(st.text(max_size=300))
def test_keys_are_in_the_form_names_are_looked_up_in(text: str) -> None:
    for key in spoken_names(text):
        assert name_key(key) == key
        assert key.count(" ") < 6


def test_a_long_text_gives_a_bounded_number() -> None:
    assert len(spoken_names(" ".join(f"Name{number}" for number in range(5000)))) <= 400


def test_a_long_text_is_not_kept_whole() -> None:
    """Only what is read of a text is remembered with its names: two texts that begin alike are one."""
    beginning = "The Bank of Lisbon. ".ljust(6_000, "x")
    before = spans._spoken_names.cache_info(), spans._spoken_runs.cache_info()
    for more in ("a" * 100_000, "b" * 100_000):
        assert "bank of lisbon" in spans.spoken_names(beginning + more)
        assert "Bank of Lisbon" in spans.spoken_runs(beginning + more)
    after = spans._spoken_names.cache_info(), spans._spoken_runs.cache_info()
    assert [now.misses - then.misses for then, now in zip(before, after, strict=True)] == [1, 1]
