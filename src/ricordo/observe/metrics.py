"""Counts and times for Prometheus, in a registry of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ricordo.errors import MissingExtraError

#: Seconds that tell a quick answer from a slow one.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What a server did: requests by route and status, operations of memories by name. Never an id, a scope or a text.

    Args:
        server: Which server it is, such as "http".

    Raises:
        MissingExtraError: prometheus-client is not installed.
    """

    def __init__(self, server: str) -> None:
        try:
            import prometheus_client
        except ImportError as error:
            raise MissingExtraError("server", "the endpoint for Prometheus") from error
        self._written_by = prometheus_client
        self.registry = prometheus_client.CollectorRegistry()
        own: Mapping[str, Any] = {"registry": self.registry}
        self._requests = prometheus_client.Counter(
            "ricordo_requests", "Requests answered.", ("server", "method", "route", "status"), **own
        )
        self._seconds = prometheus_client.Histogram(
            "ricordo_request_seconds",
            "Seconds until an answer began.",
            ("server", "method", "route"),
            buckets=_BUCKETS,
            **own,
        )
        self._under_way = prometheus_client.Gauge(
            "ricordo_requests_under_way", "Requests that are being answered.", ("server",), **own
        )
        self._operations = prometheus_client.Histogram(
            "ricordo_operation_seconds",
            "Seconds that an operation of a memory took.",
            ("server", "operation", "outcome"),
            buckets=_BUCKETS,
            **own,
        )
        self._server = server
        self._here = self._under_way.labels(server)
        self._known: dict[tuple[str, ...], Any] = {}

    def begun(self) -> None:
        """Count a request that begins."""
        self._here.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended, with the seconds until its answer began."""
        self._here.dec()
        labels = (method, route, str(status))
        known = self._known.get(labels)
        if known is None:
            counted = self._requests.labels(self._server, *labels)
            known = self._known[labels] = (counted, self._seconds.labels(self._server, method, route))
        known[0].inc()
        known[1].observe(seconds)

    def operation(self, name: str, outcome: str, seconds: float) -> None:
        """Count an operation of a memory: its outcome is "done", or the name of an error."""
        known = self._known.get((name, outcome))
        if known is None:
            known = self._known[name, outcome] = self._operations.labels(self._server, name, outcome)
        known.observe(seconds)

    def page(self) -> tuple[bytes, str]:
        """Return everything in the text format of Prometheus, and its media type."""
        return self._written_by.generate_latest(self.registry), self._written_by.CONTENT_TYPE_LATEST
