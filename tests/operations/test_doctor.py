"""`ricordo doctor` on faults that are made for real: each is found, explained, and gone when it is mended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import click
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.access.conftest import served

import ricordo
from ricordo import Memory
from ricordo.access.certificate import expires_at
from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.refusal import Receive, Scope, Send
from ricordo.cli import main
from ricordo.cli.doctor_places import remote_file_system
from ricordo.config import Settings, resolve
from ricordo.testing import FixedClock

Run = Callable[..., Any]
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ports and folders that nobody else uses."""
    monkeypatch.setenv("RICORDO_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RICORDO_FOLLOWERS", str(tmp_path / "followers"))
    for name, port in zip(("PORT", "PROXY_PORT", "MCP_PORT"), free_ports(3), strict=True):
        monkeypatch.setenv(f"RICORDO_{name}", str(port))
    return tmp_path


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@pytest.fixture
def look(ask: Ask) -> Callable[[], tuple[list[dict[str, str]], str]]:
    """Return the problems and the notes."""

    def call() -> tuple[list[dict[str, str]], str]:
        result = CliRunner().invoke(main, ["doctor", "--json"], prog_name="ricordo")
        found = json.loads(result.stdout)
        assert result.exit_code == (6 if found["problems"] else 0)
        for problem in found["problems"]:
            assert all(problem[part] for part in ("what", "why", "advice")), problem
        return found["problems"], "\n".join(found["notes"])

    return call


Look = Callable[[], tuple[list[dict[str, str]], str]]


def only(look: Look, *words: str) -> dict[str, str]:
    """Return the one problem that was found, which must say these words."""
    problems, _ = look()
    assert len(problems) == 1, problems
    for word in words:
        assert word in problems[0]["what"] + problems[0]["advice"]
    return problems[0]


def test_all_is_well(look: Look, run: Run, own: Path) -> None:
    assert look() == ([], "There is no space yet: `ricordo retain` or `ricordo import` makes it.")
    assert not (own / "state").exists()
    text = run("doctor").stdout
    assert "surfaces       ricordo serve (ready), ricordo mcp (ready), ricordo proxy (ready)" in text


def test_each_problem_is_explained_in_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_HOST", "192.0.2.1")
    lines = run("doctor", code=6).stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("problem:"))
    assert [line.split(":")[0] for line in lines[at : at + 3]] == ["problem", "  why", "  do"]


# -- ports


def test_a_port_that_another_program_has(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("RICORDO_PROXY_PORT", str(port))
        only(look, f"port {port} of 127.0.0.1 (proxy_port) is taken", f"sport = :{port}")
    assert look()[0] == []


def test_a_port_that_ricordo_has_is_no_fault(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

    with served(gate(app, keys=None, settings=Settings())) as client:
        monkeypatch.setenv("RICORDO_PORT", str(client.base_url.port))
        problems, notes = look()
    assert problems == []
    assert f"A server of Ricordo's answers at port {client.base_url.port} (port)." in notes


def test_a_web_server_of_somebody_else_is_a_fault(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})

    with served(app) as client:
        monkeypatch.setenv("RICORDO_PORT", str(client.base_url.port))
        only(look, "taken by another program")


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (["serve", "--insecure"], "port"),
        (["proxy", "--upstream", "http://127.0.0.1:9"], "proxy_port"),
        (["mcp", "--http", "--insecure"], "mcp_port"),
    ],
)
def test_each_server_of_ricordos_is_known_again(look: Look, own: Path, command: list[str], setting: str) -> None:
    port = os.environ[f"RICORDO_{setting.upper()}"]
    with subprocess.Popen([sys.executable, "-m", "ricordo", *command], stderr=subprocess.DEVNULL) as server:
        try:
            until_it_listens(int(port), server)
            problems, notes = look()
        finally:
            server.terminate()
    assert problems == []
    assert f"A server of Ricordo's answers at port {port} ({setting})." in notes


def until_it_listens(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"it ended with {server.wait(0.1)}")
    raise AssertionError("nothing listens")


def test_one_port_for_two_servers(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_MCP_PORT", os.environ["RICORDO_PORT"])
    found = [problem["what"] for problem in look()[0]]
    assert found == [f"port and mcp_port are both {os.environ['RICORDO_PORT']}"]


def test_an_address_that_is_another_machines(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_HOST", "192.0.2.1")
    problems, notes = look()
    assert {problem["what"] for problem in problems} == {"host is 192.0.2.1, which is no address of this machine"}
    assert "unencrypted" in notes
    assert "ricordo keys issue" in notes
    monkeypatch.setenv("RICORDO_HOST", "no such host")
    assert "can't be listened on" in look()[0][0]["what"]


def test_names_that_are_none(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_ALLOWED_ORIGINS", "memory.example")
    only(look, "allowed_origins")


# -- keys


@pytest.mark.parametrize(("ends", "told"), [(-3, "expired"), (3, "expires"), (-20, None), (20, None)])
def test_a_key_that_ends(look: Look, own: Path, ends: float, told: str | None) -> None:
    now = datetime.now(UTC)
    with Keys.open(own / "state", clock=FixedClock(now - timedelta(days=60))) as keys:
        key, _ = keys.issue(principal="agent:coder", expires_at=now + timedelta(days=ends))
    if told is None:
        assert look()[0] == []
        return
    only(look, f"key {key.id} of agent:coder {told}", "never used", "ricordo keys")
    with Keys.open(own / "state") as keys:
        keys.issue(principal="agent:coder")
    assert look()[0] == []


def test_a_key_that_was_rotated_is_no_fault(look: Look, run: Run, ask: Ask) -> None:
    key = ask("keys", "issue", "--scope", "a", "--expires", "2 days")["key"]
    only(look, key["id"])
    run("keys", "rotate", key["id"])
    assert len(look()[0]) == 1  # the new one lives two days, too
    for one in ask("keys", "list"):
        run("keys", "revoke", one["id"])
    assert look()[0] == []


@pytest.mark.parametrize(("name", "mode"), [("", 0o755), ("", 0o770), ("server.db", 0o640), ("server.db", 0o604)])
def test_rights_that_are_too_wide(look: Look, own: Path, name: str, mode: int) -> None:
    Keys.open(own / "state").close()
    (own / "state" / name).chmod(mode)
    found = only(look, str(own / "state" / name), f"mode {mode:03o}")
    subprocess.run(found["advice"].split(), check=True)
    assert look()[0] == []


def test_a_key_file_that_others_may_write(look: Look, own: Path) -> None:
    Keys.open(own / "state").close()
    (own / "state" / "server.db").chmod(0o666)
    assert "make themselves a key" in only(look, "mode 666", "chmod 600")["why"]


def test_a_key_file_that_is_something_else(look: Look, own: Path) -> None:
    (own / "state").mkdir(mode=0o700)
    (own / "state" / "server.db").write_bytes(b"not a database " * 100)
    (own / "state" / "server.db").chmod(0o600)
    only(look, "server.db is not a file of Ricordo")


# -- certificate


@pytest.fixture
def certificate(own: Path) -> Callable[[int], tuple[Path, Path]]:
    """Makes a certificate that is good for some days, and its key."""

    def make(days: int) -> tuple[Path, Path]:
        chain, private = own / f"{days}.pem", own / f"{days}.key"
        begin, end = (datetime.now(UTC) + timedelta(days=day) for day in (-30, days))
        key, name = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
        )
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
        pem = serialization.Encoding.PEM
        chain.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        private.write_bytes(key.private_bytes(pem, *plain))
        private.chmod(0o600)
        assert abs(expires_at(chain.read_text()) - end) < timedelta(seconds=2)
        return chain, private

    return make


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, object], None]:
    def call(chain: object, private: object) -> None:
        monkeypatch.setenv("RICORDO_TLS_CERT", str(chain))
        monkeypatch.setenv("RICORDO_TLS_KEY", str(private))

    return call


Make = Callable[[int], tuple[Path, Path]]
Use = Callable[[object, object], None]


def test_certificates(look: Look, certificate: Make, use: Use) -> None:
    good, soon, gone = certificate(90), certificate(5), certificate(-5)
    use(*good)
    assert look()[0] == []
    use(*soon)
    only(look, "5.pem expires", "Renew")
    use(*gone)
    only(look, "-5.pem expired")
    use(good[0], soon[1])
    only(look, "can't be used", "belong")
    use(good[0], "")
    only(look, "tls_cert is set, and tls_key is not")
    use(good[0], "/nowhere.key")
    only(look, "No such file")
    good[1].chmod(0o644)
    use(*good)
    only(look, "may be used by other users")
    good[0].write_text("no certificate")
    use(*good)
    only(look, "can't be used")


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "-----END"])
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(ValueError, match="certificate"):
        expires_at(text)


# -- extras


def test_a_setting_whose_extra_is_missing(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment of its own that has what the core needs, and nothing else."""
    folder = Path(os.environ["HOME"]) / "packages"
    folder.mkdir(parents=True)
    site = Path(click.__file__).parent.parent
    for path in site.iterdir():
        if path.name.split(".")[0].split("-")[0] in ("apsw", "click", "Stemmer"):
            (folder / path.name).symlink_to(path)
    source = Path(ricordo.__file__).parent.parent
    asked = {**os.environ, "PYTHONPATH": f"{source}:{folder}", "RICORDO_TRACES": "http://localhost:4318"}
    asked |= {"RICORDO_UPSTREAM": "http://localhost:1", "RICORDO_EMBEDDER": "none"}
    command = [sys.executable, "-S", "-m", "ricordo", "doctor"]
    done = subprocess.run(command, env=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 6, done.stderr
    assert "the setting traces needs the extra otel" in done.stdout
    assert "the setting upstream needs the extra proxy" in done.stdout
    assert 'ricordo mcp (pip install "ricordo[mcp]")' in done.stdout
    assert done.stdout.endswith("2 problem(s) found.\n")


# -- places


def test_a_disk_that_is_nearly_full(look: Look, run: Run, own: Path) -> None:
    run("retain", "I live in Porto.")
    assert look()[0] == []
    with (own / "space" / "huge").open("wb") as file:  # a hole: takes no room, and says it does
        file.truncate(shutil.disk_usage(own).free + (1 << 30))
    only(look, "nearly full", "docs/forgetting.md")


def test_a_file_system_of_another_machine() -> None:
    mounts = "/dev/vda / ext4 rw 0 0\nnas:/x /mnt/nas\\040one nfs4 rw 0 0\n//pc/y /mnt/nas\\040one/pc cifs rw 0 0\n"
    mounts += "tmpfs /mnt/nas\\040one/local tmpfs rw 0 0\n"
    kinds = {path: remote_file_system(Path(path), mounts) for path in ("/home", "/mnt/nas one/a", "/mnt/nas one/pc")}
    assert kinds == {"/home": None, "/mnt/nas one/a": "nfs4", "/mnt/nas one/pc": "cifs"}
    assert remote_file_system(Path("/mnt/nas one/local/a"), mounts) is None
    assert remote_file_system(Path("/"), "") is None


def test_followers_that_nobody_uses(look: Look, own: Path) -> None:
    for name, days in (("old", 31), ("young", 29)):
        home = own / "followers" / name
        (home / "space").mkdir(parents=True)
        (home / "space" / "memory.db").write_bytes(b"x" * (3 << 20))
        lock = home / "lock"
        lock.touch()
        os.utime(lock, times=(0, datetime.now(UTC).timestamp() - days * 86_400))
    found = only(look, "1 of the followers", "3 MiB")
    subprocess.run(["rm", "-r", found["advice"].rpartition("rm -r ")[2]], check=True)
    assert look()[0] == []


# -- the space


def test_an_erasure_that_is_not_finished(look: Look, own: Path) -> None:
    with Memory.open(own / "space", embedder=None) as memory:
        id = memory.retain("I live in Porto.").record.id
        with reading(own / "space"):
            assert memory.erase(id).status == "pending"
            only(look, "an erasure is not finished", "Close the programs")
    assert look()[0] == []


def reading(space: Path) -> Any:
    """Hold a snapshot open, as another program does."""
    db = apsw.Connection(str(space / "memory.db"))
    db.execute("BEGIN; SELECT count(*) FROM record")
    return closing(db)


def test_a_clock_that_is_behind(look: Look, own: Path) -> None:
    ahead = FixedClock(datetime.now(UTC) + timedelta(hours=2))
    with Memory.open(own / "space", embedder=None, clock=ahead) as memory:
        memory.retain("I live in Porto.")
    only(look, "the clock of this machine is behind the last event", "NTP")


def test_a_clock_that_is_a_little_behind_is_no_fault(look: Look, own: Path) -> None:
    with Memory.open(
        own / "space", embedder=None, clock=FixedClock(datetime.now(UTC) + timedelta(minutes=2))
    ) as memory:
        memory.retain("I live in Porto.")
    assert look()[0] == []


def test_passwords_are_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICORDO_SPACES", "postgresql://ada:canary1@127.0.0.1/memory")
    monkeypatch.setenv("RICORDO_UPSTREAM", "https://ada:canary2@models.example")
    monkeypatch.setenv("RICORDO_TRACES", "http://ada:canary3@127.0.0.1:4318")
    assert "canary" not in run("doctor", code=0).output
    assert "canary1" not in repr(resolve())
