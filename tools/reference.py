"""Write the reference pages out of the code: docs/cli.md, settings.md, errors.md, api.md, openapi.json.

python -m tools.reference            write them
python -m tools.reference --check    exit with 1, and show the difference, where one is stale
"""

from __future__ import annotations

import difflib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import click

from ricordo import errors
from ricordo.cli import main as root
from ricordo.cli.app import EXIT_CODES, MEANINGS, Root, exit_code
from ricordo.config import Settings
from ricordo.errors import RicordoError
from ricordo.http.openapi import document
from tools.api import api_page

_DOCS = Path(__file__).parent.parent / "docs"
_WIDTH = 100
_MADE = "<!-- Made by `python -m tools.reference`; change the code, not this page. -->"
_CLI_HEAD = f"""\
# Command line

{_MADE}

`ricordo` is installed with the package; `python -m ricordo` is the same.

- Results go to stdout, notes, questions and errors to stderr. Colour is used on a terminal only.
- `--json` prints one JSON document: the dataclass that `Memory` returns, with its field names as keys, times as ISO
  text in UTC. `recall` and `inject` give `query`, `items` (each with `record`, `score`, `why`), `text`, `tokens` and
  the rest of `Recall`.
- With `--json` an error is one JSON document on stderr:
  `{{"error": {{"type": "InvalidInputError", "message": "…", "field": "at"}}}}`; `field` is there where one is at fault.
  `type` is a name of [errors.md](errors.md), or `UsageError` where the command line itself is wrong.
- Times are ISO text: `2026-05-03T10:00Z`, or a date. A time of day without an offset is refused. `--valid-at`,
  `--valid-from` and `--valid-to` also take `2026` and `2026-05`. A number in `--as-of` is an event, so write a
  year there as `2026-01-01`.
- Reading commands never make a space; `retain`, `import` and `restore` do.
- Settings: see [settings.md](settings.md). `--space` outranks `RICORDO_PATH`, which outranks the settings file.
"""


def cli_page() -> str:
    """Return the page of the command line: exit codes and the help of every command."""
    assert isinstance(root, Root)
    lines = [_CLI_HEAD, "## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    lines += ["", "## ricordo", "", *_help(root, "ricordo")]
    for heading, commands in root.sections.items():
        lines += ["", f"## {heading}"]
        for command in commands:
            lines += ["", f"### ricordo {command.name}", "", *_help(command, f"ricordo {command.name}")]
            for part in command.commands.values() if isinstance(command, click.Group) else ():
                name = f"ricordo {command.name} {part.name}"
                lines += ["", f"#### {name}", "", *_help(part, name)]
    return "\n".join(lines) + "\n"


def _help(command: click.Command, name: str) -> list[str]:
    context = click.Context(command, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH, color=False)
    context.help_option_names = ["--help", "-h"]
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return ["```text", text, "```"]


def settings_page() -> str:
    """Return the page of the settings: type, default, variable and meaning of each."""
    meanings = dict(_arguments(inspect.getdoc(Settings) or ""))
    lines = [
        "# Settings",
        "",
        _MADE,
        "",
        "Defaults < settings file < environment < arguments. The file is TOML with the names below as keys, at",
        "`RICORDO_SETTINGS`, else `$XDG_CONFIG_HOME/ricordo/settings.toml`, else `~/.config/ricordo/settings.toml`.",
        "An unknown key is an error. `ricordo doctor` shows each value in force and where it comes from.",
        "",
        "| setting | type | default | variable | meaning |",
        "|---|---|---|---|---|",
    ]
    for one in fields(Settings):
        name, default = one.name, getattr(Settings(), one.name)
        kind, shown = type(default).__name__, f"`{default}`" if str(default) else "empty"
        lines.append(f"| `{name}` | {kind} | {shown} | `RICORDO_{name.upper()}` | {meanings[name]} |")
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Return the page of the errors: the tree, and each with its exit code."""
    lines = ["# Errors", "", _MADE, ""]
    for part in (inspect.getdoc(errors) or "").split("\n\n"):
        lines += ["```text", textwrap.dedent(part), "```", ""] if part.startswith(" ") else [part, ""]
    for error in _tree(RicordoError):
        builtin = ", ".join(base.__name__ for base in error.__bases__ if base.__module__ == "builtins")
        also = f"; also `{builtin}`" if builtin and builtin != "Exception" else ""
        about = (inspect.getdoc(error) or "").split("\n\n")
        lines += [f"## {error.__name__}", "", f"{about[0]} Exit code {exit_code(error)}{also}.", ""]
        known = [f"- `{name}`: {meaning}" for name, meaning in _arguments(inspect.getdoc(error) or "")]
        lines += [*known, ""] if known else []
    usage = next(code for error, code in EXIT_CODES if error is click.UsageError)
    lines.append(f"A command line that can't be read is a `UsageError`, exit code {usage}.")
    return "\n".join(lines) + "\n"


def _tree(error: type[RicordoError]) -> Iterator[type[RicordoError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


def _arguments(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield names and meanings of the Args section of a docstring."""
    section = docstring.partition("Args:\n")[2].split("\n\n")[0]
    for found in re.finditer(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE):
        yield found[1], " ".join(found[2].split())


def openapi_page() -> str:
    """Return the OpenAPI document of the HTTP API."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "api.md": lambda: api_page(_MADE),
    "openapi.json": openapi_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or check them; return the exit code."""
    stale = 0
    for name, make in PAGES.items():
        path, text = _DOCS / name, make()
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif there != text:
            stale += 1
            difference = difflib.unified_diff(
                there.splitlines(), text.splitlines(), str(path), "made anew", lineterm=""
            )
            print("\n".join(difference))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
