"""Fusing arms into one ranking: scaled scores, weighted and added. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ricordo.store.base import Signal

#: What each arm may add to a score. Lexical and vector share the base between them; the others come on top.
WEIGHTS: dict[str, float] = {
    "lexical": 1.0,
    "vector": 1.0,
    "name": 0.3,
    "slot": 0.3,
    "before": 0.2,
    "after": 0.1,
    "session": 0.8,
    "speaker": 0.3,
    "time": 0.1,
    "when": 0.1,
    "length": 0.2,
    "recent": 0.1,
}
_BASE = ("lexical", "vector")
_SESSION_BEST = 3
_FULL_LENGTH = 20
_RECENT_OF_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything ranking may look at.

    Args:
        arms: For each arm, raw scores by version.
        signals: Where each version stands: session, speaker, size.
        around: The versions said before and after each.
        embedded_to: The last version the vector index has seen; newer ones are not held back for having no vector.
    """

    arms: Mapping[str, Mapping[int, float]]
    signals: Mapping[int, Signal]
    around: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    embedded_to: int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A version with its score and what each arm gave: (raw score, share)."""

    vid: int
    score: float
    arms: Mapping[str, tuple[float, float]]


def fuse(evidence: Evidence, weights: Mapping[str, float] = WEIGHTS) -> list[Ranked]:
    """Rank versions by the sum of their arms' scaled scores, best first.

    Scores are scaled by the range of their arm, not replaced by ranks: with ranks (k = 60) a clear winner of one arm
    loses to what is middling in both. A turn is also carried by its neighbours and by its session.

    Args:
        evidence: Raw scores by arm, and where each version stands.
        weights: What each arm may add.

    Returns:
        Every version of the evidence; equal scores go to the one said last.
    """
    signals = evidence.signals
    shares: dict[int, dict[str, tuple[float, float]]] = {vid: {} for vid in signals}
    base = _base(evidence, weights, shares)
    _carry(evidence, weights, base, shares)
    for name in ("name", "slot", "speaker", "time", "when", "recent"):
        for vid, raw in evidence.arms.get(name, {}).items():
            if vid in shares:
                shares[vid][name] = (raw, weights[name] * raw)
    for vid, signal in signals.items():
        if shares[vid] and signal.size:
            size = min(1.0, signal.size / _FULL_LENGTH)
            shares[vid]["length"] = (float(signal.size), weights["length"] * size)
    scores = {vid: sum([share for _, share in arms.values()]) for vid, arms in shares.items()}
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


def _base(
    evidence: Evidence, weights: Mapping[str, float], shares: dict[int, dict[str, tuple[float, float]]]
) -> dict[int, float]:
    active = [name for name in _BASE if evidence.arms.get(name)]
    total = sum(weights[name] for name in active) or 1.0
    base = dict.fromkeys(shares, 0.0)
    for name in active:
        raw = evidence.arms[name]
        for vid, score in scaled(raw, from_zero=name == "lexical").items():
            share = weights[name] / total * score
            shares[vid][name] = (raw[vid], share)
            base[vid] += share
    if evidence.embedded_to is not None and "lexical" in active:
        _make_up(evidence, weights["vector"] / total, base, shares)
    return base


def _make_up(
    evidence: Evidence, weight: float, base: dict[int, float], shares: dict[int, dict[str, tuple[float, float]]]
) -> None:
    """Let the lexical arm stand for the vector arm where the vector index has not come yet."""
    for vid, score in scaled(evidence.arms["lexical"], from_zero=True).items():
        if vid > (evidence.embedded_to or 0):
            shares[vid]["vector"] = (0.0, weight * score)
            base[vid] += weight * score


def _carry(
    evidence: Evidence,
    weights: Mapping[str, float],
    base: Mapping[int, float],
    shares: dict[int, dict[str, tuple[float, float]]],
) -> None:
    """Give each turn a part of its neighbours' scores, then a part of its session's best."""
    carried = dict(base)
    for vid, (before, after) in evidence.around.items():
        for name, beside in (("before", before), ("after", after)):
            if beside is not None and base.get(beside, 0.0) > 0 and vid in shares:
                share = weights[name] * base[beside]
                shares[vid][name] = (base[beside], share)
                carried[vid] += share
    for members in _sessions(evidence.signals).values():
        best = sorted((carried[vid] for vid in members), reverse=True)[:_SESSION_BEST]
        mean = sum(best) / _SESSION_BEST
        for vid in members:
            if mean > 0 and carried[vid] > 0:
                shares[vid]["session"] = (mean, weights["session"] * mean)


def _sessions(signals: Mapping[int, Signal]) -> dict[tuple[str, str], Sequence[int]]:
    sessions: dict[tuple[str, str], list[int]] = {}
    for vid, signal in signals.items():
        if signal.session is not None:
            sessions.setdefault((signal.scope, signal.session), []).append(vid)
    return {key: sorted(vids) for key, vids in sessions.items()}
