"""What a query asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.asked import read_query, said
from ricordo.text import Tokeniser, one_edit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WORDS = st.text("abcde", min_size=1, max_size=7)


def edits(word: str) -> set[str]:
    """Every word one edit away: the naive way."""
    letters = "abcde"
    spots = range(len(word) + 1)
    less = {word[:i] + word[i + 1 :] for i in range(len(word))}
    more = {word[:i] + letter + word[i:] for i in spots for letter in letters}
    other = {word[:i] + letter + word[i + 1 :] for i in range(len(word)) for letter in letters}
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    return (less | more | other | swapped) - {word}


@given(WORDS, WORDS)
def test_one_edit_is_what_the_naive_way_finds(word: str, other: str) -> None:
    assert one_edit(word, other) == (other in edits(word))


@given(WORDS, st.data())
def test_every_edit_is_found(word: str, data: st.DataObject) -> None:
    assert one_edit(word, data.draw(st.sampled_from(sorted(edits(word)))))


def test_a_query_is_read() -> None:
    asked = read_query("When did I move to Lisbon in May 2025?", Tokeniser(), NOW, UTC)
    assert asked.terms == ("move", "lisbon", "2025")
    assert (asked.asks_when, asked.about_self) == (True, True)
    assert "move to lisbon" in asked.names
    assert [span.precision for span in asked.spans] == ["month"]


@pytest.mark.parametrize(
    ("turn", "own"),
    [
        ("is redis up?", "is redis up?"),
        ("see https://redis.io/docs for it", "see for it"),
        ("look at src/redis/client.py please", "look at please"),
        ("in /etc/redis/redis.conf I set it", "in I set it"),
        ("commit deadbeefdeadbeef broke it", "commit broke it"),
        ("why?\n```python\nimport redis\n```\nthanks", "why? thanks"),
        ("```typescript\nconst redis = 1\n```", "typescript"),
        ("use `redis` and/or memcached", "use `redis` and/or memcached"),
        ("one ```redis``` in a line\nand more", "one in a line and more"),
        ("", ""),
    ],
)
def test_what_is_pasted_is_not_what_is_said(turn: str, own: str) -> None:
    assert " ".join(said(turn).split()) == own


@given(st.text(max_size=200))
def test_any_turn_can_be_read(turn: str) -> None:
    read_query(said(turn), Tokeniser(), NOW, UTC)


@pytest.mark.parametrize("turn", ["`" * 200_000, "``` " * 50_000, f"```{'a' * 200_000}", f"```{'a ' * 100_000}"])
def test_a_long_run_of_backticks_is_read_once(turn: str) -> None:
    assert said(turn).strip("a `") == ""
