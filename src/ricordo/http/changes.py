"""Changes of one record, which rest on a version of it: PATCH and DELETE with If-Match, once where a key says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ricordo.errors import StaleReadError, VersionConflictError
from ricordo.http.incoming import Incoming, PreconditionMissingError, version_in
from ricordo.memory import Memory
from ricordo.plaintext.draft import checked_update
from ricordo.results import Commit, Forgotten
from ricordo.types import Verdict
from ricordo.wire.routes import HEADERS, Route

Change = Callable[[Memory, Incoming, Mapping[str, Any]], tuple[Any, bool]]


def held_by(route: Route) -> tuple[str, ...]:
    """Return the arguments in headers that a change takes from the request itself."""
    return tuple(HEADERS) if route.name in CHANGES else ()


def update(memory: Memory, request: Incoming, arguments: Mapping[str, Any]) -> tuple[Verdict, bool]:
    """Change fields of a record; return the verdict, and whether it is that of an earlier request."""
    expected, told = _expected(request), _told(request)
    if not told:
        return memory.update(**arguments, if_version=expected), False
    fields = {name: value for name, value in arguments.items() if name not in ("id", "scope", "reason")}
    checked_update(memory.settings, fields)  # so that an error names the argument, and not its place in a commit
    op = {"op": "put", **_found(memory, arguments), **({} if expected is None else {"if_version": expected})}
    done = _committed(memory, op, [], told)
    return done.verdicts[0], done.repeated


def delete(memory: Memory, request: Incoming, arguments: Mapping[str, Any]) -> tuple[Forgotten, bool]:
    """Forget a record; return what was retired, and whether that is the answer to an earlier request."""
    expected, told = _expected(request), _told(request)
    if expected is None and not told:
        return memory.forget(**arguments), False
    op = {"op": "delete", **_found(memory, arguments)}
    done = _committed(memory, op, [] if expected is None else [{"id": op["id"], "version": expected}], told)
    verdict = done.verdicts[0]
    if verdict.action == "unchanged":
        return Forgotten((), ()), done.repeated
    return Forgotten((verdict.record.id,), (verdict.event,), verdict.affected), done.repeated


CHANGES: Mapping[str, Change] = {"update": update, "delete": delete}


def _expected(request: Incoming) -> int | None:
    if request.header("if-match") is None:
        raise PreconditionMissingError
    return version_in(request)


def _told(request: Incoming) -> dict[str, str]:
    """Return what a commit is told beside its operations."""
    named = {"key": request.header(HEADERS["key"]), "read_token": request.header(HEADERS["read_token"])}
    return {name: value for name, value in named.items() if value is not None}


def _found(memory: Memory, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an operation: it looks in all scopes of its handle, so here in those that are named."""
    if arguments.get("scope") is not None:
        memory.get(arguments["id"], scope=arguments["scope"])
    return {name: value for name, value in arguments.items() if name != "scope"}


def _committed(memory: Memory, op: Any, reads: list[Any], told: Mapping[str, str]) -> Commit:
    try:
        return memory.commit([op], reads=reads, **told)
    except StaleReadError as error:
        read, now = error.versions.get(op["id"], (0, 0))
        if now and read != now:
            raise VersionConflictError(op["id"], read, now) from error
        raise
