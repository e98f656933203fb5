"""`ricordo doctor`: what is installed, what is set and where, whether the space works, and what to do about a fault."""

from __future__ import annotations

import platform
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import click

import ricordo
from ricordo.cli import show
from ricordo.cli.app import PROBLEMS, App, Command
from ricordo.cli.diagnosis import EMBED, Diagnosis, Problem
from ricordo.cli.doctor_places import look_at_places
from ricordo.cli.opening import open_plain
from ricordo.config import Secret, Settings, resolve, settings_path, without_password
from ricordo.errors import NotFoundError, RicordoError
from ricordo.memory import Memory
from ricordo.providers.configured import in_the_clear, language_model_of, reranker_of

#: How far the clock may be behind, as clocks of several machines are.
_BEHIND = timedelta(minutes=5)


@click.command("doctor", cls=Command, example="ricordo doctor\nricordo --space ~/.ricordo/team doctor --no-verify")
@click.option("--verify/--no-verify", default=True, help="Check the whole log; takes long in a big space.")
@click.pass_context
def doctor(context: click.Context, verify: bool) -> None:
    """Say whether all is well, and what to do where it is not.

    Tells what is installed and set, which profile is on (lexical, or lexical with a model), whether the model works,
    whether the space opens and verifies, and whether servers could run here: ports, keys, certificate, rights of files,
    room on the disk. Changes nothing. Exit code 6 where something is wrong.
    """
    app = context.ensure_object(App)
    found = examine(app, verify=verify)
    app.show(found, told)
    if found.problems:
        context.exit(PROBLEMS)


def examine(app: App, *, verify: bool) -> Diagnosis:
    """Look at everything; what goes wrong becomes a problem of the diagnosis."""
    from ricordo.cli.doctor_servers import look_at_servers  # brings ssl and http.client, which no other command needs

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
    found.attempt(lambda: _examine_model(found, settings))
    found.attempt(lambda: _examine_endpoints(found, settings))
    place = without_password(settings.path) if "://" in settings.path else Path(settings.path).expanduser()
    found.space = {"path": place, "state": "broken"}
    found.attempt(lambda: _examine_space(found, settings, verify))
    look_at_places(found, settings)
    look_at_servers(found, settings)
    return found


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
    if name in ("path", "spaces"):
        return without_password(value)
    address = name.endswith("_url") or name in ("upstream", "traces")
    return "(set, and not shown: it may hold a key)" if address and set(value) & set("@?#") else value


def _first(places: dict[str, Settings], name: str, value: Any) -> str:
    return next((place for place, there in places.items() if getattr(there, name) == value), "argument")


def _examine_model(found: Diagnosis, settings: Settings) -> None:
    """Try the embedder on a space that ends with the process."""
    with Memory.open(":memory:", reranker=None, language_model=None, settings=settings) as trial:
        trial.retain("Is the model well?", scope="doctor")
        trial.embed()
        found.profile = trial.stats().profile
    if found.profile == "lexical" and settings.embedder == "auto":
        found.notes.append(f"To find what was said in other words too: {EMBED}.")


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
        memory = open_plain(settings)
    except NotFoundError:
        found.space["state"] = "missing"
        found.notes.append("There is no space yet: `ricordo retain` or `ricordo import` makes it.")
        return
    with memory:
        counts = memory.stats()
        found.space |= {"state": "open", "records": counts.records, "events": counts.events, "bytes": counts.bytes}
        if counts.pending_erasure:
            found.found(
                "an erasure is not finished",
                why="What was erased can still be found in the file, because a program was reading when it was erased.",
                do="Close the programs that use the space, then run any command that writes.",
            )
        _examine_clock(found, memory, counts.seq)
        found.notes += [f"The {name} index is out of use: {what}" for name, what in counts.faults.items()]
        result = memory.verify() if verify else None
    if result is not None:
        found.space["verified"] = result.ok
        advice = "ricordo reindex rebuilds from the log; if the problem stays, restore an export."
        why = "What recall shows may not be what was written."
        found.problems += [Problem(problem, advice, why) for problem in result.problems]


def _examine_clock(found: Diagnosis, memory: Memory, seq: int) -> None:
    """Compare the clock with the last event."""
    last = memory.events(max(0, seq - 1), limit=1).entries
    if last and last[0].at > datetime.now(UTC) + _BEHIND:
        found.found(
            f"the clock of this machine is behind the last event, which was written at {last[0].at:%Y-%m-%d %H:%M} UTC",
            why="What is written now seems older than what was known before, and what has expired is told as if it had "
            "not.",
            do="Set the clock, by NTP for good; what was written with a wrong clock keeps its time.",
        )


def told(found: Diagnosis) -> list[str]:
    """Return a diagnosis as lines."""
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    there = "" if found.settings_file["exists"] else " (not there)"
    pairs = [
        ("versions", versions),
        ("profile", found.profile or "unknown"),
        ("surfaces", ", ".join(f"{name} ({state})" for name, state in found.surfaces.items())),
        ("models", ", ".join(f"{name} {model}" for name, model in found.models.items() if model) or "none"),
        ("settings file", f"{found.settings_file['path']}{there}"),
        *(("setting", f"{name} = {one['value']!r} ({one['source']})") for name, one in found.settings.items()),
        ("space", _space_line(found.space)),
    ]
    lines = show.rows(pairs)
    lines += [f"note: {note}" for note in found.notes]
    for problem in found.problems:
        lines.append(f"{click.style('problem:', fg='red')} {show.flat(problem.what)}")
        lines.append(f"  why: {problem.why}")
        lines.append(f"  do: {problem.advice}")
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
