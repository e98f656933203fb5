"""A request that is sent twice: which is asked for again, and how its first answer is kept without what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ricordo.access.refusal import Header
from ricordo.errors import NotFoundError, PartlyWrittenError, RicordoError
from ricordo.http import changes
from ricordo.http.handles import Held
from ricordo.http.incoming import Incoming
from ricordo.http.once import Name, Once
from ricordo.http.spaces import head_of
from ricordo.memory import Memory
from ricordo.results import Consolidation
from ricordo.types import Record, Verdict
from ricordo.wire.codec import decode, encode
from ricordo.wire.routes import HEADERS, READS, WRITES, Route, parameters

#: What an answer says that was given before.
REPLAYED: Header = (b"idempotency-replayed", b"true")
#: Routes whose method takes a key and yet not theirs: one key can't stand for many messages.
_MANY = frozenset(("retain_messages",))


def in_log(route: Route) -> bool:
    """Tell whether the log itself keeps the key of such a request."""
    return route.name in changes.CHANGES or (route.name not in _MANY and _takes_key(route))


def _takes_key(route: Route) -> bool:
    return any(part.name == "key" for part in parameters(route))


def once(
    table: Once, held: Held, request: Incoming, route: Route, arguments: Mapping[str, Any], work: Callable[[], Any]
) -> tuple[Any, bool]:
    """Do the work of a request unless it was done; return the result, and whether it is that of the first time.

    Args:
        table: What was begun and done.
        held: The handle.
        request: The request, with its key.
        route: What it asks for.
        arguments: Of the method.
        work: Does it.

    Raises:
        ConflictError: The same request is under way, or was cut off; or the key stands for another one.
        RicordoError: As `work`; nothing was done.
    """
    key = request.header(HEADERS["key"])
    if key is None:
        return work(), False
    name = Name(request.key.principal, held.space, key)
    noted = table.begun(name, _digest(request, route, arguments), head_of(held.whole))
    if noted is not None:
        return _again(held.memory, route, json.loads(noted)), True
    try:
        result = work()
    except PartlyWrittenError:
        raise  # what is written stays, and the key stays taken
    except RicordoError:
        table.failed(name)
        raise
    table.ended(name, json.dumps(_noted(result)))
    return result, False


def _digest(request: Incoming, route: Route, arguments: Mapping[str, Any]) -> bytes:
    narrowed = [request.header(READS), request.header(WRITES)]
    return hashlib.sha256(json.dumps([route.name, narrowed, encode(arguments)], sort_keys=True).encode()).digest()


def _noted(result: Any) -> Any:
    """Return a result as it is kept: what records say is kept in the space alone, where it can be erased."""
    if isinstance(result, list):
        return [_verdict_noted(one) for one in result]
    if isinstance(result, Consolidation):
        blank = [[replace(one, text="") for one in listed] for listed in (result.regions, result.skipped)]
        return encode(replace(result, regions=tuple(blank[0]), skipped=tuple(blank[1])))
    return encode(result)


def _verdict_noted(one: Verdict) -> list[Any]:
    states = [_verdict_noted(state) for state in one.states]
    return [one.action, one.rule, one.record.id, one.event, list(one.affected), states]


def _again(memory: Memory, route: Route, noted: Any) -> Any:
    if isinstance(noted, list):
        return [_verdict(memory, one) for one in noted]
    return decode(route.returns, noted)


def _verdict(memory: Memory, noted: list[Any]) -> Verdict:
    action, rule, id, event, affected, states = noted
    told = tuple(_verdict(memory, state) for state in states)
    return Verdict(action, rule, _record(memory, id, event), event, tuple(affected), repeated=True, states=told)


def _record(memory: Memory, id: str, event: int) -> Record:
    try:
        return memory.get(id, as_of=event)
    except NotFoundError:
        return memory.get(id)
