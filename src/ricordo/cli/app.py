"""What every command shares: the space it opens, how it prints, and what an error means to the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from typing import Any, TypeVar, cast

import click

from ricordo.config import Settings, resolve
from ricordo.errors import (
    AccessError,
    ConflictError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
    ProviderError,
    RicordoError,
    StoreError,
)
from ricordo.memory import Memory
from ricordo.wire.codec import encode

T = TypeVar("T")

#: What an error means to the shell; the first class that fits decides.
EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (InvalidInputError, 2),
    (NotFoundError, 3),
    (ConflictError, 4),
    (StoreError, 5),
    (AccessError, 7),
    (ProviderError, 8),
    (MissingExtraError, 8),
    (RicordoError, 1),
    (click.UsageError, 2),
)
#: What each exit code says.
MEANINGS = {
    0: "done",
    1: "something unexpected, or a question was answered with no",
    2: "wrong usage or invalid input; nothing was changed",
    3: "no such record, event or space",
    4: "conflict: another version, or a key that was used before",
    5: "the store can't do it: busy, full, read-only, damaged, not a space, or from a newer Ricordo",
    6: "verify or doctor found problems",
    7: "no access",
    8: "an optional dependency is missing, or a model failed",
    130: "interrupted with Ctrl-C",
}
PROBLEMS = 6
INTERRUPTED = 130


@dataclass(slots=True)
class App:
    """One run of the command line.

    Args:
        path: The space named with `--space`.
        json: Whether one JSON document is printed instead of text.
        overrides: Settings that outrank file and environment.
    """

    path: str | None = field(default=None, repr=False)
    json: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> Settings:
        """Return the settings in force."""
        return resolve({**self.overrides, **({"path": self.path} if self.path else {})})

    def open(self, *, create: bool = False) -> Memory:
        """Open the space; only writing commands make one, and none behind a server."""
        settings = replace(self.settings(), background=False)
        if settings.path.startswith(("http://", "https://")):
            from ricordo.client import connect  # brings http.client, which nothing else here needs

            return cast(Memory, connect(settings=settings))  # a client has the methods of a memory
        return Memory.open(settings.path, settings=settings, create=create)

    def show(self, value: T, tell: Callable[[T], Iterable[str]]) -> None:
        """Print a value: as JSON where that was asked for, else the lines that `tell` makes of it."""
        lines = [dumped(value)] if self.json else list(tell(value))
        if lines:
            click.echo("\n".join(lines))

    def note(self, text: str) -> None:
        """Tell a person something beside the result; on stderr, and not where JSON was asked for."""
        if not self.json:
            click.echo(text, err=True)


def dumped(value: Any) -> str:
    """Return a value as one JSON document."""
    return json.dumps(encode(value), ensure_ascii=False, indent=2)


def exit_code(error: type[Exception]) -> int:
    """Return the exit code of a class of errors.

    >>> exit_code(NotFoundError)
    3
    """
    return next((code for known, code in EXIT_CODES if issubclass(error, known)), 1)


def set_space(context: click.Context, _: click.Parameter, value: str | None) -> None:
    """Take `--space`, before the command's name or after it."""
    if value is not None:
        context.ensure_object(App).path = value


def set_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Take `--json`."""
    if value:
        context.ensure_object(App).json = True


class Command(click.Command):
    """A command with `--space`, `--json` and examples.

    Args:
        example: Command lines, one each line.
        on_space: Whether it is about one space, and takes `--space`.
        others: As of `click.Command`.
    """

    def __init__(self, *args: Any, example: str, on_space: bool = True, **others: Any) -> None:
        lines = "\n".join(f"  {line}" for line in example.splitlines())
        others["epilog"] = f"\b\nExamples:\n{lines}"
        super().__init__(*args, **others)
        self.on_space = on_space
        space = click.Option(
            ["--space"], metavar="PATH", expose_value=False, callback=set_space, help="The space, as of `ricordo`."
        )
        as_json = click.Option(
            ["--json"], is_flag=True, expose_value=False, callback=set_json, help="Print one JSON document."
        )
        self.params += [space, as_json] if on_space else [as_json]


class Root(click.Group):
    """The group of all commands: lists them under headings and turns errors into exit codes."""

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[click.Command]], **others: Any) -> None:
        super().__init__(*args, **others)
        self.sections = sections
        for command in (one for listed in sections.values() for one in listed):
            self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        widest = max(map(len, self.commands))
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                limit = formatter.width - 6 - widest
                rows = [(f"{one.name:<{widest}}", one.get_short_help_str(limit)) for one in commands]
                formatter.write_dl(rows)

    def main(self, args: Sequence[str] | None = None, *others: Any, **named: Any) -> Any:
        """Run the command line; ends the process unless `standalone_mode` is false."""
        run: Callable[..., Any] = super().main
        if not named.pop("standalone_mode", True):
            return run(args, *others, standalone_mode=False, **named)
        _always_utf8()
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = run(given, *others, standalone_mode=False, **named)
        except click.Abort as stop:
            sys.exit(_interrupted(stop))
        except (RicordoError, click.ClickException, OSError) as error:
            sys.exit(_report(error, "--json" in given))
        sys.exit(code if isinstance(code, int) else 0)


def _interrupted(stop: click.Abort) -> int:
    if isinstance(stop.__context__, KeyboardInterrupt):
        click.echo(err=True)
        return INTERRUPTED
    click.echo("Nothing was done.", err=True)
    return 1


def _report(error: Exception, as_json: bool) -> int:
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if as_json:
        usage = isinstance(error, click.ClickException)
        body = {"type": "UsageError" if usage else type(error).__name__, "message": message}
        name = getattr(error, "field", None) or getattr(getattr(error, "param", None), "name", None)
        click.echo(dumped({"error": {**body, **({"field": name} if name else {})}}), err=True)
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        click.echo(f"{click.style('Error:', fg='red')} {message}", err=True)
    return exit_code(type(error))


def _always_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
