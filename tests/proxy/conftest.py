"""The proxy as it runs: under uvicorn, on a port of this machine, before a model server of `ricordo.testing`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from ricordo import Memory
from ricordo.proxy.serve import make
from ricordo.testing import Upstream


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@dataclass
class Running:
    """A proxy that runs."""

    app: Starlette
    memory: Memory
    upstream: Upstream
    url: str
    stop: Callable[[], None]

    def kept(self, **where: Any) -> list[tuple[str | None, str]]:
        """Return who said what, of all that was kept, once everything is."""
        assert self.app.state.learning.flush(20)
        page = self.memory.list(kinds="observation", limit=1000, **where)
        return [(record.speaker, record.content) for record in page.records]


Start = Callable[..., Running]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "space", embedder=None) as opened:
        yield opened


@pytest.fixture
def start(memory: Memory, upstream: Upstream) -> Iterator[Start]:
    """Start a proxy with these settings and arguments of `make`."""
    with ExitStack() as stack:

        def begin(settings: dict[str, Any] | None = None, **arguments: Any) -> Running:
            chosen = replace(memory.settings, **{"upstream": upstream.url, **(settings or {})})
            if "keys" not in arguments:
                arguments = {"scope": "user:ada", "speaker": "Ada", **arguments}
            app = make(arguments.pop("memory", memory), settings=chosen, **arguments)
            url, stop = listen(app)
            stack.callback(stop)
            return Running(app, memory, upstream, url, stop)

        yield begin


@pytest.fixture
def proxy(start: Start) -> Running:
    return start()


def listen(app: Starlette) -> tuple[str, Callable[[], None]]:
    """Run an application under uvicorn in a thread; return its address and what stops it."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_config=None, lifespan="on")
    server = _Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(20)
    port = server.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()

    return f"http://127.0.0.1:{port}", stop
