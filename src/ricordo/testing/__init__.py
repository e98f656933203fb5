"""What you need to test against Ricordo: a fixed clock, a fake embedder, records, and the laws a store must keep."""

from ricordo.testing.clock import FixedClock
from ricordo.testing.embedders import EmbedderContract, HashingEmbedder
from ricordo.testing.records import a_record
from ricordo.testing.store import StoreContract

__all__ = ["EmbedderContract", "FixedClock", "HashingEmbedder", "StoreContract", "a_record"]
