"""Fusing arms into one ranking: scaled scores, weighted and added. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
    "before": 0.1,
    "after": 0.25,
    "reply": 0.5,
    "session": 0.5,
    "speaker": 0.75,
    "time": 0.1,
    "when": 0.3,
    "length": 0.15,
    "asks": -0.25,
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
    given: Mapping[str, tuple[float, float]] | None = None
    scoring: Scoring | None = None

    @property
    def arms(self) -> Mapping[str, tuple[float, float]]:
        """What each arm gave: (raw score, share); worked out when it is asked for."""
        return self.given if self.given is not None else self.scoring.shares(self.vid) if self.scoring else {}


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
    scoring = Scoring(evidence, weights)
    scores, signals = scoring.scores(), evidence.signals
    order = sorted([(-round(score, 9), -signals[vid].said_at, -vid) for vid, score in scores.items()])
    return [Ranked(-vid, scores[-vid], None, scoring) for _, _, vid in order]


class Scoring:
    """The scores of versions, and on demand the shares they are made of.

    Args:
        evidence: As of `fuse`.
        weights: As of `fuse`.
    """

    def __init__(self, evidence: Evidence, weights: Mapping[str, float]) -> None:
        self._evidence, self._weights = evidence, weights
        self._own = {vid: total(shares) for vid, shares in evidence.base.items()}
        self._beside = {vid: self._sides(vid) for vid in evidence.around}
        self._carried = dict(self._own)
        for vid, (before, after, reply) in self._beside.items():
            given = weights["before"] * before + weights["after"] * after + weights["reply"] * reply
            if given:
                self._carried[vid] = self._carried.get(vid, 0.0) + given
        self._means = self._session_means()

    def scores(self) -> dict[int, float]:
        """Return the score of every version of the evidence."""
        weights, signals = self._weights, self._evidence.signals
        scores = dict.fromkeys(signals, 0.0)
        touched = set(self._own) | set(self._carried)
        for vid, score in self._carried.items():
            scores[vid] = score
            if score > 0 and (mean := self._means.get(_session(signals[vid]), 0.0)):
                scores[vid] += weights["session"] * mean
        for name in _ADDED:
            weight = weights[name]
            for vid, raw in self._evidence.arms.get(name, {}).items():
                if vid in scores:
                    scores[vid] += weight * raw
                    touched.add(vid)
        for vid in touched:
            signal = signals[vid]
            scores[vid] += weights["length"] * min(1.0, signal.size / _FULL_LENGTH)
            if signal.asks and signal.session is not None:
                scores[vid] += weights["asks"]
        return scores

    def shares(self, vid: int) -> Shares:
        """Return what each arm gave a version."""
        weights, signal = self._weights, self._evidence.signals[vid]
        shares: Shares = dict(self._evidence.base.get(vid, ()))
        beside = zip(("before", "after", "reply"), self._beside.get(vid, ()), strict=False)
        shares |= {name: (raw, weights[name] * raw) for name, raw in beside if raw > 0}
        mean = self._means.get(_session(signal), 0.0)
        if mean > 0 and self._carried.get(vid, 0.0) > 0:
            shares["session"] = (mean, weights["session"] * mean)
        for name in _ADDED:
            raw = self._evidence.arms.get(name, {}).get(vid)
            if raw is not None:
                shares[name] = (raw, weights[name] * raw)
        if shares and signal.size:
            shares["length"] = (float(signal.size), weights["length"] * min(1.0, signal.size / _FULL_LENGTH))
        if shares and signal.asks and signal.session is not None:
            shares["asks"] = (1.0, weights["asks"])
        return shares

    def _sides(self, vid: int) -> tuple[float, float, float]:
        """Return what the two turns before and after a version have, the farther faded, and the question before it."""
        around, own = self._evidence.around, self._own
        before, after = around[vid]
        reply = own.get(before, 0.0) if before is not None and self._evidence.signals[before].asks else 0.0
        return self._side(before, 0), self._side(after, 1), reply

    def _side(self, near: int | None, side: int) -> float:
        if near is None:
            return 0.0
        far = self._evidence.around.get(near, (None, None))[side]
        return self._own.get(near, 0.0) + (_FADE * self._own.get(far, 0.0) if far is not None else 0.0)

    def _session_means(self) -> dict[tuple[str, str] | None, float]:
        """Return the mean of the three best of each session; a session of few counts what it lacks as 0."""
        members: dict[tuple[str, str] | None, list[float]] = {}
        signals = self._evidence.signals
        for vid, score in self._carried.items():
            if score > 0 and vid in signals:
                members.setdefault(_session(signals[vid]), []).append(score)
        members.pop(None, None)
        best = {key: sorted(scores)[-_SESSION_BEST:] for key, scores in members.items()}
        return {key: sum(scores) / _SESSION_BEST for key, scores in best.items()}


def _session(signal: Signal) -> tuple[str, str] | None:
    return None if signal.session is None else (signal.scope, signal.session)


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
