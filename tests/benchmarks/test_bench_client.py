"""The benchmark of the client runs and tells of both."""

from __future__ import annotations

import pytest
from benchmarks.client import main


def test_the_cost_of_a_client_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    costs = main(["--records", "30", "--calls", "3"])
    assert set(costs) == {"recall", "retain"}
    assert all(cost.clock > 0 and cost.processor > 0 for pair in costs.values() for cost in pair)
    assert "| recall |" in capsys.readouterr().out
