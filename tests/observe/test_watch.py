"""What is told of a request: its line, its counts, its span."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from tests.access.conftest import Serve, served

from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.config import Settings
from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.observe import Metrics, Observer, Traces, logger, watch
from ricordo.observe.watch import ASGIApp, Message, Receive, Scope, Send

JSON = Settings(log_format="json", log_level="debug")


def telling(observer: Observer) -> ASGIApp:
    """Return an application with one route, one operation of a memory, and several ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].rpartition("/")[2]
        if name != "nowhere":
            scope["state"]["route"] = "/v1/records/{id}"
        with observer.operation("get"):
            if name == "missing":
                raise NotFoundError("id: no such record")
        logger("http").debug("inside")
        if name == "broken":
            raise RuntimeError("broken")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        if name == "cut":
            raise RuntimeError("cut")
        await send({"type": "http.response.body", "body": b"rest"})

    return app


def counted(page: str, name: str) -> dict[tuple[str, ...], float]:
    """Return the values of one metric by its labels, but the name of the server."""
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label != "server"): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name
    }


def test_every_request_has_one_line(written: StringIO, tmp_path: Path) -> None:
    observer = Observer.open(JSON, "http", stream=written)
    with Keys.open(tmp_path) as keys:
        _, secret = keys.issue(principal="agent:coder")
        app = watch(gate(observer.beside(telling(observer)), keys=keys, settings=JSON), observer)
        headers = {"Authorization": f"Bearer {secret}"}
        with served(app) as client:
            given = [client.get(f"/v1/records/{name}", headers=headers) for name in ("r1", "missing", "nowhere")]
            refused = client.get("/v1/records/r1")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "request"]
    assert [(line["status"], line["route"], line.get("principal"), line["level"]) for line in told] == [
        (200, "/v1/records/{id}", "agent:coder", "info"),
        (500, "/v1/records/{id}", "agent:coder", "error"),
        (200, "other", "agent:coder", "info"),
        (401, "other", None, "info"),
    ]
    assert [line["request_id"] for line in told] == [
        given[0].headers["x-request-id"],
        told[1]["request_id"],
        given[2].headers["x-request-id"],
        refused.headers["x-request-id"],
    ]
    assert all(line["method"] == "GET" and line["ms"] >= 0 for line in told)
    assert {line["request_id"] for line in lines if line["event"] == "inside"} <= {line["request_id"] for line in told}
    observer.close()


def test_probes_are_quiet(written: StringIO) -> None:
    observer = Observer.open(replace(JSON, log_level="info"), "http", stream=written)
    with served(watch(gate(observer.beside(telling(observer)), keys=None, settings=JSON), observer)) as client:
        assert client.get("/healthz").status_code == client.get("/metrics").status_code == 200
    assert written.getvalue() == ""
    observer.close()


def test_prometheus_tells_routes_and_no_ids(serve: Serve, written: StringIO, tmp_path: Path) -> None:
    observer = Observer.open(JSON, "http", stream=written)
    with Keys.open(tmp_path) as keys:
        _, secret = keys.issue()
        client = serve(watch(gate(observer.beside(telling(observer)), keys=keys, settings=JSON), observer))
        headers = {"Authorization": f"Bearer {secret}"}
        for name in ("r1", "r2", "missing", "broken", "nowhere"):
            client.get(f"/v1/records/{name}", headers=headers)
        client.request("PROPFIND", "/v1/records/r1", headers=headers)
        assert client.get("/metrics").status_code == 401
        answer = client.get("/metrics", headers=headers)
    observer.close()
    assert answer.headers["content-type"].startswith("text/plain")
    assert counted(answer.text, "ricordo_requests_total") == {
        ("GET", "/v1/records/{id}", "200"): 2,
        ("GET", "/v1/records/{id}", "500"): 2,
        ("GET", "other", "200"): 1,
        ("GET", "other", "401"): 1,
        ("OTHER", "/v1/records/{id}", "200"): 1,
    }
    seconds = counted(answer.text, "ricordo_request_seconds_count")
    assert seconds[("GET", "/v1/records/{id}")] == 4
    assert counted(answer.text, "ricordo_operation_seconds_count") == {("get", "done"): 5, ("get", "NotFoundError"): 1}
    assert counted(answer.text, "ricordo_requests_under_way") == {(): 1}
    assert not {"r1", "r2", "missing", "broken", "nowhere"} & set(answer.text.replace('"', " ").split())


def test_two_servers_in_one_process_count_apart() -> None:
    one, two = Metrics("http"), Metrics("proxy")
    one.begun()
    one.ended("GET", "/v1", 200, 0.1)
    assert counted(one.page()[0].decode(), "ricordo_requests_total") == {("GET", "/v1", "200"): 1}
    assert counted(two.page()[0].decode(), "ricordo_requests_total") == {}


def test_a_client_that_leaves_is_no_failure(written: StringIO) -> None:
    observer = Observer.open(JSON, "http", stream=written)

    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asked(watch(left, observer), "/"))
    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["status"], line["level"]) == (499, "info")
    observer.close()


# -- OpenTelemetry -----------------------------------------------------------------------------------------------------


@pytest.fixture
def kept() -> tuple[InMemorySpanExporter, InMemoryMetricReader]:
    return InMemorySpanExporter(), InMemoryMetricReader()


@pytest.fixture
def traced(kept: tuple[InMemorySpanExporter, InMemoryMetricReader]) -> Iterator[Observer]:
    exporter, reader = kept
    observer = Observer(logger("http"), None, Traces("http", SimpleSpanProcessor(exporter), reader))
    yield observer
    observer.close()


def test_spans_stand_in_one_another_and_in_the_callers_trace(
    traced: Observer, kept: tuple[InMemorySpanExporter, InMemoryMetricReader]
) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    header = (b"traceparent", f"00-{trace}-{parent}-01".encode())
    asyncio.run(asked(watch(telling(traced), traced), "/v1/records/r1", header))
    inner, outer = kept[0].get_finished_spans()
    assert (outer.name, inner.name) == ("GET /v1/records/{id}", "memory.get")
    assert f"{outer.context.trace_id:032x}" == f"{inner.context.trace_id:032x}" == trace
    assert outer.parent is not None
    assert f"{outer.parent.span_id:016x}" == parent
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert outer.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/records/{id}",
        "http.response.status_code": 200,
    }
    assert inner.attributes == {"ricordo.operation": "get", "ricordo.outcome": "done"}


def test_failures_are_marked_and_their_messages_are_not_told(
    traced: Observer, kept: tuple[InMemorySpanExporter, InMemoryMetricReader]
) -> None:
    for path in ("/missing", "/broken"):
        with pytest.raises(Exception, match=r"no such record|broken"):
            asyncio.run(asked(watch(telling(traced), traced), path))
    missing, outer, _, broken = kept[0].get_finished_spans()
    assert missing.attributes is not None
    assert missing.attributes["ricordo.outcome"] == "NotFoundError"
    assert missing.status.is_unset
    assert not outer.status.is_ok
    assert broken.attributes is not None
    assert broken.attributes["error.type"] == "500"
    assert not any(span.events for span in kept[0].get_finished_spans())


def test_metrics_of_opentelemetry(traced: Observer, kept: tuple[InMemorySpanExporter, InMemoryMetricReader]) -> None:
    asyncio.run(asked(watch(telling(traced), traced), "/v1/records/r1"))
    data = kept[1].get_metrics_data()
    assert data is not None
    found = {
        metric.name: dict(point.attributes or {})
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert found["http.server.request.duration"]["http.route"] == "/v1/records/{id}"
    assert found["ricordo.operation.duration"] == {"ricordo.operation": "get", "ricordo.outcome": "done"}


@pytest.fixture
def collector() -> Iterator[tuple[str, Queue[tuple[str, bytes]]]]:
    received: Queue[tuple[str, bytes]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_the_setting_sends_to_a_collector(collector: tuple[str, Queue[tuple[str, bytes]]], written: StringIO) -> None:
    address, received = collector
    observer = Observer.open(replace(JSON, traces=f"{address}/"), "http", stream=written)
    with served(watch(gate(telling(observer), keys=None, settings=JSON), observer)) as client:
        assert client.get("/v1/records/r1?q=canary", headers={"Authorization": "Bearer canary"}).status_code == 200
    observer.close()
    bodies = dict(received.get(timeout=10) for _ in range(2))
    spans = ExportTraceServiceRequest.FromString(bodies["/v1/traces"]).resource_spans[0]
    assert {span.name for span in spans.scope_spans[0].spans} == {"GET /v1/records/{id}", "memory.get"}
    assert {one.key: one.value.string_value for one in spans.resource.attributes}["service.name"] == "ricordo"
    metrics = ExportMetricsServiceRequest.FromString(bodies["/v1/metrics"]).resource_metrics[0]
    assert "http.server.request.duration" in {metric.name for metric in metrics.scope_metrics[0].metrics}
    assert b"canary" not in b"".join(bodies.values())


def test_nothing_is_sent_unless_it_is_set(written: StringIO) -> None:
    observer = Observer.open(JSON, "http", stream=written)
    assert observer.traces is None
    observer.close()
    with pytest.raises(InvalidInputError, match="traces"):
        Observer.open(replace(JSON, traces="collector"), "http", stream=written)


async def asked(app: ASGIApp, path: str, *headers: tuple[bytes, bytes]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": path, "headers": list(headers)}, receive, send)
    return sent


def test_the_answer_passes_unchanged(written: StringIO) -> None:
    observer = Observer.open(JSON, "http", stream=written)
    with served(watch(telling(observer), observer)) as client:
        assert client.get("/v1/records/r1").content == b"partrest"
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/v1/records/cut")
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["status"] for line in told if line["event"] == "request"] == [200, 200]
    observer.close()


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import ricordo, ricordo.cli", ("ricordo.observe", "prometheus_client", "opentelemetry", "starlette")),
        ("import ricordo.observe, ricordo.access.gate", ("prometheus_client", "opentelemetry", "starlette")),
        (
            "from ricordo import config, observe; observe.Observer.open(config.Settings(), 'http')",
            ("opentelemetry", "starlette"),
        ),
    ],
)
def test_what_is_not_needed_is_not_loaded(code: str, absent: tuple[str, ...]) -> None:
    told = f"{code}; import sys; print([name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
