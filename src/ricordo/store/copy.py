"""Copying a space from one store into another, and proving that both hold the same."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import NamedTuple

from ricordo.errors import StoreError
from ricordo.store.base import Snapshot, Store, Transaction
from ricordo.store.fold import GENESIS
from ricordo.store.sizes import Totals

_VECTORS_AT_ONCE = 1_000


class Proof(NamedTuple):
    """What two stores that hold the same space have in common.

    Args:
        seq, hash: The last event and its hash, which stands for every header before it.
        records: Digest of every record version with its evidence.
        versions: How many versions there are.
        totals: What the live records come to.
        vectors: Digest of every vector and of how far those who make them have come.
    """

    seq: int
    hash: str
    records: str
    versions: int
    totals: Totals
    vectors: str


def copy(snapshot: Snapshot, source: Store, target: Store) -> Proof:
    """Copy a space into an empty one: its log as it is, its identity, its vectors; not the read handles.

    Args:
        snapshot: What is copied, of the source.
        source: Whose identity is taken over.
        target: The empty space.

    Raises:
        StoreError: What the target holds afterwards is not what the source holds.
    """
    target.load(snapshot.events(), source.space_id, source.secret)
    for name in snapshot.followers():
        _copy_vectors(snapshot, target, name)
    proof = prove(snapshot)
    with target.read() as copied:
        there = prove(copied)
    if there != proof or (target.space_id, target.secret) != (source.space_id, source.secret):
        differing = [name for name in Proof._fields if getattr(there, name) != getattr(proof, name)]
        raise StoreError(
            f"the copy differs from the space in {', '.join(differing) or 'its identity'}; nothing is kept"
        )
    return proof


def prove(snapshot: Snapshot) -> Proof:
    """Return what stands for everything a snapshot holds."""
    head = snapshot.head()
    last = next(snapshot.events(head - 1), None) if head else None
    records, vectors = hashlib.sha256(), hashlib.sha256()
    for part in snapshot.dump():
        records.update(part + b"\n")
    newest = snapshot.newest()
    for name in snapshot.followers():
        vectors.update(f"{name} {snapshot.followed(name)[1]}\n".encode())
        for begin in range(1, newest + 1, _VECTORS_AT_ONCE):
            held = snapshot.vectors_of(name, range(begin, min(newest + 1, begin + _VECTORS_AT_ONCE)))
            for vid in sorted(held):
                vectors.update(f"{vid} ".encode() + held[vid])
    versions = snapshot.counts(None)["versions"].get("all", 0)
    digest = last.hash if last else GENESIS
    return Proof(head, digest, records.hexdigest(), versions, snapshot.totals(None), vectors.hexdigest())


def _copy_vectors(snapshot: Snapshot, target: Store, name: str) -> None:
    reached = snapshot.followed(name)[1]
    for begin in range(1, reached + 1, _VECTORS_AT_ONCE):
        end = min(reached + 1, begin + _VECTORS_AT_ONCE)
        vectors = sorted(snapshot.vectors_of(name, range(begin, end)).items())
        target.transact(partial(_follow, name=name, vid=end - 1, vectors=vectors))


def _follow(transaction: Transaction, *, name: str, vid: int, vectors: list[tuple[int, bytes]]) -> None:
    transaction.follow(name, vid, vectors)
