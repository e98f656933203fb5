"""The official conformance suite of the Model Context Protocol, run against a server.

    python -m tools.conformance http://127.0.0.1:8476/mcp

The suite and the Node it needs are npm packages, kept in a folder of the user's cache, outside the working tree.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SUITE, NODE = "@modelcontextprotocol/conformance@0.2.0-alpha.12", "node@22.23.3"
#: The revisions for which the suite says what they require: the last with a handshake, and the first without.
REVISIONS = ("2025-11-25", "2026-07-28")
CACHE = Path.home() / ".cache" / "ricordo" / f"conformance-{SUITE.rpartition('@')[2]}"
_INSTALL_S, _RUN_S = 300, 120
_LINE = re.compile(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed$")
_UNSCORED = re.compile(r"^  - scenario: (\S+)\n    leg: server\n    reason: (\S+)$", re.MULTILINE)


class ConformanceError(Exception):
    """The suite can't be installed or run; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario.

    Args:
        scenario: Its name.
        passed, failed: How many of its checks did.
        unscored: Why the revision does not require it, or None where it does.
    """

    scenario: str
    passed: int
    failed: int
    unscored: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of the suite came to.

    Args:
        revision: The revision of the protocol.
        ok: Whether all that it requires passed, or failed as was expected.
        outcomes: One for each scenario, in the order they ran.
        text: All that the suite printed.
    """

    revision: str
    ok: bool
    outcomes: tuple[Outcome, ...]
    text: str

    @property
    def required(self) -> tuple[Outcome, ...]:
        """The scenarios that the revision requires."""
        return tuple(one for one in self.outcomes if one.unscored is None)


def install(folder: Path = CACHE) -> Path:
    """Install the suite and its Node, where they are not there yet, and return the folder.

    Raises:
        ConformanceError: There is no npm, or it fails.
    """
    if (folder / "node_modules").is_dir():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise ConformanceError("npm: not found; install Node.js, whose npm brings the suite")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as making:
        made = Path(making) / folder.name
        made.mkdir()
        (made / "package.json").write_text("{}")
        command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", SUITE, NODE]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_S, cwd=made)
        except subprocess.CalledProcessError as error:
            raise ConformanceError(f"npm can't install the suite: {error.stderr.strip()[-500:]}") from error
        except subprocess.TimeoutExpired as error:
            raise ConformanceError(f"npm did not install the suite in {_INSTALL_S} s; try again") from error
        if not folder.exists():  # else another process was quicker
            made.rename(folder)
    return folder


def run(url: str, revision: str, *, expected: Path | None = None, folder: Path = CACHE) -> Report:
    """Run all that a revision requires against a server.

    Args:
        url: Of the server.
        revision: One of `REVISIONS`.
        expected: A YAML file of scenarios that may fail; one of them that passes fails the run.
        folder: Where `install` put the suite.

    Raises:
        ConformanceError: The suite can't be run.
    """
    modules = folder / "node_modules"
    package = modules / SUITE.rpartition("@")[0]
    program = package / "dist" / "index.js"
    with tempfile.TemporaryDirectory() as results:
        node = modules / "node" / "bin" / "node"
        command: list[str | Path] = [node, program, "server", "--url", url, "--requirements", revision]
        command += ["--output-dir", results]
        command += [] if expected is None else ["--expected-failures", expected]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConformanceError(
                f"the suite can't be run from {folder}: {error}; remove that to install it anew"
            ) from error
    text = done.stdout + done.stderr
    unscored = dict(_UNSCORED.findall((package / "requirements" / f"{revision}.yaml").read_text()))
    told = [found for line in text.splitlines() if (found := _LINE.match(line))]
    outcomes = tuple(Outcome(one[1], int(one[2]), int(one[3]), unscored.get(one[1])) for one in told)
    if not outcomes:
        raise ConformanceError(f"the suite told nothing: {text[-500:]}")
    return Report(revision, done.returncode == 0, outcomes, text)


def table(report: Report) -> str:
    """Return a report as lines of text: each scenario, then what the revision requires of them.

    >>> found = Outcome("tools-list", 4, 0, None), Outcome("t", 0, 2, "extension")
    >>> print(table(Report("2026-07-28", True, found, "")))
    tools-list  4 passed
    t           0 passed, 2 failed (not required: extension)
    2026-07-28: 1 of 1 required scenarios pass
    """
    wide = max(len(one.scenario) for one in report.outcomes)
    lines = [f"{one.scenario:<{wide}}  {_told(one)}" for one in report.outcomes]
    passing = sum(one.failed == 0 for one in report.required)
    return "\n".join([*lines, f"{report.revision}: {passing} of {len(report.required)} required scenarios pass"])


def _told(one: Outcome) -> str:
    failed = f", {one.failed} failed" if one.failed else ""
    return f"{one.passed} passed{failed}{f' (not required: {one.unscored})' if one.unscored else ''}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite from the command line; 1 where something that is required fails unexpectedly."""
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--revision", choices=REVISIONS, action="append")
    parser.add_argument("--expected", type=Path, help="a YAML file of scenarios that may fail")
    given = parser.parse_args(arguments)
    try:
        folder = install()
        reports = [run(given.url, one, expected=given.expected, folder=folder) for one in given.revision or REVISIONS]
    except ConformanceError as error:
        print(error, file=sys.stderr)
        return 1
    for report in reports:
        print(table(report), end="\n\n")
    return 0 if all(report.ok for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
