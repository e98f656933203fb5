"""Whether the check of histories sees what it must: broken protocols, a constraint over two records, a long run.

    python benchmarks/histories.py --protocols --attempts 2000
    python benchmarks/histories.py --skew --pairs 4000 [--engine postgresql]
    python benchmarks/histories.py --run --attempts 1000000 [--engine postgresql]

`--protocols` runs each protocol of `protocols.py` under schedules told by seeds and counts in how many it was caught.
`--skew` has two writers take one of two people off duty, each on the ground that the other is on it: pairs with nobody
left are broken. Two threads, each with the space opened for itself, read both records, wait for each other and commit.
`--run` is `ricordo check`.

With `--engine postgresql` a server is started for the run.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch, sync_ms
from benchmarks.protocols import BROKEN, LosesAnswers, Right, a_store

from ricordo.index.entry import Indexing
from ricordo.store import open_store
from ricordo.testing.contention import Load, Port, work
from ricordo.testing.contention_run import Contest, MemoryPort, opened, run
from ricordo.testing.history import Attempt, Read, Report, check
from ricordo.testing.postgres import PostgresServer
from ricordo.testing.schedule import Schedule
from ricordo.text import Tokeniser

RECORDS = tuple("abcd")
#: Protocols that hold what each writer saw against what it writes, more or less.
SKEWED = ("two-step check", "no read set", "first record only", "wrong lock order", "no check")
Pause = Callable[[], object]
Pair = tuple[str, str]


def contend(protocol: type[Right], seed: int, *, writers: int = 4, attempts: int = 40) -> Report:
    """Let writers contend on a protocol under one schedule, and check what they did.

    Args:
        protocol: One of `protocols.py`.
        seed: Tells schedule and attempts.
        writers: How many there are.
        attempts: How many each makes.
    """
    schedule, store = Schedule(seed), a_store()
    port = protocol(store, schedule.pause, seed)
    port.setup(RECORDS)
    done: list[Attempt] = []
    load = Load(RECORDS, attempts, seed, keyed=1, lost=0)

    def hold(share: float) -> None:
        for _ in range(int(8 * share)):
            schedule.pause()

    def worker(name: str) -> None:
        for attempt in work(port, load, name, clock=schedule.now, pause=schedule.pause, hold=hold):
            done.append(attempt)

    schedule.run([partial(worker, f"w{spot}") for spot in range(writers)])
    return check(done, port.log())


def protocols(seeds: int, attempts: int) -> list[dict[str, Any]]:
    """Run every protocol under many schedules; count in how many something was found, and what."""
    rows = []
    chosen: dict[str, type[Right]] = {"right": Right, "answers get lost": LosesAnswers}
    for name, one in (chosen | {name: BROKEN[name][0] for name in BROKEN}).items():
        caught, found = 0, Counter[str]()
        for seed in range(seeds):
            report = contend(one, seed, attempts=attempts)
            caught += not report.ok
            found.update({**report.found, **({"cycle": len(report.cycles)} if report.cycles else {})})
        rows.append({"protocol": name, "schedules": seeds, "caught": caught, "found": dict(found)})
    return rows


# -- a constraint over two records -------------------------------------------------------------------------------------


def go_off(port: Port, pair: Pair, mine: int, pause: Pause) -> str:
    """Take one of two people off duty, provided that both are on it; return how that ended."""
    reads, contents = [], []
    for record in pair:
        version, content = port.read(record)
        reads.append(Read(record, version))
        contents.append(content)
    pause()
    if any(content.startswith("off") for content in contents):
        return "left"
    return port.commit(reads, [pair[mine]], f"off duty: {pair[mine]}").outcome


def broken(port: Port, pairs: Sequence[Pair]) -> int:
    """Return how many pairs have nobody left."""
    return sum(all(port.read(record)[1].startswith("off") for record in pair) for pair in pairs)


def skew_by_schedule(protocol: type[Right], pairs: int, seed: int) -> int:
    """Return how many pairs a protocol breaks under one schedule."""
    schedule, store = Schedule(seed), a_store()
    port = protocol(store, schedule.pause, seed)
    both = [(f"{spot}a", f"{spot}b") for spot in range(pairs)]
    port.setup([record for pair in both for record in pair])
    for pair in both:
        schedule.run([partial(go_off, port, pair, mine, schedule.pause) for mine in (0, 1)])
    return broken(port, both)


def _all_off(port: Port, pairs: Sequence[Pair], mine: int, pause: Pause) -> Counter[str]:
    return Counter(go_off(port, pair, mine, pause) for pair in pairs)


def skew_at_once(ports: Sequence[Port], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Have two threads take people off duty, pair by pair; both have read before either commits."""
    barrier = threading.Barrier(2)
    ended: list[Counter[str]] = []

    def take_part(mine: int) -> None:
        try:
            ended.append(_all_off(ports[mine], pairs, mine, barrier.wait))
        except BaseException:
            barrier.abort()
            raise

    threads = [threading.Thread(target=take_part, args=(mine,)) for mine in (0, 1)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = round(time.perf_counter() - begin, 1)
    if len(ended) < len(threads):
        raise SystemExit("a thread ended early; it has said why above")
    return {"pairs": len(pairs), "broken": broken(ports[0], pairs), **sum(ended, Counter()), "seconds": seconds}


def skew(pairs: int, store: str | None) -> list[dict[str, Any]]:
    """Run the constraint with strict commits, and where the store is SQLite with the protocols too."""
    rows = [{"protocol": "strict commit", **_skew_of_memory(pairs, store)}]
    chosen: dict[str, type[Right]] = {"right": Right, **{name: BROKEN[name][0] for name in SKEWED}}
    if store is None:
        rows += [{"protocol": name, **_skew_of_protocol(protocol, pairs)} for name, protocol in chosen.items()]
    return rows


def _skew_of_memory(pairs: int, store: str | None) -> dict[str, Any]:
    with scratch() as folder, ExitStack() as open_:
        contest = Contest(store or str(folder / "space"), space=f"skew-{time.time_ns()}" if store else None)
        memories = [open_.enter_context(opened(contest)) for _ in range(2)]
        made = memories[0].retain_many([{"content": f"on duty: {spot}"} for spot in range(2 * pairs)])
        ids = [verdict.record.id for verdict in made]
        return skew_at_once([MemoryPort(one) for one in memories], list(zip(ids[::2], ids[1::2], strict=True)))


def _skew_of_protocol(protocol: type[Right], pairs: int) -> dict[str, Any]:
    with scratch() as folder, ExitStack() as open_:
        index = Indexing(Tokeniser("english"))
        stores = [open_.enter_context(closing(open_store(folder / "space", index))) for _ in range(2)]
        ports = [protocol(store) for store in stores]
        both = [(f"{spot}a", f"{spot}b") for spot in range(pairs)]
        ports[0].setup([record for pair in both for record in pair])
        return skew_at_once(ports, both)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--protocols", action="store_true")
    what.add_argument("--skew", action="store_true")
    what.add_argument("--run", action="store_true")
    parser.add_argument("--attempts", type=int, default=1_000, help="in all; with --protocols, of each of 4 writers")
    parser.add_argument("--seeds", type=int, default=20, help="schedules of --protocols")
    parser.add_argument("--pairs", type=int, default=4_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--records", type=int, default=8)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--held", type=float, default=0.25, help="share of attempts that hold what they read")
    parser.add_argument("--group", action="store_true", help="with group commit")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    shown = command(["histories.py", *(sys.argv[1:] if argv is None else argv)])
    with ExitStack() as stack:
        store = None
        if given.engine == "postgresql":
            store = stack.enter_context(stack.enter_context(PostgresServer()).database())
        result = _result(given, store)
    told = {"benchmark": "histories", "command": shown, "machine": machine(), "engine": given.engine}
    emit({**told, **result}, given.out)


def _result(given: argparse.Namespace, store: str | None) -> dict[str, Any]:
    if given.protocols:
        return {"protocols": protocols(given.seeds, given.attempts)}
    if given.skew:
        return {"skew": skew(given.pairs, store)}
    sizes = {name: getattr(given, name) for name in ("writers", "attempts", "records", "processes", "held", "group")}
    outcome = asdict(run(Contest(store, **sizes)))
    report = outcome["report"]
    return {**outcome, "sync_ms": sync_ms(), "contest": sizes, "report": {**report, "cycles": len(report["cycles"])}}


if __name__ == "__main__":
    main()
