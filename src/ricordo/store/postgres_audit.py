"""Checking a log in PostgreSQL: its chain, its payloads, its counter, and that the follower holds the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ricordo.errors import StoreError
from ricordo.store.fold import GENESIS, seal
from ricordo.store.follower import FollowerSnapshot
from ricordo.store.postgres_log import DamagedLogError, Head, Log, checked

_PAGE = 1_000
_ROUNDS = 20


def audit(
    log: Log, follower: Callable[[], AbstractContextManager[FollowerSnapshot]]
) -> tuple[int, int | None, list[str]]:
    """Compare the log with itself and with the follower, of one moment; no writer waits for it.

    Args:
        log: The log.
        follower: Opens a snapshot of the follower that has caught up.

    Returns:
        (events, first bad seq, problems): it stops at the first.
    """
    for _ in range(_ROUNDS):
        with log.connections.lent() as connection, follower() as snapshot:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                connection.execute(log.naming)
                head = log.head_within(connection)
                if snapshot.position()[:2] == (head.seq, head.hash):  # else someone wrote in between
                    return _compare(log, connection, head, snapshot)
            finally:
                if not connection.closed:
                    connection.execute("ROLLBACK")
    raise StoreError("the log does not stand still for a check; try again")


def _compare(log: Log, connection: Any, head: Head, snapshot: FollowerSnapshot) -> tuple[int, int | None, list[str]]:
    if head.seal != seal(head.id, head.secret):
        return head.seq, None, ["the identity of the space was altered; restore the space from a backup"]
    seq, last, mine = 0, GENESIS, snapshot.events()
    while page := log.events(connection, seq, _PAGE):
        for told in page:
            try:
                checked(told, seq + 1, last)
            except DamagedLogError as error:
                return head.seq, error.seq, [str(error)]
            seq, last = told.event.seq, told.event.hash
            if next(mine, None) != told.event:
                return head.seq, seq, [f"the follower differs from the log at event {seq}; reindex"]
    if (seq, last) != (head.seq, head.hash):
        return head.seq, min(seq, head.seq) + 1, [f"the log ends at event {seq}, its counter says {head.seq}"]
    if strays := log.strays(connection):
        return head.seq, None, [f"{strays} payloads in the database belong to no event"]
    return head.seq, None, []
