"""Whether text that comes back is recognised, and whether anything else is taken for it, on LoCoMo conversations.

    python benchmarks/echo.py locomo-dev.json [--calls 300]

Every conversation is retained as it is, all speakers persons: nothing may be lost. Then with the second speaker of each
called "assistant": what is lost is listed, to be read. Then what recall gave is retained again, in every format, as the
assistant's and as the user's: nothing may be added. Then single sentences of the first speaker are said again by the
assistant, lightly edited, and with one number, name or negation changed: of the first all should be recognised, of the
second none. Last, what listening costs: CPU time of the look-up beside that of the whole write.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, percentile, scratch
from benchmarks.datasets import Space, load

from ricordo import Memory, Verdict
from ricordo.config import Settings
from ricordo.plaintext.echo import heard
from ricordo.store.base import Visible
from ricordo.text.sayings import sayings, telling
from ricordo.types import RENDERS

SETTINGS = Settings(lexical="fts5", background=False, embedder="none")
_SHOWN = 40
_ECHO = ("echo", "echo.quoted", "echo.context")


def opened() -> Memory:
    """Return an empty space in memory of the process."""
    return Memory.open(":memory:", embedder=None, settings=SETTINGS)


def items(space: Space, renamed: str | None = None) -> list[dict[str, Any]]:
    """Return a conversation as arguments of `retain`; one speaker may be called otherwise."""
    found = [dict(document.item) for document in space.documents]
    return [{**one, "speaker": "assistant"} if renamed and one.get("speaker") == renamed else one for one in found]


def speakers(space: Space) -> list[str]:
    """Return who speaks, in order of the first word."""
    return list(dict.fromkeys(str(document.item["speaker"]) for document in space.documents))


def lost(verdicts: list[Verdict], given: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the turns that were taken for an echo, each with what it is said to repeat."""
    return [
        {"turn": one["content"], "speaker": one["speaker"], "repeats": verdict.record.content, "rule": verdict.rule}
        for verdict, one in zip(verdicts, given, strict=True)
        if verdict.rule in _ECHO
    ]


def taken(spaces: list[Space], which: int | None) -> dict[str, Any]:
    """Retain every conversation; with `which`, that speaker of each called "assistant"."""
    found, turns = [], 0
    for space in spaces:
        with opened() as memory:
            given = items(space, None if which is None else speakers(space)[which])
            turns += len(given)
            found += lost(memory.retain_many(given), given)
    return {"turns": turns, "taken_for_an_echo": len(found), "of": found[:_SHOWN]}


def pasted(spaces: list[Space], calls: int) -> dict[str, Any]:
    """Recall, and retain what came in every format, as the assistant's, the user's and nobody's; count additions."""
    counts: Counter[str] = Counter()
    examples: list[str] = []
    for space in spaces:
        with opened() as memory:
            memory.retain_many(items(space))
            before = memory.stats().versions
            for number, question in enumerate(space.questions[: calls // len(spaces)]):
                render, budget = RENDERS[number % len(RENDERS)], (None, 1500)[number // 4 % 2]
                context = memory.recall(question.text, render=render, max_tokens=budget).text
                for speaker in ("assistant", speakers(space)[0], None):
                    verdict = memory.retain(context, speaker=speaker)
                    counts["retained" if verdict.rule not in _ECHO else "recognised"] += 1
                    if verdict.rule not in _ECHO:
                        examples.append(verdict.record.content[:500])
            counts["versions added"] += memory.stats().versions - before
    return {**counts, "of": examples[:5]}


_EDITS: dict[str, Callable[[str], str]] = {
    "you": lambda form: f'You told me: "{form}"',
    "case": lambda form: form.upper(),
    "opener": lambda form: f"As you mentioned earlier, {form}!",
    "filler": lambda form: f"Well, {form} ...",
}
_CHANGES: dict[str, Callable[[str], str]] = {
    "number": lambda form: re.sub(r"\d+", lambda digits: str(int(digits.group()) + 1), form),
    "negation": lambda form: f"It is not true that {form}",
    "word": lambda form: f"{form} in Reykjavik",
}


def edited(spaces: list[Space], calls: int) -> dict[str, Any]:
    """Let the assistant say sentences of the first speaker again, edited and changed; count what is recognised."""
    counts: Counter[str] = Counter()
    missed: list[str] = []
    draw = random.Random(7)
    for space in spaces:
        first = speakers(space)[0]
        with opened() as memory:
            given = items(space)
            memory.retain_many(given)
            every = [
                one["content"][saying.span[0] : saying.span[1]].strip()
                for one in given
                if one["speaker"] == first
                for saying in sayings(one["content"])
                if telling(saying.forms[0])
            ]
            said = list(dict.fromkeys(every))
            for sentence in draw.sample(said, min(len(said), calls // len(spaces))):
                bare = sentence.rstrip(".! ")
                texts = {f"edit {name}": edit(bare) for name, edit in _EDITS.items()}
                texts |= {f"change {name}": change(bare) for name, change in _CHANGES.items()}
                for name, text in texts.items():
                    if name.startswith("change") and text == bare:
                        continue
                    verdict = memory.retain(text, speaker="assistant", session=f"{name} {sentence}"[:400])
                    counts[f"{name}: {'recognised' if verdict.rule in _ECHO else 'kept'}"] += 1
                    if name.startswith("edit") and verdict.rule not in _ECHO:
                        missed.append(text)
                    if verdict.rule not in _ECHO:
                        memory.forget(verdict.record.id)
    return {**dict(sorted(counts.items())), "missed": missed[:_SHOWN]}


def cost(spaces: list[Space]) -> dict[str, float]:
    """Time the look-up of turns as the assistant's, in a space on disk that holds them all; CPU milliseconds."""
    spent: list[float] = []
    with scratch() as folder, Memory.open(folder / "space", embedder=None, settings=SETTINGS) as memory:
        for space in spaces:
            memory.retain_many(items(space))
        engine = memory._engine
        everything = Visible(scopes=None, now=engine.now())
        for space in spaces:
            drafts = [memory._draft(**{**one, "speaker": "assistant"}) for one in items(space)[:200]]
            told = [memory._prepared(draft, engine.now()).heard for draft in drafts]
            with engine.store.read() as snapshot:
                for one in told:
                    if one is not None:
                        begin = time.process_time()
                        heard(snapshot, one, everything)
                        spent.append(1000 * (time.process_time() - begin))
    p50, p95 = (round(percentile(spent, share), 3) for share in (0.5, 0.95))
    return {"look_ups": len(spent), "cpu_ms_p50": p50, "cpu_ms_p95": p95}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--calls", type=int, default=300, help="recalls, and sentences, in all")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    spaces = load("locomo", given.data)
    result = {
        "benchmark": "echo",
        "command": command(sys.argv),
        "machine": machine(),
        "persons": taken(spaces, None),
        "second_is_the_assistant": taken(spaces, 1),
        "first_is_the_assistant": taken(spaces, 0),
        "pasted": pasted(spaces, given.calls),
        "said_again": edited(spaces, given.calls),
        "cost": cost(spaces),
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if given.out is not None:  # what is kept holds no word of the conversations: their licence forbids it
        emit(without_words(result), given.out)


def without_words(part: Any) -> Any:
    """Return a result without the sentences it shows."""
    if isinstance(part, dict):
        return {name: without_words(value) for name, value in part.items() if name not in ("of", "missed")}
    return part


if __name__ == "__main__":
    main()
