"""Commands that write: retain, update, feedback, undo, forget, erase, import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import fields, given, options, read_messages, read_text, scope_option, scopes
from ricordo.formats import READERS
from ricordo.memory import Memory
from ricordo.results import Import
from ricordo.types import OUTCOMES

_CLEARABLE = (
    "speaker session title valid_from valid_to subject attribute value name aliases why expires_at metadata links"
).split()
_yes = click.option("--yes", is_flag=True, help="Do not ask.")
_reason = click.option("--reason", metavar="TEXT", help="Why; kept in the history.")


@click.command(
    "retain",
    cls=Command,
    example='ricordo retain "I moved to Lisbon last week." --speaker Ada --scope user:ada --at 2026-05-03T10:00Z\n'
    'ricordo retain "Ada lives in Lisbon." --subject Ada --attribute home --value Lisbon\n'
    "git log -1 --format=%B | ricordo retain --kind decision --scope project:x --meta branch=main\n"
    "ricordo retain --messages chat.json --session s42",
)
@click.argument("content", required=False)
@options(
    scope_option("The label it is kept under; by default the setting `scope`."),
    click.option("--at", metavar="TIME", help="When it was said, as ISO text with an offset; by default now."),
    click.option("--ref", metavar="ID", help="Your own id of where it came from."),
    click.option("--key", metavar="KEY", help="Idempotency key: the same key writes once, for ever."),
    click.option(
        "--messages",
        metavar="FILE",
        help="In place of CONTENT: a JSON file with a list of chat messages, each with role and content; - for stdin.",
    ),
)
@fields
@click.pass_obj
def retain(app: App, /, content: str | None, messages: str | None, **named: Any) -> None:
    """Remember a text, or the messages of a conversation.

    CONTENT is the text; where it is - or left out, it is read from standard input. Its kind is an observation where
    someone said it (--speaker, --session), else a fact, unless --kind says. Prints what the write did (added,
    reinforced, revised, superseded, conflicted or unchanged) and the rule that decided; below the text, the same of
    each state that it tells.
    """
    arguments = given(named)
    if messages is not None:
        if content is not None:
            raise click.UsageError("Give CONTENT or --messages, not both.")
        listed = read_messages(messages)
        with app.open(create=True) as memory:
            app.show(memory.retain(messages=listed, **arguments), show.verdicts)
        return
    text = read_text(content, app.settings())
    with app.open(create=True) as memory:
        app.show(memory.retain(text, **arguments), show.verdict)


@click.command(
    "update",
    cls=Command,
    example='ricordo update 01a1f9774c5d6aacfa24ccb4 --content "Ada lives in Porto." --value Porto --if-version 1\n'
    "ricordo update 01a1f9774c5d6aacfa24ccb4 --clear expires_at --pinned",
)
@click.argument("id")
@click.option("--content", metavar="TEXT", help="The new text; - reads it from standard input.")
@fields
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(_CLEARABLE),
    metavar="FIELD",
    help=f"Take a field away: {', '.join(_CLEARABLE)}. May be repeated.",
)
@_reason
@scopes
@click.pass_obj
def update(
    app: App, /, id: str, content: str | None, clear: Sequence[str], scopes: Sequence[str], **named: Any
) -> None:
    """Change fields of a record, under a new version.

    ID is the record. What a person has edited is not superseded by what is learnt later.
    """
    changes = {**dict.fromkeys(clear), **given(named)}
    if content is not None:
        changes["content"] = read_text(content, app.settings())
    with app.open() as memory:
        app.show(memory.update(id, scope=scopes or None, **changes), show.verdict)


@click.command(
    "feedback",
    cls=Command,
    example="ricordo feedback helped 01a1f9774c5d6aacfa24ccb4\n"
    'ricordo feedback used 01a1f9774c5d6aacfa24ccb4 --query "any news on the purple dashboard?"',
)
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--query", help="The turn they were recalled by, to learn aliases from.")
@_reason
@scopes
@click.pass_obj
def feedback(
    app: App, /, outcome: str, ids: Sequence[str], query: str | None, reason: str | None, scopes: Sequence[str]
) -> None:
    """Tell how recalled records served.

    OUTCOME is used, helped or harmed; ID... are the records. With --query, what two turns that a record served asked
    by becomes its alias ("ricordo show ID" has it), and a turn that it harmed takes that away.
    """
    with app.open() as memory:
        event = memory.feedback(ids, outcome, query=query, reason=reason, scope=scopes or None)
    app.show({"event": event}, lambda _: [f"Counted as {outcome} (event {event})."])


@click.command("undo", cls=Command, example="ricordo undo 12")
@click.argument("event", type=int)
@click.pass_obj
def undo(app: App, /, event: int) -> None:
    """Put back what an event changed.

    EVENT is the number that a write or `ricordo history` shows. What has changed since is left and named.
    """
    with app.open() as memory:
        app.show(memory.undo(event), show.undone)


@click.command(
    "forget",
    cls=Command,
    example='ricordo forget 01a1f9774c5d6aacfa24ccb4 --reason "a joke"\nricordo forget --scope session:9 --yes',
)
@click.argument("id", required=False)
@scope_option("Without ID: everything in it. With ID: where to look for it.")
@_reason
@_yes
@click.pass_obj
def forget(app: App, /, id: str | None, scope: str | None, reason: str | None, yes: bool) -> None:
    """Retire a record or a scope; can be undone.

    ID is the record. It is left out of every read but `show`, the history and the past; its text stays on disk
    (`ricordo erase` removes that). To forget a whole scope asks first.
    """
    with app.open() as memory:
        if id is None and scope is not None and not yes:
            ask(f"Forget {_extent(memory, scope)}?")
        app.show(memory.forget(id, scope=scope, reason=reason), show.forgotten)


@click.command(
    "erase",
    cls=Command,
    example="ricordo erase 01a1f9774c5d6aacfa24ccb4\nricordo erase --scope user:ada --yes",
)
@click.argument("id", required=False)
@scope_option("Without ID: everything in it. With ID: where to look for it.")
@_yes
@click.pass_obj
def erase(app: App, /, id: str | None, scope: str | None, yes: bool) -> None:
    """Remove the bytes of a record or a scope; can't be undone.

    ID is the record. Its text goes from the log, every version and every index; the log still verifies. Asks first;
    where nobody can be asked, --yes is needed.
    """
    with app.open() as memory:
        if not yes and (id is not None or scope is not None):
            what = f'"{show.short(memory.get(id, scope=scope).content, 60)}"' if id else _extent(memory, scope or "")
            ask(f"Erase {what} for good?")
        app.show(memory.erase(id, scope=scope), show.erased)


def _extent(memory: Memory, scope: str) -> str:
    return f"everything in scope {show.flat(scope)} ({memory.stats().scopes.get(scope, 0)} current records)"


def ask(question: str) -> None:
    """Ask on the terminal before something that can't be taken back."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody can be asked here: repeat the command with --yes.")
    click.confirm(question, abort=True, err=True)


@click.command(
    "import",
    cls=Command,
    example="ricordo import chat.jsonl notes/ --scope user:ada\nricordo import export.json --format transcript\n"
    'ricordo import mem0.json --scope-by "user:{user}"',
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option(
    "--format",
    type=click.Choice([reader.name for reader in READERS]),
    help="The format; by default each file's is recognised.",
)
@scope_option("The scope of every item; by default the one the file names, else the setting `scope`.")
@click.option("--session", metavar="NAME", help="The session of items that name none.")
@click.option(
    "--scope-by",
    metavar="TEXT",
    help='In place of --scope, where an export names owners: a scope for each, such as "user:{user}".',
)
@click.option("--embed/--no-embed", default=True, help="Make vectors afterwards, where an embedder is on.")
@click.pass_obj
def import_(
    app: App, /, paths: Sequence[str], format: str | None, scope_by: str | None, embed: bool, **named: str | None
) -> None:
    """Remember what files hold; to import one again adds nothing.

    PATH... are files, or directories of Markdown and text files. A bad line is skipped and reported; the first 20
    are shown, --json lists up to 1000. Reads the exports of ChatGPT, Claude, mem0, LangGraph stores and the MCP
    reference memory server too (docs/import.md).
    """
    reports: list[Import] = []
    with app.open(create=True) as memory:
        for path in paths:
            with counter(f"{path}: items read") as progress:
                reports.append(memory.import_file(path, progress=progress, format=format, scope_by=scope_by, **named))
            if not app.json:
                app.show(reports[-1], show.imported)
        embedded = bring_up(memory) if embed else 0
    app.show({"imports": reports, "embedded": embedded}, lambda _: embedded_line(embedded))


def bring_up(memory: Memory) -> int:
    """Bring the vector index up to the log, counting on a terminal; return how many versions it took in."""
    with counter("versions embedded") as progress:
        return memory.embed(progress=progress)


def embedded_line(embedded: int) -> list[str]:
    """Return what to say of vectors that were made."""
    return [f"{embedded} versions embedded."] if embedded else []


@contextmanager
def counter(label: str) -> Iterator[Callable[[int], None] | None]:
    """Count on stderr, on one line that is wiped at the end; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    total = 0

    def advance(number: int) -> None:
        nonlocal total
        total += number
        click.echo(f"\r{label}: {total}", nl=False, err=True)

    try:
        yield advance
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)
