"""Row-level security, rights, erasing: what one space can't see of another, and what is left of the erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ricordo import Memory
from ricordo.index.vectors import catch_up
from ricordo.store.base import Following
from ricordo.store.postgres_schema import GRANTS, TABLES
from ricordo.testing import HashingEmbedder
from ricordo.testing.postgres import PostgresServer

Open = Callable[..., Memory]
TEXT = "The xylophone stands in the quiet cellar."


def fill(opened: Open) -> None:
    """Put something into every table, for two spaces."""
    for space in ("one", "other"):
        memory = opened(space=space, embedder=HashingEmbedder())
        memory.retain(f"{TEXT} Of {space}.")
        memory.embed()
        memory.close()


def refused(connection: psycopg.Connection[Any], sql: str) -> None:
    """Check that a statement of space "one" is refused."""

    def attempt() -> None:
        with connection.transaction():
            connection.execute("SELECT set_config('ricordo.space', 'one', true)")
            connection.execute(sql)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt()


def test_a_plain_role_sees_one_space(opened: Open, url: str, server: PostgresServer) -> None:
    """Even by hand: no row of any space unless it is named, then none of another; nothing can be put there."""
    fill(opened)
    hold = "INSERT INTO ricordo_handle VALUES ('{}', 'd', 'p', 1, 1, '{{}}')"
    server.run(hold.format("one") + ";" + hold.format("other"), url)  # the superuser passes the wall
    with server.role(url, GRANTS) as plain, psycopg.connect(plain, autocommit=True) as connection:
        for table in TABLES:
            assert server.run(f"SELECT count(DISTINCT space) FROM {table}", url) == [(2,)], table
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)], table
            with connection.transaction():
                connection.execute("SELECT set_config('ricordo.space', 'one', true)")
                seen = connection.execute(f"SELECT DISTINCT space FROM {table}").fetchall()
                assert seen == [("one",)], table
                done = connection.execute(f"UPDATE {table} SET space = space WHERE space = 'other'")
                gone = connection.execute(f"DELETE FROM {table} WHERE space = 'other'")
                assert (done.rowcount, gone.rowcount) == (0, 0)
            refused(connection, f"UPDATE {table} SET space = 'other' WHERE space = 'one'")
        refused(connection, hold.format("other").replace("'d'", "'e'"))
        assert connection.execute("SELECT current_setting('ricordo.space', true)").fetchone() == ("",)


def test_the_wall_stands_before_the_owner_too(server: PostgresServer, url: str, opened: Open) -> None:
    """A role that made the tables itself, and is no superuser, sees no other space either."""
    with server.role(url, "GRANT CREATE ON SCHEMA public TO {role}") as owner:
        for space in ("one", "other"):
            memory = opened(at=owner, space=space)
            memory.retain("Mine.")
            memory.close()
        with psycopg.connect(owner) as connection:
            assert connection.execute("SELECT count(*) FROM ricordo_event").fetchall() == [(0,)]


def test_the_grants_are_enough(opened: Open, url: str, server: PostgresServer) -> None:
    """A role with the grants of the documentation does all that a memory does; without them it is told what lacks."""
    fill(opened)
    with server.role(url, GRANTS) as plain:
        memory = opened(at=plain, space="new", embedder=HashingEmbedder())
        id = memory.retain(TEXT).record.id
        memory.embed()
        assert memory.recall("the xylophone").items[0].record.id == id
        assert memory.erase(id).status == "done"
        memory.reindex()
        assert memory.verify().ok
        memory.close()
    page = (Path(__file__).parents[2] / "docs/postgresql.md").read_text(encoding="utf-8")
    assert all(line in page for line in GRANTS.format(role="ricordo_app").splitlines())
    without = "\n".join(line for line in GRANTS.splitlines() if "MAINTAIN" not in line)
    with server.role(url, without) as plain:
        memory = opened(at=plain, space="two")
        erasure = memory.erase(memory.retain(TEXT).record.id)
        assert erasure.status == "pending"
        assert "permission denied to vacuum" in (erasure.reason or "")
        memory.close()
    with (
        server.role(url, "GRANT SELECT ON ricordo_schema TO {role}") as plain,
        pytest.raises(Exception, match="grants"),
    ):
        opened(at=plain, space="three")


def test_an_erasure_leaves_no_text_in_tables_and_followers(
    opened: Open, url: str, tmp_path: Path, server: PostgresServer
) -> None:
    """Neither tables nor files of a follower hold the words; a follower elsewhere loses them when it catches up."""
    one, other = opened("a"), opened("b")
    id = one.retain(TEXT).record.id
    one.update(id, content=f"{TEXT} Again.")
    one.retain("The lamp is purple.")
    assert other.get(id).content == f"{TEXT} Again."
    assert one.erase(id).status == "done"
    assert b"xylophone" not in files(tmp_path / "a")
    rows = server.run("SELECT string_agg(body, ' ') FROM ricordo_payload", url)[0][0]
    assert "xylophone" not in rows
    assert "purple" in rows
    assert b"xylophone" in files(tmp_path / "b")
    other.recall("lamp")
    assert other.stats().pending_erasure
    store = other._engine.store
    assert isinstance(store, Following)
    store.refresh()
    assert b"xylophone" not in files(tmp_path / "b")
    assert (one.verify().problems, other.verify().problems) == ((), ())


def test_no_vector_comes_after_an_erasure(opened: Open, url: str, server: PostgresServer) -> None:
    """A record that is erased while its vector is made elsewhere leaves no vector in the database."""
    one, other = opened("a"), opened("b")
    ids = [one.retain(text).record.id for text in (TEXT, "The lamp is purple.")]

    class Slow(HashingEmbedder):
        def embed(self, texts: Sequence[str]) -> Any:
            if one.get(ids[0]).status == "active":
                one.erase(ids[0])
            return super().embed(texts)

    catch_up(other._engine.store, Slow())
    assert server.run("SELECT vid FROM ricordo_vector", url) == [(2,)]
    for memory in (one, other):
        with memory._engine.store.read() as snapshot:
            assert list(snapshot.vectors_of(Slow().model_id, range(1, 9))) == [2]
            assert snapshot.followed(Slow().model_id)[1] >= 2


def test_an_erasure_waits_for_old_transactions(opened: Open, url: str, server: PostgresServer) -> None:
    """While a transaction may still read what was erased, the erasure is pending, and done when it ends."""
    memory = opened()
    id = memory.retain(TEXT).record.id
    with psycopg.connect(url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM ricordo_payload")
        erasure = memory.erase(id)
        assert erasure.status == "pending"
        assert "old enough" in (erasure.reason or "")
        assert memory.stats().pending_erasure
        other = opened("b")
        assert other.stats().pending_erasure
    assert other._engine.store.scrub() is None
    memory.retain("A write ends it, on every server.")
    assert not memory.stats().pending_erasure


def files(folder: Path) -> bytes:
    """Return every byte of a folder's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
