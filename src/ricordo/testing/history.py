"""A history of what writers did at once, and the check that it could have happened one after the other.

Each writer records its attempts: what it read, what it wrote, when it began and ended, what it was told. `check` holds
them against the final log and names everything that does not fit: see docs/checker.md. It needs no engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ricordo.testing.history_graph import RT, Edge, find_cycles
from ricordo.testing.history_table import OUTCOMES, Table

#: What each kind of edge of the graph says of the transaction it leads to.
EDGES = ("ww", "wr", "rw", "rt")
#: What a finding of each kind says.
FINDINGS: Mapping[str, str] = {
    "lost": "acknowledged, and the log does not hold it",
    "altered": "acknowledged otherwise than the log holds it",
    "twice": "applied more than once",
    "refused": "rejected, and in the log all the same",
    "doubled": "two commits made one version",
    "disorder": "a version that is older than one before it in the log",
    "gap": "a seq or a version is missing",
    "unwritten": "a version was read that nobody wrote",
    "dirty": "what was read at a version is not what was written there",
    "outdated": "accepted, though what it had read was not current any more",
    "stale": "a read returned less than what was acknowledged before it began",
    "back": "a worker saw less than it had seen or written before",
    "reordered": "began when the other was acknowledged, and stands before it in the log",
}


class Read(NamedTuple):
    """What an attempt read.

    Args:
        key: The record.
        version: Its version; 0 where there was none.
        began: When the read began, in nanoseconds; None is when the attempt began.
        seen: The tag of the attempt that had written what was read, where the content tells.
    """

    key: str
    version: int
    began: int | None = None
    seen: str | None = None


class Written(NamedTuple):
    """A version that an attempt made."""

    key: str
    version: int


class Attempt(NamedTuple):
    """What one worker tried, and what it was told.

    Args:
        id: Its name, unlike any other's.
        worker: Who tried; a worker does one thing after the other.
        begin, end: Before its first read, and when it had its answer: nanoseconds of one clock for all processes,
            such as `time.monotonic_ns` of one machine.
        outcome: "acked", "rejected", or "unknown" where no answer came.
        reads: What its commit rests on.
        writes: The versions it was told that it made.
        seq: The event it was told.
        key: Its idempotency key; attempts that share one are one operation, with the same reads and writes.
    """

    id: str
    worker: str
    begin: int
    end: int
    outcome: str
    reads: tuple[Read, ...] = ()
    writes: tuple[Written, ...] = ()
    seq: int | None = None
    key: str | None = None

    @property
    def tag(self) -> str:
        """What the log knows it by."""
        return self.id if self.key is None else self.key


class Logged(NamedTuple):
    """A transaction of the final log.

    Args:
        seq: Its number; of several events, that of the last.
        writes: The versions it made.
        tag: The attempt it came from, where the log tells; else it is found by `seq` and `writes`.
        first: The number of its first event, where there are several.
    """

    seq: int
    writes: tuple[Written, ...]
    tag: str | None = None
    first: int | None = None


class Finding(NamedTuple):
    """Something that does not fit.

    Args:
        kind: One of `FINDINGS`.
        what: What was found, in words, with the attempts and versions it is about.
    """

    kind: str
    what: str


class Step(NamedTuple):
    """A transaction of a cycle, and the edge that leads to the next one.

    Args:
        attempt: The attempt, or `event N` where no attempt is known.
        seq: Its event.
        edge: "ww" (the next wrote over it), "wr" (the next read it), "rw" (the next wrote over what it had read), or
            "rt" (it had its answer before the next began).
        key, version: The record and the version that the two share; None with "rt".
    """

    attempt: str
    seq: int
    edge: str
    key: str | None = None
    version: int | None = None


class Cycle(NamedTuple):
    """Transactions that no order can hold: each came before the next, and the last before the first.

    Args:
        name: What the anomaly is called.
        steps: The shortest such circle that was found.
        tangled: Transactions that lie on circles with these.
    """

    name: str
    steps: tuple[Step, ...]
    tangled: int

    def __str__(self) -> str:
        told = [
            f"{step.attempt} (seq {step.seq}) -{step.edge}{'' if step.key is None else f' {step.key}@{step.version}'}->"
            for step in self.steps
        ]
        return f"{self.name}: {' '.join(told)} {self.steps[0].attempt}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a history came to.

    Args:
        attempts: Operations that were tried; attempts that share a key are one.
        accepted, rejected, unknown: How they ended.
        transactions: Those of the log.
        cycles: One for each knot of transactions that no order can hold.
        found: How many findings there are of each kind.
        findings: The first of each kind.
    """

    attempts: int
    accepted: int
    rejected: int
    unknown: int
    transactions: int
    cycles: tuple[Cycle, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def tangled(self) -> int:
        """How many transactions lie on cycles."""
        return sum(cycle.tangled for cycle in self.cycles)

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.cycles and not self.found


def check(attempts: Iterable[Attempt], log: Iterable[Logged], *, most: int = 100) -> Report:
    """Check that a history could have happened one transaction after the other, in the order of real time.

    Args:
        attempts: Those of each worker in the order it made them; the workers in any order.
        log: The whole final log, in its order.
        most: How many findings of each kind are told in words; all are counted.

    >>> one = Attempt("a", "w1", 1, 4, "acked", (Read("x", 0), Read("y", 0)), (Written("x", 1),), 1)
    >>> two = Attempt("b", "w2", 2, 5, "acked", (Read("x", 0), Read("y", 0)), (Written("y", 1),), 2)
    >>> report = check([one, two], [Logged(1, one.writes, "a"), Logged(2, two.writes, "b")])
    >>> print(report.cycles[0])
    write skew (G2): a (seq 1) -rw y@0-> b (seq 2) -rw x@0-> a
    >>> dict(report.found)
    {'outdated': 1}
    """
    table = Table(most)
    for attempt in attempts:
        table.add(attempt)
    for entry in log:
        table.log(entry)
    table.match()
    table.check_reads()
    begins, ends = table.times()
    table.check_order(begins, ends)
    knots = find_cycles(table.transactions, table.edges, begins, ends)
    cycles = tuple(_cycle(table, knot.edges, knot.size) for knot in knots)
    findings = tuple(Finding(kind, what) for kind, what in table.findings())
    return Report(*table.tally(), table.transactions, cycles, dict(table.counts), findings)


def _cycle(table: Table, edges: list[Edge], size: int) -> Cycle:
    steps = []
    for edge in edges:
        key, version = (None, None) if edge[2] == RT else table.shared(edge)
        steps.append(Step(table.called(edge[0]), table.seq_of(edge[0]), EDGES[edge[2]], key, version))
    return Cycle(_name([step.edge for step in steps], {step.key for step in steps}), tuple(steps), size)


def _name(kinds: list[str], keys: set[str | None]) -> str:
    timed = " against real time" if "rt" in kinds else ""
    if kinds.count("rw") >= 2:
        return f"write skew (G2){timed}"
    if kinds.count("rw") == 1:
        lost = "ww" in kinds and len(keys) == 1
        return f"{'lost update' if lost else 'read skew'} (G-single){timed}"
    return f"{'circular reads (G1c)' if 'wr' in kinds else 'writes over each other (G0)'}{timed}"


def dumped(attempt: Attempt) -> str:
    """Return an attempt as a line of JSON, without the end of the line."""
    reads = [
        [key, version, (began or attempt.begin) - attempt.begin, seen] for key, version, began, seen in attempt.reads
    ]
    id, worker, begin, end, outcome, _, writes, seq, key = attempt
    line = [id, worker, begin, end, OUTCOMES.index(outcome), seq, key, reads, writes]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def loaded(lines: Iterable[str]) -> Iterator[Attempt]:
    """Yield the attempts that `dumped` wrote; a last line that was cut off is left out.

    >>> attempt = Attempt("a", "w1", 1, 4, "acked", (Read("x", 0, 2),), (Written("x", 1),), 1)
    >>> list(loaded([dumped(attempt)])) == [attempt]
    True
    """
    for line in lines:
        try:
            id, worker, begin, end, outcome, seq, key, reads, writes = json.loads(line)
        except json.JSONDecodeError:
            if line.endswith("\n"):
                raise
            return
        read = tuple([Read(name, version, begin + after, seen) for name, version, after, seen in reads])
        written = tuple([Written(name, version) for name, version in writes])
        yield Attempt(id, worker, begin, end, OUTCOMES[outcome], read, written, seq, key)
