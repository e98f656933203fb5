"""Records as Markdown pages that a person reads: where each stands, and how it is written. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ricordo.formats.markup import code, label, quote
from ricordo.formats.pages import FIELDS, INDEX_MARK, PAGES_MARK
from ricordo.types import Change, Record

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
#: Changes that are told of one record.
_MOST_CHANGES = 10


class Place(NamedTuple):
    """The page a record stands on: its scope, and its subject, or its kind and the month it was said in."""

    scope: str
    subject: str | None
    kind: str | None
    month: str | None

    @property
    def title(self) -> str:
        """The heading of the page."""
        return f"{self.kind}, {self.month}" if self.subject is None else self.subject

    @property
    def path(self) -> str:
        """The path of its file: one for each place, alike on every file system."""
        parts = ("subject", self.subject) if self.subject is not None else ("kind", self.kind, self.month)
        return f"{_name(self.scope, (self.scope,))}/{_name(self.title, parts)}.md"


def place_of(record: Record) -> Place:
    """Return the page that a record stands on."""
    if record.subject is not None:
        return Place(record.scope, record.subject, None, None)
    return Place(record.scope, None, record.kind, f"{record.said_at:%Y-%m}")


def has_history(record: Record) -> bool:
    """Tell whether more has happened to a record than that it was written; feedback apart, which no page tells."""
    return record.version > 1 or len(record.sources) > 1


def _name(shown: str, parts: Sequence[str | None]) -> str:
    """Return a file name: what can be read of a text, and a digest of all of it, so that no two are one."""
    ascii_only = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode().lower()
    slug = _NOT_PLAIN.sub("-", ascii_only)[:_LONGEST_NAME].strip("-") or "page"
    return f"{slug}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]}"


def opening(place: Place) -> str:
    """Return what stands before the records of a page."""
    return (
        f"{PAGES_MARK}scope: {_json(place.scope)}\n---\n# {label(place.title)}\n\n"
        f"Scope {code(_json(place.scope))}. [Index](../index.md)\n"
    )


def entry(record: Record, changes: Sequence[Change]) -> str:
    """Return one record: a heading, its text, quoted, and what is known of it."""
    who = record.speaker or record.title
    heading = f"{record.said_at:%Y-%m-%d}" + (f", {label(who)}" if who else "")
    return f"\n## {heading}\n\n{quote(record.content)}\n\n{_details(record, changes)}\n"


def _details(record: Record, changes: Sequence[Change]) -> str:
    lines = [("said", record.said_at.isoformat()), ("status", record.status)]
    lines += [(name, _value(name, getattr(record, name))) for name in FIELDS if _told(record, name)]
    if len(record.refs) > 1:
        lines.append(("sources", ", ".join(code(_json(ref)) for ref in record.refs)))
    if record.links:
        lines.append(("links", ", ".join(f"{link.type} {code(link.target)}" for link in record.links)))
    if record.superseded_by is not None:
        lines.append(("superseded_by", code(record.superseded_by)))
    lines.append(("record", f"{code(record.id)}, version {record.version}"))
    if len(changes) > 1:
        lines.append(("history", _history(changes)))
    return "\n".join(f"- {name}: {value}" for name, value in lines)


def _told(record: Record, name: str) -> bool:
    return getattr(record, name) is not None and (name != "cardinality" or record.attribute is not None)


def _value(name: str, value: Any) -> str:
    if name in ("valid_from", "valid_to"):
        return str(value.isoformat())
    return str(value) if name in ("kind", "cardinality") else code(_json(value))


def _history(changes: Sequence[Change]) -> str:
    told = [f"{change.at:%Y-%m-%d} {change.op} (event {change.event})" for change in changes[-_MOST_CHANGES:]]
    left = len(changes) - len(told)
    return "; ".join([*([f"{left} earlier"] if left else []), *told])


def index(counts: Mapping[Place, int], seq: int) -> str:
    """Return the page that lists all others.

    Args:
        counts: The records of each page.
        seq: The last event that the pages tell of.
    """
    lines = [f"{INDEX_MARK}seq: {seq}\n---\n# Memory", ""]
    lines.append(f"{sum(counts.values())} records, as of event {seq}.")
    scopes = sorted({place.scope for place in counts})
    for scope in scopes:
        lines += ["", f"## {label(scope)}", ""]
        places = sorted((place for place in counts if place.scope == scope), key=_order)
        lines += [f"- [{label(place.title)}]({place.path}): {counts[place]}" for place in places]
    return "\n".join([*lines, ""])


def _order(place: Place) -> tuple[bool, str, str]:
    return place.subject is None, place.title, place.path


def _json(text: str) -> str:
    """Return text as JSON without a backtick or a character that a page can't show."""
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("`", "\\u0060")
