"""No feedback loop: what the memory gave comes back, in every way it may, and is not learnt again."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.config import Settings
from ricordo.testing import FixedClock
from ricordo.types import RENDERS

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG = "The cellar was dry. " * 30 + "The wine from Colares lies on the third shelf. " + "The lamp was lit. " * 40


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as opened:
        opened.retain("I live in Lisbon with my dog Rex. It rains a lot there.", speaker="Ada", session="s", ref="D1")
        opened.retain("We run PostgreSQL 16 in production.", speaker="Bob Marsh", session="s")
        opened.retain("Ok, thanks!", speaker="Ada", session="s", title="Small talk")
        opened.retain("Grafana runs on port 3000.", name="grafana")
        opened.retain(LONG, speaker="Ada", ref="D2")
        yield opened


WRAPPED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "fenced": lambda text: f"```\n{text}\n```",
    "html": html.escape,
    "json": json.dumps,
    "a message": lambda text: json.dumps([{"role": "user", "content": text}]),
    "without the heading": lambda text: "\n".join(text.split("\n")[1:]),
    "two lines": lambda text: "\n".join(text.strip().split("\n")[-3:-1]),
}


@pytest.mark.parametrize("speaker", ["assistant", "Ada", None])
@pytest.mark.parametrize("wrapping", WRAPPED)
@pytest.mark.parametrize("render", RENDERS)
def test_a_context_that_comes_back_is_not_learnt(
    memory: Memory, render: str, wrapping: str, speaker: str | None
) -> None:
    """In every format and wrapping, whole or in part, whoever sends it; with extracts and stubs under a budget."""
    before = memory.stats()
    for budget in (None, 260):
        context = memory.recall("Lisbon PostgreSQL grafana Colares thanks", render=render, max_tokens=budget).text
        verdict = memory.retain(WRAPPED[wrapping](context), speaker=speaker)
        assert (verdict.action, verdict.rule) == ("unchanged", "echo.context")
    assert memory.stats() == before


@pytest.mark.parametrize("render", RENDERS)
def test_what_stands_beside_a_context_is_kept_alone(memory: Memory, render: str) -> None:
    """A prompt that was logged whole: the person's words are learnt, to the letter, the context is not."""
    context = memory.recall("Lisbon PostgreSQL", render=render).text
    verdict = memory.retain(f"{context}\n\nWhich port was it?  And I moved to Porto.", speaker="Ada")
    assert (verdict.action, verdict.record.content) == ("superseded", "Which port was it?  And I moved to Porto.")
    assert [state.record.content for state in verdict.states] == ["Ada lives in Porto"]
    again = memory.retain(f"{context}\n\nWhich port was it?  And I moved to Porto.", speaker="Ada")
    assert again.repeated


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "0000-00-00"])
def test_a_line_of_a_day_that_is_none_is_no_echo(memory: Memory, day: str) -> None:
    text = f'[1] {day} Bob Marsh: "We run PostgreSQL 16 in production."'
    assert memory.retain(text, speaker="Ada").record.content == text


def test_a_line_is_found_among_many_records_that_say_the_same(memory: Memory) -> None:
    """What hundreds of records say is told apart by day and speaker, and hides nothing else."""
    for day in range(60):
        memory.retain("Yes, why not?", speaker="Eve", at=START + timedelta(days=day))
        memory.retain("We had a quiet day at the office.", speaker="Eve", at=START + timedelta(days=day))
    line = '[1] 2026-06-16 Eve: "Yes, why not?"'
    assert memory.retain(line, speaker="Ada").rule == "echo.context"
    assert memory.retain(line.replace("06-16", "07-17"), speaker="Ada").action == "added"
    both = "We had a quiet day at the office. You run PostgreSQL 16 in production."
    assert memory.retain(both, speaker="assistant").rule == "echo"


def test_a_line_that_was_changed_is_no_echo(memory: Memory) -> None:
    """Another number, speaker or day in a line: the text is kept whole, and is not taken for what is known."""
    context = memory.recall("PostgreSQL production", k=1).text
    for old, new in (("16", "18"), ("Bob Marsh", "Ada"), ("2026-", "2025-"), ('"\n', '" and so on\n')):
        text = f"{context}\n".replace(old, new, 1)
        verdict = memory.retain(text, speaker="Ada")
        assert (verdict.action, verdict.record.content) == ("added", text), old


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("I live in Lisbon with my dog Rex.", "echo"),
        ("You live in Lisbon with your dog Rex.", "echo"),
        ("Ada lives in Lisbon with Ada's dog Rex!", "echo"),
        ("you LIVE in lisbon with your dog rex", "echo"),
        ('As you told me: "I live in Lisbon with my dog Rex."', "echo.quoted"),
        ("Sure! I remember that you live in Lisbon with your dog Rex. How can I help you?", "echo.quoted"),
        ("You live in Lisbon with your dog Rex. You run PostgreSQL 16 in production.", "echo"),
        ("Grafana runs on port 3000.", "echo"),
    ],
)
def test_a_sentence_that_an_assistant_says_again_is_not_learnt(memory: Memory, text: str, rule: str) -> None:
    before = memory.stats()
    for speaker in ("assistant", "Bot", "agent:planner", "model/x"):
        verdict = memory.retain(text, speaker=speaker)
        assert (verdict.action, verdict.rule, verdict.affected) == ("unchanged", rule, ())
        assert memory.retain(text, speaker=speaker, kind="fact").rule == rule
    assert memory.stats() == before
    assert {len(record.sources) for record in memory.list().records} == {1}


@pytest.mark.parametrize(
    "text",
    [
        "You live in Porto with your dog Rex.",
        "You do not live in Lisbon with your dog Rex.",
        "You live in Lisbon with your dog Max.",
        "You live in Lisbon with your dog Rex. You moved there in 2024.",
        "No. You live in Lisbon with your dog Rex.",
        "Bob lives in Lisbon with Bob's dog Rex.",
        "You run PostgreSQL 18 in production.",
        "Ok, thanks!",
    ],
)
def test_new_words_of_an_assistant_are_kept(memory: Memory, text: str) -> None:
    verdict = memory.retain(text, speaker="assistant")
    assert verdict.action in ("added", "conflicted")  # a state of its own that contradicts a person's is told
    assert (verdict.record.version, verdict.record.content) == (1, text)


def test_a_person_who_says_it_again_is_heard(memory: Memory) -> None:
    """The same person at another time is another observation; of a state, evidence; another person is a proof."""
    said = "I live in Lisbon with my dog Rex."
    assert memory.retain(said, speaker="Ada", at=START + timedelta(days=1)).action == "added"
    assert memory.retain(said, speaker="Bob", at=START + timedelta(days=1)).action == "added"
    fact = memory.retain("The wifi code of the office is 4711.", kind="fact", speaker="Ada").record
    for day, speaker in ((1, "Ada"), (2, "Bob")):
        at = START + timedelta(days=day)
        again = memory.retain("The wifi code of the office is 4711.", kind="fact", speaker=speaker, at=at)
        assert (again.action, again.record.id) == ("reinforced", fact.id)
    assert len(memory.get(fact.id).sources) == 3


def test_what_is_meant_is_written(memory: Memory) -> None:
    """A slot, a name, a pin, a validity, another derivation: the caller means it, whatever the words."""
    text = "You live in Lisbon with your dog Rex."
    meant: list[dict[str, Any]] = [
        {"subject": "Ada", "attribute": "home", "value": "Lisbon"},
        {"name": "home of Ada"},
        {"pinned": True},
        {"valid_from": "2026-05-02"},
        {"derivation": "validated"},
        {"kind": "event"},
    ]
    for day, fields in enumerate(meant):
        assert memory.retain(text, speaker="assistant", at=START + timedelta(days=day), **fields).action != "unchanged"


def test_a_text_of_nobody_is_compared_with_what_was_spoken(memory: Memory) -> None:
    """Without a speaker: what somebody said is an echo, what nobody said is a repetition, as ever."""
    assert memory.retain("Ada lives in Lisbon with Ada's dog Rex.").rule == "echo"
    assert memory.retain("Grafana runs on port 3000.", at=START + timedelta(days=1)).action == "reinforced"


def test_what_was_forgotten_and_what_has_passed_do_not_come_back(memory: Memory) -> None:
    """An assistant that still has it in its window does not bring back what was retired, superseded or corrected."""
    wrong = memory.retain("The user owns 12 parrots and a boat.", speaker="assistant").record
    memory.forget(wrong.id)
    later = START + timedelta(days=1)
    assert memory.retain("The user owns 12 parrots and a boat.", speaker="assistant", at=later).rule == "echo"
    home: dict[str, Any] = {"subject": "Eve", "attribute": "home"}
    memory.retain("Eve lives in old Porto.", **home, value="Porto", valid_from="2025")
    memory.retain("Eve lives in new Faro.", **home, value="Faro", valid_from="2026")
    assert memory.retain("Eve lives in old Porto.", speaker="assistant").rule == "echo"
    fact = memory.retain("The code of the door is 4711.").record
    memory.update(fact.id, content="The code of the door is 4712.")
    assert memory.retain("The code of the door is 4711.", speaker="assistant").rule == "echo"
    assert memory.retain("The code of the door is 4711.", at=later).action == "added"
    memory.erase(wrong.id)
    assert memory.retain("The user owns 12 parrots and a boat.", speaker="assistant", at=later).action == "added"


def test_tools_report_and_assistants_repeat(memory: Memory) -> None:
    """A tool that says the same again saw it again; an assistant that does repeats itself."""
    for day in range(3):
        at = START + timedelta(days=day)
        assert memory.retain("The nightly build of main passed.", speaker="tool:ci", at=at).action == "added"
        verdict = memory.retain("The build is as green as ever.", speaker="assistant", at=at)
        assert verdict.action == ("unchanged" if day else "added")


def test_agents_speak_for_themselves(memory: Memory) -> None:
    """What one agent says of itself is not what another says of itself; what both were told is an echo of both."""
    memory.retain("I finished the deploy of billing.", speaker="agent:coder")
    assert memory.retain("I finished the deploy of billing.", speaker="agent:tester").action == "added"
    assert memory.retain("You finished the deploy of billing.", speaker="agent:tester").rule == "echo"


def test_nothing_crosses_scopes(memory: Memory) -> None:
    """A text is only compared with its own scope, and with those a handle reads or that were delivered with it."""
    text = "You live in Lisbon with your dog Rex."
    assert memory.retain(text, speaker="assistant", scope="user:bob").action == "added"
    memory.retain("The office opens at 9:30.", speaker="Eve", scope="team")
    memory.retain("My desk is by the window.", speaker="Ada", scope="user:ada")
    ada = memory.scoped(write="user:ada", read=["user:ada", "team"])
    assert ada.retain("The office opens at 9:30.", speaker="assistant").rule == "echo"
    bob = memory.scoped(write="user:bob")
    assert bob.retain("The office opens at 9:30.", speaker="assistant").action == "added"
    assert memory.retain("The office opens at 9:30.", speaker="bot", scope="user:eve").action == "added"
    memory.retain("The gym opens at 7:15.", speaker="Eve", scope="team")
    assert memory.retain("The gym opens at 7:15!", speaker="bot", scope="user:ada").action == "added"
    memory.forget(memory.list(scope="user:ada").records[-1].id, scope="user:ada")
    memory.retain("The pool opens at 6:45.", speaker="Eve", scope="team")
    found = memory.recall("pool desk", scope=["user:ada", "team"])
    assert {item.record.scope for item in found} == {"user:ada", "team"}
    assert memory.retain("The pool opens at 6:45.", speaker="bot", scope="user:ada").rule == "echo"


def test_a_look_at_everything_brings_no_scopes_together(memory: Memory) -> None:
    """Only a context that was asked of scopes by name is one that an assistant of one of them was given."""
    memory.retain("The pool opens at 6:45.", speaker="Eve", scope="user:eve")
    memory.retain("My desk is by the window.", speaker="Ada", scope="user:ada")
    assert {item.record.scope for item in memory.recall("pool desk")} >= {"user:ada", "user:eve"}
    assert memory.retain("The pool opens at 6:45.", speaker="bot", scope="user:ada").action == "added"


def test_messages_of_a_conversation_are_heard_by_their_roles(memory: Memory) -> None:
    told = [
        {"role": "user", "content": "My flight to Oslo leaves at 7:10."},
        {"role": "assistant", "content": "Noted! Your flight to Oslo leaves at 7:10."},
        {"role": "user", "content": "My flight to Oslo leaves at 7:10."},
        {"role": "assistant", "content": "Your flight to Oslo leaves at 7:10. Shall I set an alarm for 5:00?"},
    ]
    verdicts = memory.retain(messages=told, session="s9")
    assert [verdict.action for verdict in verdicts] == ["added", "unchanged", "added", "added"]
    assert [verdict.repeated for verdict in memory.retain(messages=told, session="s9")][::2] == [True, True]


def test_who_is_no_person_is_a_setting() -> None:
    with Memory.open(":memory:", embedder=None, settings=Settings(echo_speakers="jarvis")) as memory:
        memory.retain("I live in Lisbon with my dog Rex.", speaker="Ada")
        assert memory.retain("You live in Lisbon with your dog Rex.", speaker="Jarvis").rule == "echo"
        assert memory.retain("You live in Lisbon with your dog Rex.", speaker="assistant").action == "added"


def test_states_are_read_from_the_new_part_alone(memory: Memory) -> None:
    """An assistant that repeats a state beside something new adds the text as evidence, and no proof of the state."""
    memory.retain("My name is Ada. I work at Brightwater Mills.", speaker="Ada")
    states = {record.id: len(record.sources) for record in memory.list(kinds=["fact"]).records}
    verdict = memory.retain("Ada works at Brightwater Mills. Shall I call there at noon?", speaker="assistant")
    assert verdict.action == "added"
    assert verdict.states == ()
    assert {record.id: len(record.sources) for record in memory.list(kinds=["fact"]).records} == states


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_hundred_turns_of_an_assistant_that_repeats_what_it_was_given_add_nothing(store: str, tmp_path: Path) -> None:
    """Each turn: recall, the whole prompt is logged, the assistant says it again; in a new process too."""
    path = ":memory:" if store == "memory" else tmp_path
    facts = ["I live in Lisbon.", "My dog Rex is 7 years old.", "I'm allergic to peanuts.", "Our rent is 900 euros."]
    memory = Memory.open(path, embedder=None, clock=FixedClock(), settings=Settings(background=False))
    for fact in facts:
        memory.retain(fact, speaker="Ada", session="s")
    before = memory.stats()
    for turn in range(100):
        context = memory.recall(facts[turn % 4], render=RENDERS[turn % 4])
        best = context.items[0].record.content
        replies = [context.text, best, f"As you told me: {best}", f"Sure. You said: “{best}” Anything else?"]
        assert memory.retain(context.text, speaker="Ada", session="s").action == "unchanged"
        assert memory.retain(replies[turn % 4], speaker="assistant", session="s").action == "unchanged"
        if turn == 50 and store == "disk":
            memory.close()
            memory = Memory.open(path, embedder=None, clock=FixedClock(), settings=Settings(background=False))
    after = memory.stats()
    assert (after.records, after.versions, after.events) == (before.records, before.versions, before.events)
    assert memory.verify().ok
    memory.close()


def test_replay_and_reindex_recognise_the_same(tmp_path: Path) -> None:
    """What is recognised comes from the log alone."""
    with Memory.open(tmp_path / "one", embedder=None, clock=FixedClock()) as memory:
        memory.retain("I live in Lisbon with my dog Rex.", speaker="Ada")
        memory.export(tmp_path / "copy.ricordo")
        memory.reindex()
        assert memory.retain("You live in Lisbon with your dog Rex.", speaker="assistant").rule == "echo"
    with Memory.restore(tmp_path / "copy.ricordo", tmp_path / "two", embedder=None, clock=FixedClock()) as copy:
        assert copy.retain("You live in Lisbon with your dog Rex.", speaker="assistant").rule == "echo"


def test_who_only_passes_on_is_the_same_for_echoes_and_for_states() -> None:
    """The setting says who is no person; what such a one tells as news outranks no person's word."""
    settings = Settings(echo_speakers="Robbie")
    with Memory.open(":memory:", embedder=None, clock=FixedClock(), settings=settings) as memory:
        memory.retain("I live in Porto.", speaker="Ada", at="2026-01-01")
        told = memory.retain("Ada lives in Paris.", speaker="robbie", at="2026-02-01")
        assert (told.states[0].rule, told.states[0].record.derivation) == ("slot.weaker", "inferred")
        fact = memory.retain("Bob lives in Paris.", speaker="robbie", kind="fact", at="2026-02-01")
        assert (fact.record.subject, fact.record.derivation) == ("Bob", "inferred")
        assert memory.retain("Ada lives in Rome.", speaker="assistant", at="2026-03-01").action == "superseded"


@pytest.mark.parametrize("render", RENDERS)
def test_what_has_passed_or_is_in_doubt_is_recognised_with_its_remarks(render: str) -> None:
    """Lines that say what was so, what is unknown and what contradicts them come back as what they are."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        memory.retain("I used to work at Acme.", speaker="John", at="2023-08-05", ref="D1", session="s")
        memory.retain("I live in Porto and I own a bike.", speaker="John", at="2023-08-05", ref="D2", session="s")
        plan = memory.retain("John takes the tram to the river.", at="2023-08-06").record
        porto = next(one for one in memory.list().records if one.value == "Porto")
        memory.retain("Porto it is", subject="John", attribute="mood", value="glad", links=[("affects", plan.id)])
        memory.retain("Not any more", subject="John", attribute="mood", value="sad")
        memory.retain("I moved to Lisbon.", speaker="John", at="2023-09-05", ref="D3", session="s")
        memory.update(memory.list(filters={"attribute": "owns"}).records[0].id, value="trike")
        memory.retain("I own a bike.", speaker="John", at="2023-10-05")
        assert memory.get(porto.id).status == "superseded"
        before = memory.stats()
        for query in ("Where did John work and live before?", "How does John go to the river?", "What does John own?"):
            context = memory.recall(query, render=render).text
            for speaker in ("assistant", "user"):
                assert memory.retain(context, speaker=speaker).rule == "echo.context", context
        assert memory.stats() == before
