"""The knowledge graph of the MCP reference memory server: entities with observations, and relations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ricordo.formats.base import Bad, Found, ReadOptions, found, lines_of, opened, read_head
from ricordo.formats.exports import mapping_of, stable_key, text_of, title_of
from ricordo.formats.json_stream import elements, load
from ricordo.formats.mem0 import related
from ricordo.formats.turns import Turn

_LINE = re.compile(rb'"type"\s*:\s*"(?:entity|relation)"')
_NAMES = re.compile(rb'"(?:entityType|relationType)"\s*:')
_GRAPH = re.compile(rb'\s*\{\s*"entities"\s*:\s*\[')


class MCPMemoryReader:
    """Reads the JSON Lines that the server keeps, or the graph that its tool `read_graph` returns."""

    name = "mcp-memory"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by entities and relations."""
        if not head.lstrip().startswith(b"{") or _NAMES.search(head) is None:
            return False
        return _LINE.search(head) is not None or _GRAPH.match(head) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield a record for each entity, each observation of one, and each relation."""
        graph = _GRAPH.match(read_head(path)) is not None
        return _read_graph(path, options) if graph else _read_lines(path, options)


def _read_lines(path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
    with opened(path) as stream:
        for line in lines_of(stream):
            if isinstance(line, Bad):
                yield line
            elif line.text.strip():
                value, fault = load(line.text)
                for one in [fault] if fault else _parts(mapping_of(value), options):
                    yield Bad(line.number, one) if isinstance(one, str) else found(line.number, one)


def _read_graph(path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
    count = 0
    with opened(path) as stream:
        for element in elements(stream):
            parts = [element.reason] if isinstance(element, Bad) else _graph(mapping_of(element.value), options)
            for one in parts:
                count += 1
                yield Bad(count, one) if isinstance(one, str) else found(count, one)


def _graph(graph: Mapping[str, Any], options: ReadOptions) -> Iterator[Turn]:
    for name, type in (("entities", "entity"), ("relations", "relation")):
        listed = graph.get(name)
        for one in listed if isinstance(listed, list) else ():
            yield from _parts({**mapping_of(one), "type": type}, options)


def _parts(value: Mapping[str, Any], options: ReadOptions) -> Iterator[Turn]:
    common = {"scope": options.scope, "session": options.session}
    if value.get("type") == "entity":
        yield from _entity(value, common)
    elif value.get("type") == "relation":
        yield _relation(value, common)
    else:
        yield "no entity or relation"


def _entity(entity: Mapping[str, Any], common: Mapping[str, Any]) -> Iterator[Turn]:
    name, type, listed = text_of(entity.get("name")), text_of(entity.get("entityType")), entity.get("observations")
    if name is None or not isinstance(listed, list):
        yield "an entity without a name, or without a list of observations"
        return
    if type is not None:
        slot = {"subject": name, "attribute": "type", "value": type, "cardinality": "many", "name": name}
        yield {**common, "kind": "fact", "content": f"{name}: {type}", **slot, "key": stable_key("mcp", name, type)}
    known = {"entity_type": type} if type is not None else None
    for observation in listed:
        text = text_of(observation)
        if text is None:
            yield f"{title_of(name)}: an observation without text"
            continue
        slot = {"subject": name, "attribute": "observation", "value": text, "cardinality": "many", "title": name}
        key = stable_key("mcp", name, "observation", text)
        yield {**common, "kind": "fact", "content": text, **slot, "metadata": known, "key": key}


def _relation(relation: Mapping[str, Any], common: Mapping[str, Any]) -> Turn:
    source, verb, target = (text_of(relation.get(name)) for name in ("from", "relationType", "to"))
    if source is None or verb is None or target is None:
        return "a relation without from, relationType and to"
    return {**common, **related(source, verb, target), "key": stable_key("mcp", source, verb, target)}
