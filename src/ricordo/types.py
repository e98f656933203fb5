"""The words of Ricordo as frozen dataclasses: what the log holds, what reads return."""

from __future__ import annotations

from collections.abc import Mapping
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
    says how the state once was, such as "was Paris until 2026-05-03", where the query speaks of it so. `against` is
    what a record says that contradicts it and stands.
    """

    arms: Mapping[str, ArmScore]
    notes: tuple[str, ...] = ()
    probe: str | None = None
    was: str | None = None
    against: str | None = None


#: How a record stands at the moment of reading; computed, never stored.
StandingState = Literal["current", "expired", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands at the moment of reading.

    Args:
        state: "current"; "expired" (it was to be kept until then); "stale" (its own valid time is over, or it is
            evidence of states that have all passed); "unknown" (something that affects it has changed after it was
            last said).
        reason: Why, in words that may quote other records; of a current record, what it tells beside that has passed.
        since: From when on it stands so, where that is known.
        told: Of evidence, what it told that has passed.
    """

    state: StandingState = "current"
    reason: str | None = None
    since: datetime | None = None
    told: str | None = None


CURRENT = Standing()


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
        standing: How the record stands at the moment of reading.
    """

    record: Record
    score: float
    why: Why
    text: str
    rung: Rung = "raw"
    tokens: int = 0
    standing: Standing = CURRENT


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


#: How evidence for a record comes in.
Trend = Literal["new", "strengthening", "stable", "weakening", "stale"]
