"""`ricordo backup`: a dated archive of a space that is in use, read again before it counts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click

from ricordo.cli import show
from ricordo.cli.app import PROBLEMS, App, Command
from ricordo.cli.opening import open_plain
from ricordo.config import Settings
from ricordo.memory import Memory
from ricordo.results import Verification
from ricordo.store.backup import Backup, back_up


@click.command(
    "backup",
    cls=Command,
    example="ricordo backup /var/backups/ricordo --keep 14\n"
    "ricordo --space 'postgresql://ada@db.example/memory?space=team' backup ~/backups --rehearse\n"
    "ricordo restore ~/backups/team-20260503T100000Z.ricordo ~/.ricordo/team",
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--keep", type=click.IntRange(0), default=0, metavar="N", help="Keep the newest N of this space; 0 is all."
)
@click.option("--rehearse", is_flag=True, help="Restore it to a folder for the time being, too, and verify that space.")
@click.pass_context
def backup(context: click.Context, folder: Path, keep: int, rehearse: bool) -> None:
    """Write a dated archive of the space while it is in use.

    FOLDER holds the archives, and is made where it is missing. An archive holds everything that was acknowledged before
    the command began; it is read again as a whole before it gets its name. Older ones go after that. `ricordo restore`
    makes a space of it. It is as confidential as the space.
    """
    app = context.ensure_object(App)
    settings = replace(app.settings(), background=False)
    with open_plain(settings) as memory:
        least = memory.stats().seq
        name, now = _name(settings.path), datetime.now(UTC)
        made = back_up(memory.export, folder.expanduser(), name=name, now=now, least=least, keep=keep)
    found = _rehearsed(made, settings) if rehearse else None
    app.show({"backup": made, "rehearsal": found}, lambda _: _told(made, found))
    if found is not None and not found.ok:
        context.exit(PROBLEMS)


def _rehearsed(made: Backup, settings: Settings) -> Verification:
    """Restore an archive beside it, verify the space, and remove it."""
    with tempfile.TemporaryDirectory(prefix=".rehearsal.", dir=made.path.parent) as folder:
        place = Path(folder) / "space"
        own = replace(settings, path=str(place))
        with Memory.restore(
            made.path, place, settings=own, embedder=None, reranker=None, language_model=None
        ) as memory:
            return memory.verify()


def _name(location: str) -> str:
    """Return what archives of a space are called.

    >>> _name("~/.ricordo/default"), _name("postgresql://ada@db.example/memory?space=team")
    ('default', 'team')
    """
    if "://" in location:
        return parse_qs(urlsplit(location).query).get("space", ["default"])[0]
    return Path(location).expanduser().resolve().name


def _told(made: Backup, found: Verification | None) -> Iterator[str]:
    yield f"{made.path}: {made.seq} events, {made.bytes:,} bytes; read again, whole."
    if found is not None:
        yield from ("Restored for a trial:", *show.verification(found))
    for path in made.removed:
        yield f"removed {path}"
