"""The same methods, to be awaited: one wrapper for `Memory` and for `Client`.

>>> import asyncio
>>> from ricordo import aio
>>> async def main() -> str:
...     async with aio.open(":memory:", embedder=None) as memory:
...         await memory.retain("The office is in Lisbon.")
...         found = await memory.recall("Where is the office?")
...         return found.items[0].record.content
>>> asyncio.run(main())
'The office is in Lisbon.'

Each call runs on a thread of the wrapper's own pool, so the loop is never held up. A call that is cancelled before it
began never happens. One that has begun is finished all the same, and its result is dropped: a write that was begun is
written. `aclose` waits for what has begun.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from ricordo.client.client import Client
from ricordo.client.client import connect as connect_client
from ricordo.client.remote import like
from ricordo.memory import Memory
from ricordo.providers.checks import check_whole
from ricordo.results import Conflict, ConflictPage, LogEntry, LogPage, Page
from ricordo.types import Recall, Record

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E")

#: Calls of one wrapper that run at a time, unless it is said otherwise.
THREADS = 16


def later(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], Awaitable[R]]:
    """Return a method to be awaited that does what a method of `Memory` does, on a thread.

    Args:
        method: The method of `Memory`; its name, its signature with its overloads and its docstring are kept.
    """
    name = method.__name__

    @wraps(method)
    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        told: R = await self._run(partial(getattr(self._memory, name), *args, **kwargs))
        return told

    return call


def each(
    method: Callable[Concatenate[Any, P], Any], following: Callable[[Any], tuple[Sequence[E], dict[str, Any] | None]]
) -> Callable[Concatenate[Any, P], AsyncIterator[E]]:
    """Return a method that goes through all pages of a method of `Memory`.

    Args:
        method: The method, which returns a page.
        following: Takes a page apart: what is on it, and the arguments that ask for the next; None after the last.
    """
    signature, name = inspect.signature(method), method.__name__

    @wraps(method)
    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[E]:
        asked = signature.bind(self, *args, **kwargs).arguments
        del asked["self"]
        more: dict[str, Any] | None = {}
        while more is not None:
            found, more = following(await self._run(partial(getattr(self._memory, name), **{**asked, **more})))
            for one in found:
                yield one

    return call


def _of_page(page: Page) -> tuple[Sequence[Record], dict[str, Any] | None]:
    return page.records, None if page.cursor is None else {"cursor": page.cursor}


def _of_log_page(page: LogPage) -> tuple[Sequence[LogEntry], dict[str, Any] | None]:
    return page.entries, {"after": page.seq} if page.more else None


def _of_conflict_page(page: ConflictPage) -> tuple[Sequence[Conflict], dict[str, Any] | None]:
    return page.conflicts, None if page.cursor is None else {"cursor": page.cursor}


class AsyncMemory:
    """A memory whose methods are awaited. Made of a `Memory` or a `Client`, which it closes when it is closed.

    Args:
        memory: What it calls.
        threads: Calls that run at a time; further ones wait for their turn.

    `attempt` runs its decision on a thread too: an ordinary function, which reads without `await`.
    """

    def __init__(self, memory: Memory | Client, *, threads: int = THREADS) -> None:
        self._memory = memory
        check_whole("threads", threads, 1, 1_000)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ricordo-aio")

    recall = later(Memory.recall)
    inject = later(Memory.inject)
    reflect = later(Memory.reflect)
    get = later(Memory.get)
    list = later(Memory.list)
    history = later(Memory.history)
    belief = later(Memory.belief)
    profile = later(Memory.profile)
    summary = later(Memory.summary)
    stats = later(Memory.stats)
    events = later(Memory.events)
    conflicts = later(Memory.conflicts)
    retain = later(Memory.retain)
    retain_many = later(Memory.retain_many)
    import_file = later(Memory.import_file)
    update = later(Memory.update)
    feedback = later(Memory.feedback)
    undo = later(Memory.undo)
    forget = later(Memory.forget)
    erase = later(Memory.erase)
    commit = later(Memory.commit)
    attempt = later(Memory.attempt)
    read_token = later(Memory.read_token)
    wait_for = later(Memory.wait_for)
    verify = later(Memory.verify)
    reindex = later(Memory.reindex)
    embed = later(Memory.embed)
    export = later(Memory.export)
    write_pages = later(Memory.write_pages)
    propose = later(Memory.propose)
    consolidate = later(Memory.consolidate)
    expire = later(Memory.expire)
    compact = later(Memory.compact)

    records = each(Memory.list, _of_page)
    entries = each(Memory.events, _of_log_page)
    disputes = each(Memory.conflicts, _of_conflict_page)

    @property
    def memory(self) -> Memory | Client:
        """What it calls."""
        return self._memory

    def explain(self, found: Recall) -> str:
        """Return a table of what each arm gave each item, and what was left out and why."""
        return self._memory.explain(found)

    @like(Memory.scoped)
    def scoped(self, **bound: Any) -> AsyncMemory:
        """The handle shares the threads."""
        made = AsyncMemory.__new__(AsyncMemory)
        made._memory, made._pool = self._memory.scoped(**bound), self._pool
        return made

    async def close(self) -> None:
        """Wait for the calls that have begun, then close the memory, for every handle on it."""
        await asyncio.to_thread(self._pool.shutdown)
        await asyncio.to_thread(self._memory.close)

    async def __aenter__(self) -> AsyncMemory:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncMemory({self._memory!r})"

    async def _run(self, work: Callable[[], R]) -> R:
        here = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(here.run, work))


class Opening:
    """A memory that is being opened: await it, or use it in an `async with` block, which closes it."""

    def __init__(self, make: Callable[[], Memory | Client]) -> None:
        self._make = make
        self._opened: AsyncMemory | None = None

    def __await__(self) -> Generator[Any, None, AsyncMemory]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncMemory:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _open(self) -> AsyncMemory:
        return AsyncMemory(await asyncio.to_thread(self._make))


def opening(make: Callable[P, Memory | Client]) -> Callable[P, Opening]:
    """Return what opens a memory to be awaited, with the arguments of what opens an ordinary one."""

    @wraps(make, assigned=("__name__", "__qualname__"))
    def call(*args: P.args, **kwargs: P.kwargs) -> Opening:
        return Opening(partial(make, *args, **kwargs))

    return call


open = opening(Memory.open)
connect = opening(connect_client)
