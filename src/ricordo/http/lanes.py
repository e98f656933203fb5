"""Where the work of requests runs: threads, so many for each kind of work, and so many requests waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from ricordo.errors import BusyError

T = TypeVar("T")
Lane = Literal["read", "write", "long", "wait"]
#: Threads of each lane, and how many may wait for one. What reads never waits for what writes, nor either for what
#: takes minutes, nor anything for those who wait for an event. A write that waits for its group needs a thread of its
#: own.
_BOUNDS: dict[Lane, tuple[int, int]] = {"read": (8, 256), "write": (32, 512), "long": (4, 16), "wait": (16, 64)}


class _Line:
    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=f"ricordo-{name}")
        self.most, self.under_way = threads + waiting, 0


class Lanes:
    """The threads of a server."""

    def __init__(self) -> None:
        self._lines = {name: _Line(name, *bounds) for name, bounds in _BOUNDS.items()}

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run work on a thread of a lane.

        Raises:
            BusyError: Too much waits there already; it was not run.
        """
        line = self._lines[lane]
        if line.under_way >= line.most:
            raise BusyError(f"{line.most} requests are under way or waiting here already; try again in a while")
        line.under_way += 1
        try:
            future = asyncio.get_running_loop().run_in_executor(line.pool, work)
        except BaseException:
            line.under_way -= 1
            raise
        future.add_done_callback(lambda _: self._done(line))
        return await future

    @staticmethod
    def _done(line: _Line) -> None:
        line.under_way -= 1

    def close(self) -> None:
        """Wait until all work is done, and end the threads."""
        for line in self._lines.values():
            line.pool.shutdown(wait=True)
