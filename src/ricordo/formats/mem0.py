"""mem0: what `get_all` returns, or a list of memories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.formats.exports import holds, mapping_of, moment_of, read_export, stable_key, text_of, title_of
from ricordo.formats.json_stream import Element
from ricordo.formats.turns import Turn

_FILES = re.compile(r"(?!)")  # it comes in no archive
_MARK = re.compile(rb'"memory"\s*:\s*(?:"|null)')
_OWNERS = ("user_id", "agent_id", "app_id", "run_id", "actor_id")


class Mem0Reader:
    """Reads the memories of mem0 in JSON: {"results": [...]}, a list, or one object after the other."""

    name = "mem0"
    owners = ("user", "agent", "session")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by memories with an id and a hash, an owner or a time."""
        known = b'"id"' in head and any(mark in head for mark in (b'"hash"', b'"user_id"', b'"created_at"'))
        return known and holds(path, head, _FILES, _MARK)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield a fact for each memory, and a relationship for each relation of the graph."""
        return read_export(path, options, "element", _FILES, _element)


def _element(element: Element, options: ReadOptions, default: datetime) -> Iterator[Turn]:
    value = mapping_of(element.value)
    listed = next((value[name] for name in ("results", "memories") if isinstance(value.get(name), list)), None)
    for number, one in enumerate([value] if listed is None else listed, element.number if listed is None else 1):
        yield _memory(mapping_of(one), number, options, default)
    relations = value.get("relations")
    for number, one in enumerate(relations if listed is not None and isinstance(relations, list) else (), 1):
        yield _relation(mapping_of(one), number, options)


def _memory(memory: Mapping[str, Any], number: int, options: ReadOptions, default: datetime) -> Turn:
    id = text_of(memory.get("id"))
    place = f"memory {title_of(id) or number}"
    if id is None or "memory" not in memory:
        return f"{place}: no id, or no memory"
    at = moment_of(options, default, memory.get("updated_at"), memory.get("created_at"))
    if isinstance(at, str):
        return f"{place}: {at}"
    owners = {name: text_of(memory.get(name)) for name in _OWNERS}
    try:
        scope = options.scope_of(user=owners["user_id"], agent=owners["agent_id"], session=owners["run_id"])
    except ValueError as error:
        return f"{place}: {error}"
    known = {name: value for name, value in owners.items() if value is not None}
    metadata = {**mapping_of(memory.get("metadata")), **known}
    if categories := memory.get("categories"):
        metadata["categories"] = categories
    fields = {"kind": "fact", "content": memory["memory"], "ref": id, "at": at, "scope": scope}
    return {**fields, "session": owners["run_id"], "metadata": metadata or None}


def _relation(relation: Mapping[str, Any], number: int, options: ReadOptions) -> Turn:
    names = (
        relation.get("source"),
        relation.get("relationship"),
        relation.get("target") or relation.get("destination"),
    )
    source, verb, target = map(text_of, names)
    if source is None or verb is None or target is None:
        return f"relation {number}: no source, relationship and target"
    user = text_of(relation.get("user_id"))
    try:
        scope = options.scope_of(user=user)
    except ValueError as error:
        return f"relation {number}: {error}"
    return {**related(source, verb, target), "scope": scope, "key": stable_key("mem0", user, source, verb, target)}


def related(source: str, verb: str, target: str) -> dict[str, Any]:
    """Return a relation of a graph as what `retain` takes: a slot with many values.

    >>> related("Ada", "works_at", "Brightwater")["content"]
    'Ada works at Brightwater'
    """
    slot = {"subject": source, "attribute": verb, "value": target, "cardinality": "many"}
    return {"kind": "relationship", "content": f"{source} {verb.replace('_', ' ')} {target}", **slot}
