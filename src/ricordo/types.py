"""The words of Ricordo as frozen dataclasses: what the log holds, what reads return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

#: What a record is. State kinds can be reinforced and superseded; `event` and `observation` never merge.
KINDS = (
    "fact",
    "preference",
    "goal",
    "decision",
    "artifact",
    "learning",
    "event",
    "instruction",
    "relationship",
    "context",
    "observation",
    "commitment",
    "error",
    "question",
    "case",
    "tool",
)
EVENT_KINDS = frozenset({"event", "observation"})

#: Stored status of a record. Expired is computed at read.
STATUSES = ("active", "provisional", "superseded", "retracted", "archived", "quarantined", "erased")
RECALLABLE = frozenset({"active", "provisional"})
#: Statuses whose content was once believed: `valid_at` may show them.
BELIEVED = RECALLABLE | {"superseded"}

#: How a belief came about, weakest first; a weaker one never supersedes a stronger one.
DERIVATIONS = ("inferred", "imported", "observed", "validated", "stated", "corrected")

LINK_TYPES = ("about", "part_of", "supports", "contradicts", "supersedes", "causes", "affects", "derived_from")

Action = Literal["added", "reinforced", "revised", "superseded", "conflicted", "unchanged"]
ACTIONS: tuple[Action, ...] = ("added", "reinforced", "revised", "superseded", "conflicted", "unchanged")
OUTCOMES = ("used", "helped", "harmed")
LANES = ("answer", "inject")
#: How much of an item's content is rendered, most first: all of it, the sentences that matter, a line that names it.
Rung = Literal["raw", "extract", "stub"]
RUNGS: tuple[Rung, ...] = ("raw", "extract", "stub")
#: What a context is written as.
RENDERS = ("text", "markdown", "json", "messages")
PRECISIONS = ("minute", "hour", "day", "week", "month", "season", "year", "decade", "open")


class Clock(Protocol):
    """Tells the time; `ricordo.testing.FixedClock` is the fake."""

    def now(self) -> datetime:
        """Return the present moment as an aware datetime."""


class TokenCounter(Protocol):
    """Counts the tokens a text will cost; `ricordo.text.EstimatedTokens` is the default."""

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, at least 0."""


@dataclass(frozen=True, slots=True)
class Link:
    """A typed edge from a record to another record of the same space."""

    type: str
    target: str


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of evidence for a record: who said it, when, under which caller's id.

    Args:
        ref: The caller's own id of the place it came from, such as a turn id.
        said_at: When it was said or seen.
        speaker: Who said it.
        event: The `seq` of the log event that brought it.
        record: The record that holds what was said, where that is another one.
        said: The words, where a repetition was worded otherwise than the record.
    """

    ref: str | None
    said_at: datetime
    speaker: str | None
    event: int
    record: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one memory. Content is never edited in place: a change makes a new version.

    Times are aware datetimes in UTC. `valid_from` and `valid_to` bound when the content was true in the world,
    [from, to); `recorded_at` is when this version entered the log, at event `event`. `learnt` holds what the record
    came to be asked by, as feedback told.
    """

    id: str
    version: int
    kind: str
    content: str
    scope: str
    status: str
    said_at: datetime
    recorded_at: datetime
    event: int
    title: str | None = None
    speaker: str | None = None
    session: str | None = None
    subject: str | None = None
    attribute: str | None = None
    value: str | None = None
    cardinality: str = "one"
    name: str | None = None
    aliases: tuple[str, ...] = ()
    learnt: tuple[str, ...] = ()
    why: str | None = None
    pinned: bool = False
    user_edited: bool = False
    derivation: str = "stated"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    valid_precision: str | None = None
    expires_at: datetime | None = None
    links: tuple[Link, ...] = ()
    supersedes: tuple[str, ...] = ()
    superseded_by: str | None = None
    sources: tuple[Source, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def refs(self) -> tuple[str, ...]:
        """The caller's own ids of every source, in order of arrival, each once."""
        return tuple(dict.fromkeys(source.ref for source in self.sources if source.ref is not None))

    @property
    def ref(self) -> str | None:
        """The caller's own id of the first source, or None."""
        return next(iter(self.refs), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a write did.

    Args:
        action: One of `ACTIONS`.
        rule: The name of the rule that decided.
        record: The record after the write.
        event: The `seq` of the log event.
        affected: Ids of other records the write changed, such as the one it superseded.
        repeated: True where the idempotency key had been used: nothing was written, this is the first verdict again.
        states: What became of each state that the text tells, where that is not the record itself. Where one of them
            superseded or conflicted with what was known, `action` and `rule` are of that state.
    """

    action: Action
    rule: str
    record: Record
    event: int
    affected: tuple[str, ...] = ()
    repeated: bool = False
    states: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a record's history: what an event did to it.

    `record` is the version this event left, or None where the event only added evidence or feedback, or its
    content was erased.
    """

    event: int
    op: str
    at: datetime
    version: int
    rule: str | None
    reason: str | None
    source: Source | None
    record: Record | None


@dataclass(frozen=True, slots=True)
class ArmScore:
    """What one arm of recall gave an item: its raw score, the share it added after scaling and weighting."""

    raw: float
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why an item was recalled: the arms that found it, notes such as the alias that matched, and the probe.

    `probe` is the further query of the evidence loop that brought or raised it; None where the query itself did. `was`
    says how the state once was, such as "was Paris until 2026-05-03", where the query speaks of it so.
    """

    arms: Mapping[str, ArmScore]
    notes: tuple[str, ...] = ()
    probe: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A recalled record with its score, its reasons, and what of it stands in the rendered text.

    Args:
        record: The record, whole; `memory.get(record.id).content` is the same text.
        score: The sum of what the arms gave it.
        why: The arms that found it, and notes.
        text: What is rendered of its content.
        rung: How much that is: all of it ("raw"), an "extract", or a "stub" that only names it.
        tokens: What its line costs by the token counter in use.
    """

    record: Record
    score: float
    why: Why
    text: str
    rung: Rung = "raw"
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that was found and not returned, and the reason."""

    id: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Recall:
    """The answer to `recall` or `inject`.

    Args:
        query: The query as asked; what can't be written as UTF-8 is replaced.
        lane: The lane that ran.
        items: The recalled records in the order of `text`: best first, behind those kept from an earlier context.
        text: The same as quoted data within the token budget, ready for a prompt.
        tokens: What `text` costs by the token counter in use; 0 where it is empty.
        dropped: Candidates that `k` or the token budget left out, best first.
        as_of: The `seq` the reading was bound to.
        indexed_seq: The last `seq` the vector index has applied, or None without an embedder.
        terms: The index terms the query was reduced to.
        weights: The weight of each arm in use.
        render: What `text` is written as, one of `RENDERS`.
        max_tokens: The token budget, or None.
        stable_tokens: The tokens at the beginning of `text` that are those of the context it continues, byte for byte.
        filters: What narrowed the reading, by name.
        probes: The further queries that were asked, in order; empty with one hop.
        rounds: How many rounds of asking were made, the query itself counted.
        uncovered: The terms of the query that no item holds.
        degraded: Why a model that is set took no part, or None.
    """

    query: str
    lane: str
    items: tuple[Item, ...]
    text: str
    tokens: int
    dropped: tuple[Dropped, ...]
    as_of: int
    indexed_seq: int | None
    terms: tuple[str, ...]
    weights: Mapping[str, float]
    render: str = "text"
    max_tokens: int | None = None
    stable_tokens: int = 0
    filters: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    rounds: int = 1
    uncovered: tuple[str, ...] = ()
    degraded: str | None = None

    @property
    def messages(self) -> list[dict[str, str]]:
        """`text` as a list of one chat message, as the OpenAI and Anthropic APIs take it; empty where nothing is."""
        return [{"role": "user", "content": self.text}] if self.text else []

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Reflection:
    """What `reflect` gathered for a question, and with a language model the answer.

    Args:
        question: The question as asked.
        evidence: The records gathered, each with the probe that found it, and the context made of them.
        coverage: The share of the question's terms that the evidence holds, 0 to 1; `evidence.uncovered` has the rest.
            0 where the question has no terms: nothing tells whether anything there answers it.
        answer: The language model's answer, its citations checked; None without a language model.
    """

    question: str
    evidence: Recall
    coverage: float
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a language model answered from recalled records. Each citation was checked against the records it was given.

    Args:
        question: The question as asked.
        text: The answer, with `[n]` behind what record n says; empty where the model failed or there was no record.
        citations: Ids of the records that the answer cites, in order of first citation.
        unsupported: True where no citation holds: do not pass the text on as remembered.
        removed: Citations that were taken out of the text, because no record has that number.
        degraded: Why there is no answer, or only part of one; else None.
        model: The model that was asked, or None.
        tokens_in, tokens_out: What was sent and answered; `estimated` where the server did not say.
    """

    question: str
    text: str
    citations: tuple[str, ...] = ()
    unsupported: bool = True
    removed: tuple[int, ...] = ()
    degraded: str | None = None
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records; `cursor` continues it, None where it is the last."""

    records: tuple[Record, ...]
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
class Undone:
    """What `undo` put back: the undone event, the new one, the ids it touched, and the ids changed since."""

    undone: int
    event: int
    records: tuple[str, ...]
    conflicts: tuple[str, ...]


#: How evidence for a record comes in.
Trend = Literal["new", "strengthening", "stable", "weakening", "stale"]


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
    """

    record: Record
    confidence: float
    proofs: int
    contradictions: int
    trend: Trend
    sources: tuple[Evidence, ...]
    against: tuple[Record, ...] = ()
    follows: tuple[Record, ...] = ()


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
class Skipped:
    """A line or item of an import that was left out."""

    line: int
    reason: str
