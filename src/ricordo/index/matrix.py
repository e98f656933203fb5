"""The vectors of a space in this process's memory, within a bound; they follow the log and are searched in place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ricordo.index.vectors import Nearest, Target, numpy
from ricordo.store.base import Snapshot, Visible

_BLOCK = 8192
_DRAWS = 3
#: Of coarse vectors so many times what is asked for are scored again exactly.
_AGAIN = 2


@dataclass(slots=True)
class _Block:
    """Up to `_BLOCK` versions in the order of their vids."""

    rows: Any
    vids: Any
    scopes: Any
    alive: Any
    scales: Any
    count: int = 0


@dataclass(slots=True)
class _Matrix:
    """What is held of one model's vectors: as float32, or at a quarter of that as whole numbers of eight bits.

    Args:
        model: Whose vectors.
        coarse: Whether they are held in eight bits.
        seq: Every ending up to this event was applied.
        vid: Every vector up to this version was taken in.
    """

    model: str
    coarse: bool
    seq: int
    vid: int = 0
    dimension: int = 0
    blocks: list[_Block] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def bytes_with(self, more: int) -> int:
        """Return about how many bytes it takes with so many more blocks."""
        each = self.dimension * (1 if self.coarse else 4) + 17
        return (len(self.blocks) + more) * _BLOCK * each

    @property
    def room(self) -> int:
        """How many more vectors the last block takes."""
        return _BLOCK - self.blocks[-1].count if self.blocks else 0

    def extend(self, chunk: Sequence[tuple[int, str, bytes]]) -> None:
        """Take in the next vectors; no more than there is room for."""
        np = numpy()
        block = self.blocks[-1]
        spot = slice(block.count, block.count + len(chunk))
        values = np.frombuffer(b"".join(blob for _, _, blob in chunk), dtype=np.float16)
        values = values.reshape(len(chunk), self.dimension).astype(np.float32)
        if self.coarse:
            scales = np.abs(values).max(axis=1) / 127
            scales[scales == 0] = 1.0
            block.scales[spot], values = scales, np.rint(values / scales[:, None])
        block.rows[spot], block.alive[spot] = values, True
        block.vids[spot] = [vid for vid, _, _ in chunk]
        block.scopes[spot] = [self.codes.setdefault(scope, len(self.codes)) for _, scope, _ in chunk]
        block.count += len(chunk)

    def grow(self) -> None:
        """Add an empty block."""
        np = numpy()
        rows = np.zeros((_BLOCK, self.dimension), np.int8 if self.coarse else np.float32)
        vids, scopes = np.zeros(_BLOCK, np.int64), np.zeros(_BLOCK, np.int32)
        self.blocks.append(_Block(rows, vids, scopes, np.zeros(_BLOCK, bool), np.ones(_BLOCK, np.float32)))

    def end(self, vids: Sequence[int]) -> None:
        """Mark versions as ended."""
        np = numpy()
        gone = np.asarray(vids, np.int64)
        for block in self.blocks:
            block.alive[: block.count] &= ~np.isin(block.vids[: block.count], gone)

    def scores(self, query: Any, scopes: tuple[str, ...] | None) -> tuple[Any, Any]:
        """Return the vids of living versions of these scopes, in order, with scores; coarse ones are about right."""
        np = numpy()
        wanted = None if scopes is None else [self.codes[scope] for scope in scopes if scope in self.codes]
        ask = query
        if self.coarse:
            ask = np.rint(query * (127 / max(float(np.abs(query).max()), 1e-9))).astype(np.int8)
        vids, scores = [], []
        for block in self.blocks:
            mask = block.alive[: block.count]
            if wanted is not None:
                mask = mask & np.isin(block.scopes[: block.count], wanted)
            picked = np.flatnonzero(mask)
            if len(picked) == 0:
                continue
            rows = block.rows[: block.count] if len(picked) == block.count else block.rows[picked]
            found = np.einsum("ij,j->i", rows, ask, dtype=np.int32 if self.coarse else np.float32)  # one thread
            scores.append(found * block.scales[picked] if self.coarse else found)
            vids.append(block.vids[picked])
        if not vids:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return np.concatenate(vids), np.concatenate(scores)


class VectorMemory:
    """Answers what `vectors.nearest` answers, from vectors held in memory.

    Exact where the vectors fit in the bound as float32; past that they are held in eight bits, and the best of them
    are scored again from the file. Where not even those fit, it answers nothing, and the file is read.

    Args:
        most_bytes: The bound; 0 holds nothing.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._matrix: _Matrix | None = None
        self._too_big: str | None = None

    def clear(self) -> None:
        """Let go of everything held."""
        with self._lock:
            self._matrix = self._too_big = None

    def nearest(self, snapshot: Snapshot, target: Target, visible: Visible, limit: int) -> Nearest | None:
        """Return the versions nearest to a query, or None where the vectors must be read from the file.

        That is: for past moments, for a snapshot older than what is held, where the vectors don't fit, and where the
        filters leave too little of what is near.
        """
        if not visible.live_only or self._most == 0:
            return None
        with self._lock:
            matrix = self._follow(snapshot, target.model)
            if matrix is None:
                return None
            np = numpy()
            query = np.asarray(target.vector, dtype=np.float32)
            vids, scores = matrix.scores(query, visible.scopes)
        best = self._rescored(snapshot, target.model, query) if matrix.coarse else dict
        return _draw(snapshot, visible, limit, vids, scores, best, snapshot.followed(target.model))

    @staticmethod
    def _rescored(snapshot: Snapshot, model: str, query: Any) -> Callable[[Any], dict[int, float]]:
        """Return what replaces coarse scores by exact ones."""

        def again(pairs: Any) -> dict[int, float]:
            np = numpy()
            stored = snapshot.vectors_of(model, [vid for vid, _ in pairs])
            if not stored:
                return {}
            matrix = np.frombuffer(b"".join(stored.values()), dtype=np.float16).reshape(len(stored), -1)
            scores = np.einsum("ij,j->i", matrix.astype(np.float32), query)
            return dict(zip(stored, map(float, scores), strict=True))

        return again

    def _follow(self, snapshot: Snapshot, model: str) -> _Matrix | None:
        """Bring what is held up to the snapshot; None where it can't stand for it."""
        if self._too_big == model:
            return None
        head, followed = snapshot.head(), snapshot.followed(model)[1]
        matrix = self._matrix
        if matrix is not None and matrix.model == model and head < matrix.seq:
            return None
        if matrix is None or matrix.model != model or followed < matrix.vid:
            matrix = _Matrix(model, False, head)
        if followed > matrix.vid:
            matrix = self._load(snapshot, matrix, followed)
        if matrix is not None and head > matrix.seq:
            matrix.end(snapshot.ended(matrix.seq))
            matrix.seq = head
        self._matrix = matrix
        return matrix

    def _load(self, snapshot: Snapshot, matrix: _Matrix, followed: int) -> _Matrix | None:
        """Take in what is new; start again in eight bits, or give up, where the bound is passed."""
        coming = snapshot.embedded(matrix.model, matrix.vid)
        while chunk := list(islice(coming, matrix.room or _BLOCK)):
            if not matrix.room:
                matrix.dimension = len(chunk[0][2]) // 2
                if matrix.bytes_with(1) > self._most:
                    if matrix.coarse:
                        self._too_big = matrix.model
                        return None
                    return self._load(snapshot, _Matrix(matrix.model, True, snapshot.head()), followed)
                matrix.grow()
            matrix.extend(chunk)
            matrix.vid = chunk[-1][0]  # where the reading fails, it goes on from there
        matrix.vid = followed
        return matrix


def _draw(
    snapshot: Snapshot,
    visible: Visible,
    limit: int,
    vids: Any,
    scores: Any,
    best: Callable[[Any], dict[int, float]],
    followed: tuple[int, int],
) -> Nearest | None:
    """Return the best that are visible; draw more where too few are, None where that does not help."""
    np = numpy()
    ask = limit + 16
    for _ in range(_DRAWS):
        most = min(len(vids), ask * (_AGAIN if best is not dict else 1))
        top = np.argpartition(-scores, most - 1)[:most] if most < len(vids) else np.arange(len(vids))
        top = top[np.lexsort((vids[top], -scores[top]))]
        exact = best([(int(vids[spot]), float(scores[spot])) for spot in top])
        shown = snapshot.shown(list(exact), visible)
        kept = sorted((vid for vid in exact if vid in shown), key=lambda vid: (-exact[vid], vid))
        if len(kept) >= limit or most == len(vids):
            return Nearest({vid: exact[vid] for vid in kept[:limit]}, *followed)
        ask *= 4
    return None
