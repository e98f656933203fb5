"""The thread that lets indexes follow: it starts late, stops when told, forgets no work and loses no error."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from ricordo import Memory
from ricordo.cli import show
from ricordo.config import Settings
from ricordo.errors import BusyError, ProviderError
from ricordo.index.background import Background
from ricordo.testing import FixedClock, HashingEmbedder

WAIT_S = 30.0
EMBEDDER = HashingEmbedder(dimension=8)


@contextmanager
def running(**steps: Callable[[Callable[[], bool]], int]) -> Iterator[Background]:
    with closing(Background(steps)) as background:
        yield background


def test_it_works_until_nothing_is_left() -> None:
    """A step runs until it has nothing left; steps do not wait for one another's errors; waking again runs again."""
    left, ran = [3], list[str]()

    def count(_: Callable[[], bool]) -> int:
        left[0] -= 1
        return max(0, left[0])

    def fail(_: Callable[[], bool]) -> int:
        ran.append("fail")
        raise ProviderError("the model is gone")

    with running(fail=fail, count=count) as background:
        assert background._thread is None
        background.wake()
        assert background.flush(WAIT_S)
        assert (left[0], background.errors) == (0, {"fail": "the model is gone"})
        background.steps = {"fail": lambda _: 0}
        background.wake()
        assert background.flush(WAIT_S)
        assert background.errors == {}


def test_an_error_of_foreign_code_is_told_and_holds_nobody_up() -> None:
    """An error that is not ours is kept too; who waits goes on, and the next wake runs the step again."""
    steps: list[Callable[[Callable[[], bool]], int]] = [lambda _: 1 // 0, lambda _: 0]
    with running(foreign=lambda stop: steps[0](stop)) as background:
        background.wake()
        assert background.flush(WAIT_S)
        assert background.errors == {"foreign": "ZeroDivisionError: integer division or modulo by zero"}
        steps.pop(0)
        background.wake()
        assert background.flush(WAIT_S)
        assert background.errors == {}


def test_a_busy_store_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What found the store busy is run again without another wake."""
    monkeypatch.setattr("ricordo.index.background._RETRY_S", 0)
    tried = []

    def busy(_: Callable[[], bool]) -> int:
        tried.append(1)
        if len(tried) < 3:
            raise BusyError("held")
        return 0

    with running(busy=busy) as background:
        background.wake()
        assert background.flush(WAIT_S)
        assert (len(tried), background.errors) == (3, {})


def test_closing_stops_between_batches() -> None:
    """Closing waits for the batch at hand and no longer; a closed one starts nothing."""
    begun, go = threading.Event(), threading.Event()

    def endless(stop: Callable[[], bool]) -> int:
        begun.set()
        go.wait(WAIT_S)
        return 1

    background = Background({"endless": endless})
    background.wake()
    assert begun.wait(WAIT_S)
    thread = background._thread
    assert thread is not None
    assert thread.daemon
    go.set()
    background.close()
    assert not thread.is_alive()
    background.wake()
    assert background._thread is thread


def test_without_steps_there_is_no_thread() -> None:
    """Nothing to do: no thread."""
    with running() as background:
        background.wake()
        assert background._thread is None
        assert background.flush(0)


# -- in a memory -------------------------------------------------------------------------------------------------


@contextmanager
def opened(folder: Path | str, embedder: Any = EMBEDDER, **settings: Any) -> Iterator[Memory]:
    chosen = Settings(**{"background": True, "lexical": "tantivy", **settings})
    with Memory.open(folder, embedder=embedder, clock=FixedClock(), settings=chosen) as memory:
        yield memory


def test_writes_are_embedded_and_indexed(tmp_path: Path) -> None:
    """After writes the vectors are there without anyone asking, and the index once enough waits for it."""
    with opened(tmp_path) as memory:
        memory.retain_many([{"content": f"tea number {n}"} for n in range(300)])
        assert memory._engine.background.flush(WAIT_S)
        assert memory.stats().indexed_seq == memory.stats().seq
        assert memory.embed() == 0
        assert memory._engine.lexical is not None
        assert memory._engine.lexical.seq() == memory.stats().seq
        memory.retain("rain")
        assert memory._engine.background.flush(WAIT_S)
        assert memory._engine.lexical.seq() == memory.stats().seq - 1
        assert memory.stats().faults == {}
        assert "tantivy   300 of 301 events" in show.stats(memory.stats())


def test_it_is_off_where_it_must_be(tmp_path: Path) -> None:
    """Spaces in memory have no thread, nor those whose settings say so."""
    for location, background in ((":memory:", True), (tmp_path, False)):
        with opened(location, background=background) as memory:
            memory.retain("tea")
            assert memory._engine.background._thread is None
            assert memory.stats().indexed_seq == 0


class Failing:
    """An embedder that does not work."""

    model_id = "failing@1"
    dimension = 2

    def embed(self, texts: Sequence[str]) -> Any:
        raise ProviderError("the model is gone")


def test_errors_are_kept_and_writes_go_on(tmp_path: Path) -> None:
    """What the thread could not do stands in the stats; writing goes on."""
    with opened(tmp_path, Failing()) as memory:
        memory.retain("tea")
        assert memory._engine.background.flush(WAIT_S)
        assert memory.stats().faults == {"vectors": "the model is gone"}
        assert "fault     vectors: the model is gone" in show.stats(memory.stats())
        assert memory.retain("rain").action == "added"


def test_another_writer_delays_it_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process writes, vectors wait; they are made when it is done."""
    monkeypatch.setattr("ricordo.index.background._RETRY_S", 0)
    with opened(tmp_path, busy_deadline_s=0, lexical="fts5") as memory:
        memory.retain("tea")
        assert memory._engine.background.flush(WAIT_S)
        with closing(apsw.Connection(str(tmp_path / "memory.db"))) as other:
            memory.retain("rain")
            other.set_busy_timeout(30_000)
            other.execute("BEGIN IMMEDIATE")
            memory._engine.background.wake()
            other.execute("ROLLBACK")
        assert memory._engine.background.flush(WAIT_S)
        assert memory.stats().indexed_seq == memory.stats().seq


def test_a_process_ends_with_work_left(tmp_path: Path) -> None:
    """A program that forgets to close a memory ends all the same, and what it wrote is there."""
    code = (
        "import sys; from ricordo import Memory; from ricordo.testing import HashingEmbedder\n"
        "memory = Memory.open(sys.argv[1], embedder=HashingEmbedder(dimension=8))\n"
        "memory.retain_many([{'content': f'tea {n}'} for n in range(400)])\n"
    )
    environment = {"RICORDO_BACKGROUND": "1", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    with Memory.open(tmp_path, embedder=None, create=False) as memory:
        assert memory.stats().records == 400
