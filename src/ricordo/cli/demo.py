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
from ricordo.data import retention, sample
from ricordo.errors import InvalidInputError

_AS_TEXT = "When does the book club meet?"
_HOME = ("recall", "Where does Nora live?", "-k", "1")
_QUESTIONS = (
    "When is Clara's wedding?",
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
    with _place(keep) as space, sample() as file, retention() as rules:
        stage = Stage(context.find_root().command, space, app.json)
        if not app.json:
            click.echo(f"$ export RICORDO_PATH={shlex.quote(str(space))} RICORDO_EMBEDDER=none")
        play(stage, file, rules)
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


def play(stage: Stage, file: Path, rules: Path) -> None:
    """Run the commands of the demo."""
    stage.say("Conversations of eight months: 24 dated sessions of Nora, Tomas and an assistant.")
    stage.run("import", str(file))
    stage.say("Questions. Below each item: the turn it is from, the arms that found it, its id.")
    for question in _QUESTIONS:
        stage.run("recall", question, "-k", "2")
    _said_in_passing(stage)
    _contradicted(stage)
    stage.say("All that is known of one person, with what was so before.")
    stage.run("profile", "Nora", "--history")
    stage.say("An answer as quoted text for a prompt, within a bound of tokens.")
    stage.run("recall", _AS_TEXT, "--text", "--max-tokens", "120")
    _unasked(stage)
    stage.say("What fewer records could stand for, and what a policy would retire. Nothing is changed.")
    stage.run("consolidate", "--limit", "2", "--dry-run")
    stage.run("expire", "--policies", str(rules), "--dry-run")
    stage.say("The space: what is in it, and whether log, records and indexes agree.")
    stage.run("stats")
    stage.run("verify")


def _said_in_passing(stage: Stage) -> None:
    stage.say("Said in passing: the text tells a state, which supersedes the one before. Now, and then.")
    before = _home(stage)
    stage.run(*_told("I moved to Antwerp last weekend.", "Nora", "2026-05-20T10:00Z"))
    stage.run(*_HOME)
    stage.run(*_HOME, "--valid-at", "2026-03")
    stage.run("history", before)


def _contradicted(stage: Stage) -> None:
    stage.say("An assistant that says otherwise overrules nobody: both sides are kept. Then it is taken back.")
    stage.run(*_told("Nora lives in Bruges.", "Assistant", "2026-05-21T10:00Z"))
    stage.run("belief", _home(stage))
    with stage.app().open() as memory:
        last = memory.stats().seq
    stage.run("undo", str(last))
    stage.run(*_HOME)


def _unasked(stage: Stage) -> None:
    stage.say("Unasked, beside each message of a user: what is pinned, and what the message names. Nothing else.")
    told = ("--kind", "instruction", "--pinned", "--scope", "demo", "--at", "2026-05-21T10:05Z")
    stage.run("retain", "Answer Nora in short sentences.", *told)
    stage.run("inject", "Book a table for Nora tonight, and mind her allergy.")
    stage.run("inject", "I need a plumber in Ghent.")
    stage.run("inject", "Thanks, that was all for today.")


def _told(text: str, speaker: str, at: str) -> tuple[str, ...]:
    return ("retain", text, "--speaker", speaker, "--scope", "demo", "--at", at)


def _home(stage: Stage) -> str:
    """Return the id of the record that says where Nora lives, as a reader of the demo would copy it."""
    with stage.app().open() as memory:
        return memory.recall(_HOME[1], k=1).items[0].record.id


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
