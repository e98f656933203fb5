"""How far a record is to be believed: computed from its evidence when asked, never stored. Pure.

Evidence counts by independent source. A source is a person: what the same one says again is weak evidence, however
often and wherever it is said. Where nobody is named it is the caller's `ref`, else the session; what has none of
these is all one source. The same words again from the same source tell nothing new, and a long text that comes again
word for word is a copy, whoever it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ricordo.results import Evidence
from ricordo.text import duplicate_key, fold
from ricordo.types import Trend

#: What one source weighs, by how it knows; in observations, of which an opinion without evidence is worth two.
WEIGHTS = {"inferred": 0.5, "imported": 1.0, "observed": 1.5, "validated": 1.75, "stated": 2.0, "corrected": 4.0}
#: What all repetitions of one source add to its weight, as a share of it.
REPEATED = 0.25
#: Words from which on the same text from another source is a copy: nobody says it so again by chance.
COPIED = 8
#: What feedback weighs at most, and how many outcomes bring half of that.
MOST_FEEDBACK, HALF_FEEDBACK = 2.0, 4.0
#: A harm weighs as much as two uses that helped.
HARM = 2
RECENT = timedelta(days=30)
OLDER = timedelta(days=90)
_PRIOR = 2.0


def sources_of(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return evidence by independent source, in the order it was said; copies are left out.

    >>> said = [Evidence(datetime(2026, 5, day), speaker=who) for day, who in ((1, "Ada"), (2, "Bob"), (3, "ada"))]
    >>> [len(source) for source in sources_of(said)]
    [1, 1]
    """
    found: dict[tuple[str, str], list[Evidence]] = {}
    seen: set[tuple[str, ...]] = set()
    for one in sorted(evidence, key=_order):
        voice, words = _voice(one), duplicate_key(one.words)
        marks = {("said", *voice, words)} | ({("held", one.record)} if one.record else set())
        if len(words.split()) >= COPIED:
            marks.add(("copied", words))
        if not marks & seen:
            found.setdefault(voice, []).append(one)
        seen |= marks
    return list(found.values())


def _order(one: Evidence) -> tuple[object, ...]:
    """Return what orders evidence: when it was said, then the better known; whatever it was read in the order of."""
    place = (one.speaker or "", one.ref or "", one.session or "", one.record or "", one.words)
    return one.said_at, -WEIGHTS[one.derivation], *place


def _voice(one: Evidence) -> tuple[str, str]:
    if one.speaker:
        return "speaker", fold(one.speaker).strip()
    return ("ref", one.ref) if one.ref else ("session", one.session or "")


def weight(source: Sequence[Evidence]) -> float:
    """Return what one source weighs: its best evidence, and a little for repetitions; never as much as a second source.

    >>> weight([Evidence(datetime(2026, 5, 1), derivation="observed")])
    1.5
    """
    best = max(WEIGHTS[one.derivation] for one in source)
    return best * (1 + REPEATED * (1 - 0.5 ** (len(source) - 1)))


def confidence(proofs: Sequence[float], contradictions: Sequence[float], outcomes: Mapping[str, int]) -> float:
    """Return how far something is to be believed, 0 to 1, from what speaks for it and against it.

    The expected value of a Beta distribution, as in subjective logic (Jøsang 2001, "A Logic for Uncertain
    Probabilities") and the beta reputation system (Jøsang & Ismail 2002): one half without evidence, nearer to 1 or 0
    the more there is. Feedback is bounded evidence: "helped" for it, "harmed" twice as much against it; "used" says
    that a record was looked at and not that it is so.

    Args:
        proofs, contradictions: Weights of the sources for it and against it.
        outcomes: Feedback counts by outcome.

    >>> confidence([2.0], [], {}), confidence([2.0], [2.0], {}), confidence([], [], {})
    (0.75, 0.5, 0.5)
    """
    pro = sum(proofs) + _feedback(outcomes.get("helped", 0))
    con = sum(contradictions) + _feedback(outcomes.get("harmed", 0) * HARM)
    return round((pro + _PRIOR / 2) / (pro + con + _PRIOR), 4)


def _feedback(count: int) -> float:
    return MOST_FEEDBACK * count / (count + HALF_FEEDBACK) if count > 0 else 0.0


def trend(times: Sequence[datetime], now: datetime) -> Trend:
    """Return how evidence for something comes in: the rule of Hindsight (arXiv 2512.12818, observation trends).

    | trend | evidence |
    |---|---|
    | new | all of the last 30 days |
    | stale | none of the last 30 days |
    | strengthening, weakening | more than 1.5 times, less than half as dense as in the 90 days before these |
    | stable | in between |

    >>> days = [datetime(2026, 5, 30) - timedelta(days=days) for days in (1, 40, 80, 110)]
    >>> trend(days, datetime(2026, 5, 30)), trend(days[:1], datetime(2026, 5, 30)), trend([], datetime(2026, 5, 30))
    ('stable', 'new', 'stale')
    """
    recent = sum(moment > now - RECENT for moment in times)
    before = sum(now - RECENT - OLDER < moment <= now - RECENT for moment in times)
    if recent == 0:
        return "stale"
    if recent == len(times):
        return "new"
    if recent * OLDER > 1.5 * before * RECENT:
        return "strengthening"
    return "weakening" if recent * OLDER < 0.5 * before * RECENT else "stable"
