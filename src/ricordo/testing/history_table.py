"""Attempts and log of a history in columns of numbers, so that a million of them fit, and the checks one by one."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ricordo.testing.history_graph import RW, WR, WW, Edge, overtaken

if TYPE_CHECKING:
    from ricordo.testing.history import Attempt, Logged

OUTCOMES = ("acked", "rejected", "unknown")
_ACKED, _REJECTED, _UNKNOWN = range(3)
_NONE = -1
_NEVER = (1 << 63) - 1


class Table:
    """A history in columns.

    Args:
        most: How many findings of each kind are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.counts: Counter[str] = Counter()
        self._kept: dict[str, list[str]] = {}
        self._keys: dict[str, int] = {}
        self._tags: dict[str, int] = {}
        self._workers: dict[str, int] = {}
        # attempts, by row
        self._ids: list[str] = []
        self._tag, self._worker, self._outcome = array("l"), array("l"), array("b")
        self._begin, self._end, self._seq, self._node = array("q"), array("q"), array("q"), array("l")
        # what they read: that of a row from _reads_of[row] on
        self._reads_of = array("l", [0])
        self._read_key, self._read_version, self._read_began = array("l"), array("q"), array("q")
        self._read_seen = array("l")
        # what they were told that they wrote
        self._writes_of = array("l", [0])
        self._write_key, self._write_version = array("l"), array("q")
        # operations by tag: the first of their rows; where that had no answer, the row that had
        self._first = array("l")
        self._answer: dict[int, int] = {}
        # the log, by node
        self._node_seq, self._node_tag, self._node_row = array("q"), array("l"), array("l")
        self._made_of = array("l", [0])
        self._made_key, self._made_version = array("l"), array("q")
        # by record: who wrote each version, the versions in order
        self._writer: list[dict[int, int]] = []
        self._newest: list[int] = []
        self._versions: list[list[int]] = []

    # -- what is told of it

    @property
    def transactions(self) -> int:
        """How many events the log has."""
        return len(self._node_seq)

    def tally(self) -> tuple[int, int, int, int]:
        """Return how many operations there were, and how many were accepted, rejected, and without an answer."""
        ended = Counter(self._outcome[row] for row in self._first if row != _NONE)
        return ended.total(), ended[_ACKED], ended[_REJECTED], ended[_UNKNOWN]

    def findings(self) -> list[tuple[str, str]]:
        """Return the findings that were kept: kind, and what was found."""
        return [(kind, what) for kind, kept in self._kept.items() for what in kept]

    def called(self, node: int) -> str:
        """Return what an event is called: the attempt it came from, or its number."""
        row = self._node_row[node]
        return self._ids[row] if row != _NONE else f"event {self._node_seq[node]}"

    def seq_of(self, node: int) -> int:
        """Return the seq of an event."""
        return self._node_seq[node]

    # -- taking it in

    def add(self, attempt: Attempt) -> None:
        """Take in an attempt."""
        id, worker, begin, end, outcome, reads, writes, seq, key = attempt
        row = len(self._ids)
        tag = self._tag_number(id if key is None else key)
        self._ids.append(id)
        self._tag.append(tag)
        self._worker.append(self._workers.setdefault(worker, len(self._workers)))
        self._outcome.append(OUTCOMES.index(outcome))
        self._begin.append(begin)
        self._end.append(end)
        self._seq.append(_NONE if seq is None else seq)
        self._node.append(_NONE)
        for name, version, began, seen in reads:
            self._read_key.append(self._key_number(name))
            self._read_version.append(version)
            self._read_began.append(begin if began is None else began)
            self._read_seen.append(_NONE if seen is None else self._tag_number(seen))
        self._reads_of.append(len(self._read_key))
        for name, version in writes:
            self._write_key.append(self._key_number(name))
            self._write_version.append(version)
        self._writes_of.append(len(self._write_key))
        if self._first[tag] == _NONE:
            self._first[tag] = row
        else:
            self._again(self._first[tag], row)

    def _again(self, first: int, row: int) -> None:
        """Take in that an operation was tried once more: one answer tells, and acceptance more than rejection."""
        if self._outcome[row] != _ACKED:
            if self._outcome[first] == _UNKNOWN:
                self._outcome[first] = self._outcome[row]
            return
        if self._outcome[first] != _ACKED:
            self._outcome[first], self._end[first], self._seq[first] = _ACKED, self._end[row], self._seq[row]
            self._answer[first] = row
        elif self._seq[first] != self._seq[row]:
            self._find(
                "twice",
                f"{self._ids[first]} and {self._ids[row]} are one operation, acknowledged as seq "
                f"{self._seq[first]} and as seq {self._seq[row]}",
            )

    def log(self, entry: Logged) -> None:
        """Take in the next transaction of the log."""
        node, seq = len(self._node_seq), entry.seq
        before = self._node_seq[-1] if node else 0
        if (entry.first or seq) != before + 1:
            self._find("gap", f"seq {entry.first or seq} follows seq {before}")
        self._node_seq.append(seq)
        self._node_tag.append(_NONE if entry.tag is None else self._tag_number(entry.tag))
        self._node_row.append(_NONE)
        for name, version in entry.writes:
            key = self._key_number(name)
            self._made_key.append(key)
            self._made_version.append(version)
            self._place(key, name, version, node, seq)
        self._made_of.append(len(self._made_key))

    def _place(self, key: int, name: str, version: int, node: int, seq: int) -> None:
        newest = self._newest[key]
        if version in self._writer[key]:
            other = self._node_seq[self._writer[key][version]]
            self._find("doubled", f"{name}@{version} was made by seq {other} and by seq {seq}")
            return
        if version < newest:
            self._find("disorder", f"seq {seq} made {name}@{version} after {name}@{newest}")
        elif version != newest + 1:
            self._find("gap", f"seq {seq} made {name}@{version}, and the one before it is {name}@{newest}")
        self._newest[key] = max(newest, version)
        self._writer[key][version] = node

    def _key_number(self, name: str) -> int:
        number = self._keys.setdefault(name, len(self._keys))
        if number == len(self._writer):
            self._writer.append({})
            self._newest.append(0)
        return number

    def _tag_number(self, name: str) -> int:
        number = self._tags.setdefault(name, len(self._tags))
        if number == len(self._first):
            self._first.append(_NONE)
        return number

    def _find(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        kept = self._kept.setdefault(kind, [])
        if len(kept) < self._most:
            kept.append(what)

    # -- log against attempts

    def match(self) -> None:
        """Find the event of each operation, and hold it against what was answered."""
        self._versions = [sorted(made) for made in self._writer]
        untagged: dict[int, int] = {}
        for node, tag in enumerate(self._node_tag):
            if tag == _NONE:
                untagged[self._node_seq[node]] = node
            elif (row := self._first[tag]) != _NONE:
                self._match_tag(node, row)
        for row in self._first:
            if row != _NONE and self._outcome[row] == _ACKED:
                self._match_answer(row, untagged)

    def _match_tag(self, node: int, row: int) -> None:
        seq = self._node_seq[node]
        if self._outcome[row] == _REJECTED:
            self._find("refused", f"{self._ids[row]} was rejected, and is in the log as seq {seq}")
        if (other := self._node[row]) != _NONE:
            self._find("twice", f"{self._ids[row]} is in the log as seq {self._node_seq[other]} and as seq {seq}")
            return
        self._node[row], self._node_row[node] = node, row

    def _match_answer(self, row: int, untagged: dict[int, int]) -> None:
        seq, told = self._seq[row], self._told(row)
        node = self._node[row]
        if node == _NONE and (found := untagged.get(seq, _NONE)) != _NONE and self._made(found) == told:
            if (other := self._node_row[found]) != _NONE:
                self._find("doubled", f"{self._ids[other]} and {self._ids[row]} were both acknowledged as seq {seq}")
                return
            self._node[row], self._node_row[found] = found, row
        elif node == _NONE:
            self._find("lost", f"{self._ids[row]} was acknowledged as seq {seq}, and is not in the log")
        elif self._node_seq[node] != seq or (told and self._made(node) != told):
            self._find(
                "altered",
                f"{self._ids[row]} was acknowledged as seq {seq} with {self._shown(told)}, and is in the log as seq "
                f"{self._node_seq[node]} with {self._shown(self._made(node))}",
            )

    def _told(self, row: int) -> list[tuple[int, int]]:
        row = self._answer.get(row, row)
        spots = range(self._writes_of[row], self._writes_of[row + 1])
        return sorted((self._write_key[spot], self._write_version[spot]) for spot in spots)

    def _made(self, node: int) -> list[tuple[int, int]]:
        spots = range(self._made_of[node], self._made_of[node + 1])
        return sorted((self._made_key[spot], self._made_version[spot]) for spot in spots)

    def _shown(self, versions: list[tuple[int, int]]) -> str:
        names = list(self._keys)
        return ", ".join(f"{names[key]}@{version}" for key, version in versions) or "nothing"

    # -- reads

    def check_reads(self) -> None:
        """Hold every read against what was written, and when; and against what its worker knew."""
        over = [self._acknowledged_over(key) for key in range(len(self._writer))]
        names = list(self._keys)
        known: dict[tuple[int, int], int] = {}
        for row, worker in enumerate(self._worker):
            again = self._first[self._tag[row]] != row  # it read nothing anew
            for spot in () if again else range(self._reads_of[row], self._reads_of[row + 1]):
                key, version = self._read_key[spot], self._read_version[spot]
                writer = self._writer[key].get(version)
                if writer is None and version:
                    self._find("unwritten", f"{self._ids[row]} read {names[key]}@{version}")
                elif self._read_seen[spot] != _NONE:
                    self._check_seen(row, spot, names[key], writer)
                if over[key].get(version, _NEVER) < self._read_began[spot]:
                    self._find(
                        "stale",
                        f"{self._ids[row]} read {names[key]}@{version}, and a later version had been "
                        f"acknowledged before it began to",
                    )
                if version < known.get((worker, key), 0):
                    self._find(
                        "back",
                        f"{self._ids[row]} read {names[key]}@{version}, and its worker had known "
                        f"{names[key]}@{known[worker, key]}",
                    )
                else:
                    known[worker, key] = version
            if self._outcome[row] == _ACKED:
                for spot in range(self._writes_of[row], self._writes_of[row + 1]):
                    key = self._write_key[spot]
                    known[worker, key] = max(known.get((worker, key), 0), self._write_version[spot])

    def _check_seen(self, row: int, spot: int, name: str, writer: int | None) -> None:
        seen = self._read_seen[spot]
        if writer is not None and self._tag_of(writer) not in (seen, _NONE):
            version = self._read_version[spot]
            self._find(
                "dirty",
                f"{self._ids[row]} read {name}@{version} as {list(self._tags)[seen]} wrote it, and seq "
                f"{self._node_seq[writer]} wrote it",
            )

    def _tag_of(self, node: int) -> int:
        """Return the tag that the log has of an event; else that of the attempt which it was found to be."""
        tag, row = self._node_tag[node], self._node_row[node]
        return self._tag[row] if tag == _NONE and row != _NONE else tag

    def _acknowledged_over(self, key: int) -> dict[int, int]:
        """Return for each version of a record when the first later one had been acknowledged."""
        over: dict[int, int] = {}
        first = _NEVER
        for version in reversed(self._versions[key]):
            over[version] = first
            first = min(first, self._ended(self._writer[key][version]))
        return {**over, 0: first}

    def _ended(self, node: int) -> int:
        row = self._node_row[node]
        return self._end[row] if row != _NONE and self._outcome[row] == _ACKED else _NEVER

    # -- order

    def times(self) -> tuple[list[int], list[int]]:
        """Return when each transaction began and had its answer, as far as that is known."""
        begins = [_NONE if row == _NONE else self._begin[row] for row in self._node_row]
        return begins, [self._ended(node) for node in range(self.transactions)]

    def check_order(self, begins: list[int], ends: list[int]) -> None:
        """Hold the order of the log against real time, and against what each accepted commit had read."""
        for node, other in overtaken(begins, ends):
            self._find(
                "reordered",
                f"{self.called(node)} (seq {self._node_seq[node]}) began after {self.called(other)} "
                f"(seq {self._node_seq[other]}) had its answer",
            )
        names = list(self._keys)
        for node, row in enumerate(self._node_row):
            if row == _NONE:
                continue
            for spot in range(self._reads_of[row], self._reads_of[row + 1]):
                key, version = self._read_key[spot], self._read_version[spot]
                after = self._after(key, version)
                if self._writer[key].get(version, _NONE) >= node or _NONE < after < node:
                    self._find(
                        "outdated",
                        f"{self.called(node)} (seq {self._node_seq[node]}) rests on "
                        f"{names[key]}@{version}, which was not current then",
                    )

    def edges(self, first: int, end: int) -> Iterator[Edge]:
        """Yield the edges of what the transactions of a range read and wrote, also those from and to others."""
        return ((source, target, kind) for source, target, kind, _, _ in self._shared(first, end))

    def shared(self, edge: Edge) -> tuple[str, int]:
        """Return the record that an edge is about, and the version of it that was there first."""
        node = edge[1] if edge[2] == WR else edge[0]
        key, version = next((key, version) for *other, key, version in self._shared(node, node + 1) if other == [*edge])
        return list(self._keys)[key], version

    def _shared(self, first: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield edges with the record and the version that they share."""
        for node in range(first, end):
            for spot in range(self._made_of[node], self._made_of[node + 1]):
                key, version = self._made_key[spot], self._made_version[spot]
                after = self._after(key, version)
                if after not in (_NONE, node):
                    yield node, after, WW, key, version
            row = self._node_row[node]
            if row == _NONE:
                continue
            for spot in range(self._reads_of[row], self._reads_of[row + 1]):
                key, version = self._read_key[spot], self._read_version[spot]
                writer, after = self._writer[key].get(version, node), self._after(key, version)
                if writer != node:
                    yield writer, node, WR, key, version
                if after not in (_NONE, node):
                    yield node, after, RW, key, version

    def _after(self, key: int, version: int) -> int:
        """Return who made the next version of a record, or -1."""
        made = self._writer[key]
        if (node := made.get(version + 1)) is not None:
            return node
        if version >= self._newest[key]:
            return _NONE
        versions = self._versions[key]
        return made[versions[bisect_right(versions, version)]]
