"""The schema only grows: shipped steps never change, data survives a step, a failed step leaves all as it was."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import apsw
import pytest

from ricordo import Memory
from ricordo.errors import SchemaError
from ricordo.store.migrations import APPLICATION_ID, STEPS, migrate
from ricordo.testing import FixedClock

#: Names and digests of the steps in the order they shipped. Add a line for a new step; never change one.
SHIPPED = (
    ("initial", "17faafecc4d43c7389566554cabfb1cdcc7f7acf4e5798dbaf4e8890d0cdb25c"),
    ("reading", "36334011a94228f1153c5a3450b9d5fcbf90c8cbeef261b9b81fe9fc8a9dc42d"),
    ("names", "18ccbce284bb121747f7768506b494dda862baa93ad4b31bae5308461e7a3959"),
    ("asking", "16d0a8077c72033e3e01cdc96166d712d5481f852c5fa58a2671dbdf379ac09b"),
    ("subjects", "60e5a1515c84b298aa4422954b47ab893065ecd083d07de3264bf3786893cb3f"),
    ("links", "07817be4947c93d19231ce965f62a44933f900d8c5e1ca7fd2116bfd61706054"),
    ("slots", "5d8f0d08b2686b8b5289beeae36eef7a4440f6858477a2c8e323e20dc142d59e"),
    ("witnesses", "8384a66cf2107b4efd78163b24b8f166419577f714833bcad1c8417bf89eee27"),
    ("said", "b51785586f66481e330d93d512be055b82948dbf38606f5a5e64e93b34ef19fb"),
    ("profiles", "4ef1b70dc922643c8b224d9cba454a8c6d29ba5dcdf63e4677562496f9ec8d27"),
    ("totals", "ed7ce3cd14808c8f09c39d5f05cf0b8f3beeebfbb3315b394f192ed2484106cd"),
    ("places", "eee87b871900283e18419bd66030adac642676014f78ffc8e6bcf5b410349911"),
    ("handles", "0a4eca44c1dc390f4e790f4f428df87c808221342a00a0afb7ce36a5161654c0"),
    ("disputes", "b68c3f6b00b71334c714a6085d1c503d8b6aa358fc6819d1999b1593f5c4a4d8"),
)

EXTRA = ("extra", "CREATE TABLE extra (name TEXT) STRICT; INSERT INTO extra VALUES ('here');")
BROKEN = ("broken", "CREATE TABLE broken (name TEXT) STRICT; INSERT INTO nowhere VALUES (1);")


@pytest.fixture
def oldest(tmp_path: Path) -> Path:
    """A space with data, as the first schema wrote it: 20 records and an erased one."""
    packed = Path(__file__).with_name("data") / "initial.db.gz"
    (tmp_path / "memory.db").write_bytes(gzip.decompress(packed.read_bytes()))
    return tmp_path


def _migrated(folder: Path, steps: tuple[tuple[str, str], ...]) -> list[str]:
    """Run steps on a closed space, as opening it does: in one transaction."""
    db = apsw.Connection(str(folder / "memory.db"))
    try:
        with db:
            ran = migrate(db, steps)
    finally:
        db.close()
    return ran


def _schema(folder: Path) -> list[object]:
    db = apsw.Connection(str(folder / "memory.db"))
    found = [*db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name"), db.pragma("user_version")]
    db.close()
    return found


def test_shipped_steps_never_change() -> None:
    """Names, order and text of every shipped step are what they were; new steps only follow."""
    told = tuple((name, hashlib.sha256(text.encode()).hexdigest()) for name, text in STEPS)
    assert told == SHIPPED
    assert len({name for name, _ in STEPS}) == len(STEPS)


def test_data_survives_a_step(oldest: Path) -> None:
    """A space of the oldest schema takes a new step once, and keeps every record and event."""
    db = apsw.Connection(str(oldest / "memory.db"))
    before = db.execute("SELECT hash FROM event UNION ALL SELECT state FROM record").fetchall()
    db.close()
    assert _migrated(oldest, (*STEPS, EXTRA)) == [*(name for name, _ in STEPS[1:]), "extra"]
    assert _migrated(oldest, (*STEPS, EXTRA)) == []
    db = apsw.Connection(str(oldest / "memory.db"))
    assert db.execute("SELECT hash FROM event UNION ALL SELECT state FROM record").fetchall() == before
    assert db.execute("SELECT name FROM extra").get == "here"
    assert (db.pragma("user_version"), db.pragma("application_id")) == (len(STEPS) + 1, APPLICATION_ID)
    db.close()


def test_a_failed_step_leaves_all_as_it_was(oldest: Path) -> None:
    """A step that fails takes the steps before it in the same run back too; the space opens as before."""
    before = _schema(oldest)
    with pytest.raises(apsw.SQLError, match="nowhere"):
        _migrated(oldest, (*STEPS, EXTRA, BROKEN))
    assert _schema(oldest) == before
    with Memory.open(oldest, embedder=None, clock=FixedClock()) as memory:
        assert memory.stats().records == 20
        assert memory.verify().ok


def test_opening_takes_the_steps(oldest: Path) -> None:
    """A space of the oldest schema opens, has the newest one then, and answers as before."""
    with Memory.open(oldest, embedder=None, clock=FixedClock()) as memory:
        assert len(memory.recall("note on tea", k=20)) == 16
        assert memory.verify().ok
    fresh = apsw.Connection(":memory:")
    migrate(fresh)
    names = "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"
    db = apsw.Connection(str(oldest / "memory.db"))
    assert db.execute(names).fetchall() == fresh.execute(names).fetchall()
    assert db.pragma("user_version") == len(STEPS)
    db.close()


def test_a_newer_schema_is_never_touched(oldest: Path) -> None:
    """Steps of an older Ricordo do not run on a newer space."""
    _migrated(oldest, (*STEPS, EXTRA))
    before = _schema(oldest)
    with pytest.raises(
        SchemaError, match=rf"memory\.db: .*schema {len(STEPS) + 1}.*knows up to {len(STEPS)}.*newer Ricordo"
    ):
        _migrated(oldest, STEPS)
    assert _schema(oldest) == before


def test_an_older_space_learns_what_its_records_turn_down(oldest: Path) -> None:
    """Opening it derives its names anew: it answers and verifies as a new one does."""
    with Memory.open(oldest, embedder=None, clock=FixedClock()) as memory:
        assert [item.why.notes for item in memory.inject("add an Express middleware")] == [("counter “express”",)]
        assert [item.record.name for item in memory.inject("the kettel")] == ["kettle"]
        assert memory.verify().ok


def test_every_step_runs_on_an_empty_file(tmp_path: Path) -> None:
    """All steps in a row make a schema, and each leaves its number."""
    for count in range(1, len(STEPS) + 1):
        assert _migrated(tmp_path, STEPS[:count]) == [STEPS[count - 1][0]]
        db = apsw.Connection(str(tmp_path / "memory.db"))
        assert db.pragma("user_version") == count
        db.close()
