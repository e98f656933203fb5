"""What was put beside which turn of a conversation, so that it is put there again: an earlier request stays a prefix.

A client sends its whole history with every turn, without what the proxy added. A provider's prompt cache holds for as
much of a request as begins like an earlier one; so memory is added where a turn is new, and what was added before
comes again in its place, byte for byte, for as long as the memory would still say so.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from ricordo.plaintext.render import LAYOUTS
from ricordo.proxy.spans import put
from ricordo.proxy.turns import Talk, Turn, insertions
from ricordo.types import Item, Recall, TokenCounter

T = TypeVar("T")
#: Asks the memory what belongs beside a turn, given what it said before.
Ask = Callable[[str, Recall | None], Recall]
_LAYOUT = LAYOUTS["text"]
_MOST_CONVERSATIONS = 2_000
_MOST_BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Block:
    """Memory beside one turn.

    Args:
        anchor: A digest of the user's turns up to this one.
        turn: The text of the turn.
        found: What the memory said.
        items: What of it was new in the conversation: what is shown.
        place: Before which part of the turn it stands; None where it would shift what is cached.
    """

    anchor: str
    turn: str
    found: Recall
    items: tuple[Item, ...]
    place: int | None

    @property
    def text(self) -> str:
        """How it is shown."""
        return _LAYOUT.render(self.items)

    @property
    def ids(self) -> frozenset[str]:
        """The records that are shown."""
        return frozenset(item.record.id for item in self.items)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of a conversation.

    Args:
        session: The label its turns are kept under.
        blocks: The memory that was put into it, oldest first.
    """

    session: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A request with memory in it.

    Args:
        body: The request.
        blocks: The memory that stands in it, in the order of its turns.
        conversation: What is now known of the conversation.
        sealed: Whether there would have been more to say, but only before a cache breakpoint.
    """

    body: bytes
    blocks: tuple[Block, ...]
    conversation: Conversation
    sealed: bool = False


class Conversations:
    """The latest conversations; safe to use from several threads. A restart forgets them, which costs one cache miss.

    Args:
        most: How many; the one that was least recently met goes.
    """

    def __init__(self, most: int = _MOST_CONVERSATIONS) -> None:
        self._most = most
        self._known: OrderedDict[str, Conversation] = OrderedDict()
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Conversation | None:
        """Return a conversation."""
        with self._lock:
            return self._known.get(key)

    def note(self, key: str, conversation: Conversation) -> None:
        """Remember a conversation as it is now."""
        with self._lock:
            _bounded(self._known, key, conversation, self._most)

    def continued(self, owner: str, response: str) -> str | None:
        """Return the key of the conversation that a response belongs to."""
        with self._lock:
            return self._keys.get(_digest(owner, response))

    def answered(self, owner: str, response: str, key: str) -> None:
        """Remember to which conversation a response belongs, for requests that only name the one before."""
        with self._lock:
            _bounded(self._keys, _digest(owner, response), key, 4 * self._most)


def key_of(talk: Talk, owner: str, session: str | None, known: Conversations) -> str:
    """Return under what a conversation is known: its session, what it continues, or how it begins.

    Args:
        talk: The request.
        owner: Whose it is, and which scopes; nothing is shared between two.
        session: The session that the client names, if any.
        known: The conversations so far.
    """
    if session or talk.conversation:
        return _digest(owner, "session", session or talk.conversation or "")
    if talk.previous:
        return known.continued(owner, talk.previous) or _digest(owner, "after", talk.previous)
    return _digest(owner, "begins", talk.turns[0].text if talk.turns else "")


def met(known: Conversation | None, talk: Talk, key: str, session: str | None, now: datetime) -> Conversation:
    """Return the conversation that a request belongs to.

    Where the client names no session it is called by a digest of its beginning and the day on which it began: two
    conversations may begin alike.
    """
    label = session or f"proxy-{now:%Y%m%d}-{key[:16]}"
    begins = len(talk.turns) == 1 and talk.turns[0].last and not talk.previous
    if known is None or (begins and known.session != label):
        return Conversation(label)
    return known


def placed(talk: Talk, ask: Ask, conversation: Conversation, *, budget: int, counter: TokenCounter) -> Placed:
    """Return a request with memory: what was there before in its place, and what is new beside the last turn.

    Memory is asked again for every turn that shows some. Where it says anything else than before, because a record
    was changed, forgotten, erased or superseded, what was shown there goes.

    Args:
        talk: The request.
        ask: Asks the memory.
        conversation: What is known of the conversation.
        budget: Most tokens of memory in the request.
        counter: Counts them.
    """
    anchors = anchored(talk)
    turns, known = dict(anchors), {block.anchor: block for block in conversation.blocks}
    before = [known[anchor] for anchor, _ in anchors[:-1] if anchor in known]
    live = [block for block in before if _still(block, ask)]
    # Of a conversation that the model server keeps, what was shown is there to stay.
    kept_there = [block for block in conversation.blocks if talk.previous and block.anchor not in turns]
    newest = _newest(*anchors[-1], ask, known.get(anchors[-1][0])) if anchors else None
    sealed = newest is not None and newest.place is None and bool(newest.found.items)
    fitted = _fitted(live, newest, kept_there, budget, counter)
    shown = [block for block in fitted if block.items]
    added = [spot for block in shown for spot in insertions(talk, turns[block.anchor], block.place or 0, block.text)]
    now = replace(conversation, blocks=(*kept_there, *fitted)[-_MOST_BLOCKS:])
    return Placed(put(talk.text, added).encode("utf-8"), tuple(shown), now, sealed)


def anchored(talk: Talk) -> list[tuple[str, Turn]]:
    """Return each turn with a digest of all turns up to it."""
    found, before = [], _digest(talk.previous or "")
    for turn in talk.turns:
        before = _digest(before, turn.text)
        found.append((before, turn))
    return found


def _still(block: Block, ask: Ask) -> bool:
    """Tell whether a block shows anything, and the memory would still say all of it."""
    return bool(block.items) and _lines(block.items).items() <= _lines(ask(block.turn, block.found).items).items()


def _newest(anchor: str, turn: Turn, ask: Ask, before: Block | None) -> Block:
    """Return what belongs beside the last turn; while it is being worked on, what stood there stays as it was."""
    found = ask(turn.text, None if before is None else before.found)
    if before is not None and not turn.last and _lines(before.items).items() <= _lines(found.items).items():
        return before
    place = turn.place if before is None or before.place is None else before.place
    return Block(anchor, turn.text, found, () if place is None else found.items, place)


def _fitted(
    live: Sequence[Block], newest: Block | None, elsewhere: Sequence[Block], budget: int, counter: TokenCounter
) -> list[Block]:
    """Return what fits: what is shown already is not shown again.

    Where it is too much, all goes but the newest. To let the oldest go alone would cost the prompt cache every turn
    from then on, for each would take something away at the front.

    The newest stays also where it shows nothing: while its turn is being worked on, nothing is to appear there.
    """
    blocks = list(live)
    while True:
        shown = {id for block in (*elsewhere, *blocks) for id in block.ids}
        last = [] if newest is None else [_without(newest, shown)]
        if not blocks or sum(counter.count(block.text) for block in (*blocks, *last)) <= budget:
            return [*blocks, *last]
        blocks = []


def _without(block: Block, shown: set[str]) -> Block:
    items = tuple(item for item in block.items if item.record.id not in shown)
    return replace(block, items=items)


def _lines(items: Sequence[Item]) -> dict[str, str]:
    """Return how each record is shown, its number left aside."""
    return {item.record.id: _LAYOUT.line(0, item) for item in items}


def _digest(*parts: str) -> str:
    spelt = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(spelt.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _bounded(kept: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
