"""A real server in a process of its own, and a real browser that looks at it and takes note of every complaint."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, sync_playwright
from tests.web.data import fill
from tools.browser import MISSING, found

from ricordo import Memory

#: Told by the browser before a page begins: what the policy of the page turned away.
_WATCH = """
const tell = (event) => console.error("policy:", event.violatedDirective, event.blockedURI);
addEventListener("securitypolicyviolation", tell);
"""


@dataclass
class Server:
    """A server: where it listens, and its process."""

    url: str
    process: subprocess.Popen[str]

    def call(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the API, as somebody else than the page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = httpx.request(verb, f"{self.url}/v1{path}", json=body, headers=named, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """Serve the spaces of a folder on a free port."""
    own = {"RICORDO_STATE": str(folder / ".state"), "RICORDO_EMBEDDER": "none", "RICORDO_SPACES": str(folder)}
    command = [sys.executable, "-m", "ricordo", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        told = re.search(r"http://\S+", line)
        assert told, line
        drain = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would hold the server up
        drain.start()
        yield Server(told[0], process)
        process.terminate()
        drain.join(timeout=30)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stderr is not None:
            process.stderr.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the space "main"."""
    made = tmp_path_factory.mktemp("spaces")
    with Memory.open(made / "main", embedder=None) as memory:
        fill(memory)
    return made


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder, "--insecure") as made:
        yield made


@pytest.fixture
def space(server: Server, request: pytest.FixtureRequest) -> str:
    """A new space for a test that writes."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    server.call("PUT", f"/spaces/{name}")
    return name


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; while it is there, no other event loop can run on this thread."""
    path = found()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()


@dataclass
class Reader:
    """Somebody who looks at the page.

    Args:
        page: The page.
        url: Of the server.
        complaints: What the browser complained about: errors, refused loads, what the policy turned away, dialogs.
        expected: Which of those a test is about, as patterns.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, place: str) -> None:
        """Go to a place, and wait until it is shown."""
        hash = f"#/{place}"
        self.page.goto(f"{self.url}/inspector/{hash}")
        self.shown(hash)

    def shown(self, hash: str | None = None) -> None:
        """Wait until what the address names is shown."""
        told = (
            "() => !document.querySelector('main[aria-busy]') && (document.querySelector('main').dataset.shown ?? null)"
        )
        own = "location.hash" if hash is None else repr(hash)
        self.page.wait_for_function(f"() => ({told})() === {own}")

    def text(self, selector: str = "main") -> str:
        return self.page.locator(selector).first.inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str, within: str = "body") -> Locator:
        return self.page.locator(within).get_by_role("button", name=name, exact=True)

    def at(self) -> str:
        """Return the address behind the page."""
        return self.page.url.partition("#/")[2]

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def asked(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def unexpected(self) -> list[str]:
        return [one for one in self.complaints if not any(re.search(known, one) for known in self.expected)]


Read = Callable[..., Reader]


@pytest.fixture
def read(browser: Browser, server: Server) -> Iterator[Read]:
    """Open a browser window on the server; in the end no window may have complained."""
    readers: list[Reader] = []

    def made(url: str = server.url, **options: Any) -> Reader:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.add_init_script(_WATCH)
        reader = Reader(page, url)
        page.on("console", reader.heard)
        page.on("pageerror", lambda error: reader.complaints.append(f"uncaught: {error}"))
        page.on("dialog", reader.asked)
        readers.append(reader)
        return reader

    yield made
    told = [reader.unexpected() for reader in readers]
    for reader in readers:
        reader.page.context.close()
    assert not any(told), told


@pytest.fixture
def reader(read: Read) -> Reader:
    return read()


def place(space: str, view: str, id: str = "", **asked: str) -> str:
    """Return a place as the address has it."""
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    return "/".join(part for part in (space, view, id) if part) + (f"?{query}" if query else "")


@pytest.fixture
def server_space(server: Server, space: str) -> str:
    """A new space with one record."""
    server.call("POST", f"/spaces/{space}/records", {"content": "The plumber is Rui.", "scope": "home", "kind": "fact"})
    return space
