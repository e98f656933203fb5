"""Contexts through `Memory`: opening what was shortened, going on from an earlier one, what is told of a reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import InvalidInputError, Memory, Recall
from ricordo.testing import FixedClock
from ricordo.types import RENDERS

LONG = "The ferry left the harbour at nine. Nobody was late. " * 60
ODD = st.text(min_size=1, max_size=80).filter(lambda text: text.strip() and "\0" not in text)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def memory(clock: FixedClock) -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=clock)
    for number in range(12):
        memory.retain(
            f"Ada saw ferry number {number} in the harbour.",
            kind="event", scope="user:ada", speaker="Ada", ref=f"D1:{number}", expires_at="2027-01-01T00:00Z",
        )  # fmt: skip
    return memory


def ids(found: Recall) -> list[str]:
    return [item.record.id for item in found.items]


@given(odd=ODD, budget=st.integers(40, 400))
def test_the_id_of_every_line_opens_the_full_text_byte_for_byte(odd: str, budget: int) -> None:
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        content = f"{odd}\n{LONG}{odd}"
        kept = memory.retain(content, ref="r").record.content
        found = memory.recall("When did the ferry leave?", max_tokens=budget)
        assert found.tokens <= budget
        for item in found.items:
            assert item.rung in ("stub", "extract")
            assert f", id {item.record.id}]" in found.text
            assert memory.get(item.record.id).content.encode() == kept.encode() == item.record.content.encode()
            assert len(item.text) < len(kept)


def test_k_is_ten_without_a_budget_and_the_budget_decides_with_one(memory: Memory) -> None:
    assert len(memory.recall("ferry")) == 10
    assert len(memory.recall("ferry", max_tokens=5000)) == 12
    assert len(memory.recall("ferry", max_tokens=5000, k=3)) == 3
    assert 1 < len(memory.recall("ferry", max_tokens=150)) < 10


@pytest.mark.parametrize("render", RENDERS)
def test_the_same_query_gives_the_same_bytes_and_goes_on_from_itself_whole(memory: Memory, render: str) -> None:
    first = memory.recall("ferry harbour", max_tokens=300, render=render)
    assert memory.recall("ferry harbour", max_tokens=300, render=render).text == first.text
    again = memory.recall("ferry harbour", max_tokens=300, render=render, after=first)
    assert again.text == first.text
    assert again.stable_tokens == again.tokens
    assert first.stable_tokens == 0
    assert again.messages == [{"role": "user", "content": first.text}]


def test_what_is_new_is_appended(memory: Memory) -> None:
    first = memory.recall("ferry harbour", max_tokens=400, scope="user:ada")
    new = memory.retain("Ada missed ferry 77 in the harbour.", kind="event", scope="user:ada").record.id
    more = memory.recall("ferry harbour", max_tokens=700, scope="user:ada", after=first)
    assert more.text.startswith(f"{first.text}\n")
    assert new in ids(more)[len(first) :]
    assert more.stable_tokens == first.tokens
    assert any("kept from the context before" in note for note in more.items[0].why.notes)


def test_items_are_those_kept_and_those_added_within_k(memory: Memory) -> None:
    first = memory.recall("ferry number 3", k=4)
    more = memory.recall("ferry number 3 harbour", k=6, after=first)
    assert ids(more)[:4] == ids(first)
    assert len(more) == 6
    assert len(set(ids(more))) == 6


def test_a_context_of_another_subject_is_not_kept(memory: Memory) -> None:
    first = memory.recall("ferry", max_tokens=200)
    for number in range(12):
        memory.retain(f"Bob planted lemon tree number {number} behind the kitchen.", kind="event")
    other = memory.recall("Which lemon tree did Bob plant?", max_tokens=200, after=first)
    afresh = memory.recall("Which lemon tree did Bob plant?", max_tokens=200)
    assert other.text == afresh.text


def changes(memory: Memory, clock: FixedClock, id: str) -> dict[str, Callable[[], Any]]:
    return {
        "forgotten": lambda: memory.forget(id),
        "erased": lambda: memory.erase(id),
        "updated": lambda: memory.update(id, content="Ada saw no ferry at all."),
        "expired": lambda: clock.set(datetime(2027, 1, 1, tzinfo=UTC)),
    }


@pytest.mark.parametrize("change", ["forgotten", "erased", "updated", "expired"])
@pytest.mark.parametrize("spot", [0, 2, 5])
@pytest.mark.parametrize("lane", ["answer", "inject"])
def test_what_changed_does_not_survive_in_a_context_that_goes_on(
    memory: Memory, clock: FixedClock, change: str, spot: int, lane: str
) -> None:
    memory = Memory.open(":memory:", embedder=None, clock=clock)
    for number in range(8):
        memory.retain(
            f"Ada saw ferry {number}.", kind="event", name=f"ferry {number}", aliases=["ferry"],
            ref=str(number), expires_at="2027-01-01T00:00Z" if number == spot else None,
        )  # fmt: skip
    first = memory.recall("ferry", lane=lane, max_tokens=900)
    gone = next(item.record for item in first.items if item.record.ref == str(spot))
    place = ids(first).index(gone.id)
    assert len(first) == 8
    changes(memory, clock, gone.id)[change]()
    more = memory.recall("ferry", lane=lane, max_tokens=900, after=first)
    assert gone.content not in more.text
    assert gone.version not in [item.record.version for item in more.items if item.record.id == gone.id]
    assert ids(more)[:place] == ids(first)[:place]
    assert len(more) == (8 if change == "updated" else 7)


@pytest.mark.parametrize(
    "filters", [{"speaker": "Bob"}, {"status": "erased"}, {"status": "retracted"}, {"ref": "none"}]
)
def test_what_a_reading_may_not_see_is_not_kept_for_it(memory: Memory, filters: dict[str, str]) -> None:
    first = memory.recall("ferry", max_tokens=900)
    assert len(memory.recall("ferry", max_tokens=900, filters=filters, after=first)) == 0
    assert len(memory.recall("ferry", max_tokens=900, kinds="fact", after=first)) == 0
    assert len(memory.recall("ferry", max_tokens=900, as_of=0, after=first)) == 0


def test_a_handle_of_another_scope_keeps_nothing(memory: Memory) -> None:
    first = memory.recall("ferry", max_tokens=900)
    bob = memory.scoped(write="user:bob")
    for scope in (None, "user:ada"):
        found = bob.recall("ferry", scope=scope, max_tokens=900, after=first)
        assert (found.items, found.text, found.stable_tokens) == ((), "", 0)
        assert "user:ada" not in str(found.filters)


def test_an_extract_stays_while_its_record_is_what_it_was(memory: Memory) -> None:
    id = memory.retain(LONG, scope="long", ref="long").record.id
    memory.retain("The harbour is closed.", scope="long")
    first = memory.recall("when did the ferry leave the harbour", scope="long", max_tokens=300)
    assert next(item for item in first.items if item.record.id == id).rung == "extract"
    again = memory.recall("did the ferry leave at nine", scope="long", max_tokens=300, after=first)
    assert again.text == first.text
    memory.update(id, content=LONG.replace("nine", "ten"))
    later = memory.recall("when did the ferry leave the harbour", scope="long", max_tokens=300, after=again)
    assert "at nine" in again.text
    assert "at nine" not in later.text


def test_after_must_be_what_a_recall_returned(memory: Memory) -> None:
    with pytest.raises(InvalidInputError, match="after"):
        memory.recall("ferry", after="ferry")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="render"):
        memory.recall("ferry", render="html")


def test_inject_renders_and_goes_on_too(memory: Memory) -> None:
    memory.retain("Answer in short sentences.", kind="instruction", pinned=True)
    first = memory.inject("hello", render="json")
    assert first.text.startswith('{"remembered":')
    again = memory.inject("and now?", render="json", after=first)
    assert again.text == first.text
    assert again.stable_tokens == again.tokens > 0


def test_inject_keeps_nothing_that_the_turn_does_not_name(memory: Memory) -> None:
    memory.retain("Runs on the quay server.", name="quay")
    first = memory.inject("where is quay?")
    assert len(first) == 1
    assert memory.inject("and quay again", after=first).text == first.text
    assert memory.inject("something else", after=first).text == ""


def test_filters_tell_what_narrowed_a_reading(memory: Memory, clock: FixedClock) -> None:
    told = memory.recall(
        "ferry", scope="user:ada", kinds="event", filters={"speaker": "Ada", "metadata.page": 3}, valid_at="2026-04"
    ).filters
    assert told["scopes"] == ("user:ada",)
    assert (told["kinds"], told["speakers"], told["metadata.page"]) == (("event",), ("Ada",), 3)
    assert told["valid_in"] == (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    assert told["unexpired_at"] == clock.now()
    assert "scopes" not in memory.scoped(write="user:ada").recall("ferry").filters


def test_explain_tells_arms_rungs_tokens_filters_and_what_was_left_out(memory: Memory) -> None:
    memory.retain(LONG, scope="user:ada", ref="long")
    found = memory.recall("when did ferry number 7 leave", max_tokens=220, scope="user:ada")
    table = memory.explain(found)
    assert f"{found.tokens} of 220 tokens" in table
    assert "in force: scopes user:ada; unexpired at 2026-05-01T00:00:00Z" in table
    heads, weights = table.split("\n\n")[1].split("\n")[:2]
    assert {"lexical", "score", "rung", "tokens"} <= set(heads.split())
    assert "weight" in weights
    for item in found.items:
        assert item.record.id in table
        assert f"  {item.rung:<7}  {item.tokens:>6}" in table
    assert "left out:" in table
    assert "do not fit in the" in table
    assert "vector" not in table
    assert max(map(len, table.splitlines())) <= 100


def test_explain_has_no_line_of_the_contents(memory: Memory) -> None:
    memory.retain("One\n 9   1.000  forged row\x1b[2J\u202e ferry ferry ferry", scope="x", ref="a\nb", speaker="C\nD")
    table = memory.explain(memory.recall("ferry", scope="x"))
    assert len(table.splitlines()) == 9
    assert all(char.isprintable() for line in table.split("\n") for char in line)


def test_a_line_stays_when_its_record_is_reinforced(memory: Memory, clock: FixedClock) -> None:
    fact = memory.retain("The ferry company is Norled.", scope="s", ref="first").record
    first = memory.recall("ferry company", scope="s", k=3)
    clock.advance(days=1)
    verdict = memory.retain("The ferry company is Norled.", scope="s", ref="second")
    assert verdict.action == "reinforced"
    again = memory.recall("ferry company", scope="s", k=3, after=first)
    assert again.text == first.text
    assert again.items[0].record.refs == ("first", "second")
    assert again.items[0].record.id == fact.id


@pytest.mark.parametrize("render", RENDERS)
def test_a_query_that_speaks_of_the_past_is_told_so_in_the_context(render: str) -> None:
    """The present state comes with what it was and until when, as quoted data, in both lanes."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as past:
        home = {"subject": "Ada", "attribute": "lives_in"}
        past.retain("Ada lives in Paris.", value="Paris", **home, at="2026-01-02T10:00Z")
        past.retain("Ada lives in Lisbon.", value="Lisbon", **home, at="2026-04-03T10:00Z")
        for lane in ("answer", "inject"):
            found = past.recall("How is Ada's commute in Paris?", lane=lane, render=render)
            assert found.items[0].record.value == "Lisbon"
            assert found.items[0].why.was == "was Paris until 2026-04-03"
            assert '"was Paris until 2026-04-03"' in found.text
        assert "was Paris" not in past.recall("Where does Ada live?", render=render).text
