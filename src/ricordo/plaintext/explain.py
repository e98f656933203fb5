"""Telling why: a recall as a table a person can read. Pure."""

from __future__ import annotations

from ricordo.types import Item, Recall

_WIDEST = 48


def explain(found: Recall) -> str:
    """Return what each arm gave each item, in rows; then what was left out, and why."""
    lines = [f"lane {found.lane}, as of event {found.as_of}; terms: {' '.join(found.terms) or 'none'}"]
    if not found.items:
        lines.append("nothing found")
    for number, item in enumerate(found.items, 1):
        lines.append(f"{number:>3}  {item.score:.3f}  {item.record.id}  {_shortened(item.record.content)}")
        lines += [f"     {text}" for text in reasons(item)]
    for dropped in found.dropped:
        lines.append(f"  -  {dropped.score:.3f}  {dropped.id}  left out: {dropped.reason}")
    return "\n".join(lines)


def reasons(item: Item) -> list[str]:
    """Return an item's reasons, the strongest arm first."""
    arms = sorted(item.why.arms.items(), key=lambda arm: -arm[1].share)
    told = [f"{name} +{arm.share:.3f} (raw {arm.raw:g})" for name, arm in arms]
    return [", ".join(told), *item.why.notes] if told else list(item.why.notes)


def _shortened(text: str) -> str:
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= _WIDEST else f"{flat[: _WIDEST - 1]}…"
