"""What watches a server: one line, one count and one span for each request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, TextIO

from ricordo.config import Settings
from ricordo.errors import MissingExtraError
from ricordo.observe.logs import Log, logger, request_state, start_logs
from ricordo.observe.metrics import Metrics
from ricordo.observe.traces import Traces

if TYPE_CHECKING:
    from opentelemetry.trace import Span

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

METRICS = "/metrics"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
#: Paths that are asked for by machines, all the time.
_PROBES = frozenset(("/healthz", "/readyz", METRICS))
_UNKNOWN = "other"
#: What a request comes to whose client has left before an answer.
_LEFT = 499


class Observer:
    """The log, the counts and the traces of one server.

    Args:
        log: Where its events go.
        metrics: Its counts, where prometheus-client is installed.
        traces: Its spans, where the setting `traces` is set.
        stop: Ends the log.

    >>> observer = Observer(logger("http"), Metrics("http"))
    >>> with observer.operation("recall"):
    ...     pass
    >>> b'operation_seconds_count{operation="recall",outcome="done",server="http"} 1' in observer.metrics.page()[0]
    True
    """

    def __init__(
        self,
        log: Log,
        metrics: Metrics | None = None,
        traces: Traces | None = None,
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self.log, self.metrics, self.traces, self._stop = log, metrics, traces, stop

    @classmethod
    def open(cls, settings: Settings, name: str, *, stream: TextIO | None = None) -> Observer:
        """Begin to log, count and trace, as the settings say.

        Args:
            settings: `log_level`, `log_format`, `log_content` and `traces`.
            name: Which server it is: "http", "proxy" or "mcp".
            stream: Where the log goes; by default standard error.

        Raises:
            InvalidInputError: A setting breaks a rule.
            MissingExtraError: `traces` is set, and the extra `otel` is not installed.
        """
        traces = Traces.to(settings.traces, name) if settings.traces else None
        try:
            metrics = Metrics(name)
        except MissingExtraError:
            metrics = None
        return cls(logger(name), metrics, traces, start_logs(settings, stream))

    @contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Count and trace an operation of a memory, such as "recall".

        Args:
            name: The name of the method; nothing that a caller chose.
        """
        began, failure = perf_counter(), None
        with ExitStack() as stack:
            span = stack.enter_context(self.traces.operation(name)) if self.traces else None
            try:
                yield
            except Exception as error:
                failure = error
                raise
            finally:
                seconds, outcome = perf_counter() - began, "done" if failure is None else type(failure).__name__
                if self.metrics:
                    self.metrics.operation(name, outcome, seconds)
                if self.traces and span is not None:
                    self.traces.done(span, name, outcome, seconds, failure)

    def beside(self, app: ASGIApp) -> ASGIApp:
        """Return an application that answers `GET /metrics` itself, and leaves the rest to another."""
        metrics = self.metrics

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if metrics is None or scope["type"] != "http" or scope["path"] != METRICS or scope["method"] != "GET":
                await app(scope, receive, send)
                return
            scope.setdefault("state", {})["route"] = METRICS
            body, kind = metrics.page()
            headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return answer

    def close(self) -> None:
        """Send what waits, and end the log."""
        if self.traces:
            self.traces.close()
        self._stop()


def watch(app: ASGIApp, observer: Observer) -> ASGIApp:
    """Return an application whose every request is told to an observer.

    A surface says which route answered by its template in `scope["state"]["route"]`, such as "/v1/spaces/{space}"; the
    path itself, the query string, headers and bodies are told nowhere.

    Args:
        app: What is watched; the gate, with what is behind it.
        observer: What is told.
    """

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        mark = request_state.set(state)
        seen = _Seen(observer, scope, send)
        try:
            with seen:
                await app(scope, receive, seen.send)
        finally:
            request_state.reset(mark)

    return watched


class _Seen:
    """One request, as it is seen from outside."""

    def __init__(self, observer: Observer, scope: Scope, send: Send) -> None:
        self._observer, self._scope, self._send = observer, scope, send
        self._method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._status, self._seconds = 0, 0.0
        self._stack = ExitStack()
        self._span: Span | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, and take note of the first."""
        if message["type"] == "http.response.start":
            self._status, self._seconds = message["status"], perf_counter() - self._began
        await self._send(message)

    def __enter__(self) -> None:
        self._began = perf_counter()
        if self._observer.metrics:
            self._observer.metrics.begun()
        if self._observer.traces:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._scope["headers"]}
            self._span = self._stack.enter_context(self._observer.traces.request(self._method, headers))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        took = perf_counter() - self._began
        status = self._status or (500 if isinstance(error, Exception) else _LEFT)
        seconds = self._seconds or took
        route = self._scope["state"].get("route", _UNKNOWN)
        if self._observer.metrics:
            self._observer.metrics.ended(self._method, route, status, seconds)
        if self._observer.traces and self._span is not None:
            self._observer.traces.answered(self._span, self._method, route, status, seconds)
        self._tell(route, status, took, error)
        self._stack.__exit__(kind, error, None)

    def _tell(self, route: str, status: int, took: float, error: BaseException | None) -> None:
        key = self._scope["state"].get("key")
        told = {
            "method": self._method,
            "route": route,
            "status": status,
            "ms": round(took * 1000, 2),
            "principal": getattr(key, "principal", None),
        }
        failure = error if isinstance(error, Exception) else None
        quiet = status < 400 and self._scope["path"] in _PROBES
        level = logging.ERROR if failure or status >= 500 else logging.DEBUG if quiet else logging.INFO
        self._observer.log.write(level, "request", told, failure)
