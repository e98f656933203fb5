"""Followers: bounded, never removed while open, made anew where they can't be right, and taken up where they were."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

import ricordo
from ricordo import CorruptError, Memory, StoreError, UnreachableError
from ricordo.store import postgres
from ricordo.store.followers import Followers
from ricordo.testing.operations import Operations
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]


def told(memory: Memory) -> list[bytes]:
    with memory._engine.store.read() as snapshot:
        return list(snapshot.dump())


def file_of(node: Path) -> Path:
    (found,) = node.glob("*/space/memory.db")
    return found


def test_the_least_recently_used_go(tmp_path: Path) -> None:
    """Past the bounds those that were left longest ago are removed, and none that is open anywhere."""
    followers = Followers(tmp_path, most=2)
    places = [followers.take(name) for name in ("one", "two", "three")]
    for place in places:
        place.space.mkdir()
        (place.space / "file").write_bytes(b"x" * 1000)
    assert followers.trim() == []
    for age, place in enumerate(places):
        place.leave()
        os.utime(place.home / "lock", (age, age))
    again = followers.take("one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "three"]
    assert Followers(tmp_path, most_bytes=1500).trim() == [tmp_path / "three"]
    assert Followers(tmp_path, most_bytes=1).trim() == []
    again.leave()
    assert Followers(tmp_path, most_bytes=1).trim() == [tmp_path / "one"]


def test_memories_keep_within_the_bounds(opened: Open, tmp_path: Path) -> None:
    """Opening more spaces than there may be followers removes the oldest; the space is there all the same."""
    for name in ("one", "two", "three"):
        memory = opened(space=name, settings={"max_followers": 1})
        memory.retain(f"In {name}.")
        memory.close()
    assert len(list((tmp_path / "a").iterdir())) == 1
    assert opened(space="one").list().records[0].content == "In one."


@pytest.mark.parametrize("damage", ["header", "middle", "schema", "cut"])
def test_a_damaged_follower_is_made_anew(opened: Open, tmp_path: Path, damage: str) -> None:
    """Whatever became of the file, the space reads as before; also where it shows in the middle of the work."""
    memory = opened()
    Operations(seed=3).apply(memory, 120)
    before = told(memory)
    memory.close()
    file = file_of(tmp_path / "a")
    if damage == "schema":
        db = apsw.Connection(str(file))
        db.pragma("user_version", 999)
        db.close()
    else:
        raw = bytearray(file.read_bytes())
        spots = {"header": range(50), "middle": range(4096, len(raw) - 4096), "cut": range(0)}[damage]
        raw[spots.start : spots.stop] = b"\xa5" * len(spots)
        file.write_bytes(raw[: len(raw) // 2] if damage == "cut" else raw)
    again = opened()
    for _ in range(3):  # the first reads may find the damage
        try:
            assert told(again) == before
            break
        except CorruptError:
            continue
    assert again.retain("And it goes on.").record.content == "And it goes on."
    assert len(told(again)) > len(before)
    assert again.verify().ok


def test_a_write_mends_the_follower_itself(opened: Open, tmp_path: Path) -> None:
    """A write that meets a damaged follower gets a new one and is done."""
    memory = opened()
    Operations(seed=3).apply(memory, 120)
    memory.close()
    file = file_of(tmp_path / "a")
    raw = bytearray(file.read_bytes())
    raw[4096:-4096] = b"\xa5" * (len(raw) - 8192)
    again = opened()
    file.write_bytes(raw)
    assert again.retain("Written.", ref="D1").action == "added"
    assert again.verify().ok


def test_a_follower_damaged_while_the_server_is_away(opened: Open, server: PostgresServer, tmp_path: Path) -> None:
    """It is made anew when the server is back; until then every call says that the server can't be reached."""
    if not server.own:
        pytest.skip("a server that was given is not stopped")
    memory = opened(settings={"busy_deadline_s": 0.2})
    memory.retain("Kept.")
    store = memory._engine.store
    assert isinstance(store, postgres.PostgresStore)
    store._damaged = store._follower  # as a read notes it
    server.halt()
    try:
        for _ in range(2):
            with pytest.raises(UnreachableError):
                store._current()
    finally:
        server.start()
    assert told(memory)
    assert memory.retain("And it goes on.").action == "added"
    assert memory.verify().ok


def test_a_follower_whose_folder_went_is_no_damage(opened: Open, tmp_path: Path) -> None:
    """Where someone removes the folder, reads and writes go on, and a check makes it anew instead of complaining."""
    memory = opened()
    memory.retain("Kept.")
    shutil.rmtree(file_of(tmp_path / "a").parent)
    assert memory.retain("Written.").action == "added"
    assert memory.verify().ok
    assert file_of(tmp_path / "a").exists()
    assert memory.stats().records == 2


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        ("DELETE FROM ricordo_event WHERE seq > 3", "lacks event 4"),
        ("UPDATE ricordo_event SET targets = 'not json' WHERE seq = 4", "can't be read at event 4"),
        ("UPDATE ricordo_payload SET body = '{' WHERE seq = 4", "can't be read at event 4"),
        ("UPDATE ricordo_payload SET body = '{}' WHERE seq = 4", "damaged at event 4"),
    ],
)
def test_a_damaged_log_is_told_and_not_written_over(
    opened: Open, server: PostgresServer, url: str, damage: str, where: str
) -> None:
    """Neither reads nor writes go on from it on a new follower, and a check names the event on every one."""
    memory = opened()
    for number in range(5):
        memory.retain(f"Note {number}.", ref=f"D{number}")
    server.run(damage, url)
    fresh = opened("b")
    for _ in range(2):
        with pytest.raises(CorruptError, match=where):
            fresh.list()
        with pytest.raises(CorruptError, match=where):
            fresh.retain("Over it.")
    for one in (memory, fresh):
        assert (one.verify().ok, one.verify().first_bad) == (False, 4)
    assert server.run("SELECT seq FROM ricordo_space", url) == [(5,)]


def test_another_past_is_not_mixed_in(opened: Open, server: PostgresServer, url: str) -> None:
    """A database put back to an earlier state: who has read on refuses, who opens anew reads what is there now."""
    memory = opened()
    memory.retain("Kept.")
    saved = {table: server.run(f"SELECT * FROM ricordo_{table}", url) for table in ("space", "event", "payload")}
    memory.retain("Lost with the disk.")
    seq = saved["space"][0][5]
    server.run(
        f"DELETE FROM ricordo_payload WHERE seq > {seq}; DELETE FROM ricordo_event WHERE seq > {seq};"
        f"UPDATE ricordo_space SET seq = {seq}, hash = (SELECT hash FROM ricordo_event WHERE seq = {seq})",
        url,
    )
    for attempt in (lambda: memory.list(), lambda: memory.retain("Refused.")):
        with pytest.raises(StoreError, match="open the memory again"):
            attempt()
    again = opened()
    assert [record.content for record in again.list().records] == ["Kept."]
    again.retain("Another past.")
    again.retain("Longer than the first.")
    with pytest.raises(StoreError, match="open the memory again"):
        memory.list()
    assert again.verify().ok


def test_far_behind_is_caught_up_page_by_page(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer whose follower is far behind takes the log in first, without holding up the others."""
    one = opened("a")
    Operations(seed=5).apply(one, 300)
    monkeypatch.setattr(postgres, "PAGE", 40)
    monkeypatch.setattr(postgres, "_FAR", 5)
    other = opened("b")
    other.retain("From far behind.")
    assert told(one) == told(other)


_CATCHING = """
import os, signal, sys
from dataclasses import replace
from ricordo import Memory
from ricordo.config import resolve
from ricordo.store import postgres
postgres.PAGE = 25
pages = 0
adopt_all = postgres.PostgresStore._adopt_all
def counted(self, transaction, page):
    global pages
    adopt_all(self, transaction, page)
    pages += 1
    if pages == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
postgres.PostgresStore._adopt_all = counted
settings = replace(resolve(), followers=sys.argv[2], background=False)
Memory.open(sys.argv[1], space="team", embedder=None, settings=settings).list()
"""


def test_a_follower_killed_while_catching_up_goes_on(opened: Open, url: str, tmp_path: Path) -> None:
    """Killed in the middle of page after page, it keeps what it had and ends up the same."""
    memory = opened("a")
    Operations(seed=11).apply(memory, 400)
    environment = {"PYTHONPATH": str(Path(ricordo.__file__).parents[1])}
    reached = []
    for pages in (1, 2, 3):
        command = [sys.executable, "-c", _CATCHING, url, str(tmp_path / "b"), str(pages)]
        done = subprocess.run(command, env=environment, check=False, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        db = apsw.Connection(str(file_of(tmp_path / "b")))
        reached.append(db.execute("SELECT max(seq) FROM event").get or 0)
        db.close()
    assert reached == [0, 25, 75]  # the page at hand is lost, those before it stay
    other = opened("b")
    assert told(other) == told(memory)
    assert other.verify().ok


def test_a_damaged_log_is_told_and_not_taken_in(opened: Open, server: PostgresServer, url: str) -> None:
    """What was changed in the database by hand is found by `verify`, and by a follower that takes it in."""
    memory = opened()
    for number in range(5):
        memory.retain(f"Note {number}.", ref=f"D{number}")
    changes = {
        "UPDATE ricordo_event SET op = 'update' WHERE seq = 4": "header",
        "UPDATE ricordo_payload SET body = replace(body, 'Note 2', 'Note 9') WHERE seq = 3": "payload",
        "DELETE FROM ricordo_event WHERE seq = 2": "lacks event 2",
    }
    for sql, problem in changes.items():
        server.run(sql, url)
        found = memory.verify()
        assert not found.ok
        assert problem in found.problems[0]
        with pytest.raises(CorruptError, match=problem):
            opened(f"new-{problem}").list()
