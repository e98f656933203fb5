"""The checker against one that tries every order: they agree on thousands of small histories."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise, permutations

from ricordo.testing.history import Attempt, Logged, Read, Written, check

KEYS = "xyz"


def a_history(rng: random.Random) -> tuple[list[Attempt], list[Logged]]:
    """Make a few transactions on three records; their reads are mostly near what was current."""
    size, loose = rng.randint(2, 5), rng.choice([0.05, 0.3, 1.0])
    newest = dict.fromkeys(KEYS, 0)
    attempts, log, now = [], [], 10
    for seq in range(1, size + 1):
        reads = []
        for key in rng.sample(KEYS, rng.randint(1, 3)):
            off = rng.choice([-1, 1]) if rng.random() < loose else 0
            reads.append((key, max(0, newest[key] + off)))
        writes = []
        for key in rng.sample(KEYS, rng.randint(1, 2)):
            newest[key] += 1
            writes.append(Written(key, newest[key]))
        now += rng.randint(1, 10)
        begin = max(0, now - rng.randint(1, 30))
        end = now + rng.randint(1, 30) if rng.random() < loose else now
        read = tuple(
            Read(key, version, rng.randint(begin, end)) for key, version in reads if (key, version) not in writes
        )
        id = f"t{seq}"
        outcome = "unknown" if rng.random() < 0.1 else "acked"
        told = tuple(writes) if outcome == "acked" else ()
        attempts.append(Attempt(id, f"w{rng.randint(1, 2)}", begin, end, outcome, read, told, seq if told else None))
        log.append(Logged(seq, tuple(writes), id))
    attempts.sort(key=lambda one: one.begin)
    return attempts, log


def has_an_order(attempts: list[Attempt], log: list[Logged]) -> bool:
    """Tell whether the transactions can be run one after the other, each reading what was last written."""
    by_id = {one.id: one for one in attempts}
    runs = [(by_id[str(entry.tag)], entry.writes) for entry in log]
    return any(runs_in(order) for order in permutations(runs))


def runs_in(order: tuple[tuple[Attempt, tuple[Written, ...]], ...]) -> bool:
    state = dict.fromkeys(KEYS, 0)
    for spot, (one, writes) in enumerate(order):
        if any(later.outcome == "acked" and later.end < one.begin for later, _ in order[spot + 1 :]):
            return False
        if any(state[read.key] != read.version for read in one.reads):
            return False
        for key, version in writes:
            if version != state[key] + 1:
                return False
            state[key] = version
    return True


def naive_findings(attempts: list[Attempt], log: list[Logged]) -> Counter[str]:
    """Count what is wrong with reads and order, each by its definition."""
    by_id = {one.id: one for one in attempts}
    made = {write: entry.seq for entry in log for write in entry.writes}
    found: Counter[str] = Counter()
    known: dict[tuple[str, str], int] = {}
    for one in attempts:
        for read in one.reads:
            later = [by_id[f"t{seq}"] for write, seq in made.items() if write > (read.key, read.version)]
            of_key = [other for other in later if any(read.key == k and v > read.version for k, v in other.writes)]
            found["unwritten"] += read.version > 0 and (read.key, read.version) not in made
            found["stale"] += any(other.outcome == "acked" and other.end < (read.began or 0) for other in of_key)
            found["back"] += read.version < known.get((one.worker, read.key), 0)
            spot = (one.worker, read.key)
            known[spot] = max(known.get(spot, 0), read.version)
        for key, version in one.writes:
            known[one.worker, key] = max(known.get((one.worker, key), 0), version)
    for entry in log:
        one = by_id[str(entry.tag)]
        for read in one.reads:
            own = made.get(Written(read.key, read.version), 0)
            after = [seq for (key, version), seq in made.items() if key == read.key and version > read.version]
            found["outdated"] += own >= entry.seq or min(after, default=entry.seq) < entry.seq
        ended = [by_id[f"t{later.seq}"] for later in log[entry.seq :]]
        found["reordered"] += any(other.outcome == "acked" and other.end < one.begin for other in ended)
    return +found


def test_it_agrees_with_every_order_tried() -> None:
    """4,000 histories: a cycle is found if and only if no order holds; findings are those of their definitions."""
    rng = random.Random(11)
    seen: Counter[str] = Counter()
    for _ in range(4_000):
        attempts, log = a_history(rng)
        report = check(attempts, log)
        holds = has_an_order(attempts, log)
        assert holds == (not report.cycles and "unwritten" not in report.found), (attempts, log)
        assert report.found == naive_findings(attempts, log), (attempts, log)
        seen["holds" if holds else "broken"] += 1
        seen.update({cycle.name for cycle in report.cycles})
    assert min(seen["holds"], seen["broken"]) > 700, seen
    assert {"lost update (G-single)", "write skew (G2)", "circular reads (G1c)"} <= set(seen), seen
    assert any("real time" in name for name in seen), seen


def test_a_cycle_that_is_told_is_one() -> None:
    """Each step's edge is there: the record's version was written, read or overwritten as it says."""
    rng = random.Random(12)
    told = 0
    for _ in range(2_000):
        attempts, log = a_history(rng)
        by_id = {one.id: one for one in attempts}
        writes = {str(entry.tag): set(entry.writes) for entry in log}
        for cycle in check(attempts, log).cycles:
            told += 1
            ring = [*cycle.steps, cycle.steps[0]]
            assert len({step.attempt for step in cycle.steps}) == len(cycle.steps) >= 2
            assert cycle.tangled >= len(cycle.steps)
            for step, after in pairwise(ring):
                if step.edge == "rt":
                    assert by_id[step.attempt].end < by_id[after.attempt].begin
                    continue
                key, version = str(step.key), step.version or 0
                wrote, overwrote = (key, version) in writes[step.attempt], (key, version + 1) in writes[after.attempt]
                has_read = {one.id: {(read.key, read.version) for read in one.reads} for one in attempts}
                shown = {
                    "ww": wrote and overwrote,
                    "wr": wrote and (key, version) in has_read[after.attempt],
                    "rw": (key, version) in has_read[step.attempt] and overwrote,
                }
                assert shown[step.edge], (cycle, attempts, log)
    assert told > 300
