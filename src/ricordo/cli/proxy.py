"""`ricordo proxy`: a memory between any client of a model API and the model server."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ricordo.cli.app import App, Command
from ricordo.config import resolve
from ricordo.memory import Memory


@click.command(
    "proxy",
    cls=Command,
    example="ricordo proxy --upstream https://api.openai.com --speaker Ada --scope user:ada\n"
    "ricordo proxy --upstream https://api.anthropic.com --read user:ada --read team\n"
    "ricordo proxy --upstream http://localhost:11434 --port 8500\n"
    "ricordo proxy --upstream https://api.openai.com --keys --host 0.0.0.0",
)
@click.option("--upstream", metavar="URL", help="The model server; by default the setting `upstream`.")
@click.option("--scope", metavar="LABEL", help="What is said is kept there; by default the setting `scope`.")
@click.option("--read", multiple=True, metavar="LABEL", help="Memory comes from there; by default from the scope.")
@click.option("--speaker", metavar="NAME", default="user", show_default=True, help="How the user is called.")
@click.option("--keys", is_flag=True, help="For several users: the header Ricordo-Key of a request says whose it is.")
@click.option("--host", metavar="NAME", help="The address it listens on; by default the setting `host`.")
@click.option("--port", type=int, metavar="N", help="By default the setting `proxy_port`.")
@click.pass_context
def proxy(context: click.Context, /, **given: Any) -> None:
    """Give any client of a model API a memory.

    The client calls this proxy in place of the model server. It speaks OpenAI's and Anthropic's APIs; whatever else the
    model server has passes through untouched. Keys of the model server are passed on and kept nowhere. See
    docs/proxy.md.
    """
    from ricordo.proxy.serve import make, serve  # needs the extra

    app = context.ensure_object(App)
    told = {"upstream": given["upstream"], "host": given["host"], "proxy_port": given["port"], "path": app.path}
    settings = resolve({**app.overrides, **{name: value for name, value in told.items() if value is not None}})
    from ricordo.access.journal import Journal
    from ricordo.access.keys import Keys

    folder = Path(settings.state).expanduser()
    with ExitStack() as opened:
        memory = opened.enter_context(Memory.open(settings.path, settings=settings))
        keys = opened.enter_context(Keys.open(folder)) if given["keys"] else None
        journal = opened.enter_context(Journal.open(folder))
        made = make(
            memory,
            settings=settings,
            scope=given["scope"],
            read=given["read"],
            speaker=given["speaker"],
            keys=keys,
            journal=journal,
        )
        scheme = "https" if settings.tls_cert else "http"
        app.note(f"Clients call {scheme}://{settings.host}:{settings.proxy_port}, or .../v1, for {settings.upstream}.")
        serve(made, settings)
