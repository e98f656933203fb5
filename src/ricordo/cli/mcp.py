"""`ricordo mcp`: a memory for clients of the Model Context Protocol."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from ricordo.cli.app import App, Command
from ricordo.errors import MissingExtraError
from ricordo.memory import Memory


@click.command(
    "mcp",
    cls=Command,
    example="ricordo mcp\nricordo mcp --scope user:ada --read user:ada --read team\nricordo mcp --http",
)
@click.option("--scope", metavar="LABEL", help="The scope it writes; by default the setting `scope`.")
@click.option(
    "--read", "reads", multiple=True, metavar="LABEL", help="Scopes it reads; by default the one it writes. Repeatable."
)
@click.option("--read-only", is_flag=True, help="It writes nothing; tools that write are not offered.")
@click.option("--http", "over_http", is_flag=True, help="Serve streamable HTTP at /mcp, on the setting `mcp_port`.")
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", help="With --http: another port; 0 takes a free one."
)
@click.option("--insecure", is_flag=True, help="With --http: ask for no key; only on an address of this machine.")
@click.pass_obj
def mcp(
    app: App,
    /,
    scope: str | None,
    reads: Sequence[str],
    read_only: bool,
    over_http: bool,
    port: int | None,
    insecure: bool,
) -> None:
    """Serve the memory to Claude Code, Cursor and the like.

    Speaks the Model Context Protocol on standard input and output; a client starts it by itself: docs/mcp.md has the
    lines for each. With --http one server serves many clients, each with a key of its own (ricordo keys issue), which
    says what it may read and write; --scope, --read and --read-only are then those of --insecure.
    """
    if not over_http and (insecure or port is not None):
        raise click.UsageError("--port and --insecure go with --http.")
    try:
        from ricordo.mcp import run
    except ImportError as error:
        raise MissingExtraError("mcp", "ricordo mcp") from error
    settings = app.settings()
    if over_http:  # as a server of many does: what waits to be written is committed together
        settings = replace(settings, group_commit=True, mcp_port=settings.mcp_port if port is None else port)
    elif sys.stdin.isatty():
        click.echo("This speaks with a client, which starts it by itself: see docs/mcp.md. Ctrl-C ends it.", err=True)
    local = run.local(scope or settings.scope, reads, read_only)
    with Memory.open(settings.path, settings=settings) as memory:
        if over_http:
            run.http(memory, local if insecure else None, lambda url: click.echo(f"Ricordo listens on {url}", err=True))
        else:
            run.stdio(memory, local)
