"""What consolidation saves and costs, and whether anything is lost while others write.

    python benchmarks/consolidate.py locomo PATH [--embedder none|auto|FOLDER] [--tokens 1500]
    python benchmarks/consolidate.py writers [--writers 8] [--seconds 20]

`locomo`: the same questions before and after. A piece of evidence counts where its whole text stands in the context,
in a record that has its ref: a summary counts for what it renders, not for what it cites. `writers`: processes add,
change, repeat and retire records of sessions and slots while another consolidates again and again. Afterwards every
acknowledged write is looked for in the log; every record must be live, archived and cited, or retired by an event of
its own; the set before a region must be the set after it but for the region; some regions are undone; the log is
replayed.
"""

from __future__ import annotations

import argparse
import json
import random
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import command, emit, machine, scratch, timed
from benchmarks.context import mean, read_back
from benchmarks.datasets import APART, Space, load
from benchmarks.recall import embedder_named

from ricordo import Memory, Recall, Record
from ricordo.errors import RicordoError
from ricordo.plaintext.cascade import newest
from ricordo.providers import Embedder
from ricordo.store.base import Write
from ricordo.text import EstimatedTokens

_COUNTER = EstimatedTokens()
_READY = "ready"


# -- evidence in a context, before and after


def rendered(found: Recall, wanted: Sequence[tuple[str, str]]) -> list[bool]:
    """Return for each (ref, text) whether the whole text stands in the context, in a record with that ref."""
    strings = [strings for _, strings in read_back(found.text)]
    there = [item for item in found.items if any(item.text in quoted for quoted in strings)]
    return [any(ref in item.record.refs and text in item.text for item in there) for ref, text in wanted]


def locomo(spaces: Sequence[Space], embedder: Embedder | None, tokens: int) -> dict[str, Any]:
    """Return how large the active set is, and how much evidence contexts hold, before and after."""
    before, after = _Side(), _Side()
    regions = 0
    spent = 0.0
    for space in spaces:
        with scratch() as folder, Memory.open(folder / "space", embedder=embedder) as memory:
            memory.retain_many([document.item for document in space.documents if document.item["content"]])
            before.ask(memory, space, tokens)
            done, took = timed(memory.consolidate)
            regions, spent = regions + len(done.events), spent + took.cpu
            again = memory.consolidate()
            assert done.done, "nothing was written meanwhile"
            assert not again.regions, "a second run must find nothing left"
            after.ask(memory, space, tokens)
            assert memory.verify().ok
    return {
        "tokens": tokens,
        "regions": regions,
        "cpu_ms_per_region": round(1000 * spent / max(regions, 1), 2),
        "before": before.report(),
        "after": after.report(),
        "records_saved": round(1 - after.records / before.records, 4),
    }


class _Side:
    """One side of the comparison."""

    def __init__(self) -> None:
        self.records = self.tokens = 0
        self.shares: list[float] = []
        self.whole: list[bool] = []

    def ask(self, memory: Memory, space: Space, tokens: int) -> None:
        """Count the active set, and put every question."""
        memory.embed()
        live = everything(memory)
        self.records += len(live)
        self.tokens += sum(_COUNTER.count(record.content) for record in live)
        texts = {document.ref: document.item["content"] for document in space.documents}
        for question in space.questions:
            if question.group != APART:
                wanted = [(ref, texts[ref]) for ref in sorted(question.evidence)]
                there = rendered(memory.recall(question.text, max_tokens=tokens), wanted)
                self.shares.append(sum(there) / len(there))
                self.whole.append(all(there))

    def report(self) -> dict[str, Any]:
        """Return the figures of this side."""
        return {
            "records": self.records,
            "content_tokens": self.tokens,
            "questions": len(self.shares),
            "evidence": mean(self.shares),
            "questions_with_all": mean(self.whole),
        }


def everything(memory: Memory, **narrow: Any) -> list[Record]:
    """Return all records, page by page."""
    found: list[Record] = []
    cursor = None
    while True:
        page = memory.list(limit=1000, cursor=cursor, **narrow)
        found += page.records
        if (cursor := page.cursor) is None:
            return found


# -- among writers


_SAID = (
    "I moved my workshop number {n} to the harbour in Porto last week.",
    "Great!",
    "Thanks, that's so kind of you.",
    "Are you coming?",
    "We counted {n} lanterns along the river, and Clara photographed each of them.",
    "Sure, why not!",
)


def write(place: Path, label: str, seconds: float) -> None:
    """Write all sorts until the time is up; print what was acknowledged, as (event, record, what)."""
    choose = random.Random(label)
    done: list[tuple[int, str, str]] = []
    own: list[str] = []
    refused = 0
    with Memory.open(place, embedder=None) as memory:
        print(_READY, flush=True)
        sys.stdin.readline()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                done.append(_one(memory, label, len(done), choose, own))
            except RicordoError:  # its record was forgotten, or every part of the event has changed
                refused += 1
    print(json.dumps({"acknowledged": done, "refused": refused}))


def _one(memory: Memory, label: str, number: int, choose: random.Random, own: list[str]) -> tuple[int, str, str]:
    """Do one write and return what it was acknowledged with."""
    what = choose.choices(("turn", "state", "same", "update", "forget", "undo"), (60, 10, 10, 10, 5, 5))[0]
    place: dict[str, Any] = {"scope": f"s{number % 3}", "ref": f"{label}/{number}"}
    if what in ("update", "forget", "undo") and own:
        id = choose.choice(own)
        if what == "update":
            return memory.update(id, metadata={"number": number}, reason=label).event, id, what
        if what == "forget":
            own.remove(id)
            events = memory.forget(id, reason=label).events
            return events[0] if events else memory.get(id).event, id, what
        return memory.undo(memory.get(id).event).event, id, what
    if what == "same":
        verdict = memory.retain(f"The lantern feast {choose.randrange(9)} is in June.", **place)
    elif what == "state":
        city = choose.choice(("Porto", "Faro", "Lisbon"))
        slot: dict[str, Any] = {"subject": f"Ada {choose.randrange(5)}", "attribute": "lives_in", "value": city}
        verdict = memory.retain(f"Ada moved to {city}.", **slot, **place)
    else:
        text = choose.choice(_SAID).format(n=number)
        verdict = memory.retain(text, speaker=label, session=f"{label}/{number // 12}", **place)
    own.append(verdict.record.id)
    return verdict.event, verdict.record.id, what


def consolidating(place: Path) -> None:
    """Consolidate again and again until a line comes in; print the regions."""
    regions: list[Any] = []
    runs = 0
    with Memory.open(place, embedder=None) as memory:
        print(_READY, flush=True)
        sys.stdin.readline()
        while not select.select([sys.stdin], [], [], 0)[0]:
            done = memory.consolidate(limit=50)
            regions += [[one.strategy, one.event, one.by, one.replaced, one.skipped] for one in done.regions]
            runs += 1
    print(json.dumps({"regions": regions, "runs": runs}))


def writers(count: int, seconds: float) -> dict[str, Any]:
    """Let writers and a consolidator run at once, then check everything."""
    with scratch() as folder:
        place = folder / "space"
        with Memory.open(place, embedder=None) as memory:
            seeded = _seed(memory)
        tasks = {f"w{spot}": _start("--write", str(place), f"w{spot}", str(seconds)) for spot in range(count)}
        other = _start("--consolidate", str(place))
        for child in (*tasks.values(), other):
            assert child.stdout is not None
            child.stdout.readline()
        for child in (*tasks.values(), other):
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        said = {label: json.loads(child.communicate()[0]) for label, child in tasks.items()}
        told = json.loads(other.communicate("stop\n")[0])
        with Memory.open(place, embedder=None) as memory:
            return {"writers": count, "seconds": seconds, "seeded": seeded, **_checked(memory, said, told)}


def _seed(memory: Memory, count: int = 300) -> int:
    """Write states that say the same under ids of their own, as spaces of before may hold them."""
    items = [{"content": f"Placeholder {spot}.", "ref": f"seed/{spot}", "scope": "s0"} for spot in range(count)]
    ids = [verdict.record.id for verdict in memory.retain_many(items)]

    def work(transaction: Any) -> None:
        for spot, id in enumerate(ids):
            patch = {"content": f"The bridge {spot % 60} is closed on Sundays{'.!'[spot % 2]}"}
            transaction.append("update", [Write(id, set=patch)], datetime.now(UTC))

    memory._engine.write(work)
    return count


def _start(*words: str) -> subprocess.Popen[str]:
    script = [sys.executable, str(Path(__file__).resolve()), *words]
    return subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _checked(memory: Memory, said: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    regions = [region for region in told["regions"] if region[1] is not None]
    skipped = [region for region in told["regions"] if region[4] is not None]
    acknowledged = [tuple(one) for parts in said.values() for one in parts["acknowledged"]]
    store = memory._engine.store
    with store.read() as snapshot:
        log = {event.seq: event for event in snapshot.events()}
        absent = sum(id not in {target.id for target in log[seq].targets} for seq, id, _ in acknowledged)
        ids = {target.id for event in log.values() for target in event.targets}
        lost = sum(not _kept(snapshot, id) for id in ids)
        before = list(snapshot.dump())
    sample = random.Random(3).sample(regions, min(20, len(regions)))
    exact = sum(_exact(memory, region) for region in sample)
    verified = memory.verify()
    store.reindex()
    with store.read() as snapshot:
        same = before == list(snapshot.dump())
    undone = [_undone(memory, region) for region in sample]
    return {
        "acknowledged": len(acknowledged),
        "not_in_the_log": absent,
        "refused": sum(parts["refused"] for parts in said.values()),
        "runs": told["runs"],
        "regions": {name: sum(one[0] == name for one in regions) for name in ("near_duplicates", "exchanges")},
        "skipped": len(skipped),
        "records": len(ids),
        "lost": lost,
        "past_exact": f"{exact} of {len(sample)}",
        "undone": f"{undone.count('back')} of {len(undone)}, {undone.count('reported')} had changed and were reported",
        "replay_equal": same,
        "verified": verified.ok,
        "verified_after_undo": memory.verify().ok,
    }


def _kept(snapshot: Any, id: str) -> bool:
    """Tell whether a record is live, archived and cited, or retired by an event of its own."""
    row = newest(snapshot, id)
    if row is None:
        return False
    if row.record.status == "archived":
        by = newest(snapshot, row.record.superseded_by or "")
        return by is not None and id in by.record.supersedes
    retired = row.record.status == "retracted" and any(one.op in ("forget", "undo") for one in snapshot.changes(id))
    return row.record.status in ("active", "superseded") or retired


def _exact(memory: Memory, region: Sequence[Any]) -> bool:
    """Tell whether the set before a region is the set after it but for the region."""
    _, event, by, replaced, _ = region
    before, after = ({one.id: one for one in everything(memory, as_of=seq)} for seq in (event - 1, event))
    return set(replaced) <= set(before) and {*after} == {*before, by} - set(replaced)


def _undone(memory: Memory, region: Sequence[Any]) -> str:
    """Undo a region: all comes back, or what has changed since is reported."""
    _, event, by, replaced, _ = region
    was = {one.id: one for one in everything(memory, as_of=event - 1)}
    try:
        done = memory.undo(event)
    except RicordoError:
        return "reported"
    now = {one.id: one for one in everything(memory)}
    back = [id for id in replaced if id not in done.conflicts]
    same = all((now[id].content, now[id].metadata) == (was[id].content, was[id].metadata) for id in back)
    if not same or (not done.conflicts and by in now and by not in was):
        return "wrong"
    return "reported" if done.conflicts else "back"


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("locomo", "writers"))
    parser.add_argument("path", type=Path, nargs="?", help="the file of questions")
    parser.add_argument("--embedder", default="none", help="none, auto, or the folder of a MiniLM copy")
    parser.add_argument("--tokens", type=int, default=1500, help="token budget of a context")
    parser.add_argument("--writers", type=int, default=8, help="processes")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path, help="a file to keep the result in")
    parser.add_argument("--write", nargs=3, metavar=("PLACE", "LABEL", "SECONDS"), help=argparse.SUPPRESS)
    parser.add_argument("--consolidate", metavar="PLACE", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.write:
        write(Path(given.write[0]), given.write[1], float(given.write[2]))
        return
    if given.consolidate:
        consolidating(Path(given.consolidate))
        return
    if given.part is None:
        parser.error("say which part: locomo or writers")
    if given.part == "locomo" and given.path is None:
        parser.error("locomo needs the file of questions")
    embedder = embedder_named(given.embedder) if given.part == "locomo" else None
    if given.part == "writers":
        body = writers(given.writers, given.seconds)
    else:
        body = locomo(load("locomo", given.path), embedder, given.tokens)
    result = {
        "benchmark": "consolidate",
        "part": given.part,
        "command": command(["consolidate.py", *(sys.argv[1:] if argv is None else argv)]),
        "machine": machine(),
        "profile": f"lexical + {embedder.model_id}" if embedder else "lexical",
        **body,
    }
    emit(result, given.out)


if __name__ == "__main__":
    main()
