"""A schedule: workers that take turns in an order told by a seed, so that what they do at once can be done again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence


class Schedule:
    """Runs workers one at a time; each goes on until it calls `pause`, then a seed tells whose turn it is.

    A worker must not pause while it holds what another one waits for, such as a transaction.

    Args:
        seed: Tells the order.

    >>> schedule, said = Schedule(3), []
    >>> def worker(name):
    ...     for step in range(2):
    ...         schedule.pause()
    ...         said.append(f"{name}{step}")
    >>> schedule.run([lambda: worker("a"), lambda: worker("b")])
    >>> said
    ['a0', 'b0', 'a1', 'b1']
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._back = threading.Semaphore(0)
        self._mine = threading.local()
        self._errors: list[BaseException] = []
        self._now = 0

    def now(self) -> int:
        """Return a number that grows with every call: the clock of what runs here."""
        self._now += 1
        return self._now

    def pause(self) -> None:
        """Give the turn back; outside of a schedule's workers this does nothing."""
        turn = getattr(self._mine, "turn", None)
        if turn is not None:
            self._back.release()
            turn.acquire()

    def run(self, workers: Sequence[Callable[[], object]]) -> None:
        """Run the workers to their ends.

        Raises:
            Exception: The first that a worker raised; the others ran to their ends.
        """
        turns = [threading.Semaphore(0) for _ in workers]
        threads = [
            threading.Thread(target=self._take_part, args=(worker, turn), daemon=True)
            for worker, turn in zip(workers, turns, strict=True)
        ]
        waiting = list(zip(threads, turns, strict=True))
        for thread in threads:
            thread.start()
        while waiting:
            thread, turn = self._random.choice(waiting)
            turn.release()
            self._back.acquire()
            if getattr(thread, "over", False):
                thread.join()
                waiting.remove((thread, turn))
        if self._errors:
            raise self._errors[0]

    def _take_part(self, worker: Callable[[], object], turn: threading.Semaphore) -> None:
        self._mine.turn = turn
        turn.acquire()
        try:
            worker()
        except BaseException as error:  # noqa: BLE001
            self._errors.append(error)
        finally:
            threading.current_thread().over = True  # type: ignore[attr-defined]
            self._back.release()
