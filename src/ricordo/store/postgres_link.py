"""Connections to a PostgreSQL database: its address, a bounded pool, and its errors in our words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ricordo.errors import (
    BusyError,
    CorruptError,
    DiskFullError,
    InvalidInputError,
    MissingExtraError,
    ReadOnlyError,
    RicordoError,
    StoreError,
    UnreachableError,
)

if TYPE_CHECKING:
    import psycopg

    Link = psycopg.Connection[Any]

DEFAULT_SPACE = "default"
_LONGEST_NAME = 200
_DEFAULTS = {
    **{"application_name": "ricordo", "connect_timeout": "10", "client_encoding": "UTF8"},
    **{"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "30000"},
}


class Interrupted(Exception):  # noqa: N818  it never leaves the store
    """A transaction came to nothing for a reason that passes: a lost connection, a deadlock, a restart.

    Args:
        error: What to raise when it is not tried again.
    """

    def __init__(self, error: RicordoError) -> None:
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a space is: a database, and its name there.

    Args:
        conninfo: What libpq connects by.
        space: The name of the space.
        shown: The database as messages name it.
        secrets: What no message may hold.
    """

    conninfo: str = field(repr=False)
    space: str
    shown: str
    secrets: tuple[str, ...] = field(repr=False, default=())

    def cleaned(self, text: str) -> str:
        """Return a message of the server or of libpq in one line, without any secret."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())


def address_of(location: str, space: str | None = None) -> Address:
    """Read a URL such as postgresql://user@host/database?space=team.

    Args:
        location: The URL; its parameter `space` names the space, all others are libpq's.
        space: The name, which outranks the one in the URL; by default "default".

    Raises:
        InvalidInputError: It is no such URL, or the name breaks a rule; the message holds no password.
    """
    from_libpq = driver().conninfo
    try:
        parts = urlsplit(location)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        named = next((value for name, value in pairs if name == "space"), None)
        rest = [(name, value) for name, value in pairs if name != "space"]
        query = urlencode(rest, quote_via=quote)
        given: dict[str, Any] = from_libpq.conninfo_to_dict(urlunsplit(parts._replace(query=query)))
        if "@" in parts.path or parts.netloc.count("@") > 1:  # a part of the password would pass for the host
            raise ValueError
    except (ValueError, driver().Error):  # what they say may quote the password
        rule = "a URL such as postgresql://user@host:5432/database?space=team, its parts percent-encoded"
        raise InvalidInputError("path", rule) from None
    name = space if space is not None else named if named is not None else DEFAULT_SPACE
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInputError("space", f"a name of 1 to {_LONGEST_NAME} printable characters", name)
    place = f"{given.get('host', 'localhost')}:{given.get('port', 5432)}/{given.get('dbname', '')}"
    hidden = tuple(str(value) for name, value in given.items() if "password" in name and value)
    return Address(from_libpq.make_conninfo(**{**_DEFAULTS, **given}), name, f"{place} space {name!r}", hidden)


def driver() -> Any:
    """Return psycopg, which comes with the extra."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise MissingExtraError("postgres", "a space in PostgreSQL") from error
    return psycopg


class Connections:
    """A bounded pool: at most `most` at a time, kept for the next who asks; a broken one takes all idle ones with it.

    Args:
        address: Where to connect.
        most: How many there may be at once.
        patience_s: How long to wait for one.
    """

    def __init__(self, address: Address, *, most: int = 8, patience_s: float = 30.0) -> None:
        self.address = address
        self._patience_s = patience_s
        self._free = threading.BoundedSemaphore(most)
        self._idle: list[Link] = []
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[Link]:
        """Lend a connection in autocommit mode; it comes back only if it was left outside any transaction.

        Raises:
            Interrupted: The connection was lost, or the transaction must be tried again.
            StoreError: What else the server refuses.
        """
        connection = self.take()
        try:
            with self.translated():
                yield connection
        finally:
            self.give_back(connection)

    def take(self) -> Link:
        """Return a connection of its own, to be given back."""
        if not self._free.acquire(timeout=self._patience_s):
            raise BusyError(f"{self.address.shown}: every connection is in use; try again")
        try:
            if self._closed:
                raise StoreError(f"{self.address.shown}: this memory is closed; open it again")
            return self._idle.pop()
        except IndexError:
            pass
        except BaseException:
            self._free.release()
            raise
        try:
            return self.connect()
        except BaseException:
            self._free.release()
            raise

    def connect(self) -> Link:
        """Open a connection beside the pool."""
        known = driver()
        try:
            made: Link = known.connect(self.address.conninfo, autocommit=True, prepare_threshold=None)
            return made
        except known.Error as error:
            raise Interrupted(self._unreachable(error)) from None  # its text may hold what was typed

    def give_back(self, connection: Link) -> None:
        """Take a connection back; one that is broken or inside a transaction is closed."""
        lost = not _outside(connection)
        if lost:
            self.forget()
        if lost or self._closed:
            with suppress(driver().Error):
                connection.close()
        else:
            self._idle.append(connection)
        self._free.release()

    def forget(self) -> None:
        """Close what is idle: after a restart of the server all of them are broken."""
        while self._idle:
            with suppress(IndexError, driver().Error):
                self._idle.pop().close()

    def close(self) -> None:
        """Close them all, also those that are lent, when they come back."""
        self._closed = True
        self.forget()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn psycopg's errors into ours."""
        try:
            yield
        except driver().Error as error:
            raise self.fault(error) from error

    def fault(self, error: psycopg.Error) -> Exception:
        """Return an error of the server in our words, with what to do."""
        shown, told, state = self.address.shown, self.address.cleaned(str(error)), error.sqlstate or ""
        if state == "57014":
            return BusyError(f"{shown}: the server gave up on a statement ({told}); try again")
        if (
            (not state and isinstance(error, driver().OperationalError))
            or state[:2] in ("08", "57")
            or state == "25P03"
        ):
            return Interrupted(self._unreachable(error))
        if state in ("40001", "40P01"):
            return Interrupted(BusyError(f"{shown}: other writers were in the way, over and over ({told}); try again"))
        if state == "55P03":
            return BusyError(
                f"{shown}: other writers held the space past the deadline; try again, or raise busy_deadline_s"
            )
        if state[:2] == "53":
            return DiskFullError(f"{shown}: the server has no room left, nothing was written ({told}); free some")
        if state == "42501":
            return StoreError(f"{shown}: the role lacks a right ({told}); see the grants in docs/postgresql.md")
        if state == "25006":
            return ReadOnlyError(f"{shown}: the database is read-only ({told}); name the primary server")
        if state[:2] in ("XX", "22"):
            return CorruptError(f"{shown}: the server can't read or keep a row ({told})")
        return StoreError(f"{shown}: {told}")

    def _unreachable(self, error: psycopg.Error) -> RicordoError:
        told, state = self.address.cleaned(str(error)), error.sqlstate or ""
        if state == "53300" or "too many clients" in told or "remaining connection slots" in told:
            return BusyError(f"{self.address.shown}: the server takes no more connections ({told}); try again")
        return UnreachableError(
            f"{self.address.shown}: the PostgreSQL server can't be reached, or broke off ({told}); check that it runs "
            "and lets this role in, and try again"
        )


def _outside(connection: Link) -> bool:
    """Take back what a connection has begun; tell whether it is of use to the next."""
    with suppress(driver().Error):
        if connection.info.transaction_status in (2, 3):
            connection.execute("ROLLBACK")
    return not connection.closed and connection.info.transaction_status == 0


def lost(connection: Link) -> bool:
    """Tell whether the server is no longer at the other end."""
    return connection.closed
