"""The inject lane against a matcher that knows no index: it looks at every record and asks each rule in turn."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ricordo import Memory
from ricordo.testing import FixedClock
from ricordo.text import STOP_WORDS, Tokeniser, name_key, name_words, rejected
from ricordo.types import Record

SELF = {"i", "me", "my", "mine", "we", "us", "our", "ours", "you", "your", "yours", "myself"}
FIRST = {"i", "me", "my", "mine", "we", "us", "our", "ours", "myself"}
NAMES = (
    "redis",
    "redix",
    "rediss",
    "Redis Cache",
    "kafka",
    "kafak",
    "cache",
    "auth",
    "authn",
    "dead letter queue",
    "http2",
)
CONTENTS = (
    "A note.",
    "Uses Kafka instead of Redis.",
    "Switched from Authn to Kafka.",
    "Prefers tea over the cache.",
    "We replaced Dead Letter Queue and Redix.",
    "Plain letters rather than queues.",
)
VALUES = ("Redis", "Kafka", "Paris", "New Paris", "green")
WORDS = (
    *("redis", "redsi", "redix", "rediss", "cache", "caches", "kafka", "kafkas", "kakfa", "auth", "autn", "authn"),
    *("dead", "letter", "queue", "paris", "new", "green", "my", "the", "is", "Ada's", "staging", "db", "live", "home"),
    *("engine", "?", "and", "I", "you", "tea", "letters", "queues", "http2", "http3", "http"),
)
ASKED = (
    *("Ada in Paris", "my Redis", "is the staging db still Kafka", "where do I live", "engine home of Ada"),
    *("dead letter queue", "my flat in New Paris", "Ada and Redis", "user Kafka"),
)
SCOPES: tuple[Any, ...] = ("user:ada", "user:ada", ["user:ada", "team"], "team", None, [])
KINDS = (None, "fact", "decision", "preference", "relationship", "relationship", "observation", "question")


def turn(draw: random.Random) -> str:
    """Return a turn: words, with now and then a phrase among them."""
    words = draw.choices(WORDS, k=draw.randrange(7))
    return " ".join([*words, draw.choice(ASKED)] if draw.random() < 0.4 else words)


def fields(draw: random.Random) -> dict[str, Any]:
    """Return arguments of `retain`: half the records hold a slot."""
    drawn: dict[str, Any] = {
        "content": draw.choice(CONTENTS),
        "scope": draw.choice(("user:ada", "user:ada", "team")),
        "name": draw.choice((None, None, *NAMES)),
        "aliases": draw.choices(NAMES, k=draw.randrange(3)),
        "kind": draw.choice(KINDS),
        "pinned": draw.random() < 0.1,
        "expires_at": draw.choice((None, None, None, None, "2026-05-01T12:00:00Z", "2030-01-01T00:00:00Z")),
    }
    if draw.random() < 0.5:
        drawn |= {
            "subject": draw.choice(("Ada", "Ada", "staging db", "user")),
            "attribute": draw.choice(("lives_in", "lives_in", "engine_home")),
            "value": draw.choice(VALUES),
            "cardinality": draw.choice(("one", "one", "one", "many")),
            "valid_from": draw.choice(("2024-01-01", "2025-01-01", "2026-01-01")),
        }
    return drawn


class Oracle:
    """Answers a turn from the records alone."""

    def __init__(self, records: Sequence[Record], memory: Memory, scopes: Any) -> None:
        self.now = memory._engine.now()
        self.all = {record.id: record for record in records if _within(record, scopes)}
        self.present = {id: one for id, one in self.all.items() if self._present(one)}
        self.labels = [scopes] if isinstance(scopes, str) else list(scopes or ())
        self.tokeniser = Tokeniser()

    def _present(self, record: Record) -> bool:
        fresh = record.expires_at is None or record.expires_at > self.now
        return record.status in ("active", "provisional") and fresh

    def answer(self, turn: str) -> dict[str, set[str]]:
        """Return by record the roles in which the turn means it."""
        words = name_words(turn)
        found: dict[str, set[str]] = {}
        if words:
            for id, role in itertools.chain(self._names(words), self._slots(turn, words), self._premises(turn, words)):
                found.setdefault(id, set()).add(role)
        meant = list(found)
        for id, record in self.present.items():
            if record.pinned:
                found.setdefault(id, set()).add("pin")
        for one in (self.present[id] for id in meant):
            targets = [link.target for link in one.links if one.kind == "relationship" and link.type == "about"]
            for target in set(targets) & self.present.keys() - found.keys():
                found[target] = {"hop"}
        return found

    def _names(self, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        keys = [(id, role, key) for id, one in self.present.items() for role, key in _called(one)]
        held = [(id, role, key) for id, role, key in keys if f" {key} " in f" {' '.join(words)} "]
        known = {key for _, _, key in held}
        taken = {word for key in known for word in key.split()}
        yield from ((id, role) for id, role, _ in held)
        for word in words:
            if len(word) >= 4 and word not in taken | STOP_WORDS and not set("0123456789") & set(word):
                for id, role, key in keys:
                    if role in ("name", "alias") and key not in known and _misspelt(word, key):
                        yield id, role

    def _asks(self, turn: str, record: Record) -> bool:
        terms = self.tokeniser.query_terms(turn)[:10]
        stems = set(self.tokeniser.query_terms(name_key(record.attribute or "")))
        return bool(record.attribute) and 0 < len(stems) <= 3 and stems <= set(terms)

    def _slots(self, turn: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        hits = [one for one in self.present.values() if self._asks(turn, one)]
        about = [one for one in hits if _said(one.subject, words)]
        if SELF & set(words):
            about += [one for one in hits if self._self(one)]
            if not about and len({name_key(one.subject or "") for one in hits}) == 1:
                about = hits
        yield from ((one.id, "slot") for one in about)

    def _premises(self, turn: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        for one in self.all.values():
            value = name_key(one.value or "")
            if one.status != "superseded" or one.cardinality != "one" or not value or one.value == "green":
                continue
            fresh = one.expires_at is None or one.expires_at > self.now
            mine = bool(FIRST & set(words)) and self._self(one)
            named = _said(one.subject, words)
            if fresh and _said(value, words) and (named or mine or self._asks(turn, one)):
                after: Record | None = one
                while after is not None and after.status == "superseded":
                    after = self.all.get(after.superseded_by or "")
                if after is not None and after.id in self.present and name_key(after.value or "") != value:
                    yield after.id, "premise"

    def _self(self, record: Record) -> bool:
        key = name_key(record.subject or "")
        return key in ("user", "me", "i") or any(key == label.rpartition(":")[2] for label in self.labels)


def _said(name: str | None, words: Sequence[str]) -> bool:
    return f" {name_key(name or '')} " in f" {' '.join(words)} "


def _called(record: Record) -> Iterator[tuple[str, str]]:
    names = ([("name", record.name)] if record.name else []) + [("alias", alias) for alias in record.aliases]
    own = {name_key(name) for _, name in names}
    yield from ((role, name_key(name)) for role, name in names)
    yield from (("learnt", key) for key in record.learnt if key not in own)
    if record.name or record.subject or record.kind in ("decision", "preference"):
        yield from (("counter", key) for key in rejected(record.content) if key not in own)


def _misspelt(word: str, key: str) -> bool:
    letters = sorted(set(key))
    less = {word[:i] + word[i + 1 :] for i in range(len(word))}
    other = {word[:i] + letter + word[i + j :] for i in range(len(word) + 1) for letter in letters for j in (0, 1)}
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    return key[:2] == word[:2] and key != word and key in less | other | swapped


def _within(record: Record, scopes: Any) -> bool:
    return scopes is None or record.scope in ([scopes] if isinstance(scopes, str) else scopes)


def fill(memory: Memory, draw: random.Random) -> None:
    """Retain records, link relationships to an earlier one of their scope, and give feedback on them."""
    ids: dict[str, list[str]] = {"user:ada": [], "team": []}
    for number in range(draw.randint(5, 25)):
        given = fields(draw)
        known = ids[given["scope"]]
        links = [("about", draw.choice(known))] if given["kind"] == "relationship" and known else None
        known.append(memory.retain(**given, ref=f"r{number}", links=links).record.id)
        if draw.random() < 0.5:
            said, outcome = turn(draw), draw.choice(("used", "helped", "helped", "harmed"))
            memory.feedback([draw.choice(known)], outcome, query=said)
            memory.feedback([known[0]], "used", query=said)


@pytest.mark.parametrize("seed", range(60))
def test_the_lane_brings_what_the_oracle_names(seed: int, tmp_path: Path) -> None:
    """On any records and turns: the same records, for the same reasons."""
    draw = random.Random(seed)
    clock = FixedClock(datetime(2026, 5, 1, 10, tzinfo=UTC))
    with Memory.open(tmp_path if seed % 2 else ":memory:", embedder=None, clock=clock) as memory:
        fill(memory, draw)
        every = memory.list(filters={"status": ["active", "provisional", "superseded"]}, limit=1000).records
        clock.advance(hours=24)
        for _ in range(20):
            scopes, said = draw.choice(SCOPES), turn(draw)
            found = memory.inject(said, scope=scopes, k=1000, max_tokens=None)
            assert {item.record.id: set(item.why.arms) for item in found} == Oracle(every, memory, scopes).answer(said)
        assert memory.verify().ok
