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
    BoundError,
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
    ProviderError,
    ReadOnlyError,
    RicordoError,
    SchemaError,
    StoreError,
    VersionConflictError,
)
from ricordo.memory import Memory
from ricordo.plaintext.policy import Policy
from ricordo.types import (
    KINDS,
    STATUSES,
    Answer,
    ArmScore,
    Change,
    Compaction,
    Dropped,
    Erasure,
    Expiry,
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
    "BoundError",
    "BusyError",
    "Change",
    "Compaction",
    "ConflictError",
    "CorruptError",
    "DiskFullError",
    "Dropped",
    "Erasure",
    "Expiry",
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
    "Policy",
    "ProviderError",
    "ReadOnlyError",
    "Recall",
    "Record",
    "Reflection",
    "RicordoError",
    "SchemaError",
    "Settings",
    "Skipped",
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
