"""The command that tells how far a record is to be believed, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import moment, scopes
from ricordo.results import Belief, Evidence
from ricordo.types import Record


@click.command("belief", cls=Command, example="ricordo belief 01a1f9774c5d6aacfa24ccb4")
@click.argument("id")
@click.option("--as-of", metavar="SEQ|TIME", help="What was to be believed then.")
@scopes
@click.pass_obj
def belief(app: App, /, id: str, as_of: str | None, scopes: Sequence[str]) -> None:
    """Print how far a record is to be believed, and why.

    ID is the record. Says what is believed and since when, who said it, what speaks against it, and what follows from
    it. Confidence is computed from independent sources when asked: one half is no evidence either way.
    """
    with app.open() as memory:
        app.show(memory.belief(id, scope=scopes or None, as_of=moment(as_of)), page)


def page(one: Belief) -> list[str]:
    """Return a belief as a page to read."""
    record = one.record
    lines = [f'"{show.short(record.content, show.width() - 2)}"', ""]
    lines += show.rows(
        [
            ("believed", f"{_standing(record)}, confidence {one.confidence:.2f}"),
            ("standing", f"{one.standing.state}: {show.flat(one.standing.reason)}" if one.standing.reason else ""),
            ("valid", show.valid(record)),
            ("evidence", f"{_counted(one.proofs, 'independent source')}, {one.trend}"),
            ("against", _counted(one.contradictions, "independent source") if one.contradictions else ""),
        ]
    )
    for title, found in (
        ("said by", [_said(part) for part in one.sources]),
        ("against it", [_line(part) for part in one.against]),
        ("follows from it", [_line(part) for part in one.follows]),
    ):
        lines += _part(title, found)
    return lines


def _part(title: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in found)


def _standing(record: Record) -> str:
    if record.status in ("active", "provisional"):
        return "yes" if record.status == "active" else "provisionally"
    return f"no, {record.status}" + (f" by {record.superseded_by}" if record.superseded_by else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _said(one: Evidence) -> str:
    head = ", ".join(filter(None, (show.clock(one.said_at), show.flat(one.speaker or ""), show.flat(one.ref or ""))))
    return f'{head}: "{show.short(one.words, show.width() - len(head) - 6)}"'


def _line(one: Record) -> str:
    return f'{one.id}  {show.day(one.said_at)}  "{show.short(one.content, show.width() - 42)}"'
