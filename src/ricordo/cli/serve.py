"""Commands that serve: `ricordo serve`."""

from __future__ import annotations

from importlib.util import find_spec

import click

from ricordo.cli.app import App, Command
from ricordo.errors import MissingExtraError


@click.command(
    "serve",
    cls=Command,
    example="ricordo serve --insecure\nricordo serve --port 0\nricordo serve --spaces ~/.ricordo",
)
@click.option("--host", metavar="ADDRESS", help="The address to listen on: the setting `host`.")
@click.option("--port", type=click.IntRange(0, 65535), help="The setting `port`; 0 takes a free one.")
@click.option("--spaces", metavar="PLACE", help="A folder of spaces, or the URL of a database: the setting `spaces`.")
@click.option("--insecure", is_flag=True, help="Ask for no key; only on an address of this machine alone.")
@click.pass_obj
def serve(app: App, host: str | None, port: int | None, spaces: str | None, insecure: bool) -> None:
    """Serve spaces over HTTP.

    Needs the extra `server`, and a key (`ricordo keys issue`) unless --insecure is given. Ctrl-C ends it: what is under
    way is finished, and nothing that was acknowledged is lost. See docs/http.md.
    """
    if find_spec("uvicorn") is None:
        raise MissingExtraError("server", "ricordo serve")
    from ricordo.http import server

    given = {"host": host, "port": port, "spaces": spaces}
    app.overrides = {**app.overrides, **{name: value for name, value in given.items() if value is not None}}
    server.serve(app.settings(), insecure=insecure, ready=lambda url: click.echo(f"Ricordo listens on {url}", err=True))
