"""Draws the two pictures of docs/benchmarks.md from the results that `peers.py` keeps.

    python benchmarks/pictures.py [--results FOLDER] [--pictures FOLDER]

The same results give the same bytes. Needs matplotlib, of the dependency group `peers`.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import RESULTS, read_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = RESULTS.parents[1] / "docs" / "images"
#: Name, colour (of Okabe and Ito's colour-blind-safe palette) and mark of a system.
_LOOKS: dict[str, tuple[str, str, str]] = {
    "ricordo": ("Ricordo", "#56B4E9", "o"),
    "ricordo-minilm": ("Ricordo + MiniLM", "#0072B2", "o"),
    "mem0": ("mem0 + MiniLM", "#E69F00", "s"),
    "langgraph": ("LangGraph InMemoryStore + MiniLM", "#009E73", "^"),
    "chroma": ("Chroma + MiniLM", "#CC79A7", "D"),
    "bm25s": ("bm25s", "#777777", "v"),
}
SET_NAMES = {"locomo": "LoCoMo", "hotpotqa": "HotpotQA", "musique": "MuSiQue"}
_STYLE = {
    "svg.hashsalt": "ricordo",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "figure.facecolor": "white",
}


def draw(results: Path, pictures: Path) -> list[Path]:
    """Draw what there are results of.

    Args:
        results: The folder of results.
        pictures: The folder to draw into.

    Returns:
        The files that were written.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib

    written = []
    plans = (("peers", "recall-by-method", recall), ("peers-growth", "cost-by-records", cost))
    for name, picture, work in plans:
        path = results / f"{name}.json"
        if path.is_file():
            pictures.mkdir(parents=True, exist_ok=True)
            with matplotlib.rc_context(_STYLE):
                work(read_json(path)).savefig(pictures / f"{picture}.svg", metadata={"Date": None, "Creator": None})
            written.append(pictures / f"{picture}.svg")
    return written


def recall(result: Mapping[str, Any]) -> Figure:
    """Return bars: the evidence among the first ten, by data set and system."""
    from matplotlib.figure import Figure

    sets = [name for name in SET_NAMES if name in result["sets"]]
    systems = [name for name in _LOOKS if all(name in result["sets"][one]["systems"] for one in sets)]
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axes = figure.subplots()
    width = 0.86 / max(1, len(systems))
    for place, name in enumerate(systems):
        label, colour, _ = _LOOKS[name]
        rows = [result["sets"][one]["systems"][name] for one in sets]
        heights = [row["recall"]["10"] for row in rows]
        spots = [spot + (place - (len(systems) - 1) / 2) * width for spot in range(len(sets))]
        reach = [
            [height - row["ci95_recall_at_10"][0] for height, row in zip(heights, rows, strict=True)],
            [row["ci95_recall_at_10"][1] - height for height, row in zip(heights, rows, strict=True)],
        ]
        axes.bar(spots, heights, width * 0.92, color=colour, label=label)
        axes.errorbar(spots, heights, yerr=reach, fmt="none", ecolor="#222222", elinewidth=0.8, capsize=2)
        for spot, height in zip(spots, heights, strict=True):
            axes.annotate(f"{height:.3f}".removeprefix("0"), (spot, 0.02), ha="center", fontsize=9, color=ink(colour))
    counts = [result["sets"][one]["systems"][systems[0]]["questions"] for one in sets] if systems else []
    axes.set_xticks(
        range(len(sets)),
        [f"{SET_NAMES[one]}\n{count} questions" for one, count in zip(sets, counts, strict=True)],
    )
    axes.set(ylim=(0, 1), ylabel="share of the evidence among the first 10")
    axes.set_title(
        "Evidence found, by method (bars: mean; lines: 95 % of resampled questions)", loc="left", fontsize=11
    )
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def ink(colour: str) -> str:
    """Return the colour of writing that is read on another.

    >>> ink("#0072B2"), ink("#E69F00")
    ('white', 'black')
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 128 else "white"


def cost(result: Mapping[str, Any]) -> Figure:
    """Return lines: CPU time of a query against the number of records, over all and in a scope of 0.1 %."""
    from matplotlib.figure import Figure

    systems = [name for name in _LOOKS if name in result["systems"]]
    figure = Figure(figsize=(9, 5.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, part, title in zip(
        panels, ("query", "query_in_small_scope"), ("Over all records", "In a scope of 0.1 % of them"), strict=True
    ):
        for name in systems:
            label, colour, mark = _LOOKS[name]
            sizes = [one for one in result["systems"][name]["sizes"] if part in one]
            axes.plot(
                [one["records"] for one in sizes],
                [one[part]["cpu_ms_p50"] for one in sizes],
                color=colour,
                marker=mark,
                linewidth=2,
                label=label.replace(" + MiniLM", ", vectors"),
            )
        axes.margins(x=0.08)
        axes.set(xscale="log", yscale="log", xlabel="records")
        axes.set_title(title, loc="left", fontsize=11)
        axes.grid(which="major")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panels[0].set_ylabel("CPU ms a query, median")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    figure.supxlabel(
        "\n".join(textwrap.wrap(caption(result, systems), 135)), fontsize=8.5, color="#333333", x=0.02, ha="left"
    )
    return figure


def caption(result: Mapping[str, Any], systems: Sequence[str]) -> str:
    """Return what the picture leaves out and why."""
    out = [
        f"{_LOOKS[name][0].replace(' + MiniLM', '')} at {one['records']:,} ({one['left_out']})"
        for name in systems
        for one in result["systems"][name]["sizes"]
        if "left_out" in one
    ]
    told = "Without embedding the query, which costs all the same. k = 10."
    return f"{told} Left out: {'; '.join(out)}." if out else told


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of results")
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="the folder of pictures")
    given = parser.parse_args(argv)
    for path in draw(given.results, given.pictures):
        print(path.name)


if __name__ == "__main__":
    main()
