"""The vector index: follows the log after the acknowledgement, searches exactly what a viewer may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ricordo.errors import MissingExtraError, ProviderError, StoreError
from ricordo.index.entry import embedded_text
from ricordo.store.base import Row, Snapshot, Store, Transaction, Visible
from ricordo.types import RECALLABLE

if TYPE_CHECKING:
    from ricordo.providers.base import Embedder

BATCH = 256
_WAIT_S = 0.02


@dataclass(frozen=True, slots=True)
class Nearest:
    """The answer of the vector index: cosine by version, the last `seq` and the last version it has seen."""

    scores: Mapping[int, float]
    seq: int
    vid: int


def catch_up(
    store: Store,
    embedder: Embedder,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    deadline_s: float | None = None,
) -> int:
    """Embed what the index has not seen yet, oldest first; return how many versions it took in.

    Args:
        store: The space.
        embedder: Makes the vectors.
        limit: At most so many versions; None is all.
        progress: Called with the number of versions of each batch.
        deadline_s: How long to wait for other writers.
    """
    done = 0
    while limit is None or done < limit:
        with store.read() as snapshot:
            rows = snapshot.unfollowed(embedder.model_id, BATCH if limit is None else min(BATCH, limit - done))
        if not rows:
            return done
        vectors = _embed(embedder, [row for row in rows if row.record.status in RECALLABLE])
        last = rows[-1].vid
        keep = partial(_follow, follower=embedder.model_id, vid=last, vectors=vectors)
        store.transact(keep, deadline_s=deadline_s)
        done += len(rows)
        if progress is not None:
            progress(len(rows))
    return done


@dataclass(frozen=True, slots=True)
class Target:
    """A query's vector, of shape (dimension,), and the model that made it."""

    model: str
    vector: Any


def query_vector(embedder: Embedder, texts: Sequence[tuple[str, float]]) -> Target:
    """Return the vector of a query: the mixture of texts by their shares."""
    import numpy as np

    made = np.asarray(embedder.embed([text for text, _ in texts]), dtype=np.float32)
    return Target(embedder.model_id, np.asarray([share for _, share in texts], dtype=np.float32) @ made)


def nearest(snapshot: Snapshot, target: Target, visible: Visible, limit: int) -> Nearest:
    """Return the versions nearest to a query, and how far the index has come.

    Args:
        snapshot: What to read from.
        target: What to be near to.
        visible: What may be seen: only that is scanned.
        limit: At most so many versions.
    """
    np = numpy()
    vids, blobs = [], []
    for vid, blob in snapshot.vectors(target.model, visible):
        vids.append(vid)
        blobs.append(blob)
    followed = snapshot.followed(target.model)
    if not vids:
        return Nearest({}, *followed)
    matrix = np.frombuffer(b"".join(blobs), dtype=np.float16).reshape(len(vids), -1)
    vector = np.asarray(target.vector, dtype=np.float32)
    scores = np.einsum("ij,j->i", matrix.astype(np.float32), vector)  # one thread: BLAS would spin up more
    best = np.argsort(-scores, kind="stable")[:limit]
    return Nearest({vids[spot]: float(scores[spot]) for spot in best}, *followed)


def numpy() -> Any:
    """Return numpy, which comes with the extra."""
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtraError("embed", "the vector arm") from error
    return np


def catch_up_a_little(store: Store, embedder: Embedder, limit: int) -> None:
    """Embed the next few before an answer, unless that fails or would mean waiting; the answer goes on without."""
    with suppress(StoreError, ProviderError):  # what is wrong with reading too, the answer meets itself
        catch_up(store, embedder, limit, deadline_s=_WAIT_S)


def _follow(transaction: Transaction, *, follower: str, vid: int, vectors: list[tuple[int, bytes]]) -> None:
    transaction.follow(follower, vid, vectors)


def _embed(embedder: Embedder, rows: list[Row]) -> list[tuple[int, bytes]]:
    if not rows:
        return []
    import numpy as np

    vectors = np.asarray(embedder.embed([embedded_text(row.record) for row in rows]), dtype=np.float16)
    return [(row.vid, vector.tobytes()) for row, vector in zip(rows, vectors, strict=True)]
