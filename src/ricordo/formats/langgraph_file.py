"""The SQLite file of a LangGraph `SqliteStore`, opened to read only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from ricordo.errors import InvalidInputError
from ricordo.formats.base import Bad, Found, ReadOptions, found
from ricordo.formats.json_stream import load
from ricordo.formats.times import read_time
from ricordo.formats.turns import Turn

TurnOf = Callable[[Mapping[str, Any], str, ReadOptions, datetime], Turn]
_COLUMNS = {"prefix", "key", "value", "created_at", "updated_at"}
#: The longest value that is read, in bytes.
_LONGEST = 16 * 1024 * 1024


def is_store(path: Path) -> bool:
    """Tell whether a SQLite file has the table of such a store."""
    try:
        with closing(_opened(path)) as db:
            return _columns(db) >= _COLUMNS
    except apsw.Error:
        return False


def _opened(path: Path) -> apsw.Connection:
    """Open a file of somebody else: to read only, and its schema can call nothing."""
    db = apsw.Connection(
        f"file:{quote(str(path.absolute()))}?mode=ro", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    db.limit(apsw.SQLITE_LIMIT_LENGTH, _LONGEST)
    db.set_busy_timeout(5_000)
    return db


def _columns(db: apsw.Connection) -> set[str]:
    """Return the columns of the table `store`; none where it is a view or missing."""
    kinds = list(db.execute("SELECT type FROM sqlite_schema WHERE name = 'store'"))
    if kinds != [("table",)]:
        return set()
    return {str(name) for (name,) in db.execute("SELECT name FROM pragma_table_info('store')")}


def read_rows(path: Path, options: ReadOptions, turn_of: TurnOf) -> Iterator[Found | Bad]:
    """Yield one item for each row.

    Args:
        path: The file.
        options: What the caller said about it.
        turn_of: Makes the fields of an item, or the reason why it is left out.

    Raises:
        InvalidInputError: It is no such file.
    """
    default, count = options.time_of(path), 0
    try:
        with closing(_opened(path)) as db:
            columns = _columns(db)
            if not columns >= _COLUMNS:
                raise InvalidInputError("path", "a SQLite file with the table store of a LangGraph store", str(path))
            expiry = "expires_at" if "expires_at" in columns else "NULL"
            sql = f"SELECT prefix, key, value, created_at, updated_at, {expiry} FROM store ORDER BY prefix, key"
            for row in db.execute(sql):
                count += 1
                turn = _row(row, count, options, default, turn_of)
                yield Bad(count, turn) if isinstance(turn, str) else found(count, turn)
    except apsw.Error as error:
        yield Bad(count + 1, f"the SQLite file is damaged or in use, the rest is not read ({error})")


def _row(row: tuple[Any, ...], number: int, options: ReadOptions, default: datetime, turn_of: TurnOf) -> Turn:
    prefix, key, written, created, updated, expires = row
    value, fault = load(written) if isinstance(written, str | bytes) else (None, "the value is no JSON text")
    if fault is not None:
        return f"item {number}: {fault}"
    try:  # SQLite writes its times in UTC
        times = [None if one is None else read_time(one, UTC) for one in (created, updated, expires)]
    except ValueError as error:
        return f"item {number}: {error}"
    names = ("created_at", "updated_at", "expires_at")
    item = {"namespace": prefix, "key": key, "value": value, **dict(zip(names, times, strict=True))}
    return turn_of(item, f"item {number}", options, default)
