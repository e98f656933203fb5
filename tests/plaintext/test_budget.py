"""Packing: the budget is never exceeded, the order is kept, what is left out is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.budget import pack, render
from ricordo.testing import a_record
from ricordo.text import EstimatedTokens
from ricordo.types import Item, Why

TEXTS = st.lists(st.text(min_size=1, max_size=200), max_size=12)


def items(texts: list[str]) -> list[Item]:
    return [Item(a_record(id=f"r{i}", content=text), 1.0 - i / 100, Why({})) for i, text in enumerate(texts)]


class Characters:
    """Counts characters: a counter that is not additive over words."""

    def count(self, text: str) -> int:
        return len(text)


@given(TEXTS, st.integers(1, 12), st.integers(1, 400))
def test_the_budget_is_never_exceeded(texts: list[str], k: int, budget: int) -> None:
    for counter in (EstimatedTokens(), Characters()):
        packed = pack(items(texts), counter, k=k, max_tokens=budget)
        assert counter.count(packed.text) == packed.tokens <= budget
        assert len(packed.items) <= k


@given(TEXTS, st.integers(1, 400))
def test_everything_is_kept_in_order_or_named_as_dropped(texts: list[str], budget: int) -> None:
    packed = pack(items(texts), EstimatedTokens(), k=50, max_tokens=budget)
    kept, dropped = [i.record.id for i in packed.items], [d.id for d in packed.dropped]
    assert sorted(kept + dropped, key=lambda id: int(id[1:])) == [f"r{i}" for i in range(len(texts))]
    assert kept == sorted(kept, key=lambda id: int(id[1:]))


def test_a_long_item_gives_way_to_a_short_one() -> None:
    packed = pack(items(["word " * 500, "short"]), EstimatedTokens(), k=10, max_tokens=60)
    assert [item.record.content for item in packed.items] == ["short"]
    assert "do not fit" in packed.dropped[0].reason


@given(st.text(min_size=1, max_size=100))
def test_no_text_leaves_its_quotes(text: str) -> None:
    """One item is one line, whatever its content."""
    lines = render(items([text])).split("\n")
    assert len(lines) == 2
    assert lines[1].startswith("[1] ")


def test_nothing_is_rendered_for_nothing() -> None:
    assert pack([], EstimatedTokens(), k=1, max_tokens=1).text == ""
