"""The spaces that a server holds open: as many as it may, each closed only when no request uses it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ricordo.errors import BusyError, NotFoundError
from ricordo.http.places import Place, Places, unknown
from ricordo.memory import Memory
from ricordo.store import is_address


@dataclass(slots=True)
class _Held:
    memory: Memory
    near: bool
    uses: int = 0


class Spaces:
    """The spaces of a server, opened when they are asked for. May be used from several threads.

    Args:
        places: Where they are.
        opened: Opens the space at a place; its second argument tells whether it is made where it is missing.
        most: How many are held open; 0 is no bound. Those in use are never closed, so there may be more, until the next
            is opened.
    """

    def __init__(self, places: Places, opened: Callable[[Place, bool], Memory], *, most: int = 0) -> None:
        self._places, self._opened, self._most = places, opened, most
        self._open: OrderedDict[str, _Held] = OrderedDict()
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._closed = False

    def names(self) -> list[str]:
        """Return the names of the spaces there are."""
        return self._places.names()

    def size(self, name: str) -> int | None:
        """Return the bytes that a space takes on disk, or None where no file says so."""
        return self._places.size(name)

    @contextmanager
    def lease(self, name: str, *, create: bool = False) -> Iterator[Memory]:
        """Lend a space for a request: it stays open as long.

        Args:
            name: Its name.
            create: Make it where it is missing.

        Raises:
            NotFoundError: There is no such space.
            BusyError: The server is stopping.
        """
        held = self._take(name) or self._open_now(name, create)
        try:
            yield held.memory
        finally:
            self._give(held)

    def near(self, name: str) -> bool:
        """Tell whether a space is open, and a file of this machine: reading one record of it takes no time."""
        held = self._open.get(name)
        return held is not None and held.near

    def close(self) -> None:
        """Close every space. No request may be under way."""
        with self._opening, self._lock:
            self._closed = True
            held = list(self._open.values())
            self._open.clear()
        for one in held:
            one.memory.close()

    def _take(self, name: str) -> _Held | None:
        with self._lock:
            if self._closed:
                raise BusyError("the server is stopping; try again in a while")
            held = self._open.get(name)
            if held is not None:
                held.uses += 1
                self._open.move_to_end(name)
            return held

    def _open_now(self, name: str, create: bool) -> _Held:
        place = self._places.place(name)
        with self._opening:
            if held := self._take(name):
                return held
            try:
                memory = self._opened(place, create)
            except NotFoundError as error:
                raise unknown(name) from error
            self._places.made(name)
            held = _Held(memory, not is_address(place.location), 1)
            with self._lock:
                self._open[name] = held
            for surplus in self._surplus():
                surplus.close()
            return held

    def _give(self, held: _Held) -> None:
        with self._lock:
            held.uses -= 1

    def _surplus(self) -> list[Memory]:
        """Take out the spaces that have not been used for longest, where too many are open."""
        if not self._most:
            return []
        with self._lock:
            idle = [name for name, one in self._open.items() if not one.uses]
            return [self._open.pop(name).memory for name in idle[: max(0, len(self._open) - self._most)]]


def head_of(memory: Memory) -> int:
    """Return the last event of a space, 0 where there is none."""
    try:
        return memory.wait_for(1, timeout_s=0)
    except NotFoundError:
        return 0
