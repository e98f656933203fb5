"""What it costs a request to be checked and told of: the gate and the observer, in this process, without a network.

python -m benchmarks.access [--requests 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import process_time

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.access.refusal import ASGIApp, Message, Receive, Scope, Send
from ricordo.config import Settings
from ricordo.observe import Metrics, Observer, logger, start_logs, watch

_ROUNDS = 5


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    scope["state"] = {**scope.get("state", {}), "route": "/v1/spaces/{space}/recall"}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def _asked(app: ASGIApp, secret: str, requests: int) -> float:
    """Return the microseconds of processor time that a request takes."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_: Message) -> None:
        return None

    sent = [(b"host", b"127.0.0.1:8474"), (b"authorization", f"Bearer {secret}".encode()), (b"accept", b"*/*")]
    given = {"type": "http", "method": "POST", "path": "/v1/spaces/default/recall", "headers": sent}
    took = []
    for _ in range(_ROUNDS):
        began = process_time()
        for _ in range(requests):
            await app({**given, "client": ("127.0.0.1", 50000), "state": {}}, receive, send)
        took.append((process_time() - began) / requests * 1e6)
    return median(took)


def measure(requests: int) -> Mapping[str, float]:
    """Return the microseconds of a request, by what stands before the application."""
    settings = replace(Settings(), log_format="json", requests_per_second=1e9)
    with tempfile.TemporaryDirectory() as folder, Path("/dev/null").open("w") as nowhere:
        stop = start_logs(settings, nowhere)
        observer = Observer(logger("http"), Metrics("http"))
        with Keys.open(Path(folder)) as keys:
            _, secret = keys.issue(read=["user:ada", "team"], write=["user:ada"])
            gated = gate(_app, keys=keys, settings=settings)
            apps = {"application": _app, "gate": gated, "gate and observer": watch(gated, observer)}
            found = {name: asyncio.run(_asked(app, secret, requests)) for name, app in apps.items()}
        stop()
    return {name: took - found["application"] if name != "application" else took for name, took in found.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    for name, took in measure(parser.parse_args().requests).items():
        print(f"{name:<20} {took:8.1f} µs of processor time a request")


if __name__ == "__main__":
    main()
