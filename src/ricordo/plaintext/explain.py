"""Telling why: a recall as a table a person can read. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ricordo.types import Dropped, Item, Recall

WIDTH = 100
_MOST_LEFT_OUT = 5
_NARROWEST = 5


def explain(found: Recall, width: int = WIDTH) -> str:
    """Return what each arm gave each item, in columns; then what was left out, and why.

    Args:
        found: What `recall` or `inject` returned.
        width: The columns there are to write in.
    """
    table = _table(found, width) if found.items else ["nothing fits" if found.dropped else "nothing found"]
    return "\n".join([*_head(found, width), "", *table, *_left_out(found.dropped, width)])


def _head(found: Recall, width: int) -> list[str]:
    """Return what was asked, what narrowed it, and what came of the budget."""
    filters = "; ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in found.filters.items())
    lines = [
        f"{found.lane} lane, as of event {found.as_of}; terms: {' '.join(found.terms) or 'none'}",
        f"in force: {filters or 'no filter'}",
    ]
    rungs = Counter(item.rung for item in found.items)
    parts = ", ".join(f"{number} {rung}" for rung, number in rungs.items())
    bound = f" of {found.max_tokens}" if found.max_tokens is not None else ""
    same = f", the first {found.stable_tokens} as in the context before" if found.stable_tokens else ""
    if found.probes:
        lines.append(f"asked further: {'; '.join(found.probes)}")
    if found.uncovered and found.lane == "answer":
        lines.append(f"in no item: {' '.join(found.uncovered)}")
    if found.degraded:
        lines.append(f"without a model: {found.degraded}")
    lines.append(f"{found.tokens}{bound} tokens{same}; items: {parts or 'none'}")
    return [part for line in lines for part in textwrap.wrap(_flat(line), width, subsequent_indent="  ")]


def _table(found: Recall, width: int) -> list[str]:
    """Return a row of shares for each item, and below it what it is and why else it came."""
    arms = _columns(found, width)
    sizes = {name: max(len(name), _NARROWEST) for name in arms}
    heads = "".join(f"  {name:>{sizes[name]}}" for name in arms)
    lines = [f" #   score{heads}  rung     tokens"]
    if any(name in found.weights for name in arms):
        weights = "".join(f"  {_weight(found.weights, name):>{sizes[name]}}" for name in arms)
        lines.append(f"  weight {weights}".rstrip())
    for number, item in enumerate(found.items, 1):
        shares = "".join(f"  {_share(item, name):>{sizes[name]}}" for name in arms)
        lines.append(f"{number:>2}  {item.score:6.3f}{shares}  {item.rung:<7}  {item.tokens:>6}")
        lines += _beneath(item, arms, width)
    return lines


def _columns(found: Recall, width: int) -> list[str]:
    """Return the arms that some item has, in the order of the weights; where room is short those that gave most."""
    given: dict[str, float] = {}
    for item in found.items:
        for name, arm in item.why.arms.items():
            given[name] = given.get(name, 0.0) + abs(arm.share)
    room, kept = width - len(" #   score  rung     tokens"), set()
    for name in sorted(given, key=lambda name: -given[name]):
        room -= max(len(name), _NARROWEST) + 2
        if room >= 0:
            kept.add(name)
    return [name for name in dict.fromkeys([*found.weights, *given]) if name in kept]


def _beneath(item: Item, arms: Sequence[str], width: int) -> list[str]:
    """Return an item's id, ref and first words; the shares that found no column, notes, and raw scores that tell."""
    record = item.record
    ref = f"  [{_flat(record.ref)}]" if record.ref else ""
    who = f"  {_flat(record.speaker)}" if record.speaker else ""
    head = f"    {record.said_at.date().isoformat()}  {record.id}{ref}{who}: "
    raw = [f"{name} {arm.raw:.3g}" for name, arm in item.why.arms.items() if arm.raw not in (0.0, 1.0)]
    other = [f"{name} {arm.share:+.3f}" for name, arm in item.why.arms.items() if name not in arms]
    standing = item.standing
    since = f" since {standing.since.date().isoformat()}" if standing.since else ""
    state = f"{standing.state}{since}: {standing.reason}" if standing.reason else ""
    against = f"contradicted by {item.why.against}" if item.why.against else ""
    notes = [f"found by asking “{item.why.probe}”"] if item.why.probe else []
    notes += [
        state,
        against,
        *item.why.notes,
        f"also: {', '.join(other)}" if other else "",
        f"raw: {', '.join(raw)}" if raw else "",
    ]
    told = "; ".join(note for note in map(_flat, notes) if note)
    return [_short(f"{head}{_flat(item.text)}", width), *_wrapped(told, width)]


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in as many lines as it takes, indented."""
    return textwrap.wrap(text, width, initial_indent=" " * 4, subsequent_indent=" " * 6, break_on_hyphens=False)


def _left_out(dropped: Sequence[Dropped], width: int) -> list[str]:
    """Return the best that were left out, with the reason, and how many more there are."""
    if not dropped:
        return []
    lines = [_short(f" -  {one.score:6.3f}  {one.id}  {_flat(one.reason)}", width) for one in dropped[:_MOST_LEFT_OUT]]
    rest = len(dropped) - len(lines)
    return ["", "left out:", *lines, *([f" -  and {rest} more"] if rest else [])]


def _weight(weights: Mapping[str, float], name: str) -> str:
    return f"{weights[name]:g}" if name in weights else ""


def _share(item: Item, name: str) -> str:
    arm = item.why.arms.get(name)
    return f"{arm.share:.3f}" if arm else ""


def _told(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_told, value)) or "none"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return _flat(str(value))


def _flat(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
