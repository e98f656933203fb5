"""What a text says again: light edits keep a form, every change of content loses it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text.sayings import retold, sayings, telling

Edit = Callable[[str], str]

SENTENCES = (
    "I live in Lisbon with my dog Rex.",
    "We run PostgreSQL 16 in production.",
    "My birthday is on 3 May 1990.",
    "I don't eat meat on Fridays.",
    "The office opens at 9:30.",
    "Bob sold his blue car to Eve for 2,500 euros.",
    "I prefer tea over coffee in the morning.",
)
#: What a mouth that only repeats puts before, behind or into a sentence.
EDITS: tuple[Edit, ...] = (
    lambda text: text.upper(),
    lambda text: text.rstrip(".") + "!!",
    lambda text: f'As you told me: "{text}"',
    lambda text: f"You mentioned earlier that {text}",
    lambda text: f"I remember that {text}",
    lambda text: f"According to my notes, {text}",
    lambda text: f"Well, {text.rstrip('.')}, right?",
    lambda text: f"“{text.rstrip('.')}”, you said.",
    lambda text: text.replace("don't", "do not").replace("I ", "I really "),
)
#: What stands around a line, whoever speaks.
MARKS = ("{}", "> {}", "- **{}**", "* _{}_", "### {}")
CHANGES: tuple[Edit, ...] = (
    lambda text: text.replace("1", "2").replace("3", "4").replace("9", "8").replace("2,5", "2,6"),
    lambda text: (
        text.replace("Lisbon", "Porto").replace("tea over coffee", "coffee over tea").replace("Fridays", "Mondays")
    ),
    lambda text: text.replace(" run", " no longer run").replace(" live", " never live").replace(" is", " is not"),
    lambda text: text.replace("don't eat", "eat").replace("sold", "bought").replace("opens", "closes"),
    lambda text: text.rstrip(".") + " since 2020.",
    lambda text: f"It is not true that {text}",
    lambda text: f"You never told me that {text}",
    lambda text: f"If {text}",
    lambda text: text.replace("Bob", "Tom").replace("Rex", "Max").replace("May", "June").replace("morning", "evening"),
)


def known(text: str, said: str, speaker: str | None = "Ada") -> bool:
    """Tell whether every sentence of a text has a form that was said."""
    forms = set(retold(said, speaker=speaker))
    return all(any(form in forms and telling(form) for form in one.forms) for one in sayings(text))


@given(st.sampled_from(SENTENCES), st.lists(st.sampled_from(EDITS), max_size=3), st.sampled_from(MARKS))
def test_light_edits_are_recognised(sentence: str, edits: list[Edit], mark: str) -> None:
    text = sentence
    for edit in edits:
        text = edit(text)
    assert known(mark.format(text), sentence)


def test_a_question_is_said_again_as_a_question_and_is_no_statement() -> None:
    assert (
        known('You asked me: "How long have you been married to Eve?"', "How long have you been married to Eve?")
        is False
    )
    assert known('You said: "How long have you been married to Eve?"', "How long have you been married to Eve?")
    assert not known("You live in Lisbon.", "You live in Lisbon?", "Bob")
    assert known('You told me: "That plate of mine is Roman"', "That plate of mine is Roman.")


@given(st.sampled_from(SENTENCES), st.sampled_from(CHANGES), st.lists(st.sampled_from(EDITS), max_size=2))
def test_no_change_of_content_is_swallowed(sentence: str, change: Edit, edits: list[Edit]) -> None:
    changed = change(sentence)
    text = changed
    for edit in edits:
        text = edit(text)
    assert changed == sentence or not known(text, sentence)


@given(st.sampled_from(SENTENCES), st.sampled_from(SENTENCES))
def test_different_sentences_share_no_form(one: str, other: str) -> None:
    assert one == other or not set(retold(one, speaker="Ada")) & set(retold(other, speaker="Bob"))


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("I live in Lisbon.", "You live in Lisbon."),
        ("I live in Lisbon.", "Ada lives in Lisbon."),
        ("I live in Lisbon.", "Ada Reis lives in Lisbon!"),
        ("I'm a nurse and I have two dogs.", "You are a nurse and you have two dogs."),
        ("I'm a nurse from Porto.", "Ada is a nurse from Porto."),
        ("My sister lives in Porto.", "Your sister lives in Porto."),
        ("My sister lives in Porto.", "Ada's sister lives in Porto."),
        ("You should call me Ada.", "I should call you Ada."),
        ("We moved to Berlin in 2021.", "You moved to Berlin in 2021."),
    ],
)
def test_persons_are_swapped_as_mouths_are(said: str, again: str) -> None:
    assert known(again, said, "Ada Reis")


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("I live in Lisbon.", "Bob lives in Lisbon."),
        ("I live in Lisbon.", "Your sister lives in Lisbon."),
        ("My sister lives in Porto.", "You live in Porto."),
        ("I told Bob about Eve.", "Bob told you about Eve."),
        ("The servers run Debian 12.", "The server runs Debian 12."),
    ],
)
def test_another_person_is_another_sentence(said: str, again: str) -> None:
    assert not known(again, said, "Ada Reis")


def test_a_scope_named_after_a_user_tells_whom_a_sentence_is_about() -> None:
    assert "you live in lisbon" in retold("Ada lives in Lisbon.", speaker=None, addressed=["ada"])
    assert "you live in lisbon" not in retold("Ada lives in Lisbon.", speaker=None, addressed=["bob"])


@pytest.mark.parametrize(
    "text", ["ok", "Thanks!", "Yes.", "Thank you so much!", "You're welcome.", "No.", "See you soon!"]
)
def test_what_anybody_says_tells_nothing(text: str) -> None:
    assert not any(one.telling for one in sayings(text))
    assert retold(text, speaker="Ada") == []


def test_courtesy_is_told_from_a_denial() -> None:
    told = {
        text: sayings(text)[0].courtesy
        for text in ("Sure!", "How can I help you today?", "No.", "Not Porto.", "Wrong.")
    }
    assert told == {
        "Sure!": True,
        "How can I help you today?": True,
        "No.": False,
        "Not Porto.": False,
        "Wrong.": False,
    }


@given(st.text(max_size=200))
def test_spans_cover_the_text_in_order(text: str) -> None:
    spans = [one.span for one in sayings(text)]
    assert spans == sorted(spans)
    assert all(begin < end for begin, end in spans)
    assert not "".join(
        text[end:begin]
        for end, begin in zip([0, *(e for _, e in spans)], [*(b for b, _ in spans), len(text)], strict=True)
    ).strip()
