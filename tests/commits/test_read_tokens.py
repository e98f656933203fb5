"""Read tokens: what was delivered is kept, is rested on, and is nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from tests.commits.conftest import LASTING, Open

from ricordo import AccessError, InvalidInputError, Memory, NotFoundError, ReadTokenError, Record, StaleReadError
from ricordo.plaintext import reading
from ricordo.plaintext.reading import digest_of
from ricordo.testing import FixedClock

PUT: list[Any] = [{"op": "put", "content": "Decided."}]
READS: dict[str, Callable[[Memory, str, str], Any]] = {
    "get": lambda m, id, token: m.get(id, read_token=token),
    "list": lambda m, id, token: m.list(read_token=token),
    "recall": lambda m, id, token: m.recall("Where does Ada live?", read_token=token),
    "inject": lambda m, id, token: m.inject("Ask Brightwater about it.", read_token=token),
    "reflect": lambda m, id, token: m.reflect("Where does Ada live?", read_token=token),
    "history": lambda m, id, token: m.history(id, read_token=token),
    "belief": lambda m, id, token: m.belief(id, read_token=token),
    "profile": lambda m, id, token: m.profile("Ada", read_token=token),
    "summary": lambda m, id, token: m.summary("s1", read_token=token),
}


def ada(memory: Memory, scope: str = "team") -> Record:
    slot = {"subject": "Ada", "attribute": "home", "value": "Porto"}
    fields = {"name": "Brightwater", "session": "s1", "speaker": "Ada", "kind": "fact"}
    return memory.retain("Ada lives in Porto.", scope=scope, **slot, **fields).record


@pytest.mark.parametrize("method", READS)
def test_what_any_read_delivers_is_rested_on(memory: Memory, method: str) -> None:
    record, token = ada(memory), memory.read_token()
    assert READS[method](memory, record.id, token)
    memory.commit(PUT, read_token=token)
    memory.update(record.id, why="because")
    for strict in ("reads", "scope"):
        with pytest.raises(StaleReadError) as caught:
            memory.commit(PUT, read_token=token, strict=strict)
        assert caught.value.versions == {record.id: (1, 2)}


def test_what_was_not_delivered_is_not_rested_on(memory: Memory) -> None:
    record, other, token = ada(memory), memory.retain("The sky is grey.").record, memory.read_token()
    memory.get(record.id, read_token=token)
    memory.get(other.id)
    memory.update(other.id, content="The sky is blue.")
    assert memory.commit(PUT, read_token=token).verdicts[0].action == "added"


def test_that_nothing_was_there_is_rested_on(memory: Memory) -> None:
    """A record that could not be seen when it was asked for, and can be when it is committed."""
    record = ada(memory)
    narrow = memory.scoped(write="user:bob", principal="bob")
    wide = memory.scoped(write="user:bob", read=["user:bob", "team"], principal="bob")
    token = narrow.read_token()
    for id in (record.id, "nowhere"):
        with pytest.raises(NotFoundError):
            narrow.get(id, read_token=token)
    assert narrow.commit(PUT, read_token=token).seq == 2
    with pytest.raises(StaleReadError) as caught:
        wide.commit(PUT, read_token=token)
    assert caught.value.versions == {record.id: (0, 1)}


def test_of_two_deliveries_the_older_counts(memory: Memory) -> None:
    record, token = ada(memory), memory.read_token()
    memory.get(record.id, read_token=token)
    memory.update(record.id, why="because")
    assert memory.get(record.id, read_token=token).version == 2
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token)


def test_own_commits_bring_the_token_up_to_date(memory: Memory) -> None:
    """Also with what they changed beside: the next commit rests on what this one left."""
    record, token = ada(memory), memory.read_token()
    memory.recall("Ada", scope="team", read_token=token)
    moved: Any = {"op": "put", "content": "Ada lives in Faro.", "subject": "Ada", "attribute": "home", "value": "Faro"}
    for strict in ("reads", "scope"):
        memory.commit([{"op": "merge", "id": record.id, "add": {"n": 1}}], read_token=token, strict=strict)
    assert memory.commit([{**moved, "scope": "team"}], read_token=token, strict="scope").verdicts[0].affected
    assert memory.get(record.id).version == 4
    memory.commit([{"op": "delete", "id": record.id}], read_token=token, strict="scope")
    memory.undo(memory.stats().seq)
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token)


def test_a_failed_commit_leaves_the_token_as_it_was(memory: Memory) -> None:
    record, token = ada(memory), memory.read_token()
    memory.get(record.id, read_token=token)
    merge: Any = {"op": "merge", "id": record.id, "add": {"n": 1}}
    with pytest.raises(NotFoundError):
        memory.commit([merge, {"op": "append", "id": "nowhere", "text": "x"}], read_token=token)
    memory.commit([merge], read_token=token)


def test_claims_add_to_what_was_delivered_and_never_override_it(memory: Memory) -> None:
    record, other, token = ada(memory), memory.retain("The sky is grey.").record, memory.read_token()
    memory.get(record.id, read_token=token)
    memory.update(record.id, why="because")
    for version in (1, 2, 3):
        with pytest.raises(StaleReadError):
            memory.commit(PUT, read_token=token, reads=[{"id": record.id, "version": version}])
    token = memory.read_token()
    memory.get(record.id, read_token=token)
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token, reads=[{"id": record.id, "version": 1}])
    memory.commit(PUT, read_token=token, reads=[{"id": record.id, "version": 9}])
    memory.update(other.id, why="because")
    with pytest.raises(StaleReadError) as caught:
        memory.commit(PUT, read_token=token, reads=[{"id": other.id, "version": 1}])
    assert caught.value.versions == {other.id: (1, 2)}


# -- strict="scope" ----------------------------------------------------------------------------------------------------

HAPPENINGS: dict[str, Callable[[Memory, Record], Any]] = {
    "new": lambda m, r: m.retain("Bob lives in Faro.", scope="team"),
    "changed": lambda m, r: m.update(r.id, why="because"),
    "forgotten": lambda m, r: m.forget(r.id),
    "erased": lambda m, r: m.erase(r.id),
    "evidence": lambda m, r: m.retain("Ada lives in Porto.", scope="team", ref="again", kind="fact", speaker="Ada"),
    "feedback": lambda m, r: m.feedback(r.id, "helped"),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize("scope", ["team", None])
def test_nothing_may_happen_where_was_looked(memory: Memory, happening: str, scope: str | None) -> None:
    """For decisions on what is not there: anything done to any record of the scope refuses."""
    record, token = ada(memory), memory.read_token()
    assert len(memory.recall("What does Carol own?", scope=scope, filters={"speaker": "Carol"}, read_token=token)) == 0
    before = memory.stats().seq
    HAPPENINGS[happening](memory, record)
    with pytest.raises(StaleReadError) as caught:
        memory.commit(PUT, read_token=token, strict="scope")
    assert (caught.value.event, caught.value.versions) == (before + 1, {})
    assert f"event {before + 1}" in str(caught.value)
    told = [(stale.id == record.id, stale.read, stale.now) for stale in caught.value.stale]
    expected = {"new": (False, 0, 1), "changed": (True, 1, 2), "forgotten": (True, 1, 2), "erased": (True, 1, 0)}
    gone = happening == "erased" and scope is not None  # which scope it was in is not known any more
    assert told == ([] if gone else [expected.get(happening, (True, 1, 1))])
    memory.commit(PUT, read_token=token)


def test_what_happens_elsewhere_is_not_looked_at(memory: Memory) -> None:
    token = memory.read_token()
    memory.list(scope=["team", "user:ada"], read_token=token)
    memory.retain("Bob lives in Faro.", scope="user:bob")
    memory.commit([{**PUT[0], "scope": "user:bob"}], read_token=token, strict="scope")
    memory.commit(PUT, read_token=memory.read_token(), strict="scope")
    memory.retain("Ada lives in Faro.", scope="user:ada")
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token, strict="scope")


def test_a_looser_commit_hides_nothing_from_a_stricter_one(memory: Memory) -> None:
    """What others did between stays in the way of strict="scope", whatever the token committed meanwhile."""
    token = memory.read_token()
    memory.list(scope="team", read_token=token)
    memory.retain("Bob lives in Faro.", scope="team")
    memory.commit([{**PUT[0], "scope": "team"}], read_token=token)
    with pytest.raises(StaleReadError) as caught:
        memory.commit(PUT, read_token=token, strict="scope")
    assert caught.value.event == 1


def test_the_first_of_several_looks_counts(memory: Memory) -> None:
    token = memory.read_token()
    memory.list(scope="team", read_token=token)
    memory.retain("Bob lives in Faro.", scope="team")
    assert memory.list(scope="team", read_token=token).records
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token, strict="scope")


def test_a_record_that_was_read_stands_for_its_scope(memory: Memory) -> None:
    record, token = ada(memory), memory.read_token()
    memory.get(record.id, read_token=token)
    memory.retain("Bob lives in Faro.", scope="user:bob")
    memory.commit(PUT, read_token=token, strict="scope")
    ada(memory)
    memory.retain("Ada lives in Porto.", scope="team", ref="again", kind="fact", speaker="Ada")
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token, strict="scope")


# -- whose it is, and how long -----------------------------------------------------------------------------------------


def test_a_token_is_its_principals_own(memory: Memory) -> None:
    """Another's is refused as one that there is not, by every read and by the commit."""
    record = ada(memory)
    coder = memory.scoped(write="team", principal="agent:coder")
    token = coder.read_token()
    others = [memory, memory.scoped(write="team", principal="agent:tester"), memory.scoped(write="team")]
    uses = [lambda m, id, text: m.commit(PUT, read_token=text), *READS.values()]
    for other in others:
        told = set()
        for text, use in product((token, "rt_nobody"), uses):
            with pytest.raises(ReadTokenError) as caught:
                use(other, record.id, text)
            told.add(str(caught.value))
        assert len(told) == 1
    coder.get(record.id, read_token=token)
    memory.scoped(write="team", principal="agent:coder").commit(PUT, read_token=token)


def test_a_principal_can_not_be_assumed(memory: Memory) -> None:
    coder = memory.scoped(write="team", read=["team", "notes"], principal="agent:coder")
    assert coder.scoped(write="team").read_token()
    assert coder.scoped(write="team", principal="agent:coder").read_token()
    for handle in (coder, memory.scoped(write="team")):
        with pytest.raises(AccessError):
            handle.scoped(write="team", principal="agent:tester")
    with pytest.raises(InvalidInputError):
        memory.scoped(write="team", principal=" ")


def test_an_expired_token_is_refused(memory: Memory, clock: FixedClock) -> None:
    record, token = ada(memory), memory.read_token(ttl_s=60)
    clock.advance(seconds=59)
    memory.get(record.id, read_token=token)
    clock.advance(seconds=1)
    for _ in range(2):
        with pytest.raises(ReadTokenError, match="expired"):
            memory.commit(PUT, read_token=token)
        with pytest.raises(ReadTokenError, match="expired"):
            memory.get(record.id, read_token=token)
        clock.advance(seconds=1)
        memory.read_token()  # sweeps
    with memory._engine.store.read() as snapshot:
        assert snapshot.handle(digest_of(token, memory._engine.store.secret)) is None


def test_a_token_remembers_so_much_and_no_more(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_READS", 2)
    token = memory.read_token()
    for number in range(3):
        memory.retain(f"Note {number} on tea.")
    memory.list(limit=2, read_token=token)
    with pytest.raises(ReadTokenError, match="2 records"):
        memory.list(read_token=token)


@pytest.mark.parametrize("ttl_s", [0, -1, True, "60", float("nan"), float("inf"), 31 * 86_400, None])
def test_a_lifetime_has_bounds(memory: Memory, ttl_s: Any) -> None:
    with pytest.raises(InvalidInputError):
        memory.read_token(ttl_s=ttl_s)


def test_the_past_is_nothing_to_commit_on(memory: Memory) -> None:
    record, token = ada(memory), memory.read_token()
    for read in (
        lambda: memory.get(record.id, as_of=1, read_token=token),
        lambda: memory.list(as_of=1, read_token=token),
    ):
        with pytest.raises(InvalidInputError, match="as_of"):
            read()


def test_a_state_that_has_passed_is_delivered_as_it_is_now(memory: Memory) -> None:
    """A read of what was so in another year delivers versions of today."""
    record, token = ada(memory), memory.read_token()
    memory.retain("Ada moved to Faro.", scope="team", subject="Ada", attribute="home", value="Faro", at="2027-01-01")
    found = memory.recall("Where did Ada live?", valid_at="2026-06", read_token=token)
    assert [item.record.id for item in found] == [record.id]
    memory.commit(PUT, read_token=token)
    memory.update(record.id, why="because")
    with pytest.raises(StaleReadError):
        memory.commit(PUT, read_token=token)


@pytest.mark.parametrize("engine", LASTING, indirect=True)
def test_a_token_outlives_the_process(open_memory: Open) -> None:
    """What was delivered is durable before the read returns: another process commits on it."""
    first, other = open_memory(), open_memory()
    record, token = ada(first), first.read_token()
    other.get(record.id, read_token=token)
    first.close()
    again = open_memory()
    again.commit([{"op": "merge", "id": record.id, "add": {"n": 1}}], read_token=token)
    other.update(record.id, why="because")
    with pytest.raises(StaleReadError) as caught:
        again.commit(PUT, read_token=token)
    assert caught.value.versions == {record.id: (2, 3)}


def test_a_read_that_delivers_no_news_costs_no_write(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    record, token = ada(memory), memory.read_token()
    memory.get(record.id, read_token=token)

    def none(*_: Any, **__: Any) -> None:
        raise AssertionError("a write")

    monkeypatch.setattr(type(memory._engine.store), "transact", none)
    memory.get(record.id, read_token=token)
