"""What the operations of a server share."""

from __future__ import annotations

from dataclasses import dataclass, field

from ricordo.access.journal import Journal
from ricordo.config import Settings
from ricordo.http.lanes import Lanes
from ricordo.http.once import Once
from ricordo.http.spaces import Spaces
from ricordo.http.stream import Streams
from ricordo.observe import Observer, logger


@dataclass(frozen=True, slots=True)
class Serving:
    """A server's collaborators.

    Args:
        spaces: The spaces it serves.
        settings: The settings in force.
        journal: Where is noted which request was given which records.
        once: The requests that were begun under a key.
        observer: Is told of what is done.
        lanes: The threads it works on.
        streams: Who follows the log.
    """

    spaces: Spaces
    settings: Settings
    journal: Journal
    once: Once
    observer: Observer = field(default_factory=lambda: Observer(logger("http")))
    lanes: Lanes = field(default_factory=Lanes)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "streams", Streams(self.spaces.lease, self.lanes))
