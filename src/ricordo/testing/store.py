"""The laws of a store as tests. Inherit, say how a store is made, and run pytest."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ricordo.errors import StoreError
from ricordo.index.entry import Indexing
from ricordo.store.base import Event, Indexer, Row, Snapshot, Store, Transaction, Visible, Write
from ricordo.store.fold import canonical, chained, micros, patched, record_of, slot_key, state_of, twin_key
from ricordo.store.memory import MemoryStore
from ricordo.text import Tokeniser
from ricordo.types import BELIEVED, RECALLABLE, Record

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MODEL = "fake@1"
_SNAPSHOT_WAIT_S = 0.2
_INDEX = Indexing(Tokeniser())


def state(content: str, **fields: Any) -> dict[str, Any]:
    """Return the log's form of a new record: a fact of scope "a" said at `START`, and the fields given."""
    defaults = {"kind": "fact", "scope": "a", "status": "active", "said_at": START}
    return state_of(content=content, **{**defaults, **fields})


def put(store: Store, id: str, content: str, *, at: datetime = START, **fields: Any) -> Event:
    """Write a new record, and return the event."""
    return write(store, Write(id, set=state(content, **fields)), at=at)


def write(store: Store, *writes: Write, op: str = "retain", at: datetime = START) -> Event:
    """Append one event in a transaction of its own."""
    return store.transact(lambda transaction: transaction.append(op, writes, at))


def change(store: Store, id: str, **fields: Any) -> Event:
    """Make a new version of a record; fields in the log's form, None takes one away."""
    return write(store, Write(id, set=fields), op="update")


def erase(store: Store, *ids: str) -> Event:
    """Erase records."""
    return write(store, *(Write(id, erase=True) for id in ids), op="erase")


def seen(**bounds: Any) -> Visible:
    """Return what a reader of every scope may see, and the bounds given."""
    return Visible(**{"scopes": None, "now": START, **bounds})


def populate(store: Store) -> None:
    """Fill an empty store with a little of everything: scopes, kinds, slots, names, turns, versions, endings."""
    put(
        store,
        "home1",
        "Ada lives in Porto.",
        subject="Ada",
        attribute="home",
        value="Porto",
        valid_from=START - 90 * DAY,
    )
    put(store, "home2", "Ada lives in Lisbon.", subject="Ada", attribute="home", value="Lisbon", valid_from=START)
    change(store, "home1", status="superseded", superseded_by="home2", valid_to=state_of(at=START)["at"])
    for turn, text in enumerate(["Hello there", "We met on 3 May 2026 in Porto", "Bye now", "See you tomorrow"]):
        who = ("Ada", "Bob")[turn % 2]
        said = START + timedelta(minutes=turn)
        put(store, f"turn{turn}", text, kind="observation", session="s1", speaker=who, said_at=said, ref=f"D1:{turn}")
    put(store, "ts", "We write TypeScript.", scope="b", name="TypeScript", aliases=("TS",), metadata={"team": "web"})
    put(store, "pin", "Answer in English.", scope="b", kind="preference", pinned=True, metadata={"rank": 2})
    put(store, "old", "The office is in Porto.", scope="b", name="Office", pinned=True)
    write(store, Write("old", set={"status": "retracted"}, reason="moved"), op="forget")
    put(store, "soon", "The TypeScript meeting is at noon.", scope="c", name="Meeting", expires_at=START + DAY)
    write(store, Write("soon", source={"ref": "D2:1", "said_at": state_of(at=START)["at"]}, key="ab" * 16))
    write(store, Write("ts", outcome="helped"), Write("pin", outcome="used"), op="feedback")
    put(store, "gone", "The secret word is Porto.", scope="c", name="Secret", session="s1", key="Porto")
    erase(store, "gone")
    follow(store)


def follow(store: Store) -> None:
    """Give every current version that has none a vector that is as good as any."""

    def work(transaction: Transaction) -> None:
        rows = transaction.unfollowed(MODEL, 1000)
        if rows:
            transaction.follow(MODEL, rows[-1].vid, [(row.vid, bytes([row.vid % 256, 60])) for row in rows])

    store.transact(work)


#: Words, names and times that find something among what `populate` writes.
_WORDS = ("porto", "lisbon", "typescript", "ada", "meet", "answer", "secret", "live")
_NAMES = ("typescript", "ts", "office", "meeting", "secret", "home")
_MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


def reads(snapshot: Snapshot, visible: Visible) -> dict[str, list[int]]:
    """Return the versions that every read path shows, by the name of the path."""
    ids = {target.id for event in snapshot.events() for target in event.targets}
    found = (snapshot.find(id, visible) for id in sorted(ids))
    every = list(range(1, snapshot.counts(None)["versions"].get("all", 0) + 1))
    around = snapshot.neighbours(every, visible)
    return {
        "find": [row.vid for row in found if row is not None],
        "page": [row.vid for row in snapshot.page(visible, 0, 1000)],
        "search": [vid for vid, _ in snapshot.search(_WORDS, visible, 1000)],
        "named": [hit.vid for hit in snapshot.named(_NAMES, visible)],
        "similar_names": [hit.vid for word in _NAMES for hit in snapshot.similar_names(word, visible)],
        "timed": snapshot.timed(*_MAY, visible, 1000),
        "recent": snapshot.recent(visible, 1000),
        "pinned": snapshot.pinned(visible),
        "neighbours": sorted(vid for pair in around.values() for vid in pair if vid is not None),
        "vectors": sorted(vid for vid, _ in snapshot.vectors(MODEL, visible)),
    }


def records(snapshot: Snapshot) -> dict[int, Row]:
    """Return every record version by vid."""
    return snapshot.rows(range(1, snapshot.counts(None)["versions"].get("all", 0) + 1))


def everything(snapshot: Snapshot) -> dict[str, Any]:
    """Return all that can be read of a snapshot, to compare it with another moment or another store."""
    rows = records(snapshot)
    ids = sorted({row.record.id for row in rows.values()})
    views = [seen(), seen(as_of=max(0, snapshot.head() - 3)), seen(scopes=("a", "b")), seen(valid=_MAY)]
    counts = snapshot.counts(None)
    return {
        "head": snapshot.head(),
        "dump": list(snapshot.dump()),
        "rows": rows,
        "signals": snapshot.signals(list(rows)),
        "when": {vid: sorted(spans) for vid, spans in snapshot.when(list(rows)).items()},
        "usage": snapshot.usage(ids),
        "changes": {id: snapshot.changes(id) for id in ids},
        "counts": {name: dict(+part) for name, part in counts.items() if hasattr(part, "elements")} or counts,
        "reads": [reads(snapshot, view) for view in views],
        "scores": [[(vid, round(score, 9)) for vid, score in snapshot.search(_WORDS, view, 50)] for view in views],
        "names": [snapshot.named(_NAMES, view) for view in views],
        "keyed": snapshot.keyed("ab" * 16),
    }


def snapped(store: Store) -> dict[str, Any]:
    """Return all that can be read of a store now."""
    with store.read() as snapshot:
        return everything(snapshot)


def allowed(row: Row, visible: Visible) -> bool:
    """Tell by the letter of `Visible` whether a current version may be shown; for the bounds a test gives."""
    record = row.record
    statuses = visible.statuses or (BELIEVED if visible.valid else RECALLABLE)
    alive = row.died is None and record.status in statuses
    fresh = record.expires_at is None or record.expires_at > visible.now
    return alive and fresh and all(_in_bounds(record, visible))


def _in_bounds(record: Record, visible: Visible) -> Iterator[bool]:
    for name in ("scope", "kind", "speaker", "session", "subject", "attribute", "ref"):
        wanted = getattr(visible, f"{name}s")
        yield wanted is None or getattr(record, name) in wanted
    yield all(record.metadata.get(name) == value for name, value in visible.metadata)
    yield visible.since is None or record.said_at >= visible.since
    yield visible.until is None or record.said_at < visible.until


class StoreContract:
    """What every store keeps. A subclass says how an empty one is made; pytest does the rest.

    >>> class TestMine(StoreContract):
    ...     def make_store(self, index: Indexer) -> Store:
    ...         return MemoryStore(index)
    >>> TestMine().test_seq_has_no_gaps()
    """

    def make_store(self, index: Indexer) -> Store:
        """Return a new, empty store; called several times in a test."""
        raise NotImplementedError

    @contextmanager
    def store(self, *, full: bool = False) -> Iterator[Store]:
        """Open a store for one test; `full` fills it with `populate`."""
        with closing(self.make_store(_INDEX)) as store:
            if full:
                populate(store)
            yield store

    # -- the log -----------------------------------------------------------------------------------------------

    def test_seq_has_no_gaps(self) -> None:
        """Events are numbered 1, 2, 3, ... without gaps, and head is the last."""
        with self.store(full=True) as store, store.read() as snapshot:
            seqs = [event.seq for event in snapshot.events()]
            assert seqs == list(range(1, len(seqs) + 1))
            assert snapshot.head() == len(seqs)

    def test_an_empty_store_reads_as_empty(self) -> None:
        """Nothing is found where nothing was written."""
        with self.store() as store, store.read() as snapshot:
            assert (snapshot.head(), list(snapshot.events()), list(snapshot.dump())) == (0, [], [])
            assert not any(reads(snapshot, seen()).values())
            assert snapshot.seq_at(START) == 0

    def test_the_log_is_append_only(self) -> None:
        """What was written before is the same after more is written."""
        with self.store() as store:
            first = [put(store, "x", "One."), put(store, "y", "Two.")]
            change(store, "x", content="Three.")
            with store.read() as snapshot:
                assert list(snapshot.events())[:2] == first

    def test_event_time_never_goes_back(self) -> None:
        """The time of an event is the clock, or the previous event's time where the clock went back."""
        with self.store() as store:
            clocks = [START, START + DAY, START - DAY, START + 2 * DAY]
            times = [put(store, f"r{i}", "Text.", at=at).at for i, at in enumerate(clocks)]
            assert times == [START, START + DAY, START + DAY, START + 2 * DAY]

    def test_the_chain_holds(self) -> None:
        """Every header hashes to the next one, every payload to its header."""
        with self.store(full=True) as store, store.read() as snapshot:
            events = list(snapshot.events())
            for previous, event in zip([None, *events], events, strict=False):
                assert chained(previous, event) is None

    def test_events_start_after_a_seq(self) -> None:
        """`events(after)` yields what came later, in order, and nothing past the end."""
        with self.store(full=True) as store, store.read() as snapshot:
            events = list(snapshot.events())
            assert list(snapshot.events(5)) == events[5:]
            assert list(snapshot.events(len(events))) == []

    def test_events_of_a_record(self) -> None:
        """`events(record=)` yields exactly the events that name the record."""
        with self.store(full=True) as store, store.read() as snapshot:
            for id in ("home1", "ts", "gone", "nobody"):
                told = [event for event in snapshot.events() if any(target.id == id for target in event.targets)]
                assert list(snapshot.events(record=id)) == told

    def test_seq_at_a_moment(self) -> None:
        """`seq_at` is the last event recorded at or before the moment."""
        with self.store() as store:
            for day in (0, 1, 1, 3):
                put(store, f"r{day}{store.size()}", f"Text {day}.", at=START + day * DAY)
            with store.read() as snapshot:
                found = [snapshot.seq_at(START + hours * DAY / 24) for hours in (-1, 0, 23, 24, 71, 72, 999)]
            assert found == [0, 1, 1, 3, 3, 4, 4]

    # -- records -----------------------------------------------------------------------------------------------

    def test_a_record_is_the_fold_of_its_payloads(self) -> None:
        """The state of a version is every payload up to its event, folded in order."""
        with self.store(full=True) as store, store.read() as snapshot:
            folded: dict[str, dict[str, Any]] = {}
            for event in snapshot.events():
                for target, payload in zip(event.targets, event.payloads, strict=True):
                    if payload and payload.get("set"):
                        folded[target.id] = patched(folded.get(target.id, {}), payload["set"])
                        row = snapshot.find(target.id, seen(as_of=event.seq))
                        assert row is not None
                        assert _same_state(row.record, folded[target.id])

    def test_versions_count_up(self) -> None:
        """Each change makes the next version; evidence and feedback make none."""
        with self.store() as store:
            events = [put(store, "x", "One."), change(store, "x", content="Two.")]
            events += [write(store, Write("x", outcome="used")), change(store, "x", title="T")]
            assert [event.targets[0].version for event in events] == [1, 2, 2, 3]

    def test_a_new_version_ends_the_old_one(self) -> None:
        """A version dies at the seq at which the next one is born; the record keeps its rid."""
        with self.store() as store:
            put(store, "x", "One.")
            put(store, "y", "Other.")
            event = change(store, "x", content="Two.")
            with store.read() as snapshot:
                old, new = snapshot.find("x", seen(as_of=1)), snapshot.find("x", seen())
            assert old is not None
            assert new is not None
            assert (old.died, new.died, new.record.event) == (event.seq, None, event.seq)
            assert (old.rid, old.vid) == (new.rid, new.rid)
            assert new.vid > old.vid

    def test_none_takes_a_field_away(self) -> None:
        """A field set to None is gone from the next version."""
        with self.store() as store:
            put(store, "x", "One.", title="T")
            change(store, "x", title=None)
            with store.read() as snapshot:
                row = snapshot.find("x", seen())
                assert row is not None
                assert row.record.title is None

    def test_nobody_finds_an_unknown_id(self) -> None:
        """An id that was never written is found by no read."""
        with self.store(full=True) as store, store.read() as snapshot:
            assert snapshot.find("nobody", seen()) is None
            assert snapshot.find("", seen()) is None
            assert snapshot.changes("nobody") == []
            assert snapshot.usage(["nobody"]) == {}
            assert snapshot.keyed("00" * 16) is None
            assert snapshot.holders(b"nothing") == snapshot.twins(b"nothing") == []
            assert snapshot.named(["nobody"], seen()) == []
            assert snapshot.search(["nowhere"], seen(), 10) == []
            assert snapshot.search([], seen(), 10) == []

    def test_changes_tell_every_event_of_a_record(self) -> None:
        """`changes` has one entry for each event of the record, in order, with the version it left."""
        with self.store() as store:
            put(store, "x", "One.")
            change(store, "x", content="Two.")
            write(store, Write("x", outcome="used", reason="because"), op="feedback")
            write(store, Write("x", source={"ref": "D1", "said_at": "2026-05-01T00:00:00Z"}))
            with store.read() as snapshot:
                told = snapshot.changes("x")
            assert [entry.op for entry in told] == ["retain", "update", "feedback", "retain"]
            assert [entry.record and entry.record.content for entry in told] == ["One.", "Two.", None, None]
            assert told[2].reason == "because"
            assert told[3].source is not None
            assert told[3].source.ref == "D1"

    def test_a_page_continues_where_the_last_one_ended(self) -> None:
        """Pages of any size, one after the other, are the whole list in the order of first writing."""
        with self.store(full=True) as store, store.read() as snapshot:
            whole = snapshot.page(seen(), 0, 1000)
            assert [row.rid for row in whole] == sorted(row.rid for row in whole)
            for size in (1, 2, 3, 5):
                pieces: list[Row] = []
                while rows := snapshot.page(seen(), pieces[-1].rid if pieces else 0, size):
                    assert len(rows) <= size
                    pieces += rows
                assert pieces == whole

    def test_signals_are_the_record_without_content(self) -> None:
        """`signals` tells of each version what its record says."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            signals = snapshot.signals(list(rows))
            for vid, row in rows.items():
                if row.record.status != "erased":
                    signal, record = signals[vid], row.record
                    assert (signal.id, signal.rid, signal.scope) == (record.id, row.rid, record.scope)
                    assert (signal.session, signal.speaker) == (record.session, record.speaker)
                    assert (signal.said_at, signal.size) == (micros(record.said_at), len(record.content.split()))

    def test_evidence_can_be_withdrawn(self) -> None:
        """Evidence counts from its event up to its withdrawal, at every as_of."""
        with self.store() as store:
            put(store, "x", "One.", ref="D1")
            added = write(store, Write("x", source={"ref": "D2", "said_at": "2026-05-01T00:00:00Z"}))
            write(store, Write("x", withdraw=added.seq), op="undo")
            with store.read() as snapshot:
                rows = [snapshot.find("x", seen(as_of=seq)) for seq in (1, 2, 3)] + [snapshot.find("x", seen())]
            assert [row and row.record.refs for row in rows] == [("D1",), ("D1", "D2"), ("D1",), ("D1",)]

    def test_usage_is_counted_and_taken_back(self) -> None:
        """Feedback counts by record and outcome; a leading minus takes one back; versions do not matter."""
        with self.store() as store:
            put(store, "x", "One.")
            for outcome in ("used", "helped", "used", "-used"):
                write(store, Write("x", outcome=outcome), op="feedback")
            change(store, "x", content="Two.")
            with store.read() as snapshot:
                assert snapshot.usage(["x", "y"]) == {"x": {"used": 1, "helped": 1}}

    # -- what a verdict depends on -----------------------------------------------------------------------------

    def test_a_key_is_known_for_ever(self) -> None:
        """A key finds its write after any number of versions, endings and other keys."""
        with self.store() as store:
            write(store, Write("x", set=state("One."), key="11" * 16))
            write(store, Write("x", source={"said_at": "2026-05-01T00:00:00Z"}, key="22" * 16))
            change(store, "x", status="retracted")
            with store.read() as snapshot:
                assert tuple(snapshot.keyed("11" * 16) or ()) == (1, "x")
                assert tuple(snapshot.keyed("22" * 16) or ()) == (2, "x")
                assert snapshot.keyed("33" * 16) is None

    def test_twins_are_current_and_recallable(self) -> None:
        """A duplicate key finds the current recallable records that say the same, and no other."""
        with self.store() as store:
            put(store, "x", "Ada likes tea.")
            put(store, "y", "ada likes TEA")
            put(store, "other", "Ada likes tea.", scope="b")
            key = twin_key(_record(state("Ada likes tea.")))
            assert key is not None
            assert self._twins(store, key) == ["x", "y"]
            change(store, "x", content="Ada likes coffee.")
            assert self._twins(store, key) == ["y"]
            change(store, "y", status="retracted")
            assert self._twins(store, key) == []

    def test_holders_are_recallable_or_superseded(self) -> None:
        """A slot finds the current records that hold or held it, oldest first, not those retracted or erased."""
        with self.store() as store:
            slot = {"subject": "Ada", "attribute": "home"}
            for id in ("x", "y", "z", "e"):
                put(store, id, f"Home {id}.", **slot)
            change(store, "x", status="superseded")
            change(store, "z", status="retracted")
            erase(store, "e")
            key = slot_key(_record(state("Home.", subject="ADA", attribute="Home")))
            assert key is not None
            with store.read() as snapshot:
                assert [row.record.id for row in snapshot.holders(key)] == ["x", "y"]

    # -- transactions ------------------------------------------------------------------------------------------

    def test_failed_work_changes_nothing(self) -> None:
        """Work that raises leaves every read as it was, and its error comes through."""
        with self.store(full=True) as store:
            before = snapped(store)

            def work(transaction: Transaction) -> None:
                transaction.append("retain", [Write("new", set=state("Porto again."), key="cd" * 16)], START)
                transaction.append("update", [Write("ts", set={"content": "Other."})], START)
                transaction.append("erase", [Write("home1", erase=True)], START)
                raise LookupError("on purpose")

            assert isinstance(_failure(lambda: store.transact(work)), LookupError)
            assert snapped(store) == before
            assert store.verify()[3] == []

    def test_a_transaction_reads_its_own_writes(self) -> None:
        """Inside a transaction every read sees what it has written."""
        with self.store() as store:

            def work(transaction: Transaction) -> list[int]:
                transaction.append("retain", [Write("x", set=state("Ada likes tea."))], START)
                return [len(transaction.page(seen(), 0, 9)), len(transaction.search(["tea"], seen(), 9))]

            assert store.transact(work) == [1, 1]

    def test_one_event_may_write_many_records(self) -> None:
        """All writes of an event carry its seq."""
        with self.store() as store:
            event = write(store, *(Write(f"r{i}", set=state(f"Number {i}.")) for i in range(20)))
            with store.read() as snapshot:
                rows = snapshot.page(seen(), 0, 100)
            assert [row.record.id for row in rows] == [f"r{i}" for i in range(20)]
            assert {row.record.event for row in rows} == {event.seq}

    def test_a_snapshot_does_not_move(self) -> None:
        """An open snapshot shows one moment, whether writers wait for it or go on."""
        with self.store(full=True) as store:
            writer = threading.Thread(target=put, args=(store, "late", "Porto is far."))
            with store.read() as snapshot:
                before = everything(snapshot)
                writer.start()
                writer.join(_SNAPSHOT_WAIT_S)
                assert everything(snapshot) == before
            writer.join()
            with store.read() as snapshot:
                assert snapshot.head() == before["head"] + 1

    def test_a_closed_store_refuses(self) -> None:
        """Nothing can be read or written after close; closing again is harmless."""
        store = self.make_store(_INDEX)
        store.close()
        store.close()
        assert isinstance(_failure(lambda: put(store, "x", "One.")), StoreError)
        assert isinstance(_failure(lambda: snapped(store)), StoreError)

    # -- what a reader may see ---------------------------------------------------------------------------------

    def test_scopes_bound_every_read(self) -> None:
        """No read path shows a version outside the scopes given."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for scopes in (("a",), ("b",), ("c",), ("a", "c"), ("nowhere",), ("A",)):
                for bounds in ({}, {"as_of": 12}, {"valid": _MAY}):
                    for path, vids in reads(snapshot, seen(scopes=scopes, **bounds)).items():
                        assert {rows[vid].record.scope for vid in vids} <= set(scopes), path

    def test_scopes_hide_nothing_of_their_own(self) -> None:
        """What one scope shows is what all scopes show, cut to that scope, on every read path but neighbours."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows, whole = records(snapshot), reads(snapshot, seen())
            for scope in "abc":
                for path, vids in reads(snapshot, seen(scopes=(scope,))).items():
                    own = [vid for vid in whole[path] if rows[vid].record.scope == scope]
                    assert path == "neighbours" or sorted(vids) == sorted(own), path

    def test_no_scopes_show_nothing(self) -> None:
        """An empty set of scopes finds nothing on any path: reads fail closed."""
        with self.store(full=True) as store, store.read() as snapshot:
            for bounds in ({}, {"as_of": 9}, {"valid": _MAY}, {"statuses": ("erased", "retracted", "active")}):
                assert not any(reads(snapshot, seen(scopes=(), **bounds)).values())
            assert not any(snapshot.counts(()).get(name) for name in ("scope", "kind", "status", "versions"))

    def test_counts_are_of_the_scopes_given(self) -> None:
        """Counts cover the scopes given and no other."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = [row for row in records(snapshot).values() if row.record.status != "erased"]
            for scope in "abc":
                own = [row for row in rows if row.record.scope == scope]
                live = [row for row in own if row.died is None and row.record.status in RECALLABLE]
                counts = snapshot.counts((scope,))
                assert dict(counts["scope"]) == ({scope: len(live)} if live else {})
                assert counts["versions"]["all"] == len(own)

    def test_every_filter_bounds_every_read(self) -> None:
        """Each filter shows exactly the versions that meet it, on the paths that list, and no other on the rest."""
        bounds: list[dict[str, Any]] = [
            {"kinds": ("preference", "observation")},
            {"speakers": ("Bob",)},
            {"sessions": ("s1",)},
            {"subjects": ("Ada",)},
            {"attributes": ("home",)},
            {"refs": ("D1:1", "D1:2")},
            {"metadata": (("team", "web"),)},
            {"metadata": (("rank", 2),)},
            {"metadata": (("rank", "2"),)},
            {"since": START + timedelta(minutes=1)},
            {"until": START + timedelta(minutes=2)},
            {"statuses": ("retracted",)},
            {"statuses": ("superseded", "active")},
            {"kinds": (), "speakers": ()},
            {"speakers": ("Ada",), "refs": ("D1:2",), "kinds": ("observation",)},
        ]
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for bound in bounds:
                due = {vid for vid, row in rows.items() if allowed(row, seen(**bound))}
                shown = reads(snapshot, seen(**bound))
                assert set(shown["page"]) == set(shown["recent"]) == due, bound
                for path in set(shown) - {"find"}:
                    assert set(shown[path]) <= due, (bound, path)

    def test_what_expired_is_left_out(self) -> None:
        """A version is shown up to its expiry and not from then on, on every path but `find`."""
        with self.store(full=True) as store, store.read() as snapshot:
            soon = snapshot.find("soon", seen())
            assert soon is not None
            for now, shown in ((START, True), (START + DAY - timedelta(microseconds=1), True), (START + DAY, False)):
                paths = reads(snapshot, seen(now=now))
                assert {path: soon.vid in paths[path] for path in ("page", "search", "named", "recent", "vectors")} == (
                    dict.fromkeys(("page", "search", "named", "recent", "vectors"), shown)
                )

    def test_as_of_shows_the_versions_of_that_seq(self) -> None:
        """At every seq a read shows exactly the versions that were current then."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for seq in range(snapshot.head() + 1):
                current = {
                    vid for vid, row in rows.items() if row.record.event <= seq and (row.died is None or row.died > seq)
                }
                due = {vid for vid in current if rows[vid].record.status in RECALLABLE}
                shown = reads(snapshot, seen(as_of=seq))
                assert set(shown["page"]) == set(shown["recent"]) == due
                assert set(shown["find"]) == current
                for path in set(shown) - {"find"}:
                    assert set(shown[path]) <= due, path

    def test_valid_time_shows_what_was_true(self) -> None:
        """A valid interval shows what was believed of it, superseded records too: [from, to) touches at no end."""
        with self.store(full=True) as store, store.read() as snapshot:
            for begin, end, home in (
                (START - DAY, START, {"home1"}),
                (START, START + DAY, {"home2"}),
                (START - DAY, START + DAY, {"home1", "home2"}),
                (START - 99 * DAY, START - 90 * DAY, set()),
            ):
                rows = snapshot.page(seen(valid=(begin, end)), 0, 100)
                assert {row.record.id for row in rows if row.record.subject} == home

    # -- candidates --------------------------------------------------------------------------------------------

    def test_search_ranks_best_first(self) -> None:
        """Hits come by falling score, then by vid, at most `limit` of them; a lower limit is a prefix."""
        with self.store(full=True) as store, store.read() as snapshot:
            hits = snapshot.search(_WORDS, seen(), 100)
            assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))
            assert all(snapshot.search(_WORDS, seen(), limit) == hits[:limit] for limit in range(1, len(hits)))

    def test_search_scores_as_the_reference_does(self) -> None:
        """The same hits with the same scores as the reference store, at a relative 1e-9."""
        with self.store() as store, closing(MemoryStore(_INDEX)) as reference:
            for one in (store, reference):
                _write_corpus(one)
            with store.read() as mine, reference.read() as theirs:
                for words in (["tea"], ["tea", "porto"], ["green", "tea", "lisbon", "absent"], ["c++", "node.js"]):
                    for bounds in ({}, {"scopes": ("a",)}, {"as_of": 30}, {"kinds": ("event",)}, {"valid": _MAY}):
                        _assert_same_hits(*(side.search(words, seen(**bounds), 500) for side in (mine, theirs)))

    def test_what_was_does_not_move_what_is(self) -> None:
        """Past versions change no score of a search among current ones."""
        with self.store() as store, self.store() as fresh:
            for one in (store, fresh):
                put(one, "x", "Ada likes tea.")
                put(one, "y", "Bob likes green tea.")
            for turn in range(10):
                put(store, f"t{turn}", f"Tea number {turn}.")
                change(store, f"t{turn}", status=("superseded", "retracted")[turn % 2])
            with store.read() as one, fresh.read() as other:
                _assert_same_hits(*(side.search(["tea", "green"], seen(), 9) for side in (one, other)))

    def test_names_are_matched_by_key_and_role(self) -> None:
        """`named` tells key, version and role of names, aliases and slots."""
        with self.store(full=True) as store, store.read() as snapshot:
            hits = snapshot.named(["typescript", "ts", "home", "office"], seen())
            owners = {vid: row.record.id for vid, row in records(snapshot).items()}
            told = {(hit.key, owners[hit.vid], hit.role, hit.subject) for hit in hits}
            assert told == {
                ("typescript", "ts", "name", None),
                ("ts", "ts", "alias", None),
                ("home", "home2", "slot", "Ada"),
            }

    def test_similar_names_share_two_letters_and_length(self) -> None:
        """`similar_names` finds one-word names of the same beginning, one letter longer or shorter at most."""
        with self.store() as store:
            for id, name in enumerate(("react", "reach", "reacts", "redux", "res", "reactors", "re act", "Rust")):
                put(store, f"n{id}", "A tool.", name=name)
            with store.read() as snapshot:
                assert {hit.key for hit in snapshot.similar_names("react", seen())} == {
                    "react", "reach", "reacts", "redux",
                }  # fmt: skip

    def test_times_overlap_half_open(self) -> None:
        """`timed` finds what speaks of a time overlapping [begin, end), latest first; `when` tells the intervals."""
        with self.store() as store:
            put(store, "x", "We met on 3 May 2026.")
            put(store, "y", "We met in May 2026.")
            put(store, "z", "We met.")
            day = datetime(2026, 5, 3, tzinfo=UTC)
            with store.read() as snapshot:
                assert snapshot.timed(day, day + DAY, seen(), 9) == [2, 1]
                assert snapshot.timed(day, day + DAY, seen(), 1) == [2]
                assert snapshot.timed(day + DAY, day + 2 * DAY, seen(), 9) == [2]
                assert snapshot.timed(day - DAY, day, seen(), 9) == [2]
                assert snapshot.when([1, 3]) == {1: [(micros(day), micros(day + DAY))]}

    def test_recent_and_pinned_keep_their_order(self) -> None:
        """`recent` is newest first, `pinned` oldest first; a new version does not move its record."""
        with self.store() as store:
            for id in ("x", "y", "z"):
                put(store, id, f"Text {id}.", pinned=True)
            change(store, "x", content="New text.")
            with store.read() as snapshot:
                ids = {vid: row.record.id for vid, row in records(snapshot).items()}
                assert [ids[vid] for vid in snapshot.recent(seen(), 2)] == ["z", "y"]
                assert [ids[vid] for vid in snapshot.pinned(seen())] == ["x", "y", "z"]

    def test_neighbours_are_said_before_and_after(self) -> None:
        """The neighbours of a turn are the visible ones said before and after it in its session and scope."""
        with self.store() as store:
            for id, minute, scope in (("c", 3, "a"), ("a", 1, "a"), ("x", 2, "b"), ("b", 2, "a")):
                put(
                    store,
                    id,
                    id,
                    session="s",
                    scope=scope,
                    said_at=START + timedelta(minutes=minute),
                    kind="observation",
                )
            put(store, "lone", "Outside.")
            with store.read() as snapshot:
                assert snapshot.neighbours([1, 2, 4, 5], seen()) == {1: (4, None), 2: (None, 4), 4: (2, 1)}
                assert snapshot.neighbours([4], seen(scopes=("b",))) == {4: (None, None)}
                assert snapshot.neighbours([4], seen(until=START + timedelta(minutes=3))) == {4: (2, None)}

    def test_a_follower_sees_each_current_version_once(self) -> None:
        """A follower is given what it has not seen, oldest first, and remembers how far it came."""
        with self.store() as store:
            for id in ("x", "y", "z"):
                put(store, id, f"Text {id}.")
            store.transact(lambda transaction: transaction.follow(MODEL, 1, [(1, b"ab")]))
            with store.read() as snapshot:
                assert [row.record.id for row in snapshot.unfollowed(MODEL, 9)] == ["y", "z"]
                assert [row.record.id for row in snapshot.unfollowed(MODEL, 1)] == ["y"]
                assert (snapshot.followed(MODEL), snapshot.followed("other@1")) == (1, 0)
                assert list(snapshot.vectors(MODEL, seen())) == [(1, b"ab")]
            follow(store)
            with store.read() as snapshot:
                assert (snapshot.followed(MODEL), snapshot.unfollowed(MODEL, 9)) == (3, [])

    # -- erasing -----------------------------------------------------------------------------------------------

    def test_erased_content_is_absent_at_every_seq(self) -> None:
        """After an erasure no read at any as_of, no event and no dump holds the content."""
        with self.store() as store:
            secret = "xylophone"
            write(store, Write("x", set=state(f"A {secret}.", name=secret, pinned=True), key="11" * 16, reason=secret))
            change(store, "x", title=secret)
            put(store, "y", "Bystander.", pinned=True)
            write(store, Write("x", outcome="used", source={"ref": secret, "said_at": "2026-05-01T00:00:00Z"}))
            follow(store)
            erase(store, "x")
            with store.read() as snapshot:
                told = [canonical(event.payloads) for event in snapshot.events()] + [str(list(snapshot.dump()))]
                told += [str(snapshot.changes("x")), str(records(snapshot)), str(snapshot.usage(["x"]))]
                assert not [text for text in told if secret in text]
                assert snapshot.keyed("11" * 16) is None
                for seq in range(snapshot.head() + 1):
                    shown = reads(snapshot, seen(as_of=seq))
                    ids = {row.record.id for vid, row in records(snapshot).items() if vid in shown["page"]}
                    assert ids <= {"y"}
                    assert snapshot.search([secret], seen(as_of=seq), 9) == []
                    assert snapshot.named([secret], seen(as_of=seq)) == []

    def test_the_chain_holds_after_erasing(self) -> None:
        """Erasing empties payloads and salts and touches no header: the chain verifies, and so does the store."""
        with self.store() as store:
            events = [put(store, "x", "One."), put(store, "y", "Two."), change(store, "x", content="Three.")]
            erase(store, "x")
            with store.read() as snapshot:
                after = list(snapshot.events())
            assert [event.hash for event in after[:3]] == [event.hash for event in events]
            assert [event.payloads[0] is None for event in after] == [True, False, True, False]
            assert [event.salts[0] is None for event in after] == [True, False, True, False]
            assert store.verify()[2:] == (None, [])

    def test_an_erased_record_leaves_a_stub(self) -> None:
        """An erased record is found as erased, with no field of its own."""
        with self.store() as store:
            put(store, "x", "One.", title="T", speaker="Ada")
            erase(store, "x")
            with store.read() as snapshot:
                row = snapshot.find("x", seen())
                assert row is not None
                assert (row.record.status, row.record.content, row.record.scope) == ("erased", "", "")
                assert (row.record.title, row.record.speaker, row.record.sources) == (None, None, ())
                assert snapshot.find("x", seen(scopes=("a",))) is None

    # -- the whole ---------------------------------------------------------------------------------------------

    def test_reindex_changes_no_read(self) -> None:
        """Folding the log anew leaves every read as it was; vectors are made again."""
        with self.store(full=True) as store:
            before = snapped(store)
            store.reindex()
            follow(store)
            assert snapped(store) == before
            assert store.verify()[2:] == (None, [])

    def test_load_equals_what_was_exported(self) -> None:
        """A log taken over by another store reads the same, with hashes and identity as they were."""
        with self.store(full=True) as store, self.store() as copy:
            with store.read() as snapshot:
                copy.load(iter(list(snapshot.events())), store.space_id, store.secret)
            follow(copy)
            assert snapped(copy) == snapped(store)
            assert (copy.space_id, copy.secret) == (store.space_id, store.secret)
            assert copy.verify()[2:] == (None, [])

    def test_it_answers_as_the_reference_does(self) -> None:
        """Over the same log every read equals the reference store's."""
        with self.store(full=True) as store, closing(MemoryStore(_INDEX)) as reference:
            with store.read() as snapshot:
                reference.load(iter(list(snapshot.events())), store.space_id, store.secret)
            follow(reference)
            mine, theirs = snapped(store), snapped(reference)
            for name in theirs:
                assert mine[name] == theirs[name], name

    def test_verify_is_clean_after_all_of_it(self) -> None:
        """`verify` counts every event and version, and finds nothing wrong."""
        with self.store(full=True) as store:
            with store.read() as snapshot:
                head, versions = snapshot.head(), snapshot.counts(None)["versions"]["all"]
            assert store.verify() == (head, versions, None, [])

    def test_scrub_leaves_nothing_pending(self) -> None:
        """After `scrub` no erased byte is waiting, and every read is as it was."""
        with self.store(full=True) as store:
            before = snapped(store)
            assert store.scrub() is None
            assert not store.pending()
            assert snapped(store) == before

    def test_stores_do_not_share(self) -> None:
        """Two stores have different identities, and nothing crosses from one to the other."""
        with self.store() as one, self.store() as other:
            put(one, "x", "Here.")
            assert one.space_id != other.space_id
            assert one.secret != other.secret
            assert snapped(other)["head"] == 0

    @staticmethod
    def _twins(store: Store, key: bytes) -> list[str]:
        with store.read() as snapshot:
            return [row.record.id for row in snapshot.twins(key)]


def _record(fields: Mapping[str, Any]) -> Record:
    return record_of("x", 1, 1, START, fields)


def _same_state(record: Record, fields: Mapping[str, Any]) -> bool:
    expected = record_of(record.id, record.version, record.event, record.recorded_at, fields)
    return replace(record, sources=()) == replace(expected, sources=())


def _failure(work: Callable[[], Any]) -> Exception | None:
    try:
        work()
    except (StoreError, LookupError) as error:
        return error
    return None


def _write_corpus(store: Store) -> None:
    """Write 60 texts of a few words, changed and retracted here and there."""
    words = "tea green porto lisbon c++ node.js likes lives rain office meeting Ada Bob".split()
    for number in range(60):
        picked = [words[(number * step + step) % len(words)] for step in range(1, 2 + number % 7)]
        kind = ("fact", "event")[number % 3 == 0]
        put(store, f"r{number}", " ".join(picked), scope="ab"[number % 2], kind=kind, title=words[number % 5])
    for number in range(0, 60, 7):
        change(store, f"r{number}", content=f"tea {words[number % 9]} again")
    for number in range(3, 60, 11):
        change(store, f"r{number}", status=("superseded", "retracted")[number % 2])


def _assert_same_hits(mine: Sequence[tuple[int, float]], theirs: Sequence[tuple[int, float]]) -> None:
    assert [vid for vid, _ in mine] == [vid for vid, _ in theirs]
    for (_, one), (_, other) in zip(mine, theirs, strict=True):
        assert math.isclose(one, other, rel_tol=1e-9)
