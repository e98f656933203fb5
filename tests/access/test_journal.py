"""The journal: what was given to whom, seen by those who may, bounded, and off the request path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ricordo.access.journal import Delivery, Journal
from ricordo.access.keys import Keys
from ricordo.access.later import Later
from ricordo.access.ledger import Ledger
from ricordo.errors import InvalidInputError, StoreError

AT = datetime(2026, 5, 1, 12, 30, 15, 250, tzinfo=UTC)


def delivery(**fields: Any) -> Delivery:
    given = {"at": AT, "request_id": "r", "surface": "http", "principal": "ada", "space": "team", "lane": "recall"}
    return Delivery(**{**given, "scopes": ("a",), "records": (("one", 1), ("two", 3)), "tokens": 20, **fields})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path) as opened:
        yield opened


def test_what_is_noted_is_found_again(journal: Journal) -> None:
    first = delivery(model="gpt-x", asked="Where does Ada live?")
    second = delivery(scopes=None, records=(), surface="mcp", lane="inject")
    journal.note(first)
    journal.note(second)
    assert journal.flush()
    found = journal.deliveries(space="team", scopes=None)
    assert [one.number for one in found] == [2, 1]
    assert {**_fields(found[1]), "number": 0} == _fields(first)
    assert {**_fields(found[0]), "number": 0} == _fields(second)
    assert journal.lost == 0


def test_nobody_sees_what_read_beyond_their_scopes(journal: Journal) -> None:
    for scopes in (("a",), ("a", "b"), ("b",), None, ()):
        journal.note(delivery(scopes=scopes))
    journal.note(delivery(space="other"))
    assert journal.flush()

    def seen(*scopes: str) -> set[tuple[str, ...] | None]:
        return {one.scopes for one in journal.deliveries(space="team", scopes=scopes)}

    assert seen("a") == {("a",), ()}
    assert seen("b", "a", "c") == {("a",), ("b",), ("a", "b"), ()}
    assert seen() == {()}
    assert len(journal.deliveries(space="team", scopes=None)) == 5
    assert journal.deliveries(space="nowhere", scopes=None) == []


def test_by_record_and_by_page(journal: Journal) -> None:
    for number in range(1, 8):
        journal.note(delivery(records=((f"r{number % 2}", number),)))
    assert journal.flush()
    found = journal.deliveries(space="team", scopes=("a",), record="r1", limit=2)
    assert [one.records for one in found] == [(("r1", 7),), (("r1", 5),)]
    rest = journal.deliveries(space="team", scopes=("a",), record="r1", before=found[-1].number)
    assert [one.number for one in rest] == [3, 1]
    for limit in (0, -1, 10_001):
        with pytest.raises(InvalidInputError, match="limit"):
            journal.deliveries(space="team", scopes=None, limit=limit)


def test_the_oldest_go(tmp_path: Path) -> None:
    with Journal.open(tmp_path, most=10) as journal:
        for number in range(1, 26):
            journal.note(delivery(records=((f"r{number}", 1),)))
    with Journal.open(tmp_path, most=10) as journal:
        assert [one.number for one in journal.deliveries(space="team", scopes=None)] == list(range(25, 15, -1))
        assert journal.deliveries(space="team", scopes=None, record="r15") == []
        journal.note(delivery())
        assert journal.flush()
        assert journal.deliveries(space="team", scopes=None, limit=1)[0].number == 26
    with Ledger(tmp_path).read() as db:
        assert db.execute("SELECT count(*) FROM delivered").get == 11


def test_closing_writes_everything(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        for _ in range(500):
            journal.note(delivery())
    with Journal.open(tmp_path) as journal:
        assert len(journal.deliveries(space="team", scopes=None, limit=1000)) == 500


def test_noting_never_waits_for_who_holds_the_file(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, Keys.open(tmp_path) as keys:
        _, secret = keys.issue()
        with Ledger(tmp_path).write():  # nobody else can write now
            journal.note(delivery())
            assert keys.check(secret, datetime.now(UTC)) is not None
            assert journal.deliveries(space="team", scopes=None) == []
            assert not journal.flush(timeout_s=0.05)
        assert journal.flush()
        assert len(journal.deliveries(space="team", scopes=None)) == 1


def test_what_does_not_fit_is_counted() -> None:
    going, go = threading.Event(), threading.Event()

    def work(batch: list[int]) -> None:
        going.set()
        assert go.wait(10)

    later = Later(work, most=2)
    later.put(0)
    assert going.wait(10)
    assert [later.put(number) for number in (1, 2, 3)] == [True, True, False]
    go.set()
    later.close()
    assert later.lost == 1
    assert not later.put(4)


def test_a_failure_is_kept_and_the_next_is_tried() -> None:
    done: list[int] = []

    def work(batch: list[int]) -> None:
        if 0 in batch:
            raise StoreError("the disk is full")
        done.extend(batch)

    later = Later(work)
    later.put(0)
    assert later.flush()
    later.put(1)
    later.close()
    assert (done, later.lost, later.problem) == ([1], 1, "the disk is full")


def _fields(one: Delivery) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Delivery.__dataclass_fields__}
