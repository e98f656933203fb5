"""Work that need not be done before an answer goes out, done in order by one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST_WAITING = 10_000
_log = logging.getLogger("ricordo.access")


class Later(Generic[T]):
    """Hands what it is given to `work`, many at once, on a thread that starts with the first and stops in `close`.

    What does not fit into the queue is left out and counted: a log of who read what must not hold up the reading.

    Args:
        work: Takes what has gathered; where it fails that is lost, logged, and told in `problem`.
        most: How much may wait.

    >>> done = []
    >>> later = Later(done.extend)
    >>> later.put(1), later.put(2), later.close(), done
    (True, True, None, [1, 2])
    """

    def __init__(self, work: Callable[[list[T]], object], *, most: int = _MOST_WAITING) -> None:
        self._work, self._most = work, most
        self._waiting: list[T] = []
        self._busy = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        #: How many did not fit, or could not be written.
        self.lost = 0
        #: What the last failure said.
        self.problem: str | None = None

    def put(self, one: T) -> bool:
        """Take one, and tell whether there was room for it."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._most:
                self.lost += 1
                return False
            self._waiting.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ricordo-later", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything that was taken is done; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_s)

    def close(self) -> None:
        """Do what waits, and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            try:
                self._work(batch)
            except Exception as error:  # noqa: BLE001 - the thread goes on with what comes next
                self.lost, self.problem = self.lost + len(batch), str(error)
                _log.error("what was to be written later is lost", exc_info=error)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> list[T]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            batch, self._waiting = self._waiting, []
            self._busy = bool(batch)
            return batch
