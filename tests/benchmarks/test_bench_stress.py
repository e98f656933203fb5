"""Growth, crash and writers, small; and the tables made of results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.common import Spent, command, percentile, summary
from benchmarks.corpus import SMALL, Corpus, queries

from benchmarks import crash, growth, lexical, tables, vectors, writers
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
    found = crash.run(2, seed=3, writes=5)

    assert (found["rounds"], found["lost"], found["torn_batches"], found["missing_at_the_end"]) == (2, 0, 0, 0)
    assert found["verified"]
    assert found["verified_after_replay"]
    assert found["replay_is_equal"]
    assert found["syncs"]["least_in_one_write"] >= 1


def test_a_lost_ref_and_a_torn_batch_are_seen(tmp_path: Path) -> None:
    tally = crash.Tally()
    with Memory.open(tmp_path / "space", embedder=None) as memory:
        for ref in ("r/0/0/1", "r/1/0/3"):
            memory.retain(f"note {ref}", scope="r", ref=ref)
        crash._look(memory, "r", ["r/0/0/1", "r/9/0/1"], tally)

    assert (tally.lost, tally.torn, tally.unasked) == (["r/9/0/1"], ["r/1"], 1)


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
