"""A Ricordo memory as the session of an OpenAI agent: its items exact and in order, and older turns recalled."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from ricordo.adapters.exact import as_json, escaped, fits_metadata, readable, short
from ricordo.client import Client
from ricordo.errors import InvalidInputError, MissingExtraError
from ricordo.memory import Memory
from ricordo.plaintext.ops import Delete
from ricordo.reads import Reads
from ricordo.types import Clock, Record

try:
    from agents import TResponseInputItem
    from agents.memory import SessionABC, SessionSettings
    from agents.memory.session_settings import coerce_session_settings, resolve_session_limit
    from agents.run import CallModelData, ModelInputData
except ImportError as error:
    raise MissingExtraError("openai-agents", "ricordo.adapters.openai_agents") from error

T = TypeVar("T")
#: The mark of an item among the metadata of a record, and where its JSON text stands.
MARK, _ITEM = "openai_agents", "openai_agents.item"
_ITEMS: Mapping[str, Any] = {f"metadata.{MARK}": "item"}
_MOST_OPS, _PAGE, _LONGEST_ID, _RETRIES = 256, 1_000, 400, 20
_ROLES = frozenset({"user", "assistant", "system", "developer"})


class RicordoSession(SessionABC):
    """The items of one conversation, kept in a memory: what the user says there becomes known as well.

    Each item is one record of the session, in the order in which they came. What the user says is read for the states
    it tells (setting `read_states`); what models and tools say is not. Several processes may use one session.

    Args:
        session_id: The conversation.
        memory: The space, a handle on it, or a client of a server; the caller closes it.
        scope: Where items are kept; by default where the handle writes.
        session_settings: The framework's settings: `limit` is the number of latest items that are given.
        clock: Tells the time; give it where the memory has one of its own.

    >>> from ricordo import Memory
    >>> session = RicordoSession("chat-1", Memory.open(":memory:", embedder=None))
    >>> asyncio.run(session.add_items([{"role": "user", "content": "I live in Lisbon."}]))
    >>> asyncio.run(session.get_items()), session.memory.profile("user").lines[0].records[0].content
    ([{'role': 'user', 'content': 'I live in Lisbon.'}], 'user lives in Lisbon')
    """

    def __init__(
        self,
        session_id: str,
        memory: Memory | Client,
        *,
        scope: str | None = None,
        session_settings: SessionSettings | dict[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not isinstance(session_id, str) or not session_id:
            raise InvalidInputError("session_id", "text", session_id)
        self.session_id = session_id
        self.session_settings = coerce_session_settings(session_settings or {})
        self.memory = memory
        self.scope = scope
        self._clock = clock
        self._session = short(escaped(session_id), _LONGEST_ID)
        self._oldest_given: datetime | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)

    # -- the framework's interface -----------------------------------------------------------------------------

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the items of the conversation, oldest first.

        Args:
            limit: At most so many, the latest; by default what the settings say; None there is all of them.
        """
        most = resolve_session_limit(limit, self.session_settings)
        records = await _settled(lambda: list(self._records(self.memory)))
        given = records if most is None or most < 0 else records[max(0, len(records) - most) :]
        self._oldest_given = given[0].said_at if given else self._now()
        return [_item(record) for record in given]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Add items at the end, durably: all of a thousand at once, or none.

        Args:
            items: Any JSON objects.

        Raises:
            InvalidInputError: An item can't be written as JSON; nothing was added.
        """
        if items:
            written = [self._written(item) for item in items]
            await _settled(lambda: self.memory.retain_many(written, scope=self.scope))

    async def pop_item(self) -> TResponseInputItem | None:
        """Forget the latest item and return it; None where there is none. Nobody else is given the same."""
        record = await _settled(self._popped)
        return None if record is None else _item(record)

    async def clear_session(self) -> None:
        """Forget every item of the conversation, and what was known from them alone."""
        await _settled(self._clear)

    # -- beyond it ---------------------------------------------------------------------------------------------

    def recalling(self, *, max_tokens: int = 800, **narrow: Any) -> Callable[[CallModelData[Any]], Any]:
        """Return an input filter of a run: it puts what the memory knows of the question before what the model is sent.

        Turns that `limit` leaves out come back so, and what other sessions of the scope hold, as far as it was said
        before the oldest item the model is sent anyway. It is quoted data in a user's message, and becomes no item.

        Args:
            max_tokens: At most so many tokens.
            narrow: Further arguments of `Memory.recall`, such as `kinds` or `hops`.

        Returns:
            What `RunConfig(call_model_input_filter=...)` takes.
        """

        async def remind(data: CallModelData[Any]) -> ModelInputData:
            sent = data.model_data
            question = _question(sent.input)
            if not question:
                return sent
            found = await _settled(lambda: self._recalled(question, {"max_tokens": max_tokens, **narrow}))
            reminder: list[Any] = [{"role": "user", "content": found}] if found else []
            return ModelInputData(input=[*reminder, *sent.input], instructions=sent.instructions)

        return remind

    def _recalled(self, question: str, narrow: dict[str, Any]) -> str:
        until = {} if self._oldest_given is None else {"until": self._oldest_given}
        filters = {**until, **(narrow.pop("filters", None) or {})}
        return self.memory.recall(question, scope=self.scope, filters=filters, **narrow).text

    # -- records -----------------------------------------------------------------------------------------------

    def _records(self, memory: Reads | Client) -> Iterator[Record]:
        """Yield the records of the conversation's items, in the order in which they were written."""
        cursor: str | None = None
        while True:
            narrow = {**_ITEMS, "session": self._session}
            page = memory.list(scope=self.scope, filters=narrow, limit=_PAGE, cursor=cursor)
            yield from page.records
            if (cursor := page.cursor) is None:
                return

    def _written(self, item: TResponseInputItem) -> dict[str, Any]:
        """Return an item as arguments of `retain`; the item whole is its JSON text."""
        whole = as_json("items", item)
        metadata, text = {MARK: "item", _ITEM: whole}, readable(_text(item))
        if not fits_metadata(metadata):
            metadata, text = {MARK: "item"}, whole
        own = {"kind": "event", "session": self._session, "key": uuid4().hex, "at": self._now()}
        said = {"speaker": _speaker(item), "content": text if text.strip() else whole, "metadata": metadata}
        # What names its slot is not read for states: only what a person says is.
        unread = {} if item.get("role") == "user" else {"subject": MARK, "attribute": self._session}
        return {**own, **said, **unread}

    def _popped(self) -> Record | None:
        """Forget the last record, and return it; it rests on nobody else having done so."""
        taken: Record | None = None

        def decide(reading: Reads) -> list[Delete]:
            nonlocal taken
            for last in deque(self._records(self.memory), maxlen=1):
                if reading.get(last.id, scope=last.scope).status != "active":
                    return decide(reading)  # somebody was quicker
                taken = last
                return [_forgotten(last.id, "popped from its session")]
            taken = None
            return []

        self.memory.attempt(decide, retries=_RETRIES)
        return taken

    def _clear(self) -> None:
        ids = [record.id for record in self._records(self.memory)]
        for start in range(0, len(ids), _MOST_OPS):
            self.memory.commit([_forgotten(id, "its session was cleared") for id in ids[start : start + _MOST_OPS]])

    def _now(self) -> datetime:
        """Return the present moment, later than every one before."""
        now = datetime.now(UTC) if self._clock is None else self._clock.now().astimezone(UTC)
        self._latest = max(now, self._latest + timedelta(microseconds=1))
        return self._latest


# -- items -----------------------------------------------------------------------------------------------------------


def _forgotten(id: str, reason: str) -> Delete:
    return {"op": "delete", "id": id, "reason": reason}


def _item(record: Record) -> TResponseInputItem:
    return cast(TResponseInputItem, json.loads(record.metadata.get(_ITEM, record.content)))


def _speaker(item: Mapping[str, Any]) -> str:
    """Return who says an item: its role; of a call the assistant, of what one returned the tool."""
    role, kind = item.get("role"), str(item.get("type"))
    return role if isinstance(role, str) and role in _ROLES else "tool" if kind.endswith("_output") else "assistant"


def _text(item: Mapping[str, Any]) -> str:
    """Return the words of an item: what was said, called with, returned or thought."""
    found: list[str] = []
    for name in ("content", "summary", "name", "arguments", "output", "refusal", "text"):
        part = item.get(name)
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, (list, tuple)):
            found += [_text(one) if isinstance(one, Mapping) else str(one) for one in part]
    return "\n".join(text for text in found if text)


def _question(items: str | Sequence[Any]) -> str:
    """Return the last text of a user among the items of a turn."""
    if isinstance(items, str):
        return items.strip()
    asked = (_text(item) for item in reversed(items) if isinstance(item, Mapping) and item.get("role") == "user")
    return next((text for text in asked if text.strip()), "")


async def _settled(work: Callable[[], T]) -> T:
    """Run work in a thread. Who is cancelled meanwhile learns so when it is done: no write goes on behind his back."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()
