"""Who calls, and the handle that the call gets. Authority comes from the credential, never from an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ricordo.access.journal import Delivery, Journal
from ricordo.access.keys import Key
from ricordo.errors import AccessError, InvalidInputError
from ricordo.memory import Memory
from ricordo.types import Recall


@dataclass(frozen=True, slots=True)
class Caller:
    """One call: what it may do, and where.

    Args:
        memory: The whole space.
        key: What the caller may do.
        space: The name of the space, as a journal of deliveries notes it.
        request_id: The id of the request, where there is one.
        journal: Notes which records the caller was given, or None.
    """

    memory: Memory
    key: Key
    space: str = "default"
    request_id: str = ""
    journal: Journal | None = None

    def reading(self) -> Memory:
        """Return a handle that reads all that this caller may read.

        Raises:
            AccessError: The caller may not read.
        """
        self._check("read")
        return self.key.handle(self.memory)

    def writing(self, scope: str | None) -> Memory:
        """Return a handle that writes one scope.

        Args:
            scope: The scope named in the call; it can only choose among those that the caller may write.

        Raises:
            AccessError: The caller may not write, or not there.
            InvalidInputError: The caller may write several scopes, and the call names none.
        """
        self._check("write")
        own = self.key.write
        if own is not None and scope is not None and scope not in own:
            raise AccessError(f"scope: {scope!r} can't be written here; leave it out, or name one of {', '.join(own)}")
        if own is not None and scope is None and len(own) != 1:
            raise InvalidInputError("scope", f"name the one to write, of {', '.join(own)}")
        return self.key.handle(self.memory, write=scope)

    def deliver(self, found: Recall, lane: str) -> None:
        """Note which records this caller was given, where a journal is kept."""
        if self.journal is None:
            return
        delivery = Delivery(
            at=datetime.now(UTC),
            request_id=self.request_id,
            surface="mcp",
            principal=self.key.principal,
            space=self.space,
            lane=lane,
            scopes=found.filters.get("scopes", self.key.read),
            records=tuple((item.record.id, item.record.version) for item in found.items),
            tokens=found.tokens,
            asked=found.query if self.memory.settings.log_content else None,
        )
        self.journal.note(delivery)

    def _check(self, right: str) -> None:
        if not self.key.may(right):
            raise AccessError(f"{right}: this caller has no such right; ask whoever runs the server for a key that has")


#: Returns the caller of a request, of which it is given the ASGI scope; on standard input there is none.
Callers = Callable[[Mapping[str, Any] | None], Caller]
