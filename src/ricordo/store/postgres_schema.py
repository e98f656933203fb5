"""The PostgreSQL schema, as an append-only list of named steps. A step that has shipped is never edited.

Tables are keyed by space first, so that a distributed engine can spread them by it. There are no sequences, triggers,
notifications or advisory locks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ricordo.errors import NotFoundError, SchemaError, StoreError
from ricordo.store.postgres_link import Connections, driver

if TYPE_CHECKING:
    from ricordo.store.postgres_link import Link

_TRIES = 20
_STEPS_TABLE = "CREATE TABLE IF NOT EXISTS ricordo_schema (step integer PRIMARY KEY, name text NOT NULL)"

INITIAL = """
-- One row for each space: who it is, and the counter that every commit takes.
CREATE TABLE ricordo_space (
    space text PRIMARY KEY,
    home text NOT NULL,               -- names the followers of this row; made anew with it
    id text NOT NULL, secret bytea NOT NULL, seal bytea NOT NULL,
    seq bigint NOT NULL, at bigint NOT NULL, hash bytea NOT NULL,
    marked bigint NOT NULL,           -- counts changes of vectors and marks
    remade bigint NOT NULL,           -- all vectors from before this count are gone
    scrub bigint                      -- the event whose erasure still leaves bytes in the tables
);

-- The truth: headers hold opaque ids only; all that carries a meaning is payload and can be erased.
CREATE TABLE ricordo_event (
    space text, seq bigint, at bigint NOT NULL, op text NOT NULL, targets text NOT NULL, hash bytea NOT NULL,
    PRIMARY KEY (space, seq)
);
CREATE TABLE ricordo_payload (
    space text, seq bigint, spot integer, record text NOT NULL, salt bytea, body text,
    PRIMARY KEY (space, seq, spot)
);
CREATE INDEX ricordo_payload_by_record ON ricordo_payload (space, record);

-- Made of the records, dear to make, so shared: vectors, and how far those who make them have come.
CREATE TABLE ricordo_vector (
    space text, vid bigint, model text, value bytea NOT NULL, marked bigint NOT NULL,
    PRIMARY KEY (space, vid, model)
);
CREATE INDEX ricordo_vector_by_mark ON ricordo_vector (space, marked);
CREATE TABLE ricordo_mark (
    space text, name text, seq bigint NOT NULL, vid bigint NOT NULL, marked bigint NOT NULL,
    PRIMARY KEY (space, name)
);

-- What readers were given.
CREATE TABLE ricordo_handle (
    space text, digest bytea, principal text NOT NULL, seq bigint NOT NULL, expires bigint NOT NULL, body text NOT NULL,
    PRIMARY KEY (space, digest)
);
CREATE INDEX ricordo_handle_by_expiry ON ricordo_handle (space, expires);
"""

#: Tables that hold rows of spaces.
TABLES = tuple(f"ricordo_{name}" for name in ("space", "event", "payload", "vector", "mark", "handle"))
#: The second wall: a statement that forgets to name the space still sees no other, whoever owns the tables.
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY ricordo_one_space ON {table} USING (space = current_setting('ricordo.space', true))
    WITH CHECK (space = current_setting('ricordo.space', true));
"""
    for table in TABLES
)

STEPS: tuple[tuple[str, str], ...] = (("initial", INITIAL), ("walls", WALLS))
#: What a role needs that only uses the tables; docs/postgresql.md has the same.
GRANTS = (
    "GRANT SELECT ON ricordo_schema TO {role};\n"
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO {{role}};\n"
    "GRANT MAINTAIN ON ricordo_payload, ricordo_vector TO {role};"
)


def prepare(connections: Connections, *, create: bool, steps: Sequence[tuple[str, str]] = STEPS) -> list[str]:
    """Bring the database to the newest schema, each step in a transaction with the row that says that it ran.

    Args:
        connections: Of the database.
        create: Make the tables where there are none.
        steps: The schema as named steps.

    Returns:
        The names of the steps that ran here.

    Raises:
        NotFoundError: There are no tables, and `create` is false.
        SchemaError: The tables were made by a newer Ricordo.
        StoreError: The role may not make or change tables.
    """
    shown, ran = connections.address.shown, list[str]()
    for _ in range(_TRIES):
        with connections.lent() as connection:
            done = _done(connection)
            if done > len(steps):
                raise SchemaError(
                    f"{shown}: the tables have schema {done}, this Ricordo knows up to {len(steps)}: install a newer "
                    "Ricordo to open it"
                )
            if done == len(steps):
                return ran
            if not done and not create:
                raise NotFoundError(f"no space at {shown}: retain or import something first, or check the address")
            if _run(connection, done + 1, *steps[done]):
                ran.append(steps[done][0])
    raise StoreError(f"{shown}: the tables could not be made, others were at it over and over; try again")


def _done(connection: Link) -> int:
    """Return how many steps ran, 0 where there are no tables."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(f"the database has the encoding {encoding}; make one with ENCODING 'UTF8'")
    try:
        row = connection.execute("SELECT max(step) FROM ricordo_schema").fetchone()
    except driver().errors.UndefinedTable:
        return 0
    return int(row[0] or 0) if row else 0


def _run(connection: Link, number: int, name: str, script: str) -> bool:
    """Run a step; False where another process was at the same."""
    errors = driver().errors
    try:
        with connection.transaction():
            connection.execute(
                "CREATE TABLE IF NOT EXISTS ricordo_schema (step integer PRIMARY KEY, name text NOT NULL)"
            )
            connection.execute("INSERT INTO ricordo_schema VALUES (%s, %s)", (number, name))
            connection.execute(script)
    except (errors.UniqueViolation, errors.DuplicateTable, errors.SerializationFailure, errors.DeadlockDetected):
        return False
    return True
