"""Whose memory a request gets. Where that is not certain it gets none: nothing is read, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ricordo.access.keys import Keys
from ricordo.errors import RicordoError
from ricordo.memory import Memory

#: The one space of a proxy, as `ricordo serve` calls it too.
SPACE = "default"
_KEY, _WRITE, _READ = b"ricordo-key", b"ricordo-scope", b"ricordo-read"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whose memory a request gets.

    Args:
        memory: The handle, bound to scopes.
        owner: Tells owners apart, with their scopes; no secret.
        principal: Who asks.
        scopes: The scopes that are read; None is every scope.
        reads, writes: Whether memory is put into the request, and whether what is said is kept.
    """

    memory: Memory
    owner: str
    principal: str
    scopes: tuple[str, ...] | None
    reads: bool = True
    writes: bool = True


#: Tells from the headers of a request whose memory it gets; or why none, in a word.
Admission = Callable[[Mapping[bytes, bytes]], Admitted | str]


def local(memory: Memory, *, scope: str, read: Sequence[str] = ()) -> Admission:
    """Return the admission of a proxy for one user: every request gets the same scopes.

    A request that brings a key is of somebody who means another proxy: it gets nothing.

    Args:
        memory: The whole space.
        scope: What is said is kept there.
        read: The scopes that are read; by default that one.
    """
    scopes = tuple(dict.fromkeys(read)) or (scope,)
    handle = memory.scoped(write=scope, read=scopes, principal="proxy")
    one = Admitted(handle, repr((scope, scopes)), "proxy", scopes)
    return lambda headers: "unknown key" if _KEY in headers else one


def by_key(memory: Memory, keys: Keys, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Admission:
    """Return the admission of a proxy for several users: the header Ricordo-Key says who asks.

    Args:
        memory: The whole space.
        keys: Who has which key. What a key may do is looked up for every request.
        now: Tells the time by which keys expire.
    """

    def admit(headers: Mapping[bytes, bytes]) -> Admitted | str:
        key = keys.check(headers.get(_KEY, b"").decode("latin-1").strip(), now())
        if key is None or not key.opens(SPACE):
            return "unknown key" if _KEY in headers else "no key"
        write = headers.get(_WRITE, b"").decode("latin-1").strip() or None
        listed = headers.get(_READ, b"").decode("latin-1")
        read = [label for part in listed.split(",") if (label := part.strip())] or None
        try:
            handle = key.handle(memory, write=write, read=read)
        except RicordoError:
            return "no such scope"
        target = write or (key.write[0] if key.write is not None and len(key.write) == 1 else None)
        readable = key.read if key.read is not None else () if target is None else (target,)
        scopes = readable if read is None else tuple(read)
        reads, writes = key.may("read") and bool(scopes), key.may("write") and target is not None
        if not reads and not writes:
            return "no scope"
        return Admitted(handle, repr((key.id, target, scopes)), key.principal, scopes, reads, writes)

    return admit
