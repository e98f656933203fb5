"""Seeded scenarios of states that are told, changed, corrected and repeated, with what must be live at the end.

A scenario is a few writes about subjects of its own. `stream` merges the writes of all scenarios into one sequence that
keeps the order inside each. Half of them give their slot as arguments, half are plain text made from the sentences of
`revision_templates.py` or `revision_heldout.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType

from benchmarks.revision_maker import Maker, Scenario, Written

from benchmarks import revision_slots as slots
from benchmarks import revision_texts as texts

MAKERS: Mapping[tuple[str, str], Callable[[Maker], Scenario]] = {
    ("later wins", "slot"): slots.later,
    ("later wins", "text"): texts.later,
    ("late arrival", "slot"): slots.late,
    ("late arrival", "text"): texts.late,
    ("equal-rank conflict", "slot"): slots.conflict,
    ("cue phrases", "text"): texts.cue,
    ("what was", "text"): texts.past,
    ("lists", "slot"): slots.listed,
    ("lists", "text"): texts.listed,
    ("negation", "slot"): slots.pair("setting", slots.NEGATED),
    ("negation", "text"): texts.negation,
    ("numbers", "slot"): slots.quantity("count", slots.NUMBERS),
    ("numbers", "text"): texts.quantity("age", "port", "version", "phone"),
    ("dates", "slot"): slots.quantity("deadline", slots.DATES),
    ("dates", "text"): texts.quantity("deadline", "birthday"),
    ("units", "slot"): slots.quantity("size", slots.QUANTITIES),
    ("units", "text"): texts.quantity("height", "weight", "price", "time"),
    ("paraphrase duplicates", "slot"): slots.paraphrase,
    ("paraphrase duplicates", "text"): texts.paraphrase,
    ("look-alike updates", "slot"): slots.pair("target", slots.ALIKE),
    ("look-alike updates", "text"): texts.alike,
    ("unrelated neighbours", "slot"): slots.neighbours,
    ("unrelated neighbours", "text"): texts.neighbours,
    ("no state told", "text"): texts.trap,
    ("weaker derivation", "slot"): slots.weaker,
    ("weaker derivation", "text"): texts.weaker,
    ("user-edited", "slot"): slots.edited,
    ("user-edited", "text"): texts.edited,
}


def scenarios(count: int, seed: int, templates: ModuleType) -> list[Scenario]:
    """Return that many scenarios, every category and form in turn.

    Args:
        count: How many.
        seed: The same seed gives the same scenarios.
        templates: `revision_templates` or `revision_heldout`.
    """
    choose = random.Random(seed)
    maker = Maker(choose, templates)
    kinds = list(MAKERS.items())
    found = []
    for number in range(count):
        (category, form), make = kinds[number % len(kinds)]
        made = make(maker)
        writes = tuple(_referred(write, f"s{number:05}.{spot}") for spot, write in enumerate(made.writes))
        found.append(replace(made, id=f"s{number:05}", category=category, form=form, writes=writes))
    return found


def stream(made: Sequence[Scenario], seed: int) -> Iterator[tuple[Scenario, Written]]:
    """Yield the writes of all scenarios, merged by chance; those of one scenario stay in order."""
    turns = [spot for spot, one in enumerate(made) for _ in one.writes]
    random.Random(seed).shuffle(turns)
    waiting = [iter(one.writes) for one in made]
    for spot in turns:
        yield made[spot], next(waiting[spot])


def _referred(write: Written, ref: str) -> Written:
    return replace(write, fields={**write.fields, "ref": ref})
