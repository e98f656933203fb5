"""Writing a long stream of items, batch by batch: what is wrong with one is reported and does not stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from ricordo.errors import BoundError, ConflictError, InvalidInputError, NotFoundError
from ricordo.formats import detect, read_items, reader_named
from ricordo.formats.base import Bad, Found, ReadOptions
from ricordo.plaintext.request import View
from ricordo.results import Import, Skipped
from ricordo.types import Verdict

#: What is made of an item, to be written.
D = TypeVar("D")
#: Records written in one transaction.
BATCH = 1_000
#: Skipped lines kept with their reason; the rest is counted.
MOST_REPORTED = 1_000


def reading_of(
    view: View, zone: tzinfo, *, scope: str | None, session: str | None, scope_by: str | None
) -> ReadOptions:
    """Return how a file is read for a handle; arguments as of `Memory.import_file`.

    Raises:
        AccessError: The handle may not write the scope, or is bound to scopes and `scope_by` is given.
        InvalidInputError: Two of the arguments say what is to be the scope.
    """
    if scope_by is not None:
        view.may_spread(scope)
    return ReadOptions(scope=view.writable(scope), session=session, zone=zone, scope_by=scope_by)


def ingest_file(
    path: str | Path,
    format: str | None,
    options: ReadOptions,
    *,
    check: Callable[[Mapping[str, Any]], D],
    write: Callable[[Sequence[D]], list[Verdict]],
    progress: Callable[[int], None] | None,
) -> Import:
    """Write the items of a file and report what was skipped; other arguments as of `ingest`.

    Args:
        path: The file, or a directory.
        format: Its format by name; None detects it.
        options: What the caller says about it.
    """
    file = Path(path).expanduser()
    reader = reader_named(format) if format else detect(file)
    parts = read_items(file, reader.name, replace(options, source=file.name))
    return ingest(str(file), reader.name, iter(parts), check=check, write=write, progress=progress)


def ingest(
    path: str,
    format: str,
    parts: Iterator[Found | Bad],
    *,
    check: Callable[[Mapping[str, Any]], D],
    write: Callable[[Sequence[D]], list[Verdict]],
    progress: Callable[[int], None] | None = None,
) -> Import:
    """Write the items of a file and report what was skipped.

    Args:
        path, format: For the report.
        parts: What a reader yields.
        check: Makes a draft of an item, or raises InvalidInputError.
        write: Writes drafts in one transaction.
        progress: Called with the number of items read after each batch.
    """
    tally: _Tally[D] = _Tally()
    while batch := list(islice(parts, BATCH)):
        drafts = [(part.line, made) for part in batch if (made := tally.checked(part, check)) is not None]
        tally.written(drafts, write)
        if progress is not None:
            progress(len(batch))
    return Import(path, format, tally.read, dict(tally.actions), tally.repeated, tuple(tally.skipped), tally.left_out)


class _Tally(Generic[D]):
    def __init__(self) -> None:
        self.read = self.repeated = self.left_out = 0
        self.actions: Counter[str] = Counter()
        self.skipped: list[Skipped] = []

    def checked(self, part: Found | Bad, check: Callable[[Mapping[str, Any]], D]) -> D | None:
        """Count a part that was read; return its draft, or None where it is skipped."""
        self.read += 1
        if isinstance(part, Bad):
            self.skip(part.line, part.reason)
            return None
        try:
            return check(part.item)
        except InvalidInputError as error:
            self.skip(part.line, str(error))
            return None

    def written(self, drafts: Sequence[tuple[int, D]], write: Callable[[Sequence[D]], list[Verdict]]) -> None:
        """Write all in one transaction; when one of them can't be, each half in its own."""
        if not drafts:
            return
        try:
            self.count(write([made for _, made in drafts]))
        except (BoundError, ConflictError, InvalidInputError, NotFoundError) as error:
            if len(drafts) == 1:
                self.skip(drafts[0][0], str(error))
                return
            half = len(drafts) // 2
            self.written(drafts[:half], write)
            self.written(drafts[half:], write)

    def count(self, verdicts: Sequence[Verdict]) -> None:
        self.repeated += sum(verdict.repeated for verdict in verdicts)
        self.actions.update(verdict.action for verdict in verdicts if not verdict.repeated)

    def skip(self, line: int, reason: str) -> None:
        self.left_out += 1
        if len(self.skipped) < MOST_REPORTED:
            self.skipped.append(Skipped(line, reason))
