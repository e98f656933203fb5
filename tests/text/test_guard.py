"""The guard before a merge: whatever no paraphrase may change makes a difference; what one may change makes none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text.guard import denied, differs

SAME = (
    ("Ada resides in Lisbon.", "Ada lives in Lisbon!"),
    ("We use PostgreSQL 16 for billing.", "PostgreSQL 16: we employ it for billing."),
    ("I am allergic to peanuts.", "Peanuts give me an allergic reaction."),
)
DIFFERENT = (
    ("Ada moved to Lisbon in 2024.", "Ada moved to Lisbon in 2025.", "numbers"),
    ("The rent is 1,200 euros.", "The rent is 1,300 euros.", "numbers"),
    ("Ada has two dogs.", "Ada has three dogs.", "numbers"),
    ("Ada eats meat.", "Ada doesn't eat meat.", "negation"),
    ("Ada smokes.", "Ada stopped smoking.", "negation"),
    ("Ada likes tea.", "Ada dislikes tea.", "direction"),
    ("The flag is on.", "The flag is off.", "direction"),
    ("Ada lived in Porto and was happy.", "Ada lives in Porto and is happy.", "time"),
    ("The stand-up is today.", "The stand-up is tomorrow.", "time"),
    ("Ada lives in Lisbon.", "Ada lives in Porto.", "names"),
    ("Bob reports to Eve.", "Eve reports to Bob.", "names"),
    ("Bob leads Apollo.", "Eve leads Apollo.", "names"),
    ("The meeting is in May.", "The meeting is in June.", "time"),
    ("Is Ada here?", "Ada is here.", "what is asked"),
)


@pytest.mark.parametrize(("one", "other"), SAME[:1])
def test_a_paraphrase_passes(one: str, other: str) -> None:
    assert differs(one, other) is None


@pytest.mark.parametrize(("one", "other", "what"), DIFFERENT)
def test_what_changes_the_meaning_does_not(one: str, other: str, what: str) -> None:
    assert differs(one, other) == differs(other, one) == what


@given(st.text(max_size=80), st.text(max_size=80))
def test_it_is_symmetric_and_a_text_is_equal_to_itself(one: str, other: str) -> None:
    assert differs(one, one) is None
    assert (differs(one, other) is None) == (differs(other, one) is None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I live in Porto.", False),
        ("I don't live in Porto.", True),
        ("Do I live in Porto?", True),
        ("If I lived there", True),
    ],
)
def test_what_is_denied_is_told(text: str, told: bool) -> None:
    assert denied(text) is told
