"""What the readers of conversation data sets share: a big JSON list, each element with many turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions, found, opened
from ricordo.formats.json_stream import Element, elements
from ricordo.formats.times import read_time

#: The fields of a turn, or the reason why something was left out.
Turn = dict[str, Any] | str
Turns = Callable[[Element, ReadOptions, datetime], Iterator[Turn]]


def read_turns(path: Path, options: ReadOptions, noun: str, turns_of: Turns) -> Iterator[Found | Bad]:
    """Yield the turns of every element of the list; `line` counts what is yielded.

    Args:
        path: The file.
        options: What the caller said about it.
        noun: What one element is called in a reason.
        turns_of: Yields the turns of one element, given the time of sessions without a date.

    Raises:
        InvalidInputError: The file can't be read.
    """
    default, count = options.time_of(path), 0
    with opened(path) as stream:
        for element in elements(stream):
            if isinstance(element, Bad):
                count += 1
                yield Bad(count, f"{noun} {element.line}: {element.reason}")
                continue
            for turn in turns_of(element, options, default):
                count += 1
                yield Bad(count, turn) if isinstance(turn, str) else found(count, turn)


def session_time(written: Any, options: ReadOptions, default: datetime) -> datetime | str:
    """Return when a session was, or what is wrong with its date."""
    if written is None:
        return default
    try:
        return read_time(written, options.zone)
    except ValueError as error:
        return str(error)
