"""A model server on this machine that speaks the OpenAI-compatible protocol, and misbehaves on command."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from ricordo.providers.base import LanguageModel, Message, Reranker
from ricordo.providers.transport import Timing
from ricordo.testing.models import ScriptedLanguageModel, WordOverlapReranker

_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Act:
    """How the server treats one request; by default as it should.

    Args:
        status: The HTTP status; with another than 200 and no body, an error document is sent.
        body: In place of the proper answer; what is no bytes is sent as JSON.
        headers: Further headers.
        after: The answer waits for this event.
        declared: Content-Length in place of the true one; below 0 for none, so that the end of the connection is the
            end of the body.
        keep: Only so many bytes of the body are sent, then the connection is closed.
        drip: The body, or `raw`, goes out one byte at a time, a hundredth of a second apart.
        silent: The connection is closed without an answer.
        raw: Sent in place of everything, status line and headers too.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: threading.Event | None = None
    declared: int | None = None
    keep: int | None = None
    drip: bool = False
    silent: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: its path, its headers by lower-case name, its JSON."""

    path: str
    headers: Mapping[str, str]
    payload: Any


class EndpointServer:
    """A model server on 127.0.0.1: /v1/chat/completions and /v1/rerank. Use it in a `with` block.

    Args:
        language_model: Who answers; by default a `ScriptedLanguageModel`.
        reranker: Who ranks; by default `WordOverlapReranker`.
        key: The key that requests must bring; None for any.
        counts: Whether answers tell their tokens.
        tls: Speak https with this context.

    >>> from ricordo.providers.endpoint import Endpoint
    >>> from ricordo.providers.language_model import EndpointLanguageModel
    >>> with EndpointServer(ScriptedLanguageModel(["Lisbon [1]"])) as server:
    ...     server.script(Act(status=503))
    ...     model = EndpointLanguageModel(Endpoint(server.url, timing=StillTime().timing), "m")
    ...     print(model.complete([Message("user", "Where?")], max_tokens=9).text, model.usage.retries)
    ...     model.close()
    Lisbon [1] 1
    """

    def __init__(
        self,
        language_model: LanguageModel | None = None,
        reranker: Reranker | None = None,
        *,
        key: str | None = None,
        counts: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self.language_model = language_model or ScriptedLanguageModel()
        self.reranker = reranker or WordOverlapReranker()
        self.key = key
        self.counts = counts
        #: Every request so far.
        self.received: list[Received] = []
        #: How many connections were made.
        self.connections = 0
        self._acts: deque[Act] = deque()
        self._server: _Server | None = None

    def script(self, *acts: Act) -> None:
        """Say how the next requests are treated, one act each; those after them as they should."""
        self._acts.extend(acts)

    @property
    def url(self) -> str:
        """The base address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None, "the server is not running: use it in a with block"
        return int(self._server.server_address[1])

    def __enter__(self) -> EndpointServer:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="endpoint server")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.stop()
        self._thread.join()

    def next_act(self) -> Act:
        """Take the next act of the script."""
        try:
            return self._acts.popleft()
        except IndexError:
            return Act()

    def answer(self, path: str, payload: Any) -> Any:
        """Return the proper answer to a request, or None for an unknown path."""
        if path.endswith("/chat/completions"):
            return self._chat(payload)
        return self._rerank(payload) if path.endswith("/rerank") else None

    def _chat(self, payload: Any) -> Any:
        messages = [Message(one["role"], one["content"]) for one in payload["messages"]]
        limit = payload.get("max_tokens") or payload["max_completion_tokens"]
        done = self.language_model.complete(messages, max_tokens=limit)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": done.text},
            "finish_reason": "length" if done.cut else "stop",
        }
        usage = {"prompt_tokens": done.tokens_in, "completion_tokens": done.tokens_out}
        shape = {"id": "chatcmpl-1", "object": "chat.completion", "model": payload["model"], "choices": [choice]}
        return {**shape, "usage": usage} if self.counts else shape

    def _rerank(self, payload: Any) -> Any:
        field_name = "documents" if "documents" in payload else "texts"
        texts = payload[field_name]
        ranked = sorted(enumerate(self.reranker.rank(payload["query"], texts)), key=lambda pair: -pair[1])
        if field_name == "texts":
            return [{"index": place, "score": score} for place, score in ranked]
        results = [{"index": place, "relevance_score": score} for place, score in ranked]
        usage = {"prompt_tokens": sum(len(text.split()) for text in texts)}
        return {"model": payload["model"], "results": results, **({"usage": usage} if self.counts else {})}


class StillTime:
    """Time for a client under test: it stands still, and waits pass at once and are written down.

    Args:
        now: Seconds to begin with.
        jitter: What every wait draws.

    >>> time = StillTime()
    >>> time.timing.sleep(2.5)
    >>> time.now, time.waits
    (2.5, [2.5])
    """

    def __init__(self, now: float = 0.0, jitter: float = 0.5) -> None:
        self.now = now
        #: Every wait so far.
        self.waits: list[float] = []
        self.timing = Timing(now=lambda: self.now, wall=lambda: self.now, sleep=self._sleep, jitter=lambda: jitter)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, owner: EndpointServer) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        if owner.tls:
            self.socket = owner.tls.wrap_socket(self.socket, server_side=True)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
            self.owner.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error here."""

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        with self._guard:
            for request in self._open:
                with contextlib.suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        payload = json.loads(body)
        owner.received.append(Received(self.path, headers, payload))
        act = owner.next_act()
        while act.after is not None and not self.server.stopping.is_set() and not act.after.wait(_POLL_S):
            pass
        if act.silent:
            self.close_connection = True
        elif act.raw is not None:
            self._write(act.raw, act.drip)
            self.close_connection = True
        elif owner.key is not None and headers.get("authorization") != f"Bearer {owner.key}":
            self._send(Act(401), {"error": {"message": "bad key"}})
        else:
            self._send(act, owner.answer(self.path, payload) if act.body is None and act.status == 200 else act.body)

    def _send(self, act: Act, document: Any) -> None:
        status = 404 if act.status == 200 and document is None else act.status
        if document is None:
            document = {"error": {"message": f"scripted {status}"}}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        declared = len(body) if act.declared is None else act.declared
        ends = declared < 0
        length = {"Connection": "close"} if ends else {"Content-Length": str(declared)}
        for name, value in {**length, **act.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = self.close_connection or ends or declared != len(body) or act.keep is not None
        self._write(body[: act.keep], act.drip)

    def _write(self, body: bytes, drip: bool) -> None:
        if not drip:
            self.wfile.write(body)
            return
        for at in range(len(body)):
            if self.server.stopping.wait(_POLL_S):
                return
            self.wfile.write(body[at : at + 1])
