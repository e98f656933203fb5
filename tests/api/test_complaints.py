"""What users of memory systems complain of most, each as a law that must hold here."""

from __future__ import annotations

import pytest

from ricordo import Memory
from ricordo.types import STATUSES, Record


def everything(memory: Memory) -> list[Record]:
    """Return every record of a space, in every status."""
    every = sorted(set(STATUSES) - {"erased"})
    return list(memory.list(filters={"status": every}, limit=10_000).records)


def test_all_that_is_deleted_is_of_the_scope_that_was_named(memory: Memory) -> None:
    for who in ("user:1", "user:10", "user:test", "user:test_2"):
        memory.retain(f"The plan of {who} is secret.", scope=who)
    memory.forget(scope="user:1")
    memory.erase(scope="user:test")
    assert memory.stats().scopes == {"user:10": 1, "user:test_2": 1}
    assert not memory.recall("plan", scope="user:1").items
    assert len(memory.recall("plan", scope="user:10")) == 1


def test_what_is_said_twice_is_there_once_and_not_deleted(memory: Memory) -> None:
    first = memory.retain("Ada keeps the spare key at the office.")
    second = memory.retain("By the way, Ada keeps the spare key at the office.", at="2030-01-01")
    assert (second.action, second.record.id) == ("reinforced", first.record.id)
    assert memory.stats().records == 1
    assert "spare key" in memory.recall("Where is the spare key?").text


def test_the_same_episode_twice_is_one_episode(memory: Memory) -> None:
    episode = [
        {"role": "user", "content": "I moved to Lisbon.", "speaker": "Ada"},
        {"role": "assistant", "content": "How is Lisbon?"},
    ]
    first = memory.retain(messages=episode, session="s1", at="2026-05-03T10:00Z")
    before = memory.stats()
    second = memory.retain(messages=episode, session="s1", at="2026-05-03T10:00Z")
    assert [verdict.repeated for verdict in second] == [True, True]
    assert [one.record.id for one in second] == [one.record.id for one in first]
    assert memory.stats() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The billing service uses PostgreSQL 16 for data.", "The billing service uses PostgreSQL 18 for data."),
        ("The budget for Apollo is 12,500 euros this year.", "The budget for Apollo is 12,900 euros this year."),
        ("Bob's flight to Oslo leaves at 10:40 on Friday.", "Bob's flight to Oslo leaves at 10:45 on Friday."),
        ("The alarm is on at night.", "The alarm is not on at night."),
        ("Deploy from staging to production.", "Deploy from production to staging."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["fact", "observation"])
def test_an_update_that_looks_alike_is_not_swallowed(memory: Memory, old: str, new: str, kind: str) -> None:
    memory.retain(old, kind=kind, at="2026-01-01")
    assert memory.retain(new, kind=kind, at="2026-02-01").action != "reinforced"
    memory.consolidate()
    assert new in memory.recall(new).text


def test_a_write_retires_nothing_that_it_is_not_about(memory: Memory) -> None:
    ids = {
        memory.retain(f"{who} lives in {where}.", at="2026-01-01").record.id
        for who, where in (("Ada", "Porto"), ("Adam", "Faro"), ("Ada Lund", "Lund"), ("Bob", "Porto"))
    }
    ids.add(memory.retain("Ada works at Porto Ceramics.", at="2026-01-01").record.id)
    moved = memory.retain("Ada moved to Lisbon.", at="2026-02-01")
    assert moved.action == "superseded"
    assert {one.id for one in everything(memory) if one.status != "active"} == set(moved.affected)
    assert len(moved.affected) == 1
    assert set(moved.affected) < ids


def test_consolidation_multiplies_nothing_and_destroys_nothing(memory: Memory) -> None:
    said = ("Any news?", "I adopted a beagle called Pip.", "Great!", "Pip sleeps in the kitchen.", "Sure!", "Bye!")
    for spot, text in enumerate(said):
        who = ("Bob", "Ada")[spot % 2]
        memory.retain(text, speaker=who, session="s1", at=f"2026-05-03T10:0{spot}Z")
    before = {one.id: one.content for one in everything(memory)}
    records = memory.stats().records
    done = memory.consolidate()
    assert done.replaced
    assert memory.stats().records == records - done.replaced + done.added < records
    for id, content in before.items():
        assert memory.get(id).content == content
        if memory.get(id).status == "archived":
            assert memory.history(id)[-1].rule is not None
            assert content in memory.get(memory.get(id).superseded_by or "").content
    assert memory.consolidate().replaced == 0
    for event in reversed(done.events):
        memory.undo(event)
    assert {one.id: one.content for one in memory.list().records} == before


def test_what_was_recalled_is_not_learnt_again(memory: Memory) -> None:
    memory.retain("Ada keeps the spare key behind the blue door of the cellar.", speaker="Ada", scope="a")
    before = memory.stats()
    for _ in range(20):
        context = memory.recall("Where is the spare key?", scope="a").text
        memory.retain(context, scope="a", speaker="assistant")
        memory.retain("Ada keeps the spare key behind the blue door of the cellar.", scope="a", speaker="assistant")
    assert memory.stats().records == before.records


def test_what_was_just_said_is_recalled_at_once(memory: Memory) -> None:
    for spot in range(30):
        memory.retain(f"The locker code of room {spot} is {spot * 37}.", kind="fact", at="2026-01-01")
    memory.retain("My badge is in the red tin.", speaker="Ada")
    memory.consolidate()
    assert "red tin" in memory.recall("Where is my badge?").text


def test_a_small_space_beside_a_large_one_answers(memory: Memory) -> None:
    many = [{"content": f"Badge number {spot} of the badge office.", "ref": str(spot)} for spot in range(300)]
    memory.retain_many(many, scope="large")
    memory.retain("The badge BADGE-7 is in the red tin.", scope="small")
    for query in ("badge", "badge?", "BADGE-7", "id:badge", '"badge" AND (', "badge*", "NEAR(badge)"):
        assert "red tin" in memory.recall(query, scope="small").text, query


def test_nothing_leaves_without_an_event_that_says_why(memory: Memory) -> None:
    """Whatever is retired has a last change with an operation and a rule; the statuses add up to what was written."""
    memory.retain("Ada lives in Porto.", at="2026-01-01")
    memory.retain("Ada lives in Lisbon.", at="2026-02-01")
    gone = memory.retain("The printer is red.").record.id
    memory.forget(gone, reason="sold")
    memory.retain("I no longer own a car, and I like tea.", speaker="Ada", at="2026-03-01")
    for one in everything(memory):
        changes = memory.history(one.id)
        assert changes[-1].event <= memory.stats().events
        if one.status != "active":
            assert (changes[-1].op, bool(changes[-1].rule)) in {("retain", True), ("forget", True)}
    assert sum(memory.stats().statuses.values()) == len(everything(memory))
