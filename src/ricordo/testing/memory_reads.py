"""The laws of reading a memory."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ricordo.errors import AccessError, InvalidInputError, NotFoundError
from ricordo.testing.memory_subject import ADA, Subject, raised


class ReadingLaws(Subject):
    """What every memory keeps when it is read."""

    def test_what_was_retained_is_recalled(self) -> None:
        """The state it tells comes first, with its reasons."""
        with self.memory() as memory:
            ids = self.told(memory)
            found = memory.recall("Where does Ada live?", scope="user:ada")
            assert found.items[0].record.id == ids["home"]
            assert found.items[0].record.value == "Lisbon"
            assert "Lisbon" in found.text
            assert found.items[0].why.arms
            assert "Ada lives in Lisbon" in memory.explain(found)

    def test_every_read_gives_what_the_reference_gives(self) -> None:
        """Each method that reads, with each of its arguments, gives equal results, to the last field."""
        may = datetime(2026, 5, 10, tzinfo=UTC)
        self.alike(
            lambda m, ids: m.recall("Where does Ada live?"),
            lambda m, ids: m.recall("Where does Ada live?", scope=["user:ada", "team"], k=3, max_tokens=40, hops=2),
            lambda m, ids: m.recall("Ada", kinds="observation", filters={"speaker": ["Ada"], "since": "2026-01-01"}),
            lambda m, ids: m.recall("Where does Ada live?", valid_at="2025-06", render="markdown"),
            lambda m, ids: m.recall("Where does Ada live?", as_of=1, render="messages"),
            lambda m, ids: m.recall("Where does Ada live?", as_of=may, valid_at=date(2025, 6, 1), render="json"),
            lambda m, ids: m.recall("kube", lane="inject"),
            lambda m, ids: m.inject("Is kube up?"),
            lambda m, ids: m.inject(""),
            lambda m, ids: m.reflect("Since when does Ada live by the river?", rounds=2),
            lambda m, ids: m.get(ids["home"]),
            lambda m, ids: m.get(ids["porto"], scope="user:ada", as_of=1),
            lambda m, ids: m.list(kinds=["fact", "observation"], limit=2),
            lambda m, ids: m.list(filters={"status": ["active", "superseded"]}),
            lambda m, ids: m.history(ids["home"]),
            lambda m, ids: m.belief(ids["home"]),
            lambda m, ids: m.profile("Ada", history=True, max_tokens=100),
            lambda m, ids: m.summary("s1", max_tokens=50),
            lambda m, ids: [(one.op, sorted(one.records.values())) for one in m.events().entries],
            lambda m, ids: len(m.events(1, limit=1, scope="user:ada").entries),
            lambda m, ids: m.conflicts(),
            lambda m, ids: m.stats().scopes,
            lambda m, ids: m.explain(m.recall("Where does Ada live?")).partition(" tokens;")[2],
        )

    def test_a_wrong_read_is_refused_as_the_reference_refuses_it(self) -> None:
        """The error is of the same class and says the same."""
        self.alike(
            lambda m, ids: m.get("nobody"),
            lambda m, ids: m.get(""),
            lambda m, ids: m.get(".."),
            lambda m, ids: m.get("a/b"),
            lambda m, ids: m.get("é"),
            lambda m, ids: m.get(7),  # type: ignore[arg-type]
            lambda m, ids: m.get(ids["home"], scope="team"),
            lambda m, ids: m.history("nobody"),
            lambda m, ids: m.belief("nobody"),
            lambda m, ids: m.recall(""),
            lambda m, ids: m.recall("x", k=0),
            lambda m, ids: m.recall("x", lane="sideways"),
            lambda m, ids: m.recall("x", render="speech"),
            lambda m, ids: m.recall("x", as_of=-1),
            lambda m, ids: m.recall("x", as_of="yesterday"),
            lambda m, ids: m.recall("x", valid_at="soon"),
            lambda m, ids: m.recall("x", kinds="nonsense"),
            lambda m, ids: m.recall("x", filters={"colour": "red"}),
            lambda m, ids: m.recall("x", hops=9),
            lambda m, ids: m.list(limit=0),
            lambda m, ids: m.events(-1),
            lambda m, ids: m.events(limit=5_000),
            lambda m, ids: m.profile(""),
            lambda m, ids: m.summary("s1", max_tokens=0),
            lambda m, ids: m.read_token(ttl_s=0),
        )

    def test_a_context_can_be_continued(self) -> None:
        """What is still worth its place stays in front, byte for byte."""
        with self.memory() as memory:
            self.told(memory)
            first = memory.recall("Where does Ada live?", k=3)
            memory.retain("I adopted a beagle.", at="2026-05-05", **ADA)
            again = memory.recall("Where does Ada live?", k=3, after=first)
            assert again.stable_tokens > 0
            assert again.text.startswith(first.text.splitlines()[0])
            assert isinstance(raised(lambda: memory.recall("x", after="no context")), InvalidInputError)  # type: ignore[arg-type]

    def test_pages_hold_everything_once(self) -> None:
        """Page after page, each record comes once, in the order it was first written."""
        with self.memory() as memory:
            written = [memory.retain(f"Box {n} is blue.").record.id for n in range(7)]
            seen: list[str] = []
            cursor: str | None = None
            while True:
                page = memory.list(limit=3, cursor=cursor, filters={"status": "active"})
                seen += [record.id for record in page.records]
                if (cursor := page.cursor) is None:
                    break
            assert seen == written
            assert isinstance(raised(lambda: memory.list(cursor="no cursor")), InvalidInputError)

    def test_the_log_can_be_followed(self) -> None:
        """Events come in order, from behind a seq, a page at a time, and none is left out."""
        with self.memory() as memory:
            ids = [memory.retain(f"Box {n} is blue.").record.id for n in range(5)]
            after, seen = 0, []
            while True:
                page = memory.events(after, limit=2)
                seen += [id for entry in page.entries for id in entry.records]
                after = page.seq
                if not page.more:
                    break
            assert seen == ids
            assert not memory.events(after).entries
            later = memory.retain("Box 9 is red.")
            assert [list(entry.records) for entry in memory.events(after).entries] == [[later.record.id]]

    def test_both_times_can_be_asked_for(self) -> None:
        """`valid_at` asks for what was true, `as_of` for what was known, and both together."""
        with self.memory() as memory:
            ada: dict[str, Any] = {"subject": "Ada", "attribute": "home", "speaker": "Ada"}
            porto = memory.retain("Ada lives in Porto.", value="Porto", valid_from="2026-01-01", **ada)
            lisbon = memory.retain("Ada lives in Lisbon.", value="Lisbon", valid_from="2026-05-01", **ada)
            memory.retain("Ada spent March in Faro.", value="Faro", valid_from="2026-03-01", **ada)

            def home(**when: Any) -> list[str | None]:
                return [record.value for record in memory.list(**when).records]

            assert home() == ["Lisbon"]
            assert home(valid_at="2026-04-15") == ["Faro"]
            assert home(as_of=lisbon.event, valid_at=datetime(2026, 4, 15, tzinfo=UTC)) == ["Porto"]
            assert home(as_of=porto.event) == ["Porto"]
            assert home(as_of="2020-01-01") == []
            profile = memory.profile("Ada", valid_at="2026-04-15")
            assert "Faro" in profile.text

    def test_what_contradicts_is_told(self) -> None:
        """Both sides stand, and the conflict is listed once until it is settled."""
        with self.memory() as memory:
            for speaker, city in (("Ada", "Lisbon"), ("assistant", "Faro")):
                memory.retain(f"Ada lives in {city}.", speaker=speaker, at="2026-05-03")
            (conflict,) = memory.conflicts().conflicts
            assert {conflict.record.value, *(one.value for one in conflict.against)} == {"Lisbon", "Faro"}
            memory.forget(conflict.against[0].id)
            assert not memory.conflicts().conflicts

    def test_scopes_are_kept_apart(self) -> None:
        """A bound handle sees what it reads, writes where it writes, and can't be widened."""
        with self.memory() as memory:
            ids = self.told(memory)
            bob = memory.scoped(write="user:bob", read=["user:bob", "team, all"])
            bob.retain("I like cake.", speaker="Bob")
            memory.retain("All like tea.", scope="team, all")
            assert {record.scope for record in bob.list().records} == {"user:bob", "team, all"}
            assert not bob.recall("Where does Ada live?", scope="user:ada").items
            missing = raised(lambda: bob.get(ids["home"]))
            assert isinstance(missing, NotFoundError)
            assert str(missing) == str(raised(lambda: bob.get("0" * 24))).replace("0" * 24, ids["home"])
            for refused in (
                lambda: bob.scoped(read=["user:ada"]),
                lambda: bob.scoped(write="team, all"),
                lambda: bob.retain("x", scope="user:ada"),
                lambda: bob.verify(),
                lambda: bob.reindex(),
                lambda: memory.scoped(read=["user:ada"]).retain("x"),
                lambda: memory.scoped().retain("x"),
            ):
                assert isinstance(raised(refused), AccessError)
            assert not memory.scoped().list().records
            assert memory.list(scope="user:bob").records
            assert set(bob.scoped(read=["user:bob"]).stats().scopes) == {"user:bob"}
