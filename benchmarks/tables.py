"""Writes the tables of the pages in docs from the results that are kept.

    python benchmarks/tables.py [--results FOLDER] [--page FILE]

A table goes between `<!-- results: NAME [NAME ...] -->` and `<!-- end -->`; NAME is a file of the folder of results,
without `.json`. Several names make one table; a name without a file is told on stderr.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, only this folder is on the path

from benchmarks.common import RESULTS, read_json
from benchmarks.pictures import SET_NAMES
from benchmarks.tables_surfaces import SURFACES
from benchmarks.tables_together import TOGETHER
from benchmarks.tables_truth import TRUTH

Result = Mapping[str, Any]
_FILLED = ("adapters.md", "benchmarks.md", "truth.md", "checker.md", "commits.md", "postgresql.md")
PAGES = [RESULTS.parents[1] / "docs" / name for name in _FILLED]
_PLACE = re.compile(r"(<!-- results: ([\w .-]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMES = {
    "ricordo": "**Ricordo**",
    "fts5": "FTS5, whole question",
    "fts5-stop": "FTS5, stop words off the question",
    "bm25": "BM25, stemmed, stop words off",
}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers.

    >>> print(table(["what", "n"], [["a", 1]]))
    | what | n |
    |---|---:|
    | a | 1 |
    """
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)])


# -- one table for each benchmark


def recall(results: Sequence[Result]) -> str:
    """Return scores of every system, then of the groups of questions."""
    first = results[0]["systems"]["ricordo"]
    cuts = list(first["all"]["recall"])
    head = ["system", *(f"R@{k}" for k in cuts), "hit@10", "R@10, 95 %", "CPU ms a query", "records/CPU s in"]
    rows = [
        [_system(name, result), *_scores(one["all"], cuts), *_costs(one)]
        for result in results
        for name, one in result["systems"].items()
        if name == "ricordo" or result is results[0]
    ]
    groups = list(first["groups"])
    asked = [f"{name} ({first['groups'][name]['questions']})" for name in groups]
    parts = [
        [_system(name, result), *(_share(one["groups"][group]["recall"]["10"]) for group in groups)]
        for result in results
        for name, one in result["systems"].items()
        if name == "ricordo" or result is results[0]
    ]
    count = (
        f"{first['all']['questions']} questions, {results[0]['records']:,} records, {results[0]['spaces']} space(s)."
    )
    return "\n\n".join([count, table(head, rows), "R@10 by group:", table(["system", *asked], parts)])


def _system(name: str, result: Result) -> str:
    with_vectors = name == "ricordo" and result["profile"] != "lexical"
    return f"{_NAMES[name]} with {result['profile'].split('+ ')[-1].split('@')[0]}" if with_vectors else _NAMES[name]


def _scores(one: Mapping[str, Any], cuts: Sequence[str]) -> list[str]:
    return [*(_share(one["recall"][k]) for k in cuts), _share(one["hit"]["10"])]


def _costs(one: Mapping[str, Any]) -> list[str]:
    low, high = one["ci95_recall_at_10"]
    embedded = one.get("embedded", {}).get("per_cpu_second")
    rate = f"{one['ingest_per_cpu_second']:,.0f}" + (f", embedding {embedded:,.0f}" if embedded else "")
    return [f"{_share(low)} to {_share(high)}", f"{one['query']['cpu_ms_mean']:.2f}", rate]


def precision(results: Sequence[Result]) -> str:
    """Return cases passed, by number of distractors, and every case that failed."""
    head = ["distractors", "records", "passed", "of", "ms p50", "ms p95", "CPU ms, mean"]
    rows = [
        [f"{one['distractors']:,}", f"{one['records']:,}", one["passed"], one["total"], *_times(one["inject"])]
        for one in results
    ]
    failed = [
        f"- {one['distractors']:,} distractors, `{case['case']}`: {'; '.join(case['faults'])}"
        for one in results
        for case in one["failed"]
    ]
    return "\n\n".join([table(head, rows), *(["\n".join(failed)] if failed else [])])


def growth(results: Sequence[Result]) -> str:
    """Return what writing, size and reading come to, by number of records."""
    sizes = [one for result in results for one in result["sizes"]]
    head = ["", *(f"{one['records']:,}" for one in sizes)]
    rows = [[name, *(show(one) for one in sizes)] for name, show in _GROWTH]
    return table(head, rows)


_GROWTH: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("`retain_many`, records per CPU s", lambda one: f"{one['ingest']['per_cpu_second']:,.0f}"),
    ("the same per second of wall time", lambda one: f"{one['ingest']['per_wall_second']:,.0f}"),
    ("folding the log anew, records per CPU s", lambda one: _folded(one)),
    ("bytes a record: text", lambda one: f"{one['text_bytes_each']:.0f}"),
    ("bytes a record: log", lambda one: f"{one['bytes_each']['log']:.0f}"),
    ("bytes a record: records and indexes", lambda one: f"{one['bytes_each']['rest']:.0f}"),
    ("recall over all, CPU ms p50 / p95", lambda one: _pair(one["recall"], "cpu")),
    ("recall over all, wall ms p50 / p95", lambda one: _pair(one["recall"], "wall")),
    ("recall in a scope of 0.1 %, CPU ms p50 / p95", lambda one: _pair(one["recall_in_small_scope"], "cpu")),
    ("recall in a scope of 0.1 %, wall ms p50 / p95", lambda one: _pair(one["recall_in_small_scope"], "wall")),
    ("recall in a scope of 10 %, CPU ms p50 / p95", lambda one: _pair(one.get("recall_in_large_scope"), "cpu")),
    ("one durable `retain`, wall ms p50 / p95", lambda one: _pair(one["durable"]["retain"], "wall")),
    ("durable `retain`s per second", lambda one: f"{one['durable']['retain']['per_second']:,.0f}"),
    ("bare durable insert, wall ms p50 / p95", lambda one: _pair(one["durable"]["bare"], "wall")),
    ("`retain` to bare insert, ratio of medians", lambda one: f"{one['durable']['ratio_of_medians']:.1f}"),
    ("`retain`, then `recall`, wall ms p50 / p95", lambda one: _pair(one["write_then_recall"], "wall")),
    ("first recall after the import, ms", lambda one: f"{one['first_recall_after_ingest_ms']:.1f}"),
    ("opening, ms", lambda one: f"{one['open_ms']:.1f}"),
    ("first recall after opening, ms", lambda one: f"{one['first_recall_after_open_ms']:.1f}"),
    ("largest resident size of the process, MB", lambda one: f"{one['peak_mb']:.0f}"),
)


def _folded(one: Mapping[str, Any]) -> str:
    return f"{one['fold']['per_cpu_second']:,.0f}" if "fold" in one else "not measured"


def lexical(results: Sequence[Result]) -> str:
    """Return what recall costs with either full-text index, by number of records."""
    sizes = [one for result in results for one in result["sizes"]]
    head = ["", *(f"{one['records']:,}" for one in sizes)]
    rows = []
    for view, place in (("all", "over all"), ("small_scope", "in a scope of 0.1 %"), ("large_scope", "in one of 10 %")):
        for key, what in (("", "recall"), ("search_", "search alone")):
            for index in ("fts5", "tantivy"):
                cells = [_pair(one[view][f"{key}{index}"], "cpu") for one in sizes]
                rows.append([f"{what} {place}, {index}, CPU ms p50 / p95", *cells])
        cells = [" / ".join(_share(one[view]["overlap_at_10"][key]) for key in ("search", "recall")) for one in sizes]
        rows.append([f"overlap@10 {place}, of the search / of the recall", *cells])
    rows.append(["tantivy, versions taken in per CPU s", *(f"{one['build']['per_cpu_second']:,.0f}" for one in sizes)])
    for index in ("fts5", "tantivy"):
        rows.append([f"bytes a record, {index}", *(f"{one['bytes_each'][index]:.0f}" for one in sizes)])
    return table(head, rows)


def vectors(results: Sequence[Result]) -> str:
    """Return what the vector arm costs, by where the vectors are."""
    sizes = [one for result in results for one in result["sizes"]]
    head = ["records", "vectors", "MB held", "first, CPU ms", "all, CPU ms p50 / p95", "scope of 0.1 %", "overlap@200"]
    rows: list[list[str]] = []
    for one in sizes:
        spent = [_pair(one["file"], "cpu"), _pair(one["file_small_scope"], "cpu")]
        rows.append([f"{one['records']:,}", "read from the file", "0", "", *spent, "1.0"])
        for name, held in one["held"].items():
            told = [f"{held['mb']:.0f}", f"{held['first_ms']:.0f}", _pair(held["all"], "cpu")]
            told += [_pair(held["small_scope"], "cpu"), _share(held["overlap_at_200"])]
            rows.append([f"{one['records']:,}", f"in memory, {name}", *told])
    return table(head, rows)


def crash(results: Sequence[Result]) -> str:
    """Return what the rounds came to, by engine."""
    parts: list[tuple[str, Callable[[Result], object]]] = [
        ("rounds", lambda one: f"{one['rounds']:,}"),
        ("writers at once", lambda one: one["writers"]),
        ("acknowledged records", lambda one: f"{one['acknowledged']:,}"),
        ("of them lost", lambda one: one["lost"]),
        ("calls written in part", lambda one: one["torn_calls"]),
        ("calls written twice when made again", lambda one: one["written_twice"]),
        ("rounds that left a call not acknowledged", lambda one: one["rounds_that_left_a_call_under_way"]),
        ("verifies, and is the same when rebuilt", lambda one: _yes(not one["problems"])),
        ("syncs in a single write, mean / fewest", lambda one: _syncs(one["syncs"])),
    ]
    head = ["", *(_KILLED[one["engine"]] for one in results)]
    return table(head, [[name, *(told(one) for one in results)] for name, told in parts])


_KILLED = {"sqlite": "SQLite, writers killed", "postgres": "PostgreSQL, server stopped"}


def _syncs(one: Mapping[str, Any] | None) -> str:
    return f"{one['per_write']} / {one['least_in_one_write']}" if one else ""


def power(results: Sequence[Result]) -> str:
    """Return what losses of power came to, ours and the controls."""
    one = results[0]
    lost, controls = one["losses_that_lost_an_acknowledged_call"], list(one["controls"].values())
    rows = [
        ["losses of power", one["losses"], *(control["losses"] for control in controls)],
        ["of them lost an acknowledged call", lost, *(control["lost"] for control in controls)],
        ["left it damaged in any way", len(one["problems"]), *(control["damaged"] for control in controls)],
    ]
    return table(["", "Ricordo", *one["controls"]], rows)


def writers(results: Sequence[Result]) -> str:
    """Return what each writer came to."""
    one = results[0]
    done = [f"{number:,}" for number in one["acknowledged"].values()]
    rows = [
        [f"writers, for {one['seconds']:g} s", one["writers"]],
        ["acknowledged by each", ", ".join(done)],
        ["acknowledged per second, together", f"{one['per_second']:,.0f}"],
        ["slowest to fastest writer", one["slowest_to_fastest"]],
        ["wait ms: p50 / p99 / longest", " / ".join(str(one["wait_ms"][key]) for key in ("p50", "p99", "longest"))],
        ["refused as busy", one["refused"]],
        ["lost", one["lost"]],
        ["chain and indexes verify", _yes(one["verified"])],
    ]
    return table(["", ""], rows)


def context(results: Sequence[Result]) -> str:
    """Return what stands in contexts of each size, and what stays when they go on; or the part that was run."""
    part = results[0]["part"]
    return {"locomo": _contexts, "documents": _documents, "budgets": _budgets}[part](results)


def _contexts(results: Sequence[Result]) -> str:
    head = ["context", "evidence inside", "items", "tokens", "CPU ms a query", "recall@10"]
    rows = [
        [f"{_profile(result)}, {int(budget):,} tokens", _share(one["evidence"]), f"{one['items']:.1f}",
         f"{one['tokens']:.0f}", f"{one['query']['cpu_ms_mean']:.2f}", _share(result["recall_at_10"])]
        for result in results
        for budget, one in result["budgets"].items()
    ]  # fmt: skip
    walks = [
        [f"{_profile(result)}, {name}", f"{one['steps']:,}", _share(one["stable_apart"]), _share(one["stable_after"]),
         *(_share(one[side]) if side in one else "" for side in ("evidence_apart", "evidence_after"))]
        for result in results
        for name, one in result["going_on"].items()
    ]  # fmt: skip
    going = ["walk", "contexts", "stable, apart", "stable, going on", "evidence, apart", "evidence, going on"]
    count = f"{results[0]['questions']} questions."
    return "\n\n".join([count, table(head, rows), "Contexts of 1,000 tokens that go on:", table(going, walks)])


def _documents(results: Sequence[Result]) -> str:
    rows = [
        [
            f"{_profile(result)}, {int(budget):,} tokens",
            *(_share(result["sentences"][f"{way} {budget}"]) for way in ways),
        ]
        for ways in [("whole", "ladder")]
        for result in results
        for budget in sorted({name.split()[1] for name in result["sentences"]}, key=int)
    ]
    one = results[0]
    count = f"{one['questions']} questions, one record of {one['characters_each']:,} characters each, on average."
    return f"{count}\n\n{table(['context', 'whole records by rank', 'with extracts and stubs'], rows)}"


def _budgets(results: Sequence[Result]) -> str:
    one = results[0]
    rows = [
        ["contexts", f"{one['contexts']:,}"],
        ["over their budget", one["over_budget"]],
        ["empty, nothing fitted", f"{one['empty']:,}"],
        *([f"items rendered: {name}", f"{number:,}"] for name, number in one["rungs"].items()),
    ]
    return table(["", ""], rows)


def _profile(result: Result) -> str:
    return "no embedder" if result["profile"] == "lexical" else result["profile"].split("+ ")[-1].split("@")[0]


# -- the weights


def tune(results: Sequence[Result]) -> str:
    """Return the ladder of arms, each one's loss, the evidence loop, and weights chosen without a conversation."""
    one = results[0]
    parts = [
        "Arms added one after the other, with the weights in use:",
        _by_set("with", one["ladder"]),
        "Recall with every arm, less recall without the one, in points:",
        _losses(one["ablation"]),
        "The evidence loop (`recall(..., hops=n)`):",
        _by_set("hops", one["evidence loop"]),
    ]
    for told in results:
        if "held out" in told:
            parts += ["LoCoMo R@10 of one conversation, with weights chosen without it:", _held_out(told["held out"])]
    return "\n\n".join(parts)


def _by_set(head: str, steps: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    names = list(next(iter(steps.values())))
    rows = [
        [step.removesuffix(" hops"), *(f"{_share(row[name]['5'])} / {_share(row[name]['10'])}" for name in names)]
        for step, row in steps.items()
    ]
    return table([head, *(f"{_set(name)} R@5 / R@10" for name in names)], rows)


def _losses(arms: Mapping[str, Mapping[str, float]]) -> str:
    names = list(next(iter(arms.values())))
    rows = [[arm, *(f"{100 * row[name]:+.1f}" for name in names)] for arm, row in arms.items()]
    return table(["arm", *map(_set, names)], rows)


def _held_out(spaces: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> str:
    rows = [
        [f"{number}", *(_share(told[which][name]["10"]) for name in names for which in ("start", "chosen without it"))]
        for number, told in enumerate(spaces.values(), 1)
        for names in [list(told["start"])]
    ]
    names = list(next(iter(spaces.values()))["start"])
    heads = [f"{_set(name)}, {which}" for name in names for which in ("in use", "chosen without")]
    return table(["conversation", *heads], rows)


def _set(name: str) -> str:
    data, *rest = name.split(" ", 1)
    return " ".join([SET_NAMES.get(data, data), *rest]).replace("minilm", "MiniLM")


# -- beside other systems


def peers(results: Sequence[Result]) -> str:
    """Return what each system finds and costs by data set, ratios, and what each does not do."""
    one = results[0]
    blocks = [_found(name, part, one) for name, part in one["sets"].items()]
    embedding = one["embedding"]
    told = (
        f"Embedding with {embedding['model'].split('@')[0]}, the same for all and not in the columns of CPU time but "
        f"the one that says so: {embedding['question']['cpu_ms_mean']:.1f} CPU ms a question, "
        f"{embedding['record']['per_cpu_second']:.0f} records per CPU second."
    )
    sets = ", ".join(SET_NAMES[name] for name in one["sets"])
    head = ["Ricordo to", "R@5", "R@10", "hit@5", "CPU a query", "records/CPU s in", "bytes a record"]
    ratios = f"Ratios, Ricordo's number to the peer's, for {sets} in this order:\n\n{table(head, _ratios(one))}"
    about = [
        [kind["label"], kind["version"], kind["settings"], "; ".join(kind["lacks"])]
        for name, kind in one["systems"].items()
    ]
    return "\n\n".join([*blocks, told, ratios, _texts(["system", "version", "as set up", "does not do"], about)])


def _found(name: str, part: Mapping[str, Any], result: Result) -> str:
    extra = result["embedding"]["question"]["cpu_ms_mean"]
    head = ["system", "R@1", "R@5", "R@10", "hit@5", "hit@10", "CPU ms a query", "with embedding it"]
    rows = []
    for system, one in part["systems"].items():
        kind = result["systems"][system]
        spent = one["query"]["cpu_ms_mean"]
        scores = [*(_share(one["recall"][k]) for k in ("1", "5", "10")), *(_share(one["hit"][k]) for k in ("5", "10"))]
        costs = [f"{spent:.2f}", f"{spent + extra * kind['embeds']:.2f}"]
        rows.append([_bold(system, kind), *scores, *costs, f"{one['ingest']['per_cpu_second']:,.0f}", _bytes(one)])
    questions = max(one["questions"] for one in part["systems"].values())
    told = f"{SET_NAMES[name]}: {questions} questions, {part['records']:,} records, {part['spaces']} store(s)."
    return f"{told}\n\n{table([*head, 'records/CPU s in', 'bytes a record'], rows)}"


def _ratios(result: Result) -> list[list[str]]:
    measures: tuple[Callable[[Mapping[str, Any]], float], ...] = (
        lambda one: one["recall"]["5"],
        lambda one: one["recall"]["10"],
        lambda one: one["hit"]["5"],
        lambda one: one["query"]["cpu_ms_mean"],
        lambda one: one["ingest"]["per_cpu_second"],
        lambda one: one["bytes_each"],
    )
    rows = []
    for name, kind in result["systems"].items():
        if not name.startswith("ricordo"):
            pairs = [(part["systems"][_ours(kind)], part["systems"][name]) for part in result["sets"].values()]
            cells = [" / ".join(ratio(take(ours), take(theirs)) for ours, theirs in pairs) for take in measures]
            rows.append([f"{kind['label']} ({'with' if kind['embeds'] else 'without'} MiniLM)", *cells])
    return rows


def ratio(ours: float, theirs: float) -> str:
    """Return one number to another; a dash where the other is nothing.

    >>> ratio(3, 2), ratio(30, 2), ratio(1, 0)
    ('1.50', '15', '-')
    """
    if not theirs:
        return "-"
    found = ours / theirs
    return f"{found:.2f}" if found < 10 else f"{found:,.0f}"


def peers_growth(results: Sequence[Result]) -> str:
    """Return what a query costs each system by number of records, and ratios at the largest size both ran."""
    systems = results[0]["systems"]
    sizes = [one["records"] for one in next(iter(systems.values()))["sizes"]]
    head = ["CPU ms a query, p50", *(f"{size:,}" for size in sizes), *(f"0.1 % of {size:,}" for size in sizes)]
    rows = [
        [_bold(name, one), *(_asked(size, "query") for size in one["sizes"])]
        + [_asked(size, "query_in_small_scope") for size in one["sizes"]]
        for name, one in systems.items()
    ]
    left = [
        f"- {one['label']}, {size['records']:,} records: left out, {size['left_out']}."
        for one in systems.values()
        for size in one["sizes"]
        if "left_out" in size
    ]
    told = ["Ricordo to", "at", "CPU a query", "in a scope of 0.1 %", "records/CPU s in", "bytes a record"]
    ratios = [_apart(name, one, systems) for name, one in systems.items() if not name.startswith("ricordo")]
    return "\n\n".join([table(head, rows), *(["\n".join(left)] if left else []), table(told, ratios)])


def _apart(name: str, one: Mapping[str, Any], systems: Mapping[str, Any]) -> list[str]:
    theirs = [size for size in one["sizes"] if "left_out" not in size][-1]
    ours = next(size for size in systems[_ours(one)]["sizes"] if size["records"] == theirs["records"])
    return [
        f"{one['label']} ({'with' if one['embeds'] else 'without'} vectors)",
        f"{theirs['records']:,}",
        ratio(ours["query"]["cpu_ms_p50"], theirs["query"]["cpu_ms_p50"]),
        ratio(ours["query_in_small_scope"]["cpu_ms_p50"], theirs["query_in_small_scope"]["cpu_ms_p50"]),
        ratio(ours["ingest"]["per_cpu_second"], theirs["ingest"]["per_cpu_second"]),
        ratio(ours["bytes_each"], theirs["bytes_each"]),
    ]


def _ours(kind: Mapping[str, Any]) -> str:
    """Return the row of Ricordo that a peer is held against: with the embedder if the peer has it."""
    return "ricordo-minilm" if kind["embeds"] else "ricordo"


def _bold(name: str, kind: Mapping[str, Any]) -> str:
    return f"**{kind['label']}**" if name.startswith("ricordo") else str(kind["label"])


def _asked(size: Mapping[str, Any], part: str) -> str:
    return "left out" if "left_out" in size else f"{size[part]['cpu_ms_p50']:.2f}"


def _bytes(one: Mapping[str, Any]) -> str:
    return f"{one['bytes_each']:,}" if one["bytes_each"] else "none kept"


def _texts(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


_TABLES: dict[str, Callable[[Sequence[Result]], str]] = {
    "recall": recall,
    "precision": precision,
    "growth": growth,
    "lexical": lexical,
    "vectors": vectors,
    "crash": crash,
    "power": power,
    "writers": writers,
    "context": context,
    "tune": tune,
    "peers": peers,
    "peers-growth": peers_growth,
}


# -- the page


def fill(text: str, folder: Path) -> str:
    """Return a page with its tables written anew."""
    return _PLACE.sub(lambda place: f"{place[1]}{_block(place[2].split(), folder)}\n{place[3]}", text)


def _block(names: Sequence[str], folder: Path) -> str:
    missing = [name for name in names if not (folder / f"{name}.json").is_file()]
    for name in missing:
        print(f"tables.py: no {name}.json in the folder of results", file=sys.stderr)
    results = [read_json(folder / f"{name}.json") for name in names if name not in missing]
    if not results:
        return "Not measured yet."
    name = results[0]["benchmark"]
    apart = {**TRUTH, **TOGETHER, **SURFACES}
    body = apart[name](results, table) if name in apart else _TABLES[name](results)
    commands = "\n".join(result["command"] for result in results)
    return f"{body}\n\n{_machine(results[0]['machine'])} Commands:\n\n```\n{commands}\n```"


def _machine(one: Mapping[str, Any]) -> str:
    return f"{one['cores']} cores, {one['system']}, Python {one['python']}, SQLite {one['sqlite']}."


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else "1.0"


def _pair(one: Mapping[str, float] | None, clock: str) -> str:
    return "not measured" if one is None else f"{one[f'{clock}_ms_p50']:.2f} / {one[f'{clock}_ms_p95']:.2f}"


def _times(one: Mapping[str, float]) -> list[str]:
    return [f"{one[name]:.2f}" for name in ("wall_ms_p50", "wall_ms_p95", "cpu_ms_mean")]


def _yes(value: bool) -> str:
    return "yes" if value else "**no**"


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of results")
    parser.add_argument("--page", type=Path, action="append", help="a page with tables; by default all")
    given = parser.parse_args(argv)
    for page in given.page or PAGES:
        page.write_text(fill(page.read_text(encoding="utf-8"), given.results), encoding="utf-8")


if __name__ == "__main__":
    main()
