"""Text files that are records of a memory: exact by path, every version in the log. Asks no framework."""

from __future__ import annotations

import hashlib
import posixpath
import re
import uuid
from collections.abc import Mapping
from typing import Any

from ricordo.adapters.base import Remembers
from ricordo.errors import InvalidInputError, NotFoundError, SlotTakenError, VersionConflictError
from ricordo.types import Record

#: The slot of a file: its subject is the path, with a digest behind it, since slots make no difference of case.
ATTRIBUTE = "memory_file"
KIND = "artifact"
#: What stands in the place of a text of white space alone, which no record holds; the text is then in the metadata.
_BLANK = "(empty)"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Files that one call moves or removes together, in one commit.
MOST_TOGETHER = 256
_PAGE = 500


class Files:
    """Files in one scope of a memory. A path is "a/b.txt": no "/" at its ends, no "." or ".." in it.

    Args:
        memory: A memory, a handle that writes the scope, or a client.
        scope: Where the files are.

    >>> from ricordo import Memory
    >>> files = Files(Memory.open(":memory:", embedder=None), "user:ada")
    >>> files.create("notes/tea.txt", "Green.")
    >>> files.move("notes", "old"), sorted(files.below("")), files.text("old/tea.txt")
    (1, ['old/tea.txt'], 'Green.')
    """

    def __init__(self, memory: Remembers, scope: str) -> None:
        self._memory = memory
        self._scope = scope

    def record(self, path: str) -> Record | None:
        """Return the record of a file, or None."""
        found = self._memory.list(scope=self._scope, kinds=KIND, filters={"subject": _subject(path)}, limit=1)
        return next(iter(found.records), None)

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None."""
        record = self.record(path)
        return None if record is None else text_of(record)

    def below(self, folder: str) -> dict[str, Record]:
        """Return every file of a folder by its path, also of the folders in it; "" is the whole."""
        found: dict[str, Record] = {}
        cursor, more = None, True
        while more:
            filters = {"attribute": ATTRIBUTE}
            page = self._memory.list(scope=self._scope, kinds=KIND, filters=filters, limit=_PAGE, cursor=cursor)
            for record in page.records:
                path = record.metadata.get("path")
                if isinstance(path, str) and (not folder or path.startswith(f"{folder}/")):
                    found[path] = record
            cursor, more = page.cursor, page.cursor is not None
        return found

    def create(self, path: str, text: str) -> None:
        """Make a file.

        Raises:
            FileExistsError: There is a file or folder at the path, or a file where a folder should be.
            InvalidInputError: The path or the text can't be kept.
        """
        if any(self.record(parent) is not None for parent in _parents(path)) or self.below(path):
            raise FileExistsError(path)
        try:
            self._memory.retain(
                **_content(path, text),
                kind=KIND,
                subject=_subject(path),
                attribute=ATTRIBUTE,
                title=path,
                speaker="assistant",
                scope=self._scope,
                if_version=0,
                key=f"file {uuid.uuid4()}",
            )
        except VersionConflictError as error:
            raise FileExistsError(path) from error

    def write(self, record: Record, text: str) -> None:
        """Put another text in the place of the one that was read.

        Raises:
            VersionConflictError: The file has changed since.
            NotFoundError: It is gone.
        """
        changes = _content(record.metadata["path"], text)
        self._memory.update(record.id, scope=self._scope, if_version=record.version, **changes)

    def remove(self, path: str) -> int:
        """Forget a file, or all files of a folder; return how many. `undo` brings them back."""
        files = list(self._at(path).values())
        for start in range(0, len(files), MOST_TOGETHER):
            self._memory.commit([{"op": "delete", "id": one.id} for one in files[start : start + MOST_TOGETHER]])
        return len(files)

    def move(self, old: str, new: str) -> int:
        """Give a file, or all files of a folder, another path; all or none. Return how many.

        Raises:
            FileExistsError: There is a file or folder at the new path, or a file where a folder should be.
            InvalidInputError: A folder into itself, or too many files at once.
        """
        files = self._at(old)
        if not files:
            return 0
        if new == old or self._at(new) or any(self.record(parent) is not None for parent in _parents(new)):
            raise FileExistsError(new)
        if new.startswith(f"{old}/"):
            raise InvalidInputError("new_path", "not inside of what is moved", new)
        if len(files) > MOST_TOGETHER:
            raise InvalidInputError("old_path", f"at most {MOST_TOGETHER} files at once", f"{len(files)} files")
        ops = [_moved(record, new + path[len(old) :]) for path, record in files.items()]
        try:
            self._memory.commit(ops)
        except SlotTakenError as error:
            raise FileExistsError(new) from error
        except NotFoundError:
            return 0
        return len(files)

    def _at(self, path: str) -> dict[str, Record]:
        record = self.record(path) if path else None
        return self.below(path) if record is None else {path: record}


def text_of(record: Record) -> str:
    """Return the text of the file that a record is."""
    blank = record.metadata.get("blank")
    return blank if isinstance(blank, str) else record.content


def resolved(path: str, root: str) -> str | None:
    """Return a path below the root, without "." and ".."; None where it leads out of the root.

    >>> resolved("/memories/a/../b.txt", "/memories"), resolved("/memories", "/memories")
    ('b.txt', '')
    >>> resolved("/memories/../b", "/memories") is None
    True
    """
    if _CONTROL.search(path):
        raise InvalidInputError("path", "no control characters", path)
    whole = posixpath.normpath(f"/{path.lstrip('/')}")
    if whole == root:
        return ""
    return whole.removeprefix(f"{root}/") if whole.startswith(f"{root}/") else None


def _subject(path: str) -> str:
    return f"{path} #{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _content(path: str, text: str) -> dict[str, Any]:
    if text.strip():
        return {"content": text, "metadata": {"path": path}}
    return {"content": _BLANK, "metadata": {"path": path, "blank": text}}


def _moved(record: Record, path: str) -> Mapping[str, Any]:
    place = {"subject": _subject(path), "title": path, "metadata": {**record.metadata, "path": path}}
    return {"op": "put", "id": record.id, "if_version": record.version, **place}
