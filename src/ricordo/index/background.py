"""A thread that brings the indexes up to the log after writes; it blocks no write and keeps no process alive."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Mapping
from functools import partial

from ricordo.errors import BusyError, RicordoError

#: Does a little of an index's work and returns how much; asks its argument whether to stop.
Step = Callable[[Callable[[], bool]], int]
_RETRY_S = 0.5


class Background:
    """Runs the steps of followers until none has anything left to do, then sleeps until it is woken.

    There is no queue: a follower's own position in the log says what is left. The thread starts with the first
    `wake`. What a step raises is kept in `errors` until the step succeeds; a busy store is tried again. An error that
    is not ours, such as of a user's embedder, is kept as well; the step runs again at the next `wake`.

    Args:
        steps: What to run, by name.
        period_s: Seconds after which it wakes by itself, once it has been woken; None is never.
    """

    def __init__(self, steps: Mapping[str, Step], *, period_s: float | None = None) -> None:
        self.steps = steps
        self._period_s = period_s
        self._changed = threading.Condition()
        self._due = False
        self._working = False
        self._stopped = False
        self._thread: threading.Thread | None = None
        #: What went wrong the last time, by the name of the step.
        self.errors: dict[str, str] = {}

    def wake(self) -> None:
        """Say that there is something to do; returns at once."""
        with self._changed:
            if self._stopped or not self.steps:
                return
            self._due = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ricordo-follower", daemon=True)
                self._thread.start()
                atexit.register(self.close)  # a daemon thread must not be cut off inside a library's code
            self._changed.notify_all()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until there is nothing left to do; return whether that came to pass in time."""
        with self._changed:
            idle = partial(self._changed.wait_for, lambda: self._stopped or not (self._due or self._working))
            return idle(timeout_s)

    def close(self) -> None:
        """Stop after the batch at hand, and wait for that."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        atexit.unregister(self.close)

    def _run(self) -> None:
        try:
            while self._next():
                again = [self._try(name, step) for name, step in self.steps.items()]
                with self._changed:
                    self._working = False
                    if any(again):
                        self._changed.wait_for(lambda: self._stopped, _RETRY_S)
                        self._due = True
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._due = self._working = False
                if not self._stopped:
                    self._thread = None
                self._changed.notify_all()

    def _next(self) -> bool:
        """Wait for work; tell whether there is any, not the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._stopped, self._period_s)
            self._due, self._working = False, not self._stopped
            return not self._stopped

    def _try(self, name: str, step: Step) -> bool:
        """Run a step to its end; tell whether it must be tried again soon."""
        try:
            while not self._stopped and step(lambda: self._stopped):
                pass
        except (RicordoError, OSError) as error:
            self.errors[name] = str(error)
            return isinstance(error, BusyError)
        except Exception as error:  # noqa: BLE001  a worker's loop: what a user's embedder raises must not end it
            self.errors[name] = f"{type(error).__name__}: {error}"
            return False
        self.errors.pop(name, None)
        return False
