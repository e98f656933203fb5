"""The inject lane: what a turn brings, why, and when it stays silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.testing import FixedClock

ADA = "user:ada"
FASTIFY = "Uses Fastify for HTTP services rather than Express."
FIRST, SECOND = "is the purple dashboard up?", "who owns the purple dashboard?"


def notes(memory: Memory, turn: str, **bounds: Any) -> list[tuple[str, ...]]:
    return [item.why.notes for item in memory.inject(turn, **{"scope": ADA, **bounds})]


def home(memory: Memory, value: str, since: str, **more: Any) -> str:
    fields = {"subject": "Ada", "attribute": "lives_in", "value": value, "scope": ADA, "at": since, **more}
    return memory.retain(f"{fields['subject']} lives in {value}.", **fields).record.id


@pytest.fixture
def grafana(memory: Memory) -> str:
    return memory.retain("Grafana runs on port 3000.", name="grafana", scope=ADA).record.id


# -- what was turned down


def test_what_a_record_turns_down_brings_it(memory: Memory) -> None:
    id = memory.retain(FASTIFY, name="framework", scope=ADA).record.id
    assert notes(memory, "should I add an Express middleware?") == [("counter “express”",)]
    assert notes(memory, "should I add an Expres middleware?") == []
    assert notes(memory, "express", scope="user:bob") == []
    memory.update(id, content="Uses Fastify.")
    assert notes(memory, "should I add an Express middleware?") == []


@pytest.mark.parametrize("given", [{"kind": "decision"}, {"kind": "preference"}, {"name": "web"}])
def test_only_what_is_for_something_turns_something_down(memory: Memory, given: dict[str, Any]) -> None:
    memory.retain(FASTIFY, scope=ADA)
    memory.retain(f"We said: {FASTIFY}", speaker="Bob", scope=ADA)
    assert notes(memory, "Express?") == []
    memory.retain(FASTIFY, scope=ADA, key="again", **{"kind": "learning", **given})
    assert notes(memory, "Express?") == [("counter “express”",)]


def test_a_name_is_worth_more_than_what_is_turned_down(memory: Memory) -> None:
    memory.retain(FASTIFY, name="framework", scope=ADA)
    memory.retain("The legacy gateway.", name="gateway", aliases=["Express"], scope=ADA)
    assert [item.record.name for item in memory.inject("Express?", scope=ADA)] == ["gateway", "framework"]


# -- aliases learnt from use


def test_two_turns_make_an_alias(memory: Memory, grafana: str) -> None:
    memory.feedback(grafana, "used", query=FIRST, scope=ADA)
    assert notes(memory, "restart the purple dashboard") == []
    event = memory.feedback(grafana, "helped", query=SECOND, scope=ADA)
    assert memory.get(grafana).learnt == ("purple dashboard",)
    assert notes(memory, "restart the purple dashboard") == [("learnt “purple dashboard”",)]
    assert notes(memory, "restart the purple dashboards") == []
    change = memory.history(grafana)[-1]
    assert (change.event, change.rule) == (event, "feedback.learnt")
    assert change.reason == "2 turns it served asked by “purple dashboard”"
    assert memory.verify().ok


def test_an_alias_learnt_is_undone_with_its_feedback(memory: Memory, grafana: str) -> None:
    memory.feedback(grafana, "used", query=FIRST)
    event = memory.feedback(grafana, "used", query=SECOND)
    undone = memory.undo(event).event
    assert memory.get(grafana).learnt == ()
    assert notes(memory, FIRST) == []
    memory.undo(undone)
    assert notes(memory, FIRST) == [("learnt “purple dashboard”",)]


def test_a_turn_that_was_undone_does_not_count(memory: Memory, grafana: str) -> None:
    memory.undo(memory.feedback(grafana, "used", query=FIRST))
    memory.feedback(grafana, "used", query=SECOND)
    assert memory.get(grafana).learnt == ()


def test_harm_takes_an_alias_away_and_it_starts_anew(memory: Memory, grafana: str) -> None:
    for turn in (FIRST, SECOND):
        memory.feedback(grafana, "used", query=turn)
    memory.feedback(grafana, "harmed", query="the purple dashboard is gone")
    assert memory.get(grafana).learnt == ()
    assert memory.history(grafana)[-1].rule == "feedback.unlearnt"
    memory.feedback(grafana, "used", query="the purple dashboard")
    assert memory.get(grafana).learnt == ()
    memory.feedback(grafana, "used", query="our purple dashboard")
    assert memory.get(grafana).learnt == ("purple dashboard",)


def test_what_names_something_is_not_learnt(memory: Memory, grafana: str) -> None:
    memory.retain("Kibana.", name="kibana", aliases=["purple"], scope=ADA)
    for turn in (FIRST, "the kibanaa dashboard"):
        memory.feedback(grafana, "used", query=turn)
    assert memory.get(grafana).learnt == ("dashboard",)


def test_a_name_of_another_scope_stands_in_no_ones_way(memory: Memory, grafana: str) -> None:
    memory.retain("Kibana.", name="purple_dashboard", scope="user:bob")
    for turn in (FIRST, SECOND):
        memory.feedback(grafana, "used", query=turn)
    assert memory.get(grafana).learnt == ("purple dashboard",)
    assert notes(memory, FIRST, scope="user:bob") == [("name “purple dashboard”",)]


def test_a_common_word_is_not_learnt(memory: Memory, grafana: str) -> None:
    memory.retain_many([{"content": f"Dashboards, number {number}.", "scope": ADA} for number in range(11)])
    for turn in ("the dashboard", "a dashboard?"):
        memory.feedback(grafana, "used", query=turn)
    assert memory.get(grafana).learnt == ()


def test_a_turn_that_many_records_served_names_none(memory: Memory, grafana: str) -> None:
    others = [memory.retain(f"Note {number}.", scope=ADA).record.id for number in range(3)]
    for turn in (FIRST, SECOND):
        memory.feedback([grafana, *others], "used", query=turn)
    assert all(memory.get(id).learnt == () for id in (grafana, *others))


def test_a_record_learns_so_many_aliases_and_no_more(memory: Memory, grafana: str) -> None:
    for number in range(30):
        for turn in (f"zebra{number}x", f"the zebra{number}x"):
            memory.feedback(grafana, "used", query=turn)
    assert len(memory.get(grafana).learnt) == 25
    assert memory.get(grafana).learnt[0] == "zebra0x"


def test_a_forgotten_record_learns_nothing(memory: Memory, grafana: str) -> None:
    memory.feedback(grafana, "used", query=FIRST)
    memory.forget(grafana)
    memory.feedback(grafana, "used", query=SECOND)
    assert memory.get(grafana).learnt == ()


def test_pasted_text_and_bad_queries_teach_nothing(memory: Memory, grafana: str) -> None:
    for _ in range(2):
        memory.feedback(grafana, "used", query="why?\n```python\nimport zebrafish\n```")
        memory.feedback(grafana, "used", query="")
    assert memory.get(grafana).learnt == ()
    with pytest.raises(InvalidInputError, match="query"):
        memory.feedback(grafana, "used", query=7)  # type: ignore[arg-type]


def test_a_bound_handle_teaches_only_what_it_may_write(memory: Memory, grafana: str) -> None:
    bob = memory.scoped(write="user:bob")
    with pytest.raises(NotFoundError):
        bob.feedback(grafana, "used", query=FIRST)
    ada = memory.scoped(write=ADA)
    for turn in (FIRST, SECOND):
        ada.feedback(grafana, "used", query=turn)
    assert len(ada.inject(FIRST)) == 1


def test_what_was_learnt_is_replayed_exported_and_erased(tmp_path: Path, clock: FixedClock) -> None:
    with Memory.open(tmp_path / "space", embedder=None, clock=clock) as memory:
        learnt = memory.retain("Grafana.", name="grafana").record.id
        heard = memory.retain("Kibana.", name="kibana").record.id
        for turn in ("the zanzibarian dashboard", "a zanzibarian dashboard"):
            memory.feedback(learnt, "used", query=turn)
        memory.feedback(heard, "used", query="that quixotically slow page")
        asked = memory.inject("zanzibarian dashboard")
        memory.reindex()
        assert memory.inject("zanzibarian dashboard") == asked
        assert memory.verify().ok
        memory.export(tmp_path / "out.ricordo")
        with Memory.restore(tmp_path / "out.ricordo", tmp_path / "copy", embedder=None, clock=clock) as copy:
            assert copy.get(learnt).learnt == ("zanzibarian dashboard",)
            assert copy.inject("zanzibarian dashboard") == asked
        memory.erase(learnt)
        memory.erase(heard)
        left = b"".join(file.read_bytes() for file in (tmp_path / "space").iterdir())
        assert b"zanzibar" not in left
        assert b"quixotic" not in left
        assert memory.verify().ok


# -- what is no longer so


def test_a_past_value_brings_the_present_one(memory: Memory) -> None:
    home(memory, "Paris", "2025-01-01")
    home(memory, "Lisbon", "2026-05-03")
    told = [("was Paris until 2026-05-03",)]
    assert notes(memory, "how is Ada's commute in Paris?") == told
    assert notes(memory, "the living costs of Paris") == told
    assert notes(memory, "what about my flat in Paris?") == told
    assert [item.record.value for item in memory.inject("my flat in Paris", scope=ADA)] == ["Lisbon"]
    for turn in ("Paris is nice", "Bob went to Paris", "my flat in Lisbon", "Ada's flat in Parisian style", "Ada"):
        assert notes(memory, turn) == []
    assert notes(memory, "my flat in Paris", scope="user:bob") == []
    assert notes(memory, "my flat in Paris", valid_at="2025-06") == []


def test_a_premise_follows_a_slot_to_its_present(memory: Memory) -> None:
    for value, since in (("Paris", "2023"), ("Rome", "2024"), ("Paris", "2025"), ("Lisbon", "2026")):
        home(memory, value, f"{since}-01-01")
    assert notes(memory, "Ada in Rome and Paris?") == [("was Paris until 2026-01-01", "was Rome until 2025-01-01")]
    home(memory, "Rome", "2026-02-01")
    assert notes(memory, "Ada in Rome?") == []


def test_a_state_placed_in_the_past_is_one(memory: Memory) -> None:
    home(memory, "Lisbon", "2026-01-01")
    home(memory, "Paris", "2025-01-01")
    assert notes(memory, "Ada in Paris?") == [("was Paris until 2026-01-01",)]
    assert memory.verify().ok


def test_a_premise_is_silent_where_nothing_holds_now(memory: Memory, clock: FixedClock) -> None:
    home(memory, "Paris", "2025-01-01")
    present = home(memory, "Lisbon", "2026-01-01", expires_at="2026-06-01T00:00:00Z")
    assert len(notes(memory, "Ada in Paris?")) == 1
    clock.advance(days=60)
    assert notes(memory, "Ada in Paris?") == []
    memory.forget(present)
    assert notes(memory, "Ada in Paris?") == []


def test_only_single_values_that_look_like_names_are_premises(memory: Memory) -> None:
    for value, since in (("green", "2025-01-01"), ("blue", "2026-01-01")):
        home(memory, value, since, attribute="colour")
    for value, since in (("Chess", "2025-01-01"), ("Go", "2026-01-01")):
        home(memory, value, since, attribute="plays", cardinality="many")
    assert notes(memory, "does Ada eat green beans?") == []
    assert notes(memory, "Ada and Chess") == []


def test_a_premise_of_someone_else_is_not_mine(memory: Memory) -> None:
    for value, since in (("MySQL", "2025-01-01"), ("Postgres", "2026-01-01")):
        home(memory, value, since, subject="staging db", attribute="engine")
    assert notes(memory, "my MySQL notes") == []
    assert notes(memory, "is the staging db still MySQL?") == [("was MySQL until 2026-01-01",)]
    for value, since in (("Zed", "2025-01-01"), ("Vim", "2026-01-01")):
        home(memory, value, since, subject="Bob", attribute="editor", speaker="Bob")
    assert notes(memory, "I like Zed") == [("was Zed until 2026-01-01",)]


def test_premises_end_with_their_records(tmp_path: Path, clock: FixedClock) -> None:
    with Memory.open(tmp_path / "space", embedder=None, clock=clock) as memory:
        past = home(memory, "Zanzibar", "2025-01-01")
        home(memory, "Lisbon", "2026-01-01")
        assert len(notes(memory, "Ada in Zanzibar")) == 1
        memory.erase(past)
        assert notes(memory, "Ada in Zanzibar") == []
        assert b"zanzibar" not in b"".join(file.read_bytes() for file in (tmp_path / "space").iterdir())


def test_a_value_that_many_had_needs_its_subject(memory: Memory) -> None:
    for number in range(51):
        for value, since in (("Paris", "2025-01-01"), ("Lisbon", "2026-01-01")):
            home(memory, value, since, subject=f"Guest {number:02}")
    assert notes(memory, "living in Paris") == []
    assert notes(memory, "guest 07 in Paris") == [("was Paris until 2026-01-01",)]
    home(memory, "Paris", "2025-01-01")
    home(memory, "Porto", "2026-01-01")
    assert notes(memory, "I was in Paris") == [("was Paris until 2026-01-01",)]


# -- whose slot


def test_my_slot_is_the_one_of_whom_the_scope_is_called_after(memory: Memory) -> None:
    mine = home(memory, "Lisbon", "2026-01-01", attribute="home")
    home(memory, "Porto", "2026-01-01", attribute="home", subject="Bob")
    assert [item.record.id for item in memory.inject("what do I pack for home?", scope=ADA)] == [mine]
    assert [item.record.value for item in memory.inject("Bob's home", scope=ADA)] == ["Porto"]
    assert {item.record.value for item in memory.inject("Bob's home and mine", scope=ADA)} == {"Porto", "Lisbon"}


def test_a_slot_of_several_strangers_is_no_ones(memory: Memory) -> None:
    home(memory, "Porto", "2026-01-01", attribute="home", subject="Bob", scope="team")
    assert len(memory.inject("what do I pack for home?", scope="team")) == 1
    home(memory, "Faro", "2026-01-01", attribute="home", subject="Eve", scope="team")
    assert len(memory.inject("what do I pack for home?", scope="team")) == 0
