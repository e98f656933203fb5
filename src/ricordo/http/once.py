"""Requests with an idempotency key that the log does not know of: done once, and answered again as the first time.

What `retain`, `commit`, PATCH and DELETE write is kept with its key in the log, in one transaction. All else is kept
here, in `server.db`: that it was begun, before; what it was answered with, after. In between lies what a crash leaves
open.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ricordo.access.ledger import Ledger
from ricordo.errors import ConflictError, InvalidInputError, KeyConflictError
from ricordo.store.fold import micros

_KEPT_FOR = timedelta(days=30)
_LONGEST = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    principal TEXT, space TEXT, key TEXT, digest BLOB NOT NULL, run TEXT NOT NULL, at INTEGER NOT NULL,
    seq INTEGER NOT NULL, answer TEXT, PRIMARY KEY (principal, space, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_by_age ON request (at);
"""


@dataclass(frozen=True, slots=True)
class Name:
    """What a key names: it is its principal's own, in one space."""

    principal: str
    space: str
    key: str


class Once:
    """The requests that were begun, and what came of them.

    Args:
        ledger: Where they are kept.
        now: Tells the time.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ledger = Ledger(Path(folder))
    ...     once, name = Once(ledger), Name("ada", "team", "k1")
    ...     once.begun(name, b"body", 7), once.ended(name, "done"), once.begun(name, b"body", 9)
    ...     ledger.close()
    (None, None, 'done')
    """

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ledger, self._now = ledger, now
        self._run = secrets.token_hex(8)
        with ledger.write() as db:
            db.execute(_SCHEMA)

    def begun(self, name: Name, digest: bytes, seq: int) -> str | None:
        """Note that a request begins, and return None; or what it was answered with, where it was done before.

        Args:
            name: Its key.
            digest: Of what is asked for.
            seq: The last event of the space.

        Raises:
            InvalidInputError: It is no key.
            KeyConflictError: The key was used for another request.
            ConflictError: The request is under way, or it was cut off.
        """
        if not 0 < len(name.key) <= _LONGEST or not name.key.isprintable():
            raise InvalidInputError("Idempotency-Key", f"1 to {_LONGEST} characters that can be printed", name.key)
        now = self._now()
        with self._ledger.write() as db:
            db.execute("DELETE FROM request WHERE at < ?", (micros(now - _KEPT_FOR),))
            wanted = "SELECT digest, run, seq, answer FROM request WHERE principal = ? AND space = ? AND key = ?"
            row = db.execute(wanted, (name.principal, name.space, name.key)).fetchone()
            if row is None:
                made = (name.principal, name.space, name.key, digest, self._run, micros(now), seq, None)
                db.execute("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)", made)
                return None
        if row[0] != digest:
            raise KeyConflictError(f"Idempotency-Key: {name.key!r} was used for another request; take another key")
        if row[3] is None:
            raise ConflictError(self._open(name, row[1], row[2]))
        return str(row[3])

    def ended(self, name: Name, answer: str) -> None:
        """Note what a request was answered with."""
        with self._ledger.write() as db:
            wanted = "UPDATE request SET answer = ? WHERE principal = ? AND space = ? AND key = ?"
            db.execute(wanted, (answer, name.principal, name.space, name.key))

    def failed(self, name: Name) -> None:
        """Note that a request did nothing: it may be sent again with its key."""
        with self._ledger.write() as db:
            wanted = "DELETE FROM request WHERE principal = ? AND space = ? AND key = ?"
            db.execute(wanted, (name.principal, name.space, name.key))

    def _open(self, name: Name, run: str, seq: int) -> str:
        if run == self._run:
            return f"Idempotency-Key: the request with {name.key!r} is still under way; try again in a while"
        return (
            f"Idempotency-Key: the request with {name.key!r} was cut off, or another server is at it: it may have been "
            f"done or not; look at the events after {seq}, and where it was not done, send it with another key"
        )
