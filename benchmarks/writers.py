"""Whether several processes that write to one space all come to their turn, and nothing is lost.

    python benchmarks/writers.py --writers 8 --seconds 60

Each process opens the space, waits for a common start, and retains single records with refs of its own until the time
is up; it notes how long each call took. Afterwards every acknowledged ref is looked for and the space is verified.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch

from ricordo import Memory
from ricordo.errors import BusyError

_READY = "ready"


def write(place: Path, label: str, seconds: float) -> None:
    """Retain single records until the time is up; print what was acknowledged and how long calls took."""
    waits: list[float] = []
    refused = 0
    with Memory.open(place, embedder=None) as memory:
        print(_READY, flush=True)
        sys.stdin.readline()
        end = time.monotonic() + seconds
        while (begin := time.monotonic()) < end:
            try:
                ref = f"{label}/{len(waits)}"
                memory.retain(f"{ref}: a note of writer {label}.", scope=label, speaker=label, session=label, ref=ref)
            except BusyError:
                refused += 1
                continue
            waits.append(time.monotonic() - begin)
    print(json.dumps({"acknowledged": len(waits), "refused": refused, "waits": [round(one, 6) for one in waits]}))


def _start(place: Path, label: str, seconds: float) -> subprocess.Popen[str]:
    words = [sys.executable, str(Path(__file__).resolve()), "--write", str(place), label, str(seconds)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(writers: int, seconds: float) -> dict[str, Any]:
    """Let the writers run at once, then look for what they wrote."""
    with scratch() as folder:
        place = folder / "space"
        Memory.open(place, embedder=None).close()
        children = {f"w{spot}": _start(place, f"w{spot}", seconds) for spot in range(writers)}
        for child in children.values():
            assert child.stdout is not None
            child.stdout.readline()
        for child in children.values():
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        said = {label: json.loads(child.communicate()[0]) for label, child in children.items()}
        return _report(place, said, seconds)


def _report(place: Path, said: dict[str, Any], seconds: float) -> dict[str, Any]:
    done = {label: one["acknowledged"] for label, one in said.items()}
    waits = [wait for one in said.values() for wait in one["waits"]]
    lost = 0
    with Memory.open(place, embedder=None) as memory:
        for label, number in done.items():
            lost += len({f"{label}/{spot}" for spot in range(number)} - _refs(memory, label))
        verified = memory.verify()
    return {
        "writers": len(said),
        "seconds": seconds,
        "acknowledged": done,
        "per_second": round(sum(done.values()) / seconds, 1),
        "slowest_to_fastest": round(min(done.values()) / max(1, *done.values()), 3),
        "wait_ms": {
            "p50": round(1000 * percentile(waits, 0.5), 2),
            "p99": round(1000 * percentile(waits, 0.99), 2),
            "longest": round(1000 * max(waits), 2),
        },
        "refused": sum(one["refused"] for one in said.values()),
        "lost": lost,
        "verified": verified.ok,
        "problems": list(verified.problems),
    }


def _refs(memory: Memory, scope: str) -> set[str]:
    found: set[str] = set()
    cursor = None
    while True:
        page = memory.list(scope=scope, limit=1000, cursor=cursor)
        found.update(ref for record in page.records for ref in record.refs)
        if (cursor := page.cursor) is None:
            return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=8, help="processes")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    parser.add_argument("--write", nargs=3, metavar=("PLACE", "LABEL", "SECONDS"), help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.write:
        write(Path(given.write[0]), given.write[1], float(given.write[2]))
        return
    shown = command(["writers.py", *(sys.argv[1:] if argv is None else argv)])
    result = run(given.writers, given.seconds)
    emit({"benchmark": "writers", "command": shown, "machine": machine(), **result}, given.out)


if __name__ == "__main__":
    main()
