"""What commits cost beside other ways to change shared records, and what each of them loses.

    python benchmarks/commits.py --writers 8 --records 64 --seconds 5

Writers (threads of one process, as in a server) read a record, add one to its number and write it back, each at a
record drawn at random, durably, until the time is up. A writer that meets a conflict starts over. In the end the
numbers are summed: what was acknowledged and is not there was lost.

| protocol | how |
|---|---|
| `naive` | `get`, then `update` |
| `cas` | `get`, then `update` with `if_version` |
| `ours` | `get`, then `commit` of a put with the version that was read declared |
| `attempt` | `attempt`, which declares what was read by itself |
| `merge` | `commit` of a merge that adds one; nothing is read |
| `for_update` | plain SQL on PostgreSQL: `SELECT ... FOR UPDATE`, then `UPDATE`; no log, no index, no history |
| `serializable` | plain SQL on PostgreSQL in a SERIALIZABLE transaction |

With `--engine postgres` a server is started for the run, or `--store` names the URL of a database.
`--grouped` and `--plain` say whether one thread commits what waits together (setting `group_commit`), or each writer
in a transaction of its own (`BEGIN IMMEDIATE` on SQLite). By default both are run.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch, sync_ms

from ricordo import ConflictError, Memory, Settings
from ricordo.testing.postgres import PostgresServer

_PADDING = "It holds what several writers count together. "


def naive(memory: Memory, id: str) -> None:
    """Read, then write over whatever is there."""
    memory.update(id, metadata={"n": memory.get(id).metadata["n"] + 1})


def cas(memory: Memory, id: str) -> None:
    """Read, then write if the record itself is still at that version."""
    record = memory.get(id)
    memory.update(id, metadata={"n": record.metadata["n"] + 1}, if_version=record.version)


def ours(memory: Memory, id: str) -> None:
    """Read, then commit with what was read declared."""
    record = memory.get(id)
    op: Any = {"op": "put", "id": id, "metadata": {"n": record.metadata["n"] + 1}}
    memory.commit([op], reads=[{"id": id, "version": record.version}])


def attempt(memory: Memory, id: str) -> None:
    """Read and commit in one attempt, without a retry of its own: the run counts and repeats."""
    memory.attempt(
        lambda reading: [{"op": "put", "id": id, "metadata": {"n": reading.get(id).metadata["n"] + 1}}], retries=0
    )


def merge(memory: Memory, id: str) -> None:
    """Add one, whatever is there."""
    memory.commit([{"op": "merge", "id": id, "add": {"n": 1}}])


Step = Callable[[Any, Any], None]
PROTOCOLS: dict[str, Step] = {"naive": naive, "cas": cas, "ours": ours, "attempt": attempt, "merge": merge}


class Counters:
    """Numbers in a table of PostgreSQL, for what is compared with: a connection to each thread."""

    def __init__(self, url: str, records: int) -> None:
        import psycopg

        self._connect: Callable[[], Any] = partial(psycopg.connect, url, autocommit=True)
        self._own = threading.local()
        self._all: list[Any] = []
        self.conflicts = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
        connection = self.connection
        connection.execute("DROP TABLE IF EXISTS counter")
        connection.execute("CREATE TABLE counter (id integer PRIMARY KEY, body text NOT NULL, n bigint NOT NULL)")
        connection.execute(
            "INSERT INTO counter SELECT g, %s, 0 FROM generate_series(0, %s) g", (_PADDING * 4, records - 1)
        )

    @property
    def connection(self) -> Any:
        """The connection of this thread."""
        if not hasattr(self._own, "connection"):
            self._own.connection = self._connect()
            self._all.append(self._own.connection)
        return self._own.connection

    def add(self, id: int, begin: str, lock: str) -> None:
        """Read a number and write it back with one added, in one transaction."""
        connection = self.connection
        try:
            connection.execute(begin)
            (n,) = connection.execute(f"SELECT n FROM counter WHERE id = %s{lock}", (id,)).fetchone()
            connection.execute("UPDATE counter SET n = %s WHERE id = %s", (n + 1, id))
            connection.execute("COMMIT")
        except self.conflicts as error:
            connection.execute("ROLLBACK")
            raise ConflictError(str(error)) from error

    def total(self) -> int:
        """Return the sum of the numbers."""
        return int(self.connection.execute("SELECT sum(n) FROM counter").fetchone()[0])

    def close(self) -> None:
        """Close every connection."""
        for connection in self._all:
            connection.close()


def for_update(counters: Counters, id: int) -> None:
    """Lock the row, then change it."""
    counters.add(id, "BEGIN", " FOR UPDATE")


def serializable(counters: Counters, id: int) -> None:
    """Let the database find conflicts."""
    counters.add(id, "BEGIN ISOLATION LEVEL SERIALIZABLE", "")


PLAIN_SQL: dict[str, Step] = {"for_update": for_update, "serializable": serializable}


@dataclass(slots=True)
class Tally:
    """What one writer did."""

    acked: int = 0
    rejected: int = 0
    waits: list[float] | None = None


@contextmanager
def sqlite(grouped: bool, url: str | None) -> Iterator[Memory]:
    """Open a new space in a directory."""
    with scratch() as folder, Memory.open(folder / "space", embedder=None, settings=_settings(grouped)) as memory:
        yield memory


@contextmanager
def postgres(grouped: bool, url: str | None) -> Iterator[Memory]:
    """Open a new space in a database."""
    with scratch() as folder:
        settings, name = replace(_settings(grouped), followers=str(folder)), f"bench-{secrets.token_hex(6)}"
        with Memory.open(url, space=name, embedder=None, settings=settings) as memory:
            yield memory


#: How a space is opened for a run, by engine; another engine is one more line.
ENGINES: dict[str, Callable[[bool, str | None], AbstractContextManager[Memory]]] = {
    "sqlite": sqlite,
    "postgres": postgres,
}


def _settings(grouped: bool) -> Settings:
    return replace(Settings(), background=False, embedder="none", group_commit=grouped)


def run(
    engine: str, protocol: str, *, grouped: bool, writers: int, records: int, seconds: float, url: str | None = None
) -> dict[str, Any]:
    """Let the writers run at once, then count what is there."""
    told = {"engine": engine, "protocol": protocol, "grouped": grouped, "writers": writers, "records": records}
    if protocol in PLAIN_SQL:
        assert url is not None
        counters = Counters(url, records)
        tallies, wall, cpu = _race(counters, PLAIN_SQL[protocol], range(records), writers, seconds)
        counted = counters.total()
        counters.close()
        return {**told, **_report(tallies, counted, wall, cpu)}
    with ENGINES[engine](grouped, url) as memory:
        texts = [f"Counter {number}. {_PADDING * 4}" for number in range(records)]
        ids = [memory.retain(text, metadata={"n": 0}).record.id for text in texts]
        tallies, wall, cpu = _race(memory, PROTOCOLS[protocol], ids, writers, seconds)
        counted = sum(memory.get(id).metadata["n"] for id in ids)
    return {**told, **_report(tallies, counted, wall, cpu)}


def _race(
    shared: Any, step: Step, ids: Sequence[Any], writers: int, seconds: float
) -> tuple[list[Tally], float, float]:
    """Return what each writer did, and the wall and CPU seconds of this process that it took."""
    go, tallies = threading.Barrier(writers + 1), [Tally(waits=[]) for _ in range(writers)]
    threads = [
        threading.Thread(target=_write, args=(shared, step, ids, go, seconds, number, tally))
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    go.wait()
    wall, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    return tallies, time.perf_counter() - wall, time.process_time() - cpu


def _write(
    shared: Any, step: Step, ids: Sequence[Any], go: threading.Barrier, seconds: float, seed: int, tally: Tally
) -> None:
    chance = random.Random(seed)
    waits: list[float] = []
    go.wait()
    end = time.monotonic() + seconds
    while (begin := time.monotonic()) < end:
        try:
            step(shared, chance.choice(ids))
        except ConflictError:
            tally.rejected += 1
        else:
            tally.acked += 1
            waits.append(time.monotonic() - begin)
    tally.waits = waits


def _report(tallies: Sequence[Tally], counted: int, wall: float, cpu: float) -> dict[str, Any]:
    acked, rejected = sum(one.acked for one in tallies), sum(one.rejected for one in tallies)
    waits = [wait for one in tallies for wait in one.waits or ()] or [0.0]
    return {
        "acked": acked,
        "rejected": rejected,
        "lost": acked - counted,
        "per_second": round(acked / wall, 1),
        "slowest_to_fastest": round(min(one.acked for one in tallies) / max(1, *(one.acked for one in tallies)), 3),
        "ms_p50": round(1000 * percentile(waits, 0.5), 2),
        "ms_p99": round(1000 * percentile(waits, 0.99), 2),
        "cpu_us_per_attempt": round(1e6 * cpu / max(1, acked + rejected), 1),
        "cores_busy": round(cpu / wall, 2),
    }


def compared(runs: Sequence[dict[str, Any]], hot: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return how many times as many commits a second one way has as another, where both were run."""
    rates = {(one["protocol"], one["grouped"]): max(one["per_second"], 0.1) for one in runs}
    at_one = {(one["protocol"], one["grouped"]): max(one["per_second"], 0.1) for one in hot}
    found = {}
    if ("ours", True) in rates and ("ours", False) in rates:
        found["grouped_to_plain"] = round(rates["ours", True] / rates["ours", False], 2)
    for grouped in (True, False):
        if ("merge", grouped) in at_one and ("cas", grouped) in at_one:
            name = f"merge_to_cas_on_one_record_{'grouped' if grouped else 'plain'}"
            found[name] = round(at_one["merge", grouped] / at_one["cas", grouped], 2)
    return found


def table(runs: Sequence[dict[str, Any]]) -> str:
    """Return the runs as a table."""
    names = ["protocol", "grouped", "records", "per_second", "acked", "rejected", "lost", "slowest_to_fastest"]
    names += ["ms_p50", "ms_p99", "cpu_us_per_attempt"]
    rows = [names, *([str(one[name]) for name in names] for one in runs)]
    widths = [max(len(row[spot]) for row in rows) for spot in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=list(ENGINES), default="sqlite")
    parser.add_argument("--store", metavar="URL", help="with --engine postgres: a database; by default one is started")
    parser.add_argument("--writers", type=int, default=8, help="threads")
    parser.add_argument("--records", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run")
    parser.add_argument(
        "--protocol", choices=[*PROTOCOLS, *PLAIN_SQL], action="append", help="only these; repeat for several"
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--grouped", action="store_true", help="only with group commit")
    mode.add_argument("--plain", action="store_true", help="only without")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    modes = [grouped for grouped in (False, True) if not (given.plain if grouped else given.grouped)]
    in_database = given.engine == "postgres"
    names = given.protocol or [*PROTOCOLS, *(PLAIN_SQL if in_database else ())]
    if not in_database and set(names) & set(PLAIN_SQL):
        parser.error("for_update and serializable need --engine postgres")
    with ExitStack() as stack:
        url = given.store
        if in_database and url is None:
            url = stack.enter_context(stack.enter_context(PostgresServer()).database())
        common = {"writers": given.writers, "seconds": given.seconds, "url": url}
        runs = [
            run(given.engine, name, grouped=grouped, records=given.records, **common)
            for name in names
            for grouped in ([False] if name in PLAIN_SQL else modes)
        ]
        hot = [
            run(given.engine, name, grouped=grouped, records=1, **common)
            for name in names
            if name in ("cas", "merge")
            for grouped in modes
        ]
    print(table([*runs, *hot]), file=sys.stderr)
    words = [word for word in (sys.argv[1:] if argv is None else argv) if "://" not in word]  # no address, no password
    shown = command(["commits.py", *words])
    result = {
        "benchmark": "commits",
        "command": shown,
        "machine": machine(),
        "sync_ms": sync_ms(),
        "compared": compared(runs, hot),
    }
    emit({**result, "runs": [*runs, *hot]}, given.out)


if __name__ == "__main__":
    main()
