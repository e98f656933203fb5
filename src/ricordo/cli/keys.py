"""`ricordo keys`: makes, shows, renews and revokes the API keys of the servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ricordo.access.keys import ANY, RIGHTS, Key, Keys
from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.errors import InvalidInputError
from ricordo.text.instants import parse_instant

_SPAN = re.compile(r"(\d{1,6}) ?(minutes?|hours?|days?|weeks?)")
_ONCE = "The secret is shown this once. Keep it where only its user can read it."


@click.group("keys")
def keys() -> None:
    """Make, show, renew and revoke API keys.

    A key is good for one space (or all), reads some scopes, writes some, and has rights; docs/keys.md explains them.
    They are kept in the folder of the setting `state`. Running servers follow a change at once.
    """


@keys.command(
    "issue",
    cls=Command,
    on_space=False,
    example="ricordo keys issue --scope user:ada\n"
    "ricordo keys issue --space team --read team --read user:ada --write user:ada --expires '90 days'\n"
    "ricordo keys issue --space '*' --every-scope --right read --principal person:ada",
)
@click.option("--space", default="default", show_default=True, metavar="NAME", help="The space; '*' is every space.")
@click.option("--principal", default="", metavar="NAME", help="Whose key it is; by default 'key:' and its id.")
@click.option("--scope", "both", multiple=True, metavar="LABEL", help="A scope it reads and writes; may be repeated.")
@click.option("--read", multiple=True, metavar="LABEL", help="A scope it reads; may be repeated.")
@click.option("--write", multiple=True, metavar="LABEL", help="A scope it writes; may be repeated.")
@click.option("--every-scope", is_flag=True, help="It reads and writes every scope, as its rights say.")
@click.option(
    "--right",
    "rights",
    multiple=True,
    type=click.Choice(RIGHTS),
    help="What it may do; may be repeated. By default read, and write where it has a scope to write.",
)
@click.option(
    "--expires", default="365 days", show_default=True, metavar="WHEN", help="A time, '90 days' from now, or 'never'."
)
@click.pass_obj
def issue(
    app: App,
    space: str,
    principal: str,
    both: Sequence[str],
    read: Sequence[str],
    write: Sequence[str],
    every_scope: bool,
    rights: Sequence[str],
    expires: str,
) -> None:
    """Make a key, and print its secret once."""
    if every_scope == bool(both or read or write):
        raise click.UsageError("Name scopes with --scope, --read and --write, or give --every-scope.")
    writes = (*both, *write)
    reads = (*both, *read) if both or read else writes
    with _opened(app) as known:
        key, secret = known.issue(
            space=space,
            principal=principal,
            read=None if every_scope else reads,
            write=None if every_scope else writes,
            rights=rights or (("read", "write") if every_scope or writes else ("read",)),
            expires_at=_ends(expires, datetime.now(UTC)),
        )
    _show(app, key, secret)


@keys.command("list", cls=Command, on_space=False, example="ricordo keys list\nricordo keys list --json")
@click.pass_obj
def list_(app: App) -> None:
    """Show every key, and when it was last used; no secrets."""
    with _opened(app) as known:
        found, now = known.list(), datetime.now(UTC)
    app.show([_plain(key, now) for key in found], lambda _: _table(found, now))
    if not found:
        app.note("There are no keys; `ricordo keys issue` makes one.")


@keys.command(
    "rotate",
    cls=Command,
    on_space=False,
    example="ricordo keys rotate 3kq0v7x2m9ab\nricordo keys rotate 3kq0v7x2m9ab --grace '1 day'",
)
@click.argument("id")
@click.option(
    "--grace", default="1 hour", show_default=True, metavar="SPAN", help="For how long the old key is good still."
)
@click.pass_obj
def rotate(app: App, id: str, grace: str) -> None:
    """Make a key that takes the place of another.

    ID is the key that ends. The new key has its principal, scopes and rights, and lives as long.
    """
    span = _span(grace)
    if span is None:
        raise InvalidInputError("grace", "a time such as '1 hour' (minutes, hours, days, weeks)", grace)
    with _opened(app) as known:
        key, secret = known.rotate(id, grace=span)
    _show(app, key, secret)


@keys.command("revoke", cls=Command, on_space=False, example="ricordo keys revoke 3kq0v7x2m9ab")
@click.argument("id")
@click.pass_obj
def revoke(app: App, id: str) -> None:
    """End a key now and for good.

    ID is the key. The next request with it is refused, by every server on this machine.
    """
    with _opened(app) as known:
        key, now = known.revoke(id), datetime.now(UTC)
    app.show(_plain(key, now), lambda _: [f"{key.id} is revoked."])


def _opened(app: App) -> Keys:
    return Keys.open(Path(app.settings().state))


def _show(app: App, key: Key, secret: str) -> None:
    now = datetime.now(UTC)
    result = {"key": _plain(key, now), "secret": secret}
    app.show(result, lambda _: [*show.rows(list(_pairs(key, now))), f"secret     {secret}"])
    app.note(_ONCE)


def _plain(key: Key, now: datetime) -> dict[str, Any]:
    """Return a key as JSON has it."""
    told = {part.name: getattr(key, part.name) for part in fields(key)}
    return {**told, "rights": [right for right in RIGHTS if key.may(right)], "state": _state(key, now)}


def _pairs(key: Key, now: datetime) -> Iterator[tuple[str, str]]:
    yield "key", key.id
    yield "state", _state(key, now)
    yield "principal", show.flat(key.principal)
    yield "space", "every" if key.space == ANY else show.flat(key.space)
    yield "rights", ", ".join(right for right in RIGHTS if key.may(right))
    yield "reads", _scopes(key.read)
    yield "writes", _scopes(key.write)
    yield "created", _time(key.created_at)
    yield "expires", "never" if key.expires_at is None else _time(key.expires_at)
    yield "last used", "" if key.last_used_at is None else _time(key.last_used_at)


def _table(found: Sequence[Key], now: datetime) -> list[str]:
    lines: list[str] = []
    for key in found:
        lines += ["", *show.rows(list(_pairs(key, now)))]
    return lines[1:]


def _scopes(scopes: Sequence[str] | None) -> str:
    return "every scope" if scopes is None else show.flat(", ".join(scopes)) or "none"


def _state(key: Key, now: datetime) -> str:
    return "valid" if key.valid(now) else "revoked" if key.revoked_at is not None else "expired"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _ends(text: str, now: datetime) -> datetime | None:
    """Return when a key expires; None is never.

    >>> _ends("2 days", datetime(2026, 5, 1, tzinfo=UTC)).isoformat(), _ends("never", datetime.now(UTC))
    ('2026-05-03T00:00:00+00:00', None)
    """
    if text == "never":
        return None
    span = _span(text)
    return parse_instant(text, "expires") if span is None else now + span


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    return timedelta(**{f"{found[2].removesuffix('s')}s": int(found[1])})
