"""The log as a stream of server-sent events: each event once it is committed, in the order of the log.

One look at each space serves all of its streams: it sees what other processes write, too. Streams that see the same and
have come as far read one page between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial

from ricordo.errors import BusyError, RicordoError
from ricordo.http.answers import dumped
from ricordo.http.lanes import Lanes
from ricordo.http.spaces import head_of
from ricordo.memory import Memory
from ricordo.results import LogEntry, LogPage
from ricordo.wire.codec import encode

#: How often a space is looked at for what others wrote, and how often a stream in which nothing happens shows that it
#: is there, in seconds.
_LOOK_S, _BEAT_S = 0.5, 15.0
#: How long a stream lives: who has left without a word is not kept for longer.
_LONGEST_S = 300.0
_PAGE = 200
_MOST_STREAMS = 1_000
Scopes = tuple[str, ...] | None


@dataclass(slots=True)
class _Watch:
    """A space that is looked at, for those who follow it."""

    memory: Memory
    lease: AbstractContextManager[Memory]
    streams: int = 0
    head: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    pages: dict[tuple[Scopes, Scopes, int], asyncio.Task[LogPage]] = field(default_factory=dict)
    looking: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """What a stream follows.

    Args:
        space: The space.
        after: The event it starts behind.
        sees: The scopes its handle may see; None is every scope.
        scope: The scopes it asks for; None is all it may see.
    """

    space: str
    after: int
    sees: Scopes
    scope: Scopes


class Streams:
    """The streams of a server. Used on the event loop alone.

    Args:
        lease: Lends a space.
        lanes: The threads on which is read.
        look_s: Seconds between two looks at a space.
        beat_s: Seconds after which a quiet stream shows that it is there.
    """

    def __init__(
        self,
        lease: Callable[[str], AbstractContextManager[Memory]],
        lanes: Lanes,
        *,
        look_s: float = _LOOK_S,
        beat_s: float = _BEAT_S,
    ) -> None:
        self._lease, self._lanes, self._look_s, self._beat_s = lease, lanes, look_s, beat_s
        self._watches: dict[str, _Watch] = {}
        self._entering = asyncio.Lock()
        self._count = 0
        self._stopping = False

    async def follow(
        self, what: Follow, handle: Callable[[Memory], Memory], lasts: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[bytes, None]:
        """Yield a stream, piece by piece, until the server stops or the key is good no more.

        Args:
            what: What it follows.
            handle: Makes the handle it reads with.
            lasts: Tells whether the key is still good; it is asked before each piece.

        Raises:
            BusyError: There are too many streams.
        """
        watch = await self._enter(what.space)
        try:
            after = what.after
            yield b"retry: 1000\n\n"
            ends = asyncio.get_running_loop().time() + _LONGEST_S
            while not self._stopping and asyncio.get_running_loop().time() < ends:
                news = watch.news
                page = await self._page(watch, what, after, handle)
                if not lasts():
                    return
                if page.entries:
                    yield b"".join(map(event, page.entries))
                after = max(after, page.seq)
                if not page.more and not await self._happened(news):
                    yield b": nothing new\n\n"
        finally:
            self._leave(what.space, watch)

    def wake(self, space: str) -> None:
        """Look at a space now: something was written to it here."""
        if (watch := self._watches.get(space)) is not None:
            watch.nudge.set()

    def stop(self) -> None:
        """End every stream."""
        self._stopping = True
        for watch in self._watches.values():
            watch.news.set()

    async def _happened(self, news: asyncio.Event) -> bool:
        """Wait until something happens; False where nothing does for a while."""
        try:
            await asyncio.wait_for(news.wait(), self._beat_s)
        except TimeoutError:
            return False
        return True

    async def _page(self, watch: _Watch, what: Follow, after: int, handle: Callable[[Memory], Memory]) -> LogPage:
        """Return what follows an event, read once for all streams that ask for it at the same time."""
        place = (what.sees, what.scope, after)
        if (reading := watch.pages.get(place)) is None:
            read = partial(handle(watch.memory).events, after, limit=_PAGE, scope=what.scope)
            reading = watch.pages[place] = asyncio.ensure_future(self._lanes.run("read", read))
            reading.add_done_callback(lambda _: watch.pages.pop(place, None))
        return await asyncio.shield(reading)

    async def _enter(self, space: str) -> _Watch:
        if self._count >= _MOST_STREAMS or self._stopping:
            raise BusyError(f"{self._count} streams are open already; try again in a while")
        self._count += 1
        try:
            async with self._entering:
                watch = self._watches.get(space) or await self._open(space)
                watch.streams += 1
                return watch
        except BaseException:
            self._count -= 1
            raise

    async def _open(self, space: str) -> _Watch:
        lease = self._lease(space)
        memory = await self._lanes.run("read", lease.__enter__)
        try:
            watch = _Watch(memory, lease, head=await self._lanes.run("read", partial(head_of, memory)))
        except BaseException:
            lease.__exit__(None, None, None)
            raise
        self._watches[space] = watch  # not before it is looked at: those who come later would wait for good
        watch.looking = asyncio.ensure_future(self._look(watch))
        return watch

    def _leave(self, space: str, watch: _Watch) -> None:
        self._count -= 1
        watch.streams -= 1
        if not watch.streams and watch.looking is not None:
            self._watches.pop(space)
            watch.looking.cancel()
            watch.lease.__exit__(None, None, None)

    async def _look(self, watch: _Watch) -> None:
        """Tell the streams of a space whenever its log has grown."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(watch.nudge.wait(), self._look_s)
            watch.nudge.clear()
            try:
                head = await self._lanes.run("read", partial(head_of, watch.memory))
            except RicordoError:
                continue  # it may be better next time; who reads meanwhile is told
            if head != watch.head:
                watch.head, told = head, watch.news
                watch.news = asyncio.Event()
                told.set()


def event(entry: LogEntry) -> bytes:
    """Return an entry of the log as a server-sent event, whose id is its seq.

    >>> from datetime import UTC, datetime
    >>> event(LogEntry(7, "forget", datetime(2026, 5, 3, tzinfo=UTC), {})).splitlines()[0]
    b'id: 7'
    """
    return b"id: %d\nevent: log\ndata: %s\n\n" % (entry.seq, dumped(encode(entry)))
