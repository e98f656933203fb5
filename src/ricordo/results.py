"""What the keeping methods of a memory return, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ricordo.types import CURRENT, Change, Record, Source, Standing, Trend, Verdict


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records; `cursor` continues it, None where it is the last."""

    records: tuple[Record, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Pages:
    """What `write_pages` wrote.

    Args:
        path: The directory.
        pages: The pages in it, beside the index.
        records: The records on them.
        written: The files that are new or have changed, the index among them.
        removed: The pages of an earlier time that are no more.
        seq: The event up to which they tell.
    """

    path: Path
    pages: int
    records: int
    written: int
    removed: int
    seq: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What one event did, as far as its reader may see it.

    Args:
        seq: The event.
        op: What it did, such as "retain", "update", "forget".
        at: When it was recorded.
        records: By id of each record it touched, the version it left; 0 where it made none.
    """

    seq: int
    op: str
    at: datetime
    records: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log.

    Args:
        entries: The events that touched what the reader may see, in order.
        seq: The last event that was looked at: pass it as `after` for what follows.
        more: Whether the log went on behind it when this was read.
    """

    entries: tuple[LogEntry, ...]
    seq: int
    more: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record, and those written later that contradict it, all of them live.

    Args:
        record: The earlier record.
        against: The later ones, in the order they were written.
    """

    record: Record
    against: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """A page of conflicts; `cursor` continues it, None where it is the last."""

    conflicts: tuple[Conflict, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `forget` retired.

    Args:
        records: Ids of the records that were named.
        events: The `seq` of the events that did it.
        unsupported: Ids of the records that were retracted with them: nothing else was left that they rested on.
    """

    records: tuple[str, ...]
    events: tuple[int, ...]
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """What `erase` removed.

    Args:
        records: Ids of the erased records.
        events: The `seq` of the erase events.
        status: "done", or "pending" while another process keeps old pages alive.
        reason: Why it is pending, else None. The next write, open or `erase` finishes it.
        derived: Ids of the records that were erased with them, because they were made of what these said.
        kept: Ids of new records in the place of such, made from evidence that stays.
    """

    records: tuple[str, ...]
    events: tuple[int, ...]
    status: Literal["done", "pending"]
    reason: str | None
    derived: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expiry:
    """What `expire` took, or would take.

    Args:
        records: The ids by the name of the rule that took them, in the order of the rules.
        kept: How many records a rule with the action "keep" protected, by its name.
        events: The `seq` of the expire events; empty for a dry run.
        dry_run: Whether nothing was changed.
    """

    records: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, int]
    events: tuple[int, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Compaction:
    """What `compact` took out of the log, or would take out.

    Args:
        records: Ids of the records whose content is gone; their headers and their place in the chain stay.
        kept: How many retired records of that age stay, because something rests on them.
        bytes: What the records had in the log when it was looked for.
        events: The `seq` of the compact events; empty for a dry run.
        dry_run: Whether nothing was changed.
        status: "done", or "pending" while another process keeps old pages alive.
        reason: Why it is pending, else None. The next write, open or `compact` finishes it.
    """

    records: tuple[str, ...]
    kept: int
    bytes: int
    events: tuple[int, ...]
    dry_run: bool
    status: Literal["done", "pending"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What `undo` put back: the undone event, the new one, the ids it touched, and the ids changed since."""

    undone: int
    event: int
    records: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence for a record, where it was said.

    Args:
        said_at: When it was said.
        speaker, ref, session: Where it comes from, as far as it is known.
        words: What was said.
        record: The record that holds the words, where it is another than the one believed.
        derivation: How it is known; of a chain the weakest step.
    """

    said_at: datetime
    speaker: str | None = None
    ref: str | None = None
    session: str | None = None
    words: str = ""
    record: str | None = None
    derivation: str = "stated"


@dataclass(frozen=True, slots=True)
class Belief:
    """How far a record is to be believed, computed when asked.

    Args:
        record: The record.
        confidence: 0 to 1; one half is no evidence either way.
        proofs, contradictions: Independent sources for it, and against it.
        trend: How evidence for it comes in.
        sources: The evidence that still speaks for it, back to where it was said.
        against: Live records that contradict it.
        follows: Live records that follow from it.
        standing: How it stands: current, stale, unknown or expired, and why.
    """

    record: Record
    confidence: float
    proofs: int
    contradictions: int
    trend: Trend
    sources: tuple[Evidence, ...]
    against: tuple[Record, ...] = ()
    follows: tuple[Record, ...] = ()
    standing: Standing = CURRENT


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a language model proposed of a record, and what became of it.

    Args:
        relation: "duplicate", "supersedes", "contradicts", "affects", "slot"; or "reply", where that was of no use.
        record: The id of the record that was asked about.
        other: The id of the record it was compared with, or of the one a slot made; None where there is none.
        event: The `seq` of the event that applied it, which `undo` takes back; None where it was not applied.
        refused: Why it was refused, or None.
    """

    relation: str
    record: str
    other: str | None = None
    event: int | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Proposals:
    """What `propose` did.

    Args:
        model: The model that was asked.
        proposals: What it proposed, "unrelated" left out.
        asked: Records it was asked about.
        seq: The event up to which every record has been looked at.
        degraded: Why it ended before its time, or None; the next call goes on where this one ended.
        dry_run: Whether nothing was applied.
        tokens_in, tokens_out: What was sent and answered; `estimated` where the server did not say.
    """

    model: str
    proposals: tuple[Proposal, ...] = ()
    asked: int = 0
    seq: int = 0
    degraded: str | None = None
    dry_run: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False

    @property
    def applied(self) -> tuple[Proposal, ...]:
        """Those that were applied."""
        return tuple(one for one in self.proposals if one.event is not None)

    @property
    def refused(self) -> tuple[Proposal, ...]:
        """Those that were refused."""
        return tuple(one for one in self.proposals if one.refused is not None)


@dataclass(frozen=True, slots=True)
class Region:
    """Records that a smaller set stands for.

    Args:
        strategy: How it was found.
        scope: The scope all of it is in.
        replaced: Ids of the records that were archived; the text, the sources and the history of each stay readable.
        by: The id of the record that stands for them; None in a dry run where it would be a new one.
        text: What that one says.
        event: The `seq` of the event that replaced it, to give to `undo`; None where nothing was written.
        skipped: Why nothing was written, or None.
    """

    strategy: str
    scope: str
    replaced: tuple[str, ...]
    by: str | None
    text: str
    event: int | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Consolidation:
    """What `consolidate` did, or with `dry_run` would do.

    Args:
        regions: Every region that was planned, those that were skipped among them.
        replaced: How many records were archived.
        added: How many records were added in their place.
        events: The `seq` of each event, one a region.
        skipped: The regions in which something was written between reading and replacing: nothing there was changed.
        done: Whether nothing is left to do; else the next run goes on from here.
    """

    regions: tuple[Region, ...]
    replaced: int
    added: int
    events: tuple[int, ...]
    skipped: tuple[Region, ...]
    done: bool


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """What is known of one attribute of a subject.

    Args:
        attribute: The attribute.
        values: Its values as they were said; of an attribute that holds one, more than one is a conflict.
        records: The states that say so, in the order of the values.
        conflict: Whether the values contradict each other.
        past: Whether it was so and is so no longer.
        text: The line as it is rendered.
    """

    attribute: str
    values: tuple[str, ...]
    records: tuple[Record, ...]
    conflict: bool
    past: bool
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a subject, rendered from its states.

    Args:
        subject: The subject as it was asked for.
        names: How it is called.
        lines: One for each attribute, in the order they were first learnt.
        text: The lines as quoted data, ready for a prompt; empty where nothing is known.
        tokens: What `text` costs by the token counter in use.
        sources: The evidence of all lines, oldest first, each once.
        dropped: Attributes that the token budget left out.
    """

    subject: str
    names: tuple[str, ...]
    lines: tuple[ProfileLine, ...]
    text: str
    tokens: int
    sources: tuple[Source, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `verify`: `problems` is empty when the space is sound.

    Args:
        ok: True when nothing was found.
        events: Number of events read.
        records: Number of record versions compared with the replayed log.
        first_bad: The first `seq` that is wrong, or None.
        problems: One sentence each.
    """

    ok: bool
    events: int
    records: int
    first_bad: int | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts and sizes of a space, or of the scopes a handle may read.

    Args:
        records: Records that can be recalled; `scopes` and `kinds` break them down.
        versions: Versions of all records, past ones too.
        events: Events of the log; 0 for a handle that is bound to scopes.
        statuses: All current records by status.
        seq: The last event.
        indexed_seq: The last event the vector index has applied, or None without an embedder.
        bytes: What the space takes; 0 for a handle that is bound to scopes.
        pending_erasure: Whether erased bytes still wait for another process to end its reading.
        profile: How recall works: "lexical", or "lexical + " and the embedder's id.
        lexical_seq: The last event the tantivy index has applied, or None where there is no such index.
        faults: What an index could not do in the background the last time, by index; empty when all is well.
        live_bytes, live_tokens: UTF-8 bytes and estimated tokens of the content of all that has a status that can be
            recalled.
        bounds: The bounds in force, by the setting that set them; empty where there are none.
    """

    records: int
    versions: int
    events: int
    scopes: Mapping[str, int]
    kinds: Mapping[str, int]
    statuses: Mapping[str, int]
    seq: int
    indexed_seq: int | None
    bytes: int
    pending_erasure: bool
    profile: str
    lexical_seq: int | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    live_bytes: int = 0
    live_tokens: int = 0
    bounds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """What an import did: counts by verdict action, and what was skipped, by line, with the reason."""

    path: str
    format: str
    read: int
    actions: Mapping[str, int]
    repeated: int
    skipped: Sequence[Skipped]
    skipped_total: int


@dataclass(frozen=True, slots=True)
class Migration:
    """What was copied from one engine to another, and what was compared.

    Args:
        source, destination: The two places, without any password.
        seq: Events copied; what was written to the source meanwhile is not among them.
        hash: The hash of the last event, which stands for every header before it; equal in both.
        versions: Record versions, each compared with its evidence, byte for byte.
        records: Records that can be recalled.
        followers: Vectors and positions in the log that were copied, by name.
        recalls: Recalls that were asked of both and answered alike.
    """

    source: str
    destination: str
    seq: int
    hash: str
    versions: int
    records: int
    followers: tuple[str, ...]
    recalls: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line or item of an import that was left out."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What a session came to, in its own words.

    Args:
        session: The session.
        lines: The sentences chosen, each as quoted data with its day, speaker and ref.
        text: The lines, ready for a prompt; empty where nothing was said.
        tokens: What `text` costs by the token counter in use.
        records: Ids of the records quoted, in order.
        turns: How many turns there were to choose from.
    """

    session: str
    lines: tuple[str, ...]
    text: str
    tokens: int
    records: tuple[str, ...]
    turns: int


@dataclass(frozen=True, slots=True)
class Commit:
    """What `commit` did: all of its operations, in one transaction.

    Args:
        seq: The last event it wrote; where it had nothing to write, the last event of the log when it was checked.
        verdicts: One for each operation, in order; of `delete`, the record as it was left, its rule "forget".
        events: The `seq` of each event it wrote, which `undo` takes back one by one.
        repeated: True where its key had been used: nothing was written, this is the first result again.
    """

    seq: int
    verdicts: tuple[Verdict, ...]
    events: tuple[int, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class StaleRead:
    """One record that was not as it had been read: what was read, what is there, what happened, what you wanted.

    Args:
        id: The record.
        read: The version that was read; 0 where there was none.
        now: The version at the time of the conflict; 0 where there was none to be seen.
        base: The record as it was read, as far as you may see it.
        theirs: The record as it was at the conflict, as far as you may see it.
        changes: What happened to it between the two, oldest first.
        ops: The operations of yours that name it.
    """

    id: str
    read: int
    now: int
    base: Record | None = None
    theirs: Record | None = None
    changes: tuple[Change, ...] = ()
    ops: tuple[Mapping[str, Any], ...] = ()
