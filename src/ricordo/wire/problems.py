"""Errors as problem documents (RFC 9457), and back as the errors they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ricordo import errors
from ricordo.errors import (
    AccessError,
    BoundError,
    BusyError,
    ConflictError,
    DiskFullError,
    InvalidInputError,
    KeyConflictError,
    MissingExtraError,
    NotFoundError,
    PartlyWrittenError,
    ProviderError,
    QueueFullError,
    RicordoError,
    StaleReadError,
    StoreError,
    VersionConflictError,
)
from ricordo.results import StaleRead
from ricordo.wire.codec import decode, encode

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:ricordo:error:"

#: What an error is answered with; the first class that fits decides.
STATUSES: tuple[tuple[type[RicordoError], int, str], ...] = (
    (InvalidInputError, 400, "A value breaks a rule"),
    (NotFoundError, 404, "Not found"),
    (AccessError, 403, "Not allowed"),
    (VersionConflictError, 412, "The record has another version"),
    (KeyConflictError, 422, "The idempotency key was used for another request"),
    (ConflictError, 409, "Conflict"),
    (QueueFullError, 429, "Too many writes are waiting"),
    (BusyError, 503, "Busy"),
    (DiskFullError, 507, "No room left"),
    (BoundError, 507, "A bound leaves no room"),
    (StoreError, 503, "The store can't do it"),
    (ProviderError, 502, "A model failed"),
    (PartlyWrittenError, 409, "Some of it was written"),
    (MissingExtraError, 501, "Not installed"),
    (RicordoError, 500, "Something unexpected"),
)
#: What a problem document tells of an error beside its message.
_MEMBERS = (
    *("field", "rule", "record", "expected", "current", "holder", "by", "written", "waiting", "bound", "unknown"),
    *("reason", "status", "retry_after", "extra", "event"),
)
#: Members whose names the document itself uses.
_RENAMED = {"status": "provider_status"}


def status_of(error: type[RicordoError]) -> tuple[int, str]:
    """Return the HTTP status and the title of a class of errors.

    >>> status_of(NotFoundError)
    (404, 'Not found')
    """
    return next((status, title) for known, status, title in STATUSES if issubclass(error, known))


def problem(error: RicordoError, request_id: str | None = None) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status of an error and its problem document.

    >>> status, told = problem(NotFoundError("id: no record 'r1' is visible here"), "q7")
    >>> status, told["type"], told["detail"], told["request_id"]
    (404, 'urn:ricordo:error:NotFoundError', "id: no record 'r1' is visible here", 'q7')
    """
    status, title = status_of(type(error))
    members = {
        _RENAMED.get(name, name): value for name in _MEMBERS if (value := getattr(error, name, None)) is not None
    }
    if isinstance(error, StaleReadError):
        members |= {
            "versions": {id: list(pair) for id, pair in error.versions.items()},
            "stale": encode(error.stale),
        }
    return status, told(status, title, str(error), type(error).__name__, request_id) | members


def told(status: int, title: str, detail: str, name: str, request_id: str | None = None) -> dict[str, Any]:
    """Return a problem document.

    Args:
        status: The HTTP status.
        title: What kind of problem it is.
        detail: What was wrong, with which value, and what to do.
        name: The last part of its type: the name of an error, or of a problem only HTTP has.
        request_id: The request.
    """
    own = {"type": f"{_TYPE}{name}", "title": title, "status": status, "detail": detail}
    return own | ({} if request_id is None else {"request_id": request_id})


def error_of(document: Mapping[str, Any], status: int) -> RicordoError:
    """Return the error that a problem document tells of, of its own class, with its own message.

    Args:
        document: What was answered; anything that is no problem document is told by its status.
        status: The HTTP status.

    >>> raised = error_of(problem(VersionConflictError("r1", 1, 2))[1], 412)
    >>> type(raised).__name__, raised.current, "at version 2" in str(raised)
    ('VersionConflictError', 2, True)
    """
    name = str(document.get("type", "")).removeprefix(_TYPE)
    found = getattr(errors, name, None)
    detail = str(document.get("detail") or f"the server answered {status}")
    if not (isinstance(found, type) and issubclass(found, RicordoError)):
        found = _BY_STATUS.get(status, RicordoError if status < 500 else StoreError)
    made = found.__new__(found)
    Exception.__init__(made, detail)
    for member in _MEMBERS:
        setattr(made, member, document.get(_RENAMED.get(member, member)))
    if isinstance(made, StaleReadError):
        made.versions = {id: (pair[0], pair[1]) for id, pair in document.get("versions", {}).items()}
        made._tell, made._stale = None, decode(tuple[StaleRead, ...], document.get("stale", []), "stale")
    return made


#: What a status without a type of ours means.
_BY_STATUS: Mapping[int, type[RicordoError]] = {
    400: InvalidInputError,
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    413: InvalidInputError,
    422: KeyConflictError,
    428: InvalidInputError,
    429: BusyError,
    503: BusyError,
    507: DiskFullError,
}
