"""The colours: every pair that stands together can be told apart, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "src/ricordo/web/static/base.css").read_text(encoding="utf-8")
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
GROUNDS = ("paper", "card", "sunk")
#: Text and what it stands on: 4.5 to 1 (WCAG 2.2, 1.4.3).
TEXTS = [
    *((text, ground) for text in ("ink", "soft", "accent", "good", "warn", "bad") for ground in GROUNDS),
    *((tone, f"{tone}-wash") for tone in ("accent", "good", "warn", "bad")),
    ("on-accent", "accent"),
]
#: Edges of what can be used, and what is drawn: 3 to 1 (1.4.11).
EDGES = [(edge, ground) for edge in ("control", "accent", "bad") for ground in GROUNDS]


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2.

    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return round(0.2126 * red + 0.7152 * green + 0.0722 * blue, 12)


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (EDGES, 3.0)], ids=["texts", "edges"])
def test_the_contrast_is_enough(side: int, pairs: list[tuple[str, str]], least: float) -> None:
    found = {pair: round(contrast(COLOURS[pair[0]][side], COLOURS[pair[1]][side]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


def test_no_colour_stands_outside_the_palette() -> None:
    folder = Path(__file__).parents[2] / "src/ricordo/web/static"
    for name in ("parts.css", "views.css"):
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", (folder / name).read_text(encoding="utf-8")) == []


def test_what_moves_stands_still_where_that_is_asked_for() -> None:
    assert "@media (prefers-reduced-motion: reduce)" in CSS
