"""A server between a client and a real one that misbehaves on command: what it drops was done all the same."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_POLL_S = 0.01


@dataclass(frozen=True)
class Act:
    """How one request is treated; by default it is passed on, and its answer passed back.

    Args:
        passed: Whether the real server gets it.
        answered: How it is answered: "well", "dropped" (the connection ends), "reset" (it is torn), "cut" (half of the
            body comes, and the length said more), "garbled" (half of the body comes, and the length said no more), or
            "late" (only once `release` is set).
        status: In place of the real answer, one with this status that is nobody's problem document.
        headers: Of that answer.
        release: What a late answer waits for.
        close: The connection is closed after the answer without a word.
    """

    passed: bool = True
    answered: str = "well"
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    release: threading.Event | None = None
    close: bool = False


class Misbehaving:
    """Stands before a server. Use it in a `with` block."""

    def __init__(self, url: str) -> None:
        self.behind = urlsplit(url).netloc
        #: Verb, path and Idempotency-Key of every request so far.
        self.seen: list[tuple[str, str, str | None]] = []
        self.acts: deque[Act] = deque()
        self.authorized: set[str | None] = set()

    def script(self, *acts: Act) -> None:
        """Say how the next requests are treated, one act each."""
        self.acts.extend(acts)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Misbehaving:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="misbehaving server")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.end_all()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, owner: Misbehaving) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        self._open.add(request)
        super().process_request(request, client_address)

    def end_all(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        owner.seen.append((self.command, self.path, self.headers.get("Idempotency-Key")))
        owner.authorized.add(self.headers.get("Authorization"))
        act = owner.acts.popleft() if owner.acts else Act()
        status, headers, answer = self._passed_on(body) if act.passed else (200, {}, b"{}")
        if act.status is not None:
            status, headers, answer = act.status, act.headers, b"<h1>No.</h1>"
        if act.release is not None:
            act.release.wait(30)
        self._answer(act, status, headers, answer)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815

    def _passed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        behind = http.client.HTTPConnection(self.server.owner.behind, timeout=30)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        behind.request(self.command, self.path, body or None, kept)
        with contextlib.closing(behind), behind.getresponse() as reply:
            dropped = ("connection", "content-length", "transfer-encoding", "date", "server")
            headers = {name: value for name, value in reply.getheaders() if name.lower() not in dropped}
            return reply.status, headers, reply.read()

    def _answer(self, act: Act, status: int, headers: dict[str, str], body: bytes) -> None:
        self.close_connection = act.close or act.answered != "well"
        if act.answered == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if act.answered in ("dropped", "reset"):
            return
        half = len(body) // 2
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(half if act.answered == "garbled" else len(body)))
        self.end_headers()
        self.wfile.write(body if act.answered == "well" else body[:half])
