"""From the arguments of a write to a checked draft. Bad input ends here, before anything is touched."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.store.fold import canonical
from ricordo.text.instants import parse_instant, parse_interval
from ricordo.types import DERIVATIONS, KINDS, LINK_TYPES, Link

When = str | date | datetime


class Fields(TypedDict, total=False):
    """What `update` can change, and `retain` can set. See `Memory.retain` for what each means."""

    kind: str
    speaker: str | None
    session: str | None
    title: str | None
    valid_from: When | None
    valid_to: When | None
    subject: str | None
    attribute: str | None
    value: str | None
    cardinality: str | None
    name: str | None
    aliases: Iterable[str] | None
    why: str | None
    pinned: bool | None
    expires_at: When | None
    metadata: Mapping[str, Any] | None
    derivation: str | None
    links: Iterable[Link | tuple[str, str]] | None


class Arguments(Fields, total=False):
    """Everything `retain` takes beside the content."""

    scope: str | None
    at: When | None
    ref: str | None
    key: str | None
    if_version: int | None


class Changes(Fields, total=False):
    """Everything `update` can change; None takes a field away."""

    content: str


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LONGEST = {"scope": 200, "name": 200, "ref": 500, "key": 500, "session": 500, "speaker": 200}
_LONGEST_TEXT = 10_000
_LONGEST_METADATA = 64_000
_MOST_ALIASES = 100
#: Larger numbers are no number of an event, a version or a place in a list.
LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Draft:
    """The checked arguments of one write.

    Args:
        fields: Record fields that were given, in their types.
        ref: The caller's own id.
        key: The caller's idempotency key.
        timed: Whether the caller said when it was said.
        if_version: The version the caller expects of the record this write would change.
    """

    fields: Mapping[str, Any]
    ref: str | None
    key: str | None
    timed: bool
    if_version: int | None


def draft(settings: Settings, now: datetime, **given: Any) -> Draft:
    """Check the arguments of `retain` and return them in their types.

    Raises:
        InvalidInputError: Names the argument and the rule it breaks.
    """
    unknown = sorted(set(given) - ARGUMENTS)
    if unknown:
        raise InvalidInputError(unknown[0], f"not an argument of retain, which takes {', '.join(sorted(ARGUMENTS))}")
    values = {name: value for name, value in given.items() if value is not None}
    ref, key, if_version = (values.pop(name, None) for name in ("ref", "key", "if_version"))
    timed = "at" in values
    said_at = parse_instant(values.pop("at"), "at", settings.tz) if timed else now
    fields = {"scope": settings.scope, **check_fields(settings, values), "said_at": said_at}
    if "content" not in fields:
        raise InvalidInputError("content", "text to remember is required")
    spoken = "session" in fields or "speaker" in fields
    fields.setdefault("kind", "observation" if spoken and "subject" not in fields else "fact")
    if "subject" in fields:
        fields.setdefault("valid_from", fields["said_at"])
    check_whole(fields)
    return Draft(fields, _short("ref", ref), _short("key", key), timed, check_version(if_version))


def check_fields(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check record fields, whichever are there, and return them in their types."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if name == "content":
            fields[name] = check_content(value, settings.max_content_bytes)
        elif name in _CHECKS:
            fields[name] = _CHECKS[name](value)
        elif name == "expires_at":
            fields[name] = parse_instant(value, name, settings.tz)
        elif name in ("valid_from", "valid_to"):
            begin, _, precision = parse_interval(value, name, settings.tz)
            fields[name] = begin
            if name == "valid_from":
                fields["valid_precision"] = precision
        else:
            fields[name] = _short(name, value)
    return fields


def checked_update(settings: Settings, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields an update sets, checked; None stands for taking one away.

    Raises:
        InvalidInputError: A field that can't be changed or taken away, or a value that breaks a rule.
    """
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise InvalidInputError(unknown[0], f"not a field update can change, which are {', '.join(sorted(CHANGEABLE))}")
    required = sorted(name for name, value in changes.items() if value is None and name in _REQUIRED)
    if required:
        raise InvalidInputError(required[0], "can't be taken away, only changed")
    given = check_fields(settings, {name: value for name, value in changes.items() if value is not None})
    return {**{name: None for name, value in changes.items() if value is None}, **given}


def check_content(value: Any, max_bytes: int) -> str:
    """Return content that can be kept, unchanged."""
    text = check_text("content", value)
    if not text.strip():
        raise InvalidInputError("content", "must hold something other than white space", value)
    size = len(text.encode())
    if size > max_bytes:
        raise InvalidInputError(
            "content", f"at most {max_bytes} bytes (setting max_content_bytes); split it", f"{size} bytes"
        )
    return text


def check_scope(value: Any, field: str = "scope") -> str:
    """Return a scope label: compared exactly, so no white space at its ends and no control characters."""
    text = check_text(field, value)
    if not text or text != text.strip() or _CONTROL.search(text) or len(text) > _LONGEST["scope"]:
        raise InvalidInputError(field, "1 to 200 characters, no control characters, no white space at the ends", value)
    return text


def check_choice(field: str, value: Any, choices: Sequence[str]) -> str:
    """Return a value that is one of the words allowed."""
    if value not in choices:
        raise InvalidInputError(field, f"one of {', '.join(choices)}", value)
    return str(value)


def check_reason(value: Any) -> str | None:
    """Return a reason: text, or none."""
    return _short("reason", value)


def check_key(value: Any) -> str:
    """Return an idempotency key."""
    return str(_short("key", check_text("key", value)))


def check_version(value: Any) -> int | None:
    """Return a version to expect: 0 for a record that must not exist."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LARGEST):
        raise InvalidInputError("if_version", "a whole number, 0 or more", value)
    return value


def check_whole(fields: Mapping[str, Any]) -> None:
    """Refuse fields that don't fit together: half a slot, a time that ends before it begins."""
    slot = [name for name in ("subject", "attribute") if name in fields]
    if len(slot) == 1 or ("value" in fields and not slot):
        raise InvalidInputError("subject", "subject and attribute make a slot together, value belongs to it")
    begin, end = fields.get("valid_from"), fields.get("valid_to")
    if begin is not None and end is not None and end <= begin:
        raise InvalidInputError("valid_to", f"later than valid_from ({begin.isoformat()})", end.isoformat())
    if "expires_at" in fields and fields["expires_at"] <= fields["said_at"]:
        raise InvalidInputError("expires_at", "later than at", fields["expires_at"].isoformat())


def messages(items: Any, session: str | None) -> list[dict[str, Any]]:
    """Turn chat messages into arguments of `retain`, one write each.

    System, developer and tool messages are instructions or output, not something a person said: they are left out,
    as are messages without text. Each write gets a key made of session, role, text and how often it stood before in
    the list, so that a conversation that is sent again in full adds only what is new.

    Args:
        items: Mappings with "role" and "content", a string or a list of {"type": "text", "text": ...}; also "name"
            and "at".
        session: The conversation they belong to.

    Raises:
        InvalidInputError: A message has no such shape.
    """
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise InvalidInputError("messages", "a list of mappings with role and content", items)
    found: list[dict[str, Any]] = []
    seen: dict[tuple[str, str, str], int] = {}
    for spot, item in enumerate(items):
        if not isinstance(item, Mapping) or not isinstance(item.get("role"), str):
            raise InvalidInputError(f"messages[{spot}]", "a mapping with role and content", item)
        text = _message_text(item.get("content"), f"messages[{spot}].content")
        if item["role"] in ("system", "developer", "tool", "function") or not text.strip():
            continue
        speaker = item.get("name") or item["role"]
        said = (str(item["role"]), text, str(item.get("at")))
        seen[said] = seen.get(said, 0) + 1
        one = {"content": text, "speaker": speaker, "session": session, "kind": "observation", "at": item.get("at")}
        if session is not None:
            made = canonical(["message", session, *said, seen[said]])
            one["key"] = f"message {hashlib.sha256(made.encode()).hexdigest()}"
        found.append(one)
    return found


def _message_text(content: Any, field: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence) or not all(isinstance(part, Mapping) for part in content):
        raise InvalidInputError(field, "text, or a list of parts", content)
    return "\n".join(str(part["text"]) for part in content if isinstance(part.get("text"), str))


def check_text(field: str, value: Any) -> str:
    """Return text that can be kept as UTF-8."""
    if not isinstance(value, str):
        raise InvalidInputError(field, "text", value)
    if "\x00" in value:
        raise InvalidInputError(field, "no NUL characters", value)
    if not value.isascii() and _SURROGATE.search(value):
        raise InvalidInputError(field, "no lone surrogates: it can't be written as UTF-8", ascii(value))
    return value


def _short(field: str, value: Any) -> str | None:
    if value is None:
        return None
    text = check_text(field, value)
    longest = _LONGEST.get(field, _LONGEST_TEXT)
    if not text.strip() or len(text) > longest:
        raise InvalidInputError(field, f"1 to {longest} characters that are not all white space", value)
    return text


def _aliases(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidInputError("aliases", "a list of names", value)
    names = tuple(dict.fromkeys(str(_short("name", alias)) for alias in value))
    if len(names) > _MOST_ALIASES:
        raise InvalidInputError("aliases", f"at most {_MOST_ALIASES}", f"{len(names)} aliases")
    return names


def _links(value: Any) -> tuple[Link, ...]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidInputError("links", "a list of (type, record id)", value)
    return tuple(_link(part) for part in value)


def _link(part: Any) -> Link:
    if isinstance(part, Mapping) and set(part) == {"type", "target"}:
        part = (part["type"], part["target"])
    if isinstance(part, Link):
        part = (part.type, part.target)
    if not isinstance(part, Sequence) or isinstance(part, str) or len(part) != 2:
        raise InvalidInputError("links", "pairs of a type and a record id", part)
    return Link(check_choice("links", part[0], LINK_TYPES), str(_short("links", part[1])))


def check_metadata(value: Any) -> dict[str, Any]:
    """Return metadata as it is kept: what JSON makes of it."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidInputError("metadata", "a mapping with text keys", value)
    try:
        written = canonical(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError("metadata", f"must be writable as JSON ({error})") from error
    check_text("metadata", written)
    if len(written) > _LONGEST_METADATA or "\\u0000" in written:
        raise InvalidInputError(
            "metadata", f"at most {_LONGEST_METADATA} characters of JSON, without NUL", f"{len(written)}"
        )
    kept: dict[str, Any] = json.loads(written)
    return kept


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInputError("pinned", "true or false", value)
    return value


_CHECKS: dict[str, Any] = {
    "scope": check_scope,
    "kind": lambda value: check_choice("kind", value, KINDS),
    "cardinality": lambda value: check_choice("cardinality", value, ("one", "many")),
    "derivation": lambda value: check_choice("derivation", value, DERIVATIONS),
    "aliases": _aliases,
    "links": _links,
    "metadata": check_metadata,
    "pinned": _flag,
}
#: Everything `retain` takes for one record.
ARGUMENTS = frozenset(Arguments.__annotations__) | {"content"}
#: Fields that `check_whole` looks at.
WHOLE = ("subject", "attribute", "value", "valid_from", "valid_to", "expires_at", "said_at")
#: Everything `update` can change.
CHANGEABLE = frozenset(Changes.__annotations__)
_REQUIRED = frozenset({"content", "kind", "derivation", "cardinality"})
