"""The revision benchmark: its generator, and that its score rewards who knows what is told and nobody else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks.revision_maker import NOW, Scenario, Slot, Written
from benchmarks.revision_scenarios import MAKERS, scenarios, stream
from benchmarks.revision_templates import LISTS, STATES
from benchmarks.revision_values import LISTED, QUESTIONS

from benchmarks import duplicates, revision, revision_heldout, revision_templates, stale
from ricordo import Memory
from ricordo.config import Settings
from ricordo.testing import FixedClock
from ricordo.types import Verdict

COUNT = 5 * len(MAKERS)


class Knowing:
    """A memory that is told what each text means: it writes the slots that gold says, and forgets what has ended."""

    def __init__(self, memory: Memory, made: list[Scenario]) -> None:
        self._memory = memory
        self._gold = {write.fields["ref"]: (one, write) for one in made for write in one.writes}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def retain(self, **fields: Any) -> Verdict:
        scenario, write = self._gold[fields["ref"]]
        if scenario.form == "slot" or (write.slot is None and not scenario.slots):
            return self._memory.retain(**fields)
        slot = scenario.slots[write.slot or 0]
        if write.replaces is not None:
            self._end(slot, write.replaces)
        if not write.claims or write.slot is None:
            return self._memory.retain(**{**fields, "kind": "event"})
        spelled = next((each for each in slot.live if write.claims[0] in each), write.claims)
        cardinality = "many" if slot.attribute in LISTED else "one"
        named = {"subject": slot.subject, "attribute": slot.attribute, "value": spelled[0], "cardinality": cardinality}
        return self._memory.retain(**{**fields, **named, "kind": "fact"})

    def _end(self, slot: Slot, value: str) -> None:
        page = self._memory.list(filters={"subject": slot.subject, "attribute": slot.attribute})
        for record in page.records:
            if record.value == value:
                self._memory.forget(record.id)


@pytest.fixture
def memory() -> Iterator[Memory]:
    silent = Settings(read_states=False)  # what a writer knows or keeps is the writer's own
    with Memory.open(":memory:", embedder=None, clock=FixedClock(NOW), settings=silent) as opened:
        yield opened


def test_the_stream_keeps_the_order_inside_each_scenario_and_mixes_them() -> None:
    made = scenarios(COUNT, 3, revision_heldout)
    merged = list(stream(made, 3))
    assert [write for one in made for write in one.writes] == sorted(
        (write for _, write in merged), key=lambda write: write.fields["ref"]
    )
    for one in made:
        assert [write for scenario, write in merged if scenario is one] == list(one.writes)
    changes = sum(before is not after for (before, _), (after, _) in pairwise(merged))
    assert changes > 0.9 * len(merged)


def test_the_same_seed_gives_the_same_scenarios_and_another_others() -> None:
    first, again, other = (scenarios(COUNT, seed, revision_heldout) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_half_of_the_scenarios_are_text_and_every_subject_has_one_scenario() -> None:
    made = scenarios(COUNT, 1, revision_heldout)
    assert 0.4 < sum(one.form == "text" for one in made) / len(made) < 0.6
    subjects = [name for one in made for name in {slot.subject for slot in one.slots} | set(one.subjects)]
    assert len(subjects) == len(set(subjects))


@pytest.mark.parametrize("templates", [revision_templates, revision_heldout])
def test_every_sentence_fills_and_has_a_question(templates: Any) -> None:
    for table in (templates.STATES, templates.LISTS):
        assert set(table) <= set(QUESTIONS)
        for use, text in ((use, text) for by_use in table.values() for use, texts in by_use.items() for text in texts):
            assert text.format(who="Ada", value="x", old="y")
            assert ("{value}" in text) == (use not in ("end", "past", "deny")), text


def test_what_is_scored_is_worded_otherwise_than_what_may_be_read() -> None:
    def texts(table: Mapping[str, Any]) -> set[tuple[str, str]]:
        return {(name, text) for name, uses in table.items() for each in uses.values() for text in each}

    assert not texts({**STATES, **LISTS}) & texts({**revision_heldout.STATES, **revision_heldout.LISTS})


def test_who_knows_gold_gets_every_point(memory: Memory) -> None:
    made = [one for one in scenarios(COUNT, 5, revision_heldout) if one.form == "text"]
    made = [one for one in made if not one.merged]  # what merges texts is no matter of slots
    knowing: Any = Knowing(memory, made)
    held, _ = revision.write_all(knowing, made, 5)
    result = revision.score(memory, made, held)
    assert result["failed"] == [], json.dumps(result["failed"], indent=1)
    assert result["agreement"] == result["merges"]["share"] == result["supersessions"]["share"] == 1.0


def test_who_keeps_all_as_said_gets_no_merge_and_no_supersession(memory: Memory) -> None:
    made = [one for one in scenarios(COUNT, 5, revision_heldout) if one.form == "text" and not one.merged]

    class Keeping(Knowing):
        def retain(self, **fields: Any) -> Verdict:
            return memory.retain(**{**fields, "kind": "observation"})

    keeping: Any = Keeping(memory, made)
    held, _ = revision.write_all(keeping, made, 5)
    result = revision.score(memory, made, held)
    assert result["merges"]["found"] == 0
    assert result["agreement"] < 0.5


def scenario(*writes: Written, **more: Any) -> Scenario:
    told = tuple(Written({**write.fields, "ref": f"s.{spot}"}, **_rest(write)) for spot, write in enumerate(writes))
    return Scenario("s", "c", "slot", told, **more)


def _rest(write: Written) -> dict[str, Any]:
    return {name: getattr(write, name) for name in ("slot", "claims", "expect", "replaces", "repeats", "edits")}


def fact(value: str, at: str, **more: Any) -> Written:
    given = {"subject": "Ada", "attribute": "home", "value": value, "at": f"{at}T00:00:00Z", "content": f"Ada: {value}"}
    return Written({**given, **more}, claims=(value,))


def test_an_update_that_became_evidence_is_found(memory: Memory) -> None:
    gold = Slot("Ada", "home", live=(("Lisbon",),), gone=("Porto",))
    made = scenario(fact("Porto", "2025-01-01"), fact("Lisbon", "2025-02-01"), slots=(gold,))

    class Swallowing(Knowing):
        def retain(self, **fields: Any) -> Verdict:
            return memory.retain(**{**fields, "value": "Porto", "content": "Ada: Porto"})

    swallowing: Any = Swallowing(memory, [made])
    held, _ = revision.write_all(swallowing, [made], 1)
    assert [fault.kind for fault in revision.swallowed(made, held)] == ["swallowed"]


def test_a_true_fact_that_another_scenario_retired_is_found(memory: Memory) -> None:
    mine = scenario(fact("Porto", "2025-01-01"), slots=(Slot("Ada", "home", live=(("Porto",),)),))
    theirs = Scenario("t", "c", "slot", (Written({**fact("Rome", "2025-02-01").fields, "ref": "t.0"}),))
    held = revision.Held()
    for one in (mine, theirs):
        verdict = memory.retain(**one.writes[0].fields)
        held.verdicts[one.writes[0].fields["ref"]] = verdict
        held.owners[verdict.record.id] = one.id
    revision.sort(held, revision.everything(memory), [mine])
    assert "unrelated" in {fault.kind for fault in revision.judge(memory, mine, held)}
    assert [fault.kind for fault in revision.judge(memory, theirs, held)] == ["unrelated"]


def test_values_are_found_as_whole_words() -> None:
    assert revision.holds("She lives in New York.", "new york")
    assert revision.holds("It costs €20 now", "€20")
    assert not revision.holds("We run Fooba 160.", "16")
    assert not revision.holds("needs Python 3.11", "3.1")


def test_the_command_prints_shares(capsys: pytest.CaptureFixture[str]) -> None:
    revision.main(["--scenarios", str(len(MAKERS)), "--templates", "dev", "--failures", "1"])
    result = json.loads(capsys.readouterr().out)
    assert result["scenarios"] == len(MAKERS)
    assert len(result["by_category"]) == len(MAKERS)
    assert len(result["failed"]) <= 1


def test_declared_links_are_asked_by_every_probe_and_controls_stay_current(capsys: pytest.CaptureFixture[str]) -> None:
    stale.main(["--scenarios", "18", "--failures", "1"])
    result = json.loads(capsys.readouterr().out)
    assert set(result["probes"]) == {"resolution", "premise", "adaptation", "control"}
    assert result["probes"]["control"]["all"] == 1.0
    assert set(result["probes"]["adaptation"]) == {"all", *stale.CHANGES}


def test_what_a_state_affects_is_written_before_it_and_is_older_news() -> None:
    for one in stale.scenarios(45, 2):
        names = [step.name for step in one.steps]
        for spot, step in enumerate(one.steps):
            assert set(step.affects) <= set(names[:spot])
        assert any(step.affects for step in one.steps)
        assert one.control == (one.kind in stale.CONTROLS)


def test_a_dependent_that_is_shown_as_unknown_with_a_reason_passes() -> None:
    one = next(one for one in stale.scenarios(9, 2) if one.kind == "retracted")
    text = one.dependents[0]

    def found(standing: Any) -> Any:
        record = SimpleNamespace(content=text, refs=(), subject=None)
        return SimpleNamespace(items=[SimpleNamespace(record=record, standing=standing)], text="")

    assert stale.adapted(found(SimpleNamespace(state="unknown", reason="home changed")), text, one) is None
    for standing in (None, SimpleNamespace(state="unknown", reason=""), SimpleNamespace(state="current", reason=None)):
        assert stale.adapted(found(standing), text, one) is not None


def test_the_stream_of_near_duplicates_has_the_shares_it_promises() -> None:
    stream_ = duplicates.said(1000, 3)
    sorts = Counter(write.sort for write in stream_)
    assert sorts == {"new": 550, "duplicate": 300, "trap": 100, "event": 50}
    assert stream_ == duplicates.said(1000, 3) != duplicates.said(1000, 4)
    assert len({write.fields["at"] for write in stream_}) == 1000


def test_near_duplicates_follow_what_they_repeat_and_traps_repeat_nothing() -> None:
    first: dict[str, duplicates.Said] = {}
    for write in duplicates.said(1000, 3):
        before = first.setdefault(write.meaning, write)
        if write.sort == "duplicate":
            assert before.sort == "new"
            assert write.fields != before.fields
        else:
            assert before is write
        if write.sort == "trap":
            assert first[write.origin].fields["content"] != write.fields["content"]


def test_records_that_hold_different_facts_and_facts_that_are_gone_are_found() -> None:
    stream_ = [one for one in duplicates.said(300, 3) if one.sort == "new"][:2]
    with Memory.open(":memory:", embedder=None, clock=FixedClock(NOW)) as memory:
        same = memory.retain("The same for all.", at="2025-01-01", ref=stream_[0].fields["ref"])
        again = memory.retain("the same for all", at="2025-01-02", ref=stream_[1].fields["ref"])
        wrong = list(duplicates.wrongly(stream_, [same, again], list(revision.everything(memory))))
        assert [fault.partition(" ")[0] for fault in wrong] == ["merged:", "merged"]
        memory.forget(same.record.id)
        gone = list(duplicates.wrongly(stream_[:1], [same], list(revision.everything(memory))))
    assert [fault.partition(":")[0] for fault in gone] == ["merged", "gone"]


def test_no_event_is_merged_and_no_trap(capsys: pytest.CaptureFixture[str]) -> None:
    duplicates.main(["--records", "600", "--failures", "5"])
    result = json.loads(capsys.readouterr().out)
    assert result["writes"] == 600
    assert (result["wrongly_merged"], result["events_merged"]) == (0, 0)
