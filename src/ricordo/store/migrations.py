"""The SQLite schema, as an append-only list of named steps. A step that has shipped is never edited."""

from __future__ import annotations

import apsw

from ricordo.errors import SchemaError

#: "RICO": marks a file as a Ricordo space.
APPLICATION_ID = 0x5249434F

INITIAL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

-- The truth: headers hold opaque ids only; all that carries a meaning is payload and can be erased.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, op TEXT NOT NULL, targets TEXT NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE TABLE payload (
    pid INTEGER PRIMARY KEY,             -- seq << 20 | position in the event
    rid INTEGER NOT NULL, salt BLOB, body TEXT
) STRICT;
CREATE INDEX payload_by_record ON payload (rid);

-- Folded from the log.
CREATE TABLE record (
    vid INTEGER PRIMARY KEY, rid INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    born INTEGER NOT NULL, died INTEGER, first INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    scope TEXT, kind TEXT, status TEXT NOT NULL, said_at INTEGER, session TEXT, speaker TEXT, size INTEGER NOT NULL,
    expires_at INTEGER, valid_from INTEGER, valid_to INTEGER, pinned INTEGER, state TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_by_id ON record (id, version);
CREATE INDEX record_by_scope ON record (scope, rid) WHERE died IS NULL;
CREATE INDEX record_by_session ON record (session, scope, said_at, rid) WHERE session IS NOT NULL;
CREATE INDEX record_by_expiry ON record (expires_at) WHERE expires_at IS NOT NULL AND died IS NULL;
CREATE INDEX record_by_pin ON record (scope, rid) WHERE pinned AND died IS NULL;
CREATE INDEX record_by_rid ON record (rid);
CREATE TABLE evidence (
    rid INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, withdrawn INTEGER, PRIMARY KEY (rid, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (rid INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT;

-- What a verdict depends on.
CREATE TABLE key (digest BLOB PRIMARY KEY, seq INTEGER NOT NULL, rid INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE slot (key BLOB NOT NULL, vid INTEGER NOT NULL, PRIMARY KEY (key, vid)) STRICT, WITHOUT ROWID;
CREATE TABLE twin (key BLOB NOT NULL, vid INTEGER NOT NULL, PRIMARY KEY (key, vid)) STRICT, WITHOUT ROWID;

-- Indexes: what is believed now, and apart from it what was.
CREATE VIRTUAL TABLE lexical USING fts5 (body, labels, content='', contentless_delete=1, tokenize='ascii');
CREATE VIRTUAL TABLE lexical_past USING fts5 (body, labels, content='', contentless_delete=1, tokenize='ascii');
INSERT INTO lexical (lexical, rank) VALUES ('rank', 'bm25(1.0, 0.0)');
INSERT INTO lexical_past (lexical_past, rank) VALUES ('rank', 'bm25(1.0, 0.0)');
CREATE TABLE name (
    key TEXT NOT NULL, scope TEXT NOT NULL, vid INTEGER NOT NULL, role TEXT NOT NULL, live INTEGER NOT NULL,
    prefix TEXT, PRIMARY KEY (key, scope, vid, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_by_version ON name (vid);
CREATE INDEX name_by_prefix ON name (prefix, scope) WHERE prefix IS NOT NULL;
CREATE TABLE time (
    vid INTEGER NOT NULL, begin INTEGER NOT NULL, finish INTEGER NOT NULL, width INTEGER NOT NULL,
    live INTEGER NOT NULL, PRIMARY KEY (vid, begin, finish)
) STRICT, WITHOUT ROWID;
CREATE INDEX time_by_width ON time (live, width, begin);

-- Follows the log: made after the acknowledgement.
CREATE TABLE follower (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, vid INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE vector (vid INTEGER NOT NULL, model TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (vid, model)) STRICT;
"""

READING = """
-- Neighbours are read from the index alone; what ended after a moment is found without looking at every version.
DROP INDEX record_by_session;
CREATE INDEX record_by_session ON record (session, scope, said_at, rid, died, status, expires_at)
    WHERE session IS NOT NULL;
CREATE INDEX record_by_death ON record (died) WHERE died IS NOT NULL;
"""

#: Names are found by either half, so that a misspelt one costs no scan; the rows themselves are derived anew.
NAMES = """
DROP INDEX name_by_prefix;
CREATE INDEX name_by_head ON name (prefix, length(key), substr(key, 1, length(key) / 2)) WHERE prefix IS NOT NULL;
CREATE INDEX name_by_tail ON name (prefix, length(key), substr(key, length(key) / 2 + 1)) WHERE prefix IS NOT NULL;
"""

#: Questions are told from what answers them.
ASKING = """
ALTER TABLE record ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;
UPDATE record SET asks = 1 WHERE status <> 'erased' AND (instr(json_extract(state, '$.content'), '?')
    OR instr(json_extract(state, '$.content'), '？') OR instr(json_extract(state, '$.content'), '؟'));
"""

#: Whose slot a row stands for: a turn that names one of many subjects looks at no other's.
SUBJECTS = """
ALTER TABLE name ADD COLUMN subject TEXT;
"""

#: Who links to a record: what rests on it, what contradicts it, what it affects.
LINKS = """
CREATE TABLE link (
    target TEXT NOT NULL, type TEXT NOT NULL, vid INTEGER NOT NULL, PRIMARY KEY (target, type, vid)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_version ON link (vid);
INSERT OR IGNORE INTO link SELECT l.value ->> 1, l.value ->> 0, r.vid
    FROM record r, json_each(r.state, '$.links') l WHERE r.status <> 'erased';
"""

#: The states of a slot are found around a moment and by value, however many there are; the rows are derived anew.
SLOTS = """
DROP TABLE slot;
CREATE TABLE slot (
    key BLOB NOT NULL, live INTEGER NOT NULL, begin INTEGER NOT NULL, value BLOB NOT NULL, whose BLOB NOT NULL,
    vid INTEGER NOT NULL,
    PRIMARY KEY (key, live, begin, vid)
) STRICT, WITHOUT ROWID;
CREATE INDEX slot_by_value ON slot (key, live, value, vid);
CREATE INDEX slot_by_version ON slot (key, live, vid);
CREATE INDEX slot_by_owner ON slot (whose, vid) WHERE live;
"""

#: Which records hold the words that count for others.
WITNESSES = """
CREATE TABLE witness (
    record TEXT NOT NULL, rid INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (record, rid, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO witness SELECT body ->> '$.record', rid, seq FROM evidence WHERE body ->> '$.record' IS NOT NULL;
"""

#: What is recognised when it comes back; the rows themselves are derived from the records.
SAID = """
CREATE TABLE said (key INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (key, rid)) STRICT, WITHOUT ROWID;
CREATE INDEX said_by_record ON said (rid);
"""

#: What is known of a subject is found by its name; the names are derived anew.
PROFILES = "-- only rows of `name` are new"

#: What live records come to, and in which order they make room; the rows are derived anew.
TOTALS = """
CREATE TABLE total (
    scope TEXT PRIMARY KEY,              -- '' is the space
    records INTEGER NOT NULL, bytes INTEGER NOT NULL, tokens INTEGER NOT NULL,
    pinned_records INTEGER NOT NULL, pinned_bytes INTEGER NOT NULL, pinned_tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE eviction (
    vid INTEGER PRIMARY KEY, scope TEXT NOT NULL, tier INTEGER NOT NULL, days INTEGER NOT NULL, key INTEGER NOT NULL,
    expires INTEGER
) STRICT;
CREATE INDEX eviction_by_key ON eviction (tier, days, key, vid, expires);
CREATE INDEX eviction_by_scope ON eviction (scope, tier, days, key, vid, expires);
CREATE INDEX eviction_by_expiry ON eviction (expires, vid) WHERE expires IS NOT NULL AND tier < 2;
CREATE INDEX eviction_by_scope_expiry ON eviction (scope, expires, vid) WHERE expires IS NOT NULL AND tier < 2;
"""

#: What stands in place of turns stands where they stood, also where all of a session has one moment.
PLACES = """
ALTER TABLE record ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE record SET place = rid;
DROP INDEX record_by_session;
CREATE INDEX record_by_session ON record (session, scope, said_at, place, rid, died, status, expires_at)
    WHERE session IS NOT NULL;
"""

#: What readers were given: not derived from the log.
HANDLES = """
CREATE TABLE handle (
    digest BLOB PRIMARY KEY, principal TEXT NOT NULL, seq INTEGER NOT NULL, expires INTEGER NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handle_by_expiry ON handle (expires);
"""

#: What is in dispute is found without reading every link.
DISPUTES = """
CREATE INDEX link_in_dispute ON link (vid) WHERE type = 'contradicts';
"""

STEPS: tuple[tuple[str, str], ...] = (
    *(("initial", INITIAL), ("reading", READING), ("names", NAMES), ("asking", ASKING)),
    *(("subjects", SUBJECTS), ("links", LINKS), ("slots", SLOTS), ("witnesses", WITNESSES)),
    ("said", SAID),
    ("profiles", PROFILES),
    ("totals", TOTALS),
    ("places", PLACES),
    ("handles", HANDLES),
    ("disputes", DISPUTES),
)
#: Steps after which an older space derives the rows of `name` anew; "asking" came with titles among the names.
RENAMED = frozenset({"names", "asking", "subjects", "profiles"})
#: Steps after which an older space derives the rows of `slot` and `twin` anew.
LOOKED_UP = frozenset({"slots"})
#: Steps after which it derives the rows of `said`.
RESAID = frozenset({"said"})
#: The step after which an older space counts its live records.
COUNTED = "totals"


def migrate(db: apsw.Connection, steps: tuple[tuple[str, str], ...] = STEPS) -> list[str]:
    """Bring a space to the newest schema; every step runs in one transaction with the mark that it ran.

    Args:
        db: A connection in a transaction.
        steps: The schema as named steps.

    Returns:
        The names of the steps that ran.

    Raises:
        SchemaError: The space was written by a newer Ricordo.
    """
    version = db.pragma("user_version")
    if version > len(steps):
        raise SchemaError(
            f"{db.filename}: the space has schema {version}, this Ricordo knows up to {len(steps)}: "
            "install a newer Ricordo to open it"
        )
    for number, (_, script) in enumerate(steps[version:], start=version + 1):
        db.execute(script)
        db.pragma("user_version", number)
    return [name for name, _ in steps[version:]]
