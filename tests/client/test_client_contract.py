"""A client of a real server keeps the contract of `Memory`, and so does what awaits either."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any, cast

import pytest
from tests.client.server import serving

from ricordo import Client, Memory, connect
from ricordo.aio import AsyncMemory
from ricordo.testing import MemoryContract

_NUMBERS = count()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


def empty_space(url: str) -> Client:
    """Return a client of a space that nothing was written to."""
    return connect(url, space=f"space-{next(_NUMBERS)}", create=True)


class TestClient(MemoryContract):
    @pytest.fixture(autouse=True)
    def server(self, url: str) -> None:
        self.url = url

    def make_memory(self) -> Memory:
        return cast(Memory, empty_space(self.url))


class Waiting:
    """Awaits each method of an asynchronous memory, on a loop of its own."""

    def __init__(self, made: AsyncMemory, loop: asyncio.AbstractEventLoop) -> None:
        self._made, self._loop = made, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._made, name)
        if name == "scoped":
            return lambda **bound: Waiting(found(**bound), self._loop)
        return found if name == "explain" else lambda *args, **named: self._wait(found(*args, **named))

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._made.close())

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever, name="loop under test")
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


class TestAsyncMemory(MemoryContract):
    @pytest.fixture(autouse=True)
    def running(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def make_memory(self) -> Memory:
        return cast(Memory, Waiting(AsyncMemory(Memory.open(":memory:", embedder=None)), self.loop))


class TestAsyncClient(MemoryContract):
    @pytest.fixture(autouse=True)
    def running(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self.loop = url, loop

    def make_memory(self) -> Memory:
        return cast(Memory, Waiting(AsyncMemory(empty_space(self.url)), self.loop))
