"""The sample that `ricordo demo` imports: invented conversations of invented people."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def sample() -> AbstractContextManager[Path]:
    """Return the sample as a file on disk, for as long as the context lasts."""
    return as_file(files(__package__).joinpath("sample.jsonl"))
