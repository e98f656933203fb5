"""What HTTP costs: agents who read, change and write records over it, and recall beside the same recall in process.

    python benchmarks/over_http.py --agents 8 --records 64 --seconds 8
    python benchmarks/over_http.py --recall 100000

A server is started for the run as a user starts it (`python -m ricordo serve`, with a key), on a space of this disk.

Agents are threads of this process, each with one connection of `http.client` that is kept alive. Each reads a record
drawn at random (GET), adds one to its number and writes it back (PATCH with If-Match), until the time is up; what meets
412 starts over at the read. In the end the numbers are summed: what was acknowledged and is not there was lost. The
time of a commit is that of the whole: from the first read to the acknowledgement. Beside it stands what the server's
process spent on each commit: that tells more where other programs run on the same cores.

`--recall` fills a space with so many records and asks the same questions over HTTP and in this process, in turns. The
answer over HTTP is read whole and parsed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch, sync_ms

from ricordo import Memory, Settings
from ricordo.access.keys import Keys

_PADDING = "It holds what several agents count together. "
_READY_S = 60.0
_SPACE = "/v1/spaces/default"


class Client:
    """One connection that is kept alive.

    Args:
        port: Of the server on this machine.
        secret: The key.
    """

    def __init__(self, port: int, secret: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        sent = None if body is None else json.dumps(body).encode()
        self._connection.request(verb, _SPACE + path, sent, {**self._headers, **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: its process, its port, a key."""

    process: int
    port: int
    secret: str

    def client(self) -> Client:
        """Return a new connection."""
        return Client(self.port, self.secret)

    def cpu(self) -> float:
        """Return the seconds its process has computed, every thread."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path, **variables: str) -> Iterator[Running]:
    """Run a server on a space in a folder; yield it."""
    with Keys.open(folder / "state") as keys:
        _, secret = keys.issue(principal="bench", rights=("read", "write", "erase", "admin"))
    named = {"RICORDO_PATH": str(folder / "space"), "RICORDO_STATE": str(folder / "state"), **variables}
    environment = {**os.environ, "RICORDO_EMBEDDER": "none", "RICORDO_LOG_LEVEL": "warning", **named}
    arguments = [sys.executable, "-m", "ricordo", "serve", "--port", "0"]
    process = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    drain = threading.Thread(target=process.stderr.read)  # what it logs must not fill the pipe
    try:
        found = re.search(r":(\d+)$", process.stderr.readline().strip())
        if found is None:
            raise RuntimeError("the server did not start")
        drain.start()
        yield Running(process.pid, int(found[1]), secret)
    finally:
        process.terminate()
        process.wait(_READY_S)
        if drain.ident is not None:
            drain.join()
        process.stderr.close()


# -- read, change, write -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What one agent did: seconds of each commit and of each request."""

    commits: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    rejected: int = 0


def agent(client: Client, ids: Sequence[str], until: float, seed: int, tally: Tally) -> None:
    """Read, change and write records until the time is up."""
    drawn, clock = random.Random(seed), time.perf_counter
    while (begun := clock()) < until:
        path = f"/records/{drawn.choice(ids)}"
        while True:
            read = clock()
            status, body = client.ask("GET", path)
            write = clock()
            tally.reads.append(write - read)
            record = json.loads(body)
            change = {"metadata": {"n": record["metadata"]["n"] + 1}}
            status, body = client.ask("PATCH", path, change, **{"If-Match": f'"{record["version"]}"'})
            done = clock()
            tally.writes.append(done - write)
            if status == 200:
                tally.commits.append(done - begun)
                break
            if status != 412:
                raise RuntimeError(f"{status}: {body.decode()}")
            tally.rejected += 1
            if done > until:
                return


def race(agents: int, records: int, seconds: float, seed: int) -> dict[str, Any]:
    """Let agents change records over HTTP; return what they did, and what was lost."""
    with scratch() as folder, served(folder) as server, ExitStack() as stack:
        clients = [server.client() for _ in range(agents)]
        for client in clients:
            stack.callback(client.close)
        items = [{"content": f"Counter {one}. {_PADDING * 15}", "metadata": {"n": 0}} for one in range(records)]
        _, body = clients[0].ask("POST", "/batch", {"items": items})
        ids = [verdict["record"]["id"] for verdict in json.loads(body)["items"]]
        tallies = [Tally() for _ in range(agents)]
        _run(clients, ids, 1.0, seed, [Tally() for _ in range(agents)])  # everything is loaded, every thread is there
        before = _sum(clients[0], ids)
        cpu = server.cpu()
        wall = _run(clients, ids, seconds, seed + 1, tallies)
        cpu = server.cpu() - cpu
        counted = _sum(clients[0], ids) - before
    told = _report(tallies, counted, wall)
    each = round(1000 * cpu / max(1, told["acked"]), 3)
    return {"agents": agents, "records": records, **told, "server_cpu_ms_per_commit": each}


def _run(clients: Sequence[Client], ids: Sequence[str], seconds: float, seed: int, tallies: Sequence[Tally]) -> float:
    begun = time.perf_counter()
    until = begun + seconds
    threads = [
        threading.Thread(target=agent, args=(client, ids, until, 1000 * seed + spot, tally))
        for spot, (client, tally) in enumerate(zip(clients, tallies, strict=True))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return time.perf_counter() - begun


def _sum(client: Client, ids: Sequence[str]) -> int:
    return sum(json.loads(client.ask("GET", f"/records/{id}")[1])["metadata"]["n"] for id in ids)


def _report(tallies: Sequence[Tally], counted: int, wall: float) -> dict[str, Any]:
    commits = [one for tally in tallies for one in tally.commits]
    each = [len(tally.commits) for tally in tallies]
    return {
        "seconds": round(wall, 2),
        "acked": len(commits),
        "rejected": sum(tally.rejected for tally in tallies),
        "lost": len(commits) - counted,
        "per_second": round(len(commits) / wall, 1),
        "commit_ms": _spread(commits),
        "get_ms": _spread([one for tally in tallies for one in tally.reads]),
        "patch_ms": _spread([one for tally in tallies for one in tally.writes]),
        "least": min(each),
        "most": max(each),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{int(share * 100)}": round(1000 * percentile(seconds, share), 2) for share in (0.5, 0.99)}


# -- recall ------------------------------------------------------------------------------------------------------------

_PEOPLE = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Joan", "Kai", "Lea")
_THINGS = ("the garden", "a new bicycle", "the harbour", "old maps", "the violin", "bread", "the night train", "kites")
_DOES = ("talked about", "asked for", "wrote a letter on", "repaired", "dreamt of", "sold", "looked for", "lost")


def _text(number: int) -> str:
    drawn = random.Random(number)
    parts = (drawn.choice(_PEOPLE), drawn.choice(_DOES), drawn.choice(_THINGS), drawn.choice(_PEOPLE))
    return f"{parts[0]} {parts[1]} {parts[2]} with {parts[3]} in week {number % 700}, note {number}."


def _question(number: int) -> str:
    drawn = random.Random(-number)
    return f"What has {drawn.choice(_PEOPLE)} to do with {drawn.choice(_THINGS)} in week {drawn.randrange(700)}?"


def recalls(records: int, questions: int) -> dict[str, Any]:
    """Ask the same questions over HTTP and in this process, in turns; return the times of both."""
    settings = Settings(embedder="none", background=False)
    with scratch() as folder, Memory.open(folder / "space", settings=settings) as memory:
        for begin in range(0, records, 10_000):
            numbers = range(begin, min(begin + 10_000, records))
            memory.retain_many({"content": _text(one), "key": str(one)} for one in numbers)
        with served(folder, RICORDO_BACKGROUND="0") as server:
            client = server.client()
            ways: dict[str, Callable[[str], Any]] = {
                "http": lambda asked: json.loads(client.ask("POST", "/recall", {"query": asked})[1])["items"],
                "in_process": lambda asked: memory.recall(asked).items,
            }
            for number in range(questions, questions + 10):
                for ask in ways.values():
                    ask(_question(number))
            spent: dict[str, list[float]] = {name: [] for name in ways}
            same = 0
            for number in range(questions):
                found: dict[str, list[str]] = {}
                for name in sorted(ways, reverse=bool(number % 2)):
                    begun = time.perf_counter()
                    items = ways[name](_question(number))
                    spent[name].append(time.perf_counter() - begun)
                    found[name] = [one["record"]["id"] if name == "http" else one.record.id for one in items]
                same += found["http"] == found["in_process"]
            client.close()
    told = {name: _spread(seconds) for name, seconds in spent.items()}
    added = told["http"]["p50"] - told["in_process"]["p50"]
    return {"records": records, "questions": questions, "same": same, **told, "added_ms_p50": round(added, 2)}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--records", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=8.0, help="0 leaves the race out")
    parser.add_argument("--recall", type=int, default=0, help="records of the space of the recalls; 0 leaves them out")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(argv)
    words = sys.argv if argv is None else [__file__, *argv]
    result: dict[str, Any] = {"benchmark": "http", "command": command(words), "machine": machine()}
    result |= {"sync_ms": sync_ms(), "client": "http.client; for each agent a thread of one process and a connection"}
    if given.seconds:
        result["race"] = race(given.agents, given.records, given.seconds, given.seed)
    if given.recall:
        result["recall"] = recalls(given.recall, given.questions)
    emit(result, given.out)


if __name__ == "__main__":
    main()
