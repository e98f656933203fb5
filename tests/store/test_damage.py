"""`verify` finds damage: altered rows of every table, flipped bytes of the file, a cut tail."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from ricordo import Memory, StoreError, Verification
from ricordo.testing import FixedClock
from ricordo.testing.operations import START

FLIPS = 60


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small space with something in every table, closed and whole."""
    folder = tmp_path_factory.mktemp("sound") / "space"
    with _opened(folder) as memory:
        home = {"subject": "Ada", "attribute": "home", "scope": "team"}
        memory.retain("Ada lives in Porto.", **home, value="Porto", valid_from="2026-01-01", ref="D1")
        memory.retain("Ada lives in Lisbon.", **home, value="Lisbon", valid_from="2026-04-01", key="k1")
        tea = memory.retain("Bob likes green tea.", speaker="Ada", kind="preference", name="Green Tea", aliases=["tea"])
        memory.retain(
            "bob really likes green tea", speaker="Ada", kind="preference", ref="D3", at="2026-04-30T10:00:00Z"
        )
        memory.undo(memory.retain("Bob likes green tea!", speaker="Ada", kind="preference", ref="D4").event)
        memory.retain("We met on 3 May 2026 in the office.", title="Meeting", metadata={"team": "web"}, session="s1")
        memory.update(tea.record.id, why="he told us so", reason="asked")
        memory.feedback([tea.record.id], "helped")
        memory.forget(memory.retain("This is wrong, forget it.").record.id, reason="wrong")
        memory.erase(memory.retain("Erase me, please.").record.id)
        memory.feedback([tea.record.id], "used")
        assert memory.verify().ok
    return folder


def _opened(folder: Path) -> Memory:
    return Memory.open(folder, embedder=None, clock=FixedClock(START, step=timedelta(seconds=1)))


def _copied(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "space"))


def _altered(folder: Path, sql: str) -> Verification:
    """Run raw SQL on a closed space, and verify it."""
    db = apsw.Connection(str(folder / "memory.db"))
    db.execute(sql)
    assert db.total_changes()
    db.close()
    with _opened(folder) as memory:
        return memory.verify()


#: What is done to the file, and the first bad seq that `verify` must name (None: no seq is to blame).
DAMAGE: dict[str, tuple[str, int | None]] = {
    "event.hash": ("UPDATE event SET hash = zeroblob(32) WHERE seq = 3", 3),
    "event.at": ("UPDATE event SET at = at + 1 WHERE seq = 4", 4),
    "event.op": ("UPDATE event SET op = 'forget' WHERE seq = 2", 2),
    "event.targets": ("UPDATE event SET targets = replace(targets, ',1,', ',2,') WHERE seq = 1", 1),
    "event.targets shape": ("UPDATE event SET targets = '[[1]]' WHERE seq = 5", 5),
    "event.targets text": ("UPDATE event SET targets = 'x' WHERE seq = 5", 5),
    "event gone": ("DELETE FROM event WHERE seq = 5", 5),
    "payload.body": ("UPDATE payload SET body = replace(body, 'Porto', 'Faro!') WHERE pid >> 20 = 1", 1),
    "payload.body text": ("UPDATE payload SET body = 'x' WHERE pid >> 20 = 6", 6),
    "payload.salt": ("UPDATE payload SET salt = zeroblob(16) WHERE pid >> 20 = 7", 7),
    "payload.rid": ("UPDATE payload SET rid = rid + 1 WHERE pid >> 20 = 8", 8),
    "payload emptied": ("UPDATE payload SET salt = NULL, body = NULL WHERE pid >> 20 = 4", 4),
    "payload gone": ("DELETE FROM payload WHERE pid >> 20 = 9", 9),
    "record.state": ("UPDATE record SET state = replace(state, 'Lisbon', 'Paris!') WHERE born = 2", 2),
    "record.state text": ("UPDATE record SET state = 'x' WHERE born = 7", 7),
    "record.scope": ("UPDATE record SET scope = 'other' WHERE born = 3", 3),
    "record.kind": ("UPDATE record SET kind = 'fact' WHERE born = 3", 3),
    "record.status": ("UPDATE record SET status = 'archived' WHERE born = 7", 7),
    "record.said_at": ("UPDATE record SET said_at = said_at + 1 WHERE born = 7", 7),
    "record.recorded_at": ("UPDATE record SET recorded_at = recorded_at + 1 WHERE born = 7", 7),
    "record.speaker": ("UPDATE record SET speaker = 'Bob' WHERE born = 3", 3),
    "record.session": ("UPDATE record SET session = 's2' WHERE born = 7", 7),
    "record.size": ("UPDATE record SET size = size + 1 WHERE born = 7", 7),
    "record.expires_at": ("UPDATE record SET expires_at = 1 WHERE born = 7", 7),
    "record.valid_from": ("UPDATE record SET valid_from = NULL WHERE born = 1", 1),
    "record.pinned": ("UPDATE record SET pinned = 1 WHERE born = 7", 7),
    "record.died": ("UPDATE record SET died = 3 WHERE born = 1", 1),
    "record.born": ("UPDATE record SET born = 4 WHERE born = 3", 3),
    "record.version": ("UPDATE record SET version = 9 WHERE born = 3", 3),
    "record.rid": ("UPDATE record SET rid = 1 WHERE born = 7", None),
    "record.first": ("UPDATE record SET first = 1 WHERE born = 8", None),
    "record gone": ("DELETE FROM record WHERE born = 7", 7),
    "evidence.body": ("UPDATE evidence SET body = replace(body, 'D3', 'D9') WHERE seq = 4", 4),
    "evidence.withdrawn": ("UPDATE evidence SET withdrawn = NULL WHERE seq = 5", 6),
    "evidence withdrawn": ("UPDATE evidence SET withdrawn = 99 WHERE seq = 4", None),
    "evidence gone": ("DELETE FROM evidence WHERE seq = 4", 4),
    "evidence made up": ("INSERT INTO evidence SELECT rid, 7, body, NULL FROM evidence WHERE seq = 4", None),
    "usage.counts": ("""UPDATE usage SET counts = '{"helped":2,"used":1}'""", None),
    "usage gone": ("DELETE FROM usage", None),
    "key.digest": ("UPDATE key SET digest = zeroblob(16) WHERE seq = 2", 2),
    "key.seq": ("UPDATE key SET seq = 1 WHERE seq = 2", 2),
    "key.rid": ("UPDATE key SET rid = 1 WHERE seq = 2", 2),
    "key made up": ("INSERT INTO key VALUES (zeroblob(16), 1, 1)", None),
    "slot.key": ("UPDATE slot SET key = zeroblob(12) WHERE vid = 2", 2),
    "slot gone": ("DELETE FROM slot WHERE vid = 2", 2),
    "slot.value": ("UPDATE slot SET value = zeroblob(12) WHERE vid = 2", 2),
    "slot.begin": ("UPDATE slot SET begin = begin + 1 WHERE vid = 2", 2),
    "slot astray": ("INSERT INTO slot VALUES (zeroblob(12), 1, 0, zeroblob(12), 99)", None),
    "twin.key": ("UPDATE twin SET key = zeroblob(12) WHERE vid = (SELECT vid FROM record WHERE born = 8)", 8),
    "twin gone": ("DELETE FROM twin WHERE vid = (SELECT vid FROM record WHERE born = 8)", 8),
    "name.key": ("UPDATE name SET key = 'coffee' WHERE key = 'tea' AND live", 8),
    "name.live": ("UPDATE name SET live = 0 WHERE key = 'tea' AND live", 8),
    "name.role": ("UPDATE name SET role = 'name' WHERE key = 'tea' AND live", 8),
    "name.subject": ("UPDATE name SET subject = 'x' WHERE key = 'tea' AND live", 8),
    "name.prefix": ("UPDATE name SET prefix = 'co' WHERE key = 'tea' AND live", 8),
    "name gone": ("DELETE FROM name WHERE key = 'green tea' AND NOT live", 3),
    "name astray": ("INSERT INTO name VALUES ('x', 'a', 99, 'name', 1, 'x', NULL)", None),
    "time.begin": ("UPDATE time SET begin = begin + 1", 7),
    "time.finish": ("UPDATE time SET finish = finish + 1", 7),
    "time.width": ("UPDATE time SET width = width + 1", 7),
    "time.live": ("UPDATE time SET live = 0", 7),
    "time gone": ("DELETE FROM time", 7),
    "lexical gone": ("DELETE FROM lexical WHERE rowid = 2", 2),
    "lexical twice": ("INSERT INTO lexical (rowid, body, labels) VALUES (1, 'ada', 'x')", 1),
    "lexical astray": ("INSERT INTO lexical (rowid, body, labels) VALUES (99, 'ada', 'x')", None),
    "lexical other": ("INSERT OR REPLACE INTO lexical (rowid, body, labels) VALUES (2, 'faro', 'x')", 2),
    "lexical data": ("UPDATE lexical_data SET block = zeroblob(length(block)) WHERE id > 10", None),
    "lexical_past gone": ("DELETE FROM lexical_past WHERE rowid = 1", 1),
    "lexical_past data": ("UPDATE lexical_past_data SET block = zeroblob(length(block)) WHERE id > 10", None),
}


@pytest.mark.parametrize("what", sorted(DAMAGE))
def test_an_altered_row_is_found(what: str, sound: Path, tmp_path: Path) -> None:
    """One altered row of any table makes `verify` fail, and it names the event whose traces are wrong."""
    sql, first_bad = DAMAGE[what]
    report = _altered(_copied(sound, tmp_path), sql)
    assert not report.ok
    assert report.problems
    if first_bad is not None:
        assert report.first_bad == first_bad


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_cut_tail_is_found(cut: int, sound: Path, tmp_path: Path) -> None:
    """Events taken off the end, with their payloads, leave traces that no longer belong to the log."""
    folder = _copied(sound, tmp_path)
    sql = f"DELETE FROM payload WHERE pid >> 20 > (SELECT max(seq) FROM event) - {cut};"
    assert not _altered(folder, sql + f"DELETE FROM event WHERE seq > (SELECT max(seq) FROM event) - {cut}").ok


def test_flipped_bytes_of_stored_text_are_found(sound: Path, tmp_path: Path) -> None:
    """A flipped byte of the text of a payload or a record is never passed over in silence."""
    whole = (sound / "memory.db").read_bytes()
    draw = random.Random(4)
    places = draw.sample(sorted(_places_of_text(sound, whole)), FLIPS)
    folder = _copied(sound, tmp_path)
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        (folder / "memory.db").write_bytes(flipped)
        assert not _passes(folder), f"byte {place} was flipped and nothing said so"
        for left in folder.glob("memory.db-*"):
            left.unlink()


def test_reads_of_damaged_text_say_so(sound: Path, tmp_path: Path) -> None:
    """A read that meets text which is no longer JSON raises an error of ours, not a decoder's."""
    folder = _copied(sound, tmp_path)
    _altered(folder, "UPDATE record SET state = 'x' WHERE born = 7")
    with _opened(folder) as memory, pytest.raises(StoreError, match=r"memory\.db.*restore"):
        memory.list()


def _passes(folder: Path) -> bool:
    try:
        with _opened(folder) as memory:
            return memory.verify().ok
    except StoreError:
        return False


def _places_of_text(sound: Path, whole: bytes) -> set[int]:
    """Return where the file holds the text of payloads and record states."""
    db = apsw.Connection(str(sound / "memory.db"), flags=apsw.SQLITE_OPEN_READONLY)
    texts = [str(text) for (text,) in db.execute("SELECT body FROM payload UNION ALL SELECT state FROM record")]
    db.close()
    places: set[int] = set()
    for text in texts:
        at = whole.find(text.encode())
        if len(text) > 2 and at >= 0:
            places.update(range(at, at + len(text.encode())))
    return places
