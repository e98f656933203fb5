"""What of the evidence stands in a rendered context, what of a context stays from turn to turn, and is a budget kept.

    python benchmarks/context.py locomo PATH [--embedder none|auto|FOLDER] [--tokens 500 1000 2000]
    python benchmarks/context.py documents PATH [--embedder none|auto|FOLDER] [--tokens 500 1000 2000]
    python benchmarks/context.py budgets [--contexts 10000]

`locomo`: a piece of evidence counts where its whole text can be read back from the context, under its own ref. Then the
context goes on: through the questions of a conversation in their order, and through its turns, each asked before it is
remembered; once with `after`, once without. Stable is the share of a context's tokens that are, byte for byte, the
beginning of the context before. `documents` takes HotpotQA's questions: the ten passages of a question are one long
record, and the sentences that support the answer are looked for in the context; beside it whole records by rank.
`budgets` packs generated records with token counters of every sort, and counts the contexts that cost too much.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, read_json, scratch, summary, timed
from benchmarks.datasets import APART, Question, Space, load
from benchmarks.recall import embedder_named

from ricordo import Memory, Recall
from ricordo.plaintext.budget import pack
from ricordo.plaintext.extract import shorter
from ricordo.plaintext.render import LAYOUTS
from ricordo.providers import Embedder
from ricordo.testing import a_record
from ricordo.text import EstimatedTokens, Tokeniser
from ricordo.types import Item, TokenCounter, Why

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_COUNTER = EstimatedTokens()
_MOST = 100


def read_back(text: str) -> list[tuple[str, list[str]]]:
    r"""Return each line of a context with the strings that are quoted in it.

    >>> read_back('[1] 2026-05-03 Ada: "say \\"hi\\"" (D3:7)')
    [('[1] 2026-05-03 Ada: "say \\"hi\\"" (D3:7)', ['say "hi"'])]
    """
    return [(line, [json.loads(part) for part in _STRING.findall(line)]) for line in text.split("\n")]


def inside(found: Recall, wanted: Iterable[tuple[str, str]]) -> float:
    """Return the share of (ref, text) pairs that stand in a context whole."""
    lines, pairs = read_back(found.text), list(wanted)
    there = [any(f"({ref})" in line and text in strings for line, strings in lines) for ref, text in pairs]
    return sum(there) / len(there)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return round(sum(values) / len(values), 4) if values else 0.0


# -- evidence in a context


def locomo(spaces: Sequence[Space], embedder: Embedder | None, budgets: Sequence[int]) -> dict[str, Any]:
    """Return the share of the evidence in contexts of each size, and what going on costs and keeps."""
    rows: dict[int, list[tuple[float, Recall, Any]]] = {budget: [] for budget in budgets}
    at_10: list[float] = []
    walks: dict[str, list[dict[str, float]]] = {"questions": [], "turns": []}
    for space in spaces:
        texts = {document.ref: document.item["content"] for document in space.documents}
        asked = [question for question in space.questions if question.group != APART]
        with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
            memory.retain_many([document.item for document in space.documents if document.item["content"]])
            memory.embed() if embedder is not None else None
            for question in asked:
                wanted = [(ref, texts[ref]) for ref in question.evidence]
                refs = {ref for item in memory.recall(question.text, k=10) for ref in item.record.refs}
                at_10.append(len(question.evidence & refs) / len(question.evidence))
                for budget in budgets:
                    found, spent = timed(partial(memory.recall, question.text, max_tokens=budget))
                    rows[budget].append((inside(found, wanted), found, spent))
            walks["questions"] += _through_questions(memory, asked, texts)
        walks["turns"] += _through_turns(space, embedder)
    return {
        "questions": len(at_10),
        "recall_at_10": mean(at_10),
        "budgets": {str(budget): _row(found) for budget, found in rows.items()},
        "going_on": {name: _walk(steps) for name, steps in walks.items()},
    }


def _row(found: Sequence[tuple[float, Recall, Any]]) -> dict[str, Any]:
    rungs = Counter(item.rung for _, one, _ in found for item in one.items)
    return {
        "evidence": mean([share for share, _, _ in found]),
        "items": mean([len(one) for _, one, _ in found]),
        "tokens": mean([one.tokens for _, one, _ in found]),
        "rungs": dict(rungs),
        "query": summary([spent for _, _, spent in found]),
    }


def _through_questions(memory: Memory, asked: Sequence[Question], texts: dict[str, str]) -> list[dict[str, float]]:
    steps: list[dict[str, float]] = []
    going = apart = None
    for question in asked:
        wanted = [(ref, texts[ref]) for ref in question.evidence]
        going, apart, step = _step(memory, question.text, going, apart)
        steps.append({**step, "evidence_after": inside(going, wanted), "evidence_apart": inside(apart, wanted)})
    return steps


def _through_turns(space: Space, embedder: Embedder | None) -> list[dict[str, float]]:
    steps: list[dict[str, float]] = []
    going = apart = None
    with Memory.open(":memory:", embedder=embedder) as memory:
        for document in space.documents:
            if not document.item["content"]:
                continue
            going, apart, step = _step(memory, document.item["content"], going, apart)
            memory.retain(**document.item)
            steps.append(step)
    return steps


def _step(
    memory: Memory, query: str, going: Recall | None, apart: Recall | None, budget: int = 1000
) -> tuple[Recall, Recall, dict[str, float]]:
    """Ask once with the context before and once without, and compare each with the one before it."""
    now, alone = memory.recall(query, max_tokens=budget, after=going), memory.recall(query, max_tokens=budget)
    common = os.path.commonprefix([alone.text, apart.text if apart else ""])  # noqa: RUF071 - of texts, not of paths
    shares = {
        "stable_after": now.stable_tokens / max(now.tokens, 1),
        "stable_apart": _COUNTER.count(common) / max(alone.tokens, 1),
    }
    return now, alone, shares


def _walk(steps: Sequence[dict[str, float]]) -> dict[str, Any]:
    return {"steps": len(steps), **{name: mean([step[name] for step in steps]) for name in steps[0]}}


# -- long documents


def documents(path: Path, embedder: Embedder | None, budgets: Sequence[int]) -> dict[str, Any]:
    """Return the share of supporting sentences in contexts from long records, with the ladder and without."""
    questions = read_json(path)
    shares: dict[str, list[float]] = {f"{way} {budget}": [] for budget in budgets for way in ("ladder", "whole")}
    rungs: Counter[str] = Counter()
    with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
        long = ["\n\n".join(f"{title}\n{''.join(parts)}" for title, parts in one["context"]) for one in questions]
        memory.retain_many([{"content": text, "kind": "artifact", "ref": f"r{i}"} for i, text in enumerate(long)])
        memory.embed() if embedder is not None else None
        for one in questions:
            told = dict(one["context"])
            wanted = [told[t][n].strip() for t, n in one["supporting_facts"] if t in told and n < len(told[t])]
            whole = memory.recall(one["question"], k=_MOST).items
            for budget in budgets:
                found = memory.recall(one["question"], max_tokens=budget)
                rungs.update(f"{item.rung} {budget}" for item in found)
                plain = pack(whole, _COUNTER, k=_MOST, max_tokens=budget).text
                shares[f"ladder {budget}"].append(_sentences(found.text, wanted))
                shares[f"whole {budget}"].append(_sentences(plain, wanted))
    return {
        "questions": len(questions),
        "characters_each": round(sum(map(len, long)) / len(long)),
        "sentences": {name: mean(values) for name, values in shares.items()},
        "rungs": dict(sorted(rungs.items())),
    }


def _sentences(text: str, wanted: Sequence[str]) -> float:
    told = "\n".join(part for _, strings in read_back(text) for part in strings)
    return sum(sentence in told for sentence in wanted) / max(len(wanted), 1)


# -- budgets


class Characters:
    """One token a character."""

    def count(self, text: str) -> int:
        """Return the length."""
        return len(text)


class Squared:
    """The whole costs far more than its parts."""

    def count(self, text: str) -> int:
        """Return a number that grows with the square of the length."""
        return len(text) ** 2 // 400


class Capped:
    """The whole costs far less than its parts."""

    def count(self, text: str) -> int:
        """Return a number that stops growing."""
        return min(len(text) // 3, 150) + 7


class Erratic:
    """A shorter text may cost more."""

    def count(self, text: str) -> int:
        """Return a number that depends on everything."""
        return (len(text) * 7919 + ord(text[-1]) * 104729 if text else 0) % 1500


def budgets(contexts: int, seed: int = 3) -> dict[str, Any]:
    """Return how many of the generated contexts cost more than their budget."""
    choose, tokeniser = random.Random(seed), Tokeniser()
    counters: list[TokenCounter] = [EstimatedTokens(), Characters(), Squared(), Capped(), Erratic()]
    sizes = (2, 8, 40, 300)
    words = 'lemon harbour the ferry Lisbon. Why? ça 東京に `x` " … \n </memory> ]} \u202e \nassistant: x{y}'.split(" ")
    over, empty, rungs = 0, 0, Counter[str]()
    before: tuple[Item, ...] = ()
    for number in range(contexts):
        texts = [" ".join(choose.choices(words, k=choose.choice(sizes))) for _ in range(choose.randint(1, 12))]
        scores = sorted((choose.random() for _ in texts), reverse=True)
        items = [
            Item(a_record(id=f"{number % 3}-{i}", content=text), score, Why({}), text)
            for i, (text, score) in enumerate(zip(texts, scores, strict=True))
        ]
        counter, budget = choose.choice(counters), choose.randint(1, 1500)
        packed = pack(
            items, counter, k=choose.choice((3, 100)), max_tokens=budget, layout=LAYOUTS[choose.choice(list(LAYOUTS))],
            shorten=lambda item: shorter(item, ("lemon", "ferri"), tokeniser.index_terms),
            kept=[(item, 0.6) for item in before] if choose.random() < 0.5 else (),
        )  # fmt: skip
        before = packed.items
        over += bool(packed.text) and counter.count(packed.text) > budget
        empty += not packed.text
        rungs.update(item.rung for item in packed.items)
    return {"contexts": contexts, "over_budget": over, "empty": empty, "rungs": dict(sorted(rungs.items()))}


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("locomo", "documents", "budgets"))
    parser.add_argument("path", type=Path, nargs="?", help="the file of questions")
    parser.add_argument("--embedder", default="none", help="none, auto, or the folder of a MiniLM copy")
    parser.add_argument("--tokens", type=int, nargs="+", default=[500, 1000, 2000], help="token budgets")
    parser.add_argument("--contexts", type=int, default=10_000, help="how many are packed by budgets")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    if given.path is None and given.part != "budgets":
        parser.error(f"{given.part} needs the file of questions")
    embedder = embedder_named(given.embedder)
    if given.part == "budgets":
        body = budgets(given.contexts)
    elif given.part == "locomo":
        body = locomo(load("locomo", given.path), embedder, given.tokens)
    else:
        body = documents(given.path, embedder, given.tokens)
    result = {
        "benchmark": "context",
        "part": given.part,
        "command": command(["context.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "profile": f"lexical + {embedder.model_id}" if embedder else "lexical",
        **body,
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
