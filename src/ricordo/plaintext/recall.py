"""The answer lane, top to bottom: query -> candidates from arms -> fuse -> budget -> context with reasons."""

from __future__ import annotations

from collections.abc import Mapping

from ricordo.index.vectors import Nearest
from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked
from ricordo.plaintext.compose import Reader, Wanted, compose
from ricordo.plaintext.fuse import WEIGHTS, Evidence, fuse
from ricordo.store.base import Snapshot
from ricordo.types import Recall

#: Candidates that each drawing arm may bring.
POOL = 200
#: The best candidates whose neighbours are looked up, and who bring them along.
CARRIERS = 40


def recall(snapshot: Snapshot, reader: Reader, wanted: Wanted, near: Nearest | None) -> Recall:
    """Answer a query in the answer lane: recall first.

    Args:
        snapshot: What to read from.
        reader: How text is read and counted.
        wanted: The query and its bounds.
        near: What the vector index answers; None without an embedder.
    """
    asked = wanted.asked(reader)
    evidence, named = _gather(snapshot, asked, wanted, near)
    ranked = fuse(evidence)
    return compose(snapshot, reader, wanted, asked, ranked, named, near.seq if near else None, "answer", WEIGHTS)


def _gather(
    snapshot: Snapshot, asked: Asked, wanted: Wanted, near: Nearest | None
) -> tuple[Evidence, list[arms.Named]]:
    """Draw candidates, bring the neighbours of the best, and mark them all."""
    visible, pool = wanted.visible, max(POOL, wanted.k)
    lexical = dict(snapshot.search(asked.terms, visible, pool))
    vectors = near.scores if near else {}
    named = [*arms.names(snapshot, asked, visible), *arms.slots(snapshot, asked, visible)]
    named = _telling(named)
    drawn = dict.fromkeys([*lexical, *vectors, *(hit.vid for hit in named)])
    recent: dict[int, float] = {}
    if asked.spans and not lexical:
        drawn.update(dict.fromkeys(arms.draw_times(snapshot, asked, visible, pool)))
    if not asked.terms:
        newest = snapshot.recent(visible, pool)
        recent = {vid: 1.0 - rank / len(newest) for rank, vid in enumerate(newest)}
        drawn.update(dict.fromkeys(newest))
    best = sorted(drawn, key=lambda vid: -lexical.get(vid, 0.0))[:CARRIERS] if not vectors else _best(lexical, vectors)
    around = _mirrored(snapshot.neighbours(best, visible))
    drawn.update(dict.fromkeys(around))
    signals = snapshot.signals(list(drawn))
    spoken = snapshot.when(list(drawn)) if asked.spans or asked.asks_when else {}
    found = {
        "lexical": lexical,
        "vector": dict(vectors),
        "name": {hit.vid: 1.0 for hit in named if hit.role != "slot"},
        "slot": {hit.vid: 1.0 for hit in named if hit.role == "slot"},
        "speaker": arms.speakers(asked, signals),
        "time": arms.times(asked, signals, spoken) if asked.spans else {},
        "when": arms.whens(asked, spoken),
        "recent": recent,
    }
    return Evidence(found, signals, around, near.vid if near else None), named


def _mirrored(around: Mapping[int, tuple[int | None, int | None]]) -> dict[int, tuple[int | None, int | None]]:
    """Add to each version's neighbours the other way round: what comes after one has it before itself."""
    both = dict(around)
    for vid, (before, after) in around.items():
        if before is not None:
            both[before] = (both.get(before, (None, None))[0], vid)
        if after is not None:
            both[after] = (vid, both.get(after, (None, None))[1])
    return both


def _best(lexical: Mapping[int, float], vectors: Mapping[int, float]) -> list[int]:
    half = CARRIERS // 2
    first = sorted(lexical, key=lambda vid: -lexical[vid])[:half]
    return list(dict.fromkeys([*first, *sorted(vectors, key=lambda vid: -vectors[vid])[:half]]))


def _telling(named: list[arms.Named]) -> list[arms.Named]:
    """Leave out names that too many records share to tell which is meant."""
    sharing: dict[str, set[int]] = {}
    for hit in named:
        sharing.setdefault(hit.key, set()).add(hit.vid)
    return [hit for hit in named if len(sharing[hit.key]) <= arms.MOST_NAMESAKES]
