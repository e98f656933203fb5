"""The client itself: how it is made, what it says of itself, what it refuses; the same to be awaited."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.client.server import serving

import ricordo
from ricordo import AccessError, InvalidInputError, Memory, NotFoundError, UnreachableError, connect
from ricordo.access.keys import Keys
from ricordo.aio import AsyncMemory
from ricordo.cli import main
from ricordo.config import Secret, Settings


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


# -- how it is made


def test_a_client_has_every_method_of_a_memory() -> None:
    """But for those that are about files of the server's machine, and its settings."""
    left_out = {"open", "restore", "copy_to", "settings"}
    methods = {name for name in dir(Memory) if not name.startswith("_")} - left_out
    assert methods <= set(dir(ricordo.Client))
    assert methods <= set(dir(AsyncMemory))


def test_signatures_are_those_of_memory(tmp_path: Path) -> None:
    """For the type checker: overloads, keywords and results are the same, and mistakes are found."""
    lines = [
        "from ricordo import Client, Memory, aio",
        "async def use(m: Memory, c: Client, a: aio.AsyncMemory) -> None:",
        *(f"    reveal_type({one}.retain('x'))" for one in ("m", "c", "await a")),
        *(f"    reveal_type({one}.retain(messages=[]))" for one in ("m", "c", "await a")),
        *(f"    reveal_type({one}.recall('x', k=3))" for one in ("m", "c", "await a")),
        *(f"    reveal_type({one}.scoped(write='x'))" for one in ("m", "c", "a")),
        "    c.recall(7)",
        "    await a.recall('x', kk=3)",
        "    async for record in a.records(kinds='fact'):",
        "        reveal_type(record)",
    ]
    file = tmp_path / "use.py"
    file.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", file], capture_output=True, text=True)
    told = [line.partition('"')[2].strip('"') for line in done.stdout.splitlines() if "Revealed" in line]
    kinds = "ricordo.types.Verdict", "list[ricordo.types.Verdict]", "ricordo.types.Recall"
    own = ["ricordo.memory.Memory", "ricordo.client.client.Client", "ricordo.aio.AsyncMemory"]
    assert told == [*(kind for kind in kinds for _ in range(3)), *own, "ricordo.types.Record"]
    wrong = [line for line in done.stdout.splitlines() if "error" in line and "Found" not in line]
    assert [("arg-type" in line, "call-arg" in line) for line in wrong] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"url": "~/.ricordo/default"}, "url"),
        ({"url": "ftp://localhost"}, "url"),
        ({"url": "http://ada:secret@localhost"}, "url"),
        ({"url": "http://localhost?team"}, "url"),
        ({"url": "http://localhost?space=a&key=secret"}, "url"),
        ({"url": "http://localhost#x"}, "url"),
        ({"url": "http://localhost", "space": ""}, "space"),
        ({"url": "http://localhost", "space": ".."}, "space"),
        ({"url": "http://localhost", "key": "two words secret"}, "key"),
        ({"url": "http://localhost", "key": 7}, "key"),
        ({"url": "http://localhost", "timeout_s": 0}, "timeout_s"),
        ({"url": "http://localhost", "retries": -1}, "retries"),
        ({"url": "http://localhost", "ca_file": "/nowhere"}, "ca_file"),
        ({"url": "https://localhost", "ca_file": "/nowhere"}, "ca_file"),
        ({"url": None}, "url"),
    ],
)
def test_what_can_be_no_server_is_refused(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        connect(**arguments, settings=Settings())
    assert caught.value.field == field
    assert "secret" not in str(caught.value)


def test_address_space_and_key_come_from_the_settings(tmp_path: Path) -> None:
    settings = Settings(path="http://localhost:8474?space=team", key=Secret("mos_k_s3cret"))
    assert "s3cret" not in repr(settings)
    with connect(settings=settings) as client:
        assert repr(client) == "Client('http://localhost:8474', space='team')"
        assert client._exchange._key == Secret("mos_k_s3cret")
    with connect(space="other", settings=settings) as client:
        assert "space='other'" in repr(client)


def test_a_memory_is_not_opened_at_the_address_of_a_server() -> None:
    with pytest.raises(InvalidInputError, match=r"ricordo\.connect"):
        Memory.open("http://localhost:8474")


def test_a_client_is_who_its_key_is_issued_to(tmp_path: Path) -> None:
    """Scopes of a key bind the client; it can't take another name, and an unknown key opens nothing."""
    with Keys.open(tmp_path / "state") as keys:
        _, whole = keys.issue(principal="admin", rights=("read", "write", "admin"))
        _, bound = keys.issue(principal="ada", read=("user:ada",), write=("user:ada",), rights=("read", "write"))
    with serving(tmp_path, insecure=False) as url, connect(url, key=whole, space="team", create=True) as admin:
        admin.retain("For all.", scope="all")
        with connect(url, key=bound, space="team") as ada:
            assert ada.retain("I like tea.").record.scope == "user:ada"
            assert {record.scope for record in ada.list().records} == {"user:ada"}
            forbidden = (lambda: ada.erase(scope="user:ada"), lambda: ada.export(tmp_path / "x.ricordo"))
            for refused in (lambda: ada.retain("x", scope="all"), ada.verify, *forbidden):
                with pytest.raises(AccessError):
                    refused()
            with pytest.raises(AccessError, match="principal"):
                ada.scoped(principal="admin")
            token = ada.read_token()
        with pytest.raises(ricordo.ReadTokenError):
            admin.list(read_token=token)
        for stranger in (connect(url, space="team"), connect(url, key="mos_x_" + "y" * 43, space="team")):
            with stranger, pytest.raises(AccessError):
                stranger.list()


def test_a_server_with_its_own_certificate_is_trusted_by_its_file(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test".split()
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, *options, *names, "-out", cert, "-keyout", key], check=True, capture_output=True)
    with serving(tmp_path, tls_cert=str(cert), tls_key=str(key)) as url:
        assert url.startswith("https://")
        with connect(url, ca_file=cert, create=True) as client:
            assert client.retain("Tea at five.").action == "added"
        with connect(url) as stranger, pytest.raises(UnreachableError, match="certificate"):
            stranger.stats()


def test_a_key_may_hold_any_printable_text(url: str) -> None:
    with connect(url, space="keys", create=True) as client:
        assert client.retain("Tea.", key="Schlüssel 🗝").action == "added"
        for key in ("two\nlines", " spaced ", "\ud800"):
            with pytest.raises(InvalidInputError):
                client.retain("Tea.", key=key)


def test_what_json_has_no_words_for_is_refused(url: str) -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    with connect(url, space="json", create=True) as client:
        for value in (object(), {"n": float("nan")}, loop):
            with pytest.raises(InvalidInputError, match="metadata"):
                client.retain("Tea.", metadata=value)
        assert client.stats().records == 0


def test_the_command_line_works_through_a_server(url: str, tmp_path: Path) -> None:
    """`--space` may be the address of one."""
    connect(url, space="shell", create=True).close()
    notes = tmp_path / "notes.txt"
    notes.write_text("Tea at five.\n\nCake at six.\n", encoding="utf-8")
    at = ["--space", f"{url}?space=shell"]
    told = ["retain", "I moved to Lisbon last week.", "--speaker", "Ada", "--at", "2026-05-03T10:00Z"]
    for arguments, shown in (
        (told, "lives_in = Lisbon"),
        (["recall", "Where does Ada live?", "--explain"], "lexical"),
        (["import", str(notes)], "2"),
        (["list"], "Cake at six."),
        (["undo", "1"], "put back"),
        (["verify"], "Sound"),
        (["export", str(tmp_path / "x.ricordo")], "bytes"),
    ):
        done = CliRunner().invoke(main, [*arguments, *at])
        assert (done.exit_code, shown in done.output) == (0, True), done.output
    missing = CliRunner().invoke(main, ["list", "--space", f"{url}?space=nowhere"])
    assert missing.exit_code == 3
    assert (tmp_path / "x.ricordo").exists()


# -- to be awaited


def test_pages_are_gone_through_one_by_one() -> None:
    async def go() -> tuple[list[str], list[int], int]:
        async with ricordo.aio.open(":memory:", embedder=None) as memory:
            for n in range(7):
                await memory.retain(f"Row {n}", at=datetime(2026, 5, 3, n, tzinfo=UTC))
            contents = [record.content async for record in memory.records(limit=3)]
            seqs = [entry.seq async for entry in memory.entries(2, limit=2)]
            for speaker, city in (("Ada", "Lisbon"), ("assistant", "Faro")):
                await memory.retain(f"Ada lives in {city}.", speaker=speaker, at="2026-05-03")
            return contents, seqs, len([one async for one in memory.disputes(limit=1)])

    assert asyncio.run(go()) == ([f"Row {n}" for n in range(7)], [3, 4, 5, 6, 7], 1)


class Gate(Memory):
    """Holds its writes up until it is let go."""

    begun: threading.Event
    let_go: threading.Event

    def feedback(self, *args: Any, **named: Any) -> int:
        self.begun.set()
        assert self.let_go.wait(30)
        return super().feedback(*args, **named)


def gated() -> Gate:
    made = Gate.open(":memory:", embedder=None)
    assert isinstance(made, Gate)
    made.begun, made.let_go = threading.Event(), threading.Event()
    return made


def test_a_write_that_began_is_finished_when_it_is_cancelled() -> None:
    """One that had not begun never happens."""
    plain = gated()

    async def go() -> None:
        memory = AsyncMemory(plain, threads=1)
        id = (await memory.retain("Tea.")).record.id
        began = asyncio.ensure_future(memory.feedback(id, "helped"))
        await asyncio.to_thread(plain.begun.wait, 30)
        waits = asyncio.ensure_future(memory.retain("Cake."))
        await asyncio.sleep(0)
        for one in (began, waits):
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
        plain.let_go.set()
        entries = (await memory.events()).entries
        assert [entry.op for entry in entries] == ["retain", "feedback"]
        await memory.close()

    asyncio.run(go())


def test_the_loop_is_not_held_up_and_calls_are_bounded() -> None:
    """While as many calls run as there are threads, the loop goes on, and further calls wait."""
    plain = gated()

    async def go() -> None:
        async with AsyncMemory(plain, threads=2) as memory:
            id = (await memory.retain("Tea.")).record.id
            calls = [asyncio.ensure_future(memory.feedback(id, "used")) for _ in range(5)]
            await asyncio.to_thread(plain.begun.wait, 30)
            assert not any(call.done() for call in calls)
            plain.let_go.set()
            assert sorted(await asyncio.gather(*calls)) == [2, 3, 4, 5, 6]

    asyncio.run(go())
    with pytest.raises(InvalidInputError, match="threads"):
        AsyncMemory(plain, threads=0)


def test_opening_is_awaited_and_its_errors_come(url: str, tmp_path: Path) -> None:
    async def go() -> None:
        memory = await ricordo.aio.open(tmp_path / "space", embedder=None)
        assert (await memory.stats()).records == 0
        await memory.close()
        with pytest.raises(NotFoundError):
            await ricordo.aio.open(tmp_path / "nowhere", create=False)
        async with ricordo.aio.connect(url, space="awaited", create=True) as client:
            handle = client.scoped(write="user:ada")
            assert (await handle.retain("Tea.")).record.scope == "user:ada"
            assert "awaited" in repr(client)
            sold = await client.attempt(lambda reading: [{"op": "put", "content": str(len(reading.list().records))}])
            assert sold is not None
            assert sold.verdicts[0].record.content == "1"

    asyncio.run(go())


def test_the_address_may_be_the_one_of_the_paths(url: str) -> None:
    """As the pages for curl have it."""
    with connect(f"{url}/v1/", create=True) as memory:
        assert memory.recall("Who is there?", scope="user:nobody").items == ()


def test_a_key_that_may_not_export_is_told_so(tmp_path: Path) -> None:
    """Not that the disk is at fault; and no file is left."""
    with Keys.open(tmp_path / "state") as keys:
        _, whole = keys.issue(rights=["admin"])
        _, reader = keys.issue(rights=["read"])
    with serving(tmp_path, insecure=False) as url, connect(url, key=whole, create=True) as admin:
        admin.export(tmp_path / "whole.ricordo")
        with connect(url, key=reader) as memory, pytest.raises(AccessError, match="admin"):
            memory.export(tmp_path / "x.ricordo")
    assert [file.name for file in tmp_path.glob("*.ricordo*")] == ["whole.ricordo"]
