"""Shortening: extracts are sentences of the text in their order; a stub is one short line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.plaintext.extract import _END as END
from ricordo.plaintext.extract import EXTRACTS, LEFT_OUT, extract, is_shorter, pieces, shorter, stub
from ricordo.testing import a_record
from ricordo.text import Tokeniser
from ricordo.types import Item, Why

TERMS = Tokeniser().index_terms
WORDS = st.sampled_from(
    ["lemon", "tree.", "Ada", "moved", "to\n", "Lisbon!", "東京。", "x" * 300, "…", "e.g.", '"', "  "]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)


@given(TEXTS)
def test_pieces_cover_the_text(text: str) -> None:
    spans = list(pieces(text))
    assert "".join(text[begin:end] for begin, end in spans) == text
    assert all(0 < end - begin <= 240 for begin, end in spans)


@given(TEXTS, st.sampled_from([240, 480, 960]))
def test_an_extract_is_parts_of_the_text_in_order_and_within_its_size(text: str, size: int) -> None:
    found = extract(text, ["lemon", "lisbon"], TERMS, size)
    assert found == extract(text, ["lemon", "lisbon"], TERMS, size)
    if len(text) <= size:
        assert found == text
        return
    marks = found.count(LEFT_OUT) - text.count(LEFT_OUT)
    assert len(found) <= size + 2 * found.count(LEFT_OUT)
    assert marks >= 0 or LEFT_OUT in text
    spot = 0
    for part in (part.strip() for part in found.split(LEFT_OUT)):
        spot = text.index(part, spot) + len(part)
    assert is_shorter(found, a_record(content=text))


def test_an_extract_covers_rare_terms_first_wherever_they_stand() -> None:
    filler = "The harbour was calm that day. "
    text = filler * 30 + "Ada keeps a lemon tree. " + filler * 30 + "The ferry sank in May. " + filler * 30
    found = extract(text, ["harbour", "lemon", "ferri"], TERMS, 240)
    assert "Ada keeps a lemon tree." in found
    assert "The ferry sank in May." in found
    assert found.startswith(("The harbour", LEFT_OUT))
    assert found.endswith(LEFT_OUT)


def test_an_extract_without_any_term_is_the_beginning() -> None:
    text = "".join(f"Sentence {i} says little. " for i in range(90))
    assert extract(text, ["lemon"], TERMS, 240).startswith("Sentence 0 says little. Sentence 1")


@given(st.text(min_size=1, max_size=400), st.one_of(st.none(), st.text(min_size=1, max_size=300)))
def test_a_stub_is_one_short_line(content: str, title: str | None) -> None:
    line = stub(a_record(content=content, title=title))
    assert len(line) <= 61
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(("size", "rungs"), [(100, []), (300, ["stub"]), (1000, ["extract", "stub"])])
def test_short_items_have_no_shorter_rung(size: int, rungs: list[str]) -> None:
    content = "word " * (size // 5)
    item = Item(a_record(content=content), 1.0, Why({}), content)
    assert [short.rung for short, _ in shorter(item, ["word"], TERMS)] == rungs


def test_the_ladder_falls_in_length_and_in_worth() -> None:
    content = "One sentence with a lemon. " * 400
    item = Item(a_record(content=content), 1.0, Why({}), content)
    ladder = shorter(item, ["lemon"], TERMS)
    assert [worth for _, worth in ladder] == [*(worth for _, worth in EXTRACTS), 0.1]
    sizes = [len(short.text) for short, _ in ladder]
    assert sizes == sorted(sizes, reverse=True)


@given(st.text(".!?…\"'”)] \na。", max_size=40))
def test_sentences_end_where_the_plain_rule_says(text: str) -> None:
    """The pattern is written so that long runs cost nothing; it finds what the plain one finds."""
    plain = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n)\s*")
    assert [found.span() for found in END.finditer(text)] == [found.span() for found in plain.finditer(text)]


@pytest.mark.parametrize("run", ["." * 200_000, "…" * 200_000, '."' * 100_000])
def test_a_long_run_of_marks_is_read_once(run: str) -> None:
    assert extract(f"The lemon is here. {run}", ["lemon"], TERMS, 480).startswith("The lemon is here.")
