"""The command that asks a language model for verdicts."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.results import Proposals


@click.command("propose", cls=Command, example="ricordo propose --dry-run\nricordo propose --limit 20")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Ask about so many at most.")
@click.option("--dry-run", is_flag=True, help="Only print what would be applied.")
@click.pass_obj
def propose(app: App, limit: int, dry_run: bool) -> None:
    """Ask the language model what new records mean.

    It says which older records they repeat, supersede, contradict or affect, and which states they tell. Every verdict
    is checked against the records; what holds is applied, one event for each record, and `ricordo undo EVENT` takes it
    back. What is refused is printed with the reason. The next call goes on where this one ended.
    """
    with app.open() as memory:
        told = memory.propose(limit, dry_run=dry_run)
    app.show(told, lambda one: list(_lines(one)))


def _lines(told: Proposals) -> Iterator[str]:
    refused, held = len(told.refused), len(told.proposals) - len(told.refused)
    did = "would be applied" if told.dry_run else "applied"
    cost = f"{told.tokens_in} + {told.tokens_out} tokens" + (", estimated" if told.estimated else "")
    yield f"{told.model} was asked about {told.asked} records ({cost}): {held} verdicts {did}, {refused} refused."
    for one in told.proposals:
        pair = one.record if one.other is None else f"{one.record} {one.other}"
        what = f"refused: {show.flat(one.refused)}" if one.refused else f"event {one.event}" if one.event else did
        yield f"  {one.relation} {pair}: {what}"
    if told.degraded is not None:
        yield f"Ended early: {show.flat(told.degraded)}"
