"""From the arguments of a read to what it may see. Every read path goes through here, and fails closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from ricordo.errors import AccessError, InvalidInputError
from ricordo.plaintext.draft import LARGEST, When, check_choice, check_scope, check_text
from ricordo.store.base import Snapshot, Visible
from ricordo.text.instants import parse_instant, parse_interval
from ricordo.types import KINDS, STATUSES

#: What `filters` takes, beside `metadata.<name>`.
FILTERS = ("kind", "speaker", "session", "subject", "attribute", "ref", "status", "since", "until")
MOST_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class View:
    """Which scopes a handle may read and which one it writes; None is any. And whose handle it is."""

    write: str | None = None
    read: tuple[str, ...] | None = None
    principal: str = ""

    @property
    def whole(self) -> bool:
        """Whether the handle sees the whole space."""
        return self.read is None

    def readable(self, asked: str | Iterable[str] | None) -> tuple[str, ...] | None:
        """Return the scopes a read covers: those asked for, as far as the handle may read them."""
        if asked is None:
            return self.read
        labels = _several("scope", asked)
        checked = tuple(dict.fromkeys(check_scope(label) for label in labels))
        return checked if self.read is None else tuple(label for label in checked if label in self.read)

    def narrowed(self, write: str | None, read: str | Iterable[str] | None, principal: str | None = None) -> View:
        """Return a view of less, or raise AccessError where it would be of more, or another's."""
        name = self.principal if principal is None else check_scope(principal, "principal")
        if name != self.principal and not self.whole:
            raise AccessError(f"principal: this handle is {self.principal!r} and may not pass itself off as {name!r}")
        if self.whole and write is None and read is None and principal is not None:
            return replace(self, principal=name)
        own = () if write is None else (check_scope(write, "write"),)
        labels = own if read is None else _several("read", read)
        wanted = tuple(dict.fromkeys(check_scope(label, "read") for label in labels))
        refused = [label for label in wanted if self.read is not None and label not in self.read]
        if write is not None and not self.whole and write != self.write:
            refused.append(write)
        if refused:
            raise AccessError(f"scope: this handle may not pass on {refused[0]!r}")
        return View(write, wanted, name)

    def may_spread(self, scope: str | None) -> None:
        """Refuse to write to scopes that a file names.

        Raises:
            AccessError: The handle is bound to scopes.
            InvalidInputError: A scope was given as well.
        """
        if not self.whole:
            raise AccessError("scope_by: this handle is bound to scopes; the whole space is needed")
        if scope is not None:
            raise InvalidInputError("scope_by", "not together with scope", scope)

    def writable(self, asked: str | None) -> str | None:
        """Return the scope a write goes to.

        Raises:
            AccessError: The handle may not write there.
        """
        if self.write is None:
            if asked is not None and self.read is not None:
                raise AccessError(f"scope: this handle is read-only and may not write {asked!r}")
            return asked
        if asked is not None and asked != self.write:
            raise AccessError(f"scope: this handle writes {self.write!r}, not {asked!r}")
        return self.write


def visible(
    view: View,
    zone: tzinfo,
    now: datetime,
    snapshot: Snapshot,
    *,
    scope: str | Iterable[str] | None = None,
    kinds: str | Iterable[str] | None = None,
    filters: Mapping[str, Any] | None = None,
    as_of: int | str | datetime | None = None,
    valid_at: When | None = None,
) -> Visible:
    """Return what a read with these arguments may see.

    Raises:
        InvalidInputError: Names the argument and the rule it breaks.
    """
    bound, then = _bound(snapshot, _moment(as_of, zone), now)
    base = Visible(
        scopes=view.readable(scope),
        now=then,
        kinds=_kinds(kinds),
        as_of=bound,
        valid=None if valid_at is None else parse_interval(valid_at, "valid_at", zone)[:2],
    )
    return _filtered(base, filters or {}, zone)


def in_force(visible: Visible, scope_given: bool) -> dict[str, Any]:
    """Return what narrows a read, as it may be told: of scopes only those that were asked for and may be read."""
    fields = ("kinds", "speakers", "sessions", "subjects", "attributes", "refs", "statuses", "since", "until", "as_of")
    told: dict[str, Any] = {"scopes": visible.scopes} if scope_given else {}
    told |= {name: value for name in fields if (value := getattr(visible, name)) is not None}
    told |= {f"metadata.{name}": value for name, value in visible.metadata}
    return {**told, **({"valid_in": visible.valid} if visible.valid else {}), "unexpired_at": visible.now}


def _bound(snapshot: Snapshot, as_of: int | datetime | None, now: datetime) -> tuple[int | None, datetime]:
    """Return the `seq` a read is bound to, and the moment that was now then: what had expired is judged by it."""
    if as_of is None:
        return None, now
    if isinstance(as_of, datetime):
        return snapshot.seq_at(as_of), as_of
    event = next(snapshot.events(as_of - 1), None) if as_of > 0 else None
    return as_of, now if event is None else event.at


def check_query(query: Any, field: str, *, empty: bool = False) -> str:
    r"""Return the text of a query; halves of characters are put together, or replaced where the other half is missing.

    A turn that was cut inside a character is still asked: what embeds it, writes it or sends it on needs UTF-8.

    >>> [ascii(check_query(text, "query")) for text in ("tea \ud83d", "\ud83c\udf75")]
    ["'tea \\ufffd'", "'\\U0001f375'"]
    """
    if not isinstance(query, str) or not (query.strip() or empty):
        raise InvalidInputError(field, "text to look for", query)
    return query if query.isascii() else query.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_count(field: str, value: Any, most: int = MOST_ITEMS) -> int:
    """Return a number of items or tokens."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(field, f"a whole number from 1 to {most}", value)
    return value


def _kinds(kinds: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if kinds is None:
        return None
    return tuple(check_choice("kinds", kind, KINDS) for kind in _several("kinds", kinds))


def _moment(as_of: int | str | datetime | None, zone: tzinfo) -> int | datetime | None:
    if as_of is None or (isinstance(as_of, int) and not isinstance(as_of, bool)):
        if as_of is not None and not 0 <= as_of < LARGEST:
            raise InvalidInputError("as_of", "a seq of 0 or more, or a moment", as_of)
        return as_of
    if isinstance(as_of, (str, date)):
        return parse_instant(as_of, "as_of", zone)
    raise InvalidInputError("as_of", "a seq of 0 or more, or a moment", as_of)


def _filtered(base: Visible, filters: Mapping[str, Any], zone: tzinfo) -> Visible:
    if not isinstance(filters, Mapping):
        raise InvalidInputError("filters", "a mapping of field to value", filters)
    if not filters:
        return base
    found: dict[str, Any] = {}
    metadata: list[tuple[str, Any]] = []
    for name, value in filters.items():
        if isinstance(name, str) and name.startswith("metadata."):
            metadata.append((_metadata_name(name), _scalar(name, value)))
        elif name not in FILTERS:
            raise InvalidInputError(f"filters: {name}", f"one of {', '.join(FILTERS)} or metadata.<name>")
        elif name in ("since", "until"):
            found[name] = parse_instant(value, f"filters: {name}", zone)
        elif name == "kind":
            kinds = tuple(check_choice("filters: kind", kind, KINDS) for kind in _several(name, value))
            found["kinds"] = kinds if base.kinds is None else tuple(kind for kind in kinds if kind in base.kinds)
        elif name == "status":
            found["statuses"] = tuple(check_choice(f"filters: {name}", s, STATUSES) for s in _several(name, value))
        else:
            found[f"{name}s"] = _several(f"filters: {name}", value)
    return replace(base, **found, metadata=tuple(metadata))


def _several(field: str, value: Any) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, Iterable) or isinstance(values, Mapping):
        raise InvalidInputError(field, "text, or a list of texts", value)
    listed = tuple(values)
    if not all(isinstance(one, str) for one in listed):
        raise InvalidInputError(field, "text, or a list of texts", value)
    return tuple(check_text(field, one) for one in listed)


def _metadata_name(name: str) -> str:
    key = name.removeprefix("metadata.")
    if not key or '"' in key or "\\" in key or "\x00" in key:
        raise InvalidInputError(f"filters: {name}", "metadata.<name>, the name without quotes, backslashes or NUL")
    return key


def _scalar(name: str, value: Any) -> Any:
    if not isinstance(value, (str, int, float, bool)):
        raise InvalidInputError(f"filters: {name}", "text, a number, true or false", value)
    return check_text(f"filters: {name}", value) if isinstance(value, str) else value
