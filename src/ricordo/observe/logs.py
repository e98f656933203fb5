"""Structured logs: one line for each event, without what was said, asked or sent, and without keys."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from ricordo.config import Settings
from ricordo.errors import InvalidInputError

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
#: The state of the request that is under way here; its `request_id` goes into every line.
request_state: ContextVar[Mapping[str, Any]] = ContextVar("ricordo_request_state")
_ROOT = "ricordo"
#: What these tell of is faults of their own; uvicorn's log of requests has query strings, and is not wanted.
_FOREIGN, _UNWANTED = ("uvicorn", "opentelemetry"), "uvicorn.access"
_FIELDS = "ricordo_fields"
_PLAIN = re.compile(r"[\w.:/{}@*+-]+")
_KEYS = re.compile(r"(mos_[a-z0-9]{12}_|\bsk-|\b[Bb]earer )[A-Za-z0-9._~+/=-]{8,}")


class Content(str):
    """Text that somebody said, asked or sent: written to the log only with the setting `log_content`."""

    __slots__ = ()


class Log:
    """Writes events with named fields.

    Args:
        base: The logger of the standard library behind it.

    >>> logger("http").debug("opened", spaces=3)
    """

    def __init__(self, base: logging.Logger) -> None:
        self._base = base

    def debug(self, event: str, **fields: Any) -> None:
        """Tell what helps to find a fault."""
        self.write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Tell what happened."""
        self.write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Tell what should be looked at."""
        self.write(logging.WARNING, event, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: Any) -> None:
        """Tell what failed; of an error its class and place, not its message, which may quote what was sent."""
        self.write(logging.ERROR, event, fields, error)

    def write(self, level: int, event: str, fields: Mapping[str, Any], error: BaseException | None = None) -> None:
        """Write an event of a level of the standard library."""
        if self._base.isEnabledFor(level):
            self._base.log(level, event, extra={_FIELDS: fields}, exc_info=error)


def logger(name: str) -> Log:
    """Return the log of a part of Ricordo, such as "http"."""
    return Log(logging.getLogger(f"{_ROOT}.{name}"))


def start_logs(settings: Settings, stream: TextIO | None = None) -> Callable[[], None]:
    """Have the logs of this process written, by level and format of the settings; return what ends that.

    Args:
        settings: `log_level`, `log_format` and `log_content`.
        stream: Where to; by default standard error.

    Raises:
        InvalidInputError: The level or the format is unknown.
    """
    if settings.log_level not in LEVELS:
        raise InvalidInputError("log_level", f"one of {', '.join(LEVELS)}", settings.log_level)
    if settings.log_format not in FORMATS:
        raise InvalidInputError("log_format", f"one of {', '.join(FORMATS)}", settings.log_format)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(as_json=settings.log_format == "json", content=settings.log_content))
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    before = [_lead(_ROOT, [handler], level)]
    before += [_lead(name, [handler], max(level, logging.WARNING)) for name in _FOREIGN]
    before.append(_lead(_UNWANTED, [logging.NullHandler()], level))

    def stop() -> None:
        for back in before:
            back()

    return stop


def _lead(name: str, handlers: list[logging.Handler], level: int) -> Callable[[], None]:
    """Have what a logger takes written by these handlers, and by no other; return what puts it back."""
    base = logging.getLogger(name)
    before = base.handlers, base.level, base.propagate
    base.handlers, base.propagate = handlers, False
    base.setLevel(level)

    def back() -> None:
        base.handlers, _, base.propagate = before
        base.setLevel(before[1])

    return back


class Lines(logging.Formatter):
    """Makes one line of an event.

    Args:
        as_json: Whether a line is a JSON object, else text a person reads.
        content: Whether a line may hold what was said, asked or sent.
    """

    def __init__(self, *, as_json: bool, content: bool) -> None:
        super().__init__()
        self._as_json, self._content = as_json, content

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "log": record.name.removeprefix(f"{_ROOT}."),
            "event": record.getMessage(),
        }
        request_id = request_state.get({}).get("request_id")
        if request_id is not None:
            told["request_id"] = request_id
        for name, value in getattr(record, _FIELDS, {}).items():
            if value is not None and (self._content or not isinstance(value, Content)):
                told[name] = value
        if record.exc_info:
            told |= self._failure(record.exc_info)
        line = json.dumps(told, ensure_ascii=False, default=str) if self._as_json else _text(told)
        return _KEYS.sub(r"\1…", line)

    def _failure(self, info: tuple[Any, BaseException | None, TracebackType | None] | Any) -> dict[str, Any]:
        error = info[1]
        if error is None:
            return {}
        told: dict[str, Any] = {"error": type(error).__name__, "trace": _frames(error)}
        return told | ({"message": str(error)} if self._content else {})


def _frames(error: BaseException) -> list[str]:
    """Return where an error came from, and what caused it: files, lines and functions, no values."""
    places = [
        f"{frame.filename.rpartition('/site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return places if cause is None else [*_frames(cause), f"then {type(error).__name__}", *places]


def _text(told: dict[str, Any]) -> str:
    """Return an event as text.

    >>> _text({"at": "12:00", "level": "info", "log": "http", "event": "request", "status": 200, "why": "a b"})
    '12:00 info http: request status=200 why="a b"'
    """
    head = f"{told.pop('at')} {told.pop('level')} {told.pop('log')}: {_flat(str(told.pop('event')))}"
    return " ".join([head, *(f"{name}={_value(value)}" for name, value in told.items())])


def _flat(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1] if not text.isprintable() else text


def _value(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(value, ensure_ascii=False, default=str)
