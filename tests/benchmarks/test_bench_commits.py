"""The benchmark of commits: small runs count right, and lose what they should."""

from __future__ import annotations

import pytest
from benchmarks.commits import PROTOCOLS, compared, run, table


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_protocol_is_counted(protocol: str) -> None:
    told = [run("sqlite", protocol, grouped=grouped, writers=3, records=2, seconds=0.2) for grouped in (False, True)]
    for one in told:
        assert one["acked"] > 0
        assert one["lost"] == 0 or protocol == "naive"
        assert one["rejected"] == 0 or protocol in ("cas", "ours", "attempt")
    assert protocol in table(told)


def test_ways_are_compared_where_both_were_run() -> None:
    rows = [("ours", True, 300.0), ("ours", False, 100.0), ("merge", True, 50.0), ("cas", True, 5.0)]
    runs = [{"protocol": name, "grouped": grouped, "per_second": rate} for name, grouped, rate in rows]
    assert compared(runs, runs) == {"grouped_to_plain": 3.0, "merge_to_cas_on_one_record_grouped": 10.0}
