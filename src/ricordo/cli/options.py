"""Options that several commands share, and the shapes of their values."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.types import DERIVATIONS, KINDS, LINK_TYPES

Decorator = Callable[[Any], Any]


def pairs(context: click.Context, param: click.Parameter, values: Sequence[str]) -> list[tuple[str, str]]:
    """Split each value of a repeated option in two, at the mark its metavar has."""
    mark = "=" if "=" in str(param.metavar) else ":"
    split = [value.partition(mark) for value in values]
    for value, (first, found, _) in zip(values, split, strict=True):
        if not found or not first:
            raise click.BadParameter(f"{value!r} is not of the form {param.metavar}", context, param)
    return [(first, second) for first, _, second in split]


def options(*listed: Decorator) -> Decorator:
    """Join options into one decorator that keeps their order."""

    def decorate(command: Any) -> Any:
        for option in reversed(listed):
            command = option(command)
        return command

    return decorate


def scope_option(help: str) -> Decorator:
    """Make the option that names one scope."""
    return click.option("--scope", metavar="LABEL", help=help)


#: The scopes a command looks in.
scopes = click.option(
    "--scope", "scopes", multiple=True, metavar="LABEL", help="Look in this scope only; repeat for several."
)

#: What narrows a read.
narrowing = options(
    scopes,
    click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), metavar="KIND", help="Only this kind."),
    click.option(
        "--filter",
        "filters",
        multiple=True,
        callback=pairs,
        metavar="NAME=VALUE",
        help="Only where the field is equal: kind, speaker, session, subject, attribute, ref, status, metadata.<name>; "
        "repeat a name for one of several values. since=TIME and until=TIME bound when it was said.",
    ),
    click.option(
        "--as-of", metavar="SEQ|TIME", help="What the log knew then: an event's number, or a time of recording."
    ),
    click.option("--valid-at", metavar="TIME", help="What was true then: 2026, 2026-05, 2026-05-03, or a time."),
)

#: The fields of a record that a write may give.
fields = options(
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        metavar="KIND",
        help=f"What it is: {', '.join(KINDS)}.",
    ),
    click.option("--speaker", metavar="NAME", help="Who said it."),
    click.option("--session", metavar="NAME", help="In which conversation."),
    click.option("--title", metavar="TEXT", help="Under which heading."),
    click.option("--valid-from", metavar="TIME", help="From when it is true: 2026, 2026-05, 2026-05-03, or a time."),
    click.option("--valid-to", metavar="TIME", help="Until when it is true; this moment is not part of it."),
    click.option("--subject", metavar="TEXT", help="With --attribute: the slot it fills, as in Ada's home."),
    click.option("--attribute", metavar="TEXT", help="See --subject."),
    click.option("--value", metavar="TEXT", help="What the slot holds."),
    click.option(
        "--cardinality", type=click.Choice(["one", "many"]), help="one: a later value supersedes; many: it is added."
    ),
    click.option("--name", metavar="NAME", help="What it is called; `inject` matches this."),
    click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another name; may be repeated."),
    click.option("--why", metavar="TEXT", help="Why it matters."),
    click.option("--pinned/--not-pinned", default=None, help="Always part of what `inject` gives."),
    click.option("--expires-at", metavar="TIME", help="From when on it is left out."),
    click.option(
        "--meta",
        "metadata",
        multiple=True,
        callback=pairs,
        metavar="NAME=VALUE",
        help="A field of your own; JSON where the value parses, else text. May be repeated.",
    ),
    click.option(
        "--derivation",
        type=click.Choice(DERIVATIONS),
        metavar="HOW",
        help=f"How it is known: {', '.join(DERIVATIONS)}.",
    ),
    click.option(
        "--link",
        "links",
        multiple=True,
        callback=pairs,
        metavar="TYPE:ID",
        help=f"A link to another record: {', '.join(LINK_TYPES)}. May be repeated.",
    ),
    click.option("--if-version", type=int, metavar="N", help="Write only if the record it changes is at this version."),
)


def given(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, in the shapes that `Memory` takes."""
    found = {name: value for name, value in named.items() if value not in (None, (), [])}
    if "metadata" in found:
        found["metadata"] = {name: json_or_text(value) for name, value in found["metadata"]}
    return found


def narrowed(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of `narrowing` as arguments of `Memory.recall`."""
    found = {
        "scope": named["scopes"],
        "kinds": named["kinds"],
        "filters": filtered(named["filters"]),
        "as_of": moment(named["as_of"]),
        "valid_at": named["valid_at"],
    }
    return {name: value for name, value in found.items() if value not in (None, (), {})}


def filtered(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return filters as a mapping.

    >>> filtered([("speaker", "Ada"), ("metadata.page", "3"), ("speaker", "Bo")])
    {'speaker': ['Ada', 'Bo'], 'metadata.page': 3}
    """
    found: dict[str, Any] = {}
    for name, text in pairs:
        value = json_or_text(text) if name.startswith("metadata.") else text
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


def moment(text: str | None) -> int | str | None:
    """Return a point of the log: a number is a `seq`, all else a time."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else text


def json_or_text(text: str) -> Any:
    """Return what a text says as JSON, or the text itself.

    >>> json_or_text("3"), json_or_text("true"), json_or_text("Ada")
    (3, True, 'Ada')
    """
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_text(content: str | None, settings: Settings) -> str:
    """Return content as given, or standard input for "-" or where nothing was given and something is piped in."""
    if content is not None and content != "-":
        return content
    if content is None and sys.stdin.isatty():
        raise click.UsageError("Give CONTENT, or - to read it from standard input.")
    raw = sys.stdin.buffer.read(settings.max_content_bytes + 3)
    if len(raw) > settings.max_content_bytes + 2:
        rule = (
            f"at most {settings.max_content_bytes} bytes (setting max_content_bytes); split it, or use ricordo import"
        )
        raise InvalidInputError("content", rule)
    return _decoded("content", raw).removesuffix("\n").removesuffix("\r")


def read_messages(path: str) -> Any:
    """Return the chat messages in a JSON file; `Memory` checks their shape."""
    return read_json_file(path, "messages")


def read_json_file(path: str, field: str) -> Any:
    """Return what a JSON file holds, or standard input for "-"; errors name the argument `field`."""
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).expanduser().read_bytes()
    except OSError as error:
        raise InvalidInputError(field, f"a file that can be read ({error.strerror})", path) from error
    try:
        return json.loads(_decoded(field, raw))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(field, f"a JSON file ({error})", path) from error


def _decoded(field: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(field, "UTF-8 text") from error
