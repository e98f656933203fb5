"""A loss of power at any moment: what was acknowledged is there, what was under way is there whole or not at all."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from benchmarks.power import CALLS, CONTROLS, NOTHING, Call, Held, Mark, Session, Tally, check, held, lose, opened

from ricordo import Memory, StoreError
from ricordo.store.sqlite import SqliteStore
from ricordo.testing.disk import Disk, Fault, Left
from ricordo.testing.operations import INDEX

LOSSES, MOMENTS = 30, 7
LEFT: tuple[Left, ...] = get_args(Left)
OLDEST = Path(__file__).parents[1] / "store" / "data" / "initial.db.gz"


def test_random_losses_lose_nothing(tmp_path: Path) -> None:
    """Loss after loss on what the last one left: nothing acknowledged is gone, all is sound."""
    tally = lose(tmp_path, LOSSES, seed=11)
    assert (tally.losses, tally.lost, tally.problems) == (LOSSES, 0, [])
    assert tally.acknowledged > LOSSES
    assert tally.went_on


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_loses(control: str, tmp_path: Path) -> None:
    """Commits that are not synced, and syncs that do nothing, lose what was acknowledged: the simulation can see it."""
    assert lose(tmp_path, 10, seed=5, control=control).lost > 0


# -- every kind of work ------------------------------------------------------------------------------------------


def _filled(folder: Path) -> Held:
    draw = random.Random(3)
    with opened(folder) as memory:
        for name in ("retain_many", "consolidate", "retain", "update", "embed", "transact_many", "hold"):
            CALLS[name](memory, draw)
        return held(memory)


def _lost_within(folder: Path, before: Held, name: str, call: Call | None, moments: Sequence[int] | int) -> Tally:
    """Lose power at several moments of one call on a space; None is opening it."""
    with Disk() as disk:
        session = Session(folder, disk, before)
        session.run([] if call is None else [(name, call)], random.Random(1))
    draw, tally, steps = random.Random(2), Tally(), session.within(name)
    chosen = draw.sample(steps, min(moments, len(steps))) if isinstance(moments, int) else moments
    for at in chosen:
        for left in LEFT:
            place = folder.parent / f"{at} {left}"
            disk.lose_power(place, at, left, draw)
            check(place, *session.around(at), tally)
            shutil.rmtree(place)
    assert set(tally.during) == {name}
    return tally


def _import(memory: Memory, draw: random.Random) -> None:
    memory.import_file(Path(__file__).parents[2] / "src/ricordo/data/sample.jsonl")


@pytest.mark.parametrize("name", ["erase", "reindex", "transact_many", "consolidate", "retain_many", "embed", "import"])
def test_power_is_lost_in_the_middle(name: str, tmp_path: Path) -> None:
    """Whatever was under way, rewriting the file among it, the space is as it was, or as it was to be."""
    before = _filled(tmp_path / "space")
    tally = _lost_within(tmp_path / "space", before, name, CALLS.get(name, _import), MOMENTS)
    assert (tally.losses, tally.lost, tally.problems) == (3 * MOMENTS, 0, [])


def test_power_is_lost_while_a_space_is_made(tmp_path: Path) -> None:
    """After each of the first steps, and some of the others, the space can be opened: it is empty."""
    moments = [*range(16), *range(16, 110, 12)]
    tally = _lost_within(tmp_path / "space", NOTHING, "open", None, moments)
    assert (tally.losses, tally.problems) == (3 * len(moments), [])


def test_power_is_lost_in_a_migration(tmp_path: Path) -> None:
    """A space of the oldest schema holds what it held, and has the newest schema when it opens."""
    folder, twin = tmp_path / "space", tmp_path / "twin"
    for place in (folder, twin):
        place.mkdir()
        (place / "memory.db").write_bytes(gzip.decompress(OLDEST.read_bytes()))
    with opened(twin) as memory:
        before = held(memory)
    tally = _lost_within(folder, before, "open", None, MOMENTS)
    assert (tally.losses, tally.lost, tally.problems) == (3 * MOMENTS, 0, [])


def test_power_is_lost_while_a_log_is_loaded(tmp_path: Path) -> None:
    """A log is taken over whole, with the identity it belongs to, or not at all."""
    before = _filled(tmp_path / "origin")
    with opened(tmp_path / "origin") as memory, memory._engine.store.read() as snapshot:
        events, identity = list(snapshot.events()), memory._engine.store.space_id
    with Disk() as disk:
        store = SqliteStore(tmp_path / "space", INDEX)
        own, begun = store.space_id, len(disk.steps)
        store.load(iter(events), identity, b"secret")
        done = len(disk.steps)
        store.close()
    draw, loaded = random.Random(4), []
    for at in [*draw.sample(range(begun, done), MOMENTS), done]:
        for left in LEFT:
            place = tmp_path / f"{at} {left}"
            disk.lose_power(place, at, left, draw)
            with opened(place) as memory:
                found = (memory.stats().seq, memory._engine.store.space_id)
                assert memory.verify().problems == ()
            assert found in ((0, own), (before.seq, identity))
            loaded.append(found[0] > 0)
    assert loaded[-3:] == [True] * 3


def _insist(call: Call, memory: Memory, draw: random.Random) -> None:
    while True:
        try:
            call(memory, draw)
            return
        except StoreError:
            continue


def test_power_is_lost_after_a_sync_that_failed(tmp_path: Path) -> None:
    """What a failed sync was to make safe is lost for good: what is acknowledged after it does not rest on it."""
    before = _filled(tmp_path / "filled")
    tally, draw, number, calls = Tally(), random.Random(5), 0, ("retain", "erase", "transact_many", "reindex")
    while True:
        number += 1
        folder, fault = Path(shutil.copytree(tmp_path / "filled", tmp_path / str(number))), Fault("sync", number)
        with Disk(fault) as disk:
            marks = [Mark(0, before, "before")]
            memory = opened(folder)
            for name in calls:
                _insist(CALLS[name], memory, draw)
                marks.append(Mark(len(disk.steps), held(memory), name))
            with suppress(StoreError):
                memory.close()
            marks.append(Mark(len(disk.steps), marks[-1].held, "close"))
        if not fault.failed:
            break
        failed = next(spot for spot, step in enumerate(disk.steps) if step.kind == "forget")
        for mark in (one for one in marks if one.steps > failed):
            place = tmp_path / f"{number} {mark.call}"
            disk.lose_power(place, mark.steps, draw.choice(LEFT), draw)
            check(place, mark, mark, tally)
    assert number > len(calls)
    assert (tally.lost, tally.problems) == (0, [])


# -- what was erased, and names ----------------------------------------------------------------------------------


def _shows(folder: Path, secret: str) -> bool:
    windows = [secret[at : at + 8].encode() for at in range(len(secret) - 7)]
    data = b"".join(path.read_bytes() for path in folder.iterdir())
    return any(window in data for window in windows)


def test_what_was_erased_does_not_come_back(tmp_path: Path) -> None:
    """Once an erasure is acknowledged no loss of power brings its bytes back; one that was cut off is gone on with."""
    folder, secret = tmp_path / "space", random.Random(8).randbytes(32).hex()
    _filled(folder)
    with Disk() as disk:
        memory = opened(folder)
        id = memory.retain(f"The word is {secret} and tea.").record.id
        memory.retain("Ada likes rain.")
        begun = len(disk.steps)
        assert memory.erase(id).status == "done"
        done = len(disk.steps)
        memory.retain("Bob likes rain.")
        memory.close()
    draw, gone_on = random.Random(6), 0
    for at in [*draw.sample(range(begun, done), 2 * MOMENTS), *range(done, len(disk.steps), 40)]:
        for left in LEFT:
            place = tmp_path / f"{at} {left}"
            disk.lose_power(place, at, left, draw)
            assert at < done or not _shows(place, secret)
            with opened(place) as memory:
                gone_on += memory._engine.store.pending()
                erased = memory.stats().statuses.get("erased", 0)
            assert _shows(place, secret) == (not erased)
    assert gone_on


def test_the_name_of_a_space_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making, exporting and restoring a space sync the directories that name what was made."""
    synced, sync = [], os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")))
        sync(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to tell what is synced")
    monkeypatch.setattr(os, "fsync", noted)
    with Memory.open(tmp_path / "a" / "b" / "space", embedder=None) as memory:
        assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
        (tmp_path / "out").mkdir()
        memory.export(tmp_path / "out" / "space.ricordo")
        assert synced[-1] == tmp_path / "out"
    Memory.restore(tmp_path / "out" / "space.ricordo", tmp_path / "new" / "space", embedder=None).close()
    assert synced[-1] == tmp_path / "new"
