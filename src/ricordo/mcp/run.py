"""How `ricordo mcp` puts its parts together: who calls, which journal notes it, which way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ricordo.access.journal import Journal
from ricordo.access.keys import LOCAL, Key, Keys
from ricordo.config import Settings
from ricordo.errors import NotFoundError
from ricordo.mcp.caller import Caller, Callers
from ricordo.mcp.http import serve_http
from ricordo.mcp.stdio import serve_stdio
from ricordo.memory import Memory
from ricordo.plaintext.draft import check_scope

#: The name by which keys are issued for the one space of this server.
SPACE = "default"
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
    """Serve one client on standard input and output."""
    caller = Caller(memory, key)
    serve_stdio(lambda _: caller)


def http(memory: Memory, settings: Settings, key: Key | None) -> None:
    """Serve many clients over streamable HTTP.

    Args:
        memory: The space.
        settings: Address, port and bounds; `state` is where the keys are.
        key: What every client may do, without a key of its own; None asks for keys.
    """

    state = Path(settings.state).expanduser()
    with Keys.open(state) as keys, Journal.open(state) as journal:
        callers = callers_of(memory, journal, key)
        serve_http(callers, keys if key is None else None, settings)


def callers_of(memory: Memory, journal: Journal | None, local: Key | None) -> Callers:
    """Return what tells who sends a request, by what the gate found out.

    Args:
        memory: The space.
        journal: Notes which records were given to whom, or None.
        local: What everybody may do where no key is asked for, else None.
    """

    def caller(scope: Mapping[str, Any] | None) -> Caller:
        assert scope is not None  # there is no request without one over HTTP
        key: Key = local or scope["state"]["key"]
        if not key.opens(SPACE):
            raise NotFoundError("space: this key opens no space here; issue one for the space default, or for every")
        return Caller(memory, key, SPACE, scope["state"]["request_id"], journal)

    return caller
