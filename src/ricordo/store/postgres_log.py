"""The log of a space in PostgreSQL: what is read of it, and the one transaction that adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ricordo.errors import CorruptError, NotFoundError
from ricordo.store.base import Event, Target
from ricordo.store.fold import GENESIS, canonical, event_hash, handle_body, handle_of, heads, micros, moment, salted
from ricordo.store.handle import Handle
from ricordo.store.postgres_link import Connections, driver

if TYPE_CHECKING:
    from ricordo.store.follower import FollowerTransaction
    from ricordo.store.postgres_link import Link

#: A server gives up on a client that holds the counter and says nothing for so long; and what is committed is durable,
#: whatever the defaults of the role.
_SILENCE = (
    "set_config('idle_in_transaction_session_timeout', '120000', true), set_config('synchronous_commit', 'on', true)"
)
_HEAD = "SELECT home, id, secret, seal, seq, at, hash, marked, remade, scrub FROM ricordo_space WHERE space = {}"
_EVENTS = "SELECT seq, at, op, targets, hash FROM ricordo_event WHERE space = %s AND seq > %s ORDER BY seq LIMIT %s"
_PAYLOADS = (
    "SELECT seq, spot, salt, body FROM ricordo_payload WHERE space = %s AND seq > %s AND seq <= %s ORDER BY seq, spot"
)
_VECTORS = (
    "SELECT vid, model, value, marked FROM ricordo_vector WHERE space = %s AND marked > %s AND marked <= %s"
    " AND (marked, vid, model) > (%s, %s, %s) ORDER BY marked, vid, model LIMIT %s"
)
_LEFT = """
SELECT sum(pg_stat_get_dead_tuples(c.oid)) FROM pg_class c
    WHERE c.oid IN ('ricordo_payload'::regclass, 'ricordo_vector'::regclass)
"""
_VECTOR_PAGE = 2_000
_Statement = tuple[str, tuple[Any, ...]]


class DamagedLogError(CorruptError):
    """The log in the database is not what it was; the follower is not at fault.

    Args:
        seq: The event.
        problem: What is wrong with it.
    """

    def __init__(self, seq: int, problem: str) -> None:
        self.seq = seq
        super().__init__(f"the log in the database {problem}; restore the space from a backup")


class Head(NamedTuple):
    """The row of a space.

    Args:
        home: Names the followers of this row.
        id, secret, seal: The identity of the space.
        seq, at, hash: The last event.
        marked: Count of the changes of vectors and marks.
        remade: All vectors from before this count are gone.
        scrub: The event whose erasure still leaves bytes in the tables, or None.
    """

    home: str
    id: str
    secret: bytes
    seal: bytes
    seq: int
    at: datetime
    hash: str
    marked: int
    remade: int
    scrub: int | None


class Told(NamedTuple):
    """An event as it is stored: with the text of its header and of its payloads."""

    event: Event
    header: str
    bodies: tuple[str | None, ...]


class Marks(NamedTuple):
    """Changes of vectors and marks: rows of (vid, model, value), rows of (name, seq, vid)."""

    vectors: list[tuple[int, str, bytes]]
    marks: list[tuple[str, int, int]]


@dataclass(slots=True)
class Writing:
    """What one transaction adds.

    Args:
        events: New events, in order.
        erased: The last erasing event of each record that the events erase.
        gone: Versions of those records.
        vectors: (vid, model, value).
        marks: (seq, vid) by name.
        handles: Handles to keep; None forgets one.
    """

    events: list[Event] = field(default_factory=list)
    erased: dict[str, int] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    vectors: dict[tuple[int, str], bytes] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    handles: dict[bytes, Handle | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.events or self.vectors or self.marks or self.handles)


def written_by(pieces: Sequence[FollowerTransaction]) -> Writing:
    """Return what several pieces of work add, as one."""
    new = Writing()
    for piece in pieces:
        new.events += piece.appended
        new.handles |= piece.handles
        for event in piece.appended:
            for target, payload in zip(event.targets, event.payloads, strict=True):
                if payload is not None and payload.get("erase"):
                    new.erased[target.id] = event.seq
        for name, vectors in piece.followed_by:
            new.vectors |= {(vid, name): value for vid, value in vectors}
            new.marks[name] = piece.followed(name)
    if new.erased:
        new.gone = pieces[-1].versions_of(new.erased)
        gone = set(new.gone)
        new.vectors = {spot: value for spot, value in new.vectors.items() if spot[0] not in gone}
    return new


class Log:
    """SQL of one space. Every transaction names the space to row-level security first, for itself alone.

    Args:
        connections: Of the database.
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.space = connections.address.space
        quoted = driver().sql.Literal(self.space).as_string(None)
        #: Names the space to row-level security, for the transaction at hand.
        self.naming = f"SELECT set_config('ricordo.space', {quoted}, true)"
        self._row = _HEAD.format(quoted)

    # -- reading -----------------------------------------------------------------------------------------------

    def find(self) -> Head | None:
        """Return the row of the space, or None where there is none: one round trip."""
        with self.connections.lent() as connection:
            return _head_in(connection.execute(f"{self.naming}; {self._row}"))

    def head(self) -> Head:
        """Return the row of the space.

        Raises:
            NotFoundError: It is gone.
        """
        return self._there(self.find())

    def head_within(self, connection: Link) -> Head:
        """Return the row of the space, through a connection inside a transaction that names it."""
        return self._there(_head_row(connection.execute(self._row).fetchone()))

    def strays(self, connection: Link) -> int:
        """Return how many payloads belong to no event, through a connection inside a transaction."""
        sql = (
            "SELECT count(*) FROM ricordo_payload p WHERE p.space = %s AND NOT EXISTS (SELECT 1 FROM ricordo_event e"
            " WHERE e.space = p.space AND e.seq = p.seq AND p.spot < json_array_length(e.targets::json))"
        )
        row = connection.execute(sql, (self.space,)).fetchone()
        return int(row[0]) if row else 0

    def make(self, home: str, id: str, secret: bytes, seal: bytes) -> None:
        """Make the row of the space, unless it is there."""
        sql = (
            "INSERT INTO ricordo_space VALUES (%s, %s, %s, %s, %s, 0, 0, %s, 0, 0, NULL) ON CONFLICT (space) DO NOTHING"
        )
        with self.connections.lent() as connection, connection.transaction():
            connection.execute(self.naming)
            connection.execute(sql, (self.space, home, id, secret, seal, bytes(32)))

    def drop(self, last: str) -> bool:
        """Take everything of the space away, if it is empty or ends with this hash; tell whether that was so."""
        with self.connections.lent() as connection, connection.transaction():
            connection.execute(self.naming)
            head = _head_row(connection.execute(f"{self._row} FOR UPDATE").fetchone())
            if head is not None and head.seq and head.hash != last:
                return False
            for table in ("handle", "mark", "vector", "payload", "event", "space"):
                connection.execute(f"DELETE FROM ricordo_{table} WHERE space = %s", (self.space,))
            return True

    def page(self, after: int, limit: int) -> tuple[Head, list[Told]]:
        """Return the head and the next events after a `seq`, of one moment."""
        with self.connections.lent() as connection:
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            head = _head_in(connection.execute(f"{begin}; {self.naming}; {self._row}"))
            page = self.events(connection, after, limit)
            connection.execute("COMMIT")
            return self._there(head), page

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of an event, or None where it is not there."""
        if not seq:
            return GENESIS
        sql = "SELECT hash FROM ricordo_event WHERE space = %s AND seq = %s"
        row = self._alone(sql, (self.space, seq)).fetchone()
        return bytes(row[0]).hex() if row else None

    def _alone(self, sql: str, params: tuple[Any, ...]) -> Any:
        """Run a query in a transaction of its own, in one round trip."""
        with self.connections.lent() as connection:
            return _last(connection.execute(f"{self.naming}; {_spelt(connection, [(sql, params)])}"))

    def events(self, connection: Link, after: int, limit: int) -> list[Told]:
        """Return the next events after a `seq`, through a connection inside a transaction."""
        events = connection.execute(_EVENTS, (self.space, after, limit), binary=True).fetchall()
        if not events:
            return []
        payloads = connection.execute(_PAYLOADS, (self.space, after, after + limit), binary=True)
        return _told(events, payloads.fetchall())

    def changes(self, connection: Link, after: int, until: int) -> Iterator[Marks]:
        """Yield what changed of vectors and marks, through a connection inside a transaction; the marks at the end."""
        last: tuple[Any, ...] = (after, 0, "")
        while True:
            rows = connection.execute(_VECTORS, (self.space, after, until, *last, _VECTOR_PAGE), binary=True).fetchall()
            if rows:
                yield Marks([tuple(row[:3]) for row in rows], [])
            if len(rows) < _VECTOR_PAGE:
                break
            last = (rows[-1][3], rows[-1][0], rows[-1][1])
        sql = "SELECT name, seq, vid FROM ricordo_mark WHERE space = %s AND marked > %s AND marked <= %s"
        yield Marks([], connection.execute(sql, (self.space, after, until)).fetchall())

    def marks(self, after: int, until: int) -> Iterator[Marks]:
        """As `changes`, in a transaction of its own."""
        with self.connections.lent() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute(self.naming)
            yield from self.changes(connection, after, until)

    def handle(self, digest: bytes, connection: Link | None = None) -> Handle | None:
        """Return a read handle, or None; in the transaction of `connection` where one is given."""
        sql = "SELECT digest, principal, seq, expires, body FROM ricordo_handle WHERE space = %s AND digest = %s"
        if connection is not None:
            row = connection.execute(sql, (self.space, digest)).fetchone()
        else:
            row = self._alone(sql, (self.space, digest)).fetchone()
        return handle_of(bytes(row[0]), *row[1:]) if row else None

    def expired(self, before: datetime, connection: Link) -> set[bytes]:
        """Return the digests of the handles that expired before a moment."""
        sql = "SELECT digest FROM ricordo_handle WHERE space = %s AND expires < %s"
        return {bytes(row[0]) for row in connection.execute(sql, (self.space, micros(before)))}

    # -- writing -----------------------------------------------------------------------------------------------

    def lock(self, connection: Link, patience_s: float) -> Head:
        """Begin a transaction that holds the counter; whoever holds it is the only one who adds to the space."""
        bounds = f"set_config('lock_timeout', '{max(1, int(patience_s * 1000))}', true), " + _SILENCE
        return self._there(_head_in(connection.execute(f"BEGIN; {self.naming}, {bounds}; {self._row} FOR UPDATE")))

    def commit(self, connection: Link, head: Head, new: Writing) -> None:
        """Write and commit, in one round trip, in the transaction that `lock` began."""
        marked = head.marked + bool(new.vectors or new.marks)
        last = new.events[-1] if new.events else None
        seq, at, digest = (last.seq, last.at, last.hash) if last else (head.seq, head.at, head.hash)
        scrub = max(new.erased.values(), default=None)
        moved = (
            "UPDATE ricordo_space SET seq = %s, at = %s, hash = %s, marked = %s, scrub = coalesce(%s, scrub)"
            " WHERE space = %s",
            (seq, micros(at), bytes.fromhex(digest), marked, scrub, self.space),
        )
        writes = [*self._inserts(new.events, new.erased), *self._empties(new), *self._keeps(new, marked), moved]
        connection.execute(f"{_spelt(connection, writes)}; COMMIT")  # what fails stops all that follows

    def insert(self, connection: Link, events: Sequence[Event]) -> None:
        """Insert events as they are, in the transaction that `lock` began."""
        if events:
            connection.execute(_spelt(connection, list(self._inserts(events, {}))))

    def identify(self, connection: Link, id: str, secret: bytes, seal: bytes, last: Event | None) -> None:
        """Give the space an identity and a head, in the transaction that `lock` began."""
        connection.execute(
            "UPDATE ricordo_space SET id = %s, secret = %s, seal = %s WHERE space = %s", (id, secret, seal, self.space)
        )
        if last is not None:
            sql = "UPDATE ricordo_space SET seq = %s, at = %s, hash = %s WHERE space = %s"
            connection.execute(sql, (last.seq, micros(last.at), bytes.fromhex(last.hash), self.space))

    def _inserts(self, events: Sequence[Event], erased: Mapping[str, int]) -> Iterator[_Statement]:
        """Yield what inserts events with their payloads, but for those of records that a later one erases."""
        if not events:
            return
        payloads = list[tuple[Any, ...]]()
        for event in events:
            for spot, target in enumerate(event.targets):
                payload, salt = event.payloads[spot], event.salts[spot]
                if payload is None or event.seq < erased.get(target.id, 0):
                    payloads.append((event.seq, spot, target.id, None, None))
                else:
                    payloads.append((event.seq, spot, target.id, bytes.fromhex(salt or ""), canonical(payload)))
        rows = [(e.seq, micros(e.at), e.op, heads(e.targets), bytes.fromhex(e.hash)) for e in events]
        yield (
            "INSERT INTO ricordo_event SELECT %s, * FROM"
            " unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bytea[])",
            (self.space, *map(list, zip(*rows, strict=True))),
        )
        if payloads:
            yield (
                "INSERT INTO ricordo_payload SELECT %s, * FROM"
                " unnest(%s::bigint[], %s::integer[], %s::text[], %s::bytea[], %s::text[])",
                (self.space, *map(list, zip(*payloads, strict=True))),
            )

    def _empties(self, new: Writing) -> Iterator[_Statement]:
        """Yield what empties the payloads that were there of erased records, and takes their vectors away."""
        if new.erased:
            yield (
                "UPDATE ricordo_payload p SET salt = NULL, body = NULL FROM unnest(%s::text[], %s::bigint[]) e(id, seq)"
                " WHERE p.space = %s AND p.record = e.id AND p.seq < e.seq AND p.salt IS NOT NULL",
                (list(new.erased), list(new.erased.values()), self.space),
            )
        if new.gone:
            yield "DELETE FROM ricordo_vector WHERE space = %s AND vid = ANY(%s)", (self.space, new.gone)

    def _keeps(self, new: Writing, marked: int) -> Iterator[_Statement]:
        """Yield what keeps vectors, marks and handles."""
        if new.vectors:
            rows = [(vid, model, value) for (vid, model), value in new.vectors.items()]
            yield (
                "INSERT INTO ricordo_vector SELECT %s, v, m, b, %s FROM unnest(%s::bigint[], %s::text[], %s::bytea[])"
                " u(v, m, b) ON CONFLICT (space, vid, model) DO UPDATE SET value = excluded.value,"
                " marked = excluded.marked",
                (self.space, marked, *map(list, zip(*rows, strict=True))),
            )
        for name, (seq, vid) in new.marks.items():
            yield (
                "INSERT INTO ricordo_mark VALUES (%s, %s, %s, %s, %s) ON CONFLICT (space, name) DO UPDATE SET"
                " seq = excluded.seq, vid = excluded.vid, marked = excluded.marked",
                (self.space, name, seq, vid, marked),
            )
        for digest, handle in new.handles.items():
            if handle is None:
                yield "DELETE FROM ricordo_handle WHERE space = %s AND digest = %s", (self.space, digest)
            else:
                row = (digest, handle.principal, handle.seq, micros(handle.expires), handle_body(handle))
                yield _HOLD, (self.space, *row)

    def remake(self, connection: Link, head: Head) -> None:
        """Take all vectors and their marks away, in the transaction that `lock` began."""
        connection.execute("DELETE FROM ricordo_vector WHERE space = %s", (self.space,))
        connection.execute("DELETE FROM ricordo_mark WHERE space = %s AND name NOT LIKE %s", (self.space, "propose:%"))
        sql = "UPDATE ricordo_space SET marked = %s, remade = %s WHERE space = %s"
        connection.execute(sql, (head.marked + 1, head.marked + 1, self.space))

    def holds(self, connection: Link, event: Event) -> bool:
        """Tell whether an event is in the log, in the transaction that `lock` began."""
        sql = "SELECT hash FROM ricordo_event WHERE space = %s AND seq = %s"
        row = connection.execute(sql, (self.space, event.seq)).fetchone()
        return row is not None and bytes(row[0]).hex() == event.hash

    def scrubbed(self, mark: int) -> None:
        """Note that the bytes of what was erased up to an event are gone from the tables."""
        with self.connections.lent() as connection, connection.transaction():
            connection.execute(self.naming)
            sql = "UPDATE ricordo_space SET scrub = NULL WHERE space = %s AND scrub = %s"
            connection.execute(sql, (self.space, mark))

    def vacuum(self, connection: Link) -> str | None:
        """Have the server clear the tables of what was deleted and overwritten; return why it must wait, or None."""
        told: list[str] = []
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        connection.execute("SET client_min_messages = warning")
        connection.execute("VACUUM ricordo_payload, ricordo_vector")
        if told:
            return f"the server did not clear the tables: {'; '.join(told)}; see the grants in docs/postgresql.md"
        left = connection.execute(_LEFT).fetchone()
        if left and left[0]:
            return "another transaction of the database is old enough to read what was erased, and keeps it"
        return None

    def _there(self, head: Head | None) -> Head:
        if head is None:
            raise NotFoundError(f"no space at {self.connections.address.shown}: it was removed, or never made")
        return head


_HOLD = """
INSERT INTO ricordo_handle VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (space, digest) DO UPDATE SET
    principal = excluded.principal, seq = excluded.seq, expires = excluded.expires, body = excluded.body
"""


def checked(told: Told, seq: int, previous: str) -> None:
    """Refuse an event that does not follow the one before it, or a payload that is not the one its header tells of.

    Args:
        told: The event.
        seq: The number it must have.
        previous: The hash of the event before it.

    Raises:
        DamagedLogError: It is not what must come.
    """
    event = told.event
    if event.seq != seq:
        raise DamagedLogError(seq, f"lacks event {seq}")
    if event_hash(previous, event.seq, event.at, event.op, told.header) != event.hash:
        raise DamagedLogError(seq, f"is damaged at event {seq}: its header is not what it was")
    for target, salt, body in zip(event.targets, event.salts, told.bodies, strict=True):
        if body is not None and salted(bytes.fromhex(salt or ""), body) != target.digest:
            raise DamagedLogError(seq, f"is damaged at event {seq}: a payload does not match its digest")


def _spelt(connection: Link, statements: Sequence[_Statement]) -> str:
    """Return statements with their parameters spelt out, so that they go to the server in one message."""
    cursor = driver().ClientCursor(connection)
    return "; ".join(cursor.mogrify(sql, params) for sql, params in statements)


def _last(cursor: Any) -> Any:
    """Return a cursor at the last result of several statements."""
    while cursor.nextset():
        pass
    return cursor


def _head_in(cursor: Any) -> Head | None:
    """Return the row of a space, the last result of several statements."""
    return _head_row(_last(cursor).fetchone())


def _head_row(row: Any) -> Head | None:
    if row is None:
        return None
    home, id, secret, seal, seq, at, digest, marked, remade, scrub = row
    return Head(home, id, bytes(secret), bytes(seal), seq, moment(at), bytes(digest).hex(), marked, remade, scrub)


def _told(events: Sequence[Any], payloads: Sequence[Any]) -> list[Told]:
    """Put events and their payloads together."""
    kept: dict[int, dict[int, tuple[Any, str | None]]] = {}
    for seq, spot, salt, body in payloads:
        kept.setdefault(seq, {})[spot] = (salt, body)
    found = []
    for seq, at, op, header, digest in events:
        rows = kept.get(seq, {})
        try:
            targets = tuple(Target(*target) for target in json.loads(header))
            pairs = [rows.get(spot, (None, None)) for spot in range(len(targets))]
            bodies = tuple(body for _, body in pairs)
            payload = tuple(None if body is None else json.loads(body) for body in bodies)
        except (ValueError, TypeError) as error:
            raise DamagedLogError(seq, f"can't be read at event {seq} ({error})") from error
        salts = tuple(None if salt is None else bytes(salt).hex() for salt, _ in pairs)
        found.append(Told(Event(seq, moment(at), op, targets, bytes(digest).hex(), payload, salts), header, bodies))
    return found
