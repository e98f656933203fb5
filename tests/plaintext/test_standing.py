"""Standing against a simulation that knows no store: who is unknown at every seq, whatever the links."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ricordo.plaintext.standing import standings
from ricordo.store import open_store
from ricordo.store.base import Store, Visible, Write
from ricordo.store.memory import MemoryStore
from ricordo.testing.operations import INDEX, put, records, seen, write

COUNT = 5
IDS = [f"r{spot}" for spot in range(COUNT)]
SAID = "2026-05-01T12:00:00Z"
LINKS = st.lists(st.sets(st.integers(0, COUNT - 1), max_size=2), min_size=COUNT, max_size=COUNT)
STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "say", "update", "touch", "end", "end", "retract", "revive"]),
              st.integers(0, COUNT - 1)),
    max_size=14,
)  # fmt: skip


def run(store: Store, links: list[set[int]], steps: list[tuple[str, int]]) -> None:
    """Write the records, each with `affects` links to those given, cycles too; then do the steps."""
    for spot, targets in enumerate(links):
        put(store, IDS[spot], f"Record {spot}.", links=[["affects", IDS[one]] for one in sorted(targets)])
    for number, (step, spot) in enumerate(steps):
        sets: dict[str, Any] = {
            "update": {"content": f"Record {spot}, step {number}."},
            "touch": {"aliases": [f"name {number}"]},
            "end": {"status": "superseded"},
            "retract": {"status": "retracted"},
            "revive": {"status": "active", "why": f"step {number}"},
        }
        if step == "say":
            write(store, Write(IDS[spot], source={"said_at": SAID}))
        else:
            write(store, Write(IDS[spot], set=sets[step]), op=step if step in ("update", "undo") else "retain")


def simulated(links: list[set[int]], steps: list[tuple[str, int]], seq: int) -> dict[str, str]:
    """Return how each record stands at a seq, from the steps alone."""
    said = {spot: spot + 1 for spot in range(COUNT)}
    ended: dict[int, int] = {}
    for event, (step, spot) in enumerate(steps, COUNT + 1):
        if event > seq:
            break
        if step in ("say", "update"):
            said[spot] = event
        elif step in ("end", "retract"):
            ended.setdefault(spot, event)
        elif step == "revive":
            ended.pop(spot, None)
    since: dict[int, int] = {}
    for _ in range(COUNT * len(steps) + 1):
        for spot in range(COUNT):
            causes = [one for one in range(COUNT) if spot in links[one] and one != spot and one < seq]
            events = [ended.get(one, since.get(one, 0)) for one in causes]
            late = [event for event in events if event > said[spot]]
            if late and spot not in ended:
                since[spot] = max(late)
    states = {spot: "stale" if spot in ended else "unknown" if spot in since else "current" for spot in range(COUNT)}
    return {IDS[spot]: state for spot, state in states.items() if spot < seq}


@settings(max_examples=120)
@example(links=[{1}, set(), set(), set(), set()], steps=[("end", 0), ("say", 1), ("revive", 0), ("end", 0)])
@given(links=LINKS, steps=STEPS)
def test_every_record_stands_as_the_steps_before_say(links: list[set[int]], steps: list[tuple[str, int]]) -> None:
    """At every seq, read then or now; whatever cycles the links make; whichever records are asked for together."""
    with closing(MemoryStore(INDEX)) as store:
        run(store, links, steps)
        with store.read() as snapshot:
            for seq in range(snapshot.head() + 1):
                view = seen(as_of=seq)
                rows = [row for id in IDS if (row := snapshot.find(id, view)) is not None]
                due = simulated(links, steps, seq)
                told = standings(snapshot, rows, view)
                assert {row.record.id: told[row.vid].state for row in rows} == due, seq
                for row in rows:
                    assert standings(snapshot, [row], view)[row.vid] == told[row.vid]
            rows = [row for id in IDS if (row := snapshot.find(id, seen())) is not None]
            assert {row.record.id: told[row.vid] for row in rows} == {
                row.record.id: one for row in rows for one in [standings(snapshot, [row], seen())[row.vid]]
            }


@settings(max_examples=15)
@given(links=LINKS, steps=STEPS)
def test_stores_judge_alike(links: list[set[int]], steps: list[tuple[str, int]], tmp_path_factory: Any) -> None:
    """SQLite gives the standing and the reason that the reference gives."""
    folder: Path = tmp_path_factory.mktemp("space")
    found = []
    for store in (MemoryStore(INDEX), open_store(folder / "s", INDEX)):
        with closing(store):
            run(store, links, steps)
            with store.read() as snapshot:
                rows = [row for row in records(snapshot).values() if row.died is None]
                found.append({row.record.id: standings(snapshot, rows, seen())[row.vid] for row in rows})
    assert found[0] == found[1]


def test_a_long_chain_ends() -> None:
    """Links are followed so far and no further; nothing fails on the way."""
    with closing(MemoryStore(INDEX)) as store:
        for number in range(40):
            put(store, f"c{number}", f"Link {number}.", links=[["affects", f"c{number + 1}"]])
        write(store, Write("c0", set={"status": "superseded"}))
        with store.read() as snapshot:
            rows = {id: snapshot.find(id, seen()) for id in ("c0", "c1", "c5", "c39")}
            told = {id: standings(snapshot, [row], seen())[row.vid].state for id, row in rows.items() if row}
    assert told == {"c0": "stale", "c1": "unknown", "c5": "unknown", "c39": "current"}


@pytest.mark.parametrize(
    ("fields", "now", "state"),
    [
        ({"valid_to": "2026-06-01T00:00:00Z"}, "2026-05-31", "current"),
        ({"valid_to": "2026-06-01T00:00:00Z"}, "2026-06-01", "stale"),
        ({"valid_to": "2026-06-01T00:00:00Z", "kind": "event"}, "2026-07-01", "current"),
        ({"expires_at": "2026-06-01T00:00:00Z"}, "2026-05-31", "current"),
        ({"expires_at": "2026-06-01T00:00:00Z"}, "2026-06-01", "expired"),
    ],
)
def test_time_alone_ends_a_state(fields: dict[str, Any], now: str, state: str) -> None:
    """Its own end of validity makes a state stale, of an event it says nothing; its expiry makes it expired."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with closing(MemoryStore(INDEX)) as store:
        put(store, "x", "The office is closed.", **fields)
        put(store, "dependent", "Parcels go to the kiosk.")
        put(store, "y", "Another.", links=[["affects", "dependent"]], **fields)
        with store.read() as snapshot:
            view = Visible(scopes=None, now=moment)
            rows = [row for id in ("x", "dependent") if (row := snapshot.find(id, view)) is not None]
            told = [one.state for one in standings(snapshot, rows, view).values()]
    assert told == [state, "current" if state == "current" else "unknown"]
