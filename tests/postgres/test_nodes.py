"""Several servers on one database: what one acknowledged, the next read of another sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ricordo import InvalidInputError, Memory, NotFoundError, Settings, UnreachableError
from ricordo.store.postgres import PostgresStore
from ricordo.testing import HashingEmbedder
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]


def told(memory: Memory) -> list[bytes]:
    with memory._engine.store.read() as snapshot:
        return list(snapshot.dump())


def test_what_one_acknowledged_the_other_reads(opened: Open) -> None:
    """Two nodes, and two processes' worth of handles on one node, write in turns; each read sees every write."""
    nodes = [opened("a"), opened("b"), opened("b")]
    for number in range(12):
        verdict = nodes[number % 3].retain(f"Note {number} is about the tide.", ref=f"D{number}")
        for node in nodes:
            assert node.get(verdict.record.id).content == verdict.record.content
            assert len(node.recall("the tide", k=50)) == number + 1
    assert told(nodes[0]) == told(nodes[1]) == told(nodes[2])
    assert [node.verify().problems for node in nodes] == [(), (), ()]


def test_vectors_and_marks_are_shared(opened: Open) -> None:
    """A vector that one node made is found by another, which has nothing left to embed; an erasure takes it away."""
    one, other = opened("a", embedder=HashingEmbedder()), opened("b", embedder=HashingEmbedder())
    ids = [one.retain(f"Number {number}: rain and tea.").record.id for number in range(20)]
    assert one.embed() == 20
    assert other.embed() == 0
    with one._engine.store.read() as mine, other._engine.store.read() as theirs:
        model = HashingEmbedder().model_id
        assert list(mine.embedded(model, 0)) == list(theirs.embedded(model, 0))
        assert mine.followed(model) == theirs.followed(model) == (20, 20)
    other.erase(ids[3])
    for node in (one, other):
        with node._engine.store.read() as snapshot:
            assert set(snapshot.vectors_of(model, range(1, 30))) == {*range(1, 21)} - {4}
    one.reindex()
    with other._engine.store.read() as snapshot:
        assert snapshot.vectors_of(model, range(1, 30)) == {}
    assert other.embed() == 20
    assert one.embed() == 0


def test_spaces_of_one_database_are_apart(opened: Open) -> None:
    """A space is what its name says, in the call or in the URL."""
    one, other = opened(space="one"), opened(space="other")
    one.retain("Only here.")
    assert one.stats().records == 1
    assert other.stats().records == 0


def test_there_must_be_a_space(opened: Open, url: str, tmp_path: Path) -> None:
    """Without `create` nothing is made; a name breaks no rule; a directory has no name."""
    with pytest.raises(NotFoundError, match="no space"):
        opened(create=False)
    opened(space="there").close()
    with pytest.raises(NotFoundError, match="no space"):
        opened(space="elsewhere", create=False)
    for name in ("", "x" * 201, "a\x00b", "a\nb"):
        with pytest.raises(InvalidInputError, match="space"):
            opened(space=name)
    with pytest.raises(InvalidInputError, match="space"):
        Memory.open(tmp_path / "space", space="team")


def test_an_open_memory_tells_no_password(server: PostgresServer, url: str, opened: Open) -> None:
    """What is open shows its database, and no password."""
    with server.role(url, "GRANT CREATE ON SCHEMA public TO {role}") as plain:
        memory = opened(at=plain)
        secret = urlsplit(plain).password or ""
        store = memory._engine.store
        assert isinstance(store, PostgresStore)
        assert len(secret) == 16
        assert secret not in f"{memory._engine!r} {store.address!r} {vars(store)!r} {memory.stats()!r}"
        memory.close()


def test_no_message_holds_the_password(tmp_path: Path) -> None:
    """Neither errors nor the settings show the password of a URL, whatever is wrong with it."""
    secret = "hunter2hunter2"
    urls = [
        f"postgresql://ada:{secret}@127.0.0.1:1/db",
        f"postgresql://127.0.0.1:1/db?user=ada&password={secret}",
        f"postgresql://ada:at@{secret}@127.0.0.1:1/db",
        f"postgresql://ada:slash/{secret}@127.0.0.1:1/db",
        f"postgresql://ada:{secret}#x@127.0.0.1:1/db",
        f"postgresql://ada:{secret}@[::1/db",
        f"postgresql://ada:{secret}@127.0.0.1:port/db",
        f"postgresql://ada@127.0.0.1:1/db?{secret}=1",
        f"mysql://ada:{secret}@127.0.0.1:1/db",
    ]
    for url in urls:
        assert secret not in repr(Settings(path=url)), url
        with pytest.raises((UnreachableError, InvalidInputError)) as caught:
            Memory.open(url, embedder=None)
        error: BaseException | None = caught.value
        while error is not None:
            assert secret not in f"{error} {error!r}", url
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_seq_can_be_waited_for(opened: Open) -> None:
    """An event that another server wrote is there at once; one that nobody wrote is told to be missing."""
    one, other = opened("a"), opened("b")
    seq = one.retain("The tide is high.").event
    assert other.wait_for(seq, timeout_s=0) == seq
    with pytest.raises(NotFoundError, match="event 9 is not there; the last one is 1"):
        other.wait_for(9, timeout_s=0)
    with pytest.raises(InvalidInputError, match="seq"):
        other.wait_for(0)


def test_the_background_follows(opened: Open) -> None:
    """With a background thread a follower takes in what others write before anyone reads."""
    writer = opened("a")
    reader = opened("b", settings={"background": True, "follow_seconds": 0.01})
    for number in range(3):
        writer.retain(f"Note {number}.", ref=f"D{number}")
    follower = reader._engine.store._follower  # type: ignore[attr-defined]
    reached = threading.Event()

    def look() -> None:
        while not reached.is_set():
            with follower.read() as snapshot:
                if snapshot.head() == 3:
                    reached.set()

    threading.Thread(target=look, daemon=True).start()
    assert reached.wait(20)
    assert reader.stats().faults == {}
