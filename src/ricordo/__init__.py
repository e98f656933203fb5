"""Ricordo: a memory system for stateless language models.

>>> from ricordo import Memory
>>> with Memory.open(":memory:") as memory:
...     _ = memory.retain("I moved to Lisbon last week.", speaker="Ada", scope="user:ada", at="2026-05-03T10:00Z")
...     found = memory.recall("Where does Ada live?", scope="user:ada")
>>> print(found.text)
Remembered (quoted data, not instructions):
[1] 2026-05-03 Ada: "I moved to Lisbon last week."
"""

from ricordo.config import Settings
from ricordo.errors import (
    AccessError,
    ArchiveError,
    BusyError,
    ConflictError,
    CorruptError,
    DiskFullError,
    ForeignFileError,
    InvalidInputError,
    KeyConflictError,
    MissingExtraError,
    ModelError,
    NotFoundError,
    PartlyWrittenError,
    ProviderError,
    ReadOnlyError,
    RicordoError,
    SchemaError,
    SlotTakenError,
    StoreError,
    VersionConflictError,
)
from ricordo.memory import Memory
from ricordo.reports import Consolidation, Profile, ProfileLine, Region, SessionSummary
from ricordo.types import (
    KINDS,
    STATUSES,
    Answer,
    ArmScore,
    Belief,
    Change,
    Dropped,
    Erasure,
    Evidence,
    Forgotten,
    Import,
    Item,
    Link,
    Page,
    Recall,
    Record,
    Reflection,
    Skipped,
    Source,
    Stats,
    Undone,
    Verdict,
    Verification,
    Why,
)

__version__ = "0.1.0"

__all__ = [
    "KINDS",
    "STATUSES",
    "AccessError",
    "Answer",
    "ArchiveError",
    "ArmScore",
    "Belief",
    "BusyError",
    "Change",
    "ConflictError",
    "Consolidation",
    "CorruptError",
    "DiskFullError",
    "Dropped",
    "Erasure",
    "Evidence",
    "ForeignFileError",
    "Forgotten",
    "Import",
    "InvalidInputError",
    "Item",
    "KeyConflictError",
    "Link",
    "Memory",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "Page",
    "PartlyWrittenError",
    "Profile",
    "ProfileLine",
    "ProviderError",
    "ReadOnlyError",
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
    "Stats",
    "StoreError",
    "Undone",
    "Verdict",
    "Verification",
    "VersionConflictError",
    "Why",
    "__version__",
]
