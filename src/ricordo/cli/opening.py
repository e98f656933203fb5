"""Opening a space for what needs no model: to look at it as a whole, or to copy it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from ricordo.config import Settings
from ricordo.memory import Memory


def open_plain(settings: Settings) -> Memory:
    """Open the space at the setting `path`, without models and threads; one behind a server by a client.

    Raises:
        NotFoundError: There is no space.
        StoreError: It can't be opened.
    """
    from ricordo.client import connect
    from ricordo.client.connecting import is_server

    if is_server(settings.path):
        return cast(Memory, connect(settings=settings))  # a client has the methods of a memory
    quiet = replace(settings, background=False)
    return Memory.open(settings.path, embedder=None, reranker=None, language_model=None, settings=quiet, create=False)
