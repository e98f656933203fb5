"""What you need to test against Ricordo: a fixed clock, fakes of models, a server for them, records, and the laws."""

from ricordo.testing.clock import FixedClock
from ricordo.testing.embedders import EmbedderContract, HashingEmbedder
from ricordo.testing.endpoint import Act, EndpointServer, StillTime
from ricordo.testing.memory import MemoryContract
from ricordo.testing.models import (
    JsonLanguageModel,
    LanguageModelContract,
    RerankerContract,
    ScriptedLanguageModel,
    WordOverlapReranker,
)
from ricordo.testing.records import a_record
from ricordo.testing.store import StoreContract
from ricordo.testing.upstream import Reply, Upstream

__all__ = [
    "Act",
    "EmbedderContract",
    "EndpointServer",
    "FixedClock",
    "HashingEmbedder",
    "JsonLanguageModel",
    "LanguageModelContract",
    "MemoryContract",
    "Reply",
    "RerankerContract",
    "ScriptedLanguageModel",
    "StillTime",
    "StoreContract",
    "Upstream",
    "WordOverlapReranker",
    "a_record",
]
