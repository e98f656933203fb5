"""The reading half of a client."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from ricordo.client.exchange import Exchange
from ricordo.client.remote import remote
from ricordo.client.request import request
from ricordo.errors import InvalidInputError, UnreachableError
from ricordo.memory import Memory
from ricordo.plaintext.explain import explain
from ricordo.plaintext.request import View
from ricordo.types import Recall
from ricordo.wire.routes import ROUTES, parameters, unwrapped


class ReadingClient:
    """What a client can read: the base of `Client`, and what `Client.attempt` gives to decide on.

    Args:
        exchange: Sends requests.
        view: The scopes that the handle is bound to; by default all that its key may.
        token: A read token under which all is noted that is read.
        key: The idempotency key of each write; by default each has its own.
    """

    def __init__(
        self, exchange: Exchange, view: View | None = None, *, token: str | None = None, key: str | None = None
    ) -> None:
        self._exchange = exchange
        self._view = view or View()
        self._token = token
        self._key = key

    recall = remote(Memory.recall)
    inject = remote(Memory.inject)
    reflect = remote(Memory.reflect)
    get = remote(Memory.get)
    list = remote(Memory.list)
    history = remote(Memory.history)
    belief = remote(Memory.belief)
    profile = remote(Memory.profile)
    summary = remote(Memory.summary)
    stats = remote(Memory.stats)

    def explain(self, found: Recall) -> str:
        """Return a table of what each arm gave each item, and what was left out and why."""
        return explain(found)

    def __repr__(self) -> str:
        exchange = self._exchange
        return f"{type(self).__name__}({str(exchange.address)!r}, space={exchange.space!r})"

    def _call(self, method: str, arguments: Mapping[str, Any], *, more_s: float = 0.0) -> Any:
        """Return what a method of `Memory` with these arguments returns there, or raise what it raises."""
        if self._token is not None and method in _noted():
            if arguments.get("read_token") is not None:
                raise InvalidInputError("read_token", "not within an attempt, which has one of its own")
            arguments = {**arguments, "read_token": self._token}
        asked = request(method, arguments, self._key or uuid.uuid4().hex)
        document = self._exchange.ask(asked, self._view, more_s=more_s)
        try:
            return unwrapped(asked.route, document)
        except InvalidInputError as error:
            where = f"{self._exchange.address} answered {method!r} with what is none of its results"
            raise UnreachableError(f"{where} ({error}); server and client are of different versions") from error


@cache
def _noted() -> frozenset[str]:
    """Return the methods whose results a read token notes."""
    takes = (one for one in ROUTES if any(part.name == "read_token" for part in parameters(one)))
    return frozenset(one.method or one.name for one in takes if not one.changes)
