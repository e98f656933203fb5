"""Commands that put less in place of more, or tell all of one: consolidate, profile, summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import moment, scope_option, scopes
from ricordo.cli.write import counter
from ricordo.plaintext.consolidate import STRATEGIES
from ricordo.results import Consolidation, Profile, Region


@click.command(
    "consolidate",
    cls=Command,
    example="ricordo consolidate --dry-run\n"
    "ricordo consolidate --scope user:ada --older-than 30\n"
    "ricordo consolidate --strategy near_duplicates --limit 100",
)
@scope_option("Only this scope; by default all of them.")
@click.option(
    "--older-than", type=click.FloatRange(min=0, max=1e6), metavar="DAYS", help="Only what was said so long ago."
)
@click.option("--strategy", "strategies", multiple=True, type=click.Choice(list(STRATEGIES)), help="Only this one.")
@click.option("--limit", type=int, metavar="N", help="At most so many regions; the next run goes on from there.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.pass_obj
def consolidate(
    app: App,
    /,
    scope: str | None,
    older_than: float | None,
    strategies: Sequence[str],
    limit: int | None,
    dry_run: bool,
) -> None:
    """Put smaller sets of records in place of larger ones.

    States that say the same become one; turns that tell little are joined to the turn beside them, word for word. What
    is replaced is archived, not lost: "ricordo show ID" has it, and "ricordo undo EVENT" brings it back.
    """
    with app.open() as memory, counter("records replaced") as progress:
        done = memory.consolidate(
            scope=scope,
            older_than=None if older_than is None else timedelta(days=older_than),
            strategies=strategies or None,
            limit=limit,
            progress=progress,
            dry_run=dry_run,
        )
    app.show(done, consolidated)


def consolidated(one: Consolidation) -> Iterator[str]:
    """Yield what was replaced by what, and how to take it back."""
    if not one.regions:
        yield "Nothing to consolidate."
        return
    for region in one.regions:
        yield f"{_mark(region)}  {len(region.replaced)} records, {region.strategy}, scope {show.flat(region.scope)}"
        room = show.width() - 4
        yield from (f"    {show.short(line, room)}" for line in region.text.split("\n"))
        if region.skipped is not None:
            yield f"    left as it is: {region.skipped}"
    kept = len(one.regions) - len(one.skipped)
    yield f"{kept} region{'' if kept == 1 else 's'}: {one.replaced} records replaced, {one.added} added."
    if one.events:
        yield f"To take the last back: ricordo undo {one.events[-1]}"
    if not one.done:
        yield "There is more to do: run it again."


def _mark(region: Region) -> str:
    return "planned" if region.event is None else f"event {region.event}"


@click.command("profile", cls=Command, example="ricordo profile Ada\nricordo profile Ada --history --valid-at 2025")
@click.argument("subject")
@scopes
@click.option("--history", is_flag=True, help="Also what was so, and until when.")
@click.option("--as-of", metavar="SEQ|TIME", help="What was known then.")
@click.option("--valid-at", metavar="TIME", help="What was true then.")
@click.option("--max-tokens", type=int, metavar="N", help="At most so many tokens of text.")
@click.pass_obj
def profile(
    app: App,
    /,
    subject: str,
    scopes: Sequence[str],
    history: bool,
    as_of: str | None,
    valid_at: str | None,
    max_tokens: int | None,
) -> None:
    """Print what is known of someone or something, line by line.

    SUBJECT is a name or an alias. Every line names the records or refs that it is from.
    """
    with app.open() as memory:
        found = memory.profile(
            subject,
            scope=scopes or None,
            as_of=moment(as_of),
            valid_at=valid_at,
            history=history,
            max_tokens=max_tokens,
        )
    app.show(found, _page)


@click.command("summary", cls=Command, example="ricordo summary s42 --max-tokens 200")
@click.argument("session")
@scopes
@click.option("--as-of", metavar="SEQ|TIME", help="As it was known then.")
@click.option("--max-tokens", type=int, default=300, show_default=True, metavar="N", help="At most so many tokens.")
@click.pass_obj
def summary(app: App, /, session: str, scopes: Sequence[str], as_of: str | None, max_tokens: int) -> None:
    """Print what a session came to, in its own words.

    SESSION is its name. Sentences are taken as they stand; every line names the ref or record it is from.
    """
    with app.open() as memory:
        found = memory.summary(session, scope=scopes or None, as_of=moment(as_of), max_tokens=max_tokens)
    app.show(found, lambda one: [show.safe(one.text or f"Nothing was said in {show.flat(session)}.")])


def _page(one: Profile) -> list[str]:
    if not one.lines:
        return [f"Nothing is known of {show.flat(one.subject)}."]
    left = [f"Left out for want of room: {', '.join(map(show.flat, one.dropped))}."] if one.dropped else []
    return [show.safe(one.text), *left]
