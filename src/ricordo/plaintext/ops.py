"""The operations of a commit: their shapes, and how they are checked. Pure; nothing is touched yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Required, TypedDict

from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.plaintext.draft import (
    ARGUMENTS,
    CHANGEABLE,
    LARGEST,
    Fields,
    When,
    check_fields,
    check_reason,
    check_text,
    check_version,
    checked_update,
)
from ricordo.plaintext.merge import Rule, check_rules
from ricordo.types import Link

#: Operations of one commit.
MOST_OPS = 256
#: Reads that one commit names.
MOST_CLAIMS = 10_000


class Put(Fields, total=False):
    """Writes a record: without `id` as `retain` does, with `id` as `update` does.

    Fields as of those two; `reason` and None, which takes a field away, only with `id`; `scope`, `at` and `ref` only
    without.
    """

    op: Required[Literal["put"]]
    id: str
    content: str
    if_version: int
    scope: str
    at: When
    ref: str
    reason: str


class Append(TypedDict):
    """Adds text at the end of a record's content, whatever that is by then; needs no read."""

    op: Literal["append"]
    id: str
    text: str
    separator: NotRequired[str]


class Merge(TypedDict, total=False):
    """Changes a record by rules that need no read; all but `set` give the same in any order.

    `add` (whole numbers), `max`, `min`, `union` (lists) and `set` (None takes away) map names of metadata to values;
    `aliases` and `links` are united with those that the record has.
    """

    op: Required[Literal["merge"]]
    id: Required[str]
    add: Mapping[str, int]
    max: Mapping[str, int | float | str]
    min: Mapping[str, int | float | str]
    union: Mapping[str, Iterable[Any]]
    set: Mapping[str, Any]
    aliases: Iterable[str]
    links: Iterable[Link | tuple[str, str]]


class Delete(TypedDict):
    """Retires a record as `forget` does, with what rests on it alone; needs no read."""

    op: Literal["delete"]
    id: str
    reason: NotRequired[str | None]


Op = Put | Append | Merge | Delete


class Read(TypedDict):
    """The version of a record that a commit rests on; 0 where there was none."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Adding:
    """A new record: the arguments of `retain`."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changing:
    """Changes of a record, checked."""

    id: str
    changes: Mapping[str, Any]
    if_version: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Appending:
    """Text for the end of a record."""

    id: str
    text: str
    separator: str


@dataclass(frozen=True, slots=True)
class Merging:
    """Rules by which a record changes."""

    id: str
    rules: tuple[Rule, ...]
    aliases: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Removing:
    """A record to forget."""

    id: str
    reason: str | None


Checked = Adding | Changing | Appending | Merging | Removing


def check_ops(settings: Settings, ops: Any) -> tuple[list[Mapping[str, Any]], list[Checked]]:
    """Return the operations of a commit, as they were given and checked.

    Raises:
        InvalidInputError: Names the operation, its field and the rule.

    >>> from ricordo.config import Settings
    >>> check_ops(Settings(), [{"op": "delete", "id": "r1", "reason": "a joke"}])[1]
    [Removing(id='r1', reason='a joke')]
    """
    if isinstance(ops, (str, bytes, Mapping)) or not isinstance(ops, Iterable):
        raise InvalidInputError("ops", "a list of operations, each a mapping", ops)
    listed = list(ops)
    if not 1 <= len(listed) <= MOST_OPS:
        raise InvalidInputError("ops", f"1 to {MOST_OPS} operations", f"{len(listed)} operations")
    return listed, [_placed(settings, spot, op) for spot, op in enumerate(listed)]


def check_reads(reads: Any) -> dict[str, int]:
    """Return the reads of a commit by id; of a record that is named twice, the older version."""
    if isinstance(reads, (str, bytes, Mapping)) or not isinstance(reads, Iterable):
        raise InvalidInputError("reads", 'a list of {"id": ..., "version": ...}', reads)
    found: dict[str, int] = {}
    for spot, read in enumerate(reads):
        if not isinstance(read, Mapping) or set(read) != {"id", "version"}:
            raise InvalidInputError(f"reads[{spot}]", 'a mapping with "id" and "version", and nothing else', read)
        id, version = check_text(f"reads[{spot}].id", read["id"]), read["version"]
        if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version < LARGEST:
            raise InvalidInputError(f"reads[{spot}].version", "a whole number, 0 where there was no record", version)
        found[id] = min(version, found.get(id, version))
    if len(found) > MOST_CLAIMS:
        raise InvalidInputError("reads", f"at most {MOST_CLAIMS} records", f"{len(found)} records")
    return found


def _placed(settings: Settings, spot: int, op: Any) -> Checked:
    try:
        return _checked(settings, op)
    except InvalidInputError as error:
        raise in_op(spot, error) from error


def in_op(spot: int, error: InvalidInputError) -> InvalidInputError:
    """Return an error with the place of the operation it is in."""
    return InvalidInputError(f"ops[{spot}]{f'.{error.field}' if error.field else ''}", error.rule)


def _checked(settings: Settings, op: Any) -> Checked:
    if not isinstance(op, Mapping) or not isinstance(op.get("op"), str) or op["op"] not in _SHAPES:
        raise InvalidInputError("", f'a mapping with "op", one of {", ".join(_SHAPES)}', op)
    given = {name: value for name, value in op.items() if name != "op"}
    if op["op"] == "put":
        return _put(settings, given)
    _known(given, _SHAPES[op["op"]], op["op"])
    id = check_text("id", given.get("id"))
    if op["op"] == "append":
        return _append(id, given)
    if op["op"] == "delete":
        return Removing(id, check_reason(given.get("reason")))
    return _merge(settings, id, given)


def _put(settings: Settings, given: dict[str, Any]) -> Adding | Changing:
    if "id" not in given:
        _known(given, _PUT_NEW, "put without id")
        return Adding(given)
    _known(given, _PUT_OLD, "put with id")
    id, expected, reason = (given.pop(name, None) for name in ("id", "if_version", "reason"))
    changes = checked_update(settings, given)
    return Changing(check_text("id", id), changes, check_version(expected), check_reason(reason))


def _append(id: str, given: Mapping[str, Any]) -> Appending:
    text, separator = check_text("text", given.get("text")), check_text("separator", given.get("separator", "\n"))
    if not text.strip():
        raise InvalidInputError("text", "must hold something other than white space", text)
    return Appending(id, text, separator)


def _merge(settings: Settings, id: str, given: Mapping[str, Any]) -> Merging:
    rules = check_rules(given)
    beside = check_fields(settings, {name: given[name] for name in ("aliases", "links") if name in given})
    if not rules and not beside:
        raise InvalidInputError("", "a merge has at least one of add, max, min, union, set, aliases, links", id)
    return Merging(id, rules, beside.get("aliases", ()), beside.get("links", ()))


def _known(given: Mapping[str, Any], names: Iterable[str], what: str) -> None:
    unknown = sorted(set(map(str, given)) - set(names))
    if unknown:
        raise InvalidInputError(unknown[0], f"not a field of {what}, which takes {', '.join(sorted(names))}")


_PUT_NEW = ARGUMENTS - {"key"}
_PUT_OLD = CHANGEABLE | {"id", "if_version", "reason"}
_SHAPES: dict[str, Sequence[str]] = {
    "put": (),
    "append": ("id", "text", "separator"),
    "merge": ("id", "add", "max", "min", "union", "set", "aliases", "links"),
    "delete": ("id", "reason"),
}
