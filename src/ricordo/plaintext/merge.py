"""Merging metadata by rules, so that many writers of one record need no read. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ricordo.errors import InvalidInputError
from ricordo.plaintext.draft import LARGEST, check_metadata, check_text
from ricordo.store.fold import canonical

#: Rules of which all but the last give the same whatever their order.
RULES = ("add", "max", "min", "union", "set")


class Rule(NamedTuple):
    """What becomes of one name of the metadata: by which rule, with which value."""

    how: str
    name: str
    value: Any


def check_rules(given: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules of a merge, checked: a name stands under one rule only.

    Raises:
        InvalidInputError: Names the rule, the name and what a valid value looks like.
    """
    found: dict[str, Rule] = {}
    for how in RULES:
        named = given.get(how, {})
        if not isinstance(named, Mapping) or not all(isinstance(name, str) for name in named):
            raise InvalidInputError(how, "a mapping of names of metadata to values", named)
        for name, value in named.items():
            if name in found:
                raise InvalidInputError(
                    f"{how}.{name}", f"stands under {found[name].how} already; merge it by one rule"
                )
            found[check_text(how, name)] = Rule(how, name, _value(how, name, value))
    return tuple(found.values())


def merged(metadata: Mapping[str, Any], rules: Sequence[Rule]) -> dict[str, Any]:
    """Return metadata after rules.

    >>> merged({"asked": 2, "tags": ["b"]}, check_rules({"add": {"asked": 1}, "union": {"tags": ["c", "a"]}}))
    {'asked': 3, 'tags': ['a', 'b', 'c']}

    Raises:
        InvalidInputError: What is there is of a kind that the rule can't be used on.
    """
    found = dict(metadata)
    for rule in rules:
        if rule.how == "set" and rule.value is None:
            found.pop(rule.name, None)
        else:
            found[rule.name] = _RULES[rule.how](rule, found.get(rule.name)) if rule.name in found else rule.value
    return found


def united(before: Iterable[Any], more: Iterable[Any]) -> list[Any]:
    """Return what is in either, each once, in an order that hangs on nothing but what there is."""
    return [value for _, value in sorted({canonical(value): value for value in (*before, *more)}.items())]


def _added(rule: Rule, old: Any) -> int:
    if isinstance(old, bool) or not isinstance(old, int):
        raise InvalidInputError(
            f"add.{rule.name}", "can only be added to a whole number; the record holds another value"
        )
    total: int = old + rule.value
    if abs(total) >= LARGEST:
        raise InvalidInputError(f"add.{rule.name}", f"the sum must stay below {LARGEST}")
    return total


def _extreme(rule: Rule, old: Any) -> Any:
    if not _orderable(old) or isinstance(old, str) != isinstance(rule.value, str):
        told = "text" if isinstance(rule.value, str) else "a number"
        raise InvalidInputError(f"{rule.how}.{rule.name}", f"{told} here, and the record holds a value of another kind")
    return (max if rule.how == "max" else min)(old, rule.value, key=_rank)


def _rank(value: Any) -> tuple[Any, ...]:
    """Return what values are ordered by: equal numbers that are written otherwise must not tie."""
    return (
        (value,)
        if isinstance(value, str)
        else (value, isinstance(value, float), math.copysign(1, value) if isinstance(value, float) else 0)
    )


def _union(rule: Rule, old: Any) -> list[Any]:
    if not isinstance(old, list):
        raise InvalidInputError(f"union.{rule.name}", "can only be united with a list; the record holds another value")
    return united(old, rule.value)


def _set(rule: Rule, old: Any) -> Any:
    return rule.value


def _orderable(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _value(how: str, name: str, value: Any) -> Any:
    field = f"{how}.{name}"
    if how == "add" and (isinstance(value, bool) or not isinstance(value, int) or abs(value) >= LARGEST):
        raise InvalidInputError(field, "a whole number: sums of others hang on their order", value)
    if how in ("max", "min") and not _orderable(value):
        raise InvalidInputError(field, "a number or text", value)
    if how == "union" and (isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)):
        raise InvalidInputError(field, "a list", value)
    kept = check_metadata({name: list(value) if how == "union" else value})[name]
    return united(kept, ()) if how == "union" else kept


_RULES = {"add": _added, "max": _extreme, "min": _extreme, "union": _union, "set": _set}
