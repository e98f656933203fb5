"""A real server on a free port of this machine, with keys, for each test that asks for one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ricordo.access.keys import Keys
from ricordo.access.running import configured
from ricordo.config import Settings
from ricordo.http.server import Server, served
from ricordo.http.serving import Serving

SPACE = "/v1/spaces/default"


@dataclass(frozen=True)
class Site:
    """A server that runs.

    Args:
        url: Its address.
        serving: What it works with.
        keys: Its keys.
        stack: Closes clients.
    """

    url: str
    serving: Serving
    keys: Keys
    stack: ExitStack

    def client(self, **key: Any) -> httpx.Client:
        """Return a client with a key of its own; by default one that may do everything."""
        given = {"rights": ("read", "write", "erase", "admin"), "principal": "tester", **key}
        _, secret = self.keys.issue(**given)
        headers = {"Authorization": f"Bearer {secret}"}
        made = httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=30)
        return self.stack.enter_context(made)


@contextmanager
def running(settings: Settings) -> Iterator[Site]:
    """Run a server on a thread."""
    with ExitStack() as stack:
        keys = stack.enter_context(Keys.open(Path(settings.state)))
        keys.issue(principal="first")
        ready: list[str] = []
        listening = threading.Event()
        serving, application = stack.enter_context(served(settings, insecure=False))
        server = Server(configured(application, settings), serving, lambda url: (ready.append(url), listening.set()))  # type: ignore[func-returns-value]
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            assert listening.wait(30)
            with ExitStack() as clients:
                yield Site(ready[0], serving, keys, clients)
        finally:
            server.should_exit = True
            thread.join(30)
        assert not thread.is_alive()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        path=str(tmp_path / "space"),
        state=str(tmp_path / "state"),
        port=0,
        embedder="none",
        background=False,
        log_level="error",
        shutdown_s=5.0,
    )


Serve = Callable[..., Site]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Run a server with other settings."""
    with ExitStack() as stack:
        yield lambda **others: stack.enter_context(running(replace(settings, **others)))


@pytest.fixture
def site(serve: Serve) -> Site:
    return serve()


@pytest.fixture
def client(site: Site) -> httpx.Client:
    """A client that may do everything."""
    return site.client()
