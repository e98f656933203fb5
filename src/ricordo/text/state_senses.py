"""What the form of a verb says of a state, and what the times of its clause say of when it held."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from ricordo.text.state_clauses import Group
from ricordo.text.state_patterns import Pattern
from ricordo.text.state_rules import StateRule
from ricordo.text.state_subjects import Subject
from ricordo.text.time import TimeSpan


def sense_of(pattern: Pattern, group: Group, low: Sequence[str], clause: range, at: int) -> str | None:
    """Return what the verb's tense and marks say of the state; None where they say nothing sure."""
    stop = clause.stop
    if group.modal:
        return _able(pattern, group)
    if group.settled:
        return "holds" if pattern.way in ("begins", "lasts", "changes") and not group.negative else None
    happened = group.form == "past" or group.perfect
    if pattern.rule.attribute == "deadline" and happened and "by" in low[group.next : at] and group.lemma == "be":
        return None
    if pattern.way == "denies":
        return "denied" if not (happened or group.negative or group.former or group.progressive) else None
    if pattern.way in ("begins", "changes", "ends"):
        if group.negative and pattern.way != "ends" and low[at : at + 1] == ["but"]:
            return "denied"
        if group.negative or group.former or group.over or group.goes_on or (group.perfect and group.form == "past"):
            return None
        passive = group.lemma == "be" and not group.progressive
        if group.progressive or not (happened or passive or pattern.way == "changes"):
            return None
        return "ended" if pattern.way == "ends" else "holds"
    if group.over:
        return "ended"
    if group.negative:
        if happened:
            never = group.perfect and group.form == "present" and pattern.rule.cardinality == "many"
            return "denied" if never and "never" in low[:at] else None
        return negated(low, at, stop)
    if group.former:
        native = pattern.rule.attribute in ("from", "born_in") and group.form == "present"
        return "holds" if native else "was"
    if group.perfect:
        lasting = group.form == "present" and (
            pattern.rule.attribute == "status" or _lasts(low, clause, at) or "always" in group.adverbs
        )
        had = group.form == "past" and pattern.way == "lasts" and not group.progressive
        return "holds" if lasting or (group.progressive and pattern.way == "lasts") else "was" if had else None
    if happened:
        if pattern.way == "lasts" and group.progressive:
            return "was" if group.lemma == "live" else None
        return "was" if pattern.way == "lasts" or _long_past(low, at, stop) else None
    if group.progressive:
        these_days = "these" in low[at:stop] or "nowadays" in low[at:stop]
        return "holds" if pattern.way == "lasts" or group.lemma in _ONGOING or these_days else None
    return "holds"


def _able(pattern: Pattern, group: Group) -> str | None:
    """Return what "can" and "must" tell: a language, how to reach someone, when a thing is due."""
    attribute = pattern.rule.attribute
    if group.modal == "must" and attribute == "deadline":
        return None if group.negative else "holds"
    if group.lemma in ("find", "reach") and group.modal in ("will", "'ll") and not group.negative:
        return "holds"
    if group.modal not in ("can", "ca", "cannot") or pattern.way not in ("tells", "lasts"):
        return None
    if group.lemma in ("speak", "play"):
        return "denied" if group.negative or group.modal == "cannot" else "holds"
    told = attribute in ("email", "phone", "name") or group.lemma == "find"
    told = told or (attribute in ("port", "located_in") and group.lemma == "be")
    return "holds" if told and not group.negative else None


def negated(low: Sequence[str], at: int, stop: int) -> str:
    tail = low[at:stop]
    return "ended" if "anymore" in tail or "longer" in tail or ("any" in tail and "more" in tail) else "denied"


def _lasts(low: Sequence[str], clause: range, at: int) -> bool:
    return low[clause.start] == "since" or any(word in ("since", "for") for word in low[at : clause.stop])


def _long_past(low: Sequence[str], at: int, stop: int) -> bool:
    tail = " ".join(low[at:stop])
    return tail.startswith(_LONG_PAST)


_LONG_PAST = (
    "back then",
    "in the past",
    "before",
    "at the time",
    "in those days",
    "previously",
    "at one time",
    "years ago",
)


def side(
    said_at: datetime, span: TimeSpan, lead: str, sense: str, pattern: Pattern, group: Group
) -> tuple[datetime | None, datetime | None] | None:
    starts = bool(_FROM_WORDS.search(lead))
    if _UNTIL_WORDS.search(lead) or span.begin is None:
        until = span.end
        if sense == "holds" and until and until < said_at:
            until = _later(until, span.text, said_at)
            if until is None:
                return None
        return None if sense == "holds" and pattern.way == "begins" else (None, until)
    if starts and sense == "holds" and _STARTING.search(lead):
        later = _later(span.begin, span.text, said_at)
        if later and later - said_at < said_at - span.begin:
            return (later, None)
    ahead = span.begin > said_at
    if sense == "ended":
        return (None, span.begin) if not ahead or starts else None
    if sense == "was":
        return (span.begin, span.end if span.end and span.end <= said_at else None)
    if sense == "denied":
        return (None, None)
    if ahead and not starts:
        return None
    lasting = _FOR_WORDS.search(lead) is not None
    if pattern.way == "begins" and lasting:
        return None
    happened = group.form == "past" or group.perfect
    brief = span.end is not None and span.end - span.begin <= timedelta(days=8) and pattern.way != "changes"
    if not (happened or starts or lasting) and brief and not re.search("today|now", lead):
        return None
    return (span.begin, None)


def _later(moment: datetime, words: str, said_at: datetime) -> datetime | None:
    """Return the next of a time that comes again ("1 June", "Friday") after `said_at`; None where it doesn't."""
    if re.search(r"\d{4}|last|ago|yesterday", words):
        return None
    days = 7 if re.search(r"(?i)day\b", words) else 365
    moved = moment + timedelta(days=days)
    if days == 365 and (moved.day, moved.month) != (moment.day, moment.month):
        moved += timedelta(days=1)
    return moved if moved > said_at else None


def fits(kind: str, subject: Subject) -> bool:
    if kind == "any" or kind == "actor":
        return subject.kind != "pair"
    if kind == "person":
        return subject.kind in ("self", "person", "any", "pair")
    if kind == "us":
        return subject.kind in ("self", "none")
    if kind == "named_person":
        return subject.kind in ("person", "any")
    if kind == "thing":
        return subject.kind in ("thing", "any")
    if kind == "object":
        return subject.kind == "thing"
    return kind == subject.kind


def attribute_of(rule: StateRule, subject: Subject, value: str) -> str | None:
    if "<>" not in rule.attribute:
        return rule.attribute
    word = subject.thing or value.rsplit(maxsplit=1)[-1].lower()
    return rule.attribute.replace("<>", word) if word.replace("_", "").isalnum() else None


_ONGOING = frozenset("study live work date see lead use do pursue learn rent".split())
_FROM_WORDS = re.compile(r"\b(?:as of|from|since|starting|effective|beginning)\b")
_STARTING = re.compile(r"\b(?:from|starting|effective|beginning)\b")
_UNTIL_WORDS = re.compile(r"\b(?:until|till|through|up to|before)\b")
_FOR_WORDS = re.compile(r"\bfor\b|\bnow\b")
