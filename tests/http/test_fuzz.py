"""Whatever is sent, the server answers as its document says; the full run is `benchmarks/fuzz.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.fuzz import Tally, by_document, by_hand
from benchmarks.over_http import Running, served


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@pytest.mark.parametrize(("send", "requests"), [(by_document, 300), (by_hand, 700)])
def test_whatever_is_sent_is_answered(tmp_path: Path, send: Callable[[Running, int], Tally], requests: int) -> None:
    with served(tmp_path) as server:
        tally = send(server, requests)
    assert tally.faults == []
    assert tally.requests > requests / 2
    assert {200, 201, 400, 404} <= set(tally.statuses)
