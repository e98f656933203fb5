"""Composing an answer, the same for every lane: fetch the best, pack them, say why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked, read_query
from ricordo.plaintext.budget import pack
from ricordo.plaintext.fuse import Ranked
from ricordo.store.base import Snapshot, Visible
from ricordo.text import Tokeniser
from ricordo.text.foreign import FindTimes
from ricordo.text.time import find_times
from ricordo.types import ArmScore, Item, Recall, TokenCounter, Why

#: Candidates fetched past `k`: to name what was left out, and to fill a budget that long items don't fit.
_SPARE, _SPARE_IN_BUDGET = 5, 20


@dataclass(frozen=True, slots=True)
class Reader:
    """What both lanes need beside a snapshot: how text is read, what tokens cost."""

    tokeniser: Tokeniser
    counter: TokenCounter
    zone: tzinfo
    times: FindTimes = find_times


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of a read: the query, what may be seen, how much is wanted."""

    query: str
    visible: Visible
    k: int
    max_tokens: int | None

    def asked(self, reader: Reader, text: str | None = None) -> Asked:
        """Return what the query asks for, or what another text in its place does."""
        query = self.query if text is None else text
        return read_query(query, reader.tokeniser, self.visible.now, reader.zone, reader.times)


def compose(
    snapshot: Snapshot,
    reader: Reader,
    wanted: Wanted,
    asked: Asked,
    ranked: Sequence[Ranked],
    named: Iterable[arms.Named],
    indexed_seq: int | None,
    lane: str,
    weights: Mapping[str, float],
) -> Recall:
    """Fetch the best, pack them, and say why."""
    notes: dict[int, list[str]] = {}
    for hit in named:
        notes.setdefault(hit.vid, []).append(hit.note)
    shown = ranked[: wanted.k + (_SPARE if wanted.max_tokens is None else _SPARE_IN_BUDGET)]
    rows = snapshot.rows([one.vid for one in shown], wanted.visible.as_of)
    items = [
        Item(
            rows[one.vid].record,
            round(one.score, 6),
            Why(
                {name: ArmScore(round(raw, 6), round(share, 6)) for name, (raw, share) in one.arms.items()},
                tuple(dict.fromkeys(notes.get(one.vid, ()))),
            ),
        )
        for one in shown
    ]
    packed = pack(items, reader.counter, k=wanted.k, max_tokens=wanted.max_tokens)
    visible = wanted.visible
    return Recall(
        query=wanted.query,
        lane=lane,
        items=packed.items,
        text=packed.text,
        tokens=packed.tokens,
        dropped=packed.dropped,
        as_of=visible.as_of if visible.as_of is not None else snapshot.head(),
        indexed_seq=indexed_seq,
        terms=asked.terms,
        weights=weights,
    )
