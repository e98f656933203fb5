"""Every error Ricordo raises.

    RicordoError
    ├── InvalidInputError         a value breaks a rule; names the field and the rule; nothing was changed
    │   └── ArchiveError          an export archive is damaged, truncated, altered or unsafe
    ├── NotFoundError             no such record, event or space is visible to this viewer
    ├── AccessError               the handle may not write or do this
    ├── ConflictError             the write met a state it did not expect
    │   ├── VersionConflictError  `if_version` is not the current version
    │   ├── KeyConflictError      this idempotency key was used for another body
    │   └── SlotTakenError        the change would put two states into one slot
    ├── StoreError                the store can't do its work
    │   ├── BusyError             other writers held the space past the deadline; try again
    │   ├── DiskFullError         no room left; nothing was written
    │   ├── BoundError            a bound of the space leaves no room; nothing was written
    │   ├── ReadOnlyError         the space is read-only
    │   ├── CorruptError          the file is damaged
    │   ├── ForeignFileError      the file is not a Ricordo space
    │   ├── SchemaError           the space was written by a newer Ricordo
    │   └── UnreachableError      the database server can't be reached
    ├── ProviderError             an optional model failed or is not usable
    │   └── ModelError            a model behind an endpoint failed, or rests because it kept failing
    ├── PartlyWrittenError        some of many items were written before one failed
    └── MissingExtraError         an optional dependency is not installed; names the extra

Each message says what was wrong, with which value, and what to do.
"""


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
    """The database server can't be reached, or broke off.

    Args:
        message: What was wrong and what to do; never the password.
        unknown: Whether the server broke off while a write was being committed and did not come back in time to be
            asked: the write is there, or not. A repetition with the same idempotency key writes it at most once.
    """

    def __init__(self, message: str, *, unknown: bool = False) -> None:
        self.unknown = unknown
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


def _shorten(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
