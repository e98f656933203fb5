"""Retention and expiry policies: ordered named rules, the first that matches decides. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.plaintext.salience import last_said, salience
from ricordo.types import DERIVATIONS, KINDS, RECALLABLE, Record

ACTIONS = ("forget", "archive", "keep")
CLOCKS = ("said", "recorded")
_SETS = ("kinds", "scopes", "subjects", "attributes", "sessions", "speakers", "derivations")
_KNOWN = {"kinds": KINDS, "derivations": DERIVATIONS}
_TIMES = ("after", "unused_for")
_FLAGS = ("expired", "pinned", "user_edited")
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_SPAN = re.compile(r"(\d{1,9}) (minute|hour|day|week)s?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST = {"name": 100, "reason": 1_000}


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule: all its conditions must hold. Those left out hold always, but one must be there.

    Args:
        name: What the rule is called; the history of what it takes has it.
        after: It was said at least so long ago: a timedelta, or text such as "90 days" (minutes, hours, days, weeks).
        since: What `after` counts from: "said" (by the source that said it last), or "recorded" (the last version).
        kinds, scopes, subjects, attributes, sessions, speakers, derivations: One of these; compared exactly.
        metadata: The caller's own fields are equal.
        expired: Its `expires_at` is over.
        unused_for: Feedback told of no use or help for so long, and nobody said it for so long.
        salience_below: Its salience is lower, see `ricordo.plaintext.salience`.
        pinned, user_edited: Takes what is pinned, or was edited by a person, too; else such a record passes.
        action: "forget" (retracted), "archive", or "keep": later rules do not get it, pinned or not.
        reason: Kept in the history; by default the conditions.

    Raises:
        InvalidInputError: Names the rule and the key.

    >>> Policy("chatter", kinds="observation", after="12 weeks").because
    'kinds observation; said 84 days ago or earlier'
    """

    name: str
    after: timedelta | None = None
    since: str = "said"
    kinds: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    subjects: tuple[str, ...] | None = None
    attributes: tuple[str, ...] | None = None
    sessions: tuple[str, ...] | None = None
    speakers: tuple[str, ...] | None = None
    derivations: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    expired: bool = False
    unused_for: timedelta | None = None
    salience_below: float | None = None
    pinned: bool = False
    user_edited: bool = False
    action: str = "forget"
    reason: str | None = None

    def __post_init__(self) -> None:
        _text("policies", "name", self.name)
        at = f"policies: {self.name}"
        if self.reason is not None:
            _text(at, "reason", self.reason)
        for key in _SETS:
            object.__setattr__(self, key, _words(at, key, getattr(self, key)))
        for key in _TIMES:
            object.__setattr__(self, key, _span(at, key, getattr(self, key)))
        _choice(at, "since", self.since, CLOCKS)
        _choice(at, "action", self.action, ACTIONS)
        for key in _FLAGS:
            if not isinstance(getattr(self, key), bool):
                raise InvalidInputError(f"{at}.{key}", "true or false", getattr(self, key))
        if not isinstance(self.metadata, Mapping) or not all(map(_plain, self.metadata.items())):
            raise InvalidInputError(f"{at}.metadata", "names with text, numbers or true and false", self.metadata)
        below = self.salience_below
        if below is not None and (isinstance(below, bool) or not isinstance(below, int | float) or not below > 0):
            raise InvalidInputError(f"{at}.salience_below", "a number above 0", below)
        if not self._conditions():
            raise InvalidInputError(at, "at least one condition, such as after or kinds: it would take everything")

    @property
    def because(self) -> str:
        """The reason, or the conditions in words."""
        return self.reason or "; ".join(self._conditions())

    def _conditions(self) -> list[str]:
        told = [f"{key} {', '.join(values)}" for key in _SETS if (values := getattr(self, key)) is not None]
        told += [f"{name} is {value}" for name, value in self.metadata.items()]
        told += [f"{self.since} {_spelt(self.after)} ago or earlier"] if self.after is not None else []
        told += [f"unused for {_spelt(self.unused_for)}"] if self.unused_for is not None else []
        told += [f"salience below {self.salience_below:g}"] if self.salience_below is not None else []
        return [*told, *(["expired"] if self.expired else [])]


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that decides over a record."""

    policy: Policy

    @property
    def takes(self) -> bool:
        """Whether the record goes."""
        return self.policy.action != "keep"

    @property
    def status(self) -> str:
        """The status the record gets where it goes."""
        return "archived" if self.policy.action == "archive" else "retracted"


def evaluate(
    record: Record,
    policies: Sequence[Policy],
    now: datetime,
    *,
    counts: Mapping[str, int] | None = None,
    last_used: datetime | None = None,
) -> Match | None:
    """Return the first rule that matches a record, or None: then nothing happens to it.

    Args:
        record: A current version; what can't be recalled is not touched.
        policies: The rules, in order.
        now: The moment ages are counted at.
        counts: Feedback by outcome, for `salience_below`.
        last_used: When feedback last told of use or help, for `unused_for`.
    """
    if record.status not in RECALLABLE:
        return None
    found = (policy for policy in policies if _matches(policy, record, now, counts or {}, last_used))
    return next(map(Match, found), None)


def _matches(
    policy: Policy, record: Record, now: datetime, counts: Mapping[str, int], last_used: datetime | None
) -> bool:
    if policy.action != "keep" and ((record.pinned and not policy.pinned) or _untouchable(policy, record)):
        return False
    if any(getattr(record, key[:-1]) not in wanted for key in _SETS if (wanted := getattr(policy, key)) is not None):
        return False
    if any(not _equal(record.metadata.get(name), value) for name, value in policy.metadata.items()):
        return False
    said = last_said(record, now)
    if policy.after is not None and now - (said if policy.since == "said" else record.recorded_at) < policy.after:
        return False
    if policy.unused_for is not None and now - max(said, last_used or said) < policy.unused_for:
        return False
    if policy.expired and (record.expires_at is None or record.expires_at > now):
        return False
    return policy.salience_below is None or salience(record, counts, now) < policy.salience_below


def _untouchable(policy: Policy, record: Record) -> bool:
    return record.user_edited and not policy.user_edited


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def check_policies(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return policies as a tuple; each name must be there once.

    Raises:
        InvalidInputError: No policy, something else than a policy, or a name twice.
    """
    if not isinstance(policies, Iterable):
        raise InvalidInputError("policies", "a list of Policy", policies)
    listed = tuple(policies)
    if not listed:
        raise InvalidInputError("policies", "at least one rule")
    names: set[str] = set()
    for policy in listed:
        if not isinstance(policy, Policy):
            raise InvalidInputError("policies", "a list of Policy", policy)
        if policy.name in names:
            raise InvalidInputError(f"policies: {policy.name}.name", "a name that no other rule has")
        names.add(policy.name)
    return listed


def read_policies(text: str) -> tuple[Policy, ...]:
    """Return the policies of a TOML document: one `[[policy]]` table for each, with the arguments of `Policy` as keys.

    Raises:
        InvalidInputError: Names the rule and the key.

    >>> [rule] = read_policies('[[policy]]\\nname = "short"\\nkinds = ["context"]\\nafter = "7 days"')
    >>> rule.name, rule.after
    ('short', datetime.timedelta(days=7))
    """
    import tomllib  # takes long to import, and most runs need none

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError("policies", f"a TOML document ({error})") from error
    tables = document.pop("policy", [])
    if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidInputError("policies", "nothing but [[policy]] tables", next(iter(document), ...))
    return check_policies([_policy(table, number) for number, table in enumerate(tables, 1)])


def _policy(table: Mapping[str, Any], number: int) -> Policy:
    known = [field.name for field in fields(Policy)]
    name = table.get("name")
    at = f"policies: {name}" if isinstance(name, str) else f"policies: [{number}]"
    if unknown := [key for key in table if key not in known]:
        raise InvalidInputError(f"{at}.{unknown[0]}", f"a key of a policy, one of {', '.join(known)}")
    if name is None:
        raise InvalidInputError(f"{at}.name", "the name of the rule; every rule needs one")
    return Policy(**table)


def _text(at: str, key: str, value: Any) -> None:
    most = _LONGEST[key]
    if not isinstance(value, str) or not value.strip() or len(value) > most or _CONTROL.search(value):
        raise InvalidInputError(f"{at}.{key}", f"text of 1 to {most} characters on one line", value)


def _words(at: str, key: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, Iterable):
        raise InvalidInputError(f"{at}.{key}", "text, or a list of texts", value)
    words = tuple(listed)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise InvalidInputError(f"{at}.{key}", "text, or a list of at least one text", value)
    for word in words:
        _choice(at, key, word, _KNOWN.get(key, (word,)))
    return words


def _choice(at: str, key: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise InvalidInputError(f"{at}.{key}", f"one of {', '.join(known)}", value)


def _span(at: str, key: str, value: Any) -> timedelta | None:
    if value is None:
        return None
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    try:
        span = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else value
    except OverflowError as error:
        raise InvalidInputError(f"{at}.{key}", "a shorter time", value) from error
    if not isinstance(span, timedelta) or span < timedelta(0):
        raise InvalidInputError(f"{at}.{key}", 'a time such as "90 days" (minutes, hours, days, weeks)', value)
    return span


def _spelt(span: timedelta | None) -> str:
    assert span is not None
    return f"{span.days} days" if span == timedelta(days=span.days) else str(span)


def _plain(pair: tuple[Any, Any]) -> bool:
    return isinstance(pair[0], str) and isinstance(pair[1], str | int | float | bool)
