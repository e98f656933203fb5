"""The script that runs other projects' tests: what it counts, and that every reason is for a test it knows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from benchmarks.common import RESULTS, read_json
from benchmarks.peer_suites.outcomes import reason_of
from benchmarks.peer_suites.registry import HERE, SUITES, Suite, reasons
from benchmarks.peer_suites.run import main, run

TESTS = """
import pytest, peers_own

def test_a(): assert peers_own.NAME == "ours"
def test_b(): assert peers_own.NAME == "theirs"
@pytest.mark.skip
def test_c(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_d(n): assert False
"""


def test_a_suite_is_run_with_our_class_in_the_place_of_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = tmp_path / "some_package-1.0" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_x.py").write_text(TESTS)
    (tmp_path / "tools-plain").mkdir()
    (tmp_path / "tools-plain" / "a_shim.py").write_text(
        "import sys, types\nsys.modules['peers_own'] = types.SimpleNamespace(NAME='ours')\n"
    )
    suite = Suite("fake", "some-package", "1.0", ("tests/test_x.py",), "a_shim", "Ours", "ricordo", config=())
    found = run(suite, tmp_path)
    assert (found["tests"], found["passed"], found["left_out"]) == (5, 1, {})
    assert found["failed"] == [f"tests/test_x.py::test_{name}" for name in ("b", "d[1]", "d[2]")]
    assert found["skipped"] == ["tests/test_x.py::test_c"]
    assert "NAME" in found["said"]["tests/test_x.py::test_b"]


def test_a_reason_is_for_one_case_or_for_all() -> None:
    assert reason_of("a.py::b[1]", {"a.py::b": "all"}) == "all"
    assert reason_of("a.py::b[1]", {"a.py::b[1]": "one"}) == "one"
    assert reason_of("a.py::b[1]", {"a.py::b[2]": "another"}) is None


def test_every_reason_is_for_a_suite_and_says_something() -> None:
    known = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))
    assert set(known) <= {suite.name for suite in SUITES}
    for suite in SUITES:
        for id, why in reasons(suite.name).items():
            assert id.partition("::")[0] in suite.files
            assert len(why) > 20


def test_the_results_that_are_kept_have_every_reason() -> None:
    for found in read_json(RESULTS / "peer_suites.json")["suites"]:
        assert found["failed"] == []
        assert {id.partition("[")[0] for id in found["left_out"]} == set(reasons(found["suite"]))
        assert found["tests"] == found["passed"] + len(found["left_out"]) + len(found["skipped"])


def test_an_unknown_suite_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "no suite 'nothing'" in capsys.readouterr().err
