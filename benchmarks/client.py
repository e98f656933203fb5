"""What a client adds to a memory: its own processor time, and the time of a call, beside a memory in this process.

    .venv/bin/python benchmarks/client.py --records 1000 --calls 300

The server runs in a process of its own on this machine. Both are told the same; calls take turns, so that what else
the machine does falls on both alike.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ricordo import Memory, connect
from ricordo.client import Client
from ricordo.config import resolve

_SERVE = """
import sys
from dataclasses import replace
from ricordo.config import resolve
from ricordo.http.server import serve

folder = sys.argv[1]
changed = {"path": f"{folder}/served", "state": f"{folder}/state", "port": 0, "embedder": "none", "log_level": "error"}
serve(replace(resolve(), **changed), insecure=True, ready=lambda url: print(url, flush=True))
"""
_ASKED = "Where does Ada keep row {}?"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call costs, in milliseconds: at the median on the clock, and on average on the caller's processor."""

    clock: float
    processor: float


def measured(calls: Sequence[Callable[[int], object]], count: int) -> list[Cost]:
    """Return what each of some calls costs; they take turns."""
    clock: list[list[float]] = [[] for _ in calls]
    processor = [0.0] * len(calls)
    for number in range(count):
        for spot, call in enumerate(calls):
            began, spent = time.perf_counter(), time.thread_time()
            call(number)
            processor[spot] += time.thread_time() - spent
            clock[spot].append(time.perf_counter() - began)
    return [
        Cost(sorted(times)[count // 2] * 1e3, used / count * 1e3) for times, used in zip(clock, processor, strict=True)
    ]


def compared(memory: Memory, client: Client, records: int, calls: int) -> dict[str, list[Cost]]:
    """Return the costs by method: of the memory here, and of the client."""
    items = [{"content": f"Ada keeps row {number} in box {number % 97}."} for number in range(records)]
    for one in (memory, client):
        one.retain_many(items)
    recalls = [lambda n: memory.recall(_ASKED.format(n)), lambda n: client.recall(_ASKED.format(n))]
    retains = [lambda n: memory.retain(f"New row {n}"), lambda n: client.retain(f"New row {n}")]
    return {"recall": measured(recalls, calls), "retain": measured(retains, calls)}


def main(arguments: Sequence[str] | None = None) -> dict[str, list[Cost]]:
    """Measure and print; return the costs by method."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000)
    parser.add_argument("--calls", type=int, default=300)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, "-c", _SERVE, folder], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            settings = resolve({"background": False, "embedder": "none"})
            with Memory.open(Path(folder) / "here", settings=settings) as memory, connect(url) as client:
                costs = compared(memory, client, chosen.records, chosen.calls)
        finally:
            server.terminate()
            server.communicate()
    print("| call | here, p50 ms | client, p50 ms | here, processor ms | client's own processor ms |")
    print("|---|---|---|---|---|")
    for name, (here, there) in costs.items():
        print(f"| {name} | {here.clock:.2f} | {there.clock:.2f} | {here.processor:.2f} | {there.processor:.2f} |")
    return costs


if __name__ == "__main__":
    main()
