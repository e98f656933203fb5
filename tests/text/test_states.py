"""States that texts tell: tables of sentences with what each tells, sentences that tell nothing, and laws."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text.state_rules import RULES, StateRule, asked_attributes
from ricordo.text.states import LONGEST_SENTENCE, Told, only_states, states

SAID = datetime(2026, 5, 3, 12, tzinfo=UTC)

#: Sentence => subject | attribute | value | marks, for each state it tells. Marks: was, ended, denied, -X (instead of
#: X), ! (corrects), >date (begin), <date (end). The speaker is Pat.
TELLS = """
I live in Lisbon. => Pat | lives_in | Lisbon
Ada lives in Lisbon now, not in Porto. => Ada | lives_in | Lisbon | -Porto
I moved to Lisbon and now work at Brightwater. => Pat | lives_in | Lisbon; Pat | works_at | Brightwater
My sister Ana, who lives in Porto, works at Northwind. => Ana | lives_in | Porto; Ana | works_at | Northwind
Ana, my sister, lives in Porto. => Ana | lives_in | Porto
My sister lives in Ghent. => Pat's sister | lives_in | Ghent
I used to live in Rome but now live in Porto. => Pat | lives_in | Rome | was; Pat | lives_in | Porto
I no longer live in Rome; I moved to Porto. => Pat | lives_in | Rome | ended; Pat | lives_in | Porto
I'm not living in Rome but in Porto. => Pat | lives_in | Porto | -Rome !
I moved from Paris, France to Austin, Texas last month. => Pat | lives_in | Austin, Texas | -Paris, France >2026-04-01
As of March, Ada works at Brightwater. => Ada | works_at | Brightwater | >2026-03-01
Since last week I live in Porto. => Pat | lives_in | Porto | >2026-04-20
I've been living in Berlin since 2019. => Pat | lives_in | Berlin | >2019-01-01
Ada lived in Lisbon until 2020. => Ada | lives_in | Lisbon | was <2021-01-01
Ada lives in Lisbon until June. => Ada | lives_in | Lisbon | <2026-07-01
Starting 1 June I work at Brightwater. => Pat | works_at | Brightwater | >2026-06-01
Ada moved to Rome in 2024. She works at Fiat. => Ada | lives_in | Rome | >2024-01-01; Ada | works_at | Fiat
Ada's been promoted to head of design. => Ada | role | head of design
I'm a nurse at St. Mary Hospital. => Pat | works_at | St. Mary Hospital; Pat | role | nurse
I lost my job at Brightwater last week. => Pat | works_at | Brightwater | ended <2026-04-20
I left Brightwater and joined Northwind. => Pat | works_at | Brightwater | ended; Pat | works_at | Northwind
I left Rome for Milan. => Pat | lives_in | Milan | -Rome
Ada resigned from Brightwater. => Ada | works_at | Brightwater | ended
I turned 30 yesterday. => Pat | age | 30 | >2026-05-02
Actually, I'm 34, not 33. => Pat | age | 34 | -33 !
My birthday is 3 May. => Pat | birthday | 3 May
I was born on 3 May 1990 in Lisbon. => Pat | birthday | 3 May 1990; Pat | born_in | Lisbon | >1990-05-03
My wife's name is Clara. => Pat | partner | Clara
Ada and Bob broke up. => Ada | partner | Bob | ended
Ada isn't a vegan anymore. => Ada | diet | vegan | ended
Bob is now my manager. => Pat | manager | Bob
Goulash is Ada's favourite food. => Ada | favourite_food | Goulash
My favourite colour is green. => Pat | favourite_colour | green
I prefer dark mode now instead of light mode. => Pat | preferred_mode | dark mode | -light mode
I prefer tea over coffee. => Pat | prefers | tea | -coffee
I don't like olives anymore. => Pat | likes | olives | ended
Ada doesn't own a car. => Ada | owns | car | denied
I sold my bike last week. => Pat | owns | bike | ended <2026-04-20
I speak French and Portuguese. => Pat | speaks | French; Pat | speaks | Portuguese
Ada can't speak Greek. => Ada | speaks | Greek | denied
I stopped playing tennis. => Pat | plays | tennis | ended
We migrated from MySQL to PostgreSQL. => Pat | uses | PostgreSQL | -MySQL
We run PostgreSQL 16. => PostgreSQL | version | 16
Redis was upgraded from 6 to 7. => Redis | version | 7 | -6
The deadline of Project Apollo has been moved from 3 May to 10 May. => Project Apollo | deadline | 10 May | -3 May
They pushed the deadline for Apollo back to 12 June. => Apollo | deadline | 12 June
Deadline for Apollo: 3 May => Apollo | deadline | 3 May
The tax return is due on 3 June. => the tax return | deadline | 3 June
Project Apollo is on hold. => Project Apollo | status | on hold
Apollo isn't blocked anymore, it's done. => Apollo | status | blocked | ended; Apollo | status | done
Our office has moved to Berlin. => the office | located_in | Berlin
The office is no longer in Lisbon but in Porto. => the office | located_in | Porto | -Lisbon
The billing service listens on port 8080. => the billing service | port | 8080
The price of the ticket went from $20 to $30. => the ticket | price | $30 | -$20
Bob took over Apollo from Carol. => Apollo | lead | Bob | -Carol
The stand-up is at 10:00, not 9:30. => the stand-up | time | 10:00 | -9:30 !
Atlas is written in Rust. => Atlas | written_in | Rust
Ada - city: Lisbon => Ada | lives_in | Lisbon
Scratch that, Ada lives in Porto. => Ada | lives_in | Porto | !
Ada lives in Lisbon. Sorry, I meant Porto. => Ada | lives_in | Porto | -Lisbon !
i live in lisbon now => Pat | lives_in | lisbon
You can reach me at pat@example.org. => Pat | email | pat@example.org
"""
NOTHING = """
Would I live in Rome? | I live in Rome, don't you think? | If I lived in Rome, I would cycle. | I want to move to Rome.
I might join Brightwater. | I will move to Rome in June. | I'm moving to Rome next month. | I'd love to live in Lisbon.
Bob thinks Ada lives in Rome. | I heard that Ada moved to Rome. | Ada said she moved to Rome. | You live in Rome.
He said "I live in Rome and I love it there". | "I live in Rome", he said. | I live in Rome, he said.
I live in fear. | She lives in the moment. | I live for the weekends. | I work at night. | I work hard at it.
I visited Rome. | I ate pizza. | I loved the concert. | I like that. | I love your painting. | I'd like a coffee.
I have a question. | I have a great day. | I have to go. | Ada has been to Lisbon. | I have lived in Rome.
I'm tired. | I'm in a meeting. | I am in love. | I'm done. | I'm 5 minutes late. | I'm Good. | It feels like home.
I almost moved to Rome. | I moved to Rome for three months. | I moved to the sofa. | We moved to plan B.
I turned left. | I left my keys at home. | Ada left at noon. | I quit. | I joined a gym. | I run every morning.
The meeting was moved. | The server is down. | The deadline is tight. | I missed the deadline of 3 May.
My job is hard. | My home is a mess. | My favourite part was the end. | My name is on the list. | My boss is on leave.
Ada failed to move to Rome. | Ada hasn't moved to Rome yet. | Once I move to Rome, I'll call. | Let's move to Rome.
Please change my email to pat@example.org. | Someone works at Fiat. | Most people live in cities. | Nobody lives here.
In the film, Ada lives in Rome. | My dream is to live in Rome. | The rumour that Ada moved to Rome is false.
Ada met Bob. She works at Fiat. | We tested PostgreSQL 18. | PostgreSQL 18 was released. | Can we meet at 10:00?
I am used to cold showers. | I lost my mind. | I took up space. | I speak my mind. | I weigh my options. | I study hard.
"""


def told(text: str, speaker: str | None = "Pat") -> list[Told]:
    return states(text, speaker=speaker, said_at=SAID)


def shown(one: Told) -> str:
    marks = [one.sense] if one.sense != "holds" else []
    marks += [f"-{one.instead_of}"] if one.instead_of else []
    marks += ["!"] if one.corrects else []
    marks += [f">{one.begin.date()}"] if one.begin else []
    marks += [f"<{one.end.date()}"] if one.end else []
    return " | ".join([one.subject, one.attribute, one.value, *([" ".join(marks)] if marks else [])])


@pytest.mark.parametrize("line", TELLS.strip().splitlines())
def test_a_sentence_tells_these_states_and_no_other(line: str) -> None:
    text, _, wanted = line.partition(" => ")
    assert "; ".join(map(shown, told(text))) == wanted


@pytest.mark.parametrize("text", [text.strip() for line in NOTHING.strip().splitlines() for text in line.split(" | ")])
def test_a_sentence_tells_nothing(text: str) -> None:
    assert told(text) == []


SURE = [line.split(" => ")[0] for line in TELLS.strip().splitlines()]


@given(
    st.sampled_from(SURE), st.sampled_from(["Hi! ", "By the way, ", "Well, ", "For the record, ", "Just so you know, "])
)
def test_what_stands_before_a_statement_changes_nothing(text: str, opener: str) -> None:
    # Only whether it corrects: "Well, actually" is read as one.
    assert [shown(one) for one in told(opener + text)] == [shown(one) for one in told(text)]


@given(st.sampled_from(SURE))
def test_the_clause_is_where_the_text_tells_it(text: str) -> None:
    for one in told(text):
        first, last = one.clause
        assert 0 <= first < last <= len(text)
        assert one.value in text[first:last]


@given(st.sampled_from(SURE))
def test_a_text_that_is_wholly_told_is_only_states_and_one_with_more_is_not(text: str) -> None:
    found = told(text)
    assert only_states(text, found)
    assert not only_states(text + " The kettle hissed.", found)


@given(st.sampled_from(SURE))
def test_a_question_tells_nothing(text: str) -> None:
    assert told(re.sub(r"[.]|$", "?", text)) == []


@given(st.text(max_size=200))
def test_any_text_is_read_without_error_and_the_same_twice(text: str) -> None:
    assert told(text) == told(text)


_WORDS = sorted({word for text in SURE for word in re.findall(r"\S+", text)})


@given(st.lists(st.sampled_from(_WORDS), max_size=20).map(" ".join))
def test_any_order_of_such_words_is_read_without_error(text: str) -> None:
    for one in told(text):
        assert one.value
        assert one.subject
        assert one.cardinality in ("one", "many")
        assert one.sense in ("holds", "was", "ended", "denied")
        assert text[slice(*one.clause)]
        assert one.precision is None or one.begin or one.end


@given(st.integers(0, 20_000))
def test_begin_moves_with_the_moment_of_speaking(days: int) -> None:
    at = datetime(1980, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
    [one] = states("I moved to Lisbon yesterday.", said_at=at)
    assert one.begin == (at - timedelta(days=1)).replace(hour=0)
    assert (one.subject, one.precision) == ("user", "day")


def test_a_rule_of_the_user_is_read_like_the_built_in_ones() -> None:
    commute = StateRule("commutes_by", ("{subject:person} commute by {value:text}",), asked=("commute",))
    rules = (*RULES, commute)
    found = states("I no longer commute by train. Ada commutes by boat now.", speaker="Pat", said_at=SAID, rules=rules)
    assert [shown(one) for one in found] == ["Pat | commutes_by | train | ended", "Ada | commutes_by | boat"]
    assert asked_attributes(frozenset({"commute"}), rules) == ("commutes_by",)


def test_a_pattern_without_a_slot_in_front_is_refused() -> None:
    bad = StateRule("mood", ("live in {value:place}",))
    with pytest.raises(ValueError, match="must begin with a slot"):
        states("I live in Rome.", said_at=SAID, rules=(bad,))


@pytest.mark.parametrize(
    ("words", "attribute"),
    [("how old is ada", "age"), ("where does ada live", "lives_in"), ("which editor does ada use", "uses")],
)
def test_a_query_asks_for_an_attribute(words: str, attribute: str) -> None:
    assert attribute in asked_attributes(frozenset(words.split()))


def test_a_version_in_production_is_the_version_and_one_on_staging_is_not() -> None:
    def told(text: str) -> list[tuple[str, str, str]]:
        return [(one.subject, one.attribute, one.value) for one in states(text, said_at=SAID)]

    known = [("PostgreSQL", "version", "16")]
    assert told("We run PostgreSQL 16 in production.") == told("We run PostgreSQL version 16 at work.") == known
    assert told("We run PostgreSQL 16 on staging.") == told("We run PostgreSQL 16 for the tests.") == []


def test_a_sentence_that_nobody_would_say_is_not_read() -> None:
    """Thousands of words without a full stop tell nothing, and hold nobody up; what stands beside them is read."""
    said_at = datetime(2026, 5, 3, tzinfo=UTC)
    long = "I like tea and " * LONGEST_SENTENCE
    assert states(f"{long}cake. I moved to Lisbon.", said_at=said_at)[-1].value == "Lisbon"
    assert [one.value for one in states(f"{long}cake. I moved to Lisbon.", said_at=said_at)] == ["Lisbon"]
    assert states("I like tea and " * (LONGEST_SENTENCE // 5) + "cake.", said_at=said_at)
