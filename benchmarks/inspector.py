"""What the inspector itself takes to show a view of a large space, beside what the server takes to answer.

    python benchmarks/inspector.py [--records 100000] [--rounds 10]

A made-up space is served by `ricordo serve` in a process of its own; headless Chromium goes from view to view by the
address. For each view: `shown_ms`, from the change of the address until the view stands and a frame with it is drawn;
`server_ms`, how much of that at least one request to the API was waited for (request sent to first byte, overlapping
ones counted once); `page_ms`, the difference: what the page adds. Medians and the slowest of the rounds; the first
showing of each view, which loads nothing that is not there, is left out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch
from benchmarks.corpus import Corpus
from tools.browser import MISSING, found

from ricordo import Memory

_CHUNK = 5000
_CITIES = ("Lisbon", "Faro")
#: Goes to an address in the page, and returns milliseconds: until it is shown, and of those waited for the server.
_GO = """(address) => new Promise((told) => {
  const main = document.querySelector("main");
  performance.clearResourceTimings();
  const from = performance.now();
  const end = () => requestAnimationFrame(() => setTimeout(() => {
    const to = performance.now();
    const waits = performance.getEntriesByType("resource")
      .filter((one) => one.name.includes("/v1/") && one.startTime >= from)
      .map((one) => [one.requestStart || one.startTime, one.responseStart || to]).filter(([start]) => start < to)
      .sort((one, other) => one[0] - other[0]);
    let [waited, until] = [0, from];
    for (const [start, stop] of waits) {
      waited += Math.max(0, Math.min(stop, to) - Math.max(start, until));
      until = Math.max(until, stop);
    }
    told([to - from, waited]);
  }));
  new MutationObserver((_, self) => { if (main.dataset.shown === address) { self.disconnect(); end(); } })
    .observe(main, { attributes: true, attributeFilter: ["data-shown"] });
  location.hash = address;
})"""


def fill(place: Path, records: int) -> dict[str, str]:
    """Make a space; return an address of each view, the record one with a history and a rival."""
    corpus = Corpus()
    with Memory.open(place, embedder=None) as memory:
        for start in range(0, records, _CHUNK):
            memory.retain_many(corpus.items(min(_CHUNK, records - start)))
        for number in range(40):
            for derivation, city in zip(("stated", "inferred"), _CITIES, strict=True):
                state: dict[str, Any] = {
                    "subject": f"Person {number}",
                    "attribute": "lives_in",
                    "value": city,
                    "kind": "fact",
                }
                memory.retain(f"Person {number} lives in {city}.", **state, derivation=derivation, scope="people")
        chosen = memory.conflicts(limit=1).conflicts[0].record.id
        for number in range(30):
            memory.update(chosen, content=f"Person 0 lives in Lisbon, as was said {number} times.")
        memory.recall("Where does Person 0 live?")
        words = " ".join(memory.list(limit=1).records[0].content.split()[:6])
        middle = memory.stats().seq // 2
    return {
        "search": f"search?q={words.replace(' ', '+')}",
        "search, in the past": f"search?q={words.replace(' ', '+')}&as_of={middle}",
        "inject": "search?q=Person+3+called&lane=inject",
        "record": f"record/{chosen}",
        "records": "records",
        "records of a scope": "records?scope=user%3A3",
        "log": "log",
        "log, rare operation": "log?op=update",
        "conflicts": "conflicts",
        "requests": "requests",
        "profile": "profile?subject=Person+3",
        "space": "space",
    }


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the spaces of a folder; give the address."""
    own = {"RICORDO_STATE": str(folder / ".state"), "RICORDO_EMBEDDER": "none", "RICORDO_SPACES": str(folder)}
    argv = [sys.executable, "-m", "ricordo", "serve", "--port", "0", "--insecure"]
    with subprocess.Popen(argv, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = re.search(r"http://\S+", process.stderr.readline())
        assert told, "the server did not start"
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield told[0]
        finally:
            process.terminate()


def measure(page: Page, places: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    """Return what each view takes, the views in turn."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
    for _ in range(rounds + 1):
        for name, place in places.items():
            shown, server = page.evaluate(_GO, f"#/big/{place}")
            spent[name].append((shown, server))
    return {name: _summary(each[1:]) for name, each in spent.items()}


def _summary(spent: Sequence[tuple[float, float]]) -> dict[str, float]:
    columns = {
        "shown_ms": [shown for shown, _ in spent],
        "server_ms": [server for _, server in spent],
        "page_ms": [shown - server for shown, server in spent],
    }
    told = {f"{name}_p50": round(percentile(values, 0.5), 1) for name, values in columns.items()}
    return told | {"page_ms_max": round(max(columns["page_ms"]), 1)}


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="number of made-up records")
    parser.add_argument("--rounds", type=int, default=10, help="how often each view is shown")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    path = found()
    if path is None:
        sys.exit(MISSING)
    with scratch() as folder, sync_playwright() as playwright:
        places = fill(folder / "big", given.records)
        with serving(folder) as url:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{url}/inspector/#/big/space")
            page.wait_for_function("() => document.querySelector('main').dataset.shown")
            views = measure(page, places, given.rounds)
            browser.close()
    result: dict[str, Any] = {
        "benchmark": "inspector",
        "command": command(["inspector.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "records": given.records,
        "views": views,
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
