"""How `ricordo mcp` puts its parts together: who calls, which journal notes it, which way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path

from ricordo.access.journal import Journal
from ricordo.access.keys import LOCAL, Key, Keys
from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.mcp.caller import ONLY, Caller, callers_of
from ricordo.mcp.http import guarded, serve
from ricordo.mcp.stdio import serve_stdio
from ricordo.mcp.transport import mcp_app
from ricordo.memory import Memory
from ricordo.observe.logs import start_logs
from ricordo.observe.watch import Observer
from ricordo.plaintext.draft import check_scope

#: What a client that needs no key may do: it is the user's own.
_RIGHTS = frozenset({"read", "write"})


def local(scope: str, reads: Sequence[str], read_only: bool) -> Key:
    """Return what a client may do that needs no key.

    Args:
        scope: The scope it writes.
        reads: The scopes it reads; none stands for the one it writes.
        read_only: Whether it writes nothing.

    Raises:
        InvalidInputError: A label breaks the rule of scopes.
    """
    own = check_scope(scope, "scope")
    read = tuple(dict.fromkeys(check_scope(label, "read") for label in reads)) or (own,)
    rights = frozenset({"read"}) if read_only else _RIGHTS
    return replace(LOCAL, read=read, write=() if read_only else (own,), rights=rights)


def stdio(memory: Memory, key: Key) -> None:
    """Serve one client on standard input and output.

    Args:
        memory: The space.
        key: What the client may do.
    """
    stop = start_logs(memory.settings)
    caller = Caller(memory, key)
    try:
        serve_stdio(lambda _: nullcontext(caller), memory.settings.shutdown_s)
    finally:
        stop()


def http(memory: Memory, everybody: Key | None, ready: Callable[[str], None]) -> None:
    """Serve many clients over streamable HTTP.

    Args:
        memory: The space; its settings say where to listen, and `state` where the keys are.
        everybody: What every client may do, without a key of its own; None asks for keys.
        ready: Is told the address, once it is listened on.

    Raises:
        InvalidInputError: The address can't be had, or others can reach it without keys; or there are no keys yet.
    """
    settings = memory.settings
    state = Path(settings.state).expanduser()
    with Keys.open(state) as keys, Journal.open(state) as journal, closing(Observer.open(settings, "mcp")) as observer:
        if everybody is None and not keys.list():
            rule = "there are no keys yet; make one with `ricordo keys issue --every-scope`, or serve "
            rule += "this machine alone with --insecure"
            raise InvalidInputError("keys", rule)
        app = mcp_app(callers_of(only(memory), journal, everybody), settings)
        serve(guarded(app, keys if everybody is None else None, settings, observer), settings, ready)


def only(memory: Memory) -> Callable[[str], AbstractContextManager[Memory]]:
    """Return what lends the one space of a server.

    Args:
        memory: The space, which is called "default".
    """

    def lease(space: str) -> AbstractContextManager[Memory]:
        if space != ONLY:
            raise NotFoundError(f"space: there is no space {space!r} here; issue a key for {ONLY}, or for every space")
        return nullcontext(memory)

    return lease
