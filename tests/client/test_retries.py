"""Whatever happens on the way: a call is answered, or says that it was not; and nothing is written twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.client.misbehaving import Act, Misbehaving
from tests.client.server import serving

from ricordo import (
    AccessError,
    Client,
    InvalidInputError,
    NotFoundError,
    UnreachableError,
    VersionConflictError,
    connect,
)
from ricordo.client.client import Client as Made
from ricordo.client.connecting import exchange_of
from ricordo.config import Secret
from ricordo.testing import StillTime

_NUMBERS = count()
#: Faults after which the real server has done what was asked.
LOST = ("dropped", "reset", "cut", "garbled")
ADA: dict[str, Any] = {"speaker": "Ada", "scope": "user:ada"}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def between(behind: str) -> Iterator[Misbehaving]:
    with Misbehaving(behind) as made:
        yield made


@pytest.fixture
def still() -> StillTime:
    return StillTime()


@pytest.fixture
def client(between: Misbehaving, still: StillTime) -> Client:
    """A client of an empty space, for which waits pass at once; what it meets begins after that."""
    space = f"space-{next(_NUMBERS)}"
    connect(between.url, space=space, create=True).close()
    between.seen.clear()
    return waiting(between.url, space, still)


def waiting(url: str, space: str, still: StillTime, *, timeout_s: float = 30.0, retries: int = 4) -> Client:
    return Made(
        exchange_of(
            url,
            key=Secret("mos_k_0123456789"),
            space=space,
            timeout_s=timeout_s,
            retries=retries,
            ca_file=None,
            timing=still.timing,
        )
    )


def ops_in(client: Client) -> list[str]:
    """Return the operations in the log, without the notes that keep the keys of commits."""
    return [entry.op for entry in client.events(limit=1_000).entries if entry.op != "commit"]


WRITES: dict[str, tuple[Callable[[Client, str], Any], list[str]]] = {
    "retain": (lambda c, id: c.retain("Tea at five."), ["retain"]),
    "retain at a time": (lambda c, id: c.retain("Tea at five.", at="2026-05-03T10:00Z", **ADA), ["retain"]),
    "retain under a key": (lambda c, id: c.retain("Tea at five.", key="k1"), ["retain"]),
    "messages": (lambda c, id: c.retain(messages=[{"role": "user", "content": "Tea?"}]), ["retain"]),
    "messages of a session": (
        lambda c, id: c.retain(messages=[{"role": "user", "content": "Tea?"}], session="s"),
        ["retain"],
    ),
    "retain_many": (lambda c, id: c.retain_many([{"content": "Tea."}, {"content": "Cake."}]), ["retain", "retain"]),
    "update": (lambda c, id: c.update(id, why="so", if_version=1), ["update"]),
    "commit": (lambda c, id: c.commit([{"op": "append", "id": id, "text": "And cake."}]), ["update"]),
    "attempt": (
        lambda c, id: c.attempt(lambda reading: [{"op": "put", "id": id, "why": reading.get(id).content}]),
        ["update"],
    ),
    "feedback": (lambda c, id: c.feedback(id, "helped"), ["feedback"]),
    "forget": (lambda c, id: c.forget(id, reason="old"), ["forget"]),
    "forget a scope": (lambda c, id: c.forget(scope="default"), ["forget"]),
    "undo": (lambda c, id: c.undo(1), ["undo"]),
    "erase": (lambda c, id: c.erase(id), ["erase"]),
    "expire": (
        lambda c, id: c.expire([{"name": "all", "kinds": ["context"], "after": "0 days"}]),  # type: ignore[list-item]
        ["expire"],
    ),
}


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("name", WRITES)
def test_a_lost_answer_is_no_second_write(client: Client, between: Misbehaving, name: str, fault: str) -> None:
    """The write is repeated under its key, answered, and stands in the log once."""
    write, wanted = WRITES[name]
    id = client.retain("Water.", kind="context").record.id
    before = len(client.events(limit=1_000).entries)
    first = between.seen.copy()
    lost = [Act(), Act(), Act(answered=fault)] if name == "attempt" else [Act(answered=fault)]
    between.script(*lost)
    assert write(client, id) is not None
    sent = between.seen[len(first) + len(lost) - 1 :]
    assert len(sent) == 2
    assert sent[0] == sent[1]
    entries = client.events(limit=1_000).entries
    assert [entry.op for entry in entries[before:] if entry.op != "commit"] == wanted


@pytest.mark.parametrize("fault", LOST)
def test_a_repeated_write_gives_the_first_result(client: Client, between: Misbehaving, fault: str) -> None:
    """What the server did the first time is what the caller gets."""
    between.script(Act(answered=fault))
    verdict = client.retain("I moved to Lisbon.", **ADA)
    assert (verdict.record.version, verdict.states[0].record.value) == (1, "Lisbon")
    assert client.get(verdict.record.id) == verdict.record
    between.script(Act(answered=fault))
    changed = client.update(verdict.record.id, if_version=1, title="home")
    assert (changed.record.version, changed.record.title) == (2, "home")
    between.script(Act(answered=fault))
    assert client.erase(verdict.record.id).records == (verdict.record.id,)


def test_a_write_whose_answer_never_comes_says_so(client: Client, between: Misbehaving, still: StillTime) -> None:
    """The error has the key, under which the write can be repeated; and it is one write."""
    between.script(*[Act(answered="dropped")] * 5)
    with pytest.raises(UnreachableError, match=r"5 attempts\); whether `retain` was done isn't known") as caught:
        client.retain("Tea at five.")
    assert caught.value.unknown
    key = caught.value.key
    assert key is not None
    assert key in str(caught.value)
    assert [sent[2] for sent in between.seen] == [key] * 5
    assert len(still.waits) == 4
    again = client.keyed(key).retain("Tea at five.")
    assert again.repeated
    assert ops_in(client) == ["retain"]


def test_an_update_can_be_repeated_under_the_key_of_its_error(client: Client, between: Misbehaving) -> None:
    id = client.retain("Tea at five.").record.id
    between.script(*[Act(answered="reset")] * 6)  # the first takes a kept connection, which counts as no attempt
    with pytest.raises(UnreachableError) as caught:
        client.update(id, if_version=1, why="so")
    assert caught.value.key is not None
    assert client.keyed(caught.value.key).update(id, if_version=1, why="so").record.version == 2
    with pytest.raises(VersionConflictError):
        client.update(id, if_version=1, why="so")


def test_many_can_be_repeated_under_the_key_of_their_error(client: Client, between: Misbehaving) -> None:
    items = [{"content": "Tea."}, {"content": "Cake."}]
    between.script(*[Act(answered="cut")] * 5)
    with pytest.raises(UnreachableError) as caught:
        client.retain_many(items)
    assert caught.value.key is not None
    assert [verdict.repeated for verdict in client.keyed(caught.value.key).retain_many(items)] == [True, True]
    assert ops_in(client) == ["retain", "retain"]


def test_a_read_is_repeated_and_then_given_up(client: Client, between: Misbehaving) -> None:
    client.retain("Tea at five.")
    between.script(Act(answered="reset"), Act(answered="garbled"), Act(status=502, passed=False))
    assert client.recall("tea").items
    between.script(*[Act(answered="dropped")] * 6)
    with pytest.raises(UnreachableError, match="broke off") as caught:
        client.recall("tea")
    assert (caught.value.unknown, caught.value.key) == (False, None)


def test_a_server_that_is_busy_is_asked_again_when_it_says(
    client: Client, between: Misbehaving, still: StillTime
) -> None:
    """Retry-After is the least that is waited."""
    between.script(Act(passed=False, status=503, headers={"Retry-After": "3"}), Act(passed=False, status=429))
    client.retain("Tea at five.")
    assert ops_in(client) == ["retain"]
    assert still.waits[0] >= 3
    assert 0 < still.waits[1] < 3


def test_no_wait_goes_beyond_the_time_of_the_call(between: Misbehaving, client: Client, still: StillTime) -> None:
    between.script(Act(passed=False, status=503, headers={"Retry-After": "600"}))
    with pytest.raises(UnreachableError):
        client.stats()
    assert still.waits == []


def test_a_connection_that_was_closed_meanwhile_does_not_surface(between: Misbehaving, client: Client) -> None:
    """Also with no retries: an idle connection that the server has closed is not used."""
    once = waiting(between.url, client._exchange.space, StillTime(), retries=0)
    between.script(Act(close=True), Act(close=True))
    for _ in range(3):
        assert once.stats().records == 0


def test_a_request_that_is_still_under_way_is_waited_for(behind: str, between: Misbehaving) -> None:
    """The connection breaks while the server is at it: the repetition waits, and gets the one result."""
    space = f"space-{next(_NUMBERS)}"
    with connect(between.url, space=space, create=True) as made:
        id = made.retain("Water.").record.id
        between.script(Act(answered="dropped"))
        assert made.feedback(id, "helped") == 2


def test_a_slow_server_is_given_up_in_time(between: Misbehaving, client: Client) -> None:
    release = threading.Event()
    between.script(Act(release=release))
    hurried = connect(between.url, space=client._exchange.space, timeout_s=0.2)
    try:
        with pytest.raises(UnreachableError, match=r"within 0\.2 s.*whether `retain` was done isn't known") as caught:
            hurried.retain("Tea at five.")
    finally:
        release.set()
    assert caught.value.unknown


def test_a_redirect_is_refused(between: Misbehaving, client: Client) -> None:
    between.script(Act(passed=False, status=307, headers={"Location": "http://elsewhere.example/"}))
    with pytest.raises(UnreachableError, match="redirect"):
        client.stats()
    assert len(between.seen) == 1


def test_who_is_no_ricordo_server_is_told_apart(between: Misbehaving, client: Client) -> None:
    """A 404 of somebody else does not say that a record is gone."""
    between.script(*[Act(passed=False, status=status) for status in (404, 500, 418)])
    for _ in range(3):
        with pytest.raises(UnreachableError, match="no word of Ricordo's"):
            client.get("0" * 24)
    between.script(Act(passed=False))
    with pytest.raises(UnreachableError, match="different versions"):
        client.get("0" * 24)
    between.script(Act(passed=False, status=403), Act(passed=False, status=413))
    with pytest.raises(AccessError, match="check the key"):
        client.stats()
    with pytest.raises(InvalidInputError, match="body"):
        client.retain("Tea at five.")


def test_an_answer_has_a_bound(between: Misbehaving, client: Client) -> None:
    client.retain("x" * 4_000, kind="artifact")
    client._exchange._transport._largest = 2_000
    with pytest.raises(UnreachableError, match=r"larger than 2000 bytes.*ask for less"):
        client.list()


def test_nobody_there_is_said_at_once(still: StillTime) -> None:
    nobody = waiting("http://127.0.0.1:1", "default", still)
    with pytest.raises(UnreachableError, match="ricordo serve") as caught:
        nobody.retain("Tea at five.")
    assert (caught.value.unknown, caught.value.key, len(still.waits)) == (False, None, 4)


def test_the_key_is_shown_nowhere(between: Misbehaving, client: Client) -> None:
    """Neither in what the client says of itself nor in an error; to the server it goes."""
    between.script(*[Act(answered="dropped")] * 5)
    with pytest.raises(UnreachableError) as caught:
        client.retain("Tea at five.")
    told = [repr(client), str(client), repr(vars(client)), str(caught.value), repr(caught.value.__cause__)]
    assert not any("0123456789" in text for text in told)
    assert between.authorized >= {"Bearer mos_k_0123456789"}


def test_a_space_that_is_not_there_is_not_found(behind: str) -> None:
    with connect(behind, space="nowhere") as made, pytest.raises(NotFoundError, match="nowhere"):
        made.stats()


def test_an_export_that_breaks_off_is_begun_anew(between: Misbehaving, client: Client, tmp_path: Path) -> None:
    """No half of an archive is ever there under its name."""
    client.retain("Tea at five.")
    between.script(Act(answered="cut"), Act(answered="reset"))
    path = client.export(tmp_path / "space.ricordo")
    assert path.stat().st_size > 0
    between.script(*[Act(answered="cut")] * 5)
    with pytest.raises(UnreachableError):
        client.export(tmp_path / "other.ricordo")
    assert [one.name for one in tmp_path.iterdir()] == ["space.ricordo"]
