"""A local model server that answers what it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Scripted:
    """What a scripted server was asked, and where it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[dict[str, Any]] = []


@contextmanager
def scripted(answers: Sequence[dict[str, Any]]) -> Iterator[Scripted]:
    """Serve the answers in turn, each to one POST."""
    left = list(answers)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            body = json.dumps(left.pop(0)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    told = Scripted(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def message(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of Anthropic's messages API."""
    stop = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    base = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**base, "content": list(blocks), "stop_reason": stop, "usage": {"input_tokens": 1, "output_tokens": 1}}


def use(**command: Any) -> dict[str, Any]:
    """Return a call of the memory tool."""
    return {"type": "tool_use", "id": "toolu_1", "name": "memory", "input": command}
