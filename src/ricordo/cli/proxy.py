"""`ricordo proxy`: a memory between any client of a model API and the model server."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ricordo.cli.app import App, Command
from ricordo.memory import Memory


@click.command(
    "proxy",
    cls=Command,
    example="ricordo proxy --upstream https://api.openai.com --speaker Ada --scope user:ada\n"
    "ricordo proxy --upstream https://api.anthropic.com --read user:ada --read team\n"
    "ricordo proxy --upstream http://localhost:11434 --port 8500\n"
    "ricordo proxy --upstream https://api.openai.com --keys",
)
@click.option("--upstream", metavar="URL", help="The model server: the setting `upstream`.")
@click.option("--scope", metavar="LABEL", help="What is said is kept there; by default the setting `scope`.")
@click.option("--read", multiple=True, metavar="LABEL", help="Memory comes from there; by default from the scope.")
@click.option("--speaker", metavar="NAME", default="user", show_default=True, help="How the user is called.")
@click.option("--keys", is_flag=True, help="For several users: the header Ricordo-Key of a request says whose it is.")
@click.option("--host", metavar="ADDRESS", help="The address to listen on: the setting `host`.")
@click.option("--port", type=click.IntRange(0, 65535), help="The setting `proxy_port`; 0 takes a free one.")
@click.pass_obj
def proxy(app: App, /, **given: Any) -> None:
    """Give any client of a model API a memory.

    The client calls this proxy in place of the model server. It speaks OpenAI's and Anthropic's APIs; whatever else the
    model server has passes through untouched. Keys of the model server are passed on and kept nowhere. See
    docs/proxy.md.
    """
    from ricordo.access.journal import Journal
    from ricordo.access.keys import Keys
    from ricordo.proxy.serve import make, serve  # says what to install, where the extra is missing

    named = {"upstream": given["upstream"], "host": given["host"], "proxy_port": given["port"]}
    app.overrides = {**app.overrides, **{name: value for name, value in named.items() if value is not None}}
    settings = app.settings()
    folder = Path(settings.state).expanduser()
    with ExitStack() as opened:
        memory = opened.enter_context(Memory.open(settings.path, settings=settings))
        keys = opened.enter_context(Keys.open(folder)) if given["keys"] else None
        journal = opened.enter_context(Journal.open(folder))
        told = {name: given[name] for name in ("scope", "read", "speaker")}
        made = make(memory, settings=settings, keys=keys, journal=journal, **told)
        serve(made, settings, keys=keys, ready=lambda url: click.echo(f"Ricordo listens on {url}", err=True))
