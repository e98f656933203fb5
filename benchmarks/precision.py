"""Whether the inject lane brings exactly what belongs beside a turn: exact-set cases in PrecisionMemBench's shape.

    python benchmarks/precision.py --beliefs PATH --cases PATH [--sessions PATH] [--distractors N]

A belief becomes a record of its scope; superseded and resolved ones are retained and forgotten; those of another user
go to a space of their own. A case is asked with exactly its scopes. Pinned records that are no questions count as
`pinnedFacts`, questions as `openQuestions`, the rest as `relevantBeliefs`; the persona prelude is what an empty turn
injects in `user:universal`. `shouldOnlyInclude` demands the exact set.

`--sessions` takes a JSON list of sessions, each {"turns": [case, ...]} or a bare list of cases; a session or a turn may
bring `beliefs` of its own, retained before it is asked; one that is known already is changed. One store is kept through
all of them. `--distractors` adds N invented beliefs to the scopes of the real ones, as `distractors.py` makes them:
they share words of the real names and aliases, lie a letter beside what is asked, turn down what is nearly asked for,
and were once what is asked for; no case means one of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import Spent, command, emit, machine, read_json, scratch, summary, timed
from benchmarks.distractors import distractors

from ricordo import Memory
from ricordo.types import Recall

Belief = Mapping[str, Any]
Case = Mapping[str, Any]
KINDS = {
    "preference": "preference",
    "decision": "decision",
    "entity": "fact",
    "relation": "relationship",
    "open_question": "question",
}
PERSONA = "user:universal"
_TOKENS = 5000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went: what was wrong, one sentence each, and what the inject took."""

    id: str
    category: str
    faults: tuple[str, ...]
    spent: Spent


class Store:
    """Beliefs as records: one space a user, by the first user that is met."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spaces: dict[str, Memory] = {}
        self._ids: dict[str, str] = {}
        self._held: dict[tuple[str, str], str] = {}

    def add(self, beliefs: Iterable[Belief]) -> None:
        """Retain beliefs; those with participants last, so that their links have targets."""
        for belief in sorted(beliefs, key=lambda one: bool(one.get("participants"))):
            for scope in belief["scope"]:
                self._add(belief, scope)

    def fill(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Retain generated records."""
        self.memory.retain_many(items)

    @property
    def memory(self) -> Memory:
        """The space of the user who is asked for: the one of the first belief."""
        return next(iter(self._spaces.values()))

    def close(self) -> None:
        """Close every space."""
        for memory in self._spaces.values():
            memory.close()

    def _add(self, belief: Belief, scope: str) -> None:
        memory = self._space(str(belief.get("user_id", "user")))
        links = [("about", self._ids[one]) for one in belief.get("participants") or () if one in self._ids]
        searched = belief.get("subtype") != "expertise"  # it sets the tone of answers; no turn asks for it by name
        fields: dict[str, Any] = {
            "kind": KINDS[belief["type"]],
            "name": belief["canonical_name"] if searched else None,
            "aliases": belief.get("aliases") or None if searched else None,
            "why": belief.get("why_it_matters"),
            "pinned": belief.get("pinned") or None,
            "links": links or None,
            "metadata": {"subtype": belief["subtype"]} if belief.get("subtype") else None,
        }
        known = self._held.get((belief["_id"], scope))
        if known is not None:
            memory.update(known, content=belief["content"], **fields)
        else:
            inferred = "inferred" if belief.get("epistemic_status") == "inferred" else None
            at, ref = belief.get("created_at"), belief["_id"]
            verdict = memory.retain(belief["content"], scope=scope, ref=ref, at=at, derivation=inferred, **fields)
            known = self._held[ref, scope] = verdict.record.id
        if reason := _retired(belief):
            memory.forget(known, reason=reason)
        else:
            self._ids[belief["_id"]] = known

    def _space(self, user: str) -> Memory:
        if user not in self._spaces:
            self._spaces[user] = Memory.open(self._folder / f"user-{len(self._spaces)}", embedder=None)
        return self._spaces[user]


def _retired(belief: Belief) -> str | None:
    if belief.get("epistemic_status") == "superseded":
        return f"superseded by {belief.get('superseded_by')}"
    return "resolved" if belief.get("resolved_at") else None


def judge(memory: Memory, case: Case) -> Outcome:
    """Put a case to the inject lane."""
    bound = (case.get("budget") or {}).get("maxBeliefs")
    extra = {"k": bound} if bound else {}
    found, spent = timed(lambda: memory.inject(case["query"], scope=list(case["scope"]), max_tokens=_TOKENS, **extra))
    parts = partition(found)
    faults: list[str] = []
    for name, expected in case["expect"].items():
        if name == "personaPrelude":
            faults += _persona(memory.inject("", scope=[PERSONA], max_tokens=_TOKENS).text, expected)
        elif name in parts:
            faults += [f"{name}: {fault}" for fault in _compare(parts[name], expected)]
        else:
            faults.append(f"{name}: this benchmark has no such part")
    return Outcome(str(case["caseId"]), str(case.get("category", "")), tuple(faults), spent)


def partition(found: Recall) -> dict[str, list[str]]:
    """Return the refs of what was injected, in order, by part."""
    parts: dict[str, list[str]] = {"pinnedFacts": [], "openQuestions": [], "relevantBeliefs": []}
    for item in found.items:
        record = item.record
        part = "openQuestions" if record.kind == "question" else "pinnedFacts" if record.pinned else "relevantBeliefs"
        parts[part].append(record.ref or record.id)
    return parts


def _compare(got: Sequence[str], expected: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in expected.items():
        if name == "shouldOnlyInclude" and set(got) != set(wanted):
            yield f"expected exactly {sorted(wanted)}, got {sorted(got)}"
        elif name == "mustInclude" and not set(wanted) <= set(got):
            yield f"lacks {sorted(set(wanted) - set(got))}, got {sorted(got)}"
        elif name == "mustExclude" and set(wanted) & set(got):
            yield f"holds {sorted(set(wanted) & set(got))}, got {sorted(got)}"
        elif name == "orderedBefore":
            yield from _order(got, wanted)
        elif name not in ("shouldOnlyInclude", "mustInclude", "mustExclude"):
            yield f"this benchmark has no check {name}"


def _order(got: Sequence[str], wanted: Any) -> Iterator[str]:
    """Check [[first, later], ...], or one such pair, or {"first": ..., "second": ...}."""
    values = list(wanted.values()) if isinstance(wanted, Mapping) else wanted
    for first, later in [values] if values and isinstance(values[0], str) else values:
        if first not in got or later not in got or got.index(first) > got.index(later):
            yield f"expected {first} before {later}, got {list(got)}"


def _persona(text: str, expected: Mapping[str, Any]) -> Iterator[str]:
    if "nonEmpty" in expected and bool(text) != expected["nonEmpty"]:
        yield f"personaPrelude: expected {'some' if expected['nonEmpty'] else 'no'} text, got {text[:80]!r}"
    for part in expected.get("contains", ()):
        if part.lower() not in text.lower():
            yield f"personaPrelude: lacks {part!r}"


def sessions_of(written: Any) -> Iterator[tuple[Sequence[Belief], Case]]:
    """Yield (beliefs that came since, case) of every turn of every session."""
    for session in written:
        turns = session["turns"] if isinstance(session, Mapping) else session
        since = list(session.get("beliefs", ())) if isinstance(session, Mapping) else []
        for turn in turns:
            yield [*since, *turn.get("beliefs", ())], turn
            since = []


def run(beliefs: Sequence[Belief], turns: Sequence[tuple[Sequence[Belief], Case]], extra: int, seed: int) -> Any:
    """Retain the beliefs and the distractors, put every case, and return (outcomes, records)."""
    queries = [case["query"] for _, case in turns]
    with scratch() as folder:
        store = Store(folder)
        try:
            store.add(beliefs)
            store.fill(distractors(beliefs, queries, extra, seed))
            outcomes = []
            for since, case in turns:
                store.add(since)
                outcomes.append(judge(store.memory, case))
            return outcomes, store.memory.stats().records
        finally:
            store.close()


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beliefs", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--sessions", type=Path)
    parser.add_argument("--distractors", type=int, default=0, help="how many")
    parser.add_argument("--seed", type=int, default=7, help="another makes other data")
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    given = parser.parse_args(argv)
    turns: list[tuple[Sequence[Belief], Case]] = [((), case) for case in read_json(given.cases)]
    if given.sessions:
        turns += sessions_of(read_json(given.sessions))
    outcomes, records = run(read_json(given.beliefs), turns, given.distractors, given.seed)
    result = {
        "benchmark": "precision",
        "command": command(["precision.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "distractors": given.distractors,
        "records": records,
        "passed": sum(not one.faults for one in outcomes),
        "total": len(outcomes),
        "inject": summary([one.spent for one in outcomes]),
        "failed": [{"case": one.id, "category": one.category, "faults": one.faults} for one in outcomes if one.faults],
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
