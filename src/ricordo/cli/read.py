"""Commands that read: recall, reflect, inject, show, list, history. None of them makes a space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import moment, narrowed, narrowing, options, scopes
from ricordo.results import Page
from ricordo.types import LANES, RENDERS, Recall

_most = click.option(
    "-k", type=int, metavar="N", help="At most so many items; by default 10, or as many as --max-tokens holds."
)
_render = click.option(
    "--render", type=click.Choice(RENDERS), help="Print the context, ready for a prompt, written as this."
)
_explain = click.option("--explain", is_flag=True, help="Print the full table of what each arm gave, and what was cut.")
_full = click.option("--full", is_flag=True, help="Do not shorten contents.")


@click.command(
    "recall",
    cls=Command,
    example='ricordo recall "Where does Ada live?" --scope user:ada\n'
    'ricordo recall "home" --kind fact --filter speaker=Ada --valid-at 2026-01\n'
    'ricordo recall "Where does Ada live?" --render markdown --max-tokens 500',
)
@click.argument("query")
@narrowing
@options(
    _most,
    click.option("--max-tokens", type=int, metavar="N", help="At most so many tokens of rendered text."),
    click.option(
        "--hops", type=int, default=1, show_default=True, metavar="N", help="Rounds of asking, 1 to 5; see reflect."
    ),
    click.option("--lane", type=click.Choice(LANES), default="answer", show_default=True, help="The read recipe."),
    click.option("--text", "as_text", is_flag=True, help="The same as --render text."),
    _render,
    _explain,
    _full,
)
@click.pass_obj
def recall(
    app: App,
    /,
    query: str,
    k: int | None,
    max_tokens: int | None,
    hops: int,
    lane: str,
    as_text: bool,
    render: str | None,
    explain: bool,
    full: bool,
    **named: Any,
) -> None:
    """Find what is known about a query.

    QUERY is a question, or any text. Shows rank, score, day, speaker and content of each item, and below it
    its id, your own ref, and the arms that found it with their shares of the score. With --max-tokens, long items may
    be shortened to an extract or a stub; "ricordo show ID" prints the whole.
    """
    chosen = render or "text"
    with app.open() as memory:
        found = memory.recall(query, k=k, max_tokens=max_tokens, hops=hops, lane=lane, render=chosen, **narrowed(named))
        _found(app, found, explain=explain, as_text=as_text or render is not None, full=full)


@click.command(
    "reflect",
    cls=Command,
    example='ricordo reflect "In which city is the office of Ada\'s firm?" --scope team --max-tokens 1000\n'
    'ricordo reflect "In which city is the office of Ada\'s firm?" --render json',
)
@click.argument("question")
@narrowing
@options(
    _most,
    click.option("--max-tokens", type=int, metavar="N", help="At most so many tokens of rendered text."),
    click.option("--rounds", type=int, default=3, show_default=True, metavar="N", help="Rounds of asking, 1 to 5."),
    _render,
    _explain,
    _full,
)
@click.pass_obj
def reflect(
    app: App,
    /,
    question: str,
    k: int | None,
    max_tokens: int | None,
    rounds: int,
    render: str | None,
    explain: bool,
    full: bool,
    **named: Any,
) -> None:
    """Gather evidence for a question, round by round.

    QUESTION is asked; then names that the best records speak of, together with what those records leave uncovered,
    until nothing is missing or nothing more is found. Below the items stand the further queries, and the terms of the
    question (its words without their endings) that no item holds. Where a language model is set (docs/models.md) its
    answer comes first, with its citations checked.
    """
    chosen = render or "text"
    with app.open() as memory:
        told = memory.reflect(question, k=k, max_tokens=max_tokens, rounds=rounds, render=chosen, **narrowed(named))
        as_text = render is not None and not explain
        app.show(told, lambda one: show.reflection(one, explain=explain, full=full, as_text=as_text))
        if as_text and not told.evidence.text:
            app.note(show.nothing(told.evidence))


@click.command(
    "inject",
    cls=Command,
    example='ricordo inject "what should I pack for home?" --scope user:ada --max-tokens 400',
)
@click.argument("turn")
@narrowing
@options(
    click.option("-k", type=int, default=20, show_default=True, metavar="N", help="At most so many items."),
    click.option("--max-tokens", type=int, default=400, show_default=True, metavar="N", help="At most so many tokens."),
    _render,
    _explain,
)
@click.pass_obj
def inject(app: App, /, turn: str, k: int, max_tokens: int, render: str | None, explain: bool, **named: Any) -> None:
    """Print what belongs beside a turn unasked.

    TURN is the user's message; it may be empty. Pins, and records whose names, aliases or slots it holds, as quoted
    text ready for a prompt. Prints nothing rather than something doubtful.
    """
    with app.open() as memory:
        found = memory.inject(turn, k=k, max_tokens=max_tokens, render=render or "text", **narrowed(named))
        _found(app, found, explain=explain, as_text=True, full=True)


def _found(app: App, found: Recall, *, explain: bool, as_text: bool, full: bool) -> None:
    if explain:
        app.show(found, show.explained)
    elif as_text:
        app.show(found, show.text)
        if not found.text:
            app.note(show.nothing(found))
    else:
        app.show(found, lambda one: show.recall(one, full=full))


@click.command("show", cls=Command, example="ricordo show 01a1f9774c5d6aacfa24ccb4")
@click.argument("id")
@click.option("--as-of", metavar="SEQ|TIME", help="The version the log knew then.")
@scopes
@click.pass_obj
def show_(app: App, /, id: str, as_of: str | None, scopes: Sequence[str]) -> None:
    """Print everything about one record.

    ID is the record; it may be forgotten or superseded.
    """
    with app.open() as memory:
        app.show(memory.get(id, scope=scopes or None, as_of=moment(as_of)), show.record)


@click.command(
    "list",
    cls=Command,
    example="ricordo list --scope user:ada --kind fact\nricordo list --filter status=superseded --all --json",
)
@narrowing
@click.option("--limit", type=int, default=100, show_default=True, metavar="N", help="At most so many a page.")
@click.option("--cursor", metavar="CURSOR", help="Go on where the page before ended.")
@click.option("--all", "every", is_flag=True, help="All pages.")
@click.pass_obj
def list_(app: App, /, limit: int, cursor: str | None, every: bool, **named: Any) -> None:
    """Print records in the order they were first written."""
    with app.open() as memory:
        page = memory.list(limit=limit, cursor=cursor, **narrowed(named))
        while every and page.cursor is not None:
            following = memory.list(limit=limit, cursor=page.cursor, **narrowed(named))
            if app.json:
                page = Page(page.records + following.records, following.cursor)
            else:
                app.show(page, show.page)
                page = following
    app.show(page, show.page)
    if page.cursor is not None:
        app.note(f"More: --cursor {page.cursor}, or --all.")
    elif not page.records:
        app.note("No records.")


@click.command("history", cls=Command, example="ricordo history 01a1f9774c5d6aacfa24ccb4")
@click.argument("id")
@scopes
@click.pass_obj
def history(app: App, /, id: str, scopes: Sequence[str]) -> None:
    """Print everything that happened to a record, oldest first.

    ID is the record; also one that was erased, of which only the bare events are left.
    """
    with app.open() as memory:
        app.show(memory.history(id, scope=scopes or None), show.history)
