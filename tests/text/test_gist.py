"""The key of a statement: harmless edits keep it, harmful ones change it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text.gist import gist, same_value
from ricordo.text.normalise import duplicate_key

STATEMENTS = (
    "Ada keeps the spare key of the office behind the blue door.",
    "The colour of the Apollo logo is dark green.",
    "Backups don't include videos from the archive.",
    "The review of Apollo starts on 3 May 2026.",
    "Bob drives 25 km to the harbour before work.",
    "All engineers may use the big printer with a badge.",
    "It's important that the server stays offline at night.",
    "The ticket costs $1,200 and the course takes 2 hours.",
    "Some users of the portal sync from the cache to the archive.",
)
HARMLESS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("small letters", str.lower),
    ("no full stop", lambda text: text.rstrip(".")),
    ("an exclamation mark", lambda text: text.rstrip(".") + "!"),
    ("wider blanks", lambda text: text.replace(" ", "  ")),
    ("by the way", lambda text: "By the way, " + text),
    ("for the record", lambda text: "For the record: " + text),
    ("remember that", lambda text: "Remember that " + text),
    ("so", lambda text: "So, " + text),
    ("you know", lambda text: text.rstrip(".") + ", you know."),
    ("as I said", lambda text: text.rstrip(".") + ", as I said."),
    ("a contraction in full", lambda text: text.replace("don't", "do not").replace("It's", "It is")),
    ("American spelling", lambda text: text.replace("colour", "color").replace("harbour", "harbor")),
    ("a number in words", lambda text: text.replace("25", "twenty-five").replace("2 hours", "two hours")),
    ("another unit", lambda text: text.replace("25 km", "25,000 metres").replace("2 hours", "120 min")),
    ("a date otherwise", lambda text: text.replace("3 May 2026", "2026-05-03")),
    ("a date in American order", lambda text: text.replace("3 May 2026", "May 3rd, 2026")),
    ("money in words", lambda text: text.replace("$1,200", "1200 dollars")),
    ("a curly apostrophe", lambda text: text.replace("'", "’")),
    ("an emphasis", lambda text: text.replace(" is ", " really is ")),
)
HARMFUL: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("another name", lambda text: text.replace("Ada", "Ana").replace("Bob", "Rob").replace("Apollo", "Apollon")),
    ("another number", lambda text: text.replace("25", "26").replace("1,200", "1,300").replace("2 hours", "3 hours")),
    ("another unit", lambda text: text.replace("km", "miles").replace("hours", "days").replace("$", "€")),
    ("another day", lambda text: text.replace("3 May", "4 May")),
    ("another year", lambda text: text.replace("2026", "2025")),
    ("a negation", lambda text: text.replace(" is ", " is not ").replace("don't include", "include")),
    ("another tense", lambda text: text.replace("keeps", "kept").replace("starts", "started").replace(" is ", " was ")),
    ("before, after", lambda text: text.replace("before", "after").replace("behind", "before")),
    ("with, without", lambda text: text.replace(" with ", " without ")),
    ("the other way", lambda text: text.replace("from the cache to the archive", "from the archive to the cache")),
    ("may, must", lambda text: text.replace(" may ", " must ")),
    ("all, some", lambda text: text.replace("All ", "Most ").replace("Some ", "All ")),
    ("a content word", lambda text: text.replace("green", "blue").replace("key", "lock").replace("offline", "online")),
    ("a word more", lambda text: text.replace("door", "door downstairs").replace("night", "night only")),
    ("a question", lambda text: text.rstrip(".") + "?"),
    ("a doubt", lambda text: "I think " + text),
    ("a condition", lambda text: text.rstrip(".") + " if asked."),
)


@given(st.sampled_from(STATEMENTS), st.lists(st.sampled_from(HARMLESS), max_size=5))
def test_harmless_edits_keep_the_gist(statement: str, edits: list[tuple[str, Callable[[str], str]]]) -> None:
    edited = statement
    for _, edit in edits:
        edited = edit(edited)
    assert gist(edited) == gist(statement)


@given(st.sampled_from(STATEMENTS), st.sampled_from(HARMFUL), st.lists(st.sampled_from(HARMLESS), max_size=3))
def test_a_harmful_edit_changes_the_gist_whatever_is_said_around_it(
    statement: str, harmful: tuple[str, Callable[[str], str]], edits: list[tuple[str, Callable[[str], str]]]
) -> None:
    harmed = harmful[1](statement)
    if harmed == statement:
        return
    for _, edit in edits:
        harmed = edit(harmed)
    assert gist(harmed) != gist(statement)


@given(st.sampled_from(STATEMENTS), st.sampled_from(STATEMENTS))
def test_two_statements_share_no_gist(one: str, other: str) -> None:
    assert (gist(one) == gist(other)) == (one == other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_has_one_duplicate_key_has_one_gist_or_a_finer_one(one: str, other: str) -> None:
    assert gist(one) == gist(one)
    if gist(one) == gist(other) and not any(map(str.isdigit, one + other)):
        assert bool(duplicate_key(one)) == bool(duplicate_key(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In Lisbon, Ada has her office", "Ada has her office in Lisbon."),
        ("On Monday, the whole team meets Bob", "The whole team meets Bob on Monday"),
        ("It's been fixed by Bob", "It has been fixed by Bob"),
        ("The stand-up is at 3 pm", "The stand-up is at 15:00"),
        ("He organises the favourite licences", "He organizes the favorite licenses"),
        ("Logs are kept for two weeks", "Logs are kept for 14 days"),
        ("5 percent of disks fail", "5% of disks fail"),
        ("It takes 1.5 hours", "It takes 90 minutes"),
        ("We can't log in", "We cannot log in"),
    ],
)
def test_the_same_in_other_words(one: str, other: str) -> None:
    assert gist(one) == gist(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Take vitamin A daily", "Take vitamin daily"),
        ("Go from A to B", "Go from B to A"),
        ("Meet at 3 pm", "Meet at 3 am"),
        ("Version 1.10 is out", "Version 1.1 is out"),
        ("Version 16 is out", "Version 16.0 is out"),
        ("Rooms five and six", "Room 11"),
        ("Dial five six", "Dial 56"),
        ("It is 1 m wide", "It is 1 min wide"),
        ("Ada reviews Bob's code", "Bob reviews Ada's code"),
        ("In Rome, Ada met Bob and Eve cried", "Ada met Bob and Eve cried in Rome"),
        ("Prices went up by 5", "Prices went down by 5"),
        ("It holds 5 GB", "It holds 5 MB"),
    ],
)
def test_what_only_looks_alike(one: str, other: str) -> None:
    assert gist(one) != gist(other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("5 km", "5,000 m", True),
        ("$1,200", "1200 dollars", True),
        ("3 May 2026", "2026-05-03", True),
        ("the Hague", "The Hague", True),
        ("thirty-four", "34", True),
        ("10 am", "10:00", True),
        ("16", "18", False),
        ("16", "16.1", False),
        ("3 May", "3 May 2026", False),
        ("Lisbon", "Lisbon Street", False),
        ("€5", "$5", False),
    ],
)
def test_values_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_value(one, other) is same
    assert same_value(other, one) is same


@pytest.mark.parametrize(
    ("plain", "fronted"),
    [
        ("The archive locks the vault at 18:15.", "At 18:15, the archive locks the vault."),
        ("The boiler is not open before 19:30 on Mondays.", "On Mondays, the boiler is not open before 19:30."),
        ("The ledger needs 76 kg of salt every winter.", "Every winter, the ledger needs 76 kg of salt."),
    ],
)
def test_a_time_stands_in_front_or_last(plain: str, fronted: str) -> None:
    assert gist(plain) == gist(fronted)
    assert gist(fronted.replace("5", "6").replace("19:30", "19:31").replace("76", "77")) != gist(fronted)
