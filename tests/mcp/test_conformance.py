"""The official conformance suite: on fixtures behind our transport, and on the product with its expected failures."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.mcp.conftest import RICORDO
from tools.conformance import REVISIONS, ConformanceError, Report, install, run, table

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def suite() -> Path:
    try:
        return install()
    except ConformanceError as error:
        pytest.skip(f"the conformance suite can't be had here: {error}")


def expected(revision: str) -> Path:
    return HERE / f"expected_{revision}.yml"


def failing(report: Report) -> list[str]:
    return [one.scenario for one in report.required if one.failed]


def test_fixtures_behind_the_transport_pass_all_that_is_required(suite: Path, serving: Callable[..., str]) -> None:
    url = serving([sys.executable, HERE / "fixture_server.py"])
    for revision in REVISIONS:
        report = run(url, revision, folder=suite)
        assert (failing(report), report.ok) == ([], True), report.text
        assert len(report.required) >= 30, table(report)


def test_the_product_fails_only_what_it_is_expected_to(
    suite: Path, serving: Callable[..., str], tmp_path: Path
) -> None:
    url = serving([RICORDO, "mcp", "--space", tmp_path / "space", "--http", "--port", "0", "--insecure"])
    for revision in REVISIONS:
        report = run(url, revision, expected=expected(revision), folder=suite)
        assert report.ok, report.text
        assert set(failing(report)) <= {line.split(":")[0] for line in lines(revision)}
        assert sum(one.passed for one in report.outcomes) > len(report.required)


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_expected_failure_has_a_reason(revision: str) -> None:
    for line in lines(revision):
        assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9-]+  # \S.{15,}", line), line


def lines(revision: str) -> list[str]:
    written = expected(revision).read_text().splitlines()
    return [line.removeprefix("  - ") for line in written if line.startswith("  - ")]


def test_a_suite_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConformanceError, match="remove that to install it anew"):
        run("http://127.0.0.1:9/mcp", REVISIONS[0], folder=tmp_path)
