"""What is made of words, kept for those seen before."""

from __future__ import annotations

from ricordo.text import EstimatedTokens, Tokeniser
from ricordo.text.known import Known


def test_a_word_is_made_once_and_no_more_are_kept_than_asked_for() -> None:
    """It starts again when it is full, and keeps nothing that is longer than a word."""
    made: list[str] = []

    def size(word: str) -> int:
        made.append(word)
        return len(word)

    sizes = Known(size, most=3)
    assert [sizes[word] for word in ("a", "bb", "a", "ccc", "bb")] == [1, 2, 1, 3, 2]
    assert made == ["a", "bb", "ccc"]
    assert sizes["dddd"] == 4
    assert list(sizes) == ["dddd"]
    assert sizes["e" * 65] == 65
    assert list(sizes) == ["dddd"]


def test_white_space_parts_what_is_known() -> None:
    """Whatever parts the words of a text, its terms and tokens are those of its words."""
    words = ["Node.js", "it's", "3,000", "v1.2.3", "don't", "東京に住んでいます", "x" * 200, "7" * 70, "a_b"]
    tokeniser, counter = Tokeniser(), EstimatedTokens()
    for space in (" ", "\n", "\t ", "\u2028", "\u3000", "\x1c", "\x85"):
        text = space.join(words)
        assert tokeniser.terms(text) == [term for word in words for term in tokeniser.terms(word)]
        assert counter.count(text) == sum(map(counter.count, words))
