"""Logs, metrics and traces of a server. Nothing is sent anywhere unless the setting `traces` names a place."""

from ricordo.observe.logs import Content, Log, logger, start_logs
from ricordo.observe.metrics import Metrics
from ricordo.observe.traces import Traces
from ricordo.observe.watch import Observer, watch

__all__ = ["Content", "Log", "Metrics", "Observer", "Traces", "logger", "start_logs", "watch"]
