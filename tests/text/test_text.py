"""Normal forms, terms and token counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError
from ricordo.text import EstimatedTokens, Tokeniser, duplicate_key, fold, name_key

TEXT = st.text(max_size=80)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running dogs ran", ["run", "dog", "ran"]),
        ("node.js v1.2.3", ["node.js", "node", "js", "v1.2.3", "v1", "2", "3"]),
        ("src/app_main.py", ["src/app_main.py", "src", "app", "main", "py"]),
        ("getUserName", ["getusernam", "get", "user", "name"]),
        ("Ada's café", ["ada", "cafe"]),
        ("don’t", ["dont"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("ＡＢＣ", ["abc"]),
        ("C++ and C#", ["c++", "c", "and", "c#", "c"]),
        ("", []),
        ("👍 …", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert Tokeniser().terms(text) == terms


@given(TEXT)
def test_the_second_reading_of_a_text_equals_the_first(text: str) -> None:
    tokeniser = Tokeniser()
    assert tokeniser.terms(text) == tokeniser.terms(text) == Tokeniser().terms(text)


@given(TEXT)
def test_a_text_is_found_by_its_own_terms(text: str) -> None:
    tokeniser = Tokeniser()
    assert set(tokeniser.query_terms(text)) <= set(tokeniser.index_terms(text)) <= set(tokeniser.terms(text))


@given(TEXT)
def test_case_does_not_matter_to_folding(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_question_words_leave_a_query() -> None:
    assert Tokeniser().query_terms("What did Ada say about the marathon?") == ["ada", "marathon"]


def test_a_query_of_stop_words_keeps_what_the_indexes_have() -> None:
    assert Tokeniser().query_terms("Who will come?") == ["who", "will", "come"]
    assert Tokeniser().query_terms("What is it?") == []


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="language"):
        Tokeniser("klingon")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I'm in the Lisbon office.", "i am in Lisbon office"),
        ("Ada really likes tea!", "Ada likes tea"),
        ("Ｆull width", "full width"),
        ("She  doesn't\nsmoke", "She does not smoke"),
    ],
)
def test_repetitions_have_one_key(one: str, other: str) -> None:
    assert duplicate_key(one) == duplicate_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We run PostgreSQL 16", "We run PostgreSQL 18"),
        ("Ada likes tea", "Ada does not like tea"),
        ("Ada likes tea", "Ada liked tea"),
        ("Ada beats Bob", "Bob beats Ada"),
        ("It costs $5", "It costs 5"),
        ("It is -5 degrees", "It is 5 degrees"),
        ("a train to Porto", "a train from Porto"),
        ("You like tea.", "You like tea?"),
        ("5 %", "5"),
        ("C", "C++"),
        ("the blue bike for the long way to work every day", "the red bike for the long way to work every day"),
    ],
)
def test_updates_have_two_keys(one: str, other: str) -> None:
    assert duplicate_key(one) != duplicate_key(other)


@given(TEXT)
def test_a_key_of_words_is_never_empty(text: str) -> None:
    assert bool(duplicate_key(text)) == bool(fold(text).strip())


def test_name_keys() -> None:
    assert name_key("GitHub_Actions") == name_key("github actions") == "github actions"


@given(TEXT, TEXT)
def test_counting_never_shrinks(one: str, other: str) -> None:
    counter = EstimatedTokens()
    assert counter.count(f"{one} {other}") == counter.count(one) + counter.count(other)
    assert counter.count(one) >= 0
