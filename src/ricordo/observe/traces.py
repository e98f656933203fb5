"""Traces and metrics by OpenTelemetry, sent to the collector that the setting `traces` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ricordo.errors import InvalidInputError, MissingExtraError, RicordoError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

_SCOPE = "ricordo"
#: How long a collector may take for one delivery, repetitions included; a server that stops waits for two of them.
_PATIENCE_S = 3.0


class Traces:
    """A span for each request and each operation of a memory, and how long they took.

    Nothing is registered for the whole process, so what else uses OpenTelemetry there goes its own way.

    Args:
        server: Which server it is, such as "http".
        processor: Takes the spans.
        reader: Takes the metrics.

    Raises:
        MissingExtraError: The SDK of OpenTelemetry is not installed.
    """

    def __init__(self, server: str, processor: SpanProcessor, reader: MetricReader) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource.create({"service.name": "ricordo", "ricordo.server": server})
        self._tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracing.add_span_processor(processor)
        self._metering = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._tracer = self._tracing.get_tracer(_SCOPE)
        meter = self._metering.get_meter(_SCOPE)
        self._requests = meter.create_histogram("http.server.request.duration", "s", "Seconds until an answer began.")
        self._operations = meter.create_histogram("ricordo.operation.duration", "s", "Seconds of a memory's operation.")
        self._parent = TraceContextTextMapPropagator()

    @classmethod
    def to(cls, collector: str, server: str) -> Traces:
        """Return what sends to a collector by OTLP over HTTP, such as http://localhost:4318.

        Raises:
            MissingExtraError: The extra `otel` is not installed.
            InvalidInputError: The address is none.
        """
        if not collector.startswith(("http://", "https://")):
            raise InvalidInputError("traces", "an address such as http://localhost:4318", collector)
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise MissingExtraError("otel", "the setting traces") from error
        base = collector.rstrip("/")
        spans = OTLPSpanExporter(f"{base}/v1/traces", timeout=_PATIENCE_S)
        metrics = OTLPMetricExporter(f"{base}/v1/metrics", timeout=_PATIENCE_S)
        return cls(server, BatchSpanProcessor(spans), PeriodicExportingMetricReader(metrics))

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """Have a request's span be the present one; it continues the trace its headers name."""
        from opentelemetry.trace import SpanKind

        told = {"http.request.method": method}
        with self._tracer.start_as_current_span(
            method,
            self._parent.extract(headers),
            SpanKind.SERVER,
            told,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def answered(self, span: Span, method: str, route: str, status: int, seconds: float) -> None:
        """Say how a request was answered."""
        told: dict[str, str | int] = {"http.request.method": method, "http.route": route}
        told["http.response.status_code"] = status
        span.update_name(f"{method} {route}")
        span.set_attributes(told)
        _judge(span, status >= 500, str(status))
        self._requests.record(seconds, told)

    @contextmanager
    def operation(self, name: str) -> Iterator[Span]:
        """Have the span of an operation of a memory be the present one."""
        with self._tracer.start_as_current_span(
            f"memory.{name}",
            attributes={"ricordo.operation": name},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def done(self, span: Span, name: str, outcome: str, seconds: float, error: BaseException | None) -> None:
        """Say how an operation ended; of an error its class, for its message may quote what was sent."""
        told = {"ricordo.operation": name, "ricordo.outcome": outcome}
        span.set_attributes(told)
        _judge(span, error is not None and not isinstance(error, RicordoError), outcome)
        self._operations.record(seconds, told)

    def close(self) -> None:
        """Send what waits, and stop."""
        self._tracing.shutdown()
        self._metering.shutdown()


def _judge(span: Any, failed: bool, why: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    if failed:
        span.set_status(Status(StatusCode.ERROR))
        span.set_attribute("error.type", why)
