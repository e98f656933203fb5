"""An export, from the server to a file of this machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from ricordo.client.exchange import Exchange
from ricordo.errors import RicordoError, StoreError
from ricordo.plaintext.request import View
from ricordo.providers.transport import Sink
from ricordo.store.archive import read_manifest

_PATH = "/export"


def fetch(exchange: Exchange, view: View, path: str | Path) -> Path:
    """Write an export to a file, beside it first and in its place once it is whole.

    Raises:
        StoreError: The file can't be written.
        ArchiveError: What came is no whole archive.
        RicordoError: What the server raised.
    """
    target = Path(path).expanduser()
    draft = target
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # for the owner's eyes only
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            exchange.fetch(_PATH, view, lambda: _begun(file, target))
            file.flush()
            os.fsync(file.fileno())
        read_manifest(draft)
        draft.replace(target)
    except RicordoError:  # some are also errors of the system by their class
        raise
    except OSError as error:
        raise _unwritten(target, error) from error
    finally:
        if draft != target:
            draft.unlink(missing_ok=True)
    return target


def _begun(file: BinaryIO, target: Path) -> Sink:
    """Return what takes the bytes of one attempt, in place of those of the attempt before."""
    file.seek(0)
    file.truncate()

    def take(piece: bytes) -> None:
        try:
            file.write(piece)
        except OSError as error:  # of the disk, and no failure of the connection
            raise _unwritten(target, error) from error

    return take


def _unwritten(target: Path, error: OSError) -> StoreError:
    return StoreError(f"{target}: can't write the archive ({error})")
