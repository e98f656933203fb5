"""What the benchmarks share: timers, percentiles, a throw-away space, and results as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

import ricordo

T = TypeVar("T")
#: Where results that are kept lie: small files that `tables.py` reads.
RESULTS = Path(__file__).resolve().parent / "results"


class Spent(NamedTuple):
    """What a piece of work took, in seconds."""

    wall: float
    cpu: float


def timed(work: Callable[[], T]) -> tuple[T, Spent]:
    """Return what `work` returns, and its wall and CPU seconds (this process, every thread)."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Spent(time.perf_counter() - wall, time.process_time() - cpu)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie, by nearest rank.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def summary(spent: Sequence[Spent]) -> dict[str, float]:
    """Return p50 and p95 of wall and CPU time in milliseconds, and the mean of CPU time."""
    wall, cpu = ([1000 * one for one in column] for column in zip(*spent, strict=True))
    return {
        "wall_ms_p50": round(percentile(wall, 0.5), 3),
        "wall_ms_p95": round(percentile(wall, 0.95), 3),
        "cpu_ms_p50": round(percentile(cpu, 0.5), 3),
        "cpu_ms_p95": round(percentile(cpu, 0.95), 3),
        "cpu_ms_mean": round(sum(cpu) / len(cpu), 3),
    }


def rate(count: int, spent: Spent) -> dict[str, float]:
    """Return what was done per second of CPU time and of wall time."""
    return {
        "per_cpu_second": round(count / max(spent.cpu, 1e-9), 1),
        "per_wall_second": round(count / max(spent.wall, 1e-9), 1),
    }


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ricordo-bench-") as folder:
        yield Path(folder)


def sync_ms(writes: int = 200, size: int = 65_536) -> float:
    """Return the median milliseconds of syncing a write to the disk of the temporary directory: every commit waits."""
    spent = []
    with tempfile.TemporaryFile() as file:
        for _ in range(writes):
            os.write(file.fileno(), os.urandom(size))
            begin = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(1000 * (time.perf_counter() - begin))
    return round(percentile(spent, 0.5), 3)


def machine() -> dict[str, Any]:
    """Describe the machine in general terms."""
    return {
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "ricordo": ricordo.__version__,
        "code": code(),
    }


def code() -> str:
    """Return a digest of the library's source: results with the same one were measured on the same code."""
    folder = Path(ricordo.__file__).parent
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:12]


def peak_mb() -> float:
    """Return the largest resident size of this process so far, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024 * 1024), 1)


def command(argv: Sequence[str]) -> str:
    """Return the command line of this run for others to repeat: file names without folders, `--out` left out.

    >>> command(["/x/benchmarks/recall.py", "/data/talk.json", "--k", "5", "--out", "y.json"])
    'python benchmarks/recall.py talk.json --k 5'
    """
    words, shown = iter(argv[1:]), []
    for word in words:
        if word == "--out":
            next(words, None)
        elif not word.startswith("--out="):
            shown.append(Path(word).name if os.sep in word else word)
    return shlex.join(["python", f"benchmarks/{Path(argv[0]).name}", *shown])


def emit(result: dict[str, Any], out: Path | None) -> None:
    """Print a result as JSON; keep it where `out` says."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(f"{text}\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))
