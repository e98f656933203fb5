"""What keeping states true adds to a write, in a space that is large already.

    python benchmarks/revise.py [--size 100000] [--writes 1000]

A space of `--size` records of a made-up corpus, and one slot with a long past; then durable single writes in turn: a
text that tells a state while texts are read for states, the same text of another subject while they are not, and an
explicit write to the slot with the long past. What the first costs above the second is what finding the states,
looking up their slots, deciding and writing the derived records adds. No embedder.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, percentile, scratch, summary, timed
from benchmarks.corpus import Corpus

from ricordo import Memory
from ricordo.config import Settings

SETTINGS = Settings(lexical="fts5", background=False)
_CHUNK = 5000
_SAID = (
    "I moved to {city} and work at {firm} now.",
    "I no longer work at {firm}.",
    "My favourite colour is {colour}.",
    "Thanks, that was a lovely evening with all of you.",
)
_CITIES = ("Lisbon", "Porto", "Ghent", "Oslo", "Turin", "Graz")
_FIRMS = ("Brightwater", "Kestrel Labs", "Nordlys", "Quarrybank")
_COLOURS = ("blue", "dark green", "red", "ochre")


def measure(size: int, writes: int, past: int) -> dict[str, Any]:
    """Return what single writes cost with and without states, in milliseconds."""
    with scratch() as folder:
        reading = Memory.open(folder / "space", embedder=None, settings=SETTINGS)
        plain = Memory.open(folder / "space", embedder=None, settings=replace(SETTINGS, read_states=False))
        with reading, plain:
            items = Corpus().items(size)
            for start in range(0, size, _CHUNK):
                plain.retain_many(items[start : start + _CHUNK], scope="corpus")
            for day in range(past):
                _mood(plain, day)
            spent: dict[str, list[Spent]] = {"read": [], "unread": [], "long slot": []}
            for number in range(writes):
                text = _text(number)
                at = f"2026-05-{number % 28 + 1:02}T10:00Z"
                speaker = f"Ada {number % 50}"
                spent["read"].append(timed(lambda: reading.retain(text, speaker=speaker, scope="a", at=at))[1])  # noqa: B023
                spent["unread"].append(timed(lambda: plain.retain(text, speaker=speaker, scope="b", at=at))[1])  # noqa: B023
                spent["long slot"].append(timed(lambda: _mood(plain, past + number))[1])  # noqa: B023
        extra = [1000 * (one.cpu - other.cpu) for one, other in zip(spent["read"], spent["unread"], strict=True)]
        told = {name: summary(times) for name, times in spent.items()}
        return {**told, "added_cpu_ms_p50": round(percentile(extra, 0.5), 3), "past_states": past}


def _text(number: int) -> str:
    parts = (itertools.cycle(part) for part in (_CITIES, _FIRMS, _COLOURS))
    city, firm, colour = (next(itertools.islice(part, number % 7, None)) for part in parts)
    return _SAID[number % len(_SAID)].format(city=city, firm=firm, colour=colour)


def _mood(memory: Memory, day: int) -> None:
    at = f"{1700 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T10:00Z"
    level = f"{day % 97} cm"
    said = f"The river stands at {level}."
    memory.retain(said, scope="a", at=at, subject="the river", attribute="level", value=level)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="records before the first measured write")
    parser.add_argument("--writes", type=int, default=1000, help="measured writes of each sort")
    parser.add_argument("--past", type=int, default=2000, help="states that the long slot has had")
    parser.add_argument("--out", type=Path, help="also write the result to this file")
    given = parser.parse_args()
    figures = measure(given.size, given.writes, given.past)
    told = {"benchmark": "revise", "command": command(sys.argv), "machine": machine(), "size": given.size, **figures}
    emit(told, given.out)


if __name__ == "__main__":
    main()
