"""The tables of what several writers and servers may rely on, and what it costs; `tables.py` fills them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]
_ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "postgres": "PostgreSQL"}
_PROTOCOLS = {
    "ours": "strict commit, reads declared",
    "attempt": "`attempt`, reads declared by itself",
    "naive": "read, then write",
    "cas": "version of the written record alone",
    "merge": "merge, nothing read",
    "for_update": "plain SQL, FOR UPDATE",
    "serializable": "plain SQL, SERIALIZABLE",
}


def histories(results: Sequence[Result], table: Table) -> str:
    """Return what the checker found: of long runs, of a constraint over two records, or of broken protocols."""
    if "skew" in results[0]:
        return _skew(results, table)
    return _protocols(results[0], table) if "protocols" in results[0] else _runs(results, table)


def _runs(results: Sequence[Result], table: Table) -> str:
    told: dict[str, Callable[[Result], object]] = {
        "attempts": lambda one: f"{one['report']['attempts']:,}",
        "accepted": lambda one: f"{one['report']['accepted']:,}",
        "rejected": lambda one: f"{one['report']['rejected']:,}",
        "share rejected": lambda one: f"{one['report']['rejected'] / one['report']['attempts']:.3f}",
        "told nothing": lambda one: one["report"]["unknown"],
        "cycles": lambda one: one["report"]["cycles"],
        "other findings": lambda one: sum(one["report"]["found"].values()),
        "slowest to fastest writer": lambda one: f"{one['slowest_to_fastest']:.3f}",
        "one sync of the disk, ms": lambda one: one["sync_ms"],
        "seconds, and to check": lambda one: f"{one['seconds']:.0f}, {one['seconds_to_check']:.0f}",
    }
    return table(["", *map(_engine, results)], [[name, *(tell(one) for one in results)] for name, tell in told.items()])


def _skew(results: Sequence[Result], table: Table) -> str:
    names = [part["protocol"] for part in results[0]["skew"]]
    broken = [{part["protocol"]: part for part in one["skew"]} for one in results]
    rows = [[name, *(_of(one.get(name)) for one in broken)] for name in names]
    return table(["pairs broken", *map(_engine, results)], rows)


def _of(one: Mapping[str, Any] | None) -> str:
    return "not run" if one is None else f"{one['broken']:,} of {one['pairs']:,}"


def _protocols(result: Result, table: Table) -> str:
    rows = [[one["protocol"], f"{one['caught']} of {one['schedules']}"] for one in result["protocols"]]
    return table(["protocol", "schedules in which it was caught"], rows)


def commits(results: Sequence[Result], table: Table) -> str:
    """Return commits a second of every protocol, each alone and with group commit."""
    rows = []
    for result in results:
        for one in result["runs"]:
            spread = f"{one['slowest_to_fastest']:.2f}"
            how = "grouped" if one["grouped"] else "each alone"
            what = [_ENGINES[one["engine"]], _PROTOCOLS[one["protocol"]], how, f"{one['records']}"]
            rows.append([*what, f"{one['per_second']:,.0f}", f"{one['rejected']:,}", f"{one['lost']:,}", spread])
    head = ["engine", "protocol", "", "records", "commits/s", "rejected", "updates lost", "slowest to fastest"]
    syncs = ", ".join(f"{one['sync_ms']:.2f} ms beside {_ENGINES[one['runs'][0]['engine']]}" for one in results)
    return f"{table(head, rows)}\n\nOne sync of the disk took {syncs}."


def followers(results: Sequence[Result], table: Table) -> str:
    """Return what a reader pays for a space that is in a database."""
    one = results[0]
    cold, caught, recall, small = (one[name] for name in ("cold_start", "catch_up", "recall", "recall_in_small_scope"))
    elsewhere = one["written_here_recalled_there"]
    rows: list[list[object]] = [
        ["records", f"{one['records']:,}"],
        ["recall p50 ms, directory / database", _pair(recall)],
        ["ratio", recall["ratio_of_medians"]],
        ["the same in a small scope", _pair(small)],
        ["ratio", small["ratio_of_medians"]],
        ["recalls answered alike", f"{recall['alike'] + small['alike']} of {recall['queries'] + small['queries']}"],
        ["cold start: first recall of a new machine, s", cold["seconds"]],
        ["records taken in a second, wall / CPU of this process", _rates(cold)],
        ["catching up with batches, records a second, wall / CPU", _rates(caught)],
        ["written at one server, seen by the next read of another", _seen(elsewhere)],
        ["that write p50 ms, that recall p50 ms", f"{_wall(elsewhere['retain'])}, {_wall(elsewhere['recall'])}"],
    ]
    return table(["", ""], rows)


def congruence(results: Sequence[Result], table: Table) -> str:
    """Return in what two engines differ after the same operations."""
    one = results[0]
    rows: list[list[object]] = [
        ["operations", f"{one['operations']:,}"],
        ["recalls asked of each", one["recalls"]],
        ["that differ", len(one["differing_recalls"])],
        ["that differ for a follower made afterwards", len(one["differing_recalls_of_a_new_follower"])],
        ["records equal", "yes" if one["records_are_equal"] else "**no**"],
        ["what `verify` found", len(one["problems"])],
    ]
    return table(["", ""], rows)


def _engine(result: Result) -> str:
    return _ENGINES[result["engine"]]


def _wall(one: Result) -> str:
    return f"{one['wall_ms_p50']:.2f}"


def _pair(one: Result) -> str:
    return f"{_wall(one['directory'])} / {_wall(one['database'])}"


def _rates(one: Result) -> str:
    return f"{one['per_wall_second']:,.0f} / {one['per_cpu_second']:,.0f}"


def _seen(one: Result) -> str:
    return f"{one['seen_at_once']} of {one['writes']}"


TOGETHER: Mapping[str, Callable[[Sequence[Result], Table], str]] = {
    "histories": histories,
    "commits": commits,
    "followers": followers,
    "congruence": congruence,
}
