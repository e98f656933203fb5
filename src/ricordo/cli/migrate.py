"""`ricordo migrate`: copies a space to another engine, and proves that the copy is the space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from ricordo.cli.app import App, Command
from ricordo.memory import Memory
from ricordo.results import Migration


@click.command(
    "migrate",
    cls=Command,
    example="ricordo migrate ~/.ricordo/default 'postgresql://ada@db.example/memory?space=team'\n"
    "ricordo migrate 'postgresql://ada@db.example/memory?space=team' ~/.ricordo/team",
)
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.pass_obj
def migrate(app: App, source: str, destination: str) -> None:
    """Copy a space to another place, on any engine.

    SRC and DST are directories, or URLs of PostgreSQL databases that name a space with ?space=NAME. The log is copied
    with its hashes, and the vectors; read handles are not. Then the last hash, every record version, totals, vectors
    and some recalls are compared. DST must be empty or missing; where anything goes wrong, nothing is left of it.
    """
    settings = replace(app.settings(), background=False, path=source)
    with Memory.open(
        source, embedder=None, reranker=None, language_model=None, settings=settings, create=False
    ) as memory:
        done = memory.copy_to(destination)
    app.show(done, _told)


def _told(done: Migration) -> Iterator[str]:
    yield f"{done.source} -> {done.destination}"
    yield f"{done.seq} events, {done.versions} record versions, {done.records} records that can be recalled"
    if done.followers:
        yield f"vectors and positions: {', '.join(done.followers)}"
    yield f"equal: the last hash ({done.hash[:16]}...), every version, totals, vectors, {done.recalls} recalls"
