"""Which request was given which records: written off the request path, bounded, and without content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw

from ricordo.access.later import Later
from ricordo.access.ledger import Ledger
from ricordo.plaintext.request import check_count
from ricordo.store.fold import micros, moment

_MOST = 100_000
_COLUMNS = "number, at, request_id, surface, principal, space, lane, scopes, tokens, model, asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One answer that gave somebody records.

    Args:
        at: When.
        request_id: Of the request, as its answer and the log name it.
        surface: "http", "proxy" or "mcp".
        principal: Who asked.
        space: Of the records.
        lane: What was asked for: "recall", "inject", "reflect" and the like.
        scopes: The scopes that were read; None is every scope.
        records: Id and version of each record, in the order they were given.
        tokens: What they cost.
        model: The model they were put before, where that is known.
        asked: What was asked; only with the setting `log_content`.
        number: Counts deliveries; 0 before it is written.
    """

    at: datetime
    request_id: str
    surface: str
    principal: str
    space: str
    lane: str
    scopes: tuple[str, ...] | None
    records: tuple[tuple[str, int], ...]
    tokens: int
    model: str | None = None
    asked: str | None = None
    number: int = 0


class Journal:
    """The deliveries of a server, in `server.db`; the oldest go when there are too many.

    A loss of power may take the last moments; closing writes down everything.

    >>> import tempfile
    >>> from datetime import UTC
    >>> told = {"request_id": "r1", "surface": "http", "principal": "ada", "space": "team", "lane": "recall"}
    >>> one = Delivery(at=datetime(2026, 5, 1, tzinfo=UTC), scopes=("a",), records=(("x", 1),), tokens=9, **told)
    >>> with tempfile.TemporaryDirectory() as folder, Journal.open(Path(folder)) as journal:
    ...     journal.note(one)
    ...     journal.flush(), [found.number for found in journal.deliveries(space="team", scopes=None)]
    (True, [1])
    """

    def __init__(self, ledger: Ledger, most: int) -> None:
        self._ledger, self._most = ledger, most
        self._later: Later[Delivery] = Later(self._write)

    @classmethod
    def open(cls, folder: Path, *, most: int = _MOST) -> Journal:
        """Open the journal in a folder, and make the file where it is missing.

        Args:
            folder: As of the setting `state`.
            most: How many deliveries are kept.

        Raises:
            StoreError: The file can't be used, or others may write to it.
        """
        return cls(Ledger(folder, sync="NORMAL"), most)

    @property
    def lost(self) -> int:
        """How many deliveries could not be written."""
        return self._later.lost

    @property
    def problem(self) -> str | None:
        """What the last failure to write said."""
        return self._later.problem

    def note(self, delivery: Delivery) -> None:
        """Take a delivery; it is written soon, and never holds up who notes it."""
        self._later.put(delivery)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything that was noted is written; tell whether it is."""
        return self._later.flush(timeout_s)

    def deliveries(
        self,
        *,
        space: str,
        scopes: Sequence[str] | None,
        record: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        """Return deliveries, the newest first.

        Args:
            space: Of which space.
            scopes: What the viewer may read: told are deliveries that read nothing beyond; None is every scope.
            record: Only those that gave this record.
            before: Only those with a smaller number.
            limit: Most of them.

        Raises:
            InvalidInputError: `limit` is not from 1 to 10000.
        """
        wanted, values = ["space = ?"], [space]
        if scopes is not None:
            wanted.append("scopes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each(delivery.scopes) AS one WHERE ")
            wanted[-1] += "one.value NOT IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(scopes)))
        if record is not None:
            wanted.append("number IN (SELECT number FROM delivered WHERE record = ?)")
            values.append(record)
        if before is not None:
            wanted.append(f"number < {before:d}")
        where = f"{' AND '.join(wanted)} ORDER BY number DESC LIMIT {check_count('limit', limit)}"
        with self._ledger.read() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM delivery WHERE {where}", values).fetchall()
            return [_loaded(db, row) for row in rows]

    def close(self) -> None:
        """Write down what is still to be written, and close the file."""
        self._later.close()
        self._ledger.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, deliveries: Iterable[Delivery]) -> None:
        with self._ledger.write() as db:
            for one in deliveries:
                _insert(db, one)
            oldest = db.execute("SELECT max(number) FROM delivery").get - self._most
            db.execute("DELETE FROM delivery WHERE number <= ?", (oldest,))
            db.execute("DELETE FROM delivered WHERE number <= ?", (oldest,))


def _insert(db: apsw.Connection, one: Delivery) -> None:
    scopes = None if one.scopes is None else json.dumps(one.scopes)
    who = (one.request_id, one.surface, one.principal, one.space, one.lane)
    row = (None, micros(one.at), *who, scopes, one.tokens, one.model, one.asked)
    db.execute(f"INSERT INTO delivery ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    number = db.last_insert_rowid()
    given = [(number, rank, id, version) for rank, (id, version) in enumerate(one.records)]
    db.executemany("INSERT INTO delivered VALUES (?, ?, ?, ?)", given)


def _loaded(db: apsw.Connection, row: tuple[Any, ...]) -> Delivery:
    number, at, request_id, surface, principal, space, lane, scopes, tokens, model, asked = row
    given = db.execute("SELECT record, version FROM delivered WHERE number = ? ORDER BY rank", (number,))
    return Delivery(
        at=moment(at),
        request_id=request_id,
        surface=surface,
        principal=principal,
        space=space,
        lane=lane,
        scopes=None if scopes is None else tuple(json.loads(scopes)),
        records=tuple((str(id), int(version)) for id, version in given),
        tokens=tokens,
        model=model,
        asked=asked,
        number=number,
    )
