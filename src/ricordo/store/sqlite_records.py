"""The log and the records of a SQLite space: reads by id, by version and by what a verdict depends on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import apsw

from ricordo.store.base import (
    MOST_BESIDE,
    MOST_PRESENT,
    Cited,
    Event,
    Linked,
    Place,
    Row,
    Said,
    Signal,
    State,
    Target,
    Visible,
)
from ricordo.store.fold import canonical, evidence_in, handle_of, micros, moment, record_of, source_of, unspelt
from ricordo.store.handle import Handle
from ricordo.store.lexical import Lexical
from ricordo.store.order import SPACE, sum_of
from ricordo.store.sizes import Totals
from ricordo.store.sqlite_filters import AMONG, EXPIRED, ROW, among, filters
from ricordo.types import RECALLABLE, Change, Source

_PAYLOAD_BITS = 20
_MOST_SIGNALS = 50_000


class SqliteRecords:
    """One consistent view of a space, through one connection that is inside a transaction.

    Args:
        db: The connection.
        signals: Signals that other snapshots of the same space have read: a version's never change.
        lexical: Answers searches in place of the full-text table, where it can.
    """

    def __init__(
        self, db: apsw.Connection, signals: dict[int, Signal] | None = None, lexical: Lexical | None = None
    ) -> None:
        self._db: Any = db  # apsw's rows are unions of every SQL type; the schema is STRICT
        self._signals = {} if signals is None else signals
        self._lexical = lexical
        self._named: bool | None = None

    @property
    def connection(self) -> Any:
        """The connection that it reads through."""
        return self._db

    # -- the log -----------------------------------------------------------------------------------------------

    def head(self) -> int:
        """Return the `seq` of the last event, 0 before the first."""
        row = self._db.execute("SELECT max(seq) FROM event").fetchone()
        return int(row[0] or 0) if row else 0

    def seq_at(self, moment: datetime) -> int:
        """Return the last `seq` recorded at or before `moment`; events never go back in time, so halving finds it."""
        low, high, bound = 0, self.head(), micros(moment)
        while low < high:
            middle = (low + high + 1) // 2
            at = self._db.execute("SELECT at FROM event WHERE seq = ?", (middle,)).fetchone()
            low, high = (middle, high) if at and at[0] <= bound else (low, middle - 1)
        return low

    def events(self, after: int = 0, record: str | Collection[str] | None = None) -> Iterator[Event]:
        """Yield events after a `seq`, in order; only those of `record`, one or several, where it is given."""
        sql = "SELECT seq, at, op, targets, hash FROM event WHERE seq > ?"
        params: list[Any] = [after]
        if record is not None:
            sql += (
                " AND seq IN (SELECT p.pid >> 20 FROM json_each(?) j CROSS JOIN record r ON r.id = j.value"
                " AND r.version = 1 CROSS JOIN payload p ON p.rid = r.rid)"
            )
            params.append(json.dumps([record] if isinstance(record, str) else list(record)))
        for seq, at, op, targets, digest in self._db.execute(f"{sql} ORDER BY seq", params):
            heads = tuple(Target(*target) for target in json.loads(targets))
            kept = dict(self._payloads(seq))
            pairs = [kept.get(position, (None, None)) for position in range(len(heads))]
            yield Event(
                seq,
                moment(at),
                op,
                heads,
                digest.hex(),
                tuple(None if body is None else json.loads(body) for _, body in pairs),
                tuple(None if salt is None else salt.hex() for salt, _ in pairs),
            )

    def _payloads(self, seq: int) -> Iterator[tuple[int, tuple[bytes | None, str | None]]]:
        low = seq << _PAYLOAD_BITS
        sql = "SELECT pid, salt, body FROM payload WHERE pid >= ? AND pid < ?"
        for pid, salt, body in self._db.execute(sql, (low, (seq + 1) << _PAYLOAD_BITS)):
            yield pid - low, (salt, body)

    # -- records -----------------------------------------------------------------------------------------------

    def find(self, id: str, visible: Visible) -> Row | None:
        """Return the version of a record that `visible` shows, whatever its status, or None."""
        clauses, params = filters(visible, any_status=True)
        # The newest first: of a record with many versions, the current one is the last.
        sql = f"SELECT {ROW} FROM record r WHERE r.id = ? AND {clauses} ORDER BY r.version DESC LIMIT 1"
        found = self._db.execute(sql, [id, *params]).fetchone()
        return self._rows([found], visible.as_of)[0] if found else None

    def changes(self, id: str, version: int = 1) -> list[Change]:
        """Return what happened to a record, oldest first, from the event on that brought a version of it."""
        sql = f"SELECT {ROW} FROM record r WHERE r.id = ? AND r.version >= ? ORDER BY r.version"
        rows = self._db.execute(sql, (id, version)).fetchall()
        born = {row[4]: self._rows([row], row[4])[0].record for row in rows}
        changes = []
        for event in self.events(min(born) - 1, id) if born else ():
            spot = next(i for i, target in enumerate(event.targets) if target.id == id)
            body = event.payloads[spot] or {}
            parts = evidence_in(body)
            held = self._held([(part["record"], event.seq) for part in parts if "record" in part])
            source = next(iter(_sources(parts, event.seq, held)), None)
            left = event.targets[spot].version
            rule, reason = body.get("rule"), body.get("reason")
            changes.append(Change(event.seq, event.op, event.at, left, rule, reason, source, born.get(event.seq)))
        return changes

    def page(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions with rid > `after`, by rid."""
        if visible.scopes == ():
            return []
        clauses, params = filters(visible)
        # Records of some sessions are found by session and then put in order: the sign keeps the planner from walking
        # through a whole scope to spare itself that.
        rid = "r.rid" if visible.sessions is None else "+r.rid"
        sql = f"SELECT {ROW} FROM record r WHERE {rid} > ? AND {clauses} ORDER BY {rid} LIMIT ?"
        return self._rows(self._db.execute(sql, [after, *params, limit]).fetchall(), visible.as_of)

    def disputed(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions that say that they contradict another record, with rid > `after`, by rid."""
        if visible.scopes == ():
            return []
        clauses, params = filters(visible)
        sql = (
            f"SELECT {ROW} FROM record r WHERE r.vid IN (SELECT vid FROM link WHERE type = 'contradicts')"
            f" AND r.rid > ? AND {clauses} ORDER BY r.rid LIMIT ?"
        )
        return self._rows(self._db.execute(sql, [after, *params, limit]).fetchall(), visible.as_of)

    def rows(self, vids: Sequence[int], as_of: int | None = None) -> dict[int, Row]:
        """Return versions by vid, with the evidence there was at `as_of`."""
        if not vids:
            return {}
        sql = f"SELECT {ROW} FROM {AMONG} record r ON r.vid = j.value"
        found = self._db.execute(sql, (json.dumps(list(vids)),)).fetchall()
        return {row.vid: row for row in self._rows(found, as_of)}

    def signals(self, vids: Sequence[int]) -> dict[int, Signal]:
        """Return what ranking needs of these versions."""
        known = self._signals
        found = {vid: signal for vid in vids if (signal := known.get(vid)) is not None}
        if missing := [vid for vid in vids if vid not in found]:
            if len(known) > _MOST_SIGNALS:  # others may read it meanwhile: they keep what they have found
                for vid in list(known)[: _MOST_SIGNALS // 2]:
                    known.pop(vid, None)
            for row in self._db.execute(_SIGNALS, (json.dumps(missing),)):
                found[row[0]] = known[row[0]] = Signal._make(row)
        return {vid: found[vid] for vid in vids if vid in found}

    def shown(self, vids: Sequence[int], visible: Visible) -> set[int]:
        """Return which of these versions `visible` shows."""
        if () in (visible.scopes, visible.kinds):
            return set()
        listed = json.dumps(list(vids))
        if not visible.live_only or visible.narrowed:
            clauses, params = filters(visible)
            sql = f"SELECT r.vid FROM {AMONG} record r ON r.vid = j.value WHERE {clauses}"
            return {row[0] for row in self._db.execute(sql, [listed, *params])}
        # What can be recalled now is in the full-text table: its list of lengths is the narrowest of all.
        sql = f"SELECT d.id FROM {AMONG} lexical_docsize d ON d.id = j.value WHERE d.id NOT IN {EXPIRED}"
        alive = {row[0] for row in self._db.execute(sql, (listed, micros(visible.now)))}
        if visible.scopes is None and visible.kinds is None:
            return alive
        return {vid for vid, signal in self.signals(list(alive)).items() if _labelled(signal, visible)}

    def newest(self) -> int:
        """Return the vid of the last version, 0 before the first."""
        return int(self._db.execute("SELECT max(vid) FROM record").get or 0)

    def fresh(self, vid: int, limit: int) -> list[Row]:
        """Return the next current versions after a vid, oldest first."""
        sql = f"SELECT {ROW} FROM record r WHERE r.vid > ? AND r.died IS NULL ORDER BY r.vid LIMIT ?"
        return self._rows(self._db.execute(sql, (vid, limit)).fetchall())

    def ended(self, seq: int) -> list[int]:
        """Return the versions that ended after a `seq`."""
        return [row[0] for row in self._db.execute("SELECT vid FROM record WHERE died > ? ORDER BY vid", (seq,))]

    def usage(self, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return feedback counts by record id."""
        sql = (
            "SELECT DISTINCT r.id, u.counts FROM record r JOIN usage u ON u.rid = r.rid"
            " WHERE r.id IN (SELECT value FROM json_each(?))"
        )
        return {id: json.loads(counts) for id, counts in self._db.execute(sql, (json.dumps(list(ids)),))}

    def _rows(self, rows: Sequence[tuple[Any, ...]], as_of: int | None = None) -> list[Row]:
        """Return stored rows as records; the evidence of a past version ends with it."""
        added = self._evidence([row[1] for row in rows])
        found = []
        for vid, rid, id, version, born, died, first, recorded_at, state in rows:
            until = as_of if as_of is not None else died
            sources: list[Source] = []
            own = True
            for seq, told, gone in added.get(rid, ()):
                if _counts(seq, gone, until):
                    sources += told
                elif seq == first:
                    own = False
            record = record_of(id, version, born, moment(recorded_at), json.loads(state), sources, first, own)
            found.append(Row(vid, rid, record, died))
        return found

    def _evidence(self, rids: Sequence[int]) -> dict[int, list[tuple[int, list[Source], int | None]]]:
        sql = (
            "SELECT rid, seq, body, withdrawn FROM evidence WHERE rid IN (SELECT value FROM json_each(?))"
            " ORDER BY rid, seq"
        )
        rows = [
            (rid, seq, evidence_in({"source": json.loads(body)}), gone)
            for rid, seq, body, gone in self._db.execute(sql, (json.dumps(rids),))
        ]
        held = self._held([(part["record"], seq) for _, seq, parts, _ in rows for part in parts if "record" in part])
        found: dict[int, list[tuple[int, list[Source], int | None]]] = {}
        for rid, seq, parts, gone in rows:
            found.setdefault(rid, []).append((seq, _sources(parts, seq, held), gone))
        return found

    def _held(self, spots: Sequence[tuple[str, int]]) -> dict[tuple[str, int], State]:
        """Return what records that hold words for others said at an event: when, by whom, under which ref."""
        if not spots:
            return {}
        return {(id, seq): json.loads(told) for id, seq, told in self._db.execute(_HELD, (json.dumps(spots),))}

    def linked(
        self, targets: Collection[str], visible: Visible, types: Collection[str] | None = None, *, past: bool = False
    ) -> list[Linked]:
        """Return the links to these records from the versions that `visible` shows, whatever their status."""
        if not targets or visible.scopes == ():
            return []
        clauses, params = filters(visible, any_status=True, any_version=past)
        given = [json.dumps(sorted(set(targets))), *params]
        if types is not None:
            within, named = among("l.type", sorted(types))
            clauses, given = f"{clauses} AND {within}", [*given, *named]
        sql = (
            "SELECT l.target, l.type, l.vid FROM json_each(?) j CROSS JOIN link l ON l.target = j.value"
            f" CROSS JOIN record r ON r.vid = l.vid WHERE {clauses}"
        )
        return sorted(Linked(*row) for row in self._db.execute(sql, given))

    def resting(self, ids: Collection[str], visible: Visible) -> list[Linked]:
        """Return the versions that rest on these records, of those that `visible` shows, whatever their status."""
        if not ids or visible.scopes == ():
            return []
        clauses, params = filters(visible, any_status=True)
        counted, bounds = ("e.withdrawn IS NULL", [])
        if visible.as_of is not None:
            counted = "e.seq <= ? AND (e.withdrawn IS NULL OR e.withdrawn > ?)"
            bounds = [visible.as_of, visible.as_of]
        sql = _RESTING.format(clauses=clauses, counted=counted)
        listed = json.dumps(sorted(set(ids)))
        return sorted(Linked(*row) for row in self._db.execute(sql, [listed, *params, listed, *bounds, *params]))

    def cited(self, witnesses: Collection[str], visible: Visible) -> list[Cited]:
        """Return the evidence that these records give to the records that `visible` shows, where it still counts."""
        if not witnesses or visible.scopes == ():
            return []
        clauses, params = filters(visible, any_status=True)
        sql = (
            "SELECT w.record, r.id, w.seq FROM json_each(?) j CROSS JOIN witness w ON w.record = j.value"
            " CROSS JOIN evidence e ON e.rid = w.rid AND e.seq = w.seq AND e.withdrawn IS NULL"
            f" CROSS JOIN record r ON r.rid = w.rid WHERE {clauses}"
        )
        return sorted(Cited(*row) for row in self._db.execute(sql, [json.dumps(sorted(set(witnesses))), *params]))

    def said(self, keys: Collection[int], visible: Visible, limit: int) -> list[Said]:
        """Return the records that say or once said what has one of these keys, by the version that is shown."""
        if not keys or visible.scopes == ():
            return []
        clauses, params = filters(visible, any_status=True)
        sql = (
            "SELECT s.key, r.vid FROM json_each(?) j CROSS JOIN said s ON s.key = j.value CROSS JOIN record r"
            f" ON r.rid = s.rid WHERE {clauses} ORDER BY s.key, r.vid LIMIT ?"
        )
        wanted = sorted(set(keys))
        found = self._db.execute(sql, [json.dumps(wanted), *params, limit + 1]).fetchall()
        if len(found) > limit:  # seldom: what many say must not hide the rest
            found = [row for key in wanted for row in self._db.execute(sql, [json.dumps([key]), *params, limit])]
        return [Said(*row) for row in found]

    # -- what a verdict depends on -----------------------------------------------------------------------------

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None."""
        spot = self._db.execute("SELECT seq, rid FROM key WHERE digest = ?", (unspelt(digest),)).fetchone()
        if spot is None:
            return None
        return spot[0], self._db.execute("SELECT id FROM record WHERE vid = ?", (spot[1],)).get

    def handle(self, digest: bytes) -> Handle | None:
        """Return a read handle, expired or not, or None."""
        sql = "SELECT digest, principal, seq, expires, body FROM handle WHERE digest = ?"
        row = self._db.execute(sql, (digest,)).fetchone()
        return handle_of(*row) if row else None

    def versions(self, ids: Collection[str], scopes: tuple[str, ...] | None) -> dict[str, int]:
        """Return the current version of records by id, whatever their status; the erased are left out."""
        sql = "SELECT version, scope FROM record WHERE id = ? ORDER BY version DESC LIMIT 1"
        rows = ((id, self._db.execute(sql, (id,)).fetchone()) for id in ids)
        known = {id: row for id, row in rows if row is not None and row[1] is not None}  # the erased have no scope
        return {id: version for id, (version, scope) in known.items() if scopes is None or scope in scopes}

    def touched(self, after: int, scopes: tuple[str, ...] | None) -> int | None:
        """Return the first event after a `seq` that did anything to a record of these scopes, or None."""
        if scopes is None:
            seq = self._db.execute("SELECT min(seq) FROM event WHERE seq > ?", (after,)).get
            return None if seq is None else int(seq)
        within, given = among("r.scope", scopes)
        sql = (
            "SELECT p.pid >> 20 FROM payload p CROSS JOIN record r ON r.vid = p.rid"
            f" WHERE p.pid >= ? AND (r.scope IS NULL OR {within}) ORDER BY p.pid LIMIT 1"
        )
        seq = self._db.execute(sql, [(after + 1) << _PAYLOAD_BITS, *given]).get
        return None if seq is None else int(seq)

    def holders(self, place: Place) -> list[Row]:
        """Return the current records that hold or held a slot, as far as they matter to a state at `place`."""
        given = {"key": place.key, "value": place.value, "begin": place.begin}
        vids = [row[0] for row in self._db.execute(_HOLDERS, {**given, "live": MOST_PRESENT, "past": MOST_BESIDE})]
        return sorted(self.rows(vids).values(), key=lambda row: row.rid) if vids else []

    def valued(self, whose: bytes) -> list[Row]:
        """Return the current recallable records of a subject with this value, whatever the attribute, oldest first."""
        sql = "SELECT vid FROM slot WHERE whose = ? AND live ORDER BY vid LIMIT ?"
        vids = [row[0] for row in self._db.execute(sql, (whose, MOST_PRESENT))]
        return sorted(self.rows(vids).values(), key=lambda row: row.rid) if vids else []

    def twins(self, key: bytes) -> list[Row]:
        """Return the current recallable records with this duplicate key."""
        vids = [row[0] for row in self._db.execute("SELECT vid FROM twin WHERE key = ?", (key,))]
        return sorted(self.rows(vids).values(), key=lambda row: row.rid) if vids else []

    # -- followers ---------------------------------------------------------------------------------------------

    def followed(self, follower: str) -> tuple[int, int]:
        """Return the last `seq` a follower has applied, and the last vid it has seen."""
        return self._db.execute("SELECT seq, vid FROM follower WHERE name = ?", (follower,)).fetchone() or (0, 0)

    def followers(self) -> list[str]:
        """Return the names of those that have a position in the log."""
        return [name for (name,) in self._db.execute("SELECT name FROM follower ORDER BY name")]

    def unfollowed(self, follower: str, limit: int) -> list[Row]:
        """Return the next current versions a follower has not seen, oldest first."""
        return self.fresh(self.followed(follower)[1], limit)

    def vectors(self, model: str, visible: Visible) -> Iterator[tuple[int, bytes]]:
        """Yield (vid, float16 vector) of the versions that `visible` shows."""
        if visible.scopes == ():
            return
        clauses, params = filters(visible)
        sql = f"SELECT v.vid, v.value FROM record r JOIN vector v ON v.vid = r.vid AND v.model = ? WHERE {clauses}"
        yield from self._db.execute(sql, [model, *params])

    def embedded(self, model: str, vid: int) -> Iterator[tuple[int, str, bytes]]:
        """Yield (vid, scope, float16 vector) of the current versions after a vid, in order."""
        sql = (
            "SELECT v.vid, r.scope, v.value FROM vector v CROSS JOIN record r ON r.vid = v.vid"
            " WHERE v.vid > ? AND v.model = ? AND r.died IS NULL ORDER BY v.vid"
        )
        yield from self._db.execute(sql, (vid, model))

    def vectors_of(self, model: str, vids: Sequence[int]) -> dict[int, bytes]:
        """Return the float16 vectors of these versions."""
        sql = f"SELECT v.vid, v.value FROM {AMONG} vector v ON v.vid = j.value AND v.model = ?"
        return dict(self._db.execute(sql, (json.dumps(list(vids)), model)))

    # -- the whole ---------------------------------------------------------------------------------------------

    def counts(self, scopes: tuple[str, ...] | None) -> Mapping[str, Mapping[str, int]]:
        """Return counts of current records by "scope", "kind", "status", and of "versions"."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("scope", "kind", "status", "versions")}
        sql = "SELECT scope, kind, status, died IS NULL, count(*) FROM record{} GROUP BY 1, 2, 3, 4"
        where, params = ("", []) if scopes is None else among("scope", scopes)
        for scope, kind, status, current, number in self._db.execute(sql.format(where and f" WHERE {where}"), params):
            counts["versions"]["all"] += number
            if current:
                counts["status"][status] += number
            if current and status in RECALLABLE:
                counts["scope"][scope] += number
                counts["kind"][kind] += number
        return counts

    def totals(self, scopes: tuple[str, ...] | None) -> Totals:
        """Return what the live records of these scopes come to; None is the space."""
        names = [SPACE] if scopes is None else sorted(set(scopes) - {SPACE})
        columns = ", ".join(Totals._fields)
        sql = f"SELECT {columns} FROM total WHERE scope IN (SELECT value FROM json_each(?))"
        return sum_of(map(Totals._make, self._db.execute(sql, (json.dumps(names),))))

    def dump(self) -> Iterator[bytes]:
        """Yield every record version and its evidence in canonical bytes, by record and version."""
        for row in self._db.execute(f"SELECT {ROW} FROM record r ORDER BY r.id, r.version"):
            _, rid, id, version, born, died, first, recorded_at, state = row
            yield canonical([id, version, born, died, first, recorded_at, json.loads(state)]).encode()
            if died is None:
                evidence = self._db.execute(
                    "SELECT seq, body, withdrawn FROM evidence WHERE rid = ? ORDER BY seq", (rid,)
                )
                told = [[seq, evidence_in({"source": json.loads(body)}), gone] for seq, body, gone in evidence]
                yield canonical(told).encode()


_HOLDERS = """
SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 1 ORDER BY vid LIMIT :live)
UNION SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 1 ORDER BY vid DESC LIMIT :live)
UNION SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 1 AND value = :value ORDER BY vid LIMIT :live)
UNION SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 0 AND begin <= :begin
    ORDER BY begin DESC, vid DESC LIMIT :past)
UNION SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 0 AND begin > :begin
    ORDER BY begin, vid LIMIT :past)
UNION SELECT vid FROM (SELECT vid FROM slot WHERE key = :key AND live = 0 AND value = :value
    ORDER BY vid DESC LIMIT :past)
"""


#: The version of each record that was current at an event; of an erased one nothing is left.
_HELD = """
SELECT j.value ->> 0, j.value ->> 1, json_object('said_at', r.state ->> '$.said_at', 'ref', r.state ->> '$.ref',
    'speaker', r.state ->> '$.speaker') FROM json_each(?) j CROSS JOIN record r ON r.id = j.value ->> 0
    AND r.born <= j.value ->> 1 AND (r.died IS NULL OR r.died > j.value ->> 1) WHERE r.state ->> '$.said_at' IS NOT NULL
"""


def _sources(parts: Sequence[Mapping[str, Any]], seq: int, held: Mapping[tuple[str, int], State]) -> list[Source]:
    """Return pieces of evidence, with what the records tell that hold the words of some."""
    found = (source_of(part, seq, held.get((part.get("record", ""), seq))) for part in parts)
    return [source for source in found if source is not None]


def _counts(event: int, withdrawn: int | None, until: int | None) -> bool:
    """Tell whether evidence counts at a `seq`, or now."""
    if until is None:
        return withdrawn is None
    return event <= until and (withdrawn is None or withdrawn > until)


#: What is derived from records, and what counts them among its sources; each by its index.
_RESTING = """
SELECT j.value, 'derived_from', l.vid FROM json_each(?) j
    CROSS JOIN link l ON l.target = j.value AND l.type = 'derived_from' CROSS JOIN record r ON r.vid = l.vid
    WHERE {clauses}
UNION SELECT j.value, 'source', r.vid FROM json_each(?) j
    CROSS JOIN witness w ON w.record = j.value
    CROSS JOIN evidence e ON e.rid = w.rid AND e.seq = w.seq AND {counted}
    CROSS JOIN record r ON r.rid = e.rid WHERE {clauses}
"""
# What asks is looked at in turns alone: the column stands behind the text, which may fill many pages.
_SIGNALS = f"""
SELECT r.vid, r.rid, r.id, coalesce(r.scope, ''), r.session, r.speaker, coalesce(r.said_at, r.recorded_at), r.size,
    coalesce(r.kind, ''), iif(r.session IS NULL, 0, r.asks) FROM {AMONG} record r ON r.vid = j.value
"""


def _labelled(signal: Signal, visible: Visible) -> bool:
    within = visible.scopes is None or signal.scope in visible.scopes
    return within and (visible.kinds is None or signal.kind in visible.kinds)
