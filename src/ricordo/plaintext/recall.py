"""The read flow, top to bottom: query -> candidates from arms -> fuse -> budget -> context with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ricordo.index.vectors import Nearest
from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked, read_query, said
from ricordo.plaintext.budget import pack
from ricordo.plaintext.fuse import WEIGHTS, Evidence, Ranked, fuse
from ricordo.store.base import Snapshot, Visible
from ricordo.text import Tokeniser
from ricordo.text.foreign import FindTimes
from ricordo.text.time import find_times
from ricordo.types import RECALLABLE, ArmScore, Item, Recall, Record, TokenCounter, Why

#: Candidates that each drawing arm may bring.
POOL = 200
#: The best candidates whose neighbours are looked up, and who bring them along.
CARRIERS = 40
#: Candidates fetched past `k`: to name what was left out, and to fill a budget that long items don't fit.
_SPARE, _SPARE_IN_BUDGET = 5, 20
#: What the inject lane gives a pin, a participant of a named relationship, one more match; and a match by role.
PIN, HOP, ONE_MORE = 10.0, 1.0, 0.2
STRENGTH = {"name": 3.0, "alias": 2.0, "slot": 2.0}


@dataclass(frozen=True, slots=True)
class Reader:
    """What both lanes need beside a snapshot: how text is read, what tokens cost."""

    tokeniser: Tokeniser
    counter: TokenCounter
    zone: tzinfo
    times: FindTimes = find_times


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of a read: the query, what may be seen, how much is wanted."""

    query: str
    visible: Visible
    k: int
    max_tokens: int | None


def recall(snapshot: Snapshot, reader: Reader, wanted: Wanted, near: Nearest | None) -> Recall:
    """Answer a query in the answer lane: recall first.

    Args:
        snapshot: What to read from.
        reader: How text is read and counted.
        wanted: The query and its bounds.
        near: What the vector index answers; None without an embedder.
    """
    asked = read_query(wanted.query, reader.tokeniser, wanted.visible.now, reader.zone, reader.times)
    evidence, named = _gather(snapshot, asked, wanted, near)
    ranked = fuse(evidence)
    return _answer(snapshot, reader, wanted, asked, ranked, named, near.seq if near else None, "answer")


def inject(snapshot: Snapshot, reader: Reader, wanted: Wanted) -> Recall:
    """Answer a turn in the inject lane: precision first. Pins, then what the turn names; nothing rather than noise.

    Content is never searched, and what is pasted into the turn (code, addresses, paths) names nothing. A slot matches
    when its whole attribute and its subject are in the turn; a relationship that is named brings what it links to, one
    step.
    """
    visible = wanted.visible
    asked = read_query(said(wanted.query), reader.tokeniser, visible.now, reader.zone, reader.times)
    pinned = snapshot.pinned(visible)
    hits = [*arms.names(snapshot, asked, visible), *arms.slots(snapshot, asked, visible)] if asked.words else []
    found = dict.fromkeys(hit.vid for hit in hits)
    hops = _participants(snapshot, list(found), visible)
    scores: dict[int, dict[str, tuple[float, float]]] = {vid: {"pin": (1.0, PIN)} for vid in pinned}
    sharing = Counter(hit.key for hit in dict.fromkeys(hits))
    for hit in dict.fromkeys(hits):
        parts = scores.setdefault(hit.vid, {})
        count, best = parts.get(hit.role, (0.0, 0.0))
        parts[hit.role] = (count + 1, max(best, _strength(hit, sharing[hit.key])) + (ONE_MORE if count else 0.0))
    for vid in hops:
        scores.setdefault(vid, {"hop": (1.0, HOP)})
    ranked = [Ranked(vid, sum(share for _, share in parts.values()), parts) for vid, parts in scores.items()]
    ranked.sort(key=lambda one: (-one.score, one.vid))
    return _answer(snapshot, reader, wanted, asked, ranked, hits, None, "inject")


def _strength(hit: arms.Named, sharing: int) -> float:
    """Return what a match is worth: by role, more for a longer key, less for a misspelt or a shared one."""
    shared = min(0.4, 0.1 * (sharing - 1))
    return STRENGTH[hit.role] + 0.1 * hit.key.count(" ") - (0.5 if hit.typed else 0.0) - shared


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


def _participants(snapshot: Snapshot, vids: Sequence[int], visible: Visible) -> list[int]:
    """Return what named relationships link to, one step."""
    targets = [
        link.target
        for row in snapshot.rows(vids).values()
        if row.record.kind == "relationship"
        for link in row.record.links
        if link.type in ("about", "part_of")
    ]
    rows = [snapshot.find(target, visible) for target in dict.fromkeys(targets)]
    return [row.vid for row in rows if row is not None and _recallable(row.record, visible.now)]


def _recallable(record: Record, now: datetime) -> bool:
    return record.status in RECALLABLE and (record.expires_at is None or record.expires_at > now)


def _answer(
    snapshot: Snapshot,
    reader: Reader,
    wanted: Wanted,
    asked: Asked,
    ranked: Sequence[Ranked],
    named: Iterable[arms.Named],
    indexed_seq: int | None,
    lane: str,
) -> Recall:
    """Fetch the best, pack them, and say why."""
    notes: dict[int, list[str]] = {}
    for hit in named:
        notes.setdefault(hit.vid, []).append(hit.note)
    shown = ranked[: wanted.k + (_SPARE if wanted.max_tokens is None else _SPARE_IN_BUDGET)]
    rows = snapshot.rows([one.vid for one in shown], wanted.visible.as_of)
    items = [
        Item(
            rows[one.vid].record,
            round(one.score, 6),
            Why(
                {name: ArmScore(round(raw, 6), round(share, 6)) for name, (raw, share) in one.arms.items()},
                tuple(dict.fromkeys(notes.get(one.vid, ()))),
            ),
        )
        for one in shown
    ]
    packed = pack(items, reader.counter, k=wanted.k, max_tokens=wanted.max_tokens)
    visible = wanted.visible
    return Recall(
        query=wanted.query,
        lane=lane,
        items=packed.items,
        text=packed.text,
        tokens=packed.tokens,
        dropped=packed.dropped,
        as_of=visible.as_of if visible.as_of is not None else snapshot.head(),
        indexed_seq=indexed_seq,
        terms=asked.terms,
        weights=WEIGHTS if lane == "answer" else {},
    )
