"""The command line: parses, calls `Memory`, formats."""

from __future__ import annotations

import click

from ricordo import __version__
from ricordo.cli.app import App, Root, set_space
from ricordo.cli.backup import backup
from ricordo.cli.belief import belief
from ricordo.cli.check import check
from ricordo.cli.commit import commit
from ricordo.cli.consolidate import consolidate, profile, summary
from ricordo.cli.demo import demo
from ricordo.cli.doctor import doctor
from ricordo.cli.keep import compact, expire
from ricordo.cli.keys import keys
from ricordo.cli.mcp import mcp
from ricordo.cli.migrate import migrate
from ricordo.cli.propose import propose
from ricordo.cli.proxy import proxy
from ricordo.cli.read import history, inject, list_, recall, reflect, show_
from ricordo.cli.serve import serve
from ricordo.cli.space import completion, embed, export, pages, reindex, restore, stats, verify
from ricordo.cli.write import erase, feedback, forget, import_, retain, undo, update

__all__ = ["main"]

_SECTIONS = {
    "Write": (retain, import_, update, commit, feedback, undo, forget, erase),
    "Read": (recall, reflect, inject, show_, list_, history, belief, profile, summary),
    "Space": (stats, verify, doctor, consolidate, expire, compact, reindex, embed, propose),
    "Copies": (export, restore, backup, pages, migrate),
    "Serve": (serve, mcp, proxy, keys),
    "Other": (demo, check, completion),
}


@click.command(
    cls=Root,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="\b\nExamples:\n"
    '  ricordo retain "I moved to Lisbon last week." --speaker Ada --scope user:ada\n'
    '  ricordo recall "Where does Ada live?" --scope user:ada\n'
    "  ricordo demo",
)
@click.option(
    "--space",
    metavar="PATH",
    expose_value=False,
    callback=set_space,
    help="Directory of the space, or URL of a database; by default the setting `path` (RICORDO_PATH).",
)
@click.version_option(__version__, "--version", prog_name="ricordo", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """A memory for language models: keeps what was said, finds it again, says why.

    Works with no key, server or model. A space is a directory, or lies in a PostgreSQL database; writing commands make
    it where it is missing.
    """
    context.ensure_object(App)
