"""What becomes of near-duplicates: a stream in which three of ten facts say again, a little otherwise, what is known.

    python benchmarks/duplicates.py [--records N] [--failures N]

Near-duplicates are edits that a person or an agent makes: case, punctuation, fillers, openers, contractions, articles,
the order of a part that may stand in front, British and American spelling, two of them at once, and slots whose value
is spelled otherwise. One in ten is a trap: a fact that differs from another one in a number, a negation, a name, a
direction, the tense, a date, a unit or a small word, and must stay beside it. One in twenty is an event or a remark
said twice, of which both must stay. Everything else is new.

After the stream, and after `consolidate` where a memory has it: the share of near-duplicates that are still live
records of their own, records that hold evidence of different facts, facts that are gone, and events that were merged.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, scratch, summary, timed
from benchmarks.revision import everything, is_live
from benchmarks.revision_maker import BEGIN, DAYS, NOW, as_sentence
from benchmarks.revision_values import Names

from ricordo import Memory
from ricordo.testing import FixedClock
from ricordo.types import EVENT_KINDS, RECALLABLE, Record, Verdict

DUPLICATES, TRAPS, EVENTS = 0.30, 0.10, 0.05
_SLOTS = 0.15
_KINDS = ("fact", "fact", "fact", "preference", "instruction", "decision", "learning")
_NOUNS = "archive gateway garden workshop ledger pantry boiler library harbour printer kitchen shuttle".split()
_DAYS = "Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays".split()
_MONTHS = "January February March April May June July August September October November December".split()
_PLACES = "cellar attic lobby yard depot vault".split()
_PEOPLE = "Maria Mario Anna Hanna Martin Martina Paul Paula Jon John Lena Lina".split()
#: What is said of a thing. "~" is where a filler may stand; a part behind "|" may also stand in front.
_PREDICATES = (
    "does not ~ accept visitors without a badge| on {day}",
    "is ~ painted in the same colour as the {place} of {name}",
    "is not ~ open before {hour}:30| on {day}",
    "keeps {number} copies of each file for {count} days",
    "moves boxes from the {place} to the {other}| on {day}",
    "was ~ rebuilt on {count} {month} 2025",
    "is checked by {person}| after each storm",
    "costs {number} euros a month",
    "can not be used while {person} is in the {place}",
    "must be cleaned| before each inspection",
    "takes all its power from the {place} of {name}",
    "is the neighbour of the {place} of {name}",
    "holds at most {number} litres",
    "has its own catalogue in the {place}",
    "is organised by {person} and {name}",
    "did not ~ pass the test of {count} {month} 2025",
    "will not ~ run| in {month}",
    "needs {number} kg of salt| every winter",
    "is in the centre of the {place}",
    "always locks the {place}| at {hour}:15",
)
_OPENERS = ("By the way, ", "Well, ", "So, ", "Just so you know, ", "FYI, ", "Note that ", "Please note that ", "Oh, ")
_FILLERS = ("really", "actually", "basically")
_CONTRACTED = (
    ("does not", "doesn't"),
    ("is not", "isn't"),
    ("can not", "can't"),
    ("can not", "cannot"),
    ("did not", "didn't"),
    ("will not", "won't"),
)
_SPELLED = (
    ("colour", "color"),
    ("neighbour", "neighbor"),
    ("organised", "organized"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("litres", "liters"),
)
_TRAP_WORDS = (
    ("before", "after"),
    ("after", "before"),
    ("at most", "at least"),
    ("always", "never"),
    ("must be", "may be"),
    ("all its", "some of its"),
    ("euros", "dollars"),
    ("kg", "g"),
    ("days", "weeks"),
    ("was", "is"),
    ("is checked", "was checked"),
    ("without", "with"),
    ("while", "unless"),
)
_NEGATED = (
    (" is not ", " is "),
    (" does not accept", " accepts"),
    (" can not ", " can "),
    (" did not pass", " passed"),
    (" is ", " is not "),
)
#: Attribute, value, spellings of the same, another value.
_VALUES = (
    ("weight", "{n} kg", ("{n} kilograms", "{n}kg", "{n} KG"), "{n} g"),
    ("price", "{n} euros", ("€{n}", "{n} EUR", "{n} Euros."), "{n} dollars"),
    ("opens_at", "{h}:00", ("{h}:00 ", "{h}:00."), "{h}:30"),
    ("deadline", "{d} March 2027", ("2027-03-{d}", "March {d}, 2027"), "{d} May 2027"),
    ("owner", "{name} Lang", ("{name} lang", '"{name} Lang"', "{name} Lang."), "{name} Long"),
    ("colour", "dark {c}", ("Dark {c}", "the dark {c}", "dark {c}!"), "light {c}"),
    ("size", "{n}.5 km", ("{n}500 m", "{n}.50 km"), "{n}.5 miles"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One write.

    Args:
        fields: Arguments of `retain`; the ref begins with the meaning.
        meaning: Equal for two writes that say the same.
        sort: "new", "duplicate", "trap" or "event".
        edit: The name of the edit.
        origin: The meaning of what it was made from; its own where it is new.
    """

    fields: Mapping[str, Any]
    meaning: str
    sort: str
    edit: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence in its parts: subject, predicate with a place for a filler, a part that may stand in front."""

    subject: str
    predicate: str
    tail: str

    def text(self, filler: str = "", front: bool = False) -> str:
        """Return the sentence."""
        predicate = re.sub(r" ?~", f" {filler}" if filler else "", self.predicate)
        if front and self.tail:
            return as_sentence(f"{self.tail.strip()}, {self.subject} {predicate}.")
        return as_sentence(f"{self.subject} {predicate}{self.tail}.")


def said(count: int, seed: int) -> list[Said]:
    """Return a stream of writes; what repeats or resembles another comes after it.

    Args:
        count: How many.
        seed: The same seed gives the same stream.
    """
    maker = _Maker(random.Random(seed))
    many = {"duplicate": int(count * DUPLICATES), "trap": int(count * TRAPS), "event": int(count * EVENTS)}
    many["event"] -= many["event"] % 2
    new = count - sum(many.values())
    made = [maker.new(spot) for spot in range(new)]
    follow = [maker.again(made) for _ in range(many["duplicate"])] + [maker.trap(made, n) for n in range(many["trap"])]
    events = [write for pair in range(many["event"] // 2) for write in maker.twice(pair)]
    return maker.merged(made, follow, events)


class _Maker:
    """Makes the writes of a stream."""

    def __init__(self, choose: random.Random) -> None:
        self.choose = choose
        self.names = Names(choose)
        self._facts: dict[str, Fact] = {}
        self._slots: dict[str, tuple[str, str, str, tuple[str, ...], str]] = {}
        self._repeated: set[str] = set()
        self._trapped: set[str] = set()

    def new(self, spot: int) -> Said:
        """Return something that nothing else says: a sentence, or a slot."""
        meaning = f"m{spot:05}"
        if self.choose.random() < _SLOTS:
            return self._new_slot(meaning)
        predicate, _, tail = self.choose.choice(_PREDICATES).partition("|")
        filled = self._filled()
        subject = f"the {self.choose.choice(_NOUNS)} of {self.names.word()}"
        fact = self._facts[meaning] = Fact(subject, predicate.format(**filled), tail.format(**filled))
        return self._said(fact.text(), meaning, "new", kind=self.choose.choice(_KINDS))

    def again(self, made: Sequence[Said]) -> Said:
        """Return a near-duplicate of one of these."""
        first = self.choose.choice(made)
        self._repeated.add(first.meaning)
        if first.meaning in self._slots:
            subject, attribute, _, same, _ = self._slots[first.meaning]
            return self._slot(subject, attribute, self.choose.choice(same), first.meaning, "duplicate", "slot")
        fact, text = self._facts[first.meaning], ""
        while text in ("", first.fields["content"]):
            names = self.choose.sample(sorted(_EDITS), self.choose.choice((1, 1, 2)))
            text = self._edited(fact, names)
        return self._said(text, first.meaning, "duplicate", "+".join(sorted(names)), kind=first.fields["kind"])

    def trap(self, made: Sequence[Said], number: int) -> Said:
        """Return what looks like one of these and says something else."""
        meaning = f"t{number:05}"
        while True:
            first = self.choose.choice(made)
            if first.meaning in self._slots:
                if first.meaning in self._repeated:  # another value would part those that say the same
                    continue
                self._repeated.add(first.meaning)
                subject, attribute, _, _, other = self._slots[first.meaning]
                return self._slot(subject, attribute, other, meaning, "trap", "slot", first=first.meaning)
            name = self.choose.choice(sorted(_ALTERED))
            text = first.fields["content"]
            altered = _ALTERED[name](text, self.choose)
            if altered != text and altered not in self._trapped:
                self._trapped.add(altered)
                return self._said(altered, meaning, "trap", name, kind=first.fields["kind"], first=first.meaning)

    def twice(self, pair: int) -> tuple[Said, Said]:
        """Return an event, or a remark, and the same of another day."""
        text = self.choose.choice(("Ran {} km along the {}.", "Paid {} euros at the {}.", "Spent {} hours in the {}."))
        text = text.format(self.choose.randint(2, 30), f"{self.names.word()} {self.choose.choice(_PLACES)}")
        by: dict[str, Any] = {"kind": "event"} if pair % 2 else {"speaker": self.names.person()}
        one, two = (self._said(text, f"e{pair:05}.{spot}", "event", **by) for spot in "ab")
        return one, two

    def merged(self, made: Sequence[Said], follow: Sequence[Said], events: Sequence[Said]) -> list[Said]:
        """Return all in one sequence: what follows another write stands behind it."""
        spots = {write.meaning: self.choose.random() for write in made}
        placed = [(spots[write.meaning], write) for write in made]
        for write in follow:
            begin = spots[write.origin]
            placed.append((begin + (1 - begin) * self.choose.random(), write))
        placed += [(self.choose.random(), write) for write in events]
        placed.sort(key=lambda one: one[0])
        step = timedelta(days=DAYS) / len(placed)
        ordered = [write for _, write in placed]
        return [self._dated(write, (BEGIN + step * spot).isoformat(), spot) for spot, write in enumerate(ordered)]

    def _dated(self, write: Said, at: str, spot: int) -> Said:
        return replace(write, fields={**write.fields, "at": at, "ref": f"{write.meaning}.{spot}"})

    def _said(self, text: str, meaning: str, sort: str, edit: str = "", *, first: str = "", **fields: Any) -> Said:
        return Said({"content": text, **fields}, meaning, sort, edit, first or meaning)

    def _new_slot(self, meaning: str) -> Said:
        attribute, value, same, other = self.choose.choice(_VALUES)
        filled: dict[str, Any] = {
            "n": self.choose.randint(2, 9),
            "h": self.choose.randint(10, 19),
            "d": self.choose.randint(10, 28),
        }
        filled |= {"name": self.choose.choice(_PEOPLE), "c": self.choose.choice(("red", "green", "blue"))}
        value, other, *same_filled = (one.format(**filled) for one in (value, other, *same))
        subject = self.names.word()
        self._slots[meaning] = (subject, attribute, value, tuple(same_filled), other)
        return self._slot(subject, attribute, value, meaning, "new")

    def _slot(
        self, subject: str, attribute: str, value: str, meaning: str, sort: str, edit: str = "", *, first: str = ""
    ) -> Said:
        content = f"{subject}: {attribute.replace('_', ' ')} {value}"
        named = {"subject": subject, "attribute": attribute, "value": value}
        return self._said(content, meaning, sort, edit, first=first, **named)

    def _edited(self, fact: Fact, names: Sequence[str]) -> str:
        filler = self.choose.choice(_FILLERS) if "filler" in names else ""
        text = fact.text(filler, front="order" in names)
        for name in sorted(names, key=_ORDER.index):
            text = _EDITS[name](text, self.choose)
        return text

    def _filled(self) -> dict[str, Any]:
        place, other = self.choose.sample(_PLACES, 2)
        return {
            "day": self.choose.choice(_DAYS),
            "month": self.choose.choice(_MONTHS),
            "place": place,
            "other": other,
            "person": self.choose.choice(_PEOPLE),
            "name": self.names.word(),
            "number": self.choose.randint(2, 99),
            "count": self.choose.randint(2, 28),
            "hour": self.choose.randint(7, 19),
        }


def _first_of(pairs: Iterable[tuple[str, str]], text: str, choose: random.Random) -> str:
    """Return the text with one of the pairs put into effect, or as it is where none fits."""
    fitting = [pair for pair in pairs if re.search(rf"\b{re.escape(pair[0])}\b", text)]
    if not fitting:
        return text
    old, new = choose.choice(fitting)
    return re.sub(rf"\b{re.escape(old)}\b", new, text, count=1)


def _article(text: str, choose: random.Random) -> str:
    """Leave one article out that is not the first word."""
    spots = [found.span() for found in re.finditer(r"(?<=\w )(?:the|a) ", text)]
    if not spots:
        return text
    begin, end = choose.choice(spots)
    return text[:begin] + text[end:]


def _opener(text: str, choose: random.Random) -> str:
    small = text[:1].lower() + text[1:] if re.match(r"(?:The|On|In|Every|After|Before|At)\b", text) else text
    return choose.choice(_OPENERS) + small


_EDITS: Mapping[str, Callable[[str, random.Random], str]] = {
    "case": lambda text, choose: choose.choice((text.lower(), text.upper(), text[:1].lower() + text[1:])),
    "punctuation": lambda text, choose: text.rstrip(".") + choose.choice(("", "!", "...", " .")),
    "filler": lambda text, choose: text,  # put in where the sentence is made
    "order": lambda text, choose: text,
    "opener": _opener,
    "contraction": lambda text, choose: _first_of(_CONTRACTED, text, choose),
    "spelling": lambda text, choose: _first_of(_SPELLED, text, choose),
    "article": _article,
}
#: Whole texts are changed last, so that every edit finds its words.
_ORDER = ("filler", "order", "contraction", "spelling", "article", "opener", "punctuation", "case")


def _number(text: str, choose: random.Random) -> str:
    return re.sub(r"\b\d+\b(?!:)", lambda found: str(int(found.group()) + choose.choice((1, 10))), text, count=1)


def _negated(text: str, choose: random.Random) -> str:
    for old, new in (
        (" is not ", " is "),
        (" does not accept", " accepts"),
        (" can not ", " can "),
        (" is ", " is not "),
    ):
        if old in text:
            return text.replace(old, new, 1)
    return text


def _turned(text: str, choose: random.Random) -> str:
    """Swap what stands behind "from the" and "to the"."""
    return re.sub(r"from the (\w+) to the (\w+)", r"from the \2 to the \1", text)


def _other(words: Sequence[str]) -> Callable[[str, random.Random], str]:
    """Return what puts another of these words in the place of one of them."""

    def change(text: str, choose: random.Random) -> str:
        present = [word for word in words if re.search(rf"\b{word}\b", text)]
        if not present:
            return text
        old = choose.choice(present)
        return re.sub(rf"\b{old}\b", choose.choice([word for word in words if word != old]), text, count=1)

    return change


_ALTERED: Mapping[str, Callable[[str, random.Random], str]] = {
    "number": _number,
    "negation": _negated,
    "person": _other(_PEOPLE),
    "direction": _turned,
    "date": _other(_MONTHS),
    "day": _other(_DAYS),
    "place": _other(_PLACES),
    "thing": _other(_NOUNS),
    "word": lambda text, choose: _first_of(_TRAP_WORDS, text, choose),
}


def run(count: int, seed: int) -> dict[str, Any]:
    """Write the stream into one space on disk, and say what became of it."""
    stream = said(count, seed)
    with scratch() as folder, Memory.open(folder / "space", embedder=None, clock=FixedClock(NOW)) as memory:
        verdicts, spent = [], []
        for write in stream:
            verdict, took = timed(partial(memory.retain, **write.fields))
            verdicts.append(verdict)
            spent.append(took)
        before = _left(stream, list(everything(memory)))
        consolidate = getattr(memory, "consolidate", None)
        if consolidate is not None:
            consolidate()
        records = list(everything(memory))
        return {**_figures(stream, verdicts, records, spent), "left_before_consolidation": len(before)}


def _figures(
    stream: Sequence[Said], verdicts: Sequence[Verdict], records: Sequence[Record], spent: Sequence[Spent]
) -> dict[str, Any]:
    left, wrong = _left(stream, records), [*wrongly(stream, verdicts, records)]
    duplicates = sum(write.sort == "duplicate" for write in stream)
    edits = Counter(write.edit for write in left)
    return {
        "writes": len(stream),
        "duplicates": duplicates,
        "left": len(left),
        "left_share": round(len(left) / max(duplicates, 1), 4),
        "taken_for_updates": _updates(stream, verdicts),
        "wrongly_merged": len(wrong),
        "events_merged": _events_lost(stream, records),
        "retain": summary(spent),
        "left_by_edit": dict(edits.most_common()),
        "failed": [*wrong, *(f"left ({write.edit}): {write.fields['content']}" for write in left)],
    }


def _left(stream: Sequence[Said], records: Iterable[Record]) -> list[Said]:
    """Return the near-duplicates that are live records of their own, beside one that says the same."""
    by_meaning: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if is_live(record):
            for meaning in {_meaning(ref) for ref in record.refs}:
                by_meaning[meaning].append(record)
    of_ref = {write.fields["ref"]: write for write in stream}
    spare = (record for live in by_meaning.values() for record in live[1:])
    return [of_ref[record.refs[0]] for record in spare if record.refs]


def wrongly(stream: Sequence[Said], verdicts: Sequence[Verdict], records: Iterable[Record]) -> Iterator[str]:
    """Yield the records that hold evidence of different facts, and the facts that no live record holds any more."""
    held = list(records)
    of_id = {record.id: record for record in held}
    origins = {write.meaning: write.origin for write in stream}
    kept: set[str] = set()
    for record in held:
        meanings = {_meaning(ref) for ref in record.refs}
        if len(meanings) > 1 and not any(link.type == "derived_from" for link in record.links):
            yield f"merged: {record.content} is evidence of {sorted(record.refs)}"
        if is_live(record) or _changed(record, of_id, origins):
            kept |= meanings
    for write, verdict in zip(stream, verdicts, strict=True):
        if write.sort in ("new", "trap") and verdict.action == "reinforced":
            yield f"merged ({write.edit}): {write.fields['content']} with {verdict.record.content}"
        elif write.sort in ("new", "trap") and write.meaning not in kept:
            yield f"gone: {write.fields['content']}"


def _changed(record: Record, of_id: Mapping[str, Record], origins: Mapping[str, str]) -> bool:
    """Tell whether a record was superseded by what was made from it, or from the same: another value of its slot."""
    after = of_id.get(record.superseded_by or "")
    if after is None:
        return False
    before, later = ({origins.get(_meaning(ref)) for ref in one.refs} for one in (record, after))
    return before == later


def _updates(stream: Sequence[Said], verdicts: Sequence[Verdict]) -> int:
    """Return how many near-duplicates superseded what they repeat: one live record, but a change that never was."""
    pairs = zip(stream, verdicts, strict=True)
    return sum(write.sort == "duplicate" and verdict.action == "superseded" for write, verdict in pairs)


def _events_lost(stream: Sequence[Said], records: Iterable[Record]) -> int:
    kept = sum(one.kind in EVENT_KINDS and one.status in RECALLABLE and one.subject is None for one in records)
    return sum(write.sort == "event" for write in stream) - kept


def _meaning(ref: str) -> str:
    return ref.rpartition(".")[0]


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000, help="how many writes")
    parser.add_argument("--failures", type=int, default=20, help="how many faults to list")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    result = run(given.records, given.seed)
    failed = result.pop("failed")
    line = command(["duplicates.py", *(sys.argv[1:] if argv is None else argv)])
    head = {"benchmark": "duplicates", "command": line, "machine": machine()}
    emit({**head, **result, "failed": failed[: given.failures]}, given.out)


if __name__ == "__main__":
    main()
