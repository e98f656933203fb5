"""Keys: made, checked, rotated, revoked, by several processes at once; and no request widens one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo import Memory
from ricordo.access.keys import LOCAL, Key, Keys
from ricordo.errors import AccessError, ForeignFileError, InvalidInputError, NotFoundError, SchemaError, StoreError
from ricordo.testing import FixedClock

SCOPES = ("a", "b", "c", "elsewhere")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def keys(tmp_path: Path, clock: FixedClock) -> Iterator[Keys]:
    with Keys.open(tmp_path / "state", clock=clock) as opened:
        yield opened


def test_the_secret_is_shown_once_and_kept_nowhere(keys: Keys, clock: FixedClock, tmp_path: Path) -> None:
    key, secret = keys.issue(space="team", principal="agent:coder", read=["a"], write=["a"], rights=["read"])
    assert secret.startswith(f"mos_{key.id}_")
    assert len(secret) == len(f"mos_{key.id}_") + 43
    assert keys.check(secret, clock.now()) == key
    random = secret.removeprefix(f"mos_{key.id}_").encode()
    for file in (tmp_path / "state").iterdir():
        assert random not in file.read_bytes()
    assert [replace(one, last_used_at=None) for one in keys.list()] == [key]


def test_file_and_folder_are_for_the_owner_alone(keys: Keys, tmp_path: Path) -> None:
    keys.issue()
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "state").iterdir()}
    assert modes["server.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    Keys.open(tmp_path).close()
    (tmp_path / "server.db").chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        Keys.open(tmp_path)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    import apsw

    (tmp_path / "server.db").write_bytes(b"no database at all, but long enough to be read as one" * 30)
    (tmp_path / "server.db").chmod(0o600)
    with pytest.raises(ForeignFileError):
        Keys.open(tmp_path)
    (tmp_path / "server.db").unlink()
    db = apsw.Connection(str(tmp_path / "server.db"))
    db.execute("CREATE TABLE mine (x)")
    db.close()
    (tmp_path / "server.db").chmod(0o600)
    with pytest.raises(ForeignFileError):
        Keys.open(tmp_path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    import apsw

    Keys.open(tmp_path).close()
    db = apsw.Connection(str(tmp_path / "server.db"))
    db.execute("PRAGMA user_version=2")
    db.close()
    with pytest.raises(SchemaError):
        Keys.open(tmp_path)


def test_other_secrets_are_refused(keys: Keys, clock: FixedClock) -> None:
    key, secret = keys.issue()
    other = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    unknown = secret.replace(key.id, "0" * 12)
    for wrong in (
        "",
        "mos_",
        key.id,
        other,
        unknown,
        secret + "A",
        secret[:-1],
        secret.upper(),
        f" {secret}",
        "ä" * 60,
    ):
        assert keys.check(wrong, clock.now()) is None


def test_a_key_expires_to_the_moment(keys: Keys, clock: FixedClock) -> None:
    now = clock.now()
    _, secret = keys.issue(expires_at=now + timedelta(hours=1))
    assert keys.check(secret, now + timedelta(minutes=59, seconds=59)) is not None
    assert keys.check(secret, now + timedelta(hours=1)) is None


def test_a_revoked_key_is_refused_by_the_very_next_check_of_another_process(keys: Keys, tmp_path: Path) -> None:
    clock = FixedClock()
    key, secret = keys.issue()
    assert keys.check(secret, clock.now()) is not None
    script = "import sys; from pathlib import Path; from ricordo.access.keys import Keys\n"
    script += "with Keys.open(Path(sys.argv[1])) as keys: keys.revoke(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "state"), key.id], check=True, env=os.environ)
    assert keys.check(secret, clock.now()) is None


def test_revoking_twice_keeps_the_first_time(keys: Keys, clock: FixedClock) -> None:
    key, _ = keys.issue()
    first = keys.revoke(key.id).revoked_at
    clock.advance(days=1)
    assert keys.revoke(key.id).revoked_at == first == clock.now() - timedelta(days=1)
    with pytest.raises(NotFoundError):
        keys.revoke("nothing")


def test_rotation_keeps_the_old_key_for_a_while(keys: Keys, clock: FixedClock) -> None:
    now = clock.now()
    old, old_secret = keys.issue(
        space="team",
        principal="agent:coder",
        read=["a", "b"],
        write=["a"],
        rights=["read"],
        expires_at=now + timedelta(days=30),
    )
    clock.advance(days=10)
    new, secret = keys.rotate(old.id, grace=timedelta(hours=1))
    same = replace(new, id=old.id, created_at=old.created_at, expires_at=old.expires_at)
    assert same == old
    assert new.expires_at == clock.now() + timedelta(days=30)
    for moment, old_is_good in ((timedelta(minutes=59), True), (timedelta(hours=1), False)):
        assert (keys.check(old_secret, clock.now() + moment) is not None) is old_is_good
        assert keys.check(secret, clock.now() + moment) == new


def test_rotation_never_lengthens_the_life_of_the_old_key(keys: Keys, clock: FixedClock) -> None:
    ends = clock.now() + timedelta(minutes=5)
    old, _ = keys.issue(expires_at=ends)
    keys.rotate(old.id, grace=timedelta(days=1))
    assert keys.list()[0].expires_at == ends


def test_a_key_that_has_ended_is_not_rotated(keys: Keys) -> None:
    key, _ = keys.issue()
    keys.revoke(key.id)
    with pytest.raises(InvalidInputError):
        keys.rotate(key.id)
    other, _ = keys.issue()
    keys.rotate(other.id)
    with pytest.raises(InvalidInputError):
        keys.rotate(other.id)
    assert len(keys.list()) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"rights": []},
        {"rights": ["read", "everything"]},
        {"space": ""},
        {"principal": " ada"},
        {"read": [""]},
        {"write": ["a"]},
        {"read": [f"s{number}" for number in range(1001)]},
        {"expires_at": datetime(2020, 1, 1).astimezone()},
        {"expires_at": datetime(2030, 1, 1)},
    ],
)
def test_bad_values_make_no_key(keys: Keys, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        keys.issue(**wrong)
    assert keys.list() == []


def test_when_a_key_was_used_is_kept_to_the_minute(keys: Keys, clock: FixedClock, tmp_path: Path) -> None:
    _, secret = keys.issue()
    first = clock.now()
    for seconds in (0, 20, 70):
        keys.check(secret, first + timedelta(seconds=seconds))
    keys.close()
    with Keys.open(tmp_path / "state") as again:
        assert again.list()[0].last_used_at == first + timedelta(seconds=70)


def test_several_processes_make_the_file_and_keys_at_once(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from ricordo.access.keys import Keys\n"
    script += "with Keys.open(Path(sys.argv[1])) as keys:\n    for _ in range(5): keys.issue(principal=sys.argv[2])"
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(name)]) for name in range(4)]
    assert [one.wait(60) for one in running] == [0] * 4
    with Keys.open(tmp_path) as keys:
        assert sorted(key.principal for key in keys.list()) == sorted(str(name) for name in range(4) for _ in range(5))


# -- what a request gets -------------------------------------------------------------------------------------------


def allowed(key: Key, write: str | None, read: tuple[str, ...] | None) -> tuple[set[str], set[str]] | None:
    """Return which of SCOPES a request may read and write; None where it is refused. Written anew, and plainly."""
    may_read = set(SCOPES) if key.read is None else set(key.read)
    may_write = set(SCOPES) if key.write is None else set(key.write)
    if not key.rights & {"write", "erase", "admin"}:
        may_write = set()
    if write is None and read is None and key.read is None and key.write is None:
        return may_read, set(SCOPES)  # the whole space; what may be done to it is up to the rights
    if write is not None and write not in may_write:
        return None
    if read is not None and not set(read) <= may_read:
        return None
    one = {write} if write is not None else may_write if key.write is not None and len(key.write) == 1 else set()
    if read is not None:
        return set(read), one
    return (may_read if key.read is not None else one), one


lists = st.none() | st.lists(st.sampled_from(SCOPES), unique=True).map(tuple)
rights = st.sets(st.sampled_from(["read", "write", "erase", "admin"]), min_size=1).map(frozenset)
made = st.builds(
    lambda read, write, rights: replace(LOCAL, read=read, write=write, rights=rights), lists, lists, rights
)


@given(made, st.none() | st.sampled_from(SCOPES), lists)
def test_no_request_gets_more_than_its_key(key: Key, write: str | None, read: tuple[str, ...] | None) -> None:
    if key.read is None and key.write is not None:
        key = replace(key, read=key.write)  # as `issue` demands
    with Memory.open(":memory:", embedder=None) as memory:
        for scope in SCOPES:
            memory.retain(f"The word is {scope}.", scope=scope)
        expected = allowed(key, write, read)
        if expected is None:
            with pytest.raises(AccessError):
                key.handle(memory, write=write, read=read)
            return
        handle = key.handle(memory, write=write, read=read)
        assert {record.scope for record in handle.list().records} == expected[0]
        assert {scope for scope in SCOPES if _writes(handle, scope)} == expected[1]


def _writes(handle: Memory, scope: str) -> bool:
    try:
        return bool(handle.retain("Something new.", scope=scope))
    except AccessError:
        return False


def test_read_tokens_are_the_principals_own(keys: Keys, clock: FixedClock) -> None:
    one, _ = keys.issue(principal="agent:one", read=["a"], write=["a"])
    two, _ = keys.issue(principal="agent:two", read=["a"], write=["a"])
    renewed, _ = keys.rotate(one.id)
    with Memory.open(":memory:", embedder=None) as memory:
        id = memory.retain("It is raining.", scope="a").record.id
        token = one.handle(memory).read_token()
        one.handle(memory).get(id, read_token=token)
        with pytest.raises(Exception, match="read_token"):
            two.handle(memory).get(id, read_token=token)
        assert renewed.handle(memory).get(id, read_token=token).id == id


def test_which_space_a_key_is_good_for() -> None:
    assert LOCAL.opens("anything")
    assert replace(LOCAL, space="team").opens("team")
    assert not replace(LOCAL, space="team").opens("teams")
    assert LOCAL.may("admin")
    assert not replace(LOCAL, rights=frozenset(["read"])).may("write")
