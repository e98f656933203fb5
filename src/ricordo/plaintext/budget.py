"""Packing recalled items into a token budget: which, in which order, and how much of each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ricordo.plaintext.render import TEXT, Layout
from ricordo.types import Dropped, Item, TokenCounter

#: Gives the shorter renderings of an item, the longest first, each with its worth as a share of the whole item's.
Shorten = Callable[[Item], Sequence[tuple[Item, float]]]
#: A line of up to so many tokens is not weighed by its length: short texts compete by score alone.
FLOOR = 200
#: A half as good score is worth a sixteenth: evidence is far likelier at the top than scores tell.
_STEEP = 4
#: A shorter rendering must cost at most so much of the next longer one.
_SAVING = 0.6
#: What an earlier context may cost in gain for its bytes to stay.
_STAY = 0.95


@dataclass(frozen=True, slots=True)
class Packed:
    """What fits: the items kept, their text, its tokens, and what was left out."""

    items: tuple[Item, ...]
    text: str
    tokens: int
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to render an item: what its line costs and what it gains."""

    item: Item
    cost: int
    gain: float


@dataclass(frozen=True, slots=True)
class Fill:
    """A filling of the budget: the choice taken for each candidate, in the order they were taken."""

    steps: tuple[tuple[int, Choice], ...]
    kept: tuple[Choice, ...] = ()

    @property
    def chosen(self) -> dict[int, Choice]:
        """The choices by the candidate's place, best first."""
        return dict(sorted(dict(self.steps).items()))

    @property
    def items(self) -> tuple[Item, ...]:
        """The items in the order they are rendered."""
        return tuple(replace(one.item, tokens=one.cost) for one in (*self.kept, *self.chosen.values()))

    @property
    def gain(self) -> float:
        """What the filling is worth in all."""
        return sum(choice.gain for choice in (*self.kept, *self.chosen.values()))


def pack(
    items: Sequence[Item],
    counter: TokenCounter,
    *,
    k: int,
    max_tokens: int | None = None,
    layout: Layout = TEXT,
    shorten: Shorten = lambda item: (),
    kept: Sequence[tuple[Item, float]] = (),
) -> Packed:
    """Choose what is rendered: by gain per token, whole or shortened, behind what is kept of an earlier context.

    Three fillings are compared, and the one of greatest gain is taken: whole items by rank, one that is too long giving
    way to those behind it; steps up the ladder stub, extract, raw in the order of gain per token (Sinha and Zoltners
    1979, the greedy of the multiple-choice knapsack); and the same behind the one line of greatest gain. Lines of up
    to `FLOOR` tokens all count as that long, for a short text is not better evidence than a somewhat longer one.

    Args:
        items: Ranked items, whole, best first.
        counter: Counts tokens; need not be additive.
        k: At most so many items.
        max_tokens: At most so many tokens for the whole text; None is no bound. Never exceeded.
        layout: How items are written.
        shorten: Gives an item's shorter renderings.
        kept: The lines of an earlier context as items, each with its worth, in their order. As many of the first as
            cost at most a twentieth of the gain stay in front.
    """
    if max_tokens is None and not kept:
        return _unbounded(items, counter, k, layout)
    table = _Table(tuple(items), counter, k, max_tokens, layout, shorten)
    best = _continued(table, kept) if kept else table.settled(table.filled(()))
    text = layout.render(best.items)
    tokens = counter.count(text) if text else 0
    return Packed(best.items, text, tokens, tuple(_left_out(table, best, tokens)))


def _unbounded(items: Sequence[Item], counter: TokenCounter, k: int, layout: Layout) -> Packed:
    """Return the first items whole: without a bound there is nothing to choose."""
    lines = [layout.line(number, item) for number, item in enumerate(items[:k], 1)]
    first = [replace(item, tokens=counter.count(layout.join + line)) for item, line in zip(items, lines, strict=False)]
    text = f"{layout.head}{layout.join.join(lines)}{layout.tail}" if lines else ""
    rest = tuple(Dropped(item.record.id, item.score, f"past the first {k}") for item in items[k:])
    return Packed(tuple(first), text, counter.count(text) if text else 0, rest)


def _continued(table: _Table, kept: Sequence[tuple[Item, float]]) -> Fill:
    """Return the filling that keeps the most of the first lines and is worth nearly what a fresh one is."""
    afresh = table.settled(table.filled(()))
    choices = [Choice(item, table.cost(n, item), gain(item) * worth) for n, (item, worth) in enumerate(kept, 1)]
    for size in range(min(len(choices), table.k), 0, -1):
        there = table.filled(tuple(choices[:size]))
        if there.gain >= _STAY * afresh.gain:
            there = table.settled(there)
            if table.fits(there) and there.gain >= _STAY * afresh.gain:
                return there
    return afresh


def gain(item: Item) -> float:
    """Return what an item is worth whole."""
    return max(item.score, 0.0) ** _STEEP


@dataclass(slots=True)
class _Table:
    """The candidates, their renderings and what each costs, counted once."""

    items: tuple[Item, ...]
    counter: TokenCounter
    k: int
    max_tokens: int | None
    layout: Layout
    shorten: Shorten
    _choices: dict[int, list[Choice]] = field(default_factory=dict)

    def cost(self, number: int, item: Item) -> int:
        return self.counter.count(f"{self.layout.join}{self.layout.line(number, item)}")

    def fits(self, fill: Fill) -> bool:
        if self.max_tokens is None:
            return True
        text = self.layout.render(fill.items)
        return not text or self.counter.count(text) <= self.max_tokens

    def choices(self, spot: int) -> list[Choice]:
        """Return how a candidate can be rendered, from the shortest to the whole."""
        if spot not in self._choices:
            item = self.items[spot]
            ladder = [Choice(item, self.cost(spot + 1, item), gain(item))]
            long = self.max_tokens is not None and ladder[0].cost > FLOOR // 2
            for shorter, worth in self.shorten(item) if long else ():
                cost = self.cost(spot + 1, shorter)
                if cost <= _SAVING * ladder[0].cost:
                    ladder.insert(0, Choice(shorter, cost, gain(item) * worth))
            self._choices[spot] = ladder
        return self._choices[spot]

    def filled(self, kept: tuple[Choice, ...]) -> Fill:
        """Return the best of the fillings behind the lines that are kept."""
        ids = {choice.item.record.id for choice in kept}
        spots = [spot for spot, item in enumerate(self.items) if item.record.id not in ids]
        room = self.k - len(kept)
        if self.max_tokens is None:
            return Fill(tuple((spot, self.choices(spot)[-1]) for spot in spots[:room]), kept)
        left = self.max_tokens - self.counter.count(self.layout.head + self.layout.tail)
        left -= sum(choice.cost for choice in kept)
        whole = [(spot, self.choices(spot)[-1]) for spot in spots]
        plain = Fill(tuple(_taken(whole, room, left)), kept)
        if all(len(self.choices(spot)) == 1 and choice.cost <= FLOOR for spot, choice in whole):
            return plain
        steps = self._steps(spots)
        fitting = [(spot, choice) for spot in spots for choice in self.choices(spot) if choice.cost <= left]
        single = sorted(fitting, key=lambda step: -step[1].gain)[:1]
        ladders = [Fill(tuple(_taken([*first, *steps], room, left)), kept) for first in ([], single)]
        return max([plain, *ladders], key=lambda fill: fill.gain)

    def _steps(self, spots: Sequence[int]) -> list[tuple[int, Choice]]:
        """Return the steps up the ladders by gain per token; then, for the room that is left, by rank."""
        steep: list[tuple[float, int, Choice]] = []
        for spot in spots:
            hull = _hull(self.choices(spot))
            steep += [(_slope(low, high), spot, high) for low, high in zip([None, *hull], hull, strict=False)]
        steep.sort(key=lambda step: -step[0])
        rest = [(spot, choice) for spot in spots for choice in reversed(self.choices(spot))]
        return [*((spot, choice) for _, spot, choice in steep), *rest]

    def settled(self, fill: Fill) -> Fill:
        """Take steps back, the last first, while the whole costs more than the sum of its lines did."""
        while fill.steps and not self.fits(fill):
            fill = replace(fill, steps=fill.steps[:-1])
        return fill


def _taken(steps: Sequence[tuple[int, Choice]], room: int, left: int) -> Iterator[tuple[int, Choice]]:
    """Yield the steps that fit, in order."""
    paid: dict[int, Choice] = {}
    for spot, choice in steps:
        before = paid.get(spot)
        more = choice.cost - (before.cost if before else 0)
        if more <= left and (len(paid) < room if before is None else choice.gain > before.gain):
            left -= more
            paid[spot] = choice
            yield spot, choice


def _hull(choices: Sequence[Choice]) -> list[Choice]:
    """Return the renderings none of which is worth less per token than a mixture of those around it."""
    hull: list[Choice] = []
    for choice in choices:
        while hull and _slope(hull[-1], choice) >= _slope(hull[-2] if len(hull) > 1 else None, hull[-1]):
            hull.pop()
        hull.append(choice)
    return hull


def _slope(low: Choice | None, high: Choice) -> float:
    if low is None:
        return high.gain / max(high.cost, FLOOR)
    more = max(high.cost, FLOOR) - max(low.cost, FLOOR)
    return (high.gain - low.gain) / more if more > 0 else float("inf")


def _left_out(table: _Table, best: Fill, tokens: int) -> Iterator[Dropped]:
    """Say of each candidate that is not there why."""
    there = {item.record.id for item in best.items}
    left = max(0, (table.max_tokens or 0) - tokens)
    for spot, item in enumerate(table.items):
        if item.record.id in there:
            continue
        if len(there) >= table.k:
            reason = f"past the first {table.k}"
        elif (cost := table.choices(spot)[0].cost) > left:
            reason = f"{cost} tokens do not fit in the {left} left"
        else:
            reason = "the whole text would pass the token budget"
        yield Dropped(item.record.id, item.score, reason)
