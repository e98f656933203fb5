"""Which namespaces a LangGraph store holds: kept in this process, and read anew where others have written."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from ricordo.adapters.langgraph_items import ITEMS, Namespace, address_of, long_scope, namespace_of
from ricordo.client import Client
from ricordo.errors import NotFoundError
from ricordo.memory import Memory
from ricordo.results import Commit


class Namespaces:
    """The namespaces of a memory's scopes. It may name one that has become empty, and never lacks one that has items.

    Args:
        memory: Where to look.
    """

    def __init__(self, memory: Memory | Client) -> None:
        self._memory = memory
        self._lock = Lock()
        self._known: dict[str, Namespace] = {}
        self._seq = 0

    def all(self) -> dict[str, Namespace]:
        """Return the namespaces by scope."""
        with self._lock:
            if self._seq == 0 or self._head() != self._seq:
                stats = self._memory.stats()
                self._known = {scope: namespace for scope in stats.scopes if (namespace := self._named(scope))}
                self._seq = stats.seq
            return dict(self._known)

    def wrote(self, done: Commit, scopes: dict[str, Namespace]) -> None:
        """Take note of an own commit; where nobody has written in between, nothing need be read anew."""
        with self._lock:
            if done.events and done.events[0] == self._seq + 1:
                self._seq = done.seq
                self._known |= scopes

    def filled(self, scopes: dict[str, Namespace]) -> Iterator[Namespace]:
        """Yield those that have an item now."""
        for scope, namespace in scopes.items():
            if self._memory.list(scope=scope, filters=ITEMS, limit=1).records:
                yield namespace

    def _head(self) -> int:
        try:
            return self._memory.wait_for(self._seq, timeout_s=0)
        except NotFoundError:
            return 0

    def _named(self, scope: str) -> Namespace | None:
        if not long_scope(scope):
            return namespace_of(scope)
        found = self._memory.list(scope=scope, filters=ITEMS, limit=1).records
        return address_of(found[0])[0] if found else None
