"""What the proxy costs: a call through it beside a direct call, and how much of a request a prompt cache can keep.

    python benchmarks/proxy.py [--records N ...] [--calls N] [--out FILE]

Client, proxy and model server are three processes. Calls go through the proxy and past it by turns (through, past,
past, through), on one kept connection each, to the model server of `ricordo.testing`, which answers at once. Every call
is a turn of its own conversation: a system prompt, a history of six messages, and a question that names two records
of the space in every second call. Everything said is kept meanwhile. Half of the calls are streams; their first bytes
are timed, too. Calls come `--pause` milliseconds after one another, and then again without a pause, where what the call
before said is kept while the next one runs.

The second part asks how much of a request begins like the one before it, in a conversation of twelve turns that each
bring a record: by the proxy, and by two other ways to place memory.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch
from benchmarks.corpus import Corpus

from ricordo import Memory
from ricordo.config import resolve
from ricordo.proxy.conversations import Conversation, placed
from ricordo.proxy.spans import put
from ricordo.proxy.turns import insertions, read
from ricordo.text import EstimatedTokens
from ricordo.types import Recall

SCOPE, EVERY = "user:ada", 10
_PATH = "/v1/chat/completions"
_TURNS, _WARM = 12, 40
_UPSTREAM = """
import sys
from ricordo.testing import Upstream
with Upstream() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
_SYSTEM = {"role": "system", "content": "You are a helpful assistant. " * 40}


def main(argv: Sequence[str]) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--calls", type=int, default=400, help="Calls each way, half of them streams.")
    parser.add_argument("--pause", type=float, default=30.0, help="Milliseconds between two calls.")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(argv[1:])
    sizes = [size for records in given.records for size in measured(records, given.calls, given.pause)]
    result = {"benchmark": "proxy", "command": command(argv), "machine": machine(), "sizes": sizes, "prefix": prefix()}
    print(table(result), file=sys.stderr)
    emit(result, given.out)


def measured(records: int, calls: int, pause_ms: float) -> list[dict[str, Any]]:
    """Return what calls cost at a space of so many records: with pauses, and without."""
    with scratch() as folder, ExitStack() as stack:
        corpus = Corpus()
        filled(folder / "space", corpus, records)
        upstream = stack.enter_context(started([sys.executable, "-c", _UPSTREAM], folder))
        command = [sys.executable, "-m", "ricordo", "proxy", "--upstream", upstream, "--port", "0", "--scope", SCOPE]
        proxy = stack.enter_context(started(command, folder))
        return [round_of(upstream, proxy, corpus, records, calls, pause) for pause in (pause_ms, 0.0)]


def round_of(upstream: str, proxy: str, corpus: Corpus, records: int, calls: int, pause_ms: float) -> dict[str, Any]:
    """Call both ways, by turns, and return what it took."""
    ways = {"direct": Calls(upstream), "proxy": Calls(proxy)}
    order = [way for _ in range(calls // 2) for way in ("proxy", "direct", "direct", "proxy")]
    for spot, way in enumerate([*order[:_WARM], *order]):
        if spot == _WARM:
            for one in ways.values():
                one.spent.clear()
                one.remembered = 0
        time.sleep(pause_ms / 1000)
        ways[way].call(corpus, f"turn {pause_ms} {spot}", names(spot, records), stream=bool(spot // 4 % 2))
    told = {kind: compared(ways["direct"].spent[kind], ways["proxy"].spent[kind]) for kind in ways["proxy"].spent}
    for one in ways.values():
        one.close()
    shape = {"records": records, "pause_ms": pause_ms, "calls_each_way": calls, "request_bytes": ways["direct"].size}
    return {**shape, **told, "share_with_memory": round(ways["proxy"].remembered / calls, 3)}


def filled(path: Path, corpus: Corpus, records: int) -> None:
    """Make a space in which one record in ten has a name."""
    settings = replace(resolve(), embedder="none", background=False)
    with Memory.open(path, settings=settings) as memory:
        items = [{**item, "scope": SCOPE} for item in corpus.items(records)]
        for number in range(0, records, EVERY):
            items[number] = {**items[number], "name": f"Project-{number}", "kind": "fact"}
        memory.retain_many(items)
        memory.embed()  # what follows the log is up to it: its building is no part of what is timed


def names(spot: int, records: int) -> str:
    """Return the names of two records, or of none, for a call."""
    if spot // 2 % 2:
        return "nothing much"
    first, second = (number * EVERY % records for number in (spot * 37, spot * 91 + 5))
    return f"Project-{first} and Project-{second}"


class Calls:
    """Calls on one connection that is kept."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port)
        self.spent: dict[str, list[float]] = {}
        self.remembered = 0
        self.size = 0

    def call(self, corpus: Corpus, label: str, about: str, *, stream: bool) -> None:
        """Call once, and note what it took."""
        history = [{"role": role, "content": corpus.text()} for role in ("user", "assistant") * 3]
        asked = f"{label}: what do you know of {about}? {corpus.text()}"
        talk = [_SYSTEM, *history, {"role": "user", "content": asked}]
        body = json.dumps({"model": "m", "messages": talk, "stream": stream}).encode()
        self.size = len(body)
        begin = time.perf_counter()
        self._connection.request("POST", _PATH, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        response.read(1)
        first = time.perf_counter()
        response.read()
        ended = time.perf_counter()
        if response.status != 200:
            raise SystemExit(f"the answer was {response.status}")
        self.remembered += not (response.getheader("ricordo-memory") or "0").startswith(("0", "off"))
        kind = "stream" if stream else "document"
        self.spent.setdefault(kind, []).append(1000 * (ended - begin))
        if stream:
            self.spent.setdefault("first_bytes_of_stream", []).append(1000 * (first - begin))

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def compared(direct: Sequence[float], proxy: Sequence[float]) -> dict[str, float]:
    """Return milliseconds of both ways, and what the proxy adds at the median."""
    found = {"direct_p50": percentile(direct, 0.5), "direct_p95": percentile(direct, 0.95)}
    found |= {"proxy_p50": percentile(proxy, 0.5), "proxy_p95": percentile(proxy, 0.95)}
    found["added_p50"] = found["proxy_p50"] - found["direct_p50"]
    found["ratio_p50"] = found["proxy_p50"] / found["direct_p50"]
    return {name: round(value, 3) for name, value in found.items()}


@contextmanager
def started(words: Sequence[str], folder: Path) -> Iterator[str]:
    """Run a server in a process of its own, its log read as it comes; give its address."""
    own = {"RICORDO_PATH": str(folder / "space"), "RICORDO_STATE": str(folder / "state"), "RICORDO_EMBEDDER": "none"}
    source = str(Path(__file__).resolve().parents[1] / "src")
    environment = {**os.environ, **own, "PYTHONPATH": source, "RICORDO_SETTINGS": str(folder / "none")}
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, env=environment, text=True)
    assert process.stdout is not None
    line = next((line for line in process.stdout if "http://" in line), "")
    # A log that nobody reads would fill the pipe, and stop the server.
    reading = threading.Thread(target=process.stdout.read, daemon=True)
    reading.start()
    try:
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(timeout=60)
        reading.join()


# -- how much of a request stays


def prefix(turns: int = _TURNS) -> dict[str, float]:
    """Return, for each way to place memory, which share of a request stays the beginning of the next."""
    found: dict[str, float] = {}
    settings = replace(resolve(), embedder="none", background=False)
    with Memory.open(":memory:", settings=settings) as memory:
        corpus = Corpus()
        for number in range(turns):
            memory.retain(corpus.text(), name=f"Project-{number}", scope=SCOPE)
        for name, way in {"proxy": _proxied, "last_turn_anew": _last, "behind_system_anew": _first}.items():
            texts = Corpus(seed=5)
            talk: list[Any] = [_SYSTEM]
            sent: list[str] = []
            ask = way(memory)
            for number in range(turns):
                talk.append({"role": "user", "content": f"What of Project-{number}? {texts.text()}"})
                sent.append(ask(talk))
                talk.append({"role": "assistant", "content": texts.text()})
            shares = [_common(before, after) / len(before) for before, after in pairwise(sent)]
            found[name] = round(sum(shares) / len(shares), 4)
    return found


def _ask(memory: Memory) -> Callable[[str, Recall | None], Recall]:
    return lambda turn, after: memory.inject(turn, scope=SCOPE, after=after)


def _body(talk: Sequence[Any]) -> bytes:
    return json.dumps({"messages": talk, "model": "m"}).encode()


def _proxied(memory: Memory) -> Callable[[Sequence[Any]], str]:
    conversation = Conversation("s")

    def ask(talk: Sequence[Any]) -> str:
        nonlocal conversation
        budget = memory.settings.proxy_tokens
        found = placed(read("chat", _body(talk)), _ask(memory), conversation, budget=budget, counter=EstimatedTokens())
        conversation = found.conversation
        return found.body.decode()

    return ask


def _anew(memory: Memory, place: int) -> Callable[[Sequence[Any]], str]:
    """Put what belongs beside the last turn beside one turn, and nothing beside the others."""
    before: Recall | None = None

    def ask(talk: Sequence[Any]) -> str:
        nonlocal before
        said = read("chat", _body(talk))
        before = memory.inject(said.turns[-1].text, scope=SCOPE, after=before)
        return put(said.text, insertions(said, said.turns[place], 0, before.text))

    return ask


def _last(memory: Memory) -> Callable[[Sequence[Any]], str]:
    return _anew(memory, -1)


def _first(memory: Memory) -> Callable[[Sequence[Any]], str]:
    return _anew(memory, 0)


def _common(one: str, other: str) -> int:
    same = (spot for spot, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(same, min(len(one), len(other)))


def table(result: dict[str, Any]) -> str:
    """Return the result as lines to read."""
    heads = ("direct p50", "proxy p50", "added p50", "direct p95", "proxy p95")
    lines = [f"{'records':>8} {'pause':>6}  {'':<22} " + " ".join(f"{head:>10}" for head in heads)]
    for size in result["sizes"]:
        for kind in ("document", "stream", "first_bytes_of_stream"):
            one = size[kind]
            told = (one["direct_p50"], one["proxy_p50"], one["added_p50"], one["direct_p95"], one["proxy_p95"])
            head = f"{size['records']:>8,} {size['pause_ms']:>6.0f}  {kind:<22} "
            lines.append(head + " ".join(f"{value:>8.2f}ms" for value in told))
    lines += [f"stays of a request: {name:<20} {100 * share:5.1f} %" for name, share in result["prefix"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv)
