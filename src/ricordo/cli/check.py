"""`ricordo check`: writers contend on this machine and this engine, and a checker looks for what should not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from ricordo.cli.app import App, Command
from ricordo.config import without_password
from ricordo.testing.history import FINDINGS

_MOST_TOLD = 10


@click.command(
    "check",
    cls=Command,
    example="ricordo check\n"
    "ricordo check --writers 8 --attempts 1000000 --records 8\n"
    "ricordo check --store /mnt/disk/try --attempts 50000\n"
    "ricordo check --store postgresql://localhost/memory --attempts 20000",
)
@click.option("--writers", type=int, default=8, show_default=True, metavar="N", help="How many write at once.")
@click.option("--attempts", type=int, default=10_000, show_default=True, metavar="N", help="Tries in all.")
@click.option("--records", type=int, default=8, show_default=True, metavar="N", help="For how many records.")
@click.option(
    "--processes", type=int, default=2, show_default=True, metavar="N", help="Processes the writers are spread over."
)
@click.option(
    "--store",
    metavar="PLACE",
    help="A directory that is empty or missing, or the address of a database, where a new space is made; both stay. "
    "By default a directory that is removed afterwards.",
)
@click.option(
    "--held",
    type=float,
    default=0.25,
    show_default=True,
    metavar="SHARE",
    help="Of the tries, those that hold what they read for up to 4 ms before they commit: more are then rejected.",
)
@click.option("--group", is_flag=True, help="The writers of one process commit together what waits (group_commit).")
@click.option("--tokens", is_flag=True, help="Read and commit under read tokens, in place of naming versions; slower.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Tells what each attempt does.")
@click.pass_context
def check(context: click.Context, /, **given: Any) -> None:
    """Try whether strict commits hold when many write at once.

    Writers read and write a few records at once. Each notes what it read, wrote and was told, and what all noted is
    held against the log: no cycle of transactions, nothing acknowledged lost, nothing stale. Exit code 1 where
    anything is found. Touches no space that is there. See docs/checker.md.
    """
    from ricordo.testing.contention_run import Contest, run  # brings subprocess, which nothing else needs

    app = context.ensure_object(App)
    outcome = run(Contest(**given))
    contest, report = outcome.contest, outcome.report
    found: dict[str, Any] = {
        "attempts": report.attempts,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "unknown": report.unknown,
        "rejected_share": round(report.rejected / max(1, report.attempts), 4),
        "cycles": len(report.cycles),
        "tangled": report.tangled,
        "findings": dict(report.found),
        "told": [str(cycle) for cycle in report.cycles] + [f"{kind}: {what}" for kind, what in report.findings],
        "seconds": outcome.seconds,
        "seconds_to_check": outcome.seconds_to_check,
        "slowest_to_fastest": outcome.slowest_to_fastest,
        "contest": {**asdict(contest), "store": given["store"] and without_password(given["store"])},
    }
    app.show(found, told)
    if not report.ok:
        context.exit(1)


def told(found: dict[str, Any]) -> Iterator[str]:
    """Yield what a check found, as lines."""
    yield f"attempts  {found['attempts']:>11,}"
    yield f"accepted  {found['accepted']:>11,}"
    yield f"rejected  {found['rejected']:>11,}  {100 * found['rejected_share']:.1f} %"
    yield f"unknown   {found['unknown']:>11,}"
    yield f"cycles    {found['cycles']:>11,}" + (f"  {found['tangled']:,} transactions" if found["cycles"] else "")
    yield f"findings  {sum(found['findings'].values()):>11,}"
    for kind, count in found["findings"].items():
        yield f"  {kind:<9} {count:>9,}  {FINDINGS[kind]}"
    yield from found["told"][:_MOST_TOLD]
    rate = found["attempts"] / max(found["seconds"], 0.01)
    yield f"{found['seconds']:.1f} s, {rate:,.0f} attempts a second; checked in {found['seconds_to_check']:.1f} s"
    if found["contest"]["space"]:
        yield f"The space {found['contest']['space']} stays."
