"""What SQLite keeps of a record version: its columns, its labels and terms, the keys of its look-ups."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ricordo.store.base import SLOT_ROLES, SPELT_ROLES, Place
from ricordo.store.fold import asks, micros, slot_place, twin_key
from ricordo.text import subject_key
from ricordo.types import BELIEVED, RECALLABLE, Record


@lru_cache(maxsize=4096)
def label(kind: str, value: str) -> str:
    """Return the index term that stands for a scope or a kind; no text can produce it."""
    return (
        f"\ue000{kind}{base64.b32hexencode(hashlib.blake2b(value.encode(), digest_size=10).digest()).decode().lower()}"
    )


def literal(term: str) -> str:
    """Return a term in the form the full-text table keeps: its ASCII tokeniser splits at ASCII punctuation."""
    return term if term.isalnum() else term.translate(_PUNCTUATION)


def literals(terms: Sequence[str]) -> str:
    """Return terms as one text for the full-text table."""
    body = " ".join(terms)
    return " ".join([literal(term) for term in terms]) if _PUNCTUATED.search(body) else body


_PUNCTUATION = {code: 0xE100 + code for code in range(128) if not chr(code).isalnum()}
_PUNCTUATED = re.compile(r"[!-/:-@\[-`{-~]")


class Columns(NamedTuple):
    """The columns of a record version that queries filter by, in the order of the table."""

    scope: str | None
    kind: str | None
    status: str
    said_at: int | None
    session: str | None
    speaker: str | None
    size: int
    expires_at: int | None
    valid_from: int | None
    valid_to: int | None
    pinned: int | None
    asks: int


def record_row(record: Record) -> Columns:
    """Return the columns of a record version; a stub has none that carries a meaning."""
    if record.status == "erased":
        return Columns(None, None, "erased", None, None, None, 0, None, None, None, None, 0)
    return Columns(
        record.scope,
        record.kind,
        record.status,
        micros(record.said_at),
        record.session,
        record.speaker,
        len(record.content.split()),
        _micros(record.expires_at),
        _micros(record.valid_from),
        _micros(record.valid_to),
        1 if record.pinned else None,
        int(asks(record.content)),
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def spelling(key: str, role: str) -> str | None:
    """Return the first two letters of a name that may be misspelt, else None."""
    return key[:2] if role in SPELT_ROLES and " " not in key else None


def subject_of(record: Record, role: str) -> str | None:
    """Return whose slot a name of this role stands for, else None."""
    return subject_key(record.subject) if record.subject and role in SLOT_ROLES else None


Lookup = tuple[str, tuple[bytes | int, ...]]


def lookups(record: Record) -> list[Lookup]:
    """Return the (table, columns) rows that a current version has among the look-ups a verdict depends on."""
    return placed(record.status, slot_place(record), twin_key(record))


def placed(status: str, slot: Place | None, twin: bytes | None) -> list[Lookup]:
    """Return the look-up rows of a version with this status and these keys."""
    rows: list[Lookup] = []
    if slot is not None and status in BELIEVED:
        rows.append(("slot", (slot.key, int(status in RECALLABLE), slot.begin, slot.value, slot.whose)))
    if twin is not None and status in RECALLABLE:
        rows.append(("twin", (twin,)))
    return rows
