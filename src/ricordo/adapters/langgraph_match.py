"""What a LangGraph search or listing matches: filters on values, and conditions on namespaces. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from langgraph.store.base import MatchCondition

from ricordo.errors import InvalidInputError

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_MISSING = object()
_UNSAFE = re.compile(r"""[\x00-\x1f"'`\\]""")


def check_filter(filter: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a filter whose names and operators are known to be sound.

    Raises:
        InvalidInputError: A name is not a field, or an operator is unknown.
    """
    for name, wanted in (filter or {}).items():
        if not isinstance(name, str) or not name or _UNSAFE.search(name):
            rule = "Invalid filter key: the name of a field, or a dotted path; no quotation marks, backslashes, control"
            raise InvalidInputError("filter", f"{rule} characters", name)
        if _is_operation(wanted):
            unknown = sorted(set(wanted) - {"$eq", "$ne", *_ORDERS})
            if unknown:
                raise InvalidInputError(f"filter: {name}", f"one of $eq, $ne, {', '.join(_ORDERS)}", unknown[0])
    return filter or {}


def fits(value: Mapping[str, Any], filter: Mapping[str, Any]) -> bool:
    """Tell whether a value passes every condition of a filter.

    A name is that of a field, else a dotted path. A mapping must hold what the filter's holds, a list be the same.

    >>> value = {"score": 4.5, "tags": ["a"], "who": {"name": "Ada", "home-town": "Porto"}}
    >>> fits(value, {"score": {"$gt": 4, "$lte": 4.5}, "tags": ["a"], "who": {"name": "Ada"}, "who.home-town": "Porto"})
    True
    >>> fits(value, {"score": {"$lt": "5"}}), fits(value, {"age": {"$gte": 0}}), fits(value, {"age": None})
    (False, False, True)
    """
    return all(_passes(_field(value, name), wanted) for name, wanted in filter.items())


def _field(value: Mapping[str, Any], name: str) -> Any:
    if name in value:
        return value[name]
    found: Any = value
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _MISSING
        found = found[part]
    return found


def _is_operation(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and any(str(name).startswith("$") for name in wanted)


def _passes(found: Any, wanted: Any) -> bool:
    found = None if found is _MISSING else found
    if _is_operation(wanted):
        return all(_operated(found, name, bound) for name, bound in wanted.items())
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_passes(found.get(name), part) for name, part in wanted.items())
    return _equal(found, wanted)


def _operated(found: Any, name: str, bound: Any) -> bool:
    if name in ("$eq", "$ne"):
        return _equal(found, bound) is (name == "$eq")
    ordered = (_number(found) and _number(bound)) or (isinstance(found, str) and isinstance(bound, str))
    return ordered and _ORDERS[name](found, bound)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(found: Any, wanted: Any) -> bool:
    """Tell whether two values are one in JSON: true is not 1."""
    if isinstance(wanted, (list, tuple)):
        same = isinstance(found, (list, tuple)) and len(found) == len(wanted)
        return same and all(map(_passes, found, wanted))
    if isinstance(wanted, Mapping) or isinstance(found, Mapping):
        return bool(found == wanted)
    return isinstance(found, bool) is isinstance(wanted, bool) and bool(found == wanted)


def begins(namespace: tuple[str, ...], prefix: tuple[str, ...]) -> bool:
    """Tell whether a namespace is a prefix or lies below it, label by label.

    >>> begins(("users", "ada"), ("users",)), begins(("users2",), ("users",)), begins(("users",), ())
    (True, False, True)
    """
    return namespace[: len(prefix)] == prefix


def matches(namespace: tuple[str, ...], condition: MatchCondition) -> bool:
    """Tell whether a namespace matches a condition of a listing; "*" stands for one label."""
    path, size = tuple(condition.path), len(condition.path)
    if condition.match_type not in ("prefix", "suffix"):
        raise InvalidInputError("match_type", "prefix or suffix", condition.match_type)
    part = namespace[:size] if condition.match_type == "prefix" else namespace[len(namespace) - size :]
    return len(namespace) >= size and all(wanted in ("*", label) for wanted, label in zip(path, part, strict=True))
