"""Reads of a SQLite space: every query takes what the viewer may see, inside the query."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import apsw

from ricordo.store.base import Event, Lexical, Naming, Row, Signal, Target, Visible
from ricordo.store.fold import canonical, micros, moment, record_of, source_of, unspelt
from ricordo.store.sqlite_rows import label, literal
from ricordo.text import one_edit
from ricordo.types import BELIEVED, RECALLABLE, Change, Source

_ROW = "r.vid, r.rid, r.id, r.version, r.born, r.died, r.first, r.recorded_at, r.state"
_WIDEST = 60  # interval widths are powers of two of a second; 2**60 s is past the calendar
_PAYLOAD_BITS = 20
_MOST_SIGNALS = 50_000
_AMONG = "json_each(?) j CROSS JOIN"  # with IN the list would be sorted into a table of its own first


class SqliteSnapshot:
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

    def events(self, after: int = 0, record: str | None = None) -> Iterator[Event]:
        """Yield events after a `seq`, in order; only those of `record` where it is given."""
        sql = "SELECT seq, at, op, targets, hash FROM event WHERE seq > ?"
        params: list[Any] = [after]
        if record is not None:
            sql += (
                " AND seq IN (SELECT pid >> 20 FROM payload WHERE rid = (SELECT rid FROM record WHERE id = ? LIMIT 1))"
            )
            params.append(record)
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
        clauses, params = _filters(visible, any_status=True)
        sql = f"SELECT {_ROW} FROM record r WHERE r.id = ? AND {clauses}"
        found = self._db.execute(sql, [id, *params]).fetchone()
        return self._rows([found], visible.as_of)[0] if found else None

    def changes(self, id: str) -> list[Change]:
        """Return what happened to a record, oldest first."""
        rows = self._db.execute(f"SELECT {_ROW} FROM record r WHERE r.id = ? ORDER BY r.version", (id,)).fetchall()
        born = {row[4]: self._rows([row], row[4])[0].record for row in rows}
        changes = []
        for event in self.events(record=id):
            spot = next(i for i, target in enumerate(event.targets) if target.id == id)
            body = event.payloads[spot] or {}
            source = source_of(body["source"], event.seq) if body.get("source") else None
            version = event.targets[spot].version
            rule, reason = body.get("rule"), body.get("reason")
            changes.append(Change(event.seq, event.op, event.at, version, rule, reason, source, born.get(event.seq)))
        return changes

    def page(self, visible: Visible, after: int, limit: int) -> list[Row]:
        """Return up to `limit` versions with rid > `after`, by rid."""
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        sql = f"SELECT {_ROW} FROM record r WHERE r.rid > ? AND {clauses} ORDER BY r.rid LIMIT ?"
        return self._rows(self._db.execute(sql, [after, *params, limit]).fetchall(), visible.as_of)

    def rows(self, vids: Sequence[int], as_of: int | None = None) -> dict[int, Row]:
        """Return versions by vid, with the evidence there was at `as_of`."""
        sql = f"SELECT {_ROW} FROM {_AMONG} record r ON r.vid = j.value"
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
            clauses, params = _filters(visible)
            sql = f"SELECT r.vid FROM {_AMONG} record r ON r.vid = j.value WHERE {clauses}"
            return {row[0] for row in self._db.execute(sql, [listed, *params])}
        # What can be recalled now is in the full-text table: its list of lengths is the narrowest of all.
        sql = f"SELECT d.id FROM {_AMONG} lexical_docsize d ON d.id = j.value WHERE d.id NOT IN {_EXPIRED}"
        alive = {row[0] for row in self._db.execute(sql, (listed, micros(visible.now)))}
        if visible.scopes is None and visible.kinds is None:
            return alive
        return {vid for vid, signal in self.signals(list(alive)).items() if _labelled(signal, visible)}

    def newest(self) -> int:
        """Return the vid of the last version, 0 before the first."""
        return int(self._db.execute("SELECT max(vid) FROM record").get or 0)

    def fresh(self, vid: int, limit: int) -> list[Row]:
        """Return the next current versions after a vid, oldest first."""
        sql = f"SELECT {_ROW} FROM record r WHERE r.vid > ? AND r.died IS NULL ORDER BY r.vid LIMIT ?"
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
            sources = [source for source, gone in added.get(rid, ()) if _counts(source.event, gone, until)]
            record = record_of(id, version, born, moment(recorded_at), json.loads(state), sources, first)
            found.append(Row(vid, rid, record, died))
        return found

    def _evidence(self, rids: Sequence[int]) -> dict[int, list[tuple[Source, int | None]]]:
        sql = (
            "SELECT rid, seq, body, withdrawn FROM evidence WHERE rid IN (SELECT value FROM json_each(?))"
            " ORDER BY rid, seq"
        )
        found: dict[int, list[tuple[Source, int | None]]] = {}
        for rid, seq, body, gone in self._db.execute(sql, (json.dumps(rids),)):
            found.setdefault(rid, []).append((source_of(json.loads(body), seq), gone))
        return found

    # -- what a verdict depends on -----------------------------------------------------------------------------

    def keyed(self, digest: str) -> tuple[int, str] | None:
        """Return (seq, record id) of the write that used this idempotency key, or None."""
        spot = self._db.execute("SELECT seq, rid FROM key WHERE digest = ?", (unspelt(digest),)).fetchone()
        if spot is None:
            return None
        return spot[0], self._db.execute("SELECT id FROM record WHERE vid = ?", (spot[1],)).get

    def holders(self, slot: bytes) -> list[Row]:
        """Return the current records that hold or held a slot: recallable and superseded ones."""
        return self._keyed_rows("slot", slot)

    def twins(self, key: bytes) -> list[Row]:
        """Return the current recallable records with this duplicate key."""
        return self._keyed_rows("twin", key)

    def _keyed_rows(self, table: str, key: bytes) -> list[Row]:
        vids = [row[0] for row in self._db.execute(f"SELECT vid FROM {table} WHERE key = ?", (key,))]
        return sorted(self.rows(vids).values(), key=lambda row: row.rid) if vids else []

    # -- candidates --------------------------------------------------------------------------------------------

    def search(self, terms: Sequence[str], visible: Visible, limit: int) -> list[tuple[int, float]]:
        """Return (vid, BM25 score) of versions with any of the terms, best first."""
        if not terms or () in (visible.scopes, visible.kinds):
            return []
        if self._lexical is not None and visible.live_only:
            hits = self._lexical.search(self, terms, visible, limit)
            if hits is not None:
                return hits
        match = _expression([literal(term) for term in terms], visible)
        found: list[tuple[int, float]] = []
        for table in _tables(visible):
            sql, params = _search_sql(table, match, visible)
            found += [
                (vid, -rank)
                for vid, rank in self._db.execute(f"{sql} ORDER BY f.rank, f.rowid LIMIT ?", [*params, limit])
            ]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def phrase(self, terms: Sequence[str], visible: Visible, limit: int) -> list[int]:
        """Return versions that have these terms in a row, latest written first."""
        if not terms or () in (visible.scopes, visible.kinds):
            return []
        match = _expression([" ".join(literal(term) for term in terms)], visible)
        found: list[int] = []
        for table in _tables(visible):
            sql, params = _search_sql(table, match, visible, "f.rowid")
            found += [row[0] for row in self._db.execute(f"{sql} ORDER BY f.rowid DESC LIMIT ?", [*params, limit])]
        return sorted(found, reverse=True)[:limit]

    def has_names(self) -> bool:
        """Tell whether any record of the space can be named."""
        if self._named is None:
            self._named = bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM name)").get)
        return self._named

    def named(
        self,
        keys: Sequence[str],
        visible: Visible,
        *,
        roles: Collection[str] | None = None,
        subjects: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[Naming]:
        """Return the names with one of these keys, by key and version."""
        clauses, given = ["n.key IN (SELECT value FROM json_each(?))"], [json.dumps(list(keys))]
        for column, values in (("role", roles), ("subject", subjects)):
            if values is not None:
                _add(clauses, given, f"n.{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))])
        return self._names(" AND ".join(clauses), given, visible, limit)

    def similar_names(self, words: Sequence[str], visible: Visible) -> list[Naming]:
        """Return one-word names and aliases one edit from one of the words, that begin with its first two letters.

        An edit leaves the first or the second half of a name as it is, or swaps the two letters where they meet.
        """
        if not words or visible.scopes == ():
            return []
        found = self._db.execute(_SIMILAR, [json.dumps([part for word in words for part in _halves(word)])])
        by_head: dict[str, list[str]] = {}
        for word in words:
            by_head.setdefault(word[:2], []).append(word)
        near = [key for (key,) in found if any(one_edit(word, key) for word in by_head.get(key[:2], ()))]
        if not near:
            return []
        return self._names(
            "n.key IN (SELECT value FROM json_each(?)) AND n.prefix IS NOT NULL", [json.dumps(near)], visible
        )

    def _names(self, condition: str, given: list[Any], visible: Visible, limit: int | None = None) -> list[Naming]:
        if not self.has_names() or visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        live = " AND n.live = 1" if visible.live_only else ""
        if visible.scopes is not None:
            within, labels = _among("n.scope", visible.scopes)
            condition, given = f"{condition} AND {within}", [*given, *labels]
        sql = (
            "SELECT n.key, n.vid, n.role, json_extract(r.state, '$.subject') FROM name n CROSS JOIN record r"
            f" ON r.vid = n.vid WHERE {condition}{live} AND {clauses} LIMIT ?"
        )
        rows = self._db.execute(sql, [*given, *params, -1 if limit is None else limit])
        return sorted(Naming(*row) for row in rows)

    def timed(self, begin: datetime, end: datetime, visible: Visible, limit: int) -> list[int]:
        """Return versions that speak of a time overlapping [begin, end), latest written first."""
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        low, high = micros(begin), micros(end)
        found: set[int] = set()
        for live in (1,) if visible.live_only else (1, 0):
            for width in self._widths(live):
                sql = (
                    f"SELECT t.vid FROM time t JOIN record r ON r.vid = t.vid WHERE t.live = {live} AND t.width = ?"
                    f" AND t.begin > ? AND t.begin < ? AND t.finish > ? AND {clauses} ORDER BY t.vid DESC LIMIT ?"
                )
                floor = low - (1 << width) * 1_000_000
                found.update(row[0] for row in self._db.execute(sql, [width, floor, high, low, *params, limit]))
        return sorted(found, reverse=True)[:limit]

    def _widths(self, live: int) -> list[int]:
        widths, last = [], -1
        sql = "SELECT min(width) FROM time WHERE live = ? AND width > ?"
        while (row := self._db.execute(sql, (live, last)).fetchone()) and row[0] is not None:
            widths.append(last := row[0])
        return widths

    def when(self, vids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the intervals each version speaks of, in microseconds since 1970."""
        found: dict[int, list[tuple[int, int]]] = {}
        sql = "SELECT vid, begin, finish FROM time WHERE vid IN (SELECT value FROM json_each(?))"
        for vid, begin, finish in self._db.execute(sql, (json.dumps(list(vids)),)):
            found.setdefault(vid, []).append((begin, finish))
        return found

    def recent(self, visible: Visible, limit: int) -> list[int]:
        """Return the latest written versions, newest first."""
        return self._vids("record r", "1", "r.vid DESC", visible, limit)

    def pinned(self, visible: Visible) -> list[int]:
        """Return the pinned versions, oldest first."""
        index = " INDEXED BY record_by_pin" if visible.as_of is None else ""
        return self._vids(f"record r{index}", "r.pinned", "r.rid", visible, -1)

    def _vids(self, table: str, condition: str, order: str, visible: Visible, limit: int) -> list[int]:
        if visible.scopes == ():
            return []
        clauses, params = _filters(visible)
        sql = f"SELECT r.vid FROM {table} WHERE {condition} AND {clauses} ORDER BY {order} LIMIT ?"
        return [row[0] for row in self._db.execute(sql, [*params, limit])]

    def neighbours(
        self, vids: Sequence[int], visible: Visible, *, reach: int = 1
    ) -> dict[int, tuple[int | None, int | None]]:
        """Return for each version the one said before and the one said after it in its session, if visible.

        With `reach` 2 also for those neighbours; then the versions given must be visible themselves.
        """
        clauses, params = _filters(visible)
        before, after = (_beside(side, order, clauses, reach) for side, order in (("<", "DESC"), (">", "ASC")))
        sql = (
            f"SELECT o.vid, ({before}), ({after}) FROM {_AMONG} record o ON o.vid = j.value WHERE o.session IS NOT NULL"
        )
        spots = self._db.execute(sql, [*params, *params, json.dumps(list(vids))])
        if reach == 1:
            return {vid: (one, other) for vid, one, other in spots}
        found: dict[int, tuple[int | None, int | None]] = {}
        for vid, one, other in spots:
            earlier, later = [[*json.loads(side), None, None] for side in (one, other)]
            found[vid] = (earlier[0], later[0])
            if earlier[0] is not None:
                found.setdefault(earlier[0], (earlier[1], vid))
            if later[0] is not None:
                found.setdefault(later[0], (vid, later[1]))
        return found

    # -- followers ---------------------------------------------------------------------------------------------

    def followed(self, follower: str) -> tuple[int, int]:
        """Return the last `seq` a follower has applied, and the last vid it has seen."""
        return self._db.execute("SELECT seq, vid FROM follower WHERE name = ?", (follower,)).fetchone() or (0, 0)

    def unfollowed(self, follower: str, limit: int) -> list[Row]:
        """Return the next current versions a follower has not seen, oldest first."""
        return self.fresh(self.followed(follower)[1], limit)

    def vectors(self, model: str, visible: Visible) -> Iterator[tuple[int, bytes]]:
        """Yield (vid, float16 vector) of the versions that `visible` shows."""
        if visible.scopes == ():
            return
        clauses, params = _filters(visible)
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
        sql = f"SELECT v.vid, v.value FROM {_AMONG} vector v ON v.vid = j.value AND v.model = ?"
        return dict(self._db.execute(sql, (json.dumps(list(vids)), model)))

    # -- the whole ---------------------------------------------------------------------------------------------

    def counts(self, scopes: tuple[str, ...] | None) -> Mapping[str, Mapping[str, int]]:
        """Return counts of current records by "scope", "kind", "status", and of "versions"."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("scope", "kind", "status", "versions")}
        sql = "SELECT scope, kind, status, died IS NULL, count(*) FROM record{} GROUP BY 1, 2, 3, 4"
        where, params = ("", []) if scopes is None else _among("scope", scopes)
        for scope, kind, status, current, number in self._db.execute(sql.format(where and f" WHERE {where}"), params):
            counts["versions"]["all"] += number
            if current:
                counts["status"][status] += number
            if current and status in RECALLABLE:
                counts["scope"][scope] += number
                counts["kind"][kind] += number
        return counts

    def dump(self) -> Iterator[bytes]:
        """Yield every record version and its evidence in canonical bytes, by record and version."""
        for row in self._db.execute(f"SELECT {_ROW} FROM record r ORDER BY r.id, r.version"):
            _, rid, id, version, born, died, first, recorded_at, state = row
            yield canonical([id, version, born, died, first, recorded_at, json.loads(state)]).encode()
            if died is None:
                evidence = self._db.execute(
                    "SELECT seq, body, withdrawn FROM evidence WHERE rid = ? ORDER BY seq", (rid,)
                )
                yield canonical([[seq, json.loads(body), gone] for seq, body, gone in evidence]).encode()


#: One-word names that share the first or the second half with a word, or have the letters at its middle swapped.
_SIMILAR = """
WITH part (prefix, size, head, tail, swapped) AS (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)
)
SELECT n.key FROM part p CROSS JOIN name n INDEXED BY name_by_head
    ON n.prefix = p.prefix AND length(n.key) = p.size AND substr(n.key, 1, length(n.key) / 2) = p.head
UNION SELECT n.key FROM part p CROSS JOIN name n INDEXED BY name_by_tail
    ON n.prefix = p.prefix AND length(n.key) = p.size AND substr(n.key, length(n.key) / 2 + 1) = p.tail
UNION SELECT swapped FROM part WHERE swapped IS NOT NULL
"""


def _halves(word: str) -> Iterator[tuple[str, int, str, str, str | None]]:
    """Yield (prefix, length, first half, second half, middle letters swapped) of the names an edit away, by length."""
    for size in range(max(1, len(word) - 1), len(word) + 2):
        half = size // 2
        crossing = size == len(word) and half > 2
        swapped = word[: half - 1] + word[half - 1 : half + 1][::-1] + word[half + 1 :] if crossing else None
        yield word[:2], size, word[:half], word[len(word) - (size - half) :], swapped


def _beside(side: str, order: str, clauses: str, reach: int) -> str:
    nearest = (
        "SELECT r.vid FROM record r WHERE r.session = o.session AND r.scope = o.scope"
        f" AND (r.said_at, r.rid) {side} (o.said_at, o.rid) AND {clauses}"
        f" ORDER BY r.said_at {order}, r.rid {order} LIMIT {reach}"
    )
    return nearest if reach == 1 else f"SELECT json_group_array(vid) FROM ({nearest})"


def _counts(event: int, withdrawn: int | None, until: int | None) -> bool:
    """Tell whether evidence counts at a `seq`, or now."""
    if until is None:
        return withdrawn is None
    return event <= until and (withdrawn is None or withdrawn > until)


_EXPIRED = "(SELECT vid FROM record WHERE expires_at <= ? AND died IS NULL)"
# What asks is looked at in turns alone: the column stands behind the text, which may fill many pages.
_SIGNALS = f"""
SELECT r.vid, r.rid, r.id, coalesce(r.scope, ''), r.session, r.speaker, coalesce(r.said_at, r.recorded_at), r.size,
    coalesce(r.kind, ''), iif(r.session IS NULL, 0, r.asks) FROM {_AMONG} record r ON r.vid = j.value
"""


def _labelled(signal: Signal, visible: Visible) -> bool:
    within = visible.scopes is None or signal.scope in visible.scopes
    return within and (visible.kinds is None or signal.kind in visible.kinds)


def _tables(visible: Visible) -> tuple[str, ...]:
    return ("lexical",) if visible.live_only else ("lexical", "lexical_past")


def _expression(one_of: Sequence[str], visible: Visible) -> str:
    """Return the full-text expression for any of some terms or phrases, within scopes and kinds."""
    groups: list[Sequence[str]] = [one_of]
    if visible.scopes is not None:
        groups.append([label("s", scope) for scope in visible.scopes])
    if visible.kinds is not None:
        groups.append([label("k", kind) for kind in visible.kinds])
    return " AND ".join("(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups)


def _search_sql(table: str, match: str, visible: Visible, columns: str = "f.rowid, f.rank") -> tuple[str, list[Any]]:
    if visible.live_only and not visible.narrowed:
        sql = f"SELECT {columns} FROM {table} f WHERE f.{table} MATCH ? AND f.rowid NOT IN {_EXPIRED}"
        return sql, [match, micros(visible.now)]
    clauses, params = _filters(visible)
    sql = (
        f"SELECT {columns} FROM {table} f CROSS JOIN record r ON r.vid = f.rowid WHERE f.{table} MATCH ? AND {clauses}"
    )
    return sql, [match, *params]


def _among(column: str, values: Sequence[str]) -> tuple[str, list[Any]]:
    if 0 < len(values) <= 8:  # an empty list would be folded away, and INDEXED BY find no plan
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))]


def _filters(visible: Visible, any_status: bool = False) -> tuple[str, list[Any]]:
    """Return the conditions on `record r` that hold for exactly the versions `visible` shows."""
    clauses, params = _moment(visible)
    if not any_status:
        shown = visible.statuses
        if shown is None:
            shown = tuple(sorted(BELIEVED if visible.valid else RECALLABLE))
        _add(clauses, params, *_among("r.status", shown))
        _add(clauses, params, "(r.expires_at IS NULL OR r.expires_at > ?)", [micros(visible.now)])
    if visible.scopes is not None:
        _add(clauses, params, *_among("r.scope", visible.scopes))
    for column in ("kind", "session", "speaker"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            _add(clauses, params, *_among(f"r.{column}", values))
    for column in ("subject", "attribute", "ref"):
        values = getattr(visible, f"{column}s")
        if values is not None:
            _add(clauses, params, *_among(f"json_extract(r.state, '$.{column}')", values))
    for name, value in visible.metadata:
        path = f'$.metadata."{name}"'
        plain = "json_type(r.state, ?) NOT IN ('array', 'object')"
        _add(clauses, params, f"json_extract(r.state, ?) IS ? AND {plain}", [path, _bindable(value), path])
    if visible.since is not None:
        _add(clauses, params, "r.said_at >= ?", [micros(visible.since)])
    if visible.until is not None:
        _add(clauses, params, "r.said_at < ?", [micros(visible.until)])
    return " AND ".join(clauses), params


def _bindable(value: Any) -> Any:
    """Return a number as SQLite reads it from JSON: a whole number past 64 bits is a float there."""
    return float(value) if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63 else value


def _moment(visible: Visible) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    params: list[Any] = []
    if visible.as_of is None:
        clauses.append("r.died IS NULL")
    else:
        _add(clauses, params, "r.born <= ? AND (r.died IS NULL OR r.died > ?)", [visible.as_of, visible.as_of])
    if visible.valid is not None:
        begin, end = map(micros, visible.valid)
        _add(clauses, params, "(r.valid_from IS NULL OR r.valid_from < ?)", [end])
        _add(clauses, params, "(r.valid_to IS NULL OR r.valid_to > ?)", [begin])
    return clauses, params


def _add(clauses: list[str], params: list[Any], clause: str, values: list[Any]) -> None:
    clauses.append(clause)
    params.extend(values)
