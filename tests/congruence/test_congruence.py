"""Two memories, one over the reference store and one over SQLite, do the same and must tell the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ricordo import Memory
from ricordo.errors import RicordoError
from ricordo.results import Stats
from ricordo.testing import FixedClock

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEXTS = (
    "Ada lives in Lisbon.",
    "ada really lives in Lisbon!",
    "Ada lives in Porto since May 2026.",
    "I like green tea.",
    "The office moved to Porto yesterday.",
    "We deploy TypeScript with node.js on 3 May 2026.",
    "Bob met Ada in the office, tea was served.",
    "Uses TypeScript instead of Lua.",
    "Nothing to see here",
)
SCOPES = ("a", "b", "team")
KINDS = ("fact", "preference", "event", "observation", "relationship", "decision")
NAMES = ("TypeScript", "Typescript", "Lisbon office", "TS", "Postgres")
DAYS = ("2026-01-01", "2026-03", "2026-05-01", "2026-06", "2027")
QUERIES = (
    "Where does Ada live?",
    "tea",
    "What happened in May 2026?",
    "Typescripts and the Lisbon office",
    "what did Bob say yesterday",
    "my home",
    "is it?",
    "Lua in the purple lamp of Ada in Lisbon",
)
TURNS = (None, None, "purple lamp", "where is the purple lamp?", "my lamp", "Lisbon?")
BOUNDS: tuple[dict[str, Any], ...] = (
    {},
    {"scope": "a"},
    {"scope": ["a", "team"], "k": 3},
    {"scope": []},
    {"kinds": ["fact", "event"]},
    {"kinds": []},
    {"filters": {"session": []}},
    {"filters": {"speaker": ["Ada", "Bob"]}},
    {"filters": {"session": "s1", "status": ["active", "superseded", "retracted"]}},
    {"filters": {"metadata.team": "web"}},
    {"filters": {"metadata.rank": 1, "status": "retracted"}},
    {"filters": {"subject": "Ada", "since": "2026-04-01T00:00:00Z"}},
    {"filters": {"ref": ["D1", "D2"], "until": "2026-05-02T00:00:00Z"}},
    {"filters": {"status": "erased"}},
    {"valid_at": "2026-03"},
    {"valid_at": "2026-06-15", "scope": "a"},
    {"as_of": 3},
    {"as_of": 7, "valid_at": "2026-05"},
    {"as_of": "2026-05-02T00:00:00Z"},
    {"max_tokens": 40},
)
WHEEL = [*product(("answer", "inject"), QUERIES, BOUNDS)]


def perhaps(*values: Any) -> st.SearchStrategy[Any]:
    """Draw nothing, or one of the values."""
    return st.none() | st.sampled_from(values)


SLOTS = perhaps(("Ada", "home"), ("ada", "Home"), ("Ada", "favourite_drink"))
FIELDS = st.fixed_dictionaries(
    {
        "content": st.sampled_from(TEXTS),
        "kind": perhaps(*KINDS),
        "scope": st.sampled_from(SCOPES),
        "speaker": perhaps("Ada", "Bob"),
        "session": perhaps("s1", "s2"),
        "title": perhaps("Tea notes"),
        "at": perhaps("2026-04-30T10:00:00Z", "2026-05-01T09:00:00Z"),
        "valid_from": perhaps(*DAYS),
        "valid_to": perhaps("2026-05", "2028"),
        "ref": perhaps("D1", "D2", "D3"),
        "key": perhaps("k1", "k2"),
        "value": perhaps("Lisbon", "Porto"),
        "cardinality": perhaps("one", "many"),
        "name": perhaps(*NAMES),
        "aliases": perhaps(("TS", "typescript"), ("the office",)),
        "why": perhaps("asked for"),
        "pinned": perhaps(True, False),
        "expires_at": perhaps("2026-05-02T00:00:00Z", "2026-06-01T00:00:00Z"),
        "metadata": perhaps({"team": "web"}, {"rank": 1}, {"team": "web", "rank": True}),
        "derivation": perhaps("inferred", "stated", "corrected"),
        "if_version": perhaps(0, 0, 1, 2),
    }
)
CHANGED = {"content": "Tea in Porto.", "title": "T", "pinned": True, "name": "Postgres", "value": "Faro"}
CHANGES = st.dictionaries(st.sampled_from([*CHANGED, "aliases", "valid_to"]), st.booleans())
SPOT = st.integers(0, 30)


class Twins(RuleBasedStateMachine):
    """Does every operation twice and compares whatever can be read."""

    @initialize()
    def open_both(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="congruence-"))
        self.clocks = [FixedClock(NOON), FixedClock(NOON)]
        self.memories = [self.opened(side, clock) for side, clock in enumerate(self.clocks)]
        self.names: list[dict[str, str]] = [{}, {}]
        self.ids: list[tuple[str, str]] = []
        self.steps = 0

    def opened(self, side: int, clock: FixedClock) -> Memory:
        """Open the memory of one side."""
        return Memory.open((":memory:", self.folder / "space")[side], embedder=None, clock=clock)

    def teardown(self) -> None:
        if hasattr(self, "memories"):
            try:
                for memory in self.memories:
                    assert memory.verify().problems == ()
                    memory.close()
            finally:
                shutil.rmtree(self.folder)

    # -- writing -----------------------------------------------------------------------------------------------

    @rule(given=FIELDS, slot=SLOTS, link=perhaps("about", "supports"), to=SPOT)
    def retain(self, given: dict[str, Any], slot: tuple[str, str] | None, link: str | None, to: int) -> None:
        subject, attribute = slot or (None, None)
        value = given["value"] if slot else None
        given = {**given, "subject": subject, "attribute": attribute, "value": value}

        def work(side: int) -> Any:
            links = [(link, self._id(side, to))] if link and self.ids else None
            return self.memories[side].retain(**given, links=links)

        self._both(work)

    @rule(scope=st.sampled_from(SCOPES), texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
    def retain_messages(self, scope: str, texts: list[str]) -> None:
        said = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]
        self._both(lambda side: self.memories[side].retain(messages=said, session="s3", scope=scope))

    @rule(spot=SPOT, changes=CHANGES, version=perhaps(1, 2))
    def update(self, spot: int, changes: dict[str, bool], version: int | None) -> None:
        given: dict[str, Any] = {name: CHANGED.get(name) if kept else None for name, kept in changes.items()}
        if self.ids:
            self._both(
                lambda side: self.memories[side].update(self._id(side, spot), **given, if_version=version, reason="why")
            )

    @rule(spot=SPOT)
    def forget(self, spot: int) -> None:
        if self.ids:
            self._both(lambda side: self.memories[side].forget(self._id(side, spot), reason="old"))

    @rule(spot=SPOT)
    def erase(self, spot: int) -> None:
        if self.ids:
            self._both(lambda side: self.memories[side].erase(self._id(side, spot)))

    @rule(scope=st.sampled_from(SCOPES), gone=st.booleans(), sure=st.integers(0, 4))
    def retire_scope(self, scope: str, gone: bool, sure: int) -> None:
        if not sure:
            self._both(lambda side: (self.memories[side].erase if gone else self.memories[side].forget)(scope=scope))

    @rule(
        spots=st.lists(SPOT, min_size=1, max_size=3),
        outcome=st.sampled_from(["used", "used", "helped", "harmed"]),
        turn=st.sampled_from(TURNS),
    )
    def feedback(self, spots: list[int], outcome: str, turn: str | None) -> None:
        if self.ids:
            ids = [[self._id(side, spot) for spot in spots] for side in (0, 1)]
            self._both(lambda side: self.memories[side].feedback(ids[side], outcome, query=turn))

    @rule(back=st.integers(0, 6))
    def undo(self, back: int) -> None:
        event = max(1, self.memories[0].stats().seq - back)
        self._both(lambda side: self.memories[side].undo(event))

    @rule(hours=st.sampled_from([-30, 1, 20, 400]))
    def move_clock(self, hours: int) -> None:
        for clock in self.clocks:
            clock.advance(hours=hours)

    @rule()
    def reindex(self) -> None:
        self._both(lambda side: self.memories[side].reindex())

    # -- reading -----------------------------------------------------------------------------------------------

    @invariant()
    def everything_reads_the_same(self) -> None:
        if hasattr(self, "memories"):
            self.steps += 1
            for method, given in self._reads():
                told = [self._outcome(side, lambda side: self._read(side, method, given)) for side in (0, 1)]  # noqa: B023
                assert told[0] == told[1]

    def _reads(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield some reads by method and arguments; other ones at every step."""
        yield "stats", {}
        for spot in range(len(self.ids))[-3:]:
            yield "history", {"id": spot}
            yield "get", {"id": spot, "as_of": self.steps}
        for number in range(8):
            lane, query, bounds = WHEEL[(self.steps * 8 + number) * 53 % len(WHEEL)]
            yield "recall", {"query": query, "lane": lane, **bounds}
        for number in range(4):
            bounds = dict(BOUNDS[(self.steps + number * 5) % len(BOUNDS)])
            yield "list", {name: part for name, part in bounds.items() if name not in ("k", "max_tokens")}
        yield "list", {"limit": 2, "cursor": f"{self.steps % 7:x}"}
        yield "recall", {"query": "Ada in Porto", "narrow": True}

    def _read(self, side: int, method: str, given: Mapping[str, Any]) -> Any:
        memory = self.memories[side].scoped(read=["b"]) if "narrow" in given else self.memories[side]
        asked = {name: part for name, part in given.items() if name != "narrow"}
        if "id" in asked:
            asked["id"] = self._id(side, asked["id"])
        found = getattr(memory, method)(**asked)
        return replace(found, bytes=0) if isinstance(found, Stats) else found

    # -- inside ------------------------------------------------------------------------------------------------

    def _id(self, side: int, spot: int) -> str:
        return self.ids[spot % len(self.ids)][side]

    def _both(self, work: Callable[[int], Any]) -> None:
        told = [self._outcome(side, work, learn=True) for side in (0, 1)]
        assert told[0] == told[1]

    def _outcome(self, side: int, work: Callable[[int], Any], learn: bool = False) -> Any:
        try:
            found = work(side)
        except RicordoError as error:
            return type(error), self._plain(side, str(error))
        if learn:
            for verdict in found if isinstance(found, list) else [found]:
                for one in (verdict, *getattr(verdict, "states", ())):
                    self._learn(side, getattr(one, "record", None))
        return self._plain(side, found)

    def _learn(self, side: int, record: Any) -> None:
        if record is not None and record.id not in self.names[side]:
            self.names[side][record.id] = f"#{len(self.names[side])}"
            if side:
                self.ids.append((list(self.names[0])[len(self.ids)], record.id))

    def _plain(self, side: int, found: Any) -> Any:
        """Return a result with record ids replaced by their order of creation, numbers rounded."""
        if hasattr(found, "__dataclass_fields__"):
            return {name: self._plain(side, getattr(found, name)) for name in found.__dataclass_fields__}
        if isinstance(found, str):
            for id, name in self.names[side].items():
                found = found.replace(id, name)
            return found
        if isinstance(found, float):
            return pytest.approx(found, abs=1e-6)
        if isinstance(found, dict):
            return {key: self._plain(side, part) for key, part in found.items()}
        if isinstance(found, (list, tuple)):
            return [self._plain(side, part) for part in found]
        return found


def test_both_stores_tell_the_same() -> None:
    """Whatever is done, both memories give the same verdicts, errors, records, scores and order."""
    run_state_machine_as_test(
        Twins,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
