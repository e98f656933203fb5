"""Values of the library as JSON, back again, and what JSON Schema says of them: all read from the type annotations.

Dataclasses are objects with their field names as keys, times ISO text in UTC, tuples arrays. What `encode` writes of a
type, `decode` reads as that type; `schema` describes it.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from ricordo.errors import InvalidInputError
from ricordo.types import Recall

#: What JSON has no word for.
_TIMES = (datetime, date)
_SCALARS: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
Schema = dict[str, Any]


def encode(value: Any) -> Any:
    """Return a value of the library as JSON has it: dataclasses as objects, times as ISO text in UTC.

    >>> encode({"at": datetime(2026, 5, 3, 10, tzinfo=UTC), "ids": ("a", "b")})
    {'at': '2026-05-03T10:00:00Z', 'ids': ['a', 'b']}
    """
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if names := _fields_of(kind):
        parts = ((name, getattr(value, name)) for name in names)
        return {name: part if type(part) in _PLAIN else encode(part) for name, part in parts}
    if isinstance(value, Mapping):
        return {str(name): encode(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, (Path, date)):
        return str(value)
    return [encode(one) for one in value] if isinstance(value, (list, tuple, Iterable)) else value


def decode(kind: Any, data: Any, field: str = "value") -> Any:
    """Return what JSON says as a value of a type.

    Args:
        kind: A type annotation.
        data: What `json.loads` returned.
        field: What an error calls it.

    Raises:
        InvalidInputError: It is no such value.

    >>> decode(tuple[str, ...] | None, ["a", "b"])
    ('a', 'b')
    """
    if type(data) is kind and kind in _PLAIN and kind is not float:
        return data
    return _reader(kind)(kind, data, field)


@cache
def _reader(kind: Any) -> Callable[[Any, Any, str], Any]:
    """Return what reads a type."""
    origin = get_origin(kind)
    if kind is Any:
        return _as_it_is
    if origin in (Union, types.UnionType):
        return _one_of
    return _read_choice if origin is Literal else _checked(_READERS.get(_family(kind), _as_it_is))


def _checked(read: Callable[[Any, Any, str], Any]) -> Callable[[Any, Any, str], Any]:
    def checked(kind: Any, data: Any, field: str) -> Any:
        if not _may_be(kind, data):
            raise InvalidInputError(field, _named(kind), data)
        return read(kind, data, field)

    return checked


def _read_choice(kind: Any, data: Any, field: str) -> Any:
    if data not in get_args(kind) or isinstance(data, bool):
        raise InvalidInputError(field, f"one of {', '.join(map(str, get_args(kind)))}", data)
    return data


def schema(kind: Any, parts: dict[str, Schema], *, closed: bool = False) -> Schema:
    """Return the JSON Schema (2020-12) of a type; dataclasses and typed dictionaries are put into `parts` by name.

    Args:
        kind: A type annotation.
        parts: The `components/schemas` of an OpenAPI document.
        closed: Whether objects that are made of fields take no others.

    >>> parts = {}
    >>> schema(tuple[int, ...] | None, parts)
    {'anyOf': [{'type': 'array', 'items': {'type': 'integer'}}, {'type': 'null'}]}
    """
    origin, family = get_origin(kind), _family(kind)
    if kind is Any:
        return {}
    if origin in (Union, types.UnionType):
        return _any_of([schema(one, parts, closed=closed) for one in _members(kind)])
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if family == "fields":
        return _reference(kind, parts, closed)
    if family == "mapping":
        return {"type": "object", "additionalProperties": schema(_inside(kind)[-1], parts, closed=closed)}
    if family == "pair":
        inside = [schema(one, parts, closed=closed) for one in get_args(kind)]
        return {"type": "array", "prefixItems": inside, "minItems": len(inside), "maxItems": len(inside)}
    if family == "list":
        return {"type": "array", "items": schema(_inside(kind)[0], parts, closed=closed)}
    if family == "time":
        return {"type": "string", "format": "date-time" if kind is datetime else "date"}
    if family == "span":
        return {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]}
    return {"type": _SCALARS.get(kind, "null" if kind is type(None) else "string")}


@cache
def hints(kind: Any) -> Mapping[str, Any]:
    """Return the fields of a dataclass or a typed dictionary with their types, in order."""
    found = typing.get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        return {part.name: found[part.name] for part in dataclasses.fields(kind) if part.init}
    return found


_PLAIN = frozenset({str, int, float, bool, type(None)})


@cache
def _fields_of(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


@cache
def _family(kind: Any) -> str:
    """Return how a type is written: as "fields", "mapping", "list", "pair", "time", "span", or as it is."""
    origin = get_origin(kind) or kind
    if not isinstance(origin, type):
        return "scalar"
    if dataclasses.is_dataclass(origin) or typing.is_typeddict(origin):
        return "fields"
    if origin is tuple:
        return "list" if len(get_args(kind)) == 2 and get_args(kind)[1] is Ellipsis else "pair"
    if origin in _TIMES:
        return "time"
    if origin is timedelta:
        return "span"
    if issubclass(origin, Mapping):
        return "mapping"
    return "list" if issubclass(origin, Iterable) and not issubclass(origin, (str, Path)) else "scalar"


def _may_be(kind: Any, data: Any) -> bool:
    """Tell whether what JSON says has the outer shape of a type."""
    family = _family(kind)
    if family in ("fields", "mapping", "span"):
        return isinstance(data, Mapping)
    if family in ("list", "pair"):
        return isinstance(data, list)
    if family == "time" or kind in (str, Path):
        return isinstance(data, str)
    if kind is bool or kind is type(None):
        return isinstance(data, bool) if kind is bool else data is None
    if kind is int:
        return isinstance(data, int) and not isinstance(data, bool)
    return kind is float and isinstance(data, (int, float)) and not isinstance(data, bool) and math.isfinite(data)


@cache
def _members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union that differ on the wire: where text is taken, times are that text."""
    listed = tuple(_flat(get_args(kind)))
    return tuple(one for one in listed if not (str in listed and (one in _TIMES or one is Path)))


def _flat(kinds: Iterable[Any]) -> Iterable[Any]:
    for one in kinds:
        if get_origin(one) in (Union, types.UnionType):
            yield from _flat(get_args(one))
        else:
            yield one


def _one_of(kind: Any, data: Any, field: str) -> Any:
    """Return what JSON says as the first member of a union that it fits."""
    members = _members(kind)
    if Any in members or (data is None and type(None) in members):
        return data
    if len(members) == 2 and members[1] is type(None) and _may_be(members[0], data):
        return decode(members[0], data, field)
    shaped = [one for one in members if get_origin(one) is Literal or _may_be(one, data)]
    for spot, one in enumerate(shaped):
        try:
            return decode(one, data, field)
        except InvalidInputError:
            if spot == len(shaped) - 1:
                raise
    raise InvalidInputError(field, " or ".join(dict.fromkeys(map(_named, members))), data)


def _read_fields(kind: Any, data: Mapping[str, Any], field: str) -> Any:
    known = hints(kind)
    unknown = next((name for name in data if name not in known), None)
    if unknown is not None and typing.is_typeddict(kind):
        raise InvalidInputError(f"{field}.{unknown}", f"no such field; one of {', '.join(known)}")
    read = {name: decode(known[name], one, f"{field}.{name}") for name, one in data.items() if name in known}
    if kind is Recall and "filters" in read:
        read["filters"] = {name: _filter(name, one) for name, one in read["filters"].items()}
    try:
        return kind(**read)
    except TypeError as error:
        raise InvalidInputError(field, f"{_named(kind)} ({error})") from error


def _filter(name: str, data: Any) -> Any:
    """Return what narrowed a read as it was: moments and tuples, which the type of `Recall.filters` does not tell."""
    if name in ("unexpired_at", "since", "until"):
        return decode(datetime, data, f"filters.{name}")
    if name == "valid_in":
        return decode(tuple[datetime | None, ...], data, "filters.valid_in")
    return tuple(data) if isinstance(data, list) else data


def _read_mapping(kind: Any, data: Mapping[str, Any], field: str) -> Any:
    inside = _inside(kind)[-1]
    return data if inside is Any else {name: decode(inside, one, f"{field}.{name}") for name, one in data.items()}


def _read_list(kind: Any, data: list[Any], field: str) -> Any:
    inside = _inside(kind)[0]
    read = [decode(inside, one, f"{field}[{spot}]") for spot, one in enumerate(data)]
    return tuple(read) if (get_origin(kind) or kind) is tuple else read


def _read_pair(kind: Any, data: list[Any], field: str) -> Any:
    inside = get_args(kind)
    if len(data) != len(inside):
        raise InvalidInputError(field, f"a list of {len(inside)}", data)
    return tuple(
        decode(part, one, f"{field}[{spot}]") for spot, (part, one) in enumerate(zip(inside, data, strict=True))
    )


def _read_time(kind: Any, data: str, field: str) -> Any:
    try:
        return kind.fromisoformat(data)
    except ValueError as error:
        raise InvalidInputError(field, _named(kind), data) from error


def _read_span(_: Any, data: Mapping[str, Any], field: str) -> timedelta:
    try:
        return timedelta(seconds=decode(float, data.get("seconds"), f"{field}.seconds"))
    except OverflowError as error:
        raise InvalidInputError(field, "a number of seconds that a clock can show", data) from error


def _as_it_is(kind: Any, data: Any, field: str) -> Any:
    return data


_READERS: Mapping[str, Callable[[Any, Any, str], Any]] = {
    "fields": _read_fields,
    "mapping": _read_mapping,
    "list": _read_list,
    "pair": _read_pair,
    "time": _read_time,
    "span": _read_span,
}


def _inside(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) or (Any,)


def _named(kind: Any) -> str:
    """Return what a type is called in an error."""
    family = _family(kind)
    if family == "fields":
        return f"an object with the fields {', '.join(hints(kind))}"
    if family in _NAMES:
        return _NAMES[family]
    return {str: "text", bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "null")


_NAMES = {
    "mapping": "an object",
    "list": "a list",
    "pair": "a list",
    "time": "an ISO time",
    "span": 'an object such as {"seconds": 3600}',
}


def _any_of(listed: list[Schema]) -> Schema:
    unique: list[Schema] = []
    for one in listed:
        if one not in unique:
            unique.append(one)
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _reference(kind: Any, parts: dict[str, Schema], closed: bool) -> Schema:
    name = kind.__name__
    if name not in parts:
        parts[name] = {}  # a record of itself ends here
        known = hints(kind)
        made = {
            "type": "object",
            "properties": {field: schema(one, parts, closed=closed) for field, one in known.items()},
            "required": _required(kind),
        }
        parts[name] = {**made, "additionalProperties": False} if closed else made
    return {"$ref": f"#/components/schemas/{name}"}


def _required(kind: Any) -> list[str]:
    if typing.is_typeddict(kind):
        return sorted(kind.__required_keys__)
    return list(hints(kind))
