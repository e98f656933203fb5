"""Keys, and a server that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Read, Server, place, serving

from ricordo import Memory
from ricordo.access.keys import Keys


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server that asks for a key, and a key for the scope of one of two people."""
    with Memory.open(tmp_path / "team", embedder=None) as memory:
        memory.retain("Ada likes tea.", scope="user:ada")
        memory.retain("Bob likes cake.", scope="user:bob")
    with Keys.open(tmp_path / ".state") as keys:
        rights = ("read", "write")
        scopes = ("user:ada",)
        _, secret = keys.issue(space="team", principal="ada", read=scopes, write=scopes, rights=rights, expires_at=None)
    with serving(tmp_path) as made:
        yield made, secret


def test_a_key_is_asked_for_and_held_in_the_tab_alone(read: Read, guarded: tuple[Server, str]) -> None:
    server, secret = guarded
    reader = read(server.url)
    reader.expected.append("status of 401")
    reader.open(place("team", "records"))
    expect(reader.page.locator(".failure")).to_contain_text("This server asks for a key")
    reader.page.get_by_label("Key").last.fill("mos_no_good")
    reader.button("Use it").click()
    expect(reader.page.locator(".failure")).to_contain_text("unknown, expired or revoked")
    reader.page.get_by_label("Key").last.fill(secret)
    reader.button("Use it").click()
    expect(reader.page.locator(".row")).to_have_count(1)
    expect(reader.page.locator("main")).to_contain_text("Ada likes tea.")
    assert "Bob" not in reader.text("main")
    held = reader.page.evaluate("() => [JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie]")
    assert [secret in one for one in held] == [True, False, False]
    assert secret not in reader.page.url
    reader.page.reload()
    expect(reader.page.locator(".row")).to_have_count(1)
    other = reader.page.context.new_page()
    other.goto(f"{server.url}/inspector/#/team/records")
    expect(other.locator(".failure")).to_contain_text("This server asks for a key")


def test_a_key_of_one_scope_sees_edits_and_undoes_its_own(read: Read, guarded: tuple[Server, str]) -> None:
    server, secret = guarded
    reader = read(server.url)
    reader.page.add_init_script(f"sessionStorage.setItem('ricordo.key', '{secret}')")
    reader.open(place("team", "log"))
    expect(reader.page.locator(".event")).to_have_count(1)
    expect(reader.page.locator("#live")).to_have_text("Live")
    reader.page.locator(".touched a").first.click()
    expect(reader.page.locator("h1")).to_have_text("Ada likes tea.")
    reader.shown()
    reader.press("e")
    reader.page.get_by_label("Content").fill("Ada likes coffee.")
    reader.button("Write it").click()
    expect(reader.page.locator("h1")).to_have_text("Ada likes coffee.")
    reader.button("Undo", ".toast").click()
    expect(reader.page.locator("h1")).to_have_text("Ada likes tea.")
    reader.open(place("team", "space"))
    expect(reader.page.locator(".figures")).to_contain_text(re.compile(r"^1"))
    assert "user:bob" not in reader.text("main")


def test_what_is_not_there_and_what_may_not_be_seen_look_alike(read: Read, guarded: tuple[Server, str]) -> None:
    server, secret = guarded
    reader = read(server.url)
    reader.expected.append("status of 404")
    reader.page.add_init_script(f"sessionStorage.setItem('ricordo.key', '{secret}')")
    for where in (place("team", "record", "nosuch"), place("other", "records")):
        reader.open(where)
        expect(reader.page.locator(".failure h1")).to_have_text("There is nothing here for you")


def test_a_server_that_went_away_is_told_and_comes_back(read: Read, tmp_path: Path) -> None:
    with Memory.open(tmp_path / "team", embedder=None) as memory:
        memory.retain("Ada likes tea.", scope="user:ada")
    with serving(tmp_path, "--insecure") as server:
        reader = read(server.url)
        reader.expected += [
            "ERR_CONNECTION_REFUSED",
            "ERR_CONNECTION_RESET",
            "ERR_EMPTY_RESPONSE",
            "ERR_INCOMPLETE_CHUNKED",
        ]
        reader.open(place("team", "log"))
        expect(reader.page.locator("#live")).to_have_text("Live")
        server.process.terminate()
        server.process.wait(timeout=30)
        expect(reader.page.locator("#live")).to_have_text("Waiting for the server")
        reader.page.get_by_role("link", name="Records", exact=True).click()
        expect(reader.page.locator(".failure")).to_contain_text("The server does not answer")
        port = server.url.rpartition(":")[2]
    with serving(tmp_path, "--insecure", "--port", port):
        reader.button("Try again").click()
        expect(reader.page.locator(".row")).to_contain_text("Ada likes tea.")


def test_a_browser_that_is_missing_is_told(tmp_path: Path) -> None:
    """Where no Chromium can be found or installed, the tests say why they are left out."""
    command = [sys.executable, "-c", "import tools.browser as b; b.os.geteuid = lambda: 1; b.main()"]
    told = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True, cwd=_ROOT)
    assert "there is no Chromium" in told.stdout


_ROOT = Path(__file__).parents[2]
