"""The command that commits: operations and what they rest on from a JSON file, all or none."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ricordo.cli import show
from ricordo.cli.app import App, Command
from ricordo.cli.options import read_json_file
from ricordo.errors import InvalidInputError
from ricordo.plaintext.commit import STRICTNESS
from ricordo.results import Commit

_GIVEN = ("ops", "reads", "read_token", "strict", "key")


@click.command(
    "commit",
    cls=Command,
    example='echo \'[{"op": "merge", "id": "01a1f9774c5d6aacfa24ccb4", "add": {"asked": 1}}]\' | ricordo commit\n'
    "ricordo commit change.json --key nightly-7",
)
@click.argument("file", default="-")
@click.option("--key", metavar="KEY", help="Idempotency key: the same key is done once, for ever.")
@click.option("--strict", type=click.Choice(STRICTNESS), help="What must still be so: what was read, or all around it.")
@click.pass_obj
def commit(app: App, /, file: str, key: str | None, strict: str | None) -> None:
    """Do several operations, all or none, if their reads still hold.

    FILE is a JSON file, or - for standard input: a list of operations, or an object with "ops" and, where wanted,
    "reads" (a list of {"id", "version"}), "read_token", "strict" and "key". See docs/commits.md. A conflict ends with
    exit code 4 and changes nothing.
    """
    given = read_json_file(file, "ops")
    if isinstance(given, list):
        given = {"ops": given}
    if not isinstance(given, dict) or "ops" not in given or set(given) - set(_GIVEN):
        raise InvalidInputError("ops", f"a list of operations, or an object of {', '.join(_GIVEN)}", given)
    named = {name: value for name, value in (("key", key), ("strict", strict)) if value is not None}
    with app.open(create=True) as memory:
        app.show(memory.commit(**{**given, **named}), _lines)


def _lines(done: Commit) -> Iterator[str]:
    for verdict in done.verdicts:
        yield from show.verdict(verdict)
    yield f"Committed as event {done.seq}{' (known: nothing was written)' if done.repeated else ''}."
