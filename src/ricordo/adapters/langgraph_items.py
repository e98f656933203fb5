"""How an item of a LangGraph store is kept as a record, and read back: addresses, values, texts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from langgraph.store.base import Item, SearchItem, get_text_at_path

from ricordo.adapters.exact import SHORTENED, as_json, escaped, fits_metadata, plain, readable, short
from ricordo.errors import InvalidInputError
from ricordo.plaintext.ops import Put
from ricordo.types import Record

Namespace = tuple[str, ...]
#: What the index is made of: paths into the value, nothing, or what the store is set to.
Fields = Sequence[str] | Literal[False] | None

#: The mark of an item among the metadata; the names of everything else begin with it.
MARK, ITEM = "langgraph", "item"
_KEY, _NAMESPACE, _VALUE, _PUT_AT = f"{MARK}.key", f"{MARK}.namespace", f"{MARK}.value", f"{MARK}.put_at"
_TTL, _INDEXED, _VECTORS = f"{MARK}.ttl", f"{MARK}.indexed", f"{MARK}.vectors"
#: Filters of the engine that only items pass, and only items that are found by what they say.
ITEMS: Mapping[str, Any] = {f"metadata.{MARK}": ITEM}
INDEXED: Mapping[str, Any] = {**ITEMS, f"metadata.{_INDEXED}": True}
_LONGEST_SCOPE, _LONGEST_SESSION = 200, 400


# -- addresses -------------------------------------------------------------------------------------------------------


def scope_of(namespace: Namespace) -> str:
    r"""Return the scope that stands for a namespace, and for no other: its labels, joined by dots.

    A label can't hold a dot; what a scope can't hold is percent-encoded, and of a long one a digest leads.

    >>> scope_of(("memories", "ada")), scope_of(("a b", "100%", " x\n"))
    ('memories.ada', 'a b.100%25.%20x%0A')
    """
    return short(".".join(map(escaped, namespace)), _LONGEST_SCOPE)


def namespace_of(scope: str) -> Namespace | None:
    """Return the namespace that a scope stands for; None where it stands for none, or its name was too long.

    >>> namespace_of("memories.ada"), namespace_of("a..b"), namespace_of("100%c2")
    (('memories', 'ada'), None, None)
    """
    if long_scope(scope):
        return None
    try:
        namespace = tuple(map(plain, scope.split(".")))
    except UnicodeDecodeError:
        return None
    return namespace if all(namespace) and scope_of(namespace) == scope else None


def long_scope(scope: str) -> bool:
    """Tell whether a scope stands for a namespace too long for it, which only its items name."""
    return scope.startswith(SHORTENED)


def session_of(key: str) -> str:
    """Return the session under which the record of a key is looked up in its scope."""
    return short(f"{MARK}:{escaped(key)}", _LONGEST_SESSION)


# -- what is written -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it is to be written.

    Args:
        namespace, key: Its address.
        content: The text it is found by.
        metadata: Everything else that it is made of.
        put_at: When it was put.
        expires_at: From when on it is gone, or None.
    """

    namespace: Namespace
    key: str
    content: str
    metadata: Mapping[str, Any]
    put_at: datetime
    expires_at: datetime | None

    def added(self) -> Put:
        """Return the operation that makes the record."""
        own = {"scope": scope_of(self.namespace), "session": session_of(self.key), "kind": "event"}
        slot = {"subject": MARK, "attribute": escaped(self.key)[:500].strip() or "%"}
        return cast(Put, {"op": "put", **own, **slot, "at": self.put_at, **self._written()})

    def changed(self, record: Record) -> Put:
        """Return the operation that makes the next version of the record."""
        return cast(Put, {"op": "put", "id": record.id, **self._written()})

    def _written(self) -> dict[str, Any]:
        return {"content": self.content, "metadata": dict(self.metadata), "expires_at": self.expires_at}


def kept(
    namespace: Namespace,
    key: str,
    value: Mapping[str, Any],
    *,
    put_at: datetime,
    expires_at: datetime | None,
    fields: Fields,
    vectors: Mapping[str, str] | None = None,
    ttl: float | None = None,
) -> Kept:
    """Return an item as it is to be written.

    The value is kept whole as JSON text, its order kept: among the metadata, or where it is too large for that or holds
    what can't stand there, as the content.

    Args:
        namespace, key, value: The item.
        put_at: When it was put.
        expires_at: Until when it is kept now, or None.
        fields: What of the value it is found by.
        vectors: Vectors of its fields, as text, by path.
        ttl: For how many minutes it is kept after it was last used, or None.

    Raises:
        InvalidInputError: The value can't be written as JSON, or has more vectors than fit.
    """
    written = as_json("value", value)
    metadata: dict[str, Any] = {
        MARK: ITEM,
        _KEY: escaped(key),
        _PUT_AT: put_at.isoformat(),
        _INDEXED: fields is not False,
    }
    if long_scope(scope_of(namespace)):
        metadata[_NAMESPACE] = [escaped(label) for label in namespace]
    if ttl is not None:
        metadata[_TTL] = ttl
    if vectors:
        metadata[_VECTORS] = dict(vectors)
        if not fits_metadata(metadata):
            rule = "vectors of at most 60,000 characters in all, 2.7 for a dimension; index less of the value"
            raise InvalidInputError("index", rule, f"{len(vectors)} vectors")
    beside = {**metadata, _VALUE: written}
    if not fits_metadata(beside):
        return Kept(namespace, key, written, metadata, put_at, expires_at)
    text = readable("\n".join(texts(value, fields)))
    return Kept(namespace, key, text if text.strip() else escaped(key) or "%", beside, put_at, expires_at)


def texts(value: Mapping[str, Any], fields: Fields) -> list[str]:
    """Return what an item is found by: the fields that were named, else every word and number of it, by its path.

    >>> texts({"text": "I like tea."}, None), texts({"a": "x", "b": {"c": [1, "y"]}}, None), texts({"a": "x"}, ["a"])
    (['I like tea.'], ['a: x', 'b.c: 1', 'b.c: y'], ['x'])
    """
    if fields is False:
        return []
    if fields is not None and "$" not in fields:
        return [text for path in fields for text in get_text_at_path(value, path)]
    leaves = list(_leaves(value, ""))
    return [leaves[0][1]] if len(leaves) == 1 else [f"{path}: {text}" for path, text in leaves]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part, path)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value)


# -- what is read ----------------------------------------------------------------------------------------------------


def is_item(record: Record) -> bool:
    """Tell whether a record is an item of a LangGraph store."""
    return record.metadata.get(MARK) == ITEM


def address_of(record: Record) -> tuple[Namespace, str]:
    """Return the namespace and the key of an item."""
    labels = record.metadata.get(_NAMESPACE)
    namespace = namespace_of(record.scope) if labels is None else tuple(map(plain, labels))
    return namespace or (record.scope,), plain(record.metadata[_KEY])


def value_of(record: Record) -> dict[str, Any]:
    """Return the value of an item."""
    value: dict[str, Any] = json.loads(record.metadata.get(_VALUE, record.content))
    return value


def item_of(record: Record) -> Item:
    """Return a record as LangGraph's `Item`."""
    namespace, key = address_of(record)
    return Item(
        value=value_of(record), key=key, namespace=namespace, created_at=record.said_at, updated_at=put_at(record)
    )


def search_item_of(record: Record, score: float | None = None) -> SearchItem:
    """Return a record as LangGraph's `SearchItem`."""
    namespace, key = address_of(record)
    return SearchItem(namespace, key, value_of(record), record.said_at, put_at(record), score)


def put_at(record: Record) -> datetime:
    """Return when an item was last put; a read that keeps it longer does not count."""
    return datetime.fromisoformat(record.metadata[_PUT_AT])


def ttl_of(record: Record) -> float | None:
    """Return for how many minutes after its last use an item is kept, or None."""
    return record.metadata.get(_TTL)


def vectors_of(record: Record) -> Mapping[str, str]:
    """Return the vectors of an item's fields, as text."""
    found: Mapping[str, str] = record.metadata.get(_VECTORS, {})
    return found
