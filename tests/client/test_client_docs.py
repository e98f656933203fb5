"""What the page on the client shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.client.server import serving

from ricordo import Memory
from ricordo.client.exchange import PATIENCE
from ricordo.wire.routes import ROUTES

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text(encoding="utf-8")


def test_the_page_on_the_client_tells_what_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown_by = re.findall(r"^```python\n((?:(?!```).*\n)*)```\n\n```\n((?:(?!```).*\n)*)```", PAGE, re.M)
    assert len(shown_by) == 3
    Memory.open(tmp_path / "spaces/default", embedder=None).close()
    with serving(tmp_path) as url:
        for code, shown in shown_by:
            names: dict[str, object] = {}
            exec(compile(code.replace("http://127.0.0.1:8474", url), "client", "exec"), names)
            assert capsys.readouterr().out == shown


def test_the_page_names_what_may_take_longer() -> None:
    (named,) = re.findall(rf"\n?\({PATIENCE} times that for (.*?)\)", PAGE, re.S)
    patient = {one.method or one.name for one in ROUTES if one.right in ("admin", "erase")}
    assert set(re.findall(r"`(\w+)`", named)) == patient | {"export"}
