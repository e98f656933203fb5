"""The nine tools: each takes a call apart, asks `Memory`, and makes its result of the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.mcp import arguments as take
from ricordo.mcp.caller import Caller
from ricordo.mcp.shapes import About, Counted, Listed, Opened, Recalled, Step, Written
from ricordo.mcp.toolbox import Tool

_BESIDE = frozenset({"id", "clear", "if_version", "reason", "scope", "key"})


def remember(caller: Caller, given: take.Remember) -> Written:
    """Save a text."""
    return Written.of(caller.writing(given.scope).retain(**given.given()))


def update(caller: Caller, given: take.Update) -> Written:
    """Change fields of a record."""
    changes = {name: value for name, value in given.given().items() if name not in _BESIDE}
    cleared: dict[str, Any] = dict.fromkeys(given.clear)
    if twice := sorted(cleared.keys() & changes.keys()):
        raise InvalidInputError("clear", f"{twice[0]} is given a value, too; do one of the two")
    if not changes and not cleared:
        raise InvalidInputError("content", "nothing is to be changed: give the fields that are to be different")
    op: Any = {"op": "put", **given.given("id", "if_version", "reason"), **changes, **cleared}
    return Written.of_commit(caller.writing(given.scope).commit([op], key=given.key))


def forget(caller: Caller, given: take.Forget) -> Written:
    """Retire a record."""
    op: Any = {"op": "delete", **given.given("id", "reason")}
    return Written.of_commit(caller.writing(given.scope).commit([op], key=given.key))


def feedback(caller: Caller, given: take.Feedback) -> Counted:
    """Tell how records served."""
    beside = given.given("query", "reason", "key")
    return Counted(event=caller.writing(given.scope).feedback(given.ids, given.outcome, **beside), ids=given.ids)


def recall(caller: Caller, given: take.Recall) -> Recalled:
    """Find what is known about a query."""
    bounds: dict[str, Any] = {"k": given.limit, "max_tokens": given.max_tokens, "hops": given.rounds}
    found = caller.reading().recall(given.query, **bounds, **given.narrowing())
    caller.deliver(found, "recall")
    return Recalled.of(found)


def context(caller: Caller, given: take.Context) -> Recalled:
    """Find what belongs beside a message."""
    found = caller.reading().inject(given.message, max_tokens=given.max_tokens, scope=given.scope)
    caller.deliver(found, "inject")
    return Recalled.of(replace(found, uncovered=()))


def get(caller: Caller, given: take.Get) -> Opened:
    """Open a record."""
    memory = caller.reading()
    belief = memory.belief(given.id, as_of=given.as_of)
    return Opened.of(belief, [Step.of(one) for one in memory.history(given.id)] if given.history else ())


def listing(caller: Caller, given: take.Listing) -> Listed:
    """Return a page of records."""
    narrow = given.narrowing()
    narrow["filters"] |= given.given("status")
    return Listed.of(caller.reading().list(limit=given.limit, cursor=given.cursor, **narrow))


def profile(caller: Caller, given: take.Profile) -> About:
    """Return what is known of somebody or something."""
    return About.of(caller.reading().profile(**given.given()))


#: In the order in which they are told: what is used most comes first.
TOOLS: tuple[Tool[Any, Any], ...] = (
    Tool(
        "recall",
        "Recall",
        "Search the memory. Use it before you answer anything that may depend on what was said or decided before. "
        "Returns quoted records within max_tokens, best first; uncovered has the words of the query that none "
        "of these records holds.",
        take.Recall,
        Recalled,
        recall,
    ),
    Tool(
        "context",
        "Context for a message",
        "What belongs beside a message unasked: pinned records, and those the message names. Call it with each new "
        "message of the user. Often empty, which is right; for a question that needs an answer use recall.",
        take.Context,
        Recalled,
        context,
    ),
    Tool(
        "remember",
        "Remember",
        "Save one thing for later conversations: a fact, a preference, a decision, what was agreed. Not passwords or "
        "keys. A later value of the same subject and attribute replaces the earlier one, which stays in the history. "
        "What the memory told you itself is recognised and not saved again.",
        take.Remember,
        Written,
        remember,
        right="write",
        idempotent=False,
    ),
    Tool(
        "get",
        "Open a record",
        "One record whole, with how far to believe it and, with history, all that happened to it. Also opens what was "
        "forgotten or replaced.",
        take.Get,
        Opened,
        get,
    ),
    Tool(
        "list",
        "List records",
        "Records in the order they were first saved, a page at a time, narrowed by kind, speaker, time and so on. To "
        "find something by what it says, use recall.",
        take.Listing,
        Listed,
        listing,
    ),
    Tool(
        "profile",
        "Profile",
        "What is known of a person or a thing, one line for each attribute, contradictions shown.",
        take.Profile,
        About,
        profile,
    ),
    Tool(
        "update",
        "Update a record",
        "Correct fields of a record; the version before stays in its history. For what has become different in the "
        "world, remember the new state instead.",
        take.Update,
        Written,
        update,
        right="write",
        destructive=True,
    ),
    Tool(
        "forget",
        "Forget a record",
        "Retire a record, and what rests on it alone (affected): recall finds them no more. Only when the user asks "
        "for it, or it is plainly wrong.",
        take.Forget,
        Written,
        forget,
        right="write",
        destructive=True,
    ),
    Tool(
        "feedback",
        "Feedback",
        "Tell how recalled records served, so that later recalls are better.",
        take.Feedback,
        Counted,
        feedback,
        right="write",
        idempotent=False,
    ),
)
