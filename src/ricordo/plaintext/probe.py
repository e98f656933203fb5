"""The evidence loop: what a pool of records lacks for a question, and what to ask next. Pure.

A question may need a record that shares no word with it, named in a record that does (ComoRAG, Wang et al. 2025;
RFM-RAG, Li et al. 2025: retrieve, see what is missing, ask for that). Here no model judges: what a record leaves
uncovered of the question is asked again together with a name that the record speaks of.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ricordo.plaintext.asked import Asked
from ricordo.text import Tokeniser, name_key, name_words
from ricordo.text.spans import spoken_runs
from ricordo.text.tokenise import STOP_WORDS

#: A round looks for leads in so many of the best records, and asks so many probes.
READ, PROBES = 6, 2
#: What the best that a probe finds is worth against the record that led to it; less for each round.
DISCOUNT = 0.85
_RUNS_READ, _CHARACTERS_READ = 24, 6_000
#: A single word that opens a sentence; its capital says nothing.
_OPENS = re.compile(r"(?:^|[.!?…:\n\"“]\s{0,2})([^\W\d_]+(?:['’][^\W\d_]+)?)(?=[^\w\n])")
_POSSESSIVE = re.compile("['’]s$")
_DATES = frozenset(word.lower() for word in (*calendar.month_name, *calendar.month_abbr, *calendar.day_name))
_EDGES = '.,;:!?…()[]{}"“”'


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the pool: its version, its score, its text, the terms the index has of it, and who said it."""

    vid: int
    score: float
    text: str
    terms: frozenset[str]
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A further query: its text, the record that led to it, the name it follows."""

    text: str
    origin: int
    lead: str


def probes(asked: Asked, pool: Sequence[Held], tried: Collection[str], tokeniser: Tokeniser) -> list[Probe]:
    """Return what to ask next, best first; empty where nothing is missing or every lead was followed.

    A lead is a name that one of the best records speaks of and the question does not. It is asked for together with
    those words of the question that the record itself leaves uncovered; a record that covers all leads nowhere.

    Args:
        asked: The question.
        pool: The records so far, best first.
        tried: Leads that were followed before.
        tokeniser: As the indexes use it.
    """
    known = frozenset(asked.words)
    sharing: dict[str, int] = {}
    found: dict[str, tuple[float, Probe]] = {}
    speakers = {name_key(one.speaker) for one in pool if one.speaker}
    spoken = [(one, _leads(one.text, known, speakers)) for one in pool[:READ]]
    for _, leads in spoken:
        for lead in leads:
            sharing[lead] = sharing.get(lead, 0) + 1
    for one, leads in spoken:
        missing = {term for term in asked.terms if term not in one.terms}
        words = _wanted(asked.text, missing, tokeniser)
        for place, (lead, name) in enumerate(leads.items()):
            worth = one.score / sharing[lead] / (1 + place / _RUNS_READ)
            if missing and lead not in tried and worth > found.get(lead, (0.0,))[0]:
                found[lead] = (worth, Probe(" ".join([name, *words]), one.vid, lead))
    best = sorted(found.values(), key=lambda pair: (-pair[0], pair[1].lead))
    return [probe for _, probe in best[:PROBES]]


def merged(
    first: Mapping[int, float], probed: Sequence[tuple[Probe, Mapping[int, float]]], round_: int
) -> dict[int, tuple[float, Probe]]:
    """Return the versions that a round's probes rank higher than anything before did, each with score and probe.

    A probe's scores are scaled so that its best is worth `DISCOUNT` of the record that led to it, less with every
    round; where none did (another wording of the question), of the question's best.

    Args:
        first: The scores so far.
        probed: Each probe with the scores of what it found.
        round_: The number of the round, from 1.
    """
    top = max(first.values(), default=1.0)
    raised: dict[int, tuple[float, Probe]] = {}
    for probe, scores in probed:
        most = max(scores.values(), default=0.0)
        for vid, score in scores.items():
            worth = first.get(probe.origin, top) * DISCOUNT**round_ * score / most if most > 0 else 0.0
            if worth > max(first.get(vid, 0.0), raised.get(vid, (0.0,))[0]):
                raised[vid] = (worth, probe)
    return raised


def _leads(text: str, known: Collection[str], speakers: Collection[str]) -> dict[str, str]:
    """Return the names a text speaks of that hold a word beyond those of the question: each by its key, as it stands.

    Left out are dates, who is spoken to ("Hey Gina"), and a word whose only capitals open sentences ("Thanks").
    """
    text = text[:_CHARACTERS_READ]
    opening = Counter(_OPENS.findall(text))
    leads: dict[str, str] = {}
    for run in spoken_runs(text)[:_RUNS_READ]:
        name = _POSSESSIVE.sub("", run)
        words = name_words(name)
        opens = 0 < len(re.findall(rf"\b{re.escape(run)}\b", text)) <= opening[run]
        addressed = {" ".join(words), " ".join(words[1:])} & set(speakers)
        dated = all(word in _DATES or word in STOP_WORDS or word[0].isdigit() for word in words)
        if not (opens or addressed or dated or set(words) <= set(known)):
            leads.setdefault(" ".join(words), name)
    return leads


def _wanted(text: str, missing: Collection[str], tokeniser: Tokeniser) -> list[str]:
    """Return the words of a question that bring missing terms, as they stand, without the marks at their edges."""
    return [word.strip(_EDGES) for word in text.split() if set(tokeniser.query_terms(word)) & set(missing)]
