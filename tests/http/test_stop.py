"""A server that is stopped, or killed, has lost nothing that it acknowledged; what is sent again is done once."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from ricordo import Memory
from ricordo.access.keys import Keys

SPACE = "/v1/spaces/default"


@dataclass
class Process:
    """A server in a process of its own, which may be started again on the same space."""

    folder: Path
    secret: str
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        given = {"PATH": "space", "STATE": "state", "EMBEDDER": "none", "LOG_LEVEL": "error", "BACKGROUND": "0"}
        named = {f"RICORDO_{name}": value for name, value in given.items()}
        named |= {f"RICORDO_{name}": str(self.folder / given[name]) for name in ("PATH", "STATE")}
        arguments = [sys.executable, "-m", "ricordo", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(arguments, env={**os.environ, **named}, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        found = re.search(r":(\d+)$", self.process.stderr.readline().strip())
        assert found is not None
        self.port = int(found[1])

    def stop(self, sign: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        _, told = self.process.communicate(timeout=30)
        assert "Traceback" not in told, told
        return self.process.returncode


@contextmanager
def process(folder: Path) -> Iterator[Process]:
    with Keys.open(folder / "state") as keys:
        _, secret = keys.issue(principal="writer", rights=("read", "write", "admin"))
    made = Process(folder, secret)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop(signal.SIGKILL)


@dataclass
class Writer:
    """Writes with keys, and sends again what it has no answer to; knows what was acknowledged."""

    server: Process
    name: str
    most: int
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    up: threading.Event = field(default_factory=threading.Event)
    news: threading.Condition = field(default_factory=threading.Condition)

    def run(self) -> None:
        for number in range(self.most):
            key = f"{self.name}-{number}"
            while not self.stopping.is_set():
                if (answer := self.sent(key)) is not None:
                    with self.news:
                        self.acknowledged[key] = answer
                        self.news.notify_all()
                    break
                self.up.wait(20)

    def sent(self, key: str) -> dict[str, Any] | None:
        """Send a write; return its answer, or None where there was none."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.server.secret}", "Idempotency-Key": key}
        try:
            body = json.dumps({"content": f"Note {key}.", "scope": self.name})
            connection.request("POST", f"{SPACE}/records", body, {**headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if answer.status == 201:
            return told
        if answer.status != 503:
            self.wrong.append(f"{answer.status}: {told}")
        return None


@contextmanager
def writing(server: Process, most: int) -> Iterator[list[Writer]]:
    """Let four write at once."""
    news = threading.Condition()
    writers = [Writer(server, f"w{spot}", most, news=news) for spot in range(4)]
    for one in writers:
        one.up.set()
    threads = [threading.Thread(target=one.run) for one in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        for thread in threads:
            thread.join(60)


def done(writers: list[Writer]) -> int:
    return sum(len(one.acknowledged) for one in writers)


def wait_for(writers: list[Writer], goal: int) -> None:
    """Wait until so many writes were acknowledged."""
    with writers[0].news:
        assert writers[0].news.wait_for(lambda: done(writers) >= goal, 60)


def kept(folder: Path) -> dict[str, list[int]]:
    """Return the events by the content of the records they wrote, and check the log."""
    with Memory.open(folder / "space", embedder=None) as memory:
        assert memory.verify().ok
        found: dict[str, list[int]] = {}
        page = memory.list(limit=1000)
        assert page.cursor is None
        for record in page.records:
            found.setdefault(record.content, []).append(record.event)
        return found


def test_killed_and_started_again_it_lost_nothing_and_did_nothing_twice(tmp_path: Path) -> None:
    """Killed at random while four write with keys; each sends again what it has no answer to."""
    drawn = random.Random(7)
    with process(tmp_path) as server:
        with writing(server, 60) as writers:
            for _ in range(3):
                wait_for(writers, done(writers) + drawn.randrange(10, 40))
                for one in writers:
                    one.up.clear()
                assert server.stop(signal.SIGKILL) == -signal.SIGKILL
                server.start()
                for one in writers:
                    one.up.set()
        assert [one.wrong for one in writers] == [[]] * len(writers)
        acknowledged = {key: told for one in writers for key, told in one.acknowledged.items()}
        assert len(acknowledged) == 4 * 60
        for key in list(acknowledged)[::17]:
            again = writers[0].sent(key) if key.startswith("w0-") else None
            assert again is None or again["record"]["id"] == acknowledged[key]["record"]["id"]
        assert server.stop(signal.SIGTERM) == 0
    found = kept(tmp_path)
    for key, told in acknowledged.items():
        assert found[f"Note {key}."] == [told["event"]], key


def test_asked_to_stop_it_finishes_what_is_under_way(tmp_path: Path) -> None:
    """Stopped while four write: it ends by itself, with code 0, and nothing that was acknowledged is missing."""
    with process(tmp_path) as server:
        with writing(server, 10_000) as writers:
            wait_for(writers, 40)
            assert server.stop(signal.SIGTERM) == 0
            for one in writers:
                one.stopping.set()
        assert [one.wrong for one in writers] == [[]] * len(writers)
    found = kept(tmp_path)
    assert all(f"Note {key}." in found for one in writers for key in one.acknowledged)
