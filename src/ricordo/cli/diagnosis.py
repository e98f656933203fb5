"""What `ricordo doctor` finds: faults, each with why it matters and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ricordo.errors import (
    AccessError,
    BusyError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    InvalidInputError,
    MissingExtraError,
    ModelError,
    ProviderError,
    ReadOnlyError,
    RicordoError,
    SchemaError,
    UnreachableError,
)
from ricordo.providers.minilm import WEIGHTS_COMMAND

EMBED = f'pip install "ricordo[embed]", then {WEIGHTS_COMMAND}'
#: Why an error matters, and what to do about it; the first class that fits decides.
_ADVICE: tuple[tuple[type[RicordoError], str, str], ...] = (
    (
        BusyError,
        "Nobody else can write meanwhile.",
        "Try again when the other program is done, or raise the setting busy_deadline_s.",
    ),
    (DiskFullError, "Nothing can be written.", "Free room on the disk, or raise the setting max_file_bytes."),
    (ReadOnlyError, "Nothing can be remembered.", "Make the directory and memory.db writable for this user."),
    (
        CorruptError,
        "What it holds can't be relied on.",
        "Copy the directory away, then: ricordo restore EXPORT NEW_DIRECTORY.",
    ),
    (
        ForeignFileError,
        "Ricordo touches no file that is not its own.",
        "Name a directory of Ricordo's own with --space or RICORDO_PATH.",
    ),
    (
        UnreachableError,
        "No space in it can be read.",
        "Start the database server, or mend the address, the role or its password; docs/postgresql.md.",
    ),
    (
        AccessError,
        "The space behind the server can't be looked at as a whole.",
        "Set key to one that may: ricordo keys issue --every-scope --right read --right admin.",
    ),
    (SchemaError, "An older Ricordo would misread it.", "pip install --upgrade ricordo"),
    (MissingExtraError, "A setting asks for it.", f"{EMBED}; or RICORDO_EMBEDDER=none."),
    (
        ModelError,
        "What the settings ask for can't be used.",
        "See docs/models.md; without the settings model and rerank_model, recall needs neither.",
    ),
    (
        ProviderError,
        "Recall would find words only.",
        f"Install the model again: {EMBED}; or RICORDO_EMBEDDER=none.",
    ),
    (
        InvalidInputError,
        "No command can run with it.",
        "Mend the setting that is named, in the environment or in the settings file.",
    ),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, what to do about it, and why it matters."""

    what: str
    advice: str
    why: str


@dataclass(slots=True)
class Diagnosis:
    """What `doctor` found.

    Args:
        versions: Of Ricordo and what it stands on.
        profile: How recall works here, or None where that can't be told.
        models: The language model and the reranker that are set, or None; they were not asked.
        surfaces: What can be run here, by command: "ready", or what to install for it.
        settings_file: Where it is looked for, and whether it is there.
        settings: Each setting's value, and where it comes from: default, file, environment or argument.
        space: The directory; whether it is missing, open or broken; and its counts.
        notes: What is no fault but good to know.
        problems: What is wrong.
    """

    versions: dict[str, str]
    profile: str | None = None
    models: dict[str, str | None] = field(default_factory=dict)
    surfaces: dict[str, str] = field(default_factory=dict)
    settings_file: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    space: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def fault(self, error: Exception) -> None:
        """Take note of an error, with what to do about it."""
        nothing = ("It can't be used as it is.", "See docs/errors.md.")
        why, advice = next(((why, advice) for known, why, advice in _ADVICE if isinstance(error, known)), nothing)
        self.problems.append(Problem(str(error), advice, why))

    def found(self, what: str, *, why: str, do: str) -> None:
        """Take note of a fault."""
        self.problems.append(Problem(what, do, why))

    def attempt(self, look: Callable[[], None]) -> None:
        """Look at something; an error is a finding."""
        try:
            look()
        except (RicordoError, OSError) as error:
            self.fault(error)
