"""Runs other projects' own tests against our classes. Their source distributions are fetched, none of it is kept.

    python benchmarks/peer_suites/run.py [NAME ...] [--work FOLDER] [--out FILE]

Prints for each suite how many tests passed, failed and were left out, and why. See docs/adapters.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.common import emit, machine, read_json  # noqa: E402
from benchmarks.peer_suites.registry import SUITES, Suite  # noqa: E402
from benchmarks.peer_suites.sources import installed, unpacked  # noqa: E402

_LONGEST_S = 900
_COMMAND = "python benchmarks/peer_suites/run.py"


def run(suite: Suite, work: Path) -> dict[str, Any]:
    """Return what became of a suite's tests.

    Args:
        suite: The suite.
        work: The folder to work in.
    """
    folder, tools = unpacked(suite.package, suite.version, work), installed(suite.tools, work)
    outcomes = work / f"{suite.name}.json"
    outcomes.unlink(missing_ok=True)
    plugins = ("benchmarks.peer_suites.outcomes", suite.shim, "no:randomly", "no:cacheprovider")
    loaded = [part for plugin in plugins for part in ("-p", plugin)]
    asked = ["--suite", suite.name, "--outcomes", str(outcomes), "-q", "-c", os.devnull, "--rootdir", str(folder)]
    paths = os.pathsep.join(map(str, (ROOT / "src", ROOT, tools)))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *loaded, *asked, *suite.config, *suite.files],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    if not outcomes.exists():
        raise SystemExit(f"{suite.name}: pytest could not run\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    told = json.loads(outcomes.read_text(encoding="utf-8"))
    return {**_counted(suite, told), "seconds": round(time.perf_counter() - began, 1), "said": told["said"]}


def _counted(suite: Suite, told: dict[str, Any]) -> dict[str, Any]:
    counts = Counter(told["outcomes"].values())
    failed = sorted(id for id, outcome in told["outcomes"].items() if outcome == "failed")
    skipped = sorted(id for id, outcome in told["outcomes"].items() if outcome == "skipped")
    return {
        "suite": suite.name,
        "package": suite.package,
        "version": suite.version,
        "class": suite.ours,
        "tests": len(told["outcomes"]) + len(told["left_out"]),
        "passed": counts["passed"],
        "failed": failed,
        "skipped": skipped,
        "left_out": dict(sorted(told["left_out"].items())),
    }


def show(found: dict[str, Any]) -> None:
    """Print what became of a suite's tests."""
    out = Counter(found["left_out"].values())
    print(f"{found['package']} {found['version']} ({found['suite']}) against {found['class']}, {found['seconds']} s:")
    numbers = {
        "passed": found["passed"],
        "failed": len(found["failed"]),
        "skipped by themselves": len(found["skipped"]),
    }
    print("  " + ", ".join(f"{count} {what}" for what, count in {**numbers, "left out": out.total()}.items()))
    for id in found["failed"]:
        print(f"  FAILED {id}\n{found['said'][id]}")
    for why, count in out.most_common():
        print(f"  left out, {count}: {why}")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(suite.name for suite in SUITES))
    parser.add_argument("--work", type=Path, help="keep what is fetched in this folder")
    parser.add_argument("--out", type=Path, help="write the counts to this JSON file; other suites in it stay")
    asked = parser.parse_args(argv)
    unknown = set(asked.names) - {suite.name for suite in SUITES}
    if unknown:
        parser.error(f"no suite {sorted(unknown)[0]!r}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        work = asked.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        for suite in SUITES:
            if asked.names and suite.name not in asked.names:
                continue
            missing = [module for module in (suite.adapter, suite.shim) if importlib.util.find_spec(module) is None]
            if missing:
                print(f"{suite.name}: there is no {missing[0]}")
                continue
            found.append(run(suite, work.resolve()))
            show(found[-1])
    kept = [{name: value for name, value in one.items() if name not in ("said", "seconds")} for one in found]
    if asked.out is not None:
        before = read_json(asked.out)["suites"] if asked.out.exists() else []
        known = {one["suite"]: one for one in [*before, *kept]}
        kept = [known[suite.name] for suite in SUITES if suite.name in known]
        told = {"benchmark": "peer_suites", "command": _COMMAND, "machine": machine(), "suites": kept}
        emit(told, asked.out)
    if any(one["failed"] for one in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
