"""What was said is kept: once the answer has ended, off the path of requests, by one thread on a bounded queue."""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ricordo.errors import InvalidInputError
from ricordo.memory import Memory
from ricordo.observe import logger
from ricordo.proxy.answers import Answer, Copy, read_answer

_LOG = logger("proxy")
#: How many turns are remembered as kept, and as not answered.
_MOST_REMEMBERED = 20_000
#: How the assistant is called; one of the setting `echo_speakers`, so that what it repeats is not learnt again.
ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Said:
    """One request and its answer, as far as they may be kept.

    Args:
        memory: The handle they are kept by.
        owner: Tells owners apart.
        session: The conversation.
        turns: The user's turns with the digest of each, in order; the last is the one that was answered.
        dialect, stream: How the answer is to be read.
        copy: The copy of the response; None where the model server answered with an error, or not at all.
        request_id: For the log.
    """

    memory: Memory
    owner: str
    session: str
    turns: tuple[tuple[str, str], ...]
    dialect: str
    stream: bool
    copy: Copy | None
    request_id: str

    def answer(self) -> Answer | None:
        """Return the answer, or None where it did not come to its end."""
        body = None if self.copy is None else self.copy.whole
        return None if body is None else read_answer(self.dialect, self.stream, body)


class Learning:
    """Keeps what was said. Use it in a `with` block, or close it: what was answered is kept first.

    Nothing is kept of a turn whose answer broke off: not the answer, and not the turn either, until a later answer of
    the conversation shows that the turn is still part of it. What could not be written is tried again in the same way.

    Args:
        speaker: How the user is called.
        most: How many answers may wait; one more is not kept, until the conversation goes on.
    """

    def __init__(self, speaker: str, most: int) -> None:
        self._speaker = speaker
        self._queue: queue.Queue[Said | None] = queue.Queue(most)
        self._unanswered: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._kept: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._changed = threading.Condition()
        self._left = 0
        self._thread = threading.Thread(target=self._run, name="ricordo proxy learning", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether there is no room for one more."""
        return self._queue.full()

    def expect(self) -> None:
        """Say that a request will be offered, whatever becomes of it: who waits for all waits for it too."""
        with self._changed:
            self._left += 1

    def offer(self, said: Said) -> bool:
        """Take a request that was expected, and its answer; never waits. Tell whether there was room."""
        try:
            self._queue.put_nowait(said)
        except queue.Full:
            self._put_off(said)
            self._done()
            _LOG.warning("not kept for now", why="too much waits to be kept", request=said.request_id)
            return False
        return True

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything that is expected was kept or refused; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._left, timeout_s)

    def close(self, timeout_s: float = 30.0) -> int:
        """Keep what waits, and stop; return how much was still waiting when the time was over."""
        ends = time.monotonic() + timeout_s
        if self.flush(timeout_s) and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(max(0.0, ends - time.monotonic()))
        with self._changed:
            return self._left

    def __enter__(self) -> Learning:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while (said := self._queue.get()) is not None:
            try:
                self._keep(said)
            except Exception as error:  # noqa: BLE001 - the thread goes on; what an error says may hold content
                self._refused(said, error)
            finally:
                self._done()

    def _done(self) -> None:
        with self._changed:
            self._left -= 1
            self._changed.notify_all()

    def _keep(self, said: Said) -> None:
        answer = said.answer()
        if answer is None:
            self._put_off(said)
            return
        items = [item for item in self._items(said, answer) if (said.owner, item["key"]) not in self._kept]
        if not items:
            return
        self._write(said, items)
        for anchor, _ in said.turns:
            self._unanswered.pop((said.owner, said.session, anchor), None)
        for item in items:
            _remember(self._kept, (said.owner, item["key"]))

    def _items(self, said: Said, answer: Answer) -> Iterator[dict[str, Any]]:
        """Yield what is to be kept: turns that were put off, the last turn, the answer."""
        *before, (anchor, turn) = said.turns
        for earlier, text in before:
            if (said.owner, said.session, earlier) in self._unanswered:
                yield self._item(said, self._speaker, text, earlier)
        yield self._item(said, self._speaker, turn, anchor)
        if answer.final and answer.text:
            yield self._item(said, ASSISTANT, answer.text, anchor)

    def _item(self, said: Said, speaker: str, text: str, anchor: str) -> dict[str, Any]:
        spelt = "\x1f".join((said.session, speaker, anchor, text)).encode("utf-8", "surrogatepass")
        key = f"proxy {hashlib.sha256(spelt).hexdigest()}"
        return {"content": text, "speaker": speaker, "session": said.session, "kind": "observation", "key": key}

    def _write(self, said: Said, items: list[dict[str, Any]]) -> None:
        """Write all in one transaction; where one of them breaks a rule, the others."""
        try:
            said.memory.retain_many(items)
        except InvalidInputError:
            for item in items if len(items) > 1 else ():
                self._write(said, [item])
            if len(items) == 1:
                _LOG.warning("not kept", why="it breaks a rule of what can be kept", request=said.request_id)

    def _refused(self, said: Said, error: Exception) -> None:
        self._put_off(said)
        _LOG.error("not kept for now", why=type(error).__name__, request=said.request_id)

    def _put_off(self, said: Said) -> None:
        with self._changed:
            _remember(self._unanswered, (said.owner, said.session, said.turns[-1][0]))


def _remember(known: OrderedDict[Any, None], one: Any) -> None:
    known[one] = None
    while len(known) > _MOST_REMEMBERED:
        known.popitem(last=False)
