"""What a person can attach to a conversation: what is pinned, what is new, a record, a profile, a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from mcp_types import ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from ricordo.errors import NotFoundError
from ricordo.mcp.caller import Caller
from ricordo.mcp.shapes import Known
from ricordo.memory import Memory
from ricordo.plaintext.render import LAYOUTS
from ricordo.types import Item, Record, Why

SCHEME = "ricordo"
TEXT, JSON = "text/plain", "application/json"
#: Records that `ricordo://recent` shows, and how many events it looks back for them.
_SHOWN, _LOOKED, _PAGE = 20, 2000, 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource, or with an argument a family of them.

    Args:
        name, title, description: What a person reads of it.
        read: Returns its text, given a handle and the argument.
        argument: What stands in the address after the name; empty for none.
        mime: What the text is.
    """

    name: str
    title: str
    description: str
    read: Callable[[Memory, str], str]
    argument: str = ""
    mime: str = TEXT


def _pinned(memory: Memory, _: str) -> str:
    return memory.inject("").text


def _recent(memory: Memory, _: str) -> str:
    end = memory.stats().seq
    start, found = end, dict[str, Record]()
    while start > max(0, end - _LOOKED) and len(found) < _SHOWN:
        start = max(0, start - _PAGE)
        entries = memory.events(after=start, limit=_PAGE).entries
        for id in (id for entry in reversed(entries) for id, version in entry.records.items() if version):
            if id not in found and len(found) < _SHOWN and (record := _live(memory, id)) is not None:
                found[id] = record
    return LAYOUTS["text"].render([Item(record, 0.0, Why({}), record.content) for record in found.values()])


def _live(memory: Memory, id: str) -> Record | None:
    try:
        record = memory.get(id)
    except NotFoundError:
        return None
    return record if record.status in ("active", "provisional") else None


def _record(memory: Memory, id: str) -> str:
    return Known.of(memory.get(id)).model_dump_json(exclude_defaults=True)


def _profile(memory: Memory, subject: str) -> str:
    told = memory.profile(subject, history=True).text
    if not told:
        raise NotFoundError(f"subject: nothing is known of {subject!r} here")
    return told


def _session(memory: Memory, session: str) -> str:
    told = memory.summary(session).text
    if not told:
        raise NotFoundError(f"session: there is no session {session!r} here")
    return told


KINDS = (
    Kind("pinned", "Pinned", "What always belongs beside a conversation.", _pinned),
    Kind(
        "recent",
        "Recent",
        f"The {_SHOWN} records written last, as far as the last {_LOOKED} events hold them.",
        _recent,
    ),
    Kind("record", "Record", "One record, whole.", _record, "id", JSON),
    Kind("profile", "Profile", "What is known of a person or a thing, and what was so before.", _profile, "subject"),
    Kind("session", "Session", "What a conversation came to, in its own words.", _session, "session"),
)


def listed() -> list[Resource]:
    """Return the resources that have one address."""
    return [
        Resource(uri=f"{SCHEME}://{kind.name}", name=kind.name, **_told(kind)) for kind in KINDS if not kind.argument
    ]


def templates() -> list[ResourceTemplate]:
    """Return the families of resources."""
    return [
        ResourceTemplate(uri_template=f"{SCHEME}://{kind.name}/{{{kind.argument}}}", name=kind.name, **_told(kind))
        for kind in KINDS
        if kind.argument
    ]


def read(caller: Caller, uri: str) -> ReadResourceResult:
    """Return what is at an address.

    Raises:
        NotFoundError: Nothing that this caller may see.
        InvalidInputError: The argument breaks a rule.
        AccessError: The caller may not read.
    """
    parts = urlsplit(uri)
    kind = next((one for one in KINDS if (parts.scheme, parts.netloc) == (SCHEME, one.name)), None)
    argument = unquote(parts.path.removeprefix("/"))
    if kind is None or bool(argument) != bool(kind.argument) or parts.query or parts.fragment:
        known = ", ".join([*(one.uri for one in listed()), *(one.uri_template for one in templates())])
        raise NotFoundError(f"uri: there is no such resource; there are {known}")
    text = kind.read(caller.reading(), argument)
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=kind.mime, text=text)])


def _told(kind: Kind) -> dict[str, Any]:
    return {"title": kind.title, "description": kind.description, "mime_type": kind.mime}
