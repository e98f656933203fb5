"""The answer to a write was lost: the same call with the same key, after a crash, has written once and for all."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from benchmarks.power import opened

from ricordo import KeyConflictError, Memory
from ricordo.testing.disk import Disk, Left

MOMENTS = 10
#: Keyed calls; each returns the last event it wrote.
CALLS: dict[str, Callable[[Memory, str], int]] = {
    "retain": lambda memory, text: memory.retain(text, speaker="Ada", key="once").event,
    "commit": lambda memory, text: _committed(memory, text),
}


def _committed(memory: Memory, text: str) -> int:
    before = memory.list(filters={"ref": "before"}).records[0]
    reads = [{"id": before.id, "version": 1}]
    ops = [{"op": "put", "content": text, "speaker": "Ada"}, {"op": "append", "id": before.id, "text": "And tea."}]
    return memory.commit(ops, reads=reads, key="once").seq


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_repeated_call_is_one(name: str, tmp_path: Path) -> None:
    """Wherever power was lost, before, within or after the call: repeated thrice it is one, and sound."""
    call, text = CALLS[name], "Ada moved to Porto."
    with opened(tmp_path / "space") as memory:
        memory.retain("Bob likes rain.", ref="before")
    with Disk() as disk:
        memory = opened(tmp_path / "space")
        begun, event = len(disk.steps), call(memory, text)
        done, head = len(disk.steps), memory.stats().seq
        memory.close()
    draw, kept = random.Random(7), 0
    for at in [*draw.sample(range(begun, done - 1), MOMENTS), done - 1, done, len(disk.steps)]:
        for left in get_args(Left):
            place = tmp_path / f"{at} {left}"
            disk.lose_power(place, at, left, draw)
            with opened(place) as memory:
                kept += memory.stats().seq == head
                assert [call(memory, text) for _ in range(3)] == [event] * 3
                assert memory.stats().seq == head
                assert [record.content for record in memory.list(filters={"speaker": "Ada"}).records].count(text) == 1
                with pytest.raises(KeyConflictError):
                    call(memory, "Ada moved to Faro.")
                assert memory.verify().problems == ()
            shutil.rmtree(place)
    assert 6 <= kept < 3 * (MOMENTS + 3)
