"""LangGraph stores: their items in JSON, or in the file of a `SqliteStore`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions, read_head
from ricordo.formats.exports import holds, mapping_of, moment_of, read_export, text_of, title_of
from ricordo.formats.json_stream import Element
from ricordo.formats.langgraph_file import is_store, read_rows
from ricordo.formats.times import read_time
from ricordo.formats.turns import Turn

_FILES = re.compile(r"(?!)")  # it comes in no archive
_MARKS = tuple(re.compile(mark) for mark in (rb'"namespace"\s*:\s*["\[]', rb'"key"\s*:\s*"', rb'"value"\s*:\s*\{'))
_SQLITE = b"SQLite format 3\x00"
#: Where the text of a value stands, by the most common names.
_TEXTS = ("content", "text", "memory", "data")


class LangGraphReader:
    """Reads items of a LangGraph store."""

    name = "langgraph"
    owners = ("namespace",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by items with namespace, key and value, or by the table `store` of a SQLite file."""
        if head.startswith(_SQLITE):
            return is_store(path)
        return all(mark.search(head) for mark in _MARKS) and holds(path, head, _FILES, _MARKS[0])

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield one item for each item of the store."""
        if read_head(path).startswith(_SQLITE):
            return read_rows(path, options, _item)
        return read_export(path, options, "element", _FILES, _element)


def _element(element: Element, options: ReadOptions, default: datetime) -> Iterator[Turn]:
    value = mapping_of(element.value)
    listed = value.get("items")
    for number, one in enumerate(listed if isinstance(listed, list) else [value], element.number):
        yield _item(mapping_of(one), f"item {number}", options, default)


def _item(item: Mapping[str, Any], place: str, options: ReadOptions, default: datetime) -> Turn:
    namespace, key, value = _namespace(item.get("namespace")), text_of(item.get("key")), item.get("value")
    if namespace is None or key is None or not isinstance(value, Mapping):
        return f"{place}: no namespace, key and value"
    ref = "/".join((*namespace, key))
    at = moment_of(options, default, item.get("updated_at"), item.get("created_at"))
    try:
        scope = options.scope_of(namespace="/".join(namespace) or None)
        expires_at = None if item.get("expires_at") is None else read_time(item["expires_at"], UTC)
    except ValueError as error:
        return f"{title_of(ref)}: {error}"
    if isinstance(at, str):
        return f"{title_of(ref)}: {at}"
    text, rest = _told(value)
    metadata = {"namespace": list(namespace), "key": key, **({"value": rest} if rest else {})}
    fields = {"kind": "context", "content": text, "ref": ref, "at": at, "scope": scope, "session": options.session}
    return {**fields, "expires_at": expires_at, "metadata": metadata}


def _namespace(value: Any) -> tuple[str, ...] | None:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    return tuple(part for part in parts if part)


def _told(value: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the text of a value and what else it holds; a value without a text is its own text, as JSON."""
    for name in _TEXTS:
        inner = value.get(name)
        text = text_of(inner) or next((text_of(mapping_of(inner).get(one)) for one in _TEXTS), None)
        if text is not None:
            alone = isinstance(inner, str) or len(mapping_of(inner)) == 1
            return text, {key: one for key, one in value.items() if key != name or not alone}
    return json.dumps(value, ensure_ascii=False, sort_keys=True), {}
