"""The tables of the page on how true a memory stays; `tables.py` fills them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def revision(results: Sequence[Result], table: Table) -> str:
    """Return agreement with gold by set of templates, and by category."""
    heads = [result["templates"] for result in results]
    rows: list[list[object]] = [
        ["scenarios", *(result["scenarios"] for result in results)],
        ["agreement", *(_share(result["agreement"]) for result in results)],
        ["of scenarios in slots", *(_share(result["by_form"]["slot"]) for result in results)],
        ["of scenarios in plain text", *(_share(result["by_form"]["text"]) for result in results)],
        ["true merges found", *(_share(result["merges"]["share"]) for result in results)],
        ["true supersessions found", *(_share(result["supersessions"]["share"]) for result in results)],
        ["updates swallowed as duplicates", *(result["updates_swallowed"] for result in results)],
        ["true facts retired by an unrelated write", *(r["true_facts_retired_by_unrelated"] for r in results)],
        ["CPU ms a write, p50", *(f"{result['write']['cpu_ms_p50']:.2f}" for result in results)],
    ]
    categories = results[0]["by_category"]
    parts = [[name, *(_share(result["by_category"].get(name)) for result in results)] for name in categories]
    return f"{table(['templates', *heads], rows)}\n\n{table(['agreement by category', *heads], parts)}"


def stale(results: Sequence[Result], table: Table) -> str:
    """Return the share of probes answered rightly, by probe and by what had changed."""
    probes = results[0]["probes"]
    changes = list(dict.fromkeys(change for shares in probes.values() for change in shares))
    rows = [[change, *(_share(shares.get(change)) for shares in probes.values())] for change in changes]
    return table(["what changed", *probes], rows)


def duplicates(results: Sequence[Result], table: Table) -> str:
    """Return what is left of near-duplicates, and what was merged wrongly."""
    one = results[0]
    names = {
        "writes": "writes",
        "duplicates": "near-duplicates of states among them",
        "left_before_consolidation": "left by the writes",
        "left": "left after `consolidate`",
        "left_share": "share left",
        "wrongly_merged": "traps wrongly merged",
        "taken_for_updates": "taken for updates",
        "events_merged": "events merged",
    }
    return table(["", ""], [[told, one[name]] for name, told in names.items() if name in one])


def bounds(results: Sequence[Result], table: Table) -> str:
    """Return whether bounds held at every step, and what they cost."""
    one, bounded = results[0], results[0]["bounded"]
    evicted = ", ".join(f"{rule} {number:,}" for rule, number in sorted(bounded["evictions"].items()))
    rows: list[list[object]] = [
        ["bounds", ", ".join(f"{name} {value:,}" for name, value in one["bounds"].items())],
        ["records retained", f"{bounded['retained']:,}"],
        ["steps", ", ".join(f"{name} {number:,}" for name, number in bounded["steps"].items())],
        ["steps after which a bound did not hold", bounded["breaches_total"]],
        ["recounts; all equal to the totals", bounded["recounts"]],
        ["what `verify` found", len(bounded["problems"])],
        ["evicted, by rule", evicted],
    ]
    if "unbounded" in one:
        cpu = [f"{one[name]['retain']['cpu_ms_mean']:.2f}" for name in ("bounded", "unbounded")]
        rows.append(["CPU ms a write, with and without bounds", " / ".join(cpu)])
    return table(["", ""], rows)


def consolidate(results: Sequence[Result], table: Table) -> str:
    """Return what consolidation saves and costs, or what it came to among writers."""
    if results[0]["part"] == "writers":
        names = [name for name in results[0] if name not in ("benchmark", "part", "command", "machine", "profile")]
        return table(["", ""], [[name.replace("_", " "), _told(results[0][name])] for name in names])
    rows = []
    for result in results:
        before, after = result["before"], result["after"]
        pairs = [f"{_share(before[name])} → {_share(after[name])}" for name in ("questions_with_all", "evidence")]
        saved = f"{before['records']:,} → {after['records']:,} (-{100 * result['records_saved']:.1f} %)"
        rows.append([result["profile"], result["tokens"], saved, *pairs])
    head = ["profile", "tokens", "records", "questions with all evidence in the context", "share of evidence"]
    return table(head, rows)


def revise(results: Sequence[Result], table: Table) -> str:
    """Return what finding and deciding states adds to a write."""
    named = {"unread": "text, not read for states", "read": "the same, read", "long slot": "slot of many past states"}
    rows = [
        [told, f"{one[name]['cpu_ms_p50']:.2f}", f"{one[name]['cpu_ms_p95']:.2f}", f"{one[name]['wall_ms_p50']:.2f}"]
        for one in results
        for name, told in named.items()
    ]
    added = f"Added by reading a text for states, p50: {results[0]['added_cpu_ms_p50']:.2f} ms of CPU."
    head = [f"{results[0]['size']:,} records", "CPU ms p50", "p95", "wall ms p50"]
    return f"{table(head, rows)}\n\n{added}"


def echo(results: Sequence[Result], table: Table) -> str:
    """Return what was taken for an echo, rightly and wrongly."""
    return table(["", ""], list(_flat("", results[0])))


def _flat(head: str, part: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    for name, value in part.items():
        if name in ("benchmark", "command", "machine"):
            continue
        told = f"{head}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(f"{told}: ", value)
        else:
            yield told, value


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return str(value)


TRUTH: Mapping[str, Callable[[Sequence[Result], Table], str]] = {
    "revision": revision,
    "stale": stale,
    "duplicates": duplicates,
    "bounds": bounds,
    "consolidate": consolidate,
    "revise": revise,
    "echo": echo,
}
