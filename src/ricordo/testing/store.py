"""The laws of a store as tests. Inherit, say how a store is made, and run pytest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from ricordo.errors import StoreError
from ricordo.store.base import MOST_BESIDE, MOST_PRESENT, Place, Row, Store, Transaction, Write
from ricordo.store.fold import canonical, chained, micros, patched, record_of, slot_place, twin_key
from ricordo.store.memory import MemoryStore
from ricordo.testing.operations import (
    DAY,
    INDEX,
    START,
    change,
    erase,
    everything,
    follow,
    put,
    reads,
    records,
    seen,
    snapped,
    state,
    write,
)
from ricordo.testing.store_together import TogetherLaws
from ricordo.types import Record, Source

_SNAPSHOT_WAIT_S = 0.2


class StoreContract(TogetherLaws):
    """What every store keeps. A subclass says how an empty one is made; pytest does the rest.

    >>> class TestMine(StoreContract):
    ...     def make_store(self, index: Indexer) -> Store:
    ...         return MemoryStore(index)
    >>> TestMine().test_seq_has_no_gaps()
    """

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
            several = [event for event in snapshot.events(4) if {"ts", "pin"} & {target.id for target in event.targets}]
            assert list(snapshot.events(4, record=["ts", "pin", "nobody"])) == several
            assert list(snapshot.events(record=[])) == []

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
            assert snapshot.holders(Place(b"nothing", b"", b"", 0)) == snapshot.twins(b"nothing") == []
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

    def test_the_first_evidence_can_be_withdrawn_too(self) -> None:
        """What a record was made with counts up to its withdrawal, in every version; several may go at once."""
        with self.store() as store:
            made = put(store, "x", "One.", ref="D1")
            told = [{"ref": ref, "said_at": "2026-05-01T00:00:00Z"} for ref in ("D2", "D3")]
            added = write(store, Write("x", source=told))
            change(store, "x", content="Two.")
            write(store, Write("x", withdraw=(made.seq, added.seq)), op="forget")
            write(store, Write("x", source=told[:1]), op="undo")
            with store.read() as snapshot:
                rows = [snapshot.find("x", seen(as_of=seq)) for seq in range(1, 6)]
                assert snapshot.changes("x")[0].record == rows[0].record if rows[0] else None
            given = [row and row.record.refs for row in rows]
            assert given == [("D1",), ("D1", "D2", "D3"), ("D1", "D2", "D3"), (), ("D2",)]
            assert store.verify()[3] == []

    def test_words_that_another_record_holds_are_read_from_it(self) -> None:
        """Such evidence is read as its witness was then, is found from it, and goes with it."""
        with self.store() as store:
            put(store, "x", "One.", ref="D1")
            put(store, "w", "It is one.", ref="D2", speaker="Ada", kind="observation", said_at=START - DAY)
            added = write(store, Write("x", source={"record": "w", "ref": "not kept", "said": "nor this"}))
            change(store, "w", speaker="Bob")
            with store.read() as snapshot:
                (payload,) = next(snapshot.events(added.seq - 1)).payloads
                assert payload == {"source": {"record": "w"}}
                row = snapshot.find("x", seen())
                assert row is not None
                assert row.record.sources[1] == Source("D2", START - DAY, "Ada", added.seq, "w")
                assert snapshot.cited(["w", "x"], seen()) == [("w", "x", added.seq)]
                assert snapshot.cited(["w"], seen(scopes=("b",))) == snapshot.cited([], seen()) == []
            erase(store, "w")
            with store.read() as snapshot:
                row = snapshot.find("x", seen(as_of=added.seq))
                assert row is not None
                assert row.record.refs == ("D1",)
            write(store, Write("x", withdraw=added.seq), op="erase")
            assert snapped(store)["cited"] == []
            assert store.verify()[3] == []
            before = snapped(store)
            store.reindex()
            assert snapped(store)["dump"] == before["dump"]

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
            for id in ("x", "y", "z", "e"):
                put(store, id, f"Home {id}.", subject="Ada", attribute="home")
            change(store, "x", status="superseded")
            change(store, "z", status="retracted")
            erase(store, "e")
            key = slot_place(_record(state("Home.", subject="ADA", attribute="Home")))
            assert key is not None
            with store.read() as snapshot:
                assert [row.record.id for row in snapshot.holders(key)] == ["x", "y"]

    def test_a_long_slot_is_seen_around_a_moment(self) -> None:
        """Of many states those present at either end, those past beside the moment, and those of the value come."""
        with self.store() as store:
            slot: dict[str, Any] = {"subject": "Ada", "attribute": "mood"}
            for day in range(60):
                begin = START + day * DAY
                put(store, f"m{day:02}", f"Mood {day}.", **slot, value=str(day % 30), valid_from=begin)
                if day < 30:
                    change(store, f"m{day:02}", status="superseded")
            asked = _record(state("Mood.", **slot, value="3", valid_from=START + 15 * DAY))
            place = slot_place(asked)
            assert place is not None
            with store.read() as snapshot:
                found = {int(row.record.id[1:]) for row in snapshot.holders(place)}
            present = {*range(30, 30 + MOST_PRESENT), *range(60 - MOST_PRESENT, 60)}
            beside = {*range(16 - MOST_BESIDE, 16), *range(16, 16 + MOST_BESIDE)}
            assert found == present | beside | {3, 33}

    def test_what_was_said_is_recognised_whatever_became_of_it(self) -> None:
        """A sentence finds its record while it stands, after it was changed and forgotten, and not once erased."""
        with self.store() as store:
            put(store, "x", "Ada likes green tea.")
            put(store, "y", "Well, Ada likes GREEN tea! It rains a lot.")
            put(store, "other", "Ada likes green tea.", scope="b")
            assert self._said(store, "Ada likes green tea") == ["x", "y"]
            change(store, "x", content="Ada likes coffee now.")
            change(store, "y", status="retracted")
            assert self._said(store, "ada likes green tea") == ["x", "y"]
            assert self._said(store, "Ada likes coffee now") == ["x"]
            assert self._said(store, "Ada likes coffee now", scopes=("b",)) == []
            key, other = (INDEX(_record(state(text))).said for text in ("Ada likes green tea", "Ada likes coffee now"))
            with store.read() as snapshot:
                found = snapshot.said({*key, *other}, seen(), 1)
                assert [hit.key for hit in found] == sorted({*key, *other} & {hit.key for hit in found})
                assert len(found) == len({hit.key for hit in snapshot.said({*key, *other}, seen(), 9)}) > 1
                assert snapshot.said((), seen(), 9) == snapshot.said(key, seen(scopes=()), 9) == []
            erase(store, "x")
            assert self._said(store, "Ada likes green tea") == ["y"]
            assert self._said(store, "Ada likes coffee now") == []
            store.reindex()
            assert self._said(store, "Ada likes green tea") == ["y"]
            assert store.verify()[3] == []

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
        store = self.make_store(INDEX)
        store.close()
        store.close()
        assert isinstance(_failure(lambda: put(store, "x", "One.")), StoreError)
        assert isinstance(_failure(lambda: snapped(store)), StoreError)

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
                assert (row.record.title, row.record.speaker, row.record.refs) == (None, None, ())
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
        with self.store(full=True) as store, closing(MemoryStore(INDEX)) as reference:
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

    @staticmethod
    def _said(store: Store, text: str, **bounds: Any) -> list[str]:
        keys = INDEX(_record(state(text))).said
        with store.read() as snapshot:
            rows = snapshot.rows([hit.vid for hit in snapshot.said(keys, seen(**bounds), 99)])
        return sorted(row.record.id for row in rows.values())


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
