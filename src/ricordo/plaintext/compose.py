"""Composing an answer, the same for every lane: fetch the best, pack them, say why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, NamedTuple

from ricordo.index.entry import date_words
from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked, AsksFor, read_query
from ricordo.plaintext.budget import pack
from ricordo.plaintext.extract import EXTRACTS, STUB, is_shorter, shorter
from ricordo.plaintext.fuse import Ranked
from ricordo.plaintext.render import LAYOUTS
from ricordo.plaintext.settle import Entry, Settled, settle
from ricordo.plaintext.standing import Judged, judge
from ricordo.store.base import Snapshot, Visible
from ricordo.text import Tokeniser, name_key
from ricordo.text.foreign import FindTimes
from ricordo.text.time import find_times
from ricordo.text.told import Rules, only_states, states
from ricordo.types import BELIEVED, RECALLABLE, ArmScore, Item, Recall, Record, TokenCounter, Why

#: What `k` is where it is not given: without a token budget, and with one, which then decides alone.
K, K_IN_BUDGET = 10, 100
#: Candidates fetched past `k`: to name what was left out, and to fill a budget that long items don't fit.
_SPARE, _SPARE_IN_BUDGET = 5, 20
#: So often more candidates are fetched, where too many of them are left out.
_MOST_FETCHES = 4
#: Words that say of a state no more than that it began.
_MOVING = "move start join begin new now live work just currently"
#: No line is expected to cost less: bounds how many candidates a budget is filled from.
_SHORTEST_LINE = 24
#: What each rung of a kept line is worth; which of the extracts it was is not known any more.
_WORTH = {"raw": 1.0, "extract": EXTRACTS[-1][1], "stub": STUB}
KEPT = "kept from the context before"


@dataclass(frozen=True, slots=True)
class Reader:
    """What both lanes need beside a snapshot: how text is read, what tokens cost, what words ask for."""

    tokeniser: Tokeniser
    counter: TokenCounter
    zone: tzinfo
    times: FindTimes = find_times
    asks: AsksFor | None = None
    rules: Rules = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of a read.

    Args:
        query: The query as asked.
        visible: What may be seen.
        k: At most so many items.
        max_tokens: At most so many tokens; None is no bound.
        render: How it is written, one of `RENDERS`.
        after: The context this one continues.
        filters: What narrowed the reading, as it may be told.
        hops: How many rounds of asking, the question itself counted.
    """

    query: str
    visible: Visible
    k: int
    max_tokens: int | None
    render: str = "text"
    after: Recall | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    hops: int = 1

    def asked(self, reader: Reader, text: str | None = None) -> Asked:
        """Return what the query asks for, or what another text in its place does."""
        query = self.query if text is None else text
        return read_query(query, reader.tokeniser, self.visible.now, reader.zone, reader.times, reader.asks)


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
    probed: Mapping[int, str] | None = None,
) -> Recall:
    """Fetch the best, pack them, and say why."""
    named = list(named)
    remarks = _remarks(named, probed or {})
    settled = _settled(snapshot, reader, wanted, asked, ranked, named, lane)
    packed = pack(
        [_item(entry, remarks) for entry in settled.entries],
        reader.counter,
        k=wanted.k,
        max_tokens=wanted.max_tokens,
        layout=LAYOUTS[wanted.render],
        shorten=lambda item: shorter(item, asked.terms, reader.tokeniser.index_terms),
        kept=_kept(snapshot, wanted, ranked, settled, remarks, named_only=lane == "inject"),
    )
    visible = wanted.visible
    return Recall(
        query=wanted.query,
        lane=lane,
        items=packed.items,
        text=packed.text,
        tokens=packed.tokens,
        dropped=(*packed.dropped, *settled.dropped),
        as_of=visible.as_of if visible.as_of is not None else snapshot.head(),
        indexed_seq=indexed_seq,
        terms=asked.terms,
        weights=weights,
        render=wanted.render,
        max_tokens=wanted.max_tokens,
        stable_tokens=_stable(packed.text, packed.tokens, wanted.after, reader.counter),
        filters=wanted.filters,
        uncovered=_uncovered(asked, packed.items, reader),
    )


def _settled(
    snapshot: Snapshot,
    reader: Reader,
    wanted: Wanted,
    asked: Asked,
    ranked: Sequence[Ranked],
    named: Sequence[arms.Named],
    lane: str,
) -> Settled:
    """Fetch the best and settle them by how they stand; more of them where too few stay."""
    visible, reach = wanted.visible, _reach(wanted)
    least = reach - (_SPARE if wanted.max_tokens is None else _SPARE_IN_BUDGET)
    leading = frozenset(hit.vid for hit in named if hit.alone and lane == "answer")
    before = frozenset(hit.vid for hit in named if hit.role == "history")
    sought = leading | before
    past = asked.asks_past or visible.as_of is not None or visible.valid is not None or visible.statuses is not None
    for widened in range(1, _MOST_FETCHES + 1):
        best, rest = ranked[: widened * reach], ranked[widened * reach :]
        shown = [*best, *(one for one in rest if one.vid in sought)]
        rows = snapshot.rows([one.vid for one in shown], visible.as_of)
        judged = judge(snapshot, rows.values(), visible)
        settled = settle(
            [(rows[one.vid], one) for one in shown if one.vid in rows],
            _within(snapshot, judged, visible),
            lambda record, told: _nothing_else(record, told, reader),
            k=wanted.k,
            past=past,
            asked=leading,
            before=before,
            sparing=lane == "inject",
        )
        if len(settled.entries) >= least or len(shown) == len(ranked):
            break
    return settled


def _within(snapshot: Snapshot, judged: Judged, visible: Visible) -> Judged:
    """Return a judgement in which nothing comes along that the filters of the read leave out."""
    vids = [row.vid for row in (*judged.beside.values(), *judged.others.values())]
    if not vids:
        return judged
    shown = snapshot.shown(vids, replace(visible, statuses=visible.statuses or tuple(sorted(BELIEVED))))
    beside = {vid: row for vid, row in judged.beside.items() if row.vid in shown}
    return replace(judged, beside=beside, others={vid: row for vid, row in judged.others.items() if row.vid in shown})


def _nothing_else(record: Record, told: Sequence[Record], reader: Reader) -> bool:
    """Tell whether a text says nothing but states that it told: by the rules, or because no other word is left."""
    if not told:
        return False
    read = states(
        record.content,
        speaker=record.speaker,
        said_at=record.said_at,
        zone=reader.zone,
        times=reader.times,
        rules=reader.rules,
    )
    if read:
        return only_states(record.content, read)
    said = {part for state in told for part in (state.content, state.subject, state.attribute, state.value) if part}
    known = {term for part in said for term in reader.tokeniser.index_terms(name_key(part))}
    known.update(reader.tokeniser.index_terms(f"{record.speaker or ''} {_MOVING}"))
    return set(reader.tokeniser.query_terms(record.content)) <= known


def _uncovered(asked: Asked, items: Sequence[Item], reader: Reader) -> tuple[str, ...]:
    """Return the terms of the query that no item holds: as it is rendered, with its date, or as it is called."""
    held = {term for item in items for term in reader.tokeniser.index_terms(" ".join(_told(item)))}
    return tuple(term for term in asked.terms if term not in held)


def _told(item: Item) -> list[str]:
    record = item.record
    named = [part for part in (record.speaker, record.title, record.name, record.subject) if part]
    return [*named, item.text, date_words(record.said_at)]


def _reach(wanted: Wanted) -> int:
    """Return how many candidates are fetched."""
    if wanted.max_tokens is None:
        return wanted.k + _SPARE
    return min(wanted.k + _SPARE_IN_BUDGET, max(_SPARE_IN_BUDGET, wanted.max_tokens // _SHORTEST_LINE))


class _Remarks(NamedTuple):
    """What there is to say of versions beside their scores."""

    named: Mapping[int, Sequence[arms.Named]]
    was: Mapping[int, str]
    probed: Mapping[int, str]


def _remarks(named: Iterable[arms.Named], probed: Mapping[int, str]) -> _Remarks:
    found: dict[int, list[arms.Named]] = {}
    was: dict[int, str] = {}
    for hit in named:
        found.setdefault(hit.vid, []).append(hit)
        if hit.role == "premise":
            was.setdefault(hit.vid, hit.note())
    return _Remarks(found, was, probed)


def _item(entry: Entry, remarks: _Remarks, *more: str) -> Item:
    record, one = entry.row.record, entry.one
    arms = {name: ArmScore(round(raw, 6), round(share, 6)) for name, (raw, share) in one.arms.items()}
    named = [hit.note(name_key(record.attribute or "")) for hit in remarks.named.get(one.vid, ())]
    notes = tuple(dict.fromkeys((*named, *entry.notes, *more)))
    why = Why(arms, notes, remarks.probed.get(one.vid), remarks.was.get(one.vid), entry.against)
    return Item(record, round(one.score, 6), why, record.content, standing=entry.standing)


def _kept(
    snapshot: Snapshot,
    wanted: Wanted,
    ranked: Sequence[Ranked],
    settled: Settled,
    remarks: _Remarks,
    *,
    named_only: bool,
) -> list[tuple[Item, float]]:
    """Return the first lines of an earlier context, as far as each would be written again byte for byte.

    Every record is read again under what this read may see. The first that is gone, or is not what it was, ends it:
    nothing after it could keep its place. In a lane that shows only what a turn names, what it names no longer goes.
    """
    if wanted.after is None or wanted.after.render != wanted.render:
        return []
    line, scores = LAYOUTS[wanted.render].line, {one.vid: one for one in ranked}
    left, there = {one.id for one in settled.dropped}, {entry.row.vid: entry for entry in settled.entries}
    rows = [snapshot.find(before.record.id, wanted.visible) for before in wanted.after.items]
    judged = judge(snapshot, [row for row in rows if row is not None], wanted.visible)
    kept: list[tuple[Item, float]] = []
    for number, (before, row) in enumerate(zip(wanted.after.items, rows, strict=True), 1):
        if (
            row is None
            or row.record.id in left
            or not _shown(row.record, wanted.visible)
            or _state(row.record) != _state(before.record)
        ):
            break
        if named_only and row.vid not in scores:
            break
        one = scores.get(row.vid, Ranked(row.vid, 0.0, {}))
        entry = there.get(row.vid) or Entry(row, one, judged.standings[row.vid], judged.against.get(row.vid))
        item = _item(entry, remarks, KEPT)
        item = replace(item, rung=before.rung, text=item.text if before.rung == "raw" else before.text)
        if line(number, item) != line(number, before) or not is_shorter(item.text, row.record):
            break
        kept.append((item, _WORTH[item.rung]))
    return kept


def _state(record: Record) -> tuple[int, str]:
    return record.version, record.status


def _shown(record: Record, visible: Visible) -> bool:
    """Tell whether a search would show a record that `Snapshot.find` found: that one takes any status, and expired."""
    statuses = visible.statuses or (BELIEVED if visible.valid else RECALLABLE)
    return record.status in statuses and (record.expires_at is None or record.expires_at > visible.now)


def _stable(text: str, tokens: int, after: Recall | None, counter: TokenCounter) -> int:
    """Return what the common beginning of two texts costs."""
    before = after.text if after is not None else ""
    pairs = enumerate(zip(text, before, strict=False))
    same = next((spot for spot, (one, other) in pairs if one != other), min(len(text), len(before)))
    return min(counter.count(text[:same]), tokens) if same else 0
