"""Commands that forget: expire, compact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import scopes as in_scopes
from ricordo.cli.write import ask

_dry_run = click.option("--dry-run", is_flag=True, help="Only tell what would go; changes nothing.")


@click.command(
    "expire",
    cls=Command,
    example="ricordo expire --policies retention.toml --dry-run\nricordo expire --policies retention.toml",
)
@click.option(
    "--policies",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A TOML file of rules; by default the setting `policies`.",
)
@in_scopes
@_dry_run
@click.pass_obj
def expire(app: App, policies: Path | None, scopes: Sequence[str], dry_run: bool) -> None:
    """Retire what policies say, and why.

    A policy file has a `[[policy]]` table for each rule: a name, conditions, and what happens (forget, archive, or
    keep, which protects from later rules). The first rule that matches a record decides. See docs/forgetting.md.
    """
    with app.open() as memory:
        app.show(memory.expire(policies, scope=scopes or None, dry_run=dry_run), show.expired)


@click.command(
    "compact",
    cls=Command,
    example="ricordo compact --before 2025-01-01 --dry-run\nricordo compact --before 2025-01-01 --yes",
)
@click.option("--before", required=True, metavar="TIME", help="What was retired before: a date or a time.")
@in_scopes
@_dry_run
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def compact(app: App, before: str, scopes: Sequence[str], dry_run: bool, yes: bool) -> None:
    """Take long retired records out of the log; can't be undone.

    What was forgotten, archived, evicted or superseded before TIME loses its content, except where something rests on
    it. Headers, chain and history stay. Asks first; where nobody can be asked, --yes is needed.
    """
    with app.open() as memory:
        within = scopes or None
        if not dry_run and not yes:
            found = memory.compact(before=before, scope=within, dry_run=True)
            ask(f"Take {len(found.records)} records ({found.bytes:,} bytes of log) away for good?")
        app.show(memory.compact(before=before, scope=within, dry_run=dry_run), show.compacted)
