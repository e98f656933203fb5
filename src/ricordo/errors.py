"""Every error Ricordo raises.

    RicordoError
    ├── InvalidInputError         a value breaks a rule; names the field and the rule; nothing was changed
    │   └── ArchiveError          an export archive is damaged, truncated, altered or unsafe
    ├── NotFoundError             no such record, event or space is visible to this viewer
    ├── AccessError               the handle may not write or do this
    ├── ConflictError             the write met a state it did not expect
    │   ├── VersionConflictError  `if_version` is not the current version
    │   ├── KeyConflictError      this idempotency key was used for another body
    │   ├── SlotTakenError        the change would put two states into one slot
    │   ├── StaleReadError        what a commit rests on is no longer so; has both versions and what changed
    │   ├── GoneError             the record to add to was forgotten, or another stands for it
    │   └── ReadTokenError        the read token is unknown, expired, full or another's; read anew
    ├── StoreError                the store can't do its work
    │   ├── BusyError             other writers held the space past the deadline; try again
    │   │   └── QueueFullError    too many writes are waiting for their turn already
    │   ├── DiskFullError         no room left; nothing was written
    │   ├── BoundError            a bound of the space leaves no room; nothing was written
    │   ├── ReadOnlyError         the space is read-only
    │   ├── CorruptError          the file is damaged
    │   ├── ForeignFileError      the file is not a Ricordo space
    │   ├── SchemaError           the space was written by a newer Ricordo
    │   └── UnreachableError      the server of the database, or of the memory, can't be reached
    ├── ProviderError             an optional model failed or is not usable
    │   └── ModelError            a model behind an endpoint failed, or rests because it kept failing
    ├── PartlyWrittenError        some of many items were written before one failed
    └── MissingExtraError         an optional dependency is not installed; names the extra

Each message says what was wrong, with which value, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class RicordoError(Exception):
    """The root of every error raised on purpose."""


class InvalidInputError(RicordoError, ValueError):
    """A value breaks a rule; nothing was changed.

    Args:
        field: The argument at fault.
        rule: What a valid value looks like.
        value: The offending value; shown shortened.
    """

    def __init__(self, field: str, rule: str, value: object = ...) -> None:
        self.field = field
        self.rule = rule
        shown = "" if value is ... else f"; got {_shorten(value)}"
        super().__init__(f"{field}: {rule}{shown}")


class ArchiveError(InvalidInputError):
    """An export archive is damaged, truncated, altered or unsafe."""


class NotFoundError(RicordoError, LookupError):
    """No such record, event or space is visible to this viewer."""


class AccessError(RicordoError, PermissionError):
    """The handle may not write or do this."""


class ConflictError(RicordoError):
    """The write met a state it did not expect; nothing was changed."""


class VersionConflictError(ConflictError):
    """`if_version` is not the current version of the record.

    Args:
        record: The id of the record, or None where no record was found.
        expected: The version the caller named.
        current: The version the record has now; 0 where it does not exist.
    """

    def __init__(self, record: str | None, expected: int, current: int) -> None:
        self.record = record
        self.expected = expected
        self.current = current
        super().__init__(
            f"if_version: record {record or '(none)'} is at version {current}, not {expected}; "
            "read it again and repeat the write on what you find"
        )


class KeyConflictError(ConflictError):
    """This idempotency key was used before for another body."""


class SlotTakenError(ConflictError):
    """The change would put a second state into a slot that holds one; nothing was changed.

    Args:
        subject, attribute: The slot.
        holder: The id of the record that holds it.
    """

    def __init__(self, subject: str, attribute: str, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"subject, attribute: {_shorten(subject)} / {_shorten(attribute)} is held by record {holder}; update or "
            "forget that one, or retain what is so now, which supersedes it"
        )


class StaleReadError(ConflictError):
    """What a commit rests on is no longer so; nothing was written.

    Args:
        versions: By record the version that was read and the one there is now; 0 where there is none to be seen.
        event: With `strict="scope"`, the first event that touched what was looked in; else None.
        tell: Returns `stale`; asked once, when it is first looked at, and while the memory is open.
    """

    def __init__(
        self,
        versions: Mapping[str, tuple[int, int]],
        event: int | None = None,
        tell: Callable[[], tuple[Any, ...]] = tuple,
    ) -> None:
        self.versions = versions
        self.event = event
        self._tell: Callable[[], tuple[Any, ...]] | None = tell
        self._stale: tuple[Any, ...] = ()
        super().__init__(_told(versions, event))

    @property
    def stale(self) -> tuple[Any, ...]:
        """A `StaleRead` for each record, as far as this reader may see it."""
        if self._tell is not None:
            self._stale, self._tell = self._tell(), None
        return self._stale


class GoneError(ConflictError):
    """The record to add to was forgotten, or another stands for it; nothing was written.

    Args:
        record: The id of the record.
        by: The id of the record that stands for it, or None.
    """

    def __init__(self, record: str, by: str | None = None) -> None:
        self.record = record
        self.by = by
        told = f"{by} stands for it since: write that one" if by else "it was forgotten: put it anew, or undo that"
        super().__init__(f"id: record {record} can't be added to, for {told}")


class ReadTokenError(ConflictError):
    """The read token is unknown, expired, full or another's; nothing was read or written.

    Args:
        problem: What is wrong with it.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"read_token: {problem}; make a new one with read_token(), and read again with it")


class PartlyWrittenError(RicordoError):
    """Some of many items were written before one failed; those before it stay, the rest was not written.

    Args:
        written: How many items were written, from the first on.
        total: How many there were.
        cause: What went wrong; also `__cause__`.
    """

    def __init__(self, written: int, total: int, cause: Exception) -> None:
        self.written = written
        super().__init__(
            f"items: the first {written} of {total} were written, the others were not: {cause}; mend that, and "
            f"repeat the call with items[{written}:]"
        )


class StoreError(RicordoError):
    """The store can't do its work."""


class BusyError(StoreError):
    """Other writers held the space past the deadline; nothing was written, try again."""


class QueueFullError(BusyError):
    """Too many writes are waiting for their turn already; nothing was written.

    Args:
        waiting: How many wait.
    """

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(
            f"max_waiting: {waiting} writes wait for their turn already; try again in a moment, write less at a time, "
            "or raise the bound"
        )


class DiskFullError(StoreError):
    """There is no room left; nothing was written."""


class BoundError(StoreError):
    """A bound on what is live leaves no room for the write; nothing was written.

    Args:
        bound: The setting that set it, such as "max_records".
        problem: What does not fit, and what to do.
    """

    def __init__(self, bound: str, problem: str) -> None:
        self.bound = bound
        super().__init__(f"{bound}: {problem}")


class ReadOnlyError(StoreError):
    """The space is read-only."""


class CorruptError(StoreError):
    """The file is damaged; `ricordo verify` names the first bad event."""


class ForeignFileError(StoreError):
    """The file is not a Ricordo space."""


class SchemaError(StoreError):
    """The space was written by a newer Ricordo."""


class UnreachableError(StoreError):
    """The server of the database, or of the memory, can't be reached, or broke off.

    Args:
        message: What was wrong and what to do; never a password or a key of the server.
        unknown: Whether the server broke off while a write was being committed and did not come back in time to be
            asked: the write is there, or not. A repetition with the same idempotency key writes it at most once.
        key: That idempotency key, where the write had one that the client made.
    """

    #: Also where the error comes over the wire.
    key: str | None = None

    def __init__(self, message: str, *, unknown: bool = False, key: str | None = None) -> None:
        self.unknown = unknown
        self.key = key
        super().__init__(message)


class ProviderError(RicordoError):
    """An optional model failed or is not usable."""


class ModelError(ProviderError):
    """A model behind an endpoint failed, or was not asked because it kept failing. Nothing that needs no model is lost.

    Args:
        reason: What kind of failure: "unreachable", "timeout", "cut" (the answer broke off), "busy" (429), "failed"
            (5xx), "unauthorised" (401, 403), "not_found" (404), "rejected" (other refusals), "redirected", "too_large",
            "invalid" (no JSON, or JSON of another shape), "resting" (not asked).
        message: What was wrong and what to do; never the key.
        status: The HTTP status, or None where there was none.
        retry_after: For how many seconds the server, or the circuit breaker, asks to be left alone.
    """

    def __init__(
        self, reason: str, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class MissingExtraError(RicordoError, ImportError):
    """An optional dependency is not installed.

    Args:
        extra: The extra to install.
        purpose: What it is for.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f'{purpose} needs an optional dependency: pip install "ricordo[{extra}]"')


def _told(versions: Mapping[str, tuple[int, int]], event: int | None, limit: int = 5) -> str:
    """Return the message of a stale read: ids and versions, and no content, for it may end in somebody's prompt."""
    parts = [
        f"record {id} is {f'at version {now}' if now else 'not there'}, and was "
        f"{f'at version {read}' if read else 'not there'} when it was read"
        for id, (read, now) in list(versions.items())[:limit]
    ]
    if len(versions) > limit:
        parts.append(f"and {len(versions) - limit} more")
    if event is not None:
        parts.append(f"event {event} touched what was looked in")
    return f"reads: {'; '.join(parts)}; read again and decide anew"


def _shorten(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
