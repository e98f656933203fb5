"""A read handle: what a reader was given, so that a commit can tell whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Handle:
    """What a reader was given, kept by the store until it expires: not part of the log.

    Args:
        digest: Digest of the token that names it; the token itself is kept nowhere.
        principal: Who it was made for.
        seq: The log as it was when the first of its reads was answered.
        expires: When it ends.
        reads: Version of each record that was delivered, by id; 0 where there was none.
        scopes: Scopes that were looked in; None is every scope.
    """

    digest: bytes
    principal: str
    seq: int
    expires: datetime
    reads: Mapping[str, int] = field(default_factory=dict)
    scopes: tuple[str, ...] | None = ()
