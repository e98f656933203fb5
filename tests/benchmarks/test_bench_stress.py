"""Growth, crash and writers, small; and the tables made of results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.calls import items
from benchmarks.common import Spent, command, percentile, summary
from benchmarks.corpus import SMALL, Corpus, queries

from benchmarks import crash, growth, lexical, power, tables, vectors, writers
from ricordo import Memory


def test_growth_measures_every_part() -> None:
    found = growth.measure(1000, asked=3, writes=3, seed=1)

    assert found["records"] == 1000
    assert found["recall"]["queries"] == 3
    assert found["recall_in_small_scope"]["queries"] == found["recall_in_large_scope"]["queries"] == 3
    assert found["bytes_each"]["log"] > found["text_bytes_each"]
    assert found["durable"]["ratio_of_medians"] > 0


def test_both_full_text_indexes_are_compared(tmp_path: Path) -> None:
    found = lexical.measure(1000, asked=3, seed=1, folder=tmp_path)

    assert found["all"]["queries"] == 3
    assert found["all"]["overlap_at_10"]["search"] > 0.9
    assert found["small_scope"]["search_tantivy"]["cpu_ms_p50"] > 0
    assert lexical.measure(1000, asked=2, seed=1, folder=tmp_path)["all"]["queries"] == 2, "a kept space is used again"
    assert "tantivy" in tables.lexical([{"sizes": [found]}])


def test_vectors_are_measured_in_each_place() -> None:
    found = vectors.measure(1000, asked=3, seed=1)

    assert found["held"]["exact"]["overlap_at_200"] == 1
    assert found["held"]["eight bits"]["overlap_at_200"] > 0.98
    assert "eight bits" in tables.vectors([{"sizes": [found]}])


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    items = Corpus(3).items(2000)

    assert items == Corpus(3).items(2000)
    assert [item["ref"] for item in items if item["scope"] == SMALL] == ["r500", "r1500"]
    assert 110 < sum(len(item["content"]) for item in items) / len(items) < 140
    assert all(2 <= len(text.split()) <= 8 for text in queries(items, 5))


def test_nothing_acknowledged_is_lost_when_writers_are_killed() -> None:
    found = crash.run(8, seed=3, writes=5, writers=2)

    assert (found["rounds"], found["lost"], found["torn_calls"], found["written_twice"]) == (8, 0, 0, 0)
    assert found["problems"] == []
    assert found["acknowledged"] > 8
    assert found["rounds_that_left_a_call_under_way"], "some are killed between the commit and its acknowledgement"
    assert found["syncs"]["least_in_one_write"] >= 1
    assert "killed" in tables.crash([found])


def test_a_lost_call_a_torn_one_and_one_written_twice_are_seen(tmp_path: Path) -> None:
    several = next(number for number in range(100) if len(items("w", number)) > 1)
    tally = crash.Tally()
    with Memory.open(tmp_path / "space", embedder=None) as memory:
        memory.retain_many(items("v", 0))
        memory.retain_many(items("w", several)[:-1])
        memory.retain_many([{**item, "key": "another"} for item in items("x", 3)])
        crash.look(memory, [crash.Done("v", 2)], tally)
        crash.look(memory, [crash.Done("w", several)], tally)
        crash.again(memory, [crash.Done("x", 3)], tally)

    assert {item["ref"] for item in items("v", 1)} <= set(tally.lost)
    assert not {item["ref"] for item in items("v", 0)} & set(tally.lost)
    assert (tally.torn, tally.twice) == ([f"w/{several}"], ["x/3"])


def test_power_is_lost_and_nothing_with_it() -> None:
    found = power.run(3, 4, seed=2)

    assert (found["losses"], found["losses_that_lost_an_acknowledged_call"], found["problems"]) == (3, 0, [])
    assert all(one["lost"] for one in found["controls"].values())
    assert "relaxed" in tables.power([found])


def test_writers_come_to_their_turn() -> None:
    found = writers.run(2, 0.4)

    assert (found["writers"], found["lost"], found["verified"]) == (2, 0, True)
    assert sum(found["acknowledged"].values()) > 0


def test_percentiles_are_by_nearest_rank() -> None:
    assert [percentile([5, 1, 4, 2, 3], share) for share in (0.01, 0.5, 0.95, 1.0)] == [1, 3, 5, 5]
    assert summary([Spent(0.002, 0.001), Spent(0.004, 0.003)])["cpu_ms_mean"] == 2.0


def test_a_command_shows_no_folders() -> None:
    assert (
        command(["b/x.py", "/somewhere/data.json", "--out=/y", "--k", "5"]) == "python benchmarks/x.py data.json --k 5"
    )


def test_tables_are_written_between_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, page = tmp_path / "results", tmp_path / "page.md"
    writers.main(["--writers", "1", "--seconds", "0.2", "--out", str(results / "writers.json")])
    page.write_text(
        "before\n<!-- results: writers -->\nold\n<!-- end -->\n<!-- results: crash -->\n<!-- end -->\nafter\n"
    )

    tables.main(["--results", str(results), "--page", str(page)])

    text = page.read_text()
    acknowledged = json.loads((results / "writers.json").read_text())["acknowledged"]["w0"]
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"{acknowledged:,}" in text
    assert "python benchmarks/writers.py --writers 1" in text
    assert "Not measured yet" in text
    assert "crash" in capsys.readouterr().err
