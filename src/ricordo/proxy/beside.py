"""What the memory puts beside a request: in a thread, within a time limit, and never at the cost of the request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from ricordo.access.journal import Delivery, Journal
from ricordo.errors import RicordoError
from ricordo.observe import logger
from ricordo.proxy.admission import SPACE, Admission, Admitted
from ricordo.proxy.conversations import Conversations, Placed, anchored, key_of, met, placed
from ricordo.proxy.turns import PATHS, Talk, read
from ricordo.text import EstimatedTokens
from ricordo.types import Recall, TokenCounter

_LOG = logger("proxy")
_THREADS, _MOST_WAITING = 8, 64
_LONGEST_SESSION = 200


@dataclass(slots=True)
class Beside:
    """What became of one request.

    Args:
        request_id: Names it in the header, the log and the journal.
        body: What goes to the model server.
        admitted: Whose memory it gets; None where that is not certain, or nothing is to be known of it.
        talk: What the request says, where it could be read.
        turns: The user's turns, each with the digest of all up to it.
        key, session: The conversation.
        records, tokens: What was put into it.
        reason: Why it got no memory, in a word; None where it was asked.
    """

    request_id: str
    body: bytes
    admitted: Admitted | None = None
    talk: Talk | None = None
    turns: tuple[tuple[str, str], ...] = ()
    key: str = ""
    session: str = ""
    records: tuple[tuple[str, int], ...] = ()
    tokens: int = 0
    reason: str | None = None

    @property
    def header(self) -> str:
        """The value of the header Ricordo-Memory."""
        if self.reason is not None:
            return f"off; reason={self.reason}; request={self.request_id}"
        return f"{len(self.records)} records; tokens={self.tokens}; request={self.request_id}"


@dataclass(slots=True)
class Remembering:
    """The memory, as the proxy asks it.

    Args:
        admission: Says whose memory a request gets.
        budget: Most tokens of memory in a request.
        timeout_s: How long a request waits for memory.
        journal: Where it is noted which request was given which records; None for nowhere.
        counter: Counts tokens.
        now: Tells the time.
    """

    admission: Admission
    budget: int
    timeout_s: float
    journal: Journal | None = None
    counter: TokenCounter = field(default_factory=EstimatedTokens)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    conversations: Conversations = field(default_factory=Conversations)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "ricordo proxy memory"))
    _waiting: int = 0

    async def beside(self, path: str, headers: Mapping[bytes, bytes], body: bytes) -> Beside:
        """Return a request with memory in it; as it came where there is none, for whatever reason.

        Args:
            path: The path of the request, one of `PATHS`.
            headers: Its headers, names in lower case.
            body: Its body.
        """
        told = Beside(secrets.token_hex(8), body)
        told.reason = _declined(headers)
        if told.reason is not None:
            return told
        if self._waiting >= _MOST_WAITING:
            told.reason = "busy"
            return told
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, partial(self._remember, path, headers, body))
        self._waiting += 1
        work.add_done_callback(self._over)
        done, _ = await asyncio.wait({work}, timeout=self.timeout_s)
        if done:
            return work.result()
        work.cancel()
        told.reason = "timeout"
        return told

    def _over(self, work: asyncio.Future[Beside]) -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()

    def close(self) -> None:
        """Take no more requests."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _remember(self, path: str, headers: Mapping[bytes, bytes], body: bytes) -> Beside:
        told = Beside(secrets.token_hex(8), body)
        try:
            told.reason = self._asked(told, path, headers)
        except (ValueError, RecursionError, RicordoError) as error:
            told.reason = "error" if isinstance(error, RicordoError) else "unreadable"
            _LOG.warning("no memory", why=type(error).__name__, request=told.request_id)
        except Exception as error:  # noqa: BLE001 - a request goes through whatever the memory does
            told.reason = "error"
            _LOG.error("no memory", why=type(error).__name__, request=told.request_id)
        return told

    def _asked(self, told: Beside, path: str, headers: Mapping[bytes, bytes]) -> str | None:
        """Ask the memory; return why there is none."""
        admitted = self.admission(headers)
        if isinstance(admitted, str):
            return admitted
        dialect, answered = PATHS[path]
        told.talk = talk = read(dialect, told.body)
        told.turns = tuple((anchor, turn.text) for anchor, turn in anchored(talk))
        told.admitted = admitted
        named = _session(headers)
        told.key = key_of(talk, admitted.owner, named, self.conversations)
        known = met(self.conversations.get(told.key), talk, told.key, named or talk.conversation, self.now())
        told.session = known.session
        if not admitted.reads:
            return "no right to read"
        ask = partial(_ask, admitted, self.budget)
        found = placed(talk, ask, known, budget=self.budget, counter=self.counter)
        told.body = found.body
        told.records = tuple((item.record.id, item.record.version) for block in found.blocks for item in block.items)
        told.tokens = sum(self.counter.count(block.text) for block in found.blocks)
        if answered:
            self.conversations.note(told.key, found.conversation)
            self._note(told, found, admitted)
        return "breakpoint" if found.sealed and not found.blocks else None

    def _note(self, told: Beside, found: Placed, admitted: Admitted) -> None:
        if self.journal is None or not found.blocks:
            return
        self.journal.note(
            Delivery(
                at=self.now(),
                request_id=told.request_id,
                surface="proxy",
                principal=admitted.principal,
                space=SPACE,
                lane="inject",
                scopes=admitted.scopes,
                records=told.records,
                tokens=told.tokens,
                model=None if told.talk is None else told.talk.model,
            )
        )


def _ask(admitted: Admitted, budget: int, turn: str, after: Recall | None) -> Recall:
    return admitted.memory.inject(turn, max_tokens=budget, after=after)


def _declined(headers: Mapping[bytes, bytes]) -> str | None:
    """Return why a request is not to be looked into."""
    if headers.get(b"ricordo-memory", b"").strip().lower() == b"off":
        return "asked"
    return "encoded" if headers.get(b"content-encoding", b"identity").lower() != b"identity" else None


def _session(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the session that the client names, where it is one."""
    named = headers.get(b"ricordo-session", b"").decode("utf-8", "replace").strip()
    return named if named and len(named) <= _LONGEST_SESSION and named.isprintable() else None
