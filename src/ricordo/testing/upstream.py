"""A model server on this machine that speaks what OpenAI's and Anthropic's clients speak, and misbehaves on command."""

from __future__ import annotations

import gzip
import json
import queue
import re
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from ricordo.testing import upstream_wire as wire

_POLL_S = 0.01
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """How the server treats one request; by default it answers with what it was told of the past.

    Args:
        text: What it says; None for what the server says by itself.
        tool: The name and the arguments of a tool that it calls.
        status: The HTTP status; with another than 200 it is an error document in the shape of the path.
        headers: Further headers.
        before: The answer waits for this event.
        between: A stream waits for this event in its middle.
        cut: Of a stream, and of a document, this share is sent, then the connection is closed.
        endless: The end of a stream is left out, and the connection closed as if nothing were amiss.
        error: A stream ends with an error in place of its end.
        gzip: The body is compressed, whether or not the client asked for it.
    """

    text: str | None = None
    tool: tuple[str, Mapping[str, Any]] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    before: threading.Event | None = None
    between: threading.Event | None = None
    cut: float | None = None
    endless: bool = False
    error: bool = False
    gzip: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: method, path, query, headers by lower-case name, and its body."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Upstream:
    """A model server on 127.0.0.1. Use it in a `with` block.

    It speaks OpenAI's chat completions, responses, models and embeddings, Anthropic's messages and count_tokens, in
    streams and without, and repeats what it gets on every other path. What it says by itself are the last quoted lines
    of memory in the request, or "Noted."

    Args:
        key: The key that requests must bring, as a bearer token or in x-api-key; None for any.

    >>> with Upstream() as server:
    ...     server.url.startswith("http://127.0.0.1:"), server.requests
    (True, [])
    """

    def __init__(self, key: str | None = None) -> None:
        self.key = key
        #: Every request so far.
        self.requests: list[Request] = []
        #: Set when the first request is there.
        self.arrived = threading.Event()
        #: Has one entry for each client that left before its answer was whole.
        self.left: queue.Queue[str] = queue.Queue()
        self._replies: deque[Reply] = deque()
        self._server: _Server | None = None

    def script(self, *replies: Reply) -> None:
        """Say how the next requests are treated, one reply each; those after them as they should."""
        self._replies.extend(replies)

    @property
    def url(self) -> str:
        """The base address, without /v1."""
        assert self._server is not None, "the server is not running: use it in a with block"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Upstream:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="upstream")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.stop()
        self._thread.join()

    def next_reply(self) -> Reply:
        """Take the next reply of the script."""
        try:
            return self._replies.popleft()
        except IndexError:
            return Reply()


def remembered(payload: Any) -> str:
    """Return what a request tells of the past: the quoted texts of the last memory in it, or "Noted."

    >>> remembered({"input": '<ricordo-memory>\\n[1] 2026-05-03 Ada: "I live in Lisbon."\\n</ricordo-memory>'})
    'I live in Lisbon.'
    """
    found = re.findall(r"<ricordo-memory>(.*?)</ricordo-memory>", "\n".join(wire.texts(payload)), re.S)
    lines = re.findall(r'^\[\d+\] [^"\n]*: ("(?:[^"\\]|\\.)*")', found[-1], re.M) if found else []
    return " ".join(json.loads(line) for line in lines) or "Noted."


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, owner: Upstream) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is noted where it happens."""

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        with self._guard:
            for request in self._open:
                _hang_up(request)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        parts = urlsplit(self.path)
        request = Request(self.command, parts.path, parts.query, headers, self._body(headers))
        owner.requests.append(request)
        owner.arrived.set()
        reply = owner.next_reply()
        if not self._waited(reply.before, request.path):
            return
        if owner.key is not None and owner.key not in (headers.get("authorization", "")[7:], headers.get("x-api-key")):
            reply = Reply(status=401)
        try:
            self._answer(request, reply)
        except OSError:
            self._gone(request.path)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_POST  # noqa: N815

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, request: Request, reply: Reply) -> None:
        told = wire.Told(reply.text, reply.tool, remembered)
        if reply.status != 200:
            self._document(wire.error(request.path, reply.status), reply)
            return
        found = wire.answer(request.method, request.path, request.headers, request.body, told)
        if isinstance(found, wire.Stream):
            self._stream(found, reply, request.path)
        else:
            self._document(found, reply)

    def _document(self, document: Any, reply: Reply) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        body = gzip.compress(body, mtime=0) if reply.gzip else body
        encoding = {"Content-Encoding": "gzip"} if reply.gzip else {}
        length = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._begin(reply.status, {**length, **encoding, **reply.headers})
        if reply.cut is not None:
            self.close_connection = True
            body = body[: int(len(body) * reply.cut)]
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self, stream: wire.Stream, reply: Reply, path: str) -> None:
        events = [*stream.events, *([stream.error] if reply.error else () if reply.endless else stream.end)]
        encoding = {"Content-Encoding": "gzip"} if reply.gzip else {}
        kind = {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"}
        self._begin(200, {**kind, **encoding, **reply.headers})
        if reply.gzip:
            events = [gzip.compress(b"".join(events), mtime=0)]
        most = len(events) if reply.cut is None else int(len(events) * reply.cut)
        middle = len(events) // 2
        for spot, event in enumerate(events[:most]):
            if spot == middle and not self._waited(reply.between, path):
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        if reply.cut is not None:
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _waited(self, event: threading.Event | None, path: str) -> bool:
        """Wait for an event; tell whether client and server are still there."""
        while event is not None and not event.wait(_POLL_S):
            if self.server.stopping.is_set() or self._left():
                self._gone(path)
                return False
        return True

    def _left(self) -> bool:
        self.connection.setblocking(False)
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.setblocking(True)

    def _gone(self, path: str) -> None:
        self.close_connection = True
        if not self.server.stopping.is_set():
            self.server.owner.left.put(path)


def _hang_up(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
