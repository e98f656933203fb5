"""Fusing arms into one ranking: scaled scores, weighted and added. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ricordo.store.base import Signal

#: What each arm may add to a score. Lexical and vector share the base between them; the others come on top.
#: Chosen by `benchmarks/tune.py`, one table for conversations and documents.
WEIGHTS: dict[str, float] = {
    "lexical": 0.55,
    "vector": 0.45,
    "name": 0.3,
    "slot": 0.3,
    "premise": 0.3,
    "graph": 0.5,
    "before": 0.2,
    "after": 0.1,
    "reply": 0.3,
    "session": 0.6,
    "speaker": 0.6,
    "time": 0.1,
    "when": 0.2,
    "length": 0.3,
    "asks": -0.1,
    "recent": 0.1,
    "rerank": 1.0,
}
_BASE = ("lexical", "vector")
_ADDED = ("name", "slot", "premise", "graph", "speaker", "time", "when", "recent")
_SESSION_BEST = 3
_FULL_LENGTH = 20
#: How much of a neighbour's share is left for one that is two turns away.
_FADE = 0.5
#: BM25's k1 and b: what the full-text engine scores by, and what fits turns of a conversation.
_ENGINE, _TURNS = (1.2, 0.75), (0.8, 0.4)
#: Terms of a turn beside its content: who said it, and when.
_LABELS = 5

Shares = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything ranking may look at.

    Args:
        base: What the lexical and the vector arm gave, as `base` returns it.
        arms: For each other arm, raw scores by version.
        signals: Where each version stands: session, speaker, size.
        around: The versions said before and after each.
    """

    base: Mapping[int, Mapping[str, tuple[float, float]]]
    arms: Mapping[str, Mapping[int, float]]
    signals: Mapping[int, Signal]
    around: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A version with its score and what each arm gave: (raw score, share)."""

    vid: int
    score: float
    arms: Mapping[str, tuple[float, float]]


def base(
    lexical: Mapping[int, float],
    vectors: Mapping[int, float],
    signals: Mapping[int, Signal],
    embedded_to: int | None = None,
    weights: Mapping[str, float] = WEIGHTS,
) -> dict[int, Shares]:
    """Return what the lexical and the vector arm give each version: (raw score, share) by arm.

    Scores are scaled by the range of their arm, not replaced by ranks: with ranks (k = 60) a clear winner of one arm
    loses to what is middling in both. The two arms share one point by their weights; an arm without results leaves it
    to the other.

    Args:
        lexical: BM25 scores.
        vectors: Cosines.
        signals: Where each version stands.
        embedded_to: The last version the vector index has seen; newer ones are not held back for having no vector.
        weights: What each arm may add.
    """
    shares: dict[int, Shares] = {}
    given = {"lexical": (lexical, _fitted(lexical, signals)), "vector": (vectors, vectors)}
    active = [name for name in _BASE if given[name][0]]
    total = sum(weights[name] for name in active) or 1.0
    for name in active:
        raw, fitted = given[name]
        for vid, score in scaled(fitted, from_zero=name == "lexical").items():
            shares.setdefault(vid, {})[name] = (raw[vid], weights[name] / total * score)
    if embedded_to is not None and "lexical" in active:
        _make_up(lexical, embedded_to, weights, shares)
    return shares


def total(shares: Mapping[str, tuple[float, float]]) -> float:
    """Return the sum of a version's shares."""
    return sum([share for _, share in shares.values()])


def fuse(evidence: Evidence, weights: Mapping[str, float] = WEIGHTS) -> list[Ranked]:
    """Rank versions by the sum of their arms' shares, best first.

    A turn is also carried by the turns around it, most of all where it follows a question, and by its session.

    Args:
        evidence: Shares of the base, raw scores of the other arms, and where each version stands.
        weights: What each arm may add.

    Returns:
        Every version of the evidence; equal scores go to the one said last.
    """
    signals = evidence.signals
    shares: dict[int, Shares] = {vid: dict(evidence.base.get(vid, ())) for vid in signals}
    _carry(evidence, weights, shares)
    for name in _ADDED:
        for vid, raw in evidence.arms.get(name, {}).items():
            if vid in shares:
                shares[vid][name] = (raw, weights[name] * raw)
    for vid, signal in signals.items():
        if shares[vid]:
            _stature(signal, weights, shares[vid])
    scores = {vid: total(arms) for vid, arms in shares.items()}
    order = sorted(scores, key=lambda vid: (-round(scores[vid], 9), -signals[vid].said_at, -vid))
    return [Ranked(vid, scores[vid], shares[vid]) for vid in order]


def scaled(scores: Mapping[int, float], *, from_zero: bool) -> dict[int, float]:
    """Return scores divided by their range, so that the best is 1.

    Args:
        scores: Raw scores.
        from_zero: Whether 0 is the score of a version that was not found; else the lowest score counts as 0.
    """
    if not scores:
        return {}
    high = max(scores.values())
    low = 0.0 if from_zero else min(scores.values())
    span = high - low
    return {vid: (score - low) / span if span > 0 else 1.0 for vid, score in scores.items()}


def _fitted(lexical: Mapping[int, float], signals: Mapping[int, Signal]) -> Mapping[int, float]:
    """Return BM25 scores with the scores of turns as k1 and b that fit conversations would have made them.

    The engine's k1 and b are made for documents. A term stands in a turn about once, and for such terms the change is
    a factor of the turn's length alone.
    """
    turns = {vid: signals[vid].size + _LABELS for vid in lexical if vid in signals and signals[vid].session is not None}
    if not turns:
        return lexical
    mean = sum(turns.values()) / len(turns)
    (k1, b), (new_k1, new_b) = _ENGINE, _TURNS
    fitted = dict(lexical)
    for vid, size in turns.items():
        long = size / mean - 1
        fitted[vid] *= (1 + k1 * b * long / (1 + k1)) / (1 + new_k1 * new_b * long / (1 + new_k1))
    return fitted


def _make_up(
    lexical: Mapping[int, float], embedded_to: int, weights: Mapping[str, float], shares: dict[int, Shares]
) -> None:
    """Let the lexical arm stand for the vector arm where the vector index has not come yet."""
    for vid in lexical:
        if vid > embedded_to:
            share = shares[vid]["lexical"][1]
            shares[vid]["vector"] = (0.0, share / weights["lexical"] * weights["vector"])


def _stature(signal: Signal, weights: Mapping[str, float], shares: Shares) -> None:
    """Add what a version's own shape gives: a longer text tells more, a turn that asks tells less."""
    if signal.size:
        shares["length"] = (float(signal.size), weights["length"] * min(1.0, signal.size / _FULL_LENGTH))
    if signal.asks and signal.session is not None:
        shares["asks"] = (1.0, weights["asks"])


def _carry(evidence: Evidence, weights: Mapping[str, float], shares: dict[int, Shares]) -> None:
    """Give each turn a part of the scores of the turns around it, then a part of its session's best."""
    own = {vid: total(arms) for vid, arms in shares.items()}
    carried = dict(own)
    around, signals = evidence.around, evidence.signals
    for vid in around:
        if vid not in shares:
            continue
        for name, side in (("before", 0), ("after", 1)):
            raw = _beside(vid, side, around, own)
            if raw > 0:
                shares[vid][name] = (raw, weights[name] * raw)
                carried[vid] += weights[name] * raw
        before = around[vid][0]
        if before is not None and own.get(before, 0.0) > 0 and signals[before].asks:
            shares[vid]["reply"] = (own[before], weights["reply"] * own[before])
            carried[vid] += weights["reply"] * own[before]
    for members in _sessions(signals.values()):
        mean = sum(sorted([carried[vid] for vid in members], reverse=True)[:_SESSION_BEST]) / _SESSION_BEST
        for vid in members:
            if mean > 0 and carried[vid] > 0:
                shares[vid]["session"] = (mean, weights["session"] * mean)


def _beside(
    vid: int, side: int, around: Mapping[int, tuple[int | None, int | None]], own: Mapping[int, float]
) -> float:
    """Return what the next two turns on one side have, the farther one faded."""
    near = around[vid][side]
    if near is None:
        return 0.0
    far = around.get(near, (None, None))[side]
    return own.get(near, 0.0) + (_FADE * own.get(far, 0.0) if far is not None else 0.0)


def _sessions(signals: Iterable[Signal]) -> Iterable[Sequence[int]]:
    sessions: dict[tuple[str, str], list[int]] = {}
    for signal in signals:
        if signal.session is not None:
            sessions.setdefault((signal.scope, signal.session), []).append(signal.vid)
    return sessions.values()
