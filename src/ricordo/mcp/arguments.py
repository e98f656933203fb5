"""What the tools take. The descriptions are written for the model that calls them: short, and what it needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ricordo.mcp.toolbox import Arguments
from ricordo.types import DERIVATIONS, KINDS, OUTCOMES, STATUSES


def _one_of(values: Sequence[str], description: str) -> Any:
    """Return a field that shows its values; whether one is good is for `Memory` to say."""
    return Field(description=description, json_schema_extra={"enum": list(values)})


def _each_of(values: Sequence[str], description: str) -> Any:
    return Field(description=description, json_schema_extra={"items": {"type": "string", "enum": list(values)}})


Scope = Annotated[str | None, Field(description="Stay within this one of your scopes; usually left out.")]
Key = Annotated[
    str | None,
    Field(
        description="Idempotency key, any text that is new for each thing you do: the same call with the same key is "
        "done once, however often it is sent. Repeat it when you missed the answer."
    ),
]
Reason = Annotated[str | None, Field(description="Why; kept in the history.")]
Tokens = Annotated[int, Field(ge=1, description="Longest text, in tokens.")]
Id = Annotated[str, Field(description="The id of the record, as recall and list tell it.")]
Kind = Annotated[str | None, _one_of(KINDS, "What it is; by default a fact, or an observation where speaker is given.")]
Kinds = Annotated[list[str] | None, _each_of(KINDS, "Only these kinds.")]
Derivation = Annotated[
    str | None, _one_of(DERIVATIONS, "How it is known; inferred for your own conclusions. A weaker one replaces none.")
]
Status = Annotated[list[str] | None, _each_of(STATUSES, "Only these; by default what holds now.")]
Outcome = Annotated[str, _one_of(OUTCOMES, "helped and harmed change how far it is believed; used says it was of use.")]
Time = "2026, 2026-05, 2026-05-03, or a time with its offset"
ValidAt = Annotated[str | None, Field(description=f"What was so then: {Time}.")]
AsOf = Annotated[
    int | str | None, Field(description="As the memory knew it then: an event's number, or a time with its offset.")
]


class Writable(Arguments):
    """The fields that a record may be given."""

    kind: Kind = None
    speaker: Annotated[str | None, Field(description='Who said it: "user", or a name.')] = None
    session: Annotated[str | None, Field(description="In which conversation.")] = None
    title: Annotated[str | None, Field(description="Under which heading.")] = None
    subject: Annotated[
        str | None, Field(description="With attribute and value: what it is about; a later value replaces the earlier.")
    ] = None
    attribute: Annotated[str | None, Field(description="Such as lives_in or deadline.")] = None
    value: Annotated[str | None, Field(description="Such as Lisbon.")] = None
    name: Annotated[str | None, Field(description="What it is called; context finds it by this.")] = None
    aliases: Annotated[list[str] | None, Field(description="Other names.")] = None
    why: Annotated[str | None, Field(description="Why it matters.")] = None
    pinned: Annotated[bool | None, Field(description="Always part of context; for very few.")] = None
    valid_from: Annotated[str | None, Field(description=f"From when it is so: {Time}.")] = None
    valid_to: Annotated[str | None, Field(description="Until when it is so.")] = None
    expires_at: Annotated[str | None, Field(description="From when on it is left out.")] = None
    derivation: Derivation = None
    metadata: Annotated[dict[str, Any] | None, Field(description="Fields of your own.")] = None


class Remember(Writable):
    """The arguments of remember."""

    content: Annotated[str, Field(description="The text: one thing, whole sentences, names instead of pronouns.")]
    at: Annotated[str | None, Field(description="When it was said, with its offset; by default now.")] = None
    ref: Annotated[str | None, Field(description="Your own id of where it is from.")] = None
    scope: Scope = None
    key: Key = None


class Update(Writable):
    """The arguments of update."""

    id: Id
    content: Annotated[str | None, Field(description="The new text, whole.")] = None
    clear: Annotated[list[str], Field(description="Fields to take away, by name.")] = Field(default_factory=list)
    if_version: Annotated[int | None, Field(description="Only if the record still is at the version you read.")] = None
    reason: Reason = None
    scope: Scope = None
    key: Key = None


class Forget(Arguments):
    """The arguments of forget."""

    id: Id
    reason: Reason = None
    scope: Scope = None
    key: Key = None


class Feedback(Arguments):
    """The arguments of feedback."""

    ids: Annotated[list[str], Field(description="The records.")]
    outcome: Outcome
    query: Annotated[str | None, Field(description="The message they served, so that context learns its words.")] = None
    reason: Reason = None
    scope: Scope = None
    key: Key = None


class Narrowed(Arguments):
    """What narrows a read."""

    kinds: Kinds = None
    speaker: Annotated[str | None, Field(description="Only what this one said.")] = None
    session: Annotated[str | None, Field(description="Only of this conversation.")] = None
    subject: Annotated[str | None, Field(description="Only what is filed under this subject.")] = None
    since: Annotated[str | None, Field(description="Only what was said since; a time with its offset.")] = None
    until: Annotated[str | None, Field(description="Only what was said before.")] = None
    valid_at: ValidAt = None
    as_of: AsOf = None
    scope: Scope = None

    def narrowing(self) -> dict[str, Any]:
        """Return it as arguments of `Memory.recall`."""
        filters = self.given("speaker", "session", "subject", "since", "until")
        return {**self.given("kinds", "valid_at", "as_of", "scope"), "filters": filters}


class Recall(Narrowed):
    """The arguments of recall."""

    query: Annotated[str, Field(description="A question in whole words, or what to look for.")]
    limit: Annotated[int | None, Field(ge=1, description="Most records; by default all that fit.")] = None
    max_tokens: Tokens = 1500
    rounds: Annotated[
        int, Field(ge=1, le=5, description="2 to 5 follow names from record to record, for questions of several steps.")
    ] = 1


class Context(Arguments):
    """The arguments of context."""

    message: Annotated[str, Field(description="What the user just wrote, whole; may be empty.")]
    max_tokens: Tokens = 400
    scope: Scope = None


class Get(Arguments):
    """The arguments of get."""

    id: Id
    history: Annotated[bool, Field(description="Also all that happened to it.")] = False
    as_of: AsOf = None


class Listing(Narrowed):
    """The arguments of list."""

    status: Status = None
    limit: Annotated[int, Field(ge=1, le=200, description="Most records of one page.")] = 20
    cursor: Annotated[str | None, Field(description="The cursor of the page before.")] = None


class Profile(Arguments):
    """The arguments of profile."""

    subject: Annotated[str, Field(description="A name or an alias.")]
    history: Annotated[bool, Field(description="Also what was so, and until when.")] = False
    valid_at: ValidAt = None
    max_tokens: Tokens = 800
    scope: Scope = None
