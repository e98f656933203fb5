"""Take the pictures of the inspector for docs/inspector.md, of a small made-up space.

python -m tools.pictures    write docs/images/inspector-*.png
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import scratch
from benchmarks.inspector import serving
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from ricordo import Memory
from ricordo.data import sample
from tools.browser import MISSING, found

_IMAGES = Path(__file__).parent.parent / "docs/images"
#: What agents ask before the pictures are taken.
ASKED = (
    ("Where does Ada live?", "recall"),
    ("Tomas wants to run again.", "inject"),
    ("When do we deploy?", "recall"),
    ("Is Tomas allergic to anything?", "recall"),
)
_WIDE, _PHONE = (1200, 760), (390, 760)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the place it shows, the colours, the size."""

    name: str
    place: str
    scheme: Any = "light"
    size: tuple[int, int] = _WIDE


def pictures(plan: str, then: int) -> Iterator[Picture]:
    """Yield the pictures; `plan` is a record with a history, `then` an event in the past."""
    yield Picture("search", "search?q=Where+does+Ada+live%3F")
    yield Picture("record", f"record/{plan}", "dark")
    yield Picture("conflicts", "conflicts")
    yield Picture("log", "log")
    yield Picture("past", f"profile?subject=Tomas&as_of={then}", "dark")
    yield Picture("requests", "requests")
    yield Picture("phone", "search?q=Which+race+will+Tomas+run%3F", "dark", _PHONE)


def fill(memory: Memory) -> tuple[str, int]:
    """Fill a space; return the id of the record with a history, and an event in the past."""
    with sample() as file:
        memory.import_file(file)
    then = memory.stats().seq - 40
    for said, speaker, at in (
        ("I live in Porto.", "Ada", "2025-01-05"),
        ("I moved to Lisbon last week.", "Ada", "2026-05-03T10:00Z"),
        ("Ada lives in Faro.", "assistant", "2026-05-05"),
    ):
        memory.retain(said, speaker=speaker, at=at, scope="user:ada")
    plan = memory.retain("Deploy on Friday.", kind="decision", speaker="Bo", ref="T7", scope="team").record
    memory.update(plan.id, content="Deploy on Monday.", reason="nobody works on Friday evening")
    memory.update(plan.id, content="Deploy on Monday, after the security review.", pinned=True)
    return plan.id, then


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser of the system."""
    path = found()
    if path is None:
        sys.exit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def ask(page: Page, url: str) -> None:
    """Ask as agents do, so that there are requests to be shown."""
    for number, (what, lane) in enumerate(ASKED):
        body = {("turn" if lane == "inject" else "query"): what}
        page.request.post(f"{url}/v1/spaces/home/{lane}", data=body, headers={"X-Request-Id": f"chat-{number + 1:02}"})


def take(page: Page, url: str, picture: Picture, folder: Path) -> None:
    """Show a place, wait until it stands, and take its picture."""
    page.goto(f"{url}/inspector/#/home/{picture.place}")
    page.wait_for_function("() => document.querySelector('main').dataset.shown === location.hash")
    page.wait_for_load_state("networkidle" if picture.name != "log" else "load")
    page.wait_for_function(
        "() => ![...document.querySelectorAll('.glimpse, .belief-line')].some((one) => "
        "one.textContent === '…' && one.getBoundingClientRect().top < innerHeight)"
    )
    page.screenshot(path=folder / f"inspector-{picture.name}.png")


def main() -> None:
    """Run from the command line."""
    with scratch() as folder, browsing() as browser:
        with Memory.open(folder / "home", embedder=None) as memory:
            plan, then = fill(memory)
        with serving(folder) as url:
            ask(browser.new_page(), url)
            for picture in pictures(plan, then):
                size: ViewportSize = {"width": picture.size[0], "height": picture.size[1]}
                page = browser.new_page(viewport=size, color_scheme=picture.scheme, reduced_motion="reduce")
                take(page, url, picture, _IMAGES)
                page.close()


if __name__ == "__main__":
    main()
