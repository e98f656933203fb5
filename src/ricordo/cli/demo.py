"""`ricordo demo`: the shipped sample, told through the commands a user would type."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path

import click

from ricordo.cli.app import App, Command
from ricordo.config import Settings
from ricordo.data import sample
from ricordo.errors import InvalidInputError

_HOME = {"subject": "Nora", "attribute": "home_city"}
_AS_TEXT = "When does the book club meet?"
_AT_HOME = ("recall", "Where does Nora live?", "--filter", "attribute=home_city")
_QUESTIONS = (
    "When is Clara's wedding?",
    "What is Tomas allergic to?",
    "What is the name of the dog that Tomas adopted?",
    "Which PostgreSQL version does the orders database run?",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo, for the JSON report."""

    command: str
    seconds: float


@dataclass(slots=True)
class Stage:
    """Runs commands on the demo's space, through the same code as the shell does, and shows them.

    Args:
        root: The group of all commands.
        space: The directory of the space.
        silent: Whether only the report is wanted.
    """

    root: click.Command
    space: Path
    silent: bool
    steps: list[Step] = field(default_factory=list)

    def app(self) -> App:
        """Return the state of a run: default settings, no model, so that the demo is the same everywhere."""
        return App(overrides={**asdict(Settings()), "path": str(self.space), "embedder": "none"})

    def say(self, text: str) -> None:
        """Print a heading."""
        if not self.silent:
            click.echo(f"\n{click.style(f'# {text}', fg='green')}")

    def run(self, *arguments: str) -> None:
        """Show a command line, run it, and show how long it took."""
        line = " ".join(map(quoted, ("ricordo", *arguments)))
        begin = time.perf_counter()
        if not self.silent:
            click.echo(click.style(f"$ {line}", bold=True))
        with redirect_stdout(StringIO()) if self.silent else nullcontext():
            self.root.main(list(arguments), prog_name="ricordo", standalone_mode=False, obj=self.app())
        self.steps.append(Step(line, round(time.perf_counter() - begin, 3)))
        if not self.silent:
            click.echo(click.style(f"({self.steps[-1].seconds:.2f} s)", dim=True))


@click.command("demo", cls=Command, example="ricordo demo\nricordo demo --keep ~/ricordo-demo")
@click.option("--keep", metavar="DIR", help="Make the space in this new directory and leave it there.")
@click.pass_context
def demo(context: click.Context, keep: str | None) -> None:
    """Show what Ricordo does, on a sample that ships with it.

    Needs no key, server or model. Prints each command before it runs; all can be typed by hand. The space is made
    in a temporary directory and removed at the end unless --keep names a place for it.
    """
    app = context.ensure_object(App)
    with _place(keep) as space, sample() as file:
        stage = Stage(context.find_root().command, space, app.json)
        if not app.json:
            click.echo(f"$ export RICORDO_PATH={shlex.quote(str(space))} RICORDO_EMBEDDER=none")
        play(stage, file)
    total = round(sum(step.seconds for step in stage.steps), 3)
    kept = f"The space is at {keep}." if keep else "The space is removed; ricordo demo --keep DIR leaves it."
    app.show(
        {"steps": stage.steps, "seconds": total, "kept": space if keep else None},
        lambda _: ["", f"{len(stage.steps)} commands in {total:.2f} s. {kept}"],
    )


def quoted(word: str) -> str:
    """Return a word as a person would type it in a shell.

    >>> print(quoted("When is Clara's wedding?"))
    "When is Clara's wedding?"
    """
    plain = shlex.quote(word)
    return f'"{word}"' if plain != word and not set(word) & set('"$`\\!') else plain


def play(stage: Stage, file: Path) -> None:
    """Run the commands of the demo."""
    stage.say("Conversations of eight months: 24 dated sessions of Nora, Tomas and an assistant.")
    stage.run("import", str(file))
    stage.say("Questions. Below each item: the turn it is from, the arms that found it, its id.")
    for question in _QUESTIONS:
        stage.run("recall", question, "-k", "3")
    _changed_fact(stage)
    stage.say("The same as quoted text for a prompt, within a bound of tokens.")
    stage.run("recall", _AS_TEXT, "--text", "--max-tokens", "120")
    _unasked(stage)
    _taken_back(stage)
    stage.say("The space: what is in it, and whether log, records and indexes agree.")
    stage.run("stats")
    stage.run("verify")


def _changed_fact(stage: Stage) -> None:
    stage.say("A fact that changed: now, then, and what happened to the earlier one.")
    stage.run(*_AT_HOME)
    stage.run(*_AT_HOME, "--valid-at", "2025-10")
    stage.run("history", _find(stage, status="superseded"))


def _unasked(stage: Stage) -> None:
    stage.say("Unasked, beside each message of a user: what is pinned, and what the message names. Nothing else.")
    told = ("--kind", "instruction", "--pinned", "--scope", "demo", "--at", "2026-05-10T09:00Z")
    stage.run("retain", "Answer Nora in short sentences.", *told)
    stage.run("inject", "Book a table for Nora tonight, and mind her allergy.")
    stage.run("inject", "Thanks, that was all for today.")


def _taken_back(stage: Stage) -> None:
    stage.say("Forget a record, and take it back. (ricordo erase would remove its bytes; that is for good.)")
    stage.run("forget", _find(stage, status="active"), "--reason", "only to show it")
    stage.run(*_AT_HOME)
    with stage.app().open() as memory:
        last = memory.stats().seq
    stage.run("undo", str(last))
    stage.run(*_AT_HOME)


def _find(stage: Stage, **filters: str) -> str:
    with stage.app().open() as memory:
        return memory.list(filters={**_HOME, **filters}).records[0].id


@contextmanager
def _place(keep: str | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="ricordo-demo-") as folder:
            yield Path(folder)
        return
    space = Path(keep).expanduser()
    if space.exists() and (space.is_file() or any(space.iterdir())):
        raise InvalidInputError("keep", "a directory that is empty or does not exist", keep)
    yield space
