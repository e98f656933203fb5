"""Hard bounds hold after every committed write, under any stream; who makes room is who the naive oracle names."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from math import log2
from pathlib import Path
from threading import Thread
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ricordo import BoundError, InvalidInputError, Memory, NotFoundError
from ricordo.config import Settings
from ricordo.store import sqlite_order
from ricordo.store.migrations import migrate
from ricordo.store.order import HALF_LIFE_DAYS
from ricordo.store.sizes import Totals
from ricordo.testing import FixedClock
from ricordo.testing.operations import START
from ricordo.text import EstimatedTokens
from ricordo.types import RECALLABLE, Record

SCOPES = ("a", "b", "team")
WORDS = "tea coffee Lisbon Porto garden lamp purple office train river".split()


def opened(place: Path | str = ":memory:", clock: FixedClock | None = None, **bounds: int) -> Memory:
    chosen = Settings(lexical="fts5", background=False, **bounds)
    return Memory.open(place, embedder=None, settings=chosen, clock=clock or FixedClock(step=timedelta(minutes=1)))


def live(memory: Memory) -> list[Record]:
    """Every record with a status that can be recalled, expired ones too, by a scan of the whole space."""
    with memory._engine.store.read() as snapshot:
        rows = snapshot.rows(range(1, snapshot.newest() + 1))
    return [row.record for row in rows.values() if row.died is None and row.record.status in RECALLABLE]


def recounted(records: list[Record]) -> Totals:
    count = EstimatedTokens().count
    sizes = [(1, len(one.content.encode()), count(one.content), one.pinned) for one in records]
    alone = [size for size in sizes if size[3]]
    return Totals(*(sum(size[i] for size in part) for part in (sizes, alone) for i in range(3)))


def within(memory: Memory) -> None:
    """Totals equal a recount, and every bound holds, for the space and for each scope."""
    records, chosen = live(memory), memory.settings
    scopes = {record.scope for record in records}
    with memory._engine.store.read() as snapshot:
        assert snapshot.totals(None) == recounted(records)
        for scope in (*scopes, "nowhere"):
            assert snapshot.totals((scope,)) == recounted([one for one in records if one.scope == scope])
    for prefix, parts in (("", [records]), ("scope_", [[r for r in records if r.scope == s] for s in scopes])):
        for measure in ("records", "bytes", "tokens"):
            most = getattr(chosen, f"{prefix}max_{measure}")
            assert not most or all(getattr(recounted(part), measure) <= most for part in parts), (prefix, measure)


def salience(memory: Memory, record: Record) -> float:
    """Log2 of salience at the clock's time by the words of docs/forgetting.md."""
    with memory._engine.store.read() as snapshot:
        at = {event.seq: event.at for event in snapshot.events()}
        counts = snapshot.usage([record.id]).get(record.id, {})
    told = len({source.speaker or source.ref or source.record for source in record.sources})
    said = max(min(source.said_at, at[source.event]) for source in record.sources)
    helps = 1 + counts.get("used", 0) + 2 * counts.get("helped", 0)
    weight = told * helps / (1 + 2 * counts.get("harmed", 0))
    age_days = (memory._engine.clock._now - said) / timedelta(days=1)  # type: ignore[attr-defined]
    return log2(weight) - age_days / HALF_LIFE_DAYS[record.kind]


class Bounded(RuleBasedStateMachine):
    """Any stream of writes by several scopes, on a space with bounds drawn at random."""

    @initialize(
        bounds=st.fixed_dictionaries(
            {
                name: st.sampled_from(values)
                for name, values in {
                    "max_records": (0, 3, 6),
                    "max_bytes": (0, 0, 150),
                    "max_tokens": (0, 0, 40),
                    "scope_max_records": (0, 0, 2),
                    "scope_max_bytes": (0, 0, 90),
                    "scope_max_tokens": (0, 0, 25),
                }.items()
            }
        )
    )
    def open(self, bounds: dict[str, int]) -> None:
        self.clock = FixedClock(START)
        self.memory = opened(self.place(), self.clock, **bounds)
        self.ids: list[str] = []

    def place(self) -> str:
        return ":memory:"

    def tried(self, work: Callable[[], Any]) -> Any:
        before = live(self.memory)
        try:
            return work()
        except (BoundError, NotFoundError, InvalidInputError):
            refused = live(self.memory)
        assert refused == before, "what is refused changes nothing"
        return None

    def some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.ids))

    @rule(
        words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
        scope=st.sampled_from(SCOPES),
        kind=st.sampled_from(("fact", "observation", "context", "instruction")),
        pinned=st.sampled_from((False, False, False, True)),
        speaker=st.sampled_from((None, "Ada", "Bob")),
        days=st.integers(-5, 400),
        home=st.sampled_from((None, None, "Lisbon", "Porto")),
    )
    def retain(
        self, words: list[str], scope: str, kind: str, pinned: bool, speaker: str | None, days: int, home: str | None
    ) -> None:
        slot = {"subject": "Ada", "attribute": "home", "value": home} if home and kind == "fact" else {}
        at = self.clock._now - timedelta(days=days)
        given = {"kind": kind, "pinned": pinned, "speaker": speaker, "at": at, **slot}
        verdict = self.tried(lambda: self.memory.retain(" ".join(words), scope=scope, **given))
        if verdict is not None:
            self.ids.append(verdict.record.id)
            if not verdict.repeated:
                assert self.memory.get(verdict.record.id).status in RECALLABLE, "what is written is never what goes"

    @rule(texts=st.lists(st.sampled_from(WORDS), min_size=1, max_size=15), scope=st.sampled_from(SCOPES))
    def retain_many(self, texts: list[str], scope: str) -> None:
        items = [{"content": f"{text} {spot}", "ref": str(spot)} for spot, text in enumerate(texts)]
        verdicts = self.tried(lambda: self.memory.retain_many(items, scope=scope))
        self.ids += [verdict.record.id for verdict in verdicts or ()]

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=20))
    def update(self, data: st.DataObject, words: list[str]) -> None:
        id = self.some(data)
        self.tried(lambda: self.memory.update(id, content=" ".join(words)))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), pinned=st.booleans())
    def pin(self, data: st.DataObject, pinned: bool) -> None:
        id = self.some(data)
        self.tried(lambda: self.memory.update(id, pinned=pinned))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), back=st.integers(0, 6))
    def undo(self, data: st.DataObject, back: int) -> None:
        self.tried(lambda: self.memory.undo(max(1, self.memory.stats().seq - back)))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), outcome=st.sampled_from(("used", "helped", "harmed")))
    def feedback(self, data: st.DataObject, outcome: str) -> None:
        id = self.some(data)
        self.tried(lambda: self.memory.feedback([id], outcome))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        id = self.some(data)
        self.tried(lambda: self.memory.forget(id))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        id = self.some(data)
        self.tried(lambda: self.memory.erase(id))

    @rule(days=st.integers(1, 100))
    def wait(self, days: int) -> None:
        self.clock.advance(days=days)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "memory"):
            within(self.memory)

    def teardown(self) -> None:
        if hasattr(self, "memory"):
            assert self.memory.verify().problems == ()
            self.memory.close()


class BoundedFile(Bounded):
    """The same on SQLite; in the end the space is opened without bounds, and with lower ones."""

    def place(self) -> str:
        self.folder = tempfile.mkdtemp()
        return self.folder

    def teardown(self) -> None:
        if not hasattr(self, "memory"):
            return
        self.memory.close()
        with opened(self.folder) as memory:
            memory.reindex()
            assert memory.verify().problems == ()
            memory.retain_many([{"content": f"more {spot}", "scope": "a"} for spot in range(9)])
            within(memory)
            assert memory.verify().problems == ()
        with opened(self.folder, max_records=2, scope_max_bytes=40) as memory:
            memory.feedback(live(memory)[0].id, "used")
            within(memory)
            assert memory.verify().problems == ()
        shutil.rmtree(self.folder)


TestBounded = Bounded.TestCase
TestBounded.settings = settings(max_examples=60, stateful_step_count=30)
TestBoundedFile = BoundedFile.TestCase
TestBoundedFile.settings = settings(max_examples=15, stateful_step_count=25)


def weakest(memory: Memory, scope: str | None = None) -> list[str]:
    """The order in which live records make room, as the store tells."""
    store = memory._engine.store
    now = memory._engine.clock._now  # type: ignore[attr-defined]
    return store.transact(lambda transaction: [weak.id for weak in transaction.weakest(scope, now)])


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(sorted(HALF_LIFE_DAYS)),
        st.integers(-20, 900),
        st.sampled_from(SCOPES),
        st.sampled_from((0, 0, 0, 1, 2)),
        st.lists(st.sampled_from(("used", "helped", "harmed")), max_size=3),
        st.integers(0, 3),
        st.sampled_from((None, None, 5, 600)),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25)
@given(entries=ENTRIES)
def test_who_makes_room_is_who_the_naive_oracle_names(entries: list[Any]) -> None:
    """Both stores tell one order: by tier, then by salience computed anew for every record, then oldest first."""
    with tempfile.TemporaryDirectory() as folder:
        orders = []
        for place in (":memory:", folder):
            with opened(place, FixedClock(START), max_records=1000) as memory:
                for spot, (kind, days, scope, tier, outcomes, more, lasts) in enumerate(entries):
                    at = START - timedelta(days=days)
                    until = None if lasts is None else at + timedelta(days=lasts)
                    given = {"kind": kind, "scope": scope, "at": at, "expires_at": until}
                    id = memory.retain(f"entry {spot}", **given, speaker="0").record.id
                    for voice in range(1, more + 1) if kind not in ("event", "observation") else ():
                        memory.retain(f"entry {spot}", **given, speaker=str(voice))
                    for outcome in outcomes:
                        memory.feedback([id], outcome)
                    if tier:
                        memory.update(id, **({"title": "Edited"} if tier == 1 else {"pinned": True}))
                for days in (0, 30, 700):
                    memory._engine.clock.advance(days=days)  # type: ignore[attr-defined]
                    for scope in (None, *SCOPES):
                        held = [one for one in live(memory) if scope in (None, one.scope)]
                        keys = {r.id: naive(memory, r) for r in held}
                        told = weakest(memory, scope)
                        assert sorted(told) == sorted(keys)
                        near = [(keys[one], keys[other]) for one, other in pairwise(told)]
                        assert all(a[0] < b[0] or (a[0] == b[0] and a[1] <= b[1] + 1e-3) for a, b in near)
                        orders.append([entry_of(memory, id) for id in told])
        half = len(orders) // 2
        assert orders[:half] == orders[half:]


def naive(memory: Memory, record: Record) -> tuple[int, float]:
    """What has expired first, unless it is pinned; then by tier and salience."""
    now = memory._engine.clock._now  # type: ignore[attr-defined]
    if record.expires_at is not None and record.expires_at <= now and not record.pinned:
        return -1, record.expires_at.timestamp()
    return 2 if record.pinned else int(record.user_edited), salience(memory, record)


def entry_of(memory: Memory, id: str) -> str:
    return memory.get(id).content


def test_the_survivors_are_the_most_salient(tmp_path: Path) -> None:
    """A bound that is set later takes the weakest of all at the next write, by their order, and says so."""
    clock = FixedClock(START)
    with opened(tmp_path, clock) as memory:
        memory.retain_many(
            [{"content": f"turn {n}", "kind": "observation", "at": START - timedelta(days=n)} for n in range(30)]
        )
        kept = memory.retain("Old and pinned.", at=START - timedelta(days=3000), pinned=True).record.id
        edited = memory.retain("Old, then edited.", at=START - timedelta(days=3000)).record.id
        memory.update(edited, content="Old, edited.")
    with opened(tmp_path, clock, max_records=10) as memory:
        new = memory.retain("Older than all, but new here.", kind="context", at=START - timedelta(days=9000)).record.id
        left = live(memory)
        assert {record.id for record in left} >= {kept, edited, new}
        assert sorted(record.content for record in left if record.kind == "observation") == sorted(
            f"turn {n}" for n in range(7)
        )
        gone = next(r for r in memory.list(filters={"status": "archived"}, limit=99).records if r.content == "turn 7")
        change = memory.history(gone.id)[-1]
        assert (change.op, change.rule) == ("evict", "bound.max_records")
        assert change.reason == "made room: at most 10 records may be live"
        assert memory.verify().problems == ()


def test_an_eviction_can_be_undone_where_it_fits() -> None:
    """Undoing an eviction brings the record back, and another one makes room for it."""
    with opened(max_records=2) as memory:
        first, second, third = (memory.retain(text).record.id for text in ("First.", "Second.", "Third."))
        assert memory.get(first).status == "archived"
        done = memory.undo(memory.history(first)[-1].event)
        assert done.records == (first,)
        assert [memory.get(id).status for id in (first, second, third)] == ["active", "archived", "active"]


def test_what_is_larger_than_a_bound_is_refused() -> None:
    """A record that alone exceeds a bound is refused, by name, and nothing of its batch is written."""
    with opened(max_bytes=20, scope_max_tokens=5) as memory:
        with pytest.raises(BoundError, match="max_bytes: at most 20 bytes") as caught:
            memory.retain_many([{"content": "Short."}, {"content": "Much longer than twenty."}])
        assert caught.value.bound == "max_bytes"
        with pytest.raises(BoundError, match="scope_max_tokens"):
            memory.retain("a b c d e f")
        assert (memory.stats().seq, memory.stats().live_bytes) == (0, 0)
        memory.retain("a b c d e")
        with pytest.raises(BoundError, match="max_bytes"):
            memory.update(live(memory)[0].id, content="abcdefghijklmnopqrstu")


def test_pins_beyond_a_bound_are_refused() -> None:
    """Pinned records never make room: what would need it is refused, until something is unpinned."""
    with opened(max_records=2) as memory:
        pins = [memory.retain(f"Pin {n}.", pinned=True).record.id for n in range(2)]
        with pytest.raises(BoundError, match="what is pinned would be more by itself"):
            memory.retain("A third pin.", pinned=True)
        with pytest.raises(BoundError, match="does not fit beside what is pinned"):
            memory.retain("An ordinary one.")
        assert [record.id for record in live(memory)] == pins
        memory.update(pins[0], pinned=False)
        new = memory.retain("An ordinary one.").record.id
        assert {record.id for record in live(memory)} == {pins[1], new}


def test_a_bound_below_what_was_pinned_takes_as_few_pins_as_will_do(tmp_path: Path) -> None:
    """Where bounds come down under what is pinned, the weakest pins go at the next write, and unpinning works."""
    with opened(tmp_path) as memory:
        pins = [memory.retain(f"Pin {n}.", pinned=True, at=START - timedelta(days=n)).record.id for n in range(5)]
        memory.retain("Ordinary.")
    with opened(tmp_path, max_records=3) as memory:
        with pytest.raises(BoundError):
            memory.retain("More.")
        memory.update(pins[0], pinned=False)
        assert {record.id for record in live(memory)} == set(pins[1:4])


def test_an_import_reports_what_does_not_fit(tmp_path: Path) -> None:
    """A line that is larger than a bound is skipped with the reason; the others are imported."""
    (tmp_path / "notes.jsonl").write_text('{"content": "Short."}\n{"content": "Much longer than twenty."}\n')
    with opened(max_bytes=20) as memory:
        report = memory.import_file(tmp_path / "notes.jsonl")
        assert [(one.line, one.reason.split(":")[0]) for one in report.skipped] == [(2, "max_bytes")]
        assert [record.content for record in live(memory)] == ["Short."]


def test_a_live_state_that_is_evicted_stays_in_the_history() -> None:
    """A slot whose live state made room is filled anew; both states are in the history."""
    with opened(max_records=1) as memory:
        slot = {"subject": "Ada", "attribute": "home"}
        old = memory.retain("Ada lives in Porto.", **slot, value="Porto").record.id
        memory.retain("Something else.")
        assert memory.get(old).status == "archived"
        again = memory.retain("Ada lives in Porto again.", **slot, value="Porto")
        assert again.action == "added"
        assert [change.op for change in memory.history(old)] == ["retain", "evict"]


def test_a_space_of_an_older_schema_counts_what_is_live(tmp_path: Path) -> None:
    """A space from before the totals has them after it is opened."""
    packed = Path(__file__).parents[1] / "store" / "data" / "initial.db.gz"
    (tmp_path / "memory.db").write_bytes(gzip.decompress(packed.read_bytes()))
    with opened(tmp_path) as memory:
        within(memory)
        assert memory.verify().problems == ()
    with opened(tmp_path, max_records=5) as memory:
        memory.retain("New here.")
        assert memory.stats().records == 5
        assert memory.verify().problems == ()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE total SET bytes = bytes + 1 WHERE scope = ''", "totals"),
        ("DELETE FROM total WHERE scope = 'a'", "totals"),
        ("UPDATE eviction SET key = key + 1 WHERE vid = 1", "eviction"),
        ("DELETE FROM eviction WHERE vid = 1", "eviction"),
        ("INSERT INTO eviction VALUES (99, 'a', 0, 30, 0, NULL)", "eviction"),
    ],
)
def test_verify_finds_totals_and_orders_that_were_altered(tmp_path: Path, damage: str, told: str) -> None:
    """What a write would trust is checked against the records; `reindex` makes it right."""
    with opened(tmp_path, max_records=5) as memory:
        memory.retain_many([{"content": f"turn {n}", "scope": "a"} for n in range(3)])
    with closing(apsw.Connection(str(tmp_path / "memory.db"))) as db:
        db.execute(damage)
    with opened(tmp_path, max_records=5) as memory:
        assert any(told in problem for problem in memory.verify().problems)
        memory.reindex()
        assert memory.verify().problems == ()


@pytest.mark.parametrize("sql", [sqlite_order._EXPIRED, sqlite_order._STANDING], ids=["expired", "standing"])
@pytest.mark.parametrize("within", ["", "scope = ? AND"], ids=["space", "scope"])
def test_who_makes_room_is_found_without_a_scan(sql: str, within: str) -> None:
    """The heads of the order are read from an index in its own order, of the space and of a scope."""
    with closing(apsw.Connection(":memory:")) as db:
        migrate(db)
        statement = f"EXPLAIN QUERY PLAN {sql.format(within)}"
        plan = [str(row[3]) for row in db.execute(statement, [0] * statement.count("?"))]
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH eviction USING ")


def test_nothing_erased_is_left_in_totals_and_order(tmp_path: Path) -> None:
    """The label of a scope that was erased whole is in no file, though totals and order are kept by scope."""
    with opened(tmp_path, max_records=50, scope_max_bytes=500) as memory:
        memory.retain_many([{"content": f"turn {n}", "scope": "zanzibar-harbour"} for n in range(20)])
        memory.retain("Kept.", scope="a")
        assert memory.erase(scope="zanzibar-harbour").status == "done"
        within(memory)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("*"))
    assert not any("zanzibar-harbour"[spot : spot + 8].encode() in raw for spot in range(9))


def test_stats_tell_what_is_live() -> None:
    """`stats` has bytes and tokens of the live content, of the handle's scopes, and the bounds in force."""
    with opened(max_records=9, scope_max_tokens=99) as memory:
        memory.retain("Ada mag Käse.", scope="a")
        memory.retain("Tea.", scope="b")
        told = memory.stats()
        assert (told.live_bytes, told.live_tokens) == (18, 8)
        assert told.bounds == {"max_records": 9, "scope_max_tokens": 99}
        assert memory.scoped(write="b").stats().live_bytes == 4


def test_bounds_hold_under_writers_side_by_side(tmp_path: Path) -> None:
    """Two handles on one space, two threads each: no snapshot between their writes ever holds more than the bounds."""
    bounds = {"max_records": 7, "scope_max_records": 3, "max_tokens": 40}
    seen: list[bool] = []
    with opened(tmp_path, **bounds) as one, opened(tmp_path, **bounds) as other:

        def write(memory: Memory, label: int) -> None:
            for turn in range(20):
                memory.retain(f"Writer {label} says {turn}.", scope=SCOPES[turn % 3])
                with memory._engine.store.read() as snapshot:
                    totals, scope = snapshot.totals(None), snapshot.totals((SCOPES[turn % 3],))
                seen.append(totals.records <= 7 and totals.tokens <= 40 and scope.records <= 3)

        threads = [Thread(target=write, args=(memory, label)) for label, memory in enumerate((one, other, one, other))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [True] * 80
        within(one)
        assert one.verify().problems == ()
