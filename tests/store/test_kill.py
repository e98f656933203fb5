"""kill -9 at random points: every acknowledged write is there, and the space is sound."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import ricordo
from ricordo import Memory
from ricordo.testing import FixedClock

ROUNDS, LONGEST = 12, 60

_WRITER = """
import sys
from ricordo import Memory
memory = Memory.open(sys.argv[1], embedder=None)
number = 0
while True:
    ref = f"{sys.argv[2]}:{number}"
    verdict = memory.retain(f"Note {ref}: rain and tea.", ref=ref, title="Notes", metadata={"number": number})
    print(ref, flush=True)
    if number % 9 == 5:
        memory.update(verdict.record.id, content=f"Note {ref}: sun.")
    if number % 17 == 6:
        memory.erase(memory.retain(f"Secret {ref}.").record.id)
    number += 1
"""


def _killed_after(folder: Path, number: int, lines: int) -> list[str]:
    """Let a writer go until it acknowledged so many writes, kill it, and return all it had acknowledged."""
    environment = {"PYTHONPATH": str(Path(ricordo.__file__).parents[1])}
    command = [sys.executable, "-c", _WRITER, str(folder), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        told += process.stdout.readlines()
    return [line.strip() for line in told if line.endswith("\n")]


def test_an_acknowledged_write_survives_kill(tmp_path: Path) -> None:
    """Round after round on one space: nothing acknowledged is lost, and verify finds nothing."""
    draw = random.Random(9)
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        told = _killed_after(tmp_path, number, draw.randint(1, LONGEST))
        assert told
        acknowledged |= set(told)
        with Memory.open(tmp_path, embedder=None, clock=FixedClock()) as memory:
            kept = {record.ref for record in memory.list(limit=10_000).records}
            assert acknowledged <= kept
            assert memory.verify().problems == ()
            assert not memory.retain(f"After round {number}.").repeated
