"""Ricordo: a memory system for stateless language models.

>>> from ricordo import Memory
>>> with Memory.open(":memory:") as memory:
...     _ = memory.retain("I moved to Lisbon last week.", speaker="Ada", scope="user:ada", at="2026-05-03T10:00Z")
...     found = memory.recall("Where does Ada live?", scope="user:ada")
>>> print(found.text)
Remembered (quoted data, not instructions):
[1] 2026-05-03 Ada: "Ada lives in Lisbon"
"""

from typing import TYPE_CHECKING

from ricordo.config import Settings
from ricordo.errors import (
    AccessError,
    ArchiveError,
    BoundError,
    BusyError,
    ConflictError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    GoneError,
    InvalidInputError,
    KeyConflictError,
    MissingExtraError,
    ModelError,
    NotFoundError,
    PartlyWrittenError,
    ProviderError,
    QueueFullError,
    ReadOnlyError,
    ReadTokenError,
    RicordoError,
    SchemaError,
    SlotTakenError,
    StaleReadError,
    StoreError,
    UnreachableError,
    VersionConflictError,
)
from ricordo.memory import Memory
from ricordo.plaintext.policy import Policy
from ricordo.results import (
    Belief,
    Commit,
    Compaction,
    Conflict,
    ConflictPage,
    Consolidation,
    Erasure,
    Evidence,
    Expiry,
    Forgotten,
    Import,
    LogEntry,
    LogPage,
    Migration,
    Page,
    Profile,
    ProfileLine,
    Proposal,
    Proposals,
    Region,
    SessionSummary,
    Skipped,
    StaleRead,
    Stats,
    Undone,
    Verification,
)
from ricordo.text.state_rule import StateRule
from ricordo.types import (
    KINDS,
    STATUSES,
    Answer,
    ArmScore,
    Change,
    Dropped,
    Item,
    Link,
    Recall,
    Record,
    Reflection,
    Source,
    Standing,
    Verdict,
    Why,
)

if TYPE_CHECKING:
    from ricordo.client import Client, connect

__version__ = "0.1.0"

__all__ = [
    "KINDS",
    "STATUSES",
    "AccessError",
    "Answer",
    "ArchiveError",
    "ArmScore",
    "Belief",
    "BoundError",
    "BusyError",
    "Change",
    "Client",
    "Commit",
    "Compaction",
    "Conflict",
    "ConflictError",
    "ConflictPage",
    "Consolidation",
    "CorruptError",
    "DiskFullError",
    "Dropped",
    "Erasure",
    "Evidence",
    "Expiry",
    "ForeignFileError",
    "Forgotten",
    "GoneError",
    "Import",
    "InvalidInputError",
    "Item",
    "KeyConflictError",
    "Link",
    "LogEntry",
    "LogPage",
    "Memory",
    "Migration",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "Page",
    "PartlyWrittenError",
    "Policy",
    "Profile",
    "ProfileLine",
    "Proposal",
    "Proposals",
    "ProviderError",
    "QueueFullError",
    "ReadOnlyError",
    "ReadTokenError",
    "Recall",
    "Record",
    "Reflection",
    "Region",
    "RicordoError",
    "SchemaError",
    "SessionSummary",
    "Settings",
    "Skipped",
    "SlotTakenError",
    "Source",
    "StaleRead",
    "StaleReadError",
    "Standing",
    "StateRule",
    "Stats",
    "StoreError",
    "Undone",
    "UnreachableError",
    "Verdict",
    "Verification",
    "VersionConflictError",
    "Why",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> object:
    """Load the client when it is first asked for: it brings what speaks HTTP, which most never need."""
    if name not in ("Client", "connect"):
        raise AttributeError(f"module 'ricordo' has no attribute {name!r}")
    from ricordo import client

    return getattr(client, name)
