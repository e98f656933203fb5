"""What the documentation says: its examples run, its links lead somewhere, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ricordo
from ricordo.plaintext.fuse import WEIGHTS
from ricordo.plaintext.merge import RULES
from ricordo.plaintext.ops import MOST_OPS
from ricordo.plaintext.policy import read_policies
from ricordo.plaintext.salience import HALF_LIFE_DAYS
from ricordo.types import ACTIONS, DERIVATIONS, KINDS, LANES, STATUSES

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_quickstart_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "\n".join(blocks(ROOT / "docs/quickstart.md")).replace("~/.ricordo/default", str(tmp_path / "space"))
    exec(compile(code, "quickstart", "exec"), {})
    page = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() in page


def test_the_examples_of_the_concepts_run() -> None:
    examples = blocks(ROOT / "docs/concepts.md")
    assert examples
    for code in examples:
        exec(compile(code, "concepts", "exec"), {})


def test_the_page_on_forgetting_tells_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """Its Python prints what it says, its policies are read, its half-lives are those in force."""
    page = (ROOT / "docs/forgetting.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    shown_by = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```", page, re.M | re.S)
    assert len(shown_by) == len(blocks(ROOT / "docs/forgetting.md"))
    for code, shown in shown_by:
        exec(compile(code, "forgetting", "exec"), names)
        assert capsys.readouterr().out == shown
    (toml,) = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    assert [policy.action for policy in read_policies(toml)] == ["keep", "forget", "archive", "forget"]
    told = {
        kind: int(days)
        for kinds, days in re.findall(r"^\| ([a-z, ]+) \| (\d+) \|$", page, re.M)
        for kind in kinds.split(", ")
    }
    assert told == HALF_LIFE_DAYS


def test_the_page_on_commits_tells_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """Its Python prints what it says; it names every rule of a merge."""
    page = (ROOT / "docs/commits.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    shown_by = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```", page, re.M | re.S)
    assert len(shown_by) == len(blocks(ROOT / "docs/commits.md")) > 4
    for code, shown in shown_by:
        exec(compile(code, "commits", "exec"), names)
        assert capsys.readouterr().out == shown
    assert all(f'"{rule}"' in page for rule in RULES)
    assert f"1 to {MOST_OPS} operations" in page


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_word_is_explained() -> None:
    concepts = (ROOT / "docs/concepts.md").read_text(encoding="utf-8")
    for word in (*KINDS, *STATUSES, *ACTIONS, *DERIVATIONS, *LANES, *(set(WEIGHTS) - {"when", "recent"})):
        assert word in concepts, word


def test_the_version_is_one() -> None:
    assert f'version = "{ricordo.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_no_module_is_too_long() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") <= 600, path.name


def test_the_environment_is_read_in_one_module() -> None:
    readers = [p.name for p in (ROOT / "src").rglob("*.py") if re.search(r"os\.(environ|getenv)", p.read_text("utf-8"))]
    assert readers == ["config.py"]
