"""Commits against a naive serial oracle: what is accepted, what is refused, and where each stands in the log."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.commits.conftest import Open

from ricordo import ConflictError, GoneError, Memory, NotFoundError, StaleReadError
from ricordo.plaintext.cascade import EVERYTHING
from ricordo.testing import FixedClock

SCOPES = ("a", "b")


@dataclass
class Line:
    """A record as the oracle keeps it."""

    scope: str
    n: int = 0
    version: int = 1
    gone: bool = False


@dataclass
class Reader:
    """What one reader was given: by number of the record the version, where it looked, when first."""

    token: str
    reads: dict[int, int] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    since: int | None = None


class Oracle:
    """A space of numbers, in plain lists: every event is a set of scopes, every check a comparison."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.lines: list[Line] = []
        self.ids: list[str] = []
        self.events: list[str] = []  # the scope that each event touched
        self.readers = [Reader(memory.read_token()) for _ in range(2)]
        for scope in SCOPES:
            self.add(scope)

    def add(self, scope: str) -> None:
        number = len(self.lines)
        self.ids.append(self.memory.retain(f"Counter {number}.", scope=scope, metadata={"n": 0}).record.id)
        self.noted(scope, number)

    def noted(self, scope: str, number: int) -> None:
        self.lines.append(Line(scope))
        self.events.append(scope)

    def read(self, reader: Reader, number: int) -> None:
        line = self.lines[number]
        assert self.memory.get(self.ids[number], read_token=reader.token).version == line.version
        reader.reads[number] = min(line.version, reader.reads.get(number, line.version))
        self.look(reader, line.scope)

    def look(self, reader: Reader, scope: str) -> None:
        reader.looked.add(scope)
        reader.since = len(self.events) if reader.since is None else reader.since

    def look_in(self, reader: Reader, scope: str) -> None:
        page = self.memory.list(scope=scope, read_token=reader.token)
        shown = [number for number, line in enumerate(self.lines) if line.scope == scope and not line.gone]
        assert [record.id for record in page.records] == [self.ids[number] for number in shown]
        for number in shown:
            reader.reads[number] = min(self.lines[number].version, reader.reads.get(number, 1 << 60))
        self.look(reader, scope)

    def still(self, reader: Reader, strict: str) -> bool:
        """Tell whether a commit of a reader must be accepted."""
        held = all(self.lines[number].version == version for number, version in reader.reads.items())
        return held and (strict == "reads" or not self.touched(reader))

    def touched(self, reader: Reader) -> bool:
        return any(scope in reader.looked for scope in self.events[reader.since or 0 :]) and reader.since is not None

    def commit(self, reader: Reader, strict: str, ops: list[tuple[str, int]]) -> None:
        """Commit under a reader's token, and expect what the oracle does."""
        accepted, clean = self.still(reader, strict), not self.touched(reader)
        gone = [number for how, number in ops if how == "add" and self.lines[number].gone]
        before = self.memory.stats().seq
        given: list[Any] = [self.op(how, number) for how, number in ops]
        if accepted and not gone and not self.doomed(ops):
            done = self.memory.commit(given, read_token=reader.token, strict=strict)
            self.apply(ops)
            assert (done.seq, before) == (len(self.events), before)
            reader.reads |= {number: self.lines[number].version for number in reader.reads}
            reader.since = len(self.events) if clean and reader.since is not None else reader.since
        else:
            with pytest.raises(GoneError if accepted else StaleReadError):
                self.memory.commit(given, read_token=reader.token, strict=strict)
            assert self.memory.stats().seq == before

    def op(self, how: str, number: int) -> dict[str, Any]:
        id = self.ids[number]
        ops: dict[str, dict[str, Any]] = {
            "add": {"op": "merge", "id": id, "add": {"n": 1}},
            "set": {"op": "put", "id": id, "metadata": {"n": 100 + self.lines[number].version}},
            "drop": {"op": "delete", "id": id},
        }
        return ops[how]

    def doomed(self, ops: list[tuple[str, int]]) -> bool:
        """Tell whether an operation adds to what one before it takes away."""
        dropped: set[int] = set()
        for how, number in ops:
            if how == "add" and number in dropped:
                return True
            dropped |= {number} if how == "drop" else set()
        return False

    def apply(self, ops: list[tuple[str, int]]) -> None:
        put = {number: 100 + self.lines[number].version for _, number in ops}
        for how, number in ops:
            line = self.lines[number]
            if (how == "drop" and line.gone) or (how == "set" and line.n == put[number]):
                continue
            line.n = {"add": line.n + 1, "set": put[number], "drop": line.n}[how]
            line.gone = line.gone or how == "drop"
            line.version += 1
            self.events.append(line.scope)

    def check(self) -> None:
        """Compare every record with the space."""
        for id, line in zip(self.ids, self.lines, strict=True):
            record = self.memory.get(id)
            told = (record.metadata["n"], record.version, record.status == "retracted")
            assert told == (line.n, line.version, line.gone)


NUMBERS = st.integers(0, 3)
OPS = st.lists(st.tuples(st.sampled_from(["add", "set", "drop"]), NUMBERS), min_size=1, max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(SCOPES)),
    st.tuples(st.just("read"), st.integers(0, 1), NUMBERS),
    st.tuples(st.just("list"), st.integers(0, 1), st.sampled_from(SCOPES)),
    st.tuples(st.just("commit"), st.integers(0, 1), st.sampled_from(["reads", "scope"]), OPS),
    st.tuples(st.just("commit"), st.integers(0, 1), st.sampled_from(["reads", "scope"]), OPS),
    st.tuples(st.just("new"), st.integers(0, 1)),
)


@settings(max_examples=150)
@given(st.lists(STEPS, min_size=4, max_size=25))
def test_commits_are_accepted_exactly_where_a_serial_oracle_accepts_them(steps: list[tuple[Any, ...]]) -> None:
    """Any interleaving of two readers and committers, with own commits between."""
    with Memory.open(":memory:", embedder=None, clock=FixedClock()) as memory:
        oracle = Oracle(memory)
        for what, *rest in steps:
            if what == "add":
                oracle.add(*rest)
                continue
            reader = oracle.readers[rest[0]]
            count = len(oracle.lines)
            if what == "new":
                reader.__init__(memory.read_token())  # type: ignore[misc]
            elif what == "read":
                oracle.read(reader, rest[1] % count)
            elif what == "list":
                oracle.look_in(reader, rest[1])
            else:
                oracle.commit(reader, rest[1], [(how, number % count) for how, number in rest[2]])
        oracle.check()
        assert memory.verify().ok


# -- several threads ---------------------------------------------------------------------------------------------------


@dataclass
class Done:
    """An accepted commit: where it stands, what it rested on, what it wrote."""

    events: tuple[int, ...]
    reads: dict[str, int]
    wrote: dict[str, int]


def at(memory: Memory, id: str, seq: int) -> int:
    """Return the version of a record after an event."""
    from dataclasses import replace

    with memory._engine.store.read() as snapshot:
        row = snapshot.find(id, replace(EVERYTHING, as_of=seq))
    return row.record.version if row else 0


@pytest.mark.parametrize("grouped", [False, True])
def test_reads_were_current_where_a_commit_stands_in_the_log(open_memory: Open, grouped: bool) -> None:
    """Of each accepted commit of any thread: what it rested on was so just before its first event."""
    memory = open_memory(group_commit=grouped)
    ids = [memory.retain(f"Counter {number}.", metadata={"n": 0}).record.id for number in range(4)]
    barrier, refused = Barrier(6), []  # type: ignore[var-annotated]

    def work(seed: int) -> list[Done]:
        chance, found = random.Random(seed), []
        barrier.wait()
        for _ in range(12):
            read = {id: memory.get(id) for id in chance.sample(ids, 2)}
            target = chance.choice(ids)
            claims: Any = [{"id": id, "version": record.version} for id, record in read.items()]
            total = sum(record.metadata["n"] for record in read.values()) % 97 + 1
            try:
                done = memory.commit([{"op": "put", "id": target, "metadata": {"n": total + seed}}], reads=claims)
            except StaleReadError:
                refused.append(seed)
                continue
            wrote = {done.verdicts[0].record.id: done.verdicts[0].record.version}
            found.append(Done(done.events, {id: record.version for id, record in read.items()}, wrote))
        return found

    with ThreadPoolExecutor(6) as pool:
        commits = [one for part in pool.map(work, range(6)) for one in part]
    assert len(commits) + len(refused) == 72
    assert refused
    for done in (one for one in commits if one.events):
        assert {id: at(memory, id, done.events[0] - 1) for id in done.reads} == done.reads
        assert {id: at(memory, id, done.events[-1]) for id in done.wrote} == done.wrote
    assert memory.verify().ok


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("how", ["claims", "token", "attempt"])
def test_no_write_skew(open_memory: Open, how: str, grouped: bool) -> None:
    """Two doctors on call, each goes off if the other stays: of two that decide at once, one is told to think again."""
    memory = open_memory(group_commit=grouped)
    for round in range(12):
        pair = [memory.retain(f"Shift {round} {who}.", metadata={"on": 1}).record.id for who in ("Ada", "Bob")]
        barrier = Barrier(2)

        def leave(mine: str, pair: list[str] = pair, barrier: Barrier = barrier) -> None:
            token = memory.read_token() if how == "token" else None

            def decide(reading: Any) -> list[Any]:
                read = [reading.get(id, read_token=token) for id in pair]
                if not barrier.broken and how != "attempt":
                    barrier.wait()
                reads.extend({"id": record.id, "version": record.version} for record in read)
                on = sum(record.metadata["on"] for record in read)
                return [{"op": "put", "id": mine, "metadata": {"on": 0}}] if on == 2 else []

            reads: list[Any] = []
            if how == "attempt":
                barrier.wait()
                memory.attempt(decide, sleep=lambda _: None)
                return
            ops = decide(memory)
            try:
                memory.commit(ops, reads=reads if how == "claims" else (), read_token=token)
            except ConflictError:
                return

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(leave, pair))
        assert [memory.get(id).metadata["on"] for id in pair].count(1) == 1


def test_without_what_was_read_there_is_write_skew(memory: Memory) -> None:
    """The control: a check of the own record alone lets both go off."""
    pair = [memory.retain(f"Shift {who}.", metadata={"on": 1}).record for who in ("Ada", "Bob")]
    for record in pair:
        memory.commit([{"op": "put", "id": record.id, "metadata": {"on": 0}, "if_version": record.version}])
    assert [memory.get(record.id).metadata["on"] for record in pair] == [0, 0]


def test_ids_of_nobody_are_no_conflict(memory: Memory) -> None:
    with pytest.raises(NotFoundError):
        memory.commit([{"op": "put", "content": "x"}], reads=[{"id": "nowhere", "version": 3}])
