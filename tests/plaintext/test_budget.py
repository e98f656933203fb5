"""Packing: the budget is never exceeded, whatever counts; the ladder is never worse than whole items alone."""

from __future__ import annotations

import hashlib
import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricordo.plaintext.budget import FLOOR, Packed, Shorten, gain, pack
from ricordo.plaintext.extract import shorter
from ricordo.plaintext.render import LAYOUTS, TEXT
from ricordo.testing import a_record
from ricordo.text import EstimatedTokens, Tokeniser
from ricordo.types import Item, TokenCounter, Why

TOKENISER = Tokeniser()
WORDS = 'lemon harbour the Ada moved to Lisbon. Why? ça 東京に `x` " … \n'.split(" ")
SHORT = st.text(min_size=1, max_size=200)
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)
LONG = st.builds(lambda phrase, times: phrase * times, PHRASES, st.integers(1, 40))
TEXTS = st.lists(st.one_of(SHORT, LONG), max_size=12)


def items(texts: list[str], scores: list[float] | None = None) -> list[Item]:
    ranked = scores or [1.0 - i / 100 for i in range(len(texts))]
    return [
        Item(a_record(id=f"r{i}", content=text), score, Why({}), text)
        for i, (text, score) in enumerate(zip(texts, ranked, strict=True))
    ]


def ladder(*wanted: str) -> Shorten:
    return lambda item: shorter(item, wanted, TOKENISER.index_terms)


class Characters:
    """Additive, but not in words."""

    def count(self, text: str) -> int:
        return len(text)


class Squared:
    """The whole costs far more than its lines do."""

    def count(self, text: str) -> int:
        return len(text) ** 2 // 50


class Capped:
    """The whole costs far less than its lines do, and nothing costs something."""

    def count(self, text: str) -> int:
        return min(len(text), 90) + 7


class Erratic:
    """Any text costs anything: a shorter one may cost more."""

    def count(self, text: str) -> int:
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0]


class Free:
    """Nothing costs anything."""

    def count(self, text: str) -> int:
        return 0


COUNTERS: list[TokenCounter] = [EstimatedTokens(), Characters(), Squared(), Capped(), Erratic(), Free()]


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: type(counter).__name__)
@given(texts=TEXTS, k=st.integers(1, 12), budget=st.integers(1, 900), form=st.sampled_from(sorted(LAYOUTS)))
def test_the_budget_is_never_exceeded(counter: TokenCounter, texts: list[str], k: int, budget: int, form: str) -> None:
    layout = LAYOUTS[form]
    packed = pack(items(texts), counter, k=k, max_tokens=budget, layout=layout, shorten=ladder("lemon", "lisbon"))
    assert packed.text == layout.render(packed.items)
    assert packed.tokens <= budget
    assert not packed.text or counter.count(packed.text) == packed.tokens
    assert len(packed.items) <= k


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_the_budget_is_never_exceeded_by_a_context_that_goes_on(seed: int) -> None:
    choose = random.Random(seed)
    texts = [" ".join(choose.choices(WORDS, k=choose.choice([3, 30, 400]))) for _ in range(14)]
    before: Packed | None = None
    for counter, form in itertools.product(COUNTERS, ("text", "json")):
        budget = choose.choice([30, 120, 400, 900])
        ranked = items(texts, sorted((choose.random() for _ in texts), reverse=True))
        choose.shuffle(texts)
        kept = [(replace(item, score=choose.random()), 0.6) for item in before.items] if before else []
        before = pack(
            ranked, counter, k=choose.choice([2, 100]), max_tokens=budget, layout=LAYOUTS[form],
            shorten=ladder("lemon"), kept=kept,
        )  # fmt: skip
        assert (counter.count(before.text) if before.text else 0) == before.tokens <= budget
        ids = [item.record.id for item in before.items]
        assert len(ids) == len(set(ids))


@given(TEXTS, st.integers(1, 900))
def test_everything_is_kept_in_order_or_named_as_dropped(texts: list[str], budget: int) -> None:
    packed = pack(items(texts), EstimatedTokens(), k=50, max_tokens=budget, shorten=ladder("lemon"))
    kept, dropped = [i.record.id for i in packed.items], [d.id for d in packed.dropped]
    assert sorted(kept + dropped, key=lambda id: int(id[1:])) == [f"r{i}" for i in range(len(texts))]
    assert kept == sorted(kept, key=lambda id: int(id[1:]))
    assert dropped == sorted(dropped, key=lambda id: int(id[1:]))


def by_rank(ranked: list[Item], counter: TokenCounter, budget: int) -> list[Item]:
    """The plain greedy: whole items by rank, as they fit."""
    left, taken = budget - counter.count(TEXT.head), []
    for spot, item in enumerate(ranked, 1):
        cost = counter.count(f"\n{TEXT.line(spot, item)}")
        if cost <= left:
            taken.append(item)
            left -= cost
    return taken


def worth(item: Item) -> float:
    """What a rendered item gains, by the ladder's own table."""
    if item.rung == "raw":
        return gain(item)
    table = {short.text: share for short, share in ladder("lemon")(replace(item, text=item.record.content))}
    return gain(item) * table[item.text]


@given(TEXTS, st.integers(20, 900))
def test_the_ladder_gains_no_less_than_whole_items_by_rank(texts: list[str], budget: int) -> None:
    ranked = items(texts)
    packed = pack(ranked, EstimatedTokens(), k=50, max_tokens=budget, shorten=ladder("lemon"))
    plain = by_rank(ranked, EstimatedTokens(), budget)
    assert sum(map(worth, packed.items)) >= sum(map(gain, plain)) - 1e-9


def rungs(item: Item) -> list[Item]:
    return [short for short, _ in ladder("lemon")(item)]


def test_beside_every_way_to_fill_the_budget_the_ladder_is_near_the_best() -> None:
    """Brute force over small cases: every choice of a rung, or none, for each of five long and short items."""
    choose, shares = random.Random(5), []
    for _ in range(60):
        texts = [" ".join(choose.choices(WORDS[:8], k=choose.choice([8, 40, 150, 600]))) for _ in range(5)]
        ranked = items(texts, sorted((choose.uniform(0.2, 1.5) for _ in texts), reverse=True))
        budget, counter = choose.choice([150, 400, 800]), EstimatedTokens()
        options = [
            [(0, 0.0), *((counter.count(TEXT.line(1, one)), worth(one)) for one in (item, *rungs(item)))]
            for item in ranked
        ]
        ways = (tuple(zip(*way, strict=True)) for way in itertools.product(*options))
        best = max(sum(gains) for costs, gains in ways if sum(costs) <= budget - counter.count(TEXT.head))
        packed = pack(ranked, counter, k=50, max_tokens=budget, shorten=ladder("lemon"))
        shares.append(sum(map(worth, packed.items)) / best if best else 1.0)
    assert min(shares) >= 0.8
    assert sum(shares) / len(shares) >= 0.98


@given(st.lists(st.text(st.sampled_from("abc de"), min_size=1, max_size=150), max_size=12), st.integers(1, 400))
def test_short_items_are_rendered_whole_and_by_rank(texts: list[str], budget: int) -> None:
    ranked = items(texts)
    packed = pack(ranked, EstimatedTokens(), k=50, max_tokens=budget, shorten=ladder("lemon"))
    assert {item.rung for item in packed.items} <= {"raw"}
    assert [item.record for item in packed.items] == [i.record for i in by_rank(ranked, EstimatedTokens(), budget)]


def test_a_long_item_is_shortened_where_it_does_not_fit() -> None:
    long = "The weather was fine. " * 90 + "Ada moved to Lisbon. " + "Nothing happened that day. " * 90
    for budget, rung in ((60, "stub"), (300, "extract"), (5000, "raw")):
        (item,) = pack(items([long]), EstimatedTokens(), k=9, max_tokens=budget, shorten=ladder("lisbon")).items
        assert item.rung == rung
        assert 0 < item.tokens <= budget
        assert ("Ada moved to Lisbon." in item.text) == (rung != "stub")


def test_without_a_ladder_a_long_item_gives_way_to_a_short_one() -> None:
    packed = pack(items(["word " * 500, "short"]), EstimatedTokens(), k=10, max_tokens=60)
    assert [item.record.content for item in packed.items] == ["short"]
    assert "do not fit" in packed.dropped[0].reason


def test_without_a_budget_everything_is_whole() -> None:
    packed = pack(items(["word " * 900] * 4), EstimatedTokens(), k=3, shorten=ladder("word"))
    assert [item.rung for item in packed.items] == ["raw"] * 3
    assert packed.dropped[0].reason == "past the first 3"
    assert all(item.tokens > FLOOR for item in packed.items)


def test_nothing_is_rendered_for_nothing() -> None:
    packed = pack([], Capped(), k=1, max_tokens=1)
    assert (packed.text, packed.tokens) == ("", 0)


def test_what_is_kept_stays_in_front_while_it_is_worth_its_place() -> None:
    texts = [f"Sentence number {i} about the harbour and its lemon trees." for i in range(20)]
    first = pack(items(texts), EstimatedTokens(), k=50, max_tokens=200)
    kept = [(replace(item, score=0.9), 1.0) for item in first.items]
    again = pack(items(texts)[::-1], EstimatedTokens(), k=50, max_tokens=200, kept=kept)
    assert again.text == first.text
    useless = [(replace(item, score=0.0), 1.0) for item in first.items]
    afresh = pack(items(texts)[::-1], EstimatedTokens(), k=50, max_tokens=200, kept=useless)
    assert afresh.items[0].record.id == "r19"
