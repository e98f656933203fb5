"""A pytest plugin: leaves out the tests that a reason is given for, and writes what became of every other."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableSequence
from pathlib import Path

import pytest
from benchmarks.peer_suites.registry import reasons

_found: dict[str, str] = {}
_said: dict[str, str] = {}
_left_out: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the suite, and where to write."""
    parser.addoption("--suite", required=True)
    parser.addoption("--outcomes", required=True, type=Path)


def reason_of(id: str, given: dict[str, str]) -> str | None:
    """Return why a test is left out, or None; a reason may be for one case or for all of a test.

    >>> reason_of("a.py::b[1]", {"a.py::b": "x"}), reason_of("a.py::b[1]", {"a.py::b[2]": "x"})
    ('x', None)
    """
    return given.get(id, given.get(id.partition("[")[0]))


def pytest_collection_modifyitems(config: pytest.Config, items: MutableSequence[pytest.Item]) -> None:
    """Leave out what a reason is given for."""
    given = reasons(config.getoption("--suite"))
    _left_out.update({item.nodeid: why for item in items if (why := reason_of(item.nodeid, given)) is not None})
    out = [item for item in items if item.nodeid in _left_out]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item.nodeid not in _left_out]
    unknown = {id for id in given if not any(one == id or one.partition("[")[0] == id for one in _left_out)}
    if unknown:
        raise pytest.UsageError(f"reasons for tests that are not there: {', '.join(sorted(unknown))}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Iterator[None]:
    """Note the worst outcome of a test's phases; a run that the suite itself repeats ("retried") is none."""
    worst = _found.get(report.nodeid, "passed")
    if report.outcome in ("failed", "skipped") and worst == "passed":
        _found[report.nodeid] = report.outcome
        _said[report.nodeid] = str(report.longrepr)[-2000:]
    _found.setdefault(report.nodeid, "passed")
    yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was found."""
    told = {"outcomes": _found, "said": _said, "left_out": _left_out}
    session.config.getoption("--outcomes").write_text(json.dumps(told), encoding="utf-8")
