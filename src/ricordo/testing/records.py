"""Records to test pure stages with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ricordo.types import Record


def a_record(*, id: str = "r1", at: str = "2026-05-01", **fields: Any) -> Record:
    """Return a record with plausible fields, and those given.

    Args:
        id: Its id.
        at: ISO date it was said and begins to be true.
        fields: Anything a `Record` holds.

    >>> a_record(content="Ada likes tea.").kind
    'fact'
    """
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    defaults: dict[str, Any] = {
        "version": 1,
        "kind": "fact",
        "content": fields.get("value") or "Ada lives in Lisbon.",
        "scope": "test",
        "status": "active",
        "said_at": moment,
        "recorded_at": moment,
        "event": 1,
        "valid_from": moment,
    }
    return Record(id=id, **{**defaults, **fields})
