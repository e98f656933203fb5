"""What `ricordo demo` shows: invented conversations of invented people, and rules by which they would go."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def sample() -> AbstractContextManager[Path]:
    """Return the sample as a file on disk, for as long as the context lasts."""
    return as_file(files(__package__).joinpath("sample.jsonl"))


def retention() -> AbstractContextManager[Path]:
    """Return a file of retention policies that fit the sample, for as long as the context lasts."""
    return as_file(files(__package__).joinpath("retention.toml"))
