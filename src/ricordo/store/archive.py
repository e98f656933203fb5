"""One file that holds a space: the log as JSON lines, and a manifest with hashes and the checkpoint of the log."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from ricordo.errors import ArchiveError, RicordoError, StoreError
from ricordo.store.base import Event, Snapshot, Target
from ricordo.store.directory import sync_directory
from ricordo.store.fold import GENESIS, canonical, chained, micros, moment, stamp

FORMAT = "ricordo-archive"
VERSION = 1
_MANIFEST, _LOG = "manifest.json", "log.jsonl"
_MOST_MANIFEST = 64_000
_LONGEST_LINE = 64_000_000
_MOST_BYTES = 64 << 30
_MOST_RATIO = 1_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself.

    Args:
        space: Id of the space.
        secret: Key of its digests, in hex: an archive is as confidential as the space.
        seq, hash: The checkpoint: the last event and its hash. A chain alone can't show that its tail was cut.
        log_bytes, log_sha256: Length and digest of the log as written.
        exported_at: When it was made.
    """

    space: str
    secret: str
    seq: int
    hash: str
    log_bytes: int
    log_sha256: str
    exported_at: str


def write(path: Path, snapshot: Snapshot, *, space: str, secret: bytes, now: datetime) -> Manifest:
    """Write the log of a snapshot to an archive, beside `path` first and then in its place.

    Raises:
        StoreError: The file can't be written.
    """
    draft = path
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for the owner's eyes only
        draft = Path(name)
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
            digest, size, last = _write_log(file, snapshot)
            checkpoint = (last.seq, last.hash) if last else (0, GENESIS)
            manifest = Manifest(space, secret.hex(), *checkpoint, size, digest, stamp(now))
            body = {"format": FORMAT, "version": VERSION, **{name: getattr(manifest, name) for name in _NAMES}}
            sealed = {**body, "seal": _seal(body)}
            file.writestr(_MANIFEST, canonical(sealed))
            file.close()
            os.fsync(raw.fileno())
        draft.replace(path)
        sync_directory(path.parent)
    except RicordoError:  # some are also errors of the system by their class
        raise
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: can't write the archive ({error})") from error
    finally:
        if draft != path:
            draft.unlink(missing_ok=True)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of an archive.

    Raises:
        ArchiveError: The file is no archive, or not whole, or altered.
    """
    with _opened(path) as file:
        body = _load_manifest(path, file)
    return Manifest(**{name: body[name] for name in _NAMES})


def read_events(path: Path, manifest: Manifest) -> Iterator[Event]:
    """Yield the events of an archive, each checked against the chain, the last against the checkpoint.

    Raises:
        ArchiveError: The log is damaged, truncated or altered; what was yielded before must not be kept.
    """
    with _damage("the log"), _opened(path) as file, file.open(_LOG) as log:
        previous: Event | None = None
        counter = _Counter(log, manifest)
        for number, text in enumerate(counter.lines(), 1):
            event = _event(text, number)
            if problem := chained(previous, event):
                raise ArchiveError("archive", f"{problem}; export the space again")
            yield event
            previous = event
        counter.check()
        if (previous.seq, previous.hash) != (manifest.seq, manifest.hash) if previous else manifest.seq:
            raise ArchiveError("archive", "the log does not end at its checkpoint; export the space again")


class _Counter:
    """Reads lines with a bound, and keeps their digest."""

    def __init__(self, log: IO[bytes], manifest: Manifest) -> None:
        self._log, self._manifest = log, manifest
        self._digest, self._size = hashlib.sha256(), 0

    def lines(self) -> Iterator[bytes]:
        while text := self._log.readline(_LONGEST_LINE + 1):
            self._size += len(text)
            if len(text) > _LONGEST_LINE or self._size > self._manifest.log_bytes:
                raise ArchiveError("archive", "the log is longer than its manifest says; it was altered")
            self._digest.update(text)
            yield text

    def check(self) -> None:
        if self._size != self._manifest.log_bytes or self._digest.hexdigest() != self._manifest.log_sha256:
            raise ArchiveError("archive", "the log differs from the digest in its manifest; it was cut or altered")


def _write_log(file: zipfile.ZipFile, snapshot: Snapshot) -> tuple[str, int, Event | None]:
    digest, size, last = hashlib.sha256(), 0, None
    with file.open(_LOG, "w", force_zip64=True) as log:
        for event in snapshot.events():
            text = f"{canonical(_line(event))}\n".encode()
            digest.update(text)
            size += len(text)
            log.write(text)
            last = event
    return digest.hexdigest(), size, last


def _line(event: Event) -> dict[str, Any]:
    targets = [[target.id, target.version, target.digest] for target in event.targets]
    head = {"seq": event.seq, "at": micros(event.at), "op": event.op, "targets": targets, "hash": event.hash}
    return {**head, "payloads": list(event.payloads), "salts": list(event.salts)}


def _event(text: bytes, number: int) -> Event:
    try:
        line = json.loads(text)
        targets = tuple(Target(str(id), int(version), str(digest)) for id, version, digest in line["targets"])
        payloads, salts = tuple(line["payloads"]), tuple(line["salts"])
        if not len(targets) == len(payloads) == len(salts):
            raise ValueError("payloads do not match targets")
        return Event(int(line["seq"]), moment(int(line["at"])), str(line["op"]), targets, line["hash"], payloads, salts)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ArchiveError("archive", f"line {number} of the log is no event ({error})") from error


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        file = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise ArchiveError("archive", "no such file", str(path)) from error
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise ArchiveError("archive", f"not a whole Ricordo archive ({error})", str(path)) from error
    names = sorted(info.filename for info in file.infolist())
    if names != sorted((_MANIFEST, _LOG)):
        file.close()
        raise ArchiveError("archive", f"an archive holds {_MANIFEST} and {_LOG}, nothing else", names[:5])
    for info in file.infolist():
        if info.file_size > _MOST_BYTES or info.file_size > (info.compress_size + 1000) * _MOST_RATIO:
            file.close()
            raise ArchiveError("archive", "the archive would unpack to far more than it holds; refused", info.file_size)
    return file


def _load_manifest(path: Path, file: zipfile.ZipFile) -> dict[str, Any]:
    with _damage("the manifest"), file.open(_MANIFEST) as part:
        body = json.loads(part.read(_MOST_MANIFEST + 1))
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ArchiveError("archive", "not a Ricordo archive", str(path))
    if body.get("version") != VERSION:
        raise ArchiveError("archive", f"of format {VERSION}; install a newer Ricordo", body.get("version"))
    seal = body.pop("seal", None)
    if seal != _seal(body) or not set(_NAMES) <= set(body):
        raise ArchiveError("archive", "the manifest was altered", str(path))
    return body


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Turn what zip, zlib and JSON raise on damaged bytes into our error."""
    try:
        yield
    except RicordoError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise ArchiveError("archive", f"{what} is damaged ({error})") from error


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(f"{FORMAT}{canonical(body)}".encode()).hexdigest()


_NAMES = tuple(Manifest.__dataclass_fields__)
