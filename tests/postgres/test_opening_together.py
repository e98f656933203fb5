"""Memories of one machine that are opened while others write share the follower that is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ricordo import Memory

Open = Callable[..., Memory]
OPENINGS = 12


def test_opening_keeps_a_follower_that_others_bring_forward(opened: Open, tmp_path: Path) -> None:
    """A follower that is ahead of the head that was asked for a moment ago is not thrown away."""
    writer, over = opened(), threading.Event()
    (file,) = (tmp_path / "a").glob("*/space/memory.db")
    began = file.stat().st_ino

    def write() -> None:
        while not over.is_set():
            writer.retain("Ada likes tea.", kind="event")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(OPENINGS):
            opened().close()
            assert file.stat().st_ino == began
    finally:
        over.set()
        thread.join()
    assert writer.verify().problems == ()
