"""The answer lane, top to bottom: query -> candidates from arms -> fuse -> budget -> context with reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ricordo.index.entry import embedded_text
from ricordo.index.vectors import Nearest
from ricordo.plaintext import arms, probe
from ricordo.plaintext.asked import Asked
from ricordo.plaintext.compose import Reader, Wanted, compose
from ricordo.plaintext.fuse import WEIGHTS, Evidence, Ranked, base, fuse, total
from ricordo.plaintext.graph import spread
from ricordo.store.base import Signal, Snapshot
from ricordo.types import Recall

#: Candidates that each drawing arm may bring.
POOL = 100
#: The best candidates whose neighbours are looked up, and who bring them along.
CARRIERS = 20
#: The best candidates from which the graph of names is walked.
SEEDS = 10
#: Where a query names who spoke, the share of its vector that is of the query without that name: every turn of the
#: speaker begins with the name, so a name in the query makes them all alike.
UNNAMED = 0.5

#: What a slot gives: the state that holds it, and one that did, where the past is asked for.
SLOTS = {"slot": 1.0, "history": 0.5}

#: Answers what is nearest to a mixture of (text, share), or None where there is no embedder.
Near = Callable[[Sequence[tuple[str, float]]], Nearest | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found, ranked.

    Args:
        asked: The query, read.
        ranked: Versions, best first.
        named: What the query named.
        indexed_seq: How far the vector index has come.
        probed: For each version that a probe brought or raised, the probe's text.
        probes: The probes that were asked, in order.
        rounds: How many rounds of asking were made.
    """

    asked: Asked
    ranked: Sequence[Ranked]
    named: Sequence[arms.Named]
    indexed_seq: int | None
    probed: Mapping[int, str] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the arms of a query found: the evidence to rank by, what it named, how far the vector index has come."""

    evidence: Evidence
    named: list[arms.Named]
    indexed_seq: int | None


def recall(snapshot: Snapshot, reader: Reader, wanted: Wanted, found: Found, degraded: str | None = None) -> Recall:
    """Make an answer of what was found: pack it, and say why.

    Args:
        snapshot: What to read from.
        reader: How text is read and counted.
        wanted: The query and its bounds.
        found: What `search` found.
        degraded: Why a model took no part.
    """
    ranked, seq = found.ranked, found.indexed_seq
    told = compose(snapshot, reader, wanted, found.asked, ranked, found.named, seq, "answer", WEIGHTS, found.probed)
    return replace(told, probes=found.probes, rounds=found.rounds, degraded=degraded)


def still_there(snapshot: Snapshot, wanted: Wanted, found: Found) -> Found:
    """Return what was found as far as a later snapshot still shows it."""
    shown = snapshot.shown([one.vid for one in found.ranked], wanted.visible)
    if past := [hit.vid for hit in found.named if hit.role == "history"]:
        shown |= snapshot.shown(past, replace(wanted.visible, statuses=("superseded",)))
    return replace(found, ranked=[one for one in found.ranked if one.vid in shown])


def search(snapshot: Snapshot, reader: Reader, wanted: Wanted, near: Near, further: Sequence[str] = ()) -> Found:
    """Rank what a query finds; then, for each further hop, what is asked next finds.

    The loop ends where nothing is missing, every lead was followed, or a round changed nothing among the best.

    Args:
        snapshot: What to read from.
        reader: How text is read and counted.
        wanted: The query and its bounds.
        near: Asks the vector index.
        further: Other queries for the same, such as a language model's; asked in the first further round.
    """
    asked = wanted.asked(reader)
    drawn = draw(snapshot, reader, wanted, asked, near)
    found = Found(asked, fuse(drawn.evidence), drawn.named, drawn.indexed_seq)
    given = [probe.Probe(text, 0, text) for text in further]
    tried: set[str] = set()
    for hop in range(1, wanted.hops):
        pool = held(snapshot, reader, wanted, found.ranked)
        following = [*given, *probe.probes(asked, pool, tried, reader.tokeniser)]
        before, given = found, []
        if following:
            tried.update(one.lead for one in following)
            found = _followed(snapshot, reader, wanted, near, found, following, hop)
        if [one.vid for one in found.ranked[: probe.READ]] == [one.vid for one in before.ranked[: probe.READ]]:
            break
    return found


def reranked(found: Found, vids: Sequence[int], scores: Sequence[float]) -> Found:
    """Add a reranker's scores, 0 to 1, as one more arm."""
    given = dict(zip(vids, scores, strict=True))
    shares = {vid: WEIGHTS["rerank"] * score for vid, score in given.items()}
    ranked = [
        Ranked(one.vid, one.score + shares[one.vid], {**one.arms, "rerank": (given[one.vid], shares[one.vid])})
        for one in found.ranked
        if one.vid in given
    ]
    rest = [one for one in found.ranked if one.vid not in given]
    return replace(found, ranked=[*sorted(ranked, key=lambda one: -one.score), *rest])


def texts(snapshot: Snapshot, wanted: Wanted, found: Found, limit: int) -> tuple[list[int], list[str]]:
    """Return the best versions and their texts, as a reranker is given them."""
    best = [one.vid for one in found.ranked[:limit]]
    rows = snapshot.rows(best, wanted.visible.as_of)
    return best, [embedded_text(rows[vid].record) for vid in best]


def held(snapshot: Snapshot, reader: Reader, wanted: Wanted, ranked: Sequence[Ranked]) -> list[probe.Held]:
    """Return the best records as the evidence loop looks at them."""
    best = ranked[: probe.READ]
    rows = snapshot.rows([one.vid for one in best], wanted.visible.as_of)
    texts = {vid: f"{row.record.title or ''}\n{row.record.content}" for vid, row in rows.items()}
    speakers = {vid: row.record.speaker or "" for vid, row in rows.items()}
    terms = {vid: frozenset(reader.tokeniser.index_terms(f"{speakers[vid]}\n{text}")) for vid, text in texts.items()}
    return [probe.Held(one.vid, one.score, texts[one.vid], terms[one.vid], speakers[one.vid]) for one in best]


def _followed(
    snapshot: Snapshot,
    reader: Reader,
    wanted: Wanted,
    near: Near,
    found: Found,
    following: Sequence[probe.Probe],
    hop: int,
) -> Found:
    """Ask the probes of one round and put what they found into the ranking."""
    answers = []
    for one in following:
        drawn = draw(snapshot, reader, wanted, wanted.asked(reader, one.text), near)
        answers.append((one, {ranked.vid: ranked.score for ranked in fuse(drawn.evidence)}))
    before = {one.vid: one for one in found.ranked}
    raised = probe.merged({vid: one.score for vid, one in before.items()}, answers, hop)
    probed = dict(found.probed)
    for vid, (score, one) in raised.items():
        old = before.get(vid, Ranked(vid, 0.0, {}))
        gain = score - old.score + old.arms.get("probe", (0.0, 0.0))[1]
        before[vid] = Ranked(vid, score, {**old.arms, "probe": (round(score, 6), gain)})
        probed[vid] = one.text
    ranked = sorted(before.values(), key=lambda one: -one.score)
    asked = (*found.probes, *(one.text for one in following))
    return replace(found, ranked=ranked, probed=probed, probes=asked, rounds=hop + 1)


def draw(snapshot: Snapshot, reader: Reader, wanted: Wanted, asked: Asked, near: Near) -> Drawn:
    """Draw candidates, bring what stands around the best and what they speak of, and mark them all."""
    visible, pool = wanted.visible, max(POOL, wanted.k)
    lexical = dict(snapshot.search(asked.terms, visible, pool))
    signals = snapshot.signals(list(lexical))
    speaker = arms.named_speaker(asked, signals.values())
    nearest = near(_asked_of_vectors(asked, speaker))
    vectors = nearest.scores if nearest else {}
    named = _named(snapshot, reader, wanted, asked)
    recent = _recent(snapshot, wanted, pool) if not asked.terms else {}
    others = dict.fromkeys([*vectors, *(hit.vid for hit in named), *recent])
    if asked.spans and not lexical:
        others.update(dict.fromkeys(arms.draw_times(snapshot, asked, visible, pool)))
    _learn(snapshot, signals, others)
    shares = base(lexical, vectors, signals, nearest.vid if nearest else None)
    best = sorted(shares, key=lambda vid: (-total(shares[vid]), vid))
    around = _around(snapshot, wanted, best[:CARRIERS] or list(others)[:CARRIERS])
    flow = _flow(snapshot, reader, wanted, {vid: total(shares[vid]) for vid in best[:SEEDS]})
    _learn(snapshot, signals, [*around, *flow])
    spoken = snapshot.when(list(signals)) if asked.spans or asked.asks_when else {}
    found = {
        "name": {hit.vid: 1.0 for hit in named if hit.role in arms.CALLED},
        "slot": {hit.vid: SLOTS[hit.role] for hit in named if hit.role in SLOTS},
        "premise": {hit.vid: 1.0 for hit in named if hit.role == "premise"},
        "graph": flow,
        "speaker": arms.speakers(speaker, signals),
        "time": arms.times(asked, signals, spoken) if asked.spans else {},
        "when": arms.whens(asked, signals, spoken),
        "recent": recent,
    }
    return Drawn(Evidence(shares, found, signals, around), named, nearest.seq if nearest else None)


def _asked_of_vectors(asked: Asked, speaker: str | None) -> list[tuple[str, float]]:
    plain = asked.without(speaker) if speaker else ""
    return [(asked.text, 1 - UNNAMED), (plain, UNNAMED)] if plain else [(asked.text, 1.0)]


def _named(snapshot: Snapshot, reader: Reader, wanted: Wanted, asked: Asked) -> list[arms.Named]:
    """Return what the query names, without names that too many records share to tell which is meant."""
    visible = wanted.visible
    if not snapshot.has_names():
        return []
    hits = [
        *arms.names(snapshot, asked, visible),
        *arms.slots(snapshot, asked, visible),
        *arms.history(snapshot, asked, visible),
        *arms.premises(snapshot, asked, visible, reader.zone),
    ]
    sharing: dict[str, set[int]] = {}
    for hit in hits:
        sharing.setdefault(hit.key, set()).add(hit.vid)
    return [hit for hit in hits if len(sharing[hit.key]) <= arms.MOST_NAMESAKES]


def _recent(snapshot: Snapshot, wanted: Wanted, pool: int) -> dict[int, float]:
    newest = snapshot.recent(wanted.visible, pool)
    return {vid: 1.0 - rank / len(newest) for rank, vid in enumerate(newest)}


def _learn(snapshot: Snapshot, signals: dict[int, Signal], vids: Sequence[int] | Mapping[int, object]) -> None:
    """Add the signals of the versions that are not known yet."""
    if missing := [vid for vid in dict.fromkeys(vids) if vid not in signals]:
        signals.update(snapshot.signals(missing))


def _around(snapshot: Snapshot, wanted: Wanted, best: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """Return who stands before and after the best and their neighbours, as far as it is known."""
    return _mirrored(snapshot.neighbours(best, wanted.visible, reach=2))


def _mirrored(around: Mapping[int, tuple[int | None, int | None]]) -> dict[int, tuple[int | None, int | None]]:
    """Add to each version's neighbours the other way round: what comes after one has it before itself."""
    both = dict(around)
    for vid, (before, after) in around.items():
        if before is not None:
            both[before] = (both.get(before, (None, None))[0], vid)
        if after is not None:
            both[after] = (vid, both.get(after, (None, None))[1])
    return both


def _flow(snapshot: Snapshot, reader: Reader, wanted: Wanted, seeds: Mapping[int, float]) -> dict[int, float]:
    """Return what flows along the graph of names from the seeds, the most as 1; nothing where no record has a name."""
    if not seeds or not snapshot.has_names():
        return {}
    flow = spread(seeds, arms.mentions(snapshot, list(seeds), reader.tokeniser, wanted.visible))
    most = max(flow.values(), default=0.0)
    return {vid: weight / most for vid, weight in flow.items()}
