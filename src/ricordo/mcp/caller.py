"""Who calls, and the handle that the call gets. Authority comes from the credential, never from an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ricordo.access.journal import Delivery, Journal
from ricordo.access.keys import ANY, Key
from ricordo.errors import AccessError, InvalidInputError, NotFoundError
from ricordo.memory import Memory
from ricordo.types import Recall

#: Where the protocol is served.
PATH = "/mcp"
#: The name of the space where a server has one only.
ONLY = "default"


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
    space: str = ONLY
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


#: Lends the caller of a request, of which it is given the ASGI scope; on standard input there is none.
Callers = Callable[[Mapping[str, Any] | None], AbstractContextManager[Caller]]


def callers_of(
    lease: Callable[[str], AbstractContextManager[Memory]], journal: Journal | None = None, everybody: Key | None = None
) -> Callers:
    """Return what tells who sends a request over HTTP, by what the gate found out.

    The space is the one that the path names behind `/mcp/`; else the one that the key is for; else "default".

    Args:
        lease: Lends a space by its name for one request, or raises NotFoundError.
        journal: Notes which records were given to whom, or None.
        everybody: What all may do where no key is asked for, else None.
    """

    @contextmanager
    def caller(scope: Mapping[str, Any] | None) -> Iterator[Caller]:
        assert scope is not None  # there is no request without one over HTTP
        key: Key = everybody or scope["state"]["key"]
        space = _space(scope["path"], key)
        if not key.opens(space):
            raise NotFoundError(f"space: there is no space {space!r} here")
        with lease(space) as memory:
            yield Caller(memory, key, space, scope["state"]["request_id"], journal)

    return caller


def _space(path: str, key: Key) -> str:
    named = path.partition(f"{PATH}/")[2].strip("/")
    return named or (ONLY if key.space == ANY else key.space)
