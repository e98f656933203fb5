"""Ricordo's own records: one JSON object a line, with the keywords of `Memory.retain`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, Line, ReadOptions, found, lines_of, opened
from ricordo.formats.json_stream import load
from ricordo.formats.times import read_time

_TEXT_NAMES = "content kind speaker session title scope ref key subject attribute value cardinality name why derivation"
_TEXTS = frozenset(_TEXT_NAMES.split())
_TIMES = ("at", "expires_at")
#: What a line may hold for `Memory.retain`.
KEYWORDS = _TEXTS | {"at", "valid_from", "valid_to", "expires_at", "aliases", "pinned", "metadata", "links"}
#: What an exported record says besides, which a new record gets anew.
READ_ONLY = frozenset({"id", "version", "status", "recorded_at", "event"})
_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_FIRST_KEY = re.compile(rb'\s*\{\s*"')


class JsonlReader:
    """Reads JSON Lines of records."""

    name = "jsonl"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by a first line that is an object with content and no role, or by the file's ending."""
        first = head.lstrip().split(b"\n", 1)[0]
        value, fault = load(first)
        if fault is None and isinstance(value, dict):
            return "content" in value and "role" not in value
        if path.suffix.lower() not in _SUFFIXES:
            return False
        return b'"role"' not in head or _FIRST_KEY.match(head) is None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the records; a line that is none is left out with the reason."""
        at = options.time_of(path)
        with opened(path) as stream:
            for line in lines_of(stream):
                if isinstance(line, Bad):
                    yield line
                elif line.text.strip():
                    yield _record(line, options, at)


def _record(line: Line, options: ReadOptions, at: datetime) -> Found | Bad:
    value, fault = load(line.text)
    if fault is None and not isinstance(value, dict):
        fault = "not a JSON object"
    if fault is not None:
        return Bad(line.number, fault)
    fields = {name: one for name, one in value.items() if name not in READ_ONLY and one is not None}
    if fault := _fault(fields):
        return Bad(line.number, fault)
    try:
        fields.update({name: read_time(fields[name], options.zone) for name in _TIMES if name in fields})
    except ValueError as error:
        return Bad(line.number, str(error))
    default = {"at": at, "session": options.session}
    scope = {} if options.scope is None else {"scope": options.scope}
    return found(line.number, {**default, **fields, **scope})


def _fault(fields: dict[str, Any]) -> str | None:
    unknown = sorted(set(fields) - KEYWORDS)
    if unknown:
        return f"unknown key {unknown[0][:60]!r}"
    wrong = sorted(name for name in _TEXTS & set(fields) if not isinstance(fields[name], str))
    return f"{wrong[0]}: must be text" if wrong else None
