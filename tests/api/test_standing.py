"""What standing does to an answer: what leads, what is left out, what is marked, what comes along; and who sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ricordo import Memory
from ricordo.testing import FixedClock
from ricordo.types import Item, Recall

JANUARY, MARCH, MAY, JUNE = "2026-01-05", "2026-03-01", "2026-05-03", "2026-06-01"
WHERE = "Where does Ada live?"
TRAM = "Ada takes the yellow tram to work."
HOW = "How does Ada get to work by tram?"


def home(memory: Memory, value: str, at: str, *, said: str | None = None, **more: Any) -> tuple[str, str]:
    """Keep what Ada said, and beside it the state it tells; return both ids."""
    voice = {"speaker": "Ada", "session": "s1", "scope": more.get("scope", "default")}
    text = said or f"I moved to {value}."
    evidence = memory.retain(text, at=at, ref=f"turn {at}", **voice).record.id
    fields = {"subject": "Ada", "attribute": "lives_in", "value": value, "speaker": "Ada", "at": at, **more}
    links = [("derived_from", evidence), *more.pop("links", ())]
    return evidence, memory.retain(f"Ada lives in {value}", **{**fields, "links": links}).record.id


def told(found: Recall) -> list[tuple[str, str]]:
    return [(item.record.content, item.standing.state) for item in found.items]


def item(found: Recall, content: str) -> Item:
    return next(one for one in found.items if one.record.content == content)


def moved(memory: Memory) -> dict[str, str]:
    """Ada lived in Porto, which the tram rested on; now in Lisbon."""
    tram = memory.retain(TRAM, at=JANUARY, kind="preference").record.id
    words, porto = home(memory, "Porto", JANUARY, links=[("affects", tram)])
    before = memory.stats().seq
    new_words, lisbon = home(memory, "Lisbon", MAY)
    return {"tram": tram, "words": words, "porto": porto, "before": str(before), "new": new_words, "lisbon": lisbon}


@pytest.fixture
def clock() -> FixedClock:
    clock = FixedClock()
    clock.advance(days=60)
    return clock


@pytest.fixture(autouse=True)
def _as_given(memory: Memory) -> None:
    """States are written by hand here: no rule has to find them in the texts."""
    object.__setattr__(memory._engine, "rules", ())


# -- what has passed


def test_the_live_state_leads_and_the_passed_one_is_left_out(memory: Memory) -> None:
    ids = moved(memory)
    found = memory.recall(WHERE)
    assert found.items[0].record.id == ids["lisbon"]
    assert found.items[0].record.refs == () or "turn" in found.items[0].record.refs[0]
    reasons = {one.id: one.reason for one in found.dropped}
    assert reasons[ids["words"]] == "passed: was so until 2026-05-03"
    assert reasons[ids["new"]] == f"told by {ids['lisbon']}"
    assert "Porto" not in found.text.replace("“Ada lives in Porto”", "")


def test_words_that_tell_other_things_too_stay_behind_marked(memory: Memory) -> None:
    said = "I moved to Porto and the cat broke a vase of my grandmother."
    home(memory, "Porto", JANUARY, said=said)
    home(memory, "Lisbon", MAY)
    found = memory.recall("Where does Ada live, and what does the cat do?")
    assert item(found, said).standing.state == "stale"
    assert '[was so until 2026-05-03: "Ada lives in Porto"]' in found.text
    assert found.items[0].record.value == "Lisbon"


def test_how_it_was_said_is_kept_where_the_past_is_asked_for(memory: Memory) -> None:
    ids = moved(memory)
    found = memory.recall("When did Ada move to live in Lisbon?")
    assert ids["new"] in {one.record.id for one in found.items}


@pytest.mark.parametrize(
    "query", ["Where did Ada live?", "Where did Ada live before Lisbon?", "Ada used to live where?"]
)
def test_a_query_of_the_past_shows_all_marked(memory: Memory, query: str) -> None:
    ids = moved(memory)
    found = memory.recall(query)
    shown = {one.record.id: one for one in found.items}
    assert shown[ids["lisbon"]].standing.state == "current"
    assert shown[ids["porto"]].standing.state == "stale"
    assert found.items.index(shown[ids["lisbon"]]) < found.items.index(shown[ids["porto"]])
    assert not [one for one in found.dropped if one.reason.startswith("passed")]


def test_standing_is_judged_at_the_moment_of_the_read(memory: Memory) -> None:
    ids = moved(memory)
    before = memory.recall(HOW, as_of=int(ids["before"]))
    assert item(before, TRAM).standing.state == "current"
    assert item(memory.recall(HOW), TRAM).standing.state == "unknown"
    then, later = memory.recall(HOW, valid_at=MARCH), memory.recall(HOW, valid_at=JUNE)
    assert (item(then, TRAM).standing.state, item(later, TRAM).standing.state) == ("current", "unknown")
    words = memory.recall("I moved to Porto", valid_at=MARCH)
    assert item(words, "I moved to Porto.").standing.state == "current"
    assert item(memory.recall("I moved to Porto", valid_at=JUNE), "I moved to Porto.").standing.state == "stale"


def test_what_was_told_as_past_does_not_age(memory: Memory) -> None:
    home(memory, "Lisbon", MARCH)
    said = memory.retain("I used to live in Porto.", at=MAY, speaker="Ada", session="s1").record.id
    slot = {"subject": "Ada", "attribute": "lives_in", "value": "Porto", "at": JANUARY, "valid_to": MARCH}
    memory.retain("Ada lives in Porto", links=[("derived_from", said)], **slot)
    found = memory.recall("Is Porto home to Ada?")
    assert ("I used to live in Porto.", "current") in told(found)


def test_home_again_is_current_again(memory: Memory) -> None:
    first, _ = home(memory, "Porto", JANUARY)
    home(memory, "Lisbon", MARCH)
    home(memory, "Porto", MAY)
    found = memory.recall("Ada moved: Porto?")
    assert all(one.standing.state == "current" for one in found.items if one.record.id == first)


# -- a state and its words


def test_words_that_are_found_themselves_keep_their_place(memory: Memory) -> None:
    ids = moved(memory)
    found = memory.recall("I moved to Lisbon")
    assert [one.record.id for one in found.items if "Lisbon" in one.record.content] == [ids["new"]]
    assert {one.id: one.reason for one in found.dropped}[ids["lisbon"]] == f"said by {ids['new']}"


def _asks(words: frozenset[str]) -> tuple[str, ...]:
    return ("age",) if words & {"old", "age"} else ()


@pytest.fixture
def ages(memory: Memory) -> Memory:
    """Ada and Bob have an age, which "old" asks for."""
    object.__setattr__(memory._engine, "reader", replace(memory._engine.reader, asks=_asks))
    for who, age in (("Ada", "34"), ("Bob", "41")):
        memory.retain(f"{who}: age is {age}", subject=who, attribute="age", value=age)
    memory.retain("Ada sold an old lamp.", speaker="Bob", session="s2")
    return memory


def test_a_slot_is_asked_for_in_other_words(ages: Memory) -> None:
    assert ages.recall("How old is Ada?").items[0].record.value == "34"
    assert "slot" in ages.recall("How old is Ada?").items[0].why.arms
    assert not [one for one in ages.recall("How old is Eve?").items if "slot" in one.why.arms]


@pytest.mark.parametrize(
    ("turn", "brought"),
    [
        ("How old is Ada?", ["34"]),
        ("what age are Ada and Bob", ["34", "41"]),
        ("Ada's age?", ["34"]),
        ("Is Ada still driving that old car?", []),
        ("my old laptop", []),
    ],
)
def test_beside_a_turn_other_words_count_only_where_nothing_else_is_asked(
    ages: Memory, turn: str, brought: list[str]
) -> None:
    assert [one.record.value for one in ages.inject(turn).items] == brought


# -- what rests on what has changed


@pytest.mark.parametrize("render", ["text", "markdown", "json", "messages"])
def test_what_rests_on_a_changed_state_is_unknown_and_brings_it(memory: Memory, render: str) -> None:
    ids = moved(memory)
    found = memory.recall(HOW, render=render)
    one = item(found, TRAM)
    assert one.standing.state == "unknown"
    assert one.standing.reason == "“Ada lives in Porto” was so until 2026-05-03; now “Ada lives in Lisbon”"
    assert {ids["lisbon"], ids["new"]} & {other.record.id for other in found.items}
    assert "2026-05-03" in found.text
    assert "Porto" in found.text
    assert "unknown since 2026-05-03" in memory.explain(found)


def test_said_again_or_updated_it_is_current_again(memory: Memory) -> None:
    ids = moved(memory)
    memory.feedback([ids["tram"]], "helped", query="the yellow tram of Ada")
    assert item(memory.recall(HOW), TRAM).standing.state == "unknown"
    memory.retain(TRAM, at=JUNE, kind="preference")
    assert item(memory.recall(HOW), TRAM).standing.state == "current"
    home(memory, "Faro", "2026-06-02", links=[("affects", ids["tram"])])
    assert item(memory.recall(HOW), TRAM).standing.state == "current"
    home(memory, "Braga", "2026-06-03")
    assert item(memory.recall(HOW), TRAM).standing.state == "unknown"
    memory.update(ids["tram"], why="Still so.")
    assert item(memory.recall(HOW), TRAM).standing.state == "current"


def test_a_state_that_ended_without_another_comes_along_itself(memory: Memory) -> None:
    tram = memory.retain(TRAM, at=JANUARY, kind="preference").record.id
    slot = {"subject": "Ada", "attribute": "badge", "value": "B7", "at": JANUARY, "valid_to": MAY}
    badge = memory.retain("Ada has badge B7", links=[("affects", tram)], **slot).record.id
    found = memory.recall(HOW)
    assert item(found, TRAM).standing.reason == "“Ada has badge B7” was so until 2026-05-03"
    assert badge in {one.record.id for one in found.items}
    assert item(found, "Ada has badge B7").standing.state == "stale"


def test_what_was_taken_back_is_not_quoted(memory: Memory) -> None:
    ids = moved(memory)
    memory.forget(ids["lisbon"])
    tea = memory.retain("Ada drinks tea at four.", at=JUNE).record.id
    secret = memory.retain("Ada works nights.", links=[("affects", tea)], at=JUNE).record.id
    memory.forget(secret)
    found = memory.recall("When does Ada drink tea?")
    assert item(found, "Ada drinks tea at four.").standing.state == "unknown"
    assert "nights" not in found.text
    assert "nights" not in memory.explain(found)
    memory.erase(secret)
    assert item(memory.recall("When does Ada drink tea?"), "Ada drinks tea at four.").standing.state == "current"


def test_nothing_is_told_of_what_the_viewer_may_not_see(memory: Memory) -> None:
    tram = memory.retain(TRAM, at=JANUARY, scope="team").record.id
    home(memory, "Porto", JANUARY, scope="private", links=[("affects", tram)])
    home(memory, "Lisbon", MAY, scope="private")
    found = memory.recall(HOW, scope="team")
    assert told(found) == [(TRAM, "current")]
    assert "Porto" not in found.text + memory.explain(found) + repr(found)
    assert item(memory.recall(HOW), TRAM).standing.state == "unknown"


def test_what_comes_along_keeps_to_the_filters(memory: Memory) -> None:
    moved(memory)
    found = memory.recall(HOW, kinds="preference")
    assert told(found) == [(TRAM, "unknown")]
    assert [one.record.kind for one in memory.recall("Where did Ada live?", kinds="fact").items] == ["fact", "fact"]


# -- two sides


def test_both_sides_of_a_conflict_are_shown_and_say_so(memory: Memory) -> None:
    slot = {"subject": "Ada", "attribute": "lives_in"}
    memory.retain("Ada lives in Porto", value="Porto", derivation="validated", at=JANUARY, **slot)
    memory.retain("Ada lives in Lisbon", value="Lisbon", derivation="imported", at=MAY, **slot)
    found = memory.recall(WHERE, k=2)
    assert {one.record.value: one.why.against for one in found.items} == {
        "Porto": "Ada lives in Lisbon",
        "Lisbon": "Ada lives in Porto",
    }
    assert found.text.count("[contradicted by") == 2
    assert memory.recall("Porto", k=2).items[1].record.value == "Lisbon"


# -- the inject lane


def test_beside_a_turn_nothing_passed_comes_and_what_is_unknown_is_flagged(memory: Memory) -> None:
    tram = memory.retain(TRAM, name="yellow tram", pinned=True, at=JANUARY, kind="preference").record.id
    home(memory, "Porto", JANUARY, links=[("affects", tram)])
    over = {"subject": "Ada", "attribute": "badge", "value": "B7", "name": "badge", "at": JANUARY, "valid_to": MAY}
    memory.retain("Ada has badge B7", **over)
    assert "unknown" not in memory.inject("").text
    home(memory, "Lisbon", MAY)
    found = memory.inject("the badge on the yellow tram")
    assert told(found) == [(TRAM, "unknown")]
    assert "[unknown since 2026-05-03" in found.text


def test_a_kept_line_goes_when_its_standing_changes(memory: Memory) -> None:
    tram = memory.retain(TRAM, at=JANUARY, kind="preference").record.id
    home(memory, "Porto", JANUARY, links=[("affects", tram)])
    first = memory.recall(HOW, max_tokens=500)
    home(memory, "Lisbon", MAY)
    second = memory.recall(HOW, max_tokens=500, after=first)
    assert item(second, TRAM).standing.state == "unknown"
    assert "unknown since" in second.text
