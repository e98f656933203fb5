"""Consolidation: smaller sets stand for larger ones, nothing is lost, everything can be put back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricordo import AccessError, InvalidInputError, Memory, Record
from ricordo.config import Settings
from ricordo.index.entry import Indexing
from ricordo.plaintext import consolidate as consolidating
from ricordo.plaintext.cascade import newest
from ricordo.plaintext.consolidate import Schedule
from ricordo.store.base import Visible
from ricordo.testing import FixedClock
from ricordo.text import Tokeniser

TALK = (
    ("Bob", "Hi Ada! How are you?"),
    ("Ada", "I adopted a beagle called Pip from the shelter in Porto last week."),
    ("Bob", "Wow, that's great!"),
    ("Bob", "Are you still at Brightwater Mills?"),
    ("Ada", "Yes, I lead the dyeing workshop there, and we opened a second kiln in May."),
    ("Bob", "Good luck!"),
    ("Ada", "Thanks, Bob."),
    ("Bob", "My sister Clara is training for the Lisbon marathon with her running club."),
)


@pytest.fixture(params=["memory", "sqlite"])
def memory(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Memory]:
    place = ":memory:" if request.param == "memory" else tmp_path / "space"
    with Memory.open(place, embedder=None, clock=FixedClock(), settings=Settings(background=False)) as memory:
        yield memory


def talk(memory: Memory, session: str = "s1", scope: str = "a") -> list[str]:
    at = FixedClock().now() - timedelta(days=9)
    return [
        memory.retain(
            text, speaker=who, session=session, scope=scope, ref=f"{session}:{spot}", at=at + timedelta(minutes=spot)
        ).record.id
        for spot, (who, text) in enumerate(TALK)
    ]


def contents(memory: Memory, **narrow: Any) -> list[tuple[str, str | None, str | None]]:
    """What can be recalled, whatever its ids."""
    return sorted((one.content, one.speaker, one.session) for one in memory.list(limit=1000, **narrow).records)


def active(memory: Memory, **narrow: Any) -> dict[str, Record]:
    return {one.id: one for one in memory.list(limit=1000, **narrow).records}


# -- exchanges


def test_turns_that_tell_little_are_quoted_with_their_neighbour(memory: Memory) -> None:
    ids = talk(memory)
    done = memory.consolidate()
    live = list(active(memory).values())
    assert done.done
    assert not done.skipped
    assert len(live) == len(ids) - done.replaced + done.added < len(ids)
    for one in live:
        assert one.said_at in {memory.get(id).said_at for id in ids}
        assert all(text in "\n".join(other.content for other in live) for _, text in TALK)
    for region in done.regions:
        by = memory.get(region.by or "")
        assert by.content == region.text
        assert by.supersedes == region.replaced
        assert {link.target for link in by.links if link.type == "derived_from"} == set(region.replaced)
        assert set(by.refs) == {memory.get(id).ref for id in region.replaced}
        for id in region.replaced:
            was = memory.get(id)
            assert (was.status, was.superseded_by) == ("archived", by.id)
            assert f"{was.speaker}: {was.content}" in by.content.split("\n")
            assert memory.history(id)[-1].rule == "consolidate.exchanges"
    assert memory.verify().ok


def test_every_word_is_still_found(memory: Memory) -> None:
    talk(memory)
    memory.consolidate()
    for query, text in (("What is Ada's beagle called?", "Pip"), ("Who opened a second kiln?", "kiln in May")):
        assert text in memory.recall(query, max_tokens=400).text


def test_a_second_run_finds_nothing(memory: Memory) -> None:
    talk(memory)
    memory.consolidate()
    before = memory.stats().seq
    again = memory.consolidate()
    assert (again.regions, again.done, memory.stats().seq) == ((), True, before)


@pytest.mark.parametrize("limit", [1, 2])
def test_a_run_that_is_cut_off_ends_as_one_that_is_not(memory: Memory, limit: int) -> None:
    talk(memory)
    talk(memory, "s2")
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as other:
        talk(other)
        talk(other, "s2")
        whole = other.consolidate()
        runs = 0
        while not (done := memory.consolidate(limit=limit)).done:
            assert len(done.regions) == limit
            runs += 1
        assert runs >= len(whole.regions) // limit - 1
        assert contents(memory) == contents(other)


def test_a_dry_run_writes_nothing_and_tells_the_same(memory: Memory) -> None:
    talk(memory)
    before = memory.stats().seq
    told = memory.consolidate(dry_run=True)
    assert memory.stats().seq == before
    assert told.events == ()
    done = memory.consolidate()
    assert [(one.replaced, one.text) for one in told.regions] == [(one.replaced, one.text) for one in done.regions]
    assert (told.replaced, told.added) == (done.replaced, done.added)


def test_progress_is_told(memory: Memory) -> None:
    talk(memory)
    seen: list[int] = []
    assert sum(seen) == 0
    done = memory.consolidate(progress=seen.append)
    assert sum(seen) == done.replaced > 0


def test_what_is_newer_than_the_bound_stays(memory: Memory) -> None:
    talk(memory)
    assert memory.consolidate(older_than=timedelta(days=30)).regions == ()
    assert memory.consolidate(older_than="2020-01-01").regions == ()
    assert memory.consolidate(older_than=timedelta(days=3)).regions != ()


def test_regions_stay_in_their_scope(memory: Memory) -> None:
    one, other = talk(memory, scope="a"), talk(memory, scope="b")
    done = memory.consolidate()
    for region in done.regions:
        assert set(region.replaced) <= set(one) or set(region.replaced) <= set(other)
        assert {memory.get(id).scope for id in (*region.replaced, region.by or "")} == {region.scope}


def test_a_bound_handle_consolidates_its_scope_only(memory: Memory) -> None:
    talk(memory, scope="a")
    talk(memory, scope="b")
    before = contents(memory, scope="b")
    assert {region.scope for region in memory.scoped(write="a").consolidate().regions} == {"a"}
    assert contents(memory, scope="b") == before
    with pytest.raises(AccessError):
        memory.scoped(write="a").consolidate(scope="b")
    with pytest.raises(AccessError):
        memory.scoped(read=["a"]).consolidate()
    assert memory.scoped(write="b", read=["a"]).consolidate().regions == ()  # it would show what may not be read


@pytest.mark.parametrize(
    "fixed",
    [
        lambda memory, id: memory.update(id, pinned=True),
        lambda memory, id: memory.update(id, content="Hello Ada!"),
        lambda memory, id: memory.retain("Ada is well.", scope="a", links=[("derived_from", id)]),
        lambda memory, id: memory.forget(id),
        lambda memory, id: memory.undo(memory.consolidate().events[0]),
    ],
)
def test_what_is_fixed_is_left_alone(memory: Memory, fixed: Callable[[Memory, str], Any]) -> None:
    """Pinned, edited, evidence of something, forgotten, or put back before."""
    ids = talk(memory)
    fixed(memory, ids[0])
    was = memory.get(ids[0])
    done = memory.consolidate()
    assert all(ids[0] not in region.replaced for region in done.regions)
    assert memory.get(ids[0]) == was


@pytest.mark.parametrize("bad", [{"strategies": "magic"}, {"limit": 0}, {"older_than": "soon"}, {"strategies": 3}])
def test_bad_arguments_change_nothing(memory: Memory, bad: Any) -> None:
    talk(memory)
    before = memory.stats().seq
    with pytest.raises(InvalidInputError):
        memory.consolidate(**bad)
    assert memory.stats().seq == before


# -- near duplicates


def doubled(memory: Memory) -> list[str]:
    """Three records of one gist, as a space from before merged by gist could hold them: two told apart by a session."""
    first = memory.retain("The stand-up needs a new host.", scope="a", ref="n1", metadata={"room": "4"}).record
    others = []
    for spot in range(2):
        other = memory.retain(f"Placeholder {spot}.", scope="a", ref=f"n{spot + 2}", aliases=[f"alias {spot}"]).record
        others.append(other.id)

    def work(transaction: Any) -> None:
        from ricordo.store.base import Write

        for id in others:
            transaction.append(
                "update", [Write(id, set={"content": "The stand-up needs a new host!"})], FixedClock().now()
            )

    memory._engine.write(work)
    return [first.id, *others]


def test_near_duplicates_leave_one_that_has_it_all(memory: Memory) -> None:
    ids = doubled(memory)
    done = memory.consolidate()
    (region,) = done.regions
    assert (region.strategy, region.by, set(region.replaced)) == ("near_duplicates", ids[0], set(ids[1:]))
    kept = memory.get(ids[0])
    assert set(kept.refs) == {"n1", "n2", "n3"}
    assert set(kept.aliases) == {"alias 0", "alias 1"}
    assert kept.metadata == {"room": "4"}
    assert {source.record for source in kept.sources} == {None, *ids[1:]}
    assert list(active(memory)) == [ids[0]]
    assert done.added == 0
    assert memory.retain("The stand-up needs a new host.", scope="a", ref="n9").action == "reinforced"
    assert memory.verify().ok


def test_near_duplicates_come_back_with_what_they_had(memory: Memory) -> None:
    ids = doubled(memory)
    before = {id: memory.get(id) for id in ids}
    undone = memory.undo(memory.consolidate().events[0])
    assert set(undone.records) == set(ids)
    assert undone.conflicts == ()
    for id in ids:
        now = memory.get(id)
        assert (now.content, now.aliases, now.metadata, now.status, now.refs) == (
            *(before[id].content, before[id].aliases, before[id].metadata, "active", before[id].refs),
        )
        assert now.version > before[id].version
    assert memory.consolidate().regions == ()  # put back is put back


def test_what_differs_in_anything_is_not_merged(memory: Memory) -> None:
    for text in ("Ada likes tea.", "Ada doesn't like tea.", "Ada likes 2 teas.", "Bob likes tea."):
        memory.retain(text, scope="a")
    memory.retain("Ada likes tea.", scope="b")
    memory.retain("Ada likes tea.", scope="a", kind="event", ref="once")
    memory.retain("Ada likes tea.", scope="a", kind="event", ref="again")
    assert memory.consolidate().regions == ()


# -- undo, the past, erasure


def test_undo_brings_a_region_back(memory: Memory) -> None:
    ids = talk(memory)
    before, told = active(memory), contents(memory)
    done = memory.consolidate()
    for event in done.events:
        undone = memory.undo(event)
        assert undone.conflicts == ()
    after = active(memory)
    assert contents(memory) == told
    assert set(after) == set(before) == set(ids)
    for id, was in before.items():
        now = after[id]
        assert (now.metadata, now.refs, now.said_at, now.kind) == (was.metadata, was.refs, was.said_at, was.kind)
        assert now.version == was.version + (2 if any(id in region.replaced for region in done.regions) else 0)
    assert memory.verify().ok


def test_undo_reports_what_changed_since(memory: Memory) -> None:
    talk(memory)
    region = memory.consolidate().regions[0]
    memory.forget(region.replaced[0])  # takes the summary apart
    memory.update(region.replaced[1], metadata={"seen": True})
    with pytest.raises(InvalidInputError, match="nothing to put back"):
        memory.undo(region.event or 0)


def test_undo_keeps_an_edit_of_the_summary(memory: Memory) -> None:
    talk(memory)
    region = memory.consolidate().regions[0]
    memory.update(region.by or "", metadata={"seen": True})
    undone = memory.undo(region.event or 0)
    assert undone.conflicts == (region.by,)
    assert set(undone.records) == set(region.replaced)
    assert memory.get(region.by or "").metadata == {"seen": True}


def test_the_past_shows_what_stood_there(memory: Memory) -> None:
    talk(memory)
    before = active(memory)
    done = memory.consolidate()
    assert active(memory, as_of=done.events[0] - 1) == before
    for region in done.regions:
        then = active(memory, as_of=(region.event or 0) - 1)
        assert set(region.replaced) <= set(then)
        assert region.by not in then


def test_forgetting_a_turn_takes_its_summary_apart(memory: Memory) -> None:
    ids = talk(memory)
    region = memory.consolidate().regions[0]
    gone, *others = region.replaced
    memory.forget(gone)
    live = active(memory)
    assert region.by not in live
    assert gone not in live
    assert set(others) <= set(live)
    assert set(ids) - {gone} - set(live) <= {id for id in ids if memory.get(id).status == "archived"}


def test_erasing_a_summary_erases_what_it_quotes(memory: Memory) -> None:
    talk(memory)
    region = next(one for one in memory.consolidate().regions if "beagle" in one.text)
    memory.erase(region.by or "")
    with memory._engine.store.read() as snapshot:
        assert "beagle" not in "".join(str(event.payloads) for event in snapshot.events())
    assert memory.verify().ok


def test_erasing_a_turn_erases_its_summary_and_brings_the_others_back(memory: Memory) -> None:
    talk(memory)
    region = next(one for one in memory.consolidate().regions if "beagle" in one.text)
    gone = next(id for id in region.replaced if "beagle" in memory.get(id).content)
    memory.erase(gone)
    with memory._engine.store.read() as snapshot:
        assert "beagle" not in "".join(str(event.payloads) for event in snapshot.events())
    assert set(region.replaced) - {gone} <= set(active(memory))
    assert memory.verify().ok


# -- others write meanwhile


WRITES = st.sampled_from(["retain", "update", "forget", "feedback", "reinforce", "derive", "erase", "undo"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(WRITES, st.integers(0, 40)), max_size=25), st.integers(0, 3))
def test_consolidation_among_writers_loses_nothing(writes: list[tuple[str, int]], ahead: int) -> None:
    """Regions are planned, others write, and then they are replaced: all that was said is live, or says why not."""
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock())
    talk(memory)
    doubled(memory)
    engine = memory._engine
    indexing = Indexing(Tokeniser())
    pending = list(writes)
    while True:
        with engine.store.read() as snapshot:
            drafts = consolidating.plan(snapshot, Visible(None, engine.now()), indexing, consolidating.STRATEGIES)
        for _ in range(ahead + 1):
            if pending:
                _do(memory, *pending.pop())
        before = dict(active(memory).items())
        for draft in drafts:
            region = engine.write(partial(_replaced, draft=draft, indexing=indexing))
            touched = [id for id in (*region.replaced, region.by) if id in before]
            if region.skipped is None:
                assert all(before[one.id] == one for one in draft.members), touched
        if not pending:
            break
    _check_all_there(memory)


def _replaced(transaction: Any, draft: Any, indexing: Indexing) -> Any:
    return consolidating.replaced(transaction, draft, indexing, FixedClock().now())


def _do(memory: Memory, what: str, number: int) -> None:
    live = list(active(memory))
    id, seq = live[number % len(live)], memory.stats().seq
    works: dict[str, Callable[[], Any]] = {
        "retain": lambda: memory.retain(f"Sure, {number}!", speaker="Bob", session="s1", scope="a", ref=f"w{seq}"),
        "update": lambda: memory.update(id, metadata={"number": number}),
        "forget": lambda: memory.forget(id),
        "feedback": lambda: memory.feedback(id, "used"),
        "reinforce": lambda: memory.retain("The stand-up needs a new host.", scope="a", ref=f"again {seq}"),
        "derive": lambda: memory.retain(f"Fact {seq}.", scope="a", links=[("derived_from", id)]),
        "erase": lambda: memory.erase(id),
        "undo": lambda: memory.undo(max(1, memory.stats().seq - number % 5)),
    }
    try:
        works[what]()
    except InvalidInputError:
        assert what == "undo"


def _check_all_there(memory: Memory) -> None:
    """Every record of the log is live, archived and cited, or was retired by an event of its own."""
    assert memory.verify().ok
    with memory._engine.store.read() as snapshot:
        ids = {target.id for event in snapshot.events() for target in event.targets}
        for id in ids:
            row = newest(snapshot, id)  # type: ignore[arg-type]
            assert row is not None
            if row.record.status == "archived":
                by = memory.get(row.record.superseded_by or "")
                assert id in by.supersedes
                assert by.status in ("active", "retracted", "archived")
            elif row.record.status not in ("active", "erased"):
                assert snapshot.changes(id)[-1].op in ("forget", "undo", "erase", "retain")


def test_what_has_changed_since_it_was_read_is_left_and_reported(memory: Memory) -> None:
    ids = talk(memory)
    engine, indexing = memory._engine, memory._engine.indexing
    with engine.store.read() as snapshot:
        drafts = consolidating.plan(snapshot, Visible(None, engine.now()), indexing, ["exchanges"])
    memory.update(ids[0], why="a greeting")
    regions = [engine.write(partial(_replaced, draft=draft, indexing=indexing)) for draft in drafts]
    (skipped,) = [region for region in regions if region.skipped]
    assert ids[0] in skipped.replaced
    assert skipped.event is None
    assert "has changed" in (skipped.skipped or "")
    assert memory.get(ids[0]).status == "active"


# -- on schedule


def test_the_schedule_runs_when_it_is_due(memory: Memory) -> None:
    talk(memory)
    step = Schedule(memory._engine.store, memory._engine.indexing, 3600.0, memory._engine.now)
    before = memory.stats().seq
    assert step(lambda: False) == 0
    assert memory.stats().seq == before
    step.due = 0.0
    assert step(lambda: True) == 0
    assert memory.stats().seq == before
    assert step(lambda: False) == 0
    assert memory.stats().seq > before
    assert step.due > 0
    assert memory.consolidate().regions == ()


def test_a_region_that_does_not_fit_is_left(tmp_path: Any) -> None:
    """By schedule and by command the bounds hold at every step; what would break one is left as it is."""
    options: Any = {"embedder": None, "clock": FixedClock()}
    with Memory.open(tmp_path, settings=Settings(background=False), **options) as memory:
        talk(memory)
        sizes = [len(one.content.encode()) for one in memory.list(limit=100).records]
    with Memory.open(tmp_path, settings=Settings(background=False, max_bytes=sum(sizes)), **options) as memory:
        schedule = Schedule(
            memory._engine.store, memory._engine.indexing, 3600.0, memory._engine.now, memory._engine.bounds, 0.0
        )
        schedule.due = 0.0
        schedule(lambda: False)
        assert memory.stats().live_bytes <= sum(sizes)
    with Memory.open(tmp_path / "b", settings=Settings(background=False), **options) as memory:
        talk(memory)
    with Memory.open(tmp_path / "b", settings=Settings(background=False, max_bytes=max(sizes)), **options) as memory:
        done = memory.consolidate()
        assert all("max_bytes" in (region.skipped or "max_bytes") for region in done.regions)
        assert memory.stats().live_bytes <= max(sizes) or not done.events


def test_an_open_space_consolidates_by_itself(tmp_path: Any) -> None:
    """With a period of a few milliseconds: what was said long before is consolidated without being asked for."""
    options: Any = {"embedder": None, "clock": FixedClock()}
    with Memory.open(tmp_path, settings=Settings(background=False), **options) as memory:
        talk(memory)
        before = memory.stats().seq
    with Memory.open(tmp_path, settings=Settings(consolidate_hours=1e-6), **options) as memory:
        while memory.stats().seq == before or memory.consolidate(dry_run=True).regions:
            memory._engine.background.flush(1.0)
        assert memory.verify().ok


_KILLED = """
import os, signal, sys
from ricordo import Memory
from ricordo.config import Settings
from ricordo.testing import FixedClock

with Memory.open(sys.argv[1], embedder=None, clock=FixedClock(), settings=Settings(background=False)) as memory:
    left = [int(sys.argv[2])]

    def progress(number):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    memory.consolidate(progress=progress)
"""


@pytest.mark.parametrize("regions", [1, 3])
def test_a_killed_run_is_gone_on_with(tmp_path: Any, regions: int) -> None:
    """Killed after so many regions, with kill -9, and run again: the active set is that of a run in one go."""
    options: Any = {"embedder": None, "clock": FixedClock(), "settings": Settings(background=False)}
    with Memory.open(tmp_path / "space", **options) as memory, Memory.open(":memory:", **options) as other:
        for space in (memory, other):
            for session in ("s1", "s2"):
                talk(space, session)
        whole = other.consolidate()
        expected = contents(other)
    child = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "space"), str(regions)], check=False)
    assert child.returncode == -signal.SIGKILL
    with Memory.open(tmp_path / "space", **options) as memory:
        assert len(memory.consolidate().regions) == len(whole.regions) - regions
        assert contents(memory) == expected
        assert memory.verify().ok


# -- summaries of sessions


def test_a_summary_quotes_what_tells_before_and_after_consolidation(memory: Memory) -> None:
    talk(memory)
    before = memory.summary("s1", max_tokens=120)
    memory.consolidate()
    after = memory.summary("s1", max_tokens=120)
    for found in (before, after):
        assert found.tokens <= 120
        assert found.turns == len(TALK)
        for line in found.lines:
            who, text = next((who, text) for who, text in TALK if json.dumps(text)[1:-1] in line)
            assert f" {who}: " in line
            assert text not in ("Good luck!", "Thanks, Bob.")
    assert [line.partition(" (")[0] for line in before.lines] == [line.partition(" (")[0] for line in after.lines]


def test_a_summary_of_nothing_is_empty(memory: Memory) -> None:
    assert (memory.summary("s9").text, memory.summary("s9").tokens) == ("", 0)
    assert memory.summary("s9", max_tokens=1).lines == ()
    with pytest.raises(InvalidInputError):
        memory.summary("s1", max_tokens=0)


def test_what_was_replaced_is_edited_where_it_stands_now(memory: Memory) -> None:
    talk(memory)
    region = memory.consolidate().regions[0]
    with pytest.raises(InvalidInputError, match=region.by):
        memory.update(region.replaced[0], content="Something else.")
    assert memory.update(region.by or "", metadata={"seen": True}).action == "revised"
