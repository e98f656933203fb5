"""Which request was given which records: noted beside each answer, and told to who may read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ricordo.access.journal import Delivery
from ricordo.http.handles import Held
from ricordo.http.incoming import Incoming
from ricordo.results import Profile, SessionSummary
from ricordo.types import Recall, Reflection


@dataclass(frozen=True, slots=True)
class Given:
    """What an answer gives of records.

    Args:
        records: Id and version of each, in order; the version is 0 where the answer does not tell it.
        tokens: What they cost.
        asked: What was asked.
        scopes: The scopes that were read, where the answer tells them.
    """

    records: tuple[tuple[str, int], ...]
    tokens: int
    asked: str
    scopes: tuple[str, ...] | None = None


def _recall(found: Recall) -> Given:
    records = tuple((item.record.id, item.record.version) for item in found.items)
    scopes = found.filters.get("scopes")
    return Given(records, found.tokens, found.query, None if scopes is None else tuple(scopes))


def _profile(found: Profile) -> Given:
    records = dict.fromkeys((one.id, one.version) for line in found.lines for one in line.records)
    return Given(tuple(records), found.tokens, found.subject)


def _summary(found: SessionSummary) -> Given:
    return Given(tuple((id, 0) for id in found.records), found.tokens, found.session)


def _reflection(told: Reflection) -> Given:
    return _recall(told.evidence)


#: By route, what its answer gives.
GIVEN: Mapping[str, Callable[[Any], Given]] = {
    "recall": _recall,
    "inject": _recall,
    "reflect": _reflection,
    "profile": _profile,
    "summary": _summary,
}


def delivery(request: Incoming, lane: str, held: Held, result: Any, *, content: bool) -> Delivery | None:
    """Return what is noted of an answer, or None where it gives no records.

    Args:
        request: The request.
        lane: The name of the route.
        held: The handle it was read with.
        result: What the method returned.
        content: Whether what was asked is noted, too: the setting `log_content`.
    """
    reader = GIVEN.get(lane)
    if reader is None:
        return None
    given = reader(result)
    return Delivery(
        at=datetime.now(UTC),
        request_id=request.request_id,
        surface="http",
        principal=request.key.principal,
        space=held.space,
        lane=lane,
        scopes=held.reads if given.scopes is None else given.scopes,
        records=given.records,
        tokens=given.tokens,
        asked=given.asked if content else None,
    )
