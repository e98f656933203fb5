"""A real server on this machine: what `ricordo serve` runs, on a thread, with a space for each test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ricordo.access.running import configured
from ricordo.config import Settings, resolve
from ricordo.http.server import Server, served

_LONGEST_S = 30.0


@contextmanager
def serving(folder: Path, *, insecure: bool = True, **changed: object) -> Iterator[str]:
    """Serve the spaces in a folder; yield the address.

    Args:
        folder: Where the spaces, and what the server keeps beside them, are.
        insecure: Ask for no key.
        changed: Settings.
    """
    settings: Settings = replace(
        resolve(),
        spaces=str(folder / "spaces"),
        state=str(folder / "state"),
        port=0,
        background=False,
        embedder="none",
        shutdown_s=1.0,
        log_level="error",
        **changed,  # type: ignore[arg-type]
    )
    listening = threading.Event()
    found: list[str] = []

    def ready(url: str) -> None:
        found.append(url)
        listening.set()

    with served(settings, insecure=insecure) as (collaborators, application):
        server = Server(configured(application, settings), collaborators, ready)
        thread = threading.Thread(target=server.run, name="server under test")
        thread.start()
        try:
            assert listening.wait(_LONGEST_S), "the server does not listen"
            yield found[0]
        finally:
            server.should_exit = True
            thread.join()
