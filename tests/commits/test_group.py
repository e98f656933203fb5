"""Group commit: what waits is committed together; each caller gets its own outcome, in its time, and it is durable."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.commits.conftest import Open

from ricordo import BusyError, DiskFullError, Memory, QueueFullError, StoreError
from ricordo.config import Settings
from ricordo.engine import indexing_of
from ricordo.store import Server, is_address, open_store
from ricordo.store.base import Indexer, Store, Transaction, Write
from ricordo.store.group import MOST_PIECES, GroupStore
from ricordo.testing.operations import START, put, state
from ricordo.testing.store import StoreContract

Work = Callable[[Transaction], Any]
INDEX = indexing_of(Settings())


class TestGrouped(StoreContract):
    """A store behind the queue keeps every law of a store."""

    def make_store(self, index: Indexer) -> Store:
        return GroupStore(open_store(":memory:", index))


@pytest.fixture
def plain(place: dict[str, Any], tmp_path: Path) -> Store:
    """A store that nothing stands before."""
    server = Server(tmp_path / "followers") if is_address(place["path"]) else None
    return open_store(place["path"], INDEX, space=place.get("space"), server=server)


@pytest.fixture
def store(plain: Store) -> Iterator[GroupStore]:
    grouped = GroupStore(plain, max_waiting=300)
    yield grouped
    grouped.close()


def writing(id: str) -> Work:
    write = Write(id, set=state(f"Note {id}."))
    return lambda transaction: transaction.append("retain", [write], START).seq


@contextmanager
def held(store: GroupStore) -> Iterator[None]:
    """Keep the writer at one piece of work meanwhile."""
    begun, go = threading.Event(), threading.Event()

    def work(_: Transaction) -> None:
        begun.set()
        go.wait()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(store.transact, work)
        begun.wait()
        try:
            yield
        finally:
            go.set()
        done.result()


def waiting(store: GroupStore, number: int) -> None:
    """Wait until so many pieces are in the queue."""
    while len(store._waiting) < number:
        threading.Event().wait(0.001)


def counting(store: GroupStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return where the number of pieces of each transaction will be noted."""
    sizes: list[int] = []
    plain = store._store.transact_many

    def many(works: Any, **given: Any) -> Any:
        sizes.append(len(works))
        return plain(works, **given)

    monkeypatch.setattr(store._store, "transact_many", many)
    return sizes


def test_what_waits_is_committed_together(store: GroupStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = counting(store, monkeypatch)
    with ThreadPoolExecutor(280) as pool:
        with held(store):
            done = [pool.submit(store.transact, writing(f"r{number}")) for number in range(280)]
            waiting(store, 280)
        seqs = sorted(one.result() for one in done)
    assert seqs == list(range(1, 281))
    assert sizes == [1, MOST_PIECES, 280 - MOST_PIECES]
    assert store.verify()[3] == []


def test_a_failure_reaches_only_its_caller(store: GroupStore) -> None:
    def failing(transaction: Transaction) -> None:
        writing("lost")(transaction)
        raise LookupError("on purpose")

    def leaving(transaction: Transaction) -> None:
        writing("left")(transaction)
        raise SystemExit(3)

    works = [writing("one"), failing, writing("two"), leaving, writing("three")]
    with ThreadPoolExecutor(5) as pool:
        with held(store):
            done = [pool.submit(store.transact, work) for work in works]
            waiting(store, 5)
        told = [one.exception() for one in done]
    assert [type(one) for one in told] == [type(None), LookupError, type(None), SystemExit, type(None)]
    with store.read() as snapshot:
        assert set(snapshot.versions(["one", "two", "three", "lost", "left"], None)) == {"one", "two", "three"}
    assert store.transact(writing("more")) == 4


def test_a_full_disk_is_told_to_whom_it_belongs(tmp_path: Path) -> None:
    """What is too large fails alone; what was to be committed with it is."""
    bound = {"max_file_bytes": 1 << 20}
    store = GroupStore(open_store(tmp_path / "space", INDEX, **bound))  # type: ignore[arg-type]
    large = Write("large", set=state("word " * 400_000))
    with ThreadPoolExecutor(3) as pool:
        with held(store):
            works = [writing("one"), lambda transaction: transaction.append("retain", [large], START), writing("two")]
            done = [pool.submit(store.transact, work) for work in works]
            waiting(store, 3)
        assert [type(one.exception()) for one in done] == [type(None), DiskFullError, type(None)]
    store.close()


def test_what_may_have_been_written_is_not_tried_again(store: GroupStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the whole, such as a lost connection at the commit, is told to all that waited for it."""
    ran: list[int] = []

    def work(_: Transaction) -> None:
        ran.append(1)

    plain = store._store.transact_many

    def lost(works: Any, **given: Any) -> Any:
        plain(works, **given)
        raise StoreError("the connection was lost")

    with ThreadPoolExecutor(3) as pool:
        with held(store):
            monkeypatch.setattr(store._store, "transact_many", lost)
            done = [pool.submit(store.transact, work) for _ in range(3)]
            waiting(store, 3)
        assert [str(one.exception()) for one in done] == ["the connection was lost"] * 3
    assert len(ran) == 3


def test_the_queue_has_a_bound(store: GroupStore) -> None:
    with ThreadPoolExecutor(300) as pool:
        with held(store):
            done = [pool.submit(store.transact, writing(f"r{number}")) for number in range(300)]
            waiting(store, 300)
            with pytest.raises(QueueFullError, match="300 writes wait") as caught:
                store.transact(writing("more"))
            assert isinstance(caught.value, BusyError)
        assert len({one.result() for one in done}) == 300


def test_work_whose_time_is_over_is_not_run(store: GroupStore) -> None:
    ran: list[int] = []
    with held(store):
        for deadline_s in (0, 0.01):
            with pytest.raises(BusyError):
                store.transact(lambda _: ran.append(1), deadline_s=deadline_s)
    store.transact(lambda _: None)
    assert (ran, len(store._waiting)) == ([], 0)
    assert store.transact(lambda _: 7, deadline_s=0) == 7


def test_another_process_that_holds_the_space_makes_it_busy(tmp_path: Path) -> None:
    """Of what waits together, each is told in its own time."""
    other = open_store(tmp_path / "space", INDEX)
    store = GroupStore(open_store(tmp_path / "space", INDEX))
    go, begun = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        begun.set()
        go.wait()

    with ThreadPoolExecutor(3) as pool:
        holding = pool.submit(other.transact, hold)
        begun.wait()
        soon = pool.submit(store.transact, writing("soon"), deadline_s=0.02)
        late = pool.submit(store.transact, writing("late"), deadline_s=60)
        assert isinstance(soon.exception(), BusyError)
        go.set()
        assert (holding.result(), late.result()) == (None, 1)
    store.close()
    other.close()


def test_work_inside_of_work_does_not_wait_for_itself(store: GroupStore) -> None:
    """It is told what the store itself tells; it never hangs."""
    plain: list[Any] = []
    grouped: list[Any] = []

    def nesting(inner: Store, told: list[Any]) -> Work:
        def work(_: Transaction) -> None:
            try:
                told.append(inner.transact(lambda _: 7))
            except StoreError as error:
                told.append(type(error))

        return work

    store._store.transact(nesting(store._store, plain))
    store.transact(nesting(store, grouped))
    assert grouped == plain


def test_close_writes_what_waits(plain: Store) -> None:
    store = GroupStore(plain)
    with ThreadPoolExecutor(21) as pool:
        with held(store):
            done = [pool.submit(store.transact, writing(f"r{number}")) for number in range(20)]
            waiting(store, 20)
            closing = pool.submit(store.close)
            while not store._closing:
                threading.Event().wait(0.001)
            with pytest.raises(StoreError, match="closed"):
                store.transact(writing("more"))
        closing.result()
    assert sorted(one.result() for one in done) == list(range(1, 21))
    assert not store._writer.is_alive()
    store.close()


def test_an_interrupt_drops_what_has_not_begun(store: GroupStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def acquire(self, *_: Any, **__: Any) -> bool:
            raise KeyboardInterrupt

    ran: list[int] = []
    plain = store._enqueue

    def enqueue(piece: Any) -> None:
        plain(piece)
        piece.settled = Interrupted()

    with held(store):
        monkeypatch.setattr(store, "_enqueue", enqueue)
        with pytest.raises(KeyboardInterrupt):
            store.transact(lambda _: ran.append(1))
        monkeypatch.undo()
    store.transact(lambda _: None)
    assert ran == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_is_refused(store: GroupStore) -> None:
    """The writer is not there: the child is told so, and does not wait."""
    put(store, "one", "Note one.")
    child = os.fork()
    if not child:
        try:
            store.transact(writing("two"), deadline_s=1)
        except StoreError as error:
            os._exit(0 if "forked" in str(error) else 3)
        finally:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert put(store, "two", "Note two.").seq == 2


def test_a_process_forked_while_the_queue_changes_does_not_wait(store: GroupStore) -> None:
    """Whoever held the lock of the queue then is not there to let it go."""
    with store._news:
        child = os.fork()
        if not child:
            signal.alarm(10)
            try:
                store.transact(writing("two"), deadline_s=1)
            except StoreError:
                store.close()
                os._exit(0)
            finally:
                os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_memory_works_behind_the_queue(open_memory: Open) -> None:
    """Writers of many threads are all durable, each knows its own event, reads go on."""
    memory = open_memory(group_commit=True, max_waiting=64)

    def write(number: int) -> int:
        verdict = memory.retain(f"Note {number} on tea.", kind="fact")
        assert memory.get(verdict.record.id).content == f"Note {number} on tea."
        return verdict.event

    with ThreadPoolExecutor(8) as pool:
        events = list(pool.map(write, range(80)))
    assert sorted(events) == list(range(1, 81))
    memory.erase(memory.list(limit=1).records[0].id)
    memory.reindex()
    assert memory.verify().ok
    memory.close()
    with pytest.raises(StoreError, match="closed"):
        memory.retain("Too late.")


def test_without_the_setting_there_is_no_queue() -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        assert not isinstance(memory._engine.store, GroupStore)


def test_one_who_writes_alone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those who were in the last transaction, or came while it ran, are waited for."""
    monkeypatch.setattr("ricordo.store.group.GATHER_S", 3600.0)
    with closing(GroupStore(open_store(":memory:", INDEX))) as store:
        assert [store.transact(lambda transaction: transaction.head()) for _ in range(300)] == [0] * 300
