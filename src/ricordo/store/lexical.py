"""What a full-text index beside a store is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ricordo.store.base import Snapshot, Visible


class Lexical(Protocol):
    """A full-text index beside a store's own: derived, faster, never trusted past what the store says is visible."""

    def bind(self, folder: Path, space_id: str) -> None:
        """Say which space it is the index of, before anything else."""

    def search(
        self, snapshot: Snapshot, terms: Sequence[str], visible: Visible, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (vid, score) as `Snapshot.search` does, or None where the store must answer itself."""

    def scrub(self) -> str | None:
        """Remove every byte of it, so that nothing erased is left; return why it must wait, or None when done."""

    def size(self) -> int:
        """Return the bytes it takes."""

    def close(self) -> None:
        """Release every resource."""
