"""The laws of writing to a memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from ricordo.errors import InvalidInputError, NotFoundError, VersionConflictError
from ricordo.testing.memory_subject import ADA, Subject, raised

_LONG = "Ωmega “quoted” 日本語 🦫 e\u0301 \t line\nbreak \\ \" ' & < > % + / # ? \u2028 \u00a0 end. "


class WritingLaws(Subject):
    """What every memory keeps when it is written."""

    def test_a_verdict_tells_what_became_of_a_text(self) -> None:
        """Its record is the one that can be read; the states it told stand beside it."""
        with self.memory() as memory:
            verdict = memory.retain("I moved to Lisbon last week.", at="2026-05-03T10:00Z", ref="D3:7", **ADA)
            assert (verdict.action, verdict.repeated) == ("added", False)
            assert memory.get(verdict.record.id) == verdict.record
            assert [state.record.content for state in verdict.states] == ["Ada lives in Lisbon"]
            assert verdict.record.said_at == datetime(2026, 5, 3, 10, tzinfo=UTC)
            assert verdict.event == 1

    def test_every_field_comes_back_as_it_was_given(self) -> None:
        """Text of every kind, times of any zone, metadata to any depth."""
        fields: dict[str, Any] = {
            "kind": "decision",
            "title": "Tëa & cake",
            "name": "tea time",
            "aliases": ["té", "Tee"],
            "why": "for “all”",
            "pinned": True,
            "metadata": {"n": 1, "x": 1.5, "no": None, "yes": True, "list": [1, "é", {"deep": [[]]}], "ü": "🦫"},
            "derivation": "validated",
            "expires_at": datetime(2999, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))),
            "valid_from": "2026-05",
            "at": date(2026, 5, 3),
        }
        with self.memory() as memory:
            first = memory.retain("Water first.").record
            record = memory.retain(_LONG, **fields, links=[("about", first.id)]).record
            assert record.content == _LONG.strip() or record.content == _LONG
            for name in ("kind", "title", "name", "why", "pinned", "metadata", "derivation"):
                assert getattr(record, name) == fields[name], name
            assert record.aliases == ("té", "Tee")
            assert record.expires_at == fields["expires_at"]
            assert [(link.type, link.target) for link in record.links] == [("about", first.id)]
            assert memory.get(record.id) == record

    def test_long_texts_are_kept_whole(self) -> None:
        """Hundreds of kilobytes go in and come back."""
        with self.memory() as memory:
            content = "".join(f"{n} {_LONG}" for n in range(800)).strip()
            record = memory.retain(content, kind="artifact").record
            assert memory.get(record.id).content == content

    def test_every_write_gives_what_the_reference_gives(self) -> None:
        """Each method that writes gives equal results, to the last field."""
        said = {"at": "2026-05-06", **ADA}
        self.alike(
            lambda m, ids: m.retain("I work at Brightwater.", **said),
            lambda m, ids: m.retain("Ada works at Brightwater.", subject="Ada", attribute="firm", value="B", **said),
            lambda m, ids: m.retain(messages=[{"role": "user", "content": "Tea at six."}], session="s2"),
            lambda m, ids: m.retain(messages=[{"role": "user", "content": "Tea at nine."}]),
            lambda m, ids: m.retain_many([{"content": "Tea at seven."}, {"content": "Tea at eight."}], scope="desk"),
            lambda m, ids: m.retain("Ada lives in Faro.", speaker="assistant", at="2026-05-07", scope="user:ada"),
            lambda m, ids: m.update(ids["kube"], content="The cluster runs in Paris.", title="where"),
            lambda m, ids: m.feedback([ids["kube"], ids["home"]], "helped", query="where is kube?", reason="so") > 0,
            lambda m, ids: m.commit([{"op": "merge", "id": ids["kube"], "add": {"n": 2}, "set": {"x": None}}]),
            lambda m, ids: m.forget(ids["porto"], reason="old"),
            lambda m, ids: m.forget(ids["porto"]),
            lambda m, ids: m.forget(scope="desk"),
            lambda m, ids: m.erase(ids["kube"]).records == (ids["kube"],),
            lambda m, ids: m.list(filters={"status": ["active", "superseded", "retracted", "archived"]}),
        )

    def test_a_wrong_write_is_refused_as_the_reference_refuses_it(self) -> None:
        """The error is of the same class and says the same; nothing is written."""
        self.alike(
            lambda m, ids: m.retain(),  # type: ignore[call-overload]
            lambda m, ids: m.retain("x", messages=[]),  # type: ignore[call-overload]
            lambda m, ids: m.retain(""),
            lambda m, ids: m.retain("x", kind="nonsense"),
            lambda m, ids: m.retain("x", at="2026-05-03T10:00"),
            lambda m, ids: m.retain("x", scope=""),
            lambda m, ids: m.retain("x", links=[("about", "nobody")]),
            lambda m, ids: m.retain("x", metadata=[1]),  # type: ignore[call-overload]
            lambda m, ids: m.retain("x", if_version=-1),
            lambda m, ids: m.retain("x", name="n" * 500),
            lambda m, ids: m.retain(messages=[{"role": "user"}, "x"]),  # type: ignore[list-item]
            lambda m, ids: m.retain_many([{"content": "Fine."}, {"content": "x", "kind": "nonsense"}]),
            lambda m, ids: m.retain_many([{"content": "Fine."}, "x"]),  # type: ignore[list-item]
            lambda m, ids: m.update("nobody", why="x"),
            lambda m, ids: m.update(ids["kube"], kind="nonsense"),
            lambda m, ids: m.update(ids["kube"]),
            lambda m, ids: m.update(ids["kube"], content=None),  # type: ignore[arg-type]
            lambda m, ids: m.update(ids["kube"], why="x", if_version=7),
            lambda m, ids: m.update(ids["kube"], why="x", scope="team"),
            lambda m, ids: m.feedback(ids["kube"], "adored"),
            lambda m, ids: m.feedback([], "used"),
            lambda m, ids: m.feedback("nobody", "used"),
            lambda m, ids: m.undo(10_000),
            lambda m, ids: m.undo("first"),  # type: ignore[arg-type]
            lambda m, ids: m.forget("nobody"),
            lambda m, ids: m.forget(),
            lambda m, ids: m.erase("nobody"),
            lambda m, ids: m.erase(),
            lambda m, ids: m.commit([]),
            lambda m, ids: m.commit([{"op": "dance"}]),  # type: ignore[typeddict-item]
            lambda m, ids: m.commit([{"op": "put", "content": "x"}], strict="very"),
            lambda m, ids: m.attempt(lambda reading: None, retries=-1),
            lambda m, ids: m.expire(),
            lambda m, ids: m.compact(before="soon"),
            lambda m, ids: m.consolidate(strategies="magic"),
            lambda m, ids: m.propose(),
            lambda m, ids: [entry.op for entry in m.events().entries if entry.op != "commit"],
        )

    def test_messages_are_remembered_one_by_one(self) -> None:
        """Each says who said it; a conversation that is sent again in full adds only what is new."""
        with self.memory() as memory:
            said = [
                {"role": "user", "name": "Ada", "content": "I moved to Lisbon."},
                {"role": "system", "content": "x"},
            ]
            first = memory.retain(messages=said, session="s1")
            assert [(verdict.action, verdict.record.speaker) for verdict in first] == [("added", "Ada")]
            more = [*said, {"role": "assistant", "content": "Is Lisbon by the sea then?"}]
            again = memory.retain(messages=more, session="s1")
            assert [verdict.repeated for verdict in again] == [True, False]

    def test_many_are_checked_before_the_first_is_written(self) -> None:
        """One wrong item, and none is written; else all are, in order."""
        with self.memory() as memory:
            error = raised(lambda: memory.retain_many([{"content": "Fine."}, {"content": ""}]))
            assert isinstance(error, InvalidInputError)
            assert str(error).startswith("items[1].content: ")
            assert memory.stats().records == 0
            verdicts = memory.retain_many(({"content": f"Row {n}"} for n in range(90)), scope="store")
            assert [verdict.record.content for verdict in verdicts[::30]] == ["Row 0", "Row 30", "Row 60"]
            assert memory.stats().scopes == {"store": 90}

    def test_an_update_makes_a_version(self) -> None:
        """None takes a field away; another version than the one expected is told."""
        with self.memory() as memory:
            fields: dict[str, Any] = {"title": "tea", "why": "so", "metadata": {"n": 1}, "aliases": ["té"]}
            first = memory.retain("Tea at five.", kind="context", **fields).record
            changed = memory.update(first.id, if_version=1, title=None, aliases=None, why="because", reason="asked")
            assert (changed.record.version, changed.record.title, changed.record.aliases) == (2, None, ())
            assert (changed.record.why, changed.record.metadata) == ("because", {"n": 1})
            error = raised(lambda: memory.update(first.id, if_version=1, title="late"))
            assert isinstance(error, VersionConflictError)
            assert (error.record, error.expected, error.current) == (first.id, 1, 2)
            told = [change for change in memory.history(first.id) if change.op in ("retain", "update", "commit")]
            assert told[0].op == "retain"
            assert any(change.reason == "asked" for change in told)

    def test_what_was_forgotten_can_be_brought_back(self) -> None:
        """`forget` takes a record out of every read, `undo` brings it back."""
        with self.memory() as memory:
            ids = self.told(memory)
            gone = memory.forget(ids["kube"], reason="old")
            assert gone.records == (ids["kube"],)
            assert memory.get(ids["kube"]).status == "retracted"
            assert not memory.inject("Is kube up?").items
            back = memory.undo(gone.events[0])
            assert back.records == (ids["kube"],)
            assert memory.inject("Is kube up?").items

    def test_what_was_erased_is_gone(self) -> None:
        """Nothing gives it back; that there was something, the history tells."""
        with self.memory() as memory:
            ids = self.told(memory)
            erased = memory.erase(scope="user:ada")
            assert {*erased.records, *erased.derived} >= {ids["porto"], ids["lisbon"], ids["home"]}
            assert isinstance(raised(lambda: memory.get(ids["home"])), NotFoundError)
            assert not memory.recall("Where does Ada live?", scope="user:ada").items
            assert memory.history(ids["home"])[-1].op == "erase"
            assert memory.verify().ok

    def test_feedback_is_learnt_from(self) -> None:
        """What two turns asked a record by becomes a name of it."""
        with self.memory() as memory:
            id = memory.retain("Grafana runs on port 3000.", name="grafana").record.id
            for turn in ("is the purple dashboard up?", "who owns the purple dashboard?"):
                assert memory.feedback(id, "used", query=turn) > 0
            assert memory.get(id).learnt == ("purple dashboard",)
            assert len(memory.inject("restart the purple dashboard")) == 1
