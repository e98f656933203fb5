"""Hard bounds on what is live: the one place where a write makes room, in the transaction that would exceed them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from ricordo.config import Settings
from ricordo.errors import BoundError
from ricordo.store.base import Transaction, Write
from ricordo.store.order import NOTHING, PINNED, less, more, sum_of
from ricordo.store.sizes import Totals, Weak

#: Records that one event retires at most.
MOST_TARGETS = 1_000
#: What is bounded, as `Totals` names it.
MEASURES = ("records", "bytes", "tokens")
_NO_BOUNDS = ""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound: the setting that set it, what it counts, how much of that may be live."""

    name: str
    measure: str
    most: int

    def over(self, totals: Totals) -> bool:
        """Tell whether so much is too much."""
        return bool(getattr(totals, self.measure) > self.most)

    def pinned_over(self, totals: Totals) -> bool:
        """Tell whether what is pinned is too much by itself."""
        return bool(getattr(totals, f"pinned_{self.measure}") > self.most)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of the space, and those of each scope; without any, nothing is bounded."""

    space: tuple[Bound, ...] = ()
    scope: tuple[Bound, ...] = ()

    @property
    def told(self) -> str:
        """The bounds as one text, to tell whether a space stands under them."""
        return " ".join(f"{bound.name}={bound.most}" for bound in (*self.space, *self.scope))

    @property
    def named(self) -> dict[str, int]:
        """The bounds by the name of their setting."""
        return {bound.name: bound.most for bound in (*self.space, *self.scope)}


def bounds_of(settings: Settings) -> Bounds:
    """Return the bounds that settings set; 0 sets none."""

    def set_by(prefix: str) -> tuple[Bound, ...]:
        named = [(f"{prefix}max_{measure}", measure) for measure in MEASURES]
        return tuple(Bound(name, measure, most) for name, measure in named if (most := getattr(settings, name)))

    return Bounds(set_by(""), set_by("scope_"))


def within(bounds: Bounds, now: Callable[[], datetime], work: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
    """Return work that keeps the bounds: every transaction that may make records live, or larger, is run like this.

    Args:
        bounds: What must hold afterwards.
        now: Tells the present moment.
        work: What the transaction does.
    """

    def bounded(transaction: Transaction) -> T:
        result = work(transaction)
        enforce(transaction, bounds, now() if bounds.told else _EPOCH)
        return result

    return bounded


def enforce(transaction: Transaction, bounds: Bounds, now: datetime) -> list[int]:
    """Make room for what a transaction has written; the last thing it does. Return the events of the evictions.

    Who goes first: what has expired; then the lowest salience (`store.order`) among all that is neither pinned nor
    edited by a person; then what was edited. What the last event of the transaction made live, or larger, stays. What
    is pinned stays too: a write that only fits without it is refused. Only where bounds were set lower than what was
    pinned before do pinned records go, as few as will do.

    A space that was written without these bounds is brought within them by the first write that has them.

    Args:
        transaction: The work is done; this is before it is committed.
        bounds: What must hold afterwards.
        now: When the evictions are recorded, and what saliences are compared at.

    Raises:
        BoundError: A record is larger than a bound, or what was written does not fit beside what is pinned.
    """
    before = transaction.bounded()
    if not bounds.told:
        if before and transaction.changed():
            transaction.bind(_NO_BOUNDS)
        return []
    everywhere = before != bounds.told
    if everywhere:
        transaction.bind(bounds.told)
    elif not transaction.changed():
        return []
    room = _Room(transaction, now, _newest(transaction))
    room.check(bounds)
    if bounds.scope:
        for scope in sorted(transaction.counts(None)["scope"] if everywhere else transaction.changed()):
            room.make(scope, bounds.scope)
    room.make(None, bounds.space)
    return room.evict()


def _newest(transaction: Transaction) -> frozenset[str]:
    """Return the records that the last event which made any live, or larger, did it to."""
    grown = transaction.grown()
    last = max((part.seq for part in grown.values()), default=0)
    return frozenset(id for id, part in grown.items() if part.seq == last)


@dataclass(slots=True)
class _Room:
    """The evictions of one transaction: first all are chosen, then all are written."""

    transaction: Transaction
    now: datetime
    kept: Collection[str]
    chosen: dict[str, tuple[Weak, Bound]] = field(default_factory=dict)
    gone: dict[str | None, Totals] = field(default_factory=dict)

    def check(self, bounds: Bounds) -> None:
        """Refuse a record that is larger by itself than a bound."""
        for part in self.transaction.grown().values():
            for bound in (*bounds.scope, *bounds.space):
                if bound.over(part.size):
                    size = getattr(part.size, bound.measure)
                    raise BoundError(
                        bound.name,
                        f"at most {bound.most} {bound.measure} may be live; one record has {size}: "
                        "split it, or raise the bound",
                    )

    def make(self, scope: str | None, bounds: Sequence[Bound]) -> None:
        """Choose what must go so that the totals of a scope, or of the space, keep their bounds."""
        totals = self._totals(scope)
        if not any(bound.over(totals) for bound in bounds):
            return
        self._check_pins(scope, bounds)
        for weak in self._candidates(scope):
            over = [bound for bound in bounds if bound.over(totals)]
            if weak.tier == PINNED:
                over = [bound for bound in over if bound.pinned_over(totals)]
            if not over:
                break
            self.chosen[weak.id] = (weak, over[0])
            for name in (weak.scope, None):
                self.gone[name] = more(self.gone.get(name, NOTHING), weak.size)
            totals = less(totals, weak.size)
        for bound in bounds:
            if bound.over(totals):
                raise BoundError(
                    bound.name,
                    f"at most {bound.most} {bound.measure} may be live{_within(scope)}, and what is written does not "
                    "fit beside what is pinned: unpin something, write less at once, or raise the bound",
                )

    def evict(self) -> list[int]:
        """Archive what was chosen, one event for each thousand. Return the events."""
        writes = [
            Write(
                weak.id,
                set={"status": "archived"},
                rule=f"bound.{bound.name}",
                reason=f"made room: at most {bound.most} {bound.measure} may be live",
            )
            for weak, bound in self.chosen.values()
        ]
        batches = [writes[start : start + MOST_TARGETS] for start in range(0, len(writes), MOST_TARGETS)]
        return [self.transaction.append("evict", batch, self.now).seq for batch in batches]

    def _candidates(self, scope: str | None) -> Iterator[Weak]:
        return (
            weak
            for weak in self.transaction.weakest(scope, self.now)
            if weak.id not in self.kept and weak.id not in self.chosen
        )

    def _totals(self, scope: str | None) -> Totals:
        """Return what is live without what was chosen already."""
        totals = self.transaction.totals(None if scope is None else (scope,))
        return less(totals, self.gone.get(scope, NOTHING))

    def _check_pins(self, scope: str | None, bounds: Sequence[Bound]) -> None:
        """Refuse what pins more than a bound leaves room for."""
        totals = self._totals(scope)
        added = self._added(scope, self.transaction.changed())
        for bound in bounds:
            if bound.pinned_over(totals) and getattr(added, f"pinned_{bound.measure}") > 0:
                raise BoundError(
                    bound.name,
                    f"at most {bound.most} {bound.measure} may be live{_within(scope)}, and what is pinned would be "
                    "more by itself: unpin something, or raise the bound",
                )

    @staticmethod
    def _added(scope: str | None, changes: Mapping[str, Totals]) -> Totals:
        if scope is not None:
            return changes.get(scope, NOTHING)
        return sum_of(changes.values())


def _within(scope: str | None) -> str:
    return "" if scope is None else " in one scope"
