"""Copies between engines: the same space in another place, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ricordo import InvalidInputError, Memory, StoreError, UnreachableError
from ricordo.cli import main
from ricordo.config import resolve
from ricordo.store import Server, new_store
from ricordo.store import copy as copying
from ricordo.store.base import Event, Snapshot
from ricordo.testing import HashingEmbedder
from ricordo.testing.operations import INDEX, Operations
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]


def proof(memory: Memory) -> copying.Proof:
    with memory._engine.store.read() as snapshot:
        return copying.prove(snapshot)


def at(url: str, space: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}space={space}"


def test_there_and_back_is_the_same(opened: Open, url: str, tmp_path: Path) -> None:
    """From a directory into a database, into another space of it, and back into a directory: one space, sound."""
    embedder = HashingEmbedder()
    settings = replace(resolve(), followers=str(tmp_path / "a"))
    with Memory.open(tmp_path / "first", embedder=embedder, settings=settings) as memory:
        Operations(seed=21).apply(memory, 200)
        memory.embed()
        id = memory.retain("The violet note.").record.id
        memory.erase(id)
        first = memory.copy_to(url, space="one")
        expected = proof(memory)
        identity = (memory._engine.store.space_id, memory._engine.store.secret)
    assert (first.seq, first.hash, first.followers) == (expected.seq, expected.hash, (embedder.model_id,))
    assert first.recalls >= 15
    one = opened(space="one", embedder=embedder)
    assert one.verify().ok
    one.copy_to(at(url, "two"))
    two = opened(space="two", embedder=embedder)
    two.copy_to(tmp_path / "last")
    with Memory.open(tmp_path / "last", embedder=embedder, settings=settings) as last:
        for memory in (one, two, last):
            assert proof(memory) == expected
            assert (memory._engine.store.space_id, memory._engine.store.secret) == identity
            assert memory.verify().ok
    one.retain("Both go on by themselves.")
    assert two.stats().seq == one.stats().seq - 1


def test_a_place_that_is_taken_is_refused(opened: Open, url: str, tmp_path: Path) -> None:
    """A space that holds anything is not overwritten, and stays as it was."""
    memory = opened(space="one")
    memory.retain("Mine.")
    other = opened(space="other")
    other.retain("Theirs.")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    for place in (at(url, "other"), tmp_path / "taken"):
        with pytest.raises(InvalidInputError, match="empty"):
            memory.copy_to(place)
    assert [record.content for record in other.list().records] == ["Theirs."]


def test_nothing_is_left_of_a_copy_that_fails(
    opened: Open, url: str, tmp_path: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log breaks off, or the copy proves to differ, neither rows nor folders stay."""
    memory = opened(space="one")
    for number in range(5):
        memory.retain(f"Note {number}.", ref=f"D{number}")
    store = memory._engine.store

    def broken(snapshot: Snapshot) -> Iterator[Event]:
        yield next(snapshot.events())
        raise StoreError("on purpose")

    def cut() -> None:
        with store.read() as snapshot, new_store(at(url, "two"), INDEX, server=Server(tmp_path / "a")) as target:
            target.load(broken(snapshot), store.space_id, store.secret)

    with pytest.raises(StoreError, match="on purpose"):
        cut()

    def lost(snapshot: Snapshot) -> Iterator[Event]:
        yield next(snapshot.events())
        server.cut(url)
        yield from snapshot.events(1)

    def off() -> None:
        with store.read() as snapshot, new_store(at(url, "two"), INDEX, server=Server(tmp_path / "a")) as target:
            target.load(lost(snapshot), store.space_id, store.secret)

    with pytest.raises(UnreachableError):
        off()
    proofs = iter([proof(memory), proof(memory)._replace(records="other")] * 2)
    monkeypatch.setattr(copying, "prove", lambda _: next(proofs))
    for place in (at(url, "two"), tmp_path / "two"):
        with pytest.raises(StoreError, match="differs from the space in records"):
            memory.copy_to(place)
    assert not (tmp_path / "two").exists()
    for table in ("space", "event", "payload"):
        assert server.run(f"SELECT DISTINCT space FROM ricordo_{table}", url) == [("one",)]


def test_what_others_wrote_is_not_taken_back(opened: Open, url: str, tmp_path: Path, server: PostgresServer) -> None:
    """Where someone else fills the destination first, the copy is refused, and what they were told of stays."""
    memory = opened(space="one")
    memory.retain("Mine.")
    store, others = memory._engine.store, opened("b", space="two")

    def late() -> None:
        with store.read() as snapshot, new_store(at(url, "two"), INDEX, server=Server(tmp_path / "a")) as target:
            others.retain("Theirs.")
            target.load(snapshot.events(), store.space_id, store.secret)

    def early() -> None:
        with store.read() as snapshot, new_store(at(url, "three"), INDEX, server=Server(tmp_path / "a")) as target:
            target.load(snapshot.events(), store.space_id, store.secret)
            opened("b", space="three").retain("Theirs.")
            raise StoreError("on purpose")

    with pytest.raises(InvalidInputError, match="empty"):
        late()
    with pytest.raises(StoreError, match="on purpose"):
        early()
    assert [record.content for record in opened("c", space="two").list().records] == ["Theirs."]
    assert {record.content for record in opened("c", space="three").list().records} == {"Mine.", "Theirs."}


def test_an_archive_is_restored_into_a_database(opened: Open, url: str, tmp_path: Path) -> None:
    """What `export` wrote becomes a space of a database."""
    memory = opened(space="one")
    Operations(seed=4).apply(memory, 60)
    archive = memory.export(tmp_path / "archive")
    settings = replace(resolve(), followers=str(tmp_path / "a"))
    with Memory.restore(archive, url, space="two", embedder=None, settings=settings) as restored:
        assert proof(restored) == proof(memory)
    with pytest.raises(InvalidInputError, match="empty"):
        Memory.restore(archive, url, space="two", embedder=None, settings=settings)


def test_the_command_line_migrates(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ricordo migrate` prints what was copied and compared; `--space` takes the URL of a space."""
    monkeypatch.setenv("RICORDO_FOLLOWERS", str(tmp_path / "followers"))
    monkeypatch.setenv("RICORDO_EMBEDDER", "none")
    run = CliRunner()
    source, there = str(tmp_path / "space"), at(url, "team")
    assert run.invoke(main, ["--space", source, "retain", "The tide is high."], standalone_mode=False).exit_code == 0
    done = run.invoke(main, ["migrate", source, there], standalone_mode=False)
    assert "1 events, 1 record versions, 1 records that can be recalled" in done.stdout
    assert "1 recalls" in done.stdout
    for command in (["recall", "the tide"], ["stats"], ["verify"], ["doctor"]):
        told = run.invoke(main, ["--space", there, *command], standalone_mode=False)
        assert told.exit_code == 0, told.output
    assert "The tide is high." in run.invoke(main, ["--space", there, "list"], standalone_mode=False).stdout
