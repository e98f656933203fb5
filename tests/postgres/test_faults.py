"""A server that stops at once, connections that are cut: nothing acknowledged is lost, nothing is written twice."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import ricordo
from ricordo import BusyError, Memory, UnreachableError
from ricordo.store.postgres import PostgresStore
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]
WRITERS, STOPS, NOTES = 4, 2, 25


class Wire:
    """Stands between a client and the server's socket, and breaks the line at a commit when it is told to.

    Args:
        target: The server's socket.
    """

    def __init__(self, target: Path) -> None:
        self._target = str(target)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        #: "before" loses the commit itself, "after" its answer; once.
        self.cut = ""
        #: Whether new connections are refused, from the cut on.
        self.then_refuse = False
        self._refusing = threading.Event()
        self._all: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def mend(self) -> None:
        """Let connections through again."""
        self._refusing.clear()

    def close(self) -> None:
        """Break everything."""
        for one in (self._listener, *self._all):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refusing.is_set():
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._all += [client, server]
                state = {"lost": False}
                for one, other, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._carry, args=(one, other, asks, state), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, asks: bool, state: dict[str, bool]) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if asks and self.cut and b"COMMIT" in data:
                    how, self.cut = self.cut, ""
                    if self.then_refuse:
                        self._refusing.set()
                    if how == "before":
                        break
                    state["lost"] = True
                if not asks and state["lost"]:
                    if b"COMMIT\x00" in data:  # it was done, and nobody hears of it
                        break
                    continue
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(server: PostgresServer) -> Iterator[Wire]:
    """A line to the server that can be broken."""
    if not server.own:
        pytest.skip("the line is laid to a server of our own")
    with closing(Wire(server.socket)) as made:
        yield made


def through(wire: Wire, url: str) -> str:
    """Return the URL of a database by way of the line."""
    return f"postgresql://postgres@127.0.0.1:{wire.port}{urlsplit(url).path}"


def refs(memory: Memory) -> Counter[str]:
    """Return how often each ref stands in the log."""
    found: Counter[str] = Counter()
    with memory._engine.store.read() as snapshot:
        for event in snapshot.events():
            found.update(part["set"]["ref"] for part in event.payloads if part and "ref" in part.get("set", {}))
    return found


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_line_cut_at_the_commit_writes_once(opened: Open, wire: Wire, url: str, where: str) -> None:
    """Whether the commit was lost or its answer, the write is acknowledged and is there once."""
    memory = opened(at=through(wire, url))
    memory.retain("Before.", ref="D0")
    for number in range(1, 6):
        wire.cut = where
        verdict = memory.retain(f"Note {number}.", ref=f"D{number}")
        assert not wire.cut
        assert (verdict.action, verdict.repeated) == ("added", False)
    assert refs(opened("b")) == {f"D{number}": 1 for number in range(6)}
    assert memory.verify().ok


@pytest.mark.parametrize(("where", "there"), [("before", False), ("after", True)])
def test_a_server_that_does_not_come_back_leaves_it_open(
    opened: Open, wire: Wire, url: str, where: str, there: bool
) -> None:
    """The error says that the outcome is unknown; the same write with the same key is there once afterwards."""
    memory = opened(at=through(wire, url), settings={"busy_deadline_s": 0.3})
    memory.retain("Before.", ref="D0")
    wire.cut, wire.then_refuse = where, True
    with pytest.raises(UnreachableError) as caught:
        memory.retain("Perhaps.", ref="D1", key="k1")
    assert caught.value.unknown
    with pytest.raises(UnreachableError) as read:
        memory.list()
    assert not read.value.unknown
    wire.mend()
    assert refs(opened("b"))["D1"] == there
    verdict = memory.retain("Perhaps.", ref="D1", key="k1")
    assert verdict.repeated == there
    assert refs(memory) == {"D0": 1, "D1": 1}
    assert memory.verify().ok


def test_connections_cut_under_writers_write_once(opened: Open, server: PostgresServer, url: str) -> None:
    """Every connection is cut over and over while four write; each acknowledged write is there once."""
    memories = [opened(f"node{number % 2}") for number in range(WRITERS)]
    turns = [threading.Semaphore(0) for _ in range(NOTES)]

    def write(number: int) -> None:
        for note in range(NOTES):
            for _ in range(100):
                with suppress(UnreachableError, BusyError):
                    memories[number].retain(f"Note {note} of {number}.", ref=f"{number}:{note}", key=f"{number}:{note}")
                    break
            turns[note].release()

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, number) for number in range(WRITERS)]
        for turn in turns:
            assert turn.acquire(timeout=30)
            server.cut(url)
        for one in writing:
            one.result()
    assert refs(memories[0]) == {f"{number}:{note}": 1 for number in range(WRITERS) for note in range(NOTES)}
    assert [memory.verify().problems for memory in memories] == [()] * WRITERS


_WRITER = """
import sys
from dataclasses import replace
from ricordo import BusyError, Memory, UnreachableError
from ricordo.config import resolve
settings = replace(resolve(), followers=sys.argv[2], background=False)
memory = Memory.open(sys.argv[1], space="team", embedder=None, settings=settings)
number = 0
while True:
    ref = f"{sys.argv[3]}:{number}"
    try:
        memory.retain(f"Note {ref}: rain and tea.", ref=ref, key=ref)
    except (BusyError, UnreachableError):
        continue
    print(ref, flush=True)
    number += 1
"""


def test_a_stopped_server_loses_nothing_acknowledged(
    opened: Open, server: PostgresServer, url: str, tmp_path: Path
) -> None:
    """Stopped at once and started again under four writers: what they were told of is there, once, and sound."""
    if not server.own:
        pytest.skip("a server that was given is not stopped")
    memory = opened()
    environment = {"PYTHONPATH": str(Path(ricordo.__file__).parents[1])}
    acknowledged: list[str] = []
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _WRITER, url, str(tmp_path / f"node{number % 2}"), str(number)],
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            )
            for number in range(WRITERS)
        ]
        try:
            for _ in range(STOPS):
                acknowledged += heard(writers, 8)
                server.halt()
                server.start()
            acknowledged += heard(writers, 3)
        finally:
            for writer in writers:
                writer.kill()
        for writer in writers:
            assert writer.stdout is not None
            acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    found = refs(memory)
    assert set(acknowledged) <= set(found)
    assert set(found.values()) == {1}
    assert memory.verify().ok
    assert opened("node0").verify().ok


def heard(writers: list[subprocess.Popen[str]], lines: int) -> list[str]:
    """Return the next lines of each writer."""
    told = [writer.stdout.readline() for writer in writers if writer.stdout for _ in range(lines)]
    assert all(told), "a writer ended"
    return [line.strip() for line in told]


def test_a_commit_is_durable_whatever_the_defaults(server: PostgresServer, url: str, opened: Open) -> None:
    """A database that acknowledges before it has synced is told to sync for commits of a memory."""
    server.run(f'ALTER DATABASE "{urlsplit(url).path[1:]}" SET synchronous_commit = off')
    store = opened()._engine.store
    assert isinstance(store, PostgresStore)

    def asked(_: object) -> object:
        assert store._mine.connection is not None
        return store._mine.connection.execute("SHOW synchronous_commit").fetchone()

    assert store.transact(asked) == ("on",)
