"""Commands for the space as a whole: stats, verify, reindex, embed, export, restore; and shell completion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from ricordo.cli import show
from ricordo.cli.app import PROBLEMS, App, Command
from ricordo.cli.options import scopes
from ricordo.cli.write import bring_up
from ricordo.config import without_password
from ricordo.memory import Memory
from ricordo.store import is_address


@click.command("stats", cls=Command, example="ricordo stats\nricordo stats --json")
@click.pass_obj
def stats(app: App) -> None:
    """Print counts and sizes of the space."""
    with app.open() as memory:
        app.show(memory.stats(), show.stats)


@click.command("verify", cls=Command, example="ricordo verify && echo sound")
@click.pass_context
def verify(context: click.Context) -> None:
    """Check that log, records and indexes agree.

    Exit code 6 where they do not."""
    app = context.ensure_object(App)
    with app.open() as memory:
        result = memory.verify()
    app.show(result, show.verification)
    if not result.ok:
        context.exit(PROBLEMS)


@click.command("reindex", cls=Command, example="ricordo reindex")
@click.pass_obj
def reindex(app: App) -> None:
    """Rebuild records and indexes from the log; no result changes."""
    with app.open() as memory:
        memory.reindex()
        seq = memory.stats().seq
    app.show({"seq": seq}, lambda _: [f"Rebuilt from {seq} events."])


@click.command("embed", cls=Command, example="ricordo embed")
@click.pass_obj
def embed(app: App) -> None:
    """Bring vectors and the tantivy index up to the log.

    Makes no vectors without an embedder.
    """
    with app.open() as memory:
        embedded, profile = bring_up(memory), memory.stats().profile
    app.show(
        {"embedded": embedded, "profile": profile},
        lambda _: [f"{embedded} versions embedded (profile: {profile})."],
    )
    if profile == "lexical":
        app.note("There is no embedder; `ricordo doctor` says how to get one.")


@click.command("export", cls=Command, example="ricordo export backup.ricordo")
@click.argument("file", type=click.Path(dir_okay=False))
@click.pass_obj
def export(app: App, file: str) -> None:
    """Write the space to one archive file.

    FILE is the archive; one that is there is replaced. It is as confidential as the space: it holds every text.
    """
    with app.open() as memory:
        path, seq = memory.export(file), memory.stats().seq
    result = {"path": path, "bytes": path.stat().st_size, "seq": seq}
    app.show(result, lambda _: [f"{path}: {seq} events, {result['bytes']:,} bytes."])


@click.command("pages", cls=Command, example="ricordo pages notes/\nricordo pages notes/ --scope user:ada")
@click.argument("folder", type=click.Path(file_okay=False))
@scopes
@click.pass_obj
def pages(app: App, /, folder: str, scopes: Sequence[str]) -> None:
    """Write the records as Markdown pages to read.

    FOLDER is a directory: it gets a page for each subject, or kind and month, and index.md. Run again, it changes what
    has changed; other files in it stay. `ricordo import FOLDER` reads the pages back.
    """
    with app.open() as memory:
        app.show(memory.write_pages(folder, scope=scopes or None), show.pages)


@click.command("restore", cls=Command, example="ricordo restore backup.ricordo ~/.ricordo/copy")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.argument("directory")
@click.pass_obj
def restore(app: App, file: str, directory: str) -> None:
    """Make a space from an archive.

    FILE is what `ricordo export` wrote; DIRECTORY is the new space, or the URL of a database with ?space=NAME, and must
    be empty or missing. Nothing is made unless the whole archive is sound.
    """
    with Memory.restore(file, directory, settings=app.settings()) as memory:
        counts = memory.stats()
    place = without_password(directory) if is_address(directory) else str(Path(directory).expanduser())
    result = {"path": place, "stats": counts}
    app.show(result, lambda _: [f"Restored to {without_password(directory)}:", *show.stats(counts)])


@click.command(
    "completion",
    cls=Command,
    example='eval "$(ricordo completion bash)"\nricordo completion fish > ~/.config/fish/completions/ricordo.fish',
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script for completion in a shell.

    SHELL is bash, zsh or fish.
    """
    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "ricordo", "_RICORDO_COMPLETE").source()
    context.ensure_object(App).show({"shell": shell, "script": script}, lambda _: [script])
